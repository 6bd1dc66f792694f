//! Answers about reports, only the fields used.

use serde::Deserialize;

/// Answer of `getReports`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::amazon) struct Reports {
    pub(in crate::amazon) reports: Vec<Report>,
    pub(in crate::amazon) next_token: Option<String>,
}

/// A report, and answer of `getReport`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::amazon) struct Report {
    pub(in crate::amazon) report_id: String,
    pub(in crate::amazon) processing_status: String,
    pub(in crate::amazon) report_document_id: Option<String>,
}

/// Answer of `getReportDocument`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::amazon) struct Document {
    pub(in crate::amazon) url: String,
    pub(in crate::amazon) compression_algorithm: Option<String>,
}
