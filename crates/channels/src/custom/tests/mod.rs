//! The custom channel: what it asks for, what it sends, how it reads what comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel as _, Connection, Fault, HttpRequest, ItemOutcome, Level,
    OrderQuery, OrderTime, SecretText,
};
use stockbridge_domain::order::OrderStatus;

use super::Custom;
use super::sign::{Signed, signature};
use crate::testing::{Answer, World, account, answer, now};

mod aftersales;
mod errors;
mod events;

fn draft(base: &str) -> AccountDraft {
    let secret = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            secret("base_url", base),
            secret("key_id", "key-1"),
            secret("secret", "correct-horse-battery-staple"),
        ]),
        ..AccountDraft::default()
    }
}

fn world(
    script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
) -> (Arc<World>, Box<dyn Connection>) {
    let world = World::new(script);
    let draft = draft("https://shop.example.com/stockbridge");
    let config = AccountConfig {
        account: account(),
        checked: Custom.check(&draft).unwrap(),
        credentials: draft.credentials,
        endpoints: draft.endpoints,
        options: draft.options,
        webhook_key: SecretText::new("webhook-key"),
    };
    let connection = Custom.connect(config, world.io()).unwrap();
    (world, connection)
}

fn level(sku: &str, quantity: i64, change: Change) -> Level {
    Level {
        sku: Sku::parse(sku).unwrap(),
        quantity,
        change,
        believed: None,
        parts: Vec::new(),
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: None,
    }
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn the_documents_example_of_a_signature_is_right() {
    let signed = Signed {
        timestamp: "1795231500",
        nonce: "00112233445566778899aabbccddeeff",
        method: "POST",
        target: "/stockbridge/quantities",
        body: br#"{"changes":[{"key":"psh_01","sku":"MUG-BLUE","mode":"compare_and_set","parts":[{"expected":5,"quantity":3}]}]}"#,
    };
    let expected = "v1=b304dcf7309fd2a3d2cf9dd1920e2245c89a96131bf8cf2bd4a14f1d5f864a14";
    let secret = SecretText::new("correct-horse-battery-staple");
    assert_eq!(signature(&secret, signed).unwrap(), expected);
    let other = Signed {
        method: "GET",
        ..signed
    };
    assert_ne!(
        signature(&secret, other).unwrap(),
        expected,
        "the method is signed"
    );
}

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let checked = Custom
        .check(&draft("https://shop.example.com/stockbridge/"))
        .unwrap();
    assert_eq!(checked.external_id, "key-1@https://shop.example.com/stockbridge");
    for own in [
        "http://192.168.1.5:8080",
        "http://shop.test",
        "http://till/api",
        "http://[::1]:9000",
    ] {
        assert!(Custom.check(&draft(own)).is_ok(), "{own}");
    }
    for (base, hint) in [
        ("http://shop.example.com", "https://"),
        ("shop.example.com", "not an address"),
        ("https://shop.example.com/?a=1", "query"),
    ] {
        let problems = Custom.check(&draft(base)).unwrap_err();
        assert_eq!(problems[0].field, "credentials/base_url", "{base}");
        assert!(problems[0].to_string().contains(hint), "{base}: {problems:?}");
    }
    let mut wrong = draft("https://shop.example.com");
    wrong
        .credentials
        .insert("secret".into(), SecretText::new("short"));
    wrong.options.insert("write_mode".into(), json!("somehow"));
    wrong.options.insert("currency".into(), json!("euro"));
    wrong.marketplaces.push("DE".into());
    let problems = Custom.check(&wrong).unwrap_err();
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "credentials/secret",
            "options/write_mode",
            "marketplaces",
            "options/currency"
        ]
    );
}

