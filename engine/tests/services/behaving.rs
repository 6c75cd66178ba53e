//! Become and unbecome.

use std::sync::mpsc::{Sender, channel};
use throng::{Becoming, Context, Directive, Fault, Inline, Next, System};

struct Log(Sender<String>);

type Cx<'a> = Context<'a, Becoming<Log, &'static str>>;
type Answer = Result<Next<Log, &'static str>, Fault>;

fn say(log: &Log, who: &str, what: &str) {
    log.0.send(format!("{who} {what}")).expect("the test listens");
}

fn calm(log: &mut Log, message: &'static str, _: &mut Cx<'_>) -> Answer {
    say(log, "calm", message);
    Ok(match message {
        "poke" => Next::become_(angry),
        "leave" => Next::unbecome(),
        _ => Next::Same,
    })
}

fn angry(log: &mut Log, message: &'static str, _: &mut Cx<'_>) -> Answer {
    say(log, "angry", message);
    match message {
        "poke" => {
            // Counts in what it captures.
            let mut left = 2;
            Ok(Next::become_(move |log: &mut Log, message, _: &mut Cx<'_>| {
                say(log, "furious", message);
                left -= 1;
                Ok(if left == 0 { Next::unbecome() } else { Next::Same })
            }))
        }
        "sulk" => Ok(Next::replace(|log: &mut Log, message, _: &mut Cx<'_>| {
            say(log, "sulking", message);
            Ok(Next::unbecome())
        })),
        "fail" => Err(Fault::msg("too much")),
        "panic" => panic!("far too much"),
        "soothe" => Ok(Next::unbecome()),
        _ => Ok(Next::Same),
    }
}

fn run(
    actor: impl FnOnce(Log) -> Becoming<Log, &'static str>,
    messages: &[&'static str],
) -> (Vec<String>, Inline) {
    let (tell, told) = channel();
    let mut inline = System::builder().inline();
    let address = inline.spawn(actor(Log(tell)));
    for message in messages {
        let _ = address.try_send(*message);
    }
    inline.run_until_idle();
    (told.try_iter().collect(), inline)
}

#[test]
fn the_behaviour_of_the_next_message_is_chosen_by_the_one_before() {
    let (told, _) = run(|log| Becoming::new(log, calm), &["a", "poke", "b", "soothe", "c"]);
    assert_eq!(told, ["calm a", "calm poke", "angry b", "angry soothe", "calm c"]);
}

#[test]
fn unbecoming_returns_level_by_level_and_the_first_stays() {
    let (told, _) = run(
        |log| Becoming::new(log, calm),
        &["poke", "poke", "x", "y", "z", "soothe", "leave", "leave", "w"],
    );
    assert_eq!(
        told,
        [
            "calm poke",
            "angry poke",
            "furious x",
            "furious y",
            "angry z",
            "angry soothe",
            "calm leave",
            "calm leave",
            "calm w"
        ]
    );
}

#[test]
fn one_that_replaces_leaves_nothing_to_return_to() {
    let (told, _) = run(|log| Becoming::new(log, calm), &["poke", "sulk", "a", "b"]);
    assert_eq!(told, ["calm poke", "angry sulk", "sulking a", "calm b"]);
}

#[test]
fn one_that_fails_stays_as_it_is_if_the_actor_goes_on() {
    let resuming = |log| Becoming::new(log, calm).on_failed(|_, _| Directive::Resume);
    let (told, inline) = run(resuming, &["poke", "fail", "a", "panic", "b", "soothe", "c"]);
    assert_eq!(
        told,
        ["calm poke", "angry fail", "angry a", "angry panic", "angry b", "angry soothe", "calm c"]
    );
    let ledger = inline.system().ledger();
    assert_eq!((ledger.faults, ledger.handled, ledger.stopped), (2, 7, 0));
}

#[test]
fn by_default_a_failure_ends_it() {
    let (told, inline) = run(|log| Becoming::new(log, calm), &["poke", "fail", "a"]);
    assert_eq!(told, ["calm poke", "angry fail"]);
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.dead.failed, ledger.stopped), (1, 1, 1));
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped");
    }
}

#[test]
fn a_behaviour_whose_drop_panics_harms_its_actor_alone_and_is_gone() {
    let first = |log: Log| {
        let bomb = Bomb;
        Becoming::new(log, move |log: &mut Log, message, _: &mut Cx<'_>| {
            let _held = &bomb;
            say(log, "first", message);
            Ok(Next::replace(calm))
        })
        .on_failed(|_, _| Directive::Resume)
    };
    let (told, inline) = run(first, &["a", "b"]);
    assert_eq!(told, ["first a", "calm b"]);
    assert_eq!(inline.system().ledger().faults, 1);
}
