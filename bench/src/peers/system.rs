//! The systems of the comparison, and where their programs are.

use crate::contest::{BASE, Contestant};
use crate::peers::own::COMMAND;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A system in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct System {
    /// Its name, and that of its program.
    pub name: &'static str,
    /// In what it is written.
    pub language: &'static str,
    /// Whether what waits for an actor is bounded.
    pub bounded: bool,
    /// Whether its actors run on several threads.
    pub threads: bool,
    /// Whether it has actors at all.
    pub actors: bool,
    /// Whether its documentation promises that messages from one actor to another come in order.
    pub ordered: bool,
}

const fn rust(name: &'static str, bounded: bool) -> System {
    System { name, language: "Rust", bounded, threads: true, actors: true, ordered: true }
}

const fn python(name: &'static str, bounded: bool, threads: bool) -> System {
    System { name, language: "Python", bounded, threads, actors: true, ordered: true }
}

/// All of them.
pub const SYSTEMS: [System; 22] = [
    rust(BASE, true),
    rust("tokio-bounded", true),
    rust("tokio-unbounded", false),
    System { ordered: false, ..rust("actix", false) },
    rust("ractor", false),
    rust("kameo-bounded", true),
    rust("kameo-unbounded", false),
    rust("xtra", true),
    rust("coerce", false),
    rust("elfo", true),
    System { threads: false, ..rust("stakker", false) },
    rust("aetherflow", true),
    System { ordered: false, ..rust("actor-kit", true) },
    System { language: "Erlang", ..rust("beam", false) },
    System { language: "C++", ..rust("caf", false) },
    System { language: "Go", actors: false, ..rust("go", true) },
    python("asyncio", true, false),
    python("multiprocessing", true, true),
    python("pykka", false, true),
    python("thespian-simple", false, false),
    python("thespian-queue", false, true),
    python("thespian-tcp", false, true),
];

/// The system of this name.
pub fn find(name: &str) -> Option<&'static System> {
    SYSTEMS.iter().find(|system| system.name == name)
}

/// Their names, as they are told.
pub fn names() -> String {
    SYSTEMS.map(|system| system.name).join(", ")
}

/// What is run: a path, and what comes before its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program.
    pub path: PathBuf,
    /// Its first arguments.
    pub before: Vec<OsString>,
}

impl System {
    /// As it stands in a comparison that has not begun.
    pub fn contestant(&self) -> Contestant {
        let Self { bounded, threads, actors, ordered, .. } = *self;
        let (name, language) = (self.name.to_owned(), self.language.to_owned());
        Contestant { name, language, bounded, threads, actors, ordered, version: None, how: None, why: None }
    }

    /// How it is run: throng by this very program, the others by one of their name in `folder`.
    ///
    /// # Errors
    /// Why it cannot be, in words: as what built the others left it there, or that nothing did.
    pub fn invocation(&self, folder: &Path) -> Result<Invocation, String> {
        if self.name == BASE {
            let path = std::env::current_exe()
                .map_err(|error| format!("this program cannot find itself: {error}"))?;
            return Ok(Invocation { path, before: vec![COMMAND.into()] });
        }
        let path = folder.join(self.name);
        if path.is_file() {
            return Ok(Invocation { path, before: Vec::new() });
        }
        let why = fs::read_to_string(folder.join(format!("{}.skipped", self.name)));
        let why =
            why.ok().and_then(|text| text.lines().next().map(str::to_owned)).filter(|line| !line.is_empty());
        Err(why.unwrap_or_else(|| format!("no {}: scripts/peers.sh builds it", path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own() {
        for (at, system) in SYSTEMS.iter().enumerate() {
            assert_eq!(find(system.name), Some(&SYSTEMS[at]));
        }
        assert_eq!(find("akka"), None);
        assert!(find("actor-kit").is_some_and(|system| system.bounded), "its mailboxes are of 64");
    }

    #[test]
    fn what_is_not_there_says_why() {
        let folder = std::env::temp_dir().join(format!("throng-peers-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        fs::write(folder.join("beam.skipped"), "no erl\nmore\n").expect("writable");
        fs::write(folder.join("go"), "").expect("writable");
        let of = |name| find(name).expect(name).invocation(&folder);
        let (beam, go, caf) = (of("beam"), of("go"), of("caf"));
        let own = of(BASE).expect("this program");
        fs::remove_dir_all(&folder).expect("this test's own");
        assert_eq!(beam, Err("no erl".into()));
        assert_eq!(go, Ok(Invocation { path: folder.join("go"), before: Vec::new() }));
        assert!(caf.is_err_and(|why| why.ends_with("caf: scripts/peers.sh builds it")));
        assert_eq!(own.before, [OsString::from("peer")]);
    }
}
