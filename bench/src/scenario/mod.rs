//! What the actors of a run do: one scenario for each workload.

pub mod plan;

pub mod numbered;

pub mod footprint;

pub mod tally;

pub mod sampler;

pub mod gauge;

pub mod pacer;

pub mod station;

pub mod desk;

pub mod source;

pub mod generator;

pub mod watch;

pub mod drive;

pub mod volley;

pub mod stream;

pub mod served;

pub mod bounded;

pub mod flow;

pub mod nursery;

pub mod ring;

pub mod big;

pub mod directory;

pub mod question;

pub mod inject;

pub mod rest;

pub mod skynet;

pub mod timers;

pub mod room;

pub mod chat;

pub mod drained;

pub mod witness;

pub mod supervise;

pub mod pools;

pub mod pubsub;

use crate::options::{Mode, Workload};
use plan::{Outcome, Plan, Planted};
use throng::System;

/// Runs the load of `workload` on `system`, until all of it was handled.
///
/// # Errors
/// In words, when it could not be set up.
pub fn run(workload: Workload, system: &System, plan: &Plan) -> Result<Outcome, String> {
    if let Some(fault) = plan.fault.filter(|fault| !plantable(workload, plan.mode).contains(fault)) {
        return Err(format!("{fault:?} cannot be planted into {}", workload.name()));
    }
    match workload {
        _ if plan.mode == Mode::Open => drive::run(system, plan, workload),
        Workload::FanOut | Workload::Mesh | Workload::Pipeline | Workload::NoOp => {
            drive::run(system, plan, workload)
        }
        Workload::PingPong => volley::run(system, plan, 1),
        Workload::Pairs => volley::run(system, plan, 2),
        Workload::Counting => stream::run(system, plan, 1, 10_000_000),
        Workload::FanIn => stream::run(system, plan, 8, 8_000_000),
        Workload::Bounded => bounded::run(system, plan),
        Workload::Flow => flow::run(system, plan),
        Workload::Create => nursery::create(system, plan),
        Workload::Crowd => rest::crowd(system, plan),
        Workload::Ring => ring::run(system, plan),
        Workload::Big => big::run(system, plan),
        Workload::Directory => directory::run(system, plan),
        Workload::Ask => question::run(system, plan),
        Workload::Inject => inject::run(system, plan),
        Workload::Idle => rest::idle(system, plan),
        Workload::Skynet => skynet::run(system, plan),
        Workload::Chat => chat::run(system, plan),
        Workload::Timers => timers::run(system, plan),
        Workload::Supervise => supervise::run(system, plan),
        Workload::Pools => pools::run(system, plan),
        Workload::PubSub => pubsub::run(system, plan),
    }
}

/// What tests can plant into a load.
fn plantable(workload: Workload, mode: Mode) -> &'static [Planted] {
    use Planted::{Astray, Duplicated, Early, Lost, Overlap, Overtaken, Uncounted};
    match (workload, mode) {
        (Workload::NoOp, _) => &[],
        (Workload::Ask, Mode::Open) => &[Lost, Overlap],
        (Workload::Skynet, _) => &[Lost, Duplicated, Overlap],
        (Workload::Chat, _) => &[Lost, Duplicated, Overlap, Astray],
        (Workload::Timers, _) => &[Lost, Duplicated, Overlap, Early],
        (Workload::Supervise | Workload::PubSub, _) => &[Lost, Duplicated, Overtaken, Overlap, Uncounted],
        (Workload::Pools, _) => &[Lost, Duplicated, Overlap],
        (Workload::Bounded | Workload::Flow | Workload::Counting | Workload::FanIn, _)
        | (Workload::FanOut | Workload::Mesh | Workload::Pipeline, _)
        | (_, Mode::Open) => &[Lost, Duplicated, Overtaken, Overlap],
        _ => &[],
    }
}
