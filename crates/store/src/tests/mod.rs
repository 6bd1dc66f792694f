//! The store's conformance: every public method has a case here, and every case runs on both databases.

mod accounts;
mod aftersales;
mod aftersales_money;
mod alerts;
mod audit;
mod catalog;
mod check;
mod conflicts;
mod consents;
mod crowd;
mod finance;
mod history;
mod idempotency;
mod import;
mod import_goods;
mod inbox;
mod kits;
mod kits_property;
mod late_payments;
mod listings;
mod locations;
mod mailboxes;
mod mapping;
mod moves;
mod offers;
mod orders;
mod overview;
mod paths;
mod people;
mod policies;
mod prices;
mod pricing;
mod property;
mod quarantine;
mod reports;
mod retention;
mod runs;
mod sales;
mod settlements;
mod shipments;
mod shop;
mod stock;
mod terms;
mod untold;
mod warehouse;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::catalog::{Product, ProductDetails};
use stockbridge_domain::channel::{
    ChannelKind, CheckedAccount, LineSnapshot, ListingSnapshot, OrderSnapshot, SecretText,
};
use stockbridge_domain::clock::Stepped;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::{AccountId, Currency, Money, OrderId, ProductId, Sku, Timestamp, UserId};

use crate::testing::{TestDb, databases};
use crate::{ImportAccount, ListingsOutcome, NewAccount, NewProduct, PageQuery, Store, Tenant};

/// When the world begins.
const START: Timestamp = Timestamp::from_secs(1_790_000_000);

/// A store with two tenants on one database.
struct World {
    label: &'static str,
    clock: Arc<Stepped>,
    store: Store,
    /// The tenant the case is about, and its owner.
    ours: Tenant,
    owner: UserId,
    /// Another tenant, which must see and change nothing of ours.
    theirs: Tenant,
    // Last, so that the store is closed before its database goes.
    _db: TestDb,
}

impl World {
    fn later(&self, by: Duration) -> Timestamp {
        self.clock.advance(by);
        self.store.env().now()
    }

    /// A connected account of the channel `test`.
    async fn account(&self, name: &str) -> AccountId {
        self.ours.create_account(new_account(name)).await.unwrap().id
    }

    /// Takes in what a channel shows now.
    async fn show(&self, account: AccountId, shown: &[ListingSnapshot]) -> ListingsOutcome {
        let mut tx = self.ours.begin().await.unwrap();
        let at = self.store.env().now();
        let outcome = tx.upsert_listings(account, shown, at).await.unwrap();
        tx.commit().await.unwrap();
        outcome
    }

    /// Imports orders and returns their ids.
    async fn place(&self, account: AccountId, orders: &[OrderSnapshot]) -> Vec<OrderId> {
        let mut tx = self.ours.begin().await.unwrap();
        let import = ImportAccount {
            id: account,
            connected_at: Timestamp::EPOCH,
        };
        let outcome = tx.import_orders(&import, orders).await.unwrap();
        tx.commit().await.unwrap();
        orders
            .iter()
            .map(|order| outcome.orders[&order.channel_order_id])
            .collect()
    }

    /// How many products of a tenant wait for new offers; none do afterwards.
    async fn take_dirty(&self, tenant: &Tenant) -> usize {
        let mut tx = tenant.begin().await.unwrap();
        let sql = "DELETE FROM dirty_products WHERE tenant_id = $1 RETURNING product_id";
        let rows = tx.tx.query(sql, &[tenant.key()]).await.unwrap();
        tx.commit().await.unwrap();
        rows.len()
    }

    /// Products with these SKUs.
    async fn products(&self, skus: &[&str]) -> Vec<Product> {
        let new = skus.iter().map(|text| new_product(text)).collect();
        self.ours.create_products(new).await.unwrap().products
    }
}

/// A world on every database there is.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for db in databases().await.unwrap() {
        worlds.push(world_on(db).await);
    }
    worlds
}

async fn world_on(db: TestDb) -> World {
    let clock = Stepped::new(START, 11);
    let store = db.store(clock.env()).await.unwrap();
    let (ours, owner) = store
        .system()
        .create_tenant("Ours", "owner@ours.example")
        .await
        .unwrap();
    let (theirs, _) = store
        .system()
        .create_tenant("Theirs", "owner@theirs.example")
        .await
        .unwrap();
    World {
        label: db.label,
        clock,
        ours: store.tenant(ours),
        owner,
        theirs: store.tenant(theirs),
        store,
        _db: db,
    }
}

