//! Everything some listings' prices are computed from, loaded in a fixed number of statements, and the verdict on each.

use std::collections::HashMap;

use serde::Serialize;
use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::pricing::sale::{current, next_change};
use stockbridge_domain::pricing::{
    Day, Effective, Inputs, Priced, Rates, Reason, Rule, Sale, Scope, StepKind, Unpriced, percent, price,
    variance,
};
use stockbridge_domain::{AccountId, Currency, ListingId, Money, ProductId, Sku, Timestamp};

use super::{NOT_KEPT, PriceSettings, ProductCosts, QUIET, rates, rule, sales, scopes, settings};
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::filter::Filter;
use crate::stock::id_list;
use crate::{StoreError, Tenant};

/// A listing with what is known of its price.
#[derive(Debug, Clone)]
pub(super) struct PricedListing {
    pub id: ListingId,
    pub account: AccountId,
    pub channel: ChannelKind,
    pub account_currency: Option<Currency>,
    pub product: Option<ProductId>,
    pub sku: Sku,
    pub title: String,
    pub units: i64,
    pub shown: Option<Money>,
    pub wanted: Option<Money>,
    pub due: bool,
    pub normal: Option<Money>,
    pub hold: Option<String>,
    pub held: Option<Money>,
}

/// The columns [`listing`] reads; `l` is the listing, `a` its account.
pub(super) const LISTING: &str = "l.id, l.account_id, a.channel, a.currency, l.product_id, l.sku, l.title, l.units, \
     l.price_minor, l.price_currency, l.price_wanted_minor, l.price_wanted_currency, l.price_due, \
     l.price_normal_minor, l.price_normal_currency, l.price_hold, l.price_held_minor, l.price_held_currency";
/// Where they are read from.
pub(super) const FROM: &str =
    "listings l JOIN accounts a ON a.tenant_id = l.tenant_id AND a.id = l.account_id";

pub(super) fn listing(row: &Row) -> Result<PricedListing, StoreError> {
    let currency = row.opt_text(3)?.map(Currency::parse).transpose();
    Ok(PricedListing {
        id: row.parsed(0)?,
        account: row.parsed(1)?,
        channel: ChannelKind::new(row.text(2)?),
        account_currency: currency.map_err(|error| row.unreadable(3, error))?,
        product: row.opt_parsed(4)?,
        sku: row.sku(5)?,
        title: row.string(6)?,
        units: row.int(7)?.max(1),
        shown: row.opt_money(8)?,
        wanted: row.opt_money(10)?,
        due: row.flag(12)?,
        normal: row.opt_money(13)?,
        hold: row.opt_string(15)?,
        held: row.opt_money(16)?,
    })
}

impl PricedListing {
    /// What it is sold in.
    fn currency(&self) -> Option<Currency> {
        self.shown.map(Money::currency).or(self.account_currency)
    }

    /// Every level that may say something of it.
    fn levels(&self) -> Vec<Scope> {
        let mut levels = vec![
            Scope::Tenant,
            Scope::Channel(self.channel.clone()),
            Scope::Account(self.account),
        ];
        levels.extend(self.product.map(Scope::Product));
        levels.push(Scope::Listing(self.id));
        levels
    }
}

/// What prices would be if something were different; nothing of it is written.
#[derive(Debug, Clone, Default)]
pub struct Hypothesis {
    /// A level's rule were this.
    pub rule: Option<(Scope, Rule)>,
    /// A product's base price, cost and floor were these.
    pub product: Option<(ProductId, Option<Money>, ProductCosts)>,
    /// There were this sale, and it held now.
    pub sale: Option<Sale>,
}

/// What is decided of a price.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// The hub does not keep it.
    NotKept,
    /// To be shown.
    Pass(Priced),
    /// Waits for a person's word.
    Wait(Priced, Unpriced),
    /// Cannot be computed.
    Blocked(Unpriced),
}

/// A verdict, what it rests on and until when it stands.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub verdict: Verdict,
    pub next: i64,
}

#[derive(Debug, Clone, Default)]
struct Goods {
    base: Option<Money>,
    costs: ProductCosts,
}

/// Rules, sales, rates and products of some listings.
pub(super) struct Book {
    settings: PriceSettings,
    rules: HashMap<Scope, Rule>,
    sales: Vec<Sale>,
    rates: Rates,
    goods: HashMap<ProductId, Goods>,
    now: Timestamp,
}

