//! What a restart in place leaves behind: nothing that a state has asked, armed, watched or linked comes to the next one, flows
//! go on with all their credit, and whatever becomes of messages is counted.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Address, Attempts, Child, Context, Fault, FlowError, Inline, Lane, Mail, Notice, Options, Outlet,
    Overflow, Poison, Reply, Shutdown, Supervisor, System, Tree,
};

const SECOND: Duration = Duration::from_secs(1);

/// Answers when it is told to.
struct Quiet(Vec<Reply<()>>);

enum Still {
    Ask(Reply<()>),
    Answer,
    Fail,
}

impl Actor for Quiet {
    type Msg = Still;
    fn handle(&mut self, message: Still, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Still::Ask(reply) => self.0.push(reply),
            Still::Answer => self.0.drain(..).for_each(|reply| reply.send(())),
            Still::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }
}

enum Msg {
    /// Begins all that there is, with this one.
    Begin(Address<Still>),
    Link(Address<Still>),
    Fail,
    /// What came, and which state began it.
    Heard(u32, &'static str),
}

/// Which state heard it, which began it, and what it is.
type Heard = Arc<Mutex<Vec<(u32, u32, &'static str)>>>;

/// Knows which state of its cell it is.
struct Subject {
    state: u32,
    heard: Heard,
    notices: Sender<Notice<()>>,
}

impl Actor for Subject {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let state = self.state;
        match message {
            Msg::Begin(quiet) => {
                let heard = move |what| move || Msg::Heard(state, what);
                cx.ask_within(60 * SECOND, quiet, Still::Ask, move |_| heard("answer")())?;
                cx.ask_within(SECOND, quiet, Still::Ask, move |_| heard("timeout")())?;
                cx.after(SECOND, heard("after")());
                cx.every(SECOND, heard("every"));
                cx.exit_after(30 * SECOND);
                cx.watch(quiet, move |_| heard("watch")());
                self.notices.send(cx.notice(move |()| heard("notice")()))?;
                cx.blocking(|| (), move |_| heard("blocking")());
                cx.pipe(std::future::ready(()), move |_| heard("pipe")());
            }
            Msg::Link(quiet) => {
                cx.link(quiet);
            }
            Msg::Fail => return Err(Fault::msg("told to")),
            Msg::Heard(by, what) => self.heard.lock().expect("no panic").push((state, by, what)),
        }
        Ok(())
    }
}

struct Stage {
    inline: Inline,
    tree: Tree,
    heard: Heard,
    notices: Receiver<Notice<()>>,
}

impl Stage {
    fn new() -> Stage {
        let (sender, notices) = channel();
        let heard = Heard::default();
        let states = AtomicU32::new(0);
        let heard_there = Arc::clone(&heard);
        let subject = Child::new("subject", move || Subject {
            state: states.fetch_add(1, Ordering::Relaxed) + 1,
            heard: Arc::clone(&heard_there),
            notices: sender.clone(),
        });
        let mut inline = System::builder().inline_virtual();
        let root = Supervisor::new().intensity(100, SECOND).child(subject.shutdown(Shutdown::Kill));
        let tree = inline.system().supervise(root).expect("a name");
        inline.run_until_idle();
        Stage { inline, tree, heard, notices }
    }

    fn subject(&self) -> Address<Msg> {
        self.tree.child("subject").expect("it has started")
    }

    fn quiet(&self) -> Address<Still> {
        self.inline.spawn(Quiet(Vec::new()))
    }

    fn send(&self, messages: Vec<Msg>) {
        messages.into_iter().for_each(|message| self.subject().try_send(message).expect("room"));
    }

    /// Lets all come that was begun.
    fn let_it_come(&mut self, quiet: Address<Still>) {
        self.inline.advance(10 * SECOND);
        quiet.try_send(Still::Answer).expect("room");
        self.inline.run_until_idle();
        let _ = quiet.stop();
        for notice in self.notices.try_iter() {
            notice.send(()).expect("it lives");
        }
        self.inline.advance(10 * SECOND);
    }

