package main

import (
	"fmt"
	"strconv"
	"strings"
)

// work is what an iteration does, by its name in tasks, rows and on the command line.
type work string

const (
	pingPong     work = "ping-pong"
	counting     work = "counting"
	forkJoin     work = "fork-join"
	create       work = "create"
	ring         work = "ring"
	ringShuffled work = "ring-shuffled"
	big          work = "big"
	fanIn        work = "fan-in"
	ask          work = "ask"
)

var works = []work{pingPong, counting, forkJoin, create, ring, ringShuffled, big, fanIn, ask}

const (
	memory = "memory"
	open   = "open"
	// More of anything is a mistake.
	most = 1_000_000_000
	// A ring of so many is a crowd by itself: most of its time goes to making it.
	crowdFrom = 100_000
)

// task is an iteration's work; actors and messages as in bench/src/peers/task.rs.
type task struct {
	work     work
	actors   uint64
	messages uint64
}

// newTask has as many messages as every actor can have the same share of, and at least one share.
func newTask(of work, actors, messages uint64) task {
	switch of {
	case pingPong, counting, ask:
		actors = 2
	case create:
		actors = atLeast(messages, 1)
	default:
		actors = atLeast(actors, 1)
	}
	share := uint64(1)
	switch of {
	case pingPong:
		share = 2
	case big:
		share = 2 * actors
	case forkJoin, fanIn:
		share = actors
	}
	return task{of, actors, atLeast((messages+share-1)/share, 1) * share}
}

func atLeast(n, least uint64) uint64 {
	if n < least {
		return least
	}
	return n
}

// each is what each does: messages to each in fork-join, of each in fan-in, pings of each in big, round trips in ping-pong; elsewhere
// all messages.
func (t task) each() uint64 {
	switch t.work {
	case pingPong:
		return t.messages / 2
	case big:
		return t.messages / (2 * t.actors)
	case forkJoin, fanIn:
		return t.messages / t.actors
	}
	return t.messages
}

// withMessages is the same work with fewer messages; in create also with fewer actors.
func (t task) withMessages(messages uint64) task {
	return newTask(t.work, t.actors, messages)
}

// isCrowd: a ring of so many that making it takes most of the time.
func (t task) isCrowd() bool {
	return (t.work == ring || t.work == ringShuffled) && t.actors >= crowdFrom
}

// part is one of so many parts of it: with as many messages less, and of a crowd also as many actors less.
func (t task) part(parts uint64) task {
	actors := t.actors
	if t.isCrowd() {
		actors /= parts
	}
	return newTask(t.work, actors, t.messages/parts)
}

// counts is what is to be counted.
func (t task) counts() []uint64 {
	each := t.each()
	alike := func() []uint64 {
		counts := make([]uint64, t.actors, t.actors+1)
		for n := range counts {
			counts[n] = each
		}
		return counts
	}
	switch t.work {
	case pingPong:
		return []uint64{each, each}
	case forkJoin, fanIn:
		return alike()
	case ring, ringShuffled:
		return []uint64{each, (each - 1) % t.actors}
	case big:
		return append(alike(), each*t.actors)
	case ask:
		return []uint64{each, each * (each + 1) / 2}
	}
	return []uint64{each}
}

// asked is what the process is asked for: a task, or memory or open with its name.
type asked struct {
	other string
	task
}

func (a asked) String() string {
	of := a.other
	if of == "" {
		of = string(a.work)
	}
	return fmt.Sprintf("%s:%d:%d", of, a.actors, a.messages)
}

func parse(text string) (asked, error) {
	var names []string
	for _, known := range works {
		names = append(names, string(known))
	}
	takes := fmt.Errorf("takes NAME:ACTORS:MESSAGES with a name of %s, %s or %s, and numbers up to %d", strings.Join(names, ", "), memory,
		open, most)
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return asked{}, takes
	}
	actors, actorsRead := readSize(parts[1])
	messages, messagesRead := readSize(parts[2])
	if !actorsRead || !messagesRead {
		return asked{}, takes
	}
	switch parts[0] {
	case memory:
		return asked{memory, task{actors: actors, messages: 1}}, nil
	case open:
		return asked{open, task{actors: actors, messages: messages}}, nil
	}
	for _, known := range works {
		if string(known) == parts[0] {
			return asked{"", newTask(known, actors, messages)}, nil
		}
	}
	return asked{}, takes
}

// readSize reads a whole number from 1 with k, M or G behind it.
func readSize(text string) (uint64, bool) {
	factor := uint64(1)
	for suffix, by := range map[string]uint64{"k": 1_000, "M": 1_000_000, "G": 1_000_000_000} {
		if strings.HasSuffix(text, suffix) {
			text, factor = strings.TrimSuffix(text, suffix), by
			break
		}
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil || number < 1 || number > most/factor {
		return 0, false
	}
	return number * factor, true
}
