use super::*;

fn read(line: &str) -> Result<Options, Refused> {
    Options::read(line.split_whitespace().map(OsString::from))
}

fn refused(line: &str) -> String {
    match read(line) {
        Err(Refused::Usage(text)) => {
            assert_eq!(text.lines().count(), 1, "{text}");
            text
        }
        other => panic!("{line} was not refused: {other:?}"),
    }
}

#[test]
fn every_workload_can_be_named_and_the_defaults_hold() {
    for workload in Workload::ALL {
        let options = read(workload.name()).expect("a workload alone is enough");
        assert_eq!(options.workload, workload);
        assert_eq!((options.mailbox, options.batch, options.seed), (1_024, 128, 1));
        assert_eq!((options.overflow, &options.pin), (Overflow::Mute, &Pin::Compact));
        assert_eq!((options.workers, options.messages, options.format), (None, None, Format::Text));
        let mode = format!("{} --mode {}", workload.name(), workload.mode().name());
        assert!(read(&mode).is_ok(), "{mode}");
    }
}

#[test]
fn sizes_times_and_lists_are_read() {
    let options =
        read("crowd --actors 2M --messages 10k --workers 3 --pin 0,2 --payload 1024 --runs 1").expect("fits");
    assert_eq!((options.actors, options.messages, options.workers), (Some(2_000_000), Some(10_000), Some(3)));
    assert_eq!((options.pin, options.payload), (Pin::Processors(vec![0, 2]), Some(1_024)));
    for (text, ns) in
        [("7ns", 7), ("5us", 5_000), ("3ms", 3_000_000), ("2s", 2_000_000_000), ("1m", 60_000_000_000)]
    {
        let options = read(&format!("ask --duration {text}")).expect("a time");
        assert_eq!(options.duration, Some(Duration::from_nanos(ns)), "{text}");
    }
    assert_eq!((size("1G"), size("12"), size("0k")), (Some(1_000_000_000), Some(12), Some(0)));
    for text in
        ["", "k", "1.5M", "-1", "1K", "1MM", "99999999999999999999", "18446744073709551615k", "1 M", "+1"]
    {
        assert_eq!(size(text).filter(|_| text != "k"), None, "{text:?}");
    }
    assert_eq!(size("k"), None);
}

#[test]
fn every_policy_and_what_goes_with_it_is_read() {
    for (name, overflow) in OVERFLOWS {
        let options = read(&format!("bounded --overflow {name} --mailbox 7")).expect("fits");
        assert_eq!((options.overflow, options.mailbox, overflow_name(overflow)), (overflow, 7, name));
    }
    for (text, ns) in [("0", 0), ("0us", 0), ("5us", 5_000), ("30ms", 30_000_000)] {
        let options = read(&format!("bounded --service {text}")).expect("a time");
        assert_eq!(options.service, Some(Duration::from_nanos(ns)), "{text}");
    }
    assert_eq!(read("bounded").expect("fits").service, None);
}

#[test]
fn the_window_is_the_share_of_the_mailbox() {
    for (line, window) in [
        ("flow", 128),
        ("flow --mailbox 8", 1),
        ("flow --mailbox 15", 1),
        ("flow --mailbox 1 --producers 1", 1),
        ("flow --producers 3", 341),
        ("flow --window 5", 5),
        // All three places of an item must fit.
        (&format!("flow --mailbox {FLOW_MAILBOX_MAX} --producers 1"), 1),
        ("flow --mailbox 65535 --producers 1", 65_535),
        ("flow --mailbox 65536 --producers 1", (throng::Options::CAPACITY_MAX + 1 - 65_536) / 3),
    ] {
        let options = read(line).expect("fits");
        assert_eq!(options.window(), window, "{line}");
        let windows = window * options.producers() as u32;
        let built = throng::Options::builder().capacity(options.mailbox).flows(windows).build();
        assert!(built.is_ok(), "{line}: {built:?}");
    }
}

