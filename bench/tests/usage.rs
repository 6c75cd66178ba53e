//! Bad input: exit 2, nothing on stdout, and one line on stderr that says what is taken instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

const THRONG: &str = env!("CARGO_BIN_EXE_throng");
const LOADGEN: &str = env!("CARGO_BIN_EXE_loadgen");

fn run(program: &str, args: &[&OsStr]) -> Output {
    Command::new(program).args(args).output().expect("it runs")
}

/// Words are told apart by spaces, and `''` is an empty one.
fn words(line: &str) -> Vec<&OsStr> {
    line.split_whitespace().map(|word| OsStr::new(if word == "''" { "" } else { word })).collect()
}

/// The line that `program` refuses `args` with.
fn refused(program: &str, args: &[&OsStr]) -> String {
    let output = run(program, args);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
    said
}

#[test]
fn every_refusal_says_what_is_taken() {
    const SEEDS: &str = "takes a whole number from 0 to 18446744073709551615";
    for (program, line, says) in [
        (THRONG, "--profile", "--profile got nothing: takes one of smoke, default, paper"),
        (THRONG, "--profile ''", "--profile takes one of smoke, default, paper, not \"\""),
        (THRONG, "--format", "--format got nothing: takes one of text, markdown, json"),
        (THRONG, "table --only", "--only got nothing: takes one or more of multiprocessing,asyncio"),
        (THRONG, "--out", "--out got nothing: takes a folder"),
        (THRONG, "--target", "--target got nothing: takes a folder"),
        (THRONG, "--profile smoke --profile paper", "--profile is given twice: give it once"),
        (THRONG, "--only=throng --only beam", "--only is given twice"),
        (THRONG, "--format text --format=json", "--format is given twice"),
        (THRONG, "--out a --out b", "--out is given twice"),
        (THRONG, "--target a --target b", "--target is given twice"),
        (THRONG, "--profile smoke --only throng --out /proc/x", "--out got \"/proc/x\": takes a folder"),
        (THRONG, "--profile smoke --only throng --out /proc", "--out got \"/proc\": takes a folder"),
        (THRONG, "limits --seed abc", SEEDS),
        (THRONG, "limits --seed", SEEDS),
        (THRONG, "limits --seed 1 --seed 2", "--seed is given twice: give it once"),
        (THRONG, "limits --format", "--format got nothing: takes text or json"),
        (THRONG, "limits extra", "takes --format and --seed"),
        (THRONG, "--help=x", "--help takes no value"),
        (THRONG, "--version=3", "--version takes no value"),
        (THRONG, "limits --seed -1", SEEDS),
        (LOADGEN, "ask --version=3", "--version takes no value"),
        (LOADGEN, "ask --messages -1", "--messages got \"-1\": takes a whole number from 1 to 1000000000000"),
        (LOADGEN, "ask --pin -1", "--pin got \"-1\": takes compact, spread, none, or processors"),
        (
            LOADGEN,
            "directory --messages 13G",
            "--messages got \"13000000000\": directory takes up to 12884901885",
        ),
        (
            THRONG,
            "jitter --duration",
            "--duration got nothing: takes a whole number and ns, us, ms, s or m, from 1ms to 60m",
        ),
        (THRONG, "jitter --duration 5", "--duration got \"5\": takes a whole number and ns"),
        (THRONG, "jitter --duration 61m", "from 1ms to 60m"),
        (THRONG, "jitter --duration 1ms --duration 2ms", "--duration is given twice: give it once"),
        (
            THRONG,
            "jitter --processors",
            "--processors got nothing: takes processors like 0,2 or 0-3, of those that",
        ),
        (
            THRONG,
            "jitter --processors 4095",
            "--processors got \"4095\": takes processors like 0,2 or 0-3, of those that",
        ),
        (THRONG, "jitter --processors 0-99999999999", "--processors got \"0-99999999999\": takes"),
        (THRONG, "jitter --processors 0,,1", "--processors got \"0,,1\": takes"),
        (THRONG, "jitter --processors -1", "--processors got \"-1\": takes"),
        (THRONG, "jitter --processors +0", "--processors got \"+0\": takes"),
        (THRONG, "jitter --format", "--format got nothing: takes text, markdown or json"),
        (THRONG, "jitter --out ''", "--out got \"\": takes a folder"),
        (THRONG, "jitter --out /proc", "--out got \"/proc\": takes a folder"),
        (THRONG, "jitter extra", "takes --duration, --processors, --out and --format"),
        (THRONG, "row ask --seconds", "--seconds takes a value"),
        (THRONG, "row ask --seconds 1 --seconds 2", "--seconds is given twice"),
        (THRONG, "row ask --seconds 1 --target 2 --target 3", "--target is given twice"),
        (
            LOADGEN,
            "bounded --overflow drop-oldest-exact --mailbox 262139",
            "--overflow drop-oldest-exact takes up to ",
        ),
        (LOADGEN, "ask --messages", "--messages got nothing: takes a whole number from 1 to 1000000000000"),
        (LOADGEN, "ask --duration", "--duration got nothing: takes a whole number and ns, us, ms, s or m"),
        (LOADGEN, "ask --duration 0s", "from 1ns to 1440m"),
        (LOADGEN, "ask --duration 25h", "from 1ns to 1440m"),
        (LOADGEN, "idle --actors", "--actors got nothing: takes a whole number from 1 to 1000000000"),
        (LOADGEN, "ring --pin", "--pin got nothing: takes compact, spread, none, or processors"),
        (LOADGEN, "ring --seed", SEEDS),
        (LOADGEN, "ring --format", "--format got nothing: takes text, markdown or json"),
        (LOADGEN, "ask --out", "--out got nothing: takes a folder"),
        (LOADGEN, "ask --out ''", "--out got \"\": takes a folder"),
        (LOADGEN, "ask --messages 9 --out /proc/x", "--out got \"/proc/x\": takes a folder"),
        (LOADGEN, "ask --messages 9 --out /proc", "--out got \"/proc\": takes a folder"),
    ] {
        let said = refused(program, &words(line));
        assert!(said.contains(says), "{line}: {said}");
    }
}

