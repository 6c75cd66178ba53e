//! What the compiler itself says of a message that cannot be sent, and of wrong calls.

mod shop {
    #[derive(Default)]
    pub struct Till {
        pub cash: u64,
    }

    #[throng::proxy]
    impl Till {
        pub fn pay(&mut self, n: u64) {
            self.cash += n;
        }

        fn open(&mut self) {}
    }
}

struct Local;

#[throng::proxy]
impl Local {
    fn keep(&mut self, _shared: *const u8) {}
}

fn main() {
    let till = throng::System::start().unwrap().spawn(shop::Till::default()).proxy();
    let _ = till.pay("seven");
    // Whoever stands outside sees neither what is the module's own nor the state.
    let _ = till.open();
    let _ = till.cash;
}
