//! Actors with a timer that repeats, by `every`: set once, cancelled when it has fired as often as the actor's timers were to.
//!
//! Verified of each: that no firing comes before its time, which is so many periods after the timer was set as there were
//! firings; that cancelling it ends it, but for one that is on its way; and, by the run's end, that all of them came.
//!
//! A tick that is due while the one before has not been handled is left out, and counted by the engine (`ticks_missed`). So when a
//! tick was due is known only from when the one before was handled: the next time on the timer's grid after that.

use super::{Clockwork, Told};
use crate::scenario::plan::Planted;
use crate::scenario::tally::Alone;
use throng::{Actor, Context, Fault, Timer};

pub(super) struct Repeater {
    clockwork: &'static Clockwork,
    /// `None` before it begins, and when it has ended.
    timer: Option<Timer>,
    began: u64,
    /// When the last tick was handled.
    last: u64,
    ticks: u64,
    id: u32,
    /// One came after the timer was cancelled.
    strayed: bool,
    alone: Alone,
}

const _: () = assert!(size_of::<Repeater>() <= 48);

impl Repeater {
    pub(super) fn new(clockwork: &'static Clockwork, id: u32, alone: Alone) -> Self {
        Self { clockwork, timer: None, began: 0, last: 0, ticks: 0, id, strayed: false, alone }
    }

    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        // Before the engine reads its clock, whose time is the later one.
        self.began = self.clockwork.now();
        self.last = self.began;
        let mut period = self.clockwork.period;
        let fault = self.clockwork.fault.filter(|_| self.id == 0);
        if fault == Some(Planted::Early) {
            period /= 2;
        }
        self.timer = Some(match fault {
            // One alone.
            Some(Planted::Lost) => cx.after(period, Told::Tick),
            _ => cx.every(period, || Told::Tick),
        });
    }

    fn tick(&mut self, cx: &mut Context<'_, Self>) {
        let Self { clockwork, id, began, last, .. } = *self;
        let worker = cx.worker_index();
        if self.timer.is_none() {
            clockwork.strays.count(worker, u64::from(id));
            if std::mem::replace(&mut self.strayed, true) {
                clockwork.tally.wrong(|| format!("the timer of actor {id} fires, which was cancelled"));
            }
            return;
        }
        let (now, period) = (clockwork.now(), clockwork.period.as_nanos() as u64);
        self.ticks += 1;
        let ticks = self.ticks;
        if let Some(early) = (began + ticks * period).checked_sub(now).filter(|early| *early > 0) {
            clockwork
                .tally
                .wrong(|| format!("firing {ticks} of the timer of actor {id} came {early} ns early"));
        }
        clockwork.ticks.count(worker, u64::from(id));
        if clockwork.records(id, ticks) {
            let due = began + ((last - began) / period + 1) * period;
            clockwork.tally.record_ns(worker, now.saturating_sub(due));
        }
        self.last = now;
        if id == 0 && ticks == 1 && clockwork.fault == Some(Planted::Duplicated) {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Told::Tick) {
                clockwork.tally.refused(refused.reason());
            }
        }
        if ticks == clockwork.rounds(id) || clockwork.tally.is_over() {
            self.end();
        }
    }

    fn end(&mut self) {
        let Some(timer) = self.timer.take() else { return };
        if !timer.cancel() {
            let id = self.id;
            self.clockwork.tally.wrong(|| format!("the timer of actor {id} has ended by itself"));
        }
        self.clockwork.end();
    }
}

impl Actor for Repeater {
    type Msg = Told;

    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.clockwork.tally.overlap();
        }
        match told {
            Told::Begin => self.begin(cx),
            Told::Tick => self.tick(cx),
            Told::End => self.end(),
            Told::Due { .. } | Told::Cancel { .. } => unreachable!("it has no timer of that kind"),
        }
        if self.alone.leave() {
            self.clockwork.tally.overlap();
        }
        Ok(())
    }
}
