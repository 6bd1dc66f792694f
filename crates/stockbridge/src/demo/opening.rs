//! Opens the demo's sellers: products, stock, accounts on simulated platforms, and how stock is shared out.

use std::collections::BTreeMap;

use anyhow::Context as _;
use stockbridge_domain::allocation::{BasisPoints, Terms};
use stockbridge_domain::channel::{Learned, SecretText};
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{AccountId, Currency, Money, TenantId};
use stockbridge_engine::{Adjustment, Caller, ConnectRequest, Hub, NewProductRequest, PolicyChange};
use stockbridge_sim::{FaultConfig, ListingConfig, SellerConfig, generate_listings};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::stands::{Goods, Stand};
use super::witness::{Seat, Witness};
use super::world::{Account, HANG, ORDER_VISIBILITY_SECS, PLANS, PRODUCTS, Seller, WRITE_APPLY_SECS, spawn};

/// What sellers are opened with.
pub(super) struct Opening<'a> {
    pub(super) hub: &'a Hub,
    /// Where the marketplace answers.
    pub(super) api: &'a str,
    pub(super) faults: &'a FaultConfig,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Opening<'_> {
    /// A seller with products, stock, and accounts on the marketplace, on other platforms and in the hub itself.
    pub(super) async fn seller(
        &mut self,
        name: &str,
        accounts: &[Account],
        stands: &[Stand],
        own_store: bool,
        seed: u64,
    ) -> anyhow::Result<Seller> {
        let hub = self.hub;
        let currency = Currency::parse(accounts.first().map_or("EUR", |a| a.currency))?;
        let goods: Vec<ListingConfig> = generate_listings(seed, PRODUCTS, currency.code());
        let (tenant, stock) = stocked(hub, name, &goods, currency).await?;
        let caller = Caller::operator(tenant);
        let mut seats = Vec::new();
        for account in accounts {
            let request = connect_request(account, self.api);
            let record = hub.connect(&caller, "amazon", request).await?;
            know_plans(hub, tenant, record.id).await?;
            seats.push(Seat {
                account: record.id,
                witness: Witness::Seller(account.seller.to_owned()),
            });
        }
        for stand in stands {
            let goods = Goods {
                listings: &goods,
                seed,
                faults: self.faults,
            };
            seats.push(self.open(&caller, stand, goods).await?);
        }
        let own = match own_store {
            false => None,
            true => {
                let request = ConnectRequest {
                    name: "Web shop".to_owned(),
                    ..ConnectRequest::default()
                };
                Some(hub.connect(&caller, "own", request).await?.id)
            }
        };
        share(hub, &caller, &seats, own).await?;
        Ok(Seller {
            tenant,
            seats,
            own,
            stock,
        })
    }

    /// A platform on loopback and its account.
    async fn open(&mut self, caller: &Caller, stand: &Stand, goods: Goods<'_>) -> anyhow::Result<Seat> {
        let (platform, mut request) = stand.open(goods);
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("no free port for a platform")?;
        let address = format!("http://{}", listener.local_addr()?);
        request.endpoints.insert(stand.endpoint.to_owned(), address);
        let mut stopped = self.stopped.clone();
        let server = stockbridge_sim::serve_platform(platform.clone(), HANG, listener, async move {
            let _ = stopped.wait_for(|s| *s).await;
        });
        spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "a simulated platform stopped");
            }
        });
        let record = self.hub.connect(caller, stand.channel, request).await?;
        know_generous_plans(self.hub, caller.tenant, stand.channel, record.id).await?;
        Ok(Seat {
            account: record.id,
            witness: Witness::Platform(platform),
        })
    }
}

/// A tenant with its products and what lies on its shelves.
async fn stocked(
    hub: &Hub,
    name: &str,
    goods: &[ListingConfig],
    currency: Currency,
) -> anyhow::Result<(TenantId, BTreeMap<String, i64>)> {
    let email = format!("owner@{}.example", name.to_lowercase().replace(' ', "-"));
    let (tenant, _) = hub.store().system().create_tenant(name, &email).await?;
    let caller = Caller::operator(tenant);
    let products = goods
        .iter()
        .map(|l| NewProductRequest {
            sku: l.sku.clone(),
            title: l.title.clone(),
            cost: None,
            details: stockbridge_domain::catalog::ProductDetails::default(),
            price: Money::from_decimal(&l.price.to_string(), currency).ok(),
        })
        .collect();
    hub.create_products(&caller, products).await?;
    let mut stock = BTreeMap::new();
    for listing in goods.iter().filter(|l| l.quantity.is_some()) {
        let units = units_of(&listing.sku);
        let count = Adjustment {
            sku: listing.sku.clone(),
            location: None,
            kind: EntryKind::Count,
            change: None,
            counted: Some(units),
            note: Some("opening count".to_owned()),
            reference: None,
        };
        hub.adjust(&caller, count).await?;
        stock.insert(listing.sku.clone(), units);
    }
    Ok((tenant, stock))
}

