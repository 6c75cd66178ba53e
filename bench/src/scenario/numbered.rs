//! Senders that number what they send, and the faults that a test plants into their numbers.

use super::plan::Planted;
use throng::{Actor, Context};

/// Numbers what it sends, so that its receiver finds what was lost, came twice, or was overtaken.
pub trait Numbered: Actor {
    /// The number of what it sends next.
    fn next(&mut self) -> &mut u64;

    /// Sends what has the next number, which is raised if that went.
    fn send_next(&mut self, cx: &mut Context<'_, Self>);

    /// Passes a number over.
    fn leave_out(&mut self) {
        *self.next() += 1;
    }

    /// Plants what is a sender's to do wrong; of any other fault, nothing.
    #[cold]
    #[inline(never)]
    fn plant(&mut self, fault: Planted, cx: &mut Context<'_, Self>) {
        match fault {
            Planted::Lost => self.leave_out(),
            Planted::Duplicated => {
                self.send_next(cx);
                *self.next() -= 1;
            }
            Planted::Overtaken => {
                *self.next() += 1;
                self.send_next(cx);
                *self.next() -= 2;
                self.send_next(cx);
                *self.next() += 1;
            }
            Planted::Overlap | Planted::Astray | Planted::Early | Planted::Uncounted => {}
        }
    }
}
