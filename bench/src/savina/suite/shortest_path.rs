//! Shortest-path: the lengths of all shortest paths by Floyd and Warshall, the matrix cut into blocks that are actors; for each node
//! that paths may lead over, every block sends itself to all of its row and of its column. Verified by the same recurrence in place,
//! on one matrix, length by length.
//!
//! That all blocks are sent, and not only those that the others need in that step, is Savina's: its load is this exchange.

use super::values::same_sequence;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 1;
const LONGEST_EDGE: u64 = 100;

/// Savina's `apsp`.
pub(super) struct ShortestPath {
    nodes: usize,
    /// Rows, and columns, of a block.
    side: usize,
    edges: OnceCell<Arc<[u32]>>,
}

/// All lengths, in blocks, and the exchanges of blocks that were counted.
pub(super) struct Lengths {
    blocks: Vec<(Place, Arc<Vec<u32>>)>,
    exchanged: u64,
}

/// Where a block is, in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    row: usize,
    column: usize,
}

/// Who cuts the matrix, and gathers its blocks.
pub(super) struct Main {
    nodes: usize,
    side: usize,
    edges: Arc<[u32]>,
    left: usize,
    lengths: Lengths,
    reply: Option<Reply<Lengths>>,
}

pub(super) enum ToMain {
    Begin(Reply<Lengths>),
    Done { place: Place, lengths: Arc<Vec<u32>>, received: u64 },
}

struct Block {
    main: Address<ToMain>,
    place: Place,
    nodes: usize,
    side: usize,
    lengths: Arc<Vec<u32>>,
    /// Those of its row and its column; none before they are known.
    others: Vec<Address<ToBlock>>,
    /// How many there are.
    awaited: usize,
    /// The node that paths may lead over now.
    over: usize,
    /// What has come for that node, and for the next: no other can be further than that.
    now: Received,
    next: Received,
    received: u64,
}

/// What a block got for a step.
#[derive(Default)]
struct Received {
    count: usize,
    /// The block of the same row in which the node's column is.
    beside: Option<Arc<Vec<u32>>>,
    /// The block of the same column in which the node's row is.
    above: Option<Arc<Vec<u32>>>,
}

pub(super) enum ToBlock {
    Others(Vec<Address<ToBlock>>),
    Block { from: Place, over: usize, lengths: Arc<Vec<u32>> },
}

impl Actor for Main {
    type Msg = ToMain;

    fn handle(&mut self, message: ToMain, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMain::Begin(reply) => {
                self.reply = Some(reply);
                self.cut(cx)?;
            }
            ToMain::Done { place, lengths, received } => {
                self.lengths.exchanged += received;
                self.lengths.blocks.push((place, lengths));
                self.left -= 1;
                if self.left == 0 {
                    let blocks = std::mem::take(&mut self.lengths.blocks);
                    let reply = asker(&mut self.reply)?;
                    reply.send(Lengths { blocks, ..self.lengths });
                }
            }
        }
        Ok(())
    }
}

impl Place {
    /// Where a row of the block begins in the matrix of so many nodes.
    fn index(self, row: usize, side: usize, nodes: usize) -> usize {
        (self.row * side + row) * nodes + self.column * side
    }
}

impl Main {
    fn cut(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (nodes, side) = (self.nodes, self.side);
        let blocks = nodes / side;
        let places = (0..blocks * blocks).map(|n| Place { row: n / blocks, column: n % blocks });
        let mut spawned = Vec::with_capacity(blocks * blocks);
        for place in places.clone() {
            let rows = (0..side).map(|r| place.index(r, side, nodes));
            let lengths = rows.flat_map(|from| &self.edges[from..from + side]).copied();
            let block = Block {
                main: cx.me(),
                place,
                nodes,
                side,
                lengths: Arc::new(lengths.collect()),
                others: Vec::new(),
                awaited: 2 * (blocks - 1),
                over: 0,
                now: Received::default(),
                next: Received::default(),
                received: 0,
            };
            spawned.push((place, cx.spawn(block)));
        }
        self.left = spawned.len();
        for &(place, block) in &spawned {
            let in_reach = |other: Place| (other.row == place.row) != (other.column == place.column);
            let others = spawned.iter().filter(|(other, _)| in_reach(*other));
            cx.send(block, ToBlock::Others(others.map(|&(_, address)| address).collect()))?;
        }
        Ok(())
    }
}

