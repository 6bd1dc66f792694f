//! The overview: one answer, a few numbers, what needs a person.

mod promise;

use std::time::Duration;

use axum::http::Method;
use axum::response::Response;
use stockbridge_domain::Timestamp;
use stockbridge_domain::tenant::Role;
use stockbridge_store::{AccountFigures, AccountStatus, ConflictCounts, Overview};

use super::conflicts::to_decide;
use super::{Frame, channel_label, is_remote};
use crate::api::events::Snapshot;
use crate::guard::Access;
use crate::problem::Problem;
use crate::route::Route;
use crate::view::overview::{AccountRow, Attention, Figure, FirstStep, OverviewPage, Verdict};
use crate::view::words::{count, number, when};
use crate::view::{Badge, Tone};

/// What the promise is told from.
const PROMISE_WITHIN: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn routes() -> Vec<Route> {
    vec![Route::page(Method::GET, "/", Access::Role(Role::Viewer), show)]
}

async fn show(frame: Frame) -> Result<Response, Problem> {
    let overview = frame.tenant().overview().await?;
    let conflicts = frame.tenant().conflict_counts().await?;
    let prices_held: i64 = frame.tenant().held_price_counts().await?.values().sum();
    let figures = Snapshot::of(&overview);
    let measured = frame
        .app
        .hub()
        .promise(frame.who.0.tenant, Some(PROMISE_WITHIN))
        .await?;
    let now = frame.app.now();
    let accounts: Vec<AccountRow> = overview
        .accounts
        .iter()
        .filter(|a| a.status != AccountStatus::Disconnected)
        .map(|a| account(&frame, a, now))
        .collect();
    let has_products = frame
        .tenant()
        .stock(None, None, 1)
        .await?
        .iter()
        .any(|s| s.counted);
    let fresh = accounts.is_empty() || !has_products;
    let page = OverviewPage {
        verdict: verdict(&overview, &figures, now),
        figures: if accounts.is_empty() {
            Vec::new()
        } else {
            numbers(&overview, &figures)
        },
        promise: promise::promise(&frame, &measured),
        attention: attention(&overview, &figures, conflicts, prices_held),
        steps: if fresh {
            steps(!accounts.is_empty(), has_products, figures.listings_unmapped)
        } else {
            Vec::new()
        },
        accounts,
    };
    frame.show("overview", "Overview", "overview", &page).await
}

fn needs_person(account: &&AccountFigures) -> bool {
    account.status == AccountStatus::NeedsReauthorisation
}

fn verdict(overview: &Overview, figures: &Snapshot, now: Timestamp) -> Verdict {
    let (verified, total) = (figures.listings_verified, figures.listings_total);
    let out = total - verified;
    let troubled = i64::try_from(overview.accounts.iter().filter(needs_person).count()).unwrap_or(0);
    let heard = overview
        .accounts
        .iter()
        .filter_map(|a| a.last_ok_at)
        .max()
        .map_or_else(String::new, |at| {
            format!(" Last heard from a channel {}.", when(at, now).text)
        });
    let (tone, equal, headline, detail) = if overview.accounts.is_empty() {
        let detail = "Connect the first account, and its listings and orders appear here.".to_owned();
        (Tone::Quiet, true, "Nothing to keep in step yet", detail)
    } else if troubled > 0 {
        let detail = format!(
            "{} to be authorised again; its stock and orders wait. Nothing is lost.",
            count(troubled, "account has", "accounts have")
        );
        (Tone::Bad, false, "A channel is cut off", detail)
    } else if figures.alerts_critical > 0 {
        let detail = format!(
            "{} to be looked at.",
            count(
                figures.alerts_critical,
                "critical alert needs",
                "critical alerts need"
            )
        );
        (Tone::Bad, out == 0, "Needs you", detail)
    } else if total == 0 {
        (
            Tone::Quiet,
            true,
            "Ready",
            format!("No listing is kept in step yet: count stock, and map listings to products.{heard}"),
        )
    } else if out == 0 {
        (
            Tone::Good,
            true,
            "In step",
            format!("Every listing was seen to show what it should.{heard}"),
        )
    } else if out * 5 > total {
        let detail = format!(
            "{} still to be seen showing what they should.{heard}",
            count(out, "listing is", "listings are")
        );
        (Tone::Warn, false, "Catching up", detail)
    } else {
        let detail = format!(
            "{} changed just now; what the channel shows is being read back.{heard}",
            count(out, "listing", "listings")
        );
        (Tone::Good, true, "In step", detail)
    };
    Verdict {
        tone,
        equal,
        headline: headline.to_owned(),
        detail,
        verified,
        total,
    }
}

