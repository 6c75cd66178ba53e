//! Programs for golden runs: between them they go through what of the engine takes part in scheduling.

use std::time::Duration;
use throng::sim::Simulation;
use throng::{
    Actor, Address, Backoff, Batch, Child, Context, Demand, Dispatcher, Ended, Fault, FlowError, Group,
    Inlet, Lane, Options, Outlet, Overflow, Pool, Router, Strategy, Supervisor, Timer, Topic,
};

const MS: Duration = Duration::from_millis(1);

/// Counts, and now and then tells somebody.
#[derive(Default)]
pub(crate) struct Clerk {
    pub(crate) heard: u64,
    next: Option<Address<u64>>,
}

impl Actor for Clerk {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.heard += 1;
        if let Some(next) = self.next.filter(|_| n > 0) {
            let _refused = cx.send(next, n - 1);
        }
        Ok(())
    }
}

/// Has a timer of each sort, and work done elsewhere.
struct Watchmaker {
    tick: Option<Timer>,
    alarm: Option<Timer>,
    rounds: u32,
}

enum Clock {
    Wind,
    Tick,
    Alarm,
    Done(u64),
}

impl Actor for Watchmaker {
    type Msg = Clock;
    fn handle(&mut self, message: Clock, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Clock::Wind => {
                self.tick = Some(cx.every(3 * MS, || Clock::Tick));
                self.alarm = Some(cx.after(10 * MS, Clock::Alarm));
            }
            Clock::Tick => {
                self.rounds += 1;
                if self.rounds == 2
                    && let Some(alarm) = &self.alarm
                {
                    alarm.cancel();
                }
                let rounds = u64::from(self.rounds);
                match rounds % 3 {
                    0 => cx.blocking(move || rounds * 2, |done| Clock::Done(done.unwrap_or(0))),
                    1 => cx.pipe(async move { rounds * 3 }, |done| Clock::Done(done.unwrap_or(0))),
                    _ => _ = cx.after(rounds as u32 * MS, Clock::Alarm),
                }
                if self.rounds == 8
                    && let Some(tick) = &self.tick
                {
                    tick.cancel();
                }
            }
            Clock::Alarm => self.alarm = None,
            Clock::Done(n) => self.rounds += u32::from(n > 30),
        }
        Ok(())
    }
}

/// Timers of each sort, functions that wait for a while, work that blocks, and futures that are piped.
pub(crate) fn clocks(sim: &mut Simulation) {
    let makers: Vec<_> =
        (0..4).map(|_| sim.spawn(Watchmaker { tick: None, alarm: None, rounds: 0 })).collect();
    for maker in &makers {
        let _refused = maker.try_send(Clock::Wind);
    }
    let functions: Vec<_> = (1..4_u32)
        .map(|n| {
            sim.spawn_fn(async move |mut inbox: throng::Inbox<u64>| {
                let mut sum = 0;
                while let Ok(got) = inbox.recv_within(n * 5 * MS).await {
                    sum += got;
                }
                sum
            })
        })
        .collect();
    for n in 0..30_u32 {
        let to = &functions[n as usize % functions.len()].0;
        let _refused = to.try_send(u64::from(n));
        sim.advance(MS);
    }
}

/// Watches one, is linked to another, and fails of what it is told.
struct Kin {
    watched: Address<u64>,
    linked: Address<u64>,
}

enum News {
    Ended(Ended),
    Word(u64),
}

impl Actor for Kin {
    type Msg = News;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.watch(self.watched, News::Ended);
        cx.link_trapped(self.linked, News::Ended);
        Ok(())
    }
    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match news {
            News::Word(n) if n % 7 == 3 => Err(Fault::msg("a word too many")),
            News::Word(n) => Ok(cx.send(self.watched, n)?),
            News::Ended(ended) => {
                self.watched = cx.spawn(Clerk::default());
                if ended.exit.is_normal() { Ok(()) } else { Err(Fault::msg("of grief")) }
            }
        }
    }
}

/// Trees of each strategy, one below another, restarts after a pause and too many of them; watches and links.
pub(crate) fn families(sim: &mut Simulation) {
    let clerks: Vec<_> = (0..4).map(|_| sim.spawn(Clerk::default())).collect();
    let pause = Backoff::new(MS, 20 * MS).jitter(0.5).seed(sim.below(1_000));
    let family = |strategy: Strategy, clerks: [Address<u64>; 2]| {
        let pause = pause.clone();
        move || {
            let [watched, linked] = clerks;
            (0..3).map(|n| Child::new(format!("kin {n}"), move || Kin { watched, linked })).fold(
                Supervisor::new().strategy(strategy).backoff(pause.clone()).intensity(2, 50 * MS),
                Supervisor::child,
            )
        }
    };
    let root = Supervisor::new()
        .intensity(4, 100 * MS)
        .child(Child::supervisor("one", family(Strategy::OneForOne, [clerks[0], clerks[1]])))
        .child(Child::supervisor("all", family(Strategy::OneForAll, [clerks[1], clerks[2]])))
        .child(Child::supervisor("rest", family(Strategy::RestForOne, [clerks[2], clerks[3]])));
    let tree = sim.system().supervise(root).expect("its names differ");
    for n in 0..40_u64 {
        let below = ["one", "all", "rest"][sim.below(3) as usize];
        let path = format!("{below}/kin {}", sim.below(3));
        if let Some(kin) = tree.child::<News>(&path) {
            let _refused = kin.try_send(News::Word(n));
        }
        if n == 25 {
            let _ = clerks[1].stop();
        }
        if sim.below(2) == 0 { _ = sim.step() } else { _ = sim.advance(MS) }
    }
}

