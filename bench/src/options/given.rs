//! What the flags were given, word for word: what is said of one shows what its reader wrote.

use std::ffi::OsString;

/// The words of a command line.
#[derive(Debug, Clone, Default)]
pub(super) struct Given(Vec<String>);

impl Given {
    pub(super) fn of(args: &[OsString]) -> Self {
        Self(args.iter().map(|word| word.to_string_lossy().into_owned()).collect())
    }

    /// What `flag` was given, in its own word or the next one.
    pub(super) fn value(&self, flag: &str) -> Option<&str> {
        let mut words = self.0.iter().map(String::as_str);
        // A flag may begin with another's name.
        let rest = words.find_map(|word| {
            word.strip_prefix(flag).filter(|rest| rest.is_empty() || rest.starts_with('='))
        })?;
        rest.strip_prefix('=').or_else(|| words.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_its_own_word_and_in_the_next() {
        let of = |line: &str| Given::of(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        for (line, value) in [
            ("ring --crash 1/5", Some("1/5")),
            ("ring --crash=1/5 --crash-by error", Some("1/5")),
            ("ring --crash-by error --crash 1/5", Some("1/5")),
            ("ring --crash= --out x", Some("")),
            ("ring --crash", None),
            ("ring --crash-by=error", None),
            ("ring", None),
        ] {
            assert_eq!(of(line).value("--crash"), value, "{line}");
        }
    }
}
