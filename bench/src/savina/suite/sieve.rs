//! The sieve of Eratosthenes: candidates go down a chain of actors, each of which keeps so many primes and lets pass what none of them
//! divides. Who is full makes the next. The primes of each actor, and how many candidates came to it, are compared with those that a
//! sieve gives that is an array.

use super::stream::{Go, Source, chunks, mailboxes};
use super::values::same_sequence;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cell::OnceCell;
use std::iter::once;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Savina's `sieve`.
pub(super) struct Sieve {
    up_to: u64,
    primes_each: usize,
    mailboxes: Options,
    chain: OnceCell<Chain>,
}

/// What an actor comes to.
#[derive(Clone, Default)]
pub(super) struct Share {
    primes: Vec<u64>,
    /// Candidates that came to it.
    came: u64,
}

/// In the order of the actors.
type Chain = Vec<Share>;

/// Has the chain made, and waits for its end.
pub(super) struct Asker {
    up_to: u64,
    primes_each: usize,
    mailboxes: Options,
    reply: Option<Reply<Chain>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Chain>),
    Ended(Chain),
}

struct Filter {
    share: Share,
    most: usize,
    mailboxes: Options,
    next: Option<Address<ToFilter>>,
    asker: Address<ToAsker>,
}

enum ToFilter {
    Candidate(u64),
    /// No more of them come; with the shares of who stands before in the chain.
    End(Chain),
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                let filter = Filter::new(2, self.primes_each, self.mailboxes, cx.me());
                let first = cx.try_spawn(filter, &self.mailboxes)?;
                let candidates = (3..=self.up_to).step_by(2).map(ToFilter::Candidate);
                let source = Source::new(candidates.chain(once(ToFilter::End(Chain::new()))), first);
                let source = cx.spawn(source);
                cx.send(source, Go)?;
            }
            ToAsker::Ended(chain) => {
                let reply = asker(&mut self.reply)?;
                reply.send(chain);
            }
        }
        Ok(())
    }
}

impl Filter {
    /// One that begins with this prime.
    fn new(first: u64, most: usize, mailboxes: Options, asker: Address<ToAsker>) -> Self {
        let mut primes = Vec::with_capacity(most);
        primes.push(first);
        Self { share: Share { primes, came: 0 }, most, mailboxes, next: None, asker }
    }

    /// Sends on, keeps, or drops a candidate.
    fn filter(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let primes = &mut self.share.primes;
        // All of them are tried, as in the suite, not only those up to the root: that is the work.
        if primes.iter().any(|&prime| n.is_multiple_of(prime)) {
            return Ok(());
        }
        match self.next {
            Some(next) => cx.send(next, ToFilter::Candidate(n))?,
            None if primes.len() < self.most => primes.push(n),
            None => {
                let next = Self::new(n, self.most, self.mailboxes, self.asker);
                self.next = Some(cx.try_spawn(next, &self.mailboxes)?);
            }
        }
        Ok(())
    }
}

impl Actor for Filter {
    type Msg = ToFilter;

