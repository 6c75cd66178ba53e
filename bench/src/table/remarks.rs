//! What a reader must know of a row's figures, as the figures themselves tell it: the same below the table and on its page.

use super::model::{Measured, Row};
use crate::units;
use serde_json::Value;

/// Of `row`, on the machine that `env` tells of.
pub fn remarks(row: &Row, env: &Value) -> Vec<String> {
    let Some(measured) = &row.measured else { return Vec::new() };
    let latencies = [("one way", &measured.one_way_ns), ("ask", &measured.ask_ns)];
    let means = latencies.into_iter().filter_map(|(name, latency)| {
        let batch = latency.as_ref().map(|latency| latency.batch).filter(|batch| *batch > 1)?;
        Some(format!("{name}: each sample is the mean of {} round trips", units::count(batch)))
    });
    let faster = measured.speedup.zip(env["processors"].as_u64());
    let faster = faster.and_then(|(speedup, processors)| beyond(&row.name, speedup, processors));
    means.chain(faster).chain(limited(measured)).collect()
}

/// What `threads` stands for: the word covers whatever the system gives so many of.
fn limited(measured: &Measured) -> Option<String> {
    (measured.actors_limit == "threads").then(|| {
        "actors: no more threads, processes or open files were to be had: for more of them raise what the system allows (ulimit -u, \
         ulimit -n, and pids.max of a container)"
            .into()
    })
}

/// A speed-up that no number of processors explains; as it is shown, in hundredths.
fn beyond(name: &str, speedup: f64, processors: u64) -> Option<String> {
    let is_beyond = (speedup * 100.0).round() > processors as f64 * 100.0;
    is_beyond.then(|| {
        let processors = units::counted(processors, "processor");
        format!(
            "speed-up: {speedup:.2} x is more than {processors} can give: the runs on one worker, by which it is divided, were slow for a \
             reason of their own (a neighbour meanwhile, cold caches, too short a measure); measure it again and for longer: --only \
             {name} --profile paper"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::model::Latency;
    use serde_json::json;

    fn row(speedup: Option<f64>) -> Row {
        let latency = |batch| Some(Latency { p50: Some(1.0), p99: None, max: 2.0, batch, count: 100 });
        let measured = Measured {
            actors: 1,
            actors_limit: "time".into(),
            one_way_ns: latency(1_000),
            ask_ns: latency(1),
            msgs_per_s: None,
            bytes_per_actor: None,
            speedup,
        };
        Row { name: "thespian-tcp".into(), claim: None, measured: Some(measured), note: String::new() }
    }

    #[test]
    fn a_speed_up_beyond_the_processors_is_told_as_such() {
        let told = |speedup, env: Value| {
            let all = remarks(&row(speedup), &env);
            assert_eq!(all[0], "one way: each sample is the mean of 1,000 round trips");
            all.into_iter().skip(1).collect::<Vec<_>>()
        };
        let two = json!({"processors": 2});
        let beyond = told(Some(2.29), two.clone());
        let [line] = &beyond[..] else { panic!("{beyond:?}") };
        assert!(line.starts_with("speed-up: 2.29 x is more than 2 processors can give: "), "{line}");
        assert!(
            line.ends_with("measure it again and for longer: --only thespian-tcp --profile paper"),
            "{line}"
        );
        assert_eq!(told(Some(2.006), two.clone()).len(), 1, "it is shown as 2.01");
        // Shown as 2.00; below; not measured; on more processors; on a machine that does not tell.
        for (speedup, env) in [
            (Some(2.004), two.clone()),
            (Some(1.97), two.clone()),
            (None, two),
            (Some(2.29), json!({"processors": 4})),
            (Some(2.29), json!({})),
            (Some(2.29), Value::Null),
        ] {
            assert_eq!(told(speedup, env.clone()), [""; 0], "{speedup:?} {env}");
        }
        assert!(told(Some(1.2), json!({"processors": 1}))[0].contains(" 1 processor can give"));
        assert_eq!(remarks(&Row { measured: None, ..row(None) }, &json!({})), [""; 0]);
    }

    #[test]
    fn what_threads_stands_for_is_told() {
        let mut row = row(None);
        row.measured.as_mut().expect("it was").actors_limit = "threads".into();
        let told = remarks(&row, &Value::Null);
        assert!(told[1].contains("open files") && told[1].contains("ulimit -n"), "{told:?}");
        for other in ["time", "memory", "target"] {
            row.measured.as_mut().expect("it was").actors_limit = other.into();
            assert_eq!(remarks(&row, &Value::Null).len(), 1, "{other}");
        }
    }
}