impl Book {
    pub(super) async fn load(
        tx: &mut Tx,
        tenant: &Value,
        listings: &[PricedListing],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let scopes = Value::TextList(scopes(listings.iter()));
        let settings = settings(tx, tenant.clone()).await?;
        let sql = format!(
            "SELECT {} FROM price_rules WHERE tenant_id = $1 AND scope {{in $2}}",
            super::RULE
        );
        let rows = tx.query(&sql, &[tenant.clone(), scopes.clone()]).await?;
        let mut rules = HashMap::with_capacity(rows.len());
        for row in &rows {
            let record = rule(row)?;
            rules.insert(record.scope, record.rule);
        }
        Ok(Self {
            rules,
            sales: sales::load(tx, tenant.clone(), scopes, now).await?,
            rates: rates::load(tx, tenant.clone(), now, settings.rate_max_days).await?,
            goods: goods(tx, tenant.clone(), listings).await?,
            settings,
            now,
        })
    }

    pub(super) fn suppose(&mut self, hypothesis: &Hypothesis) {
        if let Some((scope, rule)) = &hypothesis.rule {
            self.rules.insert(scope.clone(), *rule);
        }
        if let Some((product, base, costs)) = hypothesis.product {
            self.goods.insert(product, Goods { base, costs });
        }
        if let Some(sale) = &hypothesis.sale {
            self.sales.retain(|other| !sale.contradicts(other));
            self.sales.push(Sale {
                starts_at: self.now,
                ends_at: sale.ends_at.max(Timestamp::from_micros(self.now.micros() + 1)),
                ..sale.clone()
            });
        }
    }

    fn effective(&self, levels: &[Scope]) -> Effective {
        Effective::of(
            levels
                .iter()
                .filter_map(|scope| Some((scope, self.rules.get(scope)?))),
        )
    }

    /// Decides on one listing. `approved` when a person has said yes to whatever it comes to.
    pub(super) fn judge(&self, listing: &PricedListing, approved: bool) -> Judged {
        let levels = listing.levels();
        let rules = self.effective(&levels);
        if !rules.keep {
            return Judged {
                verdict: Verdict::NotKept,
                next: NOT_KEPT,
            };
        }
        let sales: Vec<Sale> = self
            .sales
            .iter()
            .filter(|s| levels.contains(&s.scope))
            .cloned()
            .collect();
        let none = Goods::default();
        let goods = listing.product.and_then(|p| self.goods.get(&p)).unwrap_or(&none);
        let found = price(&Inputs {
            base: goods.base,
            cost: goods.costs.cost,
            product_floor: goods.costs.floor,
            units: listing.units,
            currency: listing.currency(),
            rules: &rules,
            sale: current(&sales, self.now),
            rates: &self.rates,
        });
        let converted = |steps: &Priced| steps.steps.iter().any(|s| s.kind == StepKind::Convert);
        let mut next = next_change(&sales, self.now);
        let verdict = match found {
            Err(unpriced) => Verdict::Blocked(unpriced),
            Ok(priced) => {
                if converted(&priced) {
                    // A rate that is good today may be too old tomorrow.
                    let tomorrow = Timestamp::from_secs((Day::of(self.now).0 + 1) * 86_400);
                    next = Some(next.map_or(tomorrow, |at| at.min(tomorrow)));
                }
                match self
                    .too_far(listing, &priced)
                    .filter(|_| !approved && rules.price.is_none())
                {
                    Some(why) => Verdict::Wait(priced, why),
                    None => Verdict::Pass(priced),
                }
            }
        };
        Judged {
            verdict,
            next: next.map_or(QUIET, Timestamp::micros),
        }
    }

    /// Whether the price without sales moves too far from the one that passed before, or is shown. Sales are left out:
    /// somebody decided on each of them.
    fn too_far(&self, listing: &PricedListing, priced: &Priced) -> Option<Unpriced> {
        let present = listing.normal.or(listing.shown)?;
        let far = variance(present, priced.normal);
        if far.is_some_and(|far| far <= u64::from(self.settings.variance.0)) {
            return None;
        }
        let far = match far {
            Some(far) => percent(BasisPoints(u32::try_from(far).unwrap_or(u32::MAX))),
            None => "another currency".to_owned(),
        };
        let detail = format!(
            "{} instead of {present} is too far to pass by itself ({far}; up to {} may). Approve it, or correct the rule.",
            priced.normal,
            percent(self.settings.variance)
        );
        Some(Unpriced::new(Reason::Variance, detail))
    }
}

