//! What happens after the sale, through real connectors, against their simulated platforms.

mod cancel;
mod papers;
mod refund;
mod returns;

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_domain::channel::{DataKind, SecretText};
use stockbridge_domain::{AccountId, OrderId};
use stockbridge_engine::ConnectRequest;
use stockbridge_sim::{
    FlipkartConfig, FlipkartListing, FlipkartShop, Platform, ShopifyConfig, ShopifyShop, ShopifyVariant,
    TimeMode, WooConfig, WooProduct, WooShop,
};
use stockbridge_store::{AlertFilter, AlertRecord, OrderDetail, PageQuery};

use super::harness::{START, World};

fn secrets(named: &[(&str, &str)]) -> BTreeMap<String, SecretText> {
    let one = |(name, value): &(&str, &str)| ((*name).to_owned(), SecretText::new(*value));
    named.iter().map(one).collect()
}

fn numbers(named: &[(&str, u64)]) -> BTreeMap<String, serde_json::Value> {
    let one = |(name, value): &(&str, u64)| ((*name).to_owned(), serde_json::json!(value));
    named.iter().map(one).collect()
}

/// How late the simulated platforms are told to be, so that a test is short.
fn quick() -> BTreeMap<String, serde_json::Value> {
    numbers(&[
        ("orders_every_secs", 30),
        ("order_visibility_secs", 8),
        ("write_apply_secs", 20),
    ])
}

/// A WooCommerce shop with ten mugs, connected, and its orders read.
async fn woo(world: &World) -> Arc<WooShop> {
    let config = WooConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        products: vec![WooProduct::new("MUG", 10)],
        ..WooConfig::default()
    };
    let request = ConnectRequest {
        name: "Shop".to_owned(),
        credentials: secrets(&[
            ("shop_url", "https://woo.test"),
            ("consumer_key", &config.consumer_key),
            ("consumer_secret", &config.consumer_secret),
        ]),
        options: quick(),
        ..ConnectRequest::default()
    };
    let shop = WooShop::new(config);
    world.stocked("MUG", 10).await;
    world.connect_platform("woocommerce", shop.clone(), request).await;
    world.secs(60).await;
    shop
}

/// Flipkart with ten mugs, connected, and its shipments read. What buyers buy is brought by the seller if `self_ship`.
async fn flipkart(world: &World, self_ship: bool, more: &[(&str, serde_json::Value)]) -> Arc<FlipkartShop> {
    let config = FlipkartConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        listings: vec![FlipkartListing::new("MUG", 10)],
        self_ship,
        ..FlipkartConfig::default()
    };
    let mut options = quick();
    options.insert("returns_every_secs".into(), serde_json::json!(60));
    options.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    let request = ConnectRequest {
        name: "Flipkart".to_owned(),
        credentials: secrets(&[("app_id", &config.app_id), ("app_secret", &config.app_secret)]),
        options,
        ..ConnectRequest::default()
    };
    let shop = FlipkartShop::new(config);
    world.stocked("MUG", 10).await;
    world.connect_platform("flipkart", shop.clone(), request).await;
    world.secs(60).await;
    shop
}

/// A shop on Shopify with ten mugs, connected, and its orders read.
async fn shopify(world: &World) -> Arc<dyn Platform> {
    let config = ShopifyConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        variants: vec![ShopifyVariant::at("MUG", &[("101", 10)])],
        ..ShopifyConfig::default()
    };
    let request = ConnectRequest {
        name: "Shop".to_owned(),
        credentials: secrets(&[
            ("shop", &config.shop),
            ("client_id", &config.client_id),
            ("client_secret", &config.client_secret),
        ]),
        options: quick(),
        ..ConnectRequest::default()
    };
    let shop: Arc<dyn Platform> = ShopifyShop::new(config);
    world.stocked("MUG", 10).await;
    world.connect_platform("shopify", shop.clone(), request).await;
    world.secs(60).await;
    shop
}

impl World {
    /// Puts another platform beside the marketplace and connects it.
    async fn connect_platform(
        &self,
        channel: &str,
        platform: Arc<dyn Platform>,
        request: ConnectRequest,
    ) -> AccountId {
        *self.wire.platform.lock().unwrap() = Some(platform);
        self.joined(channel, request).await
    }

    /// The order with this number on its channel, once it is in.
    async fn imported(&self, number: &str) -> OrderId {
        for _ in 0..20 {
            self.secs(10).await;
            let orders = self.orders().await;
            if let Some(order) = orders.into_iter().find(|o| o.channel_order_id == number) {
                return order.id;
            }
        }
        panic!("order {number} is not read in");
    }

    /// The order with this number on its channel, read in now.
    async fn tenant_order(&self, number: &str) -> OrderId {
        self.secs(20).await;
        let account = self.tenant().accounts().await.unwrap()[0].id;
        self.hub
            .sync_now(&self.caller, account, &[DataKind::Orders])
            .await
            .unwrap();
        self.imported(number).await
    }

    async fn detail(&self, order: OrderId) -> OrderDetail {
        self.tenant().order(order).await.unwrap().unwrap()
    }

    /// Open alerts of a kind.
    async fn alerts_of(&self, kind: &str) -> Vec<AlertRecord> {
        let filter = AlertFilter {
            state: Some(stockbridge_store::AlertState::Open),
            ..AlertFilter::default()
        };
        let page = self.tenant().alerts(&filter, &PageQuery::first(200)).await;
        let mut alerts = page.unwrap().items;
        alerts.retain(|alert| alert.kind == kind);
        alerts
    }
}
