//! The book: the balances of locked products at every location, and what is being entered for them.
//!
//! A [`StockBook`] locks the products, folds new entries into their balances and writes both together. It alone knows
//! which locations may be sold from, so what is *available* of a product is asked of it.

mod available;

pub(crate) use available::Sellable;

use std::collections::{BTreeMap, BTreeSet};

use stockbridge_domain::kit::Part;
use stockbridge_domain::stock::{Balance, EntryKind, Movement, Shelf, serving};
use stockbridge_domain::{LocationId, ProductId};

use crate::columns::Columns as _;
use crate::db::{Kind, Value};
use crate::kits::Reach;
use crate::stock::{Cause, EntryError, LedgerRecord, Wait, id_list};
use crate::{StoreError, TenantTx};

/// An entry to be made.
pub(crate) struct NewEntry<'a> {
    pub product: ProductId,
    pub location: LocationId,
    pub kind: EntryKind,
    pub movement: Movement,
    pub cause: Cause,
    pub note: Option<&'a str>,
    pub actor: &'a str,
}

/// A location as the book needs it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub id: LocationId,
    pub name: String,
    sellable: bool,
    open: bool,
}

/// A product's stock at one location, as known under its lock.
#[derive(Debug, Clone, Copy, Default)]
struct BookLine {
    balance: Balance,
    safety: i64,
    counted: bool,
    changed: bool,
}

/// A place where by the books less than nothing lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BelowZero {
    /// The product.
    pub product: ProductId,
    /// The location's name.
    pub place: String,
    /// What the books say.
    pub on_hand: i64,
}

/// Locked products and what is being entered for them.
pub(crate) struct StockBook {
    /// In the order in which orders are served.
    places: Vec<Place>,
    default: LocationId,
    /// Kits among the locked products and what they are made of.
    kits: BTreeMap<ProductId, Vec<Part>>,
    lines: BTreeMap<ProductId, BTreeMap<LocationId, BookLine>>,
    entries: Vec<LedgerRecord>,
}

const PLACES: &str = "SELECT id, name, is_default, sellable, closed_at FROM locations WHERE tenant_id = $1 \
     ORDER BY rank, id";
const BALANCES: &str = "SELECT product_id, location_id, on_hand, reserved, counted, safety FROM stock_balances \
     WHERE tenant_id = $1 AND product_id {in $2}";

impl StockBook {
    /// Locks `products` and, of kits among them, the components (in the order of their ids, so that two of these never
    /// wait for each other), and reads their balances. Locations are read after the lock: whoever changes what a location
    /// is worth locks every product first.
    pub(crate) async fn lock(tx: &mut TenantTx, products: &BTreeSet<ProductId>) -> Result<Self, StoreError> {
        Self::lock_reach(tx, products, Reach::Parts).await
    }

    /// The same with everything that shares a component with `products`, directly or through others: what has to be
    /// planned together.
    pub(crate) async fn lock_whole(
        tx: &mut TenantTx,
        products: &BTreeSet<ProductId>,
    ) -> Result<Self, StoreError> {
        Self::lock_reach(tx, products, Reach::Whole).await
    }

    async fn lock_reach(
        tx: &mut TenantTx,
        products: &BTreeSet<ProductId>,
        reach: Reach,
    ) -> Result<Self, StoreError> {
        let products = &tx.reached(products, reach).await?;
        let locked = tx.lock_products(products, Wait::Yes).await?;
        let kits = tx.kits_among(products, reach).await?;
        let parts = kits.iter().flat_map(|(kit, parts)| {
            let parts = parts.iter().map(|part| part.product);
            parts.chain(std::iter::once(*kit))
        });
        for product in parts {
            if !products.contains(&product) {
                return Err(StoreError::Busy {
                    detail: "a kit was put together anew just now".to_owned(),
                });
            }
        }
        let mut lines: BTreeMap<_, BTreeMap<_, _>> =
            locked.into_iter().map(|id| (id, BTreeMap::new())).collect();
        let key = tx.key();
        let (mut places, mut default) = (Vec::new(), None);
        for row in tx.tx.query(PLACES, &[key]).await? {
            let (id, open) = (row.parsed(0)?, row.opt_time(4)?.is_none());
            default = default.or(row.flag(2)?.then_some(id));
            places.push(Place {
                id,
                name: row.string(1)?,
                sellable: row.flag(3)? && open,
                open,
            });
        }
        let default = default.ok_or_else(|| StoreError::Corrupt {
            detail: "the tenant has no default location".to_owned(),
        })?;
        let params = [tx.key(), id_list(products)];
        for row in tx.tx.query(BALANCES, &params).await? {
            let line = BookLine {
                balance: Balance {
                    on_hand: row.int(2)?,
                    reserved: row.int(3)?,
                },
                counted: row.flag(4)?,
                safety: row.int(5)?,
                changed: false,
            };
            let product: ProductId = row.parsed(0)?;
            lines.entry(product).or_default().insert(row.parsed(1)?, line);
        }
        Ok(Self {
            places,
            default,
            kits,
            lines,
            entries: Vec::new(),
        })
    }

