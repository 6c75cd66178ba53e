package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// Messages that a channel holds where more than one may wait.
	mailbox = 1_024
	// Nothing that is measured takes so long.
	longest = 120 * time.Second
	// So many neighbours share a counter of a latch.
	group = 64
)

// heard waits for what a goroutine tells.
func heard[T any](news <-chan T) (T, error) {
	limit := time.NewTimer(longest)
	defer limit.Stop()
	select {
	case told := <-news:
		return told, nil
	case <-limit.C:
		var none T
		return none, wrong(fmt.Sprintf("nothing after %v: a message is missing", longest))
	}
}

// ended waits until no more goroutines are there than before.
func ended(before int) error {
	for began := time.Now(); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Since(began) > longest {
			return wrong(fmt.Sprintf("%d goroutines are left", runtime.NumGoroutine()-before))
		}
	}
	return nil
}

// latch is what many count down, once each. That is not what is measured: neighbours share a counter, and only the last of them touches
// the one that all share.
type latch struct {
	count  uint64
	groups []atomic.Int64
	left   atomic.Int64
	ended  chan time.Time
}

func newLatch(count uint64) *latch {
	groups := (count + group - 1) / group
	made := &latch{count: count, groups: make([]atomic.Int64, groups), ended: make(chan time.Time, 1)}
	for n := range made.groups {
		size := count - uint64(n)*group
		if size > group {
			size = group
		}
		made.groups[n].Store(int64(size))
	}
	made.left.Store(int64(groups))
	return made
}

func (l *latch) countDown(number uint64) {
	if l.groups[number/group].Add(-1) == 0 && l.left.Add(-1) == 0 {
		l.ended <- time.Now()
	}
}

// counted is how often it was counted down: the count, where each has done so once.
func (l *latch) counted() uint64 {
	left := uint64(0)
	for n := range l.groups {
		left += uint64(l.groups[n].Load())
	}
	return l.count - left
}
