//! Who sleeps, who looks for work, and who wakes whom. The wake decision is made here and nowhere else.
//!
//! The protocol and its proof sketch are in README.md beside this file ("Sleeping and waking").

use crate::sync::{AtomicBool, AtomicUsize, Mutant, Mutex, Ordering, fence, mutant};

/// The sleepers of one system.
#[derive(Debug)]
pub(crate) struct Idle {
    workers: usize,
    /// Workers registered as parked.
    parked: AtomicUsize,
    /// Workers that look for work without sleeping, but for those that are aside.
    spinning: AtomicUsize,
    /// Somebody sleeps with one eye open.
    sentinel: AtomicBool,
    /// Somebody sleeps, and nobody with one eye open: who schedules behind a handler must wake one.
    unguarded: AtomicBool,
    sleepers: Mutex<Vec<usize>>,
}

/// What a worker that found nothing shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Sleep {
    /// Work appeared: look again.
    No,
    /// Sleep until woken.
    Deep,
    /// Sleep for a moment, then look after the others.
    Sentinel,
}

impl Idle {
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            workers,
            parked: AtomicUsize::new(0),
            spinning: AtomicUsize::new(0),
            sentinel: AtomicBool::new(false),
            unguarded: AtomicBool::new(false),
            sleepers: Mutex::new(Vec::with_capacity(workers)),
        }
    }

    /// Whether anybody looks for work right now, by a glance.
    pub(crate) fn anyone_spinning(&self) -> bool {
        self.spinning.load(Ordering::Relaxed) > 0
    }

    /// The same, for one who does.
    pub(crate) fn others_spin(&self) -> bool {
        self.spinning.load(Ordering::Relaxed) > 1
    }

    /// Whether anybody sleeps, by a glance.
    pub(crate) fn anyone_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) > 0
    }

    /// Whether every worker sleeps, by a glance.
    pub(crate) fn all_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed) >= self.workers
    }

    /// Whether `worker` is still on the list of sleepers: nobody has woken it.
    pub(crate) fn is_parked(&self, worker: usize) -> bool {
        self.sleepers().contains(&worker)
    }

    pub(crate) fn start_spinning(&self) {
        self.spinning.fetch_add(1, Ordering::Relaxed);
    }

    /// Before the last look for work: from here on a publisher must not count on this worker. Relaxed, as a fence comes before that look.
    pub(crate) fn stop_spinning(&self) {
        self.spinning.fetch_sub(1, Ordering::Relaxed);
    }

    /// A spinner gives its processor away by `give_way`, unless `found_work`, its look before that, finds something: false
    /// then. No publisher counts on it while it yields.
    pub(crate) fn step_aside(&self, found_work: impl FnOnce() -> bool, give_way: impl FnOnce()) -> bool {
        let counted = mutant(Mutant::AsideAndCounted);
        if !counted {
            self.stop_spinning();
        }
        if !mutant(Mutant::AsideWithoutFence) {
            // Pairs with the fence in `published`: either this look finds the work, or who published it did not count on us, or
            // only once we are back, and then the next such look finds it.
            fence(Ordering::SeqCst);
        }
        let found = !mutant(Mutant::AsideUnseen) && found_work();
        let early = mutant(Mutant::AsideBackEarly);
        if early {
            self.start_spinning();
        }
        if !found {
            give_way();
        }
        if !counted && !early && !mutant(Mutant::AsideForGood) {
            self.start_spinning();
        }
        if mutant(Mutant::AsideTwice) {
            self.start_spinning();
        }
        !found
    }

    /// Publishes work by `put` where any worker can find it: who must be woken, if anybody.
    #[inline]
    pub(crate) fn publish(&self, put: impl FnOnce()) -> Option<usize> {
        put();
        self.published()
    }

    /// After work was published where any worker can find it: who must be woken, if anybody.
    #[inline]
    pub(crate) fn published(&self) -> Option<usize> {
        if !mutant(Mutant::PublishWithoutFence) {
            // Pairs with the fence in `park`: either the sleeper's last look finds the work, or we see it parked.
            fence(Ordering::SeqCst);
        }
        if self.spinning.load(Ordering::Relaxed) > 0 {
            return None;
        }
        self.wake()
    }

    /// Puts something by `put` that every worker takes in before it sleeps: who must be woken, if anybody sleeps, also
    /// while others spin.
    pub(crate) fn summon(&self, put: impl FnOnce()) -> Option<usize> {
        put();
        if !mutant(Mutant::SummonWithoutFence) {
            // Pairs with the fence in `park`, as in `published`.
            fence(Ordering::SeqCst);
        }
        self.wake()
    }

    /// Takes a sleeper off the list; the caller must unpark it.
    fn wake(&self) -> Option<usize> {
        if self.parked.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut sleepers = self.sleepers();
        let worker = sleepers.pop()?;
        self.parked.fetch_sub(1, Ordering::AcqRel);
        Some(worker)
    }

    /// Takes everybody off the list; the caller must unpark them.
    pub(crate) fn wake_all(&self) -> Vec<usize> {
        let mut sleepers = self.sleepers();
        self.parked.fetch_sub(sleepers.len(), Ordering::AcqRel);
        std::mem::take(&mut *sleepers)
    }

    /// Registers `worker` as parked; `found_work` is its last look. On `Deep` and `Sentinel` it is registered and must
    /// sleep until unparked (or, as sentinel, until its moment is over), then call [`Idle::awake`].
    pub(crate) fn park(&self, worker: usize, found_work: impl Fn() -> bool) -> Sleep {
        let mut sleepers = self.sleepers();
        sleepers.push(worker);
        self.parked.fetch_add(1, Ordering::AcqRel);
        drop(sleepers);
        if !mutant(Mutant::ParkWithoutFence) {
            // Pairs with the fence in `published`.
            fence(Ordering::SeqCst);
        }
        if !mutant(Mutant::NoRescan) && found_work() {
            let _ = self.awake(worker);
            return Sleep::No;
        }
        if self.workers == 1 || self.sentinel.swap(true, Ordering::AcqRel) {
            return Sleep::Deep;
        }
        self.unguarded.store(false, Ordering::Relaxed);
        Sleep::Sentinel
    }

    /// Takes `worker` off the list if it is still there; says whether it was. If not, somebody woke it on purpose.
    pub(crate) fn awake(&self, worker: usize) -> bool {
        let mut sleepers = self.sleepers();
        let Some(at) = sleepers.iter().position(|w| *w == worker) else { return false };
        sleepers.swap_remove(at);
        self.parked.fetch_sub(1, Ordering::AcqRel);
        true
    }

    /// Whether a sleeper must be woken to watch, by a glance.
    #[inline(always)]
    pub(crate) fn is_unguarded(&self) -> bool {
        self.unguarded.load(Ordering::Relaxed)
    }

    /// Something became runnable behind a handler while nobody watches: whom to wake.
    #[cold]
    pub(crate) fn call_sentinel(&self) -> Option<usize> {
        if !self.unguarded.swap(false, Ordering::AcqRel) {
            return None;
        }
        self.wake()
    }

    /// The sentinel wants to sleep deeply because everybody else does. False if somebody is at work: then it keeps the
    /// duty. The caller is registered as parked and stays so.
    pub(crate) fn retire_sentinel(&self) -> bool {
        self.unguarded.store(true, Ordering::Relaxed);
        self.sentinel.store(false, Ordering::Relaxed);
        if !mutant(Mutant::RetireWithoutFence) {
            // Pairs with the fence in `at_work`: either it sees that nobody watches, or we see that it is at work.
            fence(Ordering::SeqCst);
        }
        if self.parked.load(Ordering::Relaxed) >= self.workers {
            return true;
        }
        // Somebody is at work: watch on, unless another has taken the duty meanwhile.
        if self.sentinel.swap(true, Ordering::AcqRel) {
            return true;
        }
        self.unguarded.store(false, Ordering::Relaxed);
        false
    }

    /// The sentinel goes to work: the duty is free for the next who parks.
    pub(crate) fn leave_sentinel(&self) {
        // A store would do. loom has it pass by the swap in `park`, which read what was there before it.
        self.sentinel.swap(false, Ordering::AcqRel);
    }

    /// A worker found work after it had none. Whoever still sleeps must be watching, or be woken to watch.
    pub(crate) fn at_work(&self) {
        if !mutant(Mutant::WorkWithoutFence) {
            // Pairs with the fence in `retire_sentinel`.
            fence(Ordering::SeqCst);
        }
        if self.parked.load(Ordering::Relaxed) > 0 && !self.sentinel.load(Ordering::Relaxed) {
            self.unguarded.store(true, Ordering::Relaxed);
        }
    }

    /// After [`Idle::at_work`]: whom to wake because nobody watches over the caller and something of its may come to wait
    /// behind a long handler: somebody else is at work or aside, or `timers` are in its wheel. Otherwise, alone, a worker calls
    /// a sentinel itself when it schedules or arms; spinners end up parked, watching, or here.
    pub(crate) fn hand_over(&self, timers: bool) -> Option<usize> {
        let parked = self.parked.load(Ordering::Relaxed);
        if parked == 0 || self.sentinel.load(Ordering::Relaxed) || mutant(Mutant::NoHandOver) {
            return None;
        }
        if !timers && parked + 1 + self.spinning.load(Ordering::Relaxed) >= self.workers {
            return None;
        }
        self.call_sentinel()
    }

    /// The state in words, by glances.
    pub(crate) fn describe(&self) -> String {
        let sleepers = self.sleepers();
        format!(
            "asleep {:?}, counted {}, spinning {}, sentinel {}, unguarded {}",
            *sleepers,
            self.parked.load(Ordering::Relaxed),
            self.spinning.load(Ordering::Relaxed),
            self.sentinel.load(Ordering::Relaxed),
            self.unguarded.load(Ordering::Relaxed)
        )
    }

    fn sleepers(&self) -> crate::sync::MutexGuard<'_, Vec<usize>> {
        self.sleepers
            .lock()
            .unwrap_or_else(|e| panic!("a worker died while changing the list of sleepers: {e}"))
    }
}

