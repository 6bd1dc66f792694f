//! From what happened to what a person is told: notices become alerts in the same transaction.

use std::collections::HashMap;

use stockbridge_domain::conflict::ConflictState;
use stockbridge_domain::pricing::Reason;
use stockbridge_domain::{AccountId, ProductId, Sku, Timestamp};
use stockbridge_store::{
    BelowZero, ConflictRecord, HeldCount, NewAlert, Notice, Severity, StoreError, TenantTx,
};

/// Raises an alert for each notice of an import.
pub(crate) async fn raise(
    tx: &mut TenantTx,
    account: Option<AccountId>,
    notices: &[Notice],
) -> Result<(), StoreError> {
    let skus = tx
        .skus_of(notices.iter().filter_map(product_of).collect())
        .await?;
    for notice in notices {
        tx.raise_alert(alert(account, notice, &skus)).await?;
    }
    Ok(())
}

/// The product of a notice that names it by its id alone.
fn product_of(notice: &Notice) -> Option<ProductId> {
    match notice {
        Notice::Short { product, .. } => Some(*product),
        Notice::BelowZero(below) => Some(below.product),
        _ => None,
    }
}

/// Brings the alerts about differences in line with what a transaction that began at `since` has noted. What may still be an order is not
/// told, and what has closed is over.
pub(crate) async fn conflicts(
    tx: &mut TenantTx,
    account: AccountId,
    since: Timestamp,
) -> Result<(), StoreError> {
    for found in tx.conflicts_noted(account, since).await? {
        let key = conflict_key(&found);
        if let Some(alert) = conflict_alert(&found, key.clone()) {
            tx.raise_alert(alert).await?;
        } else if found.state == ConflictState::Closed {
            tx.resolve_alert(&key).await?;
        }
    }
    Ok(())
}

/// The key of the alert about a field of a listing.
pub(crate) fn conflict_key(found: &ConflictRecord) -> String {
    format!("listing.drift:{}:{}", found.listing, found.field)
}

fn conflict_alert(found: &ConflictRecord, dedupe_key: String) -> Option<NewAlert> {
    let ConflictRecord {
        sku,
        field,
        expected,
        shown,
        ..
    } = found;
    let (kind, severity, title, detail) = match found.state {
        ConflictState::Waiting | ConflictState::Closed => return None,
        // Listed under Conflicts; a title in other words, or an image less, wakes nobody.
        _ if field.describes() => return None,
        ConflictState::Healing => (
            "listing.drift",
            Severity::Warning,
            format!("{sku}: the channel shows another {field} than it should"),
            format!(
                "It should have shown {expected} and shows {shown}. The hub sets it right; if another tool writes to this \
                 listing, switch it off there."
            ),
        ),
        ConflictState::Open => (
            "listing.conflict",
            Severity::Warning,
            format!("{sku}: somebody has to decide on the {field}"),
            format!("The channel shows {shown}, the hub has {expected}. Decide under Conflicts."),
        ),
        ConflictState::Stopped => (
            "listing.fought",
            Severity::Critical,
            format!("{sku}: another system writes the {field}, too"),
            format!(
                "The hub has set it right again and again; the channel shows {shown} instead of {expected}. The hub has \
                 stopped writing it. Switch the other tool off for this listing, then resume under Conflicts."
            ),
        ),
    };
    Some(NewAlert {
        kind,
        severity,
        dedupe_key,
        account: Some(found.account),
        subject: Some(found.listing.to_string()),
        title,
        detail,
    })
}

/// Brings the alerts about prices that are not sent in line with what is held: one for each account and reason.
pub(crate) async fn held_prices(tx: &mut TenantTx) -> Result<(), StoreError> {
    let counts = tx.held_counts().await?;
    let key = |account: &AccountId, reason: &Reason| format!("price.held:{account}:{reason}");
    for HeldCount {
        account,
        reason,
        listings,
    } in &counts
    {
        let (severity, what, todo) = match reason {
            Reason::Variance => (
                Severity::Warning,
                "wait for your word, because they move too far",
                "Approve them, or correct the rule or base price they come from.",
            ),
            Reason::NoBase => (
                Severity::Warning,
                "have no base price",
                "Set base prices, or the listings' own.",
            ),
            Reason::NoRate => (
                Severity::Warning,
                "have no exchange rate",
                "Import a file of rates that has it.",
            ),
            Reason::StaleRate => (
                Severity::Warning,
                "need a newer exchange rate",
                "Import the rates of today. Until then they stay as they are.",
            ),
            Reason::NoCurrency | Reason::TooLarge => (
                Severity::Warning,
                "come to no amount that can be a price",
                "Check base prices, rates and rules.",
            ),
        };
        tx.raise_alert(NewAlert {
            kind: "price.held",
            severity,
            dedupe_key: key(account, reason),
            account: Some(*account),
            subject: Some(account.to_string()),
            title: format!("{listings} prices {what}"),
            detail: format!("Nothing is sent for them. {todo} Prices › Held lists them."),
        })
        .await?;
    }
    let keys = counts.iter().map(|c| key(&c.account, &c.reason)).collect();
    tx.resolve_alerts_except("price.held", keys).await?;
    Ok(())
}

