//! Quantities: at each location compared with what was read, all of a call or none of it.
//!
//! Source: shopify.dev, `inventorySetQuantities` and "Idempotent requests". The key is made of the attempts in the call:
//! the same call again has the same key, and a call with other items another one.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{
    Change, ChannelError, Fault, ItemOutcome, ItemResult, Level, LevelPart, ListingKey, ListingSource as _,
    StockSink,
};

use super::ShopConnection;
use super::api::clean;
use super::batch::{self, Sent};
use super::client::{self, MOST_ENTRIES, SET_QUANTITIES, VARIANTS_PAGE, gid};
use super::variant::Handle;
use super::wire::{IdOnly, UserError};

/// One entry of a call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    inventory_item_id: String,
    location_id: String,
    quantity: i64,
    /// What has to be there; written out as null to overwrite, as leaving it out is an error.
    change_from_quantity: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    inventory_set_quantities: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    inventory_adjustment_group: Option<IdOnly>,
    user_errors: Vec<UserError>,
}

impl StockSink for ShopConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(async move {
            let mut results = Vec::new();
            let mut from = 0;
            while from < levels.len() {
                let mut entries = 0;
                let fits = levels[from..].iter().take_while(|level| {
                    entries += level.parts.len();
                    entries <= MOST_ENTRIES
                });
                let to = from + fits.count().max(1);
                let chunk: Vec<&'a Level> = levels[from..to].iter().collect();
                let settled = batch::settle(
                    &chunk,
                    |level| level.sku.clone(),
                    |some| Box::pin(async move { self.put(&some).await }),
                    judge,
                );
                results.extend(settled.await);
                from = to;
            }
            self.tell_what_is_shown(levels, &mut results).await;
            results
        })
    }
}

impl ShopConnection {
    async fn put(&self, levels: &[&Level]) -> Sent {
        let mut entries = Vec::new();
        // Which level each entry belongs to.
        let mut owners = Vec::new();
        for (index, level) in levels.iter().enumerate() {
            match entries_of(level) {
                Ok(own) => {
                    owners.extend(own.iter().map(|_| index));
                    entries.extend(own);
                }
                Err(error) => return Sent::Refused(vec![(Some(index), error)]),
            }
        }
        let pushes: Vec<String> = levels.iter().map(|level| level.push.to_string()).collect();
        let first = pushes.first().map_or("none", String::as_str);
        let input = json!({
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": format!("gid://stockbridge/Push/{first}"),
            "quantities": entries,
        });
        let call = client::call(&SET_QUANTITIES, json!({"input": input, "key": key(&pushes)}));
        let answer = match self.api.call(&call).await {
            Ok(answer) => answer,
            Err(error) => return Sent::Failed(error),
        };
        let payload = match answer.read::<Answered>() {
            Ok(answered) => answered.inventory_set_quantities,
            Err(error) => return Sent::Failed(error),
        };
        match payload {
            Some(payload) if payload.user_errors.is_empty() => {
                Sent::Made(payload.inventory_adjustment_group.map(|group| group.id))
            }
            Some(payload) => match payload.user_errors.iter().find_map(whole) {
                Some(error) => Sent::Failed(error),
                None => {
                    let owner = |error: &UserError| owners.get(batch::place(error)?).copied();
                    Sent::Refused(payload.user_errors.into_iter().map(|e| (owner(&e), e)).collect())
                }
            },
            None => Sent::Failed(answer.contract("`inventorySetQuantities` is null")),
        }
    }

    /// Reads what is really there for the items that differ, so that they can be planned anew at once.
    async fn tell_what_is_shown(&self, levels: &[Level], results: &mut [ItemResult]) {
        let differ: Vec<ListingKey> = levels
            .iter()
            .zip(results.iter())
            .filter(|(_, result)| matches!(result.outcome, ItemOutcome::Differs { .. }))
            .map(|(level, _)| ListingKey {
                sku: level.sku.clone(),
                handle: level.handle.clone(),
            })
            .collect();
        for keys in differ.chunks(VARIANTS_PAGE) {
            // Without an answer the next reading tells.
            let Ok(found) = self.read(keys).await else { return };
            for listing in found {
                let result = results.iter_mut().find(|result| result.sku == listing.sku);
                if let Some(ItemOutcome::Differs { shown, places, .. }) = result.map(|r| &mut r.outcome) {
                    *shown = listing.quantity;
                    *places = listing.places;
                }
            }
        }
    }
}

