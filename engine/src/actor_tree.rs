//! Who is whose child, drawn.

use crate::actor::outlook::Relation;
use crate::actor::post::ActorId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The actors of a system that are somebody's child, or have one; see [`System::tree`](crate::System::tree). Its `Display`
/// draws them:
///
/// ```text
/// app::Root 1.0
///   workers: app::Crew 2.0
///     first: app::Worker 3.0
///     second: app::Worker 7.1
/// and without kin: 1000 x app::Session
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ActorTree {
    /// Those without a parent that is alive, in the order of their names, then of their addresses.
    pub roots: Vec<Branch>,
    /// How many actors of each type are no part of any tree.
    pub alone: BTreeMap<&'static str, u64>,
}

/// An actor with its children.
#[derive(Debug)]
#[non_exhaustive]
pub struct Branch {
    /// Which actor.
    pub actor: ActorId,
    /// Its type.
    pub of: &'static str,
    /// Its name with its parent; empty if it has none.
    pub name: String,
    /// In the order of their names, then of their addresses.
    pub children: Vec<Branch>,
}

impl ActorTree {
    /// Puts together what was seen of each actor.
    pub(crate) fn of(all: Vec<Relation>) -> Self {
        let alive: BTreeSet<ActorId> = all.iter().map(|(actor, ..)| *actor).collect();
        let parents: BTreeSet<ActorId> =
            all.iter().filter_map(|(.., parent)| parent.as_ref().map(|(parent, _)| *parent)).collect();
        let mut children: BTreeMap<ActorId, Vec<Branch>> = BTreeMap::new();
        let mut tree = ActorTree::default();
        for (actor, of, parent) in all {
            let (parent, name) = parent.unzip();
            if parent.is_none() && !parents.contains(&actor) {
                *tree.alone.entry(of).or_default() += 1;
                continue;
            }
            let branch = Branch { actor, of, name: name.unwrap_or_default(), children: Vec::new() };
            // A parent that has ended, or lives in another system, has no place here.
            match parent.filter(|parent| alive.contains(parent)) {
                Some(parent) => children.entry(parent).or_default().push(branch),
                None => tree.roots.push(branch),
            }
        }
        tree.roots.sort_by(order);
        // By a list of what is still to be filled, not by recursion: trees may be deep.
        let mut open: Vec<&mut Branch> = tree.roots.iter_mut().collect();
        while let Some(branch) = open.pop() {
            branch.children = children.remove(&branch.actor).unwrap_or_default();
            branch.children.sort_by(order);
            open.extend(branch.children.iter_mut());
        }
        tree
    }
}

fn order(one: &Branch, other: &Branch) -> std::cmp::Ordering {
    (&one.name, one.actor).cmp(&(&other.name, other.actor))
}

impl fmt::Display for ActorTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut open: Vec<(usize, &Branch)> = self.roots.iter().rev().map(|root| (0, root)).collect();
        let mut between = "";
        while let Some((depth, branch)) = open.pop() {
            f.write_str(between)?;
            (0..depth).try_for_each(|_| f.write_str("  "))?;
            between = "\n";
            if !branch.name.is_empty() {
                write!(f, "{}: ", branch.name)?;
            }
            write!(f, "{} {}", branch.of, branch.actor)?;
            open.extend(branch.children.iter().rev().map(|child| (depth + 1, child)));
        }
        for (n, (of, count)) in self.alone.iter().enumerate() {
            match (n, between) {
                (0, "") => f.write_str("without kin: ")?,
                (0, _) => f.write_str("\nand without kin: ")?,
                _ => f.write_str(", ")?,
            }
            write!(f, "{count} x {of}")?;
        }
        Ok(())
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        // Not by recursion either.
        let mut open = std::mem::take(&mut self.children);
        while let Some(mut branch) = open.pop() {
            open.append(&mut branch.children);
        }
    }
}
