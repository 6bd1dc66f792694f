//! Feeds 2021-06-30: files handed in at addresses that live five minutes, worked through later, with a report of each.
//!
//! `JSON_LISTINGS_FEED` alone is known. A feed is worked through at the first call after its time has come; what it accepts
//! takes effect as a patch does. Its messages are taken in an order of chance.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, Response, StatusCode, header};
use jiff::Timestamp;
use rand::RngExt;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::patches;
use super::route::Call;
use super::sellers::check_marketplaces;
use super::{insert_header, uuid_text};
use crate::time::after_ms;
use crate::world::World;

const LISTINGS: &str = "JSON_LISTINGS_FEED";
const ADDRESS_MS: u64 = 300_000;
const MOST_MESSAGES: usize = 25_000;
/// Feeds taken in five minutes.
const LISTINGS_FEEDS: usize = 5;
const STATES: [&str; 5] = ["IN_QUEUE", "IN_PROGRESS", "DONE", "CANCELLED", "FATAL"];

/// Files and feeds.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    files: BTreeMap<String, File>,
    feeds: BTreeMap<String, Feed>,
    made: u64,
}

#[derive(Debug)]
struct File {
    seller_id: String,
    kind: String,
    /// The media type it is sent with.
    media: Option<&'static str>,
    content: Option<Bytes>,
    until: Timestamp,
}

#[derive(Debug, Clone)]
struct Feed {
    id: String,
    seller_id: String,
    marketplaces: Vec<String>,
    document: String,
    created_at: Timestamp,
    due_at: Timestamp,
    status: &'static str,
    result: Option<String>,
}

impl Feeds {
    /// `POST /feeds/2021-06-30/documents`.
    pub(super) fn create_document(
        &mut self,
        world: &mut World,
        call: &Call,
    ) -> Result<Response<Bytes>, ApiError> {
        let body = body(call)?;
        let kind = body["contentType"].as_str().filter(|k| !k.is_empty());
        let kind = kind.ok_or_else(|| ApiError::invalid("'contentType' is required.", "contentType"))?;
        let id = self.keep(world, &call.seller_id, kind, None);
        let url = address(call, &id);
        Ok(json_response(
            StatusCode::CREATED,
            &json!({"feedDocumentId": id, "url": url}),
        ))
    }

    /// `GET /feeds/2021-06-30/documents/{feedDocumentId}`.
    pub(super) fn document(&mut self, world: &World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let id = call.path_parameter(0);
        let file = self.files.get_mut(id).filter(|f| f.seller_id == call.seller_id);
        let file = file.ok_or_else(|| ApiError::not_found("There is no such document."))?;
        // Each question gives the address another five minutes.
        file.until = after_ms(world.now, ADDRESS_MS);
        let mut found = json!({"feedDocumentId": id, "url": address(call, id)});
        if file.kind == "report" {
            found["compressionAlgorithm"] = json!("GZIP");
        }
        Ok(json_response(StatusCode::OK, &found))
    }

    /// A file put at, or fetched from, its address; no token, only the address.
    pub(super) fn file(&mut self, world: &World, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let refuse = |status| {
            let mut response = Response::new(Bytes::from_static(b"<Error><Code>AccessDenied</Code></Error>"));
            *response.status_mut() = status;
            response
        };
        let Some(file) = self.files.get_mut(id).filter(|f| f.until >= world.now) else {
            return refuse(StatusCode::FORBIDDEN);
        };
        if request.method() != http::Method::PUT {
            return match &file.content {
                Some(content) => sent(content, file.media, request),
                None => refuse(StatusCode::NOT_FOUND),
            };
        }
        let kind = request.headers().get(http::header::CONTENT_TYPE);
        if kind.and_then(|k| k.to_str().ok()) != Some(file.kind.as_str()) {
            return refuse(StatusCode::FORBIDDEN);
        }
        file.content = Some(request.body().clone());
        Response::new(Bytes::new())
    }

