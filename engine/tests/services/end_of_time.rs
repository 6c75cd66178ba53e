//! Virtual time at its end: what is armed for the furthest moment there is comes, once.

use crate::watchdog::watch;
use std::time::Duration;
use throng::{Actor, Context, Fault, System};

struct Sleeper {
    again: bool,
}

impl Actor for Sleeper {
    type Msg = ();

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.again {
            cx.every(Duration::MAX, || ());
        } else {
            cx.after(Duration::MAX, ());
        }
        Ok(())
    }

    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

fn handled_at_the_end(again: bool) -> u64 {
    let mut inline = System::builder().inline_virtual();
    inline.spawn(Sleeper { again });
    inline.advance(Duration::MAX);
    inline.advance(Duration::MAX);
    inline.system().ledger().handled
}

#[test]
fn an_alarm_at_the_end_comes_once() {
    let _watchdog = watch("the end of time");
    assert_eq!(handled_at_the_end(false), 1);
}

#[test]
fn a_tick_at_the_end_is_the_last() {
    let _watchdog = watch("the end of time");
    assert_eq!(handled_at_the_end(true), 1);
}
