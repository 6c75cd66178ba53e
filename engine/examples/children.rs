//! A parent and its children: it hears of the end of each, whatever that was, as a message among its others; and who is left.

use std::collections::BTreeSet;
use throng::{Actor, Context, Ended, Fault, Options, System};

/// Counts down by the numbers that it is sent, and is done at zero.
struct Task {
    left: u32,
}

impl Actor for Task {
    type Msg = u32;

    fn handle(&mut self, step: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.left = self.left.checked_sub(step).ok_or_else(|| Fault::msg("a step too far"))?;
        if self.left == 0 {
            cx.stop();
        }
        Ok(())
    }
}

#[derive(Default)]
struct Parent {
    working: BTreeSet<&'static str>,
}

enum Msg {
    /// A task of three, and the steps that it takes.
    Begin(&'static str, &'static [u32]),
    Over(&'static str, Ended),
}

impl Actor for Parent {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Begin(name, steps) => {
                let over = move |ended| Msg::Over(name, ended);
                let task = cx.spawn_child(name, Task { left: 3 }, &Options::default(), over)?;
                self.working.insert(name);
                for &step in steps {
                    cx.send(task, step)?;
                }
                if steps.is_empty() {
                    let _ = task.kill();
                }
            }
            Msg::Over(name, Ended { exit, .. }) => {
                self.working.remove(name);
                println!("{name}: {exit}; at work: {:?}", self.working);
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let parent = inline.spawn(Parent::default());
    parent.try_send(Msg::Begin("patient", &[1, 1]))?;
    parent.try_send(Msg::Begin("good", &[1, 2]))?;
    parent.try_send(Msg::Begin("hasty", &[2, 2]))?;
    parent.try_send(Msg::Begin("unwanted", &[]))?;
    inline.run_until_idle();
    for parent in inline.system().tree().roots {
        let names: Vec<_> = parent.children.iter().map(|child| child.name.as_str()).collect();
        println!("in the tree: {} with {names:?}", parent.of);
    }
    Ok(())
}
