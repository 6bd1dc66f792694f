//! Amazon's refusals, through reads and writes.

use super::*;
use stockbridge_domain::channel::{ChannelError, Fault, ItemOutcome};

async fn read_error(world: &Arc<World>) -> ChannelError {
    open(world, &["DE"]).probe().await.unwrap_err()
}

async fn write_outcome(world: &Arc<World>) -> ItemOutcome {
    open(world, &["DE"])
        .stock()
        .unwrap()
        .set(&[level("A", 1)])
        .await
        .remove(0)
        .outcome
}

/// Status, body, the fault of a read, and that of a write if it was surely not applied.
#[rustfmt::skip]
fn refusals() -> Vec<(u16, Value, Fault, Option<Fault>)> {
    vec![
        (400, errors("InvalidInput", "bad", "x"), Fault::Rejected, Some(Fault::Rejected)),
        (401, errors("Unauthorized", "bad", ""), Fault::Rejected, Some(Fault::Rejected)),
        (403, errors("Unauthorized", "Access denied", ""), Fault::Forbidden, Some(Fault::Forbidden)),
        (403, errors("Unauthorized", "Access denied", "The marketplaces you provided are not valid for region."), Fault::Rejected, Some(Fault::Rejected)),
        (403, errors("Unauthorized", "Access denied", "Access token is missing in the request header."), Fault::Contract, Some(Fault::Contract)),
        (404, errors("NotFound", "none", ""), Fault::NotFound, Some(Fault::NotFound)),
        (413, json!("too large"), Fault::Rejected, Some(Fault::Rejected)),
        (429, errors("QuotaExceeded", "slow down", ""), Fault::Throttled, Some(Fault::Throttled)),
        (500, errors("InternalFailure", "oops", ""), Fault::Unavailable, None),
        (502, json!("gateway"), Fault::Unavailable, None),
        (503, json!("busy"), Fault::Unavailable, Some(Fault::Unavailable)),
        (504, json!("gateway"), Fault::Unavailable, None),
        (302, json!(""), Fault::Contract, Some(Fault::Contract)),
    ]
}

#[tokio::test]
async fn statuses_become_faults() {
    for (status, body, read, not_applied) in refusals() {
        let world = always(status, body.clone());
        let error = read_error(&world).await;
        assert_eq!(
            (error.fault, error.request_id.as_deref()),
            (read, Some("req-1")),
            "{status} {body}"
        );
        match (write_outcome(&world).await, not_applied) {
            (ItemOutcome::NotApplied(e), Some(fault)) => assert_eq!(e.fault, fault, "{status}"),
            (ItemOutcome::Unknown(e), None) => assert_eq!(e.fault, Fault::Ambiguous, "{status}"),
            (outcome, expected) => panic!("{status}: {outcome:?}, expected {expected:?}"),
        }
    }
}

#[tokio::test]
async fn messages_say_what_to_do() {
    for (details, hint) in [
        ("", "role missing or not granted"),
        (
            "The marketplaces you provided are not valid for region.",
            "one account per region",
        ),
    ] {
        let error = read_error(&always(
            403,
            errors("Unauthorized", "Access to requested resource is denied.", details),
        ))
        .await;
        assert!(
            error.message.contains(hint) && error.code.as_deref() == Some("Unauthorized"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    for (body, read) in [
        (r#"{"payload":[{"marketplace""#, Fault::Unavailable),
        ("<html>", Fault::Unavailable),
        ("", Fault::Unavailable),
        (r#"{"payload":"none"}"#, Fault::Contract),
    ] {
        let world = world(move |_| answer(200, body));
        assert_eq!(read_error(&world).await.fault, read, "{body}");
        assert!(
            matches!(write_outcome(&world).await, ItemOutcome::Unknown(e) if e.fault == Fault::Ambiguous),
            "{body}"
        );
    }
}

const REVOKED: &str = "The access token you provided is revoked, malformed or invalid.";

#[tokio::test]
async fn a_refused_token_is_renewed_once_then_it_is_the_permission() {
    let world = always(403, errors("Unauthorized", "Access denied", REVOKED));
    let error = read_error(&world).await;
    assert_eq!(
        (error.fault, world.token_calls(), world.targets().len()),
        (Fault::Forbidden, 2, 2)
    );
}

#[tokio::test]
async fn a_renewed_token_may_cure_it() {
    let world = World::new(|request| {
        let token = request
            .headers()
            .get("x-amz-access-token")
            .map(|t| t.to_str().unwrap().to_owned());
        match (request.uri().path(), token.as_deref()) {
            ("/auth/o2/token", _) => answer(200, r#"{"access_token":"Atza|new","expires_in":3600}"#),
            (_, Some("Atza|new")) => answer(200, r#"{"payload":[]}"#),
            _ => answer(403, errors("Unauthorized", "Access denied", REVOKED).to_string()),
        }
    });
    open(&world, &["DE"]).probe().await.unwrap();
}

#[tokio::test]
async fn only_the_token_endpoint_says_that_consent_is_gone() {
    for (error, fault) in [
        ("invalid_grant", Fault::Credentials),
        ("invalid_client", Fault::Application),
    ] {
        let world = World::new(move |_| answer(400, json!({"error": error}).to_string()));
        assert_eq!(read_error(&world).await.fault, fault);
        assert!(world.targets().is_empty(), "nothing is sent without a token");
    }
}

#[tokio::test]
async fn secrets_in_amazons_texts_are_masked() {
    let error = read_error(&always(
        400,
        errors("X", "token Atza|abc is bad", &"long ".repeat(200)),
    ))
    .await;
    assert!(
        !error.message.contains("Atza|") && error.message.chars().count() < 400,
        "{error}"
    );
}
