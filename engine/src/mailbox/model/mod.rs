//! Models of the mailbox floor: the shipped modules under loom, driven as the actor floor drives them.

mod lobby;

mod stage;

mod driver;

mod sending;

mod turning;

mod muting;

mod suspending;

mod waiting;

mod pledging;

mod pressing;

mod granting;

mod keeping;
