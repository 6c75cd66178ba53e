//! Messages: pushed, taken, and a turn for each.

use crate::counting::{Part, check, expect, one_done, rounds};
use crate::{CHUNK, N};
use throng::internals::work;
use throng::{Actor, Address, Context, Fault, Inline, Options, System};

struct Sink(u64);

impl Actor for Sink {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0 += n;
        one_done();
        Ok(())
    }
}

/// One with room for all, and for a flow.
pub(crate) fn sink(inline: &Inline) -> Address<u64> {
    let options = Options::builder().capacity(2 * N as u32).flows(CHUNK as u32).build().expect("in range");
    inline.system().try_spawn(Sink(0), &options).expect("room")
}

/// Sends a message to each.
struct Sender(Vec<Address<u64>>);

impl Actor for Sender {
    type Msg = Part;
    fn handle(&mut self, part: Part, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        part(&mut || {
            for (n, to) in self.0.iter().enumerate() {
                cx.send(*to, n as u64).expect("room");
            }
        });
        Ok(())
    }
}

fn sent(
    to: impl FnOnce(&Inline) -> Vec<Address<u64>>,
    mut run: impl FnMut(&mut Inline, Address<Part>, Part, Part),
) -> u64 {
    let mut inline = System::builder().inline_virtual();
    let to = to(&inline);
    let sender = inline.spawn(Sender(to));
    inline.run_until_idle();
    rounds(|part, aside| {
        expect(N);
        run(&mut inline, sender, part, aside);
    });
    check(&inline, 3 * (N + 1));
    N
}

/// To idle actors, which are made runnable.
pub(crate) fn push_first() -> u64 {
    let idle = |inline: &Inline| (0..N).map(|_| inline.spawn(Sink(0))).collect();
    sent(idle, |inline, sender, part, _| {
        sender.try_send(part).expect("room");
        work(inline);
    })
}

/// To one that is runnable already.
pub(crate) fn push_queued() -> u64 {
    sent(
        |inline| vec![sink(inline); N as usize],
        |inline, sender, part, _| {
            sender.try_send(part).expect("room");
            work(inline);
        },
    )
}

/// A turn of one message, in place.
pub(crate) fn turn() -> u64 {
    let idle = |inline: &Inline| (0..N).map(|_| inline.spawn(Sink(0))).collect();
    sent(idle, |inline, sender, part, aside| {
        sender.try_send(aside).expect("room");
        part(&mut || work(inline));
    })
}

fn from_outside(mut run: impl FnMut(&mut Inline, &mut dyn FnMut(), Part)) -> u64 {
    let mut inline = System::builder().inline_virtual();
    let sink = sink(&inline);
    inline.run_until_idle();
    rounds(|part, _| {
        expect(N);
        run(&mut inline, &mut || (0..N).for_each(|n| sink.try_send(n).expect("room")), part);
    });
    check(&inline, 3 * N);
    N
}

/// From a thread that is no worker.
pub(crate) fn push_outside() -> u64 {
    from_outside(|inline, send, part| {
        part(send);
        work(inline);
    })
}

/// Out of a mailbox with many.
pub(crate) fn take() -> u64 {
    from_outside(|inline, send, part| {
        send();
        part(&mut || work(inline));
    })
}

/// Sends on, to where the first message told.
struct Relay(Option<Address<Hop>>);

enum Hop {
    To(Address<Hop>),
    Left(u64),
}

impl Actor for Relay {
    type Msg = Hop;
    fn handle(&mut self, hop: Hop, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (hop, self.0) {
            (Hop::To(next), _) => self.0 = Some(next),
            (Hop::Left(left), Some(next)) if left > 0 => cx.send(next, Hop::Left(left - 1))?,
            (Hop::Left(_), _) => one_done(),
        }
        Ok(())
    }
}

/// To and fro between two actors: a push and a turn, by the slot.
pub(crate) fn trip() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let (left, right) = (inline.spawn(Relay(None)), inline.spawn(Relay(None)));
    left.try_send(Hop::To(right)).expect("room");
    right.try_send(Hop::To(left)).expect("room");
    inline.run_until_idle();
    rounds(|part, _| {
        expect(1);
        left.try_send(Hop::Left(N - 1)).expect("room");
        part(&mut || work(&mut inline));
    });
    check(&inline, 2 + 3 * N);
    N
}
