//! What errors tell their reader to do.

use throng::{Options, Overflow, Recipient, System};

struct Upstream;

impl throng::Actor for Upstream {
    type Msg = throng::Pressed;
    fn handle(&mut self, _: Self::Msg, _: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
        Ok(())
    }
}

#[test]
fn a_high_mark_out_of_its_range_is_to_move_to_where_the_range_is() {
    let inline = System::builder().inline();
    let to: Recipient<throng::Pressed> = inline.spawn(Upstream).recipient();
    let signal = Options::builder().capacity(40).overflow(Overflow::Signal).upstream(to);
    let words = |options: throng::OptionsBuilder| options.build().expect_err("out of range").to_string();
    for above in [signal.high(41), signal.low(3).high(41)] {
        let words = words(above);
        assert!(words.starts_with("high = 41 is out of range: give "), "{words}");
        assert!(
            words.ends_with(" to 40, up to the capacity: give a lower mark, or a larger capacity"),
            "{words}"
        );
    }
    let below = words(signal.high(10));
    assert!(below.ends_with("give it too, or a higher mark"), "{below}");
    assert!(!below.contains("a lower mark"), "{below}");
}
