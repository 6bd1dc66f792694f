//! Much at once: Shopify writes a file in the background, which is then read part by part.
//!
//! The kept place is `wait:TRIES`, `run:ID` or `file:OFFSET:ID`. The file's address is asked for anew with every part, so
//! that no signed address is kept anywhere, and a part is a range of bytes, so that memory does not grow with the shop.
//! Lines are grouped: a thing is followed by those that belong to it. The last group of a part may go on in the next one,
//! which therefore begins with it.
//!
//! An operation that is called off, fails or expires is not begun again: what it was to read is read by page.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::channel::{ChannelError, Fault};

use super::ShopConnection;
use super::api::DIALECT;
use super::client::{self, BULK_FILE};
use super::wire::{IdOnly, ShopCurrency, UserError};
use crate::call::perform;

/// How long between two looks at an operation.
const PAUSE: Duration = Duration::from_secs(10);
/// How long until another try to start one, while one of somebody else's runs.
const OCCUPIED: Duration = Duration::from_secs(20);
/// So many such tries; then it is read by page.
const TRIES: u32 = 30;
/// Bytes of one part: some hundred variants.
const PART: usize = 256 * 1024;
/// Bytes of the largest one, for a thing with very many others in it.
const LARGEST_PART: usize = 16 * PART;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    bulk_operation_run_query: Option<Started>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    bulk_operation: Option<IdOnly>,
    user_errors: Vec<UserError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Looked {
    shop: ShopCurrency,
    bulk_operation: Option<Operation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    status: String,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    url: Option<String>,
    created_at: String,
}

/// What belongs to a line of the file.
#[derive(Debug, Deserialize)]
struct Belongs {
    #[serde(default, rename = "__parentId")]
    to: Option<String>,
}

/// What a step towards a file, or through it, comes to.
pub(super) enum Step {
    /// It is not there yet: to be looked for again from this place, after a pause.
    Later(String, Duration),
    /// No file can be had.
    ByPage,
    /// A part of it.
    Part(Part),
}

/// A part of a file.
pub(super) struct Part {
    /// Things, each with those that belong to it.
    pub(super) groups: Vec<Group>,
    /// Where the next part begins; `None` on the last.
    pub(super) next: Option<String>,
    /// The shop's currency.
    pub(super) currency: String,
    /// When the operation was begun, by Shopify's clock.
    pub(super) begun: String,
}

/// A line of the file, and the lines that belong to it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) head: String,
    pub(super) members: Vec<String>,
}

/// A range of the file's bytes.
struct Range {
    bytes: Bytes,
    /// Whether the file ends with it.
    last: bool,
}

impl ShopConnection {
    /// Starts an operation. Where another one is in the way it is waited for, within reason.
    pub(super) async fn begin_bulk(&self, query: &str) -> Result<Step, ChannelError> {
        self.try_bulk(0, query).await
    }

    async fn try_bulk(&self, tries: u32, query: &str) -> Result<Step, ChannelError> {
        if tries >= TRIES {
            return Ok(Step::ByPage);
        }
        let call = client::call(&client::BULK_RUN, json!({"query": query}));
        let answer = self.api.call(&call).await?;
        let started = answer.read::<Run>()?.bulk_operation_run_query;
        let started = started.ok_or_else(|| answer.contract("`bulkOperationRunQuery` is null"))?;
        if let Some(operation) = started.bulk_operation.filter(|_| started.user_errors.is_empty()) {
            return Ok(Step::Later(format!("run:{}", operation.id), PAUSE));
        }
        let code = started.user_errors.first().and_then(|e| e.code.as_deref());
        Ok(match code {
            Some("OPERATION_IN_PROGRESS" | "LIMIT_REACHED") => {
                Step::Later(format!("wait:{}", tries + 1), OCCUPIED)
            }
            // Whatever keeps Shopify from making a file, pages are left.
            _ => Step::ByPage,
        })
    }

    /// Goes on where the kept place says; `query` for an operation that could not be started yet.
    pub(super) async fn go_on_in_bulk(&self, place: &str, query: &str) -> Result<Step, ChannelError> {
        let lost = || {
            let message = "the kept place in a file of Shopify's cannot be read; the list is begun anew";
            client::BULK_OPERATION.error(Fault::Rejected, message)
        };
        let (step, rest) = place.split_once(':').ok_or_else(lost)?;
        match step {
            "wait" => self.try_bulk(rest.parse().map_err(|_| lost())?, query).await,
            "run" => self.look(rest, 0).await,
            "file" => {
                let (offset, id) = rest.split_once(':').ok_or_else(lost)?;
                self.look(id, offset.parse().map_err(|_| lost())?).await
            }
            _ => Err(lost()),
        }
    }

    /// Looks how far the operation is, and reads the part of its file that begins at `offset` when it is done.
    async fn look(&self, id: &str, offset: usize) -> Result<Step, ChannelError> {
        let call = client::of(&client::BULK_OPERATION, id, None);
        let looked: Looked = self.api.ask(&call).await?;
        let Some(operation) = looked.bulk_operation else {
            return Ok(Step::ByPage);
        };
        let part = Part {
            groups: Vec::new(),
            next: None,
            currency: looked.shop.currency_code,
            begun: operation.created_at,
        };
        match (operation.status.as_str(), operation.url) {
            ("COMPLETED", None) => Ok(Step::Part(part)),
            ("COMPLETED", Some(url)) => self.fill(part, id, &url, offset).await,
            ("CANCELED" | "EXPIRED" | "FAILED", _) => {
                tracing::warn!(account.id = %self.api.account, code = operation.error_code, "a file of Shopify's ended as {}; it is read by page", operation.status);
                Ok(Step::ByPage)
            }
            _ => Ok(Step::Later(format!("run:{id}"), PAUSE)),
        }
    }

