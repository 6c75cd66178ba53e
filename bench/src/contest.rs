//! Systems of actors side by side: what a comparison of them holds is measured by one and shown by another.

use crate::json_bounds::few;
use crate::latency::Summary;
use crate::price::figure::Figure;
use crate::units;
use serde::{Deserialize, Serialize};

/// The system that all others are set beside.
pub const BASE: &str = "throng";
/// By how much throng is to be ahead of every system with bounded mailboxes on several threads.
pub const AHEAD: f64 = 5.0;

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds a message; an actor in create, a question in ask.
    #[serde(rename = "ns")]
    Time,
    /// Bytes an idle actor.
    #[serde(rename = "bytes")]
    Bytes,
    /// Nanoseconds from when a message was planned until it was handled, the median.
    #[serde(rename = "p50 ns")]
    Latency,
}

impl Unit {
    /// A value of this, in words.
    pub fn told(self, value: f64) -> String {
        match self {
            Self::Time | Self::Latency => units::time(value),
            Self::Bytes => units::bytes(value),
        }
    }
}

/// A system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contestant {
    /// Its name.
    pub name: String,
    /// In what it is written.
    pub language: String,
    /// Whether what waits for an actor is bounded.
    pub bounded: bool,
    /// Whether its actors run on several threads.
    pub threads: bool,
    /// Whether it has actors at all, or is there to be compared with.
    pub actors: bool,
    /// The version that ran.
    pub version: Option<String>,
    /// How it was used.
    pub how: Option<String>,
    /// Why it was not run, if so.
    pub why: Option<String>,
}

/// One figure of every system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contest {
    /// `NAME:ACTORS:MESSAGES`.
    pub asked: String,
    /// What it is of.
    pub unit: Unit,
    /// Workers.
    pub workers: u64,
    /// Idle actors beside.
    pub idle: u64,
    /// Whether the heap had been used before, and all of this setting ran in one process.
    pub used: bool,
    /// Each system's, in the order of the list.
    #[serde(deserialize_with = "few")]
    pub standings: Vec<Standing>,
    /// throng's second figure of each round to its first: what no difference looks like.
    pub again: Option<Figure>,
    /// What crossing between the processors took before each round of this, in nanoseconds.
    #[serde(deserialize_with = "few")]
    pub cross_core_ns: Vec<Option<f64>>,
}

/// One system's figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The system.
    pub name: String,
    /// By the rounds; less is better.
    pub value: Option<Figure>,
    /// To throng's of the same round: above 1 throng is better.
    pub ratio: Option<Figure>,
    /// Whether that is a difference by the protocol: its interval excludes 1, and it is larger than 1 % and than throng's to itself.
    pub differs: Option<bool>,
    /// Messages of an iteration; of an open load all.
    pub messages: u64,
    /// Iterations that count, of all rounds.
    pub iterations: usize,
    /// The most memory that its process had in use, by the rounds; where the process did nothing else.
    pub peak_bytes: Option<Figure>,
    /// Latencies of all rounds together.
    pub latency: Option<Summary>,
    /// Messages that a later one of the same sender overtook, where order is not promised.
    pub disorder: u64,
    /// Why there is no figure, if so.
    pub why: Option<String>,
    /// Whether that is because work was not done as it was to be.
    pub wrong: bool,
}

impl Contest {
    /// Its setting: workers, idle actors beside, used heap.
    pub fn setting(&self) -> (u64, u64, bool) {
        (self.workers, self.idle, self.used)
    }

    /// The work's name and, where it has not always the same, how many.
    pub fn head(&self) -> String {
        let mut parts = self.asked.split(':');
        let (name, actors, messages) = (parts.next(), parts.next(), parts.next());
        let count = |text: Option<&str>| text.and_then(|n| n.parse().ok()).map(units::count);
        match (name.unwrap_or_default(), count(actors), count(messages)) {
            (name @ ("ring" | "ring-shuffled"), Some(actors), _) => format!("{name} {actors}"),
            ("open", _, Some(rate)) => format!("open {rate}/s"),
            (name, ..) => name.to_owned(),
        }
    }

    /// Those that are better than throng, by the protocol; the farthest first.
    pub fn better(&self) -> Vec<(&Standing, f64)> {
        let mut better: Vec<_> =
            self.ratios().filter(|(one, by)| one.differs == Some(true) && *by < 1.0).collect();
        better.sort_by(|a, b| a.1.total_cmp(&b.1));
        better
    }

