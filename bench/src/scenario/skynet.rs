//! Skynet (Alexander Temerev's benchmark of that name): an actor makes ten others, each of those ten more, until there are
//! so many leaves; each leaf answers its number, every other actor the sum of its children's answers, and each stops when it
//! has answered. What is measured is the time from the word to the root until its sum, for all actors of the tree: making
//! them, two messages for each, and their end.
//!
//! Verified: each child has answered its parent once; the root's sum is that of the numbers, `n * (n - 1) / 2`; as many
//! leaves and other actors ran as the tree has, by counts of their own; and the ledger has two messages for each.

use super::nursery::Stripes;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use serde_json::json;
use throng::{Actor, Address, Context, Fault, Options, System};

/// Leaves, where the command line does not say how many.
const LEAVES: u64 = 1_000_000;
/// Children of each actor that is no leaf.
const CHILDREN: u8 = 10;
/// An actor whose children have all answered.
const ALL: u16 = (1 << CHILDREN) - 1;

/// What all actors of a tree know.
#[derive(Debug)]
struct Tree {
    /// Leaves that ran, and their numbers.
    leaves: &'static Stripes,
    /// Other actors that ran, and how many children they made.
    branches: &'static Stripes,
    options: Options,
    /// To be planted into the first leaf.
    fault: Option<Planted>,
    tally: &'static Tally,
}

/// The word to begin. The tree comes with it: the actors need it once.
struct Begin(&'static Tree);

/// 16 bytes of state.
struct Leaf {
    parent: Address<Note>,
    number: u32,
    place: u8,
    alone: Alone,
}

const _: () = assert!(size_of::<Leaf>() == 16);

impl Actor for Leaf {
    type Msg = Begin;

    fn handle(&mut self, begin: Begin, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Begin(tree) = begin;
        if self.alone.enter() {
            tree.tally.overlap();
        }
        let number = u64::from(self.number);
        tree.leaves.count(cx.worker_index(), number);
        let answers = match tree.fault {
            Some(Planted::Lost) if number == 0 => 0,
            Some(Planted::Duplicated) if number == 0 => 2,
            _ => 1,
        };
        for _ in 0..answers {
            if let Err(refused) = cx.send(self.parent, Note::Answer { sum: number, place: self.place }) {
                tree.tally.refused(refused.reason());
            }
        }
        cx.stop();
        if self.alone.leave() {
            tree.tally.overlap();
        }
        Ok(())
    }
}

/// What is said to an actor that is no leaf.
enum Note {
    Begin,
    /// Of the child in this place.
    Answer {
        sum: u64,
        place: u8,
    },
}

const _: () = assert!(size_of::<Note>() == 16);

/// An actor that is no leaf.
struct Branch {
    /// `None` of the root.
    parent: Option<Address<Note>>,
    tree: &'static Tree,
    sum: u64,
    /// The number of the first leaf under it.
    first: u32,
    /// Bit n is set when child n has answered.
    answered: u16,
    /// How many more lie under it until the leaves.
    height: u8,
    place: u8,
    alone: Alone,
}

impl Branch {
    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        let Tree { branches, tally, .. } = self.tree;
        // Ended early nobody makes more, and all answer what there is.
        let children = if tally.is_over() { 0 } else { CHILDREN };
        branches.count(cx.worker_index(), u64::from(children));
        if children == 0 {
            return self.answer(cx);
        }
        for place in 0..children {
            if !self.child(place, cx) {
                let first = self.first;
                return tally.exhausted(|| {
                    format!("no memory for the actors above leaf {first}: take fewer, or raise the process's limits")
                });
            }
        }
    }

    /// Makes one, and has it begin; false where there is no memory for it.
    fn child(&self, place: u8, cx: &mut Context<'_, Self>) -> bool {
        let Self { tree, height, .. } = *self;
        let me = cx.me();
        let under = 10_u32.pow(u32::from(height) - 1);
        let first = self.first + u32::from(place) * under;
        let refused = if height == 1 {
            let leaf = Leaf { parent: me, number: first, place, alone: Alone::default() };
            let Ok(leaf) = cx.try_spawn(leaf, &tree.options) else { return false };
            cx.send(leaf, Begin(tree)).err().map(|refused| refused.reason())
        } else {
            let branch = Branch { height: height - 1, first, place, ..Branch::new(Some(me), tree) };
            let Ok(branch) = cx.try_spawn(branch, &tree.options) else { return false };
            cx.send(branch, Note::Begin).err().map(|refused| refused.reason())
        };
        if let Some(reason) = refused {
            tree.tally.refused(reason);
        }
        true
    }

    fn new(parent: Option<Address<Note>>, tree: &'static Tree) -> Self {
        Self { parent, tree, sum: 0, first: 0, answered: 0, height: 1, place: 0, alone: Alone::default() }
    }

    fn add(&mut self, sum: u64, place: u8, cx: &mut Context<'_, Self>) {
        let bit = 1 << place;
        if self.answered & bit != 0 {
            let first = self.first;
            return self
                .tree
                .tally
                .wrong(|| format!("child {place} of the actor above leaf {first} answered twice"));
        }
        self.answered |= bit;
        self.sum += sum;
        if self.answered == ALL {
            self.answer(cx);
        }
    }

    /// Tells the parent, or of the root the world.
    fn answer(&self, cx: &mut Context<'_, Self>) {
        let Tree { leaves, branches, tally, .. } = self.tree;
        match self.parent {
            Some(parent) => {
                if let Err(refused) = cx.send(parent, Note::Answer { sum: self.sum, place: self.place }) {
                    tally.refused(refused.reason());
                }
            }
            None => {
                let whole = (!tally.is_over()).then_some(10_u64.pow(u32::from(self.height)));
                let counted = Counted {
                    sum: self.sum,
                    leaves: leaves.total(),
                    numbers: leaves.sum(),
                    branches: branches.total(),
                    children: branches.sum(),
                };
                for what in counted.wrong(whole) {
                    tally.wrong(|| what);
                }
                let actors = counted.leaves + counted.branches;
                // Each but the root has answered its parent.
                tally.add_beside(actors - 1);
                tally.report(actors);
            }
        }
        cx.stop();
    }
}