#[test]
fn what_is_wrong_is_named_with_what_it_got_and_what_it_takes() {
    for (line, says) in [
        ("", "WORKLOAD is missing: takes ping-pong, crowd, counting"),
        ("pong", "WORKLOAD got \"pong\": takes ping-pong, crowd"),
        ("ring --workers x", "--workers got \"x\": takes a whole number from 1 to 1024"),
        ("ring --workers 0", "--workers got \"0\": takes a whole number from 1 to 1024"),
        ("ring --workers=1025", "--workers got \"1025\": takes"),
        ("ping-pong --payload 9", "--payload got \"9\": takes 8, 16, 32, 48, 64, 128, 256, 1024, 4096"),
        ("ask --duration 5", "--duration got \"5\": takes a whole number and ns, us, ms, s or m"),
        ("ask --duration 0s", "--duration got \"0s\": takes"),
        ("ring --order up", "--order got \"up\": takes in or shuffled"),
        ("ring --pin 0,x", "--pin got \"0,x\": takes compact, spread, none, or processors like 0,2"),
        ("ring --mailbox 0", "--mailbox got \"0\": takes a whole number from 1 to"),
        ("ring --batch 65537", "--batch got \"65537\": takes a whole number from 1 to 65536"),
        ("ring --sample 5", "--sample got \"5\": takes off, all or auto"),
        ("ring --format html", "--format got \"html\": takes text, markdown or json"),
        ("ring --runs 5", "--runs got \"5\": takes 1"),
        ("ring --seed=-1", "--seed got \"-1\": takes a whole number from 0"),
        ("ring --nothing", "--nothing is no flag or argument of loadgen"),
        ("ring extra", "extra is no flag or argument of loadgen"),
        ("ring --workers", "--workers got nothing: takes a whole number from 1 to 1024"),
        ("ring --seed 1 --seed 2", "--seed is given twice"),
        ("ask --messages 5 --duration 1s", "exclude each other"),
        (
            "bounded --overflow drop",
            "--overflow got \"drop\": takes mute, fail, drop-newest, drop-oldest, drop-oldest-exact, signal",
        ),
        ("bounded --producers 0", "--producers got \"0\": takes a whole number from 1 to 65536"),
        ("bounded --producers 65537", "--producers got \"65537\": takes a whole number from 1 to 65536"),
        (
            "bounded --service 5",
            "--service got \"5\": takes 0, or a whole number and ns, us, ms or s, up to 1s",
        ),
        ("bounded --service 2s", "--service got \"2s\": takes 0, or a whole number"),
        ("bounded --service 1s --batch 5", "--service got \"1s\": with --batch 5 takes up to 800ms"),
        ("flow --window 0", "--window got \"0\": takes a whole number from 1 to 262139"),
        ("flow --window 129", "--window got \"129\": with --mailbox 1024 and 8 producers takes 1 to 128"),
        (
            "flow --mailbox 7",
            "--producers got \"8\": with --mailbox 7 flow takes up to 7, a window of 1 each",
        ),
    ] {
        let text = refused(line);
        assert!(text.contains(says), "{line}: {text}");
    }
}

#[test]
fn what_comes_later_says_so() {
    for (line, says) in [
        ("ping-pong --rate 1M", "--rate is not there yet"),
        ("ping-pong --rate=1M", "--rate is not there yet"),
        ("ping-pong --arrival poisson", "--arrival is not there yet"),
        ("ask --warmup auto", "--warmup is not there yet"),
        ("ask --assert p99<1us", "--assert is not there yet"),
        ("ask --profile smoke", "--profile is not there yet"),
        ("ask --mode open", "--mode got \"open\": not there yet: takes closed or saturate"),
    ] {
        let text = refused(line);
        assert!(text.contains(says), "{line}: {text}");
    }
}

