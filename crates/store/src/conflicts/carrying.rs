//! Carrying a decision out: the ledger, the price, or a pause.

use stockbridge_domain::conflict::{Field, Limit, Resolution};
use stockbridge_domain::pricing::{Rule, Scope, too_much};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{ConflictEventId, ListingId, Timestamp};

use super::data::is_title;
use super::noting::Difference;
use crate::{Amount, ManualEntry, StoreError, TenantTx};

/// A quantity above this is a mistake of the channel, never a fact to take over.
const MOST_UNITS: i64 = 1_000_000;

impl TenantTx {
    /// Whether the channel's value can be taken over: a stock that somebody counted, and no absurd number.
    pub(super) async fn can_accept(&mut self, found: &Difference) -> Result<bool, StoreError> {
        match (found.field, found.product) {
            (Field::Quantity, Some(product)) => {
                let shown = found.values.map_or(0, |(_, shown)| shown);
                let sql = "SELECT 1 FROM stock_balances WHERE tenant_id = $1 AND product_id = $2 AND counted = 1 LIMIT 1";
                let counted = self
                    .tx
                    .query_opt(sql, &[self.key(), product.into()])
                    .await?
                    .is_some();
                Ok(counted && (0..=MOST_UNITS).contains(&shown))
            }
            (Field::Quantity, None) => Ok(false),
            (Field::Price, _) => Ok(found.price.is_some_and(|p| too_much(p, true).is_none())),
            (Field::Status | Field::Title, _) => Ok(true),
            (Field::Data, _) => Ok(is_title(found)),
            (Field::Images, _) => Ok(false),
        }
    }

    /// Does what was decided. Accepting a quantity changes the ledger, never a bound: what the channel shows is in the
    /// listing's exposure since it was read, and planning makes everything else fit.
    pub(super) async fn carry_out(
        &mut self,
        resolution: Resolution,
        found: &Difference,
        limit: Limit,
        actor: &str,
    ) -> Result<(), StoreError> {
        match found.field {
            Field::Quantity => {
                let now = self.env.now();
                let hold = match resolution {
                    Resolution::Stop => Some(now.plus(limit.window())),
                    // More than it should is lowered in any case, for the sake of what others could sell.
                    Resolution::Ask if found.values.is_none_or(|(expected, shown)| shown < expected) => {
                        Some(Timestamp::MAX)
                    }
                    _ => None,
                };
                if resolution == Resolution::Accept {
                    self.take_over_stock(found, actor).await?;
                }
                self.hold_writes(found.listing, hold).await?;
                self.mark_dirty(found.product, "conflict", now).await
            }
            Field::Price if resolution == Resolution::Repush => {
                let sql = "UPDATE listings SET price_due = 1 WHERE tenant_id = $1 AND id = $2 \
                     AND price_wanted_minor IS NOT NULL";
                self.tx.exec(sql, &[self.key(), found.listing.into()]).await?;
                Ok(())
            }
            Field::Price if resolution == Resolution::Accept => {
                let scope = Scope::Listing(found.listing);
                let rule = self.price_rule(&scope).await?;
                let rule = Rule {
                    price: found.price,
                    ..rule
                };
                self.set_price_rule(&scope, &rule).await?;
                // Where the floor is above it, the floor is sent.
                self.price_listings(&[found.listing], true).await?;
                Ok(())
            }
            Field::Data if resolution == Resolution::Accept => self.take_over_title(found).await,
            Field::Data | Field::Images if resolution == Resolution::Leave => {
                self.leave_as_shown(found).await
            }
            Field::Price | Field::Status | Field::Title | Field::Data | Field::Images => Ok(()),
        }
    }

    async fn take_over_stock(&mut self, found: &Difference, actor: &str) -> Result<(), StoreError> {
        let (Some(product), Some((expected, shown))) = (found.product, found.values) else {
            return Ok(());
        };
        let entry = ManualEntry {
            product,
            kind: EntryKind::Adjustment,
            location: None,
            amount: Amount::Change((shown - expected).saturating_mul(found.units)),
            reference: self.env.id::<ConflictEventId>().to_string(),
            note: Some(format!("the channel shows {shown} instead of {expected}")),
            actor: actor.to_owned(),
        };
        self.enter_stock(&entry).await?;
        Ok(())
    }

    /// Leaves a listing's quantity alone until an instant, or no longer.
    pub(super) async fn hold_writes(
        &mut self,
        listing: ListingId,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE listings SET not_before = $3 WHERE tenant_id = $1 AND id = $2";
        self.tx
            .exec(sql, &[self.key(), listing.into(), until.into()])
            .await?;
        Ok(())
    }
}
