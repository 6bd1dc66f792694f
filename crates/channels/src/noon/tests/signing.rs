//! Signing in, and the signing of older documents.

use super::*;
use crate::noon::key::KeyFile;
use crate::testing::answer;

#[test]
fn key_files_are_read_in_both_forms_and_never_repeated() {
    assert!(KeyFile::read(&key_file()).is_ok());
    let file = |key: &str| json!({"key_id": "k", "private_key": key, "project_code": "P"}).to_string();
    // PKCS #1 as older tools write it: the same numbers without the envelope of PKCS #8.
    assert!(KeyFile::read(&file(include_str!("../../fixtures/rsa-key-for-tests-pkcs1.pem"))).is_ok());
    for (text, hint) in [
        ("PLANTED", "JSON"),
        (r#"{"key_id":"PLANTED"}"#, "lacks"),
        (&file("PLANTED"), "PEM"),
        (
            &file("-----BEGIN PRIVATE KEY-----\nUExBTlRFRA==\n-----END PRIVATE KEY-----"),
            "cannot be used",
        ),
        (
            &json!({"key_id": "k", "private_key": "x", "project_code": "P", "type": "oidc"}).to_string(),
            "apijwt",
        ),
    ] {
        let message = KeyFile::read(text).err().unwrap();
        assert!(
            message.contains(hint) && !message.contains("PLANTED"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn many_callers_sign_in_once_and_every_request_names_its_program() {
    let market = market(|_| {}, &draft(json!({})));
    let probes = (0..20).map(|_| market.connection.probe());
    for health in futures_util::future::join_all(probes).await {
        health.unwrap();
    }
    assert_eq!(market.calls("/api/login"), 1);
    let sent = market.world.sent.lock().unwrap();
    for request in sent.iter() {
        let agent = request.headers()["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("Stockbridge/"), "{agent}");
    }
    let cookie = sent[1].headers()["cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("_npsid=") && cookie.ends_with("; _nprt=r"),
        "{cookie}"
    );
    let claims = body(&sent[0])["token"].as_str().unwrap().split('.').count();
    assert_eq!(
        (claims, body(&sent[0])["default_project_code"].as_str()),
        (3, Some("PRJ1001"))
    );
}

#[tokio::test]
async fn cookies_that_end_early_are_replaced_once_and_a_removed_key_is_told() {
    let market = market(|_| {}, &draft(json!({})));
    market.connection.probe().await.unwrap();
    market.shop.expire_cookies();
    market.connection.probe().await.unwrap();
    market.pass(1_501);
    market.connection.probe().await.unwrap();
    assert_eq!(market.calls("/api/login"), 3, "cookies are used for 25 minutes");
    market.shop.revoke(true);
    let error = market.connection.probe().await.unwrap_err();
    assert_eq!(error.fault, Fault::Credentials, "{error:?}");
}

#[tokio::test]
async fn what_the_sign_in_answers_is_told_apart() {
    for (status, fault) in [
        (401, Fault::Credentials),
        (400, Fault::Credentials),
        (403, Fault::Credentials),
        (429, Fault::Throttled),
        (500, Fault::Unavailable),
        (200, Fault::Unavailable),
    ] {
        let world = World::new(move |_| answer(status, r#"{"message":"no"}"#));
        let error = open(&draft(json!({})), &world).probe().await.unwrap_err();
        assert_eq!(error.fault, fault, "{status}: {error:?}");
    }
}

#[tokio::test]
async fn the_older_signing_is_taken_by_the_simulator() {
    let mut draft = draft(json!({"signing": "legacy", "listing_skus": "MUG,BOWL"}));
    assert!(Noon::default().check(&draft).is_err(), "its key is missing");
    draft
        .credentials
        .insert("api_key".into(), SecretText::new("legacy-key"));
    draft
        .credentials
        .insert("api_secret".into(), SecretText::new("legacy-secret"));
    let market = market(|_| {}, &draft);
    let health = market.connection.probe().await.unwrap();
    assert!(
        health.warnings.iter().any(|w| w.contains("simulator alone")),
        "{health:?}"
    );
    let results = market
        .connection
        .stock()
        .unwrap()
        .set(&[level("MUG", 4, &[])])
        .await;
    assert_eq!(market.shop.shown("MUG"), Some(4), "{results:?}");
    let sent = market.world.sent.lock().unwrap();
    let uri = sent[0].uri().to_string();
    assert!(
        uri.starts_with("https://api.noon.partners/v1/identity/v1/whoami?timestamp=1795231500&signature="),
        "{uri}"
    );
    assert_eq!(sent[0].headers()["x-api-key"], "legacy-key");
}
