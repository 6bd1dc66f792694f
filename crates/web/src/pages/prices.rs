//! Prices: what waits for a word, rules with a preview, and sales.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Reason, Rule, Sale, SaleChange, Scope, percent};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{Currency, ListingId, Money, SaleId, Timestamp};
use stockbridge_engine::NewSale;
use stockbridge_store::{HeldPrice, Hypothesis, PageQuery, PriceFilter, PricePreview, RuleRecord};

use super::{Accounts, Frame, channel_label, done, pager};
use crate::extract::{ApiQuery, Who};
use crate::guard::{Access, Form};
use crate::problem::Problem;
use crate::route::Route;
use crate::state::App;
use crate::view::prices::{ALL_SENT, Draft, HeldRow, PreviewPart, PreviewRow, PricesPage, RuleRow, SaleRow};
use crate::view::words::{money, when};
use crate::view::{Badge, Choice, Tone};

/// Listings of a preview.
pub(super) const SHOWN: i64 = 50;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, operator) = (Access::Role(Role::Viewer), Access::Role(Role::Operator));
    vec![
        Route::page(Method::GET, "/prices", viewer, list),
        Route::page(Method::POST, "/prices/rule", Access::Role(Role::Admin), rule),
        Route::page(Method::POST, "/prices/sale", operator, create_sale),
        Route::page(Method::POST, "/prices/sale/end", operator, end_sale),
        Route::page(Method::POST, "/prices/approve", operator, approve),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    show(frame, wanted.cursor, None, Draft::default(), "tenant").await
}

async fn show(
    frame: Frame,
    cursor: Option<String>,
    supposed: Option<(Scope, Rule)>,
    draft: Draft,
    chosen: &str,
) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let query = PageQuery { limit: 50, cursor };
    let held = tenant.held_prices(None, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let settings = tenant.price_settings().await?;
    let now = frame.app.now();
    let preview = match supposed {
        None => None,
        Some((scope, rule)) => {
            let wanted = PriceFilter {
                scope: Some(scope.clone()),
                limit: SHOWN,
                ..PriceFilter::default()
            };
            let supposed = Hypothesis {
                rule: Some((scope, rule)),
                ..Hypothesis::default()
            };
            Some(part(&tenant.preview_prices(&wanted, &supposed).await?, &accounts))
        }
    };
    let name = |scope: &Scope| scope_name(&frame.app, &accounts, scope);
    let page = PricesPage {
        held: held.items.iter().map(|h| held_row(h, &accounts)).collect(),
        pager: pager("/prices", &[], query.cursor.as_deref(), held.next.as_deref()),
        empty: ALL_SENT,
        rules: tenant
            .price_rules(&PageQuery::first(100))
            .await?
            .items
            .iter()
            .map(|r| RuleRow {
                scope: r.scope.to_string(),
                name: name(&r.scope),
                text: rule_in_words(r),
            })
            .collect(),
        scopes: scopes(&frame.app, &accounts, chosen),
        sales: tenant
            .price_sales(&PageQuery::first(50))
            .await?
            .items
            .iter()
            .map(|s| sale_row(s, name(&s.scope), now))
            .collect(),
        rates: tenant
            .exchange_rates(None, &PageQuery::first(1))
            .await?
            .items
            .first()
            .map(|r| r.day.to_string()),
        variance: percent(settings.variance),
        rate_days: settings.rate_max_days,
        preview,
        draft,
    };
    frame.show("prices", "Prices", "prices", &page).await
}

fn held_row(held: &HeldPrice, accounts: &Accounts) -> HeldRow {
    let (tone, text) = match held.reason {
        Reason::Variance => (Tone::Warn, "moves too far"),
        Reason::NoBase => (Tone::Warn, "no base price"),
        Reason::NoCurrency => (Tone::Warn, "currency not known"),
        Reason::NoRate => (Tone::Bad, "no exchange rate"),
        Reason::StaleRate => (Tone::Bad, "exchange rate too old"),
        Reason::TooLarge => (Tone::Bad, "no amount that can be"),
    };
    HeldRow {
        id: held.listing.to_string(),
        sku: held.sku.to_string(),
        account: accounts.name(held.account),
        reason: Badge::new(tone, text),
        shown: held.shown.map(money),
        waits: held.held.map(money),
        value: held.held.map(|m| m.to_string()),
    }
}

