//! The latencies of a run from its logs: curves and the course over time.

use std::path::Path;

use crate::report::course;
use crate::report::percentile_plot::Curve;
use crate::report::raw::intervals;
use crate::report::raw::log::{self, Merged};
use crate::report::raw::place::find;
use crate::report::raw::refused::Refused;
use crate::report::rendered::Plots;

/// The samples of one latency, and what they are.
#[derive(Debug)]
pub struct Named {
    name: String,
    note: String,
    merged: Merged,
}

/// The latencies of the log `name` in `folder`, its primary one called `primary`; none where there is no such log.
///
/// # Errors
/// The log is damaged.
pub fn of(folder: &Path, name: &str, primary: &str, note: &str) -> Result<Vec<Named>, Refused> {
    let Some(path) = find(folder, name) else { return Ok(Vec::new()) };
    let named = |merged: Merged| Named {
        name: merged.tag.as_ref().map_or_else(|| primary.to_owned(), |tag| tag.replace('_', " ")),
        note: if merged.tag.is_none() { note.to_owned() } else { String::new() },
        merged,
    };
    Ok(log::merged(&path)?.into_iter().map(named).collect())
}

/// The machine's own gaps of a load, where they were looked at.
///
/// # Errors
/// The log is damaged.
pub fn floor(folder: &Path) -> Result<Vec<Named>, Refused> {
    let note = "how long a thread that only spins lost its processor; of gaps, not of messages";
    let mut all = of(folder, "jitter.hlog", "the machine", note)?;
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

/// Adds the course of the run in `folder`: latency, where it lies, hiccups, and rate with the `target` asked for.
///
/// # Errors
/// A file is damaged.
pub fn add_course(plots: &mut Plots, folder: &Path, what: &str, target: Option<f64>) -> Result<(), Refused> {
    if let Some(path) = find(folder, "latency.hlog") {
        let parts = log::course(&path)?;
        // One part is no course.
        if parts.len() > 1 {
            plots.add(&course::latency(&parts, what));
            plots.add(&course::heat(&parts, what));
            plots.add(&course::hiccups(&parts));
        }
    }
    if let Some(path) = find(folder, "intervals.csv") {
        plots.add(&course::rate(&intervals::read(&path)?, target));
    }
    Ok(())
}
