//! Plausible products, so that a demo looks like a shop and not like a test.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use crate::config::{Fulfilment, ListingConfig};

const BRANDS: [&str; 12] = [
    "Northwind",
    "Kestrel",
    "Alder & Co",
    "Tamarind",
    "Brightwell",
    "Halden",
    "Pinecrest",
    "Saffron Home",
    "Vireo",
    "Lumen",
    "Oakridge",
    "Marlow",
];

/// Kind of product, its code in the SKU, and a price in US dollars around which it is sold.
const KINDS: [(&str, &str, u32); 20] = [
    ("Stainless Steel Water Bottle", "BOT", 19),
    ("Cotton Bath Towel Set", "TWL", 29),
    ("Wireless Mouse", "MOU", 24),
    ("Yoga Mat", "YOG", 32),
    ("Cast Iron Skillet", "SKL", 39),
    ("LED Desk Lamp", "LMP", 34),
    ("Canvas Backpack", "BPK", 49),
    ("Ceramic Coffee Mug", "MUG", 12),
    ("Bluetooth Speaker", "SPK", 45),
    ("Bamboo Cutting Board", "CUT", 22),
    ("Running Socks", "SOC", 14),
    ("Insulated Lunch Box", "LUN", 26),
    ("USB-C Charging Cable", "USB", 11),
    ("Down Pillow", "PIL", 36),
    ("French Press", "FRP", 31),
    ("Hiking Poles", "HIK", 52),
    ("Notebook, Dotted", "NTB", 9),
    ("Kitchen Scale", "SCL", 21),
    ("Rain Jacket", "RJK", 64),
    ("Desk Organiser", "ORG", 18),
];

const VARIANTS: [(&str, &str); 10] = [
    ("Black", "BLK"),
    ("White", "WHT"),
    ("Navy", "NVY"),
    ("Sage Green", "SGE"),
    ("Terracotta", "TER"),
    ("Grey", "GRY"),
    ("Sand", "SND"),
    ("Small", "S"),
    ("Large", "L"),
    ("Pack of 2", "2PK"),
];

/// `count` merchant-fulfilled listings priced in `currency`. The same seed gives the same SKUs and titles in
/// every currency, so that two accounts can share their products.
#[must_use]
pub fn generate_listings(seed: u64, count: usize, currency: &str) -> Vec<ListingConfig> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|n| generate_one(&mut rng, n, currency)).collect()
}

fn generate_one(rng: &mut ChaCha8Rng, n: usize, currency: &str) -> ListingConfig {
    let brand = BRANDS[rng.random_range(0..BRANDS.len())];
    let (kind, kind_code, dollars) = KINDS[rng.random_range(0..KINDS.len())];
    let (variant, variant_code) = VARIANTS[rng.random_range(0..VARIANTS.len())];
    let spread = rng.random_range(80..=130_i64);
    let quantity = rng.random_range(5..=60);
    ListingConfig {
        sku: format!("{kind_code}-{variant_code}-{:04}", n + 1),
        asin: format!("B0{:08}", (n + 1) * 7_919 % 100_000_000),
        title: format!("{brand} {kind}, {variant}"),
        quantity: Some(quantity),
        price: price_in(currency, i64::from(dollars) * spread),
        currency: currency.to_owned(),
        fulfilment: Fulfilment::Merchant,
        ..ListingConfig::default()
    }
}

/// A price of about `cents` US cents in `currency`, ending as shop prices do.
fn price_in(currency: &str, cents: i64) -> Decimal {
    match currency {
        "JPY" => Decimal::new(cents * 3 / 2 / 10 * 10, 0),
        "INR" => Decimal::new(cents * 3 / 10 / 10 * 10 + 9, 0),
        _ => Decimal::new(cents / 100 * 100 + 99, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn skus_are_distinct_and_shared_between_currencies() {
        let euro = generate_listings(3, 300, "EUR");
        let rupee = generate_listings(3, 300, "INR");
        let skus: BTreeSet<_> = euro.iter().map(|l| l.sku.clone()).collect();
        assert_eq!(skus.len(), 300);
        assert!(
            euro.iter()
                .zip(&rupee)
                .all(|(e, r)| e.sku == r.sku && e.title == r.title)
        );
        assert!(
            rupee
                .iter()
                .all(|l| l.price > Decimal::ONE_HUNDRED && l.currency == "INR")
        );
        let asins: BTreeSet<_> = euro.iter().map(|l| l.asin.clone()).collect();
        assert_eq!(asins.len(), 300);
    }
}