    /// `POST /feeds/2021-06-30/feeds`.
    pub(super) fn create(&mut self, world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let body = body(call)?;
        let kind = body["feedType"].as_str().unwrap_or_default();
        if kind != LISTINGS {
            return Err(ApiError::invalid(
                format!("The simulator knows {LISTINGS} only."),
                "feedType",
            ));
        }
        let named = body["marketplaceIds"].as_array().cloned().unwrap_or_default();
        let marketplaces: Vec<String> = named
            .iter()
            .filter_map(|m| Some(m.as_str()?.to_owned()))
            .collect();
        if marketplaces.is_empty() || marketplaces.len() > 25 {
            return Err(ApiError::invalid("Name 1 to 25 marketplaces.", "marketplaceIds"));
        }
        check_marketplaces(world, call, &marketplaces)?;
        let document = body["inputFeedDocumentId"].as_str().unwrap_or_default();
        let uploaded = self
            .files
            .get(document)
            .is_some_and(|f| f.seller_id == call.seller_id && f.content.is_some());
        if !uploaded {
            return Err(ApiError::invalid(
                "There is no such uploaded document.",
                "inputFeedDocumentId",
            ));
        }
        let lately = after_ms(world.now, 0);
        let recent = self
            .feeds
            .values()
            .filter(|f| f.seller_id == call.seller_id && after_ms(f.created_at, ADDRESS_MS) > lately);
        if recent.count() >= LISTINGS_FEEDS {
            return Err(ApiError::quota());
        }
        self.made += 1;
        let id = format!("{}", 50_000_000_000 + self.made);
        let delay = world.draw_ms(world.feed_delay_ms);
        let feed = Feed {
            id: id.clone(),
            seller_id: call.seller_id.clone(),
            marketplaces,
            document: document.to_owned(),
            created_at: world.now,
            due_at: after_ms(world.now, delay),
            status: "IN_QUEUE",
            result: None,
        };
        self.feeds.insert(id.clone(), feed);
        Ok(json_response(StatusCode::ACCEPTED, &json!({"feedId": id})))
    }

    /// `GET /feeds/2021-06-30/feeds/{feedId}`.
    pub(super) fn get(&self, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let feed = self
            .feeds
            .get(call.path_parameter(0))
            .filter(|f| f.seller_id == call.seller_id);
        let feed = feed.ok_or_else(|| ApiError::not_found("There is no such feed."))?;
        Ok(json_response(StatusCode::OK, &feed.json()))
    }

    /// `GET /feeds/2021-06-30/feeds`.
    pub(super) fn list(&self, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let kinds = call.query.list("feedTypes");
        if kinds.is_empty() {
            return Err(ApiError::invalid("'feedTypes' is required.", "feedTypes"));
        }
        let states = call.query.list_of("processingStatuses", &STATES)?;
        let since = call.query.time("createdSince")?;
        let size = call.query.number("pageSize", 1, 100)?.unwrap_or(10);
        let fits = |f: &&Feed| {
            f.seller_id == call.seller_id
                && kinds.iter().any(|k| k == LISTINGS)
                && (states.is_empty() || states.iter().any(|s| s == f.status))
                && since.is_none_or(|at| f.created_at >= at)
        };
        let found: Vec<Value> = self
            .feeds
            .values()
            .rev()
            .filter(fits)
            .take(size)
            .map(Feed::json)
            .collect();
        Ok(json_response(StatusCode::OK, &json!({"feeds": found})))
    }

    /// Works through every feed whose time has come.
    pub(super) fn work(&mut self, world: &mut World) {
        let due: Vec<String> = self
            .feeds
            .values()
            .filter(|f| f.status == "IN_QUEUE" && f.due_at <= world.now)
            .map(|f| f.id.clone())
            .collect();
        for id in due {
            let Some(feed) = self.feeds.get(&id).cloned() else {
                continue;
            };
            let content = self.files.get(&feed.document).and_then(|f| f.content.clone());
            let report = work_through(world, &feed, &content.unwrap_or_default());
            let fatal = report["summary"]["messagesProcessed"] == 0;
            let document = self.keep(world, &feed.seller_id, "report", Some(packed(&report)));
            if let Some(feed) = self.feeds.get_mut(&id) {
                feed.status = if fatal { "FATAL" } else { "DONE" };
                feed.result = Some(document);
            }
        }
    }

    /// A packed text at an address that lives five minutes.
    pub(super) fn offer(&mut self, world: &mut World, call: &Call, text: &str) -> String {
        let content = packed_text(text);
        let id = self.keep(world, &call.seller_id, "report", Some(content));
        address(call, &id)
    }

    /// The same in the western character set, and said so.
    pub(super) fn offer_western(&mut self, world: &mut World, call: &Call, text: &str) -> String {
        let western = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
        let content = packed_bytes(&text.chars().map(western).collect::<Vec<u8>>());
        let id = self.keep(world, &call.seller_id, "report", Some(content));
        if let Some(file) = self.files.get_mut(&id) {
            file.media = Some("text/plain;charset=iso-8859-1");
        }
        address(call, &id)
    }

    fn keep(&mut self, world: &mut World, seller_id: &str, kind: &str, content: Option<Bytes>) -> String {
        let id = format!("amzn1.tortuga.{}", uuid_text(&mut world.rng));
        let file = File {
            seller_id: seller_id.to_owned(),
            kind: kind.to_owned(),
            media: None,
            content,
            until: after_ms(world.now, ADDRESS_MS),
        };
        self.files.insert(id.clone(), file);
        id
    }
}

