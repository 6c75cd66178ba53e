//! What is to be known of a comparison before its tables.

use super::{AHEAD, Contest, Contestant, STATES, Standing, setting};
use crate::latency::Summary;
use crate::units;

/// The part of an open load's messages that may be sent late before it is told.
const LATE: f64 = 0.01;

/// What is to be known first: where a system is better than throng, or was before it failed, or may be; then where throng is not far
/// ahead of the best with bounded mailboxes on several threads; who had less memory, lower latencies beyond the median, or another
/// order, promised or not; whether the machine changed its state or the generator was late; which did their work wrong, have no figure,
/// or were not run.
pub fn findings(systems: &[Contestant], contests: &[Contest]) -> Vec<String> {
    let better = |contest: &Contest| told(contest.better());
    let once = |contest: &Contest| {
        let ended = contest.standings.iter().filter(|one| one.why.is_some() && !one.wrong);
        let ratios = ended.filter(|one| one.differs == Some(true));
        told(ratios.filter_map(|one| Some((one, one.by_rounds()?))).filter(|(_, by)| *by < 1.0))
    };
    let mut all = Vec::new();
    all.extend(of_systems("is better than throng", systems, contests, better));
    all.extend(of_systems("was better than throng before it failed", systems, contests, once));
    all.extend(of_settings("throng is not ahead", contests, undecided));
    let bounded = |name: &str| {
        systems.iter().any(|system| system.name == name && system.bounded && system.threads && system.actors)
    };
    let close = |contest: &Contest| {
        let best = contest.best(bounded).filter(|(_, by)| (1.0..AHEAD).contains(by));
        best.map(|(one, by)| takes(contest, one, by)).into_iter().collect()
    };
    all.extend(of_settings(&format!("throng is ahead by less than {AHEAD:.0}"), contests, close));
    all.extend(of_systems("had less memory in use than throng", systems, contests, lean));
    all.extend(of_settings("lower than throng's beyond the median, and not judged", contests, low));
    for (ordered, words) in [
        (true, "breaks the order that its documentation promises"),
        (false, "messages were overtaken by later ones"),
    ] {
        let promises = |name: &str| systems.iter().any(|system| system.name == name && system.ordered);
        let those = |contest: &Contest| overtaken(contest, |name| promises(name) == ordered);
        all.extend(of_settings(words, contests, those));
    }
    all.extend(states(contests));
    all.extend(unlike(contests));
    all.extend(of_settings("drifted by more than a twentieth in most rounds", contests, drifting));
    all.extend(contests.iter().filter_map(late));
    all.extend([true, false].into_iter().flat_map(|wrong| without(contests, wrong)));
    let away =
        |system: &Contestant| system.why.as_ref().map(|why| format!("not run: {}: {why}", system.name));
    all.extend(systems.iter().filter_map(away));
    all
}

/// Ratios, each with the name it is of.
fn told<'a>(of: impl Iterator<Item = (&'a Standing, f64)>) -> Vec<(String, f64)> {
    of.map(|(one, by)| (one.name.clone(), by)).collect()
}

