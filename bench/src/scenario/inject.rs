//! A thread outside the engine sends slowly: how long until the message is handled, with the workers still spinning
//! after the one before, and with the workers asleep.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use crate::latency::Recorder;
use crate::units;
use serde_json::json;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, System};

/// One message every so often, how many are measured, and how many go before: within the time that workers spin, when
/// the first have woken them; and long after it.
const SPINNING: (Duration, u64, u64) = (Duration::from_micros(10), 20_000, 100);
const PARKED: (Duration, u64, u64) = (Duration::from_millis(2), 500, 0);
/// One sleep in so many messages is the most at which the workers count as spinning.
const SLEPT_AT_MOST: u64 = 100;
/// How long a message may take.
const HANDLED_WITHIN: Duration = Duration::from_secs(10);
/// Waiting is by the clock from here on, and by sleeping before.
const SPIN_BELOW: Duration = Duration::from_micros(200);

/// Its number, and when it was sent if it is measured.
struct Stamped(u64, Option<u64>);

struct Receiver {
    tally: &'static Tally,
    next: u64,
    alone: Alone,
    handled: Arc<AtomicU64>,
}

impl Actor for Receiver {
    type Msg = Stamped;

    fn handle(&mut self, message: Stamped, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        if let Some(stamp) = message.1 {
            self.tally.record(cx.worker_index(), stamp);
        }
        if message.0 != self.next {
            self.tally.out_of_order(0, self.next, message.0);
        }
        self.next += 1;
        // Release: the recorder is written by now.
        self.handled.store(self.next, Ordering::Release);
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// What one pace came to.
struct Pace {
    arrival: Recorder,
    sending: Recorder,
    sent: u64,
    /// Times that a worker went to sleep meanwhile, and was woken.
    parks: u64,
    wakes: u64,
    wrong: Vec<String>,
}

/// Sends at both paces. Each message is stamped, whatever was asked for.
///
/// # Errors
/// In words, when the actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let spinning = at_pace(system, plan, SPINNING)?;
    let parked = at_pace(system, plan, PARKED)?;
    let summary = |(gap, ..): (Duration, u64, u64), pace: &Pace| {
        json!({
            "gap_ns": gap.as_nanos() as u64,
            "response_ns": pace.arrival.summary(),
            "sender_ns": pace.sending.summary(),
            "parks": pace.parks,
            "wakes": pace.wakes,
        })
    };
    // What it is meant to be, and what it was: a worker that the kernel held up may have gone to sleep in between. A few
    // such sleeps leave the median what it is called, and the tail tells of them.
    let spun = spun(spinning.parks, spinning.sent);
    let brisk = if spun { "spinning" } else { "not_always_spinning" };
    let mut facts = vec![(brisk, summary(SPINNING, &spinning)), ("parked", summary(PARKED, &parked))];
    if spinning.parks > 0 {
        facts.push((
            "note",
            json!(format!(
                "workers slept {} times in {} messages {:?} apart{}",
                spinning.parks,
                spinning.sent,
                SPINNING.0,
                if spun { "" } else { ": not the figure of spinning workers" }
            )),
        ));
    }
    let mut wrong = spinning.wrong;
    wrong.extend(parked.wrong);
    let sent = spinning.sent + parked.sent;
    Ok(Outcome {
        messages: sent,
        handled: sent,
        response: Some(spinning.arrival),
        response_is: response_is(spinning.parks, spinning.sent),
        counts: "message",
        actors: 1,
        facts,
        wrong,
        ..Outcome::default()
    })
}

/// Whether workers that slept so many times are said to have been spinning.
fn spun(parks: u64, sent: u64) -> bool {
    parks * SLEPT_AT_MOST <= sent
}

/// What was measured at the brisk pace, by what the workers did meanwhile.
fn response_is(parks: u64, sent: u64) -> Cow<'static, str> {
    if spun(parks, sent) {
        return "from sent to handled, workers spinning".into();
    }
    format!(
        "from sent to handled; workers slept {} times in {} messages",
        units::count(parks),
        units::count(sent)
    )
    .into()
}

fn at_pace(system: &System, plan: &Plan, (gap, count, warm): (Duration, u64, u64)) -> Result<Pace, String> {
    let plan = Plan { sample_every: Some(1), duration: None, ..plan.clone() };
    let tally = Tally::new(system, &plan, 1);
    let handled = Arc::new(AtomicU64::new(0));
    let receiver = Receiver { tally, next: 0, alone: Alone::default(), handled: Arc::clone(&handled) };
    let receiver = system.try_spawn(receiver, &plan.options).map_err(|refused| refused.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let clock = plan.clock;
    let mut sending = Recorder::new();
    let mut sent = 0;
    let (mut start, mut before) = (Start::now(), system.activity());
    let mut due = Instant::now();
    while sent < warm + count && !tally.is_over() {
        if sent == warm {
            (start, before) = (Start::now(), system.activity());
        }
        due = (due + gap).max(Instant::now());
        wait_until(due);
        let stamp = clock.ticks();
        if let Err(refused) = receiver.try_send(Stamped(sent, (sent >= warm).then_some(stamp))) {
            tally.refused(refused.reason());
            break;
        }
        if sent >= warm {
            sending.record(clock.ns_between(stamp, clock.ticks()));
        }
        sent += 1;
        // One at a time: the next finds nobody busy.
        let limit = Instant::now() + HANDLED_WITHIN;
        while handled.load(Ordering::Acquire) < sent && !tally.is_over() {
            if Instant::now() > limit {
                tally.wrong(|| format!("message {} was not handled within {HANDLED_WITHIN:?}", sent - 1));
            }
            std::hint::spin_loop();
        }
    }
    let after = system.activity();
    tally.report(sent);
    let outcome = tally.wait(system, &plan, start);
    Ok(Pace {
        arrival: outcome.response.unwrap_or_default(),
        sending,
        sent,
        parks: after.parks - before.parks,
        wakes: after.wakes - before.wakes,
        wrong: outcome.wrong,
    })
}

fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        if left > SPIN_BELOW {
            std::thread::sleep(left - SPIN_BELOW);
        } else {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_said_to_spin_where_they_did() {
        for (parks, says) in [
            (0, "from sent to handled, workers spinning"),
            (201, "from sent to handled, workers spinning"),
            (202, "from sent to handled; workers slept 202 times in 20,100 messages"),
            (19_950, "from sent to handled; workers slept 19,950 times in 20,100 messages"),
        ] {
            assert_eq!(response_is(parks, 20_100), says);
        }
    }
}