/// Every course of a few steps, by itself, against a plain reference; what they do beside each other is for the models.
#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Spin,
        Unspin,
        /// Its look finds work, or does not.
        StepAside(bool),
        /// Its last look finds work, or does not.
        Park(usize, bool),
        Awake(usize),
        Publish,
        Summon,
        WakeAll,
        Call,
        Retire,
        Leave,
        AtWork,
        /// With timers in its wheel, or without.
        HandOver(bool),
    }

    #[derive(Debug, Default)]
    struct Reference {
        workers: usize,
        asleep: Vec<usize>,
        spinning: usize,
        sentinel: bool,
        unguarded: bool,
    }

    impl Reference {
        /// The last who went to sleep, if somebody may be told of what is there without waking.
        fn woken(&mut self, anyway: bool) -> Option<usize> {
            if self.spinning > 0 && !anyway { None } else { self.asleep.pop() }
        }

        fn called(&mut self) -> Option<usize> {
            if std::mem::take(&mut self.unguarded) { self.asleep.pop() } else { None }
        }

        fn parked(&mut self, worker: usize, finds: bool) -> Sleep {
            if finds {
                return Sleep::No;
            }
            self.asleep.push(worker);
            if self.workers == 1 || self.sentinel {
                return Sleep::Deep;
            }
            (self.sentinel, self.unguarded) = (true, false);
            Sleep::Sentinel
        }

        fn retired(&mut self) -> bool {
            let all = self.asleep.len() >= self.workers;
            (self.sentinel, self.unguarded) = (!all, all);
            all
        }

        /// Alone among sleepers, and looking for nothing: it calls a sentinel itself when it needs one.
        fn handed_over(&mut self, timers: bool) -> Option<usize> {
            let idle = self.asleep.len() + self.spinning;
            let watched = self.asleep.is_empty() || self.sentinel;
            if watched || (!timers && idle + 1 >= self.workers) { None } else { self.called() }
        }
    }

    fn play(idle: &Idle, reference: &mut Reference, act: Act) {
        match act {
            Act::Spin => {
                idle.start_spinning();
                reference.spinning += 1;
            }
            Act::Unspin if reference.spinning > 0 => {
                idle.stop_spinning();
                reference.spinning -= 1;
            }
            Act::StepAside(finds) if reference.spinning > 0 => {
                let others = reference.spinning - 1;
                let mut gone = false;
                let counted = || idle.spinning.load(Ordering::Relaxed);
                let look = || {
                    assert_eq!(counted(), others);
                    finds
                };
                let stayed = !idle.step_aside(look, || {
                    assert_eq!(counted(), others);
                    gone = true;
                });
                assert_eq!((stayed, gone), (finds, !finds));
            }
            Act::Park(worker, finds) if worker < reference.workers && !reference.asleep.contains(&worker) => {
                assert_eq!(idle.park(worker, || finds), reference.parked(worker, finds));
            }
            Act::Unspin | Act::StepAside(_) | Act::Park(..) => {}
            Act::Awake(worker) => {
                let at = reference.asleep.iter().position(|other| *other == worker);
                at.map(|at| reference.asleep.swap_remove(at));
                assert_eq!(idle.awake(worker), at.is_some());
            }
            Act::Publish => assert_eq!(idle.publish(|| {}), reference.woken(false)),
            Act::Summon => assert_eq!(idle.summon(|| {}), reference.woken(true)),
            Act::WakeAll => assert_eq!(idle.wake_all(), std::mem::take(&mut reference.asleep)),
            Act::Call => assert_eq!(idle.call_sentinel(), reference.called()),
            Act::Retire => assert_eq!(idle.retire_sentinel(), reference.retired()),
            Act::Leave => {
                idle.leave_sentinel();
                reference.sentinel = false;
            }
            Act::AtWork => {
                idle.at_work();
                reference.unguarded |= !reference.asleep.is_empty() && !reference.sentinel;
            }
            Act::HandOver(timers) => assert_eq!(idle.hand_over(timers), reference.handed_over(timers)),
        }
        assert_eq!(idle.anyone_spinning(), reference.spinning > 0);
        assert_eq!(idle.anyone_parked(), !reference.asleep.is_empty());
        assert_eq!(idle.all_parked(), reference.asleep.len() >= reference.workers);
        assert_eq!(idle.is_unguarded(), reference.unguarded);
        for worker in 0..reference.workers {
            assert_eq!(idle.is_parked(worker), reference.asleep.contains(&worker));
        }
    }

    #[test]
    fn every_course_of_a_few_steps() {
        let acts = [
            Act::Spin,
            Act::Unspin,
            Act::StepAside(false),
            Act::StepAside(true),
            Act::Park(0, false),
            Act::Park(1, false),
            Act::Park(1, true),
            Act::Awake(0),
            Act::Awake(1),
            Act::Publish,
            Act::Summon,
            Act::WakeAll,
            Act::Call,
            Act::Retire,
            Act::Leave,
            Act::AtWork,
            Act::HandOver(false),
            Act::HandOver(true),
        ];
        let beginnings: [(usize, &[Act]); 4] = [
            (1, &[]),
            (2, &[Act::Park(0, false)]),
            (3, &[Act::Park(0, false), Act::Park(2, false), Act::Leave]),
            (4, &[Act::Park(0, false), Act::Leave, Act::AtWork]),
        ];
        for (workers, beginning) in beginnings {
            for n in 0..acts.len().pow(4) {
                let idle = Idle::new(workers);
                let mut reference = Reference { workers, ..Reference::default() };
                let course = (0..4).map(|step| acts[n / acts.len().pow(step) % acts.len()]);
                for act in beginning.iter().copied().chain(course) {
                    play(&idle, &mut reference, act);
                }
            }
        }
    }
}