    /// Where goods lie when nothing else is said.
    pub(crate) fn default_location(&self) -> LocationId {
        self.default
    }

    /// A location that takes part.
    ///
    /// # Errors
    /// [`EntryError::NoLocation`].
    pub(crate) fn open_place(&self, location: LocationId) -> Result<&Place, EntryError> {
        self.places
            .iter()
            .find(|place| place.id == location && place.open)
            .ok_or(EntryError::NoLocation(location))
    }

    /// What lies at one location.
    pub(crate) fn shelf(&self, product: ProductId, location: LocationId) -> Shelf {
        let line = self.lines.get(&product).and_then(|at| at.get(&location));
        let line = line.copied().unwrap_or_default();
        let sellable = |place: &Place| place.id == location && place.sellable;
        Shelf {
            balance: line.balance,
            safety: line.safety,
            sellable: self.places.iter().any(sellable),
        }
    }

    /// Which location serves an order line; see the domain's [`serving`].
    pub(crate) fn serve(&self, product: ProductId, units: i64) -> LocationId {
        let shelves: Vec<Shelf> = self.places.iter().map(|p| self.shelf(product, p.id)).collect();
        serving(&shelves, units).map_or(self.default, |index| self.places[index].id)
    }

    /// What a locked product is made of; nothing when it is no kit.
    pub(crate) fn parts(&self, product: ProductId) -> &[Part] {
        self.kits.get(&product).map_or(&[], Vec::as_slice)
    }

    /// What one unit of a locked product takes from the shelf: itself, or a kit's components.
    pub(crate) fn made_of(&self, product: ProductId) -> Vec<Part> {
        match self.parts(product) {
            [] => vec![Part { product, units: 1 }],
            parts => parts.to_vec(),
        }
    }

    /// The kits among the locked products and what they are made of.
    pub(crate) fn kits(&self) -> &BTreeMap<ProductId, Vec<Part>> {
        &self.kits
    }

    /// Every locked product.
    pub(crate) fn products(&self) -> BTreeSet<ProductId> {
        self.lines.keys().copied().collect()
    }

    /// Refuses a kit: it has no stock of its own.
    ///
    /// # Errors
    /// [`EntryError::Kit`].
    pub(crate) fn no_kit(&self, product: ProductId) -> Result<(), EntryError> {
        match self.kits.contains_key(&product) {
            true => Err(EntryError::Kit(product)),
            false => Ok(()),
        }
    }

    /// Whether the product exists and is locked.
    pub(crate) fn holds(&self, product: ProductId) -> bool {
        self.lines.contains_key(&product)
    }

    fn line_mut(&mut self, product: ProductId, location: LocationId) -> Option<&mut BookLine> {
        let line = self.lines.get_mut(&product)?.entry(location).or_default();
        line.changed = true;
        Some(line)
    }

    /// Says that the product's quantity at a location is known from now on.
    pub(crate) fn count(&mut self, product: ProductId, location: LocationId) {
        if let Some(line) = self.line_mut(product, location) {
            line.counted = true;
        }
    }

    /// Makes a place for a product at a location where none ever lay, so that what is on its way there is seen.
    pub(crate) fn open_shelf(&mut self, product: ProductId, location: LocationId) {
        self.line_mut(product, location);
    }

    /// Withholds so many units of a product at a location.
    pub(crate) fn withhold(&mut self, product: ProductId, location: LocationId, units: i64) {
        if let Some(line) = self.line_mut(product, location) {
            line.safety = units;
        }
    }

