//! Compares what really happened with what the hub believes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use stockbridge_domain::order::OrderStatus as Status;
use stockbridge_domain::{AccountId, OrderId, Timestamp};
use stockbridge_store::{ListingFilter, OrderFilter, OrderRecord, PageQuery, PushTimes, Tenant};

use super::buyers::Shop;
use super::report::{ChannelReport, Percentiles, Report};
use super::witness::{Books, Seat, Seen};
use super::world::{Seller, World};

const PAGE: i64 = 200;

/// One line of progress.
pub(super) async fn progress(world: &World, shop: &Shop) -> anyhow::Result<String> {
    let books = Books::of(&world.sim);
    let (mut imported, mut pushes, mut verified, mut oversold) = (0, 0, 0, 0);
    let mut placed = usize::try_from(shop.accepted.load(Ordering::Relaxed)).unwrap_or(0);
    for seller in &world.sellers {
        let tenant = world.hub.tenant(seller.tenant);
        let times = tenant.push_times(Timestamp::EPOCH).await?;
        pushes += times.len();
        verified += times.iter().filter(|t| t.verified_at.is_some()).count();
        let orders = all_orders(&tenant).await?;
        imported += orders.len();
        oversold += oversold_units(seller, &books, &orders);
        placed += seller
            .seats
            .iter()
            .map(|seat| books.orders(seat).len())
            .sum::<usize>();
    }
    Ok(format!(
        "orders {placed} placed, {imported} imported | pushes {pushes}, {verified} verified | throttled {} | oversold {oversold}",
        books.truth().throttled
    ))
}

/// Things still open: orders the hub does not know, or knows in an older state, and listings not verified.
pub(super) async fn unsettled(world: &World) -> anyhow::Result<usize> {
    let books = Books::of(&world.sim);
    let mut open = 0;
    for seller in &world.sellers {
        let tenant = world.hub.tenant(seller.tenant);
        let orders = all_orders(&tenant).await?;
        let known: BTreeMap<&str, &OrderRecord> =
            orders.iter().map(|o| (o.channel_order_id.as_str(), o)).collect();
        let there = seller.seats.iter().flat_map(|seat| books.orders(seat));
        open += there
            .filter(|o| {
                o.pending
                    || known.get(o.id.as_str()).is_none_or(|k| {
                        o.cancelled != (k.status == Status::Cancelled) || parcel_unknown(o, k)
                    })
            })
            .count();
        open += unverified(&tenant, None).await?;
    }
    Ok(open)
}

/// Whether the hub sent a parcel that its channel does not know. What was packed while the buyer called it off is refused for
/// good and is not counted.
fn parcel_unknown(there: &Seen, here: &OrderRecord) -> bool {
    let told: i64 = there.lines.iter().map(|(_, _, shipped)| shipped).sum();
    let sent: i64 = here.lines.iter().map(|l| l.shipped).sum();
    !there.cancelled && sent > told
}

async fn all_orders(tenant: &Tenant) -> anyhow::Result<Vec<OrderRecord>> {
    let (mut orders, mut query) = (Vec::new(), PageQuery::first(PAGE));
    loop {
        let page = tenant.orders(&OrderFilter::default(), &query).await?;
        orders.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(orders),
        }
    }
}

async fn unverified(tenant: &Tenant, account: Option<AccountId>) -> anyhow::Result<usize> {
    let filter = ListingFilter {
        account,
        verified: Some(false),
        mapped: Some(true),
        ..ListingFilter::default()
    };
    let mut count = 0;
    let mut query = PageQuery::first(PAGE);
    loop {
        let page = tenant.listings(&filter, &query).await?;
        count += page.items.len();
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(count),
        }
    }
}

