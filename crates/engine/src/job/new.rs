//! What is put into the queue: each kind of job with its lane, its priority and what makes two of it the same.

use serde_json::Value as Json;
use stockbridge_domain::channel::{DataKind, QuotaGroup, Timing};
use stockbridge_domain::job::Priority;
use stockbridge_domain::offer::CLOCK_SKEW;
use stockbridge_domain::{
    AccountId, CancellationId, OrderId, ParcelId, RefundId, ReportId, ShipmentId, TenantId, Timestamp,
};
use stockbridge_store::NewJob;

use super::CHECK_BOOKS;

/// The lane of an account's calls of one quota group.
pub(crate) fn lane(account: AccountId, group: QuotaGroup) -> String {
    format!("{account}/{}", group.name())
}

fn account_job(
    kind: &'static str,
    account: AccountId,
    group: QuotaGroup,
    priority: Priority,
    run_at: Timestamp,
    payload: Json,
) -> NewJob {
    let dedupe_key = Some(account.to_string());
    NewJob {
        kind,
        lane: lane(account, group),
        account: Some(account),
        dedupe_key,
        payload,
        priority,
        run_at,
    }
}

/// A pull of one kind of data; `trigger` is what people read in the run's row.
pub(crate) fn pull(
    kind: DataKind,
    account: AccountId,
    trigger: &str,
    priority: Priority,
    run_at: Timestamp,
) -> NewJob {
    let (name, group) = match kind {
        DataKind::Orders => (super::pull_orders::KIND, QuotaGroup::Orders),
        DataKind::Listings => (super::pull_listings::KIND, QuotaGroup::Listings),
        DataKind::Inventory => (super::pull_inventory::KIND, QuotaGroup::Listings),
        DataKind::Returns => (super::pull_returns::KIND, QuotaGroup::Orders),
        DataKind::Warehouse => (super::pull_warehouse::KIND, QuotaGroup::Warehouse),
        DataKind::Finance => (super::pull_finance::KIND, QuotaGroup::Finance),
        DataKind::Reports => (super::pull_reports::KIND, QuotaGroup::Reports),
    };
    account_job(
        name,
        account,
        group,
        priority,
        run_at,
        serde_json::json!({ "trigger": trigger }),
    )
}

/// The orders placed before a channel's listings were first read, once the channel shows all of them: nothing of a new
/// listing's product is promised to anybody before. Beside the scheduled pull, which may be due long before or after.
pub(super) fn pull_earlier_orders(account: AccountId, timing: Timing, read_at: Timestamp) -> NewJob {
    let visible_at = read_at.plus(timing.order_visibility).plus(CLOCK_SKEW * 2);
    let mut job = pull(
        DataKind::Orders,
        account,
        "new listings",
        Priority::PULL,
        visible_at,
    );
    job.dedupe_key = Some(format!("{account}/earlier"));
    job
}

/// A report a channel is to make.
pub(crate) fn make_report(account: AccountId, report: ReportId, run_at: Timestamp) -> NewJob {
    NewJob {
        dedupe_key: Some(format!("report:{report}")),
        ..account_job(
            super::make_report::KIND,
            account,
            QuotaGroup::Reports,
            Priority::BACKGROUND,
            run_at,
            serde_json::json!({ "report": report.to_string() }),
        )
    }
}

/// New offers for a tenant's dirty products.
pub(crate) fn plan(tenant: TenantId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::plan_offers::KIND,
        lane: format!("{tenant}/plan"),
        account: None,
        dedupe_key: Some("plan".into()),
        payload: Json::Null,
        priority: Priority::STOCK_DECREASE,
        run_at,
    }
}

/// Prices of a tenant's marked listings.
pub(crate) fn plan_prices(tenant: TenantId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::plan_prices::KIND,
        lane: format!("{tenant}/prices"),
        account: None,
        dedupe_key: Some("prices".into()),
        payload: Json::Null,
        priority: Priority::PRICE,
        run_at,
    }
}

/// A check of a tenant's books.
pub(crate) fn check_books(tenant: TenantId, asked_by: &str, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: CHECK_BOOKS,
        lane: format!("{tenant}/books"),
        account: None,
        dedupe_key: Some("books".into()),
        payload: serde_json::json!({ "asked_by": asked_by }),
        priority: Priority::BACKGROUND,
        run_at,
    }
}

pub(crate) fn push(account: AccountId, priority: Priority, run_at: Timestamp) -> NewJob {
    account_job(
        super::push_offers::KIND,
        account,
        QuotaGroup::Listings,
        priority,
        run_at,
        Json::Null,
    )
}

/// Very many due quantities as a batch.
pub(crate) fn push_bulk(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::push_bulk::KIND,
        account,
        QuotaGroup::Bulk,
        Priority::STOCK_INCREASE,
        run_at,
        Json::Null,
    )
}

pub(crate) fn push_price(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::push_prices::KIND,
        account,
        QuotaGroup::Listings,
        Priority::PRICE,
        run_at,
        Json::Null,
    )
}