impl Actor for Branch {
    type Msg = Note;

    fn handle(&mut self, note: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tree.tally.overlap();
        }
        match note {
            Note::Begin => self.begin(cx),
            Note::Answer { sum, place } => self.add(sum, place, cx),
        }
        if self.alone.leave() {
            self.tree.tally.overlap();
        }
        Ok(())
    }
}

/// What came to the root, and what the actors counted on their workers.
#[derive(Debug, Clone, Copy)]
struct Counted {
    sum: u64,
    leaves: u64,
    numbers: u64,
    branches: u64,
    children: u64,
}

impl Counted {
    /// What does not agree; `whole` is the number of leaves of a tree that was not ended early.
    fn wrong(self, whole: Option<u64>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut demand = |what: &str, found: u64, expected: u64| {
            if found != expected {
                wrong.push(format!("{what}: {found}, not {expected}"));
            }
        };
        let numbers = whole.map_or(self.numbers, |n| n * (n - 1) / 2);
        demand("the root's sum", self.sum, numbers);
        demand("the sum of the numbers of the leaves that ran", self.numbers, numbers);
        demand("leaves that ran", self.leaves, whole.unwrap_or(self.leaves));
        demand("actors that ran beside the root", self.leaves + self.branches - 1, self.children);
        wrong
    }
}

/// Runs it.
///
/// # Errors
/// In words, when there is no memory for the tree, or its size is none.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let leaves = plan.actors.unwrap_or(LEAVES);
    let height =
        leaves.checked_ilog10().filter(|height| *height > 0 && 10_u64.checked_pow(*height) == Some(leaves));
    let height = height
        .filter(|height| *height < 10)
        .ok_or_else(|| format!("a tree of {leaves} leaves: takes a power of 10, from 10 to 1000000000"))?;
    let tally = Tally::new(system, plan, 1);
    let tree: &'static Tree = Box::leak(Box::new(Tree {
        leaves: Stripes::new(system),
        branches: Stripes::new(system),
        options: plan.options,
        fault: plan.fault,
        tally,
    }));
    let root = Branch { height: height as u8, ..Branch::new(None, tree) };
    // As another worker would that is in its handler.
    if plan.fault == Some(Planted::Overlap) && root.alone.enter() {
        return Err("the root has run before it was spawned".into());
    }
    let root = system.try_spawn(root, &plan.options).map_err(|refused| refused.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    root.try_send(Note::Begin).map_err(|refused| refused.to_string())?;
    let mut outcome = tally.wait(system, plan, start);
    if let Some(why) = outcome.exhausted {
        return Err(why);
    }
    outcome.actors = outcome.messages;
    outcome.counts = "actor";
    outcome.facts.push(("leaves", json!(tree.leaves.total())));
    outcome.facts.push(("sum", json!(tree.leaves.sum())));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_is_not_whole_is_found() {
        let whole = Counted { sum: 4_950, leaves: 100, numbers: 4_950, branches: 11, children: 110 };
        assert_eq!(whole.wrong(Some(100)), [""; 0]);
        let lines = |harm: fn(&mut Counted), tree| {
            let mut counted = whole;
            harm(&mut counted);
            counted.wrong(tree)
        };
        assert_eq!(lines(|c| c.sum -= 7, Some(100)), ["the root's sum: 4943, not 4950"]);
        assert_eq!(lines(|c| c.numbers -= 7, Some(100)).len(), 1);
        assert_eq!(lines(|c| c.leaves -= 1, Some(100)).len(), 2, "one never ran");
        assert_eq!(lines(|c| c.branches += 1, Some(100)), ["actors that ran beside the root: 111, not 110"]);
        // Ended early, what ran must agree with itself.
        let early = |counted: &mut Counted| {
            *counted = Counted { sum: 3, leaves: 3, numbers: 3, branches: 1, children: 3 }
        };
        assert_eq!(lines(early, None), [""; 0]);
        assert_eq!(lines(|c| c.sum += 1, None), ["the root's sum: 4951, not 4950"]);
    }
}
