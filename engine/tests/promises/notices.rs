//! Notices: no full mailbox refuses one, it does not overtake what was there before, and each is told of once or handed back.

use crate::payload::{Book, Entry};
use crate::policies::{ALL, SOON, system, under};
use crate::seed;
use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Batch, Context, Directive, Fault, Notice, Options, Overflow, Reason, System};

/// What a [`Keeper`] understands.
enum Note {
    /// Makes so many notices, whose entries are these, and gives them away.
    Make(usize),
    Entry(Entry),
    Told(Entry),
    Fail,
}

/// Writes down what it gets, and gives notices away.
#[derive(Clone)]
struct Keeper {
    notices: Sender<Notice<Entry>>,
    /// Entries and notices in the order in which they were handled, notices as negative numbers.
    got: Arc<Mutex<Vec<i64>>>,
}

impl Keeper {
    fn new() -> (Self, Receiver<Notice<Entry>>) {
        let (notices, made) = channel();
        (Self { notices, got: Arc::default() }, made)
    }

    fn got(&self) -> Vec<i64> {
        self.got.lock().expect("nobody panics").clone()
    }
}

impl Actor for Keeper {
    type Msg = Note;

    fn handle(&mut self, note: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match note {
            Note::Make(n) => {
                for _ in 0..n {
                    // Nobody may be there to take it any more: then it tells nothing.
                    drop(self.notices.send(cx.notice(Note::Told)));
                }
            }
            Note::Entry(entry) => {
                entry.handled();
                self.got.lock().expect("nobody panics").push(entry.id as i64);
            }
            Note::Told(entry) => {
                entry.handled();
                self.got.lock().expect("nobody panics").push(-(entry.id as i64));
            }
            Note::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

/// Every message is gone, and none was handled twice.
fn account(book: &Book) {
    for id in 0..book.len() {
        let (handled, dropped) = book.fate(id);
        assert!(
            handled <= 1 && dropped <= 1 && handled <= dropped,
            "{id}: handled {handled}, dropped {dropped}"
        );
    }
}

/// A keeper on a system without threads, and so many notices of it.
fn keeper(options: &Options, notices: usize) -> (throng::Inline, Keeper, Address<Note>, Vec<Notice<Entry>>) {
    let mut inline = System::builder().inline();
    let (keeper, made) = Keeper::new();
    let address = inline.system().try_spawn(keeper.clone(), options).expect("room");
    address.try_send(Note::Make(notices)).expect("room");
    inline.run_until_idle();
    (inline, keeper, address, made.try_iter().collect())
}

#[test]
fn a_notice_comes_in_over_a_full_mailbox_and_after_what_is_in_it() {
    for overflow in ALL {
        let book = Book::new(1_000);
        let mut inline = System::builder().inline();
        let (keeper, made) = Keeper::new();
        let options = under(inline.system(), overflow, 4).build().expect("in range");
        let address = inline.system().try_spawn(keeper.clone(), &options).expect("room");
        address.try_send(Note::Make(3)).expect("room");
        inline.run_until_idle();
        for n in 1..=4 {
            address.try_send(Note::Entry(book.entry(n))).expect("room");
        }
        assert_eq!(
            address.try_send(Note::Fail).expect_err("it is full").reason(),
            Reason::Full,
            "{overflow:?}"
        );
        for (n, notice) in made.try_iter().enumerate() {
            notice.send(book.entry(101 + n)).expect("nothing refuses a notice");
        }
        let ledger = inline.system().ledger();
        ledger.check().expect("the ledger adds up while notices wait");
        // And what its upstream is told.
        assert_eq!(ledger.queued, 7 + u64::from(overflow == Overflow::Signal), "{overflow:?}");
        inline.run_until_idle();
        assert_eq!(keeper.got(), [1, 2, 3, 4, -101, -102, -103], "{overflow:?}");
        // One at a time has a place in the mailbox.
        assert!(inline.system().activity().fullest <= 5, "{overflow:?}");
        inline.system().ledger().check().expect("the ledger adds up");
        account(&book);
    }
}

#[test]
fn messages_and_notices_take_turns() {
    let book = Book::new(1_000);
    let (mut inline, keeper, address, notices) = keeper(&Options::default(), 3);
    let mut notices = notices.into_iter();
    let mut tell = |n| notices.next().expect("three").send(book.entry(n)).expect("it lives");
    address.suspend();
    inline.run_until_idle();
    address.try_send(Note::Entry(book.entry(1))).expect("room");
    tell(101);
    tell(102);
    address.try_send(Note::Entry(book.entry(2))).expect("room");
    tell(103);
    assert_eq!(inline.run_until_idle(), 0);
    // Handled: the making of the notices, and nothing since.
    let ledger = inline.system().ledger();
    assert_eq!((ledger.queued, ledger.handled), (5, 1));
    ledger.check().expect("the ledger adds up");
    address.resume();
    inline.run_until_idle();
    // Seen when it resumed: after both messages.
    assert_eq!(keeper.got(), [1, 2, -101, -102, -103]);
    account(&book);
}

#[test]
fn who_is_suspended_over_a_notice_is_named() {
    let _dog = watch("who_is_suspended_over_a_notice_is_named");
    let book = Book::new(1_000);
    let system = system(1);
    let (keeper, made) = Keeper::new();
    let address = system.spawn(keeper.clone());
    address.try_send(Note::Make(1)).expect("room");
    let notice = made.recv().expect("it makes one");
    assert!(address.suspend());
    system.quiesce(SOON).expect("nothing is left to do");
    notice.send(book.entry(5)).expect("it lives");
    let busy = system.quiesce(Duration::from_millis(5)).expect_err("a notice waits");
    assert_eq!((busy.suspended, busy.unhandled), (1, 1), "{busy}");
    busy.ledger.check().expect("the ledger adds up");
    address.resume();
    system.quiesce(SOON).expect("it is handled");
    assert_eq!(keeper.got(), [-5]);
    account(&book);
}

#[test]
fn an_actor_that_has_ended_hands_the_value_back() {
    let book = Book::new(1_000);
    let (mut inline, _, address, notices) = keeper(&Options::default(), 2);
    assert_eq!(notices.len(), 2);
    let _: throng::Stopping = address.stop();
    inline.run_until_idle();
    for (n, notice) in notices.into_iter().enumerate() {
        let refused = notice.send(book.entry(n)).expect_err("it has ended");
        assert_eq!(refused.reason(), Reason::Stale);
        assert_eq!(refused.into_inner().id, n);
    }
    account(&book);
}

/// Makes notices whose closures hold something, and keeps them for itself.
struct Miser {
    held: Arc<()>,
    notices: Vec<Notice<u8>>,
}

impl Actor for Miser {
    type Msg = u8;
    fn handle(&mut self, n: u8, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match n {
            0 => {
                let held = Arc::clone(&self.held);
                self.notices.push(cx.notice(move |n| {
                    drop(held);
                    n
                }));
            }
            1 => drop(self.notices.pop()),
            // To oneself, in a turn; also in the last one.
            2 => self.notices.pop().expect("one is left").send(9)?,
            3 => {
                self.notices.pop().expect("one is left").send(9)?;
                cx.stop();
            }
            4 => {
                self.notices.pop().expect("one is left").send(9)?;
                cx.stop_now();
            }
            9 => {}
            other => return Err(Fault::msg(format!("got {other}"))),
        }
        Ok(())
    }
}

#[test]
fn what_a_notice_holds_goes_with_it() {
    // The deed, what is handled, and what is left.
    for (deed, handled, dead) in [(1, 3, 0), (2, 4, 0), (3, 4, 0), (4, 3, 1)] {
        let held = Arc::new(());
        let mut inline = System::builder().inline();
        let miser = inline.spawn(Miser { held: Arc::clone(&held), notices: Vec::new() });
        miser.try_send(0).expect("room");
        miser.try_send(0).expect("room");
        inline.run_until_idle();
        assert_eq!(Arc::strong_count(&held), 4);
        miser.try_send(deed).expect("room");
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.handled, ledger.dead.total(), ledger.faults), (handled, dead, 0), "deed {deed}");
        assert_eq!(Arc::strong_count(&held), if deed < 3 { 3 } else { 1 }, "deed {deed}");
        drop(inline);
        assert_eq!(Arc::strong_count(&held), 1, "deed {deed}");
    }
}

#[test]
fn notices_that_wait_when_their_actor_ends_are_dead_letters() {
    for end in [Address::<Note>::stop, Address::stop_now, Address::kill] {
        let book = Book::new(1_000);
        let (mut inline, keeper, address, notices) = keeper(&Options::default(), 3);
        address.suspend();
        inline.run_until_idle();
        address.try_send(Note::Entry(book.entry(1))).expect("room");
        for (n, notice) in notices.into_iter().enumerate() {
            notice.send(book.entry(101 + n)).expect("it lives");
        }
        let _: throng::Stopping = end(address);
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.queued, ledger.handled + ledger.dead.stopped), (0, 5));
        // A stop drains what was told before it; the others leave everything.
        let drained = keeper.got();
        assert!(drained == [1, -101, -102, -103] || drained.is_empty(), "{drained:?}");
        assert_eq!(drained.is_empty(), ledger.dead.stopped > 0);
        account(&book);
    }
}

