//! Where the attribute cannot stand, and what it is not told.

use throng::{Actor, Context, Fault};

#[throng::proxy]
struct State;

#[throng::proxy]
trait Methods {
    fn add(&mut self, n: u64);
}

#[throng::proxy]
impl Actor for State {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Borrowing<'a>(&'a str);

#[throng::proxy]
impl<'a> Borrowing<'a> {
    #[ask]
    fn flush(&mut self) {}
}

#[throng::proxy]
impl Borrowing<'_> {}

#[throng::proxy]
impl (u8, u8) {}

#[throng::proxy(adress = There)]
impl State {}

#[throng::proxy(message = A, message = B)]
impl State {}

#[throng::proxy(message)]
impl State {}

fn main() {}
