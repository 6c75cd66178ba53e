//! Chameneos: creatures ask a mall for somebody to meet; two that meet both change colour to the complement. The mall keeps who came
//! in which colour, and that is played again by arithmetic: it must give the colours and meetings that the creatures have at last.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Savina's `chameneos`.
pub(super) struct Chameneos {
    creatures: u32,
    meetings: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Blue,
    Red,
    Yellow,
}

impl Colour {
    const ALL: [Self; 3] = [Self::Blue, Self::Red, Self::Yellow];

    fn complement(self, other: Self) -> Self {
        match (self, other) {
            (Self::Red, Self::Yellow) | (Self::Yellow, Self::Red) => Self::Blue,
            (Self::Blue, Self::Yellow) | (Self::Yellow, Self::Blue) => Self::Red,
            (Self::Blue, Self::Red) | (Self::Red, Self::Blue) => Self::Yellow,
            (same, _) => same,
        }
    }
}

/// Where creatures meet.
pub(super) struct Mall {
    creatures: u32,
    meetings: usize,
    waiting: Option<Address<ToCreature>>,
    history: History,
    faded: u32,
    reply: Option<Reply<History>>,
}

/// What has been in the mall.
pub(super) struct History {
    /// Who came to meet somebody, two for each meeting, in their order.
    came: Vec<Visit>,
    /// What became of each creature.
    ends: Vec<End>,
}

#[derive(Clone, Copy)]
struct Visit {
    creature: u32,
    colour: Colour,
}

#[derive(Clone, Copy)]
struct End {
    colour: Colour,
    meetings: u64,
}

pub(super) enum ToMall {
    Begin(Reply<History>),
    Ask { creature: u32, colour: Colour, address: Address<ToCreature> },
    Faded { creature: u32, colour: Colour, meetings: u64 },
}

struct Creature {
    mall: Address<ToMall>,
    number: u32,
    colour: Colour,
    meetings: u64,
}

pub(super) enum ToCreature {
    Meet { colour: Colour, other: Address<ToCreature> },
    Change(Colour),
    Fade,
}

/// In which colour a creature begins.
fn first_colour(creature: u32) -> Colour {
    Colour::ALL[creature as usize % Colour::ALL.len()]
}

impl Actor for Mall {
    type Msg = ToMall;

    fn handle(&mut self, message: ToMall, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMall::Begin(reply) => {
                self.reply = Some(reply);
                self.history.came.reserve_exact(2 * self.meetings);
                for number in 0..self.creatures {
                    let colour = first_colour(number);
                    cx.spawn(Creature { mall: cx.me(), number, colour, meetings: 0 });
                    self.history.ends.push(End { colour, meetings: 0 });
                }
            }
            // The last have met; as they come in twos, nobody waits.
            ToMall::Ask { address, .. } if self.history.came.len() == 2 * self.meetings => {
                cx.send(address, ToCreature::Fade)?;
            }
            ToMall::Ask { creature, colour, address } => {
                self.history.came.push(Visit { creature, colour });
                match self.waiting.take() {
                    Some(first) => cx.send(first, ToCreature::Meet { colour, other: address })?,
                    None => self.waiting = Some(address),
                }
            }
            ToMall::Faded { creature, colour, meetings } => {
                self.history.ends[creature as usize] = End { colour, meetings };
                self.faded += 1;
                if self.faded == self.creatures {
                    let reply = asker(&mut self.reply)?;
                    let none = History { came: Vec::new(), ends: Vec::new() };
                    reply.send(std::mem::replace(&mut self.history, none));
                }
            }
        }
        Ok(())
    }
}

impl Creature {
    fn met(&mut self, colour: Colour, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.colour = colour;
        self.meetings += 1;
        self.ask(cx)
    }

    fn ask(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let address = cx.me();
        Ok(cx.send(self.mall, ToMall::Ask { creature: self.number, colour: self.colour, address })?)
    }
}