impl Actor for Block {
    type Msg = ToBlock;

    fn handle(&mut self, message: ToBlock, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBlock::Others(others) => {
                self.others = others;
                self.tell(cx)?;
            }
            ToBlock::Block { from, over, lengths } => {
                self.received += 1;
                let held = over / self.side;
                let ahead = over != self.over;
                let received = if ahead { &mut self.next } else { &mut self.now };
                received.count += 1;
                if from.row == self.place.row && from.column == held {
                    received.beside = Some(lengths);
                } else if from.column == self.place.column && from.row == held {
                    received.above = Some(lengths);
                }
            }
        }
        // Once: of what is for the next node, that of the sender of this one is missing at least.
        if !self.others.is_empty() && self.now.count == self.awaited {
            self.lengthen();
            self.now = std::mem::take(&mut self.next);
            self.over += 1;
            if self.over == self.nodes {
                let (place, lengths) = (self.place, Arc::clone(&self.lengths));
                cx.send(self.main, ToMain::Done { place, lengths, received: self.received })?;
                cx.stop();
            } else {
                self.tell(cx)?;
            }
        }
        Ok(())
    }
}

impl Block {
    fn tell(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for &other in &self.others {
            let lengths = Arc::clone(&self.lengths);
            cx.send(other, ToBlock::Block { from: self.place, over: self.over, lengths })?;
        }
        Ok(())
    }

    /// Paths over the node are paths now.
    fn lengthen(&mut self) {
        let (side, at) = (self.side, self.over % self.side);
        // A block that holds the node's row, or its column, is not sent to itself.
        let beside = self.now.beside.as_ref().unwrap_or(&self.lengths);
        let above = self.now.above.as_ref().unwrap_or(&self.lengths);
        let onwards = &above[at * side..(at + 1) * side];
        let mut lengths = Vec::with_capacity(side * side);
        for (row, beside) in self.lengths.chunks_exact(side).zip(beside.chunks_exact(side)) {
            let first = beside[at];
            lengths.extend(row.iter().zip(onwards).map(|(&length, &then)| length.min(first + then)));
        }
        self.lengths = Arc::new(lengths);
    }
}

impl ShortestPath {
    /// The length of the edge from each node to each, row by row.
    fn edges(&self) -> &Arc<[u32]> {
        self.edges.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            let nodes = self.nodes;
            // As long in one direction as in the other.
            let mut edges = vec![0; nodes * nodes];
            for from in 0..nodes {
                for to in from + 1..nodes {
                    let edge = 1 + seeded.below(LONGEST_EDGE) as u32;
                    (edges[from * nodes + to], edges[to * nodes + from]) = (edge, edge);
                }
            }
            edges.into()
        })
    }

    fn blocks(&self) -> u64 {
        let side = (self.nodes / self.side) as u64;
        side * side
    }

    /// Blocks that are received: each one by all of its row and its column, for each node.
    fn exchanges(&self) -> u64 {
        let others = 2 * (self.nodes / self.side - 1) as u64;
        self.nodes as u64 * self.blocks() * others
    }
}

impl Workload for ShortestPath {
    const NAME: &'static str = "shortest-path";
    const DIFFERS: &'static str = "a block begins with one message, not two, and its lengths are gathered; \
        blocks are not sent after the last step, where nobody needs them";

    type Main = Main;
    type Answer = Lengths;
    type Expected = Vec<u32>;

    fn of(size: Size) -> Self {
        let (nodes, side) = size.of((16, 4), (300, 50), (1_200, 50));
        Self { nodes, side, edges: OnceCell::new() }
    }

