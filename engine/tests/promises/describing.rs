//! Looking at a system harms nobody, and hides nothing from those who wait for rest.

use crate::child;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Context, Fault, MessageDropped, Options, Overflow, Pin, System, describe_all};

const SOON: Duration = Duration::from_secs(60);

/// Ends as it begins, and counts.
struct Child(Arc<AtomicU64>);

impl Actor for Child {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::SeqCst);
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Mother(Arc<AtomicU64>);

impl Actor for Mother {
    type Msg = u64;
    fn handle(&mut self, children: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..children {
            cx.spawn(Child(Arc::clone(&self.0)));
        }
        Ok(())
    }
}

struct Stranger;

impl Actor for Stranger {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The last actor that ran here has ended, and its cell served another system that is gone. Alone: a handler of another
/// test's that is long keeps what that system left, and it is described too.
#[test]
fn who_ran_last_may_have_served_a_system_that_is_gone() {
    let _dog = watch("who_ran_last_may_have_served_a_system_that_is_gone");
    let output = child::alone("who_ran_last_may_have_served_a_system_that_is_gone", || {
        let mut here = System::builder().inline();
        let mother = here.spawn(Mother(Arc::default()));
        for _ in 0..5 {
            mother.try_send(512_u64).expect("room");
            // More often than needed: so the children's cells are free for others.
            (0..4).for_each(|_| _ = here.run_until_idle());
            let there = System::builder().workers(1).build().expect("a system");
            (0..300).for_each(|_| _ = there.spawn(Stranger));
            there.quiesce(SOON).expect("rest");
            drop(there);
            // Over what that system had, if it was freed.
            let junk: Vec<_> = (0..4_000).map(|_| Box::new([0x4141_4141_4141_4140_u64; 6])).collect();
            let words = here.system().describe() + &describe_all();
            assert!(
                words.contains("Mother") || words.contains("Child") || words.contains("ended"),
                "{words}"
            );
            assert!(!words.contains("Stranger"), "{words}");
            drop(junk);
        }
    });
    assert!(output.status.success(), "{}", child::words(&output));
}

#[test]
fn nobody_seems_at_rest_while_others_look() {
    let _dog = watch("nobody_seems_at_rest_while_others_look");
    let system = System::builder().workers(1).pin(Pin::None).build().expect("a system");
    let begun = Arc::new(AtomicU64::new(0));
    let mother = system.spawn(Mother(Arc::clone(&begun)));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::black_box(system.describe());
                }
            });
        }
        for round in 1..=300 {
            mother.try_send(3_u64).expect("room");
            let ledger = system.quiesce(SOON).expect("rest");
            let all = (begun.load(Ordering::SeqCst), ledger.spawned, ledger.stopped);
            // Let the lookers go also when this fails.
            over.store(all != (3 * round, 3 * round + 1, 3 * round), Ordering::Relaxed);
            assert_eq!(all, (3 * round, 3 * round + 1, 3 * round), "{ledger:?}");
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// Counts the drops that it is told of.
struct Watching(Arc<AtomicU64>);

impl Actor for Watching {
    type Msg = MessageDropped;
    fn handle(&mut self, news: MessageDropped, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(1 + news.missed, Ordering::SeqCst);
        Ok(())
    }
}

/// Who watches drops and has ended is not told for ever: the first drop after its end forgets it, and it alone.
#[test]
fn a_watcher_of_drops_that_has_ended_is_forgotten() {
    let _dog = watch("a_watcher_of_drops_that_has_ended_is_forgotten");
    for overflow in [Overflow::DropNewest, Overflow::DropOldest, Overflow::DropOldestExact] {
        let mut inline = System::builder().inline();
        let told = [0, 1].map(|_| Arc::<AtomicU64>::default());
        let watchers = [0, 1].map(|n| inline.spawn(Watching(Arc::clone(&told[n]))));
        watchers.iter().for_each(|watcher| inline.system().watch_drops(watcher.recipient()));
        let options = Options::builder().capacity(1).overflow(overflow).build().expect("in range");
        let to = inline.system().try_spawn(Stranger, &options).expect("memory");
        let watching = |inline: &throng::Inline| {
            let text = inline.system().describe();
            let at = text.lines().find_map(|line| line.strip_prefix("drops are told to "));
            at.map_or(0, |number| number.parse::<u32>().expect("a number"))
        };
        let drop_one = |inline: &mut throng::Inline| {
            let before = inline.system().ledger().dropped.total();
            (0..2).for_each(|_| to.send(()).expect("accepted"));
            inline.run_until_idle();
            assert_eq!(inline.system().ledger().dropped.total(), before + 1, "{overflow:?}");
        };
        let heard = || told.each_ref().map(|told| told.load(Ordering::SeqCst));
        drop_one(&mut inline);
        assert_eq!((watching(&inline), heard()), (2, [1, 1]), "{overflow:?}");
        let _ = watchers[0].stop();
        inline.run_until_idle();
        drop_one(&mut inline);
        assert_eq!((watching(&inline), heard()), (1, [1, 2]), "{overflow:?}");
        let _ = watchers[1].kill();
        inline.run_until_idle();
        drop_one(&mut inline);
        assert_eq!((watching(&inline), heard()), (0, [1, 2]), "{overflow:?}");
        // And whoever comes later is told.
        let again = inline.spawn(Watching(Arc::clone(&told[0])));
        inline.system().watch_drops(again.recipient());
        drop_one(&mut inline);
        assert_eq!((watching(&inline), heard()), (1, [2, 2]), "{overflow:?}");
        inline.system().ledger().check().expect("the ledger adds up");
    }
}
