//! The demo's shops and marketplaces besides the first: each a simulated platform on loopback, and what connects it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use stockbridge_domain::channel::SecretText;
use stockbridge_engine::ConnectRequest;
use stockbridge_sim::{
    FaultConfig, FlipkartConfig, FlipkartListing, FlipkartShop, ListingConfig, MedusaConfig, MedusaStore,
    MedusaVariant, NOON_PRACTICE_KEY, NoonConfig, NoonListing, NoonShop, Platform, ShopifyConfig,
    ShopifyShop, ShopifyVariant, WooConfig, WooProduct, WooShop, noon_public_half,
};

use super::world::{ORDER_VISIBILITY_SECS, WRITE_APPLY_SECS};

/// A platform and how its account is connected.
pub(super) struct Stand {
    /// The channel.
    pub(super) channel: &'static str,
    /// What it is called in the demo.
    pub(super) name: &'static str,
    /// Which of the channel's addresses leads to the simulator.
    pub(super) endpoint: &'static str,
    build: fn(Goods<'_>) -> Built,
}

/// What a platform starts with: one unit each, fewer than there are.
#[derive(Clone, Copy)]
pub(super) struct Goods<'a> {
    /// What is sold.
    pub(super) listings: &'a [ListingConfig],
    /// What chance follows from.
    pub(super) seed: u64,
    /// How it misbehaves.
    pub(super) faults: &'a FaultConfig,
}

impl Goods<'_> {
    fn each<T>(&self, make: impl Fn(&ListingConfig) -> T) -> Vec<T> {
        let sold = self.listings.iter().filter(|l| l.quantity.is_some());
        sold.map(make).collect()
    }
}

/// A platform, and the credentials, options and marketplaces of its account.
struct Built {
    platform: Arc<dyn Platform>,
    credentials: Vec<(&'static str, String)>,
    options: Vec<(&'static str, serde_json::Value)>,
    marketplaces: Vec<&'static str>,
}

/// Platforms of the first seller.
pub(super) const FIRST: [Stand; 4] = [
    Stand {
        channel: "flipkart",
        name: "Flipkart",
        endpoint: "api",
        build: flipkart,
    },
    Stand {
        channel: "noon",
        name: "Noon Emirates",
        endpoint: "api",
        build: noon,
    },
    Stand {
        channel: "shopify",
        name: "Shopify shop",
        endpoint: "shop",
        build: shopify,
    },
    Stand {
        channel: "woocommerce",
        name: "WooCommerce shop",
        endpoint: "api",
        build: woocommerce,
    },
];

/// Platforms of the second.
pub(super) const SECOND: [Stand; 1] = [Stand {
    channel: "medusa",
    name: "Medusa store",
    endpoint: "api",
    build: medusa,
}];

impl Stand {
    /// The platform with its goods.
    pub(super) fn open(&self, goods: Goods<'_>) -> (Arc<dyn Platform>, ConnectRequest) {
        let built = (self.build)(goods);
        let number = |name: &str, value: u64| (name.to_owned(), json!(value));
        let mut options = BTreeMap::from([
            number("orders_every_secs", 2),
            number("inventory_every_secs", 20),
            number("listings_every_secs", 300),
            number("order_visibility_secs", ORDER_VISIBILITY_SECS),
            number("write_apply_secs", WRITE_APPLY_SECS),
        ]);
        options.extend(
            built
                .options
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let request = ConnectRequest {
            name: self.name.to_owned(),
            marketplaces: built.marketplaces.into_iter().map(str::to_owned).collect(),
            credentials: built
                .credentials
                .into_iter()
                .map(|(name, text)| (name.to_owned(), SecretText::new(text)))
                .collect(),
            endpoints: BTreeMap::new(),
            options,
        };
        (built.platform, request)
    }
}

fn flipkart(goods: Goods<'_>) -> Built {
    let config = FlipkartConfig {
        seed: goods.seed,
        listings: goods.each(|l| FlipkartListing {
            title: l.title.clone(),
            ..FlipkartListing::new(&l.sku, 1)
        }),
        faults: goods.faults.clone(),
        self_ship: true,
        ..FlipkartConfig::default()
    };
    Built {
        credentials: vec![
            ("app_id", config.app_id.clone()),
            ("app_secret", config.app_secret.clone()),
        ],
        options: vec![("location_ids", json!("LOC1"))],
        marketplaces: vec![],
        platform: FlipkartShop::new(config),
    }
}

fn noon(goods: Goods<'_>) -> Built {
    let config = NoonConfig {
        seed: goods.seed,
        listings: goods.each(|l| NoonListing {
            title: l.title.clone(),
            ..NoonListing::new(&l.sku, 1)
        }),
        faults: goods.faults.clone(),
        public_key: noon_public_half(NOON_PRACTICE_KEY),
        ..NoonConfig::default()
    };
    let account = json!({"key_id": config.key_id, "private_key": NOON_PRACTICE_KEY,
        "project_code": config.project_code, "type": "apijwt"});
    // The catalogue's export takes minutes, which a demo has not got.
    let skus = goods.each(|l| l.sku.clone()).join(",");
    Built {
        credentials: vec![("service_account", account.to_string())],
        options: vec![("warehouse_code", json!("W001")), ("listing_skus", json!(skus))],
        marketplaces: vec!["AE"],
        platform: NoonShop::new(config),
    }
}

fn shopify(goods: Goods<'_>) -> Built {
    let config = ShopifyConfig {
        seed: goods.seed,
        variants: goods.each(|l| ShopifyVariant {
            title: l.title.clone(),
            ..ShopifyVariant::at(&l.sku, &[("101", 1)])
        }),
        faults: goods.faults.clone(),
        ..ShopifyConfig::default()
    };
    Built {
        credentials: vec![
            ("shop", config.shop.clone()),
            ("client_id", config.client_id.clone()),
            ("client_secret", config.client_secret.clone()),
        ],
        options: vec![],
        marketplaces: vec![],
        platform: ShopifyShop::new(config),
    }
}

fn woocommerce(goods: Goods<'_>) -> Built {
    let config = WooConfig {
        seed: goods.seed,
        products: goods.each(|l| WooProduct {
            name: l.title.clone(),
            ..WooProduct::new(&l.sku, 1)
        }),
        faults: goods.faults.clone(),
        webhook_delay_ms: 1_000,
        ..WooConfig::default()
    };
    Built {
        credentials: vec![
            ("shop_url", "https://shop.example.com".to_owned()),
            ("consumer_key", config.consumer_key.clone()),
            ("consumer_secret", config.consumer_secret.clone()),
        ],
        options: vec![],
        marketplaces: vec![],
        platform: WooShop::new(config),
    }
}

fn medusa(goods: Goods<'_>) -> Built {
    let config = MedusaConfig {
        seed: goods.seed,
        variants: goods.each(|l| MedusaVariant {
            title: l.title.clone(),
            ..MedusaVariant::new(&l.sku, 1)
        }),
        faults: goods.faults.clone(),
        ..MedusaConfig::default()
    };
    Built {
        credentials: vec![
            ("base_url", "https://store.example.com".to_owned()),
            ("api_key", config.api_key.clone()),
        ],
        options: vec![("currency", json!("EUR"))],
        marketplaces: vec![],
        platform: MedusaStore::new(config),
    }
}
