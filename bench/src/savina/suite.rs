//! All workloads, in the order of the paper, and skynet.

mod matrix_product;
mod n_queens;
mod ping_pong;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 3] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<matrix_product::MatrixProduct>(),
    Entry::of::<n_queens::NQueens>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
