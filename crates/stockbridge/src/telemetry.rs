//! The log: lines for people or JSON for machines, always to stderr, so that stdout holds results alone.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts the log of a process that stays: what the settings let through.
///
/// # Errors
/// When the level is no filter.
pub fn start(log: &Log) -> anyhow::Result<()> {
    install(log.filter().map_err(anyhow::Error::msg)?, log.format);
    Ok(())
}

/// Starts the log of a command that ends by itself: its answer is its output, so only warnings are told besides.
pub fn start_quiet(log: &Log) {
    install(EnvFilter::new("warn"), log.format);
}

/// Starts the log of the demo, whose faults are meant: only what nobody planned is told besides its own lines.
pub fn start_demo() {
    install(EnvFilter::new("error"), LogFormat::Text);
}

fn install(filter: EnvFilter, format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process changes nothing: the first log goes on.
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log runs already");
    }
}
