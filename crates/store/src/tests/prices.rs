//! Prices: wanted, sent, answered.

use stockbridge_domain::ListingId;

use super::*;
use crate::{OutgoingPrice, PriceAnswer};

async fn want(tenant: &Tenant, listing: ListingId, minor: i64) -> Option<AccountId> {
    let mut tx = tenant.begin().await.unwrap();
    let account = tx.want_price(listing, eur(minor)).await.unwrap();
    tx.commit().await.unwrap();
    account
}

async fn send(tenant: &Tenant, account: AccountId) -> Vec<OutgoingPrice> {
    let mut tx = tenant.begin().await.unwrap();
    let outgoing = tx.begin_prices(account, 10).await.unwrap();
    tx.commit().await.unwrap();
    outgoing
}

#[tokio::test]
async fn a_price_is_due_until_it_is_answered() {
    for world in worlds().await {
        let ours = &world.ours;
        let account = world.account("in").await;
        world.show(account, &[listing("A", 5), listing("B", 5)]).await;
        let listings = ours
            .listings(&crate::ListingFilter::default(), &PageQuery::default())
            .await
            .unwrap();
        let [a, b] = [listings.items[0].id, listings.items[1].id];
        assert_eq!(want(&world.theirs, a, 1).await, None);
        assert_eq!(want(ours, a, 1_500).await, Some(account));
        assert_eq!(want(ours, b, 900).await, Some(account));
        assert!(send(&world.theirs, account).await.is_empty());
        let mut sent = send(ours, account).await;
        sent.sort_by_key(|price| price.level.sku.clone());
        assert_eq!(
            sent.iter().map(|price| price.level.price).collect::<Vec<_>>(),
            [eur(1_500), eur(900)]
        );
        assert_eq!(
            want(ours, b, 950).await,
            Some(account),
            "changed while on its way"
        );

        let answers = vec![
            (sent.remove(0), PriceAnswer::Accepted),
            (sent.remove(0), PriceAnswer::Refused("too low".to_owned())),
        ];
        let mut tx = ours.begin().await.unwrap();
        tx.finish_prices(answers).await.unwrap();
        tx.commit().await.unwrap();
        let again = send(ours, account).await;
        assert_eq!(again.len(), 1, "{}", world.label);
        assert_eq!((again[0].listing, again[0].level.price), (b, eur(950)));
        let shown = ours.listing(a).await.unwrap().unwrap();
        assert_eq!((shown.price_wanted, shown.last_problem), (Some(eur(1_500)), None));
    }
}
