//! What befalls a child at an odd moment of a restart, found by `woods.rs`.

use super::Stage;
use super::blueprint::{Floor, MS, Manner, Node, Script};
use std::sync::Arc;
use std::time::Duration;
use throng::{Decision, Order, Restart, Shutdown, Strategy};

const LONG: Duration = Duration::from_secs(60);

fn node(name: &'static str, kind: Restart, floor: Option<Floor>) -> Node {
    let floor = floor.map(Arc::new);
    Node { name, kind, verdict: Decision::Restart, shutdown: Shutdown::default(), floor }
}

fn floor(strategy: Strategy, pause: u32, children: Vec<Node>) -> Floor {
    let pauses = Some((MS * pause, MS * pause));
    Floor { strategy, most: 3, within: LONG, pauses, quiet: LONG, children }
}

/// A transient child that is told to stop while a restart brings it up was made again by that restart, untold and uncounted.
#[test]
fn one_that_ends_in_good_order_while_it_is_brought_up_has_ended() {
    let script = Script::default();
    let below = floor(Strategy::OneForOne, 30, vec![node("a", Restart::Permanent, None)]);
    let children = vec![node("t", Restart::Transient, Some(below)), node("z", Restart::Permanent, None)];
    let root = floor(Strategy::OneForAll, 5, children);
    let mut stage = Stage::new(|_, _| root.supervisor("", &script));
    assert_eq!(stage.happened(), "t/a started, t started, z started");
    // It takes its time to come up.
    script.break_starts("t/a", Manner::Error, 1);
    let t = stage.tree.child::<Order>("t").expect("it has started");
    let _ = t.kill();
    stage.inline.advance(MS * 5);
    assert_eq!(
        stage.happened(),
        "t ended (killed), t down for 5ms, z down for 5ms, t/a failed (fault 1), t/a down for 30ms"
    );
    let t = stage.tree.child::<Order>("t").expect("it is starting");
    let _ = t.stop_now();
    stage.inline.advance(LONG);
    assert_eq!(stage.happened(), "t ended (stopped), z back");
    assert_eq!((stage.tree.directory().paths(), stage.tree.restarts()), (vec!["z".to_string()], 2));
    stage.tree.begin_stop();
    stage.assert_over();
}
