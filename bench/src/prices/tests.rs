//! Lists by programs that answer what a test wants.

use super::feature::Feature;
use super::list::{Outcome, Plan, run};
use super::measure::Sizes;
use super::text;
use crate::alone::asking::Program;
use crate::alone::stand_in::Scratch;
use crate::price::figure::Figure;
use crate::series::load_text::ruled;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

/// `tell FIELD FIGURE [RECEIVED]` answers that.
const TELL: &str = r#"tell() { echo "{\"$1\":$2,\"sent\":$last,\"received\":${3:-$last}}"; }"#;

fn program(scratch: &Scratch, deed: &str) -> Program {
    scratch.program("price", &format!("{TELL}\n{deed}"))
}

const TWO: [Feature; 2] = [Feature::Base, Feature::Flow];
/// Whole chunks: what is asked for is what is sent.
const SIZES: Sizes = Sizes { items: 6_400, actors: 100 };
/// What goes wrong nowhere: the base has `$n`, everything else twice that.
const GOOD: &str = r#"
    case "$*" in
        "price message base"*) tell ns_per_message $n;;
        "price message"*) tell ns_per_message $((2 * n));;
        *) tell bytes_per_actor 64;;
    esac"#;

fn of(program: &Program, rounds: u32, stop: &AtomicBool) -> Outcome {
    let plan = Plan { program, features: &TWO, rounds, sizes: SIZES, command: vec!["prices".into()] };
    run(plan, stop, &mut |_| {})
}

#[test]
fn rounds_go_there_and_back() {
    let scratch = Scratch::new("prices-rounds");
    let outcome = of(&program(&scratch, GOOD), 2, &AtomicBool::new(false));
    assert_eq!(outcome.exit, 0, "{:?}", outcome.prices.validity);
    let there = [
        "message base 64 6400",
        "message flow 64 6400",
        "message base 1 6400",
        "message flow 1 6400",
        "actor base 100",
        "actor flow 100",
    ];
    let mut expected: Vec<String> = there.iter().map(|line| format!("price {line}")).collect();
    for pair in there.chunks(2) {
        expected.extend(pair.iter().rev().map(|line| format!("price {line}")));
    }
    assert_eq!(scratch.asked(), expected);
    // Round 1 asked for the base first, 1 and 4; round 2 last, 8 and 14.
    let [base, flow] = &outcome.prices.features[..] else { panic!("two rows") };
    let each = |figure: &Option<Figure>| figure.as_ref().map(|figure| figure.each.clone());
    assert_eq!(each(&base.stream.ns_per_message), Some(vec![Some(1.0), Some(8.0)]));
    assert_eq!(each(&flow.stream.ns_per_message), Some(vec![Some(4.0), Some(14.0)]));
    assert_eq!(each(&flow.stream.ratio), Some(vec![Some(4.0), Some(1.75)]));
    assert_eq!(each(&base.ping_pong.ratio), Some(vec![Some(1.0), Some(1.0)]));
    assert_eq!(each(&flow.actor.more), Some(vec![Some(0.0), Some(0.0)]));
    assert!(outcome.prices.work.quick && outcome.prices.validity.valid);
}

#[test]
fn a_planted_wrong_count_is_found() {
    for (name, deed, code, why) in [
        (
            "lost",
            "tell ns_per_message 1 6399",
            5,
            "round 1 of 3: base, stream: items: 6400 were to be, 6399 are",
        ),
        ("said", "echo 'throng: price: lost' >&2; exit 5", 5, "round 1 of 3: base, stream: lost"),
        ("broken", "exit 1", 1, "round 1 of 3: base, stream: exit status: 1"),
        ("silent", "", 1, "round 1 of 3: base, stream: an answer that cannot be read: "),
    ] {
        let scratch = Scratch::new(&format!("prices-{name}"));
        let outcome = of(&program(&scratch, deed), 3, &AtomicBool::new(false));
        assert_eq!((outcome.exit, &outcome.prices.validity.wrong), (code, &vec![why.to_owned()]), "{name}");
        assert_eq!(scratch.asked().len(), 1, "{name}: it went on");
        let kept = scratch.0.join("kept");
        outcome.save(&kept, &text::markdown(&outcome.prices)).expect("writable");
        for file in ["env.json", "summary.md", "run.json"] {
            assert!(
                kept.join(format!("{file}.FAIL")).exists() && !kept.join(file).exists(),
                "{name}: {file}"
            );
        }
        let summary = fs::read_to_string(kept.join("summary.md.FAIL")).expect("it is there");
        assert!(summary.contains("NOT VALID") && summary.contains(why), "{summary}");
    }
}

