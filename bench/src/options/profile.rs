//! How much time a measurement is to take, in one word.

use std::str::FromStr;
use std::time::Duration;

/// How much time a measurement may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// A look whether everything works.
    Smoke,
    /// What a figure wants.
    #[default]
    Default,
    /// Long enough to be quoted.
    Paper,
}

impl Profile {
    /// All of them, shortest first.
    pub const ALL: [Profile; 3] = [Profile::Smoke, Profile::Default, Profile::Paper];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Smoke => "smoke",
            Profile::Default => "default",
            Profile::Paper => "paper",
        }
    }

    /// What `--profile` takes.
    pub fn accepted() -> String {
        format!("one of {}", Profile::ALL.map(Profile::name).join(", "))
    }

    /// How often a load is run by a command that does several runs.
    pub fn runs(self) -> u32 {
        match self {
            Profile::Smoke => 2,
            Profile::Default => 5,
            Profile::Paper => 10,
        }
    }

    /// How many pairs of runs a comparison takes.
    pub fn pairs(self) -> u32 {
        match self {
            // Fewer have no interval.
            Profile::Smoke => 5,
            Profile::Default | Profile::Paper => 10,
        }
    }

    /// The measured time of a load; `None` where that is the load's own.
    pub(super) fn duration(self) -> Option<Duration> {
        match self {
            Profile::Smoke => Some(Duration::from_secs(1)),
            Profile::Default => None,
            Profile::Paper => Some(Duration::from_secs(30)),
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("--profile takes {}, not {text:?}", Profile::accepted()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
        }
        let error = "nonsense".parse::<Profile>().expect_err("no profile");
        assert_eq!(error, "--profile takes one of smoke, default, paper, not \"nonsense\"");
    }

    #[test]
    fn a_longer_profile_runs_longer_and_more_often() {
        let [smoke, default, paper] = Profile::ALL.map(Profile::runs);
        assert!(smoke < default && default < paper);
        assert!(Profile::Smoke.duration() < Profile::Paper.duration());
    }
}
