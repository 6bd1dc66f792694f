//! Signing in at Flipkart, and refresh tokens that are replaced.

use super::*;
use stockbridge_domain::channel::{Consent as _, Returned, Ticket};

fn ticket() -> Ticket {
    Ticket {
        state: SecretText::new("state-1"),
        return_to: "https://hub.example.com/consent/back".to_owned(),
    }
}

fn returned(pairs: &[(&str, &str)]) -> Returned {
    Returned {
        query: pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        ..Returned::default()
    }
}

#[tokio::test]
async fn a_seller_signs_in_and_the_consent_is_renewed_and_kept() {
    let market = market(|_| {}, json!({}));
    let channel = Flipkart::default();
    let mut draft = draft(json!({}));
    assert!(
        channel.address(&draft, &ticket()).is_err(),
        "the seller id is missing"
    );
    draft
        .credentials
        .insert("seller_id".into(), SecretText::new("seller-1"));
    let address = channel.address(&draft, &ticket()).unwrap();
    assert_eq!(
        address,
        "https://api.flipkart.net/oauth-service/oauth/authorize?client_id=app-1&redirect_uri=https%3A%2F%2Fhub.example.com%2Fconsent%2Fback&response_type=code&scope=Seller_Api&state=state-1"
    );
    let io = market.world.io();
    for (bad, hint) in [
        (
            returned(&[("state", "other"), ("code", "good-code")]),
            "does not belong",
        ),
        (
            returned(&[("state", "state-1"), ("error", "access_denied")]),
            "declined",
        ),
        (returned(&[("state", "state-1")]), "nobody"),
        (returned(&[("state", "state-1"), ("code", "used")]), "once"),
    ] {
        let error = channel.accept(&draft, &ticket(), &bad, &io).await.unwrap_err();
        assert_eq!(error.fault, Fault::Rejected, "{error:?}");
        assert!(error.message.contains(hint), "{error:?}");
    }
    let good = returned(&[("state", "state-1"), ("code", "good-code")]);
    assert_eq!(channel.state_of(&good).as_deref(), Some("state-1"));
    let consented = channel.accept(&draft, &ticket(), &good, &io).await.unwrap();
    draft.credentials.extend(consented.credentials.clone());
    *market.world.kept.lock().unwrap() = consented.credentials.clone();
    let connection = open(&draft, &market.world);
    connection.probe().await.unwrap();
    let first = market.world.kept.lock().unwrap()["refresh_token"].clone();
    assert_ne!(
        first, consented.credentials["refresh_token"],
        "the new one is kept"
    );
    market.shop.expire_tokens();
    connection.probe().await.unwrap();
    assert_ne!(
        market.world.kept.lock().unwrap()["refresh_token"],
        first,
        "renewed from the kept one"
    );
    market.shop.revoke(true);
    let error = connection.probe().await.unwrap_err();
    assert_eq!(
        (error.fault, error.code.as_deref()),
        (Fault::Credentials, Some("invalid_grant"))
    );
    *market.world.busy_until.lock().unwrap() = Some(now());
    draft
        .credentials
        .extend(market.world.kept.lock().unwrap().clone());
    let error = open(&draft, &market.world).probe().await.unwrap_err();
    assert_eq!(error.fault, Fault::Throttled, "another process is at it");
}
