//! Error answers as faults.

use super::*;
use crate::testing::answer;
use stockbridge_domain::channel::{ItemOutcome, TransportError};

const TOKEN: &str = r#"{"access_token":"token-1","expires_in":5184000}"#;

async fn order_and_write(status: u16, text: &'static str) -> (Fault, ItemOutcome) {
    let world = World::new(move |request| match request.uri().path() {
        "/oauth-service/oauth/token" => answer(200, TOKEN),
        _ => answer(status, text),
    });
    let connection = open(&draft(json!({})), &world);
    let read = connection.orders().unwrap().get("S1").await.unwrap_err().fault;
    let levels = [level("MUG", &[("LOC1", 1)], Some("FSN"))];
    let written = connection.stock().unwrap().set(&levels).await.remove(0).outcome;
    (read, written)
}

#[tokio::test]
async fn every_answer_is_told_apart() {
    let error = r#"{"errors":[{"code":1,"description":"no"}]}"#;
    let html = "<html>gateway</html>";
    let ambiguous = Fault::Ambiguous;
    for (status, text, read, write) in [
        (400, error, Fault::Rejected, Fault::Rejected),
        (401, error, Fault::Credentials, Fault::Credentials),
        (403, error, Fault::Forbidden, Fault::Forbidden),
        (404, error, Fault::NotFound, Fault::NotFound),
        (409, error, Fault::Conflict, Fault::Conflict),
        (422, error, Fault::Rejected, Fault::Rejected),
        (423, error, Fault::Unavailable, Fault::Unavailable),
        (429, error, Fault::Throttled, Fault::Throttled),
        (499, error, Fault::Unavailable, ambiguous),
        (500, html, Fault::Unavailable, ambiguous),
        (503, html, Fault::Unavailable, ambiguous),
        (302, "", Fault::Contract, Fault::Contract),
        (200, html, Fault::Unavailable, ambiguous),
        (
            200,
            r#"{"shipments":[{"shipmentId":"S1""#,
            Fault::Unavailable,
            ambiguous,
        ),
        (200, r#"{"errors":[]}"#, Fault::Contract, ambiguous),
        (200, r#"{"shipments":[]}"#, Fault::NotFound, ambiguous),
    ] {
        let (fault, outcome) = order_and_write(status, text).await;
        assert_eq!(fault, read, "{status} {text}");
        let told = match outcome {
            ItemOutcome::NotApplied(error) | ItemOutcome::Unknown(error) => error.fault,
            other => panic!("{status} {text}: {other:?}"),
        };
        assert_eq!(told, write, "{status} {text}");
    }
}

#[tokio::test]
async fn items_of_an_update_are_judged_one_by_one() {
    let text = r#"{"A":{"status":"SUCCESS","errors":[],"attribute_errors":[]},
        "B":{"status":"FAILURE","errors":[{"severity":"ERROR","code":77,"description":"blocked"}],"attribute_errors":[]},
        "C":{"status":"WARNING","errors":[{"severity":"WARNING","code":1,"description":"slow"}],"attribute_errors":[]},
        "D":{"status":"PERHAPS","errors":[],"attribute_errors":[]}}"#;
    let world = World::new(move |request| match request.uri().path() {
        "/oauth-service/oauth/token" => answer(200, TOKEN),
        _ => answer(200, text),
    });
    let connection = open(&draft(json!({})), &world);
    let skus = ["A", "B", "C", "D", "E", "F"];
    let mut levels: Vec<Level> = skus
        .iter()
        .map(|sku| level(sku, &[("LOC1", 1)], Some("FSN")))
        .collect();
    levels[5].handle = None;
    let results = connection.stock().unwrap().set(&levels).await;
    let outcome = |index: usize| &results[index].outcome;
    assert!(matches!(outcome(0), ItemOutcome::Accepted { .. }));
    assert!(
        matches!(outcome(1), ItemOutcome::NotApplied(e) if e.code.as_deref() == Some("77") && e.message == "blocked")
    );
    assert!(matches!(outcome(2), ItemOutcome::Accepted { .. }));
    assert!(matches!(outcome(3), ItemOutcome::Unknown(e) if e.message.contains("PERHAPS")));
    assert!(
        matches!(outcome(4), ItemOutcome::Unknown(_)),
        "nothing was said about it"
    );
    assert!(
        matches!(outcome(5), ItemOutcome::NotApplied(e) if e.fault == Fault::Conflict),
        "no product id yet"
    );
    assert!(
        body(&world.sent.lock().unwrap()[1]).get("F").is_none(),
        "it was not sent"
    );
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_for_writes_alone() {
    let world = World::new(|request| match request.uri().path() {
        "/oauth-service/oauth/token" => answer(200, TOKEN),
        _ => Err(TransportError::NoAnswer("timed out".into())),
    });
    let connection = open(&draft(json!({})), &world);
    assert_eq!(
        connection.orders().unwrap().get("S1").await.unwrap_err().fault,
        Fault::Unavailable
    );
    let levels = [level("MUG", &[("LOC1", 1)], Some("FSN"))];
    let outcome = connection.stock().unwrap().set(&levels).await.remove(0).outcome;
    assert!(matches!(outcome, ItemOutcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn secrets_that_flipkart_repeats_are_masked() {
    let world = World::new(|request| match request.uri().path() {
        "/oauth-service/oauth/token" => answer(200, r#"{"access_token":"PLANTED-token","expires_in":60}"#),
        _ => answer(
            403,
            r#"{"message":"bad PLANTED-token and app-secret-0123456789"}"#,
        ),
    });
    let error = open(&draft(json!({})), &world).probe().await.unwrap_err();
    assert!(error.message.contains("bad *** and ***"), "{error:?}");
}
