//! Orders to a child that is a supervisor itself: its own children go first, so it is told to clear, or to clear at once, and the
//! order proper follows when it has. One that failed has cleared by then.

use super::command::Command;

/// What is due once the child has cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Vacate,
    End,
}

/// What is to be given to the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Parcel {
    /// Nothing.
    Nothing,
    /// The order itself.
    Order(Command),
    /// A message: end all children, in order.
    Clear,
    /// A message: kill all children.
    Abort,
}

/// What its supervisor knows of a child that is one too.
#[derive(Debug, Default)]
pub(super) struct Courier {
    /// It may have children.
    open: bool,
    then: Option<Then>,
}

impl Courier {
    /// An order of the machine for this child.
    pub(super) fn order(&mut self, order: Command) -> Parcel {
        match order {
            Command::Make(_) | Command::Occupy(_) => *self = Courier { open: true, then: None },
            Command::Vacate(_) if self.open => {
                self.then = Some(Then::Vacate);
                return Parcel::Clear;
            }
            Command::Drain(_) | Command::StopNow(_) if self.open => {
                self.then = Some(Then::End);
                return Parcel::Clear;
            }
            Command::Kill(_) if self.open => {
                self.then = Some(Then::End);
                return Parcel::Abort;
            }
            _ => {}
        }
        Parcel::Order(order)
    }

    /// The child has no children any more.
    pub(super) fn cleared(&mut self, child: usize) -> Parcel {
        self.open = false;
        match self.then.take() {
            None => Parcel::Nothing,
            Some(Then::Vacate) => Parcel::Order(Command::Vacate(child)),
            Some(Then::End) => Parcel::Order(Command::StopNow(child)),
        }
    }

    /// The child has failed, after its children had gone. It will not come to what it was told.
    pub(super) fn failed(&mut self, child: usize) -> Parcel {
        self.open = false;
        match self.then.take() {
            None => Parcel::Nothing,
            Some(Then::Vacate) => Parcel::Order(Command::Vacate(child)),
            Some(Then::End) => Parcel::Order(Command::Kill(child)),
        }
    }

    /// Its state, or it itself, is gone.
    pub(super) fn gone(&mut self) {
        *self = Courier::default();
    }
}
