//! What the cases about stock, orders and offers share: products with stock, listings with offers, order snapshots.

use std::time::Duration;

use stockbridge_domain::channel::{LineSnapshot, OrderSnapshot};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::offer::{Offer, Shown};
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::stock::{Balance, EntryKind};
use stockbridge_domain::{AccountId, ListingId, ProductId, Timestamp};
use tokio::task::JoinSet;

use super::{START, World, new_product, sku};
use crate::columns::Columns as _;
use crate::db::{Kind, Value};
use crate::listings_row::{OFFER_COLUMNS, offer_from_row, offer_values};
use crate::{Amount, ImportAccount, ImportOutcome, ManualEntry};

/// So many seconds after the world begins.
pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(START.micros() + secs * 1_000_000)
}

/// One line of [`order`]: SKU, ordered, shipped, cancelled.
pub(super) type Line<'a> = (&'a str, i64, i64, i64);

/// An order placed ten seconds after the world begins and changed `updated` seconds after it.
pub(super) fn order(id: &str, status: OrderStatus, updated: i64, lines: &[Line<'_>]) -> OrderSnapshot {
    OrderSnapshot {
        channel_order_id: id.to_owned(),
        channel_status: status.name().to_uppercase(),
        status: Some(status),
        fulfilled_by: FulfilledBy::Seller,
        marketplace: None,
        placed_at: at(10),
        updated_at: at(updated),
        ship_by: None,
        total: None,
        lines: lines
            .iter()
            .zip(1..)
            .map(|((name, ordered, shipped, cancelled), n)| LineSnapshot {
                channel_line_id: n.to_string(),
                sku: Some(sku(name)),
                title: format!("Title of {name}"),
                ordered: *ordered,
                shipped: *shipped,
                cancelled: *cancelled,
                total: None,
            })
            .collect(),
        oddities: Vec::new(),
        payload: format!("{{\"order\":\"{id}\"}}"),
    }
}

pub(super) fn entry(product: ProductId, kind: EntryKind, amount: Amount, reference: &str) -> ManualEntry {
    ManualEntry {
        product,
        location: None,
        kind,
        amount,
        reference: reference.to_owned(),
        note: None,
        actor: "test".to_owned(),
    }
}

impl World {
    pub(super) fn connected(account: AccountId) -> ImportAccount {
        ImportAccount {
            id: account,
            connected_at: START,
        }
    }

    /// A product of which so many were counted.
    pub(super) async fn counted(&self, name: &str, units: i64) -> ProductId {
        let new = vec![new_product(name)];
        let product = self.ours.create_products(new).await.unwrap().products[0].id;
        let mut tx = self.ours.begin().await.unwrap();
        tx.enter_stock(&entry(
            product,
            EntryKind::Count,
            Amount::Counted(units),
            &format!("first {name}"),
        ))
        .await
        .unwrap();
        tx.commit().await.unwrap();
        product
    }

    /// A listing of the account; `shown` is what its channel was read to show an hour before the world began, and it is
    /// settled on that.
    pub(super) async fn listing(
        &self,
        account: AccountId,
        name: &str,
        product: Option<ProductId>,
        units: i64,
        shown: Option<i64>,
    ) -> ListingId {
        let id: ListingId = self.store.env().id();
        let read_at = START.minus(Duration::from_secs(3_600));
        let offer = Offer {
            exposure: shown.unwrap_or(0),
            since: read_at,
            shown: shown.map(|quantity| Shown {
                quantity,
                at: read_at,
            }),
            settled: shown.is_some(),
            ..Offer::default()
        };
        let text = |name| (name, Kind::Text);
        let int = |name| (name, Kind::Int);
        let mut columns = vec![text("tenant_id"), text("id"), text("account_id"), text("sku")];
        columns.extend([
            text("title"),
            text("fulfilled_by"),
            text("status"),
            text("issues"),
        ]);
        columns.extend([
            text("product_id"),
            int("units"),
            int("price_due"),
            int("sold_milli"),
        ]);
        columns.extend([int("sold_at"), int("created_at"), int("updated_at")]);
        let mut values = vec![self.ours.key(), id.into(), account.into(), name.into()];
        values.extend([name.into(), "seller".into(), "active".into(), "[]".into()]);
        values.extend([product.into(), units.into(), 0.into(), 0.into()]);
        values.extend([0.into(), START.into(), START.into()]);
        for (name, value) in OFFER_COLUMNS.split(',').map(str::trim).zip(offer_values(&offer)) {
            columns.push((
                name,
                match name {
                    "write_push" | "write_state" => Kind::Text,
                    _ => Kind::Int,
                },
            ));
            values.push(value);
        }
        let mut tx = self.ours.begin().await.unwrap();
        tx.tx
            .insert_many("listings", &columns, "", vec![values])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(super) async fn import(&self, account: AccountId, snapshots: &[OrderSnapshot]) -> ImportOutcome {
        let mut tx = self.ours.begin().await.unwrap();
        let outcome = tx
            .import_orders(&Self::connected(account), snapshots)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        outcome
    }

    /// Rows of our tenant's table.
    pub(super) async fn rows(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table} WHERE tenant_id = $1"))
            .await
    }

    /// What a statement answers whose only parameter is our tenant.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        let mut tx = self.ours.read().await.unwrap();
        tx.query_one(sql, &[self.ours.key()])
            .await
            .unwrap()
            .int(0)
            .unwrap()
    }

    pub(super) async fn exec(&self, sql: &str, params: &[Value]) -> u64 {
        let mut tx = self.ours.begin().await.unwrap();
        let count = tx.tx.exec(sql, params).await.unwrap();
        tx.commit().await.unwrap();
        count
    }

    pub(super) async fn balance(&self, product: ProductId) -> Balance {
        let sql = "SELECT on_hand, reserved FROM stock_balances WHERE tenant_id = $1 AND product_id = $2";
        let mut tx = self.ours.read().await.unwrap();
        let row = tx
            .query_opt(sql, &[self.ours.key(), product.into()])
            .await
            .unwrap();
        row.map_or_else(Balance::default, |row| Balance {
            on_hand: row.int(0).unwrap(),
            reserved: row.int(1).unwrap(),
        })
    }

    pub(super) async fn offer(&self, listing: ListingId) -> Offer {
        let sql = format!("SELECT {OFFER_COLUMNS} FROM listings WHERE tenant_id = $1 AND id = $2");
        let mut tx = self.ours.read().await.unwrap();
        let row = tx
            .query_one(&sql, &[self.ours.key(), listing.into()])
            .await
            .unwrap();
        offer_from_row(&row, 0).unwrap()
    }

    /// Products marked for new offers, with the cause.
    pub(super) async fn marks(&self) -> Vec<(ProductId, String)> {
        let sql = "SELECT product_id, cause FROM dirty_products WHERE tenant_id = $1 ORDER BY caused_at, product_id";
        let mut tx = self.ours.read().await.unwrap();
        let rows = tx.query(sql, &[self.ours.key()]).await.unwrap();
        rows.iter()
            .map(|row| (row.parsed(0).unwrap(), row.string(1).unwrap()))
            .collect()
    }

    pub(super) async fn forget_marks(&self) {
        self.exec(
            "DELETE FROM dirty_products WHERE tenant_id = $1",
            &[self.ours.key()],
        )
        .await;
    }

    /// The books agree with themselves and with the orders.
    pub(super) async fn books_agree(&self) {
        let check = self.ours.check_ledger().await.unwrap();
        assert!(check.ok(), "{}: {:#?}", self.label, check.findings);
    }

    /// Waits until a transaction on our database waits for another one's lock, or the task has ended (on SQLite there is
    /// nothing to see: whoever writes second waits outside of the database).
    pub(super) async fn until_blocked<T: 'static>(&self, task: &mut JoinSet<T>) -> Option<T> {
        if self.store.backend() == "sqlite" {
            return None;
        }
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        loop {
            if let Some(done) = task.try_join_next() {
                return Some(done.unwrap());
            }
            let mut tx = self.ours.read().await.unwrap();
            if tx.query_one(sql, &[]).await.unwrap().int(0).unwrap() > 0 {
                return None;
            }
        }
    }
}
