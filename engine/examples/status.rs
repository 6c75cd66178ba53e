//! What everybody is at: who is whose child, one actor, and a system as a whole. `dump_all` says all of that in words, of every system of
//! the process, for a watchdog or a signal.

use throng::{Actor, Branch, Child, Context, Fault, Options, Supervisor, System};

struct Clerk;

impl Actor for Clerk {
    type Msg = u32;

    fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }

    fn options() -> Options {
        Options::builder().capacity(4).count_handled().build().unwrap_or_default()
    }
}

fn draw(branches: &[Branch], depth: usize) {
    for branch in branches {
        let name = if branch.name.is_empty() { "(root)" } else { &branch.name };
        println!("{:depth$}{name}: {}", "", branch.of);
        draw(&branch.children, depth + 2);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let desk =
        || Supervisor::new().child(Child::new("first", || Clerk)).child(Child::new("second", || Clerk));
    let tree = inline.system().supervise(Supervisor::new().child(Child::supervisor("desk", desk)))?;
    inline.run_until_idle();
    draw(&inline.system().tree().roots, 0);

    let clerk = tree.child::<u32>("desk/first").ok_or("it has started")?;
    clerk.try_send(1_u32)?;
    inline.run_until_idle();
    clerk.suspend();
    inline.run_until_idle();
    (2..5_u32).try_for_each(|n| clerk.try_send(n))?;
    let one = clerk.status().ok_or("it lives")?;
    println!(
        "suspended: {}, {} of {} pending, {:?} handled",
        one.suspended, one.pending, one.capacity, one.handled
    );
    clerk.resume();
    inline.run_until_idle();

    let all = inline.system().status();
    println!("{} living, {} pending", all.living, all.pending);
    println!("nobody waits: {}", throng::dump_all().contains("nobody waits for a place"));
    Ok(())
}
