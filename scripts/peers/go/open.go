package main

import (
	"fmt"
	"runtime"
	"sort"
	"time"
)

const (
	// It takes so many times as long as other figures.
	openTimes = 4
	// So near to its time a message is waited for without leaving the processor.
	spin = 50 * time.Microsecond
	// Behind its plan by more than this, a message was not sent when it was planned.
	lateBy = 100 * time.Microsecond
	// Latencies are told to three digits: each up to 999 ns, and 900 more for each further digit of a nanosecond's number.
	exact, perDigit, digitsMost = 1_000, 900, 9
)

// opened is what came of an open load.
type opened struct {
	Latency  [][2]uint64 `json:"latency"`
	Sent     uint64      `json:"sent"`
	Late     uint64      `json:"late"`
	TookNS   int64       `json:"took_ns"`
	Disorder uint64      `json:"disorder"`
}

// sink records what one actor handles.
type sink struct {
	seen     [exact + perDigit*digitsMost]uint64
	last     time.Duration
	disorder uint64
}

// record counts a message that was planned then and is handled now.
func (s *sink) record(planned, now time.Duration) {
	if planned < s.last {
		s.disorder++
	}
	s.last = planned
	s.seen[bucket(uint64(now-planned))]++
}

// bucket is where a latency of so many nanoseconds is counted, rounded to three digits.
func bucket(ns uint64) uint64 {
	digits, scale := uint64(0), uint64(1)
	for ns >= 1_000*scale {
		digits++
		scale *= 10
	}
	if digits == 0 {
		return ns
	}
	if digits > digitsMost-1 {
		return exact + perDigit*digitsMost - 1
	}
	// 999.5 and more is the next digit's first one.
	return exact + perDigit*(digits-1) + (ns+scale/2)/scale - 100
}

// latency is what is counted there.
func latency(bucket uint64) uint64 {
	if bucket < exact {
		return bucket
	}
	value := (bucket-exact)%perDigit + 100
	for digits := (bucket-exact)/perDigit + 1; digits > 0; digits-- {
		value *= 10
	}
	return value
}

// openLoad sends so many messages a second, in turns to so many, from a thread that is none of the workers.
func openLoad(actors, rate uint64, given orders) (opened, error) {
	before := runtime.NumGoroutine()
	runtime.GOMAXPROCS(given.workers + 1)
	defer runtime.GOMAXPROCS(given.workers)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock := time.Now()
	stamps, sinks := make([]chan time.Duration, actors), make(chan *sink, actors)
	for n := range stamps {
		stamps[n] = make(chan time.Duration, mailbox)
		go func(stamps <-chan time.Duration) {
			own := new(sink)
			for planned := range stamps {
				own.record(planned, time.Since(clock))
			}
			sinks <- own
		}(stamps[n])
	}
	length := openTimes * given.time
	seconds := uint64(length / time.Second)
	messages := atLeast(rate*seconds+rate*uint64(length%time.Second)/uint64(time.Second), 1)
	start, late := time.Since(clock)+time.Millisecond, uint64(0)
	for n := uint64(0); n < messages; n++ {
		planned := start + time.Duration(n/rate)*time.Second + time.Duration(n%rate*uint64(time.Second)/rate)
		if waitUntil(clock, planned) > lateBy {
			late++
		}
		stamps[n%actors] <- planned
	}
	told := opened{Latency: [][2]uint64{}, Late: late, TookNS: (time.Since(clock) - start).Nanoseconds()}
	for _, one := range stamps {
		close(one)
	}
	counts := map[uint64]uint64{}
	for range stamps {
		one, err := heard(sinks)
		if err != nil {
			return told, err
		}
		told.Disorder += one.disorder
		for at, count := range one.seen {
			if count > 0 {
				counts[latency(uint64(at))] += count
				told.Sent += count
			}
		}
	}
	if told.Sent != messages {
		return told, wrong(fmt.Sprintf("messages from outside: %d were to be, %d are", messages, told.Sent))
	}
	if told.Disorder > 0 {
		return told, wrong(fmt.Sprintf("%d messages were overtaken, where order is promised", told.Disorder))
	}
	for ns, count := range counts {
		told.Latency = append(told.Latency, [2]uint64{ns, count})
	}
	sort.Slice(told.Latency, func(a, b int) bool { return told.Latency[a][0] < told.Latency[b][0] })
	return told, ended(before)
}

// waitUntil gives by how much the time is over.
func waitUntil(clock time.Time, planned time.Duration) time.Duration {
	for {
		now := time.Since(clock)
		if now >= planned {
			return now - planned
		}
		if early := planned - now - spin; early > 0 {
			time.Sleep(early)
		}
	}
}
