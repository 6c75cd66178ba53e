//! A supervisor with four workers: each works through its jobs, one stumbles, is made anew under the same address, and goes on with
//! what waits in its mailbox. In the end all stop, the last first.

use std::time::Duration;
use throng::{Actor, Child, Context, Fault, Happened, Supervisor, System, TreeEvent};

struct Worker {
    id: u32,
    done: u32,
}

struct Job(u32);

impl Actor for Worker {
    type Msg = Job;

    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("worker {} is there", self.id);
        Ok(())
    }

    fn handle(&mut self, Job(n): Job, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.id == 3 && n == 2 {
            return Err(Fault::msg("this job is too hard"));
        }
        self.done += 1;
        println!("worker {} has done job {n}, its {}.", self.id, self.done);
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("worker {} stops", self.id);
    }
}

/// Hears what happens.
struct Foreman;

impl Actor for Foreman {
    type Msg = TreeEvent;

    fn handle(&mut self, event: TreeEvent, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match event.what {
            Happened::Failed(why) => println!("{} has failed: {why}", event.path),
            Happened::Restarted => println!("{} is back", event.path),
            _ => {}
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One thread, so that the lines come in one order.
    let mut inline = System::builder().inline();
    let foreman = inline.spawn(Foreman);
    let mut root = Supervisor::new().intensity(3, Duration::from_secs(5)).events_to(foreman.recipient());
    for id in 1..=4 {
        root = root.child(Child::new(format!("worker-{id}"), move || Worker { id, done: 0 }));
    }
    let tree = inline.system().supervise(root)?;
    inline.run_until_idle();
    for job in 1..=3 {
        for id in 1..=4 {
            let worker = tree.child::<Job>(&format!("worker-{id}")).ok_or("it has started")?;
            worker.try_send(Job(job))?;
        }
    }
    inline.run_until_idle();
    println!("restarts: {}", tree.restarts());
    tree.begin_stop();
    inline.run_until_idle();
    Ok(())
}
