//! Stock as people change it: adjustments, counts, and how it is shared out.

use std::collections::BTreeMap;

use stockbridge_domain::allocation::{BasisPoints, Buffer};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, LedgerEntryId, LocationId, Quantity, Sku};
use stockbridge_store::{Amount, EntryError, LedgerRecord, ManualEntry, NewAudit, Policy, PolicyError};

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

/// How stock is to be shared out; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct PolicyPatch {
    /// What is kept back from every channel.
    pub buffer: Option<Buffer>,
    /// Shares by account; `None` as value means an equal part of the rest.
    pub shares: BTreeMap<AccountId, Option<BasisPoints>>,
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

    /// Changes how stock is shared out, and has every offer computed anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when shares add up to more than all.
    pub async fn set_policy(&self, caller: &Caller, patch: PolicyPatch) -> Result<Policy, Refusal> {
        caller.require(Role::Admin)?;
        let refuse = |error: PolicyError| match error {
            PolicyError::Store(error) => Refusal::Store(error),
            wrong => {
                let text = wrong.to_string();
                let (field, message) = text.split_once(": ").unwrap_or(("shares", &text));
                Refusal::field(field, message)
            }
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        if let Some(buffer) = patch.buffer {
            if buffer.units < 0 {
                return Err(Refusal::field("buffer/units", "a buffer is not negative"));
            }
            tx.set_buffer(buffer).await.map_err(refuse)?;
        }
        // Lower shares first, so that a swap of two never adds up to more than all on the way.
        let mut shares: Vec<_> = patch.shares.into_iter().collect();
        shares.sort_by_key(|(_, share)| *share);
        for (account, share) in shares {
            tx.set_share(account, share).await.map_err(refuse)?;
        }
        tx.mark_all_dirty(None, "policy").await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "policy.change",
            subject: "allocation",
            detail: "",
        })
        .await?;
        let policy = tx.policy().await?;
        tx.commit().await?;
        Ok(policy)
    }
}

/// Says at which field an entry is wrong.
pub(crate) fn entry_refusal(error: EntryError) -> Refusal {
    match &error {
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
