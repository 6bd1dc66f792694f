//! Signing in at Seller Central.

use stockbridge_domain::channel::{Consent as _, Fault, Returned, Ticket};

use super::*;

fn ticket() -> Ticket {
    Ticket {
        state: SecretText::new("state-1"),
        return_to: "https://hub.example.com/back".to_owned(),
    }
}

fn returned(pairs: &[(&str, &str)]) -> Returned {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Returned {
        query: pairs.iter().map(pair).collect(),
        ..Returned::default()
    }
}

/// What is typed before a sign-in.
fn before(marketplaces: &[&str]) -> AccountDraft {
    let mut draft = draft(marketplaces);
    draft.credentials.retain(|name, _| name.starts_with("client_"));
    let id = SecretText::new("amzn1.sellerapps.app.7");
    draft.credentials.insert("application_id".into(), id);
    draft
}

#[test]
fn each_marketplace_has_its_own_consent_page() {
    let amazon = Amazon::default();
    for (code, host) in [
        ("DE", "sellercentral-europe.amazon.com"),
        ("UK", "sellercentral-europe.amazon.com"),
        ("US", "sellercentral.amazon.com"),
        ("IN", "sellercentral.amazon.in"),
        ("JP", "sellercentral.amazon.co.jp"),
        ("AU", "sellercentral.amazon.com.au"),
        ("PL", "sellercentral.amazon.pl"),
    ] {
        assert_eq!(
            amazon.address(&before(&[code]), &ticket()).unwrap(),
            format!(
                "https://{host}/apps/authorize/consent?application_id=amzn1.sellerapps.app.7&state=state-1&redirect_uri=https%3A%2F%2Fhub.example.com%2Fback"
            )
        );
    }
    let mut beta = before(&["DE"]);
    beta.options.insert("draft_application".into(), json!(true));
    let address = amazon.address(&beta, &ticket()).unwrap();
    assert!(address.ends_with("&version=beta"), "{address}");
    let mut elsewhere = before(&["DE"]);
    let proxy = "http://127.0.0.1:9100".to_owned();
    elsewhere.endpoints.insert("seller_central".into(), proxy);
    let address = amazon.address(&elsewhere, &ticket()).unwrap();
    assert!(
        address.starts_with("http://127.0.0.1:9100/apps/authorize/consent?"),
        "{address}"
    );
}

#[test]
fn what_is_missing_before_a_sign_in_is_told_and_no_more() {
    let told = |draft: &AccountDraft| {
        let problems = Amazon::default().address(draft, &ticket()).unwrap_err();
        let fields: Vec<_> = problems.into_iter().map(|p| p.field).collect();
        fields
    };
    assert_eq!(
        told(&AccountDraft::default()),
        [
            "credentials/client_id",
            "credentials/client_secret",
            "credentials/application_id",
            "marketplaces"
        ]
    );
    let mut mistaken = before(&["DE", "US"]);
    let id = SecretText::new("amzn1.application-oa2-client.7");
    mistaken.credentials.insert("application_id".into(), id);
    assert_eq!(told(&mistaken), ["credentials/application_id", "marketplaces"]);
}

/// A world that exchanges the code `good` and shows listings to the seller `A3EXAMPLE1`.
fn seller_central() -> Arc<World> {
    World::new(|request| {
        let body = String::from_utf8_lossy(request.body());
        match request.uri().path() {
            "/auth/o2/token" if body.contains("authorization_code") && !body.contains("code=good") => {
                answer(400, r#"{"error":"invalid_grant","error_description":"no"}"#)
            }
            "/auth/o2/token" => answer(
                200,
                r#"{"access_token":"Atza|a","expires_in":3600,"refresh_token":"Atzr|new"}"#,
            ),
            "/listings/2021-08-01/items/A3EXAMPLE1" => answer(200, r#"{"numberOfResults":0,"items":[]}"#),
            _ => answer(
                403,
                r#"{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied."}]}"#,
            ),
        }
    })
}

#[tokio::test]
async fn whoever_agreed_brings_a_refresh_token_and_their_own_seller_id() {
    let (amazon, world, draft) = (Amazon::default(), seller_central(), before(&["DE"]));
    let io = world.io();
    let good = [
        ("state", "state-1"),
        ("selling_partner_id", "A3EXAMPLE1"),
        ("spapi_oauth_code", "good"),
    ];
    assert_eq!(amazon.state_of(&returned(&good)).as_deref(), Some("state-1"));
    let consented = amazon
        .accept(&draft, &ticket(), &returned(&good), &io)
        .await
        .unwrap();
    assert_eq!(consented.credentials["refresh_token"].expose(), "Atzr|new");
    assert_eq!(consented.credentials["seller_id"].expose(), "A3EXAMPLE1");
    let body = String::from_utf8(world.sent.lock().unwrap()[0].body().to_vec()).unwrap();
    assert_eq!(
        body,
        "grant_type=authorization_code&code=good&redirect_uri=https%3A%2F%2Fhub.example.com%2Fback\
         &client_id=amzn1.application-oa2-client.0123&client_secret=amzn1.oa2-cs.v1.0123"
    );

    for (changed, value, hint) in [
        ("state", "other", "does not belong"),
        ("spapi_oauth_code", "used", "good once"),
        ("spapi_oauth_code", "", "nobody's agreement"),
        ("selling_partner_id", "A3SOMEBODY", "no listings to the seller"),
        ("error", "access_denied", "declined"),
    ] {
        let mut pairs = good.to_vec();
        pairs.retain(|(name, _)| *name != changed);
        pairs.push((changed, value));
        let back = returned(&pairs);
        let error = amazon.accept(&draft, &ticket(), &back, &io).await.unwrap_err();
        assert_eq!(error.fault, Fault::Rejected, "{changed}: {error}");
        assert!(error.to_string().contains(hint), "{changed}: {error}");
    }
}
