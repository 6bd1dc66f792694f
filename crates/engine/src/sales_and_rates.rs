//! Sales and exchange rates as people enter them.

use stockbridge_domain::pricing::{Day, Quote, Sale, SaleChange, Scope};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, SaleId, Timestamp};
use stockbridge_store::SaleError;

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::prices::problems;

/// A sale as typed in.
#[derive(Debug, Clone)]
pub struct NewSale {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The first instant of it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// What it does.
    pub change: SaleChange,
}

impl Hub {
    /// Enters a sale.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a sale that cannot be or contradicts another, [`Refusal::NotFound`] for a scope that is not
    /// there.
    pub async fn create_sale(&self, caller: &Caller, new: NewSale) -> Result<Sale, Refusal> {
        caller.require(Role::Operator)?;
        let sale = Sale {
            id: self.env().id(),
            name: new.name.trim().to_owned(),
            scope: new.scope,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            change: new.change,
        };
        let mut found = sale.problems();
        if sale.ends_at > sale.starts_at && sale.ends_at <= self.env().now() {
            found.push(FieldError::new(
                "ends_at",
                "the sale would be over already; give a later end",
            ));
        }
        problems(found)?;
        self.scope_exists(&self.tenant(caller.tenant), &sale.scope)
            .await?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.create_sale(&sale).await.map_err(|error| match error {
            SaleError::Store(error) => Refusal::Store(error),
            taken => {
                let text = taken.to_string();
                let (field, message) = text.split_once(": ").unwrap_or(("starts_at", &text));
                Refusal::field(field, message)
            }
        })?;
        let detail = format!(
            "{} for {} from {} to {}",
            sale.name, sale.scope, sale.starts_at, sale.ends_at
        );
        self.audit_prices(&mut tx, caller, "sale.create", &sale.id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        Ok(sale)
    }

    /// Takes a sale away; one that holds ends now.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a sale that is not there.
    pub async fn delete_sale(&self, caller: &Caller, id: SaleId) -> Result<Sale, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let gone = tx.delete_sale(id).await?;
        let gone = gone.ok_or_else(|| Refusal::NotFound(format!("there is no sale {id}")))?;
        self.audit_prices(&mut tx, caller, "sale.delete", &id.to_string(), &gone.name)
            .await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Takes exchange rates in; answers how many.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for rates of a day that has not come.
    pub async fn import_rates(
        &self,
        caller: &Caller,
        quotes: &[Quote],
        source: &str,
    ) -> Result<usize, Refusal> {
        caller.require(Role::Operator)?;
        let tomorrow = Day::of(self.env().now()).0 + 1;
        if let Some(early) = quotes.iter().find(|q| q.day.0 > tomorrow) {
            return Err(Refusal::field(
                "day",
                format!("{} has not come yet; rates are of today or before", early.day),
            ));
        }
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let imported = tx.import_rates(quotes, source).await?;
        let detail = format!("{imported} rates from {source}");
        self.audit_prices(&mut tx, caller, "rates.import", "rates", &detail)
            .await?;
        tx.commit().await?;
        Ok(imported)
    }
}
