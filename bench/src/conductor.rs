//! The command `throng`: measures the document's table, and starts everything else.

mod arguments;

mod told;

mod report;

mod shown;

mod passed;

mod jitter;

mod frame;

mod suite;

mod load;

mod compared;

mod compare;

mod sweep;

mod prices;

mod savina;

mod peers;

pub(crate) mod words;

use crate::clock::Clock;
use crate::export::file::{WriteError, try_folder_in, write_atomic};
use crate::export::{hgrm, hlog};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::peers::{own as peer, program};
use crate::prices::child as price;
use crate::report::page::{RunInfo, page};
use crate::report::percentile_plot::Curve;
use crate::savina::child as workload;
use crate::series::load::named;
use crate::table::baseline::{self, Invocation};
use crate::table::conduct::{self, Outcome, Plan, Recorded};
use crate::table::profile::Profile;
use crate::table::render::{self, Format};
use crate::{limits, loadgen, machine, own_row, probe, stderr, utc};
use arguments::{Options, Refused, USAGE, command, program, read};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use told::{Progress, printed};

const FAILED: u8 = 1;
const USAGE_CODE: u8 = 2;

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0 done, 1 something could
/// not be written or nothing could be measured, 2 usage, 130 interrupted; and those of the commands it starts.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut args = args.peekable();
    let first = args.peek().map(|arg| arg.to_string_lossy().into_owned());
    match first.as_deref() {
        Some("loadgen") => loadgen::main(args.skip(1)),
        Some("limits") => limits::main(args.skip(1)),
        Some("row") => own_row::main(args.skip(1)),
        Some("jitter") => jitter::main(args.skip(1)),
        Some("report") => report::main(args.skip(1)),
        Some("load") => load::main(args.skip(1)),
        Some("compare") => compare::main(args.skip(1)),
        Some("sweep") => sweep::main(args.skip(1)),
        Some("prices") => prices::main(args.skip(1)),
        Some("savina") => savina::main(args.skip(1)),
        Some("peers") => peers::main(args.skip(1)),
        Some(peer::COMMAND) => program::main::<peer::Throng>(args.skip(1)),
        Some("price") => price::main(args.skip(1)),
        Some("workload") => workload::main(args.skip(1)),
        Some("table") => table(args.skip(1)),
        Some("help") => help(args.nth(1)),
        None => table(args),
        Some(flag) if flag.starts_with('-') => table(args),
        Some(other) => no_command(other),
    }
}

fn no_command(name: &str) -> ExitCode {
    stderr::line(format_args!(
        "throng: no command {name:?}; it takes table, load, sweep, compare, prices, savina, peers, report, jitter, limits, loadgen, row, \
         price, workload, peer or help, or nothing for the table"
    ));
    ExitCode::from(USAGE_CODE)
}

/// The help of a command.
fn help(command: Option<OsString>) -> ExitCode {
    let flag = std::iter::once(OsString::from("--help"));
    match command.as_ref().map(|name| name.to_string_lossy()).as_deref() {
        None | Some("table" | "help") => printed(USAGE),
        Some("loadgen") => loadgen::main(flag),
        Some("limits") => limits::main(flag),
        Some("row") => own_row::main(flag),
        Some("jitter") => jitter::main(flag),
        Some("report") => report::main(flag),
        Some("load") => load::main(flag),
        Some("compare") => compare::main(flag),
        Some("sweep") => sweep::main(flag),
        Some("prices") => prices::main(flag),
        Some("savina") => savina::main(flag),
        Some("peers") => peers::main(flag),
        Some(peer::COMMAND) => program::main::<peer::Throng>(flag),
        Some("price") => price::main(flag),
        Some("workload") => workload::main(flag),
        Some(other) => no_command(other),
    }
}

fn table(args: impl Iterator<Item = OsString>) -> ExitCode {
    let options = match read(args) {
        Ok(options) => options,
        Err(Refused::Told(text)) => return printed(&text),
        Err(Refused::Usage(line)) => {
            stderr::line(format_args!("throng: {line}"));
            return ExitCode::from(USAGE_CODE);
        }
    };
    match measure(&options) {
        Ok(code) => code,
        Err((code, why)) => {
            stderr::line(format_args!("throng: {why}"));
            ExitCode::from(code)
        }
    }
}

