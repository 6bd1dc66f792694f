//! Gives out the channels' budgets, which are rows that all processes share.

use std::time::Duration;

use stockbridge_domain::channel::{BucketSpec, Grant, Learned, Pacer};
use stockbridge_domain::{AccountId, BoxFut, Timestamp};
use stockbridge_store::Tenant;

/// How long to wait when the budget itself cannot be read.
const BLIND_WAIT: Duration = Duration::from_secs(2);

/// One tenant's budgets.
pub(crate) struct StorePacer(pub(crate) Tenant);

impl Pacer for StorePacer {
    fn take<'a>(&'a self, account: AccountId, bucket: &'a BucketSpec, tokens: i64) -> BoxFut<'a, Grant> {
        Box::pin(async move {
            match self.0.take_tokens(account, bucket, tokens).await {
                Ok(grant) => grant,
                Err(error) => {
                    // Without the budget nobody knows whether a call is allowed, so none is made.
                    tracing::warn!(account.id = %account, %error, "a budget could not be read; waiting");
                    Grant::Wait(self.0.env().now().plus(BLIND_WAIT))
                }
            }
        })
    }

    fn learn<'a>(&'a self, account: AccountId, bucket: &'a BucketSpec, learned: Learned) -> BoxFut<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.0.learn_budget(account, bucket, learned).await {
                tracing::warn!(account.id = %account, %error, "what a channel said of its budget could not be kept");
            }
        })
    }

    fn exhausted<'a>(
        &'a self,
        account: AccountId,
        bucket: &'a BucketSpec,
        least: Duration,
    ) -> BoxFut<'a, Timestamp> {
        Box::pin(async move {
            match self.0.exhaust(account, bucket, least).await {
                Ok(until) => until,
                Err(error) => {
                    tracing::warn!(account.id = %account, %error, "an empty budget could not be kept");
                    self.0.env().now().plus(least.max(BLIND_WAIT))
                }
            }
        })
    }
}
