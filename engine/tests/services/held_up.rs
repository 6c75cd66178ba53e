//! What a system that does not come to rest, or down, says about who holds it up.

use crate::watchdog::watch;
use std::future::pending;
use std::time::Duration;
use throng::{Actor, Busy, Context, Failure, Fault, System};

const SOON: Duration = Duration::from_millis(20);

fn system() -> System {
    System::builder().workers(1).build().expect("a worker can be had")
}

/// Pipes a future that is never over.
struct Piping;

impl Actor for Piping {
    type Msg = Result<(), Failure>;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.pipe(pending::<()>(), |never| never);
        Ok(())
    }
    fn handle(&mut self, _: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn a_piped_future_that_is_not_over_is_told() {
    let system = system();
    let _dog = watch("a_piped_future_that_is_not_over_is_told");
    system.spawn(Piping);
    // Until it has begun, which may take its time beside others.
    let busy = loop {
        let busy = system.quiesce(SOON).expect_err("it never ends");
        if busy.pipes > 0 {
            break busy;
        }
    };
    assert_eq!(busy.pipes, 1);
    assert!(busy.to_string().contains(" 1 piped futures,"), "{busy}");
}

#[test]
fn a_function_that_never_ends_is_told_by_type_and_address() {
    let system = system();
    let (never, _join) = system.spawn_fn(async |_: throng::Inbox<u32>| pending::<()>().await);
    system.quiesce(Duration::from_secs(60)).expect("it waits for nothing that is counted");
    let busy: Busy = system.shutdown(SOON).expect_err("it never ends");
    assert_eq!((busy.lasting, busy.unhandled, busy.actors.len()), (1, 0, 1), "{busy}");
    let words = busy.to_string();
    assert!(words.contains(" 1 actors told to stop that have not ended"), "{words}");
    let id = never.id().to_string();
    assert!(words.contains("held_up::") && words.ends_with(&format!("{id}]")), "{words} and {id}");
}

#[test]
fn whose_mailbox_is_not_looked_into_is_told() {
    let system = system();
    let (never, _join) = system.spawn_fn(async |_: throng::Inbox<u32>| pending::<()>().await);
    assert!(never.try_send(7_u32).is_ok());
    let busy = system.quiesce(SOON).expect_err("nobody takes the message");
    assert_eq!((busy.unhandled, busy.lasting), (1, 0), "{busy}");
    let words = busy.to_string();
    assert!(words.ends_with(&format!("{}, 1 pending]", never.id())), "{words}");
}
