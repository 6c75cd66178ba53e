//! The conductor: measures the document's table on this machine, and more.

fn main() {}
