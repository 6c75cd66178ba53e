//! Kernels whose instructions are counted: one thread, virtual time, no clock, no draw of lots, so that a count repeats
//! exactly. `scripts/counts.sh` counts each under callgrind and holds it against the committed baseline. Alone it runs each
//! and prints a line: the kernel, its operations, and how often these asked for memory.

mod counting;
mod messages;
mod services;
mod thefts;

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use throng::internals::light_fences;

/// Operations of a kernel.
const N: u64 = 10_000;
/// Children of one turn, timers of one, and the window of the flow.
const CHUNK: u64 = 50;

/// Runs, and gives its operations.
type Kernel = fn() -> u64;

const KERNELS: [(&str, Kernel); 12] = [
    ("push-first", messages::push_first),
    ("push-queued", messages::push_queued),
    ("push-outside", messages::push_outside),
    ("take", messages::take),
    ("turn", messages::turn),
    ("trip", messages::trip),
    ("spawn", services::spawn),
    ("ask", services::ask),
    ("flow", services::flow),
    ("timer", services::timer),
    ("steal", thefts::steal),
    ("seize", thefts::seize),
];

fn main() -> ExitCode {
    // What `cargo bench` says to each.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if asked == ["--list"] {
        KERNELS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    // Whether a worker passes a fence at its own queue, which the kernel may spare it: counts are of the one or the other.
    if asked == ["--fences"] {
        println!("{}", if light_fences() { "light" } else { "full" });
        return ExitCode::SUCCESS;
    }
    let known = |asked: &String| KERNELS.iter().any(|(name, _)| name == asked);
    if let Some(unknown) = asked.iter().find(|asked| !known(asked)) {
        let names = KERNELS.map(|(name, _)| name).join(", ");
        eprintln!("instructions: got \"{unknown}\": takes --list, --fences, or kernels: {names}");
        return ExitCode::from(2);
    }
    for (name, run) in KERNELS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            counting::TAKEN.store(0, Ordering::Relaxed);
            let operations = run();
            println!("{name} {operations} {}", counting::TAKEN.load(Ordering::Relaxed));
        }
    }
    ExitCode::SUCCESS
}
