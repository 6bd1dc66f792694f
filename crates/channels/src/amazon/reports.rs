//! Reports that are asked for: made by Amazon in its own time, then fetched as a file.

mod file;
mod kinds;
pub(super) mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    ChannelError, Fault, ReportFile, ReportProgress, ReportSource, ReportWish, options,
};
use stockbridge_domain::{BoxFut, FieldError, Timestamp};

use super::operations::CREATE_REPORT;
use super::{AmazonConnection, client, marketplaces};
pub(super) use kinds::KINDS;

/// How long until a report that is being made is looked at again; a notification comes before, where there is a queue.
const PAUSE: Duration = Duration::from_secs(30);
/// How far clocks differ.
const SKEW: Duration = Duration::from_secs(60);

/// Checks the names of the reports that are wanted on schedule. Kinds Amazon makes and the hub does not know are taken, too.
pub(super) fn check(given: &BTreeMap<String, Value>, problems: &mut Vec<FieldError>) {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let wrong = options::reports(given)
        .into_iter()
        .find(|name| !name.chars().all(plain));
    if let Some(name) = wrong {
        let message =
            format!("`{name}` is no name of a report; they are like GET_MERCHANT_LISTINGS_ALL_DATA");
        problems.push(FieldError::new(format!("options/{}", options::REPORTS), message));
    }
}

impl ReportSource for AmazonConnection {
    fn request<'a>(&'a self, wish: &'a ReportWish) -> BoxFut<'a, Result<String, ChannelError>> {
        Box::pin(async move {
            if let Some(why) = kinds::refused(&wish.kind) {
                return Err(ChannelError::new(Fault::Rejected, CREATE_REPORT.name(), why));
            }
            let sites = match &wish.marketplace {
                None => self.marketplaces.clone(),
                Some(one) => vec![marketplaces::find(one).map_or(one.as_str(), |m| m.id).to_owned()],
            };
            let answer = self.api.call(&client::create_report(wish, &sites)).await?;
            answer.read().map(|created| created.report_id).map_err(|error| {
                let message = format!(
                    "{}; the report may have been asked for and is looked for",
                    error.message
                );
                ChannelError::new(Fault::Ambiguous, CREATE_REPORT.name(), message)
            })
        })
    }

    fn find<'a>(
        &'a self,
        kind: &'a str,
        since: Timestamp,
        known: &'a [String],
    ) -> BoxFut<'a, Result<Option<String>, ChannelError>> {
        Box::pin(async move {
            let call = client::get_reports(kind, since.minus(SKEW));
            let found = self.api.ask(&call).await?;
            let mut ids = found.reports.into_iter().map(|report| report.report_id);
            Ok(ids.find(|id| !known.contains(id)))
        })
    }

    fn progress<'a>(&'a self, id: &'a str) -> BoxFut<'a, Result<ReportProgress, ChannelError>> {
        Box::pin(async move {
            let report = self.api.ask(&client::get_report(id)).await?;
            let making = |word: String| ReportProgress::Making(word, self.api.io.env.now().plus(PAUSE));
            Ok(
                match (report.processing_status.as_str(), report.report_document_id) {
                    ("DONE", Some(document)) => ReportProgress::Ready(document),
                    // Amazon says CANCELLED of a report without data, too.
                    ("CANCELLED" | "DONE", _) => ReportProgress::Empty,
                    ("FATAL", document) => ReportProgress::Failed(document),
                    _ => making(report.processing_status),
                },
            )
        })
    }

    fn open<'a>(&'a self, file: &'a str) -> BoxFut<'a, Result<Box<dyn ReportFile + 'a>, ChannelError>> {
        Box::pin(async move { Ok(Box::new(file::File::open(&self.api, file).await?) as Box<dyn ReportFile>) })
    }
}
