//! A message round a ring of actors.

use crate::main_loop::{MainLoop, ready};
use stakker::{Actor, CX, Stakker, call};
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

/// Goes round with the token, so that an actor holds little else than what a hop needs: one that is cold costs its lines.
struct Ring {
    seats: Vec<Actor<Seat>>,
    told: Sender<Told>,
}

/// When the last hop was, at which place, and how many there were.
type Told = (Instant, u64, u64);

struct Seat {
    next: Option<Actor<Seat>>,
    place: u32,
    hops: u32,
}

impl Ring {
    fn tell(&self, stakker: &mut Stakker, at: Instant, place: u32) {
        let mut hops = 0;
        for seat in &self.seats {
            hops += seat.query(stakker, |seat, _| u64::from(seat.hops)).unwrap_or_default();
        }
        // Who does not wait for it has been told why.
        let _ = self.told.send((at, place.into(), hops));
    }
}

impl Seat {
    /// The token, with the hops that it has to do after this one.
    fn hop(&mut self, cx: CX![], left: u64, ring: Rc<Ring>) {
        self.hops += 1;
        match &self.next {
            Some(next) if left > 0 => call!([next], hop(left - 1, ring)),
            _ => {
                let (at, place) = (Instant::now(), self.place);
                cx.lazy(move |stakker| ring.tell(stakker, at, place));
            }
        }
    }
}

pub(crate) fn ring(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (told, news) = channel();
    let began = main_loop.play(move |stakker| {
        // The place of each, in the order in which they are made.
        let mut places: Vec<u32> = (0..task.actors as u32).collect();
        if task.work == Work::RingShuffled {
            Seeded::new(1).shuffle(&mut places);
        }
        let seat = |place: &u32| Seat { next: None, place: *place, hops: 0 };
        let seats: Vec<_> = places.iter().map(|place| ready(stakker, seat(place))).collect();
        let mut at = vec![0; seats.len()];
        for (made, place) in places.iter().enumerate() {
            at[*place as usize] = made;
        }
        for (place, made) in at.iter().enumerate() {
            let next = (*seats[at[(place + 1) % at.len()]]).clone();
            seats[*made].apply(stakker, move |seat, _| seat.next = Some(next));
        }
        let ring = Rc::new(Ring { seats: seats.iter().map(|seat| (**seat).clone()).collect(), told });
        let began = Instant::now();
        call!([seats[at[0]]], hop(task.messages - 1, ring));
        (Box::new(seats), began)
    })?;
    let (last, place, hops) = heard(&news)?;
    main_loop.clear()?;
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