#[test]
fn a_fault_leaves_the_notices_behind_it() {
    let book = Book::new(1_000);
    let (mut inline, keeper, address, notices) = keeper(&Options::default(), 2);
    for (n, notice) in notices.into_iter().enumerate() {
        address.try_send(Note::Fail).expect("room");
        notice.send(book.entry(101 + n)).expect("it lives");
    }
    inline.run_until_idle();
    assert_eq!(keeper.got(), [-101, -102]);
    assert_eq!(inline.system().ledger().faults, 2);
    account(&book);
}

/// Takes its numbers in batches, and is told one of them.
struct Gatherer {
    notices: Sender<Notice<u64>>,
    got: Arc<Mutex<Vec<Vec<u64>>>>,
}

impl Actor for Gatherer {
    type Msg = u64;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        drop(self.notices.send(cx.notice(|n| n)));
        Ok(())
    }
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.got.lock().expect("nobody panics").push(vec![n]);
        Ok(())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.got.lock().expect("nobody panics").push(batch.collect());
        Ok(())
    }
}

#[test]
fn a_notice_ends_a_batch_and_comes_after_it() {
    for overflow in [Overflow::Mute, Overflow::DropOldest, Overflow::DropOldestExact] {
        let mut inline = System::builder().inline();
        let (notices, made) = channel();
        let got = Arc::<Mutex<Vec<Vec<u64>>>>::default();
        let options =
            Options::builder().capacity(16).overflow(overflow).gather(8, Duration::from_secs(3_600));
        let options = options.build().expect("in range");
        let to =
            inline.system().try_spawn(Gatherer { notices, got: Arc::clone(&got) }, &options).expect("room");
        inline.run_until_idle();
        for n in 0..3_u64 {
            to.try_send(n).expect("room");
        }
        made.try_recv().expect("one").send(100_u64).expect("it lives");
        inline.run_until_idle();
        assert_eq!(*got.lock().expect("nobody panics"), [vec![0, 1, 2], vec![100]], "{overflow:?}");
        inline.system().ledger().check().expect("the ledger adds up");
    }
}