#[test]
fn what_a_workload_would_ignore_is_refused() {
    for (line, says) in [
        ("ping-pong --actors 5", "--actors is not for ping-pong: crowd, ring"),
        ("ping-pong --tokens 5", "--tokens is not for ping-pong: ring, directory take it"),
        ("ping-pong --order in", "--order is not for ping-pong: ring takes it"),
        ("ask --payload 16", "--payload is not for ask"),
        ("create --messages 5", "--messages is not for create"),
        ("big --duration 1s", "--duration is not for big"),
        ("idle --sample all", "--sample all is not for idle"),
        ("ring --overflow fail", "--overflow fail is not for ring"),
        ("ring --producers 2", "--producers is not for ring: bounded, flow take it"),
        ("ask --service 0", "--service is not for ask: bounded, flow take it"),
        ("bounded --window 2", "--window is not for bounded: flow takes it"),
        ("flow --overflow fail", "--overflow fail is not for flow"),
        ("flow --overflow signal", "signal is not for flow: bounded takes it"),
        ("flow --payload 64", "--payload is not for flow"),
        ("flow --sample all", "--sample all is not for flow"),
        ("bounded --sample all", "--sample all is not for bounded"),
        ("counting --overflow drop-newest", "--overflow drop-newest is not for counting: bounded takes it"),
        ("ring --mode saturate", "--mode got \"saturate\": ring takes closed"),
        ("big --actors 1", "--actors got \"1\": big takes 2 or more"),
        ("ring --tokens 101", "--tokens got \"101\": takes 1 to the number of actors, 100"),
    ] {
        let text = refused(line);
        assert!(text.contains(says), "{line}: {text}");
    }
}

#[test]
fn the_help_names_every_flag() {
    let Err(Refused::Told(text)) = read("--help") else { panic!("no help") };
    for flag in [
        "--mode",
        "--actors",
        "--messages",
        "--duration",
        "--order",
        "--tokens",
        "--producers",
        "--service",
        "--window",
        "--workers",
        "--pin",
        "--payload",
        "--mailbox",
        "--overflow",
        "--batch",
        "--seed",
        "--sample",
        "--runs",
        "--out",
        "--format",
    ] {
        assert!(text.contains(flag), "{flag}");
    }
}

#[test]
fn the_help_says_which_flag_goes_with_which_workload() {
    let Err(Refused::Told(text)) = read("--help") else { panic!("no help") };
    let (_, table) = text.split_once("Flags that not every workload takes:\n").expect("the table");
    let values = [
        ("--messages", "--messages 5"),
        ("--duration", "--duration 1s"),
        ("--actors", "--actors 5"),
        ("--tokens", "--tokens 1"),
        ("--order", "--order in"),
        ("--payload", "--payload 64"),
        ("--sample all", "--sample all"),
        ("--producers", "--producers 2"),
        ("--service", "--service 0"),
        ("--window", "--window 2"),
        ("--overflow fail", "--overflow fail"),
        ("--overflow drop-newest|drop-oldest|drop-oldest-exact|signal", "--overflow signal"),
    ];
    for (workload, line) in Workload::ALL.into_iter().zip(table.lines()) {
        let (name, flags) = line.trim().split_once(' ').expect("a name and its flags");
        assert_eq!(name, workload.name());
        let told: Vec<&str> = flags.trim().split(", ").collect();
        for (flag, given) in values {
            let taken = read(&format!("{name} {given}")).is_ok();
            assert_eq!(told.contains(&flag), taken, "{name} {given}");
        }
        assert!(told.iter().all(|flag| values.iter().any(|(known, _)| known == flag)), "{line}");
    }
}

/// What is larger than the policy or the flow has room for is refused with the largest that is taken, which is.
#[test]
fn the_largest_mailbox_is_taken_and_named() {
    for (name, overflow) in OVERFLOWS {
        let most = mailbox_max(overflow);
        let line = format!("bounded --overflow {name} --mailbox");
        assert!(read(&format!("{line} {most} --producers 65536")).is_ok(), "{line} {most}");
        let over = most + 1;
        let text = refused(&format!("{line} {over}"));
        let says = match overflow {
            Overflow::DropOldest | Overflow::DropOldestExact => {
                format!("--mailbox got \"{over}\": --overflow {name} takes up to {most}")
            }
            _ => format!("--mailbox got \"{over}\": takes a whole number from 1 to {most}"),
        };
        assert!(text.contains(&says), "{line}: {text}");
    }
    let (most, over) = (FLOW_MAILBOX_MAX, FLOW_MAILBOX_MAX + 1);
    for (line, says) in [
        (
            format!("flow --mailbox {over} --producers 1"),
            format!("--mailbox got \"{over}\": flow takes up to {most}"),
        ),
        (
            format!("flow --mailbox {most} --producers 2"),
            format!("--producers got \"2\": with --mailbox {most} flow takes up to 1, a window of 1 each"),
        ),
    ] {
        let text = refused(&line);
        assert!(text.contains(&says), "{line}: {text}");
    }
}
