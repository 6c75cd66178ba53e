//! Making a run that goes wrong small: fewer choices, and lower ones, as long as it goes wrong in the same way. Each is tried in a
//! process of its own, so that one that takes its process down, or hangs, can be made small too.

use crate::flags::Flags;
use crate::over;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Runs that are spent on it, and time, and time for one.
const TRIES: u32 = 20_000;
const TIME: Duration = Duration::from_secs(120);
const ONE: Duration = Duration::from_secs(5);

/// Choices, as [`choices`](crate::flags::choices) reads them.
pub(crate) fn written(choices: &[u64]) -> String {
    // What is missing is zero.
    let choices = if choices.is_empty() { &[0] } else { choices };
    choices.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

/// How a run in a process of its own has ended.
struct Ended {
    /// What kind of wrong it was; none, if all was well.
    kind: Option<String>,
    choices: Vec<u64>,
    words: String,
}

/// Reads all that a process says, beside whatever else is done; it comes once the process has closed its end.
fn reader(from: impl Read + Send + 'static) -> Receiver<String> {
    let (mut from, (tell, said)) = (from, channel());
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What there was until then.
        let _broken = from.read_to_end(&mut bytes);
        // Whoever has gone away does not want it.
        let _gone = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    said
}

/// Plays in a process of its own, of these choices or of the seed.
///
/// # Errors
/// Why there is no such process.
fn alone(seed: u64, flags: &Flags, choices: Option<&[u64]>) -> std::io::Result<Ended> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--seed", &seed.to_string(), "--copy"]);
    if let Some(plant) = &flags.plant {
        command.args(["--plant", plant]);
    }
    if choices.is_some() {
        command.args(["--replay", "-"]);
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.env("RUST_BACKTRACE", "0").spawn()?;
    let (mut input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (output, errors) = (output.map(reader), errors.map(reader));
    if let (Some(input), Some(choices)) = (&mut input, choices) {
        // One that has died already reads nothing.
        let _gone = input.write_all(written(choices).as_bytes());
    }
    drop(input);
    // It closes its outputs when it ends, however it does.
    let early = errors.as_ref().and_then(|errors| errors.recv_timeout(ONE).ok());
    if early.is_none() {
        child.kill()?;
    }
    let status = child.wait()?;
    let status = early.is_some().then_some(status);
    let said = |of: Option<Receiver<String>>| of.and_then(|of| of.recv().ok()).unwrap_or_default();
    let words = early.unwrap_or_else(|| said(errors));
    let drawn = said(output);
    let wrong = words.lines().find_map(|line| line.strip_prefix("swarm: wrong: "));
    let kind = match (status, wrong) {
        (None, _) => Some("it hangs".to_owned()),
        (Some(status), _) if status.success() => None,
        // What it says of itself before it dies is what is wrong.
        (Some(_), Some(wrong)) => Some(throng::sim::failure_kind(wrong)),
        (Some(status), None) => Some(format!("the process ends with {status}")),
    };
    // The last line may not be whole.
    let whole = drawn.rfind('\n').map_or("", |end| &drawn[..end]);
    Ok(Ended { kind, choices: whole.lines().filter_map(|line| line.parse().ok()).collect(), words })
}

/// Looks for the smallest run that goes wrong as this seed's does, and prints that.
pub(crate) fn shrink(seed: u64, flags: &Flags) -> ExitCode {
    let again = |choices: Option<&[u64]>| {
        alone(seed, flags, choices)
            .unwrap_or_else(|why| crate::flags::refuse(&format!("--shrink: no process: {why}")))
    };
    let first = again(None);
    let Some(wanted) = first.kind else {
        println!("swarm: seed {seed} goes well");
        return ExitCode::SUCCESS;
    };
    eprintln!("swarm: seed {seed}, {} choices: {wanted}", first.choices.len());
    let until = Instant::now() + TIME;
    let is_so =
        |choices: &[u64]| Instant::now() < until && again(Some(choices)).kind.as_ref() == Some(&wanted);
    let count = first.choices.len();
    let choices = throng::sim::shrink(first.choices, TRIES, is_so);
    eprint!("{}", again(Some(&choices)).words);
    eprintln!("swarm: from {count} choices to {}; the smallest again by:", choices.len());
    eprintln!("{} --replay {}", over::again(seed), written(&choices));
    ExitCode::FAILURE
}
