//! Who hears of everything that happens in a tree, and looks whether it can have happened.

use super::tally::Tally;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Actor, Context, Fault, Happened, Strategy, TreeEvent};

/// What was told, by its kind.
#[derive(Debug, Default)]
pub struct Heard {
    /// All of it.
    pub all: AtomicU64,
    /// Children that started for the first time.
    pub started: AtomicU64,
    /// Faults.
    pub failed: AtomicU64,
    /// Children that were down, and were to be made anew.
    pub restarting: AtomicU64,
    /// Children that were there again.
    pub restarted: AtomicU64,
    /// Children, and the root, that ended.
    pub ended: AtomicU64,
}

/// One more.
fn count(counter: &AtomicU64) {
    // Relaxed: one writer; read when the system is at rest.
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// What a child is at, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Nowhere,
    Up,
    Held,
    Down,
}

/// Hears it.
#[derive(Debug)]
pub struct Witness {
    heard: Arc<Heard>,
    children: Box<[At]>,
    /// Whether no child ever goes down for another.
    alone: bool,
    /// The first fault is not counted: planted.
    deaf: bool,
    tally: &'static Tally,
}

impl Witness {
    /// Of so many children, whose names are [`name`]s.
    pub fn new(children: u64, strategy: Strategy, deaf: bool, tally: &'static Tally) -> Self {
        let children = (0..children).map(|_| At::Nowhere).collect();
        Self { heard: Arc::default(), children, alone: strategy == Strategy::OneForOne, deaf, tally }
    }

    /// What it will have heard.
    pub fn heard(&self) -> Arc<Heard> {
        Arc::clone(&self.heard)
    }

    fn note(&mut self, event: &TreeEvent) {
        count(&self.heard.all);
        let next = match event.what {
            Happened::Started => At::Up,
            Happened::Failed(_) => At::Held,
            Happened::Restarting { .. } => At::Down,
            Happened::Restarted => At::Up,
            Happened::Ended(_) => At::Nowhere,
            _ => return self.tally.wrong(|| format!("the tree has given up: {event:?}")),
        };
        match event.what {
            Happened::Started => count(&self.heard.started),
            Happened::Failed(_) if std::mem::take(&mut self.deaf) => {}
            Happened::Failed(_) => count(&self.heard.failed),
            Happened::Restarting { .. } => count(&self.heard.restarting),
            Happened::Restarted => count(&self.heard.restarted),
            _ => count(&self.heard.ended),
        }
        let Some(child) = index(&event.path) else { return };
        let Some(at) = self.children.get_mut(child) else {
            return self.tally.wrong(|| format!("news of {}, who does not exist", event.path));
        };
        let before = std::mem::replace(at, next);
        if !may_follow(before, &event.what, self.alone) {
            self.tally.wrong(|| format!("{}: {:?}, which was {before:?}", event.path, event.what));
        }
    }
}

/// Whether that can happen to a child that is there.
fn may_follow(before: At, what: &Happened, alone: bool) -> bool {
    match what {
        Happened::Started => before == At::Nowhere,
        // One that a restart takes along may have started, and fail, before it was told to be there.
        Happened::Failed(_) => before == At::Up || (before == At::Down && !alone),
        // One goes down for another without having failed, and once more before it is told to be there.
        Happened::Restarting { .. } => before == At::Held || (before != At::Nowhere && !alone),
        Happened::Restarted => before == At::Down,
        _ => before != At::Nowhere,
    }
}

/// The name of a child.
pub fn name(child: u64) -> String {
    format!("child-{child}")
}

/// Which child has this name; `None` of the root, which has none.
fn index(path: &str) -> Option<usize> {
    path.strip_prefix("child-")?.parse().ok()
}

impl From<TreeEvent> for Told {
    fn from(event: TreeEvent) -> Self {
        Self(event)
    }
}

/// What a witness is told.
#[derive(Debug)]
pub struct Told(TreeEvent);

impl Actor for Witness {
    type Msg = Told;

    fn handle(&mut self, told: Told, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.note(&told.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_cannot_follow_is_told() {
        let pause = Happened::Restarting { after: Duration::ZERO };
        for (before, what, alone, may) in [
            (At::Nowhere, &Happened::Started, true, true),
            (At::Up, &Happened::Started, true, false),
            (At::Held, &pause, true, true),
            (At::Up, &pause, true, false),
            (At::Up, &pause, false, true),
            (At::Down, &pause, false, true),
            (At::Down, &pause, true, false),
            (At::Nowhere, &pause, false, false),
            (At::Down, &Happened::Restarted, true, true),
            (At::Held, &Happened::Restarted, true, false),
            (At::Up, &Happened::Restarted, false, false),
        ] {
            assert_eq!(may_follow(before, what, alone), may, "{what:?} after {before:?}");
        }
        assert_eq!((index(&name(17)), index("")), (Some(17), None));
    }
}
