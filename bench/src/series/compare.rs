//! A against B: pairs of fresh runs with the same seed, in the order A B, B A, and A against itself between them.
//! `compare/1` and the files beside it.

use super::certified::Certified;
use super::clusters::Clusters;
use super::fresh::{self, Generator, Ran};
use super::load::{CrossCore, Refused, Validity, named, outline, pretty};
use super::verdict::{Verdict, band};
use crate::assertion::metric::Metric;
use crate::export::file::{WriteError, make_folder, write_atomic};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::statistics::{Estimate, outliers};
use crate::utc;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// The name and version of a comparison's JSON.
pub const SCHEMA: &str = "compare/1";
/// What loadgen answers to a command line that it does not take.
const USAGE: i32 = 2;

/// What a side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// This program, with these flags.
    Settings,
    /// Another program.
    Binary,
    /// A commit, built for the comparison.
    Revision,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// In a few words.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// As it was given.
    pub given: String,
}

/// How a side is run.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What it is.
    pub side: Side,
    /// By what.
    pub generator: Generator,
    /// The arguments of each run, without `--seed`, `--out` and `--format`.
    pub args: Vec<OsString>,
}

/// What to compare.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The first.
    pub a: Contender,
    /// The second.
    pub b: Contender,
    /// The workload's name.
    pub workload: String,
    /// What is compared.
    pub metric: &'a Metric,
    /// Pairs of A and B, and as many of A with itself.
    pub pairs: u32,
    /// The seed of the first pair; each next one has the next.
    pub seed: u64,
    /// Where the files go: a folder that is new or empty.
    pub folder: &'a Path,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
}

/// A comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compare {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// The figure that is compared.
    pub metric: String,
    /// The workload's name.
    pub workload: String,
    /// What each figure counts: `message`, `arrival`, `firing`; `None` where no run told, as in older files.
    #[serde(default)]
    pub counts: Option<String>,
    /// The first.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// A and B.
    pub pairs: Vec<Pair>,
    /// A and A.
    pub aa_pairs: Vec<AaPair>,
    /// B / A over the pairs; `None` where there is no whole pair.
    pub ratio: Option<Estimate>,
    /// The same of A with itself.
    pub aa_ratio: Option<Estimate>,
    /// How far from 1 the interval of A with itself reaches.
    pub band: Option<f64>,
    /// The pairs by the machine's state, where more than one worker ran.
    pub clusters: Option<Clusters>,
    /// What it comes to.
    pub verdict: Verdict,
    /// The median ratio, less 1.
    pub effect: Option<f64>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Whether every run holds.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// One run of each, with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The figure of A.
    pub a: f64,
    /// The figure of B.
    pub b: f64,
    /// B / A.
    pub ratio: f64,
    /// The seed of both.
    pub seed: u64,
    /// What crossing between two cores cost around each.
    pub cross_core_ns: PairCross,
    /// Whether it stands apart from the others. It is told, not left out.
    pub outlier: bool,
}

/// What crossing between two cores cost around each run of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairCross {
    /// Around that of A.
    pub a: CrossCore,
    /// Around that of B.
    pub b: CrossCore,
}

/// Two runs of A with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AaPair {
    /// The one that takes the place of A.
    pub a: f64,
    /// The one that takes the place of B.
    pub b: f64,
    /// b / a.
    pub ratio: f64,
    /// The seed of both.
    pub seed: u64,
}

/// A comparison that was made.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub compare: Compare,
    /// The exit code it comes to.
    pub exit: u8,
}

/// One run, by the place it takes.
struct Done {
    figure: f64,
    cross: CrossCore,
    run: Value,
}

/// Why a comparison ends early.
enum End {
    Refused(String),
    /// With the run that it took, if any, and why.
    Interrupted(Option<String>),
    Wrong(String),
}

/// A comparison in progress.
struct Progressing<'p, 'a> {
    plan: &'p Plan<'a>,
    interrupt: &'p Interrupt,
    progress: &'p mut dyn FnMut(&str),
    exits: Vec<i32>,
}

