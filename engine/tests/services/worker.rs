//! An actor for the tests of groups, topics, routers and pools: it notes what it is given, and does what it is told.

use crate::gate::Gate;
use std::sync::{Arc, Mutex};
use throng::{Actor, Address, Context, Fault, Options, Overflow, System};

#[derive(Clone)]
pub(crate) enum Job {
    /// A number to note.
    Note(u64),
    /// The same, after the gate has let it.
    Pass(u64, Arc<Gate>),
    Fail,
    Stop,
    /// A copy of it panics.
    Uncloned(Bomb),
}

/// Panics when it is cloned.
pub(crate) struct Bomb;

impl Clone for Bomb {
    fn clone(&self) -> Self {
        panic!("a bomb was cloned")
    }
}

impl From<u64> for Job {
    fn from(n: u64) -> Self {
        Job::Note(n)
    }
}

pub(crate) type Notes = Arc<Mutex<Vec<(usize, u64)>>>;

/// One with this number, which is noted with what it is given.
pub(crate) struct Worker(pub(crate) usize, pub(crate) Notes);

impl Actor for Worker {
    type Msg = Job;
    fn handle(&mut self, job: Job, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let n = match job {
            Job::Note(n) => n,
            Job::Pass(n, gate) => {
                gate.pass();
                n
            }
            Job::Fail => return Err(Fault::msg("as told")),
            Job::Stop => {
                cx.stop();
                return Ok(());
            }
            Job::Uncloned(_) => 0,
        };
        self.1.lock().expect("no panic").push((self.0, n));
        Ok(())
    }
}

/// So many workers that share their notes.
pub(crate) fn workers(system: &System, many: usize) -> (Vec<Address<Job>>, Notes) {
    let notes = Notes::default();
    ((0..many).map(|n| system.spawn(Worker(n, Arc::clone(&notes)))).collect(), notes)
}

/// One with a mailbox of this size that refuses when it is full.
pub(crate) fn small(system: &System, number: usize, capacity: u32, notes: &Notes) -> Address<Job> {
    let options = Options::builder().capacity(capacity).overflow(Overflow::Fail).build().expect("in range");
    system.try_spawn(Worker(number, Arc::clone(notes)), &options).expect("there is memory")
}

pub(crate) fn noted(notes: &Notes) -> Vec<(usize, u64)> {
    notes.lock().expect("no panic").clone()
}
