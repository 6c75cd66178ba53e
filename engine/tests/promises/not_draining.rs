//! An actor that waits for something else than its next message holds up nobody.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Outcome, Overflow, Reason, Reply, System};

const SOON: Duration = Duration::from_secs(60);

enum Note {
    Ask(Address<Reply<u64>>),
    Answer(Outcome<u64>),
    Item(u64),
}

/// Puts items aside while it waits for an answer.
#[derive(Clone, Default)]
struct Waits {
    is_waiting: bool,
    aside: Vec<u64>,
    got: Arc<Mutex<Vec<u64>>>,
}

impl Actor for Waits {
    type Msg = Note;
    fn handle(&mut self, note: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match note {
            Note::Ask(whom) => {
                cx.ask(whom, |reply| reply, Note::Answer)?;
                self.is_waiting = true;
                cx.set_draining(false);
                cx.set_draining(false);
            }
            Note::Answer(outcome) => {
                assert!(outcome.is_err(), "nobody answers");
                self.is_waiting = false;
                cx.set_draining(true);
                cx.set_draining(true);
                self.got.lock().expect("nobody panics").append(&mut self.aside);
            }
            Note::Item(n) if self.is_waiting => self.aside.push(n),
            Note::Item(n) => self.got.lock().expect("nobody panics").push(n),
        }
        Ok(())
    }
}

/// Keeps whoever asks waiting.
struct Slow {
    replies: Vec<Reply<u64>>,
}

impl Actor for Slow {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.replies.push(reply);
        Ok(())
    }
}

/// Sends its numbers on, and counts what is handed back.
struct Feeds {
    to: Address<Note>,
    refused: Arc<AtomicU64>,
}

impl Actor for Feeds {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Err(refused) = cx.send(self.to, Note::Item(n)) {
            assert_eq!(refused.reason(), Reason::Full);
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// Without threads: what is muted, and when, is the same each time.
#[test]
fn nobody_is_suspended_on_one_that_does_not_drain() {
    let mut inline = System::builder().inline();
    let options = Options::builder().capacity(4).build().expect("in range");
    let waits = Waits::default();
    let to = inline.system().try_spawn(waits.clone(), &options).expect("memory");
    let slow = inline.spawn(Slow { replies: Vec::new() });
    let refused = Arc::<AtomicU64>::default();
    let feeds: Vec<_> = (0..3).map(|_| inline.spawn(Feeds { to, refused: Arc::clone(&refused) })).collect();
    to.try_send(Note::Ask(slow)).expect("room");
    inline.run_until_idle();
    for pause in [false, true] {
        if pause {
            // A suspension that comes and goes changes nothing.
            assert!(to.suspend());
            inline.run_until_idle();
            assert!(to.resume());
            inline.run_until_idle();
        }
        let muted = inline.system().activity().muted;
        refused.store(0, Ordering::SeqCst);
        // The worker is in other turns while they send: what it takes is 4, and the rest is handed back.
        for n in 0..30 {
            feeds[n % 3].try_send(n as u64).expect("room");
        }
        inline.run_until_idle();
        assert_eq!(inline.system().activity().muted, muted, "somebody was suspended on it");
        assert!(refused.load(Ordering::SeqCst) > 0, "nothing was ever full");
    }
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert!(waits.got.lock().expect("nobody panics").is_empty(), "it waits for its answer");
    let _told = slow.stop_now();
    inline.run_until_idle();
    assert!(!waits.got.lock().expect("nobody panics").is_empty(), "its answer has come");
    // It drains again: now they are suspended.
    let (muted, before) = (inline.system().activity().muted, refused.swap(0, Ordering::SeqCst));
    assert!(before > 0);
    for n in 0..30 {
        feeds[n % 3].try_send(n as u64).expect("room");
    }
    inline.run_until_idle();
    assert!(inline.system().activity().muted > muted, "nobody was suspended on one that drains");
    assert_eq!(refused.load(Ordering::SeqCst), 0);
    inline.system().ledger().check().expect("the ledger adds up");
}

/// Two that flood each other and ask each other, with room for one message each, and that leave off and take up draining with
/// every question: all questions end. It would end without that too, as a cycle of muted actors lets go: what leaving off is good
/// for the test above shows.
#[test]
fn two_that_ask_each_other_while_they_flood_each_other_end() {
    let _dog = watch("two_that_ask_each_other_while_they_flood_each_other_end");
    enum Say {
        Meet(Address<Say>),
        Flood,
        Question(Reply<u64>),
        Answer(#[expect(dead_code, reason = "that there is one is what counts")] Outcome<u64>),
    }
    struct Peer {
        other: Option<Address<Say>>,
        rounds: u64,
        answers: Arc<AtomicU64>,
    }
    impl Peer {
        fn go(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let Some(other) = self.other else { return Ok(()) };
            for _ in 0..4 {
                // Handed back where the other does not drain.
                drop(cx.send(other, Say::Flood));
            }
            cx.ask(other, Say::Question, Say::Answer)?;
            cx.set_draining(false);
            Ok(())
        }
    }
    impl Actor for Peer {
        type Msg = Say;
        fn handle(&mut self, say: Say, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match say {
                Say::Meet(other) => {
                    self.other = Some(other);
                    self.go(cx)?;
                }
                Say::Flood => {}
                Say::Question(reply) => reply.send(1),
                // A question that found no place is an outcome too.
                Say::Answer(_) => {
                    cx.set_draining(true);
                    self.answers.fetch_add(1, Ordering::SeqCst);
                    self.rounds -= 1;
                    if self.rounds > 0 {
                        self.go(cx)?;
                    }
                }
            }
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let answers = Arc::<AtomicU64>::default();
    let options = Options::builder().capacity(1).overflow(Overflow::Mute).build().expect("in range");
    let [a, b] = [(); 2].map(|()| {
        let peer = Peer { other: None, rounds: 2_000, answers: Arc::clone(&answers) };
        system.try_spawn(peer, &options).expect("memory")
    });
    a.send_timeout(Say::Meet(b), SOON).expect("room");
    b.send_timeout(Say::Meet(a), SOON).expect("room");
    let ledger = system.quiesce(SOON).expect("all questions end");
    ledger.check().expect("the ledger adds up");
    assert_eq!(answers.load(Ordering::SeqCst), 4_000);
    assert!(system.stalls().is_empty());
}
