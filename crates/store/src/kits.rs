//! Kits: what a product is made of, and which products have to be looked at together because of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stockbridge_domain::kit::{MOST_COMPONENTS, MOST_UNITS, Part};
use stockbridge_domain::{ProductId, Sku};

use crate::columns::Columns as _;
use crate::db::{Kind, Row};
use crate::stock::{StockBook, id_list};
use crate::{StoreError, Tenant, TenantTx};

/// A component of a kit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KitPart {
    /// The component.
    pub product: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// Units of it in one kit.
    pub units: i64,
}

/// Why a kit was not put together. Nothing may be committed then.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// There is no such product.
    #[error("there is no product {0}; create it first")]
    NoProduct(ProductId),
    /// It would contain itself.
    #[error("a kit cannot contain itself; take it out of its components")]
    Itself,
    /// A component is a kit: through it a kit could contain itself.
    #[error("a component is a kit itself ({0}); list what that one is made of instead")]
    KitInKit(ProductId),
    /// It is a component of another kit.
    #[error("this product is a component of the kit {0}, so it cannot be a kit; take it out there first")]
    IsComponent(ProductId),
    /// It has stock, orders or transfers of its own.
    #[error(
        "this product has stock of its own, orders or transfers that hold it; a kit has none: count it to 0 first"
    )]
    HasStock,
    /// Too many components.
    #[error("a kit has at most {MOST_COMPONENTS} components")]
    TooMany,
    /// A number of units that cannot be.
    #[error("one kit holds 1 to {MOST_UNITS} units of a component, not {0}")]
    Units(i64),
    /// A component is named twice.
    #[error("the component {0} is named twice; add its units up")]
    Twice(ProductId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far from a product to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// What it is made of.
    Parts,
    /// Everything that shares a component with it, directly or through others.
    Whole,
}

impl TenantTx {
    /// Kits that `products` are (or, as far as `reach` says, are in), and what they are made of.
    pub(crate) async fn kits_among(
        &mut self,
        products: &BTreeSet<ProductId>,
        reach: Reach,
    ) -> Result<BTreeMap<ProductId, Vec<Part>>, StoreError> {
        let sql = match reach {
            Reach::Parts => {
                "SELECT kit_id, component_id, units FROM kit_components WHERE tenant_id = $1 AND kit_id {in $2} \
                 ORDER BY kit_id, component_id"
            }
            Reach::Whole => {
                "SELECT kit_id, component_id, units FROM kit_components WHERE tenant_id = $1 AND (kit_id {in $2} \
                 OR kit_id IN (SELECT k.kit_id FROM kit_components k WHERE k.tenant_id = $1 \
                 AND k.component_id {in $2})) ORDER BY kit_id, component_id"
            }
        };
        let mut kits: BTreeMap<ProductId, Vec<Part>> = BTreeMap::new();
        for row in self.tx.query(sql, &[self.key(), id_list(products)]).await? {
            let part = Part {
                product: row.parsed(1)?,
                units: row.int(2)?.max(1),
            };
            kits.entry(row.parsed(0)?).or_default().push(part);
        }
        Ok(kits)
    }

    /// `products` and what they reach.
    pub(crate) async fn reached(
        &mut self,
        products: &BTreeSet<ProductId>,
        reach: Reach,
    ) -> Result<BTreeSet<ProductId>, StoreError> {
        let mut all = products.clone();
        loop {
            let before = all.len();
            for (kit, parts) in self.kits_among(&all, reach).await? {
                all.insert(kit);
                all.extend(parts.iter().map(|part| part.product));
            }
            // Of parts one look is enough: a component is no kit.
            if all.len() == before || reach == Reach::Parts {
                return Ok(all);
            }
        }
    }

