package main

import "math/bits"

// seeded is SplitMix64, as the frame has it.
type seeded uint64

func newStream(seed, stream uint64) seeded {
	mixed, apart := seeded(seed), seeded(stream^0x5851_f42d_4c95_7f2d)
	return seeded(mixed.number() + bits.RotateLeft64(apart.number(), 29))
}

func (s *seeded) number() uint64 {
	*s += 0x9e37_79b9_7f4a_7c15
	mixed := uint64(*s)
	mixed = (mixed ^ (mixed >> 30)) * 0xbf58_476d_1ce4_e5b9
	mixed = (mixed ^ (mixed >> 27)) * 0x94d0_49bb_1331_11eb
	return mixed ^ (mixed >> 31)
}

// below draws a number below bound.
func (s *seeded) below(bound uint64) uint64 {
	high, _ := bits.Mul64(s.number(), bound)
	return high
}

// order draws an order of so many.
func order(count uint64) []uint64 {
	drawn, items := seeded(1), make([]uint64, count)
	for n := range items {
		items[n] = uint64(n)
	}
	for last := len(items) - 1; last > 0; last-- {
		with := drawn.below(uint64(last) + 1)
		items[last], items[with] = items[with], items[last]
	}
	return items
}
