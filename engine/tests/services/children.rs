//! Children: their parent is told of their end, whatever it is, and they can be drawn.

use std::sync::{Arc, Mutex};
use throng::{Actor, Context, Ended, Fault, Options, System};

/// Fails where it is told to.
#[derive(Clone, Copy, PartialEq)]
enum Child {
    FailsAtStart,
    PanicsAtStart,
    Stops,
}

impl Actor for Child {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self {
            Child::FailsAtStart => Err(Fault::msg("no luck")),
            Child::PanicsAtStart => panic!("no luck at all"),
            Child::Stops => {
                cx.stop();
                Ok(())
            }
        }
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Parent(Arc<Mutex<Vec<String>>>);

impl Actor for Parent {
    type Msg = Ended;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for (name, child) in
            [("first", Child::FailsAtStart), ("second", Child::PanicsAtStart), ("third", Child::Stops)]
        {
            cx.spawn_child(name, child, &Options::default(), |ended| ended)?.try_send(()).expect("room");
        }
        Ok(())
    }
    fn handle(&mut self, ended: Ended, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.lock().expect("no panic").push(ended.exit.to_string());
        Ok(())
    }
}

#[test]
fn a_failing_start_makes_dead_letters_and_tells_the_parent() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut inline = System::builder().inline();
    inline.spawn(Parent(Arc::clone(&heard)));
    inline.run_until_idle();
    assert_eq!(
        *heard.lock().expect("no panic"),
        ["failed: no luck", "failed: panicked: no luck at all", "stopped"]
    );
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.dead.failed, ledger.handled), (2, 4), "{ledger:?}");
}

/// Has so many generations below it.
struct Elder(u32);

impl Actor for Elder {
    type Msg = Option<Ended>;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.0 > 0 {
            for name in ["b", "a"] {
                cx.spawn_child(name, Elder(self.0 - 1), &Options::default(), Some)?;
            }
        }
        Ok(())
    }
    fn handle(&mut self, _: Option<Ended>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Line(u32);

impl Actor for Line {
    type Msg = Ended;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.0 > 0 {
            cx.spawn_child("next", Line(self.0 - 1), &Options::default(), |ended| ended)?;
        }
        Ok(())
    }
    fn handle(&mut self, _: Ended, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn a_tree_is_drawn() {
    let mut inline = System::builder().inline();
    let root = inline.spawn(Elder(2));
    inline.run_until_idle();
    let drawn = inline.system().tree().to_string();
    let names: Vec<_> = drawn.lines().map(|line| line.rsplit_once(' ').expect("an address").0).collect();
    let of = "services::children::Elder";
    assert_eq!(
        names,
        [
            of.to_string(),
            format!("  a: {of}"),
            format!("    a: {of}"),
            format!("    b: {of}"),
            format!("  b: {of}"),
            format!("    a: {of}"),
            format!("    b: {of}"),
        ]
    );
    // Who has lost its parent is a root, under the name it had.
    let _ = root.stop();
    inline.spawn(Elder(0));
    inline.run_until_idle();
    let tree = inline.system().tree();
    assert_eq!(tree.roots.iter().map(|root| root.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(tree.alone.values().sum::<u64>(), 1);
    assert!(tree.to_string().ends_with(&format!("\nand without kin: 1 x {of}")));
}

#[test]
fn a_deep_tree_is_drawn_too() {
    let mut inline = System::builder().inline();
    inline.spawn(Line(10_000));
    inline.run_until_idle();
    let tree = inline.system().tree();
    assert_eq!((tree.roots.len(), tree.alone.len()), (1, 0));
    assert_eq!(tree.to_string().lines().count(), 10_001);
}