async fn goods(
    tx: &mut Tx,
    tenant: Value,
    listings: &[PricedListing],
) -> Result<HashMap<ProductId, Goods>, StoreError> {
    let products = id_list(listings.iter().filter_map(|l| l.product));
    let sql = "SELECT p.id, p.price_minor, p.price_currency, c.cost_minor, c.cost_currency, c.floor_minor, \
         c.floor_currency FROM products p LEFT JOIN product_costs c ON c.tenant_id = p.tenant_id \
         AND c.product_id = p.id WHERE p.tenant_id = $1 AND p.id {in $2}";
    let rows = tx.query(sql, &[tenant, products]).await?;
    let mut goods = HashMap::with_capacity(rows.len());
    for row in &rows {
        let costs = ProductCosts {
            cost: row.opt_money(3)?,
            floor: row.opt_money(5)?,
        };
        goods.insert(
            row.parsed(0)?,
            Goods {
                base: row.opt_money(1)?,
                costs,
            },
        );
    }
    Ok(goods)
}

/// Whose prices to look at.
#[derive(Debug, Clone, Default)]
pub struct PriceFilter {
    /// Only listings this scope means.
    pub scope: Option<Scope>,
    /// Only those whose SKU begins with it.
    pub search: Option<String>,
    /// Go on after this listing.
    pub after: Option<ListingId>,
    /// At most so many.
    pub limit: i64,
}

/// A listing's price as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PricePreview {
    /// The listing.
    pub listing: ListingId,
    /// Its account.
    pub account: AccountId,
    /// Its SKU.
    pub sku: Sku,
    /// Its title.
    pub title: String,
    /// What the channel shows.
    pub shown: Option<Money>,
    /// What it is to show by now.
    pub wanted: Option<Money>,
    /// Whether the hub keeps its price.
    pub kept: bool,
    /// The price and how it comes about.
    pub priced: Option<Priced>,
    /// Why it would not be sent.
    pub held: Option<Unpriced>,
    /// When it changes next by itself, as far as is known.
    pub next_change: Option<Timestamp>,
}

impl Tenant {
    /// Computes prices as they are, or as they would be if something were different, and writes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_prices(
        &self,
        wanted: &PriceFilter,
        hypothesis: &Hypothesis,
    ) -> Result<Vec<PricePreview>, StoreError> {
        let mut filter = Filter::of_tenant("l.tenant_id = $1", self.key());
        match &wanted.scope {
            None | Some(Scope::Tenant) => {}
            Some(Scope::Channel(kind)) => filter.and_with("a.channel = ?", kind.as_str()),
            Some(Scope::Account(id)) => filter.and_with("l.account_id = ?", *id),
            Some(Scope::Product(id)) => filter.and_with("l.product_id = ?", *id),
            Some(Scope::Listing(id)) => filter.and_with("l.id = ?", *id),
        }
        if let Some(text) = wanted.search.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
            filter.and_with("l.sku >= ?", text);
            filter.and_with("l.sku < ?", crate::filter::after_prefix(text));
        }
        filter.and_some("l.id > ?", wanted.after);
        let limit = filter.param(wanted.limit);
        let sql = format!(
            "SELECT {LISTING} FROM {FROM} WHERE {} ORDER BY l.id LIMIT ${limit}",
            filter.text()
        );
        let mut tx = self.read().await?;
        let rows = tx.query(&sql, filter.params()).await?;
        let listings = rows.iter().map(listing).collect::<Result<Vec<_>, _>>()?;
        let mut book = Book::load(&mut tx, &self.key(), &listings, self.env().now()).await?;
        book.suppose(hypothesis);
        Ok(listings.into_iter().map(|l| preview(&book, l)).collect())
    }
}

fn preview(book: &Book, listing: PricedListing) -> PricePreview {
    let judged = book.judge(&listing, false);
    let kept = !matches!(judged.verdict, Verdict::NotKept);
    let (priced, held) = match judged.verdict {
        Verdict::NotKept => (None, None),
        Verdict::Pass(priced) => (Some(priced), None),
        Verdict::Wait(priced, why) => (Some(priced), Some(why)),
        Verdict::Blocked(why) => (None, Some(why)),
    };
    PricePreview {
        listing: listing.id,
        account: listing.account,
        sku: listing.sku,
        title: listing.title,
        shown: listing.shown,
        wanted: listing.wanted,
        kept,
        priced,
        held,
        next_change: (judged.next < QUIET).then(|| Timestamp::from_micros(judged.next)),
    }
}
