//! Who gets in, and for how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The `security` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// How long a printed sign-in link works, in minutes.
    pub signin_link_minutes: u64,
}

impl Security {
    pub(super) fn check(&self) -> Result<(), String> {
        if (1..=7 * 24 * 60).contains(&self.signin_link_minutes) {
            return Ok(());
        }
        Err("setting `security.signin_link_minutes`: between 1 and 10080, which is a week".into())
    }

    /// How long a printed sign-in link works.
    pub fn signin_link(&self) -> Duration {
        Duration::from_secs(self.signin_link_minutes * 60)
    }
}
