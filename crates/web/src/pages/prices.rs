//! Prices: what waits for a word, rules with a preview, and sales.

use axum::extract::State;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::catalog::Product;
use stockbridge_domain::pricing::{Reason, Rule, Sale, SaleChange, Scope, percent};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{ListingId, Money, Timestamp};
use stockbridge_store::{HeldPrice, Hypothesis, PageQuery, PriceFilter, PricePreview, RuleRecord, Tenant};

use super::typed::{amount, percentage, yes};
use super::{Accounts, Frame, address, channel_label, done, pager, product_href};
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
        Route::page(Method::POST, "/prices/approve", operator, approve),
    ]
}

#[derive(Deserialize)]
struct Wanted {
    scope: Option<String>,
    cursor: Option<String>,
}

async fn list(frame: Frame, ApiQuery(wanted): ApiQuery<Wanted>) -> Result<Response, Problem> {
    let chosen = wanted.scope.unwrap_or_else(|| "tenant".into());
    let known = match chosen.parse::<Scope>() {
        Ok(scope) => frame.tenant().price_rule(&scope).await?,
        Err(_) => None,
    };
    let draft = known.map(|record| draft(&record.rule)).unwrap_or_default();
    show(frame, wanted.cursor, None, draft, &chosen).await
}

/// A rule as a person types it.
fn draft(rule: &Rule) -> Draft {
    let text = |money: Option<Money>| money.map(|m| m.to_string()).unwrap_or_default();
    let part = |part: Option<BasisPoints>| part.map(in_percent).unwrap_or_default();
    Draft {
        keep: match rule.keep {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        },
        fee_part: part(rule.fee_part),
        fee_fixed: text(rule.fee_fixed),
        margin: part(rule.margin),
        floor: text(rule.floor),
        ending: rule.ending.map(|e| e.to_string()).unwrap_or_default(),
    }
}

/// A percentage as a person types it: without its sign.
pub(super) fn in_percent(part: BasisPoints) -> String {
    percent(part).trim_end_matches(" %").to_owned()
}

/// What a page of prices supposes: a rule or a sale of a level.
pub(super) type Trial = (Scope, Hypothesis);

/// The page, with what would be when something is only tried.
pub(super) async fn show(
    frame: Frame,
    cursor: Option<String>,
    trial: Option<Trial>,
    draft: Draft,
    chosen: &str,
) -> Result<Response, Problem> {
    let tenant = frame.tenant();
    let query = PageQuery { limit: 50, cursor };
    let held = tenant.held_prices(None, &query).await?;
    let accounts = Accounts::of(&tenant).await?;
    let settings = tenant.price_settings().await?;
    let now = frame.app.now();
    let preview = match trial {
        None => None,
        Some((scope, supposed)) => {
            let wanted = PriceFilter {
                scope: Some(scope),
                limit: SHOWN,
                ..PriceFilter::default()
            };
            Some(part(&tenant.preview_prices(&wanted, &supposed).await?, &accounts))
        }
    };
    let named = Named {
        app: &frame.app,
        tenant: &tenant,
        accounts: &accounts,
    };
    let mut rules = Vec::new();
    for record in tenant.price_rules(&PageQuery::first(100)).await?.items {
        let (name, href) = named.scope(&record.scope).await?;
        rules.push(RuleRow {
            scope: record.scope.to_string(),
            href,
            name,
            text: rule_in_words(&record),
        });
    }
    let mut sales = Vec::new();
    for sale in tenant.price_sales(&PageQuery::first(50)).await?.items {
        let (name, _) = named.scope(&sale.scope).await?;
        sales.push(sale_row(&sale, name, now));
    }
    let page = PricesPage {
        held: held.items.iter().map(|h| held_row(h, &accounts)).collect(),
        pager: pager("/prices", &[], query.cursor.as_deref(), held.next.as_deref()),
        empty: ALL_SENT,
        rules,
        scopes: scopes(&frame.app, &accounts, chosen),
        sales,
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

/// Finds what people call a level.
struct Named<'a> {
    app: &'a App,
    tenant: &'a Tenant,
    accounts: &'a Accounts,
}

impl Named<'_> {
    /// What people call a level, and where what it says is changed.
    async fn scope(&self, scope: &Scope) -> Result<(String, Option<String>), Problem> {
        let here = || Some(address("/prices", &[("scope", &scope.to_string())]) + "#rule");
        let of_product = |product: Option<Product>| {
            let href = product.as_ref().map(|p| product_href(p.sku.as_str()) + "/prices");
            (product.map(|p| p.sku.to_string()).unwrap_or_default(), href)
        };
        Ok(match scope {
            Scope::Product(id) => {
                let (sku, href) = of_product(self.tenant.product(*id).await?);
                (format!("Product {sku}"), href)
            }
            Scope::Listing(id) => {
                let Some(listing) = self.tenant.listing(*id).await? else {
                    return Ok((format!("Listing {id}"), None));
                };
                let product = match listing.product {
                    Some(product) => self.tenant.product(product).await?,
                    None => None,
                };
                let account = self.accounts.name(listing.account);
                (format!("{} on {account}", listing.sku), of_product(product).1)
            }
            level => (level_name(self.app, self.accounts, level), here()),
        })
    }
}

