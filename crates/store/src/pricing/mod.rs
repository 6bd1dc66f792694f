//! What a tenant says of prices: rules by level, costs of products, settings. Sales, rates and the computing of prices
//! have files of their own.
//!
//! Everything that can change a price marks the listings concerned in the same transaction: their `price_check_at` is
//! now. Where a sale begins or ends, or a rate grows too old, it is that instant, so prices change on time although
//! nothing happens. Whoever computes prices looks at that column alone, so a change is never missed, only late.

mod book;
mod planning;
mod rates;
mod sales;

use serde::Serialize;
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Rule, Scope};
use stockbridge_domain::{FieldError, ListingId, Money, ProductId, Timestamp};

pub use book::{Hypothesis, PriceFilter, PricePreview};
pub use planning::{Approved, HeldCount, HeldPrice, PricePlan};
pub use rates::RateRecord;
pub use sales::SaleError;

use crate::columns::{Columns as _, money_values};
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// Listings whose price the hub does not keep: only a rule can change that.
const NOT_KEPT: i64 = i64::MAX;
/// Listings whose price changes only when somebody changes something.
const QUIET: i64 = i64::MAX - 1;

/// What a tenant decided about prices as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PriceSettings {
    /// A price that moves further than this waits for a person's word.
    pub variance: BasisPoints,
    /// Exchange rates older than this, in days, are not used.
    pub rate_max_days: i64,
}

impl Default for PriceSettings {
    /// Ten percent: more than a day's rates move, less than a wrong digit. Five days: the bank's longest holiday.
    fn default() -> Self {
        Self {
            variance: BasisPoints(1_000),
            rate_max_days: 5,
        }
    }
}

impl PriceSettings {
    /// What is wrong with them, if anything.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if !(1..=1_000_000).contains(&self.variance.0) {
            let message = "between 0.01 and 10000 percent (1 to 1000000) may pass without a person's word";
            problems.push(FieldError::new("variance", message));
        }
        if !(1..=60).contains(&self.rate_max_days) {
            problems.push(FieldError::new("rate_max_days", "rates may be 1 to 60 days old"));
        }
        problems
    }
}

/// A rule and its level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRecord {
    /// For what.
    pub scope: Scope,
    /// What it says.
    #[serde(flatten)]
    pub rule: Rule,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a product costs the seller, and the least a buyer pays; for one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ProductCosts {
    /// What it costs.
    pub cost: Option<Money>,
    /// The least a buyer pays.
    pub floor: Option<Money>,
}

const RULE: &str = "scope, keep, fee_bp, fee_minor, fee_currency, margin_bp, floor_minor, floor_currency, ending, \
     price_minor, price_currency, updated_at";

fn rule(row: &Row) -> Result<RuleRecord, StoreError> {
    let points = |i: usize| -> Result<Option<BasisPoints>, StoreError> {
        let value = row.opt_int(i)?.map(u32::try_from).transpose();
        Ok(value.map_err(|error| row.unreadable(i, error))?.map(BasisPoints))
    };
    Ok(RuleRecord {
        scope: row.parsed(0)?,
        rule: Rule {
            keep: row.opt_int(1)?.map(|keep| keep == 1),
            fee_part: points(2)?,
            fee_fixed: row.opt_money(3)?,
            margin: points(5)?,
            floor: row.opt_money(6)?,
            ending: row.opt_parsed(8)?,
            price: row.opt_money(9)?,
        },
        updated_at: row.time(11)?,
    })
}

