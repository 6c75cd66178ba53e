//! Who is told of a full mailbox: the upstream of pressure, in turns and truly; and who watches drops.

use crate::full_policies::{Note, SOON, Taker, full, hold, system};
use crate::gate::{Gate, gate};
use crate::payload::{Book, Entry};
use crate::policies::under;
use crate::watchdog::watch;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Poll0, Waker};
use std::time::Duration;
use throng::{
    Actor, Address, Context, DropCause, Fault, Level, MessageDropped, Options, Outlet, Overflow, Pressed,
    System,
};

/// Writes down what it is told.
struct Upstream(Arc<Mutex<Vec<Level>>>, Option<Gate>);

impl Actor for Upstream {
    type Msg = Pressed;
    fn handle(&mut self, news: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(gate) = self.1.take() {
            gate.pass();
        }
        self.0.lock().expect("nobody panics").push(news.level);
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Well,
    /// The upstream is held at a gate, with a mailbox for one.
    Full,
    /// It has ended.
    Ended,
}

#[test]
fn pressure_is_told_in_turns_and_the_last_word_is_true() {
    let _dog = watch("pressure_is_told_in_turns_and_the_last_word_is_true");
    for (capacity, high, low) in [(1, 1, 0), (2, 2, 0), (8, 4, 2), (64, 64, 63)] {
        for end in [End::Well, End::Full, End::Ended] {
            let system = system(2);
            let levels = Arc::new(Mutex::new(Vec::new()));
            let (gate, upstream_key) = gate();
            let gate = (end == End::Full).then_some(gate);
            let narrow = Options::builder().capacity(1).max_asks(0).hard(1).build().expect("in range");
            let upstream = system.try_spawn(Upstream(Arc::clone(&levels), gate), &narrow).expect("memory");
            if end == End::Ended {
                let _told = upstream.stop();
                system.quiesce(SOON).expect("rest");
            }
            let options =
                Options::builder().capacity(capacity).high(high).low(low).overflow(Overflow::Signal);
            let options = options.upstream(upstream.recipient()).build().expect("in range");
            let book = Book::new(100_000);
            let to = system.try_spawn(Taker::default(), &options).expect("memory");
            for round in 1..=50 {
                let (key, _) = full(to, &book);
                // With the refusal at the latest it is high.
                key.open();
                if end != End::Well {
                    to.barrier().deadline(SOON).wait().expect("told");
                }
                if end == End::Well {
                    system.quiesce(SOON).expect("rest");
                    let levels = levels.lock().expect("nobody panics");
                    assert_eq!(levels.len(), 2 * round, "capacity {capacity}: {levels:?}");
                }
                if end == End::Full && round == 20 {
                    break;
                }
            }
            upstream_key.open();
            system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
            let levels = levels.lock().expect("nobody panics").clone();
            for (n, level) in levels.iter().enumerate() {
                assert_eq!(*level, [Level::High, Level::Low][n % 2], "{levels:?}");
            }
            assert_eq!(levels.len() % 2, 0, "low is the last word");
            assert_eq!(levels.is_empty(), end == End::Ended);
        }
    }
}

/// From four threads and two actors at once.
#[test]
fn pressure_from_everywhere() {
    let _dog = watch("pressure_from_everywhere");
    for (capacity, high, low) in [(1, 1, 0), (2, 1, 0), (4, 3, 1)] {
        let system = system(2);
        let levels = Arc::new(Mutex::new(Vec::new()));
        let upstream = system.spawn(Upstream(Arc::clone(&levels), None));
        let options = Options::builder().capacity(capacity).high(high).low(low).overflow(Overflow::Signal);
        let options = options.upstream(upstream.recipient()).build().expect("in range");
        let to = system.try_spawn(Taker::default(), &options).expect("memory");
        let book = Book::new(1);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let book = &book;
                scope.spawn(move || {
                    for n in 0..20_000 {
                        match (n + thread) % 4 {
                            0 => drop(to.try_send(book.entry(0))),
                            1 => drop(to.recipient::<Entry>().try_send(book.entry(0))),
                            2 => drop(to.send_timeout(book.entry(0), Duration::ZERO)),
                            _ => drop(to.send(book.entry(0))),
                        }
                    }
                });
            }
        });
        system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
        let levels = levels.lock().expect("nobody panics").clone();
        assert!(!levels.is_empty());
        for (n, level) in levels.iter().enumerate() {
            assert_eq!(*level, [Level::High, Level::Low][n % 2]);
        }
        assert_eq!(levels.last(), Some(&Level::Low), "nothing is in it any more");
    }
}

