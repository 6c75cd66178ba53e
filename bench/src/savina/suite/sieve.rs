//! The sieve of Eratosthenes: candidates go down a chain of actors, each of which keeps so many primes and lets pass what none of them
//! divides. Who is full makes the next. The primes are compared, actor by actor, with those of a sieve that is an array.

use super::values::same_sequence;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Candidates that are sent by one handler: behind it the sender can be held up.
const CHUNK: usize = 128;

/// Savina's `sieve`.
pub(super) struct Sieve {
    up_to: u64,
    primes_each: usize,
}

/// The primes of each actor, in the order of the chain.
type Chain = Vec<Vec<u64>>;

/// Has the chain made, and waits for its end.
pub(super) struct Asker {
    up_to: u64,
    primes_each: usize,
    reply: Option<Reply<Chain>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Chain>),
    Ended(Chain),
}

/// Sends the odd numbers.
struct Source {
    next: u64,
    up_to: u64,
    first: Address<ToFilter>,
}

/// The next chunk.
struct Go;

struct Filter {
    primes: Vec<u64>,
    most: usize,
    next: Option<Address<ToFilter>>,
    asker: Address<ToAsker>,
}

enum ToFilter {
    Candidate(u64),
    /// No more of them come; with the primes of who stands before in the chain.
    End(Chain),
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                let first = cx.spawn(Filter::new(2, self.primes_each, cx.me()));
                let source = cx.spawn(Source { next: 3, up_to: self.up_to, first });
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

impl Actor for Source {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for candidate in (self.next..=self.up_to).step_by(2).take(CHUNK) {
            cx.send(self.first, ToFilter::Candidate(candidate))?;
        }
        self.next += 2 * CHUNK as u64;
        if self.next <= self.up_to {
            cx.send(cx.me(), Go)?;
        } else {
            cx.send(self.first, ToFilter::End(Chain::new()))?;
            cx.stop();
        }
        Ok(())
    }
}

impl Filter {
    /// One that begins with this prime.
    fn new(first: u64, most: usize, asker: Address<ToAsker>) -> Self {
        let mut primes = Vec::with_capacity(most);
        primes.push(first);
        Self { primes, most, next: None, asker }
    }
}

impl Actor for Filter {
    type Msg = ToFilter;

    fn handle(&mut self, message: ToFilter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            // All of them are tried, as in the suite, not only those up to the root: that is the work.
            ToFilter::Candidate(n) if self.primes.iter().any(|&prime| n.is_multiple_of(prime)) => {}
            ToFilter::Candidate(n) => match self.next {
                Some(next) => cx.send(next, ToFilter::Candidate(n))?,
                None if self.primes.len() < self.most => self.primes.push(n),
                None => self.next = Some(cx.spawn(Self::new(n, self.most, self.asker))),
            },
            ToFilter::End(mut chain) => {
                chain.push(std::mem::take(&mut self.primes));
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

impl Workload for Sieve {
    const NAME: &'static str = "sieve";
    const DIFFERS: &'static str = "";

    type Main = Asker;
    type Answer = Chain;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        Self { up_to: size.of(2_000, 100_000, 1_000_000), primes_each: size.of(50, 1_000, 1_000) }
    }

    fn words(&self) -> String {
        let (up_to, each) = (units::count(self.up_to), units::counted(self.primes_each as u64, "prime"));
        format!("primes to {up_to}, {each} an actor")
    }

    fn messages(&self) -> Messages {
        // The odd numbers from 3 on, in chunks, and what begins and ends it. What comes to the other actors is more.
        let candidates = self.up_to.div_ceil(2) - 1;
        Messages::AtLeast(candidates + candidates.div_ceil(CHUNK as u64) + 3)
    }

    fn expected(&self) -> Vec<u64> {
        let mut composite = vec![false; self.up_to as usize + 1];
        let mut primes = Vec::new();
        for n in 2..composite.len() {
            if !composite[n] {
                primes.push(n as u64);
                (n * n..composite.len()).step_by(n).for_each(|multiple| composite[multiple] = true);
            }
        }
        primes
    }

    fn main(&self) -> Asker {
        Asker { up_to: self.up_to, primes_each: self.primes_each, reply: None }
    }

    fn begin(&self, reply: Reply<Chain>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Chain) -> Result<(), String> {
        same("primes", expected.len(), answer.iter().map(Vec::len).sum())?;
        same("actors in the chain", expected.len().div_ceil(self.primes_each), answer.len())?;
        let mut each = expected.chunks(self.primes_each).zip(&answer).enumerate();
        each.try_for_each(|(at, (primes, got))| {
            same_sequence(format_args!("primes of actor {at}"), primes, got)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_has_as_many_primes_as_there_are() {
        for (size, primes) in [(Size::Small, 303), (Size::Default, 9_592), (Size::Large, 78_498)] {
            assert_eq!(Sieve::of(size).expected().len(), primes);
        }
    }

    #[test]
    fn what_is_no_prime_is_refused() {
        let workload = Sieve::of(Size::Small);
        let primes = workload.expected();
        let chain: Chain = primes.chunks(50).map(<[u64]>::to_vec).collect();
        assert_eq!(workload.check(&primes, chain.clone()), Ok(()));
        let mut wrong = chain.clone();
        wrong[1][0] = 231;
        let refused = workload.check(&primes, wrong);
        assert_eq!(refused, Err("primes of actor 1, at 0: 233 was to be, 231 is".into()));
        let refused = workload.check(&primes, vec![primes.clone()]);
        assert_eq!(refused, Err("actors in the chain: 7 was to be, 1 is".into()));
    }
}
