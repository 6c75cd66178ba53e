//! Two actors and one ball, once or several times side by side.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::sampler::Sampler;
use super::tally::{Alone, Start, Tally};
use std::sync::{Arc, OnceLock};
use throng::{Actor, Address, Context, Fault, System};

/// Where the last word of a longer ball must be.
const MARK: u64 = 0x7468_726f_6e67_0001;
/// Balls of the goals table, counted in both directions.
const MESSAGES: u64 = 10_000_000;

/// The number of its flight, and the rest of the payload.
struct Ball<const WORDS: usize>([u64; WORDS]);

struct Player<const WORDS: usize> {
    partner: Option<Address<Ball<WORDS>>>,
    /// The number that must come next.
    next: u64,
    /// The number at which the volley ends.
    last: u64,
    alone: Alone,
    sampler: Sampler,
    tally: &'static Tally,
    introduction: Arc<OnceLock<Address<Ball<WORDS>>>>,
}

impl<const WORDS: usize> Player<WORDS> {
    /// The first of two actors is spawned before its partner has an address.
    #[cold]
    fn meet(&mut self) -> Option<Address<Ball<WORDS>>> {
        self.partner = self.introduction.get().copied();
        self.partner
    }
}

impl<const WORDS: usize> Actor for Player<WORDS> {
    type Msg = Ball<WORDS>;

    #[inline]
    fn handle(&mut self, ball: Ball<WORDS>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        let Ball(mut words) = ball;
        let flight = words[0];
        if flight != self.next || (WORDS > 1 && words[WORDS - 1] != MARK) {
            self.tally.out_of_order(0, self.next, flight);
        }
        self.next = flight + 2;
        if self.sampler.tick() {
            self.sampler.sample(self.tally, cx.worker_index());
            if self.tally.is_over() {
                self.last = flight;
            }
        }
        if flight >= self.last {
            self.tally.report(flight + 1);
        } else if let Some(partner) = self.partner.or_else(|| self.meet()) {
            words[0] = flight + 1;
            if let Err(refused) = cx.send(partner, Ball(words)) {
                self.tally.refused(refused.reason());
            }
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Plays `pairs` volleys at once.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan, pairs: usize) -> Result<Outcome, String> {
    match plan.payload {
        8 => sized::<1>(system, plan, pairs),
        16 => sized::<2>(system, plan, pairs),
        32 => sized::<4>(system, plan, pairs),
        48 => sized::<6>(system, plan, pairs),
        64 => sized::<8>(system, plan, pairs),
        128 => sized::<16>(system, plan, pairs),
        256 => sized::<32>(system, plan, pairs),
        1_024 => sized::<128>(system, plan, pairs),
        4_096 => sized::<512>(system, plan, pairs),
        other => Err(format!("no volley is compiled for {other} bytes")),
    }
}

fn sized<const WORDS: usize>(system: &System, plan: &Plan, pairs: usize) -> Result<Outcome, String> {
    let tally = Tally::new(system, plan, pairs);
    let each = match plan.duration {
        Some(_) => u64::MAX / 4,
        None => plan.messages.unwrap_or(MESSAGES * pairs as u64).div_ceil(pairs as u64),
    };
    let mut servers = Vec::with_capacity(pairs);
    for _ in 0..pairs {
        let introduction = Arc::new(OnceLock::new());
        let player = |partner, next, every| Player {
            partner,
            next,
            last: each - 1,
            alone: Alone::default(),
            sampler: Sampler::new(every),
            tally,
            introduction: Arc::clone(&introduction),
        };
        let spawn = |player| system.try_spawn(player, &plan.options).map_err(|refused| refused.to_string());
        let server = spawn(player(None, 0, plan.sample_every))?;
        let returner = spawn(player(Some(server), 1, None))?;
        let _ = introduction.set(returner);
        servers.push(server);
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for server in servers {
        let mut words = [0; WORDS];
        if WORDS > 1 {
            words[WORDS - 1] = MARK;
        }
        server.try_send(Ball(words)).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = tally.wait(system, plan, start);
    outcome.response_is = "round trip".into();
    outcome.actors = 2 * pairs as u64;
    Ok(outcome)
}
