//! Tokens: one fetch for many callers, renewal, and the token endpoint's refusals.

use super::*;
use crate::testing::{World, account, answer, now};

fn grant() -> Grant {
    Grant {
        base: "https://lwa.example".into(),
        client_id: SecretText::new("id&1"),
        client_secret: SecretText::new("s=1"),
        refresh_token: SecretText::new("Atzr|r+1"),
    }
}

fn granting() -> Arc<World> {
    World::new(|_| {
        answer(
            200,
            r#"{"access_token":"Atza|a","token_type":"bearer","expires_in":3600,"refresh_token":"Atzr|r+1"}"#,
        )
    })
}

#[tokio::test]
async fn fifty_callers_cause_one_fetch() {
    let (world, sessions) = (granting(), Sessions::default());
    let io = world.io();
    let tokens = futures_util::future::join_all((0..50).map(|_| {
        let (session, io) = (grant().session(&sessions, account()), io.clone());
        async move { grant().token(&session, &io, account(), None).await.unwrap() }
    }))
    .await;
    assert!(tokens.iter().all(|t| t.expose() == "Atza|a"));
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn callers_who_waited_share_a_failure_and_later_ones_try_again() {
    let world = World::new(|_| answer(503, ""));
    let (io, session) = (world.io(), Session::default());
    let all =
        futures_util::future::join_all((0..50).map(|_| GRANT.token(&session, &io, account(), None))).await;
    assert!(
        all.iter()
            .all(|r| r.as_ref().is_err_and(|e| e.fault == Fault::Unavailable))
    );
    assert_eq!(world.token_calls(), 1);
    GRANT.token(&session, &io, account(), None).await.unwrap_err();
    assert_eq!(world.token_calls(), 2);
}

static GRANT: std::sync::LazyLock<Grant> = std::sync::LazyLock::new(grant);

#[tokio::test]
async fn tokens_are_renewed_five_minutes_early() {
    let (world, session) = (granting(), Session::default());
    let io = world.io();
    for (minutes, fetches) in [(0, 1), (54, 1), (1, 2), (1, 2)] {
        world.clock.advance(Duration::from_secs(minutes * 60));
        GRANT.token(&session, &io, account(), None).await.unwrap();
        assert_eq!(world.token_calls(), fetches, "after {minutes} more minutes");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all() {
    let (world, session) = (granting(), Session::default());
    let io = world.io();
    let refused = SecretText::new("Atza|old");
    GRANT.token(&session, &io, account(), None).await.unwrap();
    // Another caller has replaced the refused token already.
    GRANT
        .token(&session, &io, account(), Some(&refused))
        .await
        .unwrap();
    assert_eq!(world.token_calls(), 1);
    GRANT
        .token(&session, &io, account(), Some(&SecretText::new("Atza|a")))
        .await
        .unwrap();
    assert_eq!(world.token_calls(), 2);
}

#[test]
fn other_credentials_are_another_session() {
    let sessions = Sessions::default();
    let first = grant().session(&sessions, account());
    assert!(Arc::ptr_eq(&first, &grant().session(&sessions, account())));
    let other = Grant {
        refresh_token: SecretText::new("Atzr|other"),
        ..grant()
    };
    assert!(!Arc::ptr_eq(&first, &other.session(&sessions, account())));
}

#[test]
fn the_request_is_a_form_with_everything_encoded() {
    let request = request(&grant()).unwrap();
    assert_eq!(request.uri(), "https://lwa.example/auth/o2/token");
    assert_eq!(
        std::str::from_utf8(request.body()).unwrap(),
        "grant_type=refresh_token&refresh_token=Atzr%7Cr%2B1&client_id=id%261&client_secret=s%3D1"
    );
}

#[test]
fn refusals_by_the_endpoints_own_words() {
    for (status, body, fault, hint) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"…"}"#,
            Fault::Credentials,
            "authorise",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            Fault::Application,
            "180 days",
        ),
        (
            400,
            r#"{"error":"unauthorized_client"}"#,
            Fault::Application,
            "different applications",
        ),
        (
            400,
            r#"{"error":"unsupported_grant_type"}"#,
            Fault::Application,
            "wrong type",
        ),
        (
            400,
            r#"{"error":"invalid_request"}"#,
            Fault::Application,
            "client id",
        ),
        (503, "<html>", Fault::Unavailable, "again"),
        (403, "<html>", Fault::Unavailable, "again"),
        (200, r#"{"access_token":"Atza|"#, Fault::Unavailable, "again"),
        (
            200,
            r#"{"access_token":"a\nb","expires_in":1}"#,
            Fault::Contract,
            "header",
        ),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let error = read(status, body.as_bytes(), now()).unwrap_err();
        assert_eq!(error.fault, fault, "{body}");
        assert!(error.message.contains(hint), "{body}: {error}");
    }
}
