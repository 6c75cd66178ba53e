//! A scenario as data: who is there, what they are like, who knows whom, and what they do when they are told to. Features are
//! drawn in and out as a whole, so that some scenarios have little in them and much of that (A. Groce et al., "Swarm testing",
//! 2012).

use crate::cast::{Cast, cast};
use crate::draw::Draw;
use std::time::Duration;
use throng::{Overflow, Strategy};

/// Bounds of what is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Actors at the start, at most; and those that come later, too.
    pub(crate) actors: u64,
    pub(crate) slots: usize,
    /// Messages that are sent, at most.
    pub(crate) messages: usize,
    /// Operations from outside, at most; by each of so many threads where there are threads.
    pub(crate) operations: u64,
    pub(crate) outsiders: usize,
    pub(crate) own_threads: bool,
}

/// What may happen in a scenario.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Features {
    pub(crate) policies: bool,
    pub(crate) sorted: bool,
    pub(crate) asks: bool,
    pub(crate) timers: bool,
    pub(crate) stashes: bool,
    pub(crate) children: bool,
    pub(crate) suspensions: bool,
    pub(crate) ends: bool,
    pub(crate) faults: bool,
    pub(crate) watches: bool,
    pub(crate) links: bool,
    pub(crate) flows: bool,
    pub(crate) trees: bool,
    pub(crate) leaves: bool,
    /// Anybody may be stopped or killed by chance.
    pub(crate) stops: bool,
    /// Hooks fail, and so does the Drop of states and messages.
    pub(crate) hooks: bool,
    /// Senders outside wait for a place.
    pub(crate) waits: bool,
}

/// Whom a deed is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// Of those that the topology gives.
    Neighbour(usize),
    Anybody(usize),
    Me,
    /// The last one that it has spawned.
    Child,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As the receiver's policy says.
    Send,
    Strictly,
    /// By the address: in a handler the policy says too, but for suspending.
    ByAddress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Resume,
    Suspend,
    Stop,
    StopNow,
    Kill,
}

/// What an actor does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Send { aim: Aim, times: u32, way: Way, urgent: bool, program: u16 },
    Ask { aim: Aim, deadline: Duration, patience: u8, unanswered: bool, program: u16, then: u16 },
    Arm { after: Duration, program: u16 },
    CancelAlarm,
    Tick { period: Duration, times: u32 },
    Unstash { all: bool },
    Spawn { cast: usize, program: u16 },
    Command { aim: Aim, order: Order },
    Watch { aim: Aim },
    Unwatch,
    Link { aim: Aim, trapped: bool },
    Open { aim: Aim, window: u32 },
    Pour { items: u32 },
    Finish,
    Drain { drains: bool },
    Leave { now: bool },
    Fail,
    Panic,
}

/// What a message has its receiver do.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// It is put away when it comes first.
    pub(crate) stashed: bool,
    pub(crate) deeds: Vec<Deed>,
}

impl Program {
    /// Sends to those whom the topology gives, and to nobody else.
    fn send_forward(&mut self) {
        for deed in &mut self.deeds {
            if let Deed::Send { aim, .. } = deed {
                *aim = match *aim {
                    Aim::Neighbour(which) | Aim::Anybody(which) => Aim::Neighbour(which),
                    Aim::Me | Aim::Child => Aim::Neighbour(0),
                };
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) strategy: Strategy,
    pub(crate) most: u32,
    pub(crate) within: Duration,
    /// The first pause, the longest, and the seed of the chance in them.
    pub(crate) pauses: Option<(Duration, Duration, u64)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) features: Features,
    pub(crate) casts: Vec<Cast>,
    pub(crate) topology: &'static str,
    pub(crate) neighbours: Vec<Vec<usize>>,
    pub(crate) trees: Vec<Tree>,
    /// One message in so many panics in its Drop; zero for none.
    pub(crate) bad_messages: u32,
    /// The first one does nothing.
    pub(crate) programs: Vec<Program>,
}

pub(crate) const MS: Duration = Duration::from_millis(1);

pub(crate) fn millis(draw: &mut impl Draw, most: u64) -> Duration {
    MS * draw.within(1, most) as u32
}

impl Plan {
    pub(crate) fn draw(draw: &mut impl Draw, size: &Size) -> Plan {
        let mut on = || draw.below(2) == 1;
        let features = Features {
            policies: on(),
            sorted: on(),
            asks: on(),
            timers: on(),
            stashes: on(),
            children: on(),
            suspensions: on(),
            ends: on(),
            faults: on(),
            watches: on(),
            links: on(),
            flows: on(),
            trees: on(),
            leaves: on(),
            stops: on(),
            hooks: on(),
            waits: on(),
        };
        // Some are such that it is known to the message what a mailbox may hold.
        let plain = draw.one_in(8);
        let features =
            if plain { Features { policies: features.policies, ..Features::default() } } else { features };
        // Mostly few, as much happens between few soonest.
        let most = if draw.one_in(4) { size.actors } else { size.actors.min(8) };
        let actors = draw.within(2, most) as usize;
        let trees: Vec<_> =
            (0..if features.trees { draw.within(1, 2) } else { 0 }).map(|_| tree(draw)).collect();
        let casts: Vec<_> = (0..actors).map(|n| cast(draw, n, &features, size, trees.len())).collect();
        let bad_messages = if features.hooks { draw.pick(&[0, 32, 8]) } else { 0 };
        let (topology, neighbours) = topology(draw, actors, plain);
        let programs = 1 + draw.below(8) as usize;
        let menu = menu(&features);
        let program = |n: usize, draw: &mut _| program(draw, n, programs, actors, &features, &menu);
        let mut programs: Vec<_> = (0..programs).map(|n| program(n, draw)).collect();
        if plain {
            programs.iter_mut().for_each(Program::send_forward);
        }
        Plan { features, casts, topology, neighbours, trees, bad_messages, programs }
    }

