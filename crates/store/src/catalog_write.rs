//! Changing products, one or many in a few statements.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use stockbridge_domain::catalog::{Product, gtin14};
use stockbridge_domain::stock::{EntryKind, Movement};
use stockbridge_domain::{Money, ProductId, Sku};

use crate::catalog_row::{PRODUCT_UPDATE, product_values};
use crate::columns::{Columns as _, money_values};
use crate::db::{Kind, Value};
use crate::stock::{Cause, NewEntry, StockBook, Wait, id_list};
use crate::{EntryError, ProductError, StoreError, TenantTx};

const BARCODE_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("gtin", Kind::Text),
    ("product_id", Kind::Text),
];

/// What variants of one parent are called by: the parent and the options.
type Variant = (String, BTreeMap<String, String>);

impl TenantTx {
    /// Locks the products with these SKUs, as everybody locks them, so that what is read of them next stays true; answers
    /// which of them are kits. Orders are not written meanwhile, since new products may change what they sell.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_catalogue(&mut self, skus: Vec<String>) -> Result<BTreeSet<Sku>, StoreError> {
        self.lock_accounts().await?;
        let sql = "SELECT id, sku FROM products WHERE tenant_id = $1 AND sku {in $2}";
        let mut named = BTreeMap::new();
        for row in self.tx.query(sql, &[self.key(), skus.into()]).await? {
            named.insert(row.parsed::<ProductId>(0)?, row.sku(1)?);
        }
        let book = StockBook::lock(self, &named.keys().copied().collect()).await?;
        Ok(named
            .into_iter()
            .filter(|(id, _)| book.no_kit(*id).is_err())
            .map(|(_, sku)| sku)
            .collect())
    }

    /// Writes products as they are given; answers how many there were. SKU and time of entry stay. Listings sell and show
    /// what they did; their prices are computed anew.
    ///
    /// # Errors
    /// [`ProductError::VariantTaken`]; nothing is changed then.
    pub async fn change_products(&mut self, products: &[Product]) -> Result<usize, ProductError> {
        self.variants_differ(products).await?;
        let by_id: BTreeMap<ProductId, &Product> =
            products.iter().map(|product| (product.id, product)).collect();
        let ids = by_id.keys().copied().collect::<BTreeSet<_>>();
        self.lock_products(&ids, Wait::Yes).await?;
        // Two variants may change places: none is one while they do.
        let sql = "UPDATE products SET parent_sku = NULL WHERE tenant_id = $1 AND id {in $2} AND parent_sku IS NOT NULL";
        self.tx.exec(sql, &[self.key(), id_list(&ids)]).await?;
        let now = self.env.now();
        let rows = by_id
            .values()
            .map(|product| product_values(self.key(), product, now))
            .collect::<Result<Vec<_>, _>>()?;
        let changed = self.tx.exec_many(PRODUCT_UPDATE, &rows).await?;
        let sql = "DELETE FROM product_barcodes WHERE tenant_id = $1 AND product_id {in $2}";
        self.tx.exec(sql, &[self.key(), id_list(&ids)]).await?;
        self.write_barcodes(products).await?;
        self.mark_prices_of(&ids).await?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// Sets what one unit of each product costs, leaving floors as they are; the prices of their listings are computed
    /// anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_costs(&mut self, costs: &BTreeMap<ProductId, Option<Money>>) -> Result<(), StoreError> {
        let sql = "INSERT INTO product_costs (tenant_id, product_id, cost_minor, cost_currency, updated_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant_id, product_id) DO UPDATE SET cost_minor = excluded.cost_minor, \
             cost_currency = excluded.cost_currency, updated_at = excluded.updated_at";
        let now = self.env.now();
        let row = |(id, cost): (&ProductId, &Option<Money>)| {
            let [minor, currency] = money_values(*cost);
            vec![self.key(), (*id).into(), minor, currency, now.into()]
        };
        let rows: Vec<_> = costs.iter().map(row).collect();
        self.tx.exec_many(sql, &rows).await?;
        self.mark_prices_of(&costs.keys().copied().collect()).await
    }

    /// Enters what was counted of each product at the default location, under one reference; the same reference again
    /// changes nothing.
    ///
    /// # Errors
    /// [`EntryError::Kit`] and [`EntryError::NoProduct`]; nothing is entered then.
    pub async fn enter_counts(
        &mut self,
        counted: &BTreeMap<ProductId, i64>,
        (reference, note, actor): (&str, &str, &str),
    ) -> Result<usize, EntryError> {
        let mut book = StockBook::lock(self, &counted.keys().copied().collect()).await?;
        let location = book.default_location();
        let known = "SELECT cause_line FROM stock_ledger WHERE tenant_id = $1 AND cause_kind = 'manual' AND cause_ref = $2";
        let mut done = BTreeSet::new();
        for row in self.tx.query(known, &[self.key(), reference.into()]).await? {
            done.insert(row.string(0)?);
        }
        let mut entered = 0;
        for (product, units) in counted {
            if !book.holds(*product) {
                return Err(EntryError::NoProduct(*product));
            }
            book.no_kit(*product)?;
            if done.contains(&product.to_string()) {
                continue;
            }
            let before = book.shelf(*product, location).balance.on_hand;
            book.count(*product, location);
            let entry = NewEntry {
                product: *product,
                location,
                kind: EntryKind::Count,
                movement: Movement {
                    on_hand: units - before,
                    reserved: 0,
                },
                cause: Cause {
                    kind: "manual".into(),
                    reference: reference.to_owned(),
                    line: product.to_string(),
                },
                note: Some(note),
                actor,
            };
            book.post(self, entry)?;
            entered += 1;
        }
        book.write(self).await?;
        let now = self.env.now();
        self.mark_dirty(counted.keys().copied(), note, now).await?;
        Ok(entered)
    }

    /// Keeps the barcodes by which listings find products. The products must have none kept.
    pub(crate) async fn write_barcodes(&mut self, products: &[Product]) -> Result<(), StoreError> {
        let mut rows = BTreeMap::new();
        for product in products {
            for gtin in product.details.barcodes.iter().filter_map(|text| gtin14(text)) {
                let row = vec![self.key(), (&gtin).into(), product.id.into()];
                rows.insert((gtin, product.id), row);
            }
        }
        let rows = rows.into_values().collect();
        self.tx
            .insert_many("product_barcodes", BARCODE_COLUMNS, "", rows)
            .await
            .map(drop)
    }

    /// Refuses a variant that another product of the same parent is already, among `products` and those there.
    pub(crate) async fn variants_differ(&mut self, products: &[Product]) -> Result<(), ProductError> {
        match self.variant_clashes(products).await?.into_iter().next() {
            Some(clash) => Err(clash),
            None => Ok(()),
        }
    }

    /// Every product of these that is a variant which another one is already, among them and those there; of two among
    /// them the later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn variant_clashes(&mut self, products: &[Product]) -> Result<Vec<ProductError>, StoreError> {
        let parents: BTreeSet<String> = products
            .iter()
            .filter_map(|product| product.details.parent.as_ref())
            .map(ToString::to_string)
            .collect();
        let mut clashes = Vec::new();
        if parents.is_empty() {
            return Ok(clashes);
        }
        let given: BTreeSet<&Sku> = products.iter().map(|product| &product.sku).collect();
        let sql = "SELECT sku, parent_sku, options FROM products WHERE tenant_id = $1 AND parent_sku {in $2}";
        let parents = Value::TextList(parents.into_iter().collect());
        let mut taken: HashMap<Variant, Sku> = HashMap::new();
        for row in self.tx.query(sql, &[self.key(), parents]).await? {
            let sku = row.sku(0)?;
            if !given.contains(&sku) {
                taken.insert((row.string(1)?, row.json(2)?), sku);
            }
        }
        for product in products {
            let Some(parent) = &product.details.parent else {
                continue;
            };
            let variant = (parent.to_string(), product.details.options.clone());
            match taken.entry(variant) {
                Entry::Vacant(free) => {
                    free.insert(product.sku.clone());
                }
                Entry::Occupied(there) => clashes.push(ProductError::VariantTaken {
                    given: product.sku.clone(),
                    sku: there.get().clone(),
                    parent: parent.clone(),
                    options: product.details.variant_name(),
                }),
            }
        }
        Ok(clashes)
    }

    async fn mark_prices_of(&mut self, products: &BTreeSet<ProductId>) -> Result<(), StoreError> {
        let params = [self.key(), id_list(products), self.env.now().into()];
        // Locked in the order of ids first, as everybody does; an UPDATE would take them as they come.
        let sql = "SELECT COUNT(*) FROM (SELECT id FROM listings WHERE tenant_id = $1 AND product_id {in $2} \
             AND price_check_at > $3 AND price_check_at < 9223372036854775807 {lock_by id}) l";
        self.tx.query(sql, &params).await?;
        let sql = "UPDATE listings SET price_check_at = $3 WHERE tenant_id = $1 AND product_id {in $2} \
             AND price_check_at > $3 AND price_check_at < 9223372036854775807";
        self.tx.exec(sql, &params).await.map(drop)
    }
}
