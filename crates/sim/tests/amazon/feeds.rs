//! Feeds: a file is put, a feed is made of it, worked through later, and reported message by message.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use stockbridge_sim::CallOutcome;

use crate::bench::{Bench, DE, FBA, MUG, SELLER};

const KIND: &str = "application/json; charset=UTF-8";

fn fetch(bench: &Bench, method: Method, url: &str, kind: &str, body: Vec<u8>) -> (StatusCode, Bytes) {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", kind)
        .body(Bytes::from(body))
        .unwrap();
    match bench.sim.call(request) {
        CallOutcome::Answer(answer) => (answer.status(), answer.into_body()),
        other => panic!("{other:?}"),
    }
}

fn message(id: u64, sku: &str, quantity: i64) -> Value {
    json!({"messageId": id, "sku": sku, "operationType": "PATCH", "productType": "PRODUCT", "patches": [
        {"op": "merge", "path": "/attributes/fulfillment_availability",
         "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]}]})
}

fn document(bench: &Bench) -> Value {
    let body = json!({"contentType": KIND});
    let made = bench.call(
        "createFeedDocument",
        Method::POST,
        "/feeds/2021-06-30/documents",
        &body,
    );
    assert_eq!(made.status, StatusCode::CREATED);
    made.body
}

fn feed_of(bench: &Bench, document: &Value) -> crate::bench::Answer {
    let body = json!({"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [DE],
        "inputFeedDocumentId": document["feedDocumentId"]});
    bench.call("createFeed", Method::POST, "/feeds/2021-06-30/feeds", &body)
}

fn report(bench: &Bench, feed: &Value) -> Value {
    let target = format!(
        "/feeds/2021-06-30/documents/{}",
        feed["resultFeedDocumentId"].as_str().unwrap()
    );
    let found = bench.get("getFeedDocument", &target);
    assert_eq!(found.body["compressionAlgorithm"], "GZIP");
    let (status, packed) = fetch(
        bench,
        Method::GET,
        found.body["url"].as_str().unwrap(),
        "",
        Vec::new(),
    );
    assert_eq!(status, StatusCode::OK);
    serde_json::from_reader(flate2::read::GzDecoder::new(packed.as_ref())).unwrap()
}

#[test]
fn messages_are_taken_or_refused_one_by_one() {
    let bench = Bench::new();
    let document = document(&bench);
    let url = document["url"].as_str().unwrap();
    let feed = json!({"header": {"sellerId": SELLER, "version": "2.0"}, "messages": [
        message(1, MUG, 4), message(2, FBA, 4), message(3, "NO-SUCH", 1), message(4, MUG, -1)]});
    let wrong = fetch(
        &bench,
        Method::PUT,
        url,
        "text/plain",
        feed.to_string().into_bytes(),
    );
    assert_eq!(wrong.0, StatusCode::FORBIDDEN, "another kind than was announced");
    assert_eq!(
        feed_of(&bench, &document).details(),
        "inputFeedDocumentId",
        "nothing is there yet"
    );
    let put = fetch(&bench, Method::PUT, url, KIND, feed.to_string().into_bytes());
    assert_eq!(put.0, StatusCode::OK);
    let made = feed_of(&bench, &document);
    assert_eq!(made.status, StatusCode::ACCEPTED);
    let target = format!(
        "/feeds/2021-06-30/feeds/{}",
        made.body["feedId"].as_str().unwrap()
    );
    assert_eq!(bench.get("getFeed", &target).body["processingStatus"], "IN_QUEUE");
    bench.advance(121);
    let done = bench.get("getFeed", &target).body;
    assert_eq!(done["processingStatus"], "DONE");
    let report = report(&bench, &done);
    assert_eq!(report["summary"]["messagesAccepted"], 1);
    assert_eq!(report["summary"]["messagesInvalid"], 3);
    let mut refused: Vec<u64> = report["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["messageId"].as_u64().unwrap())
        .collect();
    refused.sort_unstable();
    assert_eq!(refused, [2, 3, 4]);
    bench.advance(11);
    assert_eq!(bench.item(MUG)["fulfillmentAvailability"][0]["quantity"], 4);
    let listed = bench.get(
        "getFeeds",
        "/feeds/2021-06-30/feeds?feedTypes=JSON_LISTINGS_FEED&createdSince=2026-03-01T00:00:00Z",
    );
    assert_eq!(listed.body["feeds"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_that_is_no_feed_is_given_up_and_addresses_die() {
    let bench = Bench::new();
    let document = document(&bench);
    let url = document["url"].as_str().unwrap();
    assert_eq!(
        fetch(&bench, Method::PUT, url, KIND, b"nonsense".to_vec()).0,
        StatusCode::OK
    );
    let made = feed_of(&bench, &document).body;
    bench.advance(301);
    let target = format!("/feeds/2021-06-30/feeds/{}", made["feedId"].as_str().unwrap());
    let done = bench.get("getFeed", &target).body;
    assert_eq!(done["processingStatus"], "FATAL");
    assert!(report(&bench, &done)["issues"][0]["messageId"].is_null());
    assert_eq!(
        fetch(&bench, Method::PUT, url, KIND, Vec::new()).0,
        StatusCode::FORBIDDEN
    );
}
