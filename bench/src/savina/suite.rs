//! All workloads, in the order of the paper, and skynet; before them what several of them do alike.

mod values;

mod stream;

mod busy;

mod digest;

mod clients;

mod ping_pong;

mod counting;

mod fork_join_throughput;

mod fork_join_create;

mod thread_ring;

mod chameneos;

mod big;

mod concurrent_dictionary;

mod concurrent_sorted_list;

mod bounded_buffer;

mod dining_philosophers;

mod sleeping_barber;

mod cigarette_smokers;

mod logistic_map;

mod bank_transaction;

mod radix_sort;

mod bitonic_sort;

mod quicksort;

mod filter_bank;

mod sieve;

mod uct;

mod facility_location;

mod trapezoid;

mod n_queens;

mod pi;

mod matrix_product;

mod shortest_path;

mod successive_over_relaxation;

mod a_star;

mod fibonacci;

mod skynet;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 31] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<counting::Counting>(),
    Entry::of::<fork_join_throughput::ForkJoinThroughput>(),
    Entry::of::<fork_join_create::ForkJoinCreate>(),
    Entry::of::<thread_ring::ThreadRing>(),
    Entry::of::<chameneos::Chameneos>(),
    Entry::of::<big::Big>(),
    Entry::of::<concurrent_dictionary::ConcurrentDictionary>(),
    Entry::of::<concurrent_sorted_list::ConcurrentSortedList>(),
    Entry::of::<bounded_buffer::BoundedBuffer>(),
    Entry::of::<dining_philosophers::DiningPhilosophers>(),
    Entry::of::<sleeping_barber::SleepingBarber>(),
    Entry::of::<cigarette_smokers::CigaretteSmokers>(),
    Entry::of::<logistic_map::LogisticMap>(),
    Entry::of::<bank_transaction::BankTransaction>(),
    Entry::of::<radix_sort::RadixSort>(),
    Entry::of::<bitonic_sort::BitonicSort>(),
    Entry::of::<quicksort::Quicksort>(),
    Entry::of::<filter_bank::FilterBank>(),
    Entry::of::<sieve::Sieve>(),
    Entry::of::<uct::Uct>(),
    Entry::of::<facility_location::FacilityLocation>(),
    Entry::of::<trapezoid::Trapezoid>(),
    Entry::of::<n_queens::NQueens>(),
    Entry::of::<pi::Pi>(),
    Entry::of::<matrix_product::MatrixProduct>(),
    Entry::of::<shortest_path::ShortestPath>(),
    Entry::of::<successive_over_relaxation::SuccessiveOverRelaxation>(),
    Entry::of::<a_star::AStar>(),
    Entry::of::<fibonacci::Fibonacci>(),
    Entry::of::<skynet::Skynet>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
