//! Taking in a file of mappings: which product each listing of a store sells.

use std::collections::HashMap;

use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ListingId, ProductId, Sku};
use stockbridge_store::{MAX_UNITS, NewAudit};

use super::{Heading, ImportOptions, ImportReport, RowProblem, aside};
use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::sheet;

const COLUMNS: &[&str] = &["sku", "product_sku", "units"];

#[derive(Debug)]
struct Given {
    line: usize,
    listing: Sku,
    product: Sku,
    units: i64,
}

impl Hub {
    /// Takes in a CSV or XLSX file of an account's mappings. Orders that waited for the listings are reserved at once.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when the file cannot be read at all; rows that are wrong are told in the report.
    pub async fn import_mappings(
        &self,
        caller: &Caller,
        account: AccountId,
        file: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportReport, Refusal> {
        caller.require(Role::Operator)?;
        let read = aside(move || read(&file)).await?;
        let (seen, given, mut problems) = read.map_err(|message| Refusal::field("file", message))?;
        let mut report = ImportReport {
            dry_run: options.dry_run,
            rows: seen,
            ..ImportReport::default()
        };
        let tenant = self.tenant(caller.tenant);
        let listings = tenant
            .mapped_listings(account, given.iter().map(|g| g.listing.to_string()).collect())
            .await?;
        let products = tenant
            .products_with_costs(given.iter().map(|g| g.product.to_string()).collect())
            .await?;
        let mut wanted: Vec<(ListingId, ProductId, i64)> = Vec::new();
        for row in given {
            let listing = listings.get(row.listing.as_str());
            let product = products.get(row.product.as_str());
            if listing.is_none() {
                let message = format!(
                    "the store has no listing with the SKU `{}`; see its listings",
                    row.listing
                );
                problems.push(RowProblem::new(row.line, "sku", message));
            }
            if product.is_none() {
                let message = format!(
                    "there is no product with the SKU `{}`; create it first",
                    row.product
                );
                problems.push(RowProblem::new(row.line, "product_sku", message));
            }
            let (Some((listing, before, units)), Some((product, _))) = (listing, product) else {
                continue;
            };
            match before {
                Some(before) if *before == product.id && *units == row.units => {
                    report.unchanged += 1;
                    continue;
                }
                Some(_) => report.updated += 1,
                None => report.created += 1,
            }
            wanted.push((*listing, product.id, row.units));
        }
        let clean = problems.is_empty();
        report.tell(problems);
        if options.dry_run || wanted.is_empty() || !(clean || options.skip_bad) {
            return Ok(report);
        }
        let mut tx = tenant.begin().await?;
        let outcome = tx.map_listings(account, &wanted).await?;
        crate::notices::raise(&mut tx, Some(account), &outcome.notices).await?;
        crate::notices::mapped(&mut tx).await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "mapping.import",
            subject: &account.to_string(),
            detail: &format!("{} mapped, {} mapped anew", report.created, report.updated),
        })
        .await?;
        tx.commit().await?;
        report.written = true;
        Ok(report)
    }
}

type Read = (usize, Vec<Given>, Vec<RowProblem>);

fn read(bytes: &[u8]) -> Result<Read, String> {
    let (mut seen, mut given, mut problems) = (0, Vec::new(), Vec::new());
    let mut heading: Option<Heading> = None;
    let mut before: HashMap<Sku, usize> = HashMap::new();
    sheet::read(bytes, &mut |row| {
        let Some(heading) = &heading else {
            match Heading::read(&row, COLUMNS, &["sku", "product_sku"]) {
                Ok(read) => heading = Some(read),
                Err(found) => {
                    problems = found;
                    return Err(String::new());
                }
            }
            return Ok(());
        };
        seen += 1;
        let mut found = heading.problems(&row);
        let mut sku = |column: &str| {
            let read = Sku::parse(heading.cell(&row, column).unwrap_or_default());
            read.map_err(|error| found.push(RowProblem::new(row.line, column, error.to_string())))
                .ok()
        };
        let (listing, product) = (sku("sku"), sku("product_sku"));
        let text = heading.cell(&row, "units").unwrap_or_default();
        let units = if text.is_empty() {
            Some(1)
        } else {
            text.parse().ok()
        };
        let units = units.filter(|units| (1..=MAX_UNITS).contains(units));
        if units.is_none() {
            let message = format!(
                "one of the listing holds 1 to {MAX_UNITS} units of the product, not `{}`",
                sheet::shown(text)
            );
            found.push(RowProblem::new(row.line, "units", message));
        }
        if let (Some(listing), Some(product), Some(units)) = (listing, product, units) {
            if let Some(line) = before.insert(listing.clone(), row.line) {
                let message = format!("`{listing}` is on row {line} too; a listing sells one product");
                found.push(RowProblem::new(row.line, "sku", message));
            }
            if found.is_empty() {
                let line = row.line;
                given.push(Given {
                    line,
                    listing,
                    product,
                    units,
                });
            }
        }
        problems.extend(found);
        Ok(())
    })
    .or_else(|error| if error.is_empty() { Ok(()) } else { Err(error) })?;
    Ok((seen, given, problems))
}
