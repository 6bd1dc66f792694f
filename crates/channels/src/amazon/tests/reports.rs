//! Reports: what is asked, how far they are, and files that come in ranges, break off, or outlive their address.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use stockbridge_domain::channel::{ChannelError, Fault, ReportProgress, ReportWish};

use super::*;

const FILE: &str = "https://files.example.com/report?X-Amz-Expires=300";

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The document's address, and the file by ranges of at most `most` bytes.
fn served(file: Vec<u8>, most: usize) -> impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static {
    move |request| {
        if request.uri().host() != Some("files.example.com") {
            let document = json!({"reportDocumentId": "d", "url": FILE, "compressionAlgorithm": "GZIP"});
            return answer(200, document.to_string());
        }
        let range = request.headers()["range"].to_str().unwrap();
        let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
        let end = file.len().min(to + 1).min(from + most);
        let mut response = http::Response::new(bytes::Bytes::copy_from_slice(&file[from..end]));
        *response.status_mut() = http::StatusCode::PARTIAL_CONTENT;
        let said = format!("bytes {from}-{}/{}", end - 1, file.len());
        let headers = response.headers_mut();
        headers.insert("content-range", said.parse().unwrap());
        headers.insert("content-type", "text/plain;charset=shift_jis".parse().unwrap());
        Ok(response)
    }
}

async fn read(
    script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
) -> Result<(Vec<u8>, Option<String>), ChannelError> {
    let world = world(script);
    let connection = open(&world, &["DE"]);
    let mut file = connection.reports().unwrap().open("d").await?;
    let mut all = Vec::new();
    while let Some(bytes) = file.next().await? {
        all.extend_from_slice(&bytes);
    }
    Ok((all, file.media_type().map(str::to_owned)))
}

#[tokio::test]
async fn a_file_is_read_range_by_range() {
    let text: Vec<u8> = (0..400_000_u32)
        .flat_map(|n| format!("{n}\t{}\n", n * 7).into_bytes())
        .collect();
    let (read, media) = read(served(packed(&text), 100_000)).await.unwrap();
    assert!(read == text, "{} of {} bytes", read.len(), text.len());
    assert_eq!(media.as_deref(), Some("text/plain;charset=shift_jis"));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_told_and_no_shorter_report() {
    let mut file = packed(b"sku\tquantity\nA\t1\n");
    file.truncate(file.len() - 6);
    let error = read(served(file, 1_000)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Contract);
    assert!(error.message.contains("stops in the middle"), "{error}");
}

#[tokio::test]
async fn an_address_that_died_is_asked_for_anew() {
    let whole = served(packed(b"sku\nA\n"), 1_000);
    let fetched = AtomicUsize::new(0);
    let (text, _) = read(move |request| {
        let is_file = request.uri().host() == Some("files.example.com");
        if is_file && fetched.fetch_add(1, Ordering::Relaxed) == 0 {
            return answer(403, "<Error>Request has expired</Error>");
        }
        whole(request)
    })
    .await
    .unwrap();
    assert_eq!(text, b"sku\nA\n");
}

#[tokio::test]
async fn states_are_told_apart_and_unknown_ones_kept() {
    for (status, document, expected) in [
        ("DONE", Some("d"), Some(ReportProgress::Ready("d".into()))),
        ("CANCELLED", None, Some(ReportProgress::Empty)),
        (
            "FATAL",
            Some("why"),
            Some(ReportProgress::Failed(Some("why".into()))),
        ),
        ("FATAL", None, Some(ReportProgress::Failed(None))),
        ("IN_QUEUE", None, None),
        ("AT_THE_FLORIST", None, None),
    ] {
        let body = json!({"reportId": "1", "reportType": "X", "processingStatus": status, "reportDocumentId": document});
        let world = world(move |_| answer(200, body.to_string()));
        let connection = open(&world, &["DE"]);
        let progress = connection.reports().unwrap().progress("1").await.unwrap();
        match expected {
            Some(expected) => assert_eq!(progress, expected),
            None => assert!(
                matches!(&progress, ReportProgress::Making(word, at) if word == status && *at > world.io().env.now()),
                "{progress:?}"
            ),
        }
    }
}

#[tokio::test]
async fn what_amazon_gives_out_to_nobody_asking_is_not_asked_for() {
    let world = world(|_| answer(202, r#"{"reportId":"1"}"#));
    let connection = open(&world, &["DE"]);
    for (kind, why) in [
        ("GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", "names buyers"),
        ("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "Settlements"),
    ] {
        let wish = ReportWish {
            kind: kind.into(),
            from: None,
            to: None,
            marketplace: None,
        };
        let error = connection.reports().unwrap().request(&wish).await.unwrap_err();
        assert_eq!(error.fault, Fault::Rejected);
        assert!(error.message.contains(why), "{error}");
    }
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_may_be_a_report() {
    let world = world(|_| answer(202, "{}"));
    let connection = open(&world, &["DE"]);
    let wish = ReportWish {
        kind: "GET_MERCHANT_LISTINGS_ALL_DATA".into(),
        from: None,
        to: None,
        marketplace: Some("DE".into()),
    };
    let error = connection.reports().unwrap().request(&wish).await.unwrap_err();
    assert_eq!(error.fault, Fault::Ambiguous);
    let sent = world.sent.lock().unwrap();
    let body: serde_json::Value = serde_json::from_slice(sent.last().unwrap().body()).unwrap();
    assert_eq!(
        body,
        json!({"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": ["A1PA6795UKMFR9"]})
    );
}
