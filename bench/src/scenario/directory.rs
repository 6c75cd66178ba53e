//! A directory that answers with one of many addresses, and a client that writes to each address it gets.
//!
//! Three messages for each answer, all of them counted: the request, the answer, the letter to the address.

use super::nursery::Stripes;
use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use crate::options::DIRECTORY_MESSAGES_MAX;
use crate::seeded::Seeded;
use serde_json::json;
use throng::{Actor, Address, Context, Fault, System};

const ACTORS: u64 = 1_000_000;
/// Requests of the goals table.
const REQUESTS: u64 = 2_000_000;
/// Requests that are out at once, where the command line does not say.
pub const IN_FLIGHT: u64 = 64;
/// How often the client looks for an early end.
const LOOK: u64 = 1_024;

/// What the residents share.
struct Town {
    stripes: &'static Stripes,
    tally: &'static Tally,
}

/// Gets letters; 16 bytes of state.
struct Resident {
    town: &'static Town,
    /// The number of the last letter, which only grows.
    last: u32,
    alone: Alone,
}

const _: () = assert!(size_of::<Resident>() == 16);

/// Its number, from 1.
struct Letter(u64);

impl Actor for Resident {
    type Msg = Letter;

    #[inline]
    fn handle(&mut self, letter: Letter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.town.tally.overlap();
        }
        if letter.0 <= u64::from(self.last) {
            self.town.tally.out_of_order(0, u64::from(self.last) + 1, letter.0);
        }
        self.last = letter.0 as u32;
        self.town.stripes.count(cx.worker_index(), letter.0);
        if self.alone.leave() {
            self.town.tally.overlap();
        }
        Ok(())
    }
}

/// Asks for an address, and says where to.
struct Request(Address<Answer>);

struct Directory {
    residents: Box<[Address<Letter>]>,
    seeded: Seeded,
    alone: Alone,
    tally: &'static Tally,
}

impl Actor for Directory {
    type Msg = Request;

    #[inline]
    fn handle(&mut self, request: Request, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        let resident = self.residents[self.seeded.below(self.residents.len() as u64) as usize];
        if let Err(refused) = cx.send(request.0, Answer(Some(resident))) {
            self.tally.refused(refused.reason());
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// An address; without one, the client's own note to look whether all is done.
struct Answer(Option<Address<Letter>>);

const _: () = assert!(size_of::<Answer>() == 8);

struct Client {
    directory: Address<Request>,
    town: &'static Town,
    /// Requests to make.
    left: u64,
    /// Letters to write, and written.
    letters: u64,
    written: u64,
    /// Notes to oneself, and the requests that began it all.
    notes: u64,
    alone: Alone,
}

impl Client {
    #[inline(always)]
    fn request(&mut self, cx: &mut Context<'_, Self>) {
        if self.left > 0 {
            self.left -= 1;
            let me = cx.me();
            if let Err(refused) = cx.send(self.directory, Request(me)) {
                self.town.tally.refused(refused.reason());
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self, cx: &mut Context<'_, Self>) {
        let Town { stripes, tally } = self.town;
        let n = self.letters;
        if self.written == n && stripes.total() >= n {
            if stripes.total() != n || stripes.sum() != n * (n + 1) / 2 {
                tally.wrong(|| format!("{} letters arrived, not {n}", stripes.total()));
            }
            tally.add_beside(self.notes);
            tally.report(3 * n);
            return;
        }
        self.notes += 1;
        let me = cx.me();
        if let Err(refused) = cx.send(me, Answer(None)) {
            tally.refused(refused.reason());
        }
    }
}

impl Actor for Client {
    type Msg = Answer;

    #[inline]
    fn handle(&mut self, answer: Answer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.town.tally.overlap();
        }
        match answer.0 {
            Some(resident) => {
                self.written += 1;
                if let Err(refused) = cx.send(resident, Letter(self.written)) {
                    self.town.tally.refused(refused.reason());
                }
                if self.written.is_multiple_of(LOOK) && self.town.tally.is_over() {
                    self.letters -= self.left;
                    self.left = 0;
                }
                self.request(cx);
                if self.written == self.letters {
                    self.look(cx);
                }
            }
            // The first note begins; the others look.
            None if self.written == 0 => {
                for _ in 0..self.notes {
                    self.request(cx);
                }
                self.notes = 1;
            }
            None => self.look(cx),
        }
        if self.alone.leave() {
            self.town.tally.overlap();
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
    let requests = plan.messages.map_or(REQUESTS, |messages| messages.div_ceil(3));
    let in_flight = plan.tokens.unwrap_or(IN_FLIGHT).min(requests);
    if requests > DIRECTORY_MESSAGES_MAX / 3 {
        return Err(format!("{requests} requests: a directory takes up to {}", DIRECTORY_MESSAGES_MAX / 3));
    }
    let tally = Tally::new(system, plan, 1);
    let town: &'static Town = Box::leak(Box::new(Town { stripes: Stripes::new(system), tally }));
    let mut residents = Vec::with_capacity(actors as usize);
    for _ in 0..actors {
        let resident = Resident { town, last: 0, alone: Alone::default() };
        residents.push(system.try_spawn(resident, &plan.options).map_err(|refused| refused.to_string())?);
    }
    let directory = Directory {
        residents: residents.into(),
        seeded: Seeded::new(plan.seed),
        alone: Alone::default(),
        tally,
    };
    let directory = system.try_spawn(directory, &plan.options).map_err(|refused| refused.to_string())?;
    let client = Client {
        directory,
        town,
        left: requests,
        letters: requests,
        written: 0,
        notes: in_flight,
        alone: Alone::default(),
    };
    let client = system.try_spawn(client, &plan.options).map_err(|refused| refused.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    client.try_send(Answer(None)).map_err(|refused| refused.to_string())?;
    let mut outcome = tally.wait(system, plan, start);
    outcome.actors = actors + 2;
    outcome.facts.push(("requests_in_flight", json!(in_flight)));
    outcome.facts.push(("messages_are", json!("request, answer with an address, letter to it")));
    Ok(outcome)
}
