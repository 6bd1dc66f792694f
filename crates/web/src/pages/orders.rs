//! Orders: the list, one order with its forms, and entering one for an own store.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::fulfilment::ShipmentStatus;
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::OrderStatus;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, OrderId, ProductId, ReturnId, Timestamp};
use stockbridge_engine::{Abilities, OwnOrderLine, OwnOrderRequest, Parcel, UnitsOf};
use stockbridge_store::{
    AccountStatus, LedgerRecord, OrderFilter, OrderLineRecord, OrderRecord, PageQuery, ShipmentRecord,
};

use super::aftersales::after_sale;
use super::doers::Doers;
use super::finance::order_rows;
use super::returns::{places, returnable, returned};
use super::typed::{Lines, yes};
use super::{Accounts, Frame, address, choice, done, is_remote, pager, product_href};
use crate::extract::{ApiPath, ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::orders::{
    EffectRow, LineRow, NO_MATCH, NO_ORDERS, NO_OWN_STORE, NewOrderPage, OrderPage, OrderRow, OrdersPage,
    ShipmentRow,
};
use crate::view::words::{change, money, when};
use crate::view::{Badge, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    let operator = Access::Role(Role::Operator);
    vec![
        Route::page(Method::GET, "/orders", viewer, list),
        Route::page(Method::GET, "/orders/new", operator, new),
        Route::page(Method::POST, "/orders/new", operator, create),
        Route::page(Method::GET, "/orders/{id}", viewer, show),
        Route::page(Method::POST, "/orders/{id}/ship", operator, ship),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
    account: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
}

const TABS: &[(&str, &str)] = &[
    ("", "All"),
    ("pending", "Pending"),
    ("open", "To ship"),
    ("shipped", "Shipped"),
    ("cancelled", "Cancelled"),
    ("attention", "Odd"),
];

/// A status in one or two words.
fn status(status: OrderStatus) -> Badge {
    match status {
        OrderStatus::Pending => Badge::new(Tone::Quiet, "pending"),
        OrderStatus::Open => Badge::new(Tone::Info, "to ship"),
        OrderStatus::PartiallyShipped => Badge::new(Tone::Warn, "partly shipped"),
        OrderStatus::Shipped => Badge::new(Tone::Good, "shipped"),
        OrderStatus::Cancelled => Badge::new(Tone::Quiet, "cancelled"),
        OrderStatus::Unknown => Badge::new(Tone::Bad, "not understood"),
    }
}

/// The instant to ship by, and whether it is past, while the order waits.
fn deadline(order: &OrderRecord, now: Timestamp) -> (Option<crate::view::When>, bool) {
    let waits = matches!(order.status, OrderStatus::Open | OrderStatus::PartiallyShipped);
    let by = order.ship_by.filter(|_| waits);
    (by.map(|at| when(at, now)), by.is_some_and(|at| at < now))
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let (shown, account) = (
        wanted.status.unwrap_or_default(),
        wanted.account.unwrap_or_default(),
    );
    let search = wanted.q.unwrap_or_default();
    let filter = OrderFilter {
        status: OrderStatus::parse(&shown),
        account: account.parse::<AccountId>().ok(),
        search: Some(search.clone()).filter(|s| !s.is_empty()),
        attention: shown == "attention",
        ..OrderFilter::default()
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let found = tenant.orders(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let now = frame.app.now();
    let same = [("status", shown.as_str()), ("account", &account), ("q", &search)];
    let filtered = same.iter().any(|(_, v)| !v.is_empty());
    let page = OrdersPage {
        tabs: TABS
            .iter()
            .map(|(value, text)| Tab {
                href: address(
                    "/orders",
                    &[("status", value), ("account", &account), ("q", &search)],
                ),
                text: (*text).into(),
                count: None,
                chosen: *value == shown,
            })
            .collect(),
        accounts: accounts.choices(&account),
        rows: found.items.iter().map(|o| row(o, &accounts, now)).collect(),
        pager: pager("/orders", &same, query.cursor.as_deref(), found.next.as_deref()),
        empty: if filtered { NO_MATCH } else { NO_ORDERS },
        own_store: accounts
            .0
            .iter()
            .any(|a| !is_remote(&frame.app, a.channel.as_str())),
        search,
        status: shown,
    };
    frame.show("orders", "Orders", "orders", &page).await
}

fn row(order: &OrderRecord, accounts: &Accounts, now: Timestamp) -> OrderRow {
    let (ship_by, late) = deadline(order, now);
    OrderRow {
        href: format!("/orders/{}", order.id),
        number: order.channel_order_id.clone(),
        account: accounts.name(order.account),
        status: status(order.status),
        placed: when(order.placed_at, now),
        ship_by,
        late,
        total: order.total.map(money),
        attention: order.attention.clone(),
    }
}

/// Returns of an order that are shown and counted.
const RETURNS: i64 = 200;

async fn show(frame: Frame, path: ApiPath) -> Result<Response, Problem> {
    let id: OrderId = path.id("id")?;
    let tenant = frame.tenant();
    let detail = tenant
        .order(id)
        .await?
        .ok_or_else(|| Problem::not_found("There is no such order."))?;
    let (order, now) = (&detail.order, frame.app.now());
    let account = tenant.account(order.account).await?;
    let can = match &account {
        Some(account) => frame.app.hub().abilities(&frame.who.0, account).await?,
        None => Abilities::default(),
    };
    let (ship_by, late) = deadline(order, now);
    let returns = tenant.returns(Some(id), &PageQuery::first(RETURNS)).await?.items;
    let locations = tenant.locations().await?;
    let waits = matches!(order.status, OrderStatus::Open | OrderStatus::PartiallyShipped);
    let mut effects = Vec::with_capacity(detail.ledger.len());
    for entry in &detail.ledger {
        effects.push(effect(entry, &order.lines, now));
    }
    let page = OrderPage {
        id: id.to_string(),
        number: order.channel_order_id.clone(),
        account: account.map(|a| a.name).unwrap_or_default(),
        status: status(order.status),
        channel_status: order.channel_status.clone(),
        shipped_by: match order.fulfilled_by {
            FulfilledBy::Seller => "you",
            FulfilledBy::Channel => "the channel, from its own warehouse",
        }
        .into(),
        placed: when(order.placed_at, now),
        imported: when(order.imported_at, now),
        ship_by,
        late,
        total: order.total.map(money),
        attention: order.attention.clone(),
        lines: order.lines.iter().map(line).collect(),
        effects,
        shipments: detail.shipments.iter().map(|s| parcel(s, now)).collect(),
        can_ship: waits && order.fulfilled_by == FulfilledBy::Seller,
        money: order_rows(&tenant.order_money(id).await?.unwrap_or_default()),
        after: after_sale(&detail, &can, &Doers::of(&tenant).await?, now),
        pay_by: order
            .pay_by
            .filter(|_| order.status == OrderStatus::Pending)
            .map(|at| when(at, now)),
        backs: returnable(&order.lines, &returns),
        returns: returns
            .iter()
            .map(|r| returned(r, &order.lines, &locations, now))
            .collect(),
        places: places(&locations),
        once: frame.app.hub().env().id::<ReturnId>().to_string(),
    };
    frame
        .show("order", &order.channel_order_id, "orders", &page)
        .await
}

fn line(line: &OrderLineRecord) -> LineRow {
    let sku = line
        .sku
        .as_ref()
        .map_or_else(|| line.channel_line_id.clone(), ToString::to_string);
    LineRow {
        href: line.product.map(|_| product_href(&sku)),
        sku,
        title: line.title.clone(),
        ordered: line.ordered,
        shipped: line.shipped,
        cancelled: line.cancelled,
        reserved: line.stock.outstanding(),
        total: line.total.map(money),
    }
}

fn effect(entry: &LedgerRecord, lines: &[OrderLineRecord], now: Timestamp) -> EffectRow {
    let of = |product: ProductId| lines.iter().find(|l| l.product == Some(product))?.sku.as_ref();
    let sku = of(entry.product).map_or_else(|| entry.product.to_string(), ToString::to_string);
    EffectRow {
        at: when(entry.at, now),
        kind: entry.kind.name().to_owned(),
        href: product_href(&sku),
        sku,
        on_hand: change(entry.change.on_hand),
        reserved: change(entry.change.reserved),
    }
}

fn parcel(shipment: &ShipmentRecord, now: Timestamp) -> ShipmentRow {
    ShipmentRow {
        carrier: shipment.carrier.clone(),
        tracking: shipment.tracking.clone(),
        shipped: when(shipment.shipped_at, now),
        status: match shipment.status {
            ShipmentStatus::Pending => Badge::new(Tone::Info, "telling the channel"),
            ShipmentStatus::Confirmed => Badge::new(Tone::Good, "confirmed"),
            ShipmentStatus::Refused => Badge::new(Tone::Bad, "refused"),
            ShipmentStatus::Local => Badge::new(Tone::Good, "recorded"),
        },
        message: shipment.message.clone(),
    }
}

async fn ship(
    State(app): State<App>,
    Who(caller): Who,
    path: ApiPath,
    form: Form,
) -> Result<Response, Problem> {
    let parcel = Parcel {
        carrier: form.get("carrier").to_owned(),
        method: None,
        tracking: form.get("tracking").to_owned(),
        lines: Vec::new(),
    };
    app.hub().ship_order(&caller, path.id("id")?, parcel).await?;
    Ok(done(&app, &form.back(), "The parcel is recorded."))
}

async fn new(frame: Frame) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let accounts = Accounts::of(&tenant).await?;
    let page = NewOrderPage {
        accounts: accounts
            .0
            .iter()
            .filter(|a| a.status == AccountStatus::Active && !is_remote(&frame.app, a.channel.as_str()))
            .map(|a| choice(a, ""))
            .collect(),
        empty: NO_OWN_STORE,
    };
    frame.show("order_new", "New order", "orders", &page).await
}

async fn create(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let account = form
        .get("account")
        .parse()
        .map_err(|_| Problem::field("/account", "choose the store the order is for"))?;
    let lines = Lines::read(&form, "lines")?;
    let line = |line: &UnitsOf| OwnOrderLine {
        sku: line.sku.clone(),
        quantity: line.units,
        unit_price: None,
    };
    let request = OwnOrderRequest {
        account: Some(account),
        reference: form.optional("reference"),
        lines: lines.units.iter().map(line).collect(),
        buyer: None,
        unpaid: yes(&form, "unpaid").unwrap_or(false),
    };
    let made = app.hub().create_order(&caller, request).await;
    let detail = made.map_err(|refusal| lines.problem(refusal))?;
    Ok(done(
        &app,
        &format!("/orders/{}", detail.order.id),
        "The order is entered and its units are reserved.",
    ))
}
