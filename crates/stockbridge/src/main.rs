//! The `stockbridge` program: the command line, and the only place that reads configuration, clock and entropy.
//!
//! Start at [`cli::Cli`] for what can be asked, at `commands` for one file per command, at [`wiring`] for how the parts
//! are put together.

mod cli;
mod client;
mod commands;
mod config;
mod demo;
mod env;
mod failure;
mod output;
mod serve;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("stockbridge")
        .build()?;
    let ended = runtime.block_on(commands::run(cli));
    // A connection that somebody holds open does not keep the process.
    runtime.shutdown_background();
    ended
}
