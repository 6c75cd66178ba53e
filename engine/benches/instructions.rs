//! Kernels whose instructions are counted: one thread, virtual time, no clock, no draw of lots, so that a count repeats
//! exactly. `scripts/counts.sh` counts each under callgrind and holds it against the committed baseline. Alone it runs each
//! and prints a line: the kernel, its operations, and how often these asked for memory.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use throng::internals::{Theft, go_home, let_pass, light_fences, work};
use throng::{Actor, Address, Context, Fault, FlowError, Inline, Options, Outcome, Outlet, Reply, System};

/// Operations of a kernel.
const N: u64 = 10_000;
/// Of one that is long.
const FEW: u64 = 1_000;
/// Children of one turn, timers of one, and the window of the flow.
const CHUNK: u64 = 50;
/// Tasks of the worker that is stolen from.
const TASKS: usize = 64;

/// Memory is handed out in order and never taken back, so that no count depends on the C library's allocator.
struct Bump;

/// What all kernels take together, a few times over.
const HEAP: usize = 256 << 20;
/// Blocks begin at multiples of this.
const LINE: usize = 64;

#[repr(align(4096))]
struct Heap(UnsafeCell<[u8; HEAP]>);

// SAFETY: each part of it is handed out once.
unsafe impl Sync for Heap {}

static MEMORY: Heap = Heap(UnsafeCell::new([0; HEAP]));
static USED: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: what is handed out is as large and aligned as was asked for, and nobody else's.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // A start is a multiple of a line; what is aligned more coarsely has room to move.
        let room = layout.align().saturating_sub(LINE) + layout.size().next_multiple_of(LINE);
        let start = USED.fetch_add(room, Ordering::Relaxed).next_multiple_of(layout.align().min(4096));
        if layout.align() > 4096 || start + layout.size() > HEAP {
            return std::ptr::null_mut();
        }
        // SAFETY: inside the heap.
        unsafe { MEMORY.0.get().cast::<u8>().add(start) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is passed on; nothing was written there before.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump;

/// How a part of a kernel is run.
type Part = fn(&mut dyn FnMut());

/// What is counted. The script names this function and the next to callgrind, which begins where it is entered and ends
/// where it is left.
#[unsafe(no_mangle)]
#[inline(never)]
fn throng_counted(part: &mut dyn FnMut()) {
    part();
    // Not by a jump, and not one function with the next.
    black_box("counted");
}

/// What is left out of what is counted: here it is the other way round.
#[unsafe(no_mangle)]
#[inline(never)]
fn throng_set_aside(part: &mut dyn FnMut()) {
    part();
    black_box("set aside");
}

/// Allocations in what is counted.
static TAKEN: AtomicU64 = AtomicU64::new(0);

fn counted(part: &mut dyn FnMut()) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    throng_counted(part);
    TAKEN.fetch_add(ALLOCATIONS.load(Ordering::Relaxed) - before, Ordering::Relaxed);
}

fn set_aside(part: &mut dyn FnMut()) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    throng_set_aside(part);
    TAKEN.fetch_sub(ALLOCATIONS.load(Ordering::Relaxed) - before, Ordering::Relaxed);
}

/// What warms up.
fn plain(part: &mut dyn FnMut()) {
    part();
}

/// Runs a kernel twice uncounted, so that the pools have what it needs, and then counted; `round` is told how to run what is
/// counted, and what is not.
fn rounds(mut round: impl FnMut(Part, Part)) {
    for (part, aside) in [(plain as Part, plain as Part), (plain, plain), (counted, set_aside)] {
        round(part, aside);
    }
}

/// How often [`one_done`] is to be called before the worker goes home.
static LEFT: AtomicU64 = AtomicU64::new(0);

fn expect(n: u64) {
    LEFT.store(n, Ordering::Relaxed);
}

#[inline(always)]
fn one_done() {
    let left = LEFT.load(Ordering::Relaxed) - 1;
    LEFT.store(left, Ordering::Relaxed);
    if left == 0 {
        go_home();
    }
}

