//! "Why is this number 3?", as one chain in the order of time: what happened to a quantity, a price or a status, who said
//! so, and what follows from it now.

mod pushes;

use serde::{Deserialize, Serialize};
use stockbridge_domain::conflict::Field;
use stockbridge_domain::pricing::Scope;
use stockbridge_domain::{ListingId, Sku, TenantId, Timestamp};
use stockbridge_store::{Hypothesis, ListingRecord, PriceFilter, StockRecord, StoreError, Tenant};

use crate::explain::stock_in_words;
use crate::hub::Hub;
use crate::links;

/// How much of each kind of link is told; the newest.
const RECENT: i64 = 30;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainField {
    /// How many there are, or a listing offers.
    #[default]
    Quantity,
    /// What a listing costs.
    Price,
    /// Whether buyers can buy it.
    Status,
}

/// What a link of the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// An entry of the ledger.
    Ledger,
    /// An order that holds units.
    Order,
    /// A change that was sent.
    Push,
    /// The channel's answer to it.
    Answer,
    /// A reading that proved it, or the last one.
    Reading,
    /// A step of a policy or a price rule, as it holds now.
    Policy,
    /// What is done, or held back, now.
    Plan,
    /// What was done when the channel showed something else.
    Difference,
    /// Something that went wrong.
    Problem,
}

/// One link: what happened, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// When; for what holds now, now.
    pub at: Timestamp,
    /// What it is.
    pub kind: LinkKind,
    /// One sentence.
    pub what: String,
    /// The number, price or status after it.
    pub value: Option<String>,
    /// Id of the entry, order, push or difference.
    pub row: Option<String>,
}

/// Why a number is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The product's SKU.
    pub sku: Sku,
    /// The listing, when asked about one.
    pub listing: Option<ListingId>,
    /// Where it is listed.
    pub account_name: Option<String>,
    /// What was asked about.
    pub field: ExplainField,
    /// What it is.
    pub value: Option<String>,
    /// What led to it, the oldest first.
    pub links: Vec<Link>,
}

impl Hub {
    /// Explains a product's quantity, or a listing's quantity, price or status, in the order of time; `None` when there is no
    /// such product or listing. Reads the same few rows whatever the length of the ledger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chain(
        &self,
        tenant: TenantId,
        sku: &Sku,
        listing: Option<ListingId>,
        field: ExplainField,
    ) -> Result<Option<Chain>, StoreError> {
        let tenant = self.tenant(tenant);
        let (Some(product), Some(stock)) = (tenant.product_by_sku(sku).await?, tenant.stock_of(sku).await?)
        else {
            return Ok(None);
        };
        let record = match listing {
            None => None,
            Some(id) => match tenant.listing(id).await? {
                Some(record) if record.product == Some(product.id) => Some(record),
                _ => return Ok(None),
            },
        };
        let now = self.env().now();
        let (value, mut links) = match (&record, field) {
            (None, _) => {
                let links = self.stock_links(&tenant, &stock, now).await?;
                (Some(stock.available.to_string()), links)
            }
            (Some(record), ExplainField::Quantity) => {
                let mut links = self.stock_links(&tenant, &stock, now).await?;
                links.extend(self.offer_links(&tenant, record, now).await?);
                (record.expected.map(|n| n.to_string()), links)
            }
            (Some(record), ExplainField::Price) => {
                let links = self.price_links(&tenant, record, now).await?;
                (record.price.map(|price| price.to_string()), links)
            }
            (Some(record), ExplainField::Status) => (Some(record.status.to_string()), links::status(record)),
        };
        let mut account_name = None;
        if let Some(record) = &record {
            links.extend(self.listing_links(&tenant, record.id, field).await?);
            let account = tenant.account(record.account).await?;
            account_name = account.map(|account| account.name);
        }
        links.sort_by_key(|link| link.at);
        Ok(Some(Chain {
            sku: sku.clone(),
            listing,
            account_name,
            field,
            value,
            links,
        }))
    }

    /// What happened to a product's stock, and what holds of it now.
    async fn stock_links(
        &self,
        tenant: &Tenant,
        stock: &StockRecord,
        now: Timestamp,
    ) -> Result<Vec<Link>, StoreError> {
        let ledger = tenant.ledger(stock.product, None, RECENT).await?;
        let open = tenant.open_lines_of(stock.product, RECENT).await?;
        let mut found: Vec<Link> = ledger.iter().map(links::entry).collect();
        found.extend(open.iter().map(links::order));
        let because = stock_in_words(stock);
        found.extend(
            because
                .into_iter()
                .map(|what| links::now(LinkKind::Policy, what, None, now)),
        );
        Ok(found)
    }

    /// What the policies give a listing, and what is done about it.
    async fn offer_links(
        &self,
        tenant: &Tenant,
        listing: &ListingRecord,
        now: Timestamp,
    ) -> Result<Vec<Link>, StoreError> {
        let Some(product) = listing.product else {
            return Ok(Vec::new());
        };
        let shares = self.shares_of(tenant.id(), product).await?;
        let share = shares.iter().filter(|row| row.listing == Some(listing.id));
        let mut found: Vec<Link> = share.flat_map(|row| links::share(row, now)).collect();
        let offers = tenant.offers_of(product).await?;
        let offer = offers.into_iter().find(|offer| offer.listing == listing.id);
        found.extend(offer.iter().flat_map(|offer| links::offer(offer, now)));
        Ok(found)
    }

    /// How the listing's price comes about now.
    async fn price_links(
        &self,
        tenant: &Tenant,
        listing: &ListingRecord,
        now: Timestamp,
    ) -> Result<Vec<Link>, StoreError> {
        let wanted = PriceFilter {
            scope: Some(Scope::Listing(listing.id)),
            limit: 1,
            ..PriceFilter::default()
        };
        let previews = tenant.preview_prices(&wanted, &Hypothesis::default()).await?;
        Ok(previews
            .iter()
            .flat_map(|preview| links::price(preview, listing, now))
            .collect())
    }

    /// What was sent of a listing's field, and what was done when the channel showed something else.
    async fn listing_links(
        &self,
        tenant: &Tenant,
        listing: ListingId,
        field: ExplainField,
    ) -> Result<Vec<Link>, StoreError> {
        let pushes = tenant.pushes_of_listing(listing, field.name(), RECENT).await?;
        let events = tenant
            .conflict_events_of_listing(listing, field.compared(), RECENT)
            .await?;
        let mut found: Vec<Link> = pushes.iter().flat_map(pushes::push_links).collect();
        found.extend(events.iter().map(links::difference));
        Ok(found)
    }
}

impl ExplainField {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Quantity, Self::Price, Self::Status];

    /// What it is called in the API, and by pushes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Status => "status",
        }
    }

    /// The field so called.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    const fn compared(self) -> Field {
        match self {
            Self::Quantity => Field::Quantity,
            Self::Price => Field::Price,
            Self::Status => Field::Status,
        }
    }
}