fn numbers(overview: &Overview, figures: &Snapshot) -> Vec<Figure> {
    let figure = |key, label, value: i64, note: String, tone, href| Figure {
        key,
        label,
        value: number(value),
        note,
        tone,
        href,
    };
    let dead = figures.jobs_dead;
    let watched = figures.orders_with_attention;
    vec![
        figure(
            "orders_24h",
            "orders in 24 h",
            figures.orders_24h,
            "on all channels".into(),
            Tone::Quiet,
            "/orders",
        ),
        figure(
            "orders_open",
            "orders to ship",
            figures.orders_open,
            if watched == 0 {
                "none needs a look".into()
            } else {
                count(watched, "needs a look", "need a look")
            },
            if watched == 0 { Tone::Quiet } else { Tone::Warn },
            "/orders?status=open",
        ),
        figure(
            "units_available",
            "units available",
            figures.units_available,
            format!("{} could be sold by channels", number(overview.units_exposed)),
            if overview.units_exposed > overview.units_available.max(0) {
                Tone::Warn
            } else {
                Tone::Quiet
            },
            "/stock",
        ),
        figure(
            "jobs_queued",
            "jobs waiting",
            figures.jobs_queued,
            if dead == 0 {
                "none gave up".into()
            } else {
                format!("{} gave up", number(dead))
            },
            if dead == 0 { Tone::Quiet } else { Tone::Bad },
            "/sync",
        ),
    ]
}

fn attention(
    overview: &Overview,
    figures: &Snapshot,
    conflicts: ConflictCounts,
    prices_held: i64,
) -> Vec<Attention> {
    let mut list: Vec<Attention> = overview
        .accounts
        .iter()
        .filter(needs_person)
        .map(|a| Attention {
            tone: Tone::Bad,
            count: "!".into(),
            text: format!("{} refuses us until it is authorised again", a.name),
            action: "Repair",
            href: "/channels".into(),
        })
        .collect();
    let mut add = |n: i64, tone, one: &str, many: &str, action, href: &str| {
        if n > 0 {
            list.push(Attention {
                tone,
                count: number(n),
                text: if n == 1 { one } else { many }.to_owned(),
                action,
                href: href.to_owned(),
            });
        }
    };
    add(
        overview.alerts.critical,
        Tone::Bad,
        "critical alert",
        "critical alerts",
        "Look",
        "/alerts",
    );
    add(
        figures.jobs_dead,
        Tone::Bad,
        "job gave up and waits for you",
        "jobs gave up and wait for you",
        "Look",
        "/sync",
    );
    add(
        figures.orders_with_attention,
        Tone::Warn,
        "order has something odd about it",
        "orders have something odd about them",
        "See them",
        "/orders?status=attention",
    );
    add(
        figures.listings_unmapped,
        Tone::Warn,
        "listing matches no product, so its stock is not kept",
        "listings match no product, so their stock is not kept",
        "Map them",
        "/mappings",
    );
    for (n, tone, [one, many], href) in to_decide(conflicts, prices_held) {
        add(n, tone, one, many, "Decide", href);
    }
    add(
        overview.alerts.warning,
        Tone::Warn,
        "warning",
        "warnings",
        "Look",
        "/alerts",
    );
    list.sort_by_key(|a| a.tone);
    list
}

fn account(frame: &Frame, figures: &AccountFigures, now: Timestamp) -> AccountRow {
    let remote = is_remote(&frame.app, figures.channel.as_str());
    let listings = match figures.listings.filter(|_| remote) {
        Some(c) => format!("{} / {}", number(c.kept - c.unverified), number(c.kept)),
        None => "—".into(),
    };
    AccountRow {
        href: "/channels".into(),
        name: figures.name.clone(),
        channel: channel_label(&frame.app, figures.channel.as_str()),
        status: status(figures.status),
        orders: number(figures.orders_24h),
        due: figures.listings.map_or_else(|| "—".into(), |c| number(c.due)),
        listings,
        last_ok: figures.last_ok_at.filter(|_| remote).map(|at| when(at, now)),
        remote,
    }
}

/// How an account is, in a word.
pub(super) fn status(status: AccountStatus) -> Badge {
    match status {
        AccountStatus::Active => Badge::new(Tone::Good, "working"),
        AccountStatus::Paused => Badge::new(Tone::Warn, "paused"),
        AccountStatus::NeedsReauthorisation => Badge::new(Tone::Bad, "authorise again"),
        AccountStatus::Disconnected => Badge::new(Tone::Quiet, "disconnected"),
    }
}

fn steps(connected: bool, counted: bool, unmapped: i64) -> Vec<FirstStep> {
    vec![
        FirstStep {
            done: connected,
            title: "Connect an account",
            text: "Its listings and orders are read in within minutes.",
            href: "/channels",
        },
        FirstStep {
            done: counted,
            title: "Count your stock",
            text: "Until somebody says what lies on the shelf, no channel is told anything.",
            href: "/stock",
        },
        FirstStep {
            done: connected && unmapped == 0,
            title: "Map what is left",
            text: "Listings whose SKU no product has.",
            href: "/mappings",
        },
    ]
}
