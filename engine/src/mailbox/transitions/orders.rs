//! Orders: suspend, resume, stop, end at once, errands, and what holds an actor.

use crate::mailbox::control::{Away, Control, Ending, Ordered, Orders, Parked, Roused};
use crate::mailbox::queue::Mailbox;
use crate::mailbox::word::{CLOSED, ENDED, SCHEDULED, SIGNAL, WAITERS, Word};
use crate::sync::{AtomicPtr, Ordering};
use std::ptr::NonNull;

/// What an actor's orders and its word say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Actor {
    suspended: bool,
    parked: bool,
    now: bool,
    killed: bool,
    away_suspended: bool,
    away_waiting: bool,
    held: bool,
    scheduled: bool,
    waiters: bool,
    closed: bool,
    signal: bool,
    ended: bool,
}

#[repr(align(128))]
struct Extension(u8);

/// Each that there can be: one that has ended is closed, and bears the signal and an owner for good.
fn all() -> impl Iterator<Item = Actor> {
    (0..1 << 12)
        .map(|bits: u32| {
            let is = |bit: u32| bits >> bit & 1 == 1;
            Actor {
                suspended: is(0),
                parked: is(1),
                now: is(2),
                killed: is(3),
                away_suspended: is(4),
                away_waiting: is(5),
                held: is(6),
                scheduled: is(7),
                waiters: is(8),
                closed: is(9),
                signal: is(10),
                ended: is(11),
            }
        })
        .filter(|actor| !actor.ended || (actor.closed && actor.signal && actor.scheduled))
}

fn sum(bits: &[(bool, usize)]) -> usize {
    bits.iter().filter(|(is, _)| *is).map(|(_, bit)| bit).sum()
}

impl Actor {
    /// With a pointer to `to`, or none.
    fn build(self, to: *mut Extension) -> (Control<Extension>, Mailbox) {
        let bits = sum(&[
            (self.suspended, 1),
            (self.parked, 2),
            (self.now, 4),
            (self.killed, 8),
            (self.away_suspended, 16),
            (self.away_waiting, 32),
            (self.held, 64),
        ]);
        let flags = sum(&[
            (self.scheduled, SCHEDULED),
            (self.waiters, WAITERS),
            (self.closed, CLOSED),
            (self.signal, SIGNAL),
            (self.ended, ENDED),
        ]);
        let mailbox = Mailbox::vacant();
        mailbox.word.store(Word::of_flags(flags).reserved().0, Ordering::Relaxed);
        (Control(AtomicPtr::new(to.map_addr(|address| address + bits))), mailbox)
    }

    fn read(control: &Control<Extension>, mailbox: &Mailbox) -> Actor {
        let bits = control.0.load(Ordering::Relaxed).addr() % 128;
        let is = |bit: usize| bits / bit % 2 == 1;
        let word = mailbox.peek();
        assert_eq!((word.count(), word.head().is_null()), (1, true), "an order touches no message");
        Actor {
            suspended: is(1),
            parked: is(2),
            now: is(4),
            killed: is(8),
            away_suspended: is(16),
            away_waiting: is(32),
            held: is(64),
            scheduled: word.has(SCHEDULED),
            waiters: word.has(WAITERS),
            closed: word.has(CLOSED),
            signal: word.has(SIGNAL),
            ended: word.has(ENDED),
        }
    }

    /// It is told to look at its orders.
    fn told(self) -> Actor {
        Actor { signal: true, scheduled: true, ..self }
    }

    fn resumed(self) -> (Actor, Ordered) {
        let lifted = Actor { suspended: false, ..self };
        match (self.suspended, self.parked) {
            (false, _) => (self, Ordered::Already),
            (true, false) => (lifted, Ordered::Told),
            (true, true) => (Actor { parked: false, ..lifted }.told(), Ordered::Ours),
        }
    }
}

/// Does it to every actor, and holds what comes of it against `expected`.
fn each<R: PartialEq + std::fmt::Debug>(
    act: impl Fn(&Control<Extension>, &Mailbox) -> R,
    expected: impl Fn(Actor) -> (Actor, R),
) {
    let mut extension = Extension(7);
    for before in all() {
        for to in [std::ptr::null_mut(), &raw mut extension] {
            let (control, mailbox) = before.build(to);
            let given = act(&control, &mailbox);
            assert_eq!((Actor::read(&control, &mailbox), given), expected(before), "of {before:?}");
            assert_eq!(control.pointer(), NonNull::new(to), "of {before:?}");
        }
    }
    assert_eq!(extension.0, 7);
}

/// By a glance, which changes nothing.
fn glance<R: PartialEq + std::fmt::Debug>(
    act: impl Fn(&Control<Extension>) -> R,
    expected: impl Fn(Actor) -> R,
) {
    each(|control, _| act(control), |actor| (actor, expected(actor)));
}

#[test]
fn suspending_and_resuming() {
    each(
        |control, mailbox| control.suspend(mailbox),
        |actor| match actor {
            Actor { closed: true, .. } => (actor, Ordered::Already),
            Actor { suspended: true, .. } => (actor, Ordered::Already),
            Actor { scheduled, .. } => {
                let whose = if scheduled { Ordered::Told } else { Ordered::Ours };
                (Actor { suspended: true, ..actor }.told(), whose)
            }
        },
    );
    each(|control, mailbox| control.resume(mailbox), Actor::resumed);
}

