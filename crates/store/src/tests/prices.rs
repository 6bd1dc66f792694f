//! Prices on their way: due, sent, answered.

use stockbridge_domain::ListingId;
use stockbridge_domain::pricing::{Rule, Scope};

use super::*;
use crate::{OutgoingPrice, PriceAnswer};

async fn want(tenant: &Tenant, listing: ListingId, minor: i64) {
    let mut tx = tenant.begin().await.unwrap();
    let rule = Rule {
        price: Some(eur(minor)),
        ..Rule::default()
    };
    tx.set_price_rule(&Scope::Listing(listing), &rule).await.unwrap();
    tx.price_listings(&[listing], true).await.unwrap();
    tx.commit().await.unwrap();
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
        want(&world.theirs, a, 1).await;
        assert!(
            send(ours, account).await.is_empty(),
            "a rule of theirs is none of ours"
        );
        want(ours, a, 1_500).await;
        want(ours, b, 900).await;
        assert!(send(&world.theirs, account).await.is_empty());
        let mut sent = send(ours, account).await;
        sent.sort_by_key(|price| price.level.sku.clone());
        assert_eq!(
            sent.iter().map(|price| price.level.price).collect::<Vec<_>>(),
            [eur(1_500), eur(900)]
        );
        // Changed while on its way.
        want(ours, b, 950).await;

        // In the other order than that of their ids.
        let answers = vec![
            (sent.remove(1), PriceAnswer::Refused("too low".to_owned())),
            (sent.remove(0), PriceAnswer::Accepted),
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
