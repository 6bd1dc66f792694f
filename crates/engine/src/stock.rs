//! Stock as people change it: adjustments and counts.

use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{LedgerEntryId, LocationId, Quantity, Sku};
use stockbridge_store::{Amount, EntryError, LedgerRecord, ManualEntry};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// A change of stock as typed in: exactly one of `change` and `counted`.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// The product's SKU.
    pub sku: String,
    /// Where; the default location when absent.
    pub location: Option<LocationId>,
    /// Why.
    pub kind: EntryKind,
    /// So many more, or less.
    pub change: Option<i64>,
    /// So many lie there now.
    pub counted: Option<i64>,
    /// A remark.
    pub note: Option<String>,
    /// What makes it unique; made up when absent.
    pub reference: Option<String>,
}

impl Hub {
    /// Enters a change of stock and has the offers computed anew. The same reference again changes nothing and answers
    /// the first entry.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for wrong input, [`Refusal::NotFound`] for an unknown SKU.
    pub async fn adjust(&self, caller: &Caller, adjustment: Adjustment) -> Result<LedgerRecord, Refusal> {
        caller.require(Role::Operator)?;
        let amount = amount(&adjustment)?;
        let sku = Sku::parse(&adjustment.sku).map_err(|e| Refusal::field("sku", e.to_string()))?;
        if adjustment
            .note
            .as_deref()
            .is_some_and(|n| n.chars().count() > 500)
        {
            return Err(Refusal::field("note", "a note has at most 500 characters"));
        }
        let reference = match adjustment.reference.map(|r| r.trim().to_owned()) {
            Some(r) if r.is_empty() || r.chars().count() > 100 => {
                return Err(Refusal::field("reference", "a reference has 1 to 100 characters"));
            }
            Some(r) => r,
            None => self.env().id::<LedgerEntryId>().to_string(),
        };
        let tenant = self.tenant(caller.tenant);
        let product = tenant.product_by_sku(&sku).await?.ok_or_else(|| {
            Refusal::NotFound(format!(
                "there is no product with the SKU `{sku}`; enter it first"
            ))
        })?;
        let entry = ManualEntry {
            product: product.id,
            location: adjustment.location,
            kind: adjustment.kind,
            amount,
            reference,
            note: adjustment.note,
            actor: caller.actor.clone(),
        };
        let mut tx = tenant.begin().await?;
        let (record, new) = tx.enter_stock(&entry).await.map_err(entry_refusal)?;
        if new {
            tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        }
        tx.commit().await?;
        Ok(record)
    }
}

/// Says at which field an entry is wrong.
pub(crate) fn entry_refusal(error: EntryError) -> Refusal {
    match &error {
        EntryError::Kit(_) => Refusal::field("sku", error.to_string()),
        EntryError::NoProduct(_) => Refusal::NotFound(error.to_string()),
        EntryError::NoLocation(_) => Refusal::field("location", error.to_string()),
        EntryError::BelowZero { .. } => Refusal::field("change", error.to_string()),
        EntryError::Store(_) => Refusal::Store(error.into()),
    }
}

fn amount(adjustment: &Adjustment) -> Result<Amount, Refusal> {
    if !EntryKind::MANUAL.contains(&adjustment.kind) {
        let kinds: Vec<&str> = EntryKind::MANUAL.iter().map(|k| k.name()).collect();
        return Err(Refusal::field(
            "kind",
            format!("by hand only these are entered: {}", kinds.join(", ")),
        ));
    }
    match (adjustment.change, adjustment.counted) {
        (Some(0), None) => Err(Refusal::field(
            "change",
            "a change of 0 changes nothing; leave it out or give a number",
        )),
        (Some(change), None) if change.abs() <= i64::from(Quantity::MAX) => Ok(Amount::Change(change)),
        (Some(_), None) => Err(Refusal::field(
            "change",
            format!("at most {} units at once", Quantity::MAX),
        )),
        (None, Some(counted)) => Quantity::new(counted)
            .map(|q| Amount::Counted(q.units()))
            .map_err(|e| Refusal::field("counted", e.to_string())),
        _ => Err(Refusal::field(
            "change",
            "give either `change` (a difference) or `counted` (what lies there now)",
        )),
    }
}