/// Units of each SKU that buyers have, on every channel together.
fn sold_units(seller: &Seller, books: &Books, orders: &[OrderRecord]) -> BTreeMap<String, i64> {
    let mut sold = BTreeMap::new();
    let there = seller
        .seats
        .iter()
        .flat_map(|seat| books.orders(seat))
        .flat_map(|o| o.lines)
        .map(|(sku, units, _)| (sku, units));
    let here = orders
        .iter()
        .filter(|o| Some(o.account) == seller.own && o.status != Status::Cancelled)
        .flat_map(|o| &o.lines)
        .filter_map(|l| l.sku.as_ref().map(|s| (s.to_string(), l.ordered)));
    for (sku, units) in there.chain(here) {
        *sold.entry(sku).or_insert(0) += units;
    }
    sold
}

fn oversold_units(seller: &Seller, books: &Books, orders: &[OrderRecord]) -> i64 {
    sold_units(seller, books, orders)
        .into_iter()
        .map(|(sku, units)| (units - seller.stock.get(&sku).copied().unwrap_or(0)).max(0))
        .sum()
}

/// The verdict.
pub(super) async fn judge(world: &World, shop: &Shop, settled: bool) -> anyhow::Result<Report> {
    let books = Books::of(&world.sim);
    let truth = books.truth();
    let mut report = Report {
        settled,
        throttled: truth.throttled,
        faults_injected: u64::try_from(truth.faults.len()).unwrap_or(0),
        parcels: shop.packed.load(Ordering::Relaxed),
        buyers_turned_away: shop.turned_away.load(Ordering::Relaxed)
            + u64::try_from(truth.refused.len()).unwrap_or(0),
        ledger_ok: true,
        tenants_isolated: isolated(world).await?,
        ..Report::default()
    };
    let mut times = Vec::new();
    for seller in &world.sellers {
        times.extend(judge_seller(world, seller, &books, &mut report).await?);
    }
    (report.sale_to_push_ms, report.sale_to_verified_ms) = percentiles(&times);
    report.pushes = u64::try_from(times.len()).unwrap_or(0);
    report.pushes_verified =
        u64::try_from(times.iter().filter(|t| t.verified_at.is_some()).count()).unwrap_or(0);
    report.broken.extend(broken(&report));
    report.ok = report.broken.is_empty();
    Ok(report)
}

async fn judge_seller(
    world: &World,
    seller: &Seller,
    books: &Books,
    report: &mut Report,
) -> anyhow::Result<Vec<PushTimes>> {
    let tenant = world.hub.tenant(seller.tenant);
    let orders = all_orders(&tenant).await?;
    let check = tenant.check_ledger().await?;
    report.ledger_ok &= check.ok();
    report.broken.extend(check.problems().take(5).map(str::to_owned));
    report.units_stocked += seller.stock.values().sum::<i64>();
    report.units_sold += sold_units(seller, books, &orders).values().sum::<i64>();
    report.oversold_units += oversold_units(seller, books, &orders);
    let here: BTreeMap<&str, &OrderRecord> =
        orders.iter().map(|o| (o.channel_order_id.as_str(), o)).collect();
    let there = seller.seats.iter().flat_map(|seat| books.orders(seat));
    let unknown = there.filter(|there| {
        here.get(there.id.as_str())
            .is_some_and(|here| parcel_unknown(there, here))
    });
    report.parcels_unknown += u64::try_from(unknown.count()).unwrap_or(u64::MAX);
    let times = tenant.push_times(Timestamp::EPOCH).await?;
    let name = tenant.record().await?.map(|t| t.name).unwrap_or_default();
    for account in tenant.accounts().await? {
        let seat = seller.seats.iter().find(|seat| seat.account == account.id);
        let there = seat.map(|seat| books.orders(seat));
        let mut channel = judge_account(account.id, there.as_deref(), &orders, &times, report);
        channel.tenant.clone_from(&name);
        channel.name = account.name;
        channel.channel = account.channel.to_string();
        channel.listings_unverified =
            u64::try_from(unverified(&tenant, Some(account.id)).await?).unwrap_or(0);
        report.listings_unverified += channel.listings_unverified;
        report.orders_placed += channel.orders_placed;
        report.orders_imported += channel.orders_imported;
        report.channels.push(channel);
    }
    Ok(times)
}

