//! SIGUSR1: a process is asked what it is at. It says so on stderr and goes on.

use crate::stderr;
use signal_hook::consts::SIGUSR1;
use signal_hook::iterator::Signals;
use std::io;

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

fn listen(program: &'static str) -> io::Result<()> {
    let mut signals = Signals::new([SIGUSR1])?;
    let serve = move || {
        for _ in signals.forever() {
            let all = throng::dump_all();
            // In one piece: others write there too.
            stderr::piece(format_args!("{program}: SIGUSR1: {all}\n{program}: goes on\n"));
        }
    };
    std::thread::Builder::new().name("dump".into()).spawn(serve)?;
    Ok(())
}
