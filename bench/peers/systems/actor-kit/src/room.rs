//! How many actors there is memory for.

use throng_bench::alone::spoiled::Spoiled;

/// What an actor takes with a mailbox of [`CAPACITY`](super::kit::CAPACITY): measured, most of it two queues that are made at once.
const BYTES: u64 = 9_700;
/// More than this is not taken.
const MOST: u64 = 15 << 30;

/// Refuses more actors than there is memory for.
pub(crate) fn enough(actors: u64) -> Result<(), Spoiled> {
    let bytes = actors.saturating_mul(BYTES);
    if bytes > MOST {
        let gigabytes = bytes >> 30;
        return Err(Spoiled::Failed(format!(
            "{actors} actors would take {gigabytes} GB: an actor takes {BYTES} bytes with a mailbox of 64, and all have the same"
        )));
    }
    Ok(())
}