impl Feed {
    fn json(&self) -> Value {
        let mut json = json!({
            "feedId": self.id,
            "feedType": LISTINGS,
            "marketplaceIds": self.marketplaces,
            "createdTime": self.created_at.to_string(),
            "processingStatus": self.status,
        });
        if let Some(result) = &self.result {
            json["resultFeedDocumentId"] = json!(result);
            json["processingStartTime"] = json!(self.due_at.to_string());
            json["processingEndTime"] = json!(self.due_at.to_string());
        }
        json
    }
}

fn body(call: &Call) -> Result<Value, ApiError> {
    serde_json::from_slice(&call.body)
        .map_err(|e| ApiError::invalid(format!("The body is no JSON: {e}"), "body"))
}

fn address(call: &Call, id: &str) -> String {
    format!("{}/documents/{id}?X-Amz-Expires=300", call.origin)
}

fn packed(report: &Value) -> Bytes {
    packed_text(&report.to_string())
}

fn packed_text(text: &str) -> Bytes {
    packed_bytes(text.as_bytes())
}

/// A file, or the range of it that is asked for.
fn sent(content: &Bytes, media: Option<&'static str>, request: &Request<Bytes>) -> Response<Bytes> {
    let range = request.headers().get(header::RANGE).and_then(|range| {
        let (from, to) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
        Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?))
    });
    let mut response = match range {
        None => Response::new(content.clone()),
        Some((from, _)) if from >= content.len() => {
            let mut none = Response::new(Bytes::new());
            *none.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            none
        }
        Some((from, to)) => {
            let end = content.len().min(to.saturating_add(1)).max(from);
            let mut part = Response::new(content.slice(from..end));
            *part.status_mut() = StatusCode::PARTIAL_CONTENT;
            let said = format!("bytes {from}-{}/{}", end.saturating_sub(1), content.len());
            insert_header(&mut part, "content-range", &said);
            part
        }
    };
    if let Some(media) = media {
        insert_header(&mut response, "content-type", media);
    }
    response
}

fn packed_bytes(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let written = encoder.write_all(bytes);
    written.and_then(|()| encoder.finish()).unwrap_or_default().into()
}

/// Takes in a feed's messages and says what became of each.
fn work_through(world: &mut World, feed: &Feed, content: &Bytes) -> Value {
    let header = json!({"sellerId": feed.seller_id, "version": "2.0", "feedId": feed.id});
    let given: Value = serde_json::from_slice(content).unwrap_or_default();
    let messages = given["messages"].as_array().cloned().unwrap_or_default();
    let whole = |message: &str| {
        json!({"header": header, "issues": [{"severity": "ERROR", "code": "4000001", "message": message}],
            "summary": {"errors": 1, "warnings": 0, "messagesProcessed": 0, "messagesAccepted": 0, "messagesInvalid": 0}})
    };
    if given["header"]["sellerId"] != json!(feed.seller_id) || given["header"]["version"] != "2.0" {
        return whole("The header names another seller or version.");
    }
    if messages.is_empty() || messages.len() > MOST_MESSAGES {
        return whole("A feed holds 1 to 25000 messages.");
    }
    let mut order: Vec<usize> = (0..messages.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, world.rng.random_range(0..=last));
    }
    let (mut issues, mut accepted, mut numbers) = (Vec::new(), 0, BTreeSet::new());
    for index in order {
        let message = &messages[index];
        let result = if numbers.insert(message["messageId"].as_u64()) {
            take_in(world, feed, message)
        } else {
            Err("messageId is there twice.".to_owned())
        };
        match result {
            Ok(()) => accepted += 1,
            Err(why) => issues.push(json!({"messageId": message["messageId"], "sku": message["sku"],
                "code": "90000900", "severity": "ERROR", "message": why})),
        }
    }
    let summary = json!({"errors": issues.len(), "warnings": 0, "messagesProcessed": messages.len(),
        "messagesAccepted": accepted, "messagesInvalid": messages.len() - accepted});
    json!({"header": header, "issues": issues, "summary": summary})
}

fn take_in(world: &mut World, feed: &Feed, message: &Value) -> Result<(), String> {
    if message["operationType"] != "PATCH" {
        return Err("The simulator knows PATCH only.".to_owned());
    }
    let text = Bytes::from(message.to_string());
    let patches = patches::parse(&text).map_err(ApiError::into_message)?;
    let sku = message["sku"].as_str().unwrap_or_default().to_owned();
    let listing = world.listing(&feed.seller_id, &sku);
    let listing = listing.ok_or_else(|| format!("SKU '{sku}' does not exist."))?;
    let changes = patches::read(&patches, listing, &feed.marketplaces).map_err(|issues| {
        let first = issues.first().and_then(|i| i["message"].as_str());
        first.unwrap_or("refused").to_owned()
    })?;
    world.accept_changes(&feed.seller_id, &sku, &feed.id, "createFeed", changes);
    Ok(())
}
