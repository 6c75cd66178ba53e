//! One measurement in this process, which is a fresh one: what `throng prices` starts for each figure.
//!
//! `throng price message FEATURE CHUNK ITEMS` and `throng price actor FEATURE ACTORS` print one JSON object with the
//! figure and with what was sent and received.

use super::crowd;
use super::feature::Feature;
use super::notices;
use super::pair::{self, WINDOW};
use super::proxied;
use super::tracked;
use crate::alone::answer;
use crate::alone::spoiled::{Spoiled, verified};
use crate::stderr;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;
use throng::System;

/// The command's name.
const COMMAND: &str = "price";
const USAGE_CODE: u8 = 2;
/// More items or actors than this are a mistake.
const MOST: u64 = 1_000_000_000;
/// Of the items, so many in a hundred go before, untimed.
const WARM_SHARE: u64 = 10;

/// What is to be measured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Message { feature: Feature, chunk: u32, items: u64 },
    Actor { feature: Feature, actors: u64 },
}

/// Measures once. Exit code 0 with the figure, 1 where it could not be had, 2 on bad arguments, 5 where work was not
/// done as it was to be.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return answer::written(COMMAND, format_args!("price {}", usage()));
    }
    let asked = match read(&words) {
        Ok(asked) => asked,
        Err(line) => {
            stderr::line(format_args!("throng: price {line}"));
            return ExitCode::from(USAGE_CODE);
        }
    };
    match asked {
        Asked::Message { feature, chunk, items } => answer::code(COMMAND, message(feature, chunk, items)),
        Asked::Actor { feature, actors } => match crowd::grow(feature, actors) {
            Ok(grown) => {
                let figure = json!({
                    "bytes_per_actor": grown.bytes_per_actor,
                    "sent": grown.wanted - crowd::FIRST,
                    "received": grown.alive - crowd::FIRST,
                });
                let code = answer::written(COMMAND, figure);
                // As they are: the process ends without ending each of them.
                std::mem::forget(grown.system);
                code
            }
            Err(spoiled) => answer::code::<Value>(COMMAND, Err(spoiled)),
        },
    }
}

fn usage() -> String {
    format!(
        "takes message FEATURE CHUNK ITEMS with a chunk from 1 to {}, or actor FEATURE ACTORS, with up to {MOST} and a \
         feature of {}",
        WINDOW / 2,
        Feature::names()
    )
}

pub(crate) fn read(words: &[String]) -> Result<Asked, String> {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|n| digits && (1..=MOST).contains(n))
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = match words[..] {
        ["message", feature, chunk, items] => (|| {
            let chunk = u32::try_from(number(chunk)?).ok().filter(|chunk| *chunk <= WINDOW / 2)?;
            Some(Asked::Message { feature: Feature::parse(feature)?, chunk, items: number(items)? })
        })(),
        ["actor", feature, actors] => Feature::parse(feature)
            .zip(number(actors))
            .map(|(feature, actors)| Asked::Actor { feature, actors }),
        _ => None,
    };
    asked.ok_or_else(|| match words[..] {
        [] => format!("got nothing: {}", usage()),
        _ => format!("got {:?}: {}", words.join(" "), usage()),
    })
}

/// Nanoseconds a message; of an ask question and answer are one each, as are a right and its notice.
fn message(feature: Feature, chunk: u32, items: u64) -> Result<Value, Spoiled> {
    let system = System::builder().workers(1).build()?;
    let whole = |items: u64| items.div_ceil(u64::from(chunk)) * u64::from(chunk);
    let (warm, items) = (whole((items * WARM_SHARE).div_ceil(100)), whole(items));
    let run = |items: u64| -> Result<Duration, Spoiled> {
        match feature {
            Feature::Notice => notices::run(&system, chunk, items),
            Feature::Proxy => proxied::run(&system, chunk, items),
            Feature::Tracked => tracked::run(&system, chunk, items),
            _ => pair::run(&system, feature, chunk, items),
        }
    };
    run(warm)?;
    let elapsed = run(items)?;
    let twice = matches!(feature, Feature::Ask | Feature::AskAll | Feature::Notice);
    // There and back, but for streams, in which all but one of the chunk come back to nobody.
    let messages = if chunk == 1 || twice { 2 * items } else { items };
    verified(&system.abort(), warm + messages)?;
    Ok(
        json!({ "ns_per_message": elapsed.as_nanos() as f64 / messages as f64, "sent": items, "received": items }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Asked, String> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn each_feature_has_its_time_and_all_work_is_done() {
        for feature in Feature::ALL {
            for (chunk, items, whole) in [(1, 100, 100), (64, 1_000, 1_024), (7, 7, 7)] {
                let figure = message(feature, chunk, items)
                    .unwrap_or_else(|spoiled| panic!("{feature:?}, {chunk}: {spoiled:?}"));
                assert_eq!((&figure["sent"], &figure["received"]), (&json!(whole), &json!(whole)));
                assert!(figure["ns_per_message"].as_f64() > Some(0.0), "{feature:?}: {figure}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_read_and_everything_else_refused() {
        assert_eq!(
            of("message flow 64 10"),
            Ok(Asked::Message { feature: Feature::Flow, chunk: 64, items: 10 })
        );
        assert_eq!(of("actor base 10"), Ok(Asked::Actor { feature: Feature::Base, actors: 10 }));
        for line in [
            "message",
            "message flow 64",
            "message flow 65 10",
            "message flow 0 10",
            "message flow 1 +1",
            "message nosuch 1 1",
            "message flow 1 1 1",
            "actor base 0",
            "actor base 1000000001",
            "actor base -1",
            "actor nosuch 1",
            "other base 1",
        ] {
            let why = of(line).expect_err(line);
            assert!(why.contains(&format!("{line:?}")) && why.contains("drop-newest"), "{line}: {why}");
        }
        let nothing = of("").expect_err("nothing");
        assert!(nothing.starts_with("got nothing: takes message FEATURE"), "{nothing}");
    }
}
