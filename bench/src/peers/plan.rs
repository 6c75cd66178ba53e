//! What is measured: which figures, in which settings, and how much of each.

use super::program::Orders;
use super::task::Asked;
use crate::contest::Unit;
use std::time::Duration;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// To see that everything works.
    Smoke,
    /// For figures.
    Default,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Smoke, Self::Default];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Default => "default",
        }
    }

    /// The profile of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// What is asked for, in its order: what every system can do comes first.
    pub fn asked(self) -> &'static [&'static str] {
        match self {
            Self::Smoke => &[
                "ping-pong:2:20000",
                "counting:2:100000",
                "fork-join:60:60000",
                "create:10000:10000",
                "ring:100:20000",
                // A process for each actor is refused, a thread is had.
                "ring:3000:20000",
                "ring-shuffled:3000:20000",
                "big:120:24000",
                "fan-in:8:80000",
                "ask:2:20000",
                "memory:100000:1",
                "open:8:100000",
            ],
            Self::Default => &[
                "ping-pong:2:1000000",
                "counting:2:1000000",
                "fork-join:60:600000",
                "create:100000:100000",
                "ring:100:1000000",
                "ring:1000000:1000000",
                "ring-shuffled:1000000:1000000",
                "big:120:480000",
                "fan-in:8:800000",
                "ask:2:200000",
                // A slab is 2 MB: of fewer actors it would be a part of the figure.
                "memory:1000000:1",
                "open:8:100000",
                "open:8:1000000",
            ],
        }
    }

    /// Rounds, where nothing is said.
    pub fn rounds(self) -> u32 {
        match self {
            Self::Smoke => 1,
            Self::Default => 5,
        }
    }

    /// How long a figure is measured, where nothing is said.
    pub fn time(self) -> Duration {
        Duration::from_millis(match self {
            Self::Smoke => 50,
            Self::Default => 300,
        })
    }

    /// How long a heap is used, where nothing is said.
    pub fn used(self) -> Duration {
        match self {
            Self::Smoke => Duration::from_millis(500),
            Self::Default => Duration::from_secs(60),
        }
    }

    /// How many idle actors are beside, where nothing is said.
    pub fn idle(self) -> &'static [u64] {
        match self {
            // To make 1,000 processes, and to end them, takes two minutes where each actor is one.
            Self::Smoke => &[100],
            Self::Default => &[1_000, 100_000, 1_000_000],
        }
    }
}

/// In what surroundings a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// In a fresh process, with all workers.
    Fresh,
    /// In a fresh process, with one worker where all are several.
    OneWorker,
    /// Beside idle actors.
    Idle,
    /// In a heap that was used before.
    Used,
}

impl Setting {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Fresh, Self::OneWorker, Self::Idle, Self::Used];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::OneWorker => "one-worker",
            Self::Idle => "idle",
            Self::Used => "used",
        }
    }

    /// Some of them, as `fresh,used`: each once.
    ///
    /// # Errors
    /// What it takes, in words.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut all = Vec::new();
        for word in text.split(',') {
            let known = Self::ALL.into_iter().find(|one| one.name() == word && !all.contains(one));
            all.push(known.ok_or_else(|| {
                format!("takes {}, each once, with commas between", Self::ALL.map(Self::name).join(", "))
            })?);
        }
        Ok(all)
    }
}

/// What a figure of this is.
pub fn unit(asked: Asked) -> Unit {
    match asked {
        Asked::Work(_) => Unit::Time,
        Asked::Memory(_) => Unit::Bytes,
        Asked::Open { .. } => Unit::Latency,
    }
}

