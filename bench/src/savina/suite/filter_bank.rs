//! Filter bank: a signal goes through several channels at once, each a pipeline of delay, filter, sampling, delay and filter, and what
//! comes out of them is added. It is compared, bit for bit, with the same convolutions as sums in integers.

use super::stream::mailboxes;
use super::values::same_sequence;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::collections::VecDeque;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Savina's `filterbank`, which is StreamIt's. As there the signal is a saw, each value of which is asked for, and a filter gives nothing
/// before it has a value for each of its coefficients.
///
/// One value in as many as there are channels is kept when sampled, as in StreamIt, the others being zeros then. In Savina it is one in as
/// many as there are columns: only the first at the default size, which is of a zero, so that all that comes out is zeros. A coefficient
/// of a filter belongs to the age of a value; in Savina to its place in a ring.
///
/// All coefficients are whole and below 128, for which they are taken modulo that: each sum is less than 2^53, and so exact whatever the
/// order of its additions.
pub(super) struct FilterBank {
    columns: usize,
    channels: usize,
    simulations: u64,
    mailboxes: Options,
}

/// The signal.
fn saw(at: u64) -> u16 {
    (at % 1_000) as u16
}

/// Coefficients of the first filter of a channel, for the latest value first: Savina's at the default size, modulo 128.
fn analysis(channel: usize, column: usize) -> u8 {
    // Without the column's multiple of 16,384.
    ((10 * channel + column + 1) % 128) as u8
}

/// And of the second.
fn synthesis(channel: usize, column: usize) -> u8 {
    ((column * channel + channel * channel + channel + column) % 128) as u8
}

/// Has everybody made.
pub(super) struct Bank {
    columns: usize,
    channels: usize,
    simulations: u64,
    mailboxes: Options,
}

/// What goes from one to the next.
#[derive(Clone, Copy)]
enum Signal<T> {
    Value(T),
    End,
}

/// Says whether there is one value more, so often.
struct Producer {
    to_come: u64,
}

/// Asks for it: who does.
struct Next(Address<Signal<Boot>>);

/// One value more.
struct Boot;

/// Gives the signal, a value each time that it may.
struct Source {
    at: u64,
    producer: Address<Next>,
    branches: Address<Signal<f64>>,
}

/// Gives each value to all channels.
struct Branches(Vec<Address<Signal<f64>>>);

/// One actor of a pipeline.
struct Stage<F: Filter> {
    filter: F,
    next: Address<Signal<F::Out>>,
}

/// What it does.
trait Filter: Send + Sync + 'static {
    /// A value that comes.
    type In: Send + Sync + 'static;
    /// And one that goes.
    type Out: Send + Sync + 'static;

    /// Takes a value in, and gives one out.
    fn through(&mut self, value: Self::In) -> Option<Self::Out>;
}

/// Nothing: where a channel begins.
struct Entrance;

/// Gives each value as many later as its line is long, and zeros before.
struct Delay {
    line: Box<[f64]>,
    at: usize,
}

/// A filter of finite impulse response.
struct Fir {
    /// For the oldest value first.
    coefficients: Box<[f64]>,
    /// As many values, once there are; the oldest at `oldest`.
    recent: Vec<f64>,
    oldest: usize,
}

/// Keeps one value in `every`.
struct Sample {
    every: usize,
    at: usize,
}

/// Says which channel a value is from.
struct Tag {
    channel: usize,
}

struct Tagged {
    channel: usize,
    value: f64,
}

/// Brings one value of each channel together.
struct Integrator {
    waiting: Vec<VecDeque<f64>>,
    /// Channels of which there is no value.
    empty: usize,
    to_end: usize,
    combine: Address<Signal<Together>>,
}

/// A value of each channel, in the order of channels.
type Together = Box<[f64]>;

/// Adds them.
struct Combine;

/// Collects the sums.
struct Sink {
    sums: Vec<f64>,
    reply: Option<Reply<Vec<f64>>>,
}