    fn words(&self) -> String {
        let (nodes, blocks) = (units::counted(self.nodes as u64, "node"), units::count(self.blocks()));
        format!("paths between {nodes}, {blocks} blocks that exchange for each of them")
    }

    fn messages(&self) -> Messages {
        // The question; each block hears of the others, and says that it is done.
        Messages::Exactly(self.exchanges() + 2 * self.blocks() + 1)
    }

    fn expected(&self) -> Vec<u32> {
        let nodes = self.nodes;
        let mut lengths = self.edges().to_vec();
        for over in 0..nodes {
            for from in 0..nodes {
                let first = lengths[from * nodes + over];
                for to in 0..nodes {
                    let around = first + lengths[over * nodes + to];
                    if around < lengths[from * nodes + to] {
                        lengths[from * nodes + to] = around;
                    }
                }
            }
        }
        lengths
    }

    fn main(&self) -> Main {
        Main {
            nodes: self.nodes,
            side: self.side,
            edges: Arc::clone(self.edges()),
            left: 0,
            lengths: Lengths { blocks: Vec::new(), exchanged: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Lengths>) -> ToMain {
        ToMain::Begin(reply)
    }

    fn check(&self, expected: &Vec<u32>, answer: Lengths) -> Result<(), String> {
        same("blocks received", self.exchanges(), answer.exchanged)?;
        same("blocks", self.blocks(), answer.blocks.len() as u64)?;
        let mut seen = vec![false; expected.len()];
        for (place, lengths) in answer.blocks {
            for (r, lengths) in lengths.chunks(self.side).enumerate() {
                let from = place.index(r, self.side, self.nodes);
                let what = format_args!("{place:?}, row {r}");
                same_sequence(what, &expected[from..from + self.side], lengths)?;
                same(what, false, std::mem::replace(&mut seen[from], true))?;
            }
            same(format_args!("{place:?}, lengths"), self.side * self.side, lengths.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_length_or_an_exchange_too_few_is_refused() {
        let small = ShortestPath::of(Size::Small);
        let lengths = small.expected();
        assert_ne!(lengths, small.edges().to_vec(), "some path is shorter than an edge");
        let (nodes, side) = (small.nodes, small.side);
        for (at, length) in lengths.iter().enumerate() {
            assert_eq!(*length, lengths[at % nodes * nodes + at / nodes], "as long in both directions");
        }
        assert_eq!(small.exchanges(), 16 * 16 * 6);
        let block = |n: usize| {
            let place = Place { row: n / 4, column: n % 4 };
            let rows = (0..side).map(|r| place.index(r, side, nodes));
            let block: Vec<u32> = rows.flat_map(|from| &lengths[from..from + side]).copied().collect();
            (place, block)
        };
        let blocks: Vec<_> = (0..16).map(block).collect();
        let check = |blocks: &[(Place, Vec<u32>)], exchanged| {
            let blocks = blocks.iter().map(|(place, block)| (*place, Arc::new(block.clone()))).collect();
            small.check(&small.expected(), Lengths { blocks, exchanged })
        };
        assert_eq!(check(&blocks, 1_536), Ok(()));
        assert_eq!(check(&blocks, 1_535), Err("blocks received: 1536 was to be, 1535 is".into()));
        assert_eq!(check(&blocks[1..], 1_536), Err("blocks: 16 was to be, 15 is".into()));
        let mut twice = blocks.clone();
        twice[1] = twice[0].clone();
        let told = check(&twice, 1_536);
        assert_eq!(told, Err("Place { row: 0, column: 0 }, row 0: false was to be, true is".into()));
        let mut wrong = blocks.clone();
        wrong[0].1[5] = 7;
        let told = check(&wrong, 1_536);
        assert_eq!(told, Err("Place { row: 0, column: 0 }, row 1, at 1: 0 was to be, 7 is".into()));
        wrong[0].1.clear();
        assert_eq!(
            check(&wrong, 1_536),
            Err("Place { row: 0, column: 0 }, lengths: 16 was to be, 0 is".into())
        );
    }
}
