//! How much memory a measurement may take here.

use crate::machine::memory::available_bytes;

/// Half of the memory that is free now, so that neither the machine nor the container it is in runs out. Zero, which
/// the programs take for no budget, where neither is told.
pub fn budget() -> u64 {
    available_bytes().unwrap_or(0) / 2
}
