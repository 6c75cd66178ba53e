//! The swarm: scenarios that are drawn from seeds (actors, bounds, policies, supervisors, timers, faults, and what is done to
//! them from outside), played by the engine, and judged by an oracle that knows what must hold of each.
//!
//! ```text
//! cargo test -p throng --test swarm                                  a few thousand seeds
//! cargo test -p throng --test swarm -- --seeds 100000
//! cargo test -p throng --test swarm -- --threads --minutes 5         on real threads
//! cargo test -p throng --test swarm -- --seed 4711                   one, and what happens in it
//! cargo test -p throng --test swarm -- --seed 4711 --shrink          the simplest that goes wrong as it does
//! cargo test -p throng --test swarm -- --seed 4711 --choices         one, and its choices if it goes wrong, for --replay
//! ```
//! `engine/README.md` says what the oracle looks at; `scripts/swarm.sh` runs all of it.

mod book;
mod bounds;
mod cast;
mod debts;
mod deeds;
mod draw;
mod exits;
mod flags;
mod full;
mod judge;
mod lines;
mod links;
mod message;
mod news;
mod node;
mod orders;
mod outside;
mod over;
mod plan;
mod play;
mod pressure;
mod smaller;
mod threads;
mod ticks;
mod times;
mod urgent;
// The engine's own, as it is no part of its interface.
#[path = "../../src/sim/version.rs"]
mod version;
mod wards;
mod world;

use flags::Flags;
use play::Played;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use world::World;

/// Threads that play simulated scenarios, each its own.
const THREADS: usize = 2;
/// Of the README's test command: some five seconds of both.
const SEEDS: u64 = 2_000;
const SECONDS: u64 = 2;
/// A scenario takes a few milliseconds; nobody shall wait for one for longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let flags = Flags::read();
    if flags.is_for_others() {
        return ExitCode::SUCCESS;
    }
    if flags.faults {
        match faults() {
            Ok(names) => names.iter().for_each(|name| println!("{name}")),
            Err(wrong) => flags::refuse(&wrong),
        }
        return ExitCode::SUCCESS;
    }
    if let Some(Err(wrong)) = flags.plant.as_deref().map(plant) {
        flags::refuse(&wrong);
    }
    let manner = flags.plant.as_deref().map(|name| format!(" --plant {name}"));
    over::told(manner.unwrap_or_default() + if flags.threads { " --threads" } else { "" });
    if let Some(seed) = flags.seed {
        return one(seed, &flags);
    }
    // On threads as many as there is time for, and on from zero where there are no more.
    let seeds = if flags.threads { 0 } else { flags.seeds.unwrap_or(SEEDS) };
    let from = flags.first(seeds, std::env::var_os("SEED")).unwrap_or_else(|wrong| flags::refuse(&wrong));
    let well = if flags.threads {
        let seconds = flags.minutes.map(|minutes| minutes * 60).or(flags.seconds).unwrap_or(30);
        on_threads(from, Duration::from_secs(seconds))
    } else if let Some(seeds) = flags.seeds {
        simulated(from, seeds)
    } else {
        simulated(from, SEEDS) && on_threads(from, Duration::from_secs(SECONDS))
    };
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plants a fault in the engine.
///
/// # Errors
/// Why it cannot be.
#[cfg(throng_planted)]
fn plant(name: &str) -> Result<(), String> {
    let all = || throng::plantable().collect::<Vec<_>>().join(", ");
    if throng::plant_by_name(name) { Ok(()) } else { Err(format!("--plant {name}: give one of {}", all())) }
}

/// Those that can be planted.
///
/// # Errors
/// None can be.
#[cfg(throng_planted)]
#[expect(clippy::unnecessary_wraps, reason = "as where none can be planted")]
fn faults() -> Result<Vec<&'static str>, String> {
    Ok(throng::plantable().collect())
}

#[cfg(not(throng_planted))]
fn faults() -> Result<Vec<&'static str>, String> {
    Err("--faults: this engine was not built with --cfg throng_planted".to_owned())
}

