//! Readings: what a channel really shows, and when a bound becomes exact.

use std::time::Duration;

use stockbridge_domain::channel::{ListingKey, OrderTime, Timing};
use stockbridge_domain::conflict::Field;
use stockbridge_domain::latency::PromiseStep;
use stockbridge_domain::offer::{Offer, ReadTime, Settled};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{AccountId, ListingId, ProductId, PushId, Sku, Timestamp};

use super::guarded;
use super::places::shown_text;
use crate::columns::Columns as _;
use crate::conflicts::{Around, Difference};
use crate::db::{Row, Value};
use crate::listings_row::{OFFER_ASSIGNMENTS, offer_values};
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

/// Pauses between readings of one listing while its write is not proved: short at first, then minutes.
const READ_AGAIN: [Duration; 5] = [
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
];

/// A quantity read from a channel; `None` when the channel does not know the listing any more, so nothing is for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The listing's SKU.
    pub sku: Sku,
    /// The quantity, at all the channel's locations together.
    pub quantity: Option<i64>,
    /// The quantity at each of them; empty where it has none.
    pub places: Vec<PlaceUnits>,
}

/// What settling found that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleNotice {
    /// The listing.
    pub listing: ListingId,
    /// Its SKU.
    pub sku: String,
    /// What was found: never applied, or drift.
    pub found: Settled,
}

/// Whether settling left anything behind.
#[derive(Debug, Clone, Default)]
pub struct Unsettled {
    /// Listings whose bound became exact.
    pub settled: usize,
    /// What a person should know.
    pub notices: Vec<SettleNotice>,
    /// Since when placed orders have to be read before the rest can be settled.
    pub wants_placed_since: Option<Timestamp>,
}

