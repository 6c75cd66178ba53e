//! All workloads, in the order of the paper, and skynet.

mod bank_transaction;
mod bounded_buffer;
mod busy;
mod cigarette_smokers;
mod clients;
mod concurrent_dictionary;
mod concurrent_sorted_list;
mod dining_philosophers;
mod logistic_map;
mod ping_pong;
mod sleeping_barber;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 9] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<concurrent_dictionary::ConcurrentDictionary>(),
    Entry::of::<concurrent_sorted_list::ConcurrentSortedList>(),
    Entry::of::<bounded_buffer::BoundedBuffer>(),
    Entry::of::<dining_philosophers::DiningPhilosophers>(),
    Entry::of::<sleeping_barber::SleepingBarber>(),
    Entry::of::<cigarette_smokers::CigaretteSmokers>(),
    Entry::of::<logistic_map::LogisticMap>(),
    Entry::of::<bank_transaction::BankTransaction>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
