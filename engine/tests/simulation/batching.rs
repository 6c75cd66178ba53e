//! A batch is part of the simulation: its messages are seen and made to fail, and others run between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::{Faults, Simulation};
use throng::{Actor, Address, Batch, Context, Directive, Fault, Options, System};

#[derive(Default)]
struct Seen {
    /// Those of a batch that were handled, and whether it came to its end.
    batches: Vec<(Vec<u32>, bool)>,
    /// What was handled by itself, and what others have handled.
    single: Vec<u32>,
    panics: u32,
    errors: u32,
}

type Shared = Arc<Mutex<Seen>>;

/// Writes its batches down, takes so many of each, and passes each message on.
struct Clerk {
    seen: Shared,
    takes: usize,
    next: Option<Address<u32>>,
}

impl Actor for Clerk {
    type Msg = u32;

    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.seen.lock().expect("nobody panics in it").single.push(n);
        Ok(())
    }

    fn handle_batch(&mut self, batch: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for (taken, n) in batch.take(self.takes).enumerate() {
            let mut seen = self.seen.lock().expect("nobody panics in it");
            if taken == 0 {
                seen.batches.push((Vec::new(), false));
            }
            seen.batches.last_mut().expect("just made").0.push(n);
            drop(seen);
            if let Some(next) = self.next {
                let _refused = cx.send(next, n);
            }
        }
        if self.takes > 0 {
            self.seen.lock().expect("nobody panics in it").batches.last_mut().expect("one").1 = true;
        }
        Ok(())
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        assert!(fault.to_string().contains("made to fail by the simulation"), "{fault}");
        let mut seen = self.seen.lock().expect("nobody panics in it");
        *(if fault.is_panic() { &mut seen.panics } else { &mut seen.errors }) += 1;
        Directive::Resume
    }
}

fn clerk(sim: &Simulation, takes: usize, next: Option<Address<u32>>) -> (Address<u32>, Shared) {
    let seen = Shared::default();
    let fives = Options::builder().gather(5, Duration::ZERO).build().expect("in range");
    let clerk = Clerk { seen: Arc::clone(&seen), takes, next };
    let clerk = sim.system().try_spawn(clerk, &fives).expect("there is room");
    (clerk, seen)
}

fn tell(clerk: Address<u32>, numbers: std::ops::RangeInclusive<u32>) {
    numbers.for_each(|n| clerk.try_send(n).expect("there is room"));
}

/// What was taken before is handled, what is left comes first in the next batch, and the message itself is gone.
#[test]
fn a_message_of_a_batch_is_made_to_fail() {
    let (mut panics, mut errors) = (0, 0);
    for seed in 0..32 {
        let mut sim = System::simulated(seed);
        let (clerk, seen) = clerk(&sim, usize::MAX, None);
        sim.fail_at(clerk, 3);
        tell(clerk, 1..=7);
        sim.run_until_idle();
        let seen = seen.lock().expect("nobody panics in it");
        assert_eq!(seen.batches, [(vec![1, 2], false), (vec![4, 5, 6, 7], true)], "seed {seed}");
        assert_eq!(seen.panics + seen.errors, 1);
        (panics, errors) = (panics + seen.panics, errors + seen.errors);
        let ledger = sim.system().ledger();
        assert_eq!((ledger.handled, ledger.faults, ledger.queued), (7, 1, 0));
        ledger.check().expect("the ledger adds up");
    }
    assert!(panics > 5 && errors > 5, "{panics} panics, {errors} errors");
}

#[test]
fn faults_strike_batches_at_the_rate_that_was_asked_for() {
    let mut sim = System::simulated(1);
    sim.faults(Faults::none().panics(4));
    let clerks: Vec<_> = (0..200).map(|_| clerk(&sim, usize::MAX, None)).collect();
    clerks.iter().for_each(|(clerk, _)| tell(*clerk, 1..=40));
    sim.run_until_idle();
    let faults = sim.system().ledger().faults;
    // Of 200 actors with 40 messages, one in four fails within 16, and is drawn for anew.
    assert!((30..=100).contains(&faults), "{faults}");
    assert_eq!(sim.system().ledger().handled, 200 * 40);
}

#[test]
fn each_message_of_a_batch_is_in_the_trace() {
    for takes in [0, 1, 3, 5] {
        let mut sim = System::simulated(2);
        let (clerk, seen) = clerk(&sim, takes, None);
        tell(clerk, 1..=9);
        sim.run_until_idle();
        let single = seen.lock().expect("nobody panics in it").single.len();
        assert_eq!(single, if takes == 0 { 9 } else { 0 });
        assert_eq!(sim.trace().matches("handles a message").count(), 9, "{}", sim.trace());
    }
}

/// Who is sent to in the middle of a batch handles it before the batch is over, for some seeds.
#[test]
fn others_run_in_the_middle_of_a_batch() {
    let mut overlapped = 0;
    for seed in 0..100 {
        let mut sim = System::simulated(seed);
        let (last, passed) = clerk(&sim, 0, None);
        let (first, own) = clerk(&sim, usize::MAX, Some(last));
        tell(first, 1..=5);
        // Until the batch is begun, and no further than that step.
        while own.lock().expect("nobody panics in it").batches.is_empty() {
            assert!(sim.step(), "a batch is handled");
        }
        assert_eq!(own.lock().expect("nobody panics in it").batches, [(vec![1, 2, 3, 4, 5], true)]);
        overlapped += u32::from(!passed.lock().expect("nobody panics in it").single.is_empty());
        sim.run_until_idle();
        assert_eq!(passed.lock().expect("nobody panics in it").single, [1, 2, 3, 4, 5]);
    }
    assert!((15..100).contains(&overlapped), "{overlapped} of 100");
}

#[test]
fn a_batch_is_expected_by_its_first_message() {
    let mut sim = System::simulated(3);
    let (clerk, seen) = clerk(&sim, usize::MAX, None);
    tell(clerk, 1..=7);
    sim.expect(clerk, |n| *n == 1);
    assert_eq!(sim.pending(clerk), 2);
    sim.expect(clerk, |n| *n == 6);
    let seen = seen.lock().expect("nobody panics in it");
    assert_eq!(seen.batches, [(vec![1, 2, 3, 4, 5], true), (vec![6, 7], true)]);
}