fn skus(listings: Vec<stockbridge_domain::channel::ListingKey>) -> Vec<Sku> {
    listings.into_iter().map(|listing| listing.sku).collect()
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").unwrap())
}

fn new_product(text: &str) -> NewProduct {
    NewProduct {
        sku: sku(text),
        title: format!("Title of {text}"),
        base_price: Some(eur(1_999)),
        details: ProductDetails::default(),
    }
}

/// Edits a product; false when the tenant has no such product.
async fn edit(tenant: &Tenant, id: ProductId, change: impl FnOnce(&mut Product)) -> bool {
    let Some(mut product) = tenant.product(id).await.unwrap() else {
        return false;
    };
    change(&mut product);
    tenant.change_products(&[product]).await.unwrap() == 1
}

fn new_account(name: &str) -> NewAccount {
    NewAccount {
        channel: ChannelKind::new("test"),
        name: name.to_owned(),
        checked: CheckedAccount {
            external_id: format!("seller-{name}"),
            marketplaces: vec!["M1".to_owned(), "M2".to_owned()],
            currency: Some(Currency::parse("INR").unwrap()),
        },
        credentials: secrets("hush"),
        endpoints: BTreeMap::from([("api".to_owned(), "http://127.0.0.1:1".to_owned())]),
        options: BTreeMap::from([("depth".to_owned(), serde_json::json!(3))]),
        orders_from: START,
    }
}

fn secrets(text: &str) -> BTreeMap<String, SecretText> {
    BTreeMap::from([("refresh_token".to_owned(), SecretText::new(text))])
}

/// A listing that the seller ships, as a channel shows it.
fn listing(text: &str, quantity: i64) -> ListingSnapshot {
    ListingSnapshot {
        sku: sku(text),
        channel_ref: Some(format!("REF-{text}")),
        barcode: None,
        title: Some(format!("Listing of {text}")),
        fulfilled_by: FulfilledBy::Seller,
        quantity: Some(quantity),
        places: Vec::new(),
        price: Some(eur(2_499)),
        status: ListingStatus::Active,
        images: None,
        handle: Some("SHIRT".to_owned()),
        issues: vec!["image too small".to_owned()],
    }
}

/// An open order with one line for each SKU and quantity.
fn order(id: &str, placed_at: Timestamp, lines: &[(&str, i64)]) -> OrderSnapshot {
    OrderSnapshot {
        channel_order_id: id.to_owned(),
        channel_status: "Unshipped".to_owned(),
        status: Some(OrderStatus::Open),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: Some("M1".to_owned()),
        placed_at,
        updated_at: placed_at,
        ship_by: Some(placed_at.plus(Duration::from_secs(86_400))),
        total: Some(eur(2_499)),
        lines: lines
            .iter()
            .zip(1..)
            .map(|((text, ordered), n)| order_line(text, *ordered, n))
            .collect(),
        oddities: Vec::new(),
        payload: format!("{{\"buyer\":\"Eve of {id}\"}}"),
    }
}

fn order_line(text: &str, ordered: i64, number: i64) -> LineSnapshot {
    LineSnapshot {
        channel_line_id: format!("L{number}"),
        sku: Some(sku(text)),
        title: format!("Sold {text}"),
        ordered,
        shipped: 0,
        cancelled: 0,
        total: Some(eur(2_499)),
    }
}

/// Walks a list page by page, two rows at a time, and returns all its rows.
macro_rules! walk {
    ($list:expr) => {{
        let mut rows = Vec::new();
        let mut query = crate::PageQuery::first(2);
        loop {
            let page = $list(query.clone()).await.unwrap();
            assert!(page.items.len() <= 2);
            rows.extend(page.items);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break rows,
            }
        }
    }};
}
use walk;

/// A page query with a cursor that no list gave out.
fn bad_cursor() -> PageQuery {
    PageQuery {
        limit: 2,
        cursor: Some("bm90IG1pbmU".to_owned()),
    }
}
