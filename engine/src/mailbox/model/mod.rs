//! Models of the mailbox floor: the shipped modules under a model checker, driven as the actor floor drives them. Those of
//! two or three threads are loom's, those of more are shuttle's.

mod lobby;

mod crew;

mod order;

mod letters;

mod stage;

mod driver;

#[cfg(throng_loom)]
mod streaking;

#[cfg(throng_loom)]
mod sending;

#[cfg(throng_loom)]
mod turning;

#[cfg(throng_loom)]
mod muting;

#[cfg(throng_loom)]
mod suspending;

#[cfg(throng_loom)]
mod rousing;

#[cfg(throng_loom)]
mod summoning;

#[cfg(throng_loom)]
mod late;

#[cfg(throng_loom)]
mod stashing;

#[cfg(throng_loom)]
mod telling;

#[cfg(throng_loom)]
mod waiting;

#[cfg(throng_loom)]
mod pledging;

#[cfg(throng_loom)]
mod ringing;

#[cfg(throng_loom)]
mod tallying;

#[cfg(throng_loom)]
mod pressing;

#[cfg(throng_loom)]
mod granting;

#[cfg(throng_loom)]
mod keeping;

#[cfg(throng_shuttle)]
mod many;
