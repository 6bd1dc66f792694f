//! From marked listings to due prices, and what waits for a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::pricing::Reason;
use stockbridge_domain::{AccountId, ListingId, Money, Sku, Timestamp};

use super::QUIET;
use super::book::{Book, FROM, Judged, LISTING, PricedListing, Verdict, listing};
use crate::columns::{Columns as _, money_values};
use crate::db::{Kind, Set, Value};
use crate::filter::Filter;
use crate::stock::id_list;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// What computing a batch of prices did.
#[derive(Debug, Clone, Default)]
pub struct PricePlan {
    /// Listings looked at.
    pub listings: usize,
    /// Accounts with prices to be sent.
    pub due: BTreeSet<AccountId>,
    /// Whether what waits for a person is other than before.
    pub holds_changed: bool,
    /// Whether more listings are marked.
    pub more: bool,
}

/// What became of a person's yes to a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approved {
    /// It is due on this account.
    Due(AccountId),
    /// Nothing waits for a yes.
    NotHeld,
    /// It has changed meanwhile, to this.
    Changed(Money),
}

/// A price that is not sent, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldPrice {
    /// The listing.
    pub listing: ListingId,
    /// Its account.
    pub account: AccountId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// Why.
    pub reason: Reason,
    /// What the channel shows.
    pub shown: Option<Money>,
    /// What it would show after a person's yes; nothing where there is no price.
    pub held: Option<Money>,
}

/// How many prices of an account are not sent, for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeldCount {
    /// The account.
    pub account: AccountId,
    /// Why.
    pub reason: Reason,
    /// How many.
    pub listings: i64,
}

const PLAN: Set<'_> = Set {
    assignments: "price_wanted_minor = $3, price_wanted_currency = $4, price_due = $5, price_normal_minor = $6, \
         price_normal_currency = $7, price_hold = $8, price_held_minor = $9, price_held_currency = $10, \
         price_check_at = $11",
    only: "",
};
const PLAN_KINDS: &[Kind] = &[
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Int,
];

