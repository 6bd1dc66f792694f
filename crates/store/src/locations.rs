//! Locations: where stock lies, which of them orders are served from, and what is withheld there.
//!
//! A tenant begins with one, the default: where goods are entered when nothing else is said. What a location is worth
//! (sellable or not) changes under every product's lock, so that no plan is made of half of it.

use std::collections::BTreeSet;

use serde::Serialize;
use stockbridge_domain::{AccountId, LocationId, ProductId, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::stock::StockBook;
use crate::{EntryError, StoreError, Tenant, TenantTx};

/// A place where stock lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocationRecord {
    /// Its id.
    pub id: LocationId,
    /// What people call it.
    pub name: String,
    /// Whether goods are entered here when nothing else is said.
    pub is_default: bool,
    /// Whether its units are offered and orders served from it.
    pub sellable: bool,
    /// Orders are served from the lowest rank first.
    pub rank: i64,
    /// When it was closed; nothing while it is open.
    pub closed_at: Option<Timestamp>,
}

/// A channel's own warehouse (such as FBA): read only, and never the seller's stock to sell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelWarehouse {
    /// The account whose goods lie there.
    pub account: AccountId,
    /// What people call the account.
    pub name: String,
    /// Listings the channel ships from there.
    pub listings: i64,
    /// Units there by the channel's word; nothing when it never said.
    pub units: Option<i64>,
}

/// A location to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLocation {
    /// What people call it, unique in the tenant.
    pub name: String,
    /// Whether orders are served from it.
    pub sellable: bool,
    /// Orders are served from the lowest rank first.
    pub rank: i64,
}

/// What changes of a location; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocationPatch {
    /// What people call it.
    pub name: Option<String>,
    /// Whether orders are served from it.
    pub sellable: Option<bool>,
    /// Orders are served from the lowest rank first.
    pub rank: Option<i64>,
    /// Whether it takes part at all.
    pub open: Option<bool>,
}

/// Why a location was not opened or changed. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// Another one is called so.
    #[error("name: there is a location called `{0}` already; choose another name")]
    NameTaken(String),
    /// There is no such location.
    #[error("there is no location {0}")]
    NotFound(LocationId),
    /// The default one stays open.
    #[error("open: goods are entered at this location when nothing else is said; it cannot be closed")]
    Default,
    /// Something lies there, is promised from there or is on its way there.
    #[error(
        "open: {products} products still have stock or open orders here, and {transfers} transfers are open; move or \
         count them away first"
    )]
    InUse {
        /// Products with units or reservations.
        products: i64,
        /// Transfers from or to it.
        transfers: i64,
    },
    /// There are too many.
    #[error("name: a tenant has at most {most} locations; close and rename one instead", most = LocationRecord::MOST)]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LocationRecord {
    /// Most locations of one tenant: orders choose among all of them.
    pub const MOST: usize = 100;
}

const LOCATION: &str = "id, name, is_default, sellable, rank, closed_at";

fn location(row: &Row) -> Result<LocationRecord, StoreError> {
    Ok(LocationRecord {
        id: row.parsed(0)?,
        name: row.string(1)?,
        is_default: row.flag(2)?,
        sellable: row.flag(3)?,
        rank: row.int(4)?,
        closed_at: row.opt_time(5)?,
    })
}

impl TenantTx {
    /// Opens a location.
    ///
    /// # Errors
    /// [`LocationError::NameTaken`], [`LocationError::TooMany`].
    pub async fn create_location(&mut self, new: &NewLocation) -> Result<LocationRecord, LocationError> {
        let all = all(&mut self.tx, self.tenant.into()).await?;
        if all.len() >= LocationRecord::MOST {
            return Err(LocationError::TooMany);
        }
        let record = LocationRecord {
            id: self.env.id(),
            name: new.name.clone(),
            is_default: false,
            sellable: new.sellable,
            rank: new.rank,
            closed_at: None,
        };
        let sql = "INSERT INTO locations (tenant_id, id, name, is_default, created_at, sellable, rank) \
                   VALUES ($1, $2, $3, 0, $4, $5, $6) ON CONFLICT (tenant_id, name) DO NOTHING";
        let values = [
            self.key(),
            record.id.into(),
            (&record.name).into(),
            self.env.now().into(),
            record.sellable.into(),
            record.rank.into(),
        ];
        if self.tx.exec(sql, &values).await? == 0 {
            return Err(LocationError::NameTaken(record.name));
        }
        Ok(record)
    }

