//! All workloads, in the order of the paper, and skynet.

mod bitonic_sort;

mod filter_bank;

mod pi;

mod ping_pong;

mod quicksort;

mod radix_sort;

mod sieve;

mod trapezoid;

mod values;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 8] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<radix_sort::RadixSort>(),
    Entry::of::<bitonic_sort::BitonicSort>(),
    Entry::of::<quicksort::Quicksort>(),
    Entry::of::<sieve::Sieve>(),
    Entry::of::<filter_bank::FilterBank>(),
    Entry::of::<trapezoid::Trapezoid>(),
    Entry::of::<pi::Pi>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
