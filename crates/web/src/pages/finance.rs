//! Money that channels moved: sums by kind, the transactions, and an order's own.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::channel::{
    MoneyEvent, MoneyKind, MoneyState, MoneyVerdict, OrderMoney, SettlementVerdict,
};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{AccountId, Money, Timestamp};
use stockbridge_store::{MoneyFilter, MoneyRecord, MoneySum, PageQuery, SettlementFilter, SettlementRecord};

use super::{Accounts, Frame, address, pager};
use crate::extract::ApiQuery;
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::view::finance::{
    FinancePage, MoneyRow, NONE_HERE, NOTHING_MOVED, NOTHING_PAID, OrderMoneyRow, SettlementRow,
    SettlementsPage, SumRow,
};
use crate::view::words::{money, when};
use crate::view::{Badge, Choice, Tab, Tone};

pub(super) fn routes() -> Vec<Route> {
    let viewer = Access::Role(Role::Viewer);
    vec![
        Route::page(Method::GET, "/finance", viewer, show),
        Route::page(Method::GET, "/finance/settlements", viewer, settlements),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    account: Option<String>,
    event: Option<String>,
    order: Option<String>,
    days: Option<String>,
    cursor: Option<String>,
}

const PERIODS: &[(&str, &str)] = &[
    ("", "30 days"),
    ("7", "7 days"),
    ("90", "90 days"),
    ("365", "A year"),
    ("all", "All"),
];

/// When a period begins.
fn since(days: &str, now: Timestamp) -> Option<Timestamp> {
    let days = match days {
        "all" => return None,
        text => text.parse::<u32>().unwrap_or(30),
    };
    Some(now.minus(Duration::from_secs(86_400) * days.min(3_660)))
}

async fn show(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let [account, event, order, days] = [wanted.account, wanted.event, wanted.order, wanted.days]
        .map(|text| text.unwrap_or_default().trim().to_owned());
    let now = frame.app.now();
    let filter = MoneyFilter {
        account: account.parse::<AccountId>().ok(),
        event: MoneyEvent::parse(&event),
        order: Some(order.clone()).filter(|o| !o.is_empty()),
        from: since(&days, now),
        to: None,
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let tenant = frame.tenant();
    let (found, sums) = (
        tenant.money(&filter, &query).await?,
        tenant.money_sums(&filter).await?,
    );
    let accounts = Accounts::of(&tenant).await?;
    let same = [
        ("account", account.as_str()),
        ("event", &event),
        ("order", &order),
        ("days", &days),
    ];
    let filtered = same.iter().any(|(_, v)| !v.is_empty());
    let period = |(value, text): &(&str, &str)| Tab {
        href: address(
            "/finance",
            &[
                ("account", &account),
                ("event", &event),
                ("order", &order),
                ("days", value),
            ],
        ),
        text: (*text).into(),
        count: None,
        chosen: *value == days,
    };
    let page = FinancePage {
        tabs: PERIODS.iter().map(period).collect(),
        accounts: accounts.choices(&account),
        events: events(&event),
        sums: summed(&sums, &accounts),
        rows: found.items.iter().map(|r| row(r, &accounts, now)).collect(),
        pager: pager("/finance", &same, query.cursor.as_deref(), found.next.as_deref()),
        empty: if filtered { NONE_HERE } else { NOTHING_MOVED },
        order: order.clone(),
        days: days.clone(),
    };
    frame.show("finance", "Money", "orders", &page).await
}

fn events(chosen: &str) -> Vec<Choice> {
    let all = MoneyEvent::ALL.iter().map(|e| (e.name(), e.name()));
    [("", "Everything")]
        .into_iter()
        .chain(all)
        .map(|(value, text)| Choice {
            value: value.into(),
            text: text.into(),
            chosen: value == chosen,
        })
        .collect()
}

/// A kind in one or two words.
const fn named(kind: MoneyKind) -> &'static str {
    match kind {
        MoneyKind::Principal => "goods",
        MoneyKind::Tax => "tax",
        MoneyKind::WithheldTax => "tax the channel pays",
        MoneyKind::Shipping => "shipping",
        MoneyKind::Discount => "discounts",
        MoneyKind::Commission => "commission",
        MoneyKind::FulfilmentFee => "fulfilment fees",
        MoneyKind::Fee => "other fees",
        MoneyKind::Refund => "given back",
        MoneyKind::Adjustment => "set right",
        MoneyKind::Payout => "paid out",
        MoneyKind::Other => "other",
    }
}

/// Sums of one account in one currency as one row; what was paid out is no loss.
fn summed(sums: &[MoneySum], accounts: &Accounts) -> Vec<SumRow> {
    let mut rows: BTreeMap<(AccountId, &str), Vec<&MoneySum>> = BTreeMap::new();
    for sum in sums {
        rows.entry((sum.account, sum.amount.currency().code()))
            .or_default()
            .push(sum);
    }
    let row = |((account, _), of): ((AccountId, &str), Vec<&MoneySum>)| {
        let currency = of.first()?.amount.currency();
        let earned = || of.iter().filter(|s| s.kind != MoneyKind::Payout);
        let net = earned().fold(0_i64, |all, s| all.saturating_add(s.amount.minor()));
        let held = earned().fold(0_i64, |all, s| all.saturating_add(s.held.minor()));
        Some(SumRow {
            account: accounts.name(account),
            kinds: of
                .iter()
                .map(|s| (named(s.kind).to_owned(), money(s.amount)))
                .collect(),
            net: money(Money::from_minor(net, currency)),
            held: money(Money::from_minor(held, currency)),
        })
    };
    rows.into_iter().filter_map(row).collect()
}

fn row(record: &MoneyRecord, accounts: &Accounts, now: Timestamp) -> MoneyRow {
    let it = &record.transaction;
    let words = [it.told.as_str(), &it.description];
    let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
    MoneyRow {
        posted: when(it.posted_at, now),
        event: Badge::new(
            match it.event {
                MoneyEvent::Sale => Tone::Good,
                MoneyEvent::Refund => Tone::Warn,
                MoneyEvent::Fee | MoneyEvent::Adjustment | MoneyEvent::Payout => Tone::Info,
                MoneyEvent::Other => Tone::Quiet,
            },
            it.event.name(),
        ),
        told: words.join(" · "),
        account: accounts.name(record.account),
        order: it.channel_order_id.clone(),
        href: record.order.map(|id| format!("/orders/{id}")),
        state: state(it.state, &it.state_told),
        parts: it
            .parts
            .iter()
            .map(|p| (part_name(p.kind, &p.told), money(p.amount)))
            .collect(),
        total: money(it.total),
    }
}

/// A kind with the channel's word, where the kind alone says too little.
fn part_name(kind: MoneyKind, told: &str) -> String {
    match kind {
        MoneyKind::Fee | MoneyKind::Other | MoneyKind::Adjustment if !told.is_empty() => told.to_owned(),
        kind => named(kind).to_owned(),
    }
}

fn state(state: MoneyState, told: &str) -> Badge {
    match state {
        MoneyState::Held => Badge::new(Tone::Warn, "held back"),
        MoneyState::Released => Badge::new(Tone::Good, "released"),
        MoneyState::Superseded => Badge::new(Tone::Quiet, "told again by its release"),
        MoneyState::Unknown if told.is_empty() => Badge::new(Tone::Quiet, "not told"),
        MoneyState::Unknown => Badge::new(Tone::Quiet, told),
    }
}

/// What the channel posted of an order, for its page. Nothing while nothing is posted.
pub(super) fn order_rows(all: &[OrderMoney]) -> Vec<OrderMoneyRow> {
    all.iter()
        .filter(|m| !m.kinds.is_empty())
        .map(order_row)
        .collect()
}

fn order_row(of: &OrderMoney) -> OrderMoneyRow {
    let difference = of.difference.map(money).unwrap_or_default();
    let (verdict, meaning) = match of.verdict {
        MoneyVerdict::Waiting => (
            Badge::new(Tone::Info, "sale not posted yet"),
            "Channels post late; the last two days may be missing.".to_owned(),
        ),
        MoneyVerdict::Agrees => (
            Badge::new(Tone::Good, "agrees"),
            "The channel posted what the order says the buyer pays.".to_owned(),
        ),
        MoneyVerdict::Less => (
            Badge::new(Tone::Warn, "less posted"),
            format!(
                "{difference} against what the order says. Parcels are posted one by one; the rest may follow."
            ),
        ),
        MoneyVerdict::More => (
            Badge::new(Tone::Bad, "more posted"),
            format!("{difference} more than the order says. Look at the transactions."),
        ),
        MoneyVerdict::Unknown => (
            Badge::new(Tone::Quiet, "nothing to compare with"),
            "The order does not say what the buyer pays in this currency.".to_owned(),
        ),
    };
    OrderMoneyRow {
        verdict,
        meaning,
        kinds: of
            .kinds
            .iter()
            .map(|(kind, sum)| (named(*kind).to_owned(), money(*sum)))
            .collect(),
        net: money(of.net),
        held: (of.held.minor() != 0).then(|| money(of.held)),
    }
}

#[derive(Deserialize)]
struct Paid {
    account: Option<String>,
    cursor: Option<String>,
}

async fn settlements(frame: Frame, ApiQuery(wanted): ApiQuery<Paid>) -> Result<Response, Problem> {
    let account = wanted.account.unwrap_or_default();
    let filter = SettlementFilter {
        account: account.parse::<AccountId>().ok(),
    };
    let query = PageQuery {
        limit: 50,
        cursor: wanted.cursor,
    };
    let (tenant, now) = (frame.tenant(), frame.app.now());
    let found = tenant.settlements(&filter, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let page = SettlementsPage {
        accounts: accounts.choices(&account),
        rows: found.items.iter().map(|s| paid(s, &accounts, now)).collect(),
        pager: pager(
            "/finance/settlements",
            &[("account", account.as_str())],
            query.cursor.as_deref(),
            found.next.as_deref(),
        ),
        empty: NOTHING_PAID,
    };
    frame.show("settlements", "Settlements", "orders", &page).await
}

fn paid(of: &SettlementRecord, accounts: &Accounts, now: Timestamp) -> SettlementRow {
    let (verdict, meaning) = match of.verdict {
        SettlementVerdict::Agrees => (Badge::new(Tone::Good, "agrees"), String::new()),
        SettlementVerdict::Differs => (
            Badge::new(Tone::Warn, "differs"),
            "Paid another amount than its transactions say; reserves and transactions that were not read are the usual reasons."
                .to_owned(),
        ),
        SettlementVerdict::Unmatched => (
            Badge::new(Tone::Quiet, "nothing to compare with"),
            "No transaction that names it was read.".to_owned(),
        ),
        SettlementVerdict::Unsound => (
            Badge::new(Tone::Bad, "does not add up"),
            format!("Its own lines are {}; ask the channel.", money(of.lines_total)),
        ),
    };
    SettlementRow {
        id: of.id.clone(),
        account: accounts.name(of.account),
        from: when(of.from, now),
        to: when(of.to, now),
        deposited: of.deposited_at.map(|at| when(at, now)),
        paid: money(of.paid),
        expected: of.expected.map(money),
        verdict,
        meaning,
    }
}
