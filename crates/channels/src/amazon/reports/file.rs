//! A report's file, read range by range and unpacked on the way, so that memory does not grow with it.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, StatusCode, header};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, Fault, ReportFile};

use super::super::api::Api;
use super::super::client;
use super::super::documents::{self, DOWNLOAD};
use super::super::error::clean;

const MIB: usize = 1024 * 1024;
/// Bytes asked for at once.
const RANGE: usize = 4 * MIB;
/// Bytes unpacked at once; what packs best grows a thousandfold.
const SLICE: usize = 8 * 1024;
/// Bytes handed out at once, at least, until the end.
const CHUNK: usize = MIB;
/// The largest file, unpacked.
const MOST: u64 = 4 * 1024 * 1024 * 1024;

/// An open file.
pub(super) struct File<'a> {
    api: &'a Api,
    document: &'a str,
    url: String,
    media_type: Option<String>,
    reader: Reader,
    /// What came and was not unpacked yet.
    came: Bytes,
    /// How much of the packed file came, and whether that is all.
    offset: usize,
    ended: bool,
    handed_out: u64,
}

/// What unpacks.
enum Reader {
    Plain(Vec<u8>),
    Packed(Box<MultiGzDecoder<Vec<u8>>>),
    Over,
}

impl Reader {
    fn buffer(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Plain(buffer) => Some(buffer),
            Self::Packed(decoder) => Some(decoder.get_mut()),
            Self::Over => None,
        }
    }

    fn feed(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(buffer) => {
                buffer.extend_from_slice(bytes);
                Ok(())
            }
            Self::Packed(decoder) => decoder.write_all(bytes),
            Self::Over => Ok(()),
        }
    }

    /// The last bytes; an error when the file stops in the middle.
    fn finish(&mut self) -> std::io::Result<Vec<u8>> {
        match std::mem::replace(self, Self::Over) {
            Self::Plain(buffer) => Ok(buffer),
            Self::Packed(decoder) => decoder.finish(),
            Self::Over => Ok(Vec::new()),
        }
    }
}

impl<'a> File<'a> {
    pub(super) async fn open(api: &'a Api, document: &'a str) -> Result<Self, ChannelError> {
        let at = api.ask(&client::get_report_document(document)).await?;
        let reader = match at.compression_algorithm.as_deref() {
            None => Reader::Plain(Vec::new()),
            Some("GZIP") => Reader::Packed(Box::new(MultiGzDecoder::new(Vec::new()))),
            Some(other) => {
                return Err(contract(format!(
                    "the report is packed by `{}`, which is not known; the hub needs an update",
                    clean(other)
                )));
            }
        };
        Ok(Self {
            api,
            document,
            url: at.url,
            media_type: None,
            reader,
            came: Bytes::new(),
            offset: 0,
            ended: false,
            handed_out: 0,
        })
    }

    /// Fetches the next range. An address that has died is asked for anew, once for each range.
    async fn fetch(&mut self) -> Result<(), ChannelError> {
        let range = format!("bytes={}-{}", self.offset, self.offset + RANGE - 1);
        let mut answer = documents::range(self.api, &self.url, &range).await?;
        if answer.status() == StatusCode::FORBIDDEN {
            self.url = self
                .api
                .ask(&client::get_report_document(self.document))
                .await?
                .url;
            answer = documents::range(self.api, &self.url, &range).await?;
        }
        let status = answer.status();
        if self.media_type.is_none() {
            let kind = answer.headers().get(header::CONTENT_TYPE);
            self.media_type = kind.and_then(|k| k.to_str().ok()).map(str::to_owned);
        }
        let whole = total(answer.headers());
        let body = answer.into_body();
        match status {
            StatusCode::PARTIAL_CONTENT => {
                self.offset += body.len();
                self.ended = whole.map_or(body.len() < RANGE, |whole| self.offset >= whole);
                if body.is_empty() && !self.ended {
                    return Err(documents::refused(&DOWNLOAD, status));
                }
                self.came = body;
            }
            // A server that does not know ranges sends all of it.
            StatusCode::OK => {
                self.came = body.slice(self.offset.min(body.len())..);
                self.offset = body.len();
                self.ended = true;
            }
            StatusCode::RANGE_NOT_SATISFIABLE => self.ended = true,
            other => return Err(documents::refused(&DOWNLOAD, other)),
        }
        Ok(())
    }

    /// Unpacks until a chunk is there or nothing more has come.
    fn unpack(&mut self) -> Result<(), ChannelError> {
        while !self.came.is_empty() {
            let slice = self.came.split_to(SLICE.min(self.came.len()));
            self.reader.feed(&slice).map_err(broken)?;
            if self.reader.buffer().is_some_and(|buffer| buffer.len() >= CHUNK) {
                break;
            }
        }
        Ok(())
    }

    fn hand_out(&mut self, bytes: Vec<u8>) -> Result<Option<Bytes>, ChannelError> {
        self.handed_out += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.handed_out > MOST {
            return Err(contract(format!(
                "the report is larger than {MOST} bytes and was not read to its end"
            )));
        }
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }
}

impl ReportFile for File<'_> {
    fn next(&mut self) -> BoxFut<'_, Result<Option<Bytes>, ChannelError>> {
        Box::pin(async move {
            loop {
                self.unpack()?;
                let full = self.reader.buffer().filter(|buffer| buffer.len() >= CHUNK);
                if let Some(buffer) = full {
                    let bytes = std::mem::take(buffer);
                    return self.hand_out(bytes);
                }
                if self.ended && self.came.is_empty() {
                    let rest = self.reader.finish().map_err(broken)?;
                    return self.hand_out(rest);
                }
                self.fetch().await?;
            }
        })
    }

    fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }
}

/// The size of the whole file, by `Content-Range: bytes 0-9/100`.
fn total(headers: &HeaderMap) -> Option<usize> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.rsplit_once('/')?.1.parse().ok()
}

fn broken(error: std::io::Error) -> ChannelError {
    contract(format!(
        "the report's file is damaged or stops in the middle ({error}); ask for the report again"
    ))
}

fn contract(message: String) -> ChannelError {
    ChannelError::new(Fault::Contract, DOWNLOAD.name, message)
}