/// Threads tell and send, while others suspend, resume and in the end stop: every notice and every message is accounted for, and
/// whoever tells after his last message is heard after it.
#[test]
fn nothing_is_lost_between_tellers_and_an_end() {
    let _dog = watch("nothing_is_lost_between_tellers_and_an_end");
    const TELLERS: usize = 3;
    const EACH: usize = 200;
    let mut random = seed::random();
    for round in 0..30 {
        let overflow = ALL[round % ALL.len()];
        let system = system(2);
        let book = Book::new(10 * TELLERS * EACH);
        let (keeper, made) = Keeper::new();
        let capacity = 1 + random.below(20) as u32;
        let address = system
            .try_spawn(keeper.clone(), &under(&system, overflow, capacity).build().expect("in range"))
            .expect("room");
        address.try_send(Note::Make(TELLERS * EACH)).expect("room");
        let mut notices = (0..TELLERS * EACH).map(|_| made.recv().expect("it makes them"));
        let shares: Vec<Vec<_>> = (0..TELLERS).map(|_| notices.by_ref().take(EACH).collect()).collect();
        let turns = 1 + random.below(50);
        let end = random.below(4);
        let mut sent = vec![];
        std::thread::scope(|scope| {
            let tellers: Vec<_> = shares
                .into_iter()
                .enumerate()
                .map(|(teller, share)| {
                    let book = &book;
                    scope.spawn(move || {
                        let mut heard = vec![];
                        for (n, notice) in share.into_iter().enumerate() {
                            // Messages are even, and notices the odd number after them.
                            let number = 2 * (teller * EACH + n) + 2;
                            let in_it = match address.try_send(Note::Entry(book.entry(number))) {
                                Ok(()) => true,
                                Err(_) => false,
                            };
                            match notice.send(book.entry(number + 1)) {
                                Ok(()) => heard.push((number, in_it)),
                                Err(refused) => drop(refused),
                            }
                        }
                        heard
                    })
                })
                .collect();
            for _ in 0..turns {
                address.suspend();
                std::thread::yield_now();
                address.resume();
            }
            match end {
                1 => drop(address.stop()),
                2 => drop(address.stop_now()),
                3 => drop(address.kill()),
                _ => {}
            }
            sent = tellers.into_iter().map(|teller| teller.join().expect("no panic")).collect();
        });
        let ledger = system.shutdown(SOON).expect("it comes to rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(ledger.queued, 0);
        account(&book);
        let got = keeper.got();
        let at = |number: i64| got.iter().position(|got| *got == number);
        let told: usize = sent.iter().map(Vec::len).sum();
        if end == 0 {
            assert_eq!(told, TELLERS * EACH, "nothing refuses a notice to one that lives");
            assert_eq!(got.iter().filter(|got| **got < 0).count(), TELLERS * EACH, "all of them are handled");
        }
        for heard in sent {
            for (number, _) in heard.iter().filter(|(_, in_it)| *in_it) {
                if let (Some(message), Some(notice)) = (at(*number as i64), at(-(*number as i64) - 1)) {
                    assert!(message < notice, "{overflow:?}: notice {number} overtook its message");
                }
            }
            let order: Vec<_> = heard.iter().filter_map(|(number, _)| at(-(*number as i64) - 1)).collect();
            assert!(order.is_sorted(), "{overflow:?}: the notices of one teller are handled in order");
        }
    }
}

/// More notices than a mailbox's word could count.
#[test]
fn three_hundred_thousand_notices_for_one_actor() {
    let _dog = watch("three_hundred_thousand_notices_for_one_actor");
    const MANY: usize = 300_000;
    let book = Book::new(2 * MANY);
    let (mut inline, keeper, address, notices) =
        keeper(&Options::builder().capacity(1).build().expect("in range"), MANY);
    address.suspend();
    inline.run_until_idle();
    for (n, notice) in notices.into_iter().enumerate() {
        notice.send(book.entry(n)).expect("it lives");
    }
    assert_eq!(inline.system().ledger().queued, MANY as u64);
    address.resume();
    inline.run_until_idle();
    let got = keeper.got();
    assert_eq!(got.len(), MANY);
    assert!(got.is_sorted_by(|a, b| a > b), "in the order in which they were told");
    inline.system().ledger().check().expect("the ledger adds up");
    account(&book);
}
