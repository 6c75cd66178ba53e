//! One run of one workload in one fresh process.

fn main() {}
