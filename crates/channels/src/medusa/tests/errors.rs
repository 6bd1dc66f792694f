//! Answers that are none: refusals as the real server words them, gateways, broken bodies.

use stockbridge_domain::channel::{Change, ChannelError, ItemOutcome, Level};

use super::*;

/// Status, body, fault, and a part of the sentence.
const REFUSALS: [(u16, &str, Fault, &str); 17] = [
    (
        401,
        r#"{"message":"Unauthorized"}"#,
        Fault::Credentials,
        "Secret API Keys",
    ),
    (
        403,
        r#"{"type":"forbidden","message":"no"}"#,
        Fault::Forbidden,
        "does not allow",
    ),
    (
        404,
        r#"{"type":"not_found","message":"Order id not found: order_1"}"#,
        Fault::NotFound,
        "order_1",
    ),
    (
        404,
        "<!DOCTYPE html><pre>Cannot GET /admin/orders</pre>",
        Fault::Contract,
        "check the address",
    ),
    (
        409,
        r#"{"type":"conflict","message":"no"}"#,
        Fault::Conflict,
        "another state",
    ),
    (
        400,
        r#"{"type":"invalid_data","message":"Invalid request: Unrecognized fields: 'x'"}"#,
        Fault::Rejected,
        "Unrecognized",
    ),
    (
        400,
        r#"{"type":"invalid_data","message":"Order (order_1) already has an existing active order change"}"#,
        Fault::Unavailable,
        "somebody is changing",
    ),
    (
        422,
        r#"{"type":"duplicate_error","message":"no"}"#,
        Fault::Rejected,
        "refused",
    ),
    (423, "", Fault::Unavailable, "somebody else"),
    (
        500,
        r#"{"code":"unknown_error","type":"unknown_error","message":"An unknown error occurred."}"#,
        Fault::Unavailable,
        "tried again",
    ),
    (502, "<html>Bad Gateway</html>", Fault::Unavailable, "502"),
    (302, "", Fault::Contract, "check the address"),
    (200, "<html>a storefront</html>", Fault::Unavailable, "not JSON"),
    (200, r#"{"order":{"id":"#, Fault::Unavailable, "cut off"),
    (
        200,
        r#"{"error":"something broke"}"#,
        Fault::Contract,
        "not as Medusa has it",
    ),
    (
        200,
        r#"{"order":{"id":"order_2"}}"#,
        Fault::Contract,
        "missing field",
    ),
    (
        429,
        "<html>Too Many Requests</html>",
        Fault::Throttled,
        "less often",
    ),
];

async fn get(status: u16, text: &'static str) -> ChannelError {
    let (_world, connection) = world(move |_| answer(status, text));
    connection.orders().unwrap().get("order_1").await.unwrap_err()
}

#[tokio::test]
async fn errors_say_what_happens_next() {
    for (status, text, fault, hint) in REFUSALS {
        let error = get(status, text).await;
        assert_eq!(error.fault, fault, "{status} {text}: {error}");
        assert!(error.message.contains(hint), "{status} {text}: {error}");
    }
    let code = get(
        400,
        r#"{"code":"insufficient_inventory","type":"not_allowed","message":"no"}"#,
    )
    .await
    .code;
    assert_eq!(code.as_deref(), Some("insufficient_inventory"));
    let echoed = get(
        403,
        r#"{"type":"forbidden","message":"key sk_abc is not allowed, nor sk_other"}"#,
    )
    .await;
    assert!(!echoed.message.contains("sk_"), "{echoed}");
}

#[tokio::test]
async fn a_write_that_may_have_been_made_is_looked_up() {
    for (status, unknown) in [
        (500, true),
        (502, true),
        (408, true),
        (400, false),
        (401, false),
        (429, false),
        (423, false),
    ] {
        let (_world, connection) = world(move |request| match request.method().as_str() {
            "GET" => catalogue(request),
            _ => answer(status, r#"{"type":"x","message":"no"}"#),
        });
        let level = Level {
            sku: Sku::parse("OVER").unwrap(),
            quantity: 5,
            change: Change::Set,
            believed: None,
            parts: Vec::new(),
            push: "psh_00000000000000000000000007".parse().unwrap(),
            handle: None,
        };
        // The catalogue has a variant without a SKU, which nobody asked for by one.
        let outcome = connection.stock().unwrap().set(&[level]).await.remove(0).outcome;
        assert_eq!(
            matches!(outcome, ItemOutcome::Unknown(_)),
            unknown,
            "{status}: {outcome:?}"
        );
        assert_eq!(
            matches!(outcome, ItemOutcome::NotApplied(_)),
            !unknown,
            "{status}: {outcome:?}"
        );
    }
}
