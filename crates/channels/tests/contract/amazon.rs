//! A seller on Amazon's German site.

use std::collections::BTreeMap;
use std::sync::Arc;

use stockbridge_channels::amazon::Amazon;
use stockbridge_domain::channel::{AccountDraft, SecretText};
use stockbridge_sim::{AmazonSeller, ListingConfig, Plan, SellerConfig, Sim, SimConfig, TimeMode};

use crate::driver::{PAGE, START, STOCK, Setup, Tells};

/// Amazon's id of its German site.
const GERMANY: &str = "A1PA6795UKMFR9";
/// Where calls are budgeted: none of the scenarios is about that.
const PLANNED: [&str; 7] = [
    "searchOrders",
    "getOrder",
    "searchListingsItems",
    "getListingsItem",
    "patchListingsItem",
    "confirmShipment",
    "getMarketplaceParticipations",
];

pub fn setup() -> Setup {
    let listings = STOCK.map(|(sku, quantity)| ListingConfig {
        sku: sku.to_owned(),
        asin: format!("B0{sku:0>8}"),
        title: format!("Thing {sku}"),
        quantity: Some(quantity),
        price: "12.50".parse().unwrap(),
        currency: "EUR".to_owned(),
        ..ListingConfig::default()
    });
    let seller = SellerConfig::new("A2CONTRACT0001", "EU", &[GERMANY]).with_listings(listings.to_vec());
    let plenty = Plan {
        rate: 1_000.0,
        burst: 1_000.0,
    };
    let sim = Sim::new(SimConfig {
        time: TimeMode::Stepped {
            start: START.parse().unwrap(),
        },
        most_per_page: PAGE,
        plans: PLANNED.map(|name| (name.to_owned(), plenty)).into(),
        sellers: vec![seller.clone()],
        ..SimConfig::default()
    });
    let text = |name: &str, value: &str| (name.to_owned(), SecretText::new(value));
    let draft = AccountDraft {
        name: "Amazon".into(),
        marketplaces: vec!["DE".into()],
        credentials: BTreeMap::from([
            text("client_id", &seller.client_id),
            text("client_secret", &seller.client_secret),
            text("refresh_token", &seller.refresh_token),
            text("seller_id", &seller.seller_id),
        ]),
        ..AccountDraft::default()
    };
    Setup {
        channel: Arc::new(Amazon::default()),
        draft,
        platform: AmazonSeller::new(sim, &seller.seller_id, GERMANY),
        tells: Tells {
            titles: true,
            // They are among the attributes, which are not asked for.
            barcodes: false,
        },
    }
}
