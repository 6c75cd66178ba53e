//! Nanoseconds a message where notices take the place of sends: the owner gives away the rights to tell it something, a
//! chunk of them, and has them used.
//!
//! Actors of their own: what gives a right away is a message larger than any of the other features'.

use crate::alone::spoiled::{Spoiled, same, told};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Notice, Reply, System};

enum ToOwner {
    Of(Address<ToTeller>),
    Told(u64),
    /// How many notices it has had.
    Count(Reply<u64>),
}

enum ToTeller {
    Right(Notice<u64>),
    Go,
}

/// Gives rights away, a chunk at a time.
struct Owner {
    teller: Option<Address<ToTeller>>,
    chunk: u32,
    left: u32,
    next: u64,
}

impl Owner {
    fn give(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Some(teller) = self.teller else { return Ok(()) };
        self.left = self.chunk;
        for _ in 0..self.chunk {
            let right = cx.notice(ToOwner::Told);
            cx.send(teller, ToTeller::Right(right))?;
        }
        Ok(())
    }
}

impl Actor for Owner {
    type Msg = ToOwner;

    fn handle(&mut self, message: ToOwner, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToOwner::Of(teller) => {
                self.teller = Some(teller);
                self.give(cx)?;
            }
            ToOwner::Told(n) => {
                if n != self.next {
                    return Err(Fault::msg("not the next"));
                }
                self.next += 1;
                self.left -= 1;
                if self.left == 0 {
                    self.give(cx)?;
                }
            }
            ToOwner::Count(reply) => reply.send(self.next),
        }
        Ok(())
    }
}

/// Uses the rights once it has a chunk of them.
struct Teller {
    rights: Vec<Notice<u64>>,
    chunk: usize,
    begun: bool,
    next: u64,
    items: u64,
    done: Sender<Instant>,
}

impl Teller {
    fn tell(&mut self) -> Result<(), Fault> {
        if !self.begun || self.rights.len() < self.chunk {
            return Ok(());
        }
        if self.next == self.items {
            self.done.send(Instant::now())?;
            return Ok(());
        }
        for right in self.rights.drain(..) {
            right.send(self.next)?;
            self.next += 1;
        }
        Ok(())
    }
}

impl Actor for Teller {
    type Msg = ToTeller;

    fn handle(&mut self, message: ToTeller, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToTeller::Right(right) => self.rights.push(right),
            ToTeller::Go => self.begun = true,
        }
        self.tell()
    }
}

/// How long `items` took, which are a whole number of chunks: each a right that came and a notice that went. That each
/// arrived, once and in its order, has been looked at.
///
/// # Errors
/// [`Spoiled`].
pub fn run(system: &System, chunk: u32, items: u64) -> Result<Duration, Spoiled> {
    drive(system, Owner { teller: None, chunk, left: chunk, next: 0 }, items)
}

fn drive(system: &System, owner: Owner, items: u64) -> Result<Duration, Spoiled> {
    let chunk = owner.chunk as usize;
    let (done, ends) = channel();
    let owner = system.spawn(owner);
    let rights = Vec::with_capacity(chunk);
    let teller = system.spawn(Teller { rights, chunk, begun: false, next: 0, items, done });
    owner.try_send(ToOwner::Of(teller))?;
    owner.barrier().wait()?;
    teller.barrier().wait()?;
    let start = Instant::now();
    teller.try_send(ToTeller::Go)?;
    let end = told(system, &ends)?;
    same("notices", items, owner.ask(ToOwner::Count).wait()?)?;
    Ok(end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_that_is_not_the_next_is_found() {
        let system = System::builder().workers(1).build().expect("a worker");
        let owner = Owner { teller: None, chunk: 4, left: 4, next: 1 };
        let spoiled = drive(&system, owner, 8).expect_err("one is missing");
        assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{spoiled:?}");
    }
}
