package main

import (
	"runtime"
	"time"
)

// So many are made before those may run: what they leave is used again for the next ones.
const wave = 64

func runCreate(of task) (iteration, error) {
	latch, begin := newLatch(of.messages), make(chan ball, 1)
	go func(actors uint64) {
		<-begin
		for number := uint64(0); number < actors; number++ {
			messages := make(chan uint64, 1)
			go func() { latch.countDown(<-messages) }()
			messages <- number
			if number%wave == wave-1 {
				runtime.Gosched()
			}
		}
	}(of.messages)
	began := time.Now()
	begin <- ball{}
	at, err := heard(latch.ended)
	return iteration{took: at.Sub(began), counts: []uint64{latch.counted()}}, err
}

// hello has the channel to answer on.
type hello chan<- uint64

// crowds are all idle goroutines, by their channels.
type crowds struct {
	made [][]chan hello
}

// add makes so many idle goroutines, which have each handled one message then, and stay.
func (c *crowds) add(actors uint64) error {
	crowd, answers, all := make([]chan hello, actors), make(chan uint64, mailbox), make(chan ball, 1)
	c.made = append(c.made, crowd)
	go func() {
		for number := range crowd {
			messages := make(chan hello)
			crowd[number] = messages
			go idle(uint64(number), messages)
			messages <- answers
		}
	}()
	go func() {
		for range crowd {
			<-answers
		}
		all <- ball{}
	}()
	_, err := heard(all)
	return err
}

// idle has its number and how many messages it handled: 16 bytes.
func idle(number uint64, messages <-chan hello) {
	handled := uint64(0)
	for answer := range messages {
		handled++
		answer <- number + handled
	}
}

func (c *crowds) end() {
	for _, crowd := range c.made {
		for _, one := range crowd {
			close(one)
		}
	}
}
