//! What the benchmarks stand on: an empty database with a tenant, accounts, products with stock, and listings.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use anyhow::bail;
use stockbridge_channels::amazon::Amazon;
use stockbridge_domain::channel::{AccountDraft, Channel as _, ListingSnapshot, SecretText};
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{ProductId, Sku, Timestamp};
use stockbridge_store::testing::{self, TestDb};
use stockbridge_store::{AccountRecord, Amount, ManualEntry, NewAccount, NewProduct, Store, Tenant};

use crate::env;

/// Rows in one transaction while a stage is set.
const BATCH: usize = 500;
/// How long before now the listings were read and the accounts connected.
const AGE: Duration = Duration::from_secs(86_400);

/// Which databases to measure on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The embedded one, in a file, with the product's own settings.
    Sqlite,
    /// The server that `--postgres` names.
    Postgres,
}

/// A database with a tenant.
pub struct Stage {
    /// The store.
    pub store: Store,
    /// The tenant.
    pub tenant: Tenant,
    /// The database; it goes when the stage does.
    pub database: TestDb,
}

impl Stage {
    /// An empty database with a tenant. Nothing where no server is named.
    pub async fn new(kind: Kind, postgres: Option<&str>) -> anyhow::Result<Option<Self>> {
        let database = match (kind, postgres) {
            (Kind::Sqlite, _) => testing::sqlite()?,
            (Kind::Postgres, None) => return Ok(None),
            (Kind::Postgres, Some(url)) => testing::postgres_at(url).await?,
        };
        let store = database.store(env::system()).await?;
        let (id, _) = store.system().create_tenant("Bench", "bench@example.com").await?;
        Ok(Some(Self {
            tenant: store.tenant(id),
            store,
            database,
        }))
    }

    /// When the stage's past was.
    pub fn before(&self) -> Timestamp {
        self.store.env().now().minus(AGE)
    }

    /// An Amazon account, number `n`.
    pub async fn account(&self, n: usize) -> anyhow::Result<AccountRecord> {
        let draft = draft(n);
        let checked = match Amazon::default().check(&draft) {
            Ok(checked) => checked,
            Err(problems) => bail!("the account of the benchmark is refused: {problems:?}"),
        };
        let new = NewAccount {
            channel: stockbridge_domain::channel::ChannelKind::new("amazon"),
            name: draft.name,
            checked,
            credentials: draft.credentials,
            endpoints: draft.endpoints,
            options: draft.options,
            orders_from: self.before(),
        };
        let mut tx = self.tenant.begin().await?;
        let account = tx.create_account(new).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Products `SKU-00000` and so on, of each of which `units` were counted.
    pub async fn products(&self, count: usize, units: i64) -> anyhow::Result<Vec<ProductId>> {
        let mut ids = Vec::with_capacity(count);
        for first in (0..count).step_by(BATCH) {
            let new = new_products(first..count.min(first + BATCH))?;
            let mut tx = self.tenant.begin().await?;
            let created = tx.create_products(new).await?.products;
            for product in created {
                tx.enter_stock(&count_entry(product.id, units, "first")).await?;
                ids.push(product.id);
            }
            tx.commit().await?;
        }
        Ok(ids)
    }

    /// A listing of each product on the account, which shows `quantity`.
    pub async fn listings(&self, account: &AccountRecord, count: usize, quantity: i64) -> anyhow::Result<()> {
        for first in (0..count).step_by(BATCH) {
            let snapshots = (first..count.min(first + BATCH)).map(|n| {
                Ok(ListingSnapshot {
                    sku: sku(n)?,
                    channel_ref: Some(format!("B0{n:08}")),
                    barcode: None,
                    title: Some(title(n)),
                    fulfilled_by: FulfilledBy::Seller,
                    quantity: Some(quantity),
                    places: Vec::new(),
                    price: None,
                    status: ListingStatus::Active,
                    images: None,
                    handle: Some("HOME".to_owned()),
                    issues: Vec::new(),
                })
            });
            let snapshots = snapshots.collect::<anyhow::Result<Vec<_>>>()?;
            let mut tx = self.tenant.begin().await?;
            tx.upsert_listings(account.id, &snapshots, self.before()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Products by their numbers.
pub fn new_products(numbers: Range<usize>) -> anyhow::Result<Vec<NewProduct>> {
    let product = |n| {
        Ok(NewProduct {
            sku: sku(n)?,
            title: title(n),
            details: stockbridge_domain::catalog::ProductDetails::default(),
            base_price: None,
        })
    };
    numbers.map(product).collect()
}

/// The title of product number `n`.
pub fn title(n: usize) -> String {
    format!("Product number {n}, in a pack of one, assorted colours")
}

/// The SKU of product number `n`.
pub fn sku(n: usize) -> anyhow::Result<Sku> {
    Ok(Sku::parse(&format!("SKU-{n:05}"))?)
}

/// What a person writes who has counted a product.
pub fn count_entry(product: ProductId, units: i64, reference: &str) -> ManualEntry {
    ManualEntry {
        product,
        location: None,
        kind: EntryKind::Count,
        amount: Amount::Counted(units),
        reference: reference.to_owned(),
        note: None,
        actor: "bench".to_owned(),
    }
}

/// What a seller types in to connect an account.
pub fn draft(n: usize) -> AccountDraft {
    let credentials = [
        ("client_id", "amzn1.application-oa2-client.0123".to_owned()),
        ("client_secret", "amzn1.oa2-cs.v1.0123".to_owned()),
        ("refresh_token", "Atzr|IwEB".to_owned()),
        ("seller_id", format!("A3EXAMPLE{n:03}")),
    ];
    AccountDraft {
        name: format!("Amazon {n}"),
        marketplaces: vec!["DE".to_owned()],
        credentials: credentials
            .into_iter()
            .map(|(name, text)| (name.to_owned(), SecretText::new(text)))
            .collect(),
        endpoints: BTreeMap::new(),
        options: BTreeMap::new(),
    }
}
