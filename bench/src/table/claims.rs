//! The rows of the table, in the order they are shown, and what the document says of each.

use super::model::Claim;

/// An actor system of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// A process per actor: Python's standard library.
    Multiprocessing,
    /// A task per actor on one event loop: Python's standard library.
    Asyncio,
    /// A thread per actor: the package Pykka.
    Pykka,
    /// Thespian's simpleSystemBase: all actors in the calling thread.
    ThespianSimple,
    /// Thespian's multiprocQueueBase: a process per actor, joined by queues.
    ThespianQueue,
    /// Thespian's multiprocTCPBase: a process per actor, joined by sockets.
    ThespianTcp,
    /// Erlang's virtual machine.
    Beam,
    /// This project's engine.
    Throng,
}

impl System {
    /// All of them, in the order of the rows.
    pub const ALL: [System; 8] = [
        System::Multiprocessing,
        System::Asyncio,
        System::Pykka,
        System::ThespianSimple,
        System::ThespianQueue,
        System::ThespianTcp,
        System::Beam,
        System::Throng,
    ];

    /// The row's name.
    pub fn name(self) -> &'static str {
        match self {
            System::Multiprocessing => "multiprocessing",
            System::Asyncio => "asyncio",
            System::Pykka => "pykka",
            System::ThespianSimple => "thespian-simple",
            System::ThespianQueue => "thespian-queue",
            System::ThespianTcp => "thespian-tcp",
            System::Beam => "beam",
            System::Throng => "throng",
        }
    }

    /// What the document says of it. It speaks of Thespian as one system, and of throng not at all.
    pub fn claim(self) -> Option<Claim> {
        let (actors, latency, parallelism) = match self {
            System::Multiprocessing => ("hundreds", "~1 ms", "true parallel"),
            System::Asyncio => ("hundreds of thousands", "~10 µs", "cooperative"),
            System::Pykka => ("hundreds", "~100 µs", "GIL-limited"),
            System::ThespianSimple | System::ThespianQueue | System::ThespianTcp => {
                ("thousands per node", "~5 ms", "distributed")
            }
            System::Beam => ("millions", "below 1 µs", "-"),
            System::Throng => return None,
        };
        Some(Claim {
            actors: actors.to_owned(),
            latency: latency.to_owned(),
            parallelism: parallelism.to_owned(),
        })
    }
}

/// What `--only` takes.
pub fn accepted() -> String {
    format!("one or more of {}, each once", System::ALL.map(System::name).join(","))
}

/// Reads a list of rows as the command line gives it, `throng,asyncio`: in the table's order.
///
/// # Errors
/// One line that names what is no row or comes twice, and the rows there are.
pub fn parse_only(list: &str) -> Result<Vec<System>, String> {
    let asked: Vec<&str> = list.split(',').map(str::trim).collect();
    for name in &asked {
        if !System::ALL.iter().any(|system| system.name() == *name) {
            return Err(format!("--only takes {}, not {name:?}", accepted()));
        }
    }
    if asked.iter().enumerate().any(|(at, name)| asked[..at].contains(name)) {
        return Err(format!("--only takes {}, not {list:?}", accepted()));
    }
    Ok(System::ALL.into_iter().filter(|system| asked.contains(&system.name())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_as_its_row() {
        for system in System::ALL {
            assert_eq!(parse_only(system.name()), Ok(vec![system]));
        }
        let all: Vec<_> = System::ALL.iter().map(|system| system.name()).collect();
        assert_eq!(parse_only(&all.join(",")), Ok(System::ALL.to_vec()));
    }

    #[test]
    fn rows_come_in_the_order_of_the_table() {
        assert_eq!(
            parse_only("throng, asyncio,beam"),
            Ok(vec![System::Asyncio, System::Beam, System::Throng])
        );
    }

    #[test]
    fn what_is_no_row_is_named_with_the_rows_there_are() {
        for (list, wrong) in [
            ("nobody", "\"nobody\""),
            ("asyncio,thespian", "\"thespian\""),
            ("", "\"\""),
            ("beam, beam", "each once"),
        ] {
            let error = parse_only(list).expect_err("not a row");
            assert!(error.contains(wrong), "{error}");
            assert!(System::ALL.iter().all(|system| error.contains(system.name())), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn all_but_throng_have_a_claim() {
        for system in System::ALL {
            assert_eq!(system.claim().is_none(), system == System::Throng, "{system:?}");
        }
    }
}
