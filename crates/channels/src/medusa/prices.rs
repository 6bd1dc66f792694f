//! Prices. The shop takes the whole set of a variant's prices and deletes those that are not in it: prices of other
//! currencies, regions, customer groups and quantities are read just before and sent along as they are.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use stockbridge_domain::channel::{ChannelError, Fault, ItemOutcome, ItemResult, PriceLevel, PriceSink};
use stockbridge_domain::{BoxFut, Money};

use super::listings::is_plain;
use super::number;
use super::wire::{self, NewPrice, VariantPrices};
use super::{MedusaConnection, client};

impl PriceSink for MedusaConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let read = self.variants(prices.iter().map(|level| &level.sku)).await;
            let mut results = Vec::new();
            for level in prices {
                let outcome = match &read {
                    Ok(variants) => {
                        let of = |v: &&wire::Variant| v.sku.as_deref() == Some(level.sku.as_str());
                        self.set_one(level, variants.iter().find(of)).await
                    }
                    Err(e) => ItemOutcome::NotApplied(e.clone()),
                };
                results.push(ItemResult {
                    sku: level.sku.clone(),
                    outcome,
                });
            }
            results
        })
    }
}

impl MedusaConnection {
    async fn set_one(&self, level: &PriceLevel, variant: Option<&wire::Variant>) -> ItemOutcome {
        let not = |fault, message: &str| {
            ItemOutcome::NotApplied(ChannelError::new(fault, client::PRICES.name, message))
        };
        let Some(variant) = variant else {
            return not(Fault::NotFound, "the shop has no variant with this SKU");
        };
        let body = match full_set(&variant.prices, level.price) {
            Ok(Some(prices)) => VariantPrices { prices },
            Ok(None) => return ItemOutcome::Applied { receipt: None },
            Err(message) => return not(Fault::Contract, &message),
        };
        let call = client::prices(&variant.product_id, &variant.id, &body);
        match self.api.call(&call).await {
            Ok(_) => ItemOutcome::Applied { receipt: None },
            Err(e) if e.fault == Fault::Ambiguous => ItemOutcome::Unknown(e),
            Err(e) => ItemOutcome::NotApplied(e),
        }
    }
}

/// All prices a variant is to have: those it has, with the plain one of this currency changed or added. `None` when it has
/// that price already.
fn full_set(present: &[wire::Price], wanted: Money) -> Result<Option<Vec<NewPrice>>, String> {
    let code = wanted.currency().code().to_lowercase();
    let is_it = |price: &wire::Price| is_plain(price) && price.currency_code.eq_ignore_ascii_case(&code);
    let amount = RawValue::from_string(wanted.amount()).map_err(|e| e.to_string())?;
    let mut set: Vec<NewPrice> = present
        .iter()
        .map(|price| NewPrice {
            id: Some(price.id.clone()),
            currency_code: price.currency_code.clone(),
            amount: if is_it(price) {
                amount.clone()
            } else {
                price.amount.clone()
            },
            min_quantity: price.min_quantity.clone(),
            max_quantity: price.max_quantity.clone(),
            rules: price.rules.clone(),
        })
        .collect();
    match present.iter().find(|price| is_it(price)) {
        Some(price) if number::money(&price.amount, wanted.currency()) == Ok(wanted) => return Ok(None),
        Some(_) => {}
        None => set.push(NewPrice {
            id: None,
            currency_code: code,
            amount,
            min_quantity: None,
            max_quantity: None,
            rules: BTreeMap::new(),
        }),
    }
    Ok(Some(set))
}
