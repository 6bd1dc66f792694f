//! One product: its equation, why channels show what they show, and every movement.

use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::allocation::{self, Reason};
use stockbridge_domain::mode::Regime;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{JobId, Timestamp};
use stockbridge_engine::{ExplainField, Explanation, ListingExplanation};
use stockbridge_store::{LedgerRecord, ListingPlace, LocationRecord, PreviewRow, StockAt, StockRecord};

use super::allocation::said;
use super::doers::Doers;
use super::explain::why_href;
use super::product_data::data;
use super::stock::marked;
use super::{Accounts, Frame, channel_label, component, product_href};
use crate::api::inventory::{no_product, sku_of};
use crate::extract::ApiPath;
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::product::{
    ComponentRow, LedgerRow, PlaceRow, ProductData, ProductPage, Spark, Step, WhyRow,
};
use crate::view::words::{change, count, money, number, told, when};
use crate::view::{Badge, Choice, Tone};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::page(
        Method::GET,
        "/stock/{sku}",
        Access::Role(Role::Viewer),
        show,
    )]
}

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let sku = sku_of(&path)?;
    let explained = frame.app.hub().explain(frame.who.0.tenant, &sku).await?;
    let explanation = explained.ok_or_else(|| no_product(&sku))?;
    let accounts = Accounts::of(&frame.tenant()).await?;
    let locations = frame.tenant().locations().await?;
    let variants = match &explanation.product.details.parent {
        Some(parent) => frame.tenant().variants(parent).await?,
        None => Vec::new(),
    };
    let data = data(&explanation.product, &variants);
    let doers = Doers::of(&frame.tenant()).await?;
    let page = page(&frame.app, &explanation, &accounts, &locations, &doers, data);
    frame.show("product", &page.sku, "stock", &page).await
}

fn page(
    app: &App,
    explanation: &Explanation,
    accounts: &Accounts,
    locations: &[LocationRecord],
    doers: &Doers,
    data: ProductData,
) -> ProductPage {
    let (product, stock, now) = (&explanation.product, &explanation.stock, app.now());
    let (tone, mark) = marked(stock);
    let mut levels: Vec<i64> = explanation.ledger.iter().map(|e| e.after.available()).collect();
    levels.reverse();
    ProductPage {
        sku: product.sku.to_string(),
        sku_path: component(product.sku.as_str()),
        title: product.title.clone(),
        data,
        price: product.base_price.map(money),
        on_hand: number(stock.on_hand),
        reserved: number(stock.reserved),
        withheld: Some(stock.withheld).filter(|n| *n != 0).map(number),
        available: number(stock.available),
        incoming: Some(stock.incoming).filter(|n| *n != 0).map(number),
        at_channels: Some(stock.at_channels).filter(|n| *n != 0).map(number),
        places: places(stock, locations),
        components: stock
            .components
            .iter()
            .map(|component| ComponentRow {
                href: product_href(component.sku.as_str()),
                sku: component.sku.to_string(),
                units: number(component.units),
                available: number(component.available),
            })
            .collect(),
        kit_lines: stock
            .components
            .iter()
            .map(|c| format!("{} {}\n", c.sku, c.units))
            .collect(),
        place_choices: place_choices(locations),
        tone,
        mark,
        why: why_href(product.sku.as_str(), None),
        steps: steps(&explanation.shares, stock.available),
        listings: explanation
            .listings
            .iter()
            .map(|l| why(app, explanation, l, accounts))
            .collect(),
        exposure: number(stock.exposure),
        covered: stock.exposure <= stock.available.max(0),
        more: explanation.ledger.len() >= 30,
        ledger: explanation
            .ledger
            .iter()
            .map(|e| movement(e, doers, now))
            .collect(),
        kinds: kinds(),
        once: app.hub().env().id::<JobId>().to_string(),
        spark: Spark::of(&levels),
    }
}

/// What lies where; nothing to tell while there is one location only.
fn places(stock: &StockRecord, locations: &[LocationRecord]) -> Vec<PlaceRow> {
    if locations.len() < 2 && stock.locations.iter().all(|at| at.safety == 0) {
        return Vec::new();
    }
    let row = |at: &StockAt| PlaceRow {
        id: at.location.to_string(),
        name: at.name.clone(),
        sellable: at.sellable,
        on_hand: number(at.on_hand),
        reserved: number(at.reserved),
        safety: number(at.safety),
        available: number(at.available),
        incoming: number(at.incoming),
    };
    stock.locations.iter().map(row).collect()
}

/// The open locations, when there is something to choose.
pub(super) fn place_choices(locations: &[LocationRecord]) -> Vec<Choice> {
    let open: Vec<Choice> = locations
        .iter()
        .filter(|location| location.closed_at.is_none())
        .map(|location| Choice {
            value: location.id.to_string(),
            text: location.name.clone(),
            chosen: location.is_default,
        })
        .collect();
    if open.len() > 1 { open } else { Vec::new() }
}

