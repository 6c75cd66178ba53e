//! One figure, by a fresh process.

use super::child::WRONG;
use super::feature::Feature;
use super::spoiled::{Spoiled, same};
use crate::process::{self, Failure, Job};
use serde_json::Value;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A figure takes a second or two, and of a build that is not optimised a minute.
const DEADLINE: Duration = Duration::from_secs(900);
/// Items of a chunk in a stream.
pub const CHUNK: u32 = 64;

/// The three figures of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Nanoseconds a message where [`CHUNK`] are sent before the receiver has a turn.
    Stream,
    /// Nanoseconds a message where each is answered before the next is sent.
    PingPong,
    /// Bytes by which the process grows with each idle actor.
    Actor,
}

impl Measure {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Stream, Self::PingPong, Self::Actor];

    /// The name, as it stands in `prices/1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::PingPong => "ping_pong",
            Self::Actor => "actor",
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Stream | Self::PingPong => "ns_per_message",
            Self::Actor => "bytes_per_actor",
        }
    }
}

/// How much work is done for a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Items of a stream or a ping-pong.
    pub items: u64,
    /// Actors of a crowd.
    pub actors: u64,
}

impl Sizes {
    /// For figures to go by.
    pub const FULL: Self = Self { items: 10_000_000, actors: 1_000_000 };
    /// To see that it works; actors enough to be weighed.
    pub const QUICK: Self = Self { items: 200_000, actors: 200_000 };
}

/// The program that measures: this very one, or what a test has in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path.
    pub path: PathBuf,
    /// What comes before the arguments of [`super::child::main`].
    pub first: Vec<OsString>,
}

impl Program {
    /// This program, in a process of its own.
    ///
    /// # Errors
    /// Where it cannot find itself.
    pub fn own() -> std::io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, first: vec!["price".into()] })
    }
}

/// Why there is no figure.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// It was ended early.
    Interrupted,
    /// It could not be had, or does not hold.
    Spoiled(Spoiled),
}

/// One figure of `feature`, whose work has been looked at; `None` where there were too few actors to weigh. Raising
/// `stop` ends it early.
///
/// # Errors
/// See [`End`].
pub fn take(
    program: &Program,
    feature: Feature,
    measure: Measure,
    sizes: Sizes,
    stop: &AtomicBool,
) -> Result<Option<f64>, End> {
    let chunk = match measure {
        Measure::Stream => CHUNK,
        _ => 1,
    };
    let words = match measure {
        Measure::Stream | Measure::PingPong => {
            vec!["message".into(), feature.name().into(), chunk.to_string(), sizes.items.to_string()]
        }
        Measure::Actor => vec!["actor".to_owned(), feature.name().into(), sizes.actors.to_string()],
    };
    let args = program.first.iter().cloned().chain(words.into_iter().map(OsString::from)).collect();
    let job = Job { program: program.path.clone(), args, env: Vec::new(), deadline: DEADLINE };
    let answer = match process::run(&job, stop, &mut |_| {}) {
        Ok(answer) => answer,
        Err(Failure::Interrupted { .. }) => return Err(End::Interrupted),
        Err(Failure::Exit(status, words)) => {
            let said = words.strip_prefix("throng: price: ").unwrap_or(&words).to_owned();
            return Err(End::Spoiled(match status.code() {
                Some(WRONG) => Spoiled::Wrong(said),
                _ => Spoiled::Failed(Failure::Exit(status, said).to_string()),
            }));
        }
        Err(failure) => return Err(End::Spoiled(Spoiled::Failed(failure.to_string()))),
    };
    let wanted = match measure {
        Measure::Stream | Measure::PingPong => sizes.items.div_ceil(u64::from(chunk)) * u64::from(chunk),
        Measure::Actor => sizes.actors,
    };
    read(&answer, measure, wanted).map_err(End::Spoiled)
}

/// The figure in `answer`, which must be of as much work as was `wanted`, all of it done.
pub(crate) fn read(answer: &str, measure: Measure, wanted: u64) -> Result<Option<f64>, Spoiled> {
    let unread = || Spoiled::Failed(format!("an answer that cannot be read: {answer:.200}"));
    let told: Value = serde_json::from_str(answer).map_err(|_| unread())?;
    let count = |name: &str| told[name].as_u64().ok_or_else(unread);
    let (sent, received) = (count("sent")?, count("received")?);
    let what = if measure == Measure::Actor { "actors" } else { "items" };
    same(what, wanted, sent)?;
    same(what, sent, received)?;
    if measure == Measure::Actor && told.get(measure.field()) == Some(&Value::Null) {
        return Ok(None);
    }
    told[measure.field()]
        .as_f64()
        .filter(|figure| figure.is_finite() && *figure >= 0.0)
        .map(Some)
        .ok_or_else(unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_of_all_the_work_or_refused() {
        let of = |answer: &str| read(answer, Measure::Stream, 9);
        assert_eq!(of(r#"{"ns_per_message":12.5,"sent":9,"received":9}"#), Ok(Some(12.5)));
        for (answer, why) in [
            (r#"{"ns_per_message":12.5,"sent":9,"received":8}"#, "items: 9 were to be, 8 are"),
            (r#"{"ns_per_message":12.5,"sent":8,"received":8}"#, "items: 9 were to be, 8 are"),
        ] {
            assert_eq!(of(answer), Err(Spoiled::Wrong(why.into())));
        }
        for answer in [
            "",
            "{",
            r#"{"ns_per_message":12.5,"sent":9}"#,
            r#"{"ns_per_message":"x","sent":9,"received":9}"#,
            r#"{"ns_per_message":-1,"sent":9,"received":9}"#,
            r#"{"bytes_per_actor":1,"sent":9,"received":9}"#,
        ] {
            assert!(matches!(of(answer), Err(Spoiled::Failed(_))), "{answer}");
        }
    }
}
