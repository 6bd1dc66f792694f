//! Prices as people change them: rules, base prices and costs, and a yes to what waits for one.

use stockbridge_domain::catalog::Product;
use stockbridge_domain::pricing::{Rule, Scope, too_much};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, ListingId, Money, Sku};
use stockbridge_store::{
    Approved, Hypothesis, NewAudit, PriceFilter, PricePreview, PriceSettings, ProductCosts, Tenant, TenantTx,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// What changes of a product's prices; `None` leaves it, `Some(None)` takes it away.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProductPricePatch {
    /// The price before any channel's rules.
    pub base: Option<Option<Money>>,
    /// What one unit costs.
    pub cost: Option<Option<Money>>,
    /// The least a buyer pays for one unit.
    pub floor: Option<Option<Money>>,
}

/// A product with what its prices rest on.
#[derive(Debug, Clone)]
pub struct ProductPrices {
    /// The product.
    pub product: Product,
    /// Cost and floor.
    pub costs: ProductCosts,
}

pub(crate) fn problems(found: Vec<FieldError>) -> Result<(), Refusal> {
    if found.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Fields(found))
    }
}

impl Hub {
    /// Sets what a level says of prices, and has the prices it concerns computed anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a rule that cannot be, [`Refusal::NotFound`] for a level that is not there.
    pub async fn set_price_rule(&self, caller: &Caller, scope: &Scope, rule: Rule) -> Result<(), Refusal> {
        caller.require(if matches!(scope, Scope::Listing(_)) {
            Role::Operator
        } else {
            Role::Admin
        })?;
        problems(rule.problems(scope))?;
        self.scope_exists(&self.tenant(caller.tenant), scope).await?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.set_price_rule(scope, &rule).await?;
        let detail = serde_json::to_string(&rule).unwrap_or_default();
        self.audit_prices(&mut tx, caller, "price.rule", &scope.to_string(), &detail)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Sets a listing's own price; it is sent as soon as the channel's quota allows. Whoever sets it has decided, so it
    /// does not wait for a second word.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a listing that is not there, [`Refusal::Fields`] for a price that is none, is in another
    /// currency or below the floor.
    pub async fn set_price(&self, caller: &Caller, listing: ListingId, price: Money) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        if let Some(message) = too_much(price, true) {
            return Err(Refusal::field("price", message));
        }
        let tenant = self.tenant(caller.tenant);
        let unknown = || Refusal::NotFound(format!("there is no listing {listing}"));
        let shown = tenant.listing(listing).await?.ok_or_else(unknown)?.price;
        if let Some(shown) = shown.filter(|s| s.currency() != price.currency()) {
            return Err(Refusal::field(
                "price/currency",
                format!("this listing is sold in {}", shown.currency()),
            ));
        }
        let scope = Scope::Listing(listing);
        let known = tenant
            .price_rule(&scope)
            .await?
            .map(|r| r.rule)
            .unwrap_or_default();
        let rule = Rule {
            price: Some(price),
            keep: known.keep.filter(|keep| *keep),
            ..known
        };
        problems(rule.problems(&scope))?;
        self.not_below_the_floor(&tenant, &scope, rule, price).await?;
        let mut tx = tenant.begin().await?;
        tx.set_price_rule(&scope, &rule).await?;
        for account in tx.price_listings(&[listing], true).await?.due {
            tx.enqueue(job::push_price(account, self.env().now())).await?;
        }
        self.audit_prices(
            &mut tx,
            caller,
            "listing.price",
            &listing.to_string(),
            &price.to_string(),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Refuses a listing's own price that is below its floor: it would be raised without a word.
    async fn not_below_the_floor(
        &self,
        tenant: &Tenant,
        scope: &Scope,
        rule: Rule,
        price: Money,
    ) -> Result<(), Refusal> {
        let supposed = Hypothesis {
            rule: Some((scope.clone(), rule)),
            ..Hypothesis::default()
        };
        let wanted = PriceFilter {
            scope: Some(scope.clone()),
            limit: 1,
            ..PriceFilter::default()
        };
        let found = tenant.preview_prices(&wanted, &supposed).await?;
        let floor = found
            .first()
            .and_then(|p| p.priced.as_ref())
            .and_then(|p| p.floor);
        match floor.filter(|floor| floor.currency() == price.currency() && floor.minor() > price.minor()) {
            None => Ok(()),
            Some(floor) => Err(Refusal::field(
                "price",
                format!(
                    "{price} is below the floor {floor} of this listing; raise the price, or lower the floor first"
                ),
            )),
        }
    }

    /// Takes a listing's own price away, so that the rules decide again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a listing that is not there.
    pub async fn clear_price(&self, caller: &Caller, listing: ListingId) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let scope = Scope::Listing(listing);
        let tenant = self.tenant(caller.tenant);
        self.scope_exists(&tenant, &scope).await?;
        let mut tx = tenant.begin().await?;
        let rule = tx.price_rule(&scope).await?;
        tx.set_price_rule(&scope, &Rule { price: None, ..rule }).await?;
        self.audit_prices(
            &mut tx,
            caller,
            "listing.price",
            &listing.to_string(),
            "by the rules",
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Sets a product's base price, cost and floor.
    ///
    /// # Errors
    /// [`Refusal::Fields`] names the amount that cannot be; [`Refusal::NotFound`] for an unknown SKU.
    pub async fn set_product_prices(
        &self,
        caller: &Caller,
        sku: &Sku,
        patch: ProductPricePatch,
    ) -> Result<ProductPrices, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let mut product = tenant.product_by_sku(sku).await?.ok_or_else(|| {
            Refusal::NotFound(format!(
                "there is no product with the SKU `{sku}`; enter it first"
            ))
        })?;
        let mut costs = tenant.product_costs(product.id).await?;
        product.base_price = patch.base.unwrap_or(product.base_price);
        costs.cost = patch.cost.unwrap_or(costs.cost);
        costs.floor = patch.floor.unwrap_or(costs.floor);
        problems(product_problems(product.base_price, &costs))?;
        let mut tx = tenant.begin().await?;
        tx.set_base_price(product.id, product.base_price).await?;
        tx.set_product_costs(product.id, &costs).await?;
        let told = |money: Option<Money>| money.map_or_else(|| "none".to_owned(), |m| m.to_string());
        let detail = format!(
            "base {}, cost {}, floor {}",
            told(product.base_price),
            told(costs.cost),
            told(costs.floor)
        );
        self.audit_prices(&mut tx, caller, "product.price", &product.id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        Ok(ProductPrices { product, costs })
    }

    /// Sets how far prices may move by themselves and how old rates may be.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for what cannot be.
    pub async fn set_price_settings(&self, caller: &Caller, settings: PriceSettings) -> Result<(), Refusal> {
        caller.require(Role::Admin)?;
        problems(settings.problems())?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.set_price_settings(&settings).await?;
        let detail = format!(
            "variance {} bp, rates {} days",
            settings.variance.0, settings.rate_max_days
        );
        self.audit_prices(&mut tx, caller, "price.settings", "prices", &detail)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Says yes to a price that waits, as it was `seen`.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when it does not wait or has changed meanwhile.
    pub async fn approve_price(
        &self,
        caller: &Caller,
        listing: ListingId,
        seen: Money,
    ) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        self.scope_exists(&tenant, &Scope::Listing(listing)).await?;
        let mut tx = tenant.begin().await?;
        match tx.approve_price(listing, seen).await? {
            Approved::Due(account) => tx.enqueue(job::push_price(account, self.env().now())).await?,
            Approved::NotHeld => {
                return Err(Refusal::Conflict(
                    "no price of this listing waits for a person's word; see what it shows now".to_owned(),
                ));
            }
            Approved::Changed(now) => {
                return Err(Refusal::Conflict(format!(
                    "the price that waits is {now} by now, not {seen}; look at it again"
                )));
            }
        };
        crate::notices::held_prices(&mut tx).await?;
        self.audit_prices(
            &mut tx,
            caller,
            "price.approve",
            &listing.to_string(),
            &seen.to_string(),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// How a listing's price comes about.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a listing that is not there.
    pub async fn explain_price(&self, caller: &Caller, listing: ListingId) -> Result<PricePreview, Refusal> {
        caller.require(Role::Viewer)?;
        let wanted = PriceFilter {
            scope: Some(Scope::Listing(listing)),
            limit: 1,
            ..PriceFilter::default()
        };
        let found = self
            .tenant(caller.tenant)
            .preview_prices(&wanted, &Hypothesis::default())
            .await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| Refusal::NotFound(format!("there is no listing {listing}")))
    }

    /// Notes who changed prices, and has them computed.
    pub(crate) async fn audit_prices(
        &self,
        tx: &mut TenantTx,
        caller: &Caller,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), Refusal> {
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action,
            subject,
            detail,
        })
        .await?;
        Ok(())
    }

    /// Refuses a scope of something this tenant does not have.
    pub(crate) async fn scope_exists(&self, tenant: &Tenant, scope: &Scope) -> Result<(), Refusal> {
        let there = match scope {
            Scope::Tenant => true,
            Scope::Channel(kind) => self.channel(kind.as_str()).is_some(),
            Scope::Account(id) => tenant.account(*id).await?.is_some(),
            Scope::Product(id) => tenant.product(*id).await?.is_some(),
            Scope::Listing(id) => tenant.listing(*id).await?.is_some(),
        };
        if there {
            return Ok(());
        }
        let (level, name) = match scope {
            Scope::Tenant => ("tenant", String::new()),
            Scope::Channel(kind) => ("channel", kind.to_string()),
            Scope::Account(id) => ("store", id.to_string()),
            Scope::Product(id) => ("product", id.to_string()),
            Scope::Listing(id) => ("listing", id.to_string()),
        };
        Err(Refusal::NotFound(format!("there is no {level} {name}")))
    }
}

/// What is wrong with a base price and costs: fields `base`, `cost` and `floor`.
pub(crate) fn product_problems(base: Option<Money>, costs: &ProductCosts) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (field, money) in [("base", base), ("cost", costs.cost), ("floor", costs.floor)] {
        if let Some(message) = money.and_then(|m| too_much(m, field != "cost")) {
            found.push(FieldError::new(field, message));
        }
    }
    if let Some(cost) = costs.cost.filter(|cost| cost.minor() < 0) {
        found.push(FieldError::new(
            "cost",
            format!("a cost is not below zero, as {cost} is"),
        ));
    }
    if let (Some(floor), Some(base)) = (costs.floor, base)
        && floor.currency() == base.currency()
        && floor.minor() > base.minor()
    {
        found.push(FieldError::new(
            "floor",
            format!(
                "the floor {floor} is above the base price {base}; lower the floor or raise the base price"
            ),
        ));
    }
    found
}
