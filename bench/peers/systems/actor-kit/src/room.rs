//! How many actors there is memory for.

/// What an actor takes with a mailbox of [`CAPACITY`](super::kit::CAPACITY): measured, most of it two queues that are made at once.
const BYTES: u64 = 9_700;
/// More than this is not taken.
const MOST: u64 = 15 << 30;

/// Why there cannot be so many, where there is too little memory for them.
pub(crate) fn too_little_for(actors: u64) -> Option<String> {
    let bytes = actors.saturating_mul(BYTES);
    (bytes > MOST).then(|| {
        let gigabytes = bytes >> 30;
        format!("{actors} actors would take {gigabytes} GB: an actor takes {BYTES} bytes with a mailbox of 64, and all have the same")
    })
}
