//! Pages that are tables of many rows by the rounds: the Savina suite, and systems side by side.

use crate::fixtures::{self, figure, of_rounds, write_json};
use serde_json::{Value, json};
use std::path::Path;

/// The folder of a comparison of four systems: throng, one that is better, one that lost a message, and one that is not there.
pub(crate) fn peers(folder: &Path) {
    let system = |name: &str, bounded: bool, why: Option<&str>| {
        json!({"name": name, "language": "Rust", "bounded": bounded, "threads": true, "actors": true,
            "version": why.is_none().then_some("1.2.3"), "how": why.is_none().then_some("as it says"), "why": why})
    };
    let standing = |name: &str, by: Option<f64>, differs: Option<bool>, why: Option<&str>| {
        json!({"name": name, "value": by.map(|by| figure(20.0 * by, 0.5)), "ratio": by.map(|by| figure(by, 0.01)), "differs": differs,
            "messages": 1_000, "iterations": 50, "peak_bytes": by.map(|by| figure(4_096_000.0 * by, 10.0)),
            "cross_core_ns": by.map(|by| figure(64.0 / by, 1.0)), "whole_bytes": null, "latency": null, "disorder": 0, "late": 0, "unlike": 0, "drifting": 0,
            "why": why, "wrong": why == Some("count 0 was to be 9, it is 8")})
    };
    let contest = |asked: &str, workers: u64, idle: u64, quick: Option<f64>| {
        json!({"asked": asked, "unit": "ns", "workers": workers, "idle": idle, "used": idle > 0, "again": figure(1.0, 0.01),
            "standings": [
                standing("throng", Some(1.0), Some(false), None), standing("quick", quick, quick.map(|_| true), None),
                standing("lossy", Some(0.1), Some(true), Some("count 0 was to be 9, it is 8")), standing("away", None, None, None)]})
    };
    let mut contests: Vec<Value> = vec![
        contest("ping-pong:2:1000", 2, 0, Some(0.5)),
        contest("ring:1000000:1000", 2, 0, Some(3.0)),
        contest("ping-pong:2:1000", 2, 1_000, Some(150.0)),
    ];
    contests[2]["standings"][1]["whole_bytes"] = figure(9_437_184.0, 10.0);
    let mut env = of_rounds();
    env["seed"] = json!(7);
    write_json(
        &folder.join("run.json"),
        &json!({
            "schema": "peers/1", "command": ["peers", "--rounds", "5"], "started": "2026-11-21 10:00:00", "rounds": 5, "seed": 7,
            "systems": [system("throng", true, None), system("quick", true, None), system("lossy", false, None),
                system("away", false, Some("no away: scripts/peers.sh builds it"))],
            "contests": contests, "validity": {"valid": true, "interrupted": false, "wrong": []}, "env": env,
        }),
    );
}

fn holds(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text:?} is missing");
    }
}

#[test]
fn where_another_is_better_is_said_first() {
    let folder = fixtures::folder("said/peers");
    peers(&folder);
    let page = crate::rendered(&folder).page;
    holds(
        &page,
        &[
            "1 of others&#39; 3 figures is better than throng&#39;s; 2 of 4 systems ran.",
            "<li>quick is better than throng: 2 workers: ping-pong 0.50 of throng&#39;s</li>",
            "quick had less memory in use than throng: 2 workers: ping-pong 0.50 of throng&#39;s",
            "<li>throng is ahead by less than 5: 2 workers: ring 1,000,000 (quick takes 3.00 times as much)</li>",
            "the machine changed its state: ",
            "<h3>2 workers: crossing between the processors before it</h3>",
            "WRONG: lossy, all 3 figures: count 0 was to be 9, it is 8",
            "not run: away: no away: scripts/peers.sh builds it",
            "<h3>2 workers: figures</h3>",
            "<h3>2 workers, 1,000 idle actors beside, in a used heap: to throng&#39;s</h3>",
            "<h3>2 workers, 1,000 idle actors beside, in a used heap: most memory in use</h3>",
            ">all of it<",
            ">9.00 MiB<",
            ">10.0 ns<",
            ">150<",
            ">WRONG<",
            "throng peers --rounds 5",
        ],
    );
    assert!(page.find("quick is better") < page.find("<h3>2 workers: figures"), "the tables come behind it");
}

#[test]
fn what_is_better_by_chance_alone_is_not_hidden() {
    let folder = fixtures::folder("said/peers-close");
    peers(&folder);
    let file = folder.join("run.json");
    let mut run: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("written")).expect("JSON");
    let quick = &mut run["contests"][0]["standings"][1];
    (quick["ratio"], quick["differs"]) = (figure(0.9, 0.2), json!(false));
    (quick["late"], quick["latency"]) = (
        json!(20),
        json!({"count": 1_000, "saturated": 0, "p50": 250, "p90": null, "p99": null, "p99_9": null, "max": 300}),
    );
    write_json(&file, &run);
    holds(
        &crate::rendered(&folder).page,
        &[
            "None of others&#39; 3 figures is better than throng&#39;s by the protocol; 2 of 4 systems ran.",
            "throng is not ahead: 2 workers: ping-pong (quick takes 0.90 times as much)",
            "the generator was late for messages: ping-pong, 2 workers: 2.0 % of those to quick",
        ],
    );
}

#[test]
fn a_suite_says_what_differs_and_what_is_wrong() {
    let folder = fixtures::folder("said/savina");
    fixtures::savina(&folder);
    let page = crate::rendered(&folder).page;
    holds(
        &page,
        &[
            "Savina, size default",
            "1 of 3 workloads verified, 5 rounds, 2 workers.",
            "20.0 µs (20.0 µs to 20.0 µs)",
            "1.50 x (1.40 x to 1.60 x)",
            "ping-pong: 1,000 messages; 40 iterations after 20 of warm-up; 12 suspensions on full mailboxes in each",
            "counting: 1,000 messages; WRONG: total: 9 was to be, 8 is",
            "big: 1,000 messages; not as published: none pings itself",
            ">drifting<",
            "throng savina --size default",
        ],
    );
}
