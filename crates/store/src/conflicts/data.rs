//! What describes a product otherwise (titles that differ from their products', images that are fewer than elsewhere): noted
//! many at once, taken over, or left as it is.
//!
//! Channels word titles in their own way, so there may be one for each listing of a catalogue that has just been read. Nothing
//! waits for them; they are listed until somebody decides or they say the same.

use std::collections::{BTreeSet, HashMap};

use stockbridge_domain::conflict::{Action, ConflictState, Field, Strategy};
use stockbridge_domain::{ConflictEventId, ConflictId, ListingId, ProductId};

use super::noting::{Difference, HUB, Live};
use super::strategies::Rules;
use crate::db::{Kind, Value};
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

/// The longest title a product takes over.
const LONGEST: usize = 500;

impl TenantTx {
    /// Notes what describes a product otherwise; that which nobody was asked about before all at once.
    pub(super) async fn note_data(
        &mut self,
        rules: &Rules,
        live: &HashMap<(ListingId, Field), Live>,
        found: &[&Difference],
    ) -> Result<(), StoreError> {
        let mut new = Vec::new();
        for difference in found {
            let strategy = difference.strategy(rules);
            let known = live.get(&(difference.listing, difference.field));
            match known {
                None if strategy == Strategy::Manual => new.push(*difference),
                // Somebody else works on the product: the next reading finds the difference again.
                _ if strategy == Strategy::SourceWins && !self.free(difference.product).await? => {}
                _ => self.note_difference(rules, difference).await?,
            }
        }
        self.ask_about(&new).await
    }

    /// Whether a product can be written now without waiting: listings are locked already, and products come before them.
    async fn free(&mut self, product: Option<ProductId>) -> Result<bool, StoreError> {
        let products: BTreeSet<ProductId> = product.into_iter().collect();
        Ok(self.lock_products(&products, Wait::No).await?.len() == products.len())
    }

    async fn ask_about(&mut self, found: &[&Difference]) -> Result<(), StoreError> {
        if found.is_empty() {
            return Ok(());
        }
        let (mut conflicts, mut events) = (Vec::new(), Vec::new());
        for found in found {
            let (id, now) = (self.env.id::<ConflictId>(), self.env.now());
            let of = |id: Value| {
                vec![
                    self.key(),
                    id,
                    found.listing.into(),
                    found.account.into(),
                    found.product.into(),
                    found.field.name().into(),
                ]
            };
            let mut conflict = of(id.into());
            conflict.extend([
                ConflictState::Open.name().into(),
                (&found.expected).into(),
                (&found.shown).into(),
                now.into(),
                Strategy::Manual.name().into(),
                1.into(),
                now.into(),
                now.into(),
            ]);
            conflicts.push(conflict);
            let mut event = of(self.env.id::<ConflictEventId>().into());
            event.extend([
                id.into(),
                Action::Asked.name().into(),
                Strategy::Manual.name().into(),
                HUB.into(),
                (&found.shown).into(),
                (&found.expected).into(),
                now.into(),
            ]);
            events.push(event);
        }
        self.tx.insert_many("conflicts", CONFLICT, "", conflicts).await?;
        self.tx.insert_many("conflict_events", EVENT, "", events).await?;
        Ok(())
    }

    /// Calls a product what one of its listings is called.
    pub(super) async fn take_over_title(&mut self, found: &Difference) -> Result<(), StoreError> {
        let sql = "UPDATE products SET title = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2";
        let values = [
            self.key(),
            found.product.into(),
            (&found.shown).into(),
            self.env.now().into(),
        ];
        self.tx.exec(sql, &values).await.map(drop)
    }

    /// Leaves a listing's title or images as they are until they change.
    pub(super) async fn leave_as_shown(&mut self, found: &Difference) -> Result<(), StoreError> {
        let sql = match found.field {
            Field::Images => "UPDATE listings SET images_accepted = $3 WHERE tenant_id = $1 AND id = $2",
            _ => "UPDATE listings SET title_accepted = $3 WHERE tenant_id = $1 AND id = $2",
        };
        let values = [self.key(), found.listing.into(), (&found.shown).into()];
        self.tx.exec(sql, &values).await.map(drop)
    }
}

/// Whether a product can be called so.
pub(super) fn is_title(found: &Difference) -> bool {
    found.product.is_some() && (1..=LONGEST).contains(&found.shown.chars().count())
}

const CONFLICT: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("listing_id", Kind::Text),
    ("account_id", Kind::Text),
    ("product_id", Kind::Text),
    ("field", Kind::Text),
    ("state", Kind::Text),
    ("expected", Kind::Text),
    ("shown", Kind::Text),
    ("shown_since", Kind::Int),
    ("strategy", Kind::Text),
    ("times", Kind::Int),
    ("first_at", Kind::Int),
    ("last_at", Kind::Int),
];

const EVENT: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("id", Kind::Text),
    ("listing_id", Kind::Text),
    ("account_id", Kind::Text),
    ("product_id", Kind::Text),
    ("field", Kind::Text),
    ("conflict_id", Kind::Text),
    ("action", Kind::Text),
    ("strategy", Kind::Text),
    ("actor", Kind::Text),
    ("before", Kind::Text),
    ("after", Kind::Text),
    ("at", Kind::Int),
];
