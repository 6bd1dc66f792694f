//! The connect form, the probe and sharing of tokens.

use super::*;

fn problems(draft: &AccountDraft) -> Vec<String> {
    Amazon::default()
        .check(draft)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn codes_ids_and_pairs_are_one_marketplace_each() {
    let draft = draft(&["de", "A1PA6795UKMFR9", "FR:A13V1IB3VIYZZH", "GB", "Egypt"]);
    let checked = Amazon::default().check(&draft).unwrap();
    assert_eq!(checked.external_id, "A3EXAMPLE1@EU");
    assert_eq!(
        checked.marketplaces,
        [
            "A1PA6795UKMFR9",
            "A13V1IB3VIYZZH",
            "A1F83G8C2ARO7P",
            "ARBP9OOSHTCHU"
        ]
    );
    assert_eq!(checked.currency.unwrap().code(), "EUR");
}

#[test]
fn the_emirates_are_not_egypt() {
    for (marketplaces, country) in [
        (&["EG:A2VIGQ35RCS4UG"][..], None),
        (&["A2VIGQ35RCS4UG"], Some("EG")),
        (&["DE", "A2VIGQ35RCS4UG"], Some("Egypt")),
    ] {
        let mut draft = draft(marketplaces);
        if let Some(country) = country {
            draft.options.insert("country".into(), json!(country));
        }
        let found = problems(&draft).join("\n");
        for part in [
            "A2VIGQ35RCS4UG is United Arab Emirates",
            "not Egypt",
            "ARBP9OOSHTCHU",
        ] {
            assert!(found.contains(part), "{marketplaces:?}: {found}");
        }
    }
    let mut right = draft(&["A2VIGQ35RCS4UG"]);
    right.options.insert("country".into(), json!("AE"));
    assert_eq!(
        Amazon::default().check(&right).unwrap().currency.unwrap().code(),
        "AED"
    );
}

#[test]
fn two_regions_are_two_accounts() {
    let found = problems(&draft(&["DE", "US"]));
    assert_eq!(found.len(), 1);
    for part in ["DE", "EU", "US", "NA", "one account per region"] {
        assert!(found[0].contains(part), "{part}: {}", found[0]);
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let mut draft = draft(&["XX", "DE"]);
    for (name, value) in [
        ("client_id", "amzn1.sellerapps.1"),
        ("client_secret", "a b"),
        ("refresh_token", "Atza|x"),
        ("seller_id", "me"),
    ] {
        draft.credentials.insert(name.into(), SecretText::new(value));
    }
    draft.credentials.insert("aws_key".into(), SecretText::new("x"));
    draft.options.insert("poll".into(), json!(1));
    let found = problems(&draft);
    let fields = [
        "credentials/client_id",
        "credentials/client_secret",
        "credentials/refresh_token",
        "credentials/seller_id",
        "credentials/aws_key",
        "options/poll",
        "marketplaces/0",
    ];
    for field in fields {
        assert!(found.iter().any(|p| p.starts_with(field)), "{field}: {found:?}");
    }
    assert_eq!(found.len(), fields.len(), "{found:?}");
    assert!(
        found.iter().any(|p| p.contains("`XX`") && p.contains("US, MX")),
        "{found:?}"
    );
    assert_eq!(
        problems(&AccountDraft::default()).len(),
        5,
        "four credentials and the marketplaces"
    );
}

#[test]
fn made_up_credentials_pass_where_the_endpoint_is_replaced() {
    let mut draft = draft(&["IN"]);
    draft
        .credentials
        .insert("client_id".into(), SecretText::new("client"));
    draft
        .credentials
        .insert("refresh_token".into(), SecretText::new("token"));
    assert_eq!(problems(&draft).len(), 2);
    draft
        .endpoints
        .insert("api".into(), "http://127.0.0.1:9000".into());
    Amazon::default().check(&draft).unwrap();
    draft
        .endpoints
        .insert("api".into(), "http://u:p@127.0.0.1".into());
    draft.endpoints.insert("fax".into(), "http://x".into());
    let found = problems(&draft);
    assert!(
        found.iter().any(|p| p.starts_with("endpoints/api"))
            && found.iter().any(|p| p.starts_with("endpoints/fax")),
        "{found:?}"
    );
}

#[tokio::test]
async fn requests_go_to_the_region_or_where_they_are_told() {
    for (site, host) in [
        ("US", "sellingpartnerapi-na.amazon.com"),
        ("IN", "sellingpartnerapi-eu.amazon.com"),
        ("JP", "sellingpartnerapi-fe.amazon.com"),
    ] {
        let world = always(200, json!({"payload": []}));
        open(&world, &[site]).probe().await.unwrap();
        let sent = world.sent.lock().unwrap();
        assert_eq!(
            (sent[0].uri().host(), sent[1].uri().host()),
            (Some("api.amazon.com"), Some(host))
        );
    }
    let world = always(200, json!({"payload": []}));
    let mut draft = draft(&["IN"]);
    draft
        .endpoints
        .insert("api".into(), "http://127.0.0.1:9000/amazon/".into());
    draft
        .endpoints
        .insert("lwa".into(), "http://127.0.0.1:9001".into());
    open_with(&Amazon::default(), &world, draft)
        .probe()
        .await
        .unwrap();
    let sent = world.sent.lock().unwrap();
    assert_eq!(sent[0].uri(), "http://127.0.0.1:9001/auth/o2/token");
    assert_eq!(
        sent[1].uri(),
        "http://127.0.0.1:9000/amazon/sellers/v1/marketplaceParticipations"
    );
}

#[tokio::test]
async fn the_headers_are_those_amazon_asks_for() {
    let world = always(200, json!({"payload": []}));
    open(&world, &["DE"]).probe().await.unwrap();
    let sent = world.sent.lock().unwrap();
    let header = |name: &str| sent[1].headers().get(name).map(|v| v.to_str().unwrap());
    assert_eq!(header("x-amz-access-token"), Some("Atza|a"));
    assert_eq!(header("x-amz-date"), Some("20261121T032500Z"));
    let agent = header("user-agent").unwrap();
    assert!(
        agent.starts_with("Stockbridge/") && agent.contains("(Language=Rust/1.") && agent.len() < 500,
        "{agent}"
    );
    assert_eq!((header("authorization"), header("content-type")), (None, None));
    assert!(sent[1].body().is_empty());
}

#[tokio::test]
async fn the_probe_says_who_is_signed_in_and_what_is_amiss() {
    let site = |id: &str, suspended: bool| {
        json!({"marketplace": {"id": id, "name": "x", "countryCode": "x", "defaultCurrencyCode": "EUR", "defaultLanguageCode": "de", "domainName": "x"},
            "participation": {"isParticipating": true, "hasSuspendedListings": suspended}, "storeName": "Bücher & Co"})
    };
    let world = always(
        200,
        json!({"payload": [site("A1PA6795UKMFR9", true), site("A13V1IB3VIYZZH", false)]}),
    );
    let health = open(&world, &["DE", "FR", "IT"]).probe().await.unwrap();
    assert_eq!(
        health.summary,
        "Signed in as Bücher & Co, seller A3EXAMPLE1, taking part in DE, FR."
    );
    assert_eq!(health.warnings.len(), 2, "{:?}", health.warnings);
    assert!(health.warnings[0].contains("DE") && health.warnings[0].contains("inactive"));
    assert!(health.warnings[1].contains("IT") && health.warnings[1].contains("does not take part"));
}

#[tokio::test]
async fn connections_of_one_account_share_a_token() {
    let (amazon, world) = (Amazon::default(), always(200, json!({"payload": []})));
    let connections: Vec<_> = (0..50)
        .map(|_| open_with(&amazon, &world, draft(&["DE"])))
        .collect();
    futures_util::future::join_all(connections.iter().map(|c| c.probe())).await;
    assert_eq!((world.token_calls(), world.targets().len()), (1, 50));
}
