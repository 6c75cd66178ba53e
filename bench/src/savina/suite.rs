//! All workloads, in the order of the paper, and skynet.

mod a_star;
mod facility_location;
mod matrix_product;
mod n_queens;
mod ping_pong;
mod shortest_path;
mod successive_over_relaxation;
mod uct;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 8] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<matrix_product::MatrixProduct>(),
    Entry::of::<n_queens::NQueens>(),
    Entry::of::<shortest_path::ShortestPath>(),
    Entry::of::<successive_over_relaxation::SuccessiveOverRelaxation>(),
    Entry::of::<uct::Uct>(),
    Entry::of::<facility_location::FacilityLocation>(),
    Entry::of::<a_star::AStar>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