impl TenantTx {
    /// Listings of an account to be read now, the longest due first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn listings_to_read(
        &mut self,
        account: AccountId,
        limit: i64,
    ) -> Result<Vec<ListingKey>, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT sku, handle FROM listings WHERE tenant_id = $1 AND account_id = $2 AND read_due_at <= $3 \
                 ORDER BY read_due_at LIMIT $4",
                &[self.key(), account.into(), self.env.now().into(), limit.into()],
            )
            .await?;
        let key = |row: &Row| {
            Ok(ListingKey {
                sku: row.sku(0)?,
                handle: row.opt_string(1)?,
            })
        };
        rows.iter().map(key).collect()
    }

    /// When the next listing of an account is to be read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn next_reading(&mut self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let row = self
            .tx
            .query_one(
                "SELECT MIN(read_due_at) FROM listings WHERE tenant_id = $1 AND account_id = $2 AND read_due_at IS NOT NULL",
                &[self.key(), account.into()],
            )
            .await?;
        row.opt_time(0)
    }

    /// Has every listing of the account that the seller ships read again: the periodic look at what is really shown.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read_all_again(&mut self, account: AccountId) -> Result<u64, StoreError> {
        self.lock_all_products(Some(account)).await?;
        self.tx
            .exec(
                "UPDATE listings SET read_due_at = $3 WHERE tenant_id = $1 AND account_id = $2 \
                 AND fulfilled_by = 'seller' AND product_id IS NOT NULL AND (read_due_at IS NULL OR read_due_at > $3)",
                &[self.key(), account.into(), self.env.now().into()],
            )
            .await
    }

    /// Stops reading listings whose quantity the channel does not tell. Waits for nobody: one that is being changed right
    /// now stays due.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn skip_readings(&mut self, account: AccountId, skus: &[Sku]) -> Result<(), StoreError> {
        if skus.is_empty() {
            return Ok(());
        }
        let skus = Value::TextList(skus.iter().map(|s| s.as_str().to_owned()).collect());
        self.tx
            .exec(
                "UPDATE listings SET read_due_at = NULL WHERE tenant_id = $1 AND id IN (SELECT id FROM listings \
                 WHERE tenant_id = $1 AND account_id = $2 AND sku {in $3} {skip_locked})",
                &[self.key(), account.into(), skus],
            )
            .await?;
        Ok(())
    }

    /// Takes in what the channel shows.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn apply_readings(
        &mut self,
        account: AccountId,
        readings: &[Reading],
        when: impl Into<ReadTime>,
    ) -> Result<(), StoreError> {
        let when = when.into();
        let (dirty, excess) = self.take_readings(account, readings, when).await?;
        self.mark_dirty(dirty, "read-back", when.at).await?;
        self.note_excess(&excess).await
    }

    /// The same without the marks: answers the products that need new offers, and quantities above what was given.
    pub(crate) async fn take_readings(
        &mut self,
        account: AccountId,
        readings: &[Reading],
        when: ReadTime,
    ) -> Result<(Vec<ProductId>, Vec<Difference>), StoreError> {
        let at = when.at;
        let skus = Value::TextList(readings.iter().map(|r| r.sku.as_str().to_owned()).collect());
        let rows = self
            .tx
            .query(
                "SELECT id, sku, units FROM listings WHERE tenant_id = $1 AND account_id = $2 AND sku {in $3}",
                &[self.key(), account.into(), skus],
            )
            .await?;
        let mut ids = std::collections::HashMap::new();
        for row in &rows {
            ids.insert(row.string(1)?, (row.parsed::<ListingId>(0)?, row.int(2)?.max(1)));
        }
        let mut offers = self
            .lock_offers(ids.values().map(|(id, _)| id.to_string()).collect(), Wait::Yes)
            .await?;
        let (mut values, mut verified, mut dirty) = (Vec::new(), Vec::new(), Vec::new());
        let mut excess = Vec::new();
        for reading in readings {
            let Some((id, units)) = ids.get(reading.sku.as_str()) else {
                continue;
            };
            let Some((product, offer)) = offers.get_mut(id) else {
                continue;
            };
            let before = *offer;
            offer.read(reading.quantity.unwrap_or(0), when);
            if offer.exposure != before.exposure || offer.verified() != before.verified() {
                dirty.extend(*product);
            }
            if before.shown.is_some() && offer.exposure > before.exposure {
                let expected = before.expected().unwrap_or(before.exposure);
                excess.push(quantity(*id, account, *product, *units, expected, offer.exposure));
            }
            verified.extend(verified_push(offer));
            // An older reading than the last changes nothing.
            let newest = offer.shown.is_some_and(|shown| shown.at == at);
            let places = newest.then(|| shown_text(&reading.places)).transpose()?;
            values.push(self.read_values(*id, offer, at, places));
        }
        self.write_readings(values, verified, at).await?;
        Ok((dirty, excess))
    }

    fn read_values(&self, id: ListingId, offer: &Offer, at: Timestamp, places: Option<String>) -> Vec<Value> {
        let mut row = vec![self.key(), id.into()];
        row.extend(offer_values(offer));
        row.push(next_reading(offer, at).into());
        row.push(offer.verified().then_some(at).into());
        row.push(places.into());
        row
    }

    async fn write_readings(
        &mut self,
        values: Vec<Vec<Value>>,
        verified: Vec<PushId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.measure_pushes(&verified, PromiseStep::Verified, at).await?;
        let verified: Vec<Vec<Value>> = verified
            .into_iter()
            .map(|push| vec![self.key(), push.into(), at.into()])
            .collect();
        self.tx
            .exec_many(
                &format!(
                    "UPDATE listings SET {OFFER_ASSIGNMENTS}, read_due_at = $22, verified_at = COALESCE($23, verified_at), \
                     places_shown = COALESCE($24, places_shown) \
                     WHERE tenant_id = $1 AND id = $2"
                ),
                &values,
            )
            .await?;
        self.tx
            .exec_many(
                "UPDATE pushes SET verified_at = $3 WHERE tenant_id = $1 AND id = $2 AND verified_at IS NULL",
                &verified,
            )
            .await?;
        Ok(())
    }

    /// Settles what can be settled of an account: `complete_until` is the instant before which every order is imported, by
    /// the time the search went `by`. After a search for changes only what is confirmed anyway is settled.
    /// Waits for nobody, so it may follow an import or readings in one transaction; what others work on right now is
    /// settled the next time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settle(
        &mut self,
        account: AccountId,
        complete_until: Timestamp,
        by: OrderTime,
        timing: Timing,
    ) -> Result<Unsettled, StoreError> {
        let guards = self.env.guards();
        let complete_until = guarded::wait_for_orders(guards, complete_until);
        let rows = self
            .tx
            .query(
                "SELECT id, sku, units, desired_qty FROM listings WHERE tenant_id = $1 AND account_id = $2 AND anchor_at IS NOT NULL \
                 AND anchor_at <= $3 ORDER BY anchor_at LIMIT 2000",
                &[self.key(), account.into(), complete_until.minus(timing.order_visibility).into()],
            )
            .await?;
        let mut skus = std::collections::HashMap::new();
        for row in &rows {
            let known = (row.string(1)?, row.int(2)?.max(1), row.opt_int(3)?);
            skus.insert(row.parsed::<ListingId>(0)?, known);
        }
        let mut outcome = Unsettled::default();
        if skus.is_empty() {
            return Ok(outcome);
        }
        let now = self.env.now();
        let offers = self
            .lock_offers(skus.keys().map(ToString::to_string).collect(), Wait::No)
            .await?;
        let (mut values, mut verified, mut dirty) = (Vec::new(), Vec::new(), Vec::<ProductId>::new());
        let (mut differ, mut lost, mut agree) = (Vec::new(), Vec::new(), Vec::new());
        for (id, (product, mut offer)) in offers {
            let (_, units, desired) = skus.get(&id).cloned().unwrap_or_default();
            let before = offer;
            let push = offer.write.map(|w| w.push);
            if guarded::ask_for_placed(guards, by, &offer) {
                let since = placed_since(&offer);
                let since = outcome.wants_placed_since.map_or(since, |s| s.min(since));
                outcome.wants_placed_since = Some(since);
                continue;
            }
            let found = offer.settle(complete_until, timing);
            if offer == before {
                continue;
            }
            if offer.settled && !before.settled {
                dirty.extend(product);
            }
            match found {
                Settled::NotYet => {}
                Settled::Lost => {
                    outcome.settled += 1;
                    dirty.extend(product);
                }
                Settled::AsExpected => {
                    outcome.settled += 1;
                    verified.extend(push);
                    let wanted = desired.unwrap_or(offer.exposure);
                    agree.push(quantity(id, account, product, units, wanted, offer.exposure));
                }
                Settled::NeverApplied {
                    wanted: expected,
                    shown,
                }
                | Settled::Drift { expected, shown } => {
                    outcome.settled += 1;
                    dirty.extend(product);
                    let read_at = before.anchor.map_or(now, |a| a.at);
                    let since = read_at.minus(timing.order_visibility);
                    let since = before.write.map_or(since, |w| since.min(w.sent_at));
                    let difference = quantity(id, account, product, units, expected, shown);
                    if matches!(found, Settled::NeverApplied { .. }) {
                        lost.push(difference);
                    } else {
                        differ.push((difference, Around::new(read_at, before.since, since)));
                    }
                    outcome.notices.push(SettleNotice {
                        listing: id,
                        sku: skus.remove(&id).map(|(sku, ..)| sku).unwrap_or_default(),
                        found,
                    });
                }
            }
            values.push(self.read_values(id, &offer, now, None));
        }
        self.write_readings(values, verified, now).await?;
        self.mark_dirty(dirty, "settled", now).await?;
        // What an order explains is nobody's surprise.
        let unexplained = self.note_settled(differ, lost, agree).await?;
        outcome.notices.retain(|n| unexplained.contains(&n.listing));
        Ok(outcome)
    }
}

