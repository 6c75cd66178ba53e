//! A workload in the list of all: its name, and what can be done with it.

use super::measured::{self, Measured, Terms};
use super::size::Size;
use super::workload::Workload;
use crate::alone::spoiled::Spoiled;

/// One of the suite.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// In what its rules are not those of the suite as it was published; empty where they are the same.
    pub differs: &'static str,
    words: fn(Size) -> String,
    measure: fn(&Terms) -> Result<Measured, Spoiled>,
    #[cfg(test)]
    simulate: fn(Size, u64) -> super::simulated::Simulated,
}

impl Entry {
    pub(super) const fn of<W: Workload>() -> Self {
        Self {
            name: W::NAME,
            differs: W::DIFFERS,
            words: |size| W::of(size).words(),
            measure: measured::measure::<W>,
            #[cfg(test)]
            simulate: super::simulated::run::<W>,
        }
    }

    /// What an iteration is at this size.
    pub fn words(&self, size: Size) -> String {
        (self.words)(size)
    }

    /// Measures it in this process.
    ///
    /// # Errors
    /// [`Spoiled`], if an iteration is not as it was to be, or there is no system.
    pub fn measure(&self, terms: &Terms) -> Result<Measured, Spoiled> {
        (self.measure)(terms)
    }

    /// One iteration in a simulation.
    #[cfg(test)]
    pub(super) fn simulate(&self, size: Size, seed: u64) -> super::simulated::Simulated {
        (self.simulate)(size, seed)
    }
}
