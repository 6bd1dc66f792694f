//! What a run begins with: products, counted; sellers on the marketplace; accounts, connected; and how bad the weather is.

use std::collections::BTreeMap;

use stockbridge_domain::allocation::Terms;
use stockbridge_domain::channel::SecretText;
use stockbridge_domain::mode::Mode;
use stockbridge_engine::{
    Adjustment, ConnectRequest, LocationRequest, NewProductRequest, PolicyChange, UnitsOf,
};
use stockbridge_sim::{FaultConfig, ListingConfig, SellerConfig};

use crate::Broken;
use crate::script::{CHANNELS, Habits, Script, Weather};
use crate::turns::at_once;
use crate::wire::Roughness;
use crate::world::{World, must, sku};

/// The most an order is late beyond that: within what the account promises (300 s), with room for clocks.
const MOST_LATE_MS: u64 = 290_000;
/// The most a slow write takes longer: within what the account promises (1,800 s).
const SLOW_WRITE_MS: u64 = 1_500_000;

/// A seller's account on a channel, with every product for sale and none offered yet.
pub(crate) fn seller(script: &Script, channel: usize) -> SellerConfig {
    let (id, marketplace, currency) = CHANNELS[channel];
    let made = stockbridge_sim::generate_listings(7, script.listed(), currency);
    let listings = made
        .into_iter()
        .enumerate()
        .map(|(product, listing)| ListingConfig {
            sku: sku(product),
            quantity: Some(0),
            ..listing
        })
        .collect();
    let region = if channel == 2 { "FE" } else { "EU" };
    SellerConfig::new(id, region, &[marketplace]).with_listings(listings)
}

/// What the marketplace and the way to it do in this weather.
pub(crate) fn faults(weather: Weather) -> (FaultConfig, Roughness) {
    let (faults, unreachable, old_news, slow) = match weather {
        Weather::Calm => (FaultConfig::none(), 0, 0, 0),
        Weather::Mild => (FaultConfig::mild(), 5, 100, 10),
        Weather::Wild => (FaultConfig::wild(), 20, 350, 60),
    };
    let faults = FaultConfig {
        max_late_ms: MOST_LATE_MS,
        slow_patch_ms: SLOW_WRITE_MS,
        ..faults
    };
    let rough = Roughness {
        unreachable,
        old_news,
        slow,
    };
    (faults, rough)
}

impl World {
    /// Products, counted, and accounts, connected.
    pub(crate) fn furnish(&mut self, sellers: &[SellerConfig]) -> Result<(), Broken> {
        self.open_places()?;
        for product in 0..self.script.listed() {
            let request = NewProductRequest {
                sku: sku(product),
                title: format!("Product {product}"),
                cost: None,
                details: stockbridge_domain::catalog::ProductDetails::default(),
                price: None,
            };
            let made = must(
                "entering a product",
                at_once(self.hub.create_products(&self.caller, vec![request])),
            )?;
            self.products.extend(made.iter().map(|p| p.id));
        }
        self.put_kits_together()?;
        for (product, units) in self.script.stock.clone().into_iter().enumerate() {
            let count = Adjustment {
                sku: sku(product),
                kind: stockbridge_domain::stock::EntryKind::Count,
                change: None,
                counted: Some(units),
                location: None,
                note: None,
                reference: None,
            };
            must("counting", at_once(self.hub.adjust(&self.caller, count)))?;
        }
        self.connect_channels(sellers)
    }

    /// Learns the default location and opens the second one.
    fn open_places(&mut self) -> Result<(), Broken> {
        if let Some(annex) = self.script.annex {
            let usual = must("reading locations", at_once(self.tenant().default_location()))?;
            let request = LocationRequest {
                name: "Annex".to_owned(),
                sellable: Some(annex.sellable),
                rank: Some(1),
            };
            let made = at_once(self.hub.create_location(&self.caller, request));
            let made = must("opening a location", made)?;
            self.places = usual.into_iter().chain([made.id]).collect();
        }
        Ok(())
    }

    fn put_kits_together(&self) -> Result<(), Broken> {
        for (index, parts) in self.script.kits.iter().enumerate() {
            let kit = Self::sku_of(self.script.stock.len() + index)?;
            let lines = parts.iter().map(|(product, units)| UnitsOf {
                sku: sku(*product),
                units: *units,
            });
            let made = at_once(self.hub.set_kit(&self.caller, &kit, lines.collect()));
            must("putting a kit together", made)?;
        }
        Ok(())
    }

    fn connect_channels(&mut self, sellers: &[SellerConfig]) -> Result<(), Broken> {
        for (seller, (_, marketplace, _)) in sellers.iter().zip(CHANNELS) {
            let request = connect_request(seller, marketplace, self.script.habits);
            let record = must(
                "connecting a channel",
                at_once(self.hub.connect(&self.caller, "amazon", request)),
            )?;
            self.accounts.push(record.id);
        }
        let request = ConnectRequest {
            name: "Web shop".to_owned(),
            ..ConnectRequest::default()
        };
        let own = self.hub.connect(&self.caller, "own", request);
        self.own = Some(must("connecting the own store", at_once(own))?.id);
        Ok(())
    }
}

impl World {
    /// Has the seller share stock out in this mode, as a person would.
    pub(crate) fn choose(&mut self, mode: Mode) -> Result<(), Broken> {
        let everywhere = PolicyChange {
            terms: Some(Terms {
                mode: Some(mode),
                ..Terms::NONE
            }),
            ..PolicyChange::default()
        };
        let changes = [everywhere];
        let changed = self.hub.change_policies(&self.caller, &changes);
        must("choosing the mode", at_once(changed)).map(drop)
    }
}

fn connect_request(seller: &SellerConfig, marketplace: &str, habits: Habits) -> ConnectRequest {
    let secret = |k: &str, v: &str| (k.to_owned(), SecretText::new(v));
    let number = |k: &str, v: u64| (k.to_owned(), serde_json::json!(v));
    let base = "http://marketplace.test".to_owned();
    ConnectRequest {
        name: format!("Store {marketplace}"),
        marketplaces: vec![marketplace.to_owned()],
        credentials: BTreeMap::from([
            secret("client_id", &seller.client_id),
            secret("client_secret", &seller.client_secret),
            secret("refresh_token", &seller.refresh_token),
            secret("seller_id", &seller.seller_id),
        ]),
        endpoints: BTreeMap::from([("api".to_owned(), base.clone()), ("lwa".to_owned(), base)]),
        options: BTreeMap::from([
            number("orders_every_secs", habits.orders_every),
            number("inventory_every_secs", habits.inventory_every),
        ]),
    }
}
