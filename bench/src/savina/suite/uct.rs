//! Uct: an unbalanced tree grows, each node an actor that computes for a while and asks the root whether it may have children; when all
//! have asked, all are visited and compute, and are ended. Verified by the same tree, grown level by level.
//!
//! In Savina the root grants until there are so many nodes, so that the tree is another one each time. Here it grants down to a depth,
//! by a draw of each node's own: the tree is the same in any order of turns.

use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use throng::{Actor, Address, Context, Fault, Recipient, Reply};

/// A node has so many children, or none.
const CHILDREN: u64 = 10;
/// What a node computes when it is visited takes so many steps in the mean, with this deviation.
const MEAN: u64 = 500;
const DEVIATION: u64 = 100;
/// Steps of a node that is to ask.
const ASKING: u32 = 100;
/// Of the first seeds the one whose tree of default size comes next to Savina's 200,000 nodes.
const SEED: u64 = 140;

/// Savina's `uct`.
pub(super) struct Uct {
    /// Nodes as deep have no children.
    depth: u32,
    /// Nodes that may be about to ask: fewer than a mailbox can hold at its hard limit, some 262,000, as each of them sends its
    /// question, held up or not.
    asking: u64,
    tree: OnceCell<Tree>,
}

/// What a tree comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: u64,
    /// Those that have children.
    parents: u64,
    depth: u32,
    /// The sum of what its nodes have computed.
    computed: u64,
}

/// What came of it.
#[derive(Clone, Copy)]
pub(super) struct Grown {
    /// Nodes that have asked the root, and those that were granted children; the root is one of these.
    asked: u64,
    granted: u64,
    /// As the visit found it.
    tree: Tree,
}

pub(super) struct Root {
    /// Nodes as deep get no children.
    depth: u32,
    /// Nodes that may be about to ask.
    asking: u64,
    /// Those that are to have children, once there are fewer of these: with the steps of each.
    waiting: Vec<(Address<ToNode>, u32)>,
    asked: u64,
    granted: u64,
    children: Children,
    reply: Option<Reply<Grown>>,
}

pub(super) enum ToRoot {
    Begin(Reply<Grown>),
    /// May this one have children?
    Ask {
        from: Address<ToNode>,
        name: u64,
        depth: u32,
    },
    FromChild(FromChild),
}

/// What a parent hears.
pub(super) enum FromChild {
    /// It has children.
    HasChildren,
    /// It has ended, and all below it.
    Visited(Tree),
}

struct Node {
    root: Address<ToRoot>,
    parent: Recipient<FromChild>,
    /// Tells it from all others.
    name: u64,
    depth: u32,
    /// Steps that its visit takes.
    steps: u32,
    computed: u64,
    children: Children,
}

pub(super) enum ToNode {
    Try,
    /// It may have children; the visit of each takes so many steps.
    Generate {
        steps: u32,
    },
    FromChild(FromChild),
    Visit,
    End,
}

/// What one knows of its children.
#[derive(Default)]
struct Children {
    addresses: Vec<Address<ToNode>>,
    /// Those that have children.
    parents: u64,
    /// Those that have not ended.
    living: usize,
    below: Tree,
}

impl From<FromChild> for ToRoot {
    fn from(news: FromChild) -> Self {
        Self::FromChild(news)
    }
}

impl From<FromChild> for ToNode {
    fn from(news: FromChild) -> Self {
        Self::FromChild(news)
    }
}

/// The names of a node's children.
fn names(parent: u64) -> impl Iterator<Item = u64> {
    (1..=CHILDREN).map(move |n| parent.wrapping_mul(CHILDREN + 1).wrapping_add(n))
}

/// The name of the root.
const FIRST: u64 = 1;

/// How many steps the visit of each child takes; none for a node that has no children.
fn drawn(name: u64) -> Option<u32> {
    let mut drawn = Seeded::stream(SEED, name);
    if name != FIRST && drawn.below(2) == 0 {
        return None;
    }
    // Twelve even draws have twelve times the variance of one, which is a twelfth of the square of its range: near enough a normal
    // distribution; their mean is half of the largest.
    let sum: u64 = (0..12).map(|_| drawn.below(DEVIATION)).sum();
    Some((MEAN + sum).saturating_sub(12 * (DEVIATION - 1) / 2) as u32)
}

impl Tree {
    fn add(&mut self, other: Self) {
        self.nodes += other.nodes;
        self.parents += other.parents;
        self.depth = self.depth.max(other.depth);
        self.computed = self.computed.wrapping_add(other.computed);
    }
}

impl Children {
    fn send<A: Actor>(&self, cx: &mut Context<'_, A>, message: impl Fn() -> ToNode) -> Result<(), Fault> {
        for &child in &self.addresses {
            cx.send(child, message())?;
        }
        Ok(())
    }

