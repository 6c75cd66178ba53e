//! The command line.

use clap::Parser;

/// Draws scenarios from seeds, plays them, and judges what comes of them.
#[derive(Debug, Parser)]
#[command(name = "swarm", disable_version_flag = true)]
pub(crate) struct Flags {
    /// Simulated scenarios, one for each seed
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: Option<u64>,
    /// The first seed; by default `SEED` of the environment, or one by the clock
    #[arg(long)]
    pub(crate) from: Option<u64>,
    /// Plays the scenario of one seed, and prints what happens
    #[arg(long, conflicts_with_all = ["seeds", "from", "minutes", "seconds"])]
    pub(crate) seed: Option<u64>,
    /// Looks for a simpler run that goes wrong in the same way
    #[arg(long, requires = "seed", conflicts_with = "threads")]
    pub(crate) shrink: bool,
    /// Prints the choices of a run that goes wrong, for `--replay`
    #[arg(long, requires = "seed", conflicts_with = "threads")]
    pub(crate) choices: bool,
    /// Plays these choices, with commas between them, or with "-" those on standard input, one a line, instead of the seed's
    #[arg(long, requires = "seed", conflicts_with_all = ["threads", "shrink"])]
    pub(crate) replay: Option<String>,
    /// Prints each choice on standard output as it is drawn
    #[arg(long, hide = true, requires = "seed", conflicts_with_all = ["threads", "shrink"])]
    pub(crate) copy: bool,
    /// On real threads
    #[arg(long, conflicts_with = "seeds")]
    pub(crate) threads: bool,
    /// So many minutes of scenarios on threads
    #[arg(long, requires = "threads", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) minutes: Option<u64>,
    /// So many seconds
    #[arg(long, requires = "threads", value_parser = clap::value_parser!(u64).range(1..=600_000))]
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
    #[arg(long, hide = true)]
    test_threads: Option<u64>,
    #[arg(long, hide = true)]
    skip: Vec<String>,
}

/// Says in one line what is wrong with the command line, and ends the program with 2.
pub(crate) fn refuse(wrong: &str) -> ! {
    eprintln!("swarm: {wrong}");
    std::process::exit(2);
}

impl Flags {
    /// Reads them. What is wrong is told in one line, and ends the program with 2.
    pub(crate) fn read() -> Flags {
        match Flags::try_parse() {
            Ok(flags) => flags,
            Err(told) if !told.use_stderr() => told.exit(),
            Err(wrong) => {
                let words = wrong.to_string();
                // Up to the usage.
                let lines: Vec<_> =
                    words.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
                refuse(lines.join(" ").trim_start_matches("error: "));
            }
        }
    }

    /// The first seed.
    pub(crate) fn first(&self) -> u64 {
        if let Some(from) = self.from {
            return from;
        }
        match std::env::var("SEED") {
            Ok(given) => given
                .parse()
                .unwrap_or_else(|_| refuse(&format!("SEED={given}: give a number from 0 to {}", u64::MAX))),
            // Short enough to be typed.
            Err(_) => std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64 % 1_000_000_000,
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
