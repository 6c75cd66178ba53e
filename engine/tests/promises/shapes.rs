//! Messages and actors of any size and alignment, and the narrower addresses that convert messages.

use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Recipient, Reply, SendError, System};

const SOON: Duration = Duration::from_secs(60);

/// Values that can be made from a number and recognised.
trait Shape: Send + 'static {
    fn of(n: u64) -> Self;
    fn is(&self, n: u64) -> bool;
}

impl Shape for () {
    fn of(_: u64) {}
    fn is(&self, _: u64) -> bool {
        true
    }
}

impl Shape for u8 {
    fn of(n: u64) -> u8 {
        n as u8
    }
    fn is(&self, n: u64) -> bool {
        *self == n as u8
    }
}

impl<const N: usize> Shape for [u8; N] {
    fn of(n: u64) -> Self {
        std::array::from_fn(|k| (n as usize + k) as u8)
    }
    fn is(&self, n: u64) -> bool {
        self.iter().enumerate().all(|(k, byte)| *byte == (n as usize + k) as u8)
    }
}

macro_rules! aligned {
    ($name:ident, $align:literal, $size:literal) => {
        #[repr(align($align))]
        struct $name([u8; $size]);
        impl Shape for $name {
            fn of(n: u64) -> Self {
                Self(Shape::of(n))
            }
            fn is(&self, n: u64) -> bool {
                std::ptr::from_ref(self).addr() % $align == 0 && self.0.is(n)
            }
        }
    };
}

aligned!(Aligned16, 16, 40);
aligned!(Aligned64, 64, 64);
aligned!(Aligned128, 128, 1);
aligned!(Aligned4096, 4096, 5_000);
aligned!(EmptyAligned128, 128, 0);

impl Shape for Box<u64> {
    fn of(n: u64) -> Self {
        Box::new(n)
    }
    fn is(&self, n: u64) -> bool {
        **self == n
    }
}

/// A state and messages of some shape.
struct Formed<S, M> {
    state: S,
    wrong: Arc<AtomicU64>,
    message: std::marker::PhantomData<fn(M)>,
}

impl<S: Shape, M: Shape> Actor for Formed<S, M> {
    type Msg = (u64, M);
    fn handle(&mut self, (n, message): (u64, M), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let right = message.is(n) && self.state.is(7);
        self.wrong.fetch_add(u64::from(!right), Ordering::Relaxed);
        // The message goes on, one number further, as long as that is below three.
        if n < 3 {
            let me = cx.me();
            let sent = cx.send(me, (n + 1, M::of(n + 1)));
            sent.map_err(|refused| Fault::msg(refused.to_string()))?;
        }
        Ok(())
    }
}

