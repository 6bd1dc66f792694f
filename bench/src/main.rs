//! stockbridge-bench.
fn main() {}