    fn heard(&self) -> Vec<(u32, u32, &'static str)> {
        std::mem::take(&mut self.heard.lock().expect("no panic"))
    }
}

#[test]
fn what_a_state_has_begun_does_not_come_to_the_next() {
    let mut stage = Stage::new();
    let quiet = stage.quiet();
    stage.send(vec![Msg::Begin(quiet), Msg::Fail]);
    stage.let_it_come(quiet);
    assert_eq!(stage.tree.restarts(), 1);
    assert_eq!(stage.heard(), []);
    // Nor is it told to end, which was to be after 30 s.
    stage.inline.advance(60 * SECOND);
    assert!(stage.subject().is_alive());
    // The next state has all of it, and hears of its own alone.
    let quiet = stage.quiet();
    stage.send(vec![Msg::Begin(quiet)]);
    stage.let_it_come(quiet);
    let heard = stage.heard();
    for what in ["answer", "timeout", "after", "every", "watch", "notice", "blocking", "pipe"] {
        assert!(heard.contains(&(2, 2, what)), "{what}: {heard:?}");
    }
    assert!(heard.iter().all(|(state, by, _)| (*state, *by) == (2, 2)), "{heard:?}");
    let ledger = stage.inline.system().ledger();
    ledger.check().expect("it adds up");
    // The notice, and what the blocking work and the pipe had to tell. The asks went with their state: their answer is late, as are
    // those of either state that nobody waited for any longer.
    assert_eq!((ledger.dead.restarted, ledger.late_replies), (3, 3), "{ledger:?}");
}

/// Restarted so often that the number of its state begins anew, which is not taken for an earlier one by what comes at once.
#[test]
fn each_of_many_states_is_a_state_of_its_own() {
    let mut stage = Stage::new();
    for round in 1..=300 {
        let quiet = stage.quiet();
        stage.send(vec![Msg::Begin(quiet), Msg::Fail]);
        stage.inline.run_until_idle();
        quiet.try_send(Still::Answer).expect("room");
        for notice in stage.notices.try_iter() {
            let _ = notice.send(());
        }
        stage.inline.advance(2 * SECOND);
        let _ = quiet.stop();
        assert_eq!((stage.tree.restarts(), stage.heard()), (round, vec![]));
    }
    stage.inline.system().ledger().check().expect("it adds up");
}

#[test]
fn a_link_shares_a_failure_that_is_restarted_and_binds_no_later_state() {
    let mut stage = Stage::new();
    let (linked, later) = (stage.quiet(), stage.quiet());
    stage.send(vec![Msg::Link(linked), Msg::Fail]);
    stage.inline.run_until_idle();
    assert!(!linked.is_alive() && stage.subject().is_alive());
    // And the other way round.
    stage.send(vec![Msg::Link(later)]);
    stage.inline.run_until_idle();
    later.try_send(Still::Fail).expect("room");
    stage.inline.run_until_idle();
    assert!(!later.is_alive());
    // It was killed, which is no fault of its own: it is spawned anew.
    assert_eq!(stage.tree.restarts(), 2);
    stage.inline.system().ledger().check().expect("it adds up");
}

/// Consumes, and fails at each item that can be divided by this.
struct Consumer(u64, Arc<AtomicU64>);

impl Actor for Consumer {
    type Msg = u64;
    fn handle(&mut self, item: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.fetch_add(1, Ordering::Relaxed);
        if item.is_multiple_of(self.0) { Err(Fault::msg("indivisible")) } else { Ok(()) }
    }
}

enum Go {
    On,
    Fail,
}

/// Sends items by a flow that its state opens, so many each state.
struct Producer {
    to: Address<u64>,
    items: u64,
    sent: Arc<AtomicU64>,
    outlet: Option<Outlet<u64>>,
}

const WINDOW: u32 = 8;

impl Actor for Producer {
    type Msg = Go;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.outlet = Some(cx.open_flow(self.to, WINDOW, || Go::On)?);
        self.handle(Go::On, cx)
    }
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Go::Fail = go {
            return Err(Fault::msg("told to"));
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.items > 0 {
            match outlet.send(cx, self.sent.load(Ordering::Relaxed) + 1) {
                Ok(()) => {
                    self.items -= 1;
                    self.sent.fetch_add(1, Ordering::Relaxed);
                }
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(over) => return Err(Fault::msg(over.to_string())),
            }
        }
        Ok(())
    }
}

fn of_flows() -> Options {
    // For two: that of the state before ends when its consumer has seen its end.
    Options::builder().capacity(2 * WINDOW).flows(2 * WINDOW).build().expect("in range")
}

