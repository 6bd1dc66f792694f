//! Amazon's documents: files at addresses that live five minutes, beside the API and without its token.

use std::io::Read as _;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, HttpResponse};

use super::api::Api;
use crate::call::{Dialect, Effect, Operation, perform};

static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-amz-request-id"),
};

const MIB: usize = 1024 * 1024;
/// Largest document read as a whole, unpacked.
const MOST_UNPACKED: usize = 64 * MIB;

/// Puts a file where the API said. Nothing comes of a file alone, so doing it again harms nothing.
static UPLOAD: Operation = Operation {
    name: "document.upload",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(120),
    effect: Effect::Read,
    max_body_bytes: MIB,
};

/// Fetches a file.
pub(super) static DOWNLOAD: Operation = Operation {
    name: "document.download",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(120),
    effect: Effect::Read,
    max_body_bytes: 32 * MIB,
};

/// Puts `content` at a document's address.
///
/// # Errors
/// [`Fault::Unavailable`] when it did not get there; nothing has happened then.
pub(super) async fn upload(api: &Api, url: &str, kind: &str, content: Bytes) -> Result<(), ChannelError> {
    let request = http::Request::put(address(api, url, &UPLOAD)?)
        .header(header::CONTENT_TYPE, kind)
        .body(content);
    let answer = exchange(api, &UPLOAD, request).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(refused(&UPLOAD, answer.status()))
}

/// Fetches a document and unpacks it if it is packed.
///
/// # Errors
/// [`Fault::Unavailable`] when it did not come whole, [`Fault::Contract`] when it cannot be unpacked or is too large.
pub(super) async fn download(api: &Api, url: &str, packed: Option<&str>) -> Result<Vec<u8>, ChannelError> {
    Ok(download_typed(api, url, packed).await?.0)
}

/// The same with the kind of content, which names the character set.
///
/// # Errors
/// As [`download`].
pub(super) async fn download_typed(
    api: &Api,
    url: &str,
    packed: Option<&str>,
) -> Result<(Vec<u8>, Option<String>), ChannelError> {
    let request = http::Request::get(address(api, url, &DOWNLOAD)?).body(Bytes::new());
    let answer = exchange(api, &DOWNLOAD, request).await?;
    if !answer.status().is_success() {
        return Err(refused(&DOWNLOAD, answer.status()));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|k| k.to_str().ok()).map(str::to_owned);
    let body = answer.into_body();
    match packed {
        None => Ok((body.to_vec(), kind)),
        Some("GZIP") => Ok((unpack(&body)?, kind)),
        Some(other) => Err(ChannelError::new(
            Fault::Contract,
            DOWNLOAD.name,
            format!(
                "the document is packed by `{}`, which is not known",
                super::error::clean(other)
            ),
        )),
    }
}

/// Fetches a range of a document's bytes, as they are.
///
/// # Errors
/// [`Fault::Unavailable`] when no answer came.
pub(super) async fn range(api: &Api, url: &str, range: &str) -> Result<HttpResponse, ChannelError> {
    let request = http::Request::get(address(api, url, &DOWNLOAD)?)
        .header(header::RANGE, range)
        .body(Bytes::new());
    exchange(api, &DOWNLOAD, request).await
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, ChannelError> {
    let mut plain = Vec::new();
    let most = u64::try_from(MOST_UNPACKED).unwrap_or(u64::MAX);
    let read = flate2::read::MultiGzDecoder::new(packed)
        .take(most + 1)
        .read_to_end(&mut plain);
    let contract = |message: String| Err(ChannelError::new(Fault::Contract, DOWNLOAD.name, message));
    match read {
        Err(e) => contract(format!("the document cannot be unpacked: {e}")),
        Ok(_) if plain.len() > MOST_UNPACKED => contract(format!(
            "the document is larger than {MOST_UNPACKED} bytes and was not read"
        )),
        Ok(_) => Ok(plain),
    }
}

/// A document's address: Amazon's own are always encrypted; a simulator's need not be.
fn address<'u>(api: &Api, url: &'u str, operation: &Operation) -> Result<&'u str, ChannelError> {
    if url.starts_with("https://") || api.base.starts_with("http://") && url.starts_with("http://") {
        return Ok(url);
    }
    let message = "Amazon named an address for a document that is not encrypted; it was not used";
    Err(ChannelError::new(Fault::Contract, operation.name, message))
}

async fn exchange(
    api: &Api,
    operation: &'static Operation,
    request: Result<HttpRequest, http::Error>,
) -> Result<HttpResponse, ChannelError> {
    let request = request.map_err(|e| {
        let message = format!("the request could not be built: {e}");
        ChannelError::new(Fault::Contract, operation.name, message)
    })?;
    perform(&api.io, api.account, &DIALECT, operation, request).await
}

pub(super) fn refused(operation: &Operation, status: StatusCode) -> ChannelError {
    // An address that has died answers 403; a new one is asked for the next time.
    let message = format!("the document's address answered {status}; it is tried again with a new one");
    ChannelError::new(Fault::Unavailable, operation.name, message)
}