/// That `handled` messages were, and no other.
fn check(inline: &Inline, handled: u64) {
    let ledger = inline.system().ledger();
    ledger.check().expect("nothing is lost");
    assert_eq!((ledger.handled, ledger.faults), (handled, 0), "messages handled, and faults");
    assert_eq!(LEFT.load(Ordering::Relaxed), 0, "something was not done");
}

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
fn sink(inline: &Inline) -> Address<u64> {
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
fn push_first() -> u64 {
    let idle = |inline: &Inline| (0..N).map(|_| inline.spawn(Sink(0))).collect();
    sent(idle, |inline, sender, part, _| {
        sender.try_send(part).expect("room");
        work(inline);
    })
}

/// To one that is runnable already.
fn push_queued() -> u64 {
    sent(
        |inline| vec![sink(inline); N as usize],
        |inline, sender, part, _| {
            sender.try_send(part).expect("room");
            work(inline);
        },
    )
}

/// A turn of one message, in place.
fn turn() -> u64 {
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
fn push_outside() -> u64 {
    from_outside(|inline, send, part| {
        part(send);
        work(inline);
    })
}

/// Out of a mailbox with many.
fn take() -> u64 {
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
fn trip() -> u64 {
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

struct Parent(u64);

/// Ends in its first turn.
struct Child;

impl Actor for Child {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("nobody sends to it"))
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        one_done();
    }
}

impl Actor for Parent {
    type Msg = u64;
    fn handle(&mut self, left: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..CHUNK {
            black_box(cx.spawn(Child));
        }
        self.0 += CHUNK;
        if left > CHUNK {
            let me = cx.me();
            cx.send(me, left - CHUNK)?;
        }
        Ok(())
    }
}

/// An actor from its making to its end.
fn spawn() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let parent = inline.spawn(Parent(0));
    inline.run_until_idle();
    rounds(|part, _| {
        expect(N);
        parent.try_send(N).expect("room");
        part(&mut || work(&mut inline));
    });
    check(&inline, 3 * N / CHUNK);
    N
}

struct Answerer;

impl Actor for Answerer {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(1);
        Ok(())
    }
}

/// Asks as long as there is something left.
struct Asker {
    whom: Address<Reply<u64>>,
    left: u64,
}

enum ToAsker {
    Ask(u64),
    Heard(Outcome<u64>),
}

impl Actor for Asker {
    type Msg = ToAsker;
    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Ask(n) => self.left = n,
            ToAsker::Heard(answer) => self.left -= answer?,
        }
        if self.left == 0 {
            one_done();
            return Ok(());
        }
        cx.ask(self.whom, |reply| reply, ToAsker::Heard)?;
        Ok(())
    }
}

/// Asked in a handler, answered, and heard.
fn ask() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let whom = inline.spawn(Answerer);
    let asker = inline.spawn(Asker { whom, left: 0 });
    inline.run_until_idle();
    rounds(|part, _| {
        expect(1);
        asker.try_send(ToAsker::Ask(N)).expect("room");
        part(&mut || work(&mut inline));
    });
    check(&inline, 3 * (2 * N + 1));
    N
}

/// Sends items as long as there is credit, and something left.
struct Producer {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    left: u64,
}

enum ToProducer {
    Produce(u64),
    Ready,
}

impl Actor for Producer {
    type Msg = ToProducer;
    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let ToProducer::Produce(n) = message {
            self.left += n;
        }
        if self.outlet.is_none() {
            self.outlet = Some(cx.open_flow(self.to, CHUNK as u32, || ToProducer::Ready)?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.left > 0 {
            match outlet.send(cx, self.left) {
                Ok(()) => self.left -= 1,
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(over) => return Err(Fault::msg(over.to_string())),
            }
        }
        Ok(())
    }
}

/// An item of a flow, with its share of granting.
fn flow() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let to = sink(&inline);
    let producer = inline.spawn(Producer { to, outlet: None, left: 0 });
    inline.run_until_idle();
    rounds(|part, _| {
        expect(N);
        producer.try_send(ToProducer::Produce(N)).expect("room");
        part(&mut || work(&mut inline));
    });
    let ledger = inline.system().ledger();
    assert!(ledger.check().is_ok() && ledger.handled > 3 * N && ledger.faults == 0, "{ledger:?}");
    N
}

