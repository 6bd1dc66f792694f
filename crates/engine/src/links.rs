//! Links of a chain: what happened, put in words.

use stockbridge_domain::Timestamp;
use stockbridge_domain::conflict::Action;
use stockbridge_store::{
    ConflictEvent, LedgerRecord, ListingRecord, OfferRecord, OpenLine, PreviewRow, PricePreview,
};

use crate::chain::{Link, LinkKind};
use crate::explain::offer_in_words;

/// Something that holds now.
pub(crate) fn now(kind: LinkKind, what: String, value: Option<String>, now: Timestamp) -> Link {
    Link {
        at: now,
        kind,
        what,
        value,
        row: None,
    }
}

/// What the policies give a listing, and what they keep back.
pub(crate) fn share(row: &PreviewRow, at: Timestamp) -> Vec<Link> {
    let link =
        |what: String, value: Option<i64>| now(LinkKind::Policy, what, value.map(|n| n.to_string()), at);
    let share = &row.after;
    let withheld = share.withheld.iter();
    let mut links: Vec<Link> = withheld
        .map(|kept| {
            link(
                format!(
                    "{} of the available units are not offered here: {}",
                    kept.units,
                    kept.reason.name().replace('_', " ")
                ),
                None,
            )
        })
        .collect();
    links.extend(share.remarks.iter().map(|remark| link(remark.clone(), None)));
    links.push(link(
        format!(
            "{} mode, shared out by {}: the policies give it {}",
            share.regime, share.method, share.quantity
        ),
        Some(share.quantity),
    ));
    links
}

pub(crate) fn entry(entry: &LedgerRecord) -> Link {
    let note = entry
        .note
        .as_ref()
        .map(|note| format!(" ({note})"))
        .unwrap_or_default();
    Link {
        at: entry.at,
        kind: LinkKind::Ledger,
        what: format!(
            "{}{note} by {}: {:+} on hand, {:+} reserved, because of {} {}",
            entry.kind,
            entry.actor,
            entry.change.on_hand,
            entry.change.reserved,
            entry
                .cause
                .kind
                .split_once('.')
                .map_or(entry.cause.kind.as_str(), |(of, _)| of),
            entry.cause.reference
        ),
        value: Some(entry.after.available().to_string()),
        row: Some(entry.id.to_string()),
    }
}

pub(crate) fn order(line: &OpenLine) -> Link {
    Link {
        at: line.placed_at,
        kind: LinkKind::Order,
        what: format!(
            "order {} was placed and is {}; it holds {}",
            line.channel_order_id, line.status, line.reserved
        ),
        value: None,
        row: Some(line.order.to_string()),
    }
}

/// What holds for the listing now, and its last reading.
pub(crate) fn offer(offer: &OfferRecord, at: Timestamp) -> Vec<Link> {
    let because = offer_in_words(offer);
    let mut links: Vec<Link> = because
        .into_iter()
        .map(|what| now(LinkKind::Plan, what, None, at))
        .collect();
    links.extend(offer.offer.shown.map(|shown| Link {
        at: shown.at,
        kind: LinkKind::Reading,
        what: format!("the channel was read and showed {}", shown.quantity),
        value: Some(shown.quantity.to_string()),
        row: None,
    }));
    links
}

/// How a price comes about, what the channel shows, and why the two differ.
pub(crate) fn price(preview: &PricePreview, listing: &ListingRecord, at: Timestamp) -> Vec<Link> {
    let link = |kind, what: String, value| now(kind, what, value, at);
    let mut links = Vec::new();
    if let Some(shown) = listing.price {
        links.push(Link {
            at: listing.updated_at,
            kind: LinkKind::Reading,
            what: format!("the channel showed {shown} when the listing last changed"),
            value: Some(shown.to_string()),
            row: Some(listing.id.to_string()),
        });
    }
    let steps = preview.priced.iter().flat_map(|priced| &priced.steps);
    links.extend(steps.map(|step| {
        let value = Some(step.amount.to_string());
        link(LinkKind::Policy, step.because.clone(), value)
    }));
    if let Some(wanted) = preview.wanted {
        let value = Some(wanted.to_string());
        links.push(link(LinkKind::Plan, "so it is to show".to_owned(), value));
    }
    if let Some(held) = &preview.held {
        links.push(link(
            LinkKind::Problem,
            format!("it is not sent: {}", held.detail),
            None,
        ));
    }
    if !preview.kept {
        let what = "no rule says that the hub keeps this price, so the channel's own stays as it is";
        links.push(link(LinkKind::Policy, what.to_owned(), None));
    }
    if let Some(change) = preview.next_change {
        let what = format!("it changes next by itself at {change}");
        links.push(link(LinkKind::Plan, what, None));
    }
    links
}

/// What the channel says of a listing's status.
pub(crate) fn status(listing: &ListingRecord) -> Vec<Link> {
    let link = |at, kind, what| Link {
        at,
        kind,
        what,
        value: None,
        row: Some(listing.id.to_string()),
    };
    let mut links = vec![Link {
        value: Some(listing.status.to_string()),
        ..link(
            listing.updated_at,
            LinkKind::Reading,
            format!("the channel says it is {}", listing.status),
        )
    }];
    links.extend(listing.issues.iter().map(|issue| {
        link(
            listing.updated_at,
            LinkKind::Problem,
            format!("the channel says: {issue}"),
        )
    }));
    if let (Some(what), Some(at)) = (&listing.last_problem, listing.problem_at) {
        links.push(link(
            at,
            LinkKind::Problem,
            format!("a change was refused: {what}"),
        ));
    }
    if let Some(at) = listing.verified_at {
        links.push(link(
            at,
            LinkKind::Reading,
            "it was seen to show what it should".to_owned(),
        ));
    }
    links
}

/// What was done when the channel showed something else.
pub(crate) fn difference(event: &ConflictEvent) -> Link {
    let (before, after) = (&event.before, &event.after);
    let differs = format!("the channel showed {before} instead of {after}");
    let what = match event.action {
        Action::Awaited => format!("{differs}; waited for orders that explain it"),
        Action::Repushed => format!("{differs}; it is written again"),
        Action::Resent => format!("{differs}, because a write got lost; it is written again"),
        Action::Accepted => format!("what the channel shows was taken over, {after} instead of {before}"),
        Action::Asked => format!("{differs}; somebody is asked"),
        Action::Stopped => format!("{differs}, again and again; the hub stopped writing it"),
        Action::Resumed => format!("{differs}; the hub goes on writing it"),
        Action::Explained => format!("{differs}; an order explained it"),
        Action::Agreed => format!("the channel shows {after} again, as it should"),
        Action::Ignored => format!("{differs}; a person let it be"),
    };
    Link {
        at: event.at,
        kind: LinkKind::Difference,
        what: format!(
            "{what} (by {}, {})",
            event.actor,
            event.strategy.name().replace('_', " ")
        ),
        value: None,
        row: Some(event.conflict.to_string()),
    }
}
