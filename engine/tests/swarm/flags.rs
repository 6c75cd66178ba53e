//! The command line.

use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::io::Read;

const ALL: u64 = u64::MAX;

/// Draws scenarios from seeds, plays them, and judges what comes of them.
#[derive(Debug, Parser)]
#[command(name = "swarm", disable_version_flag = true)]
pub(crate) struct Flags {
    /// Simulated scenarios, one for each seed
    #[arg(long, value_parser = number::<1, ALL>, allow_hyphen_values = true)]
    pub(crate) seeds: Option<u64>,
    /// The first seed; by default `SEED` of the environment, or one by the clock
    #[arg(long, value_parser = number::<0, ALL>, allow_hyphen_values = true)]
    pub(crate) from: Option<u64>,
    /// Plays the scenario of one seed, and prints what happens
    #[arg(long, value_parser = number::<0, ALL>, allow_hyphen_values = true, conflicts_with_all = ["seeds", "from", "minutes", "seconds"])]
    pub(crate) seed: Option<u64>,
    /// Looks for a simpler run that goes wrong in the same way
    #[arg(long, conflicts_with = "threads")]
    pub(crate) shrink: bool,
    /// Prints the choices of a run that goes wrong, for `--replay`
    #[arg(long, conflicts_with = "threads")]
    pub(crate) choices: bool,
    /// Plays these choices, with commas between them, or with "-" those on standard input, one a line, instead of the seed's
    #[arg(long, allow_hyphen_values = true, conflicts_with_all = ["threads", "shrink"])]
    pub(crate) replay: Option<String>,
    /// Prints each choice on standard output as it is drawn
    #[arg(long, hide = true, conflicts_with_all = ["threads", "shrink"])]
    pub(crate) copy: bool,
    /// On real threads
    #[arg(long, conflicts_with = "seeds")]
    pub(crate) threads: bool,
    /// So many minutes of scenarios on threads
    #[arg(long, value_parser = number::<1, 10_000>, allow_hyphen_values = true, conflicts_with = "seconds")]
    pub(crate) minutes: Option<u64>,
    /// So many seconds
    #[arg(long, value_parser = number::<1, 600_000>, allow_hyphen_values = true)]
    pub(crate) seconds: Option<u64>,
    /// Plants a fault in the engine, which must be found (needs `--cfg throng_planted`)
    #[arg(long)]
    pub(crate) plant: Option<String>,
    /// Prints the names of the faults that can be planted, a line each (needs `--cfg throng_planted`)
    #[arg(long, conflicts_with_all = ["plant", "seeds", "seed", "threads"])]
    pub(crate) faults: bool,

    // What `cargo test` may hand to every test program.
    #[arg(hide = true)]
    filters: Vec<String>,
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    no_capture: bool,
    #[arg(long, hide = true)]
    show_output: bool,
    #[arg(long, hide = true)]
    exact: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    include_ignored: bool,
    #[arg(long, hide = true)]
    list: bool,
    #[arg(short, long, hide = true)]
    quiet: bool,
    #[arg(long, hide = true, value_parser = number::<1, ALL>, allow_hyphen_values = true)]
    test_threads: Option<u64>,
    #[arg(long, hide = true)]
    skip: Vec<String>,
}

/// Says in one line what is wrong with the command line, and ends the program with 2.
pub(crate) fn refuse(wrong: &str) -> ! {
    eprintln!("swarm: {wrong}");
    std::process::exit(2);
}

/// A number within these, both included.
fn number<const LEAST: u64, const MOST: u64>(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("give a whole number from {LEAST} to {MOST}"))
}

