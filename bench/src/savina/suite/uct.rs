//! Uct: an unbalanced tree grows, each node an actor that computes for a while, and has children or not; when all have grown, all are
//! visited. Verified by the same tree, grown in a loop over a list.
//!
//! In Savina a node asks the root whether it may have children, so that the tree is another one each time. Here each node gets the
//! number of nodes that it and those below it may be at most, and shares that out: the tree is the same in any order of turns.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use throng::{Actor, Address, Context, Fault, Reply};

/// A node has so many children, or none.
const CHILDREN: usize = 10;
/// What a node computes takes so many steps in the mean, with this deviation.
const MEAN: u64 = 500;
const DEVIATION: u64 = 100;
const SEED: u64 = 1;

/// Savina's `uct`.
pub(super) struct Uct {
    most: u64,
    tree: OnceCell<Tree>,
}

/// What a tree comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: u64,
    depth: u32,
    /// The sum of what its nodes have computed.
    computed: u64,
}

/// What a node is before it has grown.
#[derive(Clone, Copy)]
struct Seed {
    /// Tells it from all others.
    stream: u64,
    depth: u32,
    /// Nodes that it and all below may be; none for one that has no children in any case.
    most: u64,
}

/// A node; the first one is the root.
pub(super) struct Node {
    seed: Seed,
    above: Above,
    children: Vec<Address<ToNode>>,
    /// Those whose news has not come.
    awaited: usize,
    grown: u64,
    visited: Tree,
}

/// Who hears of it.
enum Above {
    Parent(Address<ToNode>),
    /// Of the root: who has asked, once somebody has.
    Asker(Option<Reply<Visited>>),
}

/// The tree that was visited, and how many nodes had grown before.
pub(super) struct Visited {
    grown: u64,
    tree: Tree,
}

pub(super) enum ToNode {
    Begin(Reply<Visited>),
    /// A child and all below it have grown: so many.
    Grown(u64),
    Visit,
    Visited(Tree),
}

impl Seed {
    fn root(most: u64) -> Self {
        Self { stream: 1, depth: 1, most }
    }

    /// What it computes, and its children.
    fn grow(self) -> (u64, impl Iterator<Item = Self>) {
        let mut drawn = Seeded::stream(SEED, self.stream);
        // Twelve even draws have twelve times the variance of one, their square by twelve: near enough a normal distribution.
        let steps: u64 = (0..12).map(|_| drawn.below(DEVIATION)).sum();
        let steps = steps + MEAN - 12 * DEVIATION / 2;
        let mut computing = drawn;
        let computed = (0..steps).fold(0, |sum, _| sum ^ computing.number());

        let shares = self.shares(&mut drawn);
        let children = shares.into_iter().flatten().zip(1..).map(move |(most, n)| Self {
            stream: self.stream.wrapping_mul(CHILDREN as u64 + 1).wrapping_add(n),
            depth: self.depth + 1,
            most,
        });
        (computed, children)
    }

    /// How many nodes each child may be: each second, by chance, gets its part of what is left when all children are there.
    fn shares(self, drawn: &mut Seeded) -> Option<[u64; CHILDREN]> {
        let left = self.most.checked_sub(1 + CHILDREN as u64)?;
        // Squares, so that some get much more than others.
        let mut weight = || if drawn.below(2) == 0 { 0 } else { (1 + drawn.below(100)).pow(2) };
        let weights = [(); CHILDREN].map(|()| weight());
        let all = weights.iter().sum::<u64>().max(1);
        Some(weights.map(|weight| 1 + left * weight / all))
    }
}

impl Tree {
    fn add(&mut self, other: Self) {
        self.nodes += other.nodes;
        self.depth = self.depth.max(other.depth);
        self.computed = self.computed.wrapping_add(other.computed);
    }
}

impl Actor for Node {
    type Msg = ToNode;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // The root grows when it is asked.
        if matches!(self.above, Above::Parent(_)) { self.grow(cx) } else { Ok(()) }
    }

    fn handle(&mut self, message: ToNode, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNode::Begin(reply) => {
                self.above = Above::Asker(Some(reply));
                self.grow(cx)
            }
            ToNode::Grown(nodes) => {
                self.grown += nodes;
                self.awaited -= 1;
                if self.awaited == 0 { self.grown(cx) } else { Ok(()) }
            }
            ToNode::Visit => self.visit(cx),
            ToNode::Visited(tree) => {
                self.visited.add(tree);
                self.awaited -= 1;
                if self.awaited == 0 { self.visited(cx) } else { Ok(()) }
            }
        }
    }
}

