//! `listings.read_back`: what the channel really shows. An accepted write is only a promise until it is read back.

use stockbridge_domain::Sku;
use stockbridge_domain::channel::{ListingKey, ListingSnapshot};
use stockbridge_domain::offer::{READING_TAKES, ReadTime};
use stockbridge_store::{Finish, Reading};

use super::{JobCtx, JobError, done, plan, push_price};

pub(super) const KIND: &str = "listings.read_back";

pub(super) async fn run(ctx: &JobCtx<'_>) -> Result<Finish, JobError> {
    let account = ctx.account()?;
    let opened = ctx.hub.open(ctx.tenant.id(), account).await?;
    let Some(source) = opened.connection.listings() else {
        return done("the channel shows no listings");
    };
    let limit = i64::try_from(opened.descriptor.read_batch).unwrap_or(1);
    let mut read = 0;
    loop {
        let mut tx = ctx.tenant.begin().await?;
        let listings = tx.listings_to_read(account, limit).await?;
        let next = if listings.is_empty() {
            tx.next_reading(account).await?
        } else {
            None
        };
        drop(tx);
        if listings.is_empty() {
            return Ok(match next {
                None => Finish::Done {
                    outcome: format!("{read} listings read"),
                },
                Some(at) => Finish::Snooze {
                    until: at,
                    reason: "waiting to read writes back".to_owned(),
                },
            });
        }
        let asked = ctx.now();
        let shown = source.read(&listings).await?.into_iter();
        let shown: Vec<ListingSnapshot> = shown.map(ListingSnapshot::plausible).collect();
        // The instant after the answer: what was sold while it travelled counts as sold before, which is safe.
        let at = ctx.now();
        if at.since(asked) > READING_TAKES {
            ctx.keep_lane().await?;
            continue;
        }
        read += listings.len();
        let (known, silent) = readings(&listings, &shown);
        let mut tx = ctx.tenant.begin().await?;
        tx.apply_readings(account, &known, ReadTime { asked_at: asked, at })
            .await?;
        tx.skip_readings(account, &silent).await?;
        tx.compare_shown(account, &shown, at, opened.timing).await?;
        crate::notices::conflicts(&mut tx, account, at).await?;
        if tx.has_due_prices(account).await? {
            tx.enqueue(push_price(account, at)).await?;
        }
        if tx.has_marked() {
            tx.enqueue(plan(ctx.tenant.id(), at)).await?;
        }
        tx.commit().await?;
        ctx.keep_lane().await?;
    }
}

/// Quantities told, and SKUs the channel shows without telling a quantity (its own warehouse, a missing role). A SKU it
/// does not show at all is not for sale.
fn readings(listings: &[ListingKey], shown: &[ListingSnapshot]) -> (Vec<Reading>, Vec<Sku>) {
    let (mut known, mut silent) = (Vec::new(), Vec::new());
    for ListingKey { sku, .. } in listings {
        match shown.iter().find(|s| s.sku == *sku) {
            None => known.push(Reading {
                sku: sku.clone(),
                quantity: None,
                places: Vec::new(),
            }),
            Some(listing) if listing.quantity.is_some() => {
                known.push(Reading {
                    sku: sku.clone(),
                    quantity: listing.quantity,
                    places: listing.places.clone(),
                });
            }
            Some(_) => silent.push(sku.clone()),
        }
    }
    (known, silent)
}