/// What a process is told in each setting: every figure in one of its own with all workers, those of which more workers can make more also
/// with one; beside idle actors, and in a used heap, all in one, but for memory. What is a crowd by itself is beside no other.
pub fn processes(
    settings: &[Setting],
    asked: &[Asked],
    workers: u64,
    idle: &[u64],
    used: Duration,
    time: Duration,
) -> Vec<Orders> {
    let orders = |workers, idle, used, asked: Vec<Asked>| Orders { workers, idle, used, time, asked };
    let those = |fits: fn(&Asked) -> bool| -> Vec<Asked> { asked.iter().copied().filter(fits).collect() };
    let mut all = Vec::new();
    if settings.contains(&Setting::Fresh) {
        all.extend(asked.iter().map(|one| orders(workers, 0, Duration::ZERO, vec![*one])));
    }
    if settings.contains(&Setting::OneWorker) && workers > 1 {
        let work = those(|one| matches!(one, Asked::Work(_)));
        all.extend(work.into_iter().map(|one| orders(1, 0, Duration::ZERO, vec![one])));
    }
    if settings.contains(&Setting::Idle) {
        let beside = those(|one| match one {
            Asked::Work(task) => !task.is_crowd(),
            Asked::Memory(_) => false,
            Asked::Open { .. } => true,
        });
        let crowds = idle.iter().copied().filter(|idle| *idle > 0 && !beside.is_empty());
        all.extend(crowds.map(|idle| orders(workers, idle, Duration::ZERO, beside.clone())));
    }
    let again = those(|one| !matches!(one, Asked::Memory(_)));
    if settings.contains(&Setting::Used) && !used.is_zero() && !again.is_empty() {
        all.push(orders(workers, 0, used, again));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_the_profiles_can_be_asked_for() {
        for profile in Profile::ALL {
            for text in profile.asked() {
                assert_eq!(Asked::parse(text).map(|asked| asked.to_string()), Ok((*text).to_owned()));
            }
            assert_eq!(Profile::parse(profile.name()), Some(profile));
        }
        // A slab of 2 MB, just begun or just full, is to be less than a word of what an actor takes.
        let memory = Profile::Default.asked().iter().find_map(|text| match Asked::parse(text) {
            Ok(Asked::Memory(actors)) => Some(actors),
            _ => None,
        });
        assert!(memory.is_some_and(|actors| (2 << 20) / actors < 8), "{memory:?}");
    }

    #[test]
    fn each_setting_has_its_processes() {
        let asked = ["ping-pong:2:2", "memory:5:1", "open:1:9"].map(|text| Asked::parse(text).expect(text));
        let (used, time) = (Duration::from_secs(1), Duration::from_millis(5));
        let words = |settings: &[Setting], workers| -> Vec<String> {
            processes(settings, &asked, workers, &[0, 7], used, time)
                .iter()
                .map(|orders| orders.words().join(" "))
                .collect()
        };
        let all = [
            "2 0 0 5 ping-pong:2:2",
            "2 0 0 5 memory:5:1",
            "2 0 0 5 open:1:9",
            "1 0 0 5 ping-pong:2:2",
            "2 7 0 5 ping-pong:2:2 open:1:9",
            "2 0 1000 5 ping-pong:2:2 open:1:9",
        ];
        assert_eq!(words(&Setting::ALL, 2), all);
        assert_eq!(words(&Setting::ALL, 1).len(), 5);
        assert_eq!(words(&[Setting::Used, Setting::OneWorker], 2), [all[3], all[5]]);
        assert_eq!(words(&[Setting::OneWorker], 1), [""; 0], "one is all");
    }

    #[test]
    fn a_crowd_is_beside_no_other() {
        let asked = ["ring:100:9", "ring:1000000:9"].map(|text| Asked::parse(text).expect(text));
        let (used, time) = (Duration::from_secs(1), Duration::from_millis(5));
        let both = [Setting::Idle, Setting::Used];
        let words: Vec<String> = processes(&both, &asked, 2, &[7], used, time)
            .iter()
            .map(|orders| orders.words().join(" "))
            .collect();
        assert_eq!(words, ["2 7 0 5 ring:100:9", "2 0 1000 5 ring:100:9 ring:1000000:9"]);
    }

    #[test]
    fn settings_have_names() {
        assert_eq!(Setting::parse("used,fresh"), Ok(vec![Setting::Used, Setting::Fresh]));
        assert_eq!(Setting::parse(&Setting::ALL.map(Setting::name).join(",")), Ok(Setting::ALL.into()));
        for text in ["", "fresh,", "fresh,fresh", "old"] {
            assert!(Setting::parse(text).is_err_and(|why| why.contains("one-worker")), "{text:?}");
        }
    }
}
