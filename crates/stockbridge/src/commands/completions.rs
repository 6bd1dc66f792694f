//! `completions`: what the shell needs to complete commands.

use clap::{Args, CommandFactory as _};

use crate::cli::Cli;
use crate::output;

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stockbridge completions bash > /etc/bash_completion.d/stockbridge")]
pub struct Completions {
    /// Which shell.
    shell: clap_complete::Shell,
}

impl Completions {
    pub fn run(self) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "stockbridge", &mut script);
        output::line(String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}
