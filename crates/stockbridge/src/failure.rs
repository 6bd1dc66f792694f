//! How a command ends when it cannot do what was asked: 1 when it failed, 2 when it was used wrongly.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::output;

/// Exit code of a command that was done, but found something wrong.
pub const FAILED: u8 = 1;
/// Exit code of wrong use, as clap's own.
const WRONG_USE: u8 = 2;

/// Wrong use that only shows when the arguments are looked at together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// An [`anyhow::Error`] for wrong use.
pub fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

/// Says what went wrong; answers the exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    output::remark(format_args!("error: {error:#}"));
    let wrong_use = error.is::<Usage>() || error.is::<ConfigError>();
    ExitCode::from(if wrong_use { WRONG_USE } else { FAILED })
}