/// R9 over restarts: no credit is lost, whatever becomes of the items that wait.
#[test]
fn r09_a_flow_goes_on_over_restarts_of_its_consumer() {
    for mail in [Mail::Keep, Mail::Drop, Mail::Return(Arc::new(|_| ()))] {
        let mut inline = System::builder().inline_virtual();
        let (seen, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let seen_there = Arc::clone(&seen);
        let consumer = Child::new("consumer", move || Consumer(5, Arc::clone(&seen_there)));
        let consumer = consumer.options(of_flows()).mail(mail.clone());
        let root = Supervisor::new().intensity(1_000, SECOND).child(consumer);
        let tree = inline.system().supervise(root).expect("a name");
        inline.run_until_idle();
        let to = tree.child::<u64>("consumer").expect("it has started");
        inline.spawn(Producer { to, items: 200, sent: Arc::clone(&sent), outlet: None });
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        ledger.check().expect("it adds up");
        let (seen, lost) = (seen.load(Ordering::Relaxed), ledger.dead.restarted + ledger.returned.restart);
        assert_eq!((sent.load(Ordering::Relaxed), seen + lost), (200, 200), "{mail:?}: {ledger:?}");
        assert!(tree.restarts() >= 5, "{mail:?}");
        assert_eq!(lost > 0, !matches!(mail, Mail::Keep), "{mail:?}: {ledger:?}");
    }
}

/// Each state of the producer opens a flow, for which there is room as that of the one before has gone.
#[test]
fn r09_a_flow_ends_with_the_state_of_its_producer_and_gives_its_window_back() {
    let mut inline = System::builder().inline_virtual();
    let (seen, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let to = inline.system().try_spawn(Consumer(u64::MAX, Arc::clone(&seen)), &of_flows()).expect("memory");
    let sent_there = Arc::clone(&sent);
    // Each state uses a part of its window, and holds the rest when it fails.
    let producer = Child::new("producer", move || Producer {
        to,
        items: 5,
        sent: Arc::clone(&sent_there),
        outlet: None,
    });
    let root = Supervisor::new().intensity(1_000, SECOND).child(producer.shutdown(Shutdown::Kill));
    let tree = inline.system().supervise(root).expect("a name");
    for round in 1..=20 {
        inline.run_until_idle();
        assert_eq!(tree.restarts(), round - 1, "a window was not given back");
        assert_eq!((sent.load(Ordering::Relaxed), seen.load(Ordering::Relaxed)), (5 * round, 5 * round));
        tree.child::<Go>("producer").expect("it has started").try_send(Go::Fail).expect("room");
    }
    inline.run_until_idle();
    inline.system().ledger().check().expect("it adds up");
}

/// Keeps what comes before it is opened, by any kind of mailbox.
struct Keeper {
    failed: Arc<AtomicU32>,
    handled: Arc<Mutex<Vec<u32>>>,
}

const OPEN: u32 = 90;
const FAIL: u32 = 91;

impl Actor for Keeper {
    type Msg = u32;
    fn lane(&self, message: &u32) -> Lane {
        if *message == FAIL { Lane::Urgent } else { Lane::Normal }
    }
    fn handle(&mut self, message: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            OPEN => {
                cx.unstash_all();
            }
            FAIL => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                return Err(Fault::msg("told to"));
            }
            // The first state keeps all.
            _ if self.failed.load(Ordering::Relaxed) == 0 => cx.stash(message)?,
            _ => self.handled.lock().expect("no panic").push(message),
        }
        Ok(())
    }
}

/// Of each kind of mailbox, what is in it and in the stash goes the way that was chosen.
#[test]
fn the_mail_of_every_kind_of_mailbox_goes_its_way() {
    let builders = [
        ("plain", Options::builder()),
        ("lanes", Options::builder().lanes()),
        ("gathering", Options::builder().gather(4, Duration::ZERO)),
        ("drops the oldest", Options::builder().overflow(Overflow::DropOldest)),
        ("drops the oldest exactly", Options::builder().overflow(Overflow::DropOldestExact)),
    ];
    for (name, builder) in builders {
        for way in ["keep", "drop", "return"] {
            let (failed, handled) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
            let back = Arc::new(Mutex::new(Vec::new()));
            let mail = match way {
                "keep" => Mail::Keep,
                "drop" => Mail::Drop,
                _ => {
                    let back = Arc::clone(&back);
                    Mail::Return(Arc::new(move |n| back.lock().expect("no panic").push(n)))
                }
            };
            let (failed_there, handled_there) = (Arc::clone(&failed), Arc::clone(&handled));
            let child = Child::new("keeper", move || Keeper {
                failed: Arc::clone(&failed_there),
                handled: Arc::clone(&handled_there),
            });
            let options = builder.capacity(16).build().expect("in range");
            let mut inline = System::builder().inline_virtual();
            let root = Supervisor::new().child(child.options(options).mail(mail));
            let tree = inline.system().supervise(root).expect("a name");
            inline.run_until_idle();
            let keeper = tree.child::<u32>("keeper").expect("it has started");
            // Three are stashed; three more wait behind the one that fails.
            for n in [1_u32, 2, 3] {
                keeper.try_send(n).expect("room");
            }
            inline.run_until_idle();
            for n in [FAIL, 4_u32, 5, 6] {
                keeper.try_send(n).expect("room");
            }
            inline.run_until_idle();
            for n in [OPEN, 7_u32] {
                keeper.try_send(n).expect("room");
            }
            inline.run_until_idle();
            let handled = handled.lock().expect("no panic").clone();
            let mut back = back.lock().expect("no panic").clone();
            back.sort_unstable();
            let kept: &[u32] = if way == "keep" { &[1, 2, 3, 4, 5, 6, 7] } else { &[7] };
            assert_eq!(handled, kept, "{name}, {way}");
            let returned: &[u32] = if way == "return" { &[1, 2, 3, 4, 5, 6] } else { &[] };
            assert_eq!(back, returned, "{name}, {way}");
            let ledger = inline.system().ledger();
            ledger.check().expect("it adds up");
            assert_eq!(ledger.queued, 0, "{name}, {way}");
            assert_eq!(ledger.dead.restarted, if way == "drop" { 6 } else { 0 }, "{name}, {way}");
        }
    }
}

