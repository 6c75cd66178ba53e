//! Hooks are held against the trait by the compiler.

use throng::Context;

struct Door;

#[throng::proxy]
impl Door {
    #[hook]
    fn opened(&mut self) {}

    #[hook]
    fn stopped(&mut self, _: &mut Context<'_, Self>) -> u64 {
        7
    }
}

fn main() {}