/// A line for each system and setting in which `which` has ratios, the smallest first.
fn of_systems(
    words: &str,
    systems: &[Contestant],
    contests: &[Contest],
    which: impl Fn(&Contest) -> Vec<(String, f64)>,
) -> Vec<String> {
    let mut lines: Vec<(f64, String)> = Vec::new();
    for system in systems {
        for of in super::settings(contests) {
            let those = contests.iter().filter(|contest| contest.setting() == of);
            let mut ratios: Vec<(f64, String)> = those
                .flat_map(|contest| which(contest).into_iter().map(|(name, by)| (name, by, contest.head())))
                .filter(|(name, ..)| *name == system.name)
                .map(|(_, by, head)| (by, format!("{head} {by:.2}")))
                .collect();
            ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
            let Some((least, _)) = ratios.first() else { continue };
            let thread = if !system.threads && of.0 > 1 { ", on its one thread" } else { "" };
            let parts: Vec<&str> = ratios.iter().map(|(_, part)| part.as_str()).collect();
            let line =
                format!("{} {words}: {}{thread}: {} of throng's", system.name, setting(of), parts.join(", "));
            lines.push((*least, line));
        }
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A line for each setting in which `which` has anything.
fn of_settings(words: &str, contests: &[Contest], which: impl Fn(&Contest) -> Vec<String>) -> Vec<String> {
    let line = |of| {
        let those = contests.iter().filter(|contest| contest.setting() == of);
        let parts: Vec<String> = those.flat_map(&which).collect();
        (!parts.is_empty()).then(|| format!("{words}: {}: {}", setting(of), parts.join(", ")))
    };
    super::settings(contests).into_iter().filter_map(line).collect()
}

fn takes(contest: &Contest, one: &Standing, by: f64) -> String {
    format!("{} ({} takes {by:.2} times as much)", contest.head(), one.name)
}

/// Who is ahead of throng, though not by the protocol.
fn undecided(contest: &Contest) -> Vec<String> {
    let those = contest.ratios().filter(|(one, by)| *by < 1.0 && one.differs != Some(true));
    those.map(|(one, by)| takes(contest, one, by)).collect()
}

/// Whose processes never had as much memory in use as throng's, in any round.
fn lean(contest: &Contest) -> Vec<(String, f64)> {
    let Some(base) = contest.base().and_then(|base| base.peak_bytes.as_ref()) else { return Vec::new() };
    let those = contest.standings.iter().filter(|one| one.why.is_none());
    let peaks = those.filter_map(|one| Some((one, one.peak_bytes.as_ref()?)));
    let less = peaks.filter(|(_, peak)| peak.most < base.least);
    told(less.map(|(one, peak)| (one, peak.over_rounds.median / base.over_rounds.median)))
}

/// Latencies beyond the median.
fn beyond(of: Summary) -> [(&'static str, Option<u64>); 4] {
    [("p90", of.p90), ("p99", of.p99), ("p99.9", of.p99_9), ("largest", of.max)]
}

/// Whose latencies are lower than throng's somewhere beyond the median.
fn low(contest: &Contest) -> Vec<String> {
    let Some(base) = contest.base().and_then(|base| base.latency) else { return Vec::new() };
    let those = contest.standings.iter().filter(|one| one.why.is_none());
    let latencies = those.filter_map(|one| Some((one, one.latency?)));
    let lower = latencies.filter_map(|(one, latency)| {
        let both = beyond(latency).into_iter().zip(beyond(base));
        let ratios =
            both.filter_map(|((name, own), (_, base))| Some((name, own? as f64 / base?.max(1) as f64)));
        let parts: Vec<String> =
            ratios.filter(|(_, by)| *by < 1.0).map(|(name, by)| format!("{name} {by:.2}")).collect();
        (!parts.is_empty()).then(|| format!("{} ({}: {} of it)", contest.head(), one.name, parts.join(", ")))
    });
    lower.collect()
}

fn overtaken(contest: &Contest, which: impl Fn(&str) -> bool) -> Vec<String> {
    let those = contest.standings.iter().filter(|one| one.disorder > 0 && which(&one.name));
    those.map(|one| format!("{} ({}: {})", contest.head(), one.name, units::count(one.disorder))).collect()
}

/// Whether the processors were farther from each other before some processes of a figure than before others.
fn states(contests: &[Contest]) -> Option<String> {
    let crossings = contests.iter().filter(|contest| contest.workers > 1).filter_map(|contest| {
        let all = contest.standings.iter().filter_map(|one| one.cross_core_ns.as_ref());
        let ends = all.map(|of| (of.least, of.most));
        ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    });
    let changed: Vec<(f64, f64)> = crossings.filter(|(least, most)| *most > STATES * least).collect();
    let (least, most) = changed.iter().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some(format!(
        "the machine changed its state: crossing between the processors took {} to {} before the processes of one figure, in {}",
        units::time(least),
        units::time(most),
        units::counted(changed.len() as u64, "figure")
    ))
}

/// What is not in the ratios since it was measured in two states.
fn unlike(contests: &[Contest]) -> Option<String> {
    let standings = || contests.iter().flat_map(|contest| &contest.standings);
    let pairs: u64 = standings().map(|one| u64::from(one.unlike)).sum();
    let whole = standings().filter(|one| one.unlike > 0 && one.value.is_some() && one.ratio.is_none());
    let without = whole.count() as u64;
    (pairs > 0).then(|| {
        format!(
            "left out of ratios, as the machine was in one state for throng and in another for the other: {}; without a ratio for it: {}",
            units::counted(pairs, "pair"),
            units::counted(without, "figure")
        )
    })
}

/// Whose iterations went on to change.
fn drifting(contest: &Contest) -> Vec<String> {
    let rounds = |one: &Standing| one.value.as_ref().map_or(0, |value| value.over_rounds.runs);
    let those = contest.standings.iter().filter(|one| 2 * one.drifting as usize > rounds(one));
    let names: Vec<&str> = those.map(|one| one.name.as_str()).collect();
    if names.is_empty() { Vec::new() } else { vec![format!("{} ({})", contest.head(), names.join(", "))] }
}

fn place(contest: &Contest) -> String {
    format!("{}, {}", contest.head(), setting(contest.setting()))
}

/// Whom the generator did not send to as planned.
fn late(contest: &Contest) -> Option<String> {
    let part = |one: &Standing| {
        let sent = one.latency.filter(|_| one.why.is_none())?.count;
        let part = one.late as f64 / sent as f64;
        (part > LATE).then(|| format!("{:.1} % of those to {}", 100.0 * part, one.name))
    };
    let parts: Vec<String> = contest.standings.iter().filter_map(part).collect();
    let late = || format!("the generator was late for messages: {}: {}", place(contest), parts.join(", "));
    (!parts.is_empty()).then(late)
}

/// What has no figure since its work was done wrong, or for another reason: a line for each system and reason.
fn without(contests: &[Contest], wrong: bool) -> Vec<String> {
    let mut all: Vec<(&str, &str, Vec<&Contest>)> = Vec::new();
    for contest in contests {
        for one in contest.standings.iter().filter(|one| one.wrong == wrong) {
            let Some(why) = &one.why else { continue };
            match all.iter_mut().find(|(name, reason, _)| *name == one.name && reason == why) {
                Some((.., of)) => of.push(contest),
                None => all.push((&one.name, why, vec![contest])),
            }
        }
    }
    let head = if wrong { "WRONG" } else { "no figure" };
    all.iter().map(|(name, why, of)| format!("{head}: {name}, {}: {why}", places(of, contests))).collect()
}

/// Which of all they are, by their settings.
fn places(of: &[&Contest], all: &[Contest]) -> String {
    if of.len() == all.len() && of.len() > 1 {
        return format!("all {}", units::counted(all.len() as u64, "figure"));
    }
    let mut words: Vec<String> = Vec::new();
    for at in super::settings(all) {
        let those: Vec<String> = of.iter().filter(|one| one.setting() == at).map(|one| one.head()).collect();
        let whole = all.iter().filter(|one| one.setting() == at).count();
        match those.len() {
            0 => {}
            n if n == whole && n > 1 => words.push(format!("all with {}", setting(at))),
            _ => words.push(format!("{}, {}", those.join(", "), setting(at))),
        }
    }
    words.join("; ")
}

#[cfg(test)]
mod tests;
