//! Answers that are none: errors, gateways, broken and contradictory bodies.

use std::time::Duration;

use stockbridge_domain::channel::{ChannelError, TransportError};

use super::*;

const PROBLEM: &str = r#"{"type":"about:blank","title":"No","detail":"because","code":"x-1"}"#;

async fn read(status: u16, text: &'static str) -> ChannelError {
    let (_world, connection) = world(move |_| answer(status, text));
    connection.listings().unwrap().page(None).await.unwrap_err()
}

async fn write(script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static) -> ItemOutcome {
    let (_world, connection) = world(script);
    let mut results = connection
        .stock()
        .unwrap()
        .set(&[level("A", 3, Change::From(5))])
        .await;
    results.remove(0).outcome
}

#[tokio::test]
async fn errors_say_what_happens_next() {
    for (status, fault) in [
        (401, Fault::Credentials),
        (403, Fault::Forbidden),
        (404, Fault::NotFound),
        (409, Fault::Conflict),
        (422, Fault::Rejected),
        (500, Fault::Unavailable),
        (503, Fault::Unavailable),
        (302, Fault::Contract),
    ] {
        let error = read(status, PROBLEM).await;
        assert_eq!(
            (error.fault, error.code.as_deref()),
            (fault, Some("x-1")),
            "{status}"
        );
        assert!(
            status == 302 || error.message.contains("because"),
            "{status}: {error}"
        );
    }
    let (world, connection) = world(|_| {
        let mut response = answer(429, PROBLEM)?;
        response
            .headers_mut()
            .insert("retry-after", "90".parse().unwrap());
        Ok(response)
    });
    let error = connection.listings().unwrap().page(None).await.unwrap_err();
    assert_eq!(error.fault, Fault::Throttled);
    assert!(error.retry_at.unwrap() >= now().plus(Duration::from_secs(90)));
    assert_eq!(*world.told.lock().unwrap(), ["exhausted getListings"]);
}

#[tokio::test]
async fn what_is_no_answer_is_tried_again_and_what_is_wrong_is_kept() {
    for (text, fault) in [
        ("<html>down for maintenance</html>", Fault::Unavailable),
        (r#"{"listings":[{"sku":"A""#, Fault::Unavailable),
        (r#"{"error":"something broke"}"#, Fault::Contract),
        (r#"{"listings":7}"#, Fault::Contract),
    ] {
        assert_eq!(read(200, text).await.fault, fault, "{text}");
    }
}

#[tokio::test]
async fn a_write_whose_outcome_is_not_clear_is_looked_up() {
    for text in [
        "<html>",
        r#"{"results":[{"sku":"A""#,
        r#"{"error":"something broke"}"#,
        r#"{"results":[]}"#,
        r#"{"results":[{"sku":"B","outcome":"applied"}]}"#,
        r#"{"results":[{"sku":"A","outcome":"perhaps"}]}"#,
    ] {
        let outcome = write(move |_| answer(200, text)).await;
        assert!(matches!(outcome, ItemOutcome::Unknown(_)), "{text}: {outcome:?}");
    }
    let outcome = write(|_| answer(500, PROBLEM)).await;
    assert!(matches!(outcome, ItemOutcome::Unknown(_)), "{outcome:?}");
    let outcome = write(|_| Err(TransportError::NoAnswer("timed out".into()))).await;
    assert!(matches!(outcome, ItemOutcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_write_that_surely_changed_nothing_is_told_apart() {
    for (status, fault) in [
        (401, Fault::Credentials),
        (429, Fault::Throttled),
        (503, Fault::Unavailable),
        (422, Fault::Rejected),
    ] {
        let outcome = write(move |_| answer(status, PROBLEM)).await;
        assert!(
            matches!(&outcome, ItemOutcome::NotApplied(e) if e.fault == fault),
            "{status}: {outcome:?}"
        );
    }
    let outcome = write(|_| Err(TransportError::NotSent("refused".into()))).await;
    assert!(matches!(outcome, ItemOutcome::NotApplied(_)), "{outcome:?}");
    let differs = r#"{"results":[{"sku":"A","outcome":"differs"}]}"#;
    let outcome = write(move |_| answer(200, differs)).await;
    assert!(
        matches!(outcome, ItemOutcome::Differs { shown: None, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn our_own_secrets_are_masked_in_what_the_other_side_says() {
    let echoed =
        r#"{"detail":"bad signature v1=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}"#;
    let error = read(401, echoed).await;
    assert!(
        error.message.contains("***") && !error.message.contains("0011"),
        "{error}"
    );
}
