//! Which figure `throng compare` compares: the usual one of a load, and none that the load sets or cannot have.

use crate::assertion::metric::Metric;
use crate::options::{Mode, Options};

/// What the plan of an open load sets, whatever runs it.
const PLANNED: [&str; 9] = [
    "msgs_per_s",
    "ns_per_msg",
    "elapsed_ns",
    "messages",
    "load.rate_actual",
    "load.rate_target",
    "load.planned",
    "load.sent",
    "load.measured_ns",
];

/// The figure of two sides that are read as these options, as far as they can be read here.
///
/// # Errors
/// One line on why the given one tells no difference, and what does.
pub(super) fn figure(given: Option<Metric>, sides: &[&Options]) -> Result<Metric, String> {
    let open = sides.iter().any(|side| side.mode() == Mode::Open);
    let Some(given) = given else {
        let open_first = sides.iter().find(|side| side.mode() == Mode::Open).or(sides.first());
        let usual = open_first.map_or("ns_per_msg", |side| side.usual_figure());
        return Ok(Metric::parse(usual).unwrap_or_else(|why| unreachable!("{usual}: {why}")));
    };
    let name = given.name();
    let refused = |why: &str| Err::<Metric, String>(format!("--metric got {name:?}: {why}"));
    if open && PLANNED.contains(&name) {
        return refused(
            "the plan of an open load sets it, on both sides: takes response.p50, service.p99, lag.p99, cpu and the like",
        );
    }
    if name == "lost" {
        return refused("it is 0 in every run that holds: takes ns_per_msg, response.p50, cpu and the like");
    }
    for side in sides {
        side.records(&given).or_else(|why| refused(&why).map(drop))?;
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: Option<&str>, sides: &[&str]) -> Result<String, String> {
        let read = |line: &&str| match Options::read(line.split_whitespace().map(Into::into)) {
            Ok(options) => options,
            Err(refused) => panic!("{line}: {refused:?}"),
        };
        let sides: Vec<Options> = sides.iter().map(read).collect();
        let given = given.map(|name| Metric::parse(name).unwrap_or_else(|why| panic!("{name}: {why}")));
        figure(given, &sides.iter().collect::<Vec<_>>()).map(|metric| metric.name().to_owned())
    }

    #[test]
    fn a_load_has_its_usual_figure() {
        for (sides, usual) in [
            (&["ring", "ring"][..], "ns_per_msg"),
            (&[], "ns_per_msg"),
            (&["mesh --rate 1k", "mesh --rate 1k"], "response.p50"),
            (&["mesh", "mesh --rate 1k"], "response.p50"),
            (&["mesh --rate 1k", "mesh"], "response.p50"),
            (&["idle", "idle"], "bytes_per_actor"),
            (&["inject", "inject"], "response.p50"),
        ] {
            assert_eq!(of(None, sides).as_deref(), Ok(usual), "{sides:?}");
        }
    }

    #[test]
    fn what_cannot_tell_a_difference_is_refused() {
        let open = ["mesh --rate 1k", "mesh --rate 1k"];
        for name in ["ns_per_msg", "throughput", "elapsed", "messages", "rate", "load.planned"] {
            let why = of(Some(name), &open).expect_err(name);
            assert!(why.contains("the plan of an open load sets it") && !why.contains('\n'), "{why}");
            assert!(of(Some(name), &["mesh", "mesh --rate 1k"]).is_err(), "{name}");
        }
        for (name, sides) in [
            ("lost", &["ring", "ring"][..]),
            ("response.p50", &["idle"]),
            ("service.p50", &["ring"]),
            ("lag.max", &["mesh"]),
            ("response.p99", &["ring --sample off"]),
            ("load.refused", &["ring"]),
            ("ns_per_msg", &["idle"]),
            ("bytes_per_actor", &["ring"]),
        ] {
            let why = of(Some(name), sides).expect_err(name);
            assert!(why.starts_with("--metric got ") && !why.contains('\n'), "{why}");
        }
        for (name, sides) in [
            ("response.p99", &open[..]),
            ("lag.p99", &open),
            ("cpu", &open),
            ("response.p99", &["ring", "ring"]),
            ("throughput", &["ring", "ring"]),
            ("bytes_per_actor", &["idle", "idle"]),
            ("service.p99", &["no-op", "no-op"]),
        ] {
            assert!(of(Some(name), sides).is_ok(), "{name} of {sides:?}: {:?}", of(Some(name), sides));
        }
    }
}