/// From what is available to what listings get.
fn steps(shares: &[PreviewRow], available: i64) -> Vec<Step> {
    let step = |label: String, units: i64| Step {
        label,
        value: number(units),
    };
    let mut steps = vec![step("available".into(), available)];
    let withheld = shares.iter().flat_map(|row| &row.after.withheld);
    let kept = withheld
        .filter(|w| w.reason == Reason::Buffer)
        .map(|w| w.units)
        .min();
    let kept = kept.unwrap_or(0);
    let left = available.max(0) - kept;
    if kept > 0 {
        steps.push(step(
            format!("after keeping back {} as buffer", number(kept)),
            left,
        ));
    }
    let Some(first) = shares.first() else {
        return steps;
    };
    let listings = shares.iter().filter(|row| row.listing.is_some()).count();
    let shared = shares
        .iter()
        .filter(|row| row.after.regime == Regime::Shared)
        .count();
    let how = match first.after.method {
        _ if shared == shares.len() => "shown to all of",
        allocation::Method::Split => "shared by percentages among",
        allocation::Method::Priority => "shared by tiers among",
        allocation::Method::Velocity => "shared by pace among",
    };
    let listings = i64::try_from(listings).unwrap_or(i64::MAX);
    if listings > 0 {
        steps.push(step(
            format!("{how} {}", count(listings, "listing", "listings")),
            left,
        ));
    }
    steps
}

/// Available units that are not for a listing, and why.
fn kept_back(shares: &[PreviewRow], listing: &ListingExplanation) -> Option<String> {
    let share = shares
        .iter()
        .find(|row| row.listing == Some(listing.offer.listing))?;
    let said: Vec<String> = share.after.withheld.iter().map(said).collect();
    Some(said.join(" · ")).filter(|text| !text.is_empty())
}

fn why(app: &App, explanation: &Explanation, listing: &ListingExplanation, accounts: &Accounts) -> WhyRow {
    let now = app.now();
    let sku = explanation.product.sku.as_str();
    let asked = |field: ExplainField| {
        let of_listing = (listing.offer.listing, field);
        (why_href(sku, Some(of_listing)), field.name())
    };
    let record = &listing.offer;
    let shown = record.offer.shown;
    let status = if record.problem.is_some() && !listing.verified {
        Badge::new(Tone::Bad, "in trouble")
    } else if record.offer.write.is_some() {
        Badge::new(Tone::Info, "change under way")
    } else if record.due.is_some() {
        Badge::new(Tone::Warn, "change waits")
    } else if record.hold.is_some() {
        Badge::new(Tone::Quiet, "left as it is")
    } else if listing.verified {
        Badge::new(Tone::Good, "in step")
    } else {
        Badge::new(Tone::Warn, "not verified")
    };
    let channel = accounts
        .0
        .iter()
        .find(|a| a.id == record.account)
        .map(|a| channel_label(app, a.channel.as_str()));
    WhyRow {
        account: listing.account_name.clone(),
        channel: channel.unwrap_or_default(),
        sku: record.sku.clone(),
        units: Some(record.units).filter(|units| *units != 1),
        desired: record.desired.map(number),
        withheld: kept_back(&explanation.shares, listing),
        why: [ExplainField::Quantity, ExplainField::Price, ExplainField::Status].map(asked),
        expected: listing.expected.map(number),
        places: shown_at(&record.places),
        shown: shown.map(|s| number(s.quantity)),
        shown_at: shown.map(|s| when(s.at, now)),
        equal: listing.expected.map(|_| listing.verified),
        exposure: number(record.offer.exposure),
        status,
        reason: told(&listing.because.join(" "), now),
    }
}

/// What each of the channel's locations shows, in one line.
fn shown_at(places: &[ListingPlace]) -> Option<String> {
    let place = |place: &ListingPlace| format!("{} {}", place.location, number(place.shown));
    let shown: Vec<String> = places.iter().map(place).collect();
    (!shown.is_empty()).then(|| shown.join(" · "))
}

fn movement(entry: &LedgerRecord, doers: &Doers, now: Timestamp) -> LedgerRow {
    // Orders cause movements by their line; people by a reference of their own.
    let by_hand = EntryKind::MANUAL.contains(&entry.kind);
    LedgerRow {
        at: when(entry.at, now),
        kind: entry.kind.name().to_owned(),
        on_hand: change(entry.change.on_hand),
        reserved: change(entry.change.reserved),
        on_hand_after: number(entry.after.on_hand),
        available_after: number(entry.after.available()),
        cause: if by_hand {
            "entered by hand".into()
        } else {
            "an order".into()
        },
        cause_href: Some(&entry.cause.reference)
            .filter(|reference| reference.starts_with("ord_"))
            .map(|reference| format!("/orders/{reference}")),
        actor: doers.name(&entry.actor),
        note: entry.note.clone(),
    }
}

fn kinds() -> Vec<Choice> {
    let words = [
        (EntryKind::Count, "Counted"),
        (EntryKind::Restock, "Goods came in"),
        (EntryKind::Return, "A buyer sent goods back"),
        (EntryKind::Damage, "Lost or broken"),
        (EntryKind::Adjustment, "Correction"),
    ];
    words
        .into_iter()
        .map(|(kind, text)| Choice {
            value: kind.name().into(),
            text: text.into(),
            chosen: kind == EntryKind::Count,
        })
        .collect()
}
