//! Coming, leaving and ending at once: who has ended is on no list, and who is on none is looked after by none.

use super::listing::Ends;
use super::members::{NotJoined, Places, Roster};
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, Mutex, thread};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The list of an actor's onlookers, as `actor/kin.rs` has it.
#[derive(Clone)]
struct Actor(Arc<Mutex<Onlookers>>);

struct Onlookers {
    on: Vec<(u64, Box<dyn FnOnce() + Send>)>,
    next: u64,
    ended: bool,
}

impl PartialEq for Actor {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Actor {}

impl Hash for Actor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Ends for Actor {
    fn look_on(&self, onlooker: Box<dyn FnOnce() + Send>) -> Option<u64> {
        let mut onlookers = self.0.lock().expect("no panic");
        if onlookers.ended {
            note("ended before");
            return None;
        }
        let number = onlookers.next;
        onlookers.next += 1;
        onlookers.on.push((number, onlooker));
        Some(number)
    }

    fn take_back(&self, number: u64) {
        note("taken back");
        self.0.lock().expect("no panic").on.retain(|(on, _)| *on != number);
    }
}

impl Actor {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Onlookers { on: Vec::new(), next: 0, ended: false })))
    }

    fn end(&self) {
        let onlookers = {
            let mut onlookers = self.0.lock().expect("no panic");
            onlookers.ended = true;
            std::mem::take(&mut onlookers.on)
        };
        for (_, onlooker) in onlookers {
            note("told");
            onlooker();
        }
    }

    fn looked_after(&self) -> usize {
        self.0.lock().expect("no panic").on.len()
    }
}

type Members = Arc<Roster<Actor, u32>>;

fn join(roster: &Members, actor: &Actor) -> Result<u64, NotJoined> {
    roster.join(actor.clone(), 7, Places::One)
}

fn coming_beside_the_end() {
    let (roster, actor): (Members, _) = (Roster::new(), Actor::new());
    let ends = actor.clone();
    let other = thread::spawn(move || ends.end());
    let joined = join(&roster, &actor);
    other.join().expect("no panic");
    assert_ne!(joined, Err(NotJoined::Already));
    assert!(roster.list().is_empty(), "who has ended is listed");
    assert_eq!(actor.looked_after(), 0);
}

#[test]
fn who_ends_while_it_comes_is_on_no_list() {
    let seen = explore(coming_beside_the_end);
    assert!(seen.contains("told") && seen.contains("ended before"));
}

#[test]
fn finds_ended_listed() {
    demand_found(Mutant::EndedListed, coming_beside_the_end);
}

fn leaving_beside_coming() {
    let (roster, actor): (Members, _) = (Roster::new(), Actor::new());
    let other = thread::spawn({
        let (roster, actor) = (Arc::clone(&roster), actor.clone());
        move || roster.leave_all(&actor)
    });
    assert!(join(&roster, &actor).is_ok());
    let left = other.join().expect("no panic");
    let (listed, looked_after) = (roster.list().len(), actor.looked_after());
    assert_eq!((listed, looked_after), if left { (0, 0) } else { (1, 1) });
}

#[test]
fn who_leaves_while_it_comes_is_looked_after_no_more() {
    let seen = explore(leaving_beside_coming);
    assert!(seen.contains("taken back"));
}

#[test]
fn finds_onlooker_left() {
    demand_found(Mutant::OnlookerLeft, leaving_beside_coming);
}

/// One comes and leaves again, another takes it off the list, and it ends.
#[test]
fn all_at_once() {
    let seen = explore(|| {
        let (roster, actor): (Members, _) = (Roster::new(), Actor::new());
        let leaves = thread::spawn({
            let (roster, actor) = (Arc::clone(&roster), actor.clone());
            move || roster.leave_all(&actor)
        });
        let ends = thread::spawn({
            let actor = actor.clone();
            move || actor.end()
        });
        let before = roster.version();
        if let Ok(number) = join(&roster, &actor) {
            roster.leave(number);
        }
        assert_ne!(roster.version(), before, "a change was not seen");
        leaves.join().expect("no panic");
        ends.join().expect("no panic");
        assert!(roster.list().is_empty(), "who has left is listed");
        assert_eq!(actor.looked_after(), 0);
    });
    assert!(seen.contains("told") && seen.contains("ended before") && seen.contains("taken back"));
}
