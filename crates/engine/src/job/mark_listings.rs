//! `listings.mark`: the listings channels said something happened to, to be read back now.
//!
//! Which they are is in the messages that wait for this job, so that ten thousand messages are one job.

use std::collections::BTreeSet;

use stockbridge_domain::InboxId;
use stockbridge_domain::channel::Nudge;
use stockbridge_store::Finish;

use super::{JobCtx, JobError, done, read_back};

pub(super) const KIND: &str = "listings.mark";

pub(super) async fn run(ctx: &JobCtx<'_>, messages: &[(InboxId, Vec<Nudge>)]) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let texts: BTreeSet<String> = messages
        .iter()
        .flat_map(|(_, nudges)| nudges)
        .filter_map(|nudge| match nudge {
            Nudge::Listing(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let mut tx = ctx.tenant.begin().await?;
    let marked = tx.read_listings_again(account, &texts).await?;
    if marked > 0 {
        tx.enqueue(read_back(account, ctx.now())).await?;
    }
    tx.commit().await?;
    done(match marked {
        0 => "no mapped listing of ours".to_owned(),
        1 => "1 listing to read back".to_owned(),
        many => format!("{many} listings to read back"),
    })
}
