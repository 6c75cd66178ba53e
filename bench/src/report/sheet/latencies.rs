//! The latencies of a run from its logs: curves and the course over time.

use std::path::Path;

use crate::report::course;
use crate::report::percentile_plot::Curve;
use crate::report::raw::intervals;
use crate::report::raw::log::{Merged, course as course_of, merged};
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::Latencies;
use crate::report::rendered::Plots;

/// The samples of one latency, and what they are.
#[derive(Debug)]
pub struct Named {
    name: String,
    note: String,
    merged: Merged,
}

/// The latencies of a log, its primary one called `primary`; none where there is no log.
///
/// # Errors
/// The log is damaged.
pub fn of(log: Option<&Path>, primary: &str, note: &str) -> Result<Vec<Named>, Refused> {
    let Some(path) = log else { return Ok(Vec::new()) };
    let named = |merged: Merged| Named {
        name: merged.tag.as_ref().map_or_else(|| primary.to_owned(), |tag| tag.replace('_', " ")),
        note: if merged.tag.is_none() { note.to_owned() } else { String::new() },
        merged,
    };
    Ok(merged(path)?.into_iter().map(named).collect())
}

/// The machine's own gaps of a load, where they were looked at.
///
/// # Errors
/// The log is damaged.
pub fn floor(log: Option<&Path>) -> Result<Vec<Named>, Refused> {
    let note = "how long a thread that only spins lost its processor; of gaps, not of messages";
    let mut all = of(log, "the machine", note)?;
    all.truncate(1);
    Ok(all)
}

/// The curves to draw.
pub fn curves(all: &[Named]) -> Vec<Curve<'_>> {
    all.iter().map(curve).collect()
}

fn curve(named: &Named) -> Curve<'_> {
    Curve { name: &named.name, note: &named.note, histogram: &named.merged.histogram, unit_ns: 1.0, batch: 1 }
}

/// What is said of the primary latency of a mode.
pub fn note(mode: &str) -> &'static str {
    if mode == "saturate" {
        "queueing at saturation: it tells how much was waiting, not how fast it was"
    } else {
        ""
    }
}

/// Whether anything was sampled: then there are files of it.
pub fn any(latencies: &Latencies) -> bool {
    latencies.response.is_some() || latencies.service.is_some() || latencies.schedule_lag.is_some()
}

/// Adds the course of the run in `folder`: latency, where it lies, hiccups, all from its `log`, and rate with the `target`
/// asked for, which should be there where it was `sampled`.
///
/// # Errors
/// A file is damaged.
pub fn add_course(
    plots: &mut Plots,
    (folder, log): (&Path, Option<&Path>),
    sampled: bool,
    what: &str,
    target: Option<f64>,
) -> Result<(), Refused> {
    if let Some(path) = log {
        let parts = course_of(path)?;
        // One part is no course.
        if parts.len() > 1 {
            plots.add(&course::latency(&parts, what));
            plots.add(&course::heat(&parts, what));
            plots.add(&course::hiccups(&parts));
        }
    }
    if let Some(path) = plots.file(folder, "intervals.csv", sampled, "the rate over time") {
        plots.add(&course::rate(&intervals::read(&path)?, target));
    }
    Ok(())
}