#[cfg(not(throng_planted))]
fn plant(name: &str) -> Result<(), String> {
    Err(format!("--plant {name}: this engine was not built with --cfg throng_planted"))
}

fn play(seed: u64, traced: bool) -> Played {
    play::play(World::of_seed(seed), seed, traced)
}

fn one(seed: u64, flags: &Flags) -> ExitCode {
    let _dog = over::watch(PATIENCE * if flags.shrink { 60 } else { 3 }, move || format!("seed {seed}"));
    if flags.shrink {
        return smaller::shrink(seed, flags);
    }
    if flags.threads {
        return told(&threads::play(seed, true), flags);
    }
    let given = flags.replay.as_deref().map(|list| flags::choices(list, std::io::stdin()));
    let given = given.map(|choices| choices.unwrap_or_else(|wrong| flags::refuse(&wrong)));
    let mut world = match &given {
        Some(choices) => World::of_choices(seed, choices),
        None => World::of_seed(seed),
    };
    if flags.copy {
        world.copy_choices();
    }
    told(&play::play(world, seed, true), flags)
}

fn told(played: &Played, flags: &Flags) -> ExitCode {
    over::report(&played.book, &played.wrongs, &played.dump);
    if played.wrongs.is_empty() {
        return ExitCode::SUCCESS;
    }
    if flags.choices {
        eprintln!("swarm: the choices: --replay {}", smaller::written(&played.choices));
    }
    ExitCode::FAILURE
}

/// Plays so many seeds, each of two threads some of them. False if one has gone wrong.
fn simulated(from: u64, seeds: u64) -> bool {
    let started = Instant::now();
    println!("swarm: SEED={from}, {seeds} simulated scenarios");
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let (handled, mutes) = (AtomicU64::new(0), AtomicU64::new(0));
    let running: [AtomicU64; THREADS] = Default::default();
    let running = Arc::new(running);
    let _dog = over::watch_steps(PATIENCE, Arc::clone(&running));
    std::thread::scope(|scope| {
        for running in &*running {
            scope.spawn(|| {
                while !failed.load(Ordering::Acquire) {
                    let n = next.fetch_add(1, Ordering::AcqRel);
                    if n >= seeds {
                        break;
                    }
                    let seed = from.wrapping_add(n);
                    running.store(seed, Ordering::Release);
                    let played = play(seed, false);
                    handled.fetch_add(played.handled, Ordering::AcqRel);
                    mutes.fetch_add(played.mutes, Ordering::AcqRel);
                    if !played.wrongs.is_empty() && !failed.swap(true, Ordering::AcqRel) {
                        over::report(&played.book, &played.wrongs, &played.dump);
                        eprintln!("swarm: found by seed {seed}, the {}. of {seeds}", n + 1);
                    }
                }
                running.store(over::DONE, Ordering::Release);
            });
        }
    });
    let took = started.elapsed();
    let (handled, mutes) = (handled.into_inner(), mutes.into_inner());
    println!("swarm: {seeds} scenarios in {took:.2?}: {handled} messages handled, {mutes} mutes");
    !failed.into_inner()
}

/// Plays scenarios on threads for so long. False if one has gone wrong.
fn on_threads(from: u64, time: Duration) -> bool {
    let started = Instant::now();
    println!("swarm: SEED={from}, scenarios on threads for {time:?}");
    let (mut scenarios, mut handled, mut mutes) = (0, 0, 0);
    while started.elapsed() < time {
        let seed = from.wrapping_add(scenarios);
        let played = threads::play(seed, false);
        if !played.wrongs.is_empty() {
            over::report(&played.book, &played.wrongs, &played.dump);
            eprintln!("swarm: found on threads by seed {seed}; it may not happen again");
            return false;
        }
        scenarios += 1;
        handled += played.handled;
        mutes += played.mutes;
    }
    let took = started.elapsed();
    println!(
        "swarm: {scenarios} scenarios on threads in {took:.2?}: {handled} messages handled, {mutes} mutes"
    );
    true
}
