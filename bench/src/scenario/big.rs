//! Every actor pings random others, and waits for each answer before the next.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::sampler::Sampler;
use super::tally::{Alone, Start, Tally};
use crate::seeded::Seeded;
use serde_json::json;
use std::sync::{Arc, OnceLock};
use throng::{Actor, Address, Context, Fault, System};

const ACTORS: u64 = 120;
/// Pings of each.
const PINGS: u64 = 20_000;

/// A ping carries its sender's address; an answer, and the word to begin, carry none. 8 bytes.
struct Note(Option<Address<Note>>);

const _: () = assert!(size_of::<Note>() == 8);

struct Member {
    others: Arc<OnceLock<Box<[Address<Note>]>>>,
    me: u64,
    seeded: Seeded,
    /// Pings to send.
    left: u64,
    pings: u64,
    /// Whether an answer is due: only then may one come.
    waits: bool,
    alone: Alone,
    sampler: Sampler,
    tally: &'static Tally,
}

impl Member {
    /// Someone, and never oneself.
    #[inline(always)]
    fn other(&mut self) -> Option<Address<Note>> {
        let others = self.others.get()?;
        let chosen = self.seeded.below(others.len() as u64 - 1);
        Some(others[(chosen + u64::from(chosen >= self.me)) as usize])
    }

    #[inline(always)]
    fn send(&self, to: Address<Note>, note: Note, cx: &mut Context<'_, Self>) {
        if let Err(refused) = cx.send(to, note) {
            self.tally.refused(refused.reason());
        }
    }

    #[inline(always)]
    fn answered(&mut self, cx: &mut Context<'_, Self>) {
        if !self.waits && self.left != self.pings {
            self.tally.wrong(|| format!("actor {} got an answer that it did not wait for", self.me));
        }
        if self.sampler.tick() {
            self.sampler.sample(self.tally, cx.worker_index());
            if self.tally.is_over() {
                self.pings -= self.left;
                self.left = 0;
            }
        }
        self.waits = self.left > 0;
        if self.left == 0 {
            self.tally.report(2 * self.pings);
        } else if let Some(other) = self.other() {
            self.left -= 1;
            let me = cx.me();
            self.send(other, Note(Some(me)), cx);
        }
    }
}

impl Actor for Member {
    type Msg = Note;

    #[inline]
    fn handle(&mut self, note: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        match note.0 {
            Some(from) => self.send(from, Note(None), cx),
            None => self.answered(cx),
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let actors = plan.actors.unwrap_or(ACTORS);
    let pings = plan.messages.map_or(PINGS, |messages| messages.div_ceil(2 * actors));
    let tally = Tally::new(system, plan, actors as usize);
    let others = Arc::new(OnceLock::new());
    let mut seeds = Seeded::new(plan.seed);
    let mut addresses = Vec::with_capacity(actors as usize);
    for me in 0..actors {
        let member = Member {
            others: Arc::clone(&others),
            me,
            seeded: Seeded::new(seeds.number()),
            left: pings,
            pings,
            waits: false,
            alone: Alone::default(),
            sampler: Sampler::new(plan.sample_every),
            tally,
        };
        addresses.push(system.try_spawn(member, &plan.options).map_err(|refused| refused.to_string())?);
    }
    let all: Box<[_]> = addresses.clone().into();
    let _ = others.set(all);
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for address in addresses {
        address.try_send(Note(None)).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = tally.wait(system, plan, start);
    // The words to begin.
    outcome.handled += actors;
    outcome.actors = actors;
    outcome.response_is = "ping and its answer".into();
    outcome.facts.push(("pings_per_actor", json!(pings)));
    Ok(outcome)
}