/// The example of the books: 30 for the own store, the rest in equal parts for the others, 5 % kept back.
async fn share(hub: &Hub, caller: &Caller, seats: &[Seat], own: Option<AccountId>) -> anyhow::Result<()> {
    let Some(own) = own else { return Ok(()) };
    let share = |account, points| PolicyChange {
        account: Some(account),
        terms: Some(Terms {
            share: Some(BasisPoints(points)),
            ..Terms::NONE
        }),
        ..PolicyChange::default()
    };
    let part = 7_000 / u32::try_from(seats.len().max(1))?;
    let mut changes: Vec<PolicyChange> = seats.iter().map(|seat| share(seat.account, part)).collect();
    changes.push(share(own, 3_000));
    changes.push(PolicyChange {
        terms: Some(Terms {
            buffer_part: Some(BasisPoints(500)),
            ..Terms::NONE
        }),
        ..PolicyChange::default()
    });
    hub.change_policies(caller, &changes).await?;
    Ok(())
}

/// How much there is of a SKU, from 2 to 12 units: little enough that much of it sells out within a minute.
fn units_of(sku: &str) -> i64 {
    let sum: i64 = sku.bytes().map(i64::from).sum();
    2 + sum * 7 % 11
}

/// Lets the hub know the raised plans as if it had read them from an answer's header yesterday. A hub that is refused before
/// its first answer goes by the documented plan and reads orders again after three minutes, which is longer than a demo.
async fn know_plans(hub: &Hub, tenant: TenantId, account: AccountId) -> anyhow::Result<()> {
    let channel = hub
        .channel("amazon")
        .context("this build has no Amazon channel")?;
    for bucket in channel.descriptor().buckets {
        if let Some((_, rate_micro)) = PLANS.iter().find(|(operation, _)| *operation == bucket.name) {
            let learned = Learned {
                rate_micro: Some(*rate_micro),
                left: None,
            };
            hub.tenant(tenant).learn_budget(account, bucket, learned).await?;
        }
    }
    Ok(())
}

/// The same for platforms whose plans suit days, not a minute.
async fn know_generous_plans(
    hub: &Hub,
    tenant: TenantId,
    channel: &str,
    account: AccountId,
) -> anyhow::Result<()> {
    const GENEROUS_MICRO: i64 = 25_000_000;
    let channel = hub
        .channel(channel)
        .context("this build lacks a channel of the demo")?;
    for bucket in channel.descriptor().buckets {
        let learned = Learned {
            rate_micro: Some(bucket.rate_micro.max(GENEROUS_MICRO)),
            left: None,
        };
        hub.tenant(tenant).learn_budget(account, bucket, learned).await?;
    }
    Ok(())
}

fn connect_request(account: &Account, api: &str) -> ConnectRequest {
    let text = |k: &str, v: String| (k.to_owned(), v);
    let number = |k: &str, v: u64| (k.to_owned(), serde_json::json!(v));
    let word = |k: &str, v: String| (k.to_owned(), serde_json::json!(v));
    let seller = SellerConfig::new(account.seller, account.region, &[account.marketplace.1]);
    let application_id = seller.application_id();
    ConnectRequest {
        name: account.name.to_owned(),
        marketplaces: vec![account.marketplace.0.to_owned()],
        credentials: [
            text("client_id", seller.client_id),
            text("client_secret", seller.client_secret),
            text("refresh_token", seller.refresh_token),
            text("seller_id", seller.seller_id),
            text("application_id", application_id),
            text("aws_access_key_id", "AKIASIMULATED".to_owned()),
            text("aws_secret_access_key", "simulated".to_owned()),
        ]
        .into_iter()
        .map(|(k, v)| (k, SecretText::new(v)))
        .collect(),
        endpoints: ["api", "lwa", "seller_central", "sqs"]
            .into_iter()
            .map(|name| text(name, api.to_owned()))
            .collect(),
        options: BTreeMap::from([
            number("orders_every_secs", 2),
            number("inventory_every_secs", 20),
            number("listings_every_secs", 300),
            number("order_visibility_secs", ORDER_VISIBILITY_SECS),
            number("write_apply_secs", WRITE_APPLY_SECS),
            word("queue_url", format!("{api}/000000000000/{}", account.seller)),
            word("queue_region", "eu-west-1".to_owned()),
        ]),
    }
}