/// Ends the alerts about SKUs that no order waits for any more.
pub(crate) async fn mapped(tx: &mut TenantTx) -> Result<(), StoreError> {
    let waiting = tx.waiting_skus().await?;
    let key = |(account, sku): (AccountId, String)| format!("listing.unmapped:{account}:{sku}");
    let keys = waiting.into_iter().map(key).collect();
    tx.resolve_alerts_except("listing.unmapped", keys).await.map(drop)
}

fn alert(account: Option<AccountId>, notice: &Notice, skus: &HashMap<ProductId, Sku>) -> NewAlert {
    let at = account.map(|a| a.to_string()).unwrap_or_default();
    let (kind, severity, key, subject, title, detail) = match notice {
        Notice::Unmapped { sku, order } => (
            "listing.unmapped",
            Severity::Warning,
            format!("{at}:{sku}"),
            Some(sku.clone()),
            format!("{sku} sells but belongs to no product"),
            format!("Order {order} is kept, but no stock is reserved for it. Map the listing to a product."),
        ),
        Notice::UnknownStatus { order, word } => (
            "order.unknown_status",
            Severity::Warning,
            format!("{at}:{word}"),
            Some(order.clone()),
            format!("The channel uses an order status we do not know: {word}"),
            format!(
                "Order {order} keeps its stock reserved until the channel says something known. Please report the word."
            ),
        ),
        Notice::Contradiction { order, kept, word } => (
            "order.contradiction",
            Severity::Warning,
            format!("{at}:{order}"),
            Some(order.clone()),
            format!("Order {order} was {kept}, and the channel now says {word}"),
            "The hub keeps the former status and the stock as it is. Look at the order on the channel."
                .to_owned(),
        ),
        Notice::TakenUp { order, word } => (
            "order.taken_up",
            Severity::Warning,
            format!("{at}:{order}"),
            Some(order.clone()),
            format!("Order {order} was called off, and the channel now says {word}"),
            "Its units are reserved again, which may be more than are there. Ship it, or call it off on the channel."
                .to_owned(),
        ),
        Notice::Breach { sku, units, order } => (
            "stock.breach",
            Severity::Critical,
            format!("{at}:{sku}"),
            Some(sku.clone()),
            format!("{sku}: {units} more sold than the channel was given"),
            format!(
                "Order {order} sold more than the hub offered there. Another tool may write to this listing."
            ),
        ),
        Notice::Short { product, units } => return short(account, *product, skus.get(product), *units),
        Notice::BelowZero(below) => return below_zero(account, below, skus.get(&below.product)),
        Notice::Odd { order, what } => (
            "order.odd",
            Severity::Info,
            format!("{at}:{order}"),
            Some(order.clone()),
            format!("Order {order} holds something we did not understand"),
            what.clone(),
        ),
    };
    NewAlert {
        kind,
        severity,
        dedupe_key: format!("{kind}:{key}"),
        account,
        subject,
        title,
        detail,
    }
}

fn short(account: Option<AccountId>, product: ProductId, sku: Option<&Sku>, units: i64) -> NewAlert {
    NewAlert {
        kind: "stock.short",
        severity: Severity::Critical,
        dedupe_key: format!("stock.short:{product}"),
        account,
        subject: Some(called(product, sku)),
        title: format!(
            "{}: {units} more promised than {} there",
            called(product, sku),
            if units == 1 { "is" } else { "are" }
        ),
        detail: "Count the shelf, or cancel orders that cannot be served. The product's ledger shows what happened."
            .to_owned(),
    }
}

fn below_zero(account: Option<AccountId>, below: &BelowZero, sku: Option<&Sku>) -> NewAlert {
    let BelowZero {
        product,
        place,
        on_hand,
    } = below;
    NewAlert {
        kind: "stock.below_zero",
        severity: Severity::Warning,
        dedupe_key: format!("stock.below_zero:{product}:{place}"),
        account,
        subject: Some(called(*product, sku)),
        title: format!(
            "{}: by the books {on_hand} lie at {place}",
            called(*product, sku)
        ),
        detail:
            "More left the shelf than the books knew of. Count it, or enter the delivery or transfer that is missing."
                .to_owned(),
    }
}

/// What people call a product.
fn called(product: ProductId, sku: Option<&Sku>) -> String {
    sku.map_or_else(|| product.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_named_by_its_sku() {
        let product: ProductId = "prd_01jd0000000000000000000000".parse().expect("an id");
        let skus = HashMap::from([(product, Sku::parse("MUG-BLUE").expect("a SKU"))]);
        let short = Notice::Short { product, units: 1 };
        let told = alert(None, &short, &skus);
        assert_eq!(told.title, "MUG-BLUE: 1 more promised than is there");
        assert_eq!(told.subject.as_deref(), Some("MUG-BLUE"));
        let nameless = alert(None, &short, &HashMap::new());
        assert_eq!(nameless.subject, Some(product.to_string()));
        assert_eq!(nameless.dedupe_key, told.dedupe_key, "it stays the same alert");
    }
}