/// A child that others are muted on is emptied: they go on.
#[test]
fn an_emptied_mailbox_lets_those_go_on_who_wait_for_it() {
    struct Sender(Address<u32>, u32);
    impl Actor for Sender {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.1 += 1;
            cx.send(self.0, self.1)?;
            Ok(())
        }
    }
    let (failed, handled) = (Arc::new(AtomicU32::new(1)), Arc::new(Mutex::new(Vec::new())));
    let mut inline = System::builder().inline_virtual();
    let child =
        Child::new("keeper", move || Keeper { failed: Arc::clone(&failed), handled: Arc::clone(&handled) });
    let options = Options::builder().capacity(2).build().expect("in range");
    let root = Supervisor::new().child(child.options(options).mail(Mail::Drop));
    let tree = inline.system().supervise(root).expect("a name");
    inline.run_until_idle();
    let keeper = tree.child::<u32>("keeper").expect("it has started");
    let senders: Vec<_> = (0..5).map(|_| inline.spawn(Sender(keeper, 0))).collect();
    keeper.try_send(FAIL).expect("room");
    for sender in &senders {
        for _ in 0..10 {
            sender.try_send(()).expect("room");
        }
    }
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((tree.restarts(), ledger.queued), (1, 0));
}

/// Whatever is dropped, returned or void, a system comes to rest after it.
#[test]
fn a_system_comes_to_rest_after_restarts_and_poison() {
    struct Sender(Address<u32>);
    impl Actor for Sender {
        type Msg = Option<Poison<u32>>;
        fn handle(&mut self, back: Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if back.is_none() {
                cx.send_tracked(self.0, FAIL, Attempts::Twice, Some)?;
            }
            Ok(())
        }
    }
    let _dog = watch("a_system_comes_to_rest_after_restarts_and_poison");
    for mail in [Mail::Keep, Mail::Drop, Mail::Return(Arc::new(|_| ()))] {
        let system = System::builder().workers(2).build().expect("workers");
        let (failed, handled) = (Arc::new(AtomicU32::new(1)), Arc::new(Mutex::new(Vec::new())));
        let child = Child::new("keeper", move || Keeper {
            failed: Arc::clone(&failed),
            handled: Arc::clone(&handled),
        });
        let root = Supervisor::new().intensity(1_000, SECOND).child(child.mail(mail.clone()));
        let tree = system.supervise(root).expect("a name");
        system.quiesce(60 * SECOND).expect("at rest");
        let keeper = tree.child::<u32>("keeper").expect("it has started");
        let sender = system.spawn(Sender(keeper));
        for round in 0..50 {
            for n in 0..10_u32 {
                keeper.try_send(if n == 3 { FAIL } else { n }).expect("room");
            }
            sender.try_send(None).expect("room");
            let ledger =
                system.quiesce(60 * SECOND).unwrap_or_else(|busy| panic!("{mail:?}, {round}: {busy}"));
            ledger.check().expect("it adds up");
        }
        let ledger = system.shutdown(60 * SECOND).expect("down");
        ledger.check().expect("it adds up");
        let poison = ledger.returned.poison;
        // What is dropped or returned with the mail cannot make anybody fail.
        assert!(if matches!(mail, Mail::Keep) { poison == 50 } else { poison <= 50 }, "{mail:?}: {ledger:?}");
    }
}
