//! Labels and invoices on an order's page: asking for them, fetching them, handing the parcel over.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::aftersales::AskStatus;
use stockbridge_domain::channel::PaperKind;
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{OrderId, Timestamp};
use stockbridge_engine::{Abilities, PapersRequest};
use stockbridge_store::{OrderDetail, ParcelRecord};

use super::done;
use super::typed::whole;
use crate::extract::{ApiPath, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::after::{PaperLink, PapersPart, ParcelRow};
use crate::view::words::when;
use crate::view::{Badge, Tone};

pub(super) fn routes() -> Vec<Route> {
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::POST, "/orders/{id}/papers", operator, want),
        Route::page(Method::GET, "/papers/{id}", operator, fetch),
        Route::page(Method::POST, "/parcels/{id}/hand-over", operator, hand_over),
    ]
}

/// What an order's page says and offers of its parcels' papers.
pub(super) fn papers(detail: &OrderDetail, can: &Abilities, now: Timestamp) -> PapersPart {
    let (order, parcels) = (&detail.order, &detail.after_sales.parcels);
    let waits = matches!(order.status, OrderStatus::Open | OrderStatus::PartiallyShipped);
    let awaited = parcels.iter().any(ParcelRecord::is_awaited);
    PapersPart {
        channel: can
            .channel
            .clone()
            .filter(|_| can.papers && waits && !awaited && order.fulfilled_by == FulfilledBy::Seller),
        again: !parcels.is_empty(),
        parcels: parcels.iter().map(|parcel| row(parcel, waits, now)).collect(),
    }
}

fn row(parcel: &ParcelRecord, waits: bool, now: Timestamp) -> ParcelRow {
    let links = parcel.papers.iter().map(|paper| PaperLink {
        href: format!("/papers/{}", paper.id),
        text: match paper.kind {
            PaperKind::Label => "Label",
            PaperKind::Invoice => "Invoice",
            PaperKind::LabelAndInvoice => "Label and invoice",
            PaperKind::Manifest => "Manifest",
        }
        .into(),
        expires: paper.expires_at.map(|at| when(at, now)),
    });
    let there = !parcel.papers.is_empty() || parcel.tracking.is_some();
    ParcelRow {
        id: parcel.id.to_string(),
        number: parcel.parcel,
        status: match (parcel.ask.status, parcel.handed_over_at) {
            (_, Some(_)) => Badge::new(Tone::Good, "ready to be fetched"),
            (AskStatus::Waiting, _) => Badge::new(Tone::Info, "asking the channel"),
            (AskStatus::Accepted, _) => Badge::new(Tone::Info, "being made"),
            (AskStatus::Done, _) => Badge::new(Tone::Good, "there"),
            (AskStatus::Refused, _) => Badge::new(Tone::Bad, "refused"),
            (AskStatus::Unclear, _) => Badge::new(Tone::Bad, "look at the channel"),
        },
        carrier: parcel.carrier.clone(),
        tracking: parcel.tracking.clone(),
        message: parcel.ask.message.clone(),
        papers: links.collect(),
        can_hand_over: waits && there && parcel.handed_over_at.is_none(),
    }
}

async fn want(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let id: OrderId = path.id("id")?;
    let sides = [
        whole(&form, "length")?,
        whole(&form, "width")?,
        whole(&form, "height")?,
    ];
    let size_mm = match sides {
        [Some(length), Some(width), Some(height)] => Some([length, width, height]),
        [None, None, None] => None,
        _ => {
            return Err(Problem::field(
                "/length",
                "write all three sides, or none of them",
            ));
        }
    };
    let request = PapersRequest {
        parcel: None,
        lines: Vec::new(),
        weight_grams: whole(&form, "weight")?,
        size_mm,
        invoice_number: form.optional("invoice"),
    };
    app.hub().want_papers(&caller, id, request).await?;
    Ok(done(
        &app,
        &form.back(),
        "The channel is asked; the papers are here as soon as it has made them.",
    ))
}

async fn fetch(State(app): State<App>, Who(caller): Who, path: ApiPath) -> Result<Response, Problem> {
    crate::api::papers::fetched(&app, &caller, &path).await
}

async fn hand_over(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    app.hub().hand_over(&caller, path.id("id")?).await?;
    Ok(done(
        &app,
        &form.back(),
        "The channel is told that the parcel is ready to be fetched.",
    ))
}
