//! What the channel asks for, how it judges errors, and what it makes of things a store rarely says. Against a store it is
//! tested in `crates/channels/tests/medusa/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Channel as _, Connection, Fault, HttpRequest, ListingKey, OrderQuery,
    OrderTime, PriceLevel, SecretText,
};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{Currency, Money};

use super::Medusa;
use crate::testing::{Answer, World, account, answer, now};

mod errors;

fn draft(base: &str, key: &str) -> AccountDraft {
    let secret = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([secret("base_url", base), secret("api_key", key)]),
        ..AccountDraft::default()
    }
}

fn world_with(
    options: Value,
    script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
) -> (Arc<World>, Box<dyn Connection>) {
    let world = World::new(script);
    let mut draft = draft("https://shop.example.com/", "sk_abc");
    draft.options = serde_json::from_value(options).unwrap();
    let config = AccountConfig {
        account: account(),
        checked: Medusa.check(&draft).unwrap(),
        credentials: draft.credentials,
        endpoints: draft.endpoints,
        options: draft.options,
        webhook_key: SecretText::new("webhook-key"),
    };
    let connection = Medusa.connect(config, world.io()).unwrap();
    (world, connection)
}

fn world(
    script: impl Fn(&HttpRequest) -> Answer + Send + Sync + 'static,
) -> (Arc<World>, Box<dyn Connection>) {
    world_with(json!({"currency": "EUR"}), script)
}

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let checked = Medusa
        .check(&draft("https://shop.example.com/", "sk_abc"))
        .unwrap();
    assert_eq!(checked.external_id, "https://shop.example.com");
    for (base, hint) in [
        ("http://shop.example.com", "https://"),
        ("https://shop.example.com/app", "leave out"),
        ("shop.example.com", "not an address"),
        ("https://u:p@shop.example.com", "user name"),
    ] {
        let problems = Medusa.check(&draft(base, "sk_abc")).unwrap_err();
        assert_eq!(problems[0].field, "credentials/base_url", "{base}");
        assert!(problems[0].to_string().contains(hint), "{base}: {problems:?}");
    }
    let mut wrong = draft("https://shop.example.com", "pk_abc");
    for (name, value) in [
        ("write_mode", json!("compare_and_set")),
        ("location_map", json!({"Berlin": 7})),
        ("default_location", json!("")),
        ("sales_channel", json!(7)),
        ("currency", json!("euro")),
    ] {
        wrong.options.insert(name.into(), value);
    }
    wrong.marketplaces.push("DE".into());
    let problems = Medusa.check(&wrong).unwrap_err();
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "options/write_mode",
            "credentials/api_key",
            "options/location_map",
            "options/default_location",
            "options/sales_channel",
            "options/currency",
            "marketplaces"
        ]
    );
    let mut one = draft("https://shop.example.com", "sk_abc");
    one.options.insert("sales_channel".into(), json!("sc_1"));
    assert_eq!(
        Medusa.check(&one).unwrap().external_id,
        "sc_1@https://shop.example.com"
    );
}

