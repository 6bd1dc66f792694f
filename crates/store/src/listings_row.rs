//! A listing's offer as columns, for every file that moves offers.

use stockbridge_domain::channel::WriteMode;
use stockbridge_domain::offer::{Anchor, Offer, Shown, Write, WriteState};

use crate::StoreError;
use crate::columns::Columns as _;
use crate::db::{Kind, Row, Value};

/// How many columns an offer takes.
pub(crate) const OFFER_WIDTH: usize = 19;

/// The columns of `listings` that hold the offer, in the order of [`offer_from_row`] and [`offer_values`].
pub(crate) const OFFER_COLUMNS: &str = "exposure, exposure_since, settled, shown_qty, shown_at, anchor_qty, anchor_at, anchor_sold, \
     write_push, write_qty, write_sent_at, write_state, write_sold, write_prior, \
     write_prior_exposure, write_margin, write_mode, write_from, anchor_asked_at";

/// The assignments of an UPDATE that writes [`offer_values`] as its parameters `$3` to `$21`.
pub(crate) const OFFER_ASSIGNMENTS: &str = "exposure = $3, exposure_since = $4, settled = $5, shown_qty = $6, shown_at = $7, \
     anchor_qty = $8, anchor_at = $9, anchor_sold = $10, write_push = $11, write_qty = $12, \
     write_sent_at = $13, write_state = $14, write_sold = $15, write_prior = $16, \
     write_prior_exposure = $17, write_margin = $18, write_mode = $19, write_from = $20, anchor_asked_at = $21";

/// The kinds of [`offer_values`].
pub(crate) const OFFER_KINDS: [Kind; OFFER_WIDTH] = {
    let mut kinds = [Kind::Int; OFFER_WIDTH];
    (kinds[8], kinds[11], kinds[16]) = (Kind::Text, Kind::Text, Kind::Text);
    kinds
};

/// True in SQL for the listings whose offer is [`Offer::verified`].
pub(crate) const OFFER_VERIFIED: &str = "shown_qty IS NOT NULL AND (CASE WHEN write_push IS NULL \
     THEN settled = 1 OR anchor_qty IS NOT NULL \
     ELSE shown_at > write_sent_at AND shown_qty = (CASE WHEN write_sold > write_qty THEN 0 \
     ELSE write_qty - write_sold END) END)";

/// Reads the offer from the columns that begin at index `first`.
pub(crate) fn offer_from_row(row: &Row, first: usize) -> Result<Offer, StoreError> {
    let shown = match row.opt_int(first + 3)? {
        None => None,
        Some(quantity) => Some(Shown {
            quantity,
            at: row.time(first + 4)?,
        }),
    };
    let anchor = match row.opt_int(first + 5)? {
        None => None,
        Some(quantity) => {
            let at = row.time(first + 6)?;
            Some(Anchor {
                quantity,
                asked_at: row.opt_time(first + 18)?.unwrap_or(at),
                at,
                sold_since: row.int(first + 7)?,
            })
        }
    };
    let write = match row.opt_parsed(first + 8)? {
        None => None,
        Some(push) => Some(Write {
            push,
            quantity: row.int(first + 9)?,
            sent_at: row.time(first + 10)?,
            state: row.named(first + 11, WriteState::parse)?,
            sold_since: row.int(first + 12)?,
            prior: row.opt_int(first + 13)?,
            prior_exposure: row.int(first + 14)?,
            margin: row.int(first + 15)?,
            mode: row.named(first + 16, WriteMode::parse)?,
            from: row.int(first + 17)?,
        }),
    };
    Ok(Offer {
        exposure: row.int(first)?,
        since: row.time(first + 1)?,
        settled: row.flag(first + 2)?,
        shown,
        anchor,
        write,
    })
}

/// The offer's columns.
pub(crate) fn offer_values(offer: &Offer) -> [Value; OFFER_WIDTH] {
    let (shown, anchor, write) = (offer.shown, offer.anchor, offer.write);
    [
        offer.exposure.into(),
        offer.since.into(),
        offer.settled.into(),
        shown.map(|s| s.quantity).into(),
        shown.map(|s| s.at).into(),
        anchor.map(|a| a.quantity).into(),
        anchor.map(|a| a.at).into(),
        anchor.map(|a| a.sold_since).into(),
        write.map(|w| w.push).into(),
        write.map(|w| w.quantity).into(),
        write.map(|w| w.sent_at).into(),
        write.map(|w| w.state.name()).into(),
        write.map(|w| w.sold_since).into(),
        write.and_then(|w| w.prior).into(),
        write.map(|w| w.prior_exposure).into(),
        write.map(|w| w.margin).into(),
        write.map(|w| w.mode.name()).into(),
        write.map(|w| w.from).into(),
        anchor.map(|a| a.asked_at).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockbridge_domain::Timestamp;
    use stockbridge_domain::clock::Stepped;

    #[test]
    fn an_offer_comes_back_from_its_columns() {
        let env = Stepped::new(Timestamp::from_secs(1_700_000_000), 3).env();
        let mut offer = Offer::default();
        let mut seen = vec![offer];
        offer.read(7, env.now());
        seen.push(offer);
        offer.send(env.id(), WriteMode::CompareAndSet, 4, 7, env.now());
        seen.push(offer);
        offer.sale(2, env.now());
        seen.push(offer);
        for offer in seen {
            let mut values = vec![Value::Null];
            values.extend(offer_values(&offer));
            let row = Row::new(values, "SELECT".into());
            assert_eq!(offer_from_row(&row, 1).unwrap(), offer);
        }
    }

    #[test]
    fn columns_and_assignments_name_the_same_in_the_same_order() {
        let columns: Vec<&str> = OFFER_COLUMNS.split(',').map(str::trim).collect();
        let assigned: Vec<String> = columns
            .iter()
            .zip(3..)
            .map(|(name, n)| format!("{name} = ${n}"))
            .collect();
        assert_eq!(columns.len(), OFFER_WIDTH);
        assert_eq!(assigned.join(", "), OFFER_ASSIGNMENTS);
    }
}
