//! `check`: proves that the books agree, or says which row does not and what to do.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use stockbridge_domain::TenantId;
use stockbridge_store::{Finding, LedgerCheck};

use super::{Context, tenant_named};
use crate::cli::{Form, Place};
use crate::{failure, output, wiring};

/// Prove that balances, reservations, exposures and references agree, or say which row does not.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stockbridge check --data-dir ./data\n  stockbridge check --tenant Acme --json\n\n\
    Exits with 1 when rows contradict each other. The embedded database is looked at while no server runs; a tenant's own \
    check over the API is GET /api/v1/inventory/check."
)]
pub struct Check {
    /// Check this tenant only, by name or id.
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Leave the database's own pages out.
    #[arg(long)]
    no_pages: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    form: Form,
}

/// One tenant's books.
#[derive(Debug, Serialize)]
struct Books {
    tenant: String,
    name: String,
    ok: bool,
    #[serde(flatten)]
    check: LedgerCheck,
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
struct Verdict {
    ok: bool,
    /// How long it took, in milliseconds.
    took_ms: u128,
    /// What the database says of its own pages.
    pages: Vec<Finding>,
    tenants: Vec<Books>,
}

impl Check {
    pub async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let settings = context.settings(&self.place)?;
        let store = wiring::store(&settings, wiring::Opening::Existing).await?;
        let begun = store.env().now();
        let records = match &self.tenant {
            Some(name) => vec![tenant_named(&store, Some(name)).await?],
            None => store.system().tenants().await?,
        };
        let ids: Vec<TenantId> = records.iter().map(|record| record.id).collect();
        let pages = self.tenant.is_none() && !self.no_pages;
        let checked = store.system().check(&ids, pages).await?;
        let tenants: Vec<Books> = records
            .into_iter()
            .zip(checked.books)
            .map(|(record, check)| Books {
                tenant: record.id.to_string(),
                name: record.name,
                ok: check.ok(),
                check,
            })
            .collect();
        let pages = checked.pages;
        let verdict = Verdict {
            ok: pages.is_empty() && tenants.iter().all(|books| books.ok),
            took_ms: store.env().now().since(begun).as_millis(),
            pages,
            tenants,
        };
        if self.form.json {
            output::json(&verdict);
        } else {
            tell(&verdict);
        }
        Ok(if verdict.ok {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(failure::FAILED)
        })
    }
}

fn tell(verdict: &Verdict) {
    for finding in &verdict.pages {
        tell_finding(finding);
    }
    for books in &verdict.tenants {
        let LedgerCheck {
            entries,
            balances,
            order_lines,
            listings,
            pushes,
            findings,
        } = &books.check;
        output::line(format_args!(
            "{} ({}): {entries} entries, {balances} balances, {order_lines} order lines, {listings} listings, {pushes} pushes",
            books.name, books.tenant
        ));
        findings.iter().for_each(tell_finding);
    }
    let how = if verdict.ok {
        "The books agree."
    } else {
        "The books do NOT agree."
    };
    output::line(format_args!("{how} ({} ms)", verdict.took_ms));
}

fn tell_finding(finding: &Finding) {
    let word = if finding.broken { "BROKEN" } else { "note" };
    output::line(format_args!("  {word}: {}", finding.what));
    output::line(format_args!("    {}", finding.remedy));
}
