//! Files sent from the dashboard: checked only, or taken in; what is wrong is told row by row on the same page.

use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::AccountId;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::{ImportOptions, ImportReport};

use super::typed::chosen;
use super::{Accounts, Frame, choice, done};
use crate::guard::{Access, Form, Upload};
use crate::problem::Problem;
use crate::route::Route;
use crate::view::Tone;
use crate::view::mapping::{ImportPage, ReportView};
use crate::view::words::{count, number};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/products/import", operator, products_form),
        Route::page(Method::POST, "/products/import", operator, products).takes_file(),
        Route::page(Method::GET, "/mappings/import", operator, mappings_form),
        Route::page(Method::POST, "/mappings/import", operator, mappings).takes_file(),
    ]
}

/// What each column of a product file holds.
const PRODUCT_COLUMNS: &[(&str, &str)] = &[
    (
        "sku",
        "Your own SKU; needed. A SKU that is there already is changed, any other is new.",
    ),
    ("title", "Its title; needed for new products."),
    (
        "barcode",
        "EAN, UPC or GTIN; several with | between. Format the column as text.",
    ),
    ("brand", "Brand."),
    ("category", "Category in your own words, such as Kitchen > Mugs."),
    (
        "price, currency",
        "Price before any channel's rules, such as 4.50 and EUR.",
    ),
    (
        "cost, cost_currency",
        "What one costs you; the currency is that of the price unless given.",
    ),
    ("weight_g", "Weight of one in grams, digits alone."),
    (
        "length_mm, width_mm, height_mm",
        "Its sides in millimetres, all three.",
    ),
    ("images", "Addresses of images, with | between."),
    (
        "attributes",
        "Anything else as a JSON object, such as {\"dishwasher\": true}.",
    ),
    ("parent", "For variants: a code of yours that groups them."),
    (
        "options",
        "For variants: what tells one from the others, such as size=M|colour=red.",
    ),
    (
        "quantity",
        "What lies on the shelf: enters a count. Leave it out to change no stock.",
    ),
];

const MAPPING_COLUMNS: &[(&str, &str)] = &[
    ("sku", "SKU of the listing on the store; needed."),
    ("product_sku", "SKU of the product it sells; needed."),
    (
        "units",
        "Units of the product in one of the listing; 1 unless given.",
    ),
];

fn product_page(report: Option<ReportView>) -> ImportPage {
    ImportPage {
        title: "Import products",
        action: "/products/import",
        from: ("/stock", "Stock"),
        columns: PRODUCT_COLUMNS.to_vec(),
        stores: Vec::new(),
        example: Some("/api/v1/exports/products"),
        report,
    }
}

async fn mapping_page(frame: &Frame, store: &str, report: Option<ReportView>) -> Result<ImportPage, Problem> {
    let accounts = Accounts::of(&frame.tenant()).await?;
    Ok(ImportPage {
        title: "Import mappings",
        action: "/mappings/import",
        from: ("/mappings", "Mapping"),
        columns: MAPPING_COLUMNS.to_vec(),
        stores: accounts.0.iter().map(|account| choice(account, store)).collect(),
        example: None,
        report,
    })
}

async fn products_form(frame: Frame) -> Result<Response, Problem> {
    frame
        .show("import", "Import products", "stock", &product_page(None))
        .await
}

async fn mappings_form(frame: Frame) -> Result<Response, Problem> {
    let page = mapping_page(&frame, "", None).await?;
    frame.show("import", "Import mappings", "listings", &page).await
}

fn options(form: &Form) -> ImportOptions {
    ImportOptions {
        dry_run: form.get("do") == "check",
        skip_bad: form.get("skip_bad") == "true",
    }
}

fn chosen_file(file: &Upload) -> Result<Vec<u8>, Problem> {
    if file.0.is_empty() {
        return Err(chosen("file", "choose a file that is not empty"));
    }
    Ok(file.0.to_vec())
}

async fn products(frame: Frame, form: Form, file: Upload) -> Result<Response, Problem> {
    let hub = frame.app.hub().clone();
    let report = hub
        .import_products(&frame.who.0, chosen_file(&file)?, options(&form))
        .await?;
    if report.written && report.problems.is_empty() {
        return Ok(done(&frame.app, "/stock", sentence(&report)));
    }
    let page = product_page(Some(told(&report)));
    let frame = frame.trying("/products/import", &form, "/products/import");
    frame.show("import", "Import products", "stock", &page).await
}

async fn mappings(frame: Frame, form: Form, file: Upload) -> Result<Response, Problem> {
    let store = form.get("store").to_owned();
    let account: AccountId = store.parse().map_err(|_| chosen("store", "choose a store"))?;
    if frame.tenant().account(account).await?.is_none() {
        return Err(chosen("store", "choose one of your stores"));
    }
    let hub = frame.app.hub().clone();
    let report = hub
        .import_mappings(&frame.who.0, account, chosen_file(&file)?, options(&form))
        .await?;
    if report.written && report.problems.is_empty() {
        return Ok(done(&frame.app, "/mappings", sentence(&report)));
    }
    let page = mapping_page(&frame, &store, Some(told(&report))).await?;
    let frame = frame.trying("/mappings/import", &form, "/mappings/import");
    frame.show("import", "Import mappings", "listings", &page).await
}

fn rows(n: usize) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX), "row", "rows")
}

fn many(n: usize) -> String {
    number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn sentence(report: &ImportReport) -> String {
    format!(
        "{} taken in: {} new, {} changed, {} the same as before.",
        rows(report.rows),
        many(report.created),
        many(report.updated),
        many(report.unchanged)
    )
}

fn told(report: &ImportReport) -> ReportView {
    let bad = !report.problems.is_empty();
    let (tone, headline) = match (report.dry_run, report.written, bad) {
        (true, _, false) => (
            Tone::Good,
            format!(
                "{} checked, all good. Nothing was written: choose the file again and import it.",
                rows(report.rows)
            ),
        ),
        (true, _, true) => (
            Tone::Warn,
            format!(
                "{} checked, {} wrong. Nothing was written.",
                rows(report.rows),
                rows(report.refused)
            ),
        ),
        (false, true, _) => (
            Tone::Warn,
            format!(
                "The good rows are taken in; {} were left out.",
                rows(report.refused)
            ),
        ),
        (false, false, true) => (
            Tone::Bad,
            format!(
                "Nothing was written: {} wrong. Put them right, or leave them out.",
                rows(report.refused)
            ),
        ),
        (false, false, false) => (Tone::Info, "Everything is as the file says already.".to_owned()),
    };
    let mut figures = vec![
        (many(report.created), "new"),
        (many(report.updated), "changed"),
        (many(report.unchanged), "the same"),
        (many(report.refused), "wrong"),
    ];
    if report.counted > 0 {
        figures.push((many(report.counted), "counted"));
    }
    ReportView {
        tone,
        headline,
        figures,
        problems: report
            .problems
            .iter()
            .map(|p| (many(p.row), p.column.clone(), p.message.clone()))
            .collect(),
        more: Some(report.problems_left_out)
            .filter(|n| *n > 0)
            .map(|n| format!("{} more are not shown.", many(n))),
    }
}