    /// Reads the groups that begin at `offset`; a thing that does not fit is asked for again with more room.
    async fn fill(&self, part: Part, id: &str, url: &str, offset: usize) -> Result<Step, ChannelError> {
        let mut size = PART;
        loop {
            let range = self.download(url, offset, size).await?;
            let (groups, used) = groups(&range)?;
            if used == 0 && !range.last && size < LARGEST_PART {
                size *= 2;
                continue;
            }
            if used == 0 && !range.last {
                return Err(contract("a thing in the file is larger than can be read at once"));
            }
            return Ok(Step::Part(Part {
                groups,
                next: (!range.last).then(|| format!("file:{}:{id}", offset + used)),
                ..part
            }));
        }
    }

    /// One range of the file's bytes. A server that sends the whole file all the same is understood too.
    async fn download(&self, url: &str, offset: usize, size: usize) -> Result<Range, ChannelError> {
        let error = |fault, message: &str| ChannelError::new(fault, BULK_FILE.name, message);
        let secure = url.starts_with("https://") || self.api.base.starts_with("http://");
        let request = http::Request::get(url)
            .header(header::RANGE, format!("bytes={offset}-{}", offset + size - 1))
            .body(Bytes::new())
            .ok()
            .filter(|_| secure)
            .ok_or_else(|| contract("Shopify named no address for the file that can be read"))?;
        let response = perform(&self.api.io, self.api.account, &DIALECT, &BULK_FILE, request).await?;
        let (status, body) = (response.status(), response.body());
        match status {
            StatusCode::PARTIAL_CONTENT => {
                let total = response.headers().get(header::CONTENT_RANGE);
                let total = total.and_then(|v| v.to_str().ok()?.rsplit('/').next()?.parse::<usize>().ok());
                Ok(Range {
                    last: total.map_or(body.len() < size, |total| offset + body.len() >= total),
                    bytes: body.clone(),
                })
            }
            StatusCode::OK => {
                let from = offset.min(body.len());
                let to = (offset + size).min(body.len());
                Ok(Range {
                    last: to == body.len(),
                    bytes: body.slice(from..to),
                })
            }
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Range {
                bytes: Bytes::new(),
                last: true,
            }),
            s if s.is_client_error() => {
                Err(error(Fault::NotFound, "the file is gone; the list is begun anew"))
            }
            _ => Err(error(
                Fault::Unavailable,
                "the file cannot be had now; it is tried again",
            )),
        }
    }
}

fn contract(message: &str) -> ChannelError {
    ChannelError::new(Fault::Contract, BULK_FILE.name, message)
}

/// The whole groups of a range, and how many bytes they take. A line that is no JSON begins a group, so that it is told as
/// the thing that cannot be read.
fn groups(range: &Range) -> Result<(Vec<Group>, usize), ChannelError> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut at, mut begin_of_last) = (0, 0);
    for line in range.bytes.split_inclusive(|byte| *byte == b'\n') {
        let begin = at;
        at += line.len();
        if !line.ends_with(b"\n") && !range.last {
            break;
        }
        let text = std::str::from_utf8(line).map_err(|_| contract("the file is not UTF-8"))?;
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let belongs = serde_json::from_str::<Belongs>(text).is_ok_and(|line| line.to.is_some());
        match groups.last_mut() {
            Some(group) if belongs => group.members.push(text.to_owned()),
            None if belongs => return Err(contract("the file is not grouped as it was asked to be")),
            _ => {
                begin_of_last = begin;
                groups.push(Group {
                    head: text.to_owned(),
                    members: Vec::new(),
                });
            }
        }
    }
    if range.last {
        return Ok((groups, range.bytes.len()));
    }
    // The last group may have more lines than came.
    groups.pop();
    Ok((groups, begin_of_last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, last: bool) -> (Vec<Group>, usize) {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        groups(&Range { bytes, last }).unwrap()
    }

    #[test]
    fn a_group_that_may_go_on_is_left_for_the_next_part() {
        let file = "{\"id\":\"1\"}\n{\"id\":\"2\",\"__parentId\":\"1\"}\n{\"id\":\"3\"}\n";
        let (whole, used) = read(file, true);
        let members: Vec<usize> = whole.iter().map(|g| g.members.len()).collect();
        assert_eq!((members, used), (vec![1, 0], file.len()));
        let (whole, used) = read(file, false);
        assert_eq!(whole.len(), 1);
        assert_eq!(&file[used..], "{\"id\":\"3\"}\n");
        let (none, used) = read(&file[..20], false);
        assert_eq!((none.len(), used), (0, 0), "its members are not all there");
    }

    #[test]
    fn what_is_not_grouped_is_refused() {
        let bytes = Bytes::from_static(b"{\"id\":\"2\",\"__parentId\":\"1\"}\n");
        assert!(groups(&Range { bytes, last: true }).is_err());
    }
}
