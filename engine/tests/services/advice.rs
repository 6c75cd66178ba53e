//! What errors tell their reader to do.

use throng::{AskError, GetError, Options, Overflow, Reason, Recipient, RegisterError, SendError, System};

struct Upstream;

impl throng::Actor for Upstream {
    type Msg = throng::Pressed;
    fn handle(&mut self, _: Self::Msg, _: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
        Ok(())
    }
}

#[test]
fn a_high_mark_out_of_its_range_is_to_move_to_where_the_range_is() {
    let inline = System::builder().inline();
    let to: Recipient<throng::Pressed> = inline.spawn(Upstream).recipient();
    let signal = Options::builder().capacity(40).overflow(Overflow::Signal).upstream(to);
    let words = |options: throng::OptionsBuilder| options.build().expect_err("out of range").to_string();
    for above in [signal.high(41), signal.low(3).high(41)] {
        let words = words(above);
        assert!(words.starts_with("high = 41 is out of range: give "), "{words}");
        assert!(
            words.ends_with(" to 40, up to the capacity: give a lower mark, or a larger capacity"),
            "{words}"
        );
    }
    let below = words(signal.high(10));
    assert!(below.ends_with("give it too, or a higher mark"), "{below}");
    assert!(!below.contains("a lower mark"), "{below}");
}

#[test]
fn what_was_refused_says_what_to_do() {
    let next_steps = [
        (SendError::Full(()), "the mailbox is full; try again later, wait for a place by `send_timeout` or"),
        (
            SendError::Closed(()),
            "the actor is stopping; it takes nothing more: send to whoever takes its place",
        ),
        (SendError::Stale(()), "the actor has ended; look up who has taken its place, in a `Registry` or"),
        (SendError::Timeout(()), "no place in the mailbox came free in time; allow more time, or send less"),
        (
            SendError::WouldBlock(()),
            "a blocking call on a worker thread would hold up other actors; use `cx.send`",
        ),
    ];
    for (refused, words) in next_steps {
        let told = refused.to_string();
        assert!(told.starts_with(&format!("message refused: {words}")), "{told}");
        let told = AskError::Refused(refused.reason()).to_string();
        assert!(told.starts_with(&format!("the question was refused: {words}")), "{told}");
    }
    // Where many of them are told in one line, each is short.
    assert_eq!(Reason::Full.to_string(), "the mailbox is full");
    assert!(
        AskError::Timeout
            .to_string()
            .ends_with("; allow more time, or see what the answerer is at by `Address::status`")
    );
    assert!(AskError::Dropped.to_string().ends_with("; `System::watch_faults` tells whether it failed"));
}

#[test]
fn an_empty_name_is_refused_as_that_of_a_child_is() {
    let inline = System::builder().inline();
    let upstream = inline.spawn(Upstream);
    let registry = inline.system().registry();
    let refused = registry.register("", upstream).expect_err("it is no name");
    assert_eq!(refused, RegisterError::Name { given: String::new() });
    let words = "\"\" is no name in the registry: a name has at least one character, so give one that has";
    assert_eq!(refused.to_string(), words);
    let refused = registry.get_or_spawn("", &Options::default(), || Upstream).expect_err("it is no name");
    assert_eq!((&refused, refused.to_string()), (&GetError::Name { given: String::new() }, words.into()));
    assert_eq!((registry.names().len(), registry.whereis::<throng::Pressed>("")), (0, Ok(None)));
    assert_eq!(inline.system().ledger().spawned, 1);
    assert!(registry.register("a", upstream).is_ok());
}
