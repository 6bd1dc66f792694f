//! Offers: from dirty products to what every listing shows.

mod bulk;
mod checked;
mod modes;
mod places;
mod plans;
mod promise;
mod readings;
mod sharing;
mod unread;
mod writes;

use std::collections::HashMap;

use stockbridge_domain::channel::{OrderTime, Timing, WriteMode};
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{AccountId, ListingId, ProductId};

use super::World;
use crate::columns::Columns as _;
use crate::{Answer, OfferAccount, OfferAccounts, Outgoing, PlanOutcome, Reading, Unsettled, WriteAnswer};

use super::*;

pub(super) const TIMING: Timing = Timing {
    order_visibility: Duration::from_secs(60),
    write_apply: Duration::from_secs(30),
};

/// Remote accounts that can be written to.
pub(super) fn remote(accounts: &[AccountId]) -> OfferAccounts {
    let usable = OfferAccount {
        timing: TIMING,
        mode: WriteMode::Absolute,
        places: PlaceMap::default(),
        writable: true,
        remote: true,
    };
    accounts
        .iter()
        .map(|id| (*id, usable.clone()))
        .collect::<HashMap<_, _>>()
}

/// What the plan says of a listing: desired, due, why it is held.
#[derive(Debug, PartialEq, Eq)]
struct Planned {
    desired: Option<i64>,
    due: Option<i64>,
    hold: Option<String>,
}

fn planned(desired: i64, due: Option<i64>, hold: Option<&str>) -> Planned {
    Planned {
        desired: Some(desired),
        due,
        hold: hold.map(str::to_owned),
    }
}

impl World {
    pub(super) async fn plan(&self, accounts: &OfferAccounts) -> PlanOutcome {
        let mut tx = self.ours.begin().await.unwrap();
        let outcome = tx.plan_dirty(accounts, 100).await.unwrap();
        tx.commit().await.unwrap();
        outcome
    }

    async fn planned(&self, listing: ListingId) -> Planned {
        let sql = "SELECT desired_qty, due_qty, hold FROM listings WHERE tenant_id = $1 AND id = $2";
        let mut tx = self.ours.read().await.unwrap();
        let row = tx
            .query_one(sql, &[self.ours.key(), listing.into()])
            .await
            .unwrap();
        Planned {
            desired: row.opt_int(0).unwrap(),
            due: row.opt_int(1).unwrap(),
            hold: row.opt_string(2).unwrap(),
        }
    }

    async fn begin_writes(&self, account: AccountId, accounts: &OfferAccounts, limit: i64) -> Vec<Outgoing> {
        let mut tx = self.ours.begin().await.unwrap();
        let outgoing = tx.begin_writes(account, accounts, limit).await.unwrap();
        tx.commit().await.unwrap();
        outgoing
    }

    async fn finish(&self, outgoing: &Outgoing, answer: Answer) {
        let answers = [WriteAnswer {
            listing: outgoing.listing,
            push: outgoing.push,
            answer,
        }];
        let mut tx = self.ours.begin().await.unwrap();
        tx.finish_writes(&answers).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn read_back(&self, account: AccountId, name: &str, quantity: Option<i64>) {
        let reading = Reading {
            sku: sku(name),
            quantity,
            places: Vec::new(),
        };
        let now = self.store.env().now();
        let mut tx = self.ours.begin().await.unwrap();
        tx.apply_readings(account, &[reading], now).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn settle(&self, account: AccountId) -> Unsettled {
        let now = self.store.env().now();
        let mut tx = self.ours.begin().await.unwrap();
        let outcome = tx.settle(account, now, OrderTime::Placed, TIMING).await.unwrap();
        tx.commit().await.unwrap();
        outcome
    }

    /// The outcome and message of a push.
    async fn push(&self, outgoing: &Outgoing) -> (String, Option<String>, bool) {
        let sql = "SELECT outcome, message, verified_at FROM pushes WHERE tenant_id = $1 AND id = $2";
        let mut tx = self.ours.read().await.unwrap();
        let row = tx
            .query_one(sql, &[self.ours.key(), outgoing.push.into()])
            .await
            .unwrap();
        (
            row.string(0).unwrap(),
            row.opt_string(1).unwrap(),
            row.opt_int(2).unwrap().is_some(),
        )
    }

    /// A product, its only listing, and a plan that is due.
    async fn due(&self, account: AccountId, name: &str, stock: i64, shown: i64) -> (ProductId, ListingId) {
        let product = self.counted(name, stock).await;
        let listing = self.listing(account, name, Some(product), 1, Some(shown)).await;
        self.plan(&remote(&[account])).await;
        (product, listing)
    }
}
