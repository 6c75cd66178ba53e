//! What stands in the tables of a setting.

use super::{Contest, Contestant, Standing, Unit, setting, settings};
use crate::latency::Summary;
use crate::price::figure::Figure;
use crate::units;

/// A table, without the rows and the columns in which there is nothing.
#[derive(Debug)]
pub struct Table {
    /// The setting, and what the table is of.
    pub title: String,
    /// What its columns are of, but for the first, which is the systems'.
    pub heads: Vec<String>,
    /// A system, and what stands in its columns.
    pub rows: Vec<(String, Vec<Option<String>>)>,
}

/// The tables of all settings, in their order; those of a setting together.
pub fn tables(systems: &[Contestant], contests: &[Contest]) -> Vec<Table> {
    let mut all = Vec::new();
    for of in settings(contests) {
        let those: Vec<&Contest> = contests.iter().filter(|contest| contest.setting() == of).collect();
        let heads = || those.iter().map(|contest| contest.head()).collect();
        all.extend(TABLES.iter().map(|(what, told)| table(systems, &those, heads(), of, what, *told)));
        let (what, told) = WHOLE;
        all.push(table(systems, &those[..1], vec![WHOLE_HEAD.into()], of, what, told));
    }
    all.retain(|table| !table.rows.is_empty());
    all
}

fn table(
    systems: &[Contestant],
    contests: &[&Contest],
    heads: Vec<String>,
    of: (u64, u64, bool),
    what: &str,
    told: Told,
) -> Table {
    let cells = |at: usize| contests.iter().map(move |contest| told(contest, contest.standings.get(at)?));
    let all: Vec<Vec<Option<String>>> = (0..systems.len()).map(|at| cells(at).collect()).collect();
    let has: Vec<bool> = (0..heads.len()).map(|at| all.iter().any(|row| row[at].is_some())).collect();
    let rows =
        systems.iter().map(|system| system.name.clone()).zip(all.into_iter().map(|row| kept(row, &has)));
    Table {
        title: format!("{}: {what}", setting(of)),
        heads: kept(heads, &has),
        rows: rows.filter(|(_, row)| row.iter().any(Option::is_some)).collect(),
    }
}

/// What stands in the columns that there are.
fn kept<T>(row: Vec<T>, has: &[bool]) -> Vec<T> {
    row.into_iter().zip(has).filter_map(|(cell, has)| has.then_some(cell)).collect()
}

/// What stands in a table in the place of a standing, if anything.
type Told = fn(&Contest, &Standing) -> Option<String>;

/// The tables of a setting, in their order: what each is of, and what stands in it.
const TABLES: [(&str, Told); 6] = [
    ("figures", cell),
    ("to throng's", ratio),
    ("p90, p99, p99.9 and the largest", |_, one| tail(one)),
    ("most memory in use", |_, one| peak(one)),
    ("messages of an iteration, where not as many as asked", fewer),
    ("crossing between the processors before it", |_, one| crossing(one)),
];

/// The table of a setting whose work is all done in one process: its one column stands with the first figure.
const WHOLE: (&str, Told) =
    ("most memory in use", |_, one| Some(units::bytes(one.whole_bytes.as_ref()?.over_rounds.median)));
/// The head of that column.
const WHOLE_HEAD: &str = "all of it";

/// What stands in the place of a system's figure.
pub(super) fn cell(contest: &Contest, one: &Standing) -> Option<String> {
    match &one.why {
        Some(_) if one.wrong => Some("WRONG".into()),
        Some(_) => Some("failed".into()),
        None => Some(contest.unit.told(one.figure()?.over_rounds.median)),
    }
}

/// What stands in the place of its ratio; where that is of fewer rounds than throng has, of how many.
pub(super) fn ratio(contest: &Contest, one: &Standing) -> Option<String> {
    let by = one.by()?;
    let rounds = |of: Option<&Figure>| of.map_or(0, |of| of.over_rounds.runs);
    let own = rounds(one.ratio.as_ref());
    let all = rounds(contest.base().and_then(|base| base.value.as_ref()));
    let of = if own < all { format!(" ({own} of {all})") } else { String::new() };
    let digits = if by >= 100.0 {
        0
    } else if by >= 10.0 {
        1
    } else {
        2
    };
    let same = if one.differs == Some(false) { "~ " } else { "" };
    Some(format!("{same}{by:.digits$}{of}"))
}

