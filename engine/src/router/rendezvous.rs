//! Which member a key belongs to: rendezvous hashing, also called highest random weight (Thaler and Ravishankar, "Using
//! name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998).
//!
//! Each member has a weight for each key, drawn by a hash of both; the key belongs to the heaviest. When a member goes, its own
//! keys go to their next heaviest, and no other key moves; when one comes, it takes keys from the others, each to itself.
//!
//! A member is known here by its place in the roster, and not by its address, which depends on what else the process has done: so a
//! key goes to the same place in every run.

/// What a member's weights are drawn by, from its place: the output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014; its constants are Stafford's variant 13).
pub(super) fn lot(place: u64) -> u64 {
    mix(place)
}

/// The weight of a member with this lot for a key: the same function over both.
pub(super) fn weight(lot: u64, key: u64) -> u64 {
    mix(lot.wrapping_add(key))
}

fn mix(of: u64) -> u64 {
    let x = of.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of SplitMix64 with seed 1234567, as its authors' program gives them.
    #[test]
    fn it_is_splitmix() {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let outputs = (0..3).map(|n| mix(1_234_567_u64.wrapping_add(step.wrapping_mul(n))));
        assert_eq!(
            outputs.collect::<Vec<_>>(),
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    /// A change here moves every key of everybody.
    #[test]
    fn keys_go_where_they_went() {
        let home = |key| (0..7).max_by_key(|place| weight(lot(*place), key)).expect("there are seven");
        assert_eq!((0..12).map(home).collect::<Vec<_>>(), [5, 5, 4, 0, 5, 4, 0, 3, 0, 5, 5, 1]);
    }
}
