//! Sales: kept, listed, and refused when two of them contradict each other.

use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Sale, SaleChange};
use stockbridge_domain::{SaleId, Timestamp};

use crate::columns::{Columns as _, money_values};
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::page::cursor_int;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// Why a sale was refused.
#[derive(Debug, thiserror::Error)]
pub enum SaleError {
    /// There is another for the same thing at the same time.
    #[error(
        "starts_at: the sale `{name}` is for the same thing from {from} to {to}; end that one first, or begin after it"
    )]
    Contradicts {
        /// The other one's name.
        name: String,
        /// From when on.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const SALE: &str = "id, name, scope, starts_at, ends_at, price_minor, price_currency, off_bp";

fn sale(row: &Row) -> Result<Sale, StoreError> {
    let change = match row.opt_money(5)? {
        Some(price) => SaleChange::Price(price),
        None => {
            let off = u32::try_from(row.int(7)?).map_err(|error| row.unreadable(7, error))?;
            SaleChange::Off(BasisPoints(off))
        }
    };
    Ok(Sale {
        id: row.parsed(0)?,
        name: row.string(1)?,
        scope: row.parsed(2)?,
        starts_at: row.time(3)?,
        ends_at: row.time(4)?,
        change,
    })
}

impl TenantTx {
    /// Enters a sale; the prices it concerns are computed anew when it begins and ends. Whether it makes sense by itself
    /// is the caller's to check ([`Sale::problems`]).
    ///
    /// # Errors
    /// [`SaleError::Contradicts`].
    pub async fn create_sale(&mut self, sale: &Sale) -> Result<(), SaleError> {
        // One at a time: of two that contradict each other one must see the other.
        let tenant = "SELECT tenant_id FROM tenants WHERE tenant_id = $1 {for_update}";
        self.tx.query(tenant, &[self.key()]).await?;
        let scope = Value::TextList(vec![sale.scope.to_string()]);
        for other in load(&mut self.tx, self.tenant.into(), scope, sale.starts_at).await? {
            if sale.contradicts(&other) {
                return Err(SaleError::Contradicts {
                    name: other.name,
                    from: other.starts_at,
                    to: other.ends_at,
                });
            }
        }
        let (price, off) = match sale.change {
            SaleChange::Price(price) => (Some(price), None),
            SaleChange::Off(off) => (None, Some(off.0)),
        };
        let [minor, currency] = money_values(price);
        let sql = "INSERT INTO price_sales (tenant_id, id, name, scope, starts_at, ends_at, price_minor, \
             price_currency, off_bp, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = [
            self.key(),
            sale.id.into(),
            (&sale.name).into(),
            sale.scope.to_string().into(),
            sale.starts_at.into(),
            sale.ends_at.into(),
            minor,
            currency,
            off.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        self.mark_prices(&sale.scope, false).await?;
        Ok(())
    }

    /// Takes a sale away, before or while it holds; answers it, or nothing when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_sale(&mut self, id: SaleId) -> Result<Option<Sale>, StoreError> {
        let sql = format!("DELETE FROM price_sales WHERE tenant_id = $1 AND id = $2 RETURNING {SALE}");
        let row = self.tx.query_opt(&sql, &[self.key(), id.into()]).await?;
        let gone = row.as_ref().map(sale).transpose()?;
        if let Some(gone) = &gone {
            self.mark_prices(&gone.scope, false).await?;
        }
        Ok(gone)
    }
}

impl Tenant {
    /// Sales, those that end last first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn price_sales(&self, query: &PageQuery) -> Result<Page<Sale>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        if let Some([at, id]) = query.after("sales")? {
            let (at, id) = (filter.param(cursor_int(&at)?), filter.param(id));
            filter.and(&format!("(ends_at < ${at} OR ends_at = ${at} AND id < ${id})"));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {SALE} FROM price_sales WHERE {} ORDER BY ends_at DESC, id DESC LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(sale).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("sales", items, |last| {
            [last.ends_at.micros().to_string(), last.id.to_string()]
        }))
    }
}

/// Sales of some scopes that are not over at an instant.
pub(super) async fn load(
    tx: &mut Tx,
    tenant: Value,
    scopes: Value,
    now: Timestamp,
) -> Result<Vec<Sale>, StoreError> {
    let sql =
        format!("SELECT {SALE} FROM price_sales WHERE tenant_id = $1 AND scope {{in $2}} AND ends_at > $3");
    let rows = tx.query(&sql, &[tenant, scopes, now.into()]).await?;
    rows.iter().map(sale).collect()
}
