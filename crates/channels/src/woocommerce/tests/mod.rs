//! The connector against the simulated shop, in process and in stepped time.

mod aftersales;
mod errors;
mod events;
mod listings;
mod orders;
mod setup;
mod spec;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel as _, Connection, Level, ListingKey, ListingSnapshot,
    OrderQuery, OrderTime, SecretText, TransportError,
};
use stockbridge_domain::order::OrderSnapshot;
use stockbridge_sim::{CallOutcome, TimeMode, WooConfig, WooProduct, WooShop};

use super::WooCommerce;
use crate::testing::{Answer, World, account, now};

/// A shop, the way to it, and a connection.
struct Bench {
    shop: Arc<WooShop>,
    world: Arc<World>,
    channel: WooCommerce,
    options: BTreeMap<String, Value>,
}

fn config(products: Vec<WooProduct>) -> WooConfig {
    WooConfig {
        time: TimeMode::Stepped {
            start: now().to_string().parse().unwrap(),
        },
        products,
        ..WooConfig::default()
    }
}

fn bench(config: WooConfig) -> Bench {
    let shop = WooShop::new(config);
    let world = World::new(over(&shop));
    Bench {
        shop,
        world,
        channel: WooCommerce::default(),
        options: BTreeMap::new(),
    }
}

fn selling(products: Vec<WooProduct>) -> Bench {
    bench(config(products))
}

/// The way to a shop.
fn over(shop: &Arc<WooShop>) -> impl Fn(&http::Request<bytes::Bytes>) -> Answer + Send + Sync + 'static {
    let shop = shop.clone();
    move |request| match shop.call(request) {
        CallOutcome::Answer(response) => Ok(response),
        CallOutcome::Lost => Err(TransportError::NoAnswer("the time limit passed".into())),
        CallOutcome::Dropped => Err(TransportError::NoAnswer("closed".into())),
    }
}

fn draft() -> AccountDraft {
    let secret = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            secret("shop_url", "https://shop.example.com"),
            secret("consumer_key", "ck_simulated"),
            secret("consumer_secret", "cs_simulated"),
        ]),
        ..AccountDraft::default()
    }
}

impl Bench {
    fn open(&self) -> Box<dyn Connection> {
        self.open_at("https://shop.example.com")
    }

    fn open_at(&self, shop: &str) -> Box<dyn Connection> {
        let mut draft = draft();
        draft.credentials.insert("shop_url".into(), SecretText::new(shop));
        draft.options = self.options.clone();
        let config = AccountConfig {
            account: account(),
            checked: self.channel.check(&draft).unwrap(),
            credentials: draft.credentials,
            endpoints: draft.endpoints,
            options: draft.options,
            webhook_key: SecretText::new("webhook-key"),
        };
        self.channel.connect(config, self.world.io()).unwrap()
    }

    fn pass(&self, secs: u64) {
        self.shop.advance(Duration::from_secs(secs));
        self.world.clock.advance(Duration::from_secs(secs));
    }

    async fn listings(&self) -> Vec<ListingSnapshot> {
        let (connection, mut cursor, mut all) = (self.open(), None, Vec::new());
        loop {
            let page = connection
                .listings()
                .unwrap()
                .page(cursor.as_deref())
                .await
                .unwrap();
            all.extend(page.listings);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    async fn listing(&self, sku: &str) -> ListingSnapshot {
        let found = self.listings().await.into_iter().find(|l| l.sku.as_str() == sku);
        found.unwrap()
    }

    /// Every order since the test began.
    async fn orders(&self) -> Vec<OrderSnapshot> {
        let (connection, mut cursor, mut all) = (self.open(), None, Vec::new());
        loop {
            let page = connection.orders().unwrap().page(&query(cursor)).await.unwrap();
            assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
            all.extend(page.orders);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    async fn order(&self, id: u64) -> OrderSnapshot {
        self.open().orders().unwrap().get(&id.to_string()).await.unwrap()
    }
}

fn query(cursor: Option<String>) -> OrderQuery {
    OrderQuery {
        since: now(),
        by: OrderTime::Updated,
        cursor,
    }
}

fn level(listing: &ListingSnapshot, quantity: i64) -> Level {
    Level {
        sku: listing.sku.clone(),
        quantity,
        change: Change::Set,
        believed: listing.quantity,
        parts: Vec::new(),
        push: "psh_00000000000000000000000007".parse().unwrap(),
        handle: listing.handle.clone(),
    }
}

fn key(sku: &str, handle: Option<&str>) -> ListingKey {
    ListingKey {
        sku: Sku::parse(sku).unwrap(),
        handle: handle.map(str::to_owned),
    }
}
