package main

import (
	"sync"
	"time"
)

func runRing(of task) (iteration, error) {
	// One token: no more than one message ever waits. Made in this order, and so they lie in memory.
	made := make([]chan uint64, of.actors)
	for number := range made {
		made[number] = make(chan uint64, 1)
	}
	places := made
	if of.work == ringShuffled {
		places = make([]chan uint64, of.actors)
		for place, number := range order(of.actors) {
			places[place] = made[number]
		}
	}
	type last struct {
		at    time.Time
		place uint64
	}
	ended, hops := make(chan last, 1), make([]uint64, of.actors)
	// A goroutine is scheduled once when it is made: that is over before the clock starts.
	var there, left sync.WaitGroup
	there.Add(len(places))
	left.Add(len(places))
	for place := range places {
		go func(place uint64, in <-chan uint64, next chan<- uint64) {
			there.Done()
			var count uint64
			for token := range in {
				count++
				if token > 1 {
					next <- token - 1
				} else {
					ended <- last{time.Now(), place}
				}
			}
			hops[place] = count
			left.Done()
		}(uint64(place), places[place], places[(place+1)%len(places)])
	}
	there.Wait()
	began := time.Now()
	places[0] <- of.messages
	at, err := heard(ended)
	if err != nil {
		return iteration{}, err
	}
	for _, one := range made {
		close(one)
	}
	left.Wait()
	var sum uint64
	for _, count := range hops {
		sum += count
	}
	return iteration{took: at.at.Sub(began), counts: []uint64{sum, at.place}}, nil
}
