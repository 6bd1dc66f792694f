//! The built program, run as people run it: arguments in, output and exit code out.

mod commands;
mod program;
mod server;
