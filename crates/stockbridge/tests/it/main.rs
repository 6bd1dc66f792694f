//! The built program, run as people run it: arguments in, output and exit code out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod demo;
mod prices;
mod program;
mod server;
