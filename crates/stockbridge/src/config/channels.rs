//! The way out to channels. Nothing here is about one channel: what differs between them is in their descriptors.

use serde::{Deserialize, Serialize};

/// The `channels` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// Whether accounts may replace a channel's addresses, private networks included.
    pub endpoint_overrides: bool,
    /// Largest answer, in MiB.
    pub max_answer_mib: usize,
}

impl Channels {
    pub(super) fn check(&self) -> Result<(), String> {
        if (1..=1_024).contains(&self.max_answer_mib) {
            return Ok(());
        }
        Err("setting `channels.max_answer_mib`: between 1 and 1024".into())
    }
}
