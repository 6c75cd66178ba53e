//! Where the system gives no thread to one that is to have its own, whoever wants it is told so, and nothing is left of it.
#![cfg(target_os = "linux")]

use crate::child::{alone, words};
use crate::watchdog::watch;
use std::time::Duration;
use throng::{Actor, Child, Context, Exit, Fault, GetError, Options, Reply, Supervisor, System};

const SOON: Duration = Duration::from_secs(60);

struct Apart;

impl Actor for Apart {
    type Msg = Reply<usize>;
    fn handle(&mut self, reply: Reply<usize>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(cx.worker_index());
        Ok(())
    }
}

fn own() -> Options {
    Options::builder().own_thread().build().expect("in range")
}

/// Does this in a process that has address range for a megabyte more than it has: too little for a stack.
fn without_threads<R>(what: impl FnOnce() -> R) -> R {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = pages.split(' ').next().and_then(|pages| pages.parse().ok()).expect("a number");
    let unlimited = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    let limit = libc::rlimit { rlim_cur: pages * 4_096 + (1 << 20), ..unlimited };
    // SAFETY: limits of this process, which does nothing else.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
    let result = what();
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const unlimited) }, 0);
    result
}

#[test]
fn r17_a_name_stays_free_and_the_error_says_what_was_missing() {
    let _dog = watch("r17_a_name_stays_free_and_the_error_says_what_was_missing");
    let output = alone("threads_refused::r17_a_name_stays_free_and_the_error_says_what_was_missing", || {
        let system = System::builder().workers(1).build().expect("a system");
        let registry = system.registry();
        // What it takes besides is there.
        let other = registry.get_or_spawn("other", &Options::default(), || Apart).expect("memory");
        assert_eq!(other.ask(|reply| reply).wait(), Ok(0));
        let error = without_threads(|| registry.get_or_spawn("a", &own(), || Apart)).expect_err("no thread");
        assert!(matches!(error, GetError::NoThread(_)), "{error:?}");
        println!("{error}");
        assert_eq!(registry.names(), ["other"]);
        let again = registry.get_or_spawn("a", &own(), || Apart).expect("a thread");
        assert_eq!(again.ask(|reply| reply).wait(), Ok(1));
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.spawned, ledger.stopped), (2, 2));
    });
    let words = words(&output);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("no thread for an actor that is to have its own: "), "{words}");
    assert!(words.contains("; stop some, or raise the process's limits"), "{words}");
}

/// Its supervisor gives up, and its failure says of which child, and why.
#[test]
fn r17_a_child_is_named_with_what_was_missing() {
    let _dog = watch("r17_a_child_is_named_with_what_was_missing");
    let output = alone("threads_refused::r17_a_child_is_named_with_what_was_missing", || {
        let system = System::builder().workers(1).build().expect("a system");
        let tree = |options| {
            let child = Child::new("apart", || Apart).options(options);
            system.supervise(Supervisor::new().child(child)).expect("a tree")
        };
        // So that what it takes besides is there. No thread: its stack would serve the next one.
        let first = tree(Options::default());
        system.quiesce(SOON).expect("rest");
        first.stop(SOON).expect("in time");
        let exit = without_threads(|| {
            let tree = tree(own());
            while tree.exit().is_none() {
                std::thread::yield_now();
            }
            tree.exit()
        });
        let Some(Exit::Failed(failure)) = exit else { panic!("not given up: {exit:?}") };
        println!("{failure}");
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    });
    let words = words(&output);
    assert!(output.status.success(), "{words}");
    let told = "child \"apart\" was not spawned: no thread for an actor that is to have its own: ";
    assert!(words.contains(told), "{words}");
}
