//! Taking in a file of products: what is new is created, what differs is changed, the rest is left alone.

use std::collections::{BTreeMap, HashMap};

use stockbridge_domain::catalog::Product;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{LedgerEntryId, Money, ProductId, Sku};
use stockbridge_store::{NewAudit, NewProduct, ProductError, TenantTx};

use super::product_rows::{self, Rows};
use super::{ImportOptions, ImportReport, RowProblem, aside};
use crate::caller::{Caller, Refusal};
use crate::catalog::refused;
use crate::hub::Hub;
use crate::job;
use crate::stock::entry_refusal;

/// What is to be written.
#[derive(Default)]
struct Plan {
    created: Vec<Product>,
    updated: Vec<Product>,
    unchanged: usize,
    /// By SKU, as new products get their ids when they are created.
    costs: BTreeMap<Sku, Option<Money>>,
    counts: BTreeMap<Sku, i64>,
    ids: HashMap<Sku, ProductId>,
    lines: HashMap<Sku, usize>,
}

impl Hub {
    /// Takes in a CSV or XLSX file of products; with counts of stock, where it has them. A dry run goes the same way to
    /// the last check and writes nothing.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when the file cannot be read at all. Rows that are wrong are told in the report: then nothing
    /// is written, unless bad rows are to be left out.
    pub async fn import_products(
        &self,
        caller: &Caller,
        file: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportReport, Refusal> {
        caller.require(Role::Operator)?;
        let read = aside(move || product_rows::read(&file)).await?;
        let mut rows = read.map_err(|message| Refusal::field("file", message))?;
        let mut report = ImportReport {
            dry_run: options.dry_run,
            rows: rows.seen,
            ..ImportReport::default()
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let (plan, problems) = self.plan_import(&mut tx, &mut rows).await?;
        report.created = plan.created.len();
        report.updated = plan.updated.len();
        report.unchanged = plan.unchanged;
        report.counted = plan.counts.len();
        let clean = problems.is_empty();
        report.tell(problems);
        let changes = report.created + report.updated + plan.costs.len() + plan.counts.len() > 0;
        if options.dry_run || !changes || !(clean || options.skip_bad) {
            return Ok(report);
        }
        write(self, caller, &mut tx, plan, &report).await?;
        tx.commit().await?;
        report.written = true;
        self.auto_map(caller, None).await?;
        Ok(report)
    }

    /// Compares every row with what is there, under the products' locks.
    async fn plan_import(
        &self,
        tx: &mut TenantTx,
        rows: &mut Rows,
    ) -> Result<(Plan, Vec<RowProblem>), Refusal> {
        let skus: Vec<String> = rows.given.iter().map(|(sku, _)| sku.to_string()).collect();
        let kits = tx.lock_catalogue(skus.clone()).await?;
        let known = tx.products_with_costs(skus).await?;
        let mut problems = std::mem::take(&mut rows.problems);
        let mut plan = Plan::default();
        for (sku, given) in rows.given.drain(..) {
            let there = known.get(sku.as_str());
            if given.counted.is_some() && kits.contains(&sku) {
                let message = "a kit has no stock of its own; leave the cell empty and count its components";
                problems.push(RowProblem::new(given.line, "quantity", message));
                continue;
            }
            let product = match given.applied(&sku, there, self.env()) {
                Ok(product) => product,
                Err(wrong) => {
                    problems.extend(wrong);
                    continue;
                }
            };
            if given.bad {
                continue;
            }
            plan.lines.insert(sku.clone(), given.line);
            let cost = given
                .cost
                .filter(|cost| there.map_or(cost.is_some(), |(_, known)| known != cost));
            if let Some(units) = given.counted {
                plan.counts.insert(sku.clone(), units);
            }
            if let Some(cost) = cost {
                plan.costs.insert(sku.clone(), cost);
            }
            match there {
                None => plan.created.push(product),
                Some((before, _)) => {
                    plan.ids.insert(sku, before.id);
                    if *before != product || cost.is_some() {
                        plan.updated.push(product);
                    } else {
                        plan.unchanged += 1;
                    }
                }
            }
        }
        take_out_clashes(tx, &mut plan, &mut problems).await?;
        Ok((plan, problems))
    }
}

/// Two variants that are the same are a problem of the later one's row.
async fn take_out_clashes(
    tx: &mut TenantTx,
    plan: &mut Plan,
    problems: &mut Vec<RowProblem>,
) -> Result<(), Refusal> {
    let all = plan.created.iter().chain(&plan.updated);
    let all: Vec<Product> = all
        .filter(|product| product.details.parent.is_some())
        .cloned()
        .collect();
    for clash in tx.variant_clashes(&all).await? {
        let ProductError::VariantTaken { given, .. } = &clash else {
            continue;
        };
        let line = plan.lines.get(given).copied().unwrap_or_default();
        let said = clash.to_string();
        let message = said.strip_prefix("options: ").unwrap_or(&said);
        problems.push(RowProblem::new(line, "options", message));
        plan.created.retain(|product| product.sku != *given);
        plan.updated.retain(|product| product.sku != *given);
        plan.costs.remove(given);
        plan.counts.remove(given);
    }
    Ok(())
}

async fn write(
    hub: &Hub,
    caller: &Caller,
    tx: &mut TenantTx,
    mut plan: Plan,
    report: &ImportReport,
) -> Result<(), Refusal> {
    let new = |product: Product| NewProduct {
        sku: product.sku,
        title: product.title,
        base_price: product.base_price,
        details: product.details,
    };
    let created = plan.created.into_iter().map(new).collect();
    let created = tx.create_products(created).await.map_err(refused)?;
    for product in &created.products {
        plan.ids.insert(product.sku.clone(), product.id);
    }
    tx.change_products(&plan.updated).await.map_err(refused)?;
    let ids = &plan.ids;
    let by_id = |sku: &Sku| ids.get(sku).copied();
    let costs = plan
        .costs
        .iter()
        .filter_map(|(sku, cost)| Some((by_id(sku)?, *cost)));
    tx.set_costs(&costs.collect()).await?;
    let counts = plan
        .counts
        .iter()
        .filter_map(|(sku, units)| Some((by_id(sku)?, *units)));
    let reference = hub.env().id::<LedgerEntryId>().to_string();
    tx.enter_counts(
        &counts.collect(),
        (reference.as_str(), "product import", caller.actor.as_str()),
    )
    .await
    .map_err(entry_refusal)?;
    crate::notices::raise(tx, None, &created.adopted.notices).await?;
    tx.enqueue(job::plan(caller.tenant, hub.env().now())).await?;
    tx.enqueue(job::plan_prices(caller.tenant, hub.env().now()))
        .await?;
    let detail = format!(
        "{} created, {} updated, {} counted, {} refused",
        report.created, report.updated, report.counted, report.refused
    );
    tx.audit(&NewAudit {
        actor: &caller.actor,
        action: "product.import",
        subject: "products",
        detail: &detail,
    })
    .await?;
    Ok(())
}
