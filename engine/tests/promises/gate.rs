//! A gate inside a handler: the actor says that it has come there, and stays until the test opens.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// The handler's side.
pub(crate) struct Gate(Sender<()>, Mutex<Receiver<()>>);

/// The test's side. Dropped, it leaves the gate open.
pub(crate) struct Key(Receiver<()>, Sender<()>);

pub(crate) fn gate() -> (Gate, Key) {
    let ((inside, is_inside), (go, may_go)) = (channel(), channel());
    (Gate(inside, Mutex::new(may_go)), Key(is_inside, go))
}

impl Gate {
    /// Says that it is inside, and waits until it may go on.
    pub(crate) fn pass(&self) {
        let _ = self.0.send(());
        let _ = self.1.lock().expect("nobody else waits here").recv();
    }
}

impl Key {
    /// Waits until the actor is inside.
    pub(crate) fn wait(&self) {
        self.0.recv_timeout(SOON).expect("the actor comes to the gate");
    }
    /// Lets it go on once.
    pub(crate) fn open(&self) {
        let _ = self.1.send(());
    }
}