/// A quantity that may differ.
fn quantity(
    listing: ListingId,
    account: AccountId,
    product: Option<ProductId>,
    units: i64,
    expected: i64,
    shown: i64,
) -> Difference {
    Difference {
        listing,
        account,
        product,
        units,
        field: Field::Quantity,
        expected: expected.to_string(),
        shown: shown.to_string(),
        values: Some((expected, shown)),
        price: None,
    }
}

/// The push the last reading proves, if any.
fn verified_push(offer: &Offer) -> Option<PushId> {
    offer.write.filter(|_| offer.verified()).map(|w| w.push)
}

/// Since when an offer's orders may not be in. Of one that was never exact nobody knows; a day covers what can be late.
fn placed_since(offer: &Offer) -> Timestamp {
    const FIRST_LOOK: Duration = Duration::from_secs(86_400);
    match offer.anchor {
        Some(anchor) if !offer.known() => anchor.at.minus(FIRST_LOOK),
        _ => offer.since,
    }
}

/// When to read a listing again: not at all once its write is proved.
fn next_reading(offer: &Offer, at: Timestamp) -> Option<Timestamp> {
    if !offer.wants_reading() {
        return None;
    }
    let age = offer.write.map_or(Duration::ZERO, |w| at.since(w.sent_at));
    let pause = READ_AGAIN
        .iter()
        .copied()
        .find(|pause| age < *pause * 4)
        .unwrap_or(READ_AGAIN[4]);
    Some(at.plus(pause))
}
