//! Policies: how stock is shared out, changed and tried out by people.

use std::collections::HashMap;

use stockbridge_domain::allocation::{Terms, TermsPatch};
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, FieldError, ProductId, Sku, TenantId};
use stockbridge_store::{
    NewAlert, NewAudit, PolicyContradiction, PolicyDraft, PolicyError, PolicyScope, PreviewRow,
    PreviewWanted, Severity, StoreError, TenantTx,
};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// A policy to be set, or removed, as typed in.
#[derive(Debug, Clone, Default)]
pub struct PolicyChange {
    /// For accounts of this channel.
    pub channel: Option<String>,
    /// For this account.
    pub account: Option<AccountId>,
    /// For the product with this SKU.
    pub sku: Option<String>,
    /// All it says; `None` removes it.
    pub terms: Option<Terms>,
}

/// What is to change of a policy, as typed in.
#[derive(Debug, Clone, Default)]
pub struct PolicyPatch {
    /// For accounts of this channel.
    pub channel: Option<String>,
    /// For this account.
    pub account: Option<AccountId>,
    /// For the product with this SKU.
    pub sku: Option<String>,
    /// What changes of what it says.
    pub terms: TermsPatch,
}

/// Which products a preview shows: those with listings, by SKU.
#[derive(Debug, Clone, Default)]
pub struct PreviewRequest {
    /// Only this one. Without it a change for one product shows that product.
    pub sku: Option<String>,
    /// Those after this SKU.
    pub after: Option<String>,
    /// How many products at most, 1 to 200.
    pub limit: Option<i64>,
}

/// Products of a preview unless asked otherwise.
const PREVIEWED: i64 = 50;
/// Changes at once.
const MOST_CHANGES: usize = 200;
/// The alert that tells contradictions, once for all of them.
const CONTRADICTION: &str = "policy.contradiction";

impl Hub {
    /// Sets and removes policies, all or none, and has every offer concerned computed anew. What contradicts itself only
    /// together with policies of other levels is done, raises an alert, and is answered.
    ///
    /// # Errors
    /// [`Refusal::Fields`] says what is wrong with which change.
    pub async fn change_policies(
        &self,
        caller: &Caller,
        changes: &[PolicyChange],
    ) -> Result<Vec<PolicyContradiction>, Refusal> {
        caller.require(Role::Admin)?;
        let drafts = self.drafts(caller.tenant, changes).await?;
        let tx = self.tenant(caller.tenant).begin().await?;
        self.write_policies(tx, caller, changes, &drafts).await
    }

    /// Changes single fields of policies, all or none: what a patch leaves out stays, null is left to more general
    /// policies. A policy that says nothing any more is removed.
    ///
    /// # Errors
    /// As [`Hub::change_policies`].
    pub async fn patch_policies(
        &self,
        caller: &Caller,
        patches: &[PolicyPatch],
    ) -> Result<Vec<PolicyContradiction>, Refusal> {
        caller.require(Role::Admin)?;
        let mut changes: Vec<PolicyChange> = patches
            .iter()
            .map(|patch| PolicyChange {
                channel: patch.channel.clone(),
                account: patch.account,
                sku: patch.sku.clone(),
                terms: None,
            })
            .collect();
        let mut drafts = self.drafts(caller.tenant, &changes).await?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let mut said: HashMap<PolicyScope, Terms> = HashMap::new();
        for ((patch, change), draft) in patches.iter().zip(&mut changes).zip(&mut drafts) {
            let before = match said.get(&draft.scope) {
                Some(terms) => *terms,
                None => tx.policy_terms(&draft.scope).await?,
            };
            let terms = patch.terms.apply(before);
            said.insert(draft.scope.clone(), terms);
            draft.terms = Some(terms).filter(|terms| *terms != Terms::NONE);
            change.terms = draft.terms;
        }
        self.write_policies(tx, caller, &changes, &drafts).await
    }

