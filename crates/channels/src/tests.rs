//! Tests of what holds for every channel.

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Capability, Channel, CheckedAccount, Connection, CredentialField, SecretText,
};

use crate::testing::{World, account, answer};

/// A draft that satisfies whatever the descriptor asks for; every secret is planted.
fn draft(channel: &dyn Channel) -> AccountDraft {
    let descriptor = channel.descriptor();
    let credential = |f: &CredentialField| {
        let value = match f.name {
            _ if f.multiline => key_file(),
            _ if f.secret => format!("PLANTED-{}-0123456789", f.name),
            address if address.ends_with("_url") => "https://public.example.com".to_owned(),
            name => format!("public-{name}"),
        };
        (f.name.to_owned(), SecretText::new(value))
    };
    AccountDraft {
        name: "Main".into(),
        marketplaces: descriptor
            .marketplaces
            .iter()
            .take(1)
            .map(|m| m.code.into())
            .collect(),
        credentials: descriptor.credentials.iter().map(credential).collect(),
        endpoints: descriptor
            .endpoints
            .iter()
            .map(|e| ((*e).into(), "http://127.0.0.1:1".into()))
            .collect(),
        options: BTreeMap::new(),
    }
}

/// A key file as platforms give them out for service accounts, with a planted id.
fn key_file() -> String {
    let key = include_str!("fixtures/rsa-key-for-tests.pem");
    serde_json::json!({"key_id": "PLANTED-key-0123456789", "private_key": key, "project_code": "PRJ1", "type": "apijwt"})
        .to_string()
}

fn config(draft: &AccountDraft, checked: CheckedAccount) -> AccountConfig {
    AccountConfig {
        account: account(),
        checked,
        credentials: draft.credentials.clone(),
        endpoints: draft.endpoints.clone(),
        options: draft.options.clone(),
        webhook_key: SecretText::new("PLANTED-webhook-key"),
    }
}

fn open(channel: &dyn Channel, world: &std::sync::Arc<World>) -> Box<dyn Connection> {
    let draft = draft(channel);
    let checked = channel.check(&draft).unwrap();
    channel.connect(config(&draft, checked), world.io()).unwrap()
}

#[test]
fn what_a_channel_claims_is_what_it_can() {
    let world = World::new(|_| answer(500, ""));
    for channel in crate::all() {
        let (descriptor, connection) = (channel.descriptor(), open(&*channel, &world));
        for (capability, there) in [
            (Capability::Orders, connection.orders().is_some()),
            (Capability::Listings, connection.listings().is_some()),
            (Capability::Stock, connection.stock().is_some()),
            (Capability::Prices, connection.prices().is_some()),
            (Capability::Fulfilment, connection.fulfilment().is_some()),
            (Capability::Events, connection.events().is_some()),
            (Capability::Cancellations, connection.cancellations().is_some()),
            (Capability::Returns, connection.returns().is_some()),
            (Capability::Refunds, connection.refunds().is_some()),
            (Capability::Papers, connection.papers().is_some()),
            (Capability::Warehouse, connection.warehouse().is_some()),
        ] {
            assert_eq!(
                descriptor.can(capability),
                there,
                "{}: {capability:?}",
                descriptor.kind
            );
        }
    }
}

#[test]
fn descriptors_are_consistent() {
    let channels = crate::all();
    let kinds: BTreeSet<_> = channels.iter().map(|c| c.descriptor().kind).collect();
    assert_eq!(kinds.len(), channels.len());
    for channel in &channels {
        let d = channel.descriptor();
        let buckets: BTreeSet<_> = d.buckets.iter().map(|b| b.name).collect();
        assert_eq!(buckets.len(), d.buckets.len(), "{}", d.kind);
        assert!(
            d.buckets.iter().all(|b| b.rate_micro > 0 && b.burst > 0),
            "{}",
            d.kind
        );
        assert!(d.write_batch > 0 && d.read_batch > 0, "{}", d.kind);
        for m in d.marketplaces {
            assert!(
                stockbridge_domain::Currency::parse(m.currency).is_ok(),
                "{}",
                m.code
            );
            assert_eq!(d.marketplace(m.code), Some(m));
            assert_eq!(d.marketplace(m.id), Some(m));
        }
    }
}

#[tokio::test]
async fn planted_secrets_are_never_shown() {
    // Whatever a channel answers, even our own secrets, must not end up in messages.
    let echo = r#"{"error":"invalid_grant","error_description":"PLANTED-refresh_token-0123456789","detail":"PLANTED-secret-0123456789","errors":[{"code":"X","message":"Atza|PLANTED-access"}]}"#;
    let token = r#"{"access_token":"Atza|PLANTED-access","expires_in":3600}"#;
    for token_answer in [
        (400, echo),
        (200, token),
        (200, r#"{"access_token":"PLANTED-access"#),
    ] {
        let world = World::new(move |request| match request.uri().path() {
            "/auth/o2/token" => answer(token_answer.0, token_answer.1),
            _ => answer(403, echo),
        });
        for channel in crate::all() {
            let mut draft = draft(&*channel);
            let checked = channel.check(&draft).unwrap();
            let config = config(&draft, checked);
            let mut shown = vec![format!("{config:?} {draft:?}")];
            let connection = channel.connect(config, world.io()).unwrap();
            if let Err(error) = connection.probe().await {
                shown.push(format!("{error} {error:?}"));
            }
            for secret in draft.credentials.values_mut() {
                *secret = SecretText::new(format!("{} with a space", secret.expose()));
            }
            shown.push(format!("{:?}", channel.check(&draft)));
            for text in shown {
                assert!(!text.contains("PLANTED"), "{}: {text}", channel.descriptor().kind);
            }
        }
        let requests = format!("{:?}", world.sent.lock().unwrap());
        assert!(!requests.contains("PLANTED-access"), "{requests}");
    }
}
