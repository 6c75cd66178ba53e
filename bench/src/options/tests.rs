mod given;

pub(super) mod plans;

use super::rules::{FLOW_MAILBOX_MAX, mailbox_max};
use super::values::OVERFLOWS;
use super::*;
use crate::arrival::Arrival;
use std::time::Duration;
use throng::{Overflow, Pin};

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
fn a_chat_and_timers_are_read_with_what_is_not_said() {
    let options = read("chat").expect("fits");
    assert_eq!((options.users(), options.rooms(), options.turns()), (1_024, 128, 32));
    assert_eq!(
        (options.mix, options.service(), options.mode()),
        (None, Duration::from_micros(5), Mode::Closed)
    );
    let options = read("chat --users 7 --turns 2k --mix leave:2").expect("fits");
    assert_eq!((options.users(), options.rooms(), options.turns()), (7, 1, 2_000));
    assert_eq!(options.mix, Some(Mix { post: 0, join: 0, leave: 2, compute: 0 }));
    assert_eq!((read("timers").expect("fits").period(), options.cancel), (Duration::from_millis(10), None));
    assert_eq!(
        read("timers --cancel 100").expect("fits").cancel,
        read("timers --cancel 100%").expect("fits").cancel
    );
    let options = read("timers --period 1us --cancel 100%").expect("fits");
    assert_eq!((options.period(), options.cancel), (Duration::from_micros(1), Some(100)));
    assert_eq!(read("timers --period 1us --repeat 0").expect("fits").repeat, Some(0));
    assert_eq!(read("timers --period 1ms --repeat 30%").expect("fits").repeat, Some(30));
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
        (
            "ring --pin 0,0",
            "--pin got \"0,0\": takes compact, spread, none, or processors like 0,2, each once",
        ),
        ("ring --pin 3,1,2,03", "--pin got \"3,1,2,03\": takes compact"),
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
        ("chat --users 0", "--users got \"0\": takes a whole number from 1 to 262000"),
        ("chat --mix post:1,pst:2", "--mix got \"post:1,pst:2\": \"pst:2\" at column 8: takes post:N"),
        ("chat --turns 5 --duration 1s", "exclude each other"),
        ("timers --period 6s", "--period got \"6s\": takes a whole number and us, ms or s, from 1us to 5s"),
        (
            "timers --period 999us --repeat 1%",
            "--period got \"999µs\": with --repeat takes a millisecond or more",
        ),
        ("timers --cancel 101%", "--cancel got \"101%\": takes a whole number from 0% to 100%"),
        ("supervise --crash 5", "--crash got \"5\": takes 1/N, one message in N, or N/s"),
        ("supervise --backoff 2s", "--backoff got \"2s\": takes 0 for none, or a time or two"),
        (
            "supervise --strategy any",
            "--strategy got \"any\": takes one-for-one, one-for-all or rest-for-one",
        ),
        ("supervise --crash-by x", "--crash-by got \"x\": takes panic or error"),
        ("supervise --mail lose", "--mail got \"lose\": takes keep, drop or return"),
        ("pools --members 3..2", "--members got \"3..2\": takes the fewest and the most, as 1..8"),
        ("pools --leave 10us", "--leave got \"10us\": takes a whole number and ms or s, from 1ms to 5s"),
        ("pools --pause 6s", "--pause got \"6s\": takes"),
        ("pools --burst 0", "--burst got \"0\": takes a whole number from 1 to"),
        ("pubsub --subscribers 2k", "--subscribers got \"2k\": takes a whole number from 1 to 1000"),
        ("timers --cancel 50%%", "--cancel got \"50%%\": takes"),
        ("timers --cancel +5%", "--cancel got \"+5%\": takes"),
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
fn an_open_load_is_read_with_its_plan() {
    let options = read("mesh --rate 50k --duration 2s --warmup 1s --hops 3").expect("fits");
    assert_eq!((options.mode(), options.rate, options.hops), (Mode::Open, Some(50_000), Some(3)));
    assert_eq!(options.warmup, Some(Warmup::For(Duration::from_secs(1))));
    assert_eq!((options.arrival(), options.open_lasts()), (Arrival::Poisson, Duration::from_secs(2)));
    let options = read("counting --arrival ramp:1k..2k --service 3us --freeze 10ms").expect("fits");
    assert_eq!((options.mode(), options.arrival()), (Mode::Open, Arrival::Ramp { from: 1_000, to: 2_000 }));
    assert_eq!(
        (options.service(), options.open_lasts()),
        (Duration::from_micros(3), Duration::from_secs(10))
    );
    assert_eq!(read("no-op --rate 10G/s --warmup auto").expect("fits").warmup, Some(Warmup::Auto));
    assert_eq!(read("mesh").expect("fits").mode(), Mode::Saturate);
    assert_eq!(read("mesh --mode closed --tokens 5").expect("fits").mode(), Mode::Closed);
    let asked = read("ask --assert p99<1us,lost==0").expect("fits").assertions.expect("given");
    assert_eq!(asked.0.len(), 2);
}

#[test]
fn what_a_workload_would_ignore_is_refused() {
    for (line, says) in [
        ("ping-pong --actors 5", "--actors is not for ping-pong: crowd, fan-out, mesh, pipeline, ring, big"),
        (
            "ping-pong --tokens 5",
            "--tokens is not for ping-pong: ring, directory take it; fan-out, mesh, pipeline take it with --mode closed",
        ),
        ("ping-pong --order in", "--order is not for ping-pong: ring takes it"),
        ("ask --service 0", "--service is not for closed load: ask takes it with --mode open"),
        ("ask --rate 5 --overflow drop-newest", "--overflow drop-newest is not for ask"),
        ("ask --rate 5 --mailbox 100k", "--mailbox got \"100k\": open load of ask takes up to "),
        ("ask --payload 16", "--payload is not for ask"),
        ("create --messages 5", "--messages is not for create"),
        ("big --duration 1s", "--duration is not for big"),
        (
            "big --profile smoke",
            "--profile smoke is not for big: ping-pong, crowd, counting, fan-in, fan-out, mesh, pipeline, bounded, flow, ring, pairs, ask, chat, timers, supervise, pools, pubsub, no-op take it",
        ),
        ("idle --sample all", "--sample all is not for idle"),
        ("ring --overflow fail", "--overflow fail is not for ring"),
        (
            "ring --producers 2",
            "--producers is not for ring: bounded, flow, supervise, pubsub take it; fan-in takes it with --mode open",
        ),
        (
            "big --service 0",
            "--service is not for big: fan-out, mesh, pipeline, bounded, flow, chat, supervise, pools, pubsub take it; ping-pong, counting, fan-in, ask take it with --mode open",
        ),
        (
            "ring --probe",
            "--probe is not for ring: fan-out, mesh, pipeline take it; ping-pong, counting, fan-in take it with --mode open",
        ),
        ("ask --rate 5 --probe", "--probe is not for ask: fan-out, mesh, pipeline take it; ping-pong"),
        ("counting --probe", "--probe is not for saturate load: counting takes it with --mode open"),
        ("bounded --window 2", "--window is not for bounded: flow takes it"),
        ("flow --overflow fail", "--overflow fail is not for flow"),
        ("flow --overflow signal", "signal is not for flow: bounded takes it"),
        ("flow --payload 64", "--payload is not for flow"),
        ("flow --sample all", "--sample all is not for flow"),
        ("bounded --sample all", "--sample all is not for bounded"),
        (
            "counting --overflow drop-newest",
            "--overflow drop-newest is not for saturate load: counting takes it with --mode open",
        ),
        ("ring --mode saturate", "--mode got \"saturate\": ring takes closed"),
        ("skynet --actors 1", "--actors got \"1\": skynet takes a power of 10, from 10 to 1000000000"),
        ("skynet --actors 1001", "--actors got \"1001\": skynet takes a power of 10"),
        ("chat --messages 5", "--messages is not for chat"),
        ("chat --rate 5", "--rate got \"5\": chat has no open load, it takes --mode closed"),
        ("chat --overflow fail", "--overflow fail is not for chat"),
        ("timers --turns 5", "--turns is not for timers: chat takes it"),
        ("ring --cancel 5%", "--cancel is not for ring: timers takes it"),
        ("chat --repeat 5%", "--repeat is not for chat: timers takes it"),
        ("timers --crash 1/5", "--crash is not for timers: supervise takes it"),
        ("supervise --overflow fail", "--overflow fail is not for supervise"),
        ("supervise --rate 5", "--rate got \"5\": supervise has no open load, it takes --mode saturate"),
        ("pools --producers 2", "--producers is not for pools"),
        ("pubsub --members 1..2", "--members is not for pubsub: pools takes it"),
        ("pubsub --overflow signal", "--overflow signal is not for pubsub"),
        ("supervise --topics 2", "--topics is not for supervise: pubsub takes it"),
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
        "--rate",
        "--arrival",
        "--warmup",
        "--hops",
        "--freeze",
        "--probe",
        "--assert",
        "--actors",
        "--messages",
        "--duration",
        "--profile",
        "--order",
        "--tokens",
        "--producers",
        "--service",
        "--window",
        "--users",
        "--rooms",
        "--turns",
        "--mix",
        "--period",
        "--cancel",
        "--repeat",
        "--strategy",
        "--crash",
        "--crash-by",
        "--backoff",
        "--mail",
        "--members",
        "--leave",
        "--burst",
        "--pause",
        "--topics",
        "--subscribers",
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
fn the_help_says_which_flag_goes_with_which_load() {
    let Err(Refused::Told(text)) = read("--help") else { panic!("no help") };
    let (_, table) = text.split_once("Flags that not every load takes:\n").expect("the table");
    let values = [
        ("--messages", "--messages 5"),
        ("--duration", "--duration 1s"),
        ("--profile smoke|paper", "--profile smoke"),
        ("--rate", "--rate 5"),
        ("--arrival", "--arrival constant"),
        ("--warmup", "--warmup 0"),
        ("--actors", "--actors 10"),
        ("--hops", "--hops 2"),
        ("--tokens", "--tokens 1"),
        ("--order", "--order in"),
        ("--payload", "--payload 64"),
        ("--sample all", "--sample all"),
        ("--producers", "--producers 2"),
        ("--service", "--service 0"),
        ("--freeze", "--freeze 1ms"),
        ("--probe", "--probe"),
        ("--window", "--window 2"),
        ("--users", "--users 5"),
        ("--rooms", "--rooms 5"),
        ("--turns", "--turns 5"),
        ("--mix", "--mix post:1"),
        ("--period", "--period 5ms"),
        ("--cancel", "--cancel 5%"),
        ("--repeat", "--repeat 5%"),
        ("--strategy", "--strategy one-for-all"),
        ("--crash", "--crash 1/5"),
        ("--crash-by", "--crash-by error"),
        ("--backoff", "--backoff 1ms"),
        ("--mail", "--mail drop"),
        ("--members", "--members 1..2"),
        ("--leave", "--leave 5ms"),
        ("--burst", "--burst 5"),
        ("--pause", "--pause 5ms"),
        ("--topics", "--topics 2"),
        ("--subscribers", "--subscribers 2"),
        ("--overflow fail", "--overflow fail"),
        ("--overflow drop-newest|drop-oldest|drop-oldest-exact", "--overflow drop-newest"),
        ("--overflow signal", "--overflow signal"),
    ];
    let loads = Workload::ALL.into_iter().flat_map(|w| w.modes().iter().map(move |mode| (w, *mode)));
    for ((workload, mode), line) in loads.zip(table.lines()) {
        let mut words = line.split_whitespace();
        assert_eq!((words.next(), words.next()), (Some(workload.name()), Some(mode.name())), "{line}");
        let flags = words.collect::<Vec<_>>().join(" ");
        let told: Vec<&str> = flags.split(", ").collect();
        for (flag, given) in values {
            // What another flag is needed for is given it.
            let needed = match (flag, mode) {
                ("--rate", Mode::Open) => "",
                (_, Mode::Open) => "--rate 5",
                ("--freeze" | "--warmup", _) => "--duration 1s",
                _ => "",
            };
            let line = format!("{} --mode {} {given} {needed}", workload.name(), mode.name());
            assert_eq!(told.contains(&flag), read(&line).is_ok(), "{line}");
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

#[test]
fn the_seed_is_taken_out_wherever_it_stands() {
    for (line, left) in [
        ("ring --tokens 2", "ring --tokens 2"),
        ("ring --seed 5 --tokens 2", "ring --tokens 2"),
        ("--seed=5 ring", "ring"),
        ("ring --seeds 5 --seed", "ring --seeds 5"),
    ] {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let expected: Vec<OsString> = left.split_whitespace().map(OsString::from).collect();
        assert_eq!(without(&args, &["--seed"]), expected, "{line}");
    }
}
