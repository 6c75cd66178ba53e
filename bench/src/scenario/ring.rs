//! Tokens that go round a ring of actors.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use crate::options::Order;
use crate::seeded::Seeded;
use serde_json::json;
use std::collections::HashSet;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use throng::{Actor, Address, Context, Fault, System};

const ACTORS: u64 = 100;
/// Hops of the goals table, and for rings so cold that each hop is a miss of every cache.
const HOPS: u64 = 10_000_000;
const HOPS_COLD: u64 = 5_000_000;
const COLD_FROM: u64 = 100_000;
/// Rings of one process.
const RINGS: usize = 1_024;
/// How often a token looks for the end of the load where nothing is sampled; a power of two.
const LOOK: u32 = 256;
/// Actors that are told of their next before the last of them must have heard it: what is on its way takes memory that
/// nobody has reckoned with.
const WAVE: usize = 16_384;
/// Below this in a token lies how many hops are left, above it which token it is.
const ID: u32 = 44;
const LEFT: u64 = (1 << ID) - 1;

/// Actors carry a number and no pointer, so that their state stays in the line of their mailbox.
static RING: [AtomicPtr<Ring>; RINGS] = [const { AtomicPtr::new(null_mut()) }; RINGS];

/// What the actors of one ring share and seldom look at.
struct Ring {
    tally: &'static Tally,
    /// The actors in the order in which they were spawned.
    actors: OnceLock<Vec<Address<Token>>>,
    /// Who comes after whom, by that order.
    successor: Vec<u32>,
    /// The token that comes first to each.
    first: Vec<u32>,
    /// Where tokens start.
    starts: HashSet<u32>,
    tokens: u32,
    /// Of each token.
    hops: u64,
    samples: bool,
    stamps: Box<[AtomicU64]>,
    /// Raised when every token is in its place: one that left before another was there would pass it.
    all_there: AtomicBool,
}

impl Ring {
    /// Keeps the ring for ever, under a number.
    fn keep(self) -> Result<u16, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed) as usize;
        let place = RING.get(number).ok_or_else(|| format!("a process has {RINGS} rings at the most"))?;
        place.store(Box::into_raw(Box::new(self)), Ordering::Release);
        Ok(number as u16)
    }

    fn of(number: u16) -> &'static Ring {
        let ring = RING[usize::from(number)].load(Ordering::Acquire);
        // SAFETY: stored by `keep` before any actor had the number, and never freed.
        unsafe { &*ring }
    }
}

/// Which it is, and how many hops it has left.
struct Token(u64);

/// 16 bytes of state. With one token there is no order to keep.
struct Link<const MANY: bool> {
    next: Option<Address<Token>>,
    /// The token that must come next; before the actor knows the next one, its own place among the spawned.
    expected: u32,
    ring: u16,
    /// A token whose hops left have none of these bits, and the hop after, are special.
    mask: u8,
    alone: Alone,
}

const _: () = assert!(size_of::<Link<true>>() == 16);

impl<const MANY: bool> Link<MANY> {
    /// The first message: all addresses are known by now. To those where no token starts it tells nothing else.
    #[cold]
    #[inline(never)]
    fn meet(&mut self) -> Option<Address<Token>> {
        let ring = Ring::of(self.ring);
        let me = self.expected as usize;
        self.next = ring.actors.get().map(|actors| actors[ring.successor[me] as usize]);
        self.expected = ring.first[me];
        if !ring.starts.contains(&(me as u32)) {
            return None;
        }
        while !ring.all_there.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        self.next
    }

    #[cold]
    #[inline(never)]
    fn out_of_order(&self, got: u32) {
        let tally = Ring::of(self.ring).tally;
        // Ended early, tokens leave the ring one by one, and the others pass where they were.
        if !tally.is_over() {
            tally.out_of_order(0, u64::from(self.expected), u64::from(got));
        }
    }

    /// Stamps, records, ends; says whether the token goes on.
    #[cold]
    #[inline(never)]
    fn special(&self, token: u64, worker: usize) -> bool {
        let ring = Ring::of(self.ring);
        let left = token & LEFT;
        let stamp = &ring.stamps[(token >> ID) as usize];
        match stamp.swap(0, Ordering::Relaxed) {
            0 => {}
            at => ring.tally.record(worker, at),
        }
        if left == 0 || ring.tally.is_over() {
            ring.tally.report(ring.hops - left);
            return false;
        }
        if ring.samples && left & u64::from(self.mask) == 0 {
            // Relaxed: the send that follows publishes it.
            stamp.store(ring.tally.clock.ticks(), Ordering::Relaxed);
        }
        true
    }