/// Compares one account; orders of the own store have no other witness than the hub itself.
fn judge_account(
    account: AccountId,
    there: Option<&[Seen]>,
    orders: &[OrderRecord],
    times: &[PushTimes],
    report: &mut Report,
) -> ChannelReport {
    let number = |n: usize| u64::try_from(n).unwrap_or(0);
    let known: Vec<&str> = orders
        .iter()
        .filter(|o| o.account == account)
        .map(|o| o.channel_order_id.as_str())
        .collect();
    let distinct: BTreeSet<&str> = known.iter().copied().collect();
    let mine: Vec<PushTimes> = times.iter().filter(|t| t.account == account).copied().collect();
    let (sale_to_push_ms, sale_to_verified_ms) = percentiles(&mine);
    let mut channel = ChannelReport {
        orders_placed: number(known.len()),
        orders_imported: number(distinct.len()),
        pushes: number(mine.len()),
        sale_to_push_ms,
        sale_to_verified_ms,
        ..ChannelReport::default()
    };
    if let Some(there) = there {
        let placed: BTreeSet<&str> = there.iter().map(|o| o.id.as_str()).collect();
        channel.orders_placed = number(placed.len());
        channel.orders_imported = number(distinct.intersection(&placed).count());
        report.orders_missing += number(placed.difference(&distinct).count());
        report.orders_duplicated += number(known.len() - distinct.intersection(&placed).count());
        channel.units_sold = there
            .iter()
            .flat_map(|o| &o.lines)
            .map(|(_, units, _)| units)
            .sum();
    } else {
        report.orders_duplicated += number(known.len() - distinct.len());
        channel.units_sold = orders
            .iter()
            .filter(|o| o.account == account && o.status != Status::Cancelled)
            .flat_map(|o| &o.lines)
            .map(|l| l.ordered)
            .sum();
    }
    channel
}

fn percentiles(times: &[PushTimes]) -> (Percentiles, Percentiles) {
    let sales = || times.iter().filter(|t| t.by_sale);
    let ms = |from: Timestamp, to: Timestamp| i64::try_from(to.since(from).as_millis()).unwrap_or(i64::MAX);
    let pushed = sales()
        .filter_map(|t| Some(ms(t.caused_at?, t.sent_at)))
        .collect();
    let verified = sales()
        .filter_map(|t| Some(ms(t.caused_at?, t.verified_at?)))
        .collect();
    (Percentiles::of(pushed), Percentiles::of(verified))
}

fn broken(report: &Report) -> Vec<String> {
    let mut broken = Vec::new();
    let mut rule = |held: bool, text: String| {
        if !held {
            broken.push(text);
        }
    };
    rule(
        report.oversold_units == 0,
        format!("{} units were sold that were not there", report.oversold_units),
    );
    rule(
        report.orders_missing == 0,
        format!("{} orders never reached the hub", report.orders_missing),
    );
    rule(
        report.orders_duplicated == 0,
        format!("{} orders are in the hub twice", report.orders_duplicated),
    );
    rule(
        report.parcels_unknown == 0,
        format!(
            "{} parcels are not known to their channel",
            report.parcels_unknown
        ),
    );
    rule(
        report.ledger_ok,
        "the ledger, the balances and the orders disagree".to_owned(),
    );
    rule(
        report.tenants_isolated,
        "one seller can reach the other's data".to_owned(),
    );
    broken
}

/// Whether each tenant's handle answers nothing for the other's ids.
async fn isolated(world: &World) -> anyhow::Result<bool> {
    for a in &world.sellers {
        let orders: Vec<OrderId> = all_orders(&world.hub.tenant(a.tenant))
            .await?
            .iter()
            .map(|o| o.id)
            .collect();
        for b in world.sellers.iter().filter(|b| b.tenant != a.tenant) {
            let other = world.hub.tenant(b.tenant);
            for id in orders.iter().take(50) {
                if other.order(*id).await?.is_some() {
                    return Ok(false);
                }
            }
            for Seat { account, .. } in &a.seats {
                if other.account(*account).await?.is_some() {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}
