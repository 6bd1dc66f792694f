//! Chores of this repository that need more than a shell script: `cargo xtask TASK`.
//!
//! - `deny` holds the rules of `deny.toml` over the dependency graph, without the network.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks through its output"
)]

use std::process::ExitCode;

mod deny;

const USAGE: &str = "usage: cargo xtask deny    check licences, bans, duplicates and sources of dependencies";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["deny"] => deny(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn deny() -> ExitCode {
    match deny::run() {
        Ok(report) if report.problems.is_empty() => {
            println!("{} dependencies obey deny.toml", report.checked);
            ExitCode::SUCCESS
        }
        Ok(report) => {
            for problem in &report.problems {
                eprintln!("{problem}\n");
            }
            eprintln!(
                "{} problem(s) in {} dependencies",
                report.problems.len(),
                report.checked
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
