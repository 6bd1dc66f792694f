//! Writes: quantities, prices and shipment confirmations.
//!
//! Amazon has no call for several listings, so a batch is one `patchListingsItem` after the other. What stops one from
//! being sent stops the rest: calling on would only spend the budget or lock the seller out.

use stockbridge_domain::channel::{
    ChannelError, Fault, FulfilmentSink, ItemOutcome, ItemResult, Level, PriceLevel, PriceSink,
    ShipmentNotice, StockSink,
};
use stockbridge_domain::{BoxFut, Sku};

use super::client::{self, Call};
use super::error::clean;
use super::operations::{CONFIRM_SHIPMENT, Endpoint, PATCH_LISTING};
use super::{AmazonConnection, wire};

impl StockSink for AmazonConnection {
    fn set<'a>(&'a self, levels: &'a [Level]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(self.patch_all(
            levels,
            |level| &level.sku,
            |level| {
                if level.quantity < 0 {
                    return Err(rejected(&PATCH_LISTING, "a quantity cannot be negative; send 0"));
                }
                Ok(client::patch_quantity(&self.seller_id, &self.marketplaces, level))
            },
        ))
    }
}

impl PriceSink for AmazonConnection {
    fn set<'a>(&'a self, prices: &'a [PriceLevel]) -> BoxFut<'a, Vec<ItemResult>> {
        Box::pin(self.patch_all(
            prices,
            |price| &price.sku,
            |price| {
                let currency = price.price.currency().code();
                if currency != self.main.currency {
                    let message = format!(
                        "{} takes prices in {}, not in {currency}; convert the price",
                        self.main.name, self.main.currency
                    );
                    return Err(rejected(&PATCH_LISTING, &message));
                }
                if price.price.minor() <= 0 {
                    return Err(rejected(&PATCH_LISTING, "a price must be greater than zero"));
                }
                Ok(client::patch_price(&self.seller_id, self.main.id, price))
            },
        ))
    }
}

impl FulfilmentSink for AmazonConnection {
    fn confirm<'a>(&'a self, notice: &'a ShipmentNotice) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            for (missing, message) in [
                (notice.parcel == 0, "parcels of an order are numbered from 1"),
                (
                    notice.carrier.trim().is_empty(),
                    "name the carrier by its Amazon code, or as `Other:Name`",
                ),
                (
                    notice.tracking.trim().is_empty(),
                    "Amazon asks for a tracking number",
                ),
                (notice.lines.is_empty(), "say which lines are in the parcel"),
            ] {
                if missing {
                    return Err(rejected(&CONFIRM_SHIPMENT, message));
                }
            }
            // 204 has no body; any success means it was taken.
            self.api
                .call(&client::confirm_shipment(self.main.id, notice))
                .await
                .map(|_| ())
        })
    }
}

fn rejected<A>(endpoint: &Endpoint<A>, message: &str) -> ChannelError {
    ChannelError::new(Fault::Rejected, endpoint.name(), message)
}

impl AmazonConnection {
    async fn patch_all<T: Sync>(
        &self,
        items: &[T],
        sku: impl Fn(&T) -> &Sku + Send,
        build: impl Fn(&T) -> Result<Call<wire::Submission>, ChannelError> + Send,
    ) -> Vec<ItemResult> {
        let mut results = Vec::with_capacity(items.len());
        let mut stopped: Option<ChannelError> = None;
        for item in items {
            let outcome = match (&stopped, build(item)) {
                (Some(error), _) => ItemOutcome::NotApplied(error.clone()),
                (None, Err(error)) => ItemOutcome::NotApplied(error),
                (None, Ok(call)) => self.patch(&call).await,
            };
            if let ItemOutcome::NotApplied(error) = &outcome
                && matches!(
                    error.fault,
                    Fault::Throttled | Fault::Credentials | Fault::Application
                )
            {
                stopped = Some(error.clone());
            }
            results.push(ItemResult {
                sku: sku(item).clone(),
                outcome,
            });
        }
        results
    }

    async fn patch(&self, call: &Call<wire::Submission>) -> ItemOutcome {
        let answer = match self.api.call(call).await {
            Ok(answer) => answer,
            Err(e) if e.fault == Fault::Ambiguous => return ItemOutcome::Unknown(e),
            Err(e) => return ItemOutcome::NotApplied(e),
        };
        let error =
            |fault, message: String| answer.blame(ChannelError::new(fault, PATCH_LISTING.name(), message));
        let submission = match answer.read() {
            Ok(submission) => submission,
            Err(e) => {
                let message = format!("{}; the change may have been made and is looked up", e.message);
                return ItemOutcome::Unknown(error(Fault::Ambiguous, message));
            }
        };
        match submission.status.as_str() {
            "ACCEPTED" => ItemOutcome::Accepted {
                receipt: Some(submission.submission_id),
            },
            "INVALID" => ItemOutcome::NotApplied(error(Fault::Rejected, refusal(&submission.issues))),
            other => {
                let message = format!(
                    "Amazon answered with the status `{}`; the listing is looked up",
                    clean(other)
                );
                ItemOutcome::Unknown(error(Fault::Ambiguous, message))
            }
        }
    }
}

/// Amazon's reasons, errors first; a refusal without any says so.
fn refusal(issues: &[wire::Issue]) -> String {
    let errors: Vec<_> = issues.iter().filter(|i| i.severity == "ERROR").collect();
    let told = if errors.is_empty() {
        issues.iter().collect()
    } else {
        errors
    };
    let texts: Vec<_> = told.iter().map(|i| clean(&i.message)).collect();
    if texts.is_empty() {
        "Amazon refused the change without saying why; look at the listing in Seller Central".into()
    } else {
        format!("Amazon refused the change: {}", clean(&texts.join("; ")))
    }
}
