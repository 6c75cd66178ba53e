//! The log hub writes what goes wrong as events of `tracing`, with its fields, for the subscriber of who has called it.

#[path = "promises/watchdog.rs"]
mod watchdog;

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Child, Context, Directive, Fault, Inline, Options, Overflow, Supervisor, System};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Metadata, Subscriber};
use watchdog::watch;

const SOON: Duration = Duration::from_secs(60);

/// Keeps events as lines.
#[derive(Clone, Default)]
struct Kept {
    lines: Arc<Mutex<Vec<String>>>,
    panics: bool,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
        written.expect("a string takes it");
    }
}

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "throng");
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let mut lines = self.lines.lock().expect("no panic holds it");
        lines.push(line.0);
        let first = lines.len() == 1;
        drop(lines);
        assert!(!(self.panics && first), "the disk is full");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Kept {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().expect("no panic holds it"))
    }

    fn hub(&self, system: &System) -> throng::Address<throng::Logged> {
        with_default(self.clone(), || system.log_to_tracing())
    }
}

struct Frail {
    resumes: bool,
}

impl Actor for Frail {
    type Msg = bool;
    fn handle(&mut self, panics: bool, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        assert!(!panics, "a panic");
        Err(Fault::msg("an error"))
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

const FRAIL: &str = "\"log_hub::Frail\"";

#[test]
fn faults_dead_letters_and_drops_are_events_with_their_fields() {
    let mut inline = System::builder().inline();
    let kept = Kept::default();
    let hub = kept.hub(inline.system());
    let resumes = inline.spawn(Frail { resumes: true });
    let ends = inline.spawn(Frail { resumes: false });
    resumes.try_send(false).expect("a place");
    ends.try_send(true).expect("a place");
    ends.try_send(false).expect("a place");
    inline.run_until_idle();
    let mut lines = kept.take();
    lines.sort();
    assert_eq!(
        lines,
        [
            format!(
                "ERROR an actor has failed actor={} of={FRAIL} cause=panicked: a panic panicked=true then=ends missed=0",
                ends.id()
            ),
            format!(
                "WARN a dead letter actor={} of={FRAIL} letter=\"bool\" cause=failed missed=0",
                ends.id()
            ),
            format!(
                "WARN an actor has failed actor={} of={FRAIL} cause=an error panicked=false then=resumes missed=0",
                resumes.id()
            ),
        ]
    );
    let options = Options::builder().capacity(1).overflow(Overflow::DropNewest).build().expect("in range");
    let full = inline.system().try_spawn(Frail { resumes: true }, &options).expect("room");
    full.send(false).expect("taken");
    full.send(false).expect("dropped");
    inline.run_until_idle();
    let dropped = format!("DEBUG a message was dropped actor={} of={FRAIL} cause=newest missed=0", full.id());
    assert_eq!(kept.take()[0], dropped);
    // Its end is the end of it.
    let _told = hub.stop();
    inline.run_until_idle();
    resumes.try_send(false).expect("a place");
    inline.run_until_idle();
    assert_eq!(kept.take(), Vec::<String>::new());
}

#[test]
fn restarts_and_escalations_are_events_of_their_place_in_the_tree() {
    let mut inline = System::builder().inline_virtual();
    let kept = Kept::default();
    kept.hub(inline.system());
    let crew = || {
        Supervisor::new()
            .intensity(1, Duration::from_secs(60))
            .child(Child::new("frail", || Frail { resumes: false }))
    };
    let root = Supervisor::new().intensity(0, Duration::from_secs(60)).child(Child::supervisor("crew", crew));
    let tree = inline.system().supervise(root).expect("a tree");
    inline.run_until_idle();
    assert_eq!(
        kept.take(),
        [
            "DEBUG a child has started path=\"crew/frail\" missed=0",
            "DEBUG a child has started path=\"crew\" missed=0"
        ]
    );
    let fail = |inline: &mut Inline| {
        let frail = tree.child::<bool>("crew/frail").expect("it is there");
        frail.try_send(false).expect("a place");
        inline.run_until_idle();
        let of_the_tree = |line: &String| line.contains("path=") || line.contains("a tree");
        kept.take().into_iter().filter(of_the_tree).collect::<Vec<_>>()
    };
    let failed = format!(
        "WARN a child has failed path=\"crew/frail\" of={FRAIL} cause=an error panicked=false missed=0"
    );
    assert_eq!(
        fail(&mut inline),
        [
            failed.as_str(),
            "INFO a child is to be restarted path=\"crew/frail\" after=0ns missed=0",
            "INFO a child was restarted path=\"crew/frail\" missed=0",
        ]
    );
    let gave_up = fail(&mut inline);
    assert_eq!(gave_up[0], failed);
    let ended = "WARN a child has ended path=\"crew/frail\" cause=killed missed=0";
    assert!(gave_up.iter().any(|line| line == ended), "{gave_up:#?}");
    let crew = "WARN a child has failed path=\"crew\" of=\"throng::supervisor::child::Supervisor\" cause=child \"frail\" failed: an error";
    assert!(gave_up.iter().any(|line| line.starts_with(crew)), "{gave_up:#?}");
    assert_eq!(gave_up.last().map(String::as_str), Some("ERROR a tree has given up path=\"\" missed=0"));
}

#[test]
fn workers_write_for_the_subscriber_of_who_called_and_one_that_panics_loses_one_event() {
    let _watched = watch("workers write");
    let system = System::builder().workers(2).build().expect("workers");
    let kept = Kept { panics: true, ..Kept::default() };
    kept.hub(&system);
    let frail = system.spawn(Frail { resumes: true });
    for _ in 0..3 {
        frail.try_send(false).expect("a place");
    }
    system.quiesce(SOON).expect("rest");
    // Written before it panicked; its own fault is not written.
    let lines = kept.take();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("then=resumes")), "{lines:#?}");
    let ledger = system.shutdown(SOON).expect("it comes down");
    assert_eq!(ledger.faults, 4);
}
