//! What was measured, as lines of CSV.

use crate::peers::answer::Row;
use crate::peers::program::Orders;
use crate::peers::task::Asked;
use std::fmt::Write;

/// The head of the iterations.
pub(super) const ITERATIONS: &str = "system,workers,idle,used,asked,round,iteration,ns\n";

pub(super) fn iterations(system: &str, orders: &Orders, asked: Asked, round: u32, row: &Row) -> String {
    let Orders { workers, idle, used, .. } = orders;
    let used = !used.is_zero();
    let mut out = String::new();
    for (n, ns) in (1..).zip(&row.ns) {
        let _ = writeln!(out, "{system},{workers},{idle},{used},{asked},{round},{n},{ns}");
    }
    out
}