fn measure(options: &Options) -> Result<ExitCode, (u8, String)> {
    let failed = |why: String| (FAILED, why);
    let interrupt = Interrupt::catch().map_err(|e| failed(format!("signals cannot be caught: {e}")))?;
    let stop = interrupt.raised();
    let started = SystemTime::now();
    // Before minutes are spent on it: can what measures be written, and the result be kept?
    interrupt
        .undisturbed(|| try_folder_in(options.target(), baseline::FOLDER))
        .map_err(|why| (USAGE_CODE, options.no_target(&why)))?;
    let claim =
        passed::claim(options.out.as_deref(), "table", &interrupt).map_err(|why| (USAGE_CODE, why))?;
    let folder = claim.path();
    let mut env = certificate(options.profile);
    let before = machine::load();
    let program =
        std::env::current_exe().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let plan = Plan {
        profile: options.profile,
        only: options.only.clone(),
        throng: Invocation { program, args: vec!["row".into()], env: Vec::new() },
        target_dir: options.target().to_owned(),
        env: Value::Null,
    };
    let progress = Progress::new();
    let mut outcome = conduct::conduct(&plan, &mut |line| progress.tell(line), stop);
    progress.end();
    env["cross_core_ns"]["after"] = json!(probe::cross_core_ns());
    let after = machine::load();
    env["load_per_minute"]["after"] = json!(after.per_minute);
    env["stolen_ns"] = json!(before.stolen_ns.zip(after.stolen_ns).map(|(a, b)| b.saturating_sub(a)));
    env["versions"] = json!(outcome.versions);
    env["seconds"] = json!(started.elapsed().unwrap_or_default().as_secs());
    // What the page says besides the figures is kept with them: it must be possible to render it again.
    env["started"] = json!(utc::readable(started));
    env["command"] = json!(command(&arguments::program(), options));
    env["interrupted"] = json!(outcome.interrupted);
    outcome.table.env = env;
    interrupt.keep();
    save(folder, options, &outcome, started).map_err(|e| failed(e.to_string()))?;
    stderr::line(format_args!("files of this run: {}", folder.display()));
    let interrupted = outcome.interrupted || stop.load(Ordering::SeqCst);
    let code = printed(&render::render(&outcome.table, options.format));
    if interrupted {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    if !outcome.table.holds() {
        return Err(failed("no system could be measured: each row's note says why".into()));
    }
    Ok(code)
}

fn certificate(profile: Profile) -> Value {
    let mut env = machine::certificate();
    let clock = Clock::calibrated();
    env.insert("profile".into(), json!(profile.name()));
    env.insert("clock".into(), json!(clock.name()));
    env.insert("clock_cost_ns".into(), json!(clock.cost_ns()));
    env.insert("load_per_minute".into(), json!({ "before": machine::load().per_minute }));
    env.insert("cross_core_ns".into(), json!({ "before": probe::cross_core_ns() }));
    Value::Object(env)
}

/// Writes the run's files: the tables, each latency as .hlog and .hgrm, and the page. Those of a table without a figure end in
/// `.FAIL`, but for the page, which says so.
fn save(folder: &Path, options: &Options, outcome: &Outcome, started: SystemTime) -> Result<(), WriteError> {
    let path = |name: &str| named(folder, name, outcome.table.holds());
    let text = |path: &Path, text: &str| write_atomic(path, |file| file.write_all(text.as_bytes()));
    text(&path("table.md"), &render::render(&outcome.table, Format::Markdown))?;
    for Recorded { row, column, began, took, samples } in &outcome.samples {
        let name = format!("{row}-{column}");
        write_atomic(&path(&format!("{name}.hlog")), |file| {
            let stamped = hlog::Interval {
                tag: None,
                start: began.duration_since(started).unwrap_or_default(),
                duration: *took,
                histogram: &samples.histogram,
            };
            hlog::write_of_batches(file, started, samples.batch, stamped)
        })?;
        write_atomic(&path(&format!("{name}.hgrm")), |file| {
            hgrm::write(file, &samples.histogram, samples.batch)
        })?;
    }
    let curves: Vec<(String, String)> = outcome
        .samples
        .iter()
        .map(|r| {
            let note =
                if r.samples.batch == 1 { String::new() } else { format!("mean of {}", r.samples.batch) };
            (format!("{} {}", r.row, r.column.replace('_', " ")), note)
        })
        .collect();
    let curves: Vec<Curve<'_>> = outcome
        .samples
        .iter()
        .zip(&curves)
        .map(|(r, (name, note))| Curve {
            name,
            note,
            histogram: &r.samples.histogram,
            unit_ns: r.samples.unit_ns(),
            batch: r.samples.batch,
        })
        .collect();
    let run = RunInfo {
        started: &utc::readable(started),
        profile: options.profile.name(),
        command: &command(&program(), options),
        interrupted: outcome.interrupted,
        invalid: None,
    };
    text(&folder.join("index.html"), &page(&outcome.table, &curves, &run))?;
    // The last: where it is, the others are.
    text(&path("table.json"), &render::render(&outcome.table, Format::Json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::answer::{self, Figure};
    use crate::table::model::{Latency, Measured, Row, Table, Versions};
    use crate::table::profile::Measure;
    use std::time::Duration;

    /// What a program answers, as the conductor keeps it.
    fn recorded(row: &'static str, line: &str, started: SystemTime) -> (Recorded, Latency) {
        let (figure, _) = answer::parse(Measure::OneWay, line).expect("a good answer");
        let Figure::Latency(latency, samples) = figure else { panic!("no latency") };
        let (began, took) = (started + Duration::from_millis(1_500), Duration::from_millis(2_250));
        (Recorded { row, column: "one_way", began, took, samples }, latency)
    }

    #[test]
    fn both_files_of_a_latency_tell_what_the_table_tells() {
        let folder = std::env::temp_dir().join(format!("throng-conductor-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("a new folder");
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let answers = [
            r#"{"measure":"one_way","sent":2000000,"received":2000000,"batch":1000,
                "histogram":[[36.9,900],[75.6,95],[10.3,4],[61234.5,1]]}"#,
            r#"{"measure":"one_way","sent":200000,"received":200000,"batch":100,"histogram":[[868.25,1990],[1120.5,10]]}"#,
            r#"{"measure":"one_way","sent":4000,"received":4000,"histogram":[[45600,3900],[91400,99],[2500000,1]]}"#,
        ];
        let (mut rows, mut samples) = (Vec::new(), Vec::new());
        for (row, line) in ["throng", "beam", "asyncio"].into_iter().zip(answers) {
            let (recorded, latency) = recorded(row, line, started);
            samples.push(recorded);
            let measured = Measured {
                actors: 1,
                actors_limit: "time".into(),
                one_way_ns: Some(latency),
                ask_ns: None,
                msgs_per_s: None,
                bytes_per_actor: None,
                speedup: None,
            };
            let measured = Some(measured);
            rows.push(Row { name: row.into(), claim: None, measured, note: String::new() });
        }
        let table = Table { schema: "table/1".into(), env: json!({}), rows };
        let Ok(options) = read(std::iter::empty()) else { panic!("refused") };
        save(
            &folder,
            &options,
            &Outcome { table, samples, versions: Versions::default(), interrupted: false },
            started,
        )
        .expect("writable");

        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
        let table: Table = serde_json::from_str(&text("table.json")).expect("the table");
        for row in table.rows {
            let name = &row.name;
            let told = row.measured.and_then(|measured| measured.one_way_ns).expect("as saved");
            let log = text(&format!("{name}-one_way.hlog"));
            let mut log = hlog::Reader::new(log.as_bytes());
            let intervals: Vec<_> = log.by_ref().map(|interval| interval.expect(name)).collect();
            assert_eq!(log.batch(), told.batch, "{name}");
            assert_eq!(log.base_time(), Some(Duration::from_secs(1_700_000_000)), "{name}");
            assert_eq!(intervals.len(), if told.batch == 1 { 1 } else { 2 }, "{name}");
            let distribution = hgrm::read(text(&format!("{name}-one_way.hgrm")).as_bytes()).expect(name);
            assert_eq!((distribution.count, distribution.batch), (told.count, told.batch), "{name}");
            for (q, ns) in [(0.5, told.p50), (0.99, told.p99), (1.0, Some(told.max))] {
                let Some(ns) = ns else { continue };
                // A histogram is exact to a thousandth; and where it holds whole nanoseconds, to half of one.
                let close = |got: f64, half: f64| (got - ns).abs() <= ns / 1_000.0 + half;
                for interval in &intervals {
                    let got = interval.histogram.value_at_quantile(q) as f64;
                    let (got, half) = match interval.tag.as_deref() {
                        Some(hlog::BATCH_TAG) => (got / log.batch() as f64, 0.0),
                        _ => (got, if told.batch == 1 { 0.0 } else { 0.5 }),
                    };
                    assert!(close(got, half), "{name}: {q} of {:?}: {got}, not {ns}", interval.tag);
                }
                let got = distribution.value_at_quantile(q).expect("samples") * hgrm::NS_PER_US;
                assert!(close(got, 0.001), "{name}: {q} of the distribution: {got}, not {ns}");
            }
            for interval in &intervals {
                assert_eq!(interval.histogram.len(), told.count, "{name}");
                let place = (interval.start.as_millis(), interval.duration.as_millis());
                assert_eq!(place, (1_500, 2_250), "{name}: when the program ran");
            }
        }
        std::fs::remove_dir_all(&folder).expect("this test's own");
    }
}
