//! The processors that this process may use.

use std::mem::size_of_val;

/// Their numbers, the lowest first; none where the kernel does not tell.
pub fn usable() -> Vec<usize> {
    // SAFETY: a mask of plain bits, for which all of them zero is one of its values.
    let mut mask: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes no more than the mask's own size; 0 is this thread.
    let answer = unsafe { libc::sched_getaffinity(0, size_of_val(&mask), &mut mask) };
    if answer != 0 {
        return Vec::new();
    }
    // SAFETY: every number is below the mask's size.
    (0..libc::CPU_SETSIZE as usize).filter(|n| unsafe { libc::CPU_ISSET(*n, &mask) }).collect()
}

/// `0-3,6` for 0, 1, 2, 3 and 6.
pub fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_threads_may_run_on_are_told() {
        let usable = usable();
        assert!(usable.len() >= std::thread::available_parallelism().map_or(1, usize::from), "{usable:?}");
        assert!(usable.is_sorted());
    }

    #[test]
    fn neighbours_are_told_together() {
        for (numbers, text) in
            [(&[][..], ""), (&[5], "5"), (&[0, 1], "0-1"), (&[0, 1, 2, 3, 6], "0-3,6"), (&[0, 2, 4], "0,2,4")]
        {
            assert_eq!(ranges(numbers), text);
        }
    }
}
