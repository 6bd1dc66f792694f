//! Listings: what channels should show and show, and mapping them to products.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, ProductId, Timestamp};
use stockbridge_engine::ExplainField;
use stockbridge_store::{ListingFilter, ListingRecord, PageQuery, Tenant};

use super::explain::why_href;
use super::{Accounts, Frame, address, done, pager, product_href};
use crate::api::catalog::map_by_sku;
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::listings::{ALL_MAPPED, ALL_VERIFIED, ListingRow, ListingsPage, NO_LISTINGS, NO_MATCH};
use crate::view::words::{money, number, when};
use crate::view::{Badge, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::page(Method::GET, "/listings", Access::Role(Role::Viewer), list),
        Route::page(
            Method::POST,
            "/listings/{id}/map",
            Access::Role(Role::Operator),
            map,
        ),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    show: Option<String>,
    account: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (show, account) = (
        wanted.show.unwrap_or_default(),
        wanted.account.unwrap_or_default(),
    );
    let search = wanted.q.unwrap_or_default();
    let filter = ListingFilter {
        account: account.parse::<AccountId>().ok(),
        mapped: (show == "unmapped").then_some(false),
        verified: (show == "unverified").then_some(false),
        search: Some(search.clone()).filter(|s| !s.is_empty()),
        ..ListingFilter::default()
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let found = tenant.listings(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let counts = tenant.listing_counts().await?;
    let skus = skus_of(&tenant, &found.items).await?;
    let now = frame.app.now();
    let tab = |value: &str, text: &str, count: Option<i64>| Tab {
        href: address(
            "/listings",
            &[("show", value), ("account", &account), ("q", &search)],
        ),
        text: text.into(),
        count: count.filter(|n| *n > 0),
        chosen: value == show,
    };
    let same = [("show", show.as_str()), ("account", &account), ("q", &search)];
    let searched = !search.is_empty() || !account.is_empty();
    let page = ListingsPage {
        tabs: vec![
            tab("", "All", Some(counts.iter().map(|c| c.total).sum())),
            tab(
                "unverified",
                "Unverified",
                Some(counts.iter().map(|c| c.unverified).sum()),
            ),
            tab(
                "unmapped",
                "Unmapped",
                Some(counts.iter().map(|c| c.unmapped).sum()),
            ),
        ],
        accounts: accounts.choices(&account),
        rows: found
            .items
            .iter()
            .map(|l| row(l, &accounts, &skus, now))
            .collect(),
        pager: pager("/listings", &same, query.cursor.as_deref(), found.next.as_deref()),
        empty: match show.as_str() {
            _ if searched => NO_MATCH,
            "unverified" => ALL_VERIFIED,
            "unmapped" => ALL_MAPPED,
            _ => NO_LISTINGS,
        },
        search,
        show,
    };
    frame.show("listings", "Listings", "listings", &page).await
}

/// The SKUs of the products these listings sell.
async fn skus_of(
    tenant: &Tenant,
    listings: &[ListingRecord],
) -> Result<BTreeMap<ProductId, String>, Problem> {
    let mut skus = BTreeMap::new();
    for id in listings.iter().filter_map(|l| l.product) {
        if let Entry::Vacant(place) = skus.entry(id)
            && let Some(product) = tenant.product(id).await?
        {
            place.insert(product.sku.to_string());
        }
    }
    Ok(skus)
}

fn row(
    listing: &ListingRecord,
    accounts: &Accounts,
    skus: &BTreeMap<ProductId, String>,
    now: Timestamp,
) -> ListingRow {
    let product = listing.product.and_then(|id| skus.get(&id)).cloned();
    let seller = listing.fulfilled_by == FulfilledBy::Seller;
    let kept = seller && listing.product.is_some();
    let trouble = listing.last_problem.clone().filter(|_| !listing.verified);
    let issue = listing.issues.first().cloned();
    let why = product.as_deref().map_or_else(Vec::new, |sku| {
        let asked = |field: &ExplainField| (why_href(sku, Some((listing.id, *field))), field.name());
        ExplainField::ALL.iter().map(asked).collect()
    });
    ListingRow {
        why,
        id: listing.id.to_string(),
        sku: listing.sku.to_string(),
        title: listing.title.clone(),
        account: accounts.name(listing.account),
        status: match listing.status {
            ListingStatus::Active => Badge::new(Tone::Good, "active"),
            ListingStatus::Inactive => Badge::new(Tone::Quiet, "inactive"),
            ListingStatus::Suppressed => Badge::new(Tone::Bad, "suppressed"),
            ListingStatus::Unknown => Badge::new(Tone::Warn, "not understood"),
        },
        product_href: product.as_deref().map(product_href),
        product,
        units: Some(listing.units).filter(|units| *units != 1),
        expected: listing.expected.filter(|_| kept).map(number),
        shown: listing.offer.shown.map(|s| number(s.quantity)),
        equal: listing.expected.filter(|_| kept).map(|_| listing.verified),
        verified: listing.verified_at.map(|at| when(at, now)),
        by_channel: !seller,
        price: listing.price.map(money),
        images: listing.images.as_ref().map(ToString::to_string),
        problem: trouble.or(issue),
    }
}

async fn map(State(app): State<App>, who: Who, path: ApiPath, form: Form) -> Result<Response, Problem> {
    let text = form.get("units");
    let wrong = || {
        Problem::field(
            "/units",
            format!("`{text}` is not a number of units; write digits, such as 1"),
        )
    };
    let units = if text.is_empty() {
        1
    } else {
        text.parse().map_err(|_| wrong())?
    };
    let sku = form.get("sku");
    map_by_sku(&app, &who, path.id("id")?, Some(sku), units).await?;
    Ok(done(
        &app,
        &form.back(),
        format!("The listing now sells {sku}; its quantity follows."),
    ))
}