    /// Changes a location. When other units are sellable afterwards, every offer is computed anew.
    ///
    /// # Errors
    /// [`LocationError`]; nothing may be committed then.
    pub async fn update_location(
        &mut self,
        id: LocationId,
        patch: &LocationPatch,
    ) -> Result<LocationRecord, LocationError> {
        if patch.sellable.is_some() || patch.open.is_some() {
            // Locks every product, before what is decided on is read.
            self.mark_all_dirty(None, "location").await?;
        }
        let known = all(&mut self.tx, self.tenant.into()).await?;
        let found = known.iter().find(|location| location.id == id);
        let mut record = found.ok_or(LocationError::NotFound(id))?.clone();
        if let Some(name) = &patch.name {
            if known.iter().any(|other| other.id != id && other.name == *name) {
                return Err(LocationError::NameTaken(name.clone()));
            }
            record.name.clone_from(name);
        }
        record.sellable = patch.sellable.unwrap_or(record.sellable);
        record.rank = patch.rank.unwrap_or(record.rank);
        match patch.open {
            Some(false) if record.closed_at.is_none() => {
                if record.is_default {
                    return Err(LocationError::Default);
                }
                self.check_unused(id).await?;
                record.closed_at = Some(self.env.now());
            }
            Some(true) => record.closed_at = None,
            _ => {}
        }
        let sql = "UPDATE locations SET name = $3, sellable = $4, rank = $5, closed_at = $6 \
                   WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            id.into(),
            (&record.name).into(),
            record.sellable.into(),
            record.rank.into(),
            record.closed_at.into(),
        ];
        match self.tx.exec(sql, &values).await {
            Err(error) if error.is_unique_violation() => Err(LocationError::NameTaken(record.name)),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(record),
        }
    }

    async fn check_unused(&mut self, id: LocationId) -> Result<(), LocationError> {
        let row = self
            .tx
            .query_one(
                "SELECT (SELECT COUNT(*) FROM stock_balances WHERE tenant_id = $1 AND location_id = $2 \
                 AND (on_hand <> 0 OR reserved <> 0)), (SELECT COUNT(*) FROM transfers WHERE tenant_id = $1 \
                 AND (from_location = $2 OR to_location = $2) AND status IN ('draft', 'in_transit'))",
                &[self.key(), id.into()],
            )
            .await?;
        match (row.int(0)?, row.int(1)?) {
            (0, 0) => Ok(()),
            (products, transfers) => Err(LocationError::InUse { products, transfers }),
        }
    }

    /// Withholds so many units of a product at a location from every channel.
    ///
    /// # Errors
    /// [`EntryError::NoProduct`], [`EntryError::NoLocation`].
    pub async fn set_safety_stock(
        &mut self,
        product: ProductId,
        location: LocationId,
        units: i64,
    ) -> Result<(), EntryError> {
        let mut book = StockBook::lock(self, &BTreeSet::from([product])).await?;
        if !book.holds(product) {
            return Err(EntryError::NoProduct(product));
        }
        book.no_kit(product)?;
        book.open_place(location)?;
        book.withhold(product, location, units);
        book.write(self).await?;
        self.mark_dirty([product], "safety stock", self.env.now()).await?;
        Ok(())
    }

    /// Where goods lie when nothing else is said; nothing when there is no such tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn default_location(&mut self) -> Result<Option<LocationId>, StoreError> {
        default_location(&mut self.tx, self.tenant.into()).await
    }
}

impl Tenant {
    /// Where goods lie when nothing else is said; nothing when there is no such tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn default_location(&self) -> Result<Option<LocationId>, StoreError> {
        default_location(&mut self.read().await?, self.key()).await
    }

    /// Every location of the seller's, in the order in which orders are served.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn locations(&self) -> Result<Vec<LocationRecord>, StoreError> {
        all(&mut self.read().await?, self.key()).await
    }

    /// The channels' own warehouses that hold goods of the seller.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn channel_warehouses(&self) -> Result<Vec<ChannelWarehouse>, StoreError> {
        let sql = "SELECT l.account_id, a.name, COUNT(*), CAST(SUM(l.channel_units) AS BIGINT) FROM listings l \
                   JOIN accounts a ON a.tenant_id = l.tenant_id AND a.id = l.account_id \
                   WHERE l.tenant_id = $1 AND l.fulfilled_by = 'channel' GROUP BY l.account_id, a.name \
                   ORDER BY l.account_id";
        let rows = self.read().await?.query(sql, &[self.key()]).await?;
        let read = |row: &Row| {
            Ok(ChannelWarehouse {
                account: row.parsed(0)?,
                name: row.string(1)?,
                listings: row.int(2)?,
                units: row.opt_int(3)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

async fn all(tx: &mut Tx, tenant: Value) -> Result<Vec<LocationRecord>, StoreError> {
    let sql = format!("SELECT {LOCATION} FROM locations WHERE tenant_id = $1 ORDER BY rank, id");
    let rows = tx.query(&sql, &[tenant]).await?;
    rows.iter().map(location).collect()
}

async fn default_location(tx: &mut Tx, tenant: Value) -> Result<Option<LocationId>, StoreError> {
    let sql = "SELECT id FROM locations WHERE tenant_id = $1 AND is_default = 1 ORDER BY id LIMIT 1";
    let row = tx.query_opt(sql, &[tenant]).await?;
    row.map(|row| row.parsed(0)).transpose()
}