    /// Folds an entry into the balance; written by [`Self::write`].
    ///
    /// # Errors
    /// When more would be released than is reserved: the books and the orders disagree, nothing is entered. When the
    /// product is not locked: its balance is not known.
    pub(crate) fn post(&mut self, tx: &TenantTx, entry: NewEntry<'_>) -> Result<&LedgerRecord, StoreError> {
        let line = self
            .line_mut(entry.product, entry.location)
            .ok_or(EntryError::NoProduct(entry.product))?;
        let after = line
            .balance
            .apply(entry.movement)
            .map_err(|error| StoreError::Corrupt {
                detail: format!("product {}: {error}; run `stockbridge doctor`", entry.product),
            })?;
        line.balance = after;
        let index = self.entries.len();
        self.entries.push(LedgerRecord {
            id: tx.env.id(),
            product: entry.product,
            location: entry.location,
            kind: entry.kind,
            change: entry.movement,
            after,
            cause: entry.cause,
            note: entry.note.map(str::to_owned),
            actor: entry.actor.to_owned(),
            at: tx.env.now(),
        });
        Ok(&self.entries[index])
    }

    /// Products whose balance moved.
    pub(crate) fn touched(&self) -> impl Iterator<Item = ProductId> + '_ {
        self.lines
            .iter()
            .filter(|(_, at)| at.values().any(|line| line.changed))
            .map(|(id, _)| *id)
    }

    /// Where this book's entries took more from a shelf than lay there.
    pub(crate) fn below_zero(&self) -> Vec<BelowZero> {
        let fell: BTreeSet<(ProductId, LocationId)> = self
            .entries
            .iter()
            .filter(|entry| entry.change.on_hand < 0)
            .map(|entry| (entry.product, entry.location))
            .collect();
        let mut found = Vec::new();
        for (product, location) in fell {
            let on_hand = self.shelf(product, location).balance.on_hand;
            let place = self.places.iter().find(|place| place.id == location);
            if on_hand < 0 {
                found.push(BelowZero {
                    product,
                    place: place.map(|place| place.name.clone()).unwrap_or_default(),
                    on_hand,
                });
            }
        }
        found
    }

    /// Writes balances and entries.
    pub(crate) async fn write(self, tx: &mut TenantTx) -> Result<(), StoreError> {
        let now = tx.env.now();
        let mut balances = Vec::new();
        for (product, at) in &self.lines {
            for (location, line) in at.iter().filter(|(_, line)| line.changed) {
                balances.push(vec![
                    tx.key(),
                    (*product).into(),
                    (*location).into(),
                    line.balance.on_hand.into(),
                    line.balance.reserved.into(),
                    line.counted.into(),
                    line.safety.into(),
                    now.into(),
                ]);
            }
        }
        tx.tx
            .insert_many("stock_balances", BALANCE_COLUMNS, BALANCE_UPSERT, balances)
            .await?;
        let entries = self
            .entries
            .into_iter()
            .map(|entry| entry_values(tx.key(), entry))
            .collect();
        tx.tx
            .insert_many("stock_ledger", LEDGER_COLUMNS, "", entries)
            .await?;
        Ok(())
    }
}

const BALANCE_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("product_id", Kind::Text),
    ("location_id", Kind::Text),
    ("on_hand", Kind::Int),
    ("reserved", Kind::Int),
    ("counted", Kind::Int),
    ("safety", Kind::Int),
    ("updated_at", Kind::Int),
];
const BALANCE_UPSERT: &str = "ON CONFLICT (tenant_id, product_id, location_id) DO UPDATE SET \
     on_hand = excluded.on_hand, reserved = excluded.reserved, counted = excluded.counted, safety = excluded.safety, \
     updated_at = excluded.updated_at";

const LEDGER_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("product_id", Kind::Text),
    ("location_id", Kind::Text),
    ("kind", Kind::Text),
    ("on_hand_change", Kind::Int),
    ("reserved_change", Kind::Int),
    ("on_hand_after", Kind::Int),
    ("reserved_after", Kind::Int),
    ("cause_kind", Kind::Text),
    ("cause_ref", Kind::Text),
    ("cause_line", Kind::Text),
    ("note", Kind::Text),
    ("actor", Kind::Text),
    ("at", Kind::Int),
];

fn entry_values(tenant: Value, entry: LedgerRecord) -> Vec<Value> {
    vec![
        tenant,
        entry.id.into(),
        entry.product.into(),
        entry.location.into(),
        entry.kind.name().into(),
        entry.change.on_hand.into(),
        entry.change.reserved.into(),
        entry.after.on_hand.into(),
        entry.after.reserved.into(),
        entry.cause.kind.into(),
        entry.cause.reference.into(),
        entry.cause.line.into(),
        entry.note.into(),
        entry.actor.into(),
        entry.at.into(),
    ]
}