impl Progressing<'_, '_> {
    /// All pairs, each followed by one of A with itself.
    fn measure(&mut self, into: &mut Measured) -> Result<(), End> {
        let plan = self.plan;
        for n in 1..=plan.pairs {
            let seed = plan.seed.wrapping_add(u64::from(n) - 1);
            let turned = n.is_multiple_of(2);
            let [a, b] = self.two("pair", [&plan.a, &plan.b], n, turned)?;
            if n == 1 {
                into.counts = a.run["counts"].as_str().map(str::to_owned);
                into.notes.extend(differences(&a.run, &b.run));
            }
            for run in [&a.run, &b.run] {
                into.workers = into.workers.max(run["engine"]["workers"].as_u64().unwrap_or(1));
            }
            into.pairs.push(Pair {
                a: a.figure,
                b: b.figure,
                ratio: b.figure / a.figure,
                seed,
                cross_core_ns: PairCross { a: a.cross, b: b.cross },
                outlier: false,
            });
            let [a, b] = self.two("aa", [&plan.a, &plan.a], n, turned)?;
            let (ratio, seed) = (b.figure / a.figure, seed);
            into.aa_pairs.push(AaPair { a: a.figure, b: b.figure, ratio, seed });
        }
        Ok(())
    }

    /// Two runs with one seed, the second place first where `turned`.
    fn two(
        &mut self,
        name: &str,
        [first, second]: [&Contender; 2],
        n: u32,
        turned: bool,
    ) -> Result<[Done; 2], End> {
        let places = [("a", first), ("b", second)];
        let mut done = [None, None];
        for at in if turned { [1, 0] } else { [0, 1] } {
            let (place, contender) = places[at];
            done[at] = Some(self.one(&format!("{name}-{n}/{place}"), contender, n)?);
        }
        let [Some(a), Some(b)] = done else { unreachable!("both were run") };
        Ok([a, b])
    }

    fn one(&mut self, folder: &str, contender: &Contender, n: u32) -> Result<Done, End> {
        let plan = self.plan;
        let stop = self.interrupt.raised();
        if stop.load(Ordering::Relaxed) {
            return Err(End::Interrupted(None));
        }
        let mut args = contender.args.clone();
        args.push(format!("--seed={}", plan.seed.wrapping_add(u64::from(n) - 1)).into());
        let mut told = |line: &str| (self.progress)(&format!("[{n}/{}] {folder}: {line}", plan.pairs));
        let ran: Ran = fresh::run(&contender.generator, &args, &plan.folder.join(folder), stop, &mut told);
        self.exits.push(ran.exit);
        if ran.interrupted {
            let why = ran.why.as_deref().unwrap_or("interrupted: its pair is not whole");
            return Err(End::Interrupted(Some(format!("{folder}: {why}"))));
        }
        let why = || ran.why.clone().unwrap_or_else(|| "not valid".into());
        match &ran.run {
            None if ran.stranger && n == 1 => {
                let name = if std::ptr::eq(contender, &plan.a) { "A" } else { "B" };
                let given = &contender.side.given;
                Err(End::Refused(format!(
                    "{name} got {given:?}: is no loadgen, it left no run.json where --out said ({}): takes the path of a loadgen",
                    why()
                )))
            }
            None if ran.exit == USAGE && n == 1 => {
                Err(End::Refused(format!("{}: {}", contender.side.label, why())))
            }
            Some(run) if ran.valid => {
                told(&outline(&ran));
                let figure = plan.metric.of(run).filter(|figure| *figure > 0.0);
                let figure = figure.ok_or_else(|| {
                    let is = run.pointer("/workload").and_then(Value::as_str).unwrap_or_default();
                    let name = plan.metric.name();
                    End::Wrong(format!("{folder}: {is} has no {name} above 0 here: compare another figure"))
                })?;
                Ok(Done { figure, cross: CrossCore::of(run), run: run.clone() })
            }
            _ => Err(End::Wrong(format!("{folder}: {}", why()))),
        }
    }
}

/// What was measured of a comparison, whole or not.
#[derive(Default)]
struct Measured {
    pairs: Vec<Pair>,
    aa_pairs: Vec<AaPair>,
    /// The most that any run had.
    workers: u64,
    counts: Option<String>,
    notes: Vec<String>,
}

