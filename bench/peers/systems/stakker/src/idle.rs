//! Actors that are there and do nothing.

use crate::main_loop::{MainLoop, ready};
use stakker::{CX, call};
use throng_bench::alone::spoiled::Spoiled;

/// Greeted at once: the queue keeps the size that it once had.
const CHUNK: u64 = 10_000;

struct Idle {
    number: u64,
    greeted: u64,
}

impl Idle {
    fn greet(&mut self, _: CX![], by: u64) {
        self.greeted += self.number ^ by;
    }
}

pub(crate) fn crowd(main_loop: &MainLoop, actors: u64) -> Result<(), Spoiled> {
    for first in (0..actors).step_by(CHUNK as usize) {
        let numbers = first..actors.min(first + CHUNK);
        main_loop.crowd(move |stakker| {
            let idle: Vec<_> = numbers.map(|number| ready(stakker, Idle { number, greeted: 0 })).collect();
            for idle in &idle {
                call!([idle], greet(first));
            }
            Box::new(idle)
        })?;
    }
    Ok(())
}
