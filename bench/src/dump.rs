//! SIGUSR1: a process is asked what it is at. It says so on stderr and goes on.

use crate::stderr;
use signal_hook::consts::SIGUSR1;
use signal_hook::iterator::Signals;
use std::io;
use std::mem::MaybeUninit;

/// What the help of every program says of it.
pub const HELP: &str = "SIGUSR1 has the process say on stderr what its actor systems are at, and who waits for whom; it goes on.";

/// From now on SIGUSR1 has `program` dump what its actor systems are at. A thread of its own, which sleeps until then, does the
/// looking, as a signal's handler may not. That it cannot be had is told, and costs no run.
pub fn on_signal(program: &'static str) {
    if let Err(error) = listen(program) {
        let is_limit = error.raw_os_error() == Some(libc::EMFILE);
        let hint = if is_limit { "; it may have more where ulimit -n is larger" } else { "" };
        stderr::line(format_args!("{program}: SIGUSR1 cannot be listened for: {error}{hint}"));
    }
}

/// The signal is for the thread that looks, and for none of those that work: a sleep that signals interrupt faster than the kernel's slack
/// in the time of a sleep, 50 us, begins anew each time with more to go than before, and never ends.
fn listen(program: &'static str) -> io::Result<()> {
    // Threads that are started from now on have it blocked as this one.
    mask(libc::SIG_BLOCK)?;
    let listening = serve(program);
    if listening.is_err() {
        mask(libc::SIG_UNBLOCK)?;
    }
    listening
}

fn serve(program: &'static str) -> io::Result<()> {
    let mut signals = Signals::new([SIGUSR1])?;
    let serve = move || {
        if let Err(error) = mask(libc::SIG_UNBLOCK) {
            stderr::line(format_args!("{program}: SIGUSR1 cannot be listened for: {error}"));
        }
        for _ in signals.forever() {
            let all = throng::dump_all();
            // In one piece: others write there too.
            stderr::piece(format_args!("{program}: SIGUSR1: {all}\n{program}: goes on\n"));
        }
    };
    std::thread::Builder::new().name("dump".into()).spawn(serve)?;
    Ok(())
}

/// Blocks SIGUSR1 for this thread, or lets it come.
fn mask(how: libc::c_int) -> io::Result<()> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is this frame's own, empty before it is added to, and only read then; nobody wants the one before.
    let failed = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SIGUSR1);
        libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut())
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(failed)) }
}
