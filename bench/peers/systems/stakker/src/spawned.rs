//! Actors that are made, handle one message and end.

use crate::main_loop::{MainLoop, ready};
use stakker::{CX, actor, call, ret_nop};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Under way at once: so many stay in a cache.
const CHUNK: u64 = 64;

/// What all share; as they are on one thread, without an atomic operation for each.
struct Shared {
    latch: Arc<Latch>,
}

struct Maker {
    made: u64,
    all: u64,
    shared: Rc<Shared>,
}

struct Made {
    number: u64,
    handled: bool,
    shared: Rc<Shared>,
}

impl Maker {
    fn make(&mut self, cx: CX![]) {
        let until = self.all.min(self.made + CHUNK);
        for number in self.made..until {
            // Its only owner is gone with this turn: the actor ends when it has handled what it was sent until then.
            let made = actor!(cx, Made::init(number, self.shared.clone()), ret_nop!());
            call!([made], work());
        }
        self.made = until;
        if until < self.all {
            call!([cx], make());
        }
    }
}

impl Made {
    fn init(_: CX![], number: u64, shared: Rc<Shared>) -> Option<Self> {
        Some(Self { number, handled: false, shared })
    }

    fn work(&mut self, _: CX![]) {
        self.handled = true;
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.handled {
            self.shared.latch.count_down(self.number);
        }
    }
}

pub(crate) fn create(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let counted = latch.clone();
    let began = main_loop.play(move |stakker| {
        let shared = Rc::new(Shared { latch });
        let maker = ready(stakker, Maker { made: 0, all: task.messages, shared });
        let began = Instant::now();
        call!([maker], make());
        (Box::new(maker), began)
    })?;
    let took = waiting.ended()? - began;
    main_loop.clear()?;
    Ok(Iteration { took, counts: vec![counted.counted()], disorder: 0 })
}
