//! Big: who is pinged answers to whom it is from.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

struct Member {
    kit: Kit,
    me: ActorId,
    number: usize,
    all: Arc<Vec<ActorId>>,
    drawn: Seeded,
    left: u64,
    pongs: u64,
    answered: u64,
    /// Sent again with its next message, or with one to itself: a full mailbox has not taken them.
    waiting: Vec<(ActorId, MessagePayload)>,
    ended: Sender<Instant>,
    counts: Sender<(usize, u64, u64)>,
}

/// A pong; a ping is a [`SIGN`].
const PONG: MessagePayload = MessagePayload::Custom(Vec::new());
/// What waits is to be sent again.
const AGAIN: MessagePayload = MessagePayload::Signal(actor_kit::Signal::Resume);

impl Member {
    #[inline(always)]
    fn send(&mut self, to: ActorId, payload: MessagePayload) {
        if !self.kit.try_send(Some(self.me), to, payload.clone()) {
            self.waiting.push((to, payload));
        }
    }

    #[inline(always)]
    fn ping(&mut self) {
        let to = self.all[self.drawn.below(self.all.len() as u64) as usize];
        self.send(to, SIGN);
    }

    #[cold]
    fn again(&mut self) {
        for (to, payload) in std::mem::take(&mut self.waiting) {
            self.send(to, payload);
        }
        if !self.waiting.is_empty() {
            // If there is no place in its own mailbox there are messages, with which it comes here too.
            self.kit.try_send(None, self.me, AGAIN);
        }
    }
}

impl Handles for Member {
    fn handle(&mut self, message: &Message) {
        match (&message.payload, message.sender) {
            (MessagePayload::Empty, Some(from)) => {
                self.answered += 1;
                self.send(from, PONG);
            }
            (MessagePayload::Custom(_), _) => {
                self.pongs += 1;
                self.left -= 1;
                if self.left > 0 {
                    self.ping();
                } else {
                    // Who does not wait for it has been told why.
                    let _ = self.ended.send(Instant::now());
                }
            }
            (MessagePayload::Start, _) => self.ping(),
            _ => {}
        }
        if !self.waiting.is_empty() {
            self.again();
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.counts.send((self.number, self.pongs, self.answered));
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (ended, ends) = channel();
    let (counts, counted) = channel();
    let all: Arc<Vec<_>> = Arc::new((0..many).map(|_| kit.name()).collect::<Result<_, _>>()?);
    for (number, me) in all.iter().enumerate() {
        let member = Member {
            kit: kit.clone(),
            me: *me,
            number,
            all: all.clone(),
            drawn: Seeded::stream(1, number as u64),
            left: task.each(),
            pongs: 0,
            answered: 0,
            waiting: Vec::new(),
            ended: ended.clone(),
            counts: counts.clone(),
        };
        kit.behave(*me, member);
    }
    drop((ended, counts));
    let began = Instant::now();
    for id in all.iter() {
        while !kit.try_send(None, *id, MessagePayload::Start) {
            std::thread::yield_now();
        }
    }
    let mut last = began;
    for _ in 0..many {
        last = last.max(heard(&ends)?);
    }
    all.iter().for_each(|id| kit.kill(id));
    let mut counts = vec![0; many + 1];
    last_words(&counted, |(number, pongs, answered)| {
        counts[number] = pongs;
        counts[many] += answered;
    })?;
    Ok(Iteration { took: last - began, counts, disorder: 0 })
}