    /// Nothing but sends of each to those after it, and nobody is told to go on: what may lie in a mailbox is known then.
    pub(crate) fn is_calm(&self) -> bool {
        let Features { sorted, ends, suspensions, faults, stops, hooks, .. } = self.features;
        let forward = |n: usize| self.neighbours[n].iter().all(|to| *to > n);
        let sends = |deed: &Deed| matches!(deed, Deed::Send { aim: Aim::Neighbour(_), .. });
        !(sorted || ends || suspensions || faults || stops || hooks)
            && (0..self.casts.len()).all(forward)
            && self.programs.iter().all(|program| !program.stashed && program.deeds.iter().all(sends))
            && self.casts.iter().all(|cast| cast.tree.is_none() && cast.bad_starts == 0)
    }

    /// Nobody waits for anything but others' turns, nor for anybody who does: for more of a batch, for the end of a pause, to be resumed.
    pub(crate) fn is_prompt(&self) -> bool {
        let at_once = |cast: &Cast| cast.gather.is_none_or(|(_, within)| within.is_zero());
        !self.features.suspensions
            && self.casts.iter().all(at_once)
            && self.trees.iter().all(|tree| tree.pauses.is_none())
    }

    /// Whether nobody is there but the scenario's own actors: then the ledger is foretold to the last message.
    pub(crate) fn is_closed(&self) -> bool {
        self.trees.is_empty()
    }

