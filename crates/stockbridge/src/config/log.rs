//! What is told, and in which form.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

/// The `log` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level, or a filter by part.
    pub level: String,
    /// For people or for machines.
    pub format: LogFormat,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(super) fn check(&self) -> Result<(), String> {
        self.filter().map(drop)
    }

    /// What passes.
    ///
    /// # Errors
    /// A sentence when the level is no filter.
    pub fn filter(&self) -> Result<EnvFilter, String> {
        EnvFilter::try_new(&self.level).map_err(|error| {
            format!(
                "setting `log.level`: `{}` is no filter ({error}); use error, warn, info, debug or trace",
                self.level
            )
        })
    }
}