#[test]
fn what_is_no_text_is_named() {
    let odd = OsStr::from_bytes(b"\xff9");
    for (program, before, says) in [
        (THRONG, "", "takes table, report, jitter, limits, loadgen, row or help"),
        (THRONG, "--profile", "takes one of smoke, default, paper"),
        (THRONG, "limits --seed", "\"\\xFF9\" is no UTF-8 text"),
        (THRONG, "row ask --seconds", "takes a number above 0"),
        (LOADGEN, "", "\"\\xFF9\" is no UTF-8 text"),
        (LOADGEN, "ask --messages", "\"\\xFF9\" is no UTF-8 text"),
    ] {
        let args: Vec<_> = words(before).into_iter().chain([odd]).collect();
        let said = refused(program, &args);
        assert!(said.contains(says), "{before}: {said}");
    }
}

#[test]
fn a_processor_that_is_not_here_is_refused_with_those_that_are() {
    // The last that the command line knows: no test machine has so many.
    let said = refused(LOADGEN, &words("ask --messages 9 --pin 4095"));
    assert!(said.contains("--pin got \"4095\": takes processors that this process may use here: "), "{said}");
    let here = said.trim_end().rsplit(": ").next().expect("they are told");
    let first = here.split([',', '-']).next().expect("at least one");
    let output = run(LOADGEN, &words(&format!("ask --messages 9 --workers 1 --pin {first}")));
    assert_eq!(output.status.code(), Some(0), "{here}: {}", String::from_utf8_lossy(&output.stderr));
    let said = refused(LOADGEN, &words(&format!("ask --messages 9 --pin {first},4095")));
    assert!(said.contains("--pin got \"4095\""), "{said}");
}

#[test]
fn help_and_version_are_told_on_stdout() {
    let version = env!("CARGO_PKG_VERSION");
    for (program, line, says) in [
        (THRONG, "help", "throng limits"),
        (THRONG, "-h", "throng limits"),
        (THRONG, "help table", "--profile smoke|default|paper"),
        (THRONG, "help limits", "--seed"),
        (THRONG, "help loadgen", "Usage: loadgen"),
        (THRONG, "help row", "--seconds S"),
        (THRONG, "help jitter", "--processors <LIST>"),
        (THRONG, "jitter --help", "--processors <LIST>"),
        (THRONG, "row --help", "--seconds S"),
        (THRONG, "limits --help", "--seed"),
        (THRONG, "--version", &format!("throng {version}\n")),
        (THRONG, "-V", &format!("throng {version}\n")),
        (LOADGEN, "help", "Usage: loadgen"),
        (LOADGEN, "--version", &format!("loadgen {version}\n")),
        (LOADGEN, "-V", &format!("loadgen {version}\n")),
    ] {
        let output = run(program, &words(line));
        let said = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(says) && output.stderr.is_empty(), "{line}: {said}");
    }
    let said = refused(THRONG, &words("help nosuch"));
    assert!(
        said.contains("\"nosuch\"") && said.contains("table, report, jitter, limits, loadgen, row or help"),
        "{said}"
    );
}