#[test]
fn stopping() {
    each(
        |control, mailbox| control.stop(mailbox),
        |actor| {
            let closed = Actor { closed: true, scheduled: actor.scheduled || !actor.closed, ..actor };
            if !actor.closed && !actor.scheduled {
                return (closed, Ordered::Ours);
            }
            match closed.resumed() {
                (_, Ordered::Already) if !actor.closed => (closed, Ordered::Told),
                resumed => resumed,
            }
        },
    );
}

#[test]
fn ending_at_once() {
    for killed in [false, true] {
        each(
            |control, mailbox| control.end_now(mailbox, killed),
            |actor| {
                let over = actor.closed && actor.signal;
                let after = Actor {
                    now: true,
                    killed: actor.killed || killed,
                    suspended: false,
                    parked: false,
                    closed: true,
                    signal: true,
                    scheduled: actor.scheduled || !over,
                    ..actor
                };
                let whose = match actor {
                    Actor { parked: true, .. } => Ordered::Ours,
                    _ if !over && !actor.scheduled => Ordered::Ours,
                    _ if over && actor.now => Ordered::Already,
                    _ => Ordered::Told,
                };
                (after, whose)
            },
        );
    }
}

#[test]
fn what_the_owner_finds() {
    each(
        |control, mailbox| control.orders(mailbox),
        |actor| {
            let orders = match actor {
                Actor { now: true, killed, .. } => Orders::End { killed },
                Actor { suspended: true, .. } | Actor { held: true, .. } => Orders::Stand,
                _ => Orders::None,
            };
            (Actor { signal: false, ..actor }, orders)
        },
    );
    let ending = |actor: Actor| match (actor.now, actor.killed) {
        (false, _) => None,
        (true, false) => Some(Ending::Stopped),
        (true, true) => Some(Ending::Killed),
    };
    glance(Control::is_to_end, ending);
    glance(Control::is_held, |actor| actor.held);
    glance(Control::stays, |actor| actor.held && !actor.now);
    glance(Control::is_suspended, |actor| actor.suspended && actor.parked);
    glance(Control::drains, |actor| !actor.away_suspended && !actor.away_waiting);
    glance(|control| control.is_away(Away::Suspended), |actor| actor.away_suspended);
    glance(|control| control.is_away(Away::Waiting), |actor| actor.away_waiting);
    each(|control, _| control.hold(), |actor| (Actor { held: true, ..actor }, ()));
    each(|control, _| control.release(), |actor| (Actor { held: false, ..actor }, ()));
}

#[test]
fn errands() {
    let put = std::cell::Cell::new(0);
    each(
        |control, mailbox| control.rouse(mailbox, || put.set(put.get() + 1)),
        |actor| {
            let after = Actor { parked: false, ..actor }.told();
            let whose = match actor {
                Actor { ended: true, .. } => Roused::Ended,
                Actor { scheduled: false, .. } | Actor { parked: true, .. } => Roused::Ours,
                _ => Roused::Told,
            };
            (after, whose)
        },
    );
    assert_eq!(put.get(), 2 * all().count());
}

#[test]
fn parking() {
    for errands in [false, true] {
        each(
            |control, mailbox| control.park(mailbox, || errands),
            |actor| match actor {
                Actor { now: true, .. } => (actor, Parked::No),
                Actor { suspended: false, held: false, .. } => (actor, Parked::No),
                _ if errands => (Actor { parked: false, ..actor }, Parked::No),
                Actor { held: false, closed: true, .. } => {
                    (Actor { suspended: false, parked: false, ..actor }, Parked::No)
                }
                _ => (Actor { parked: true, ..actor }, Parked::Yes),
            },
        );
    }
}

#[test]
fn not_draining() {
    let drains = |actor: Actor| !actor.away_suspended && !actor.away_waiting;
    each(
        |control, _| control.leave(Away::Suspended),
        |actor| (Actor { away_suspended: true, ..actor }, drains(actor)),
    );
    each(
        |control, _| control.leave(Away::Waiting),
        |actor| (Actor { away_waiting: true, ..actor }, drains(actor)),
    );
    each(
        |control, _| control.come_back(Away::Suspended),
        |actor| (Actor { away_suspended: false, ..actor }, actor.away_suspended && !actor.away_waiting),
    );
    each(
        |control, _| control.come_back(Away::Waiting),
        |actor| (Actor { away_waiting: false, ..actor }, actor.away_waiting && !actor.away_suspended),
    );
}

#[test]
fn the_pointer_beside_the_orders() {
    let (mut first, mut second) = (Extension(1), Extension(2));
    let (first, second) = (NonNull::from(&mut first), NonNull::from(&mut second));
    for actor in all() {
        let (control, mailbox) = actor.build(std::ptr::null_mut());
        assert_eq!(control.pointer(), None);
        assert_eq!(control.point(first), Ok(()));
        assert_eq!(control.point(second), Err(first));
        assert_eq!(control.pointer(), Some(first));
        assert_eq!(Actor::read(&control, &mailbox), actor);
        assert_eq!(control.clear(), Some(first));
        assert!(control.0.load(Ordering::Relaxed).is_null(), "neither orders nor a pointer");
        assert_eq!(control.clear(), None);
    }
}