    /// Whether nothing goes through mailboxes but parcels.
    pub(crate) fn has_parcels_only(&self) -> bool {
        let Features { asks, timers, children, watches, links, flows, trees, waits, .. } = self.features;
        let signals = self.casts.iter().any(|cast| cast.overflow == Overflow::Signal);
        !(asks || timers || children || watches || links || flows || trees || waits || signals)
    }
}

fn tree(draw: &mut impl Draw) -> Tree {
    Tree {
        strategy: draw.pick(&[Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne]),
        most: draw.within(0, 6) as u32,
        within: millis(draw, 50),
        pauses: draw.one_in(2).then(|| (MS, millis(draw, 8), draw.below(1 << 32))),
    }
}

fn topology(draw: &mut impl Draw, actors: usize, plain: bool) -> (&'static str, Vec<Vec<usize>>) {
    let all = 0..actors;
    // A line or a star, if nothing is to go in circles.
    match if plain { 2 * draw.below(2) } else { draw.below(5) } {
        0 => ("line", all.map(|n| if n + 1 < actors { vec![n + 1] } else { Vec::new() }).collect()),
        1 => ("ring", all.map(|n| vec![(n + 1) % actors]).collect()),
        2 => ("star", all.map(|n| if n + 1 < actors { vec![actors - 1] } else { Vec::new() }).collect()),
        3 => ("mesh", all.clone().map(|n| all.clone().filter(|other| *other != n).collect()).collect()),
        _ => {
            let some = |draw: &mut _, n: usize| {
                let others: Vec<_> =
                    (0..actors).filter(|other| *other != n && Draw::one_in(draw, 3)).collect();
                others
            };
            ("random", all.map(|n| some(draw, n)).collect())
        }
    }
}

/// What may be on it, as often as it is to come.
fn menu(features: &Features) -> Vec<Course> {
    let mut menu = vec![Course::Send; 6];
    for (on, courses) in [
        (features.asks, &[Course::Ask; 4][..]),
        (features.timers, &[Course::Arm, Course::Arm, Course::Cancel, Course::Tick][..]),
        (features.stashes, &[Course::Unstash; 2][..]),
        (features.children, &[Course::Spawn][..]),
        (features.suspensions, &[Course::Suspend; 3][..]),
        (features.ends, &[Course::End, Course::Leave][..]),
        (features.faults, &[Course::Fault][..]),
        (features.watches, &[Course::Watch, Course::Watch, Course::Unwatch][..]),
        (features.links, &[Course::Link][..]),
        (features.flows, &[Course::Open, Course::Pour, Course::Pour, Course::Finish][..]),
        (features.leaves, &[Course::Drain][..]),
    ] {
        if on {
            menu.extend_from_slice(courses);
        }
    }
    menu
}

#[derive(Debug, Clone, Copy)]
enum Course {
    Send,
    Ask,
    Arm,
    Cancel,
    Tick,
    Unstash,
    Spawn,
    Suspend,
    End,
    Leave,
    Fault,
    Watch,
    Unwatch,
    Link,
    Open,
    Pour,
    Finish,
    Drain,
}

fn aim(draw: &mut impl Draw, actors: usize) -> Aim {
    match draw.below(8) {
        0..5 => Aim::Neighbour(draw.index(actors)),
        5 => Aim::Anybody(draw.index(actors)),
        6 => Aim::Child,
        _ => Aim::Me,
    }
}

fn program(
    draw: &mut impl Draw,
    n: usize,
    programs: usize,
    actors: usize,
    features: &Features,
    menu: &[Course],
) -> Program {
    if n == 0 {
        return Program { stashed: false, deeds: Vec::new() };
    }
    let deeds = draw.within(0, 4);
    let deeds = (0..deeds).map(|_| deed(draw, programs, actors, menu)).collect();
    Program { stashed: features.stashes && draw.one_in(3), deeds }
}

fn deed(draw: &mut impl Draw, programs: usize, actors: usize, menu: &[Course]) -> Deed {
    let program = |draw: &mut _| Draw::index(draw, programs) as u16;
    match menu[draw.index(menu.len())] {
        Course::Send => Deed::Send {
            aim: aim(draw, actors),
            times: if draw.one_in(4) { draw.within(1, 12) } else { draw.within(1, 3) } as u32,
            way: draw.pick(&[Way::Send, Way::Send, Way::Send, Way::Strictly, Way::ByAddress]),
            urgent: draw.one_in(3),
            program: program(draw),
        },
        Course::Ask => Deed::Ask {
            aim: aim(draw, actors),
            deadline: if draw.one_in(2) { millis(draw, 40) } else { millis(draw, 3) },
            patience: draw.below(4) as u8,
            unanswered: draw.one_in(8),
            program: program(draw),
            then: program(draw),
        },
        Course::Arm => Deed::Arm { after: millis(draw, 20), program: program(draw) },
        Course::Cancel => Deed::CancelAlarm,
        Course::Tick => Deed::Tick { period: millis(draw, 5), times: draw.within(1, 5) as u32 },
        Course::Unstash => Deed::Unstash { all: !draw.one_in(3) },
        Course::Spawn => Deed::Spawn { cast: draw.index(actors), program: program(draw) },
        Course::Suspend => {
            Deed::Command { aim: aim(draw, actors), order: draw.pick(&[Order::Resume, Order::Suspend]) }
        }
        Course::End => Deed::Command {
            aim: aim(draw, actors),
            order: draw.pick(&[Order::Stop, Order::StopNow, Order::Kill]),
        },
        Course::Leave => Deed::Leave { now: draw.one_in(2) },
        Course::Fault => draw.pick(&[Deed::Fail, Deed::Panic]),
        Course::Watch => Deed::Watch { aim: aim(draw, actors) },
        Course::Unwatch => Deed::Unwatch,
        Course::Link => Deed::Link { aim: aim(draw, actors), trapped: draw.one_in(3) },
        Course::Open => Deed::Open { aim: aim(draw, actors), window: draw.within(1, 8) as u32 },
        Course::Pour => Deed::Pour { items: draw.within(1, 12) as u32 },
        Course::Finish => Deed::Finish,
        Course::Drain => Deed::Drain { drains: draw.one_in(2) },
    }
}