pub(crate) fn read_back(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::read_back::KIND,
        account,
        QuotaGroup::Listings,
        Priority::PULL,
        run_at,
        Json::Null,
    )
}

/// Calls an own order off at `run_at` unless it is paid by then.
pub(crate) fn expire_order(account: AccountId, order: OrderId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::expire_order::KIND,
        lane: lane(account, QuotaGroup::Orders),
        account: Some(account),
        dedupe_key: Some(order.to_string()),
        payload: serde_json::json!({ "order": order }),
        priority: Priority::PULL,
        run_at,
    }
}

/// Asks a channel to call an order off.
pub(crate) fn cancel_order(account: AccountId, cancellation: CancellationId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::cancel_order::KIND,
        lane: lane(account, QuotaGroup::Orders),
        account: Some(account),
        dedupe_key: Some(cancellation.to_string()),
        payload: serde_json::json!({ "cancellation": cancellation }),
        priority: Priority::ORDER_NUDGE,
        run_at,
    }
}

/// Has a channel give money back.
pub(crate) fn refund_order(account: AccountId, refund: RefundId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::refund_order::KIND,
        lane: lane(account, QuotaGroup::Orders),
        account: Some(account),
        dedupe_key: Some(refund.to_string()),
        payload: serde_json::json!({ "refund": refund }),
        priority: Priority::ORDER_NUDGE,
        run_at,
    }
}

/// Work on a parcel's papers; `key` tells apart what is done of one parcel.
fn parcel_job(
    kind: &'static str,
    account: AccountId,
    key: String,
    payload: Json,
    run_at: Timestamp,
) -> NewJob {
    NewJob {
        kind,
        lane: lane(account, QuotaGroup::Fulfilment),
        account: Some(account),
        dedupe_key: Some(key),
        payload,
        priority: Priority::SHIPMENT,
        run_at,
    }
}

/// Has a channel make a parcel's papers.
pub(crate) fn fetch_papers(account: AccountId, parcel: ParcelId, run_at: Timestamp) -> NewJob {
    let payload = serde_json::json!({ "parcel": parcel });
    parcel_job(
        super::fetch_papers::KIND,
        account,
        parcel.to_string(),
        payload,
        run_at,
    )
}

/// Fetches a parcel's papers again before they expire.
pub(crate) fn renew_papers(account: AccountId, parcel: ParcelId, run_at: Timestamp) -> NewJob {
    let payload = serde_json::json!({ "parcel": parcel, "renewal": true });
    let key = format!("{parcel}/renewal");
    parcel_job(super::fetch_papers::KIND, account, key, payload, run_at)
}

/// Tells a channel that a parcel is ready to be fetched.
pub(crate) fn hand_over(account: AccountId, parcel: ParcelId, run_at: Timestamp) -> NewJob {
    let payload = serde_json::json!({ "parcel": parcel });
    let key = format!("{parcel}/hand-over");
    parcel_job(super::hand_over::KIND, account, key, payload, run_at)
}

pub(crate) fn confirm_shipment(account: AccountId, shipment: ShipmentId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::confirm_shipment::KIND,
        lane: lane(account, QuotaGroup::Fulfilment),
        account: Some(account),
        dedupe_key: Some(shipment.to_string()),
        payload: serde_json::json!({ "shipment": shipment }),
        priority: Priority::SHIPMENT,
        run_at,
    }
}

/// One order a channel said something about.
pub(crate) fn pull_order(account: AccountId, order: &str, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::PULL_ORDER,
        lane: lane(account, QuotaGroup::Orders),
        account: Some(account),
        dedupe_key: Some(format!("{account}/{order}")),
        payload: serde_json::json!({ "order": order }),
        priority: Priority::ORDER_NUDGE,
        run_at,
    }
}

/// The listings a channel said something about, to be read back.
pub(crate) fn mark_listings(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::mark_listings::KIND,
        account,
        QuotaGroup::Listings,
        Priority::ORDER_NUDGE,
        run_at,
        Json::Null,
    )
}

/// Whether the account is still allowed in.
pub(crate) fn probe_account(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::probe_account::KIND,
        account,
        QuotaGroup::Orders,
        Priority::ORDER_NUDGE,
        run_at,
        Json::Null,
    )
}

/// Has the account's channel send what happens.
pub(crate) fn register_webhooks(account: AccountId, run_at: Timestamp) -> NewJob {
    account_job(
        super::register_webhooks::KIND,
        account,
        QuotaGroup::Listings,
        Priority::PULL,
        run_at,
        Json::Null,
    )
}

/// A look after an account, in a lane that its pause does not stop.
pub(crate) fn check_account(account: AccountId, run_at: Timestamp) -> NewJob {
    NewJob {
        kind: super::check_account::KIND,
        lane: format!("{account}/care"),
        account: None,
        dedupe_key: Some(account.to_string()),
        payload: serde_json::json!({ "account": account }),
        priority: Priority::BACKGROUND,
        run_at,
    }
}
