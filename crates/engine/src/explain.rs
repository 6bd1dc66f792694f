//! "Why is this number 3?": a product's quantities as the chain of what led to them.

use serde::Serialize;
use stockbridge_domain::catalog::Product;
use stockbridge_domain::exposure::Hold;
use stockbridge_domain::{Sku, TenantId};
use stockbridge_store::{
    AccountRecord, LedgerRecord, OfferRecord, OpenLine, PreviewRow, PushRecord, StockRecord, StoreError,
};

use crate::hub::Hub;

/// How much of each chain is told.
const RECENT: i64 = 30;

/// Why one listing shows what it shows.
#[derive(Debug, Clone, Serialize)]
pub struct ListingExplanation {
    /// The listing's offer with the plan for it.
    #[serde(flatten)]
    pub offer: OfferRecord,
    /// What people call its account.
    pub account_name: String,
    /// What the channel should show now.
    pub expected: Option<i64>,
    /// Whether a reading shows it.
    pub verified: bool,
    /// The reasons in words, in order.
    pub because: Vec<String>,
}

/// Why a product's quantities are what they are.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The product.
    pub product: Product,
    /// Its stock.
    pub stock: StockRecord,
    /// Units no channel can sell by itself: what the hub's own store can sell, and what a raise may use.
    pub free: i64,
    /// How stock is shared out, listing by listing, with what is withheld and why.
    pub shares: Vec<PreviewRow>,
    /// The stock in words.
    pub because: Vec<String>,
    /// Its listings.
    pub listings: Vec<ListingExplanation>,
    /// The last entries of its ledger, newest first.
    pub ledger: Vec<LedgerRecord>,
    /// Orders that hold its stock, oldest first.
    pub open_lines: Vec<OpenLine>,
    /// The last changes sent to channels, newest first.
    pub pushes: Vec<PushRecord>,
}

/// Why a listing is left as it is, in words a person can act on.
pub fn hold_in_words(hold: Hold) -> &'static str {
    match hold {
        Hold::AwaitingReadBack => "the last change is not proved to have landed yet; it is being read back",
        Hold::NoHeadroom => {
            "a change now could let channels sell more than there is; it follows when units are free"
        }
        Hold::Close => "the difference is small; the channel's own sales are left to even it out",
        Hold::NotWritable => {
            "the store cannot be written to now: paused, waiting for authorisation, or just refused"
        }
        Hold::NotRead => "the hub has not read yet what the channel shows",
        Hold::Unknown => {
            "a listing of this product was read for the first time just now, or a store's listings are still being read; \
             nothing more is promised until every order placed before that is in"
        }
        Hold::Draining => {
            "it was set to zero to take units back safely; its share follows once every order is in"
        }
    }
}

impl Hub {
    /// Explains a product's quantities; `None` when there is no such SKU.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn explain(&self, tenant: TenantId, sku: &Sku) -> Result<Option<Explanation>, StoreError> {
        let tenant = self.tenant(tenant);
        let Some(product) = tenant.product_by_sku(sku).await? else {
            return Ok(None);
        };
        let Some(stock) = tenant.stock_of(sku).await? else {
            return Ok(None);
        };
        let accounts = tenant.accounts().await?;
        let listings = tenant
            .offers_of(product.id)
            .await?
            .into_iter()
            .map(|o| explain_listing(o, &accounts))
            .collect();
        Ok(Some(Explanation {
            free: stock.available - stock.exposure,
            because: stock_in_words(&stock),
            shares: self.shares_of(tenant.id(), product.id).await?,
            listings,
            ledger: tenant.ledger(product.id, None, RECENT).await?,
            open_lines: tenant.open_lines_of(product.id, RECENT).await?,
            pushes: tenant.pushes_of(product.id, RECENT).await?,
            product,
            stock,
        }))
    }
}

/// A product's stock in sentences.
pub(crate) fn stock_in_words(stock: &StockRecord) -> Vec<String> {
    let mut words = Vec::new();
    for part in &stock.components {
        words.push(format!(
            "One of it is made of {} {}, of which {} are available: enough for {}.",
            part.units,
            part.sku,
            part.available,
            part.available.div_euclid(part.units.max(1))
        ));
    }
    words.push(match (stock.components.is_empty(), stock.withheld) {
        (false, _) => format!("Its scarcest component leaves {} available.", stock.available),
        (true, 0) => format!(
            "{} on hand less {} reserved for orders leaves {} available.",
            stock.on_hand, stock.reserved, stock.available
        ),
        (true, withheld) => format!(
            "{} on hand less {} reserved for orders, less {withheld} kept as safety stock or where nothing is sold from, \
             leaves {} available.",
            stock.on_hand, stock.reserved, stock.available
        ),
    });
    if !stock.counted {
        words.push(
            "Nobody said yet how much there is, so no channel is told anything. Enter a count.".to_owned(),
        );
    }
    words.push(format!(
        "Channels could sell at most {} of it, counting what they may have sold unseen; {} are free.",
        stock.exposure,
        stock.available - stock.exposure
    ));
    words
}

fn explain_listing(offer: OfferRecord, accounts: &[AccountRecord]) -> ListingExplanation {
    let account_name = accounts
        .iter()
        .find(|a| a.id == offer.account)
        .map(|a| a.name.clone())
        .unwrap_or_default();
    ListingExplanation {
        account_name,
        expected: offer.offer.expected(),
        verified: offer.offer.verified(),
        because: offer_in_words(&offer),
        offer,
    }
}

/// Why a listing shows what it shows, in sentences.
pub(crate) fn offer_in_words(offer: &OfferRecord) -> Vec<String> {
    let mut because = Vec::new();
    if let Some(desired) = offer.desired {
        because.push(format!("Its share of the stock is {desired}."));
    }
    match (&offer.offer.write, &offer.offer.shown) {
        (Some(write), _) => because.push(format!(
            "{} was sent at {} ({}), {} sold since; until it is proved, up to {} could be sold.",
            write.quantity, write.sent_at, write.state, write.sold_since, offer.offer.exposure
        )),
        (None, Some(shown)) => {
            because.push(format!("The channel showed {} at {}.", shown.quantity, shown.at))
        }
        (None, None) => because.push("The channel was not read yet.".to_owned()),
    }
    if let Some(due) = offer.due {
        because.push(format!(
            "{due} is to be sent as soon as the channel's quota allows."
        ));
    }
    if let Some(hold) = offer.hold {
        because.push(format!("It stays as it is: {}.", hold_in_words(hold)));
    }
    if let Some(problem) = &offer.problem {
        because.push(format!("Last problem: {problem}"));
    }
    because
}
