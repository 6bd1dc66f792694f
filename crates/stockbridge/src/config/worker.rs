//! Work in the background.

use serde::{Deserialize, Serialize};

/// The `worker` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Lanes worked at the same time.
    pub lanes: usize,
    /// What this process is called where leases are shown.
    #[serde(default)]
    pub name: Option<String>,
}

impl Worker {
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=256).contains(&self.lanes) {
            return Err("setting `worker.lanes`: between 1 and 256".into());
        }
        if self
            .name
            .as_deref()
            .is_some_and(|n| n.trim().is_empty() || n.len() > 100)
        {
            return Err("setting `worker.name`: 1 to 100 characters".into());
        }
        Ok(())
    }

    /// The name leases carry.
    pub fn owner(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| format!("stockbridge-{}", std::process::id()))
    }
}
