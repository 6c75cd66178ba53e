//! What is given back comes in order and before what came later, however the mailbox sorts its messages.

use super::{Msg, SOON, keeping, send, settled, told, with};
use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{Actor, Batch, Context, Fault, Options, Overflow, Reply, System};

#[test]
fn what_is_given_back_comes_in_order_and_before_what_came_later() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
    inline.run_until_idle();
    settled(&inline, 2);
    send(keeper, [Msg::Plain(3), Msg::GiveAllBack, Msg::Plain(4), Msg::Plain(5)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "1", "2", "3", "4", "5"]);
    settled(&inline, 0);
}

/// The message that gives back is handled in place, with nothing behind it.
#[test]
fn what_is_given_back_from_in_place_is_handled_at_once() {
    let (mut inline, keeper, tells) = keeping(16);
    for message in [Msg::Plain(1), Msg::Plain(2), Msg::GiveAllBack] {
        send(keeper, [message]);
        inline.run_until_idle();
    }
    assert_eq!(told(&tells), ["2 back", "1", "2"]);
    settled(&inline, 0);
}

#[test]
fn one_is_the_oldest() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::Plain(3), Msg::GiveBack(2), Msg::Plain(4)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["2 back", "1", "2", "4"]);
    settled(&inline, 1);
    send(keeper, [Msg::GiveBack(5)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 back", "3"]);
    settled(&inline, 0);
}

#[test]
fn what_is_given_back_may_be_kept_again() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::GiveAllBack, Msg::Keep(true), Msg::Plain(3)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["2 back", "1", "2"]);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 back", "3"]);
    settled(&inline, 0);
}

#[test]
fn what_it_made_itself_is_kept_too() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Make, Msg::Plain(1), Msg::GiveAllBack]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "100", "101", "1"]);
    settled(&inline, 0);
}

/// In a mailbox with lanes what is given back goes before both; in one that drops its oldest it is not dropped.
#[test]
fn where_messages_are_sorted_it_comes_first_too() {
    let (mut inline, keeper, tells) = with(Options::builder().lanes().capacity(16));
    send(keeper, [Msg::Plain(1), Msg::Urgent(2), Msg::Plain(3)]);
    inline.run_until_idle();
    settled(&inline, 3);
    send(keeper, [Msg::Plain(4), Msg::Urgent(5), Msg::GiveAllBack, Msg::Urgent(6)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["4 back", "2", "1", "3", "5", "6", "4"]);
    settled(&inline, 0);

    for overflow in [Overflow::DropOldest, Overflow::DropOldestExact] {
        let (mut inline, keeper, tells) = with(Options::builder().overflow(overflow).capacity(4));
        for n in 1..=3 {
            send(keeper, [Msg::Plain(n)]);
            inline.run_until_idle();
        }
        settled(&inline, 3);
        for n in 4..=9 {
            let _ = keeper.try_send(Msg::Plain(n));
        }
        let ledger = inline.system().ledger();
        assert!(ledger.dropped.total() + ledger.refused.full > 0);
        inline.run_until_idle();
        send(keeper, [Msg::GiveAllBack]);
        inline.run_until_idle();
        let handled = told(&tells);
        let back = handled.iter().position(|words| words.ends_with("back")).expect("it said so");
        assert_eq!(handled[back..], ["3 back", "1", "2", "3"], "{overflow:?}: {handled:?}");
        settled(&inline, 0);
    }
}

/// Keeps what comes in its first batch, and gives it back in the second.
struct Table(Vec<Vec<u32>>, Sender<Vec<Vec<u32>>>);

impl Actor for Table {
    type Msg = u32;
    fn handle(&mut self, row: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.push(vec![row]);
        if row == 9 {
            cx.stop();
        }
        Ok(())
    }
    fn handle_batch(&mut self, rows: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let rows: Vec<u32> = rows.collect();
        if rows.contains(&1) {
            for row in rows {
                cx.stash(row)?;
            }
            return Ok(());
        }
        cx.unstash_all();
        self.0.push(rows);
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.1.send(std::mem::take(&mut self.0)).expect("the test listens");
    }
}

#[test]
fn what_is_kept_of_a_batch_comes_back_one_by_one() {
    let (tell, told) = channel();
    let mut inline = System::builder().inline();
    let options = Options::builder().gather(2, Duration::ZERO).build().expect("in range");
    let table = inline.system().try_spawn(Table(Vec::new(), tell), &options).expect("room");
    for row in 1..=6_u32 {
        table.try_send(row).expect("room");
    }
    inline.run_until_idle();
    settled(&inline, 0);
    let _ = table.stop();
    inline.run_until_idle();
    assert_eq!(told.try_recv(), Ok(vec![vec![3, 4], vec![1], vec![2], vec![5, 6]]));
}

/// Keeps what it cannot handle before its gate was opened, on a system with threads: each sender's messages stay in order.
struct Sluice {
    gate: Option<Gate>,
    is_open: bool,
    last: Vec<u32>,
    handled: u32,
}

enum Flow {
    Item(usize, u32),
    Open,
    Shut,
    Handled(Reply<u32>),
}

impl Actor for Sluice {
    type Msg = Flow;
    fn handle(&mut self, message: Flow, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(gate) = self.gate.take() {
            gate.pass();
        }
        match message {
            Flow::Open => {
                self.is_open = true;
                cx.unstash_all();
            }
            Flow::Shut => self.is_open = false,
            Flow::Item(from, n) => {
                // With the stash full it goes on as it is.
                if !self.is_open && cx.stashed() < 60 {
                    cx.stash(Flow::Item(from, n))?;
                    return Ok(());
                }
                if !self.is_open {
                    self.is_open = true;
                    cx.stash(Flow::Item(from, n))?;
                    cx.unstash_all();
                    return Ok(());
                }
                if n != self.last[from] {
                    return Err(Fault::msg(format!("{n} of {from} after {}", self.last[from])));
                }
                self.last[from] += 1;
                self.handled += 1;
            }
            Flow::Handled(reply) => reply.send(self.handled),
        }
        Ok(())
    }
}

#[test]
fn each_senders_messages_stay_in_order() {
    let _dog = watch("each_senders_messages_stay_in_order");
    const EACH: u32 = 5_000;
    let (held, key) = gate();
    let system = System::builder().workers(2).build().expect("threads");
    let options = Options::builder().capacity(64).build().expect("in range");
    let sluice = Sluice { gate: Some(held), is_open: false, last: vec![0; 3], handled: 0 };
    let sluice = system.try_spawn(sluice, &options).expect("room");
    let senders: Vec<_> = (0..3)
        .map(|from| {
            std::thread::spawn(move || {
                for n in 0..EACH {
                    sluice.send_timeout(Flow::Item(from, n), SOON).expect("a place");
                    if n % 97 == 0 {
                        sluice.send_timeout(Flow::Shut, SOON).expect("a place");
                    }
                }
            })
        })
        .collect();
    key.wait();
    key.open();
    senders.into_iter().for_each(|thread| thread.join().expect("no panic"));
    sluice.send_timeout(Flow::Open, SOON).expect("a place");
    assert_eq!(sluice.ask(Flow::Handled).wait(), Ok(3 * EACH));
    let ledger = system.shutdown(SOON).expect("comes down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.dead.total()), (0, 0));
}
