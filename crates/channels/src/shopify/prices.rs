//! Prices: written product by product, all variants of a call or none.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{Fault, ItemOutcome, ItemResult, PriceLevel, PriceSink};

use super::ShopConnection;
use super::api::clean;
use super::batch::{self, Sent};
use super::client::{self, MOST_ENTRIES, SET_PRICES};
use super::variant::Handle;
use super::wire::UserError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    product_variants_bulk_update: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

/// A price and its place among all.
type Priced<'a> = (usize, &'a PriceLevel);

impl PriceSink for ShopConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let mut results: Vec<ItemResult> = Vec::new();
            let mut products: BTreeMap<String, Vec<Priced<'_>>> = BTreeMap::new();
            for (index, price) in prices.iter().enumerate() {
                let unsent = match price.handle.as_deref().and_then(Handle::parse) {
                    None => {
                        SET_PRICES.error(Fault::Conflict, "the listing was not read yet; it is read first")
                    }
                    Some(handle) if handle.currency != price.price.currency().code() => {
                        let message = format!(
                            "the shop's prices are in {}; set the price in that currency",
                            clean(&handle.currency)
                        );
                        SET_PRICES.error(Fault::Rejected, message)
                    }
                    Some(handle) => {
                        products
                            .entry(handle.product_gid())
                            .or_default()
                            .push((index, price));
                        SET_PRICES.error(Fault::Unavailable, "it was not sent")
                    }
                };
                results.push(ItemResult {
                    sku: price.sku.clone(),
                    outcome: ItemOutcome::NotApplied(unsent),
                });
            }
            for (product, priced) in &products {
                for chunk in priced.chunks(MOST_ENTRIES) {
                    let settled = batch::settle(
                        chunk,
                        |(_, level)| level.sku.clone(),
                        |some| Box::pin(async move { self.price(product, &some).await }),
                        judge,
                    );
                    for ((index, _), result) in chunk.iter().zip(settled.await) {
                        results[*index] = result;
                    }
                }
            }
            results
        })
    }
}

impl ShopConnection {
    async fn price(&self, product: &str, priced: &[Priced<'_>]) -> Sent {
        let variants: Vec<_> = priced
            .iter()
            .filter_map(|(_, level)| Some((level, Handle::parse(level.handle.as_deref()?)?)))
            .map(|(level, handle)| json!({"id": handle.variant_gid(), "price": level.price.amount()}))
            .collect();
        let variables = json!({"productId": product, "variants": variants});
        let answer = match self.api.call(&client::call(&SET_PRICES, variables)).await {
            Ok(answer) => answer,
            Err(error) => return Sent::Failed(error),
        };
        match answer.read::<Answered>().map(|a| a.product_variants_bulk_update) {
            Err(error) => Sent::Failed(error),
            Ok(None) => Sent::Failed(answer.contract("`productVariantsBulkUpdate` is null")),
            Ok(Some(payload)) if payload.user_errors.is_empty() => Sent::Made(None),
            Ok(Some(payload)) => {
                let errors = payload.user_errors.into_iter();
                Sent::Refused(errors.map(|e| (batch::place(&e), e)).collect())
            }
        }
    }
}

/// What an error says of the item it is about.
fn judge(error: &UserError) -> ItemOutcome {
    let code = error.code.as_deref().unwrap_or_default();
    let fault = match code {
        "PRODUCT_DOES_NOT_EXIST" | "PRODUCT_VARIANT_DOES_NOT_EXIST" => Fault::NotFound,
        _ => Fault::Rejected,
    };
    let said = clean(&error.message);
    let error = SET_PRICES.error(fault, format!("Shopify did not take the price: {said}"));
    ItemOutcome::NotApplied(if code.is_empty() {
        error
    } else {
        error.with_code(clean(code))
    })
}
