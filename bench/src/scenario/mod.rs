//! What the actors of a run do: one scenario for each workload.

pub mod plan;

pub mod footprint;

pub mod tally;

pub mod sampler;

pub mod gauge;

pub mod pacer;

pub mod station;

pub mod source;

pub mod generator;

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

use crate::options::{Mode, Workload};
use plan::{Outcome, Plan};
use throng::System;

/// Runs the load of `workload` on `system`, until all of it was handled.
///
/// # Errors
/// In words, when it could not be set up.
pub fn run(workload: Workload, system: &System, plan: &Plan) -> Result<Outcome, String> {
    let faulty = match workload {
        Workload::Bounded | Workload::Flow | Workload::Counting | Workload::FanIn => true,
        Workload::FanOut | Workload::Mesh | Workload::Pipeline => true,
        Workload::NoOp => false,
        _ => plan.mode == Mode::Open,
    };
    if plan.fault.is_some() && !faulty {
        return Err(format!("no fault can be planted into {}", workload.name()));
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
    }
}