    /// Whether this was the last that was awaited of them.
    fn heard(&mut self, news: FromChild) -> bool {
        match news {
            FromChild::HasChildren => self.parents += 1,
            FromChild::Visited(tree) => {
                self.below.add(tree);
                self.living -= 1;
            }
        }
        self.living == 0
    }
}

/// Makes them, and has them try.
fn generate<A>(
    cx: &mut Context<'_, A>,
    root: Address<ToRoot>,
    name: u64,
    depth: u32,
    steps: u32,
) -> Result<Children, Fault>
where
    A: Actor,
    A::Msg: From<FromChild>,
{
    let parent = cx.me().recipient();
    let child = |name| Node { root, parent, name, depth, steps, computed: 0, children: Children::default() };
    let addresses: Vec<_> = names(name).map(child).map(|node| cx.spawn(node)).collect();
    let children = Children { living: addresses.len(), addresses, ..Children::default() };
    children.send(cx, || ToNode::Try)?;
    Ok(children)
}

impl Actor for Root {
    type Msg = ToRoot;

    fn handle(&mut self, message: ToRoot, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToRoot::Begin(reply) => {
                self.reply = Some(reply);
                self.granted = 1;
                let steps = drawn(FIRST).unwrap_or_default();
                let me = cx.me();
                self.children = generate(cx, me, FIRST, 2, steps)?;
            }
            ToRoot::Ask { from, name, depth } => {
                self.asked += 1;
                // Who may not is not answered.
                if depth < self.depth
                    && let Some(steps) = drawn(name)
                {
                    self.waiting.push((from, steps));
                }
                while (self.granted + 1) * CHILDREN <= self.asked + self.asking
                    && let Some((from, steps)) = self.waiting.pop()
                {
                    self.granted += 1;
                    cx.send(from, ToNode::Generate { steps })?;
                }
                // All that were made have asked.
                if self.asked == self.granted * CHILDREN {
                    self.children.send(cx, || ToNode::Visit)?;
                    self.children.send(cx, || ToNode::End)?;
                }
            }
            ToRoot::FromChild(news) => {
                if self.children.heard(news) {
                    let mut tree =
                        Tree { nodes: 1, parents: 1 + self.children.parents, depth: 1, computed: 0 };
                    tree.add(self.children.below);
                    let grown = Grown { asked: self.asked, granted: self.granted, tree };
                    asker(&mut self.reply)?.send(grown);
                }
            }
        }
        Ok(())
    }
}

impl Actor for Node {
    type Msg = ToNode;

    fn handle(&mut self, message: ToNode, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNode::Try => {
                self.computed = busy(self.name, ASKING);
                let (from, name, depth) = (cx.me(), self.name, self.depth);
                cx.send(self.root, ToRoot::Ask { from, name, depth })?;
            }
            ToNode::Generate { steps } => {
                cx.send_to(self.parent, FromChild::HasChildren)?;
                self.children = generate(cx, self.root, self.name, self.depth + 1, steps)?;
            }
            ToNode::Visit => {
                self.computed = self.computed.wrapping_add(busy(self.name, self.steps));
                self.children.send(cx, || ToNode::Visit)?;
            }
            ToNode::End => {
                self.children.send(cx, || ToNode::End)?;
                if self.children.living == 0 {
                    self.ended(cx)?;
                }
            }
            ToNode::FromChild(news) => {
                if self.children.heard(news) {
                    self.ended(cx)?;
                }
            }
        }
        Ok(())
    }
}

impl Node {
    /// It is to, and all below it have.
    fn ended(&self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let mut tree =
            Tree { nodes: 1, parents: self.children.parents, depth: self.depth, computed: self.computed };
        tree.add(self.children.below);
        cx.send_to(self.parent, FromChild::Visited(tree))?;
        cx.stop();
        Ok(())
    }
}

impl Uct {
    /// The oracle.
    fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| {
            let mut tree = self.shape();
            // Of a level all nodes, each with its steps.
            let mut level = vec![(FIRST, 0)];
            for depth in 1..=tree.depth {
                let mut next = Vec::new();
                for (name, steps) in level {
                    if name != FIRST {
                        let computed = busy(name, ASKING).wrapping_add(busy(name, steps));
                        tree.computed = tree.computed.wrapping_add(computed);
                    }
                    if let Some(steps) = drawn(name).filter(|_| depth < self.depth) {
                        next.extend(names(name).map(|name| (name, steps)));
                    }
                }
                level = next;
            }
            tree
        })
    }

    /// What it is without what its nodes compute.
    fn shape(&self) -> Tree {
        let mut tree = Tree::default();
        let mut level = vec![FIRST];
        while !level.is_empty() {
            tree.depth += 1;
            tree.nodes += level.len() as u64;
            level.retain(|name| tree.depth < self.depth && drawn(*name).is_some());
            tree.parents += level.len() as u64;
            level = level.into_iter().flat_map(names).collect();
        }
        tree
    }
}