impl Actor for Bank {
    type Msg = Reply<Vec<f64>>;

    fn handle(&mut self, reply: Reply<Vec<f64>>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let sink = cx.try_spawn(Sink { sums: Vec::new(), reply: Some(reply) }, &self.mailboxes)?;
        let combine = self.stage(Combine, sink, cx)?;
        let waiting = vec![VecDeque::new(); self.channels];
        let integrator = Integrator { waiting, empty: self.channels, to_end: self.channels, combine };
        let integrator = cx.try_spawn(integrator, &self.mailboxes)?;
        let channels = (0..self.channels).map(|channel| self.channel(channel, integrator, cx));
        let channels = channels.collect::<Result<_, Fault>>()?;
        let branches = cx.try_spawn(Branches(channels), &self.mailboxes)?;
        let producer = cx.spawn(Producer { to_come: self.simulations });
        let source = cx.spawn(Source { at: 0, producer, branches });
        Ok(cx.send(producer, Next(source))?)
    }
}

impl Bank {
    /// Makes the actors of a channel, the last first, and gives where it begins.
    fn channel(
        &self,
        channel: usize,
        integrator: Address<Signal<Tagged>>,
        cx: &mut Context<'_, Self>,
    ) -> Result<Address<Signal<f64>>, Fault> {
        let tag = self.stage(Tag { channel }, integrator, cx)?;
        let second = self.stage(Fir::new(self.columns, |column| synthesis(channel, column)), tag, cx)?;
        let delay = self.stage(Delay::new(self.columns - 1), second, cx)?;
        let sample = self.stage(Sample { every: self.channels, at: 0 }, delay, cx)?;
        let first = self.stage(Fir::new(self.columns, |column| analysis(channel, column)), sample, cx)?;
        let delay = self.stage(Delay::new(self.columns - 1), first, cx)?;
        self.stage(Entrance, delay, cx)
    }

    fn stage<F: Filter>(
        &self,
        filter: F,
        next: Address<Signal<F::Out>>,
        cx: &mut Context<'_, Self>,
    ) -> Result<Address<Signal<F::In>>, Fault> {
        Ok(cx.try_spawn(Stage { filter, next }, &self.mailboxes)?)
    }
}

impl Actor for Producer {
    type Msg = Next;

    fn handle(&mut self, Next(source): Next, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.to_come == 0 {
            cx.send(source, Signal::End)?;
            cx.stop();
        } else {
            self.to_come -= 1;
            cx.send(source, Signal::Value(Boot))?;
        }
        Ok(())
    }
}

impl Actor for Source {
    type Msg = Signal<Boot>;

