//! The Shopify channel: its documents against the published schema, and itself against a simulated shop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stockbridge_domain::Sku;
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Change, Channel as _, Connection, ItemOutcome, Level, LevelPart,
    ListingSnapshot, SecretText, TransportError,
};
use stockbridge_sim::{CallOutcome, ShopifyConfig, ShopifyShop, ShopifyVariant, TimeMode};

use super::Shopify;
use crate::testing::{World, account, now};

mod bulk_orders;
mod errors;
mod listings;
mod orders;
mod schema;
mod sign_in;
mod stock;
mod webhooks;

/// A simulated shop with its connection, and one clock for both.
struct Stage {
    shop: Arc<ShopifyShop>,
    world: Arc<World>,
    channel: Shopify,
    draft: AccountDraft,
}

fn draft(config: &ShopifyConfig) -> AccountDraft {
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    AccountDraft {
        name: "Shop".into(),
        credentials: BTreeMap::from([
            text("shop", &config.shop),
            text("client_id", &config.client_id),
            text("client_secret", &config.client_secret),
        ]),
        ..AccountDraft::default()
    }
}

impl Stage {
    fn new(config: ShopifyConfig) -> Self {
        let config = ShopifyConfig {
            time: TimeMode::Stepped {
                start: now().to_string().parse().unwrap(),
            },
            ..config
        };
        let draft = draft(&config);
        let shop = ShopifyShop::new(config);
        let platform = shop.clone();
        let world = World::new(move |request| match platform.call(request) {
            CallOutcome::Answer(answer) => Ok(answer),
            CallOutcome::Lost => Err(TransportError::NoAnswer("timed out".into())),
            CallOutcome::Dropped => Err(TransportError::NoAnswer("closed".into())),
        });
        Self {
            shop,
            world,
            channel: Shopify::default(),
            draft,
        }
    }

    fn with(variants: Vec<ShopifyVariant>) -> Self {
        Self::new(ShopifyConfig {
            locations: vec!["101".into(), "102".into()],
            variants,
            ..ShopifyConfig::default()
        })
    }

    fn connect(&self) -> Box<dyn Connection> {
        let mut credentials = self.draft.credentials.clone();
        credentials.extend(self.world.kept.lock().unwrap().clone());
        let config = AccountConfig {
            account: account(),
            checked: self.channel.check(&self.draft).unwrap(),
            credentials,
            endpoints: BTreeMap::new(),
            options: self.draft.options.clone(),
            webhook_key: SecretText::new("webhook-key"),
        };
        self.channel.connect(config, self.world.io()).unwrap()
    }

    fn pass(&self, secs: u64) {
        self.shop.advance(Duration::from_secs(secs));
        self.world.clock.advance(Duration::from_secs(secs));
    }

    async fn listing(&self, sku: &str) -> ListingSnapshot {
        let connection = self.connect();
        let key = Sku::parse(sku).unwrap().into();
        let mut found = connection.listings().unwrap().read(&[key]).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    async fn set(&self, levels: &[Level]) -> Vec<ItemOutcome> {
        let results = self.connect().stock().unwrap().set(levels).await;
        results.into_iter().map(|r| r.outcome).collect()
    }

    /// The queries sent, by the name of their operation.
    fn asked(&self, name: &str) -> usize {
        let sent = self.world.sent.lock().unwrap();
        let of = |body: &[u8]| String::from_utf8_lossy(body).contains(name);
        sent.iter().filter(|request| of(request.body())).count()
    }
}

/// A level that brings each location from what it shows to a quantity.
fn level(listing: &ListingSnapshot, push: u8, quantities: &[i64]) -> Level {
    let parts: Vec<LevelPart> = listing
        .places
        .iter()
        .zip(quantities)
        .map(|(place, quantity)| LevelPart {
            location: place.location.clone(),
            shown: place.quantity,
            quantity: *quantity,
        })
        .collect();
    Level {
        sku: listing.sku.clone(),
        quantity: quantities.iter().sum(),
        change: Change::From(listing.quantity.unwrap_or(0)),
        believed: listing.quantity,
        parts,
        push: format!("psh_0000000000000000000000000{push}").parse().unwrap(),
        handle: listing.handle.clone(),
    }
}
