//! A world with something of every kind in it, and the ids of it.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use stockbridge_domain::channel::{
    ListingSnapshot, MoneyEvent, MoneyKind, MoneyPart, MoneyState, MoneyTransaction, Paper, PaperKind,
    ReturnLine, ReturnSnapshot, ReturnStatus, Settlement, WarehouseStock, WarehouseUnits,
};
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::{AccountId, Currency, Money, Sku};
use stockbridge_store::{BulkStage, LedgerCheck, NewAlert, NewParcel, Severity, TenantTx};

use crate::world::World;

/// Ids by what they are of, to be put into paths.
pub struct Goods {
    pub world: World,
    pub ids: BTreeMap<&'static str, String>,
}

/// A listing as a channel shows it.
fn shown(sku: &str) -> ListingSnapshot {
    ListingSnapshot {
        sku: Sku::parse(sku).unwrap(),
        channel_ref: Some("B000".into()),
        barcode: None,
        title: Some(format!("Listing of {sku}")),
        fulfilled_by: FulfilledBy::Seller,
        quantity: Some(4),
        places: Vec::new(),
        price: Some(Money::from_minor(49_900, Currency::parse("INR").unwrap())),
        status: ListingStatus::Active,
        images: None,
        handle: None,
        issues: vec!["The image is too small.".into()],
    }
}

/// A SKU in a channel's warehouse.
fn lying(sku: &str) -> WarehouseStock {
    WarehouseStock {
        sku: Sku::parse(sku).unwrap(),
        marketplace: "IN".into(),
        channel_ref: Some("B000".into()),
        label: Some("X000".into()),
        title: format!("Listing of {sku}"),
        condition: Some("New".into()),
        units: WarehouseUnits {
            sellable: 4,
            unfulfillable: 1,
            expired: 1,
            total: 5,
            ..WarehouseUnits::default()
        },
        changed_at: Some(crate::world::START),
    }
}

/// Money of the order `B-1` that a channel moved.
fn moved() -> MoneyTransaction {
    let euro = |minor| Money::from_minor(minor, Currency::parse("EUR").unwrap());
    MoneyTransaction {
        id: "t1".into(),
        posted_at: crate::world::START,
        event: MoneyEvent::Sale,
        told: "Shipment".into(),
        description: "Order Payment".into(),
        state: MoneyState::Held,
        state_told: "DEFERRED".into(),
        channel_order_id: Some("B-1".into()),
        settlement: Some("77".into()),
        marketplace: Some("IN".into()),
        total: euro(850),
        parts: [(MoneyKind::Principal, 1_000), (MoneyKind::Commission, -150)]
            .map(|(kind, minor)| MoneyPart {
                kind,
                told: "part".into(),
                sku: Sku::parse("P-1").ok(),
                amount: euro(minor),
            })
            .to_vec(),
    }
}

/// A settlement of it.
fn paid() -> Settlement {
    Settlement {
        id: "77".into(),
        from: crate::world::START,
        to: crate::world::START,
        deposited_at: Some(crate::world::START),
        total: moved().total,
        lines: Vec::new(),
    }
}

/// Something in the channel's own warehouse, money it moved, and a batch of quantities that was taken.
async fn hand_in(tx: &mut TenantTx, account: AccountId) {
    tx.upsert_warehouse(account, &[lying("P-1")], crate::world::START)
        .await
        .unwrap();
    tx.upsert_money(account, &[moved()], crate::world::START)
        .await
        .unwrap();
    tx.upsert_settlement(account, "d1", &paid(), crate::world::START)
        .await
        .unwrap();
    let batch = tx.begin_bulk(account).await.unwrap();
    tx.note_bulk(batch, BulkStage::Done, Some("feed-1"), Some("one message"))
        .await
        .unwrap();
}