/// Choices from a list with commas between them, or, with "-", from the standard input, one a line.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn choices(list: &str, mut input: impl Read) -> Result<Vec<u64>, String> {
    let mut text = list.to_owned();
    if list == "-" {
        text.clear();
        input.read_to_string(&mut text).map_err(|why| format!("--replay -: standard input: {why}"))?;
    }
    let takes =
        format!("give numbers from 0 to {ALL} with commas between them, or - for those on standard input");
    let each = text.split([',', '\n']).map(str::trim).filter(|one| !one.is_empty());
    let each = each.map(|one| one.parse().map_err(|_| format!("--replay: `{one}` is no choice: {takes}")));
    let all: Vec<u64> = each.collect::<Result<_, _>>()?;
    // What is missing is zero, so that nothing would be a run too, and not the one that is meant.
    if all.is_empty() {
        let given = if list == "-" { "-: standard input" } else { &format!("`{list}`") };
        return Err(format!("--replay {given} has no choice: {takes}"));
    }
    Ok(all)
}

impl Flags {
    /// Reads them. What is wrong is told in one line, and ends the program with 2.
    pub(crate) fn read() -> Flags {
        Flags::of(std::env::args_os()).unwrap_or_else(|wrong| refuse(&wrong))
    }

    /// Reads them from the words of a command line, of which the first is the program's.
    ///
    /// # Errors
    /// What is wrong, in one line: the flag, what was given, and what is accepted.
    pub(crate) fn of<W: Into<OsString> + Clone>(words: impl IntoIterator<Item = W>) -> Result<Flags, String> {
        match Flags::try_parse_from(words) {
            Ok(flags) => flags.together(),
            Err(told) if !told.use_stderr() => told.exit(),
            Err(wrong) => {
                let words = wrong.to_string();
                // Up to the usage.
                let lines: Vec<_> =
                    words.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
                let wrong_value = wrong.kind() == ErrorKind::ValueValidation;
                let takes = if wrong_value { "" } else { "; --help tells what is accepted" };
                Err(lines.join(" ").trim_start_matches("error: ").to_owned() + takes)
            }
        }
    }

    /// Whether those that need others have them.
    fn together(self) -> Result<Flags, String> {
        let of_seed = [
            ("--shrink", self.shrink),
            ("--choices", self.choices),
            ("--replay", self.replay.is_some()),
            ("--copy", self.copy),
        ];
        let of_threads = [("--minutes", self.minutes), ("--seconds", self.seconds)];
        if let Some((flag, _)) = of_seed.iter().find(|(_, given)| *given && self.seed.is_none()) {
            return Err(format!("{flag} without --seed: it is of one seed; give that too, from 0 to {ALL}"));
        }
        if let Some((flag, time)) = of_threads.iter().find(|(_, time)| time.is_some() && !self.threads) {
            let time = time.unwrap_or_default();
            return Err(format!(
                "{flag} {time} without --threads: simulated scenarios are as many as --seeds says; give --threads too"
            ));
        }
        Ok(self)
    }

    /// The first seed, of so many.
    ///
    /// # Errors
    /// That there are fewer from there on.
    pub(crate) fn first(&self, seeds: u64, variable: Option<OsString>) -> Result<u64, String> {
        let (from, given) = match (self.from, variable) {
            (Some(from), _) => (from, format!("--from {from}")),
            (None, Some(seed)) => {
                let given = format!("SEED={}", seed.to_string_lossy());
                let seed = number::<0, ALL>(&seed.to_string_lossy());
                (seed.map_err(|takes| format!("{given}: {takes}"))?, given)
            }
            // Short enough to be typed.
            (None, None) => {
                let nanos = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
                (nanos as u64 % 1_000_000_000, "the clock".to_owned())
            }
        };
        // The last number is no seed of many: see `over::DONE`.
        match from.checked_add(seeds) {
            Some(_) => Ok(from),
            None => Err(format!(
                "{given}: {} seeds are left from there, and {seeds} are to be played: give at most {}, or fewer --seeds",
                ALL - from,
                ALL - seeds
            )),
        }
    }

    /// What a test program says that is asked for what is in it, or for something that is not.
    pub(crate) fn is_for_others(&self) -> bool {
        if self.list {
            println!("swarm: test");
            return true;
        }
        let named =
            |name: &String| if self.exact { name == "swarm" } else { "swarm".contains(name.as_str()) };
        self.ignored
            || self.skip.iter().any(named)
            || !(self.filters.is_empty() || self.filters.iter().any(named))
    }
}
