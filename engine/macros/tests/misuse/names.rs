//! Names that are taken.

struct Door;

#[throng::proxy]
impl Door {
    fn stop(&mut self) {}

    fn address(&mut self) {}

    fn handle(&mut self) {}

    fn started(&mut self) {}

    fn open(&mut self) {}

    fn open_from(&mut self) {}

    fn lock_1(&mut self) {}

    fn lock1(&mut self) {}

    fn self_(&mut self) {}
}

struct Window;

#[throng::proxy]
impl Window {
    #[hook]
    fn handle(&mut self) {}
}

fn main() {}