impl Goods {
    /// Five products, a store far away with two listings, an order, a parcel, an alert, a run.
    pub async fn new() -> Self {
        let world = World::with_stock(5).await;
        let mut ids = BTreeMap::new();
        let connect = json!({ "name": "Bazaar", "marketplaces": ["IN"], "credentials": { "key": "k1" } });
        let store = world
            .post("/integrations/bazaar/connect", connect)
            .await
            .expect(201);
        let account: AccountId = store["id"].as_str().unwrap().parse().unwrap();
        let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
        assert!(tx.listings_read(account).await.unwrap());
        let snapshots = [shown("P-1"), shown("UNMAPPED")];
        tx.upsert_listings(account, &snapshots, crate::world::START)
            .await
            .unwrap();
        let sound = LedgerCheck::default();
        tx.keep_check("upkeep", crate::world::START, &sound)
            .await
            .unwrap();
        let run = tx
            .start_run(account, "orders", "schedule")
            .await
            .unwrap()
            .unwrap();
        let alert = tx.raise_alert(NewAlert {
            kind: "stock.low",
            severity: Severity::Warning,
            dedupe_key: "low".into(),
            account: Some(account),
            subject: None,
            title: "Low".into(),
            detail: "Buy more.".into(),
        });
        ids.insert("alert", alert.await.unwrap().id.to_string());
        hand_in(&mut tx, account).await;
        tx.commit().await.unwrap();
        ids.insert("store", account.to_string());
        ids.insert("run", run.to_string());
        let repairs = json!({ "name": "Repairs", "sellable": false });
        let location = world.post("/inventory/locations", repairs).await.expect(201);
        ids.insert("location", text(&location["id"]));
        let split = json!({ "changes": [{ "terms": { "method": "split" } }] });
        world
            .change(Method::PUT, "/inventory/policies", split)
            .await
            .expect(200);
        let listings = world.get("/listings").await.expect(200);
        ids.insert("listing", text(&listings["data"][0]["id"]));
        ids.insert("unmapped", text(&listings["data"][1]["id"]));
        sell(&world, &mut ids).await;
        move_goods(&world, &mut ids).await;
        let jobs = world.get("/jobs?state=queued").await.expect(200);
        ids.insert("job", text(&jobs["data"][0]["id"]));
        let tokens = world.get("/tokens").await.expect(200);
        ids.insert("token", text(&tokens["data"][0]["id"]));
        let product = world.get("/products/P-1").await.expect(200);
        ids.insert("product", text(&product["id"]));
        price(&world, &ids).await;
        raise_quantity(&world, account).await;
        let conflicts = world.get("/inventory/conflicts").await.expect(200);
        ids.insert("conflict", text(&conflicts["data"][0]["id"]));
        let sales = world.get("/prices/sales").await.expect(200);
        ids.insert("sale", text(&sales["data"][0]["id"]));
        let told = format!(
            "/webhooks/bazaar/{account}/orders?key={}",
            world.key(account).await
        );
        let event = world
            .post(
                &told,
                json!({ "id": "e1", "secs": 1_800_000_000, "orders": ["B-1"] }),
            )
            .await
            .expect(200);
        ids.insert("event", text(&event["id"]));
        world
            .post(&format!("/webhooks/bazaar/{account}/orders"), json!({}))
            .await
            .expect(401);
        Self { world, ids }
    }