impl Node {
    fn new(seed: Seed, above: Above) -> Self {
        Self { seed, above, children: Vec::new(), awaited: 0, grown: 1, visited: Tree::default() }
    }

    fn grow(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (computed, children) = self.seed.grow();
        self.visited = Tree { nodes: 1, depth: self.seed.depth, computed };
        let above = cx.me();
        self.children = children.map(|seed| cx.spawn(Self::new(seed, Above::Parent(above)))).collect();
        self.awaited = self.children.len();
        if self.awaited == 0 { self.grown(cx) } else { Ok(()) }
    }

    /// It has, and all below it.
    fn grown(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.above {
            Above::Parent(parent) => cx.send(parent, ToNode::Grown(self.grown))?,
            Above::Asker(_) => self.visit(cx)?,
        }
        Ok(())
    }

    fn visit(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for &child in &self.children {
            cx.send(child, ToNode::Visit)?;
        }
        self.awaited = self.children.len();
        if self.awaited == 0 { self.visited(cx) } else { Ok(()) }
    }

    /// It was, and all below it.
    fn visited(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match &mut self.above {
            Above::Parent(parent) => {
                cx.send(*parent, ToNode::Visited(self.visited))?;
                cx.stop();
            }
            Above::Asker(reply) => {
                let reply = asker(reply)?;
                reply.send(Visited { grown: self.grown, tree: self.visited });
            }
        }
        Ok(())
    }
}

impl Uct {
    /// The oracle: what has not grown yet is on a list.
    fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| {
            let mut tree = Tree::default();
            let mut seeds = vec![Seed::root(self.most)];
            while let Some(seed) = seeds.pop() {
                let (computed, children) = seed.grow();
                tree.nodes += 1;
                tree.depth = tree.depth.max(seed.depth);
                tree.computed = tree.computed.wrapping_add(computed);
                seeds.extend(children);
            }
            tree
        })
    }
}

impl Workload for Uct {
    const NAME: &'static str = "uct";
    const DIFFERS: &'static str = "";

    type Main = Node;
    type Answer = Visited;
    type Expected = Tree;

    fn of(size: Size) -> Self {
        Self { most: size.of(300, 200_000, 2_000_000), tree: OnceCell::new() }
    }

    fn words(&self) -> String {
        format!("an unbalanced tree of at most {}, grown and visited", units::counted(self.most, "node"))
    }

    fn messages(&self) -> Messages {
        // The question; each node but the root tells that it has grown, is visited, and tells of that.
        Messages::Exactly(1 + 3 * (self.tree().nodes - 1))
    }

    fn expected(&self) -> Tree {
        *self.tree()
    }

    fn main(&self) -> Node {
        Node::new(Seed::root(self.most), Above::Asker(None))
    }

    fn begin(&self, reply: Reply<Visited>) -> ToNode {
        ToNode::Begin(reply)
    }

    fn check(&self, expected: &Tree, answer: Visited) -> Result<(), String> {
        same("nodes that have grown", expected.nodes, answer.grown)?;
        same("nodes visited", expected.nodes, answer.tree.nodes)?;
        same("the depth", expected.depth, answer.tree.depth)?;
        same("the sum of what they computed", expected.computed, answer.tree.computed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_unbalanced_and_within_its_bound() {
        let Tree { nodes, depth, .. } = Uct { most: 5_000, tree: OnceCell::new() }.expected();
        assert!((1_000..=5_000).contains(&nodes), "{nodes}");
        // Four levels of ten children each have as many.
        assert!(depth > 5, "{nodes} nodes, {depth} deep");
    }

    #[test]
    fn a_node_too_few_or_another_sum_is_refused() {
        let small = Uct::of(Size::Small);
        let tree = small.expected();
        let Tree { nodes, depth, computed } = tree;
        let check = |grown, got| small.check(&tree, Visited { grown, tree: got });
        assert_eq!(check(nodes, tree), Ok(()));
        let told = format!("nodes that have grown: {nodes} was to be, {} is", nodes - 1);
        assert_eq!(check(nodes - 1, tree), Err(told));
        assert!(check(nodes, Tree { nodes: nodes + 1, ..tree }).is_err());
        assert!(check(nodes, Tree { depth: depth - 1, ..tree }).is_err());
        assert!(check(nodes, Tree { computed: computed ^ 1, ..tree }).is_err());
    }
}
