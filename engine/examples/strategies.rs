//! What a supervisor does about a child that failed: whom a restart takes along, how long it waits before one, what becomes of the
//! mail meanwhile, and when it is its own supervisor's matter. Time is virtual, so the pauses take none.

use std::sync::Arc;
use std::time::Duration;
use throng::{
    Actor, Backoff, Child, Context, Decision, Directory, Failure, Fault, Happened, Inline, Mail, Recipient,
    Strategy, Supervisor, System, TreeEvent,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Works on words; some are too much for it.
struct Stage(&'static str);

impl Actor for Stage {
    type Msg = &'static str;

    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("  {} begins", self.0);
        Ok(())
    }

    fn handle(&mut self, word: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if word.starts_with("bad") {
            return Err(Fault::msg(word));
        }
        println!("  {} has {word}", self.0);
        Ok(())
    }
}

/// Tells what a tree does.
struct Reporter;

impl Actor for Reporter {
    type Msg = TreeEvent;

    fn handle(
        &mut self,
        TreeEvent { path, what, .. }: TreeEvent,
        _: &mut Context<'_, Self>,
    ) -> Result<(), Fault> {
        let who = if path.is_empty() { "the root" } else { &path };
        match what {
            Happened::Failed(why) => println!("  {who} failed: {why}"),
            Happened::Restarting { after } if !after.is_zero() => println!("  {who} is down for {after:?}"),
            Happened::Escalated => println!("  {who} has given up"),
            _ => {}
        }
        Ok(())
    }
}

fn stage(name: &'static str) -> Child<Stage> {
    Child::new(name, move || Stage(name))
}

/// Sends words to a child of the tree, and lets all run.
fn tell(inline: &mut Inline, to: &Directory, path: &str, words: &[&'static str]) -> Outcome {
    let child = to.child::<&'static str>(path).ok_or("it is there")?;
    words.iter().try_for_each(|word| child.try_send(*word))?;
    inline.run_until_idle();
    Ok(())
}

/// Three that lean on each other; the second fails.
fn taken_along(inline: &mut Inline, strategy: Strategy) -> Outcome {
    println!("{strategy:?}:");
    let of_three = Supervisor::new().strategy(strategy);
    let of_three = of_three.child(stage("source")).child(stage("filter")).child(stage("sink"));
    let tree = inline.system().supervise(of_three)?;
    inline.run_until_idle();
    println!("  the filter fails");
    tell(inline, tree.directory(), "filter", &["bad"])?;
    tree.begin_stop();
    inline.run_until_idle();
    Ok(())
}

/// Twice as long a pause each time, and what waits meanwhile.
fn pauses(
    inline: &mut Inline,
    title: &str,
    mail: Mail<&'static str>,
    reporter: Recipient<TreeEvent>,
) -> Outcome {
    println!("{title}:");
    let millis = Duration::from_millis;
    let patient = Supervisor::new().backoff(Backoff::new(millis(100), millis(1_000))).events_to(reporter);
    let tree = inline.system().supervise(patient.child(stage("filter").mail(mail)))?;
    inline.run_until_idle();
    for words in [["bad", "one"], ["bad again", "two"]] {
        tell(inline, tree.directory(), "filter", &words)?;
        inline.advance(millis(200));
    }
    tree.begin_stop();
    inline.run_until_idle();
    Ok(())
}

/// What is bad is begun anew; what is worse is for those above, who begin all anew, and not twice.
fn escalation(inline: &mut Inline, reporter: Recipient<TreeEvent>) -> Outcome {
    println!("Escalate:");
    let decide = |_: &str, failure: &Failure| match failure.to_string().as_str() {
        "bad" => Decision::Restart,
        "bad luck" => Decision::Resume,
        _ => Decision::Escalate,
    };
    let line = move || Supervisor::new().on_fault(decide).child(stage("filter")).child(stage("sink"));
    let root = Supervisor::new().intensity(1, Duration::from_secs(60)).events_to(reporter);
    let tree = inline.system().supervise(root.child(Child::supervisor("line", line)))?;
    inline.run_until_idle();
    for word in ["bad luck", "bad", "bad and worse", "bad and worst"] {
        println!("  the filter is sent {word:?}");
        tell(inline, tree.directory(), "line/filter", &[word])?;
    }
    println!("  restarts: {}, the tree: {:?}", tree.restarts(), tree.exit().map(|exit| exit.to_string()));
    Ok(())
}

fn main() -> Outcome {
    let mut inline = System::builder().inline_virtual();
    let reporter = inline.spawn(Reporter).recipient();
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        taken_along(&mut inline, strategy)?;
    }
    pauses(&mut inline, "Mail::Keep", Mail::Keep, reporter)?;
    pauses(&mut inline, "Mail::Drop", Mail::Drop, reporter)?;
    let back = Arc::new(|word| println!("  {word} comes back"));
    pauses(&mut inline, "Mail::Return", Mail::Return(back), reporter)?;
    escalation(&mut inline, reporter)
}