/// What stands in the place of the memory that it had in use.
pub(super) fn peak(one: &Standing) -> Option<String> {
    let peak = one.peak_bytes.as_ref().filter(|_| one.why.is_none())?;
    Some(units::bytes(peak.over_rounds.median))
}

/// How many messages its iterations had, where they are not as many as were asked for.
pub(super) fn fewer(contest: &Contest, one: &Standing) -> Option<String> {
    let asked: Option<u64> = contest.asked.split(':').nth(2).and_then(|n| n.parse().ok());
    one.figure().filter(|_| contest.unit == Unit::Time && asked != Some(one.messages))?;
    Some(units::count(one.messages))
}

/// What its latencies were beyond the median.
pub(super) fn tail(one: &Standing) -> Option<String> {
    let latency = one.latency.filter(|_| one.why.is_none())?;
    let told = |ns: Option<u64>| ns.map_or_else(|| "-".to_owned(), |ns| units::time(ns as f64));
    let Summary { p90, p99, p99_9, max, .. } = latency;
    Some([p90, p99, p99_9, max].map(told).join(", "))
}

/// What crossing between the processors took before its processes.
pub(super) fn crossing(one: &Standing) -> Option<String> {
    let crossing = one.cross_core_ns.as_ref().filter(|_| one.why.is_none())?;
    Some(crossing.ranged(units::time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::BASE;
    use crate::latency::Recorder;

    #[test]
    fn what_nobody_has_is_no_column_and_who_has_nothing_no_row() {
        let systems = [BASE, "away"].map(|name| {
            let (name, language) = (name.to_owned(), "Rust".into());
            let (version, how, why) = (None, None, None);
            Contestant {
                name,
                language,
                bounded: true,
                threads: true,
                actors: true,
                ordered: true,
                version,
                how,
                why,
            }
        });
        let contest = |asked: &str, idle, own: Standing| {
            let (unit, workers, used, again) = (Unit::Time, 2, false, None);
            let standings = vec![Standing { name: BASE.into(), ..own }, Standing::default()];
            Contest { asked: asked.into(), unit, workers, idle, used, standings, again }
        };
        let of = |bytes| Figure::of(vec![Some(bytes)]);
        let latency = Recorder::of(&[(250, 20)]).summary();
        let contests = [
            contest("ask:2:2", 0, Standing { value: of(10.0), ..Standing::default() }),
            contest("open:1:20", 0, Standing { latency: Some(latency), ..Standing::default() }),
            contest("ask:2:2", 7, Standing { whole_bytes: of(4_096.0), messages: 2, ..Standing::default() }),
        ];
        let told: Vec<_> = tables(&systems, &contests)
            .into_iter()
            .map(|Table { title, heads, rows }| {
                let rows = rows.into_iter().map(|(system, cells)| {
                    let cells: Vec<String> =
                        cells.into_iter().map(|cell| cell.expect("in one row")).collect();
                    format!("{system}: {}", cells.join(", "))
                });
                (title, heads.join(", "), rows.collect::<Vec<_>>())
            })
            .collect();
        let line = |title: &str, head: &str, row: &str| (title.into(), head.into(), vec![row.into()]);
        assert_eq!(
            told,
            [
                line("2 workers: figures", "ask", "throng: 10.0 ns"),
                line("2 workers: p90, p99, p99.9 and the largest", "open 20/s", "throng: -, -, -, 250 ns"),
                line("2 workers: messages of an iteration, where not as many as asked", "ask", "throng: 0"),
                line("2 workers, 7 idle actors beside: most memory in use", "all of it", "throng: 4.00 KiB"),
            ]
        );
    }
}
