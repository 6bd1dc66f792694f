//! Signatures nobody needs any more: off by default, with a role that is lent once.

use super::*;

const LENT: &str = "<AssumeRoleResponse><Credentials><AccessKeyId>ASIALENT</AccessKeyId><SecretAccessKey>lent</SecretAccessKey>\
     <SessionToken>token</SessionToken><Expiration>2026-11-21T04:25:00Z</Expiration></Credentials></AssumeRoleResponse>";

fn signed_world() -> Arc<World> {
    world(|request| match request.uri().host() {
        Some("sts.eu-west-1.amazonaws.com") => answer(200, LENT),
        _ => answer(200, r#"{"payload":[]}"#),
    })
}

fn signing(options: &[(&str, Value)]) -> AccountDraft {
    let mut draft = draft(&["DE"]);
    for (name, value) in options {
        draft.options.insert((*name).to_owned(), value.clone());
    }
    for name in ["aws_access_key_id", "aws_secret_access_key"] {
        draft.credentials.insert(name.into(), SecretText::new("AKIAOWN"));
    }
    draft
}

/// `Authorization` of every request to Amazon.
fn authorizations(world: &World) -> Vec<Option<String>> {
    let sent = world.sent.lock().unwrap();
    let to_amazon = sent.iter().filter(|r| r.uri().path().starts_with("/sellers/"));
    to_amazon
        .map(|r| Some(r.headers().get("authorization")?.to_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn nothing_is_signed_unless_asked_for() {
    let world = signed_world();
    let amazon = Amazon::default();
    open_with(&amazon, &world, signing(&[])).probe().await.unwrap();
    assert_eq!(authorizations(&world), [None]);
    let on = signing(&[("legacy_signing", json!(true))]);
    open_with(&amazon, &world, on).probe().await.unwrap();
    let signed = authorizations(&world)[1].clone().unwrap();
    assert!(
        signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIAOWN/20261121/eu-west-1/execute-api/aws4_request"),
        "{signed}"
    );
    assert!(
        signed.contains("x-amz-access-token") && signed.contains("x-amz-date"),
        "{signed}"
    );
}

#[tokio::test]
async fn a_role_is_lent_once_for_all_connections_of_an_account() {
    let world = signed_world();
    let amazon = Amazon::default();
    let role = json!("arn:aws:iam::123456789012:role/seller");
    let draft = signing(&[("legacy_signing", json!(true)), ("signing_role_arn", role)]);
    for _ in 0..3 {
        open_with(&amazon, &world, draft.clone()).probe().await.unwrap();
    }
    let lent = world
        .sent
        .lock()
        .unwrap()
        .iter()
        .filter(|r| r.uri().host() == Some("sts.eu-west-1.amazonaws.com"))
        .count();
    assert_eq!(lent, 1);
    assert!(
        authorizations(&world)
            .into_iter()
            .all(|a| a.unwrap().contains("ASIALENT"))
    );
    let bad = signing(&[("signing_role_arn", json!("seller"))]);
    let problems = amazon.check(&bad).unwrap_err();
    assert_eq!(problems[0].field, "options/signing_role_arn");
}
