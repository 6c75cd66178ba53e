//! Children: their parent is told of their end, whatever it is, and they can be drawn.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use throng::{Actor, Address, Child as Supervised, Context, Ended, Fault, Options, Supervisor, System, Tree};

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

/// Counts what it is sent.
struct Kid(Arc<AtomicU32>);

impl Actor for Kid {
    type Msg = u32;
    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(n, Ordering::Relaxed);
        Ok(())
    }
}

enum Word {
    Fail,
    /// Which state's child.
    Ended(u32, Ended),
}

/// What the states of a parent share.
#[derive(Default)]
struct Family {
    kids: Mutex<Vec<Address<u32>>>,
    /// Which state heard of the end of which state's child.
    heard: Mutex<Vec<(u32, u32, String)>>,
    sum: Arc<AtomicU32>,
}

impl Family {
    fn kid(&self, nth: usize) -> Address<u32> {
        self.kids.lock().expect("no panic")[nth]
    }

    fn heard(&self) -> Vec<(u32, u32, String)> {
        std::mem::take(&mut self.heard.lock().expect("no panic"))
    }
}

/// Each state has a child.
struct Mother(u32, Arc<Family>);

impl Actor for Mother {
    type Msg = Word;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (state, kid) = (self.0, Kid(Arc::clone(&self.1.sum)));
        let options = Options::default();
        let kid =
            cx.spawn_child(&format!("of {state}"), kid, &options, move |end| Word::Ended(state, end))?;
        self.1.kids.lock().expect("no panic").push(kid);
        Ok(())
    }
    fn handle(&mut self, word: Word, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match word {
            Word::Fail => return Err(Fault::msg("told to")),
            Word::Ended(of, end) => {
                self.1.heard.lock().expect("no panic").push((self.0, of, end.exit.to_string()));
            }
        }
        Ok(())
    }
}

fn mother(inline: &mut throng::Inline) -> (Tree, Arc<Family>) {
    let family = Arc::<Family>::default();
    let (there, states) = (Arc::clone(&family), AtomicU32::new(0));
    let child = Supervised::new("mother", move || {
        Mother(states.fetch_add(1, Ordering::Relaxed) + 1, Arc::clone(&there))
    });
    let tree = inline.system().supervise(Supervisor::new().child(child)).expect("a name");
    inline.run_until_idle();
    (tree, family)
}

#[test]
fn children_outlive_a_restart_of_their_parent_and_the_next_state_is_not_told_of_their_end() {
    let mut inline = System::builder().inline_virtual();
    let (tree, family) = mother(&mut inline);
    let parent = tree.child::<Word>("mother").expect("it has started");
    parent.try_send(Word::Fail).expect("room");
    inline.run_until_idle();
    assert!(tree.restarts() == 1 && parent.is_alive());
    // Both work, and hang below the same place.
    for n in 0..2 {
        assert!(family.kid(n).is_alive());
        family.kid(n).try_send(1 + n as u32).expect("room");
    }
    inline.run_until_idle();
    assert_eq!(family.sum.load(Ordering::Relaxed), 3);
    let drawn = inline.system().tree().to_string();
    let below = |name: &str| drawn.lines().any(|line| line.starts_with(&format!("    {name}: ")));
    assert!(below("of 1") && below("of 2"), "{drawn}");
    // Of the first one's end nobody is told; of the second's the state that has spawned it.
    for nth in 0..2 {
        let _ = family.kid(nth).stop();
        inline.run_until_idle();
        let heard = if nth == 0 { vec![] } else { vec![(2, 2, "stopped".to_string())] };
        assert_eq!(family.heard(), heard);
    }
    // A parent that is made anew, at another address, is the same to them.
    let _ = parent.kill();
    inline.run_until_idle();
    let again = tree.child::<Word>("mother").expect("it has been made anew");
    again.try_send(Word::Fail).expect("room");
    inline.run_until_idle();
    assert!(family.kid(2).is_alive() && family.kid(3).is_alive());
    let _ = family.kid(2).kill();
    inline.run_until_idle();
    assert_eq!((tree.restarts(), family.heard()), (3, vec![]));
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    // Nothing was on its way to a state that had gone.
    assert_eq!((ledger.faults, ledger.dead.total()), (2, 0), "{ledger:?}");
}

/// Its news waits in the mailbox of its parent when that is restarted.
#[test]
fn news_of_a_child_that_waits_is_void_once_its_parent_is_restarted() {
    let mut inline = System::builder().inline_virtual();
    let (tree, family) = mother(&mut inline);
    let parent = tree.child::<Word>("mother").expect("it has started");
    assert!(parent.suspend());
    parent.try_send(Word::Fail).expect("room");
    let _ = family.kid(0).stop();
    inline.run_until_idle();
    assert!(!family.kid(0).is_alive());
    assert!(parent.resume());
    inline.run_until_idle();
    assert_eq!((tree.restarts(), family.heard()), (1, vec![]));
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.dead.restarted, ledger.dead.total()), (1, 1), "{ledger:?}");
}
