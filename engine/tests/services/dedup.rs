//! A window of keys on the engine's clock; that of counts and times without one is tested beside the code.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{Actor, Context, Dedup, Fault, Inline, Sight, System};

struct Looks {
    window: Dedup<String>,
    told: Sender<Sight>,
}

enum Msg {
    Look(&'static str),
    Forget(&'static str),
}

impl Actor for Looks {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Look(key) => self.told.send(self.window.look(cx, key.to_string()))?,
            Msg::Forget(key) => assert!(self.window.forget(&key.to_string())),
        }
        Ok(())
    }
}

#[test]
fn a_key_is_seen_for_its_time() {
    const KEEP: Duration = Duration::from_millis(300);
    const NANO: Duration = Duration::from_nanos(1);
    let mut inline = System::builder().inline_virtual();
    let (told, sights) = channel();
    let window = Dedup::new(10, KEEP).expect("in range");
    let looks = inline.spawn(Looks { window, told });
    let look = |inline: &mut Inline, key| {
        looks.try_send(Msg::Look(key)).expect("room");
        inline.run_until_idle();
        sights.try_recv().expect("it says so")
    };
    // To the nanosecond, and a look at it makes the time no longer.
    for _ in 0..3 {
        assert_eq!(look(&mut inline, "a"), Sight::New);
        inline.advance(KEEP / 2);
        assert_eq!(look(&mut inline, "a"), Sight::Seen);
        inline.advance(KEEP / 2 - NANO);
        assert_eq!(look(&mut inline, "a"), Sight::Seen);
        inline.advance(NANO);
    }
    assert_eq!((look(&mut inline, "b"), look(&mut inline, "b")), (Sight::New, Sight::Seen));
    looks.try_send(Msg::Forget("b")).expect("room");
    assert_eq!(look(&mut inline, "b"), Sight::New);
    assert_eq!(inline.system().ledger().faults, 0);
}