/// What people call a level that is no product and no listing.
fn level_name(app: &App, accounts: &Accounts, scope: &Scope) -> String {
    match scope {
        Scope::Tenant => "Everything".into(),
        Scope::Channel(kind) => channel_label(app, kind.as_str()),
        Scope::Account(id) => accounts.name(*id),
        Scope::Product(_) => "this product".into(),
        Scope::Listing(_) => "this listing".into(),
    }
}

/// Levels to choose from: everything, each channel in use, each account, and what was chosen.
fn scopes(app: &App, accounts: &Accounts, chosen: &str) -> Vec<Choice> {
    let mut all = vec![Scope::Tenant];
    let kinds: std::collections::BTreeSet<&str> = accounts.0.iter().map(|a| a.channel.as_str()).collect();
    all.extend(
        kinds
            .into_iter()
            .map(|k| Scope::Channel(stockbridge_domain::channel::ChannelKind::new(k))),
    );
    all.extend(accounts.0.iter().map(|a| Scope::Account(a.id)));
    all.extend(
        chosen
            .parse()
            .ok()
            .filter(|scope| matches!(scope, Scope::Product(_) | Scope::Listing(_))),
    );
    all.iter()
        .map(|scope| Choice {
            value: scope.to_string(),
            text: match scope {
                Scope::Channel(_) => format!("{}: all accounts", level_name(app, accounts, scope)),
                _ => level_name(app, accounts, scope),
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
        listing: p.listing.to_string(),
        own: None,
    };
    PreviewPart {
        rows: previews.iter().map(row).collect(),
        held: previews.iter().filter(|p| p.held.is_some()).count(),
    }
}

/// The level a form is for.
pub(super) fn scope_of(form: &Form) -> Result<Scope, Problem> {
    form.get("scope")
        .parse()
        .map_err(|error: stockbridge_domain::pricing::rule::ScopeError| {
            Problem::field("/scope", error.to_string())
        })
}

/// The rule a form says.
fn rule_of(form: &Form) -> Result<Rule, Problem> {
    let ending = form.optional("ending").map(|text| text.parse()).transpose();
    Ok(Rule {
        keep: yes(form, "keep"),
        fee_part: percentage(form, "fee_part")?,
        fee_fixed: amount(form, "fee_fixed")?,
        margin: percentage(form, "margin")?,
        floor: amount(form, "floor")?,
        ending: ending.map_err(|e: stockbridge_domain::pricing::EndingError| {
            Problem::field("/ending", e.to_string())
        })?,
        price: None,
    })
}

async fn rule(frame: Frame, Who(caller): Who, form: Form) -> Result<Response, Problem> {
    let scope = scope_of(&form)?;
    let hub = frame.app.hub();
    if form.get("clear") == "yes" {
        hub.set_price_rule(&caller, &scope, Rule::default()).await?;
        return Ok(done(
            &frame.app,
            "/prices",
            "Taken away; the level above decides.",
        ));
    }
    let rule = rule_of(&form)?;
    if form.get("do") == "preview" {
        let problems = rule.problems(&scope);
        if !problems.is_empty() {
            return Err(stockbridge_engine::Refusal::Fields(problems).into());
        }
        let chosen = scope.to_string();
        let supposed = Hypothesis {
            rule: Some((scope.clone(), rule)),
            ..Hypothesis::default()
        };
        let frame = frame.trying("/prices/rule", &form, "/prices");
        return show(frame, None, Some((scope, supposed)), Draft::default(), &chosen).await;
    }
    hub.set_price_rule(&caller, &scope, rule).await?;
    Ok(done(
        &frame.app,
        "/prices",
        "Saved; the prices it concerns are computed anew.",
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
