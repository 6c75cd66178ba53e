//! Function actors: an actor whose whole life is one future, which takes its messages itself.
//!
//! *Who may touch what.* The future is the actor's state, and is polled in its turns alone. It and its actor share a [`desk`], behind
//! a lock that is held for a few instructions and never over user code: the inbox may be anywhere, also on a thread outside.
//! What a selective receive leaves lies in the inbox, and its number on the desk.
//!
//! *What the bound means.* The actor hands over one message at a time, and only while the future waits for one; while it waits for
//! anything else the actor is *held*: it handles nothing, its mailbox fills up to the capacity, sends beyond are refused as full, and
//! nobody is suspended on it. What a selective receive leaves is counted in the mailbox ([`crate::mailbox::stash`], "kept
//! apart"), and as long as there is any the actor does not drain either. So what waits and what is kept are at most the capacity
//! together (but for what had entered above it before), and a selective receive that keeps as many as that ends with
//! [`SavedFull`](crate::RecvError::SavedFull).
//!
//! *Time.* A timeout is the engine's timer, which wakes the actor as anybody does, by an errand. What came in time is looked at
//! first: time is up only when there is nothing in the mailbox, and one of zero is so when it begins. Where the actor cannot
//! see what comes next (messages are sorted, or it is the engine's own), a barrier says so behind all that is there.
//!
//! *Spawning.* An inbox may be anywhere, but spawns only on a worker of its actor's system and while that actor lives
//! ([`crate::actor::spawn::beside`]): there the worker of the thread is nobody else's, as in any handler, and a sweep of the system waits
//! for it. Anywhere else it gives the actor back.
//!
//! *The end.* A stop closes the mailbox; the future takes what is in it, then hears that it is stopped, and has all the time that it
//! needs to finish: its last hook holds the actor until it has. Stop now, kill, and the system's end drop it where it is.

pub(crate) mod desk;

pub(crate) mod join;

pub(crate) mod inbox;

pub(crate) mod receive;

pub(crate) mod runner;

pub(crate) mod spawning;
