//! An Amazon that answers from memory: pages of orders as `searchOrders` (orders 2026-01-01) gives them.
//!
//! The connector reads them through its public port, so what is measured is the product's own way from the answer's
//! bytes to a snapshot, token and pacing included, and only the network is missing.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stockbridge_channels::amazon::Amazon;
use stockbridge_domain::channel::{
    AccountConfig, BucketSpec, Channel as _, CheckedAccount, Connection, Grant, HttpRequest, HttpResponse,
    Io, Learned, Pacer, SecretText, Transport, TransportError, Unkept,
};
use stockbridge_domain::{AccountId, BoxFut, Env, Timestamp};
use stockbridge_store::AccountRecord;

use crate::stage::draft;

/// Orders of a page: the most Amazon gives.
pub const PAGE: usize = 100;

/// Answers requests for pages, by the page's number as its token; past the last one, with an empty page.
struct Pages {
    pages: Vec<Bytes>,
    /// The first one's number.
    first: usize,
}

/// A connection of the account that reads these pages, the first of which has the number `first`.
pub fn connect(
    account: &AccountRecord,
    pages: Vec<Bytes>,
    first: usize,
    env: Env,
) -> anyhow::Result<Box<dyn Connection>> {
    let pages = Arc::new(Pages { pages, first });
    let config = AccountConfig {
        account: account.id,
        checked: CheckedAccount {
            external_id: account.external_id.clone(),
            marketplaces: account.marketplaces.clone(),
            currency: account.currency,
        },
        credentials: draft(0).credentials,
        endpoints: account.endpoints.clone(),
        options: account.options.clone(),
        webhook_key: SecretText::new(""),
    };
    let io = Io {
        transport: pages.clone(),
        pacer: pages,
        keeper: Arc::new(Unkept),
        env,
    };
    Amazon::default()
        .connect(config, io)
        .map_err(|problems| anyhow::anyhow!("the account of the benchmark is refused: {problems:?}"))
}

/// A way out that leads nowhere, for a hub that only reads.
pub fn no_network() -> Arc<dyn Transport> {
    Arc::new(Pages {
        pages: Vec::new(),
        first: 0,
    })
}

impl Transport for Pages {
    fn send(&self, request: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let token = Bytes::from_static(br#"{"access_token":"Atza|bench","expires_in":3600}"#);
            let body = if request.uri().path() == "/auth/o2/token" {
                token
            } else {
                let query = request.uri().query().unwrap_or_default();
                let page = query.split('&').find_map(|p| p.strip_prefix("paginationToken="));
                let page: usize = page.and_then(|p| p.parse().ok()).unwrap_or(self.first);
                let page = self.pages.get(page - self.first);
                page.cloned().unwrap_or(Bytes::from_static(br#"{"orders":[]}"#))
            };
            Ok(http::Response::new(body))
        })
    }
}

impl Pacer for Pages {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async { Grant::Go })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async { Timestamp::EPOCH })
    }
}

/// Pages with `orders` orders of two lines each, whose SKUs are among the first `products`.
pub fn pages(orders: usize, products: usize, placed: Timestamp) -> anyhow::Result<Vec<Bytes>> {
    let count = orders.div_ceil(PAGE);
    (0..count)
        .map(|page| {
            let mut text = String::with_capacity(PAGE * 4_096);
            text.push_str(r#"{"orders":["#);
            for n in page * PAGE..orders.min((page + 1) * PAGE) {
                if n > page * PAGE {
                    text.push(',');
                }
                let at = placed.plus(Duration::from_millis(u64::try_from(n)? * 50));
                order(&mut text, n, products, at)?;
            }
            text.push(']');
            if page + 1 < count {
                write!(text, r#","pagination":{{"nextToken":"{}"}}"#, page + 1)?;
            }
            write!(
                text,
                r#","lastUpdatedBefore":"{}"}}"#,
                placed.plus(Duration::from_secs(7_200))
            )?;
            Ok(Bytes::from(text))
        })
        .collect()
}

/// An order nobody has shipped yet, with everything a seller with the usual roles is sent.
fn order(text: &mut String, n: usize, products: usize, at: Timestamp) -> anyhow::Result<()> {
    let (week, id) = (at.plus(Duration::from_secs(604_800)), 1_000_000 + n);
    write!(
        text,
        r#"{{"orderId":"302-{id:07}-{n:07}","orderAliases":[{{"aliasId":"{n}","aliasType":"SELLER_ORDER_ID"}}],"createdTime":"{at}","lastUpdatedTime":"{at}","programs":["PRIME"],"salesChannel":{{"channelName":"AMAZON","marketplaceId":"A1PA6795UKMFR9","marketplaceName":"Amazon.de"}},"buyer":{{"buyerName":"Erika Mustermann {n}","buyerEmail":"b{n}@marketplace.amazon.de"}},"recipient":{{"deliveryAddress":{{"name":"Erika Mustermann {n}","addressLine1":"Musterstraße {n}","city":"Köln","stateOrRegion":"Nordrhein-Westfalen","postalCode":"{:05}","countryCode":"DE","phone":"+49 221 {id}","addressType":"RESIDENTIAL"}},"deliveryPreference":{{"dropOffLocation":"Garage"}}}},"proceeds":{{"grandTotal":{{"amount":"43.98","currencyCode":"EUR"}}}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED","fulfilledBy":"MERCHANT","fulfillmentServiceLevel":"STANDARD","shipByWindow":{{"earliestDateTime":"{at}","latestDateTime":"{week}"}},"deliverByWindow":{{"earliestDateTime":"{at}","latestDateTime":"{week}"}}}},"orderItems":["#,
        n % 100_000
    )?;
    // Two different products, spread evenly and in no order.
    let first = n.wrapping_mul(2_654_435_761) % products;
    for (line, product) in [first, (first + 1 + n % (products - 1)) % products]
        .into_iter()
        .enumerate()
    {
        let comma = if line == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"orderItemId":"{id}{line}","quantityOrdered":1,"product":{{"asin":"B0{product:08}","title":"Product number {product}, in a pack of one, assorted colours","sellerSku":"SKU-{product:05}","condition":{{"conditionType":"NEW","conditionSubtype":"NEW"}},"price":{{"unitPrice":{{"amount":"21.99","currencyCode":"EUR"}}}}}},"proceeds":{{"proceedsTotal":{{"amount":"21.99","currencyCode":"EUR"}},"breakdowns":[{{"type":"ITEM","subtotal":{{"amount":"18.48","currencyCode":"EUR"}}}},{{"type":"TAX","subtotal":{{"amount":"3.51","currencyCode":"EUR"}}}}]}},"fulfillment":{{"quantityFulfilled":0,"quantityUnfulfilled":1,"shipping":{{"scheduledDeliveryWindow":{{"earliestDateTime":"{at}","latestDateTime":"{week}"}}}}}}}}"#
        )?;
    }
    text.push_str("]}");
    Ok(())
}
