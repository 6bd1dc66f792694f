//! What a change would do, worded for a table.

use stockbridge_domain::allocation::{Reason, Withheld};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_store::PreviewRow;

use crate::pages::Accounts;
use crate::view::Tone;
use crate::view::allocation::{PreviewLine, PreviewTable};
use crate::view::words::{change, count, number};

/// The table; `most` products were asked for.
pub(super) fn table(rows: &[PreviewRow], accounts: &Accounts, most: i64) -> PreviewTable {
    let differs = |row: &&PreviewRow| row.before.quantity != row.after.quantity;
    let changed = i64::try_from(rows.iter().filter(differs).count()).unwrap_or(i64::MAX);
    let all = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut skus: Vec<&str> = rows.iter().map(|row| row.sku.as_str()).collect();
    skus.dedup();
    let mut summary = format!(
        "{} of {} would change.",
        number(changed),
        count(all, "offer", "offers")
    );
    if i64::try_from(skus.len()).unwrap_or(i64::MAX) >= most {
        summary.push_str(&format!(" These are the first {most} products."));
    }
    if rows.is_empty() {
        summary = "No product with a listing is concerned.".to_owned();
    }
    PreviewTable {
        summary,
        rows: rows.iter().map(|row| line(row, accounts)).collect(),
    }
}

fn line(row: &PreviewRow, accounts: &Accounts) -> PreviewLine {
    let difference = row.after.quantity - row.before.quantity;
    let listing = match (&row.listing_sku, row.units) {
        (None, _) => "sold by the hub itself".to_owned(),
        (Some(sku), 1) if *sku == row.sku => String::new(),
        (Some(sku), 1) => format!("listed as {sku}"),
        (Some(sku), units) => format!("listed as {sku}, packs of {}", number(units)),
    };
    let mut remarks = row.after.remarks.clone();
    if row.available.is_none() {
        remarks.push("Nobody said yet how much there is, so nothing is sent. Enter a count.".to_owned());
    }
    PreviewLine {
        sku: row.sku.to_string(),
        account: accounts.name(row.account),
        listing,
        available: row.available.map_or_else(|| "?".to_owned(), number),
        before: number(row.before.quantity),
        after: number(row.after.quantity),
        tone: match difference.signum() {
            1 => Tone::Good,
            0 => Tone::Quiet,
            _ => Tone::Warn,
        },
        change: if difference == 0 {
            String::new()
        } else {
            change(difference)
        },
        withheld: row
            .after
            .withheld
            .iter()
            .map(said)
            .collect::<Vec<_>>()
            .join(" · "),
        places: at_places(&row.before.places, &row.after.places),
        remarks,
    }
}

/// What each of the channel's locations shows before and after, in one line; nothing where it has fewer than two.
fn at_places(before: &[PlaceUnits], after: &[PlaceUnits]) -> Option<String> {
    let place = |(before, after): (&PlaceUnits, &PlaceUnits)| {
        let (was, then) = (number(before.quantity), number(after.quantity));
        if was == then {
            format!("{} {was}", after.location)
        } else {
            format!("{} {was} → {then}", after.location)
        }
    };
    let places: Vec<String> = before.iter().zip(after).map(place).collect();
    (places.len() > 1).then(|| places.join(" · "))
}

/// Withheld units and why, in a few words.
pub(in crate::pages) fn said(withheld: &Withheld) -> String {
    let units = number(withheld.units);
    match withheld.reason {
        Reason::Safety => format!("{units} safety stock"),
        Reason::Buffer => format!("{units} buffer"),
        Reason::Cap => format!("{units} over its cap"),
        Reason::Others => format!("{units} for others"),
        Reason::OwnListings => format!("{units} for its other listings"),
        Reason::Kits => format!("{units} for kits made of the same"),
        Reason::Rounding => format!("{units} short of a pack"),
        Reason::Unfed => format!("{units} at locations that feed none of the channel's"),
    }
}