impl TenantTx {
    /// Computes the prices of up to `limit` marked listings, the longest marked first: what is to be sent becomes due,
    /// what a person has to see is held.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn plan_prices(&mut self, limit: i64) -> Result<PricePlan, StoreError> {
        let sql = "SELECT id FROM listings WHERE tenant_id = $1 AND price_check_at <= $2 ORDER BY price_check_at LIMIT $3";
        let rows = self
            .tx
            .query(sql, &[self.key(), self.env.now().into(), limit.into()])
            .await?;
        let ids = rows
            .iter()
            .map(|row| row.parsed(0))
            .collect::<Result<Vec<ListingId>, _>>()?;
        let more = i64::try_from(ids.len()).unwrap_or(0) == limit;
        let plan = self.price_listings(&ids, false).await?;
        Ok(PricePlan { more, ..plan })
    }

    /// Computes the prices of these listings now; those a person has just decided on are `approved` whatever they come to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn price_listings(
        &mut self,
        ids: &[ListingId],
        approved: bool,
    ) -> Result<PricePlan, StoreError> {
        let mut plan = PricePlan {
            listings: ids.len(),
            ..PricePlan::default()
        };
        if ids.is_empty() {
            return Ok(plan);
        }
        let (listings, book) = self.lock_prices(ids).await?;
        let mut rows = Vec::with_capacity(listings.len());
        for listing in &listings {
            let judged = book.judge(listing, approved);
            rows.push(self.judged_values(listing, &judged, &mut plan));
        }
        self.tx.update_many("listings", &PLAN, PLAN_KINDS, rows).await?;
        Ok(plan)
    }

    /// Locks listings in the order of their ids and loads what their prices rest on: in this order, so that whatever is
    /// not seen here marks them again.
    async fn lock_prices(&mut self, ids: &[ListingId]) -> Result<(Vec<PricedListing>, Book), StoreError> {
        let lock = "SELECT id FROM listings WHERE tenant_id = $1 AND id {in $2} {lock_by id}";
        let params = [self.key(), id_list(ids)];
        self.tx.query(lock, &params).await?;
        let sql = format!("SELECT {LISTING} FROM {FROM} WHERE l.tenant_id = $1 AND l.id {{in $2}}");
        let rows = self.tx.query(&sql, &params).await?;
        let listings = rows.iter().map(listing).collect::<Result<Vec<_>, _>>()?;
        let (key, now) = (self.key(), self.env.now());
        let book = Book::load(&mut self.tx, &key, &listings, now).await?;
        Ok((listings, book))
    }

    fn judged_values(&self, listing: &PricedListing, judged: &Judged, plan: &mut PricePlan) -> Vec<Value> {
        let (mut wanted, mut due, mut normal) = (listing.wanted, listing.due, listing.normal);
        let (mut hold, mut held) = (None, None);
        match &judged.verdict {
            // What was asked for before stays as it is.
            Verdict::NotKept => normal = None,
            Verdict::Pass(priced) => {
                if wanted != Some(priced.price) {
                    due = listing.shown != Some(priced.price);
                }
                (wanted, normal) = (Some(priced.price), Some(priced.normal));
            }
            Verdict::Wait(priced, why) => (hold, held) = (Some(why.reason), Some(priced.price)),
            Verdict::Blocked(why) => hold = Some(why.reason),
        }
        if due {
            plan.due.insert(listing.account);
        }
        plan.holds_changed |= hold.map(Reason::name) != listing.hold.as_deref() || held != listing.held;
        let ([wanted, wanted_currency], [normal, normal_currency]) =
            (money_values(wanted), money_values(normal));
        let [held, held_currency] = money_values(held);
        vec![
            self.key(),
            listing.id.into(),
            wanted,
            wanted_currency,
            due.into(),
            normal,
            normal_currency,
            hold.map(Reason::name).into(),
            held,
            held_currency,
            judged.next.into(),
        ]
    }

    /// A person says yes to a price that waits, as they saw it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn approve_price(&mut self, listing: ListingId, seen: Money) -> Result<Approved, StoreError> {
        let (listings, book) = self.lock_prices(&[listing]).await?;
        let Some(listing) = listings.first() else {
            return Ok(Approved::NotHeld);
        };
        match book.judge(listing, false).verdict {
            Verdict::Wait(priced, _) if priced.price == seen => {}
            Verdict::Wait(priced, _) => return Ok(Approved::Changed(priced.price)),
            _ => return Ok(Approved::NotHeld),
        }
        let judged = book.judge(listing, true);
        let row = self.judged_values(listing, &judged, &mut PricePlan::default());
        self.tx
            .update_many("listings", &PLAN, PLAN_KINDS, vec![row])
            .await?;
        Ok(Approved::Due(listing.account))
    }

    /// When the next price is to be computed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_price_change(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(price_check_at) FROM listings WHERE tenant_id = $1 AND price_check_at < $2";
        let row = self.tx.query_one(sql, &[self.key(), QUIET.into()]).await?;
        row.opt_time(0)
    }

    /// How many prices are not sent, by account and reason.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_counts(&mut self) -> Result<Vec<HeldCount>, StoreError> {
        let sql = "SELECT account_id, price_hold, COUNT(*) FROM listings WHERE tenant_id = $1 \
             AND price_hold IS NOT NULL GROUP BY account_id, price_hold ORDER BY account_id, price_hold";
        let rows = self.tx.query(sql, &[self.key()]).await?;
        rows.iter()
            .map(|row| {
                Ok(HeldCount {
                    account: row.parsed(0)?,
                    reason: row.named(1, Reason::parse)?,
                    listings: row.int(2)?,
                })
            })
            .collect()
    }
}

impl Tenant {
    /// Prices that are not sent, by listing.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn held_prices(
        &self,
        account: Option<AccountId>,
        query: &PageQuery,
    ) -> Result<Page<HeldPrice>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and("price_hold IS NOT NULL");
        filter.and_some("account_id = ?", account);
        if let Some([account, id]) = query.after("held_prices")? {
            let (account, id) = (filter.param(account), filter.param(id));
            filter.and(&format!(
                "(account_id > ${account} OR account_id = ${account} AND id > ${id})"
            ));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT id, account_id, sku, title, price_hold, price_minor, price_currency, price_held_minor, \
             price_held_currency FROM listings WHERE {} ORDER BY account_id, id LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows
            .iter()
            .map(|row| {
                Ok(HeldPrice {
                    listing: row.parsed(0)?,
                    account: row.parsed(1)?,
                    sku: row.sku(2)?,
                    title: row.string(3)?,
                    reason: row.named(4, Reason::parse)?,
                    shown: row.opt_money(5)?,
                    held: row.opt_money(7)?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(query.page("held_prices", items, |last| {
            [last.account.to_string(), last.listing.to_string()]
        }))
    }

    /// How many prices are not sent, by account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held_price_counts(&self) -> Result<BTreeMap<AccountId, i64>, StoreError> {
        let sql = "SELECT account_id, COUNT(*) FROM listings WHERE tenant_id = $1 AND price_hold IS NOT NULL \
             GROUP BY account_id";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        rows.iter().map(|row| Ok((row.parsed(0)?, row.int(1)?))).collect()
    }
}
