//! Chores of this repository that need more than a shell script: `cargo xtask TASK`.
//!
//! - `deny` holds the rules of `deny.toml` over the dependency graph, without the network.
//! - `new-channel` writes a folder for a channel that compiles, whose tests say what is missing.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks through its output"
)]

use std::path::Path;
use std::process::ExitCode;

mod deny;
mod new_channel;

const USAGE: &str = "usage: cargo xtask deny                check licences, bans, duplicates and sources of dependencies\n       \
                     cargo xtask new-channel NAME    begin a channel: a folder that compiles, whose tests say what is missing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["deny"] => deny(),
        ["new-channel", name] => new_channel(name),
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

fn new_channel(name: &str) -> ExitCode {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match new_channel::run(root, name) {
        Ok(written) => {
            for path in written {
                println!("wrote {}", path.strip_prefix(root).unwrap_or(&path).display());
            }
            println!("Now: cargo nextest run -p stockbridge-channels {name} says what is missing.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
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
