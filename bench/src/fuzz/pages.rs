//! What a run leaves as JSON and the page that is made of it, what programs answer, and figures of others.

use super::one_line;
use super::scratch::Scratch;
use crate::assertion::{self, metric::Metric};
use crate::peers::answer::Answer;
use crate::peers::task::Asked;
use crate::prices::measure;
use crate::report::{folder, others};
use crate::savina::measured::Measured;
use crate::series::fresh;
use crate::series::samples::Samples;
use crate::statistics::median;
use crate::table::answer;
use crate::table::profile::Measure;
use std::time::Duration;

fn rendered(scratch: &Scratch) {
    match folder::render(scratch.path()) {
        Err(refused) => one_line(&refused.to_string()),
        Ok(page) => {
            assert!(page.page.starts_with("<!doctype html>") && page.page.ends_with("</html>\n"));
            assert!(page.drawings.iter().all(|(_, svg)| svg.contains("<svg") && svg.ends_with("</svg>\n")));
            page.missing.iter().for_each(|missing| one_line(&missing.to_string()));
        }
    }
}

/// The JSON of a run of any schema.
pub(super) fn page(bytes: &[u8]) {
    let scratch = Scratch::new();
    // Which of both it is for, its schema says.
    let table = bytes.windows(7).any(|part| part == b"table/1");
    scratch.file(if table { "table.json" } else { "run.json" }, bytes);
    rendered(&scratch);
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Figures of others are a file too.
        assert!(others::of(text).starts_with('<'));
    }
}

const SAMPLED: &str = r#"{"p50":1,"p90":1,"p99":1,"p99_9":1,"max":1,"mean":1.0,"count":1,"saturated":0}"#;

/// The log of a run whose JSON is as it should be.
pub(super) fn log(bytes: &[u8]) {
    let scratch = Scratch::new();
    let run = format!(
        r#"{{"schema":"run/1","workload":"ask","mode":"closed","validity":{{"valid":true}},"latency_ns":{{"response":{SAMPLED}}}}}"#
    );
    scratch.file("run.json", run.as_bytes());
    scratch.file("latency.hlog", bytes);
    rendered(&scratch);
}

/// The JSON that one run of a series left, with what is asserted of it.
pub(super) fn run(bytes: &[u8]) {
    let scratch = Scratch::new();
    scratch.file("run.json", bytes);
    let read = match fresh::read(scratch.path()) {
        Err(why) => return one_line(&why),
        Ok(read) => read.expect("it is there").0,
    };
    let asked = "p99<1us,lost==0,throughput>1,refused==0,dropped==0,ledger.handled>0,facts.a.b<1,load.sent>1";
    let asked = assertion::parse(asked).expect("as the manual has it");
    assertion::failed(&asked, &read).iter().for_each(|why| one_line(why));
    for name in ["cpu", "rate", "stall_ns.p99", "engine.steals", "response.count"] {
        let metric = Metric::parse(name).expect("as the manual has it");
        if let Some(figure) = metric.of(&read) {
            one_line(&metric.kind().show(figure));
        }
    }
    match Samples::read(&scratch.path().join("latency.hlog"), &read["latency_ns"]) {
        Err(why) => one_line(&why),
        Ok(samples) => assert!(samples.response().is_none_or(|all| all.is_empty())),
    }
}

/// What a program of the table, of the price list, of the suite or of the peers answers on its last line.
pub(super) fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for of in Measure::ALL {
        match answer::parse(of, &text) {
            Err(refused) => one_line(&refused.to_string()),
            Ok((answer::Figure::Latency(latency, samples), _)) => {
                assert_eq!(latency.count, samples.histogram.len());
                assert!(latency.p50.is_none_or(|p50| p50 <= latency.max));
            }
            Ok(_) => {}
        }
    }
    for of in measure::Measure::ALL {
        if let Ok(Some(figure)) = measure::read(&text, of, 9) {
            assert!(figure.is_finite() && figure >= 0.0, "{text}");
        }
    }
    if let Some(measured) = Measured::read(&text) {
        assert!(median(&measured.iterations).is_some_and(|ns| ns.is_finite() && ns > 0.0), "{text}");
    }
    let asked = ["ask:2:100", "memory:9:1", "open:1:10000"]
        .map(|asked| Asked::parse(asked).expect("as the manual has it"));
    let (line, time) = (text.lines().next_back().unwrap_or_default(), Duration::from_millis(10));
    for asked in asked {
        match Answer::read(line, "go", &[asked], time) {
            Err(why) => one_line(&why),
            Ok(answer) => assert!(answer.rows[0].messages <= asked.most(time), "{text}"),
        }
    }
}