    /// As if the listings of every store had been read: until then nothing more is promised.
    pub async fn read_all(&self) {
        let tenant = self.world.hub.tenant(self.world.tenant);
        for account in tenant.accounts().await.unwrap() {
            let mut tx = tenant.begin().await.unwrap();
            tx.listings_read(account.id).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// A path of the document with real ids in it.
    pub fn concrete(&self, path: &str) -> String {
        let kind = path.trim_start_matches("/api/v1/").split('/').next().unwrap();
        let id = match kind {
            "integrations" => &self.ids["store"],
            "channel-returns" => &self.ids["channel_return"],
            "inbox" => &self.ids["event"],
            "inventory" if path.contains("/transfers/") => &self.ids["transfer"],
            "inventory" if path.contains("/count-sessions/") => &self.ids["count"],
            "inventory" if path.contains("/locations/") => &self.ids["location"],
            "listings" => &self.ids["listing"],
            "papers" => &self.ids["paper"],
            "parcels" => &self.ids["parcel"],
            "orders" => &self.ids["order"],
            "shipments" => &self.ids["shipment"],
            "reports" => &self.ids["report"],
            "runs" => &self.ids["run"],
            "jobs" => &self.ids["job"],
            "alerts" => &self.ids["alert"],
            "tokens" => &self.ids["token"],
            "inventory" if path.contains("/conflicts/") => &self.ids["conflict"],
            "prices" if path.contains("/sales/") => &self.ids["sale"],
            "prices" => &self.ids["listing"],
            _ => "",
        };
        let path = path
            .replace("{channel}", "bazaar")
            .replace("{sku}", "P-1")
            .replace("{mapping}", &self.ids["listing"])
            .replace("{product}", &self.ids["product"])
            .replace("{id}", id);
        assert!(!path.contains("//") && !path.ends_with('/'), "no id for {path}");
        path
    }
}

/// Three orders, one of them with a parcel.
async fn sell(world: &World, ids: &mut BTreeMap<&'static str, String>) {
    let order = world
        .post("/orders", json!({ "lines": [{ "sku": "P-2", "quantity": 2, "unit_price": { "amount": "9.00", "currency": "INR" } }] }))
        .await
        .expect(201);
    ids.insert("order", text(&order["order"]["id"]));
    ids.insert("line", text(&order["order"]["lines"][0]["id"]));
    let other = world
        .post("/orders", json!({ "lines": [{ "sku": "P-3", "quantity": 1 }] }))
        .await
        .expect(201);
    ids.insert("other_order", text(&other["order"]["id"]));
    let third = json!({ "lines": [{ "sku": "P-3", "quantity": 1 }] });
    let third = world.post("/orders", third).await.expect(201);
    ids.insert("third_order", text(&third["order"]["id"]));
    ids.insert("own_store", text(&order["order"]["account"]));
    let line = json!([{ "line": ids["line"], "quantity": 1 }]);
    let parcel = json!({ "carrier": "Post", "method": "Letter", "tracking": "T1", "lines": line });
    let path = format!("/orders/{}/fulfil", ids["order"]);
    let shipment = world.post(&path, parcel).await.expect(201);
    ids.insert("shipment", text(&shipment["id"]));
    announce(world, ids).await;
    crate::report_calls::kept(world, ids).await;
}

/// A return of an order that is not here.
async fn announce(world: &World, ids: &mut BTreeMap<&'static str, String>) {
    let account: AccountId = ids["store"].parse().unwrap();
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    let back = ReturnSnapshot {
        channel_return_id: "RET-1".into(),
        channel_order_id: "B-77".into(),
        channel_status: "ON_ITS_WAY".into(),
        status: Some(ReturnStatus::Open),
        created_at: crate::world::START,
        updated_at: crate::world::START,
        lines: vec![ReturnLine {
            channel_line_id: Some("1".into()),
            sku: Some("P-1".into()),
            quantity: 1,
            reason: None,
        }],
        tracking: None,
        oddities: Vec::new(),
    };
    tx.import_returns(account, &[back]).await.unwrap();
    let wanted = NewParcel {
        order: ids["order"].parse().unwrap(),
        parcel: 1,
        lines: Vec::new(),
        weight_grams: Some(500),
        size_mm: Some([100, 80, 60]),
        invoice_number: None,
        actor: "test".into(),
    };
    let parcel = tx.want_papers(&wanted).await.unwrap();
    let label = Paper {
        kind: PaperKind::Label,
        media_type: "image/svg+xml".into(),
        bytes: "<svg/>".into(),
        expires_at: Some(crate::world::START),
    };
    tx.keep_papers(parcel, &[label], None).await.unwrap();
    tx.commit().await.unwrap();
    ids.insert("parcel", parcel.to_string());
    let order = world.get(&format!("/orders/{}", ids["order"])).await.expect(200);
    ids.insert(
        "paper",
        text(&order["after_sales"]["parcels"][0]["papers"][0]["id"]),
    );
    let returns = world.get("/channel-returns").await.expect(200);
    ids.insert("channel_return", text(&returns["data"][0]["id"]));
}

/// Somebody raised what a listing shows.
async fn raise_quantity(world: &World, account: AccountId) {
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    let raised = stockbridge_store::Reading {
        sku: Sku::parse("P-1").unwrap(),
        quantity: Some(9),
        places: Vec::new(),
    };
    let at = stockbridge_domain::Timestamp::from_micros(crate::world::START.micros() + 1_000_000);
    tx.apply_readings(account, &[raised], at).await.unwrap();
    tx.commit().await.unwrap();
}

/// A rate, a rule, a sale to come, and a price that waits.
async fn price(world: &World, ids: &BTreeMap<&'static str, String>) {
    let mut tx = world.hub.tenant(world.tenant).begin().await.unwrap();
    let inr = Currency::parse("INR").unwrap();
    let quote = stockbridge_domain::pricing::Quote {
        day: stockbridge_domain::pricing::Day::of(crate::world::START),
        currency: inr,
        per_euro_micro: 90_000_000,
    };
    tx.import_rates(&[quote], "test").await.unwrap();
    let listing: stockbridge_domain::ListingId = ids["listing"].parse().unwrap();
    let rule = stockbridge_domain::pricing::Rule {
        keep: Some(true),
        fee_part: Some(stockbridge_domain::allocation::BasisPoints(5_000)),
        ..Default::default()
    };
    let scope = stockbridge_domain::pricing::Scope::Listing(listing);
    tx.set_price_rule(&scope, &rule).await.unwrap();
    tx.price_listings(&[listing], false).await.unwrap();
    tx.commit().await.unwrap();
    let sale = json!({ "name": "Spring", "scope": "tenant", "off": 1000,
        "starts_at": "2031-04-01T00:00:00Z", "ends_at": "2031-04-02T00:00:00Z" });
    world.post("/prices/sales", sale).await.expect(201);
}

/// A transfer, a count and a return.
async fn move_goods(world: &World, ids: &mut BTreeMap<&'static str, String>) {
    let places = world.get("/inventory/locations").await.expect(200);
    let places = places["locations"].as_array().unwrap();
    let main = places.iter().find(|place| place["is_default"] == true).unwrap()["id"].clone();
    ids.insert("main", text(&main));
    let lines = json!([{ "sku": "P-1", "units": 1 }]);
    let transfer = json!({ "from": main, "to": ids["location"], "lines": lines });
    let transfer = world.post("/inventory/transfers", transfer).await.expect(201);
    ids.insert("transfer", text(&transfer["id"]));
    let count = world
        .post("/inventory/count-sessions", json!({ "skus": ["P-1"] }))
        .await
        .expect(201);
    ids.insert("count", text(&count["id"]));
    world
        .post("/products", json!({ "sku": "KIT", "title": "Tea for two" }))
        .await
        .expect(201);
    let parts = json!({ "components": [{ "sku": "P-1", "units": 2 }] });
    let put = world
        .change(axum::http::Method::PUT, "/products/KIT/kit", parts)
        .await;
    put.expect(200);
    let back = json!({ "lines": [{ "line": ids["line"], "quantity": 1, "condition": "sellable" }] });
    let path = format!("/orders/{}/return", ids["order"]);
    world.post(&path, back).await.expect(201);
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}
