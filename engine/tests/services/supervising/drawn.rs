//! A supervisor with its children in the picture that `System::tree` draws, also in the midst of a restart.

use super::{Msg, Stage, Worker};
use std::time::Duration;
use throng::{ActorTree, Backoff, Branch, Child, Order, Restart, Strategy, Supervisor};

const MS: Duration = Duration::from_millis(1);

/// a, then below with b and c in it, then t, which is temporary; a pause before each restart.
fn stage() -> Stage {
    Stage::new(|root, log| {
        let inner = log.clone();
        let below = move || {
            let below = Supervisor::new().strategy(Strategy::OneForAll).backoff(Backoff::new(MS, MS));
            below.child(Worker::child("b", &inner)).child(Worker::child("c", &inner))
        };
        root.backoff(Backoff::new(MS, MS))
            .child(Worker::child("a", log))
            .child(Child::supervisor("below", below))
            .child(Worker::child("t", log).restart(Restart::Temporary))
    })
}

/// The names of a branch and of what is below it, each indented; checks that what is drawn says the same.
fn names(tree: &ActorTree) -> Vec<String> {
    fn add(branch: &Branch, depth: usize, names: &mut Vec<String>, lines: &mut Vec<String>) {
        let name = if branch.name.is_empty() { String::new() } else { format!("{}: ", branch.name) };
        lines.push(format!("{}{name}{} {}", "  ".repeat(depth), branch.of, branch.actor));
        names.push(format!("{}{}", "  ".repeat(depth), branch.name));
        branch.children.iter().for_each(|child| add(child, depth + 1, names, lines));
    }
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    tree.roots.iter().for_each(|root| add(root, 0, &mut all, &mut lines));
    let drawn = tree.to_string();
    assert_eq!(drawn.lines().take(lines.len()).collect::<Vec<_>>(), lines);
    all
}

impl Stage {
    fn drawn(&self) -> ActorTree {
        self.inline.system().tree()
    }
}

const ALL: [&str; 6] = ["", "  a", "  below", "    b", "    c", "  t"];

#[test]
fn a_supervisor_is_drawn_with_its_children() {
    let mut stage = stage();
    let tree = stage.drawn();
    assert_eq!(names(&tree), ALL);
    let root = &tree.roots[0];
    let of = std::any::type_name::<Supervisor>();
    assert_eq!((root.of, root.actor), (of, stage.tree.address().id()));
    assert_eq!(root.children[0].actor, stage.child("a").id());
    assert_eq!(root.children[0].of, std::any::type_name::<Worker>());
    let below = stage.tree.child::<Order>("below").expect("it has started");
    assert_eq!((root.children[1].of, root.children[1].actor), (of, below.id()));
    assert_eq!(root.children[1].children[1].actor, stage.child("below/c").id());
    // The diary has no kin.
    assert_eq!(tree.alone.values().sum::<u64>(), 1);
    stage.tree.begin_stop();
    stage.inline.run_until_idle();
    assert_eq!(names(&stage.drawn()), [""; 0]);
    stage.assert_over();
}

/// Held, and without a state, a child is in its place under its address; and so is who is restarted along with it.
#[test]
fn who_is_being_restarted_in_place_is_drawn_where_it_was() {
    for path in ["a", "below/c"] {
        let mut stage = stage();
        let before = stage.drawn().to_string();
        stage.send(path, Msg::Panic);
        assert!(stage.happened().ends_with("down for 1ms"), "it is in its pause");
        assert_eq!(stage.drawn().to_string(), before, "{path}");
        stage.inline.advance(MS);
        assert!(stage.happened().ends_with("back"));
        assert_eq!(stage.drawn().to_string(), before, "{path}");
        stage.tree.begin_stop();
        stage.assert_over();
    }
}

/// Who has ended is not drawn until it is made anew, which gives it another address; a temporary one is not.
#[test]
fn who_has_ended_is_drawn_once_it_is_there_again() {
    let mut stage = stage();
    let before = stage.child("below/b");
    let _ = before.kill();
    stage.send("t", Msg::Fail);
    assert_eq!(names(&stage.drawn()), ["", "  a", "  below", "    c"]);
    stage.inline.advance(MS);
    let tree = stage.drawn();
    assert_eq!(names(&tree), &ALL[..5]);
    let again = tree.roots[0].children[1].children[0].actor;
    assert!(again == stage.child("below/b").id() && again != before.id());
    // A supervisor that has ended takes all below it along, and comes back with all of it.
    let _ = stage.tree.child::<Order>("below").expect("it is there").kill();
    stage.inline.run_until_idle();
    assert_eq!(names(&stage.drawn()), ["", "  a"]);
    stage.inline.advance(MS);
    assert_eq!(names(&stage.drawn()), &ALL[..5]);
    stage.tree.begin_stop();
    stage.assert_over();
}