impl TenantTx {
    /// The rule of a level; an empty one where it says nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn price_rule(&mut self, scope: &Scope) -> Result<Rule, StoreError> {
        let sql = format!("SELECT {RULE} FROM price_rules WHERE tenant_id = $1 AND scope = $2");
        let row = self
            .tx
            .query_opt(&sql, &[self.key(), scope.to_string().into()])
            .await?;
        Ok(row
            .as_ref()
            .map(rule)
            .transpose()?
            .map(|r| r.rule)
            .unwrap_or_default())
    }

    /// Sets the rule of a level as it is given; an empty one takes it away. The prices it concerns are computed anew.
    /// Whether the rule makes sense is the caller's to check ([`Rule::problems`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_price_rule(&mut self, scope: &Scope, rule: &Rule) -> Result<(), StoreError> {
        if rule.is_empty() {
            let sql = "DELETE FROM price_rules WHERE tenant_id = $1 AND scope = $2";
            self.tx.exec(sql, &[self.key(), scope.to_string().into()]).await?;
        } else {
            let sql = "INSERT INTO price_rules (tenant_id, scope, keep, fee_bp, fee_minor, fee_currency, margin_bp, \
                 floor_minor, floor_currency, ending, price_minor, price_currency, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                 ON CONFLICT (tenant_id, scope) DO UPDATE SET keep = excluded.keep, fee_bp = excluded.fee_bp, \
                 fee_minor = excluded.fee_minor, fee_currency = excluded.fee_currency, \
                 margin_bp = excluded.margin_bp, floor_minor = excluded.floor_minor, \
                 floor_currency = excluded.floor_currency, ending = excluded.ending, \
                 price_minor = excluded.price_minor, price_currency = excluded.price_currency, \
                 updated_at = excluded.updated_at";
            let [fee, fee_currency] = money_values(rule.fee_fixed);
            let [floor, floor_currency] = money_values(rule.floor);
            let [price, price_currency] = money_values(rule.price);
            let values = [
                self.key(),
                scope.to_string().into(),
                rule.keep.into(),
                rule.fee_part.map(|p| p.0).into(),
                fee,
                fee_currency,
                rule.margin.map(|p| p.0).into(),
                floor,
                floor_currency,
                rule.ending.map(|e| e.to_string()).into(),
                price,
                price_currency,
                self.env.now().into(),
            ];
            self.tx.exec(sql, &values).await?;
        }
        self.mark_prices(scope, true).await?;
        Ok(())
    }

    /// What a product costs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product_costs(&mut self, product: ProductId) -> Result<ProductCosts, StoreError> {
        costs(&mut self.tx, self.tenant.into(), product).await
    }

    /// Sets what a product costs and the least a buyer pays; the prices of its listings are computed anew.
    ///
    /// # Errors
    /// When the database fails, also when there is no such product.
    pub async fn set_product_costs(
        &mut self,
        product: ProductId,
        costs: &ProductCosts,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO product_costs (tenant_id, product_id, cost_minor, cost_currency, floor_minor, \
             floor_currency, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (tenant_id, product_id) DO UPDATE SET cost_minor = excluded.cost_minor, \
             cost_currency = excluded.cost_currency, floor_minor = excluded.floor_minor, \
             floor_currency = excluded.floor_currency, updated_at = excluded.updated_at";
        let [cost, cost_currency] = money_values(costs.cost);
        let [floor, floor_currency] = money_values(costs.floor);
        let values = [
            self.key(),
            product.into(),
            cost,
            cost_currency,
            floor,
            floor_currency,
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        self.mark_prices(&Scope::Product(product), false).await?;
        Ok(())
    }

    /// What the tenant decided about prices as a whole.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn price_settings(&mut self) -> Result<PriceSettings, StoreError> {
        settings(&mut self.tx, self.tenant.into()).await
    }

    /// Sets it; every price the hub keeps is computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_price_settings(&mut self, settings: &PriceSettings) -> Result<(), StoreError> {
        let sql = "INSERT INTO price_settings (tenant_id, variance_bp, rate_max_days, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id) DO UPDATE SET variance_bp = excluded.variance_bp, \
             rate_max_days = excluded.rate_max_days, updated_at = excluded.updated_at";
        let values = [
            self.key(),
            settings.variance.0.into(),
            settings.rate_max_days.into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await?;
        self.mark_prices(&Scope::Tenant, false).await?;
        Ok(())
    }

    /// Has the prices of a scope's listings computed anew; of those the hub does not keep only when `all`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_prices(&mut self, scope: &Scope, all: bool) -> Result<u64, StoreError> {
        let (which, value) = of_scope(scope, 4);
        let later = if all {
            ""
        } else {
            "AND price_check_at < 9223372036854775807"
        };
        let mut params = vec![self.key(), self.env.now().into()];
        // Locked in the order of ids first, as everybody does; an UPDATE would take them as they come.
        let lock = format!(
            "SELECT COUNT(*) FROM (SELECT id FROM listings WHERE tenant_id = $1 AND price_check_at > $2 {later} \
             {} {{lock_by id}}) l",
            which.replace("$4", "$3")
        );
        params.extend(value);
        self.tx.query(&lock, &params).await?;
        let sql = format!(
            "UPDATE listings SET price_check_at = $2 WHERE tenant_id = $1 AND price_check_at > $2 {later} {}",
            which.replace("$4", "$3")
        );
        self.tx.exec(&sql, &params).await
    }
}

