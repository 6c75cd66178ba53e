package main

import (
	"fmt"
	"runtime"
	"time"
)

const (
	// Iterations of a row: no more are counted.
	iterationsMost = 1_000
	// So many iterations are to fit into the time, for which there may be fewer messages in each: enough to see whether they drift.
	fitting = 12
	// With what it cannot count, making a ring for one, an iteration may take so many times as long as the time says.
	slower = 8
	// A part of the messages, to see how long all would take.
	part = 64
	// Idle actors made before what one takes is looked at: what is not per actor is there then.
	first = 1_000
)

// mixed is done in turns to wear the heap.
var mixed = []task{
	newTask(pingPong, 2, 10_000),
	newTask(counting, 2, 100_000),
	newTask(forkJoin, 60, 60_000),
	newTask(create, 1, 10_000),
	newTask(ringShuffled, 1_000, 10_000),
	newTask(big, 120, 24_000),
	newTask(fanIn, 8, 80_000),
	newTask(ask, 2, 10_000),
}

// iteration is what one was.
type iteration struct {
	took     time.Duration
	counts   []uint64
	disorder uint64
}

// answer is all that the process measured; row is what came of one that was asked.
type answer struct {
	Peer      string  `json:"peer"`
	Version   string  `json:"version"`
	How       string  `json:"how"`
	Rows      []row   `json:"rows"`
	PeakBytes *uint64 `json:"peak_bytes"`
}

type row struct {
	Asked         string   `json:"asked"`
	NS            []int64  `json:"ns"`
	Messages      uint64   `json:"messages"`
	Disorder      uint64   `json:"disorder"`
	BytesPerActor *float64 `json:"bytes_per_actor"`
	Open          *opened  `json:"open"`
	Why           *string  `json:"why"`
	Wrong         bool     `json:"wrong"`
}

// answered measures all that is asked; after what has no figure nothing more is, as what is left of that would be beside it.
func answered(given orders) answer {
	crowds := &crowds{}
	spoiled := prepare(crowds, given)
	rows := make([]row, 0, len(given.asked))
	for _, one := range given.asked {
		var measured row
		if spoiled == nil {
			measured, spoiled = measure(crowds, one, given)
		}
		if spoiled != nil {
			why := spoiled.Error()
			measured = row{Why: &why, Wrong: isWrong(spoiled)}
		}
		measured.Asked = one.String()
		if measured.NS == nil {
			measured.NS = []int64{}
		}
		rows = append(rows, measured)
	}
	peak := kib("/proc/self/status", "VmHWM:")
	crowds.end()
	return answer{Peer: name, Version: runtime.Version(), How: how, Rows: rows, PeakBytes: peak}
}

// prepare makes the idle actors, and uses the heap.
func prepare(crowds *crowds, given orders) error {
	if given.idle > 0 {
		if err := crowds.add(given.idle); err != nil {
			return err
		}
	}
	for began := time.Now(); time.Since(began) < given.used; {
		for _, task := range mixed {
			if _, err := once(task); err != nil {
				return err
			}
		}
	}
	return nil
}

func measure(crowds *crowds, one asked, given orders) (row, error) {
	switch one.other {
	case memory:
		return perActor(crowds, one.actors)
	case open:
		opened, err := openLoad(one.actors, one.messages, given)
		if err != nil {
			return row{}, err
		}
		return row{Messages: opened.Sent, Disorder: opened.Disorder, Open: &opened}, nil
	}
	return iterated(one.task, given.time)
}

func perActor(crowds *crowds, actors uint64) (row, error) {
	if err := crowds.add(first); err != nil {
		return row{}, err
	}
	before, err := pssBytes()
	if err != nil {
		return row{}, err
	}
	if err := crowds.add(actors); err != nil {
		return row{}, err
	}
	after, err := pssBytes()
	if err != nil {
		return row{}, err
	}
	growth := after - before
	if after < before {
		growth = 0
	}
	bytes := float64(growth) / float64(actors)
	return row{Messages: actors, BytesPerActor: &bytes}, nil
}

// iterated does a part of it to see how long all takes, all of it once, and then what counts. A crowd is made for what counts
// alone: its part has warmed up what it runs.
func iterated(all task, limit time.Duration) (row, error) {
	sample := all.part(part)
	sampled, err := once(sample)
	if err != nil {
		return row{}, err
	}
	perMessage := sampled.took.Seconds() / float64(sample.messages)
	if fits := limit.Seconds() / fitting / perMessage; fits < float64(all.messages) {
		all = all.withMessages(uint64(fits))
	}
	if !all.isCrowd() {
		if _, err := once(all); err != nil {
			return row{}, err
		}
	}
	measured := row{Messages: all.messages}
	began, total := time.Now(), time.Duration(0)
	for len(measured.NS) == 0 || len(measured.NS) < iterationsMost && total < limit && time.Since(began) < slower*limit {
		one, err := once(all)
		if err != nil {
			return row{}, err
		}
		total += one.took
		measured.Disorder += one.disorder
		measured.NS = append(measured.NS, one.took.Nanoseconds())
	}
	return measured, nil
}

// once does one iteration, and looks at it: what it counted, in what order, and that none of its goroutines is left.
func once(of task) (iteration, error) {
	before := runtime.NumGoroutine()
	done, err := run(of)
	if err != nil {
		return done, err
	}
	expected := of.counts()
	for at := range expected {
		if at >= len(done.counts) || done.counts[at] != expected[at] {
			return done, wrong(fmt.Sprintf("%s: count %d was to be %d, %v are", of.work, at, expected[at], done.counts[at:at+1]))
		}
	}
	if len(done.counts) != len(expected) {
		return done, wrong(fmt.Sprintf("%s: %d counts were to be, %d are", of.work, len(expected), len(done.counts)))
	}
	if done.took <= 0 {
		return done, wrong(fmt.Sprintf("%s: no time passed", of.work))
	}
	if done.disorder > 0 {
		return done, wrong(fmt.Sprintf("%d messages were overtaken, where order is promised", done.disorder))
	}
	return done, ended(before)
}

func run(of task) (iteration, error) {
	switch of.work {
	case pingPong:
		return runPingPong(of)
	case counting:
		return runCounting(of)
	case ask:
		return runAsk(of)
	case forkJoin:
		return runForkJoin(of)
	case fanIn:
		return runFanIn(of)
	case big:
		return runBig(of)
	case create:
		return runCreate(of)
	}
	return runRing(of)
}
