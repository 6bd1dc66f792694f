//! stockbridge.
fn main() {}
