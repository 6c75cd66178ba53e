//! A chat, as the ecosystems of several actor languages have one for a benchmark: users in rooms. A user acts so many times;
//! each time it is drawn from the seed whether the user posts to one of its rooms, which passes that on to all who are in it
//! (the author too), joins a room, leaves one, or computes for a while. The next turn comes when that is done: a post when
//! the author's own copy has come, joining and leaving when the room says so.
//!
//! What is measured is the time for all of it, by messages, and as the latency that from a post until it reached each member.
//! The load is closed, one action of each user under way. A room's mailbox has a place for each user, so that no user is
//! ever suspended on a room; rooms may be suspended on a user who is slow.
//!
//! Verified: a member gets every post of a room from joining it to leaving it, in order, and nobody else gets any (rooms
//! number their posts); as many deliveries arrive as were sent; in the end rooms and users agree on who is where and on what
//! was said; and the ledger.

use super::nursery::Stripes;
use super::pacer::spin;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN, Talk};
use super::room::{self, Room, Told, Town, UserEnd, Wish};
use super::tally::{Alone, Start, Tally};
use crate::options::Mix;
use crate::seeded::Seeded;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, Overflow, System};

/// How long the last posts may take to arrive.
const ARRIVED_WITHIN: Duration = Duration::from_secs(60);

/// What users do, each counted.
#[derive(Debug, Default)]
struct Deeds {
    posts: AtomicU64,
    joins: AtomicU64,
    leaves: AtomicU64,
    computes: AtomicU64,
}

/// What all users know.
#[derive(Debug)]
struct Life {
    town: &'static Town,
    mix: Mix,
    rooms: u64,
    service_ticks: u64,
    /// One post in so many is stamped.
    every: Option<u64>,
    deeds: Deeds,
    /// Posts that came to a user.
    delivered: &'static Stripes,
    /// Users that are not at their end.
    left: AtomicU64,
    /// When the last of them was.
    ended: OnceLock<Instant>,
}

impl Life {
    /// Messages of the load: what was asked of rooms, what they answered, and what they passed on.
    fn messages(&self) -> u64 {
        // Relaxed: read by the last user, who has synchronised with all others.
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Deeds { posts, joins, leaves, .. } = &self.deeds;
        of(posts) + 2 * (of(joins) + of(leaves)) + self.delivered.total()
    }
}

struct User {
    life: &'static Life,
    id: u32,
    /// The rooms it is in, by number, each with the number of the post that must come next.
    rooms: Vec<(u32, u32)>,
    /// Turns to take.
    left: u64,
    /// Posts, joins, leaves, computes.
    did: [u64; 4],
    seeded: Seeded,
    alone: Alone,
}

impl User {
    fn place(&self, room: u32) -> Result<usize, usize> {
        self.rooms.binary_search_by_key(&room, |(room, _)| *room)
    }

    fn act(&mut self, cx: &mut Context<'_, Self>) {
        if self.left == 0 || self.life.town.tally.is_over() {
            return self.end(cx);
        }
        self.left -= 1;
        let Mix { post, join, leave, .. } = self.life.mix;
        let drawn = self.seeded.below(u64::from(self.life.mix.total())) as u32;
        // Who is in no room can but join one, and who is in all can join none.
        let (nowhere, everywhere) = (self.rooms.is_empty(), self.rooms.len() as u64 == self.life.rooms);
        if drawn >= post + join + leave {
            self.compute(cx);
        } else if (nowhere || drawn >= post && drawn < post + join) && !everywhere {
            self.join(cx);
        } else if drawn >= post + join {
            self.leave(cx);
        } else {
            self.post(cx);
        }
    }

    fn ask(&self, room: u32, wish: Wish, cx: &mut Context<'_, Self>) {
        let tally = self.life.town.tally;
        match self.life.town.room(room) {
            Some(to) => {
                if let Err(refused) = cx.send(to, wish) {
                    tally.refused(refused.reason());
                }
            }
            None => tally.wrong(|| format!("user {} knows of a room {room}, which does not exist", self.id)),
        }
    }

    /// One of its rooms, of which there are some.
    fn own_room(&mut self) -> u32 {
        self.rooms[self.seeded.below(self.rooms.len() as u64) as usize].0
    }

    fn post(&mut self, cx: &mut Context<'_, Self>) {
        let room = self.own_room();
        let (nth, life) = (u64::from(self.id) + self.did[0], self.life);
        self.did[0] += 1;
        let stamped = life.every.is_some_and(|every| nth.is_multiple_of(every));
        let stamp = if stamped { life.town.tally.clock.ticks().max(1) } else { 0 };
        self.ask(room, Wish::Post { author: self.id, stamp }, cx);
    }

