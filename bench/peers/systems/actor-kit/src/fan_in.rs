//! Fan-in: each sends while there are places, and then a message to itself.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN, bytes, number};
use crate::news::last_words;
use actor_kit::{ActorId, Mailbox, Message, MessagePayload};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// A message is one number: the sender's in so many bits, the message's in the others.
const SENDER_BITS: u32 = 24;

/// What has come of one sender.
#[derive(Clone, Default)]
struct Of {
    count: u64,
    next: u64,
}

struct Receiver {
    senders: Vec<Of>,
    left: u64,
    disorder: u64,
    ended: Sender<Instant>,
    counts: Sender<(Vec<u64>, u64)>,
}

impl Handles for Receiver {
    fn handle(&mut self, message: &Message) {
        let both = number(message);
        let (sender, number) = (both & ((1 << SENDER_BITS) - 1), both >> SENDER_BITS);
        let of = &mut self.senders[sender as usize];
        of.count += 1;
        if number < of.next {
            self.disorder += 1;
        } else {
            of.next = number + 1;
        }
        self.left -= 1;
        if self.left == 0 {
            // Who does not wait for it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let counts = self.senders.iter().map(|of| of.count).collect();
        let _ = self.counts.send((counts, self.disorder));
    }
}

struct Sends {
    kit: Kit,
    me: ActorId,
    number: u64,
    receiver: ActorId,
    mailbox: Arc<Mailbox>,
    sent: u64,
    messages: u64,
    began: Sender<Instant>,
}

impl Handles for Sends {
    fn handle(&mut self, message: &Message) {
        if matches!(message.payload, MessagePayload::Start) {
            let _ = self.began.send(Instant::now());
        }
        // Seen first, as a message that is not taken costs much; others may be faster.
        for _ in 0..self.mailbox.remaining_capacity() {
            let both = self.sent << SENDER_BITS | self.number;
            if self.sent == self.messages
                || !self.kit.try_send(None, self.receiver, bytes(&both.to_le_bytes()))
            {
                break;
            }
            self.sent += 1;
        }
        if self.sent < self.messages {
            self.kit.send(None, self.me, SIGN);
        }
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    if task.actors >> SENDER_BITS > 0 {
        return Err(Spoiled::Failed(format!("{} senders are more than have a number", task.actors)));
    }
    let (ended, ends) = channel();
    let (began, begins) = channel();
    let (counts, counted) = channel();
    let senders = vec![Of::default(); task.actors as usize];
    let receiver = kit.make(|_| Receiver { senders, left: task.messages, disorder: 0, ended, counts })?;
    let mailbox = kit.mailbox(&receiver)?;
    let sends = |number| {
        let (kit, mailbox, messages) = (kit.clone(), mailbox.clone(), task.each());
        let began = began.clone();
        move |me| Sends { kit, me, number, receiver, mailbox, sent: 0, messages, began }
    };
    let senders: Vec<_> = (0..task.actors).map(|number| kit.make(sends(number))).collect::<Result<_, _>>()?;
    drop(began);
    for sender in &senders {
        kit.send(None, *sender, MessagePayload::Start);
    }
    let ended = heard(&ends)?;
    senders.iter().for_each(|id| kit.kill(id));
    kit.kill(&receiver);
    let mut first = ended;
    last_words(&begins, |began| first = first.min(began))?;
    let (counts, disorder) = heard(&counted)?;
    last_words(&counted, drop)?;
    Ok(Iteration { took: ended - first, counts, disorder })
}
