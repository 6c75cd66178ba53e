//! Every transition of a mailbox from every word that there can be, by itself, held against what it is to do in words. What
//! several do beside each other is for the models.

mod state;

mod senders;

mod owner;

mod orders;

mod between;

mod waiting;
