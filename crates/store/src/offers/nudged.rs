//! Listings a channel says something happened to: they are read back now.

use std::collections::BTreeSet;

use stockbridge_domain::AccountId;

use crate::db::Value;
use crate::filter::like_pattern;
use crate::stock::Wait;
use crate::{StoreError, TenantTx};

impl TenantTx {
    /// Has the listings read again whose SKU or channel's id is one of these texts, or whose handle has one in it; answers
    /// how many there are. A text that is part of another's finds that one, too, which costs a reading.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read_listings_again(
        &mut self,
        account: AccountId,
        texts: &BTreeSet<String>,
    ) -> Result<u64, StoreError> {
        let all = Value::TextList(texts.iter().cloned().collect());
        let sql = "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND fulfilled_by = 'seller' \
                   AND product_id IS NOT NULL AND (sku {in $3} OR channel_ref {in $3})";
        let rows = self.tx.query(sql, &[self.key(), account.into(), all]).await?;
        let mut ids = BTreeSet::new();
        for row in &rows {
            ids.insert(row.text(0)?.to_owned());
        }
        for text in texts {
            let sql = "SELECT id FROM listings WHERE tenant_id = $1 AND account_id = $2 AND fulfilled_by = 'seller' \
                       AND product_id IS NOT NULL AND handle LIKE $3 ESCAPE '!'";
            let params = [self.key(), account.into(), like_pattern(text).into()];
            for row in &self.tx.query(sql, &params).await? {
                ids.insert(row.text(0)?.to_owned());
            }
        }
        if ids.is_empty() {
            return Ok(0);
        }
        let ids: Vec<String> = ids.into_iter().collect();
        self.lock_offers(ids.clone(), Wait::Yes).await?;
        let sql = "UPDATE listings SET read_due_at = $3 WHERE tenant_id = $1 AND id {in $2}";
        self.tx
            .exec(sql, &[self.key(), ids.into(), self.env.now().into()])
            .await
    }
}