/// The entries of one level; an error as Shopify would word it where it cannot be written.
fn entries_of(level: &Level) -> Result<Vec<Entry>, UserError> {
    let refused = |code: &str, message: &str| UserError {
        field: None,
        message: message.to_owned(),
        code: Some(code.to_owned()),
    };
    let handle = level.handle.as_deref().and_then(Handle::parse);
    let handle = handle.ok_or_else(|| refused("UNREAD", "the listing was not read yet; it is read first"))?;
    if level.parts.is_empty() {
        let message =
            "it is stocked at no location of the shop; stock it at one in Shopify under Products, Inventory";
        return Err(refused("ITEM_NOT_STOCKED_AT_LOCATION", message));
    }
    let entry = |part: &LevelPart| {
        let from = match level.change {
            Change::Set => None,
            Change::From(_) => Some(part.shown),
            Change::By(_) => return Err(refused("MODE", "quantities are compared here, not added to")),
        };
        Ok(Entry {
            inventory_item_id: handle.item_gid(),
            location_id: gid("Location", &part.location),
            quantity: part.quantity,
            change_from_quantity: from,
        })
    };
    level.parts.iter().map(entry).collect()
}

/// The idempotency key of a call that makes these attempts.
fn key(pushes: &[String]) -> String {
    let mut digest = Sha256::new();
    for push in pushes {
        digest.update(push.as_bytes());
        digest.update(b"\n");
    }
    digest
        .finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// An error that is about the call and not about any of its items.
fn whole(error: &UserError) -> Option<ChannelError> {
    let (fault, message) = match error.code.as_deref()? {
        "IDEMPOTENCY_CONCURRENT_REQUEST" => (
            Fault::Ambiguous,
            "Shopify is making the same change already, so it may or may not be made; it is looked up",
        ),
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" => (
            Fault::Unavailable,
            "an earlier try of the same change failed at Shopify; it is tried again under another key",
        ),
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" => (
            Fault::Contract,
            "Shopify knows the key of this change for another change; please report this",
        ),
        "INVALID_NAME" | "INVALID_REASON" | "INVALID_REFERENCE_DOCUMENT" => (
            Fault::Contract,
            "Shopify does not take the form of the change; please report this",
        ),
        _ => return None,
    };
    let error = SET_QUANTITIES
        .error(fault, message)
        .with_code(error.code.clone()?);
    Some(error)
}

/// What an error says of the item it is about.
pub(super) fn judge(error: &UserError) -> ItemOutcome {
    let code = error.code.as_deref().unwrap_or_default();
    let said = clean(&error.message);
    let fault = match code {
        "CHANGE_FROM_QUANTITY_STALE" | "COMPARE_QUANTITY_STALE" => {
            return ItemOutcome::Differs {
                shown: None,
                places: Vec::new(),
                error: SET_QUANTITIES
                    .error(Fault::Conflict, "Shopify shows another quantity than was read")
                    .with_code(code),
            };
        }
        "INVALID_INVENTORY_ITEM" => Fault::NotFound,
        "INVALID_LOCATION" | "ITEM_NOT_STOCKED_AT_LOCATION" | "UNREAD" => Fault::Conflict,
        "COMPARE_QUANTITY_REQUIRED" | "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR" | "MODE" => {
            Fault::Contract
        }
        // Negative, too high, too low, not to be changed, and whatever comes to be.
        _ => Fault::Rejected,
    };
    let error = SET_QUANTITIES.error(fault, format!("Shopify did not take the quantity: {said}"));
    ItemOutcome::NotApplied(if code.is_empty() {
        error
    } else {
        error.with_code(clean(code))
    })
}