    /// The token after this one: the one behind it, as each place sees them pass.
    #[inline(always)]
    fn after(&self, id: u32) -> u32 {
        match id {
            0 => self.last_token(),
            id => id - 1,
        }
    }

    #[inline(never)]
    fn last_token(&self) -> u32 {
        Ring::of(self.ring).tokens - 1
    }
}

impl<const MANY: bool> Actor for Link<MANY> {
    type Msg = Token;

    #[inline]
    fn handle(&mut self, token: Token, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            Ring::of(self.ring).tally.overlap();
        }
        let Token(token) = token;
        if let Some(next) = self.next.or_else(|| self.meet()) {
            let id = (token >> ID) as u32;
            if id != self.expected {
                self.out_of_order(id);
            }
            if MANY {
                self.expected = self.after(id);
            }
            let is_special = (token as u8).wrapping_add(1) & self.mask <= 1;
            if (!is_special || self.special(token, cx.worker_index()))
                && let Err(refused) = cx.send(next, Token(token - 1))
            {
                Ring::of(self.ring).tally.refused(refused.reason());
            }
        }
        if self.alone.leave() {
            Ring::of(self.ring).tally.overlap();
        }
        Ok(())
    }
}

/// Runs a ring.
///
/// # Errors
/// In words, when it cannot be set up.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    match plan.tokens.unwrap_or(1) {
        1 => with::<false>(system, plan, 1),
        tokens => with::<true>(system, plan, tokens),
    }
}

fn with<const MANY: bool>(system: &System, plan: &Plan, tokens: u64) -> Result<Outcome, String> {
    let actors = plan.actors.unwrap_or(ACTORS);
    let cold = actors >= COLD_FROM && plan.order == Order::Shuffled;
    let hops = match plan.duration {
        Some(_) => LEFT,
        None => plan.messages.unwrap_or(if cold { HOPS_COLD } else { HOPS }).div_ceil(tokens),
    };
    let tally = Tally::new(system, plan, tokens as usize);
    // The place in the ring, by the order of spawning and the other way round.
    let mut spawned_at: Vec<u32> = (0..actors as u32).collect();
    if plan.order == Order::Shuffled {
        Seeded::new(plan.seed).shuffle(&mut spawned_at);
    }
    let start_of = |token: u64| (token * actors / tokens) as usize;
    let mut successor = vec![0; actors as usize];
    let mut first = vec![0; actors as usize];
    let mut token = 0;
    for (place, &spawned) in spawned_at.iter().enumerate() {
        while token + 1 < tokens && start_of(token + 1) <= place {
            token += 1;
        }
        successor[spawned as usize] = spawned_at[(place + 1) % spawned_at.len()];
        first[spawned as usize] = token as u32;
    }
    let starts: Vec<u32> = (0..tokens).map(|token| spawned_at[start_of(token)]).collect();
    let ring = Ring {
        tally,
        actors: OnceLock::new(),
        successor,
        first,
        starts: starts.iter().copied().collect(),
        tokens: tokens as u32,
        hops,
        samples: plan.sample_every.is_some(),
        stamps: (0..tokens).map(|_| AtomicU64::new(0)).collect(),
        all_there: AtomicBool::new(false),
    };
    let number = ring.keep()?;
    let mask = (plan.sample_every.unwrap_or(LOOK) - 1) as u8;
    let mut addresses = Vec::with_capacity(actors as usize);
    for place in 0..actors as u32 {
        let link = Link::<MANY> { next: None, expected: place, ring: number, mask, alone: Alone::default() };
        addresses.push(system.try_spawn(link, &plan.options).map_err(|refused| refused.to_string())?);
    }
    let everybody = addresses.clone();
    let ring = Ring::of(number);
    let _ = ring.actors.set(addresses);
    for (place, address) in everybody.iter().enumerate() {
        if !ring.starts.contains(&(place as u32)) {
            address.try_send(Token(0)).map_err(|refused| refused.to_string())?;
        }
        if place % WAVE == WAVE - 1 {
            address.barrier().deadline(SETTLED_WITHIN).wait().map_err(|late| late.to_string())?;
        }
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    for (id, place) in starts.into_iter().enumerate() {
        let token = Token((id as u64) << ID | (hops - 1));
        if let Err(refused) = everybody[place as usize].try_send(token) {
            tally.refused(refused.reason());
        }
    }
    let start = Start::now();
    ring.all_there.store(true, Ordering::Release);
    let mut outcome = tally.wait(system, plan, start);
    // What told the others of their next, and asked after each wave.
    outcome.handled += actors - tokens + actors / WAVE as u64;
    outcome.actors = actors;
    outcome.counts = "hop";
    outcome.response_is = "hop".into();
    outcome.facts.push(("tokens", json!(tokens)));
    Ok(outcome)
}
