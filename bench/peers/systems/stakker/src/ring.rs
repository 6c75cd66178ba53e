//! A message round a ring of actors.

use crate::main_loop::{MainLoop, ready};
use peer_tally::{Count, Tally};
use stakker::{Actor, CX, call};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

struct Seat {
    next: Option<Actor<Seat>>,
    hops: Count,
    ended: Rc<Sender<(Instant, u64)>>,
}

impl Seat {
    /// The token, with the hops that it has to do after this one.
    fn hop(&mut self, _: CX![], left: u64) {
        self.hops.up();
        match &self.next {
            Some(next) if left > 0 => call!([next], hop(left - 1)),
            _ => {
                let _ = self.ended.send((Instant::now(), self.hops.number()));
            }
        }
    }
}

pub(crate) fn ring(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (ended, news) = channel();
    let began = main_loop.play(move |stakker| {
        // The place of each, in the order in which they are made.
        let mut places: Vec<u64> = (0..task.actors).collect();
        if task.work == Work::RingShuffled {
            Seeded::new(1).shuffle(&mut places);
        }
        let ended = Rc::new(ended);
        let seat = |place| Seat { next: None, hops: tally.count(place), ended: ended.clone() };
        let seats: Vec<_> = places.iter().map(|place| ready(stakker, seat(*place))).collect();
        let mut at = vec![0; seats.len()];
        for (made, place) in places.iter().enumerate() {
            at[*place as usize] = made;
        }
        for (place, made) in at.iter().enumerate() {
            let next = (*seats[at[(place + 1) % at.len()]]).clone();
            seats[*made].apply(stakker, move |seat, _| seat.next = Some(next));
        }
        let began = Instant::now();
        call!([seats[at[0]]], hop(task.messages - 1));
        (Box::new(seats), began)
    })?;
    let (last, place) = heard(&news)?;
    main_loop.clear()?;
    let hops = told.counts()?.iter().sum();
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
