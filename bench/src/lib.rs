//! The instrument of throng: what the binaries `throng` and `loadgen` are made of.
//!
//! The order of the modules is the floor plan: a module imports only from those above it.

/// The example of the README, compiled and run with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod stderr;

pub mod stdout;

pub mod dump;

pub mod file_limit;

pub mod oom;

pub mod refusal;

pub mod regular_file;

pub mod json_bounds;

pub mod units;

pub mod clock;

pub mod seeded;

pub mod arrival;

pub mod assertion;

pub mod options;

pub mod profile_file;

pub mod machine;

pub mod latency;

pub mod live;

pub mod timeline;

pub mod steadiness;

pub mod probe;

pub mod jitter;

pub mod statistics;

pub mod settled;

pub mod export;

pub mod progress;

pub mod scenario;

pub mod run;

pub mod summary;

pub mod interrupt;

pub mod limits;

pub mod loadgen;

pub mod process;

pub mod table;

pub mod price;

pub mod timing;

pub mod contest;

pub mod report;

pub mod own_row;

pub mod utc;

pub mod series;

pub mod alone;

pub mod prices;

pub mod savina;

pub mod peers;

pub mod conductor;

#[doc(hidden)]
pub mod fuzz;