fn rule_in_words(record: &RuleRecord) -> String {
    let rule = &record.rule;
    let mut parts = Vec::new();
    parts.extend(rule.keep.map(|keep| {
        if keep {
            "kept by the hub".to_owned()
        } else {
            "left alone".to_owned()
        }
    }));
    parts.extend(rule.price.map(|price| format!("at {}", money(price))));
    parts.extend(rule.fee_part.map(|part| format!("{} fee", percent(part))));
    parts.extend(rule.fee_fixed.map(|fee| format!("{} fee per sale", money(fee))));
    parts.extend(
        rule.margin
            .map(|margin| format!("{} margin over cost", percent(margin))),
    );
    parts.extend(rule.floor.map(|floor| format!("never below {}", money(floor))));
    parts.extend(rule.ending.map(|ending| format!("ends with {ending}")));
    parts.join("; ")
}

fn sale_row(sale: &Sale, scope: String, now: Timestamp) -> SaleRow {
    SaleRow {
        id: sale.id.to_string(),
        name: sale.name.clone(),
        scope,
        text: match sale.change {
            SaleChange::Off(off) => format!("{} off", percent(off)),
            SaleChange::Price(price) => format!("at {}", money(price)),
        },
        from: when(sale.starts_at, now),
        to: when(sale.ends_at, now),
        now: sale.holds(now),
    }
}

fn scope_name(app: &App, accounts: &Accounts, scope: &Scope) -> String {
    match scope {
        Scope::Tenant => "Everything".into(),
        Scope::Channel(kind) => channel_label(app, kind.as_str()),
        Scope::Account(id) => accounts.name(*id),
        Scope::Product(id) => format!("Product {id}"),
        Scope::Listing(id) => format!("Listing {id}"),
    }
}

/// Levels to choose from: everything, each channel in use, each account.
fn scopes(app: &App, accounts: &Accounts, chosen: &str) -> Vec<Choice> {
    let mut all = vec![Scope::Tenant];
    let kinds: std::collections::BTreeSet<&str> = accounts.0.iter().map(|a| a.channel.as_str()).collect();
    all.extend(
        kinds
            .into_iter()
            .map(|k| Scope::Channel(stockbridge_domain::channel::ChannelKind::new(k))),
    );
    all.extend(accounts.0.iter().map(|a| Scope::Account(a.id)));
    all.iter()
        .map(|scope| Choice {
            value: scope.to_string(),
            text: match scope {
                Scope::Channel(_) => format!("{}: all accounts", scope_name(app, accounts, scope)),
                _ => scope_name(app, accounts, scope),
            },
            chosen: scope.to_string() == chosen,
        })
        .collect()
}

/// A preview in words.
pub(super) fn part(previews: &[PricePreview], accounts: &Accounts) -> PreviewPart {
    let row = |p: &PricePreview| PreviewRow {
        sku: p.sku.to_string(),
        account: accounts.name(p.account),
        before: p.shown.map(money),
        after: p.priced.as_ref().map(|priced| money(priced.price)),
        steps: p
            .priced
            .iter()
            .flat_map(|priced| &priced.steps)
            .map(|step| (money(step.amount), step.because.clone()))
            .collect(),
        held: p.held.as_ref().map(|why| why.detail.clone()),
        unkept: !p.kept,
    };
    PreviewPart {
        rows: previews.iter().map(row).collect(),
        held: previews.iter().filter(|p| p.held.is_some()).count(),
    }
}

/// An amount as typed in a form: `12.50 EUR`; nothing when it was left empty.
pub(super) fn amount(form: &Form, name: &str) -> Result<Option<Money>, Problem> {
    let Some(text) = form.optional(name) else {
        return Ok(None);
    };
    let pointer = format!("/{name}");
    let wrong = || {
        Problem::field(
            &pointer,
            format!("`{text}` is no amount; write it like 12.50 EUR"),
        )
    };
    let (amount, code) = text.split_once(' ').ok_or_else(wrong)?;
    let currency = Currency::parse(code).map_err(|e| Problem::field(&pointer, e.to_string()))?;
    let money = Money::from_decimal(amount.trim(), currency);
    money
        .map(Some)
        .map_err(|e| Problem::field(&pointer, e.to_string()))
}