    fn join(&mut self, cx: &mut Context<'_, Self>) {
        self.did[1] += 1;
        let rooms = self.life.rooms;
        let mut room = self.seeded.below(rooms) as u32;
        while self.place(room).is_ok() {
            room = (room + 1) % rooms as u32;
        }
        self.ask(room, Wish::Join { user: self.id }, cx);
    }

    fn leave(&mut self, cx: &mut Context<'_, Self>) {
        self.did[2] += 1;
        let room = self.own_room();
        self.ask(room, Wish::Leave { user: self.id }, cx);
    }

    fn compute(&mut self, cx: &mut Context<'_, Self>) {
        self.did[3] += 1;
        spin(&self.life.town.tally.clock, self.life.service_ticks);
        self.tell_me(Told::Turn, cx);
    }

    fn tell_me(&self, told: Told, cx: &mut Context<'_, Self>) {
        let me = cx.me();
        if let Err(refused) = cx.send(me, told) {
            self.life.town.tally.refused(refused.reason());
        }
    }

    fn posted(&mut self, room: u32, author: u32, number: u32, stamp: u64, cx: &mut Context<'_, Self>) {
        let Life { town, delivered, .. } = self.life;
        let Ok(place) = self.place(room) else {
            let user = self.id;
            return town
                .tally
                .wrong(|| format!("post {number} of room {room} came to user {user}, who is not in it"));
        };
        let next = &mut self.rooms[place].1;
        if *next != number {
            town.tally.out_of_order(u64::from(room), u64::from(*next), u64::from(number));
        }
        *next = number.wrapping_add(1);
        delivered.count(cx.worker_index(), 0);
        if stamp != 0 {
            town.tally.record(cx.worker_index(), stamp);
        }
        if author == self.id {
            self.act(cx);
        }
    }

    fn joined(&mut self, room: u32, next: u32, cx: &mut Context<'_, Self>) {
        match self.place(room) {
            Ok(_) => {
                self.life.town.tally.wrong(|| format!("user {} was let into room {room} twice", self.id))
            }
            Err(place) => self.rooms.insert(place, (room, next)),
        }
        self.act(cx);
    }

    fn left(&mut self, room: u32, next: u32, cx: &mut Context<'_, Self>) {
        let tally = self.life.town.tally;
        match self.place(room) {
            Ok(place) => {
                let (_, expected) = self.rooms.remove(place);
                if expected != next {
                    tally.out_of_order(u64::from(room), u64::from(expected), u64::from(next));
                }
            }
            Err(_) => {
                tally.wrong(|| format!("user {} was let out of room {room} without being in it", self.id))
            }
        }
        self.act(cx);
    }

    /// No more turns; the last of all users waits for the posts that are still on their way.
    #[cold]
    fn end(&mut self, cx: &mut Context<'_, Self>) {
        let Deeds { posts, joins, leaves, computes } = &self.life.deeds;
        for (all, did) in [posts, joins, leaves, computes].into_iter().zip(self.did) {
            // Relaxed: published by the exchange below.
            all.fetch_add(did, Ordering::Relaxed);
        }
        // Release publishes what this user did, Acquire shows the last one what all others did.
        if self.life.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.look(cx);
        }
    }

    fn look(&mut self, cx: &mut Context<'_, Self>) {
        let Life { town, delivered, .. } = self.life;
        let since = self.life.ended.get_or_init(Instant::now);
        let (sent, came) = (town.sent.sum(), delivered.total());
        // Something is wrong already: what is missing may never come.
        if town.tally.ended_within(Duration::ZERO) {
            return;
        }
        if came < sent && since.elapsed() < ARRIVED_WITHIN {
            town.tally.add_beside(1);
            return self.tell_me(Told::Look, cx);
        }
        if came != sent {
            town.tally.wrong(|| format!("rooms passed posts on {sent} times, {came} arrived"));
        }
        town.tally.report(self.life.messages());
    }

    fn close(&mut self) {
        let end = UserEnd { user: self.id, rooms: std::mem::take(&mut self.rooms) };
        self.life.town.ends.lock().unwrap_or_else(PoisonError::into_inner).1.push(end);
    }
}

impl Actor for User {
    type Msg = Told;

    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.life.town.tally.overlap();
        }
        match told {
            Told::Posted { room, author, number, stamp } => self.posted(room, author, number, stamp, cx),
            Told::Turn => self.act(cx),
            Told::Joined { room, next } => self.joined(room, next, cx),
            Told::Left { room, next } => self.left(room, next, cx),
            Told::Look => self.look(cx),
            Told::Close => self.close(),
        }
        if self.alone.leave() {
            self.life.town.tally.overlap();
        }
        Ok(())
    }
}

