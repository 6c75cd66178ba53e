//! A worker that has nothing takes from another.

use crate::counting::rounds;
use throng::internals::Theft;

/// Operations: each is long.
const FEW: u64 = 1_000;
/// Tasks of the worker that is taken from.
const TASKS: usize = 64;

/// `in_hand` of the half that is taken is what the thief would run at once.
fn theft(prepare: fn(&mut Theft), take: fn(&mut Theft), in_hand: usize) -> u64 {
    let mut theft = Theft::new();
    rounds(|part, _| {
        for _ in 0..FEW {
            prepare(&mut theft);
            part(&mut || take(&mut theft));
            assert_eq!(theft.clear() + in_hand, TASKS / 2, "half of it is taken");
        }
    });
    FEW
}

/// Half of 64 tasks out of another's deque, by a worker that has none.
pub(crate) fn steal() -> u64 {
    theft(|theft| theft.export(TASKS), Theft::steal, 1)
}

/// Half of 64 tasks from behind another's handler.
pub(crate) fn seize() -> u64 {
    theft(|theft| theft.line_up(TASKS), Theft::seize, 0)
}
