//! Who watches faults hears of each, with what follows from it, once, and not of its own; who watches trees, of all.

use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{
    Actor, ActorFailed, Address, Aftermath, Attempts, Child, Context, Decision, Directive, Fault, Happened,
    Inline, Options, Poison, Recipient, Supervisor, System, TreeEvent,
};

/// Fails as it is told.
struct Frail {
    resumes: bool,
}

#[derive(Clone)]
enum How {
    Error,
    Panic,
    /// And does not know what to do about it.
    Helpless,
    AtTheEnd,
}

impl Actor for Frail {
    type Msg = How;
    fn handle(&mut self, how: How, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match how {
            How::Error => return Err(Fault::msg("an error")),
            How::Panic => panic!("a panic"),
            How::Helpless => return Err(Fault::msg("helpless")),
            How::AtTheEnd => cx.stop(),
        }
        Ok(())
    }
    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        assert!(fault.to_string() != "helpless", "no idea");
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        panic!("famous last words");
    }
}

/// Passes on what it hears.
struct Ear<N>(Sender<N>);

impl<N: Send + 'static> Actor for Ear<N> {
    type Msg = N;
    fn handle(&mut self, news: N, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(news).map_err(|_| Fault::msg("nobody listens"))?;
        Ok(())
    }
}

fn ear<N: Send + 'static>(inline: &mut Inline) -> (Recipient<N>, Receiver<N>) {
    let (tell, heard) = channel();
    (inline.spawn(Ear(tell)).recipient(), heard)
}

fn short(news: &ActorFailed) -> (&str, bool, Aftermath, u64) {
    (&news.cause, news.panicked, news.then, news.missed)
}

#[test]
fn each_is_told_of_with_what_follows() {
    use Aftermath::{Ends, Resumes};
    let mut inline = System::builder().inline();
    let (to, heard) = ear(&mut inline);
    inline.system().watch_faults(to);
    let mut told = 0;
    for (resumes, how, wanted) in [
        (false, How::Error, vec![("an error", false, Ends, 0)]),
        (true, How::Error, vec![("an error", false, Resumes, 0)]),
        (false, How::Panic, vec![("panicked: a panic", true, Ends, 0)]),
        (true, How::Helpless, vec![("panicked: no idea", true, Ends, 0), ("helpless", false, Ends, 0)]),
        (false, How::AtTheEnd, vec![("panicked: famous last words", true, Ends, 0)]),
    ] {
        let frail = inline.spawn(Frail { resumes });
        frail.try_send(how).expect("a place");
        inline.run_until_idle();
        let news: Vec<_> = heard.try_iter().collect();
        assert_eq!(news.iter().map(short).collect::<Vec<_>>(), wanted);
        for one in &news {
            assert_eq!((one.actor, one.of), (frail.id(), std::any::type_name::<Frail>()));
        }
        told += news.len() as u64;
    }
    assert_eq!(inline.system().ledger().faults, told);
    assert_eq!(
        [Resumes, Aftermath::Retries, Aftermath::Supervised, Ends].map(|then| then.to_string()),
        ["resumes", "retries", "supervised", "ends"]
    );
}

/// Sends what fails, to be tried twice.
struct Insistent(Address<How>);