#[tokio::test]
async fn every_request_is_signed_over_what_is_on_the_wire() {
    let (world, connection) = world(|_| answer(200, r#"{"listings":[],"next":null}"#));
    let skus = [Sku::parse("A,B").unwrap(), Sku::parse("C/D").unwrap()];
    connection
        .listings()
        .unwrap()
        .read(&skus.map(Into::into))
        .await
        .unwrap();
    let sent = world.sent.lock().unwrap();
    let header = |name: &str| sent[0].headers()[name].to_str().unwrap();
    let target = "/stockbridge/listings?sku=A%2CB&sku=C%2FD";
    assert_eq!(sent[0].uri().path_and_query().unwrap().as_str(), target);
    assert_eq!(header("stockbridge-key"), "key-1");
    assert_eq!(
        header("stockbridge-timestamp"),
        (now().micros() / 1_000_000).to_string()
    );
    assert_eq!(header("stockbridge-nonce").len(), 32);
    let signed = Signed {
        timestamp: header("stockbridge-timestamp"),
        nonce: header("stockbridge-nonce"),
        method: "GET",
        target,
        body: b"",
    };
    let secret = SecretText::new("correct-horse-battery-staple");
    assert_eq!(
        header("stockbridge-signature"),
        signature(&secret, signed).unwrap()
    );
}

#[tokio::test]
async fn quantities_are_put_the_way_each_is_meant() {
    let (world, connection) = world(|_| {
        answer(
            200,
            r#"{"results":[{"sku":"A","outcome":"applied","receipt":"r1"},{"sku":"B","outcome":"differs","shown":[{"location":"x","quantity":2},{"location":"y","quantity":1}]},{"sku":"C","outcome":"refused","code":"closed","message":"not now"}]}"#,
        )
    });
    let levels = [
        level("A", 3, Change::From(5)),
        level("B", 3, Change::By(-2)),
        level("C", 3, Change::Set),
        level("D", 3, Change::Set),
    ];
    let results = connection.stock().unwrap().set(&levels).await;
    let sent = body(&world.sent.lock().unwrap()[0]);
    let parts: Vec<_> = (0..3)
        .map(|i| {
            (
                sent["changes"][i]["mode"].clone(),
                sent["changes"][i]["parts"].clone(),
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            (json!("compare_and_set"), json!([{"expected": 5, "quantity": 3}])),
            (json!("relative"), json!([{"delta": -2}])),
            (json!("absolute"), json!([{"quantity": 3}])),
        ]
    );
    assert_eq!(sent["changes"][0]["key"], "psh_00000000000000000000000007");
    assert!(matches!(&results[0].outcome, ItemOutcome::Applied { receipt: Some(r) } if r == "r1"));
    assert!(matches!(
        &results[1].outcome,
        ItemOutcome::Differs { shown: Some(3), .. }
    ));
    let ItemOutcome::NotApplied(error) = &results[2].outcome else {
        panic!("{:?}", results[2]);
    };
    assert_eq!(
        (error.fault, error.code.as_deref(), error.message.as_str()),
        (Fault::Rejected, Some("closed"), "not now")
    );
    assert!(
        matches!(results[3].outcome, ItemOutcome::Unknown(_)),
        "nothing was said about it"
    );
}

#[tokio::test]
async fn orders_are_read_with_the_instant_the_other_side_vouches_for() {
    let page = json!({
        "orders": [
            {"id": "C-1", "placed_at": "2026-11-21T03:00:00Z", "updated_at": "2026-11-21T03:10:00.5+01:00", "status": "open",
             "total": {"amount": "25.00", "currency": "EUR"},
             "lines": [{"id": "1", "sku": "A", "title": "Thing", "quantity": 2, "shipped": 0, "cancelled": 1}]},
            {"id": "C-2", "placed_at": "2026-11-21T03:00:00Z", "updated_at": "2026-11-21T03:10:00Z", "status": "at_the_florist", "lines": []},
            {"id": "C-3", "placed_at": "yesterday", "updated_at": "2026-11-21T03:10:00Z", "status": "open", "lines": []},
            {"id": "C-4"},
        ],
        "next": "more",
        "complete_until": "2026-11-21T03:24:00Z",
    });
    let (world, connection) = world(move |_| answer(200, page.to_string()));
    let query = OrderQuery {
        since: now(),
        by: OrderTime::Placed,
        cursor: Some("a b".into()),
    };
    let page = connection.orders().unwrap().page(&query).await.unwrap();
    assert_eq!(page.orders.len(), 2);
    assert_eq!(
        (page.orders[0].lines[0].ordered, page.orders[0].lines[0].cancelled),
        (2, 1)
    );
    assert_eq!(page.orders[0].total.unwrap().minor(), 2500);
    assert_eq!(page.orders[0].status, Some(OrderStatus::Open));
    assert_eq!(
        (page.orders[1].status, page.orders[1].oddities.len()),
        (None, 1),
        "kept and told, not guessed"
    );
    assert_eq!(page.orders[1].channel_status, "at_the_florist");
    let unreadable: Vec<_> = page.unreadable.iter().map(|u| u.id.as_deref()).collect();
    assert_eq!(unreadable, [Some("C-3"), Some("C-4")]);
    assert!(
        page.unreadable[0].reason.contains("placed_at"),
        "{:?}",
        page.unreadable
    );
    assert_eq!(page.complete_until.unwrap().to_string(), "2026-11-21T03:24:00Z");
    assert_eq!(page.next.as_deref(), Some("more"));
    assert_eq!(
        world.targets(),
        ["/stockbridge/orders?since=2026-11-21T03%3A25%3A00Z&by=placed&limit=100&cursor=a%20b"]
    );
}

#[tokio::test]
async fn listings_add_up_their_locations() {
    let page = json!({"listings": [
        {"sku": "A", "ref": "x1", "title": "Thing", "status": "active", "price": {"amount": "9.99", "currency": "EUR"},
         "quantities": [{"location": "berlin", "quantity": 2}, {"location": "graz", "quantity": 3}]},
        {"sku": "B", "status": "resting", "quantities": [{"quantity": 0}]},
        {"sku": "C", "status": "active", "quantities": [{"quantity": -1}]},
    ]});
    let (_world, connection) = world(move |_| answer(200, page.to_string()));
    let page = connection.listings().unwrap().page(None).await.unwrap();
    assert_eq!(page.listings[0].quantity, Some(5));
    assert_eq!(page.listings[0].price.unwrap().minor(), 999);
    assert_eq!(page.listings[1].issues.len(), 1, "{:?}", page.listings[1]);
    assert_eq!(page.unreadable[0].id.as_deref(), Some("C"));
    assert!(page.unreadable[0].reason.contains("not negative"));
}

#[tokio::test]
async fn testing_tells_what_does_not_fit() {
    let info = json!({"protocol": 1, "name": "Florist", "currency": "EUR", "write_modes": ["absolute"],
        "locations": [{"id": "a"}, {"id": "b"}]});
    let (_world, connection) = world(move |_| answer(200, info.to_string()));
    let health = connection.probe().await.unwrap();
    assert_eq!(health.summary, "Answered as Florist, 2 locations.");
    assert!(
        health.warnings[0].contains("`write_mode` to one of: absolute"),
        "{:?}",
        health.warnings
    );
    let (_world, connection) = self::world(|_| answer(200, r#"{"protocol":2,"name":"x","write_modes":[]}"#));
    assert_eq!(connection.probe().await.unwrap_err().fault, Fault::Contract);
}
