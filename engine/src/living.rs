//! Every system of the process, for who has none of them at hand: a watchdog, or a signal.

use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::status;
use crate::sync::Arc;
use std::fmt::{Display, Write};
use std::sync::{Mutex, PoisonError, Weak};

static LIVING: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// The most that is listed of who waits, and of who is whose child.
const LINES: usize = 100;

/// Writes a system down.
pub(crate) fn enter(shared: &Arc<Shared>) {
    let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    living.retain(|system| system.strong_count() > 0);
    living.push(Arc::downgrade(shared));
}

fn all() -> Vec<Arc<Shared>> {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    living.iter().filter_map(Weak::upgrade).collect()
}

/// What every system of the process is doing, in words for a person, as [`System::describe`](crate::System::describe) tells of
/// one: for a watchdog that has none of them at hand.
#[must_use]
pub fn describe_all() -> String {
    let words: Vec<_> = all().iter().map(|shared| quiesce::describe(shared)).collect();
    words.join("\n\n")
}

/// All that can be seen of every system of the process, in words for a person: its [status](crate::System::status), what everybody is
/// [doing](crate::System::describe), [who waits for whom](crate::System::stalls), longest first, and
/// [who is whose child](crate::System::tree), up to a hundred lines each. For a signal that asks a process what it is at.
///
/// Visits every cell; each figure is a glance, and they need not agree. Holds up no worker for longer than a look into its queue. From
/// any thread, but not from a signal's handler, as it takes locks and memory.
///
/// # Examples
/// ```
/// let inline = throng::System::builder().inline();
/// assert!(throng::dump_all().contains("nobody waits for a place"));
/// # drop(inline);
/// ```
#[must_use]
pub fn dump_all() -> String {
    let systems = all();
    let mut text = match systems.len() {
        0 => "no actor system in this process".to_owned(),
        1 => "1 actor system".to_owned(),
        count => format!("{count} actor systems"),
    };
    for shared in &systems {
        let _infallible = write!(text, "\n{}\n{}", status::status(shared), quiesce::describe(shared));
        let mut stalls = quiesce::stalls(shared);
        if stalls.is_empty() {
            text += "\nnobody waits for a place";
        }
        stalls.sort_by_key(|stall| std::cmp::Reverse(stall.waited));
        list(
            &mut text,
            stalls.iter().map(|stall| {
                let (on, for_) = (stall.on_actor, stall.waited);
                format!(
                    "{} {} waits for a place with {on} {}, for {for_:?} now",
                    stall.actor, stall.who, stall.on
                )
            }),
        );
        list(&mut text, quiesce::tree(shared).to_string().lines());
    }
    text
}

fn list(text: &mut String, lines: impl Iterator<Item = impl Display>) {
    let mut more = 0_usize;
    for (n, line) in lines.enumerate() {
        if n < LINES {
            let _infallible = write!(text, "\n{line}");
        } else {
            more += 1;
        }
    }
    if more > 0 {
        let _infallible = write!(text, "\nand {more} lines more");
    }
}
