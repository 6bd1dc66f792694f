//! Settlements: reports Amazon makes by itself about every two weeks. They cannot be asked for, only found, for 90 days.

mod rows;
pub(super) mod wire;

use std::time::Duration;

use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, Settlement, SettlementSource};

use super::operations::GET_REPORT_DOCUMENT;
use super::{AmazonConnection, client, documents};

/// The one kind of settlement report left.
pub(super) const KIND: &str = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2";
/// Amazon shows reports for 90 days; clocks differ.
const SHOWN: Duration = Duration::from_secs(89 * 86_400);
/// More than a settlement a day for 90 days is no list of settlements.
const MOST_PAGES: usize = 10;

impl SettlementSource for AmazonConnection {
    fn list(&self) -> BoxFut<'_, Result<Vec<String>, ChannelError>> {
        Box::pin(async {
            let since = self.api.io.env.now().minus(SHOWN);
            let mut page = self.api.ask(&client::get_reports(KIND, since)).await?;
            let mut found = Vec::new();
            for _ in 0..MOST_PAGES {
                let done = page.reports.iter().filter(|r| r.processing_status == "DONE");
                found.extend(done.filter_map(|r| r.report_document_id.clone()));
                let Some(token) = page.next_token.filter(|t| !t.is_empty()) else {
                    break;
                };
                page = self.api.ask(&client::next_reports(&token)).await?;
            }
            Ok(found)
        })
    }

    fn read<'a>(&'a self, reference: &'a str) -> BoxFut<'a, Result<Settlement, ChannelError>> {
        Box::pin(async move {
            // The address lives five minutes, so it is asked for right before it is used, and once more if it died.
            let mut tries = 0;
            let (bytes, kind) = loop {
                tries += 1;
                let at = self.api.ask(&client::get_report_document(reference)).await?;
                let packed = at.compression_algorithm.as_deref();
                match documents::download_typed(&self.api, &at.url, packed).await {
                    Err(e) if e.fault == Fault::Unavailable && tries < 2 => {}
                    other => break other?,
                }
            };
            let text = rows::decoded(&bytes, kind.as_deref());
            rows::settlement(&text).map_err(|why| {
                let message = format!("settlement report {reference}: {why}");
                ChannelError::new(Fault::Contract, GET_REPORT_DOCUMENT.name(), message)
            })
        })
    }
}