/// Routers, pools, groups and topics, and actors that others find by their names.
pub(crate) fn services(sim: &mut Simulation) {
    let options = Options::builder().capacity(6).overflow(Overflow::Mute).build().expect("in range");
    let clerks: Vec<_> =
        (0..6).map(|_| sim.system().try_spawn(Clerk::default(), &options).expect("room")).collect();
    let pool = Pool::new(1, 4, 5 * MS, Clerk::default).expect("in range");
    let pool = sim.spawn(pool);
    let (group, topic) = (Group::new(), Topic::new());
    let fronts: Vec<_> =
        [Router::by_key(|n: &u64| n % 5), Router::round_robin(), Router::least_loaded(), Router::broadcast()]
            .into_iter()
            .map(|router| {
                clerks.iter().for_each(|clerk| router.add(*clerk).expect("lives"));
                sim.spawn(Dispatcher::new(router))
            })
            .collect();
    for clerk in &clerks {
        group.join(*clerk).expect("lives");
        topic.subscribe(clerk.recipient()).expect("lives");
    }
    for n in 0..40_u64 {
        let _refused = fronts[sim.below(4) as usize].try_send(n);
        let _refused = pool.try_send(n);
        let name = ["a", "b", "c"][n as usize % 3];
        let named = sim
            .system()
            .registry()
            .get_or_spawn(name, &options, move || Clerk { heard: 0, next: Some(pool) });
        let _refused = named.expect("of one type").try_send(3_u64);
        match n {
            10 => drop(group.broadcast(n)),
            20 => drop(topic.publish(n)),
            30 => drop(group.stop_all()),
            _ => _ = sim.advance(MS / 4),
        }
    }
}

/// Sorts what it gets, and takes it in batches; grants page by page.
struct Sorter {
    inlet: Option<Inlet>,
    batches: u64,
}

impl Actor for Sorter {
    type Msg = u64;
    fn lane(&self, n: &u64) -> Lane {
        if n.is_multiple_of(4) { Lane::Urgent } else { Lane::Normal }
    }
    fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
        let _over = inlet.grant(cx, 2);
        self.inlet = Some(inlet.clone());
        Demand::ByHand
    }
    fn handle(&mut self, _: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(inlet) = &self.inlet {
            let _over = inlet.grant(cx, 1);
        }
        Ok(())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.batches += 1;
        // Sometimes not all of it.
        for n in batch.take(1 + self.batches as usize % 4) {
            if n % 11 == 5 {
                cx.after(MS, n + 1);
            }
        }
        Ok(())
    }
}

/// Has items for as long as it lives.
struct Source {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    left: u64,
}

impl Actor for Source {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.outlet.is_none() {
            self.outlet = Some(cx.open_flow(self.to, 4, || ())?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.left > 0 {
            match outlet.send(cx, self.left) {
                Ok(()) => self.left -= 1,
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(_) => {
                    self.outlet = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Flows, batches, lanes, and mailboxes that drop.
pub(crate) fn streams(sim: &mut Simulation) {
    let sorters: Vec<_> = [
        Options::builder().capacity(16).flows(8).lanes(),
        Options::builder().capacity(16).gather(3, 2 * MS),
        Options::builder().capacity(16).gather(5, Duration::ZERO).lanes(),
        Options::builder().capacity(4).overflow(Overflow::DropOldest),
        Options::builder().capacity(4).overflow(Overflow::DropOldestExact).gather(2, MS),
        Options::builder().capacity(4).overflow(Overflow::DropNewest),
    ]
    .into_iter()
    .map(|options| {
        let options = options.build().expect("in range");
        sim.system().try_spawn(Sorter { inlet: None, batches: 0 }, &options).expect("room")
    })
    .collect();
    for _ in 0..2 {
        let source = sim.spawn(Source { to: sorters[0], outlet: None, left: 30 });
        let _refused = source.try_send(());
    }
    let relays: Vec<_> = sorters.iter().map(|to| sim.spawn(Clerk { heard: 0, next: Some(*to) })).collect();
    for n in 0..80_u64 {
        let _refused = relays[n as usize % relays.len()].try_send(n);
        let _refused = sorters[sim.below(6) as usize].try_send(n);
        if sim.below(3) == 0 {
            sim.advance(MS / 2);
        }
    }
}