/// An order as a server of 2.21.2 answered it, cut down.
fn order(changes: Value) -> Value {
    let mut order = json!({
        "id": "order_1", "display_id": 3, "status": "pending", "currency_code": "eur", "total": 65.331,
        "created_at": "2026-11-30T23:09:53.749Z", "updated_at": "2026-11-30T23:10:47.597Z",
        "payment_status": "captured", "fulfillment_status": "not_fulfilled",
        "items": [
            {"id": "ordli_1", "title": "Mug", "subtitle": "Blue", "variant_sku": "MUG-BLUE", "quantity": 2, "total": 29.75,
             "requires_shipping": true, "detail": {"fulfilled_quantity": 0, "shipped_quantity": 0, "delivered_quantity": 0}},
            {"id": "ordli_2", "title": "Pattern", "subtitle": null, "variant_sku": null, "variant": {"sku": "PDF"},
             "quantity": 1, "total": 3, "requires_shipping": false, "detail": {"fulfilled_quantity": 1}}],
        "payment_collections": [{"updated_at": "2026-11-30T23:09:54.357Z", "authorized_amount": 65.331, "captured_amount": 0}],
    });
    for (name, value) in changes.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

async fn read(changes: Value) -> Result<stockbridge_domain::order::OrderSnapshot, String> {
    let body = json!({"orders": [order(changes)], "count": 1, "offset": 0, "limit": 50}).to_string();
    let (_world, connection) = world(move |_| answer(200, body.clone()));
    let query = OrderQuery {
        since: now(),
        by: OrderTime::Updated,
        cursor: None,
    };
    let mut page = connection.orders().unwrap().page(&query).await.unwrap();
    match page.unreadable.pop() {
        Some(unreadable) => Err(format!("{:?} {}", unreadable.id, unreadable.reason)),
        None => Ok(page.orders.remove(0)),
    }
}

#[tokio::test]
async fn an_order_is_read_by_what_its_lines_say() {
    let one = read(json!({})).await.unwrap();
    assert_eq!(
        one.status,
        Some(OrderStatus::PartiallyShipped),
        "what is not shipped is gone when it is fulfilled"
    );
    assert_eq!(one.total.unwrap().minor(), 6533, "the store does not round");
    assert_eq!(one.lines[0].title, "Mug, Blue");
    assert_eq!(one.lines[1].sku.as_ref().map(Sku::as_str), Some("PDF"));
    let nothing = json!([{"id": "l", "quantity": 1, "detail": {}}]);
    for (changes, status) in [
        (json!({"status": "completed"}), OrderStatus::PartiallyShipped),
        (json!({"status": "canceled"}), OrderStatus::Cancelled),
        (json!({"status": "requires_action"}), OrderStatus::Pending),
        (json!({"items": nothing}), OrderStatus::Open),
        (
            json!({"items": nothing, "payment_status": "not_paid"}),
            OrderStatus::Open,
        ),
        (
            json!({"items": nothing, "payment_status": "awaiting", "payment_collections": []}),
            OrderStatus::Pending,
        ),
        (
            json!({"items": nothing, "payment_status": "not_paid", "payment_collections": null, "total": 0}),
            OrderStatus::Open,
        ),
        (
            json!({"items": [{"id": "l", "quantity": 1, "detail": {"delivered_quantity": 1}}]}),
            OrderStatus::Shipped,
        ),
    ] {
        assert_eq!(
            read(changes.clone()).await.unwrap().status,
            Some(status),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn what_nobody_knows_is_kept_and_told() {
    for (changes, status, oddity) in [
        (json!({"status": "at_the_florist"}), None, "`status`"),
        (
            json!({"payment_status": "in_kind", "items": [{"id": "l", "quantity": 1, "detail": {}}]}),
            Some(OrderStatus::Open),
            "`payment_status`",
        ),
        (
            json!({"currency_code": "doubloon"}),
            Some(OrderStatus::PartiallyShipped),
            "`currency_code`",
        ),
        (
            json!({"total": 1e30}),
            Some(OrderStatus::PartiallyShipped),
            "`total`",
        ),
    ] {
        let one = read(changes.clone()).await.unwrap();
        assert_eq!(one.status, status, "{changes}");
        assert!(one.oddities[0].contains(oddity), "{changes}: {:?}", one.oddities);
    }
    for (changes, reason) in [
        (json!({"created_at": "yesterday"}), "created_at"),
        (
            json!({"items": [{"id": "l", "quantity": 1.5, "detail": {}}]}),
            "whole number",
        ),
        (json!({"items": null}), "null"),
    ] {
        let error = read(changes.clone()).await.unwrap_err();
        assert!(
            error.contains("order_1") && error.contains(reason),
            "{changes}: {error}"
        );
    }
}

fn catalogue(request: &HttpRequest) -> Answer {
    let locations = json!({"stock_locations": [
        {"id": "sloc_1", "name": "A", "sales_channels": [{"id": "sc_1"}]},
        {"id": "sloc_2", "name": "B", "sales_channels": [{"id": "sc_2"}]},
        {"id": "sloc_3", "name": "C", "sales_channels": []}]});
    let level = |at: &str, stocked: i64, reserved: i64| json!({"location_id": at, "stocked_quantity": stocked, "reserved_quantity": reserved});
    let variant = |id: &str, sku: Value, per: i64, levels: Value| {
        json!({"id": id, "sku": sku, "title": "Plain", "product_id": "prod_1", "manage_inventory": true,
            "allow_backorder": id == "v3", "created_at": "2026-11-01T00:00:00.000Z",
            "product": {"title": "Thing", "status": "published", "thumbnail": "https://i.example/b.jpg",
                "images": [{"url": "https://i.example/a.jpg"}, {"url": "https://i.example/b.jpg"}], "sales_channels": [{"id": "sc_1"}]},
            "prices": [{"id": "p0", "currency_code": "eur", "amount": 9, "rules": {"region_id": "reg_1"}},
                {"id": "p1", "currency_code": "eur", "amount": 12.5, "min_quantity": null, "rules": {}},
                {"id": "p2", "currency_code": "usd", "amount": 14.25, "rules": {}}],
            "inventory_items": [{"inventory_item_id": "i", "required_quantity": per, "inventory": {"location_levels": levels}}]})
    };
    let variants = json!({"variants": [
        variant("v1", json!("PAIR"), 2, json!([level("sloc_1", 9, 2), level("sloc_2", 4, 0), level("sloc_3", 99, 0)])),
        variant("v2", Value::Null, 1, json!([])),
        variant("v3", json!("OVER"), 1, json!([level("sloc_1", 1, 3)])),
        variant("v4", json!("BARE"), 1, json!([]))], "count": 4});
    let path = request.uri().path();
    answer(
        200,
        if path.ends_with("stock-locations") {
            locations
        } else {
            variants
        }
        .to_string(),
    )
}

#[tokio::test]
async fn units_for_sale_are_what_linked_locations_have_and_nobody_reserved() {
    let (world, connection) = world(catalogue);
    let page = connection.listings().unwrap().page(None).await.unwrap();
    let pair = &page.listings[0];
    let places: Vec<_> = pair
        .places
        .iter()
        .map(|p| (p.location.as_str(), p.quantity))
        .collect();
    assert_eq!(
        places,
        [("sloc_1", 3), ("sloc_2", 2)],
        "two make one; nobody sells from the third"
    );
    assert_eq!((pair.quantity, pair.price.unwrap().minor()), (Some(5), 1250));
    assert_eq!(pair.channel_ref.as_deref(), Some("v1"));
    let images = pair.images.clone().unwrap();
    assert_eq!(
        (images.main.as_deref(), images.count),
        (Some("https://i.example/b.jpg"), Some(2))
    );
    assert!(
        page.unreadable[0].reason.contains("no SKU"),
        "{:?}",
        page.unreadable
    );
    let over = &page.listings[1];
    assert_eq!(over.quantity, Some(0));
    assert!(
        over.issues
            .iter()
            .any(|i| i.contains("2 units more are reserved")),
        "{over:?}"
    );
    assert!(over.issues.iter().any(|i| i.contains("backorders")), "{over:?}");
    assert_eq!(
        page.listings[2].places.len(),
        1,
        "the first location that sells: {:?}",
        page.listings[2]
    );
    assert!(
        world.targets()[1].contains("created_at%5B%24gte%5D=1970")
            || world.targets()[1].contains("created_at[$gte]=1970")
    );

    let options =
        json!({"sales_channel": "sc_2", "default_location": "sloc_2", "location_map": {"Graz": "sloc_2"}});
    let (_world, connection) = world_with(options, catalogue);
    let key = ListingKey {
        sku: Sku::parse("PAIR").unwrap(),
        handle: None,
    };
    let listings = connection.listings().unwrap().page(None).await.unwrap().listings;
    assert_eq!(
        listings[0].quantity,
        Some(2),
        "only what this sales channel sells"
    );
    assert!(
        listings[0].issues[0].contains("not in the account's sales channel"),
        "{listings:?}"
    );
    assert_eq!(
        listings[1].places[0].location, "sloc_2",
        "named by the account, so written to"
    );
    assert!(
        connection.listings().unwrap().read(&[key]).await.is_err(),
        "one without a SKU was answered"
    );
}

#[tokio::test]
async fn a_price_is_sent_with_all_the_others() {
    let (world, connection) = world(catalogue);
    let price = PriceLevel {
        sku: Sku::parse("PAIR").unwrap(),
        price: Money::from_decimal("13.90", Currency::parse("EUR").unwrap()).unwrap(),
        handle: None,
    };
    connection.prices().unwrap().set(&[price]).await;
    let sent = world.sent.lock().unwrap();
    let body = String::from_utf8_lossy(sent.last().unwrap().body()).into_owned();
    assert_eq!(
        body,
        r#"{"prices":[{"id":"p0","currency_code":"eur","amount":9,"rules":{"region_id":"reg_1"}},{"id":"p1","currency_code":"eur","amount":13.90},{"id":"p2","currency_code":"usd","amount":14.25}]}"#
    );
    assert_eq!(
        sent[0].headers()["authorization"],
        "Basic c2tfYWJjOg==",
        "the key is the user, the password empty"
    );
}

#[tokio::test]
async fn a_page_that_is_full_has_another_after_it() {
    let orders: Vec<Value> = (0..50)
        .map(|n| order(json!({"id": format!("order_{n}")})))
        .collect();
    let body = json!({"orders": orders, "count": 60}).to_string();
    let (world, connection) = world(move |_| {
        let mut response = answer(200, body.clone())?;
        response
            .headers_mut()
            .insert("date", "Mon, 30 Nov 2026 23:15:00 GMT".parse().unwrap());
        Ok(response)
    });
    let mut query = OrderQuery {
        since: now(),
        by: OrderTime::Updated,
        cursor: None,
    };
    let first = connection.orders().unwrap().page(&query).await.unwrap();
    query.cursor = first.next;
    let second = connection.orders().unwrap().page(&query).await.unwrap();
    assert_eq!(first.complete_until.unwrap().to_string(), "2026-11-30T23:14:50Z");
    assert_eq!(
        second.complete_until, first.complete_until,
        "as the first page had it"
    );
    let targets: Vec<String> = world
        .targets()
        .iter()
        .map(|t| t.replace("%5B%24gte%5D", "[$gte]").replace("%3A", ":"))
        .collect();
    assert!(
        targets[0].contains("order=updated_at&limit=50&offset=0&updated_at[$gte]=2026-11-21T03:25:00.000Z"),
        "{targets:?}"
    );
    assert!(
        targets[1].contains("offset=0&updated_at[$gte]=2026-11-30T23:10:47.597Z"),
        "{targets:?}"
    );
}
