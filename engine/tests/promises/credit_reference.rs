//! What credit must be: the rules of flows in plain numbers, without threads and without a mailbox.

use std::collections::VecDeque;
use throng::{Demand, FlowRefused, Reason};

pub(crate) const PRODUCERS: usize = 3;

/// How the consumer ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Stop,
    StopNow,
    Kill,
}

/// An answer to a producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    In,
    NoCredit,
    Cancelled,
    Closed,
    Opened(Result<(), FlowRefused>),
}

/// What is seen of both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Link and number of each item, in order.
    pub(crate) handled: Vec<(usize, u32)>,
    /// What the consumer was told by its inlets.
    pub(crate) granted: Vec<(usize, Result<(), FlowRefused>)>,
    pub(crate) answers: Vec<Answer>,
    /// News of credit, for each producer.
    pub(crate) news: [u32; PRODUCERS],
    /// Of each link that grants by hand: what can be granted.
    pub(crate) free: Vec<Option<u32>>,
    /// Of each producer that has an outlet: what it can send.
    pub(crate) credit: [Option<u32>; PRODUCERS],
}

/// What the consumer has not handled yet, in order.
#[derive(Debug)]
pub(crate) enum Coming {
    Open(usize),
    Item(usize, u32),
    Grant(usize, u32),
    Cancel(usize),
    Finish(usize),
    Panic,
}

impl Coming {
    pub(crate) fn is_message(&self) -> bool {
        !matches!(self, Coming::Open(_) | Coming::Finish(_))
    }
}

/// One link, in numbers.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) producer: usize,
    pub(crate) window: u32,
    pub(crate) demand: Demand,
    /// Consumed, or not granted yet.
    pub(crate) free: u32,
    /// Granted and not fetched.
    pub(crate) waiting: u32,
    /// With the producer.
    pub(crate) held: u32,
    pub(crate) in_flight: u32,
    pub(crate) hungry: bool,
    pub(crate) cancelled: bool,
    pub(crate) finished: bool,
}

/// What must be.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) flows: u32,
    pub(crate) taken: u32,
    pub(crate) links: Vec<Link>,
    pub(crate) coming: VecDeque<Coming>,
    pub(crate) ended: bool,
    pub(crate) gone: [bool; PRODUCERS],
    pub(crate) outlets: [Option<usize>; PRODUCERS],
    pub(crate) sent: [u32; PRODUCERS],
    pub(crate) seen: Seen,
    pub(crate) faults: u64,
}

impl Reference {
    pub(crate) fn open(&mut self, producer: usize, window: u32, demand: Demand) -> bool {
        let most = self.flows - self.taken;
        let opened = if self.ended {
            Err(FlowRefused::Consumer(Reason::Stale))
        } else if window == 0 || window > most {
            Err(FlowRefused::Window { given: window, most })
        } else {
            self.taken += window;
            let link = self.links.len();
            let (free, waiting, held, in_flight) = (window, 0, 0, 0);
            let (hungry, cancelled, finished) = (true, false, false);
            let link_of = Link {
                producer,
                window,
                demand,
                free,
                waiting,
                held,
                in_flight,
                hungry,
                cancelled,
                finished,
            };
            self.links.push(link_of);
            self.coming.push_back(Coming::Open(link));
            self.outlets[producer] = Some(link);
            Ok(())
        };
        self.seen.answers.push(Answer::Opened(opened));
        opened.is_ok()
    }

    pub(crate) fn send(&mut self, producer: usize, items: u32) {
        let Some(at) = self.outlets[producer] else { return };
        for _ in 0..items {
            let link = &mut self.links[at];
            if link.held == 0 {
                link.held = std::mem::take(&mut link.waiting);
            }
            let answer = if link.held == 0 && link.cancelled {
                if self.ended { Answer::Closed } else { Answer::Cancelled }
            } else if link.held == 0 {
                link.hungry = true;
                Answer::NoCredit
            } else if self.ended {
                Answer::Closed
            } else {
                link.held -= 1;
                link.in_flight += 1;
                self.coming.push_back(Coming::Item(at, self.sent[producer]));
                self.sent[producer] += 1;
                Answer::In
            };
            self.seen.answers.push(answer);
        }
    }

    pub(crate) fn drop_outlet(&mut self, producer: usize) {
        if let Some(link) = self.outlets[producer].take()
            && !self.ended
        {
            self.coming.push_back(Coming::Finish(link));
        }
    }

    pub(crate) fn handle(&mut self, mut budget: u32) {
        while budget > 0
            && let Some(next) = self.coming.pop_front()
        {
            budget -= u32::from(!matches!(next, Coming::Finish(_)));
            self.take(next);
        }
    }

    fn take(&mut self, next: Coming) {
        match next {
            Coming::Open(at) => {
                let link = &self.links[at];
                let (window, by_hand) = (link.window, link.demand == Demand::ByHand);
                self.seen.free.push(by_hand.then_some(window));
                if !by_hand {
                    self.grant(at, window);
                }
            }
            Coming::Item(at, n) => {
                self.seen.handled.push((at, n));
                let link = &mut self.links[at];
                link.in_flight -= 1;
                link.free += 1;
                let half = link.free >= link.window.div_ceil(2);
                if link.demand == Demand::Automatic && !link.cancelled && half {
                    self.grant(at, self.links[at].free);
                }
                self.look(at);
            }
            Coming::Grant(at, n) => {
                let link = &self.links[at];
                let granted = if link.demand == Demand::Automatic {
                    Err(FlowRefused::Automatic)
                } else if link.cancelled {
                    Err(FlowRefused::Cancelled)
                } else if n == 0 || n > link.free {
                    Err(FlowRefused::Demand { given: n, most: link.free })
                } else {
                    self.grant(at, n);
                    Ok(())
                };
                self.seen.granted.push((at, granted));
                self.look(at);
            }
            Coming::Cancel(at) => self.cancel(at),
            Coming::Panic => {
                self.faults += 1;
                // What is left is dead.
                self.coming.clear();
                self.over();
            }
            Coming::Finish(at) => {
                self.links[at].finished = true;
                self.taken -= self.links[at].window;
            }
        }
    }

    fn look(&mut self, at: usize) {
        let link = &self.links[at];
        if link.demand == Demand::ByHand && !link.cancelled {
            self.seen.free[at] = Some(link.free);
        }
    }

    fn grant(&mut self, at: usize, n: u32) {
        self.links[at].free -= n;
        self.links[at].waiting += n;
        self.tell(at);
    }

    fn cancel(&mut self, at: usize) {
        self.links[at].cancelled = true;
        self.tell(at);
    }

    fn tell(&mut self, at: usize) {
        let producer = self.links[at].producer;
        // Nobody is told of a flow that he has dropped.
        if std::mem::take(&mut self.links[at].hungry) && self.outlets[producer] == Some(at) {
            self.seen.news[producer] += 1;
        }
    }

    pub(crate) fn end(&mut self, end: End) {
        match end {
            End::Stop => self.handle(u32::MAX),
            End::StopNow | End::Kill => self.coming.clear(),
        }
        self.over();
    }

    fn over(&mut self) {
        self.ended = true;
        let on: Vec<usize> = (0..self.links.len()).filter(|at| !self.links[*at].finished).collect();
        on.into_iter().for_each(|at| self.cancel(at));
    }
}
