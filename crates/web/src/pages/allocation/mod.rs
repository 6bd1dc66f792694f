//! Settings, Allocation: the policies of every level in one form, tried out before they are applied.

mod form;
mod preview;

pub(super) use preview::said;

use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::FieldError;
use stockbridge_domain::allocation::{Terms, example};
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{PolicyChange, PreviewRequest, Refusal};
use stockbridge_store::{AccountStatus, PageQuery, PolicyRecord, PolicyScope, StoreError};

use super::{Accounts, Frame, address, channel_label, done, is_remote};
use crate::api::inventory::{no_product, parsed_sku};
use crate::extract::ApiQuery;
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::view::allocation::{AllocationPage, OwnPolicies, PreviewTable};
use form::{Level, says};

const PATH: &str = "/settings/allocation";
/// Products in a preview.
const PREVIEWED: i64 = 25;
/// Policies read for the page.
const POLICIES: i64 = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(Method::GET, PATH, Access::Role(Role::Viewer), show),
        Route::page(Method::POST, PATH, Access::Role(Role::Admin), change),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    sku: Option<String>,
}

/// What is being set: for all products or for one, and what holds on each level.
struct Subject {
    sku: String,
    levels: Vec<Level>,
    /// Policies of single products, when this is about all.
    others: Vec<PolicyRecord>,
}

impl Subject {
    async fn load(frame: &Frame, sku: &str) -> Result<Self, Problem> {
        let tenant = frame.tenant();
        let product = if sku.is_empty() {
            None
        } else {
            let sku = parsed_sku(sku)?;
            Some(
                tenant
                    .product_by_sku(&sku)
                    .await?
                    .ok_or_else(|| no_product(&sku))?
                    .id,
            )
        };
        let policies = tenant.policies(product, &PageQuery::first(POLICIES)).await?.items;
        let (mut here, others): (Vec<_>, Vec<_>) =
            policies.into_iter().partition(|p| p.scope.product == product);
        let accounts = Accounts::of(&tenant).await?.0;
        let accounts = accounts
            .into_iter()
            .filter(|a| a.status != AccountStatus::Disconnected);
        let mut stores: Vec<_> = accounts.collect();
        stores.sort_by(|a, b| a.channel.cmp(&b.channel).then(a.name.cmp(&b.name)));
        let mut levels = Vec::new();
        let mut add = |scope: PolicyScope, label: String| {
            let scope = PolicyScope { product, ..scope };
            let at = here.iter().position(|p| p.scope == scope);
            let terms = at.map(|at| here.swap_remove(at).terms);
            levels.push(Level { scope, label, terms });
        };
        let all = if product.is_some() {
            "All channels"
        } else {
            "Everything"
        };
        add(PolicyScope::ALL, all.to_owned());
        let mut kinds: Vec<_> = stores.iter().map(|a| a.channel.clone()).collect();
        kinds.dedup();
        for kind in kinds {
            let label = channel_label(&frame.app, kind.as_str());
            let channel = Some(kind);
            add(
                PolicyScope {
                    channel,
                    ..PolicyScope::ALL
                },
                label,
            );
        }
        for store in &stores {
            add(PolicyScope::account(store.id), store.name.clone());
        }
        Ok(Self {
            sku: sku.to_owned(),
            levels,
            others,
        })
    }

    fn page(
        &self,
        form: Option<&Form>,
        problems: Vec<String>,
        preview: Option<PreviewTable>,
    ) -> AllocationPage {
        let row = |level: &Level| level.row(form, !self.sku.is_empty());
        AllocationPage {
            sku: self.sku.clone(),
            rows: self.levels.iter().map(row).collect(),
            problems,
            preview,
            products: own_policies(&self.others),
            contradictions: Vec::new(),
        }
    }

    /// What the form changes, with the label of each, or what is wrong with it.
    fn changes(&self, form: &Form) -> Result<Vec<(String, PolicyChange)>, Vec<String>> {
        let (mut changes, mut wrong) = (Vec::new(), Vec::new());
        for level in &self.levels {
            match level.typed(form) {
                Ok(terms) if terms == level.terms.unwrap_or_default() => {}
                Ok(terms) => changes.push((level.label.clone(), self.change(level, terms))),
                Err(errors) => wrong.extend(errors.iter().map(|e| in_words(&level.label, e))),
            }
        }
        if wrong.is_empty() { Ok(changes) } else { Err(wrong) }
    }

    fn change(&self, level: &Level, terms: Terms) -> PolicyChange {
        PolicyChange {
            channel: level.scope.channel.as_ref().map(ToString::to_string),
            account: level.scope.account,
            sku: Some(self.sku.clone()).filter(|sku| !sku.is_empty()),
            terms: Some(terms).filter(|terms| *terms != Terms::NONE),
        }
    }
}

/// One line for each product with policies of its own.
fn own_policies(policies: &[PolicyRecord]) -> Vec<OwnPolicies> {
    let mut products: Vec<OwnPolicies> = Vec::new();
    for policy in policies {
        let Some(sku) = &policy.sku else { continue };
        let says = says(&policy.terms);
        match products.last_mut().filter(|last| last.sku == sku.as_str()) {
            Some(last) => last.says = format!("{}; {says}", last.says),
            None => products.push(OwnPolicies {
                sku: sku.to_string(),
                href: address(PATH, &[("sku", sku.as_str())]),
                says,
            }),
        }
    }
    products
}

