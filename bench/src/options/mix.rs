//! What the users of a chat do, and how often each of it.

use std::fmt;

/// The largest weight.
const WEIGHT_MAX: u32 = 1_000;

/// Weights: of so many turns together, so many are each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Says something to a room.
    pub post: u32,
    /// Enters a room.
    pub join: u32,
    /// Leaves one.
    pub leave: u32,
    /// Works by itself.
    pub compute: u32,
}

impl Default for Mix {
    fn default() -> Self {
        Self { post: 80, join: 10, leave: 5, compute: 5 }
    }
}

/// As `--mix` takes it.
impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { post, join, leave, compute } = self;
        write!(f, "post:{post},join:{join},leave:{leave},compute:{compute}")
    }
}

impl Mix {
    /// Reads weights, commas between them; one that is not named is 0.
    ///
    /// # Errors
    /// The part that is wrong, its column (from 1, in characters), and what is taken there.
    pub fn parse(given: &str) -> Result<Self, String> {
        let mut mix = Self { post: 0, join: 0, leave: 0, compute: 0 };
        let (mut named, mut at) = (Vec::new(), 0);
        for part in given.split(',') {
            let fault = |why: String| {
                let column = given[..at].chars().count() + 1;
                format!("{part:?} at column {column}: {why}")
            };
            let (name, weight) = part.split_once(':').unwrap_or((part, ""));
            let place = match name {
                "post" => &mut mix.post,
                "join" => &mut mix.join,
                "leave" => &mut mix.leave,
                "compute" => &mut mix.compute,
                _ => return Err(fault("takes post:N, join:N, leave:N or compute:N".into())),
            };
            let digits = weight.bytes().all(|byte| byte.is_ascii_digit());
            let weight = weight.parse().ok().filter(|weight| digits && *weight <= WEIGHT_MAX);
            *place = weight
                .ok_or_else(|| fault(format!("takes {name}:N, N a whole number from 0 to {WEIGHT_MAX}")))?;
            if named.contains(&name) {
                return Err(fault(format!("{name} is given twice: takes it once")));
            }
            named.push(name);
            at += part.len() + 1;
        }
        if mix.total() == 0 {
            return Err("has nothing to do: takes one weight at least that is not 0".into());
        }
        Ok(mix)
    }

    /// All weights together.
    pub fn total(&self) -> u32 {
        self.post + self.join + self.leave + self.compute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_and_shown_as_they_are_read() {
        let mix = Mix::parse("leave:3,post:1000").expect("fits");
        assert_eq!(mix, Mix { post: 1_000, join: 0, leave: 3, compute: 0 });
        assert_eq!((mix.total(), Mix::parse(&mix.to_string())), (1_003, Ok(mix)));
        assert_eq!(Mix::parse(&Mix::default().to_string()), Ok(Mix::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (given, says) in [
            ("post:80,jon:10", "\"jon:10\" at column 9: takes post:N, join:N, leave:N or compute:N"),
            ("", "\"\" at column 1: takes post:N"),
            ("post:1,", "\"\" at column 8: takes post:N"),
            ("post", "\"post\" at column 1: takes post:N, N a whole number from 0 to 1000"),
            ("post:1001", "\"post:1001\" at column 1: takes post:N, N a whole"),
            ("join:1,post:+1", "\"post:+1\" at column 8: takes post:N, N a whole"),
            ("post:1,join:2,post:3", "\"post:3\" at column 15: post is given twice"),
            ("leave:0", "has nothing to do"),
            ("ä:1", "\"ä:1\" at column 1"),
        ] {
            let said = Mix::parse(given).expect_err(given);
            assert!(said.starts_with(says), "{given}: {said}");
        }
    }
}