    /// Says what a product is made of; no parts make it an ordinary product again. Offers of everything that shares a
    /// component with it are computed anew.
    ///
    /// # Errors
    /// [`KitError`]; nothing may be committed then.
    pub async fn set_kit(&mut self, kit: ProductId, parts: &[Part]) -> Result<(), KitError> {
        check(kit, parts)?;
        let mut concerned: BTreeSet<ProductId> = parts.iter().map(|part| part.product).collect();
        concerned.insert(kit);
        let book = StockBook::lock_whole(self, &concerned).await?;
        for product in std::iter::once(&kit).chain(&concerned) {
            if !book.holds(*product) {
                return Err(KitError::NoProduct(*product));
            }
        }
        if let Some(inner) = parts.iter().find(|part| !book.parts(part.product).is_empty()) {
            return Err(KitError::KitInKit(inner.product));
        }
        let outer = book
            .kits()
            .iter()
            .find(|(_, parts)| parts.iter().any(|part| part.product == kit));
        if let Some((outer, _)) = outer
            && !parts.is_empty()
        {
            return Err(KitError::IsComponent(*outer));
        }
        if book.parts(kit).is_empty() && !parts.is_empty() {
            self.check_bare(kit).await?;
        }
        let sql = "DELETE FROM kit_components WHERE tenant_id = $1 AND kit_id = $2";
        self.tx.exec(sql, &[self.key(), kit.into()]).await?;
        let columns = [
            ("tenant_id", Kind::Text),
            ("kit_id", Kind::Text),
            ("component_id", Kind::Text),
            ("units", Kind::Int),
        ];
        let row = |part: &Part| {
            vec![
                self.tenant.into(),
                kit.into(),
                part.product.into(),
                part.units.into(),
            ]
        };
        let rows = parts.iter().map(row).collect();
        self.tx.insert_many("kit_components", &columns, "", rows).await?;
        self.mark_dirty(book.products(), "kit", self.env.now()).await?;
        Ok(())
    }

    /// Refuses a product that has or owes stock of its own.
    async fn check_bare(&mut self, product: ProductId) -> Result<(), KitError> {
        let row = self
            .tx
            .query_one(
                "SELECT (SELECT COUNT(*) FROM stock_balances WHERE tenant_id = $1 AND product_id = $2 \
                 AND (on_hand <> 0 OR reserved <> 0)) + (SELECT COUNT(*) FROM transfer_lines t JOIN transfers h \
                 ON h.tenant_id = t.tenant_id AND h.id = t.transfer_id WHERE t.tenant_id = $1 AND t.product_id = $2 \
                 AND h.status IN ('draft', 'in_transit'))",
                &[self.key(), product.into()],
            )
            .await?;
        match row.int(0)? {
            0 => Ok(()),
            _ => Err(KitError::HasStock),
        }
    }
}

fn check(kit: ProductId, parts: &[Part]) -> Result<(), KitError> {
    if parts.len() > MOST_COMPONENTS {
        return Err(KitError::TooMany);
    }
    let mut seen = BTreeSet::new();
    for part in parts {
        if part.product == kit {
            return Err(KitError::Itself);
        }
        if !(1..=MOST_UNITS).contains(&part.units) {
            return Err(KitError::Units(part.units));
        }
        if !seen.insert(part.product) {
            return Err(KitError::Twice(part.product));
        }
    }
    Ok(())
}

impl Tenant {
    /// What a product is made of, by SKU; nothing when it is no kit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kit(&self, product: ProductId) -> Result<Vec<KitPart>, StoreError> {
        let sql = "SELECT k.component_id, p.sku, p.title, k.units FROM kit_components k \
                   JOIN products p ON p.tenant_id = k.tenant_id AND p.id = k.component_id \
                   WHERE k.tenant_id = $1 AND k.kit_id = $2 ORDER BY p.sku";
        let rows = self
            .read()
            .await?
            .query(sql, &[self.key(), product.into()])
            .await?;
        let part = |row: &Row| {
            Ok(KitPart {
                product: row.parsed(0)?,
                sku: row.sku(1)?,
                title: row.string(2)?,
                units: row.int(3)?,
            })
        };
        rows.iter().map(part).collect()
    }
}