/// `Bazaar, share: lower it`.
fn in_words(label: &str, wrong: &FieldError) -> String {
    let field = wrong.field.replace('_', " ");
    if field.is_empty() {
        format!("{label}: {}", wrong.message)
    } else {
        format!("{label}, {field}: {}", wrong.message)
    }
}

/// A refusal of changes with these labels, in words.
fn refused(refusal: Refusal, labels: &[&str]) -> Result<Vec<String>, Problem> {
    let Refusal::Fields(fields) = refusal else {
        return Err(refusal.into());
    };
    let said = |wrong: FieldError| {
        let mut path = wrong.field.trim_start_matches("changes/").splitn(2, '/');
        let index = path.next().and_then(|n| n.parse::<usize>().ok());
        let label = index.and_then(|n| labels.get(n)).copied().unwrap_or("All");
        let field = path
            .next()
            .unwrap_or_default()
            .trim_start_matches("terms")
            .trim_start_matches('/');
        in_words(label, &FieldError::new(field, wrong.message))
    };
    Ok(fields.into_iter().map(said).collect())
}

async fn show(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let subject = Subject::load(&frame, wanted.sku.as_deref().unwrap_or_default()).await?;
    let mut page = subject.page(None, Vec::new(), None);
    page.contradictions = contradictions(&frame).await?;
    frame.show("allocation", "Allocation", "stock", &page).await
}

/// What contradicts itself across levels, with the names of stores and products.
async fn contradictions(frame: &Frame) -> Result<Vec<String>, StoreError> {
    let tenant = frame.tenant();
    let found = tenant.begin().await?.policy_contradictions().await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let accounts = Accounts::of(&tenant).await?;
    let mut said = Vec::with_capacity(found.len());
    for contradiction in found {
        let mut about = contradiction
            .account
            .map(|id| accounts.name(id))
            .into_iter()
            .collect::<Vec<_>>();
        if let Some(product) = contradiction.product {
            about.extend(tenant.product(product).await?.map(|p| p.sku.to_string()));
        }
        let about = if about.is_empty() {
            "All products".to_owned()
        } else {
            about.join(", ")
        };
        said.push(format!("{about}: {}.", contradiction.message));
    }
    Ok(said)
}

async fn change(frame: Frame, form: Form) -> Result<Response, Problem> {
    let subject = Subject::load(&frame, form.get("sku")).await?;
    let form = if form.get("do") == "example" {
        with_example(&frame, &subject, &form)
    } else {
        form
    };
    let answer = |problems: Vec<String>, preview| subject.page(Some(&form), problems, preview);
    let page = match subject.changes(&form) {
        Err(wrong) => answer(wrong, None),
        Ok(changes) => {
            let labels: Vec<&str> = changes.iter().map(|(label, _)| label.as_str()).collect();
            let changes: Vec<PolicyChange> = changes.iter().map(|(_, change)| change.clone()).collect();
            match act(&frame, &subject, &form, &changes).await {
                Ok(Acted::Applied(response)) => return Ok(response),
                Ok(Acted::Previewed(table)) => answer(Vec::new(), Some(table)),
                Err(refusal) => answer(refused(refusal, &labels)?, None),
            }
        }
    };
    frame.show("allocation", "Allocation", "stock", &page).await
}

enum Acted {
    Applied(Response),
    Previewed(PreviewTable),
}

async fn act(
    frame: &Frame,
    subject: &Subject,
    form: &Form,
    changes: &[PolicyChange],
) -> Result<Acted, Refusal> {
    let (hub, caller) = (frame.app.hub(), &frame.who.0);
    let back = address(PATH, &[("sku", &subject.sku)]);
    if form.get("do") == "apply" {
        if changes.is_empty() {
            return Ok(Acted::Applied(done(
                &frame.app,
                &back,
                "Nothing was different, so nothing was changed.",
            )));
        }
        hub.change_policies(caller, changes).await?;
        let text = "Saved. Every offer concerned is being computed anew; decreases go out first.";
        return Ok(Acted::Applied(done(&frame.app, &back, text)));
    }
    let request = PreviewRequest {
        sku: Some(subject.sku.clone()).filter(|sku| !sku.is_empty()),
        limit: Some(PREVIEWED),
        ..PreviewRequest::default()
    };
    let rows = hub.preview_policies(caller, changes, &request).await?;
    let accounts = Accounts::of(&frame.tenant()).await?;
    Ok(Acted::Previewed(preview::table(&rows, &accounts, PREVIEWED)))
}

/// The form with the example's shares for the channels.
fn with_example(frame: &Frame, subject: &Subject, form: &Form) -> Form {
    let channels: Vec<&Level> = subject
        .levels
        .iter()
        .filter(|l| l.scope.channel.is_some())
        .collect();
    let kind = |level: &Level| {
        level
            .scope
            .channel
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let remote: Vec<bool> = channels
        .iter()
        .map(|level| is_remote(&frame.app, &kind(level)))
        .collect();
    let mut form = form.clone();
    for (level, share) in channels.iter().zip(example(&remote)) {
        form.set(&format!("{}.share", level.key()), &share.percent());
    }
    form
}
