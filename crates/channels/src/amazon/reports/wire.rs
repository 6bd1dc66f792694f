//! Answers about reports that were asked for.

use serde::Deserialize;

/// Answer of `createReport`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::amazon) struct Created {
    pub(in crate::amazon) report_id: String,
}
