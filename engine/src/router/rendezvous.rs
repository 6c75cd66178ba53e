//! Which member a key belongs to: rendezvous hashing, also called highest random weight (Thaler and Ravishankar, "Using
//! name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998).
//!
//! Each member has a weight for each key, drawn by a hash of both; the key belongs to the heaviest. When a member goes, its own
//! keys go to their next heaviest, and no other key moves; when one comes, it takes keys from the others, each to itself.

/// The weight of a member for a key: the output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014; its constants are Stafford's variant 13), once over each.
pub(super) fn weight(member: u64, key: u64) -> u64 {
    mix(mix(member).wrapping_add(key))
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
}
