//! Three to six actors on two or three workers that share a run queue, and threads outside: too many for loom.

mod muting;

mod suspending;

mod pressing;

mod granting;

mod keeping;

mod sorting;

mod telling;