    async fn write_policies(
        &self,
        mut tx: TenantTx,
        caller: &Caller,
        changes: &[PolicyChange],
        drafts: &[PolicyDraft],
    ) -> Result<Vec<PolicyContradiction>, Refusal> {
        tx.change_policies(drafts).await.map_err(refused)?;
        let contradictions = tx.policy_contradictions().await?;
        tell(&mut tx, &contradictions).await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        for (change, draft) in changes.iter().zip(drafts) {
            tx.audit(&NewAudit {
                actor: &caller.actor,
                action: if draft.terms.is_some() {
                    "policy.set"
                } else {
                    "policy.remove"
                },
                subject: &subject(change),
                detail: &serde_json::to_string(&draft.terms).unwrap_or_default(),
            })
            .await?;
        }
        tx.commit().await?;
        Ok(contradictions)
    }

    /// What these changes would do to each listing. Nothing is changed.
    ///
    /// # Errors
    /// As [`Hub::change_policies`]; [`Refusal::Fields`] for an unknown SKU.
    pub async fn preview_policies(
        &self,
        caller: &Caller,
        changes: &[PolicyChange],
        request: &PreviewRequest,
    ) -> Result<Vec<PreviewRow>, Refusal> {
        caller.require(Role::Viewer)?;
        let drafts = self.drafts(caller.tenant, changes).await?;
        let limit = request.limit.unwrap_or(PREVIEWED);
        if !(1..=200).contains(&limit) {
            return Err(Refusal::field("limit", "give a number from 1 to 200"));
        }
        let only = match &request.sku {
            Some(sku) => Some(
                self.product_of(caller.tenant, sku)
                    .await?
                    .map_err(|m| Refusal::field("sku", m))?,
            ),
            None => drafts
                .first()
                .and_then(|draft| draft.scope.product)
                .filter(|_| drafts.len() == 1),
        };
        let wanted = only.map_or_else(
            || PreviewWanted::After {
                sku: request.after.clone().unwrap_or_default(),
                limit,
            },
            PreviewWanted::Product,
        );
        self.shares(caller.tenant, &drafts, &wanted).await
    }

    /// How a product is shared out now: what each listing gets, what is withheld from it and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shares_of(
        &self,
        tenant: TenantId,
        product: ProductId,
    ) -> Result<Vec<PreviewRow>, StoreError> {
        match self.shares(tenant, &[], &PreviewWanted::Product(product)).await {
            Err(Refusal::Store(error)) => Err(error),
            other => Ok(other.unwrap_or_default()),
        }
    }

    async fn shares(
        &self,
        tenant: TenantId,
        drafts: &[PolicyDraft],
        wanted: &PreviewWanted,
    ) -> Result<Vec<PreviewRow>, Refusal> {
        let accounts = self.offer_accounts(tenant).await?;
        let rows = self
            .tenant(tenant)
            .preview_policies(&accounts, drafts, wanted)
            .await;
        rows.map_err(refused)
    }

    /// Finds what the changes name.
    async fn drafts(&self, tenant: TenantId, changes: &[PolicyChange]) -> Result<Vec<PolicyDraft>, Refusal> {
        if changes.len() > MOST_CHANGES {
            return Err(Refusal::field(
                "changes",
                format!("at most {MOST_CHANGES} changes at once"),
            ));
        }
        let (mut drafts, mut wrong) = (Vec::with_capacity(changes.len()), Vec::new());
        for (index, change) in changes.iter().enumerate() {
            let (channel, sku) = (change.channel.as_deref(), change.sku.as_deref());
            let (scope, refused) = self.scope_named(tenant, channel, change.account, sku).await?;
            let placed = |w: FieldError| FieldError::new(format!("changes/{index}/{}", w.field), w.message);
            wrong.extend(refused.into_iter().map(placed));
            let terms = change.terms;
            drafts.push(PolicyDraft { scope, terms });
        }
        if wrong.is_empty() {
            Ok(drafts)
        } else {
            Err(Refusal::Fields(wrong))
        }
    }

    /// The scope with these names, and what is wrong with them. Whether there is such an account is the store's to say.
    pub(crate) async fn scope_named(
        &self,
        tenant: TenantId,
        channel: Option<&str>,
        account: Option<AccountId>,
        sku: Option<&str>,
    ) -> Result<(PolicyScope, Vec<FieldError>), StoreError> {
        let mut wrong = Vec::new();
        let mut scope = PolicyScope {
            account,
            ..PolicyScope::ALL
        };
        if let Some(channel) = channel {
            if self.channel(channel).is_none() {
                let known: Vec<&str> = self.channels().iter().map(|c| c.descriptor().kind).collect();
                let message = format!("there is no channel `{channel}`; there are {}", known.join(", "));
                wrong.push(FieldError::new("channel", message));
            }
            scope.channel = Some(ChannelKind::new(channel));
        }
        if let Some(sku) = sku {
            match self.product_of(tenant, sku).await? {
                Ok(product) => scope.product = Some(product),
                Err(message) => wrong.push(FieldError::new("sku", message)),
            }
        }
        Ok((scope, wrong))
    }

    /// The product with this SKU, or what to say when there is none.
    async fn product_of(&self, tenant: TenantId, sku: &str) -> Result<Result<ProductId, String>, StoreError> {
        let sku = match Sku::parse(sku) {
            Ok(sku) => sku,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let product = self.tenant(tenant).product_by_sku(&sku).await?;
        let missing = || format!("there is no product with the SKU `{sku}`; enter it first");
        Ok(product.map(|p| p.id).ok_or_else(missing))
    }
}

