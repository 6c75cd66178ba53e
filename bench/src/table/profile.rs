//! What one can ask of a system, and how long each profile lets it take.

pub use crate::options::Profile;
use std::time::Duration;

/// One column's measurement: the first argument of a baseline program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Actors alive together, each answering a message afterwards.
    Actors,
    /// Ping-pong between two actors, per message.
    OneWay,
    /// Request and reply by the system's own ask.
    Ask,
    /// Messages into one counting actor.
    Throughput,
    /// Memory of an idle actor that has handled one message.
    Bytes,
    /// Pairs with 1 us of work a message: all cores against one.
    Speedup,
}

impl Measure {
    /// All of them, in the order they are run. The actors come first: without them there is no row.
    pub const ALL: [Measure; 6] = [
        Measure::Actors,
        Measure::OneWay,
        Measure::Ask,
        Measure::Throughput,
        Measure::Bytes,
        Measure::Speedup,
    ];

    /// The name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Actors => "actors",
            Measure::OneWay => "one_way",
            Measure::Ask => "ask",
            Measure::Throughput => "throughput",
            Measure::Bytes => "bytes",
            Measure::Speedup => "speedup",
        }
    }
}

impl Profile {
    /// The time a program is given for a measure: creating actors, or sending messages. Starting the system, asking
    /// every actor created and stopping them all comes on top.
    pub fn budget(self, measure: Measure) -> Duration {
        let millis = match (self, measure) {
            (Profile::Smoke, Measure::Actors) => 1_000,
            (Profile::Smoke, _) => 50,
            (Profile::Default, Measure::Actors) => 6_000,
            (Profile::Default, Measure::Speedup) => 1_200,
            (Profile::Default, _) => 600,
            (Profile::Paper, Measure::Actors) => 30_000,
            (Profile::Paper, _) => 10_000,
        };
        Duration::from_millis(millis)
    }

    /// When a program is given up: far beyond what asking and stopping takes, so that only one that hangs gets there.
    pub fn deadline(self, measure: Measure) -> Duration {
        Duration::from_secs(20) + 8 * self.budget(measure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_profile_gives_every_measure_more_time() {
        for measure in Measure::ALL {
            let [smoke, default, paper] = Profile::ALL.map(|profile| profile.budget(measure));
            assert!(smoke < default && default < paper, "{measure:?}");
            for profile in Profile::ALL {
                assert!(profile.deadline(measure) > profile.budget(measure), "{profile:?} {measure:?}");
            }
        }
    }
}