impl Actor for Insistent {
    type Msg = Poison<How>;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send_tracked(self.0, How::Error, Attempts::Twice, |poison| poison)
            .map_err(|_| Fault::msg("no place"))
    }
    fn handle(&mut self, _: Poison<How>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn of_what_is_tried_again_each_attempt_is_told() {
    let mut inline = System::builder().inline();
    let (to, heard) = ear(&mut inline);
    inline.system().watch_faults(to);
    let frail = inline.spawn(Frail { resumes: false });
    inline.spawn(Insistent(frail));
    inline.run_until_idle();
    let then: Vec<_> = heard.try_iter().map(|news: ActorFailed| news.then).collect();
    assert_eq!(then, [Aftermath::Retries, Aftermath::Ends]);
    assert_eq!(inline.system().ledger().faults, 2);
}

#[test]
fn of_a_supervised_one_too_and_who_watches_trees_hears_what_is_decided() {
    let mut inline = System::builder().inline_virtual();
    let (to, heard) = ear(&mut inline);
    inline.system().watch_faults(to);
    let (to, trees) = ear(&mut inline);
    inline.system().watch_trees(to);
    let (to, named) = ear(&mut inline);
    let root = Supervisor::new()
        .events_to(to)
        .intensity(1, Duration::from_secs(60))
        .child(Child::new("frail", || Frail { resumes: false }));
    let tree = inline.system().supervise(root).expect("a tree");
    // Another one, that names nobody.
    let other = Supervisor::new()
        .on_fault(|_, _| Decision::Resume)
        .child(Child::new("other", || Frail { resumes: false }));
    let other = inline.system().supervise(other).expect("a tree");
    inline.run_until_idle();
    for how in [How::Error, How::Error] {
        tree.child::<How>("frail").expect("it is there").try_send(how).expect("a place");
        inline.run_until_idle();
    }
    other.child::<How>("other").expect("it is there").try_send(How::Panic).expect("a place");
    inline.run_until_idle();
    let faults: Vec<_> =
        heard.try_iter().map(|news: ActorFailed| (news.cause.to_string(), news.then)).collect();
    let gives_up = "child \"frail\" failed: an error (restarts allowed: 1 within 60s)";
    let supervised = |cause: &str| (cause.to_owned(), Aftermath::Supervised);
    assert_eq!(
        faults,
        [
            supervised("an error"),
            supervised("an error"),
            (gives_up.to_owned(), Aftermath::Ends),
            supervised("panicked: a panic"),
        ]
    );
    let line = |event: TreeEvent| {
        assert_eq!(event.missed, 0);
        let what = match event.what {
            Happened::Failed(_) => "failed",
            Happened::Restarting { .. } => "restarting",
            Happened::Restarted => "restarted",
            Happened::Started => "started",
            Happened::Ended(_) => "ended",
            _ => "escalated",
        };
        format!("{}: {what}", event.path)
    };
    let (all, named): (Vec<_>, Vec<_>) =
        (trees.try_iter().map(line).collect(), named.try_iter().map(line).collect());
    let (of_other, of_first): (Vec<_>, Vec<_>) = all.into_iter().partition(|line| line.starts_with("other"));
    assert_eq!(of_first, named);
    assert_eq!(
        named,
        [
            "frail: started",
            "frail: failed",
            "frail: restarting",
            "frail: restarted",
            "frail: failed",
            "frail: ended",
            ": escalated",
        ]
    );
    assert_eq!(of_other, ["other: started", "other: failed"]);
}

#[test]
fn what_finds_no_place_is_counted_in_the_next() {
    let mut inline = System::builder().inline();
    let (tell, heard) = channel();
    let two = Options::builder().capacity(2).build().expect("in range");
    let slow = inline.system().try_spawn(Ear(tell), &two).expect("room");
    inline.system().watch_faults(slow.recipient());
    assert!(slow.suspend());
    let frail = inline.spawn(Frail { resumes: true });
    let fail = |inline: &mut Inline| {
        frail.try_send(How::Error).expect("a place");
        inline.run_until_idle();
    };
    (0..5).for_each(|_| fail(&mut inline));
    assert!(slow.resume());
    inline.run_until_idle();
    fail(&mut inline);
    let missed: Vec<_> = heard.try_iter().map(|news: ActorFailed| news.missed).collect();
    assert_eq!(missed, [0, 0, 3]);
    let ledger = inline.system().ledger();
    assert_eq!((ledger.faults, ledger.refused.full), (6, 3));
}

/// Fails of all it hears.
struct Squeamish;

impl Actor for Squeamish {
    type Msg = ActorFailed;
    fn handle(&mut self, _: ActorFailed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("how sad"))
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

#[test]
fn a_watcher_hears_nothing_of_itself_and_is_forgotten_when_it_ends() {
    let mut inline = System::builder().inline();
    let _watched = watch("a watcher hears nothing of itself");
    let squeamish = inline.spawn(Squeamish);
    inline.system().watch_faults(squeamish.recipient());
    let frail = inline.spawn(Frail { resumes: true });
    let fail = |inline: &mut Inline| {
        frail.try_send(How::Error).expect("a place");
        inline.run_until_idle();
        inline.system().ledger().faults
    };
    assert_eq!(fail(&mut inline), 2);
    assert!(inline.system().describe().contains("faults are told to 1"));
    let _told = squeamish.stop();
    inline.run_until_idle();
    assert_eq!(fail(&mut inline), 3);
    assert!(!inline.system().describe().contains("faults are told"));
}
