//! What is to be known of a comparison before its tables.

use super::{AHEAD, Contest, Contestant, Standing, setting};
use crate::units;

/// The part of an open load's messages that may be sent late before it is told.
const LATE: f64 = 0.01;

/// What is to be known first: where a system is better than throng, then where throng is not far ahead of the best with bounded
/// mailboxes on several threads, where the generator was late, which did their work wrong, have no figure, or were not run.
pub fn findings(systems: &[Contestant], contests: &[Contest]) -> Vec<String> {
    let better = contests.iter().flat_map(|contest| {
        contest.better().into_iter().map(move |(one, by)| {
            format!("{} is better than throng: {}: {by:.2} of throng's", one.name, place(contest))
        })
    });
    let bounded = |name: &str| {
        systems.iter().any(|system| system.name == name && system.bounded && system.threads && system.actors)
    };
    let close = contests.iter().filter_map(|contest| {
        let (one, by) = contest.best(bounded).filter(|(_, by)| *by < AHEAD)?;
        let ahead = match by {
            // That has been told.
            by if by < 1.0 && one.differs == Some(true) => return None,
            by if by < 1.0 => "not ahead".to_owned(),
            _ => format!("ahead by less than {AHEAD:.0}"),
        };
        Some(format!("throng is {ahead}: {}: {} takes {by:.2} times as much", place(contest), one.name))
    });
    let away = systems
        .iter()
        .filter_map(|system| system.why.as_ref().map(|why| format!("not run: {}: {why}", system.name)));
    let late = contests.iter().filter_map(late);
    let (wrong, failed) = (without(contests, true), without(contests, false));
    better.chain(close).chain(late).chain(wrong).chain(failed).chain(away).collect()
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
