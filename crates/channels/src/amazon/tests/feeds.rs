//! Feeds: the file, its way in, and what its report says of each item.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use stockbridge_domain::channel::{BulkState, Fault, ItemOutcome};

use super::*;
use crate::testing::document;

const FEEDS: &str = "/feeds/2021-06-30";

fn packed(report: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(report.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A world in which a feed has this status, and this report if it has one.
fn feeds(status: &'static str, report: Option<Value>) -> Arc<World> {
    world(move |request| {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let found = |packed: bool| {
            let mut found = json!({"feedDocumentId": "d1", "url": "https://files.example/d1?sig=1"});
            if packed {
                found["compressionAlgorithm"] = json!("GZIP");
            }
            found.to_string()
        };
        match (method, path.strip_prefix(FEEDS).unwrap_or(path)) {
            ("POST", "/documents") => answer(201, found(false)),
            ("PUT", "/d1") => answer(200, ""),
            ("GET", "/d1") => answer(200, packed(report.as_ref().unwrap())),
            ("POST", "/feeds") => answer(202, r#"{"feedId":"f1"}"#),
            ("GET", "/documents/r1") => answer(200, found(true)),
            ("GET", "/feeds/f1") => {
                let mut feed = json!({"feedId": "f1", "feedType": "JSON_LISTINGS_FEED",
                    "createdTime": "2026-11-21T03:25:00Z", "processingStatus": status});
                if report.is_some() {
                    feed["resultFeedDocumentId"] = json!("r1");
                }
                answer(200, feed.to_string())
            }
            ("GET", "/feeds") => {
                let of = |id: &str| {
                    json!({"feedId": id, "feedType": "JSON_LISTINGS_FEED",
                    "createdTime": "2026-11-21T03:25:00Z", "processingStatus": "IN_QUEUE"})
                };
                answer(200, json!({"feeds": [of("f2"), of("f1")]}).to_string())
            }
            _ => answer(404, "{}"),
        }
    })
}

fn report(issues: &Value) -> Value {
    json!({"header": {"sellerId": "A3EXAMPLE1", "version": "2.0", "feedId": "f1"}, "issues": issues,
        "summary": {"errors": 1, "warnings": 1, "messagesProcessed": 3, "messagesAccepted": 2, "messagesInvalid": 1}})
}

async fn collected(world: &Arc<World>, skus: &[&str]) -> Vec<String> {
    let connection = open(world, &["DE"]);
    let skus: Vec<Sku> = skus.iter().map(|s| sku(s)).collect();
    match connection.bulk().unwrap().collect("f1", &skus).await.unwrap() {
        BulkState::Waiting(_) => vec!["waiting".to_owned()],
        BulkState::Done { results, .. } => results
            .iter()
            .map(|r| match &r.outcome {
                ItemOutcome::Accepted { receipt } => format!("accepted {}", receipt.as_deref().unwrap()),
                ItemOutcome::NotApplied(e) => format!("{} {}", e.fault.name(), e.message),
                ItemOutcome::Unknown(e) => format!("unknown {}", e.message),
                other => format!("{other:?}"),
            })
            .collect(),
    }
}

#[tokio::test]
async fn a_feed_is_uploaded_without_the_token_and_then_made() {
    let world = feeds("IN_QUEUE", None);
    let connection = open(&world, &["DE", "FR"]);
    let levels = [level("A", 3), level("B/é", 0)];
    let ticket = connection.bulk().unwrap().submit(&levels).await.unwrap();
    assert_eq!(ticket.id, "f1");
    let sent = world.sent.lock().unwrap();
    let upload = sent.iter().find(|r| r.method() == "PUT").unwrap();
    assert!(!upload.headers().contains_key("x-amz-access-token"));
    assert_eq!(
        upload.headers()["content-type"],
        "application/json; charset=UTF-8"
    );
    let feed: Value = serde_json::from_slice(upload.body()).unwrap();
    assert_eq!(feed["messages"][1]["messageId"], 2);
    assert_eq!(feed["messages"][1]["patches"][0]["value"][0]["quantity"], 0);
    if let Some(schema) = document("sp-api/feeds/listings-feed-schema-v2.json") {
        let message = document("sp-api/feeds/listings-feed-message-schema-v2.json").unwrap();
        for (schema, value) in [(&schema, &feed), (&message, &feed["messages"][0])] {
            let problems: Vec<_> = jsonschema::validator_for(schema)
                .unwrap()
                .iter_errors(value)
                .map(|e| e.to_string())
                .collect();
            assert!(problems.is_empty(), "{problems:?}");
        }
    }
    let made: Value = serde_json::from_slice(sent.last().unwrap().body()).unwrap();
    assert_eq!(made["marketplaceIds"].as_array().unwrap().len(), 2);
    assert_eq!(made["inputFeedDocumentId"], "d1");
}

#[tokio::test]
async fn a_feed_of_the_largest_size_is_made_and_none_larger() {
    let world = feeds("IN_QUEUE", None);
    let connection = open(&world, &["DE"]);
    let bulk = connection.bulk().unwrap();
    assert_eq!(bulk.terms().most, 25_000);
    let many: Vec<_> = (0..25_001).map(|n| level(&format!("SKU-{n:05}"), 7)).collect();
    bulk.submit(&many[..25_000]).await.unwrap();
    let bytes = world
        .sent
        .lock()
        .unwrap()
        .iter()
        .find(|r| r.method() == "PUT")
        .unwrap()
        .body()
        .len();
    assert!(bytes < 10 * 1024 * 1024, "{bytes} bytes");
    assert_eq!(bulk.submit(&many).await.unwrap_err().fault, Fault::Rejected);
    assert_eq!(
        bulk.submit(&[level("A", 1), level("A", 2)])
            .await
            .unwrap_err()
            .fault,
        Fault::Rejected
    );
}

#[tokio::test]
async fn the_report_tells_of_each_item() {
    let issues = json!([
        {"messageId": 2, "code": "90220", "severity": "ERROR", "message": "no such attribute", "news": 1},
        {"messageId": 2, "sku": "B", "severity": "ERROR", "message": "and another"},
        {"sku": "C", "severity": "WARNING", "message": "a remark"}]);
    let world = feeds("DONE", Some(report(&issues)));
    let of = collected(&world, &["A", "B", "C"]).await;
    assert_eq!((of[0].as_str(), of[2].as_str()), ("accepted f1", "accepted f1"));
    assert!(
        of[1].starts_with("rejected") && of[1].contains("no such attribute; and another"),
        "{of:?}"
    );
}

#[tokio::test]
async fn a_feed_that_is_not_over_or_was_given_up_is_told() {
    assert_eq!(collected(&feeds("IN_PROGRESS", None), &["A"]).await, ["waiting"]);
    assert_eq!(
        collected(&feeds("SOMETHING_NEW", None), &["A"]).await,
        ["waiting"]
    );
    assert_eq!(collected(&feeds("DONE", None), &["A"]).await, ["accepted f1"]);
    let cancelled = collected(&feeds("CANCELLED", None), &["A"]).await;
    assert!(cancelled[0].starts_with("unavailable"), "{cancelled:?}");
    let fatal = collected(&feeds("FATAL", None), &["A"]).await;
    assert!(fatal[0].starts_with("unknown"), "{fatal:?}");
    let whole = json!([{"severity": "ERROR", "message": "the file is broken"}]);
    let fatal = collected(&feeds("FATAL", Some(report(&whole))), &["A", "B"]).await;
    assert!(
        fatal
            .iter()
            .all(|o| o.starts_with("unknown") && o.contains("broken")),
        "{fatal:?}"
    );
}

#[tokio::test]
async fn a_feed_whose_answer_got_lost_is_found_among_those_of_late() {
    let world = feeds("IN_QUEUE", None);
    let connection = open(&world, &["DE"]);
    let bulk = connection.bulk().unwrap();
    let since = Timestamp::parse("2026-11-21T03:24:00Z").unwrap();
    let found = bulk.find(since, &["f2".to_owned()]).await.unwrap();
    assert_eq!(found.unwrap().id, "f1");
    let known = ["f1".to_owned(), "f2".to_owned()];
    assert_eq!(bulk.find(since, &known).await.unwrap(), None);
    assert!(
        world
            .targets()
            .last()
            .unwrap()
            .contains("createdSince=2026-11-21T03%3A22%3A00Z")
    );
}

#[tokio::test]
async fn an_address_that_is_not_encrypted_is_not_used() {
    let world = world(|_| answer(201, r#"{"feedDocumentId":"d","url":"http://files.example/d"}"#));
    let connection = open(&world, &["DE"]);
    let error = connection
        .bulk()
        .unwrap()
        .submit(&[level("A", 1)])
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Contract, "{error}");
    assert_eq!(world.targets().len(), 1);
}
