// Goroutines and channels, measured as throng's comparison measures every system of actors: bench/src/peers/program.rs says what is
// asked, and what is answered.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	name = "go"
	how  = "not actors, a reference: a goroutine and a channel of its own type for each, of 1,024 messages; of one message where no more " +
		"than one comes to an actor (rings, create), unbuffered for idle ones; a question has the channel to answer on, which its asker " +
		"uses again; GOMAXPROCS = workers, one more for the thread outside while there is an open load; garbage collected as by default"

	// More than these are a mistake.
	workersMost = 1_024
	idleMost    = 100_000_000
	msMost      = 3_600_000

	exitFailed = 1
	exitUsage  = 2
)

// orders are what the process is to do.
type orders struct {
	workers int
	idle    uint64
	used    time.Duration
	time    time.Duration
	asked   []asked
}

func main() {
	given, err := read(os.Args[1:])
	if err != nil {
		refuse(err, exitUsage)
	}
	runtime.GOMAXPROCS(given.workers)
	line, err := json.Marshal(answered(given))
	if err == nil {
		_, err = fmt.Printf("%s\n", line)
	}
	if err != nil {
		refuse(err, exitFailed)
	}
}

func refuse(err error, code int) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(code)
}

func read(words []string) (orders, error) {
	got := fmt.Errorf("got %q: takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.., with 1 to %d workers, up to %d idle actors, "+
		"and up to %d ms", strings.Join(words, " "), workersMost, idleMost, msMost)
	if len(words) < 5 {
		return orders{}, got
	}
	var numbers [4]uint64
	bounds := [4][2]uint64{{1, workersMost}, {0, idleMost}, {0, msMost}, {1, msMost}}
	for place, bound := range bounds {
		number, err := strconv.ParseUint(words[place], 10, 64)
		if err != nil || number < bound[0] || number > bound[1] {
			return orders{}, got
		}
		numbers[place] = number
	}
	given := orders{
		workers: int(numbers[0]),
		idle:    numbers[1],
		used:    time.Duration(numbers[2]) * time.Millisecond,
		time:    time.Duration(numbers[3]) * time.Millisecond,
	}
	for _, word := range words[4:] {
		one, err := parse(word)
		if err != nil {
			return orders{}, fmt.Errorf("got %q: %w", word, err)
		}
		given.asked = append(given.asked, one)
	}
	return given, nil
}

// wrong is work that was not done as it was to be; any other error is a measurement that could not be made.
type wrong string

func (why wrong) Error() string { return string(why) }

func isWrong(err error) bool {
	var why wrong
	return errors.As(err, &why)
}
