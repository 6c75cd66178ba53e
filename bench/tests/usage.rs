//! Bad input: exit 2, nothing on stdout, and one line on stderr that says what is taken instead.

/// Of the commands that measure a list.
#[path = "usage/lists.rs"]
mod lists;

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
    // By the name of the program whose flags these are, and no other.
    let name = if program == LOADGEN || args.first().is_some_and(|first| *first == "loadgen") {
        "loadgen"
    } else {
        "throng"
    };
    assert!(said.starts_with(&format!("{name}: ")), "{args:?}: {said}");
    // A folder that is claimed is there for a moment: another test looks for none.
    let written = args.iter().any(|arg| *arg == "nowhere") && std::path::Path::new("nowhere").exists();
    assert!(!written, "{args:?}: something was written");
    said
}

#[test]
fn r18_every_refusal_says_what_is_taken() {
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
        (LOADGEN, "directory --messages 13G", "--messages got \"13G\": directory takes up to 12884901885"),
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
            "--processors got nothing: takes processors like 0,2 or 0-3, each once, of those that",
        ),
        (
            THRONG,
            "jitter --processors 4095",
            "--processors got \"4095\": takes processors like 0,2 or 0-3, each once, of those that",
        ),
        (THRONG, "jitter --processors 0-99999999999", "--processors got \"0-99999999999\": takes"),
        (THRONG, "jitter --processors 0,,1", "--processors got \"0,,1\": takes"),
        (THRONG, "jitter --processors -1", "--processors got \"-1\": takes"),
        (THRONG, "jitter --processors +0", "--processors got \"+0\": takes"),
        (THRONG, "jitter --format", "--format got nothing: takes text, markdown or json"),
        (THRONG, "jitter --out ''", "--out got \"\": takes a folder, new or empty"),
        (THRONG, "jitter --out /proc", "--out got \"/proc\": takes a folder"),
        (THRONG, "jitter extra", "takes --duration, --processors, --out and --format"),
        (THRONG, "load", "WORKLOAD is missing: takes ping-pong"),
        (THRONG, "load --profile-file", "--profile-file got nothing: takes a TOML file"),
        (THRONG, "load --profile-file nosuch --out nowhere", "nosuch: cannot be read: "),
        (
            THRONG,
            "load ask --profile-file nosuch",
            "\"ask\" is one too many beside --profile-file: the loads are in the file",
        ),
        (THRONG, "load --profile-file /dev/zero --out nowhere", "/dev/zero: is no regular file: takes one"),
        (THRONG, "load nosuch", "WORKLOAD got \"nosuch\": takes ping-pong"),
        (THRONG, "load ask --nosuch 1", "--nosuch is no flag or argument of throng load: "),
        (
            THRONG,
            "load ask --messages",
            "--messages got nothing: takes a whole number from 1 to 1000000000000",
        ),
        (THRONG, "load ask --messages 9 --runs 0", "--runs got \"0\": takes a whole number from 1 to 1000"),
        (
            THRONG,
            "load ask --messages 9 --runs 1001",
            "--runs got \"1001\": takes a whole number from 1 to 1000",
        ),
        (THRONG, "load ask --messages 9 --runs", "--runs got nothing: takes a whole number from 1 to 1000"),
        (THRONG, "load ask --runs 2 --messages 9 --runs=3", "--runs is given twice: give it once"),
        (THRONG, "load ask --format xml", "--format got \"xml\": takes text, markdown or json"),
        (THRONG, "load ask --out ''", "--out got \"\": takes a folder, new or empty"),
        (THRONG, "load ask --messages 9 --out /proc/x", "--out got \"/proc/x\": takes a folder"),
        (
            THRONG,
            "load ask --messages 9 --out /usr",
            "takes a folder that is new or empty; this one has files",
        ),
        (THRONG, "load ask --messages 9 --pin 4095 --out nowhere", "--pin got \"4095\": takes processors"),
        (THRONG, "compare", "A is missing: takes flags of loadgen in one word"),
        (THRONG, "compare HEAD -- ask", "B is missing: takes flags of loadgen in one word"),
        (THRONG, "compare --a= --b=", "-- WORKLOAD is missing behind A and B: takes ping-pong"),
        (THRONG, "compare '' '' HEAD -- ask", "\"HEAD\" is one too many beside A and B"),
        (THRONG, "compare '' --nosuch -- ask", "--nosuch is no flag of throng compare"),
        (
            THRONG,
            "compare '' '' --seed 5 -- ask",
            "\"--seed\" is one too many beside A and B: flags of loadgen for both stand behind --, after the workload",
        ),
        (THRONG, "compare '' '' --nosuch -- ask", "--nosuch is no flag of throng compare: takes --pairs, "),
        (
            THRONG,
            "compare '' '' --profile -- ask",
            "--profile got nothing: takes one of smoke, default, paper",
        ),
        (
            THRONG,
            "compare '' '' --profile long -- ask",
            "--profile got \"long\": takes one of smoke, default, paper",
        ),
        (
            THRONG,
            "compare '' '' --profile smoke -- ask --profile=paper",
            "--profile is given twice, before -- and behind it: give it once",
        ),
        (THRONG, "compare '' '' --profile smoke", "-- WORKLOAD is missing behind A and B: takes ping-pong"),
        (
            THRONG,
            "compare '' --tokens=2 -- ask",
            "B: --tokens is not for ask: ring, directory take it; fan-out, mesh, pipeline take it with --mode closed",
        ),
        (THRONG, "compare '' --nosuch=2 -- ask", "B: --nosuch is no flag or argument of loadgen"),
        (THRONG, "compare '' --seed=2 -- ask", "B has --seed: both runs of a pair have the same"),
        (THRONG, "compare '' --out=x -- ask", "B is missing"),
        (THRONG, "compare '' --b=--out=x -- ask", "B: --out is given twice"),
        (THRONG, "compare '' --b=-h -- ask", "B: no help or version can be compared"),
        (THRONG, "compare '' '' -- nosuch", "A: WORKLOAD got \"nosuch\": takes ping-pong"),
        (THRONG, "compare '' '' -- ask --seed x", "--seed got \"x\": takes a whole number"),
        (THRONG, "compare '' '' -- ask --seed", "--seed got nothing"),
        (THRONG, "compare '' '' -- ask --seed 1 --seed=2", "--seed is given twice"),
        (THRONG, "compare '' '' -- ask --help", "throng help loadgen"),
        (THRONG, "compare '' no-such-revision -- ask", "B got \"no-such-revision\": takes flags of loadgen"),
        (
            THRONG,
            "compare /etc/passwd '' -- ask",
            "A got \"/etc/passwd\": takes a program, and this file cannot be run",
        ),
        (THRONG, "compare '' '' --pairs 4 -- ask", "--pairs got \"4\": takes a whole number from 5 to 1000"),
        (THRONG, "compare '' '' --pairs -- ask", "--pairs got nothing: takes a whole number from 5 to 1000"),
        (
            THRONG,
            "compare '' '' --metric p98 -- ask",
            "--metric got \"p98\": takes response, service or lag with .p50",
        ),
        (
            THRONG,
            "compare '' '' --metric ns_per_msg --metric=cpu_ns -- ask",
            "--metric is given twice: give it once",
        ),
        (THRONG, "compare '' '' --format x -- ask", "--format got \"x\": takes text, markdown or json"),
        (THRONG, "compare '' '' --target= -- ask", "--target got \"\": takes a folder"),
        (THRONG, "compare '' '' --out /usr -- ask", "takes a folder that is new or empty"),
        (
            THRONG,
            "compare '' '' --out nowhere -- ask --pin 4095",
            "as given: --pin got \"4095\": takes processors",
        ),
        (THRONG, "sweep ask", "--over is missing: takes FLAG=FROM..TO"),
        (THRONG, "sweep ask --over", "--over got nothing: takes FLAG=FROM..TO"),
        (
            THRONG,
            "sweep ask --over workers=4..1",
            "--over got \"workers=4..1\": a range takes a FROM that is less",
        ),
        (
            THRONG,
            "sweep ask --over workers=0..4",
            "throng: --over got \"workers=0..4\": its value 0 is refused: takes a whole number from 1 to 1024",
        ),
        // Nobody typed what is refused.
        (
            THRONG,
            "sweep mesh --over workers=1..999999999",
            "throng: --over got \"workers=1..999999999\": its value 10000 is refused: takes a whole number from 1 to 1024",
        ),
        (
            THRONG,
            "sweep mesh --over payload=8..64/3",
            "throng: --over got \"payload=8..64/3\": its value 36 is refused: takes 8, 16, 32, 48, 64",
        ),
        (
            THRONG,
            "sweep mesh --over duration=1s..9999999m/3",
            "throng: --over got \"duration=1s..9999999m/3\": its value 299999970500000000ns is refused: takes a whole number and",
        ),
        (
            THRONG,
            "sweep pipeline --over actors=1..10M",
            "throng: --over got \"actors=1..10M\": its value 10M is refused: pipeline takes 1 to 1000000",
        ),
        (
            THRONG,
            "sweep bounded --overflow drop-oldest-exact --over mailbox=1k,262139",
            "throng: --over got \"mailbox=1k,262139\": its value 262139 is refused: --overflow drop-oldest-exact takes up to ",
        ),
        (
            THRONG,
            "sweep mesh --over bogus=1..2",
            "throng: --over got \"bogus=1..2\": --bogus is no flag or argument of throng sweep: takes --over, ",
        ),
        // What is wrong without it is not its fault.
        (THRONG, "sweep mesh --seed x --over workers=0..4", "throng: --seed got \"x\": takes a whole number"),
        (THRONG, "sweep ask --over workers=1..4 --over=workers=1..2", "--over is given twice: give it once"),
        (
            THRONG,
            "sweep ask --workers 1 --over workers=1..4",
            "throng: --over got \"workers=1..4\": --workers is given twice: give it once",
        ),
        (
            THRONG,
            "sweep ask --over tokens=1..4",
            "throng: --over got \"tokens=1..4\": --tokens is not for ask: ring, directory take it; fan-out, mesh, pipeline take it with --mode closed",
        ),
        (THRONG, "sweep --over workers=1..4", "throng: WORKLOAD is missing: takes ping-pong"),
        (
            THRONG,
            "sweep mesh --over rate=10%..110%",
            "--over got \"rate=10%..110%\": a range of percentages needs",
        ),
        (THRONG, "sweep ring --over tokens=10%,20%", "a percentage is for rate alone: takes FLAG=FROM..TO"),
        (
            THRONG,
            "sweep ring --over rate=10%,20%",
            "throng: --over got \"rate=10%,20%\": ring has no open load, it takes --mode closed without --rate",
        ),
        (
            THRONG,
            "sweep counting --service 5us --over rate=10%,50%",
            "--service is not for saturate load: counting takes it with --mode open; what the rate's percentages are of",
        ),
        (
            THRONG,
            "sweep ask --over workers=1..4 --find-max p98<1us",
            "--find-max got \"p98<1us\": takes response, service or lag with .p50",
        ),
        (
            THRONG,
            "sweep ask --over workers=1..4 --find-max ''",
            "--find-max got \"\": takes METRIC OPERATOR VALUE",
        ),
        (
            THRONG,
            "sweep ask --over workers=1..4 --runs 0",
            "--runs got \"0\": takes a whole number from 1 to 1000",
        ),
        (THRONG, "sweep ask --over workers=1..4 --out /usr", "takes a folder that is new or empty"),
        (
            THRONG,
            "sweep ask --over workers=1..2 --pin 4095 --out nowhere",
            "--pin got \"4095\": takes processors",
        ),
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
fn r18_a_refusal_names_what_was_given_as_it_was_given() {
    for (program, line, says) in [
        (LOADGEN, "counting --duration -1s", "--duration got \"-1s\": takes a whole number and ns, us"),
        (LOADGEN, "counting --duration -1s --seed -5", "--duration got \"-1s\": takes"),
        (LOADGEN, "supervise --crash -1/s", "--crash got \"-1/s\": takes 1/N, one message in N, or N/s"),
        (LOADGEN, "supervise --backoff -1ms", "--backoff got \"-1ms\": takes 0"),
        (LOADGEN, "pools --members -1..3", "--members got \"-1..3\": takes the fewest and the most"),
        (LOADGEN, "counting --messages -1k", "--messages got \"-1k\": takes a whole number from 1 to"),
        (LOADGEN, "counting --messages 5 -1s", "-1s is no flag or argument of loadgen: "),
        (LOADGEN, "ring r", ": r is no flag or argument of loadgen: "),
        (LOADGEN, "counting --probe -1s", "-1s is no flag or argument of loadgen: "),
        (THRONG, "load counting --duration -1s", "--duration got \"-1s\": takes a whole number and ns"),
        (THRONG, "load counting --runs -1x", "--runs got \"-1x\": takes a whole number from 1 to 1000"),
        (THRONG, "jitter --duration -1s", "--duration got \"-1s\": takes a whole number and ns"),
        (
            LOADGEN,
            "mesh --rate 1k --arrival ramp:1k..10k",
            "--rate got \"1k\": --arrival ramp:1k..10k has its own: leave one of the two off",
        ),
        (LOADGEN, "ring --tokens 1k", "--tokens got \"1k\": takes 1 to the number of actors, 100"),
        (LOADGEN, "pipeline --actors=2M", "--actors got \"2M\": pipeline takes 1 to 1000000"),
        (LOADGEN, "ring --rate 5k", "--rate got \"5k\": ring has no open load, it takes --mode closed"),
        (LOADGEN, "ask --rate 5 --mailbox 100k", "--mailbox got \"100k\": open load of ask takes up to "),
        (
            THRONG,
            "load mesh --bogus",
            "--bogus is no flag or argument of throng load: takes --profile-file, --runs, --out and --format (see \
             throng help load) and the flags of loadgen (see throng help loadgen)",
        ),
        (
            THRONG,
            "sweep mesh --bogus --over workers=1..4",
            "--bogus is no flag or argument of throng sweep: takes --over, ",
        ),
        (THRONG, "sweep --bogus", "--bogus is no flag or argument of throng sweep: takes --over, "),
        (THRONG, "sweep mesh --bogus", "--bogus is no flag or argument of throng sweep: takes --over, "),
        (THRONG, "sweep", "--over is missing: takes FLAG=FROM..TO"),
        (THRONG, "sweep mesh --mode open", "--over is missing: takes FLAG=FROM..TO"),
        (
            THRONG,
            "compare --bogus",
            "--bogus is no flag of throng compare: takes --pairs, --metric, --profile, --out, --format, --target, --a and --b (see throng \
             help compare), and flags of loadgen behind --",
        ),
        (
            LOADGEN,
            "mesh --bogus",
            "--bogus is no flag or argument of loadgen: takes WORKLOAD, --mode, --rate, ",
        ),
        (LOADGEN, "--bogus", ", --out and --format (see loadgen --help)"),
        (THRONG, "loadgen --bogus", "--bogus is no flag or argument of loadgen: takes WORKLOAD, --mode, "),
        (
            LOADGEN,
            "mesh --workers 0",
            "takes a whole number from 1 to 1024; left out, there is one for each processor, in open load one fewer",
        ),
        (
            LOADGEN,
            "mesh --mailbox 0",
            "takes a whole number from 1 to 262139 (k, M or G may stand behind it)",
        ),
        (
            LOADGEN,
            "mesh --rate 1k --messages 5",
            "--messages is not for open load, which --rate makes it: mesh takes it with \
             --mode saturate or closed; open load takes --duration",
        ),
        (
            LOADGEN,
            "bounded --rate 5k",
            "bounded has no open load, it takes --mode saturate without --rate; open load is for \
             ping-pong, counting, fan-in, fan-out, mesh, pipeline, ask and no-op",
        ),
        (
            LOADGEN,
            "bounded --mode open",
            "--mode got \"open\": bounded takes saturate; open load is for ping-pong, counting, ",
        ),
        (THRONG, "row", "row got nothing: takes actors|one_way|"),
        (THRONG, "jitter --bogus", "--bogus is no flag or argument of throng jitter: takes --duration, "),
        (THRONG, "--only throng,throng", "--only takes one or more of multiprocessing,asyncio"),
        (THRONG, "--only throng,throng", ", each once, not \"throng,throng\""),
    ] {
        let said = refused(program, &words(line));
        assert!(said.contains(says), "{line}: {said}");
    }
}

