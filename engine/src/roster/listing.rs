//! Entries that go with whom they are of.
//!
//! Who may touch what: a list is for everybody, behind a lock that is held for a few instructions and never over user code, nor
//! while an onlooker is put anywhere or taken back. An entry stands *before* its onlooker does: so the end, whenever that comes,
//! finds what to strike off. Where the end was before, who made the entry strikes it off again. The number of the onlooker is
//! noted afterwards, if the entry still stands; if not, somebody took it off meanwhile, who knew of no onlooker, and it is
//! taken back here. (Modelled in `model.rs`.)

use crate::sync::{Mutant, mutant};
use std::sync::Arc;

/// Somebody whose end can be looked out for.
pub(crate) trait Ends: Clone + Send + 'static {
    /// Has this called at the end, once; gives a number to take it back by. None if the end has been: it is not called.
    fn look_on(&self, onlooker: Box<dyn FnOnce() + Send>) -> Option<u64>;

    /// Takes an onlooker back, unless it has been called.
    fn take_back(&self, number: u64);
}

/// A list whose entries go with whom they are of.
pub(crate) trait Listing: Send + Sync + 'static {
    /// Which entry: never the same for two.
    type Ticket: Clone + Send + 'static;

    /// Notes the number of the onlooker; false if the entry is gone.
    fn note(&self, ticket: &Self::Ticket, onlooker: u64) -> bool;

    /// The end has come.
    fn strike(&self, ticket: &Self::Ticket);
}

/// Has an entry, which stands already, go with whom it is of. False if that has ended: the entry is gone.
pub(crate) fn tie<L: Listing>(list: &Arc<L>, ticket: &L::Ticket, whom: &impl Ends) -> bool {
    let (theirs, its) = (Arc::downgrade(list), ticket.clone());
    let onlooker = move || {
        if let Some(list) = theirs.upgrade() {
            list.strike(&its);
        }
    };
    match whom.look_on(Box::new(onlooker)) {
        Some(number) => {
            if !list.note(ticket, number) && !mutant(Mutant::OnlookerLeft) {
                whom.take_back(number);
            }
            true
        }
        None => {
            if !mutant(Mutant::EndedListed) {
                list.strike(ticket);
            }
            false
        }
    }
}