impl Workload for Uct {
    const NAME: &'static str = "uct";
    const DIFFERS: &'static str = "the tree ends at a depth, not at a number of nodes, so that it is the \
        same each time; no node is urgent; at most 200,000 nodes are about to ask, and so many questions may lie \
        before the root: its 1,024 places hold up who has sent one more, whose question is in already, and each node has but one; what \
        was visited is summed up the tree";

    type Main = Root;
    type Answer = Grown;
    type Expected = Tree;

    fn of(size: Size) -> Self {
        let (depth, asking) = size.of((4, 40), (8, 200_000), (9, 200_000));
        Self { depth, asking, tree: OnceCell::new() }
    }

    fn words(&self) -> String {
        let nodes = units::counted(self.shape().nodes, "node");
        format!("an unbalanced tree of {nodes}, {} deep, grown and visited", self.depth)
    }

    fn messages(&self) -> Messages {
        let Tree { nodes, parents, .. } = *self.tree();
        // The question; each node but the root tries, asks, is visited, is ended and tells of that, and who may have children hears of
        // it and tells its parent.
        Messages::Exactly(1 + 5 * (nodes - 1) + 2 * (parents - 1))
    }

    fn expected(&self) -> Tree {
        *self.tree()
    }

    fn main(&self) -> Root {
        let Self { depth, asking, .. } = *self;
        let children = Children::default();
        Root { depth, asking, waiting: Vec::new(), asked: 0, granted: 0, children, reply: None }
    }

    fn begin(&self, reply: Reply<Grown>) -> ToRoot {
        ToRoot::Begin(reply)
    }

    fn check(&self, expected: &Tree, answer: Grown) -> Result<(), String> {
        let Grown { asked, granted, tree } = answer;
        same("nodes that have asked", expected.nodes - 1, asked)?;
        same("nodes that were granted children", expected.parents, granted)?;
        same("nodes visited", expected.nodes, tree.nodes)?;
        same("nodes whose parents know that they have children", expected.parents, tree.parents)?;
        same("the depth", expected.depth, tree.depth)?;
        same("the sum of what they computed", expected.computed, tree.computed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tree_is_as_large_as_it_is_said_to_be() {
        let trees = Size::ALL.map(|size| Uct::of(size).shape());
        let told = trees.map(|tree| (tree.nodes, tree.parents, tree.depth));
        assert_eq!(told, [(311, 31, 4), (199_221, 19_922, 8), (995_101, 99_510, 9)]);
        for tree in trees {
            assert_eq!(tree.nodes, 1 + CHILDREN * tree.parents);
        }
    }

    #[test]
    fn steps_are_what_they_are_to_be() {
        let steps: Vec<u64> = (2..20_002).filter_map(drawn).map(u64::from).collect();
        assert!(steps.len().abs_diff(10_000) < 300, "every second: {}", steps.len());
        let mean = steps.iter().sum::<u64>() / steps.len() as u64;
        assert!(mean.abs_diff(MEAN) < 5, "{mean}");
        let squares: u64 = steps.iter().map(|steps| steps.abs_diff(MEAN).pow(2)).sum();
        let deviation = (squares / steps.len() as u64).isqrt();
        assert!(deviation.abs_diff(DEVIATION) < 5, "{deviation}");
    }

    #[test]
    fn a_node_too_few_or_another_sum_is_refused() {
        let small = Uct::of(Size::Small);
        let tree = small.expected();
        let Tree { nodes, parents, depth, computed } = tree;
        let check = |asked, granted, tree| small.check(&small.expected(), Grown { asked, granted, tree });
        assert_eq!(check(nodes - 1, parents, tree), Ok(()));
        let told = format!("nodes that have asked: {} was to be, {nodes} is", nodes - 1);
        assert_eq!(check(nodes, parents, tree), Err(told));
        assert!(check(nodes - 1, parents - 1, tree).is_err());
        let wrong = |tree| check(nodes - 1, parents, tree).expect_err("it is wrong");
        assert!(wrong(Tree { nodes: nodes + 1, ..tree }).starts_with("nodes visited"));
        assert!(wrong(Tree { parents: parents - 1, ..tree }).starts_with("nodes whose parents"));
        assert!(wrong(Tree { depth: depth - 1, ..tree }).starts_with("the depth"));
        assert!(wrong(Tree { computed: computed ^ 1, ..tree }).starts_with("the sum"));
    }
}