/// Runs it. `progress` gets a line after each run and what the runs tell of theirs. A run that does not hold ends it:
/// the comparison is not valid, whatever would follow.
///
/// # Errors
/// See [`Refused`]: then nothing was written.
pub fn run(
    plan: Plan<'_>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Outcome, Refused> {
    let began = SystemTime::now();
    let certified = Certified::begin();
    let mut measured = Measured::default();
    let mut progressing = Progressing { plan: &plan, interrupt, progress, exits: Vec::new() };
    let ended = progressing.measure(&mut measured);
    let exits = progressing.exits;
    let mut validity = Validity { valid: true, interrupted: false, wrong: Vec::new() };
    match ended {
        Ok(()) => {}
        Err(End::Refused(line)) => {
            forget(plan.folder);
            return Err(Refused(line));
        }
        Err(End::Interrupted(dropped)) => {
            validity.interrupted = true;
            let whole = measured.aa_pairs.len();
            validity.wrong.push(format!("interrupted after {whole} of {} pairs", plan.pairs));
            validity.wrong.extend(dropped);
        }
        Err(End::Wrong(why)) => validity.wrong.push(why),
    }
    validity.valid = validity.wrong.is_empty();
    let exit = match fresh::worst(exits) {
        _ if validity.interrupted => INTERRUPTED,
        0 if !validity.valid => 1,
        code => code,
    };
    let env = certified.end(plan.seed);
    let compare = Compare { started: utc::readable(began), env, ..judge(plan, measured, validity) };
    Ok(Outcome { compare, exit })
}

/// What came of the pairs; when and where is not in it yet.
fn judge(plan: Plan<'_>, measured: Measured, validity: Validity) -> Compare {
    let Measured { mut pairs, aa_pairs, workers, counts, mut notes } = measured;
    let ratios: Vec<f64> = pairs.iter().map(|pair| pair.ratio).collect();
    for (pair, outlier) in pairs.iter_mut().zip(outliers(&ratios)) {
        pair.outlier = outlier;
    }
    let ratio = Estimate::of(&ratios);
    let aa_ratio = Estimate::of(&aa_pairs.iter().map(|pair| pair.ratio).collect::<Vec<_>>());
    let band = aa_ratio.as_ref().map(band);
    let verdict = match (&ratio, band) {
        (Some(ratio), Some(band)) if validity.valid => Verdict::of(ratio, band),
        _ => Verdict::NotValid,
    };
    let by_state: Vec<_> =
        pairs.iter().map(|pair| (pair.ratio, pair.cross_core_ns.a, pair.cross_core_ns.b)).collect();
    let clusters = if workers > 1 { Clusters::of(&by_state) } else { None };
    if workers > 1 && clusters.is_none() {
        notes.push(
            "what crossing between two cores costs was not measured: the machine's state is not known".into(),
        );
    }
    let outlying = pairs.iter().filter(|pair| pair.outlier).count();
    if outlying > 0 {
        notes.push(format!(
            "{outlying} of {} pairs stand apart (3.5 MAD / 0.6745); none is left out",
            pairs.len()
        ));
    }
    Compare {
        schema: SCHEMA.into(),
        command: plan.command,
        started: String::new(),
        metric: plan.metric.name().into(),
        workload: plan.workload,
        counts,
        a: plan.a.side,
        b: plan.b.side,
        effect: ratio.as_ref().map(|ratio| ratio.median - 1.0),
        pairs,
        aa_pairs,
        ratio,
        aa_ratio,
        band,
        clusters,
        verdict,
        notes,
        validity,
        env: Map::new(),
    }
}

/// How the builds of two runs differ: what is then compared is not the settings alone.
fn differences(a: &Value, b: &Value) -> Vec<String> {
    let fields = ["build_profile", "allocator", "rustc"];
    let differs = fields.into_iter().filter(|field| a["env"][field] != b["env"][field]);
    differs.map(|field| format!("{field} differs: {} and {}", a["env"][field], b["env"][field])).collect()
}

/// Takes away what the runs before a refusal have left: only folders of this comparison's own names.
fn forget(folder: &Path) {
    let _ = fs::remove_dir_all(folder.join("pair-1"));
    // Goes only where it is empty.
    let _ = fs::remove_dir(folder);
}

impl Outcome {
    /// Writes the comparison's own files into `folder`; `summary` is its text. Those of one that does not hold end in
    /// `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        make_folder(folder).map_err(|why| why.to_string())?;
        self.write(folder, summary).map_err(|error| error.to_string())
    }

    fn write(&self, folder: &Path, summary: &str) -> Result<(), WriteError> {
        let valid = self.compare.validity.valid;
        let text = |name: &str, text: &str| {
            write_atomic(&named(folder, name, valid), |file| file.write_all(text.as_bytes()))
        };
        text("env.json", &pretty(&self.compare.env))?;
        text("summary.md", summary)?;
        // The last: where it is, the others are.
        text("run.json", &pretty(&self.compare))
    }
}