fn formed<S: Shape, M: Shape>(system: &System) {
    let before = system.ledger();
    let wrong = Arc::new(AtomicU64::new(0));
    let actors: Vec<_> = (0..20)
        .map(|_| {
            let message = std::marker::PhantomData;
            system.spawn(Formed::<S, M> { state: S::of(7), wrong: Arc::clone(&wrong), message })
        })
        .collect();
    for n in 0..30_u64 {
        for actor in &actors {
            actor.send_timeout((n, M::of(n)), SOON).expect("room in time");
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.handled - before.handled, 20 * (30 + 3 + 2 + 1), "{}", std::any::type_name::<(S, M)>());
    assert_eq!((wrong.load(Ordering::Relaxed), ledger.faults), (0, 0), "{}", std::any::type_name::<(S, M)>());
    for actor in actors {
        let _ = actor.stop();
        let (refused, (n, message)) = match actor.try_send((9, M::of(9))) {
            Err(error) => error.into_parts(),
            Ok(()) => panic!("accepted after stop"),
        };
        assert!(n == 9 && message.is(9), "{refused}: the message comes back whole");
    }
}

#[test]
fn messages_and_states_of_any_shape() {
    let _dog = watch("messages_and_states_of_any_shape");
    let system = System::builder().workers(2).build().expect("a system");
    // Every message to the smallest state, ...
    formed::<(), ()>(&system);
    formed::<(), u8>(&system);
    formed::<(), [u8; 48]>(&system);
    formed::<(), [u8; 1_000]>(&system);
    formed::<(), [u8; 4_096]>(&system);
    formed::<(), Box<u64>>(&system);
    formed::<(), Aligned16>(&system);
    formed::<(), Aligned64>(&system);
    formed::<(), Aligned128>(&system);
    formed::<(), EmptyAligned128>(&system);
    formed::<(), Aligned4096>(&system);
    // ... and every state with the smallest and with an odd one.
    formed::<[u8; 9], ()>(&system);
    formed::<[u8; 10_240], ()>(&system);
    formed::<[u8; 10_240], Aligned128>(&system);
    formed::<Aligned64, ()>(&system);
    formed::<Aligned128, u8>(&system);
    formed::<Aligned128, Aligned128>(&system);
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

/// No state and no messages to speak of: the actor itself has no size.
struct Nothing;
static NOTHINGS: AtomicI64 = AtomicI64::new(0);

impl Actor for Nothing {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        NOTHINGS.fetch_add(1, Ordering::SeqCst);
        cx.stop();
        Ok(())
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        NOTHINGS.fetch_add(1_000_000, Ordering::SeqCst);
    }
}

/// Exactly seventeen bytes.
struct Seventeen([u8; 17]);

impl Actor for Seventeen {
    type Msg = Reply<[u8; 17]>;
    fn handle(&mut self, reply: Reply<[u8; 17]>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(self.0);
        Ok(())
    }
}

#[test]
fn actors_of_no_and_of_seventeen_bytes() {
    let _dog = watch("actors_of_no_and_of_seventeen_bytes");
    let system = System::builder().workers(2).build().expect("a system");
    assert_eq!((std::mem::size_of::<Nothing>(), std::mem::size_of::<Seventeen>()), (0, 17));
    for _ in 0..1_000 {
        system.spawn(Nothing).try_send(()).expect("room");
    }
    for n in 0..100 {
        let bytes = <[u8; 17]>::of(n);
        assert_eq!(system.spawn(Seventeen(bytes)).ask(|reply| reply).wait(), Ok(bytes));
    }
    system.shutdown(SOON).expect("rest");
    assert_eq!(NOTHINGS.load(Ordering::SeqCst), 1_000 * 1_000_001);
}

/// What a calculator understands.
enum Calculate {
    Add(u64),
    Text(String),
    Bad,
    Get(Reply<(u64, String)>),
}

impl From<u64> for Calculate {
    fn from(n: u64) -> Self {
        Calculate::Add(n)
    }
}

impl From<String> for Calculate {
    fn from(text: String) -> Self {
        Calculate::Text(text)
    }
}

/// A message that cannot be converted.
#[derive(Debug, PartialEq)]
struct Unconvertible;

impl From<Unconvertible> for Calculate {
    fn from(_: Unconvertible) -> Self {
        resume_unwind(Box::new("as told"))
    }
}

#[derive(Default)]
struct Calculator(u64, String);

impl Actor for Calculator {
    type Msg = Calculate;
    fn handle(&mut self, message: Calculate, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Calculate::Add(n) => self.0 += n,
            Calculate::Text(text) => self.1 += &text,
            Calculate::Bad => return Err(Fault::msg("as told")),
            Calculate::Get(reply) => reply.send((self.0, self.1.clone())),
        }
        Ok(())
    }
}

/// Knows only that somebody takes numbers.
struct Counting(Recipient<u64>);

impl Actor for Counting {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send_to(self.0, n)?;
        Ok(())
    }
}

#[test]
fn recipients_convert_and_hand_back_what_is_refused() {
    let _dog = watch("recipients_convert_and_hand_back_what_is_refused");
    let system = System::builder().workers(2).build().expect("a system");
    let options = Options::builder().capacity(4).build().expect("in range");
    let to: Address<Calculate> = system.try_spawn(Calculator::default(), &options).expect("memory");
    let numbers: Recipient<u64> = to.recipient();
    let texts: Recipient<String> = to.recipient();
    let counting = system.spawn(Counting(numbers));
    for n in 1..=100_u64 {
        counting.try_send(n).expect("room");
        // From is used by the plain address, too.
        to.send_timeout(n, SOON).expect("room in time");
        while let Err(SendError::Full(back)) = texts.try_send("x".to_string()) {
            assert_eq!(back, "x");
            std::thread::yield_now();
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(to.ask(Calculate::Get).wait(), Ok((2 * 5_050, "x".repeat(100))));
    // A conversion that panics gives its place back.
    let poison: Recipient<Unconvertible> = to.recipient();
    for _ in 0..20 {
        let sent = std::panic::catch_unwind(|| poison.try_send(Unconvertible));
        assert!(sent.is_err());
    }
    assert_eq!(to.ask(Calculate::Get).wait().map(|(sum, _)| sum), Ok(2 * 5_050));
    to.try_send(Calculate::Bad).expect("room");
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
    assert!(matches!(numbers.try_send(5), Err(SendError::Stale(5))));
    assert!(matches!(texts.try_send("back".to_string()), Err(SendError::Stale(text)) if text == "back"));
    assert!(matches!(poison.try_send(Unconvertible), Err(SendError::Stale(Unconvertible))));
    assert_eq!(numbers, to.recipient());
    system.shutdown(SOON).expect("rest");
}