#[test]
fn what_was_measured_before_an_interrupt_is_kept() {
    let scratch = Scratch::new("prices-interrupted");
    let program = program(&scratch, GOOD);
    let stop = AtomicBool::new(false);
    let plan = Plan { program: &program, features: &TWO, rounds: 9, sizes: SIZES, command: vec![] };
    let outcome = run(plan, &stop, &mut |place| {
        if place == "round 2 of 9: base, stream" {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert_eq!((outcome.exit, outcome.prices.validity.interrupted), (130, true));
    assert!(outcome.prices.validity.valid, "{:?}", outcome.prices.validity);
    let [base, flow] = &outcome.prices.features[..] else { panic!("two rows") };
    // Round 2 begins with the last.
    let each = |figure: &Option<Figure>| figure.as_ref().map(|figure| figure.each.clone());
    assert_eq!(each(&flow.stream.ns_per_message), Some(vec![Some(4.0), Some(14.0)]));
    assert_eq!(each(&base.stream.ns_per_message), Some(vec![Some(1.0), None]));
    assert_eq!(each(&flow.stream.ratio), Some(vec![Some(4.0), None]));
    assert!(text::markdown(&outcome.prices).contains("1 of 9 rounds, 2 features, interrupted"));
}

#[test]
fn the_table_has_a_row_of_seven_cells_for_each() {
    let scratch = Scratch::new("prices-table");
    let of = |rounds: u32| of(&program(&scratch, GOOD), rounds, &AtomicBool::new(false)).prices;
    let one = of(1);
    let markdown = text::markdown(&one);
    assert!(
        markdown.contains("| nothing: `mute`, which is the default | 1.0 | 1 | 3.0 | 1 | 64 | 0 |\n"),
        "{markdown}"
    );
    let flow = "| credit flow in place of sends | 4.0 | 4.00 | 8.0 | 2.67 | 64 | +0 |\n";
    assert!(markdown.contains(flow), "{markdown}");
    assert!(markdown.contains("QUICK"), "{markdown}");
    let two = text::markdown(&of(2));
    // Smallest and largest; two rounds have no interval.
    assert!(two.contains("| credit flow in place of sends | 9.0 (4.0 to 14.0) | 2.88 |"), "{two}");
    let five = text::markdown(&of(5));
    let flow = five.lines().find(|line| line.starts_with("| credit flow")).expect("its row");
    assert_eq!(flow.matches(" to ").count(), 6, "{flow}");
    assert!(five.contains("95 % bootstrap"), "{five}");
}

#[test]
fn too_few_actors_are_not_weighed_and_that_is_told() {
    let scratch = Scratch::new("prices-few");
    let program = program(&scratch, &GOOD.replace("bytes_per_actor 64", "bytes_per_actor null"));
    let outcome = of(&program, 2, &AtomicBool::new(false));
    assert_eq!(outcome.exit, 0, "{:?}", outcome.prices.validity);
    assert!(outcome.prices.features.iter().all(|price| price.actor.bytes_per_actor.is_none()));
    let text = text::text(&outcome.prices);
    assert!(text.starts_with("prices, 2 rounds") && text.contains("too few actors to weigh"), "{text}");
}

/// The cells of each row of the list that stands in `text` as `summary.md` has it.
fn pasted(text: &str) -> Result<Vec<Vec<&str>>, String> {
    let heads = ruled(&text::HEADS, &[]);
    let (_, rows) = text.split_once(&heads).ok_or_else(|| format!("no table with the heads\n{heads}"))?;
    Ok(rows
        .lines()
        .map_while(|row| row.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").collect())
        .collect())
}

#[test]
fn what_is_written_is_found_where_it_was_pasted() {
    let scratch = Scratch::new("prices-pasted");
    let prices = of(&program(&scratch, GOOD), 5, &AtomicBool::new(false)).prices;
    let page = format!("# A page\n\n{}\n| another | table |\n", text::markdown(&prices));
    let rows = pasted(&page).expect("it is there");
    let words: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(words, TWO.map(Feature::words));
    assert!(rows.iter().all(|row| row.len() == text::HEADS.len()), "{rows:?}");
}

/// After a change to the list: `throng prices --out DIR`, and the table of `DIR/summary.md` as it is into that section.
#[test]
fn the_readme_of_the_engine_has_a_price_for_each_feature() {
    const SECTION: &str = "## What each feature costs when it is switched on\n";
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/README.md"));
    let readme = readme.expect("the engine is beside the instrument");
    let (_, section) = readme.split_once(SECTION).expect("it has that section");
    let section = section.split("\n## ").next().expect("the first part");
    let rows = pasted(section).unwrap_or_else(|why| panic!("engine/README.md: {why}"));
    let words: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let listed = Feature::ALL.map(Feature::words);
    let missing: Vec<&str> = listed.into_iter().filter(|row| !words.contains(row)).collect();
    let unknown: Vec<&&str> = words.iter().filter(|row| !listed.contains(row)).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:#?}, unknown: {unknown:#?}");
    assert_eq!(words, listed, "each once, in the order of the list");
    for row in &rows {
        assert!(row.len() == text::HEADS.len() && !row.contains(&"-"), "not a figure in each cell: {row:?}");
    }
    assert!(!section.contains("QUICK"), "no figures to go by");
}