/// The condition on `listings` that a scope means, with its parameter as `$number`.
fn of_scope(scope: &Scope, number: usize) -> (String, Option<Value>) {
    match scope {
        Scope::Tenant => (String::new(), None),
        Scope::Channel(kind) => (
            format!(
                "AND account_id IN (SELECT id FROM accounts WHERE tenant_id = $1 AND channel = ${number})"
            ),
            Some(kind.as_str().into()),
        ),
        Scope::Account(id) => (format!("AND account_id = ${number}"), Some((*id).into())),
        Scope::Product(id) => (format!("AND product_id = ${number}"), Some((*id).into())),
        Scope::Listing(id) => (format!("AND id = ${number}"), Some((*id).into())),
    }
}

impl Tenant {
    /// What the tenant decided about prices as a whole.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn price_settings(&self) -> Result<PriceSettings, StoreError> {
        settings(&mut self.read().await?, self.key()).await
    }

    /// What a product costs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product_costs(&self, product: ProductId) -> Result<ProductCosts, StoreError> {
        costs(&mut self.read().await?, self.key(), product).await
    }

    /// The rule of a level, if it says anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn price_rule(&self, scope: &Scope) -> Result<Option<RuleRecord>, StoreError> {
        let sql = format!("SELECT {RULE} FROM price_rules WHERE tenant_id = $1 AND scope = $2");
        let row = self
            .read()
            .await?
            .query_opt(&sql, &[self.key(), scope.to_string().into()])
            .await?;
        row.as_ref().map(rule).transpose()
    }

    /// Every rule, by scope.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn price_rules(&self, query: &PageQuery) -> Result<Page<RuleRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some(
            "scope > ?",
            query.after("price_rules")?.map(|[scope]: [String; 1]| scope),
        );
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT {RULE} FROM price_rules WHERE {} ORDER BY scope LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("price_rules", items, |last| [last.scope.to_string()]))
    }
}

async fn settings(tx: &mut Tx, tenant: Value) -> Result<PriceSettings, StoreError> {
    let sql = "SELECT variance_bp, rate_max_days FROM price_settings WHERE tenant_id = $1";
    let Some(row) = tx.query_opt(sql, &[tenant]).await? else {
        return Ok(PriceSettings::default());
    };
    let variance = u32::try_from(row.int(0)?).map_err(|error| row.unreadable(0, error))?;
    Ok(PriceSettings {
        variance: BasisPoints(variance),
        rate_max_days: row.int(1)?,
    })
}

async fn costs(tx: &mut Tx, tenant: Value, product: ProductId) -> Result<ProductCosts, StoreError> {
    let sql = "SELECT cost_minor, cost_currency, floor_minor, floor_currency FROM product_costs \
         WHERE tenant_id = $1 AND product_id = $2";
    let Some(row) = tx.query_opt(sql, &[tenant, product.into()]).await? else {
        return Ok(ProductCosts::default());
    };
    Ok(ProductCosts {
        cost: row.opt_money(0)?,
        floor: row.opt_money(2)?,
    })
}

/// Every scope that may say something of these listings, as text.
fn scopes<'a>(listings: impl Iterator<Item = &'a book::PricedListing>) -> Vec<String> {
    let mut scopes = std::collections::BTreeSet::from([Scope::Tenant.to_string()]);
    for listing in listings {
        let id: ListingId = listing.id;
        scopes.insert(Scope::Listing(id).to_string());
        scopes.insert(Scope::Account(listing.account).to_string());
        scopes.insert(Scope::Channel(listing.channel.clone()).to_string());
        scopes.extend(listing.product.map(|p| Scope::Product(p).to_string()));
    }
    scopes.into_iter().collect()
}
