//! "Why is this number 3?": a quantity, a price or a status with what holds now and what led to it.

use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{ListingId, Timestamp};
use stockbridge_engine::{Chain, ExplainField, Link, LinkKind};
use stockbridge_store::{ListingFilter, ListingRecord, PageQuery};

use super::{Accounts, Frame, address, component};
use crate::api::inventory::{no_product, sku_of};
use crate::extract::{ApiPath, ApiQuery, parsed};
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::view::explain::{ExplainPage, LinkRow};
use crate::view::words::{told, when};
use crate::view::{Badge, Choice, Tone};

/// Listings that can be chosen.
const MOST: i64 = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::page(
        Method::GET,
        "/stock/{sku}/why",
        Access::Role(Role::Viewer),
        show,
    )]
}

/// The page that explains a product's available units, or a field of one of its listings.
pub(super) fn why_href(sku: &str, of_listing: Option<(ListingId, ExplainField)>) -> String {
    let path = format!("/stock/{}/why", component(sku));
    match of_listing {
        None => path,
        Some((listing, field)) => address(
            &path,
            &[("listing", &listing.to_string()), ("field", field.name())],
        ),
    }
}

#[derive(Deserialize)]
struct Asked {
    listing: Option<String>,
    field: Option<String>,
}

async fn show(frame: Frame, path: ApiPath, ApiQuery(asked): ApiQuery<Asked>) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let listing: Option<ListingId> = parsed("listing", asked.listing)?;
    let field = match (listing, asked.field.as_deref()) {
        // Of the product itself there is nothing but its quantity to explain.
        (None, _) | (_, None) => ExplainField::Quantity,
        (_, Some(name)) => ExplainField::parse(name).ok_or_else(|| {
            let remedy = format!("`{name}` cannot be explained; choose quantity, price or status");
            Problem::field("/query/field", remedy)
        })?,
    };
    let chain = frame
        .app
        .hub()
        .chain(frame.who.0.tenant, &sku, listing, field)
        .await?;
    let chain = chain.ok_or_else(|| match listing {
        Some(id) => Problem::not_found(format!("The product `{sku}` has no listing {id}.")),
        None => no_product(&sku),
    })?;
    let tenant = frame.tenant();
    let filter = ListingFilter {
        product: tenant.product_by_sku(&sku).await?.map(|product| product.id),
        ..ListingFilter::default()
    };
    let listings = tenant.listings(&filter, &PageQuery::first(MOST)).await?.items;
    let accounts = Accounts::of(&tenant).await?;
    let page = page(&chain, &listings, &accounts, frame.app.now());
    frame
        .show("explain", &format!("Why · {sku}"), "stock", &page)
        .await
}

fn page(chain: &Chain, listings: &[ListingRecord], accounts: &Accounts, at: Timestamp) -> ExplainPage {
    let (past, now): (Vec<&Link>, Vec<&Link>) = chain.links.iter().partition(|link| happened(link));
    let field = chain.field;
    let subject = match (&chain.account_name, field) {
        (None, _) => "Available".to_owned(),
        (Some(name), ExplainField::Quantity) => format!("Quantity at {name}"),
        (Some(name), ExplainField::Price) => format!("Price at {name}"),
        (Some(name), ExplainField::Status) => format!("Status at {name}"),
    };
    let sku = chain.sku.as_str();
    let mut query = vec![("field", field.name())];
    let listing = chain.listing.map(|id| id.to_string());
    query.extend(listing.as_deref().map(|id| ("listing", id)));
    ExplainPage {
        sku: sku.to_owned(),
        sku_path: component(sku),
        subject,
        value: chain.value.clone(),
        places: places(chain, listings, accounts),
        fields: if chain.listing.is_some() {
            fields(field)
        } else {
            Vec::new()
        },
        now: now.iter().map(|link| row(link, at)).collect(),
        past: past.iter().rev().map(|link| row(link, at)).collect(),
        api: address(
            &format!("/api/v1/inventory/stock/{}/explain", component(sku)),
            &query,
        ),
    }
}

/// Whether a link happened at its instant, rather than holds now.
fn happened(link: &Link) -> bool {
    match link.kind {
        LinkKind::Policy | LinkKind::Plan => false,
        LinkKind::Problem => link.row.is_some(),
        LinkKind::Ledger
        | LinkKind::Order
        | LinkKind::Push
        | LinkKind::Answer
        | LinkKind::Reading
        | LinkKind::Difference => true,
    }
}

fn places(chain: &Chain, listings: &[ListingRecord], accounts: &Accounts) -> Vec<Choice> {
    let itself = Choice {
        value: String::new(),
        text: "The product itself".into(),
        chosen: chain.listing.is_none(),
    };
    let one = |listing: &ListingRecord| Choice {
        value: listing.id.to_string(),
        text: if listing.sku == chain.sku {
            accounts.name(listing.account)
        } else {
            format!("{} as {}", accounts.name(listing.account), listing.sku)
        },
        chosen: chain.listing == Some(listing.id),
    };
    std::iter::once(itself).chain(listings.iter().map(one)).collect()
}

fn fields(chosen: ExplainField) -> Vec<Choice> {
    let one = |field: &ExplainField| Choice {
        value: field.name().into(),
        text: match field {
            ExplainField::Quantity => "Quantity".into(),
            ExplainField::Price => "Price".into(),
            ExplainField::Status => "Status".into(),
        },
        chosen: *field == chosen,
    };
    ExplainField::ALL.iter().map(one).collect()
}

fn row(link: &Link, now: Timestamp) -> LinkRow {
    let (tone, kind) = match link.kind {
        LinkKind::Ledger => (Tone::Good, "stock"),
        LinkKind::Order => (Tone::Good, "order"),
        LinkKind::Push => (Tone::Info, "sent"),
        LinkKind::Answer => (Tone::Info, "answered"),
        LinkKind::Reading => (Tone::Info, "read"),
        LinkKind::Policy => (Tone::Quiet, "rule"),
        LinkKind::Plan => (Tone::Quiet, "plan"),
        LinkKind::Difference => (Tone::Warn, "difference"),
        LinkKind::Problem => (Tone::Bad, "problem"),
    };
    let order = |text: &str| text.starts_with("ord_").then(|| format!("/orders/{text}"));
    let named = link.what.split(' ').find_map(order);
    let of_row = link.row.as_deref().and_then(order);
    let more = of_row.or(named).map(|href| (href, "the order"));
    LinkRow {
        at: when(link.at, now),
        clock: link
            .at
            .to_string()
            .replacen('T', " ", 1)
            .chars()
            .take(19)
            .collect(),
        kind: Badge::new(tone, kind),
        what: told(&without_ids(&link.what), now),
        value: link.value.clone(),
        more,
    }
}

/// A sentence without the ids in it, which the link beside it leads to.
fn without_ids(text: &str) -> String {
    text.replace(" by import", " read in")
        .split(' ')
        .filter(|word| !word.starts_with("ord_"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_links_rather_than_words() {
        let link = Link {
            at: Timestamp::EPOCH,
            kind: LinkKind::Ledger,
            what: "sale by import: +0 on hand, +1 reserved, because of order ord_1".into(),
            value: Some("9".into()),
            row: Some("led_1".into()),
        };
        let row = row(&link, Timestamp::EPOCH);
        assert_eq!(
            row.what,
            "sale read in: +0 on hand, +1 reserved, because of order"
        );
        assert_eq!(row.more, Some(("/orders/ord_1".to_owned(), "the order")));
        assert_eq!(row.clock, "1970-01-01 00:00:00");
    }
}
