//! The parts of a run's JSON that the engine and the command line give.

use crate::latency::resolvable;
use crate::options::{Mode, Options, Order, Warmup, Workload, overflow_name};
use crate::scenario::directory::IN_FLIGHT;
use crate::scenario::drive::TOKENS;
use crate::scenario::plan::{Outcome, Plan, Stalls};
use crate::scenario::station::Route;
use serde_json::{Value, json};
use throng::{Activity, Ledger, Pin, StallTimes};

pub(crate) fn ledger(ledger: &Ledger) -> Value {
    json!({
        "attempts": ledger.attempts,
        "accepted": ledger.accepted,
        "refused": {
            "full": ledger.refused.full,
            "closed": ledger.refused.closed,
            "stale": ledger.refused.stale,
        },
        "handled": ledger.handled,
        "dropped": {
            "newest": ledger.dropped.newest,
            "oldest": ledger.dropped.oldest,
        },
        "dead": {
            "stopped": ledger.dead.stopped,
            "failed": ledger.dead.failed,
            "closed": ledger.dead.closed,
            "aborted": ledger.dead.aborted,
            "restarted": ledger.dead.restarted,
        },
        "returned": {
            "restart": ledger.returned.restart,
            "poison": ledger.returned.poison,
        },
        "queued": ledger.queued,
    })
}

/// All types of actors together; a percentile that the stalls cannot carry is `null`.
pub(super) fn suspended(types: Vec<StallTimes>) -> Option<Value> {
    let all = types.into_iter().reduce(|mut all, more| {
        all.merge(&more);
        all
    })?;
    let at = |q: f64| resolvable(all.count(), q).then(|| all.quantile(q).as_nanos() as u64);
    (all.count() > 0).then(|| {
        json!({
            "count": all.count(),
            "total": all.total().as_nanos() as u64,
            "p50": at(0.5),
            "p99": at(0.99),
            "max": all.longest().as_nanos() as u64,
        })
    })
}

/// The same of producers that waited for credit.
pub(super) fn out_of_credit(stalls: &Stalls) -> Option<Value> {
    let summary = stalls.times.summary();
    (summary.count > 0).then(|| {
        json!({
            "count": summary.count,
            "total": stalls.total_ns,
            "p50": summary.p50,
            "p99": summary.p99,
            "max": summary.max,
        })
    })
}

pub(super) fn engine(activity: &Activity, ledger: &Ledger, workers: usize, pinned: bool) -> Value {
    json!({
        "workers": workers,
        "pinned": pinned,
        "turns": activity.turns,
        "steals": activity.steals,
        "rescued": activity.rescued,
        "parks": activity.parks,
        "wakes": activity.wakes,
        "muted": activity.muted,
        "retired_bytes": activity.retired_bytes,
        "spawned": ledger.spawned,
        "stopped": ledger.stopped,
        "faults": ledger.faults,
        "late_replies": ledger.late_replies,
    })
}

pub(super) fn options(options: &Options, plan: &Plan, outcome: &Outcome, workers: usize) -> Value {
    let ring = options.workload == Workload::Ring;
    // Inject stamps each of its messages, however often others are, and supervise each fault.
    let stamped = outcome.response.as_ref().is_some_and(|recorder| recorder.summary().count > 0);
    let sample_every = match options.workload {
        Workload::Inject => Some(1),
        // There are few enough of them.
        Workload::Supervise => Some(1).filter(|_| stamped),
        _ => plan.sample_every.filter(|_| stamped),
    };
    let tokens = match (options.workload, plan.mode) {
        (Workload::Ring, _) => Some(1),
        (Workload::Directory, _) => Some(IN_FLIGHT),
        (Workload::FanOut | Workload::Mesh | Workload::Pipeline, Mode::Closed) => Some(TOKENS),
        _ => None,
    };
    json!({
        "workers": workers,
        "pin": pin_as_given(&options.pin),
        "actors": outcome.actors,
        "profile": options.profile.name(),
        "duration_ns": plan.duration.map(|d| d.as_nanos() as u64),
        "payload": plan.payload,
        "mailbox": options.mailbox,
        "overflow": overflow_name(options.overflow),
        "batch": options.batch,
        "seed": options.seed,
        "producers": outcome.producers,
        "service_ns": options.is_served().then_some(plan.service.as_nanos() as u64),
        "warmup": plan.warmup.map(|warmup| match warmup {
            Warmup::Auto => json!("auto"),
            Warmup::For(time) => json!(time.as_nanos() as u64),
        }),
        "probe": options.probe,
        "freeze_ns": plan.freeze.map(|time| time.as_nanos() as u64),
        "hops": Route::of(options.workload, plan)
            .filter(|_| options.workload == Workload::Mesh)
            .map(|route| route.hops()),
        "sample_every": sample_every,
        "order": ring.then_some(match plan.order {
            Order::In => "in",
            Order::Shuffled => "shuffled",
        }),
        "tokens": plan.tokens.or(tokens),
    })
}

/// As `--pin` takes it.
fn pin_as_given(pin: &Pin) -> String {
    match pin {
        Pin::Compact => "compact".into(),
        Pin::Spread => "spread".into(),
        Pin::None => "none".into(),
        Pin::Processors(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        other => format!("{other:?}").to_lowercase(),
    }
}
