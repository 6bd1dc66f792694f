//! Connecting: what is typed, where it goes, keys handed over.

use stockbridge_domain::channel::{Consent as _, Fault, Returned, Ticket};
use stockbridge_sim::WooParcels;

use super::*;

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let checked = WooCommerce::default().check(&draft()).unwrap();
    assert_eq!(checked.external_id, "https://shop.example.com");
    let mut wrong = draft();
    wrong
        .credentials
        .insert("shop_url".into(), SecretText::new("http://shop.example.com"));
    wrong.credentials.remove("consumer_key");
    wrong.options.insert("query_auth".into(), json!("perhaps"));
    wrong.options.insert("currency".into(), json!("euro"));
    wrong.marketplaces.push("DE".into());
    let problems = WooCommerce::default().check(&wrong).unwrap_err();
    let mut fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    fields.sort_unstable();
    let expected = [
        "credentials/consumer_key",
        "credentials/shop_url",
        "marketplaces",
        "options/currency",
        "options/query_auth",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_shop_in_a_folder_without_permalinks_or_header_is_reached() {
    for (plain_permalinks, strips_authorization) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        let mut bench = super::bench(WooConfig {
            folder: "/store".into(),
            plain_permalinks,
            strips_authorization,
            ..config(vec![])
        });
        bench.options.insert("rest_route".into(), json!(plain_permalinks));
        bench
            .options
            .insert("query_auth".into(), json!(strips_authorization));
        let health = bench
            .open_at("https://shop.example.com/store/")
            .probe()
            .await
            .unwrap();
        assert!(
            health
                .summary
                .contains("Simulated shop at https://shop.example.com/store, sells in EUR"),
            "{health:?}"
        );
        let sent = bench.world.sent.lock().unwrap();
        let shown = format!("{:?}", sent[0].headers());
        assert!(
            !shown.contains("cs_simulated") && !shown.contains("Basic"),
            "{shown}"
        );
        assert_eq!(
            sent[0].headers().contains_key("authorization"),
            !strips_authorization
        );
    }
}

#[tokio::test]
async fn testing_says_how_parcels_go_and_what_does_not_fit() {
    for (parcels, words, warnings) in [
        (WooParcels::Fulfillments, "order fulfilments", 1),
        (WooParcels::Tracking, "Shipment Tracking", 1),
        (WooParcels::None, "a note to the buyer", 2),
    ] {
        let mut bench = super::bench(WooConfig {
            parcels,
            ..config(vec![])
        });
        bench.options.insert("currency".into(), json!("USD"));
        let health = bench.open().probe().await.unwrap();
        assert!(health.summary.contains(words), "{health:?}");
        assert_eq!(health.warnings.len(), warnings, "{health:?}");
        assert!(health.warnings[0].contains("`currency` says USD"), "{health:?}");
    }
}

fn ticket(return_to: &str) -> Ticket {
    Ticket {
        state: SecretText::new("state-1"),
        return_to: return_to.into(),
    }
}

#[tokio::test]
async fn keys_are_taken_from_the_shop_that_knows_the_state() {
    let (channel, world) = (
        WooCommerce::default(),
        World::new(|_| Err(TransportError::NotSent("no".into()))),
    );
    let io = world.io();
    let given = ticket("https://hub.example/consent");
    let address = channel.address(&draft(), &given).unwrap();
    assert!(address.starts_with(
        "https://shop.example.com/wc-auth/v1/authorize?app_name=Stockbridge&scope=read_write&user_id=state-1&"
    ));
    let problems = channel
        .address(&draft(), &ticket("http://hub.example"))
        .unwrap_err();
    assert!(problems[0].message.contains("https"), "{problems:?}");
    let mut empty = draft();
    empty.credentials.remove("shop_url");
    assert_eq!(
        channel.address(&empty, &given).unwrap_err()[0].field,
        "credentials/shop_url"
    );

    let posted = |body: Value| Returned {
        body: body.to_string().into(),
        ..Returned::default()
    };
    let keys = json!({"key_id": 1, "user_id": "state-1", "consumer_key": "ck_1", "consumer_secret": "cs_1", "key_permissions": "read_write"});
    let returned = posted(keys.clone());
    assert_eq!(channel.state_of(&returned).as_deref(), Some("state-1"));
    let consented = channel.accept(&draft(), &given, &returned, &io).await.unwrap();
    assert_eq!(consented.credentials["consumer_secret"].expose(), "cs_1");
    assert_eq!(consented.credentials.len(), 2);
    for (field, value) in [
        ("user_id", "state-2"),
        ("key_permissions", "read"),
        ("consumer_secret", ""),
    ] {
        let mut wrong = keys.clone();
        wrong[field] = json!(value);
        let error = channel
            .accept(&draft(), &given, &posted(wrong), &io)
            .await
            .unwrap_err();
        assert_eq!(error.fault, Fault::Rejected, "{field}");
        assert!(
            !error.to_string().contains("cs_1") && !error.to_string().contains("state-1"),
            "{error}"
        );
    }
    for (success, hint) in [("0", "declined"), ("1", "wait a moment")] {
        let browser = Returned {
            query: vec![
                ("success".into(), success.into()),
                ("user_id".into(), "state-1".into()),
            ],
            ..Returned::default()
        };
        assert_eq!(channel.state_of(&browser).as_deref(), Some("state-1"));
        let error = channel.accept(&draft(), &given, &browser, &io).await.unwrap_err();
        assert!(error.message.contains(hint), "{error}");
    }
}
