//! What the figures of a run count, also of one from before that was written down.

use super::shape::{Compare, Load, Run, Sweep};

const OPEN: &str = "open";

/// What an open load counts, and has always counted, or any other.
fn of_mode(open: bool) -> &'static str {
    if open { "arrival" } else { "message" }
}

/// Whether these words ask for an open load.
fn asks_for_open(command: &[String]) -> bool {
    command.iter().any(|word| {
        ["--rate", "--arrival", "--mode=open"].iter().any(|flag| word.starts_with(flag)) || word == OPEN
    })
}

impl Run {
    /// What each figure counts.
    pub fn counts(&self) -> &str {
        self.counts.as_deref().unwrap_or(of_mode(self.mode == OPEN))
    }
}

impl Load {
    /// What each figure counts.
    pub fn counts(&self) -> &str {
        self.counts.as_deref().unwrap_or(of_mode(self.mode.as_deref() == Some(OPEN)))
    }
}

impl Sweep {
    /// What each figure counts.
    pub fn counts(&self) -> &str {
        let open = self.over == "rate" || asks_for_open(&self.command);
        self.counts.as_deref().unwrap_or(of_mode(open))
    }
}

impl Compare {
    /// What each figure counts.
    pub fn counts(&self) -> &str {
        self.counts.as_deref().unwrap_or(of_mode(asks_for_open(&self.command)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_open_load_that_does_not_say_counts_arrivals() {
        let load = |mode: Option<&str>, counts: Option<&str>| -> Load {
            let validity = json!({"valid": true, "interrupted": false, "wrong": []});
            serde_json::from_value(json!({
                "workload": "mesh", "mode": mode, "counts": counts, "command": [], "started": "", "runs": [],
                "over_runs": {}, "validity": validity, "jitter": null, "tail": null,
            }))
            .expect("a load")
        };
        for (mode, counts, told) in [
            (Some("open"), None, "arrival"),
            (Some("closed"), None, "message"),
            (None, None, "message"),
            (Some("open"), Some("ask"), "ask"),
        ] {
            assert_eq!(load(mode, counts).counts(), told, "{mode:?} {counts:?}");
        }
    }

    #[test]
    fn words_tell_an_open_load() {
        for (line, open) in [
            ("compare --a= --b= -- mesh --rate 5k", true),
            ("sweep mesh --rate=5k --over=hops=1..4", true),
            ("sweep mesh --arrival constant", true),
            ("sweep mesh --mode open", true),
            ("sweep mesh --mode=open", true),
            ("sweep mesh --mode closed --over=workers=1..2", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(asks_for_open(&words), open, "{line}");
        }
    }
}
