//! What was measured, as lines of CSV.

use crate::peers::answer::Row;
use crate::peers::program::Orders;
use crate::peers::task::Asked;
use std::fmt::{Display, Write};

/// The head of the iterations.
pub(super) const ITERATIONS: &str = "system,workers,idle,used,asked,round,iteration,ns\n";
/// The head of the latencies.
pub(super) const LATENCIES: &str = "system,workers,idle,used,asked,round,ns,count\n";

pub(super) fn iterations(system: &str, orders: &Orders, asked: Asked, round: u32, row: &Row) -> String {
    lines(system, orders, asked, round, row.ns.iter().enumerate().map(|(n, ns)| (n + 1, ns)))
}

pub(super) fn latencies(system: &str, orders: &Orders, asked: Asked, round: u32, row: &Row) -> String {
    lines(system, orders, asked, round, row.open.iter().flat_map(|open| open.latency.iter().copied()))
}

fn lines(
    system: &str,
    Orders { workers, idle, used, .. }: &Orders,
    asked: Asked,
    round: u32,
    pairs: impl Iterator<Item = (impl Display, impl Display)>,
) -> String {
    let mut out = String::new();
    for (one, other) in pairs {
        let used = !used.is_zero();
        let _ = writeln!(out, "{system},{workers},{idle},{used},{asked},{round},{one},{other}");
    }
    out
}