    /// The best of those that are in `among`.
    pub fn best(&self, among: impl Fn(&str) -> bool) -> Option<(&Standing, f64)> {
        self.ratios().filter(|(one, _)| among(&one.name)).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn ratios(&self) -> impl Iterator<Item = (&Standing, f64)> {
        let others = self.standings.iter().filter(|one| one.name != BASE);
        others.filter_map(|one| Some((one, one.ratio.as_ref()?.over_rounds.median)))
    }
}

/// A setting in words.
pub fn setting((workers, idle, used): (u64, u64, bool)) -> String {
    let mut words = units::counted(workers, "worker");
    if idle > 0 {
        words.push_str(&format!(", {} idle actors beside", units::count(idle)));
    }
    if used {
        words.push_str(", in a used heap");
    }
    words
}

/// What is to be known first: where a system is better than throng, then where throng is not far ahead of the best with bounded
/// mailboxes on several threads, and which did their work wrong or were not run.
pub fn findings(systems: &[Contestant], contests: &[Contest]) -> Vec<String> {
    let mut lines = Vec::new();
    for contest in contests {
        for (one, by) in contest.better() {
            lines.push(format!(
                "{} is better than throng: {}, {}: {by:.2} of throng's",
                one.name,
                contest.head(),
                setting(contest.setting())
            ));
        }
    }
    let bounded = |name: &str| {
        systems.iter().any(|system| system.name == name && system.bounded && system.threads && system.actors)
    };
    for contest in contests {
        if let Some((one, by)) = contest.best(bounded).filter(|(_, by)| *by < AHEAD && *by >= 1.0) {
            lines.push(format!(
                "throng is ahead by less than {AHEAD:.0}: {}, {}: {} takes {by:.2} times as much",
                contest.head(),
                setting(contest.setting()),
                one.name
            ));
        }
    }
    for contest in contests {
        for one in contest.standings.iter().filter(|one| one.wrong) {
            let why = one.why.as_deref().unwrap_or("not as it was to be");
            lines.push(format!(
                "WRONG: {}, {}, {}: {why}",
                one.name,
                contest.head(),
                setting(contest.setting())
            ));
        }
    }
    for system in systems {
        if let Some(why) = &system.why {
            lines.push(format!("not run: {}: {why}", system.name));
        }
    }
    lines
}

/// What the figures are, in sentences.
pub fn terms(rounds: u32) -> String {
    let rounds = units::counted(rounds.into(), "round");
    format!(
        "Medians of {rounds}; in each, every figure is taken of all systems one after the other, in an order drawn anew, each in a fresh process, and its \
         work is verified. Less is better. Ratios are to throng's figure of the same round: above 1 throng is better; \"~\" is no difference by the \
         protocol. Time is of a message; in create of an actor, in ask of a question; memory is what an idle actor takes, its address \
         included; of open loads the median from when a message was planned until it was handled. Beside idle actors, and in a used heap, all work is done \
         in one process. A system with one worker and one thread has no figure with more."
    )
}

/// What stands in the place of a system's figure.
pub fn cell(contest: &Contest, one: &Standing) -> Option<String> {
    if one.wrong {
        return Some("WRONG".into());
    }
    Some(contest.unit.told(one.value.as_ref()?.over_rounds.median))
}

/// What stands in the place of its ratio.
pub fn ratio(one: &Standing) -> Option<String> {
    let by = one.ratio.as_ref()?.over_rounds.median;
    let digits = if by >= 100.0 {
        0
    } else if by >= 10.0 {
        1
    } else {
        2
    };
    let same = if one.differs == Some(false) { "~ " } else { "" };
    Some(format!("{same}{by:.digits$}"))
}

/// What stands in the place of the memory that it had in use.
pub fn peak(one: &Standing) -> Option<String> {
    Some(units::bytes(one.peak_bytes.as_ref()?.over_rounds.median))
}

/// The settings, in the order in which they come.
pub fn settings(contests: &[Contest]) -> Vec<(u64, u64, bool)> {
    let mut all = Vec::new();
    for contest in contests {
        if !all.contains(&contest.setting()) {
            all.push(contest.setting());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(name: &str, ratio: f64, differs: bool) -> Standing {
        Standing {
            name: name.into(),
            value: Figure::of(vec![Some(10.0 * ratio)]),
            ratio: Figure::of(vec![Some(ratio)]),
            differs: Some(differs),
            ..Standing::default()
        }
    }

    fn contestant(name: &str, bounded: bool) -> Contestant {
        let (name, language) = (name.to_owned(), "Rust".into());
        Contestant {
            name,
            language,
            bounded,
            threads: true,
            actors: true,
            version: None,
            how: None,
            why: None,
        }
    }

    #[test]
    fn who_is_better_is_told_first() {
        let contest = Contest {
            asked: "ring-shuffled:1000000:5".into(),
            unit: Unit::Time,
            workers: 2,
            idle: 1_000,
            used: false,
            standings: vec![
                standing(BASE, 1.0, false),
                standing("quick", 0.5, true),
                standing("same", 0.9, false),
                standing("bounded", 3.0, true),
                Standing { why: Some("3 are missing".into()), wrong: true, ..standing("bad", 9.0, true) },
            ],
            again: None,
            cross_core_ns: Vec::new(),
        };
        let systems = ["quick", "same", "bounded", "bad"].map(|name| contestant(name, name == "bounded"));
        let mut away = contestant("away", false);
        away.why = Some("not built".into());
        let systems = [&systems[..], &[away]].concat();
        let setting = "ring-shuffled 1,000,000, 2 workers, 1,000 idle actors beside";
        assert_eq!(
            findings(&systems, std::slice::from_ref(&contest)),
            [
                format!("quick is better than throng: {setting}: 0.50 of throng's"),
                format!("throng is ahead by less than 5: {setting}: bounded takes 3.00 times as much"),
                format!("WRONG: bad, {setting}: 3 are missing"),
                "not run: away: not built".into(),
            ]
        );
        let cells: Vec<_> = contest.standings.iter().map(|one| (cell(&contest, one), ratio(one))).collect();
        assert_eq!(cells[2], (Some("9.00 ns".into()), Some("~ 0.90".into())));
        assert_eq!(cells[4].0.as_deref(), Some("WRONG"));
        assert_eq!(settings(&[contest.clone(), contest]), [(2, 1_000, false)]);
    }
}
