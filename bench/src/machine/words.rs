//! The machine in a line, from the certificate of a run.

use crate::units;
use serde_json::Value;

/// Its processors, and what crossing between them cost around the run.
pub fn line(env: &Value) -> String {
    let cross = &env["cross_core_ns"];
    let crossing = match (cross["before"].as_f64(), cross["after"].as_f64()) {
        (Some(before), Some(after)) => {
            format!("a crossing between cores {} before, {} after", units::time(before), units::time(after))
        }
        _ => "a crossing between cores not measured".into(),
    };
    format!("{}, {crossing}", processors(env))
}

/// Its processors, and what else went on there.
pub fn whole(env: &Value) -> String {
    let parts = [processors(env), others(env)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// What they are, and how many of them this process may use.
pub fn processors(env: &Value) -> String {
    let cpu = env["cpu"].as_str().unwrap_or("processor not told");
    let many = env["processors"].as_u64();
    format!("{cpu}, {}", many.map_or("number not told".into(), |n| units::counted(n, "processor")))
}

/// What else went on there around the run: how many programs wanted to run, the mean of a minute, and what the hypervisor gave to others. Empty where neither
/// is told.
pub fn others(env: &Value) -> String {
    let mut parts = Vec::new();
    let load = &env["load_per_minute"];
    if let (Some(before), Some(after)) = (load["before"].as_f64(), load["after"].as_f64()) {
        parts.push(format!("load average {before:.2} before, {after:.2} after"));
    }
    if let Some(stolen) = env["stolen_ns"].as_f64() {
        parts.push(format!("the hypervisor gave {} of the processors' time to others", units::time(stolen)));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let env = json!({
            "cpu": "A processor", "processors": 2, "cross_core_ns": {"before": 94.04, "after": 110.2},
            "load_per_minute": {"before": 1.06, "after": 1.96}, "stolen_ns": 12_630_000_000_u64,
        });
        assert_eq!(
            line(&env),
            "A processor, 2 processors, a crossing between cores 94.0 ns before, 110 ns after"
        );
        assert_eq!(
            others(&env),
            "load average 1.06 before, 1.96 after; the hypervisor gave 12.6 s of the processors' \
             time to others"
        );
        let nothing = json!({});
        assert_eq!(
            line(&nothing),
            "processor not told, number not told, a crossing between cores not measured"
        );
        assert_eq!(others(&nothing), "");
    }
}
