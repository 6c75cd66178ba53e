package main

import "time"

// ball is what goes to and fro.
type ball struct{}

// told is when the last message was handled, and what was counted.
type told struct {
	at       time.Time
	counts   []uint64
	disorder uint64
}

func (t told) since(began time.Time) iteration {
	return iteration{took: t.at.Sub(began), counts: t.counts, disorder: t.disorder}
}

func runPingPong(of task) (iteration, error) {
	begin, pings, pongs := make(chan ball, mailbox), make(chan ball, mailbox), make(chan ball, mailbox)
	answered, ended := make(chan uint64, 1), make(chan told, 1)
	go func() {
		var count uint64
		for range pings {
			count++
			pongs <- ball{}
		}
		answered <- count
	}()
	go func(trips uint64) {
		<-begin
		var count uint64
		pings <- ball{}
		for range pongs {
			if count++; count == trips {
				break
			}
			pings <- ball{}
		}
		at := time.Now()
		close(pings)
		ended <- told{at: at, counts: []uint64{count, <-answered}}
	}(of.each())
	began := time.Now()
	begin <- ball{}
	last, err := heard(ended)
	return last.since(began), err
}

func runCounting(of task) (iteration, error) {
	begin, increments, ended := make(chan ball, mailbox), make(chan uint64, mailbox), make(chan told, 1)
	go func(messages uint64) {
		var total uint64
		for increment := range increments {
			if total += increment; total == messages {
				break
			}
		}
		ended <- told{at: time.Now(), counts: []uint64{total}}
	}(of.messages)
	go func(messages uint64) {
		<-begin
		for n := uint64(0); n < messages; n++ {
			increments <- 1
		}
	}(of.messages)
	began := time.Now()
	begin <- ball{}
	last, err := heard(ended)
	return last.since(began), err
}

// question has the channel to answer on.
type question struct {
	number uint64
	reply  chan<- uint64
}

func runAsk(of task) (iteration, error) {
	begin, questions, ended := make(chan ball, mailbox), make(chan question, mailbox), make(chan told, 1)
	go func() {
		for asked := range questions {
			asked.reply <- asked.number + 1
		}
	}()
	go func(messages uint64) {
		<-begin
		var answers, sum uint64
		reply := make(chan uint64, 1)
		for n := uint64(0); n < messages; n++ {
			questions <- question{n, reply}
			sum += <-reply
			answers++
		}
		at := time.Now()
		close(questions)
		ended <- told{at: at, counts: []uint64{answers, sum}}
	}(of.messages)
	began := time.Now()
	begin <- ball{}
	last, err := heard(ended)
	return last.since(began), err
}
