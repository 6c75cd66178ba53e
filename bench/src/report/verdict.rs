//! The first thing on a page: whether its figures hold, and what they are.

use std::fmt::Write;

use super::escape::escape;
use super::raw::shape::Validity;

/// How many reasons are shown; the files have all of them.
const MOST_REASONS: usize = 20;

/// The verdict as HTML: the state, `said` behind it, and below each reason why the figures do not hold.
pub fn html(validity: &Validity, said: &str) -> String {
    let (class, state) = match (validity.valid, validity.interrupted) {
        (false, _) => ("bad", "Not valid."),
        (true, true) => ("partial", "Interrupted: what was measured until then."),
        (true, false) if !validity.failed_assertions.is_empty() => ("bad", "Valid, but an assertion failed."),
        (true, false) => ("good", "Valid."),
    };
    let mut out = format!("<p class=\"verdict {class}\"><strong>{state}</strong> {}</p>\n", escape(said));
    let reasons: Vec<&String> = validity.wrong.iter().chain(&validity.failed_assertions).collect();
    if !reasons.is_empty() {
        out.push_str("<ul class=\"wrong\">");
        for reason in reasons.iter().take(MOST_REASONS) {
            let _ = write!(out, "<li>{}</li>", escape(reason));
        }
        if reasons.len() > MOST_REASONS {
            let _ = write!(out, "<li>and {} more</li>", reasons.len() - MOST_REASONS);
        }
        out.push_str("</ul>\n");
    } else if !validity.valid {
        out.push_str("<ul class=\"wrong\"><li>the file does not say why</li></ul>\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_comes_first_and_each_reason_is_told() {
        let whole = Validity { valid: true, ..Validity::default() };
        assert!(
            html(&whole, "5 runs").starts_with("<p class=\"verdict good\"><strong>Valid.</strong> 5 runs")
        );
        let stopped = Validity { interrupted: true, ..whole };
        assert!(html(&stopped, "").contains("verdict partial"));
        let asserted =
            Validity { valid: true, failed_assertions: vec!["p99<1us".into()], ..Validity::default() };
        let text = html(&asserted, "");
        assert!(text.contains("verdict bad") && text.contains("<li>p99&lt;1us</li>"), "{text}");
        let lost = Validity { wrong: vec!["3 lost".into(); 25], interrupted: true, ..Validity::default() };
        let text = html(&lost, "");
        assert!(text.contains("verdict bad") && text.contains("Not valid"), "{text}");
        assert_eq!((text.matches("<li>3 lost</li>").count(), text.contains("and 5 more")), (20, true));
        assert!(html(&Validity::default(), "").contains("does not say why"));
    }
}