#[test]
fn r18_what_is_no_text_is_named() {
    let odd = OsStr::from_bytes(b"\xff9");
    for (program, before, says) in [
        (
            THRONG,
            "",
            "takes table, load, sweep, compare, prices, savina, peers, report, jitter, limits, loadgen, row, price, workload, peer or help",
        ),
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
    let here = said.trim_end().rsplit(": ").next().and_then(|here| here.split([',', '-']).next());
    let first = here.expect("they are told");
    let output = run(LOADGEN, &words(&format!("ask --messages 9 --workers 1 --pin {first}")));
    assert_eq!(output.status.code(), Some(0), "{first}: {}", String::from_utf8_lossy(&output.stderr));
    let said = refused(LOADGEN, &words(&format!("ask --messages 9 --pin {first},4095")));
    assert!(said.contains(&format!("--pin got \"{first},4095\"")), "{said}");
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
        (THRONG, "help load", "--runs"),
        (THRONG, "help sweep", "--find-max"),
        (THRONG, "help compare", "--pairs"),
        (THRONG, "help prices", "--only <FEATURES>"),
        (THRONG, "prices --help", "--only <FEATURES>"),
        (THRONG, "help price", "actor FEATURE ACTORS"),
        (THRONG, "help savina", "--size <SIZE>"),
        (THRONG, "savina --help", "--size <SIZE>"),
        (THRONG, "help peers", "--programs <DIR>"),
        (THRONG, "peers --help", "--programs <DIR>"),
        (THRONG, "help peer", "WORKERS IDLE USED_MS TIME_MS"),
        (THRONG, "peer -h", "WORKERS IDLE USED_MS TIME_MS"),
        (THRONG, "help workload", "NAME SIZE WORKERS MILLISECONDS"),
        (THRONG, "workload -h", "NAME SIZE WORKERS MILLISECONDS"),
        (THRONG, "price --help", "actor FEATURE ACTORS"),
        (THRONG, "compare -h", "throng compare A B"),
        (THRONG, "load ring --help", "throng load WORKLOAD"),
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
    let commands = "table, load, sweep, compare, prices, savina, peers, report, jitter, limits, loadgen, row, price, workload, peer or help";
    assert!(said.contains("\"nosuch\"") && said.contains(commands), "{said}");
}
