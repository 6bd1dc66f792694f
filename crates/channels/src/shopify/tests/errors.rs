//! Answers that are none: statuses, codes, pages for browsers, answers cut off.

use stockbridge_domain::channel::{ChannelError, Fault};

use super::*;
use crate::testing::{Answer, answer};

const THROTTLED: &str = r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],
    "extensions":{"cost":{"requestedQueryCost":500,"throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":100,"restoreRate":100.0}}}}"#;

fn scripted(script: impl Fn() -> Answer + Send + Sync + 'static) -> (Arc<World>, Box<dyn Connection>) {
    let world = World::new(move |_| script());
    let mut draft = draft(&ShopifyConfig::default());
    draft
        .credentials
        .insert("access_token".into(), SecretText::new("shpat_1"));
    let channel = Shopify::default();
    let config = AccountConfig {
        account: account(),
        checked: channel.check(&draft).unwrap(),
        credentials: draft.credentials,
        endpoints: BTreeMap::new(),
        options: BTreeMap::new(),
        webhook_key: SecretText::new("k"),
    };
    let connection = channel.connect(config, world.io()).unwrap();
    (world, connection)
}

async fn read(status: u16, body: &'static str) -> ChannelError {
    let (_world, connection) = scripted(move || answer(status, body));
    connection.probe().await.unwrap_err()
}

async fn write(status: u16, body: &'static str) -> ItemOutcome {
    let (_world, connection) = scripted(move || answer(status, body));
    let level = Level {
        sku: Sku::parse("A").unwrap(),
        quantity: 1,
        change: Change::From(2),
        believed: Some(2),
        parts: vec![LevelPart {
            location: "1".into(),
            shown: 2,
            quantity: 1,
        }],
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: Some("ProductVariant/1 InventoryItem/2 Product/3 EUR".into()),
    };
    connection.stock().unwrap().set(&[level]).await.remove(0).outcome
}

#[tokio::test]
async fn statuses_and_codes_say_what_happens_next() {
    let code = |code: &str| -> &'static str {
        format!(r#"{{"errors":[{{"message":"no","extensions":{{"code":"{code}"}}}}]}}"#).leak()
    };
    for (status, body, fault) in [
        (401, "{}", Fault::Credentials),
        (402, "{}", Fault::Credentials),
        (403, "<html>", Fault::Credentials),
        (404, "{}", Fault::Credentials),
        (409, "{}", Fault::Rejected),
        (422, "{}", Fault::Rejected),
        (423, "{}", Fault::Credentials),
        (429, "{}", Fault::Throttled),
        (430, "{}", Fault::Unavailable),
        (503, "<html>", Fault::Unavailable),
        (302, "", Fault::Contract),
        (200, "<html>", Fault::Unavailable),
        (200, r#"{"data":{"shop""#, Fault::Unavailable),
        (200, r#"{"data":{"shop":7}}"#, Fault::Contract),
        (200, THROTTLED, Fault::Throttled),
        (200, code("ACCESS_DENIED"), Fault::Forbidden),
        (200, code("SHOP_INACTIVE"), Fault::Credentials),
        (200, code("MAX_COST_EXCEEDED"), Fault::Contract),
        (200, code("INTERNAL_SERVER_ERROR"), Fault::Unavailable),
        (200, code("undefinedField"), Fault::Contract),
        (200, r#"{"errors":"a text"}"#, Fault::Contract),
    ] {
        assert_eq!(read(status, body).await.fault, fault, "{status} {body}");
    }
}

#[tokio::test]
async fn the_budget_is_learned_from_every_answer() {
    let (world, connection) = scripted(|| answer(200, THROTTLED));
    let error = connection.probe().await.unwrap_err();
    assert!(
        error.retry_at.unwrap() >= now().plus(Duration::from_secs(4)),
        "400 points are missing"
    );
    let told = world.told.lock().unwrap().clone();
    assert_eq!(
        told,
        ["learn points 100000000", "left points 100", "exhausted points"]
    );
}

#[tokio::test]
async fn a_write_is_in_doubt_unless_it_surely_was_not_made() {
    for (status, body, unknown) in [
        (503, "<html>", true),
        (200, "<html>", true),
        (200, r#"{"data":{"inventorySetQuantities":null}}"#, true),
        (200, r#"{"data":null,"errors":[{"message":"odd"}]}"#, true),
        (
            200,
            r#"{"data":{"inventorySetQuantities":null},"errors":[{"message":"odd"}]}"#,
            true,
        ),
        (200, r#"{"errors":[{"message":"no such field"}]}"#, false),
        (200, THROTTLED, false),
        (401, "{}", false),
        (
            200,
            r#"{"data":{"inventorySetQuantities":{"userErrors":[{"message":"busy","code":"IDEMPOTENCY_CONCURRENT_REQUEST"}]}}}"#,
            true,
        ),
        (
            200,
            r#"{"data":{"inventorySetQuantities":{"userErrors":[{"message":"x","code":"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}]}}}"#,
            false,
        ),
        (
            200,
            r#"{"data":{"inventorySetQuantities":{"userErrors":[{"message":"x","code":"IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}]}}}"#,
            false,
        ),
    ] {
        let outcome = write(status, body).await;
        assert_eq!(
            matches!(outcome, ItemOutcome::Unknown(_)),
            unknown,
            "{status} {body}: {outcome:?}"
        );
    }
}
