//! Several runs, each of a fresh loadgen process: started, read back from their folders, and put together.

pub mod metric;

pub mod samples;

pub mod fresh;

pub mod certified;

pub mod share;

pub mod load;

pub mod clusters;

pub mod load_text;

pub mod suite;

pub mod suite_text;

pub mod verdict;

pub mod compare;

pub mod compare_text;

pub mod revision;

pub mod range;

pub mod condition;

pub mod find_max;

pub mod usl;

pub mod sweep;

pub mod sweep_text;