fn refused(error: PolicyError) -> Refusal {
    match error {
        PolicyError::Store(error) => Refusal::Store(error),
        PolicyError::Refused(wrong) => {
            Refusal::Fields(wrong.into_iter().map(|(index, e)| placed(index, e)).collect())
        }
    }
}

/// A field of a change as a path from the list of changes.
fn placed(index: usize, wrong: FieldError) -> FieldError {
    let path = match wrong.field.as_str() {
        "" => "terms".to_owned(),
        "channel" | "account" | "sku" => wrong.field,
        field => format!("terms/{field}"),
    };
    FieldError::new(format!("changes/{index}/{path}"), wrong.message)
}

fn subject(change: &PolicyChange) -> String {
    scope_in_words(change.channel.as_deref(), change.account, change.sku.as_deref())
}

/// A scope as the audit log names it: `MUG-1 on own`.
pub(crate) fn scope_in_words(channel: Option<&str>, account: Option<AccountId>, sku: Option<&str>) -> String {
    let parts = [
        sku.map(str::to_owned),
        channel.map(str::to_owned),
        account.map(|a| a.to_string()),
    ];
    let named: Vec<String> = parts.into_iter().flatten().collect();
    if named.is_empty() {
        "everything".to_owned()
    } else {
        named.join(" on ")
    }
}

/// Raises one alert for what contradicts itself across levels, or takes it back.
async fn tell(tx: &mut TenantTx, contradictions: &[PolicyContradiction]) -> Result<(), StoreError> {
    let Some(first) = contradictions.first() else {
        tx.resolve_alert(CONTRADICTION).await?;
        return Ok(());
    };
    tx.raise_alert(NewAlert {
        kind: CONTRADICTION,
        severity: Severity::Warning,
        dedupe_key: CONTRADICTION.to_owned(),
        account: first.account,
        subject: first.product.map(|p| p.to_string()),
        title: format!("Policies contradict each other: {}", first.message),
        detail: format!(
            "Found {} of these, between what is set in general and what is set for channels, stores or products. No more \
             is given away because of it. Change one of the two under Settings, Allocation.",
            contradictions.len()
        ),
    })
    .await?;
    Ok(())
}