    fn handle(&mut self, message: ToFilter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToFilter::Candidate(n) => {
                self.share.came += 1;
                self.filter(n, cx)?;
            }
            ToFilter::End(mut chain) => {
                chain.push(std::mem::take(&mut self.share));
                match self.next {
                    Some(next) => cx.send(next, ToFilter::End(chain))?,
                    None => cx.send(self.asker, ToAsker::Ended(chain))?,
                }
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Sieve {
    fn chain(&self) -> &Chain {
        self.chain.get_or_init(|| {
            // Which of the primes is the smallest that divides a number, by its place among them.
            let mut divided_by: Vec<Option<usize>> = vec![None; self.up_to as usize + 1];
            let mut primes = Vec::new();
            for n in 2..divided_by.len() {
                if divided_by[n].is_none() {
                    for multiple in (n * n..divided_by.len()).step_by(n) {
                        divided_by[multiple].get_or_insert(primes.len());
                    }
                    primes.push(n as u64);
                }
            }
            let share = |primes: &[u64]| Share { primes: primes.to_vec(), came: 0 };
            let mut chain: Chain = primes.chunks(self.primes_each).map(share).collect();
            let mut found = 1;
            for divided_by in divided_by[3..].iter().step_by(2) {
                let actors = match divided_by {
                    // It ends at the actor that has its divisor.
                    Some(prime) => prime / self.primes_each + 1,
                    // A prime gets as far as there are actors: one that finds them full makes the next.
                    None => {
                        found += 1;
                        (found - 1_usize).div_ceil(self.primes_each)
                    }
                };
                chain[..actors].iter_mut().for_each(|share| share.came += 1);
            }
            chain
        })
    }
}

impl Workload for Sieve {
    const NAME: &'static str = "sieve";
    const DIFFERS: &'static str =
        "an actor counts what comes to it, and says so with its primes; the source sends in chunks of 128";

    type Main = Asker;
    type Answer = Chain;
    type Expected = Chain;

    fn of(size: Size) -> Self {
        Self {
            up_to: size.of(2_000, 100_000, 1_000_000),
            primes_each: size.of(50, 1_000, 1_000),
            mailboxes: mailboxes(size),
            chain: OnceCell::new(),
        }
    }

    fn words(&self) -> String {
        let (up_to, each) = (units::count(self.up_to), units::counted(self.primes_each as u64, "prime"));
        format!("primes to {up_to}, {each} an actor")
    }

    fn messages(&self) -> Messages {
        // Begin, the odd numbers from 3 on and an end in chunks, what comes to the actors and to each of them an end, and the answer.
        let candidates = self.up_to.div_ceil(2) - 1;
        let came: u64 = self.chain().iter().map(|share| share.came + 1).sum();
        Messages::Exactly(1 + chunks(candidates + 1) + came + 1)
    }

    fn expected(&self) -> Chain {
        self.chain().clone()
    }

    fn main(&self) -> Asker {
        let Self { up_to, primes_each, mailboxes, .. } = *self;
        Asker { up_to, primes_each, mailboxes, reply: None }
    }

    fn begin(&self, reply: Reply<Chain>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &Chain, answer: Chain) -> Result<(), String> {
        same("actors in the chain", expected.len(), answer.len())?;
        let mut each = expected.iter().zip(&answer).enumerate();
        each.try_for_each(|(at, (expected, got))| {
            same_sequence(format_args!("primes of actor {at}"), &expected.primes, &got.primes)?;
            same(format_args!("candidates that came to actor {at}"), expected.came, got.came)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_has_as_many_primes_as_there_are() {
        for (size, primes) in [(Size::Small, 303), (Size::Default, 9_592), (Size::Large, 78_498)] {
            let chain = Sieve::of(size).expected();
            assert_eq!(chain.iter().map(|share| share.primes.len()).sum::<usize>(), primes);
        }
    }

    #[test]
    fn the_oracle_knows_what_comes_to_each() {
        let sieve = Sieve { up_to: 20, primes_each: 3, ..Sieve::of(Size::Small) };
        let came: Vec<u64> = sieve.chain().iter().map(|share| share.came).collect();
        // The odd ones from 3 to 19; 7 made the second, to which 11, 13, 17 and 19 came; 17 made the third.
        assert_eq!(came, [9, 4, 1]);
    }

    #[test]
    fn what_is_no_prime_is_refused() {
        let workload = Sieve::of(Size::Small);
        let chain = workload.expected();
        assert_eq!(workload.check(&chain, chain.clone()), Ok(()));
        let mut wrong = chain.clone();
        wrong[1].primes[0] = 231;
        let refused = workload.check(&chain, wrong);
        assert_eq!(refused, Err("primes of actor 1, at 0: 233 was to be, 231 is".into()));
        let refused = workload.check(&chain, vec![chain[0].clone()]);
        assert_eq!(refused, Err("actors in the chain: 7 was to be, 1 is".into()));
    }

    #[test]
    fn a_candidate_that_is_no_prime_and_was_lost_or_doubled_is_refused() {
        let workload = Sieve::of(Size::Small);
        let chain = workload.expected();
        for came in [998, 1_000] {
            let mut wrong = chain.clone();
            wrong[0].came = came;
            let why = format!("candidates that came to actor 0: 999 was to be, {came} is");
            assert_eq!(workload.check(&chain, wrong), Err(why));
        }
    }
}
