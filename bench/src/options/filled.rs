//! What a profile fills in where the command line leaves it open.

use super::flag::Flag;
use super::line::Options;
use super::profile::Profile;
use super::values::Warmup;
use super::workload::Mode;
use crate::arrival::Arrival;
use std::time::Duration;

/// What goes before the measured time; `None` where that is the load's own.
fn warmup(profile: Profile) -> Option<Warmup> {
    match profile {
        Profile::Smoke => Some(Warmup::For(Duration::from_millis(200))),
        Profile::Default => None,
        Profile::Paper => Some(Warmup::Auto),
    }
}

impl Options {
    /// What goes before the measured time, given or not; `None` where the load has no such time.
    pub fn warms_up(&self) -> Option<Warmup> {
        let waits = self.mode() == Mode::Open && self.arrival().takes_rate();
        let own = if waits { Warmup::Auto } else { Warmup::For(Duration::ZERO) };
        Flag::Warmup.is_for(self.workload, self.mode()).then(|| self.warmup.unwrap_or(own))
    }

    /// Whether somebody works for each message for as long as `--service` says.
    pub fn is_served(&self) -> bool {
        Flag::Service.is_for(self.workload, self.mode())
    }

    /// Fills in what the profile has for a load that its own flags say nothing of: what was given stays, a number is no time,
    /// and a recorded plan has its own.
    pub(super) fn fill_in(&mut self) {
        let takes = |flag: Flag| flag.is_for(self.workload, self.mode());
        let counted = self.messages.is_some() || self.turns.is_some();
        let (lasts, warms) = (takes(Flag::Duration) && !counted, takes(Flag::Warmup) && !counted);
        let arrival = self.arrival();
        if lasts && !matches!(arrival, Arrival::Replay(_)) {
            self.duration = self.duration.or(self.profile.duration());
        }
        if warms && arrival.takes_rate() {
            self.warmup = self.warmup.or(warmup(self.profile));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plans::Scratch;
    use super::*;

    /// What a line comes to: its measured time and its warm-up, in milliseconds.
    fn read(line: &str) -> (Option<u128>, Option<Option<u128>>) {
        let options = Options::read(line.split_whitespace().map(Into::into)).expect(line);
        let warmup = options.warmup.map(|warmup| match warmup {
            Warmup::Auto => None,
            Warmup::For(time) => Some(time.as_millis()),
        });
        (options.duration.map(|time| time.as_millis()), warmup)
    }

    #[test]
    fn a_profile_fills_in_what_is_not_said() {
        let auto = Some(None);
        for (line, lasts, warms) in [
            ("mesh --rate 5", None, None),
            ("mesh --rate 5 --profile default", None, None),
            ("skynet --profile default", None, None),
            ("mesh --rate 5 --profile smoke", Some(1_000), Some(Some(200))),
            ("mesh --profile smoke", Some(1_000), Some(Some(200))),
            ("mesh --rate 5 --profile paper", Some(30_000), auto),
            ("ring --profile paper", Some(30_000), None),
            ("no-op --profile smoke", Some(1_000), None),
            ("mesh --rate 5 --profile paper --duration 3s", Some(3_000), auto),
            ("mesh --rate 5 --profile paper --warmup 0", Some(30_000), Some(Some(0))),
            ("mesh --profile smoke --messages 5", None, None),
            ("chat --profile smoke --turns 5", None, None),
            ("mesh --profile paper --freeze 1ms", Some(30_000), auto),
            ("mesh --arrival ramp:1..2 --profile paper", Some(30_000), None),
        ] {
            assert_eq!(read(line), (lasts, warms), "{line}");
        }
        let plan = Scratch::new("profile", "0\n5\n");
        let recorded = read(&format!("mesh --arrival replay:{} --profile smoke", plan.path()));
        assert_eq!(recorded, (None, None), "it lasts as long as what was recorded");
    }
}
