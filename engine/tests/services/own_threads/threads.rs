//! The thread itself: its name, its processors, its end; and where none can be had. Each in a process of its own.

use super::{Blocker, Msg, SOON, gone, own, system};
use crate::child::{alone, words};
use crate::watchdog::watch;
use std::sync::mpsc::channel;
use throng::{Actor, Address, Context, Fault, Pin, Reply, SpawnError, System};

#[test]
fn its_thread_is_named_not_pinned_and_ends_with_it() {
    let _dog = watch("its_thread_is_named_not_pinned_and_ends_with_it");
    /// Looks at its thread.
    struct Looker;
    impl Actor for Looker {
        type Msg = Reply<(Option<String>, usize)>;
        fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let name = std::thread::current().name().map(str::to_owned);
            reply.send((name, core_affinity::get_core_ids().map_or(0, |ids| ids.len())));
            Ok(())
        }
    }
    let output = alone("own_threads::threads::its_thread_is_named_not_pinned_and_ends_with_it", || {
        let threads = || std::fs::read_dir("/proc/self/task").expect("Linux").count();
        let processors = core_affinity::get_core_ids().map_or(0, |ids| ids.len());
        let system = System::builder().workers(1).pin(Pin::Compact).build().expect("a system");
        assert!(system.pinned());
        let before = threads();
        // By a handler, whose thread is pinned.
        struct Spawner;
        impl Actor for Spawner {
            type Msg = Reply<Address<<Looker as Actor>::Msg>>;
            fn handle(&mut self, reply: Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
                reply.send(cx.try_spawn(Looker, &own()).expect("a thread"));
                Ok(())
            }
        }
        let spawner = system.spawn(Spawner);
        for _ in 0..20 {
            let looker = spawner.ask(|reply| reply).wait().expect("a thread");
            assert_eq!(looker.ask(|reply| reply).wait(), Ok((Some("Looker".into()), processors)));
            let _told = looker.stop();
            gone(looker);
        }
        // Each leaves once its actor has ended.
        while threads() > before {
            std::thread::yield_now();
        }
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
        println!("named and free");
    });
    assert!(words(&output).contains("named and free"), "{}", words(&output));
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer wants more addresses than are left, and ends the process")]
fn where_no_thread_can_be_had_the_actor_comes_back() {
    let _dog = watch("where_no_thread_can_be_had_the_actor_comes_back");
    let output = alone("own_threads::threads::where_no_thread_can_be_had_the_actor_comes_back", || {
        let system = system(1);
        let (log, _) = channel();
        let first = system.spawn(Blocker::new(&log));
        assert_eq!(first.ask(Msg::Where).wait(), Ok(0));
        let unlimited = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // No address range for another stack.
        let limit = libc::rlimit { rlim_cur: 0, ..unlimited };
        // SAFETY: limits of this process, which does nothing else.
        let refused = unsafe {
            assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &raw const limit), 0);
            let refused = system.spawn_on_own_thread(Blocker::new(&log));
            libc::setrlimit(libc::RLIMIT_AS, &raw const unlimited);
            refused
        };
        let error: SpawnError<Blocker> = refused.expect_err("no thread");
        assert!(error.thread().is_some());
        println!("{error}");
        let again = system.spawn_on_own_thread(error.into_inner()).expect("a thread");
        assert_eq!(again.ask(Msg::Where).wait(), Ok(1));
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    });
    assert!(words(&output).contains("no thread for an actor"), "{}", words(&output));
}
