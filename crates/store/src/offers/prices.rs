//! Prices of listings: wanted by the hub, due until the channel took them in.

use stockbridge_domain::channel::PriceLevel;
use stockbridge_domain::{AccountId, ListingId, PushId, Sku, Timestamp};

use crate::columns::{Columns as _, money_values};
use crate::db::Kind;
use crate::{StoreError, TenantTx};

/// A price that has to be sent now.
#[derive(Debug, Clone)]
pub struct OutgoingPrice {
    /// The listing.
    pub listing: ListingId,
    /// The attempt.
    pub push: PushId,
    /// What to send.
    pub level: PriceLevel,
}

/// What became of a price that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceAnswer {
    /// Taken in for processing.
    Accepted,
    /// Not known to be taken in: it stays due.
    Again(String),
    /// Refused for good: a person has to see it.
    Refused(String),
}

const PUSH_COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("listing_id", Kind::Text),
    ("account_id", Kind::Text),
    ("field", Kind::Text),
    ("before", Kind::Text),
    ("value", Kind::Text),
    ("cause", Kind::Text),
    ("sent_at", Kind::Int),
    ("outcome", Kind::Text),
];

impl TenantTx {
    /// Takes up to `limit` due prices of an account and records that they are being sent.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_prices(
        &mut self,
        account: AccountId,
        limit: i64,
    ) -> Result<Vec<OutgoingPrice>, StoreError> {
        let rows = self
            .tx
            .query(
                "SELECT id, sku, handle, price_wanted_minor, price_wanted_currency, price_minor, price_currency \
                 FROM listings WHERE tenant_id = $1 AND account_id = $2 AND price_due = 1 ORDER BY id LIMIT $3 {for_update}",
                &[self.key(), account.into(), limit.into()],
            )
            .await?;
        let (mut outgoing, mut pushes) = (Vec::new(), Vec::new());
        for row in &rows {
            let Some(price) = row.opt_money(3)? else { continue };
            let (listing, push): (ListingId, PushId) = (row.parsed(0)?, self.env.id());
            let sku: Sku = row.sku(1)?;
            outgoing.push(OutgoingPrice {
                listing,
                push,
                level: PriceLevel {
                    sku,
                    price,
                    handle: row.opt_string(2)?,
                },
            });
            pushes.push(vec![
                self.key(),
                push.into(),
                listing.into(),
                account.into(),
                "price".into(),
                row.opt_money(5)?.map(|m| m.to_string()).into(),
                price.to_string().into(),
                "price set".into(),
                self.env.now().into(),
                "sent".into(),
            ]);
        }
        self.tx.insert_many("pushes", PUSH_COLUMNS, "", pushes).await?;
        Ok(outgoing)
    }

    /// Whether an account has prices to be sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_due_prices(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM listings WHERE tenant_id = $1 AND account_id = $2 AND price_due = 1 LIMIT 1";
        Ok(self
            .tx
            .query_opt(sql, &[self.key(), account.into()])
            .await?
            .is_some())
    }

    /// Closes sent prices by their answers, in the order in which listings are locked. A price that was changed meanwhile
    /// stays due.
    ///
    /// # Errors
    /// When the database refuses; the prices then stay due.
    pub async fn finish_prices(
        &mut self,
        answers: Vec<(OutgoingPrice, PriceAnswer)>,
    ) -> Result<(), StoreError> {
        let now = self.env.now();
        let (mut listings, mut pushes) = (Vec::new(), Vec::new());
        let mut answers = answers;
        answers.sort_by_key(|(sent, _)| sent.listing);
        for (sent, answer) in answers {
            let (outcome, message) = match answer {
                PriceAnswer::Accepted => ("accepted", None),
                PriceAnswer::Again(message) => ("unknown", Some(message)),
                PriceAnswer::Refused(message) => ("refused", Some(message)),
            };
            if outcome != "unknown" {
                let [minor, currency] = money_values(Some(sent.level.price));
                let problem_at = message.as_ref().map(|_| now);
                listings.push(vec![
                    self.key(),
                    sent.listing.into(),
                    minor,
                    currency,
                    message.clone().into(),
                    problem_at.into(),
                    // A refused price is never one the channel should show.
                    (if outcome == "accepted" {
                        now
                    } else {
                        Timestamp::MAX
                    })
                    .into(),
                ]);
            }
            pushes.push(vec![
                self.key(),
                sent.push.into(),
                now.into(),
                outcome.into(),
                message.into(),
            ]);
        }
        self.tx
            .exec_many(
                "UPDATE listings SET price_due = 0, last_problem = $5, problem_at = $6, price_sent_at = $7 WHERE tenant_id = $1 AND id = $2 \
                 AND price_wanted_minor = $3 AND price_wanted_currency = $4",
                &listings,
            )
            .await?;
        self.tx
            .exec_many(
                "UPDATE pushes SET answered_at = $3, outcome = $4, message = $5 WHERE tenant_id = $1 AND id = $2",
                &pushes,
            )
            .await?;
        Ok(())
    }
}
