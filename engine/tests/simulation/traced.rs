//! What a trace says, and that saying it changes nothing.

use throng::sim::{self, Faults, Simulation};
use throng::{Actor, Address, Context, Fault, System};

/// Passes on what it gets.
struct Relay(Option<Address<Parcel>>);

#[derive(Clone, Copy)]
struct Parcel;

impl Actor for Relay {
    type Msg = Parcel;
    fn handle(&mut self, parcel: Parcel, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(next) = self.0 {
            cx.send(next, parcel)?;
        }
        Ok(())
    }
}

fn relays(sim: &mut Simulation) {
    let last = sim.spawn(Relay(None));
    let first = sim.spawn(Relay(Some(last)));
    for _ in 0..8 {
        first.try_send(Parcel).expect("there is room");
    }
    sim.run_until_idle();
}

#[test]
fn it_names_steps_actors_and_the_types_of_messages() {
    let mut sim = System::builder().workers(1).simulated(1);
    relays(&mut sim);
    let trace = sim.trace();
    let lines: Vec<_> = trace.lines().collect();
    let relay = "simulation::traced::Relay";
    let message = "handles a message: simulation::traced::Parcel";
    assert!(
        lines[0].contains(&format!(" 1 worker 0: {relay} #")) && lines[0].ends_with(" has a turn"),
        "{trace}"
    );
    let last = lines.last().expect("there are lines");
    assert!(last.contains(&format!(" 2 worker 0: {relay} #")) && last.ends_with(message), "{trace}");
    assert_eq!(lines.iter().filter(|line| line.ends_with(message)).count(), 16, "{trace}");
}

#[test]
fn what_happens_in_the_middle_of_a_turn_is_further_to_the_right() {
    let column = |line: &str| line.find("worker ").expect("every line has one");
    let worker = |line: &str| line[column(line)..].split(':').next().map(str::to_owned);
    let mut nested = 0;
    for seed in 0..20 {
        let mut sim = System::simulated(seed);
        relays(&mut sim);
        let trace = sim.trace();
        let lines: Vec<_> = trace.lines().collect();
        let columns: Vec<_> = lines.iter().map(|line| column(line)).collect();
        assert_eq!(columns[0], *columns.iter().min().expect("there are lines"));
        for (n, column) in columns.iter().enumerate() {
            let inside = (column - columns[0]) / 2;
            // As deep as there are workers, and each below a turn of another worker's.
            assert!(inside < 3, "{trace}");
            nested += usize::from(inside > 0);
            if let Some(outer) = columns[..n].iter().rposition(|before| before < column) {
                assert_ne!(worker(lines[outer]), worker(lines[n]), "{trace}");
            }
        }
    }
    assert!(nested > 20, "{nested}");
}

#[test]
fn notes_are_among_the_events_and_no_part_of_the_hash() {
    let run = |noted: bool| {
        let mut sim = System::simulated(3);
        sim.faults(Faults::none().panics(2));
        if noted {
            sim.note("before anything");
        }
        relays(&mut sim);
        if noted {
            sim.note(format!("after {} choices\nand so on", sim.choices().len()));
        }
        sim.advance(std::time::Duration::from_millis(5));
        (sim.trace_hash(), sim.choices(), sim.trace())
    };
    let ((hash, choices, without), (noted_hash, noted_choices, noted)) = (run(false), run(true));
    assert_eq!((hash, &choices), (noted_hash, &noted_choices));
    let words: Vec<_> = noted.lines().filter(|line| !without.contains(*line)).map(str::trim_start).collect();
    let after = format!("note: after {} choices", choices.len());
    assert!(noted.starts_with("     0.000ns     0 note: before anything\n"), "{noted}");
    assert!(words.len() == 3 && words[1].ends_with(&after) && words[2].ends_with(" and so on"), "{words:?}");
    // What came after them does.
    assert!(noted.trim_end().ends_with("time has passed"), "{noted}");
    assert_eq!(noted.lines().count(), without.lines().count() + 3);
}

/// Of the simulation that is stepped, and nobody else's; what it is made of is not formed where there is none.
#[test]
fn a_handler_can_say_what_its_message_is() {
    struct Teller(bool);
    impl Actor for Teller {
        type Msg = u32;
        fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            if self.0 {
                let mut inner = System::builder().workers(1).simulated(0);
                inner.spawn(Teller(false)).try_send(10 * n)?;
                inner.run_until_idle();
                assert!(inner.trace().ends_with(&format!("note: it is {}\n", 10 * n)), "{}", inner.trace());
            }
            sim::note(format_args!("it is {n}"));
            Ok(())
        }
    }
    struct Unformed;
    impl std::fmt::Display for Unformed {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("nobody reads it")
        }
    }
    sim::note(Unformed);
    let mut sim = System::simulated(4);
    let (one, two) = (sim.spawn(Teller(false)), sim.spawn(Teller(true)));
    one.try_send(1_u32).expect("there is room");
    two.try_send(2_u32).expect("there is room");
    sim.expect(two, |n| *n == 2);
    sim.note("the test says this");
    sim.expect(one, |n| *n == 1);
    let (trace, hash) = (sim.trace(), sim.trace_hash());
    let notes: Vec<_> =
        trace.lines().filter_map(|line| line.split_once("note: ")).map(|note| note.1).collect();
    assert_eq!(notes, ["it is 2", "the test says this", "it is 1"], "{trace}");
    sim::note(Unformed);
    assert_eq!(sim.trace_hash(), hash);
    // Behind the message that it is of.
    let lines: Vec<_> = trace.lines().collect();
    let said = lines.iter().position(|line| line.ends_with("it is 2")).expect("it is there");
    assert!(lines[said - 1].contains("handles a message"), "{trace}");
}
