//! A window of keys on the engine's clock; that of counts and times without one is tested beside the code.

use crate::watchdog::watch;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Dedup, Fault, Sight, System};

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
    let _dog = watch("a_key_is_seen_for_its_time");
    const KEEP: Duration = Duration::from_millis(300);
    let mut inline = System::builder().inline();
    let (told, sights) = channel();
    let window = Dedup::new(10, KEEP).expect("in range");
    let looks = inline.spawn(Looks { window, told });
    let mut look = |key| {
        looks.try_send(Msg::Look(key)).expect("room");
        inline.run_until_idle();
        sights.try_recv().expect("it says so")
    };
    let began = Instant::now();
    assert_eq!(look("a"), Sight::New);
    let placed = Instant::now();
    loop {
        let sight = look("a");
        if sight == Sight::New {
            assert!(began.elapsed() >= KEEP, "too early");
            break;
        }
        assert!(placed.elapsed() < KEEP * 100, "too late");
    }
    assert_eq!((look("b"), look("b")), (Sight::New, Sight::Seen));
    looks.try_send(Msg::Forget("b")).expect("room");
    inline.run_until_idle();
    looks.try_send(Msg::Look("b")).expect("room");
    inline.run_until_idle();
    assert_eq!(sights.try_recv(), Ok(Sight::New));
    assert_eq!(inline.system().ledger().faults, 0);
}
