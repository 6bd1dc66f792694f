//! Reports: files a channel makes when it is asked, of how things are or of a time that is over.

use std::time::Duration;

use bytes::Bytes;

use super::fault::ChannelError;
use crate::report::ReportColumn;
use crate::{BoxFut, Timestamp};

/// A kind of report a channel makes.
#[derive(Debug)]
pub struct ReportKind {
    /// The channel's name of it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The longest time one report may be about; nothing where it says how things are now.
    pub span: Option<Duration>,
    /// The columns that are understood; none for a kind that is only kept as it comes.
    pub columns: &'static [ReportColumn],
}

/// A report to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportWish {
    /// Of which kind, in the channel's words.
    pub kind: String,
    /// About what happened from this instant on.
    pub from: Option<Timestamp>,
    /// About what happened before this instant.
    pub to: Option<Timestamp>,
    /// The country site; nothing for all of the account's.
    pub marketplace: Option<String>,
}

/// How far a report is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportProgress {
    /// It is being made; ask again at this instant. The word is the channel's.
    Making(String, Timestamp),
    /// It is there, in the file of this name.
    Ready(String),
    /// There is nothing to report, or somebody called it off: the channel does not tell which.
    Empty,
    /// The channel could not make it; the file, if there is one, says why.
    Failed(Option<String>),
}

/// A report's file, read from its beginning to its end.
pub trait ReportFile: Send {
    /// The next bytes, unpacked, at most some MiB of them; nothing at the end.
    fn next(&mut self) -> BoxFut<'_, Result<Option<Bytes>, ChannelError>>;
    /// The media type, once the first bytes are there; it may name the character set.
    fn media_type(&self) -> Option<&str>;
}

/// Has a channel make reports.
pub trait ReportSource: Send + Sync {
    /// Asks for a report; answers the channel's id of it. Asked twice, it makes two.
    fn request<'a>(&'a self, wish: &'a ReportWish) -> BoxFut<'a, Result<String, ChannelError>>;
    /// The latest report of this kind that was asked for at or after an instant and is not known, for when an answer got lost.
    fn find<'a>(
        &'a self,
        kind: &'a str,
        since: Timestamp,
        known: &'a [String],
    ) -> BoxFut<'a, Result<Option<String>, ChannelError>>;
    /// How far a report is.
    fn progress<'a>(&'a self, id: &'a str) -> BoxFut<'a, Result<ReportProgress, ChannelError>>;
    /// Opens a report's file.
    fn open<'a>(&'a self, file: &'a str) -> BoxFut<'a, Result<Box<dyn ReportFile + 'a>, ChannelError>>;
}
