package main

import (
	"sync"
	"time"
)

func runForkJoin(of task) (iteration, error) {
	each, latch, begin := of.each(), newLatch(of.actors), make(chan ball, 1)
	receivers, counts := make([]chan uint64, of.actors), make([]uint64, of.actors)
	var there, left sync.WaitGroup
	there.Add(len(receivers) + 1)
	left.Add(len(receivers))
	for number := range receivers {
		receivers[number] = make(chan uint64, mailbox)
		go func(number int, increments <-chan uint64) {
			there.Done()
			var count uint64
			for increment := range increments {
				if count += increment; count == each {
					latch.countDown(uint64(number))
				}
			}
			counts[number] = count
			left.Done()
		}(number, receivers[number])
	}
	go func() {
		there.Done()
		<-begin
		for n := uint64(0); n < each; n++ {
			for _, receiver := range receivers {
				receiver <- 1
			}
		}
	}()
	there.Wait()
	began := time.Now()
	begin <- ball{}
	at, err := heard(latch.ended)
	if err != nil {
		return iteration{}, err
	}
	for _, receiver := range receivers {
		close(receiver)
	}
	left.Wait()
	return iteration{took: at.Sub(began), counts: counts}, nil
}

// numbered says who sent it, and how many did before.
type numbered struct {
	sender uint64
	number uint64
}

func runFanIn(of task) (iteration, error) {
	begin, messages, ended := make(chan ball), make(chan numbered, mailbox), make(chan told, 1)
	var there sync.WaitGroup
	there.Add(int(of.actors) + 1)
	go func(left uint64) {
		there.Done()
		next, counts, disorder := make([]uint64, of.actors), make([]uint64, of.actors), uint64(0)
		for message := range messages {
			if message.number < next[message.sender] {
				disorder++
			} else {
				next[message.sender] = message.number + 1
			}
			counts[message.sender]++
			if left--; left == 0 {
				break
			}
		}
		ended <- told{at: time.Now(), counts: counts, disorder: disorder}
	}(of.messages)
	for sender := uint64(0); sender < of.actors; sender++ {
		go func(sender, each uint64) {
			there.Done()
			<-begin
			for n := uint64(0); n < each; n++ {
				messages <- numbered{sender, n}
			}
		}(sender, of.each())
	}
	there.Wait()
	began := time.Now()
	close(begin)
	last, err := heard(ended)
	return last.since(began), err
}

// ping has who is to be answered; one without is a pong.
type ping struct {
	from chan ping
}

func runBig(of task) (iteration, error) {
	each, latch, begin := of.each(), newLatch(of.actors), make(chan ball)
	all, pongs, answers := make([]chan ping, of.actors), make([]uint64, of.actors), make([]uint64, of.actors)
	for number := range all {
		all[number] = make(chan ping, mailbox)
	}
	var there, left sync.WaitGroup
	there.Add(len(all))
	left.Add(len(all))
	for number := range all {
		go func(number uint64) {
			there.Done()
			<-begin
			me, drawn := all[number], newStream(1, number)
			var got, answered uint64
			all[drawn.below(of.actors)] <- ping{me}
			for message := range me {
				if message.from != nil {
					answered++
					message.from <- ping{}
				} else if got++; got == each {
					latch.countDown(number)
				} else {
					all[drawn.below(of.actors)] <- ping{me}
				}
			}
			pongs[number], answers[number] = got, answered
			left.Done()
		}(uint64(number))
	}
	there.Wait()
	began := time.Now()
	close(begin)
	at, err := heard(latch.ended)
	if err != nil {
		return iteration{}, err
	}
	for _, one := range all {
		close(one)
	}
	left.Wait()
	var sum uint64
	for _, answered := range answers {
		sum += answered
	}
	return iteration{took: at.Sub(began), counts: append(pongs, sum)}, nil
}
