//! How much work an iteration of a workload is.

/// One of three sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// To see that it works: some ten thousand messages at most, also for the simulation.
    Small,
    /// That of the suite as it was published.
    Default,
    /// More, where the machine has the memory and the time: ten times the default as a rule.
    Large,
}

impl Size {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Small, Self::Default, Self::Large];

    /// The name, as it stands on the command line and in `savina/1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Default => "default",
            Self::Large => "large",
        }
    }

    /// The size of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name() == name)
    }

    /// What belongs to this size.
    pub fn of<T>(self, small: T, default: T, large: T) -> T {
        match self {
            Self::Small => small,
            Self::Default => default,
            Self::Large => large,
        }
    }
}
