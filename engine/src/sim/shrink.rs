//! Making a run that fails small.

use std::cell::Cell;

/// Makes a list of choices with which something fails smaller, as long as it still does: fewer choices, and lower ones. `fails` is tried
/// `tries` times at most. Gives the smallest list that failed; as `choices` are taken to fail, they are not tried.
///
/// The idea of shrinking the choices instead of what was made of them is D. R. MacIver's and A. F. Donaldson's ("Test-Case Reduction
/// via Test-Case Generation", ECOOP 2020).
///
/// # Examples
/// ```
/// let small = throng::sim::shrink(vec![9, 3, 50, 7, 2], 1_000, |choices| choices.iter().any(|choice| *choice >= 40));
/// assert_eq!(small, [40]);
/// ```
pub fn shrink(choices: Vec<u64>, tries: u32, mut fails: impl FnMut(&[u64]) -> bool) -> Vec<u64> {
    let mut smallest = choices;
    let left = Cell::new(tries);
    let mut try_out = |candidate: Vec<u64>, smallest: &mut Vec<u64>| {
        if left.get() == 0 || candidate == *smallest {
            return false;
        }
        left.set(left.get() - 1);
        let is_smaller = fails(&candidate);
        if is_smaller {
            *smallest = candidate;
        }
        is_smaller
    };
    // Mostly in vain; but where it is not, this is all, and where each try takes long, halving would take very long.
    try_out(Vec::new(), &mut smallest);
    loop {
        let before = smallest.clone();
        // The end, by halves: what is missing is zero.
        let mut cut = smallest.len().div_ceil(2);
        while cut > 0 {
            let kept = smallest.len().saturating_sub(cut);
            if !try_out(smallest[..kept].to_vec(), &mut smallest) {
                cut /= 2;
            }
            cut = cut.min(smallest.len());
        }
        // Stretches out of the middle, long ones first; those that must stay become zeros if they may.
        let mut length = smallest.len() / 2;
        while length > 0 {
            let mut at = 0;
            while at + length <= smallest.len() && left.get() > 0 {
                let mut without = smallest.clone();
                without.drain(at..at + length);
                if try_out(without, &mut smallest) {
                    continue;
                }
                let mut zeroed = smallest.clone();
                zeroed[at..at + length].fill(0);
                try_out(zeroed, &mut smallest);
                at += length;
            }
            length = if left.get() > 0 { length / 2 } else { 0 };
        }
        // Each choice by itself, by halves.
        for at in 0..smallest.len() {
            if left.get() == 0 {
                break;
            }
            let mut step = smallest.get(at).map_or(0, |choice| choice.div_ceil(2));
            while step > 0 {
                let Some(choice) = smallest.get(at).copied() else { break };
                let mut lower = smallest.clone();
                lower[at] = choice.saturating_sub(step);
                if !try_out(lower, &mut smallest) {
                    step /= 2;
                }
                step = step.min(smallest.get(at).copied().unwrap_or(0));
            }
        }
        if smallest == before || left.get() == 0 {
            return smallest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let choices: Vec<u64> = (0..200).map(|n| n * 7 % 31).collect();
        // Two choices in this order, and nothing else.
        let fails = |choices: &[u64]| {
            let mut rest = choices.iter().skip_while(|choice| **choice < 17).skip(1);
            rest.any(|choice| *choice >= 5)
        };
        assert!(fails(&choices));
        assert_eq!(shrink(choices, 10_000, fails), [17, 5]);
    }

    #[test]
    fn what_fails_whatever_is_chosen_takes_one_try() {
        let mut tried = Vec::new();
        let small = shrink(vec![3; 1_000], 1_000, |choices| {
            tried.push(choices.len());
            true
        });
        assert_eq!((small.len(), tried), (0, vec![0]));
    }

    #[test]
    fn tries_are_limited_and_the_last_that_failed_is_kept() {
        let mut tries = 0;
        let small = shrink(vec![3; 1_000], 10, |choices| {
            tries += 1;
            choices.len() > 100
        });
        assert_eq!(tries, 10);
        assert!((101..1_000).contains(&small.len()), "{}", small.len());
        assert_eq!(shrink(vec![8], 100, |_| false), [8]);
    }
}