struct Alarm(u64);

enum ToAlarm {
    Set,
    Wake,
    Rings,
}

impl Actor for Alarm {
    type Msg = ToAlarm;
    fn handle(&mut self, message: ToAlarm, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            // Some way apart, as they are on the machine's clock: in three levels of the wheel.
            ToAlarm::Set => {
                for n in 0..CHUNK {
                    cx.after(Duration::from_nanos(1 + n * 64), ToAlarm::Rings);
                }
            }
            ToAlarm::Wake => {}
            ToAlarm::Rings => self.0 += 1,
        }
        one_done();
        Ok(())
    }
}

/// Armed and fired.
fn timer() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let alarm = inline.spawn(Alarm(0));
    inline.run_until_idle();
    rounds(|part, _| {
        for _ in 0..N / CHUNK {
            expect(1);
            alarm.try_send(ToAlarm::Set).expect("room");
            part(&mut || work(&mut inline));
            let_pass(&inline, Duration::from_nanos(CHUNK * 64));
            // Whoever comes to work fires what is due.
            expect(1 + CHUNK);
            alarm.try_send(ToAlarm::Wake).expect("room");
            part(&mut || work(&mut inline));
        }
    });
    check(&inline, 3 * (N / CHUNK * 2 + N));
    N
}

/// `in_hand` of the half that is taken is what the thief would run at once.
fn theft(prepare: fn(&mut Theft), take: fn(&mut Theft), in_hand: usize) -> u64 {
    let mut theft = Theft::new();
    rounds(|part, _| {
        for _ in 0..FEW {
            prepare(&mut theft);
            part(&mut || take(&mut theft));
            assert_eq!(theft.clear() + in_hand, TASKS / 2, "half of it is taken");
        }
    });
    FEW
}

/// Half of 64 tasks out of another's deque, by a worker that has none.
fn steal() -> u64 {
    theft(|theft| theft.export(TASKS), Theft::steal, 1)
}

/// Half of 64 tasks from behind another's handler.
fn seize() -> u64 {
    theft(|theft| theft.line_up(TASKS), Theft::seize, 0)
}

/// Each gives its operations.
const KERNELS: [(&str, fn() -> u64); 12] = [
    ("push-first", push_first),
    ("push-queued", push_queued),
    ("push-outside", push_outside),
    ("take", take),
    ("turn", turn),
    ("trip", trip),
    ("spawn", spawn),
    ("ask", ask),
    ("flow", flow),
    ("timer", timer),
    ("steal", steal),
    ("seize", seize),
];

fn main() -> ExitCode {
    // What `cargo bench` says to each.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if asked == ["--list"] {
        KERNELS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if asked == ["--fences"] {
        println!("{}", if light_fences() { "light" } else { "full" });
        return ExitCode::SUCCESS;
    }
    let known = |asked: &String| KERNELS.iter().any(|(name, _)| name == asked);
    if let Some(unknown) = asked.iter().find(|asked| !known(asked)) {
        let names = KERNELS.map(|(name, _)| name).join(", ");
        eprintln!("instructions: got \"{unknown}\": takes --list, --fences, or kernels: {names}");
        return ExitCode::from(2);
    }
    for (name, run) in KERNELS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            TAKEN.store(0, Ordering::Relaxed);
            let operations = run();
            println!("{name} {operations} {}", TAKEN.load(Ordering::Relaxed));
        }
    }
    ExitCode::SUCCESS
}
