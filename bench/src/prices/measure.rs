//! One figure, by a fresh process.

use super::feature::Feature;
use crate::alone::asking::{End, Program};
use crate::alone::spoiled::{Spoiled, same};
use serde_json::Value;
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
    let answer = program.ask(words, DEADLINE, stop)?;
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