    fn handle(&mut self, signal: Signal<Boot>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(Boot) => {
                cx.send(self.branches, Signal::Value(f64::from(saw(self.at))))?;
                self.at += 1;
                cx.send(self.producer, Next(cx.me()))?;
            }
            Signal::End => {
                cx.send(self.branches, Signal::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Actor for Branches {
    type Msg = Signal<f64>;

    fn handle(&mut self, signal: Signal<f64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.iter().try_for_each(|&channel| cx.send(channel, signal))?;
        if let Signal::End = signal {
            cx.stop();
        }
        Ok(())
    }
}

impl<F: Filter> Actor for Stage<F> {
    type Msg = Signal<F::In>;

    fn handle(&mut self, signal: Signal<F::In>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(value) => {
                if let Some(value) = self.filter.through(value) {
                    cx.send(self.next, Signal::Value(value))?;
                }
            }
            Signal::End => {
                cx.send(self.next, Signal::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Filter for Entrance {
    type In = f64;
    type Out = f64;

    fn through(&mut self, value: f64) -> Option<f64> {
        Some(value)
    }
}

impl Delay {
    fn new(length: usize) -> Self {
        Self { line: vec![0.0; length].into(), at: 0 }
    }
}

impl Filter for Delay {
    type In = f64;
    type Out = f64;

    fn through(&mut self, value: f64) -> Option<f64> {
        let late = std::mem::replace(&mut self.line[self.at], value);
        self.at = (self.at + 1) % self.line.len();
        Some(late)
    }
}

impl Fir {
    fn new(columns: usize, coefficient: impl Fn(usize) -> u8) -> Self {
        let coefficients = (0..columns).rev().map(|column| f64::from(coefficient(column))).collect();
        Self { coefficients, recent: Vec::with_capacity(columns), oldest: 0 }
    }
}

impl Filter for Fir {
    type In = f64;
    type Out = f64;

    /// The sum, if there are enough values.
    fn through(&mut self, value: f64) -> Option<f64> {
        let columns = self.coefficients.len();
        if self.recent.len() < columns {
            self.recent.push(value);
        } else {
            self.recent[self.oldest] = value;
            self.oldest = (self.oldest + 1) % columns;
        }
        (self.recent.len() == columns).then(|| {
            let (later, earlier) = self.recent.split_at(self.oldest);
            let (of_earlier, of_later) = self.coefficients.split_at(earlier.len());
            product(earlier, of_earlier) + product(later, of_later)
        })
    }
}

/// The inner product, as eight sums side by side: the processor does not wait for one addition before the next.
fn product(values: &[f64], coefficients: &[f64]) -> f64 {
    let (values, values_left) = values.as_chunks::<8>();
    let (coefficients, coefficients_left) = coefficients.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (values, coefficients) in values.iter().zip(coefficients) {
        for (sum, (value, coefficient)) in sums.iter_mut().zip(values.iter().zip(coefficients)) {
            *sum += value * coefficient;
        }
    }
    let left = values_left.iter().zip(coefficients_left).map(|(value, coefficient)| value * coefficient);
    sums.into_iter().chain(left).sum()
}

impl Filter for Sample {
    type In = f64;
    type Out = f64;

    fn through(&mut self, value: f64) -> Option<f64> {
        let sampled = if self.at == 0 { value } else { 0.0 };
        self.at = (self.at + 1) % self.every;
        Some(sampled)
    }
}

impl Filter for Tag {
    type In = f64;
    type Out = Tagged;

    fn through(&mut self, value: f64) -> Option<Tagged> {
        Some(Tagged { channel: self.channel, value })
    }
}

impl Filter for Combine {
    type In = Together;
    type Out = f64;

    fn through(&mut self, values: Together) -> Option<f64> {
        Some(values.iter().sum())
    }
}

impl Actor for Integrator {
    type Msg = Signal<Tagged>;

    fn handle(&mut self, signal: Signal<Tagged>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(Tagged { channel, value }) => {
                let waiting = &mut self.waiting[channel];
                self.empty -= usize::from(waiting.is_empty());
                waiting.push_back(value);
                if self.empty == 0 {
                    let together = self.waiting.iter_mut().filter_map(VecDeque::pop_front).collect();
                    self.empty = self.waiting.iter().filter(|values| values.is_empty()).count();
                    cx.send(self.combine, Signal::Value(together))?;
                }
            }
            Signal::End => {
                self.to_end -= 1;
                if self.to_end == 0 {
                    if self.empty != self.waiting.len() {
                        return Err(Fault::msg("a channel gave more than another"));
                    }
                    cx.send(self.combine, Signal::End)?;
                    cx.stop();
                }
            }
        }
        Ok(())
    }
}

impl Actor for Sink {
    type Msg = Signal<f64>;

    fn handle(&mut self, signal: Signal<f64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(sum) => self.sums.push(sum),
            Signal::End => {
                let reply = asker(&mut self.reply)?;
                reply.send(std::mem::take(&mut self.sums));
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for FilterBank {
    const NAME: &'static str = "filter-bank";
    const DIFFERS: &'static str = "one value in 8 is sampled, as in StreamIt, not one in 16,384 (by which all sums were 0); coefficients \
                                   are modulo 128, for exact sums, and go by a value's age";

    type Main = Bank;
    type Answer = Vec<f64>;
    type Expected = Vec<f64>;

    fn of(size: Size) -> Self {
        Self {
            columns: size.of(32, 16_384, 16_384),
            channels: size.of(4, 8, 8),
            // Large is three times as many, of which eight times as many fill both filters.
            simulations: size.of(200, 34_816, 104_448),
            mailboxes: mailboxes(size),
        }
    }

    fn words(&self) -> String {
        let channels = units::counted(self.channels as u64, "channel");
        let columns = units::counted(self.columns as u64, "column");
        format!("{} through {channels} of {columns}", units::counted(self.simulations, "value"))
    }

    fn messages(&self) -> Messages {
        // A filter gives as many values less than it gets as it has columns, less one. Each actor hears of the end too, and the
        // integrator of each channel's.
        let of = |filters: u64| self.simulations - filters * (self.columns as u64 - 1) + 1;
        // Producer, source and branches; in a channel up to the first filter, up to the second, and behind it; combine and sink.
        let channel = 3 * of(0) + 3 * of(1) + 2 * of(2);
        Messages::Exactly(1 + 3 * of(0) + self.channels as u64 * channel + 2 * of(2))
    }

    fn expected(&self) -> Vec<f64> {
        // The delays make up for what the filters wait for: a filter's first sum is of the first value, and zeros before.
        let once = self.simulations as usize - (self.columns - 1);
        let twice = once - (self.columns - 1);
        let signal: Vec<i64> = (0..self.simulations).map(|at| saw(at).into()).collect();
        let mut sums = vec![0_i64; twice];
        for channel in 0..self.channels {
            let [first, second]: [Vec<i64>; 2] = [
                (0..self.columns).map(|column| analysis(channel, column).into()).collect(),
                (0..self.columns).map(|column| synthesis(channel, column).into()).collect(),
            ];
            for sampled in (0..once).step_by(self.channels) {
                let latest_first = signal[..=sampled].iter().rev();
                let sample: i64 = latest_first.zip(&first).map(|(value, by)| value * by).sum();
                // What comes of it in all later sums.
                let reached = sums.iter_mut().skip(sampled);
                reached.zip(&second).for_each(|(sum, by)| *sum += sample * by);
            }
        }
        sums.into_iter().map(|sum| sum as f64).collect()
    }

    fn main(&self) -> Bank {
        let Self { columns, channels, simulations, mailboxes } = *self;
        Bank { columns, channels, simulations, mailboxes }
    }

    fn begin(&self, reply: Reply<Vec<f64>>) -> Reply<Vec<f64>> {
        reply
    }

    fn check(&self, expected: &Vec<f64>, answer: Vec<f64>) -> Result<(), String> {
        same_sequence("sums", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_numbers_that_are_held_exactly() {
        let most = FilterBank::of(Size::Small).expected().into_iter().fold(0.0, f64::max);
        assert!(most > 0.0);
        // Values, coefficients, columns; again, but one sample in eight; channels. What is larger would be rounded.
        let bound: u64 = 999 * 127 * 16_384 * 127 * (16_384 / 8) * 8;
        assert!(bound < 1 << f64::MANTISSA_DIGITS);
    }

    #[test]
    fn a_sum_that_is_late_is_refused() {
        let workload = FilterBank::of(Size::Small);
        let sums = workload.expected();
        assert_eq!(workload.check(&sums, sums.clone()), Ok(()));
        let mut late = sums.clone();
        late.rotate_right(1);
        let refused = workload.check(&sums, late);
        let (was, is) = (sums[0], sums[sums.len() - 1]);
        assert_eq!(refused, Err(format!("sums, at 0: {was} was to be, {is} is")));
    }
}
