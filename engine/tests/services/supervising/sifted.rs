//! What the engine itself has put into a mailbox stays there over a restart that empties it, also where messages are sorted: it
//! is found by the next state, and holds nobody up.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Address, AskError, Backoff, Child, Context, Fault, Inline, Mail, Options, Overflow, Reply,
    Supervisor, System, Tree,
};

const MS: Duration = Duration::from_millis(1);

enum Msg {
    /// Asks, and fails.
    AskAndFail,
    Ask,
    Told(AskError),
}

/// Asks one that never answers.
struct Asker {
    of: Address<Reply<()>>,
    told: Sender<AskError>,
}

impl Asker {
    fn ask(&self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let told = |outcome: Result<(), AskError>| Msg::Told(outcome.expect_err("nobody answers"));
        Ok(cx.ask_within(5 * MS, self.of, |reply| reply, told)?)
    }
}

impl Actor for Asker {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::AskAndFail => {
                self.ask(cx)?;
                return Err(Fault::msg("as told"));
            }
            Msg::Ask => self.ask(cx)?,
            Msg::Told(error) => self.told.send(error).expect("the test listens"),
        }
        Ok(())
    }
}

/// Keeps every question.
#[derive(Default)]
struct Silent(Vec<Reply<()>>);

impl Actor for Silent {
    type Msg = Reply<()>;
    fn handle(&mut self, reply: Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.push(reply);
        Ok(())
    }
}

fn stage(of: &str, mail: Mail<Msg>, lives: bool) -> (Inline, Tree, Receiver<AskError>) {
    let options = Options::builder();
    let options = match of {
        "lanes" => options.lanes(),
        "batches" => options.gather(4, Duration::ZERO),
        "newest" => options.overflow(Overflow::DropOldest),
        "exactly the newest" => options.overflow(Overflow::DropOldestExact),
        _ => options,
    };
    let mut inline = System::builder().inline_virtual();
    let silent = inline.spawn(Silent::default());
    if !lives {
        let _ = silent.stop();
        inline.run_until_idle();
    }
    let (told, tells) = channel();
    let make = move || Asker { of: silent, told: told.clone() };
    let child = Child::new("asker", make).options(options.build().expect("in range")).mail(mail);
    let root = Supervisor::new().backoff(Backoff::new(20 * MS, 20 * MS)).child(child);
    let tree = inline.system().supervise(root).expect("one name");
    inline.run_until_idle();
    (inline, tree, tells)
}

fn each(test: impl Fn(&str, Mail<Msg>)) {
    for of in ["none", "lanes", "batches", "newest", "exactly the newest"] {
        test(of, Mail::Drop);
        test(of, Mail::Return(Arc::new(|_| ())));
    }
}

#[test]
fn an_outcome_for_the_state_before_does_not_lie_there_for_ever() {
    each(|of, mail| {
        let what = format!("sorted by {of}, mail {mail:?}");
        // The question is refused at once: the outcome lies in the mailbox when the handler fails.
        let (mut inline, tree, tells) = stage(of, mail, false);
        let asker = tree.child::<Msg>("asker").expect("it has started");
        asker.try_send(Msg::AskAndFail).expect("room");
        inline.advance(100 * MS);
        assert_eq!(tree.restarts(), 1, "{what}");
        let ledger = inline.system().quiesce(Duration::ZERO).unwrap_or_else(|busy| panic!("{what}: {busy}"));
        assert_eq!((ledger.queued, ledger.dead.restarted), (0, 1), "{what}");
        assert!(tells.try_recv().is_err(), "{what}: told of what another state has asked");
    });
}

#[test]
fn the_news_of_a_deadline_is_not_lost() {
    each(|of, mail| {
        let what = format!("sorted by {of}, mail {mail:?}");
        let (mut inline, tree, tells) = stage(of, mail, true);
        let asker = tree.child::<Msg>("asker").expect("it has started");
        // The deadline passes while the child is down: its news waits in the mailbox.
        asker.try_send(Msg::AskAndFail).expect("room");
        inline.advance(100 * MS);
        assert_eq!(tree.restarts(), 1, "{what}");
        asker.try_send(Msg::Ask).expect("room");
        inline.advance(100 * MS);
        assert_eq!(tells.try_recv(), Ok(AskError::Timeout), "{what}");
        inline.system().quiesce(Duration::ZERO).unwrap_or_else(|busy| panic!("{what}: {busy}"));
    });
}

#[test]
fn messages_are_handed_back_oldest_first_from_wherever_they_lie() {
    for of in ["none", "lanes", "batches", "newest", "exactly the newest"] {
        let back = Arc::new(Mutex::new(0));
        let count = Arc::clone(&back);
        let mail = Mail::Return(Arc::new(move |_| *count.lock().expect("no panic") += 1));
        let (mut inline, tree, _tells) = stage(of, mail, false);
        let asker = tree.child::<Msg>("asker").expect("it has started");
        asker.try_send(Msg::AskAndFail).expect("room");
        for _ in 0..3 {
            asker.try_send(Msg::Ask).expect("room");
        }
        inline.advance(100 * MS);
        let ledger = inline.system().quiesce(Duration::ZERO).unwrap_or_else(|busy| panic!("{of}: {busy}"));
        assert_eq!((*back.lock().expect("no panic"), ledger.returned.restart), (3, 3), "{of}");
    }
}