impl Actor for Creature {
    type Msg = ToCreature;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.ask(cx)
    }

    fn handle(&mut self, message: ToCreature, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCreature::Meet { colour, other } => {
                let complement = self.colour.complement(colour);
                cx.send(other, ToCreature::Change(complement))?;
                self.met(complement, cx)?;
            }
            ToCreature::Change(colour) => self.met(colour, cx)?,
            ToCreature::Fade => {
                let (creature, colour, meetings) = (self.number, self.colour, self.meetings);
                cx.send(self.mall, ToMall::Faded { creature, colour, meetings })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for Chameneos {
    const NAME: &'static str = "chameneos";
    const DIFFERS: &'static str = "the mall keeps who came";

    type Main = Mall;
    type Answer = History;
    type Expected = ();

    fn of(size: Size) -> Self {
        let (creatures, meetings) = size.of((20, 1_000), (100, 200_000), (100, 2_000_000));
        Self { creatures, meetings }
    }

    fn words(&self) -> String {
        let meetings = units::counted(self.meetings as u64, "meeting");
        format!("{meetings} of {} in a mall", units::counted(u64::from(self.creatures), "creature"))
    }

    fn messages(&self) -> Messages {
        // The question; two ask, and are told, for a meeting; each asks once in vain, fades and says so.
        Messages::Exactly(1 + 4 * self.meetings as u64 + 3 * u64::from(self.creatures))
    }

    /// Who meets whom is up to the order of turns: what must be is found from what the mall saw.
    fn expected(&self) {}

    fn main(&self) -> Mall {
        Mall {
            creatures: self.creatures,
            meetings: self.meetings,
            waiting: None,
            history: History { came: Vec::new(), ends: Vec::new() },
            faded: 0,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<History>) -> ToMall {
        ToMall::Begin(reply)
    }

    fn check(&self, (): &(), answer: History) -> Result<(), String> {
        let creatures = self.creatures as usize;
        same("creatures", creatures, answer.ends.len())?;
        same("visits", 2 * self.meetings, answer.came.len())?;
        // Numbers for colours: the complement of two, also of two alike, is then minus their sum, modulo 3.
        let mut colours: Vec<usize> = (0..creatures).map(|creature| creature % 3).collect();
        let mut meetings = vec![0; creatures];
        for (at, pair) in answer.came.chunks_exact(2).enumerate() {
            let [one, other] = [pair[0], pair[1]].map(|visit| visit.creature as usize);
            if one == other {
                return Err(format!("meeting {at}: two were to meet, creature {one} has met itself"));
            }
            for visit in pair {
                let (creature, came) = (visit.creature, visit.colour as usize);
                let colour = colours.get(creature as usize);
                let colour = colour.ok_or_else(|| format!("there is no creature {creature}"))?;
                same(format_args!("colour of creature {creature} at meeting {at}"), *colour, came)?;
            }
            let complement = (6 - colours[one] - colours[other]) % 3;
            for creature in [one, other] {
                colours[creature] = complement;
                meetings[creature] += 1;
            }
        }
        for (creature, end) in answer.ends.iter().enumerate() {
            same(format_args!("meetings of creature {creature}"), meetings[creature], end.meetings)?;
            same(
                format_args!("colour of creature {creature} at last"),
                colours[creature],
                end.colour as usize,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complement_is_minus_the_sum() {
        for one in Colour::ALL {
            for other in Colour::ALL {
                assert_eq!(one.complement(other) as usize, (6 - one as usize - other as usize) % 3);
            }
        }
    }

    #[test]
    fn a_visit_in_another_colour_and_a_meeting_too_few_are_seen() {
        use Colour::{Blue, Red, Yellow};
        let workload = Chameneos { creatures: 3, meetings: 2 };
        let right = || History {
            came: [(0, Blue), (1, Red), (1, Yellow), (2, Yellow)]
                .map(|(creature, colour)| Visit { creature, colour })
                .to_vec(),
            ends: [1, 2, 1].map(|meetings| End { colour: Yellow, meetings }).to_vec(),
        };
        let with = |change: fn(&mut History)| {
            let mut history = right();
            change(&mut history);
            workload.check(&(), history)
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(with(|it| it.came.truncate(2)), Err("visits: 4 was to be, 2 is".into()));
        assert_eq!(
            with(|it| it.came[2].colour = Red),
            Err("colour of creature 1 at meeting 1: 2 was to be, 1 is".into())
        );
        assert_eq!(with(|it| it.came[0].creature = 3), Err("there is no creature 3".into()));
        assert_eq!(
            with(|it| it.came[3] = it.came[2]),
            Err("meeting 1: two were to meet, creature 1 has met itself".into())
        );
        assert_eq!(
            with(|it| it.ends[1].meetings = 1),
            Err("meetings of creature 1: 2 was to be, 1 is".into())
        );
        assert_eq!(
            with(|it| it.ends[0].colour = Blue),
            Err("colour of creature 0 at last: 2 was to be, 0 is".into())
        );
    }
}