/// Runs it.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let Talk { users, rooms, turns, mix } = plan.talk;
    let tally = Tally::new(system, plan, 1);
    let town: &'static Town = Box::leak(Box::new(Town {
        rooms: OnceLock::new(),
        users: OnceLock::new(),
        sent: Stripes::new(system),
        ends: Mutex::default(),
        fault: plan.fault,
        tally,
    }));
    let life: &'static Life = Box::leak(Box::new(Life {
        town,
        mix,
        rooms,
        service_ticks: plan.clock.ticks_in(plan.service.as_nanos() as u64),
        every: plan.sample_every.map(u64::from),
        deeds: Deeds::default(),
        delivered: Stripes::new(system),
        left: AtomicU64::new(users),
        ended: OnceLock::new(),
    }));
    let turns = if plan.duration.is_some() { u64::MAX } else { turns };
    people(system, plan, life, turns)?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for user in town.users.get().into_iter().flatten() {
        // It may be full of posts already.
        user.send_timeout(Told::Turn, ARRIVED_WITHIN).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = tally.wait(system, plan, start);
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let Deeds { posts, joins, leaves, computes } = &life.deeds;
    outcome.wrong.extend(closed(system, town));
    // The word to begin and that to end, and the turns after computing.
    outcome.handled += 2 * users + rooms + of(computes);
    outcome.actors = users + rooms;
    outcome.response_is = "from a post until it reached each member of its room".into();
    outcome.facts.push(("users", json!(users)));
    outcome.facts.push(("rooms", json!(rooms)));
    outcome.facts.push(("turns", json!(plan.duration.is_none().then_some(turns))));
    outcome.facts.push(("mix", json!(mix.to_string())));
    outcome.facts.push(("posts", json!(of(posts))));
    outcome.facts.push(("joins", json!(of(joins))));
    outcome.facts.push(("leaves", json!(of(leaves))));
    outcome.facts.push(("computed", json!(of(computes))));
    outcome.facts.push(("deliveries", json!(life.delivered.total())));
    Ok(outcome)
}

/// Spawns users and rooms, each user in one room.
fn people(system: &System, plan: &Plan, life: &'static Life, turns: u64) -> Result<(), String> {
    let (users, rooms) = (plan.talk.users, plan.talk.rooms);
    let mut seeds = Seeded::new(plan.seed);
    let mut addresses = Vec::with_capacity(users as usize);
    for id in 0..users {
        let user = User {
            life,
            id: id as u32,
            rooms: vec![((id % rooms) as u32, 0)],
            left: turns,
            did: [0; 4],
            seeded: Seeded::new(seeds.number()),
            alone: Alone::default(),
        };
        // As another worker would that is in its handler.
        if plan.fault == Some(Planted::Overlap) && id == 0 && user.alone.enter() {
            return Err("the first user has run before it was spawned".into());
        }
        addresses.push(system.try_spawn(user, &plan.options).map_err(|refused| refused.to_string())?);
    }
    let _ = life.town.users.set(addresses.into());
    // A wish of each user at the most, and the word to close.
    let places = (users as u32 + 1).max(plan.options.capacity());
    let roomy =
        plan.builder.capacity(places).overflow(Overflow::Mute).build().map_err(|error| error.to_string())?;
    let mut addresses = Vec::with_capacity(rooms as usize);
    for nth in 0..rooms {
        let members = (nth..users).step_by(rooms as usize).map(|user| user as u32).collect();
        let room = Room::new(life.town, nth as u32, members);
        addresses.push(system.try_spawn(room, &roomy).map_err(|refused| refused.to_string())?);
    }
    let _ = life.town.rooms.set(addresses.into());
    Ok(())
}

/// Has rooms and users say what they know, when nothing is on its way; gives what does not agree.
fn closed(system: &System, town: &Town) -> Vec<String> {
    let rest = || system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string());
    let ask = || -> Result<(), String> {
        rest()?;
        for room in town.rooms.get().into_iter().flatten() {
            room.try_send(Wish::Close).map_err(|refused| refused.to_string())?;
        }
        for user in town.users.get().into_iter().flatten() {
            user.try_send(Told::Close).map_err(|refused| refused.to_string())?;
        }
        rest().map(|_| ())
    };
    if let Err(why) = ask() {
        return vec![why];
    }
    let ends = town.ends.lock().unwrap_or_else(PoisonError::into_inner);
    room::wrong(&ends.0, &ends.1)
}