/// A percentage as typed in a form.
fn part_of(form: &Form, name: &str) -> Result<Option<BasisPoints>, Problem> {
    let Some(text) = form.optional(name) else {
        return Ok(None);
    };
    let wrong = || {
        Problem::field(
            format!("/{name}"),
            format!("`{text}` is no percentage; write it like 15 or 7.25"),
        )
    };
    let digits = text.trim_end_matches('%').trim();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 2 || !plain(whole) || !plain(fraction) {
        return Err(wrong());
    }
    let points = format!("{whole}{fraction:0<2}").parse().map_err(|_| wrong())?;
    Ok(Some(BasisPoints(points)))
}

fn scope_of(form: &Form) -> Result<Scope, Problem> {
    form.get("scope")
        .parse()
        .map_err(|error: stockbridge_domain::pricing::rule::ScopeError| {
            Problem::field("/scope", error.to_string())
        })
}

async fn rule(mut frame: Frame, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let scope = scope_of(&form)?;
    if form.get("clear") == "yes" {
        frame
            .app
            .hub()
            .set_price_rule(&caller, &scope, Rule::default())
            .await?;
        return Ok(done(
            &frame.app,
            "/prices",
            "Taken away; the level above decides.",
        ));
    }
    let ending = form.optional("ending").map(|text| text.parse()).transpose();
    let rule = Rule {
        keep: form.optional("keep").map(|text| text == "yes"),
        fee_part: part_of(&form, "fee")?,
        fee_fixed: amount(&form, "fee_fixed")?,
        margin: part_of(&form, "margin")?,
        floor: amount(&form, "floor")?,
        ending: ending.map_err(|e: stockbridge_domain::pricing::EndingError| {
            Problem::field("/ending", e.to_string())
        })?,
        price: None,
    };
    if form.get("do") == "preview" {
        let draft = Draft {
            keep: form.get("keep").into(),
            fee: form.get("fee").into(),
            fee_fixed: form.get("fee_fixed").into(),
            margin: form.get("margin").into(),
            floor: form.get("floor").into(),
            ending: form.get("ending").into(),
        };
        let problems = rule.problems(&scope);
        if !problems.is_empty() {
            return Err(stockbridge_engine::Refusal::Fields(problems).into());
        }
        let chosen = scope.to_string();
        frame.here = "/prices".into();
        return show(frame, None, Some((scope, rule)), draft, &chosen).await;
    }
    frame.app.hub().set_price_rule(&caller, &scope, rule).await?;
    Ok(done(
        &frame.app,
        "/prices",
        "Saved; the prices it concerns are computed anew.",
    ))
}

/// An instant as a browser's field sends it, in UTC.
fn instant(form: &Form, name: &str) -> Result<Timestamp, Problem> {
    let text = form.get(name);
    let seconds = if text.len() == 16 { ":00Z" } else { "Z" };
    Timestamp::parse(&format!("{text}{seconds}"))
        .map_err(|message| Problem::field(format!("/{name}"), message))
}

async fn create_sale(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let off = part_of(&form, "off")?.ok_or_else(|| Problem::field("/off", "say how much is taken off"))?;
    let new = NewSale {
        name: form.get("name").to_owned(),
        scope: scope_of(&form)?,
        starts_at: instant(&form, "from")?,
        ends_at: instant(&form, "to")?,
        change: SaleChange::Off(off),
    };
    let sale = app.hub().create_sale(&caller, new).await?;
    Ok(done(
        &app,
        "/prices",
        format!("{} is entered; it begins and ends by itself.", sale.name),
    ))
}

async fn end_sale(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let id = form.get("sale").parse::<SaleId>();
    let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
    let gone = app.hub().delete_sale(&caller, id).await?;
    Ok(done(
        &app,
        "/prices",
        format!("{} is over; prices follow.", gone.name),
    ))
}

async fn approve(State(app): State<App>, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let id = form.get("listing").parse::<ListingId>();
    let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
    let seen = amount(&form, "price")?.ok_or_else(|| Problem::field("/price", "say which price"))?;
    app.hub().approve_price(&caller, id, seen).await?;
    Ok(done(
        &app,
        "/prices",
        format!("{seen} is approved and on its way."),
    ))
}