/// A place that is reserved counts, and so does one that is given back: who waits and goes away leaves no pressure behind.
#[test]
fn pressure_falls_when_places_are_given_back() {
    let _dog = watch("pressure_falls_when_places_are_given_back");
    let system = system(1);
    let levels = Arc::new(Mutex::new(Vec::new()));
    let upstream = system.spawn(Upstream(Arc::clone(&levels), None));
    let options = Options::builder().capacity(2).overflow(Overflow::Signal).upstream(upstream.recipient());
    let to = system.try_spawn(Taker::default(), &options.build().expect("in range")).expect("memory");
    let book = Book::new(10);
    let (key, _) = full(to, &book);
    let mut poll = Poll0::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..2).map(|n| to.send_async(book.entry(n))).collect();
    for send in &mut waiting {
        assert!(Pin::new(send).poll(&mut poll).is_pending());
    }
    key.open();
    // Both are granted a place, and take their time.
    while to.try_send(book.entry(5)).is_ok() || system.ledger().queued != 2 {
        std::thread::yield_now();
    }
    while levels.lock().expect("nobody panics").last() != Some(&Level::High) {
        std::thread::yield_now();
    }
    drop(waiting);
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
    let levels = levels.lock().expect("nobody panics").clone();
    assert_eq!(levels.last(), Some(&Level::Low), "{levels:?}");
}

/// The high mark is told of whichever way the message comes in.
#[test]
fn pressure_is_told_of_what_comes_through_recipients_and_reserved_places() {
    let _dog = watch("pressure_is_told_of_what_comes_through_recipients_and_reserved_places");
    let system = system(2);
    let levels = Arc::new(Mutex::new(Vec::new()));
    let upstream = system.spawn(Upstream(Arc::clone(&levels), None));
    let options = Options::builder().capacity(8).high(4).low(1).overflow(Overflow::Signal);
    let options = options.upstream(upstream.recipient()).build().expect("in range");
    let to = system.try_spawn(Taker::default(), &options).expect("memory");
    let book = Book::new(10);
    let key = hold(to);
    (0..3).for_each(|n| to.recipient::<Entry>().try_send(book.entry(n)).expect("room"));
    while levels.lock().expect("nobody panics").is_empty() {
        std::thread::yield_now();
    }
    key.open();
    system.quiesce(SOON).expect("rest");
    assert_eq!(*levels.lock().expect("nobody panics"), [Level::High, Level::Low]);
}

/// Counts the news, and waits at its first.
struct Watching(Option<Gate>, Arc<Mutex<Vec<MessageDropped>>>);

impl Actor for Watching {
    type Msg = MessageDropped;
    fn handle(&mut self, news: MessageDropped, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(gate) = self.0.take() {
            gate.pass();
        }
        self.1.lock().expect("nobody panics").push(news);
        Ok(())
    }
}

#[test]
fn who_watches_drops_hears_of_each_or_how_many_were_missed() {
    let _dog = watch("who_watches_drops_hears_of_each_or_how_many_were_missed");
    for overflow in [Overflow::DropNewest, Overflow::DropOldest, Overflow::DropOldestExact] {
        let system = system(2);
        let (heard, missing) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (gate, watcher_key) = gate();
        let narrow = Options::builder().capacity(2).build().expect("in range");
        let wide = Options::builder().capacity(100_000).build().expect("in range");
        let slow = system.try_spawn(Watching(Some(gate), Arc::clone(&missing)), &narrow).expect("memory");
        let quick = system.try_spawn(Watching(None, Arc::clone(&heard)), &wide).expect("memory");
        system.watch_drops(slow.recipient());
        system.watch_drops(quick.recipient());
        let options = under(&system, overflow, 4).build().expect("in range");
        let to = system.try_spawn(Taker::default(), &options).expect("memory");
        let book = Book::new(100);
        for _ in 0..2 {
            let key = hold(to);
            for n in 0..100 {
                let sent =
                    if n % 2 == 0 { to.send(book.entry(n)) } else { to.send_timeout(book.entry(n), SOON) };
                sent.expect("accepted");
            }
            key.open();
            system.quiesce(Duration::from_millis(20)).ok();
        }
        watcher_key.wait();
        watcher_key.open();
        system.quiesce(SOON).expect("rest");
        // One more drop, which has a place, tells of those that had none.
        let key = hold(to);
        (0..100).for_each(|n| to.send(book.entry(n)).expect("accepted"));
        key.open();
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        let heard = heard.lock().expect("nobody panics").clone();
        let count = |cause| heard.iter().filter(|news| news.cause == cause).count() as u64;
        assert_eq!(
            (count(DropCause::Newest), count(DropCause::Oldest)),
            (ledger.dropped.newest, ledger.dropped.oldest)
        );
        assert!(
            heard.iter().all(|news| news.actor == to.id() && news.missed == 0 && news.of.contains("Taker"))
        );
        let missing = missing.lock().expect("nobody panics").clone();
        let told: u64 = missing.iter().map(|news| 1 + news.missed).sum();
        assert!(missing.iter().any(|news| news.missed > 0));
        // Those after the last that had a place are still unsaid.
        assert!(told <= ledger.dropped.total(), "{overflow:?}: {told} of {:?}", ledger.dropped);
        assert!(told > 190, "{overflow:?}: {told}");
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

/// However long the upstream does not listen, one piece of news waits for it; then it hears what is true.
#[test]
fn an_upstream_that_does_not_listen_holds_one_piece_of_news() {
    for listens_when_high in [false, true] {
        let mut inline = System::builder().inline();
        let levels = Arc::new(Mutex::new(Vec::new()));
        let narrow = Options::builder().capacity(1).max_asks(0).hard(1).build().expect("in range");
        let upstream = Upstream(Arc::clone(&levels), None);
        let upstream = inline.system().try_spawn(upstream, &narrow).expect("memory");
        let options = Options::builder().capacity(4).high(2).overflow(Overflow::Signal);
        let options = options.upstream(upstream.recipient()).build().expect("in range");
        let to = inline.system().try_spawn(Taker::default(), &options).expect("memory");
        let book = Book::new(1);
        inline.run_until_idle();
        assert!(upstream.suspend());
        inline.run_until_idle();
        for _ in 0..1_000 {
            for _ in 0..3 {
                to.try_send(book.entry(0)).expect("room");
            }
            assert!(inline.system().ledger().queued <= 4, "news piles up");
            inline.run_until_idle();
        }
        let last = if listens_when_high { Level::High } else { Level::Low };
        if listens_when_high {
            assert!(to.suspend());
            inline.run_until_idle();
            (0..3).for_each(|_| to.try_send(book.entry(0)).expect("room"));
        }
        assert!(upstream.resume());
        inline.run_until_idle();
        inline.system().ledger().check().expect("the ledger adds up");
        let levels = levels.lock().expect("nobody panics").clone();
        let turns: Vec<_> = [Level::High, Level::Low].into_iter().cycle().take(levels.len()).collect();
        assert_eq!(levels, turns, "in turns");
        assert_eq!(levels.last(), Some(&last), "and the last is true");
        assert!(levels.len() <= 2, "{levels:?}");
    }
}

/// What comes by a flow takes a mailbox to its high mark as what is sent does.
#[test]
fn items_of_a_flow_are_pressure_too() {
    struct Feeds {
        to: Address<Note>,
        outlet: Option<Outlet<Note>>,
        book: Book,
        left: u32,
    }
    #[derive(PartialEq)]
    enum Feed {
        Open,
        Ready,
        Go,
    }
    impl Actor for Feeds {
        type Msg = Feed;
        fn handle(&mut self, feed: Feed, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if feed == Feed::Open {
                self.outlet = Some(cx.open_flow(self.to, 4, || Feed::Ready)?);
            }
            while feed == Feed::Go
                && self.left > 0
                && let Some(outlet) = &mut self.outlet
            {
                outlet.send(cx, Note::Entry(self.book.entry(0)))?;
                self.left -= 1;
            }
            Ok(())
        }
    }
    let _dog = watch("items_of_a_flow_are_pressure_too");
    let system = system(1);
    let levels = Arc::new(Mutex::new(Vec::new()));
    let upstream = system.spawn(Upstream(Arc::clone(&levels), None));
    let options = Options::builder().capacity(8).low(0).high(3).flows(4).overflow(Overflow::Signal);
    let options = options.upstream(upstream.recipient()).build().expect("in range");
    let to = system.try_spawn(Taker::default(), &options).expect("memory");
    let feeds = system.spawn(Feeds { to, outlet: None, book: Book::new(1), left: 4 });
    feeds.try_send(Feed::Open).expect("room");
    system.quiesce(SOON).expect("rest");
    assert!(to.suspend());
    feeds.try_send(Feed::Go).expect("room");
    // Told while nothing is handled.
    while levels.lock().expect("nobody panics").is_empty() {
        std::thread::yield_now();
    }
    assert!(to.resume());
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
    assert_eq!(*levels.lock().expect("nobody panics"), [Level::High, Level::Low]);
}

/// So does what comes by timers.
#[test]
fn messages_of_timers_are_pressure_too() {
    /// Sends to itself later, and is suspended until then.
    struct Later(Book);
    impl Actor for Later {
        type Msg = Entry;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            (0..3).for_each(|_| drop(cx.after(Duration::ZERO, self.0.entry(0))));
            assert!(cx.me().suspend());
            Ok(())
        }
        fn handle(&mut self, _: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let _dog = watch("messages_of_timers_are_pressure_too");
    let mut inline = System::builder().inline();
    let levels = Arc::new(Mutex::new(Vec::new()));
    let upstream = inline.spawn(Upstream(Arc::clone(&levels), None));
    let options = Options::builder().capacity(8).low(0).high(3).overflow(Overflow::Signal);
    let options = options.upstream(upstream.recipient()).build().expect("in range");
    let later = inline.system().try_spawn(Later(Book::new(1)), &options).expect("memory");
    // Told while nothing is handled.
    while levels.lock().expect("nobody panics").is_empty() {
        inline.run_until_idle();
        std::thread::yield_now();
    }
    assert!(later.resume());
    inline.run_until_idle();
    assert_eq!(*levels.lock().expect("nobody panics"), [Level::High, Level::Low]);
}
