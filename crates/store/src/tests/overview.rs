//! The dashboard's figures.

use std::time::Duration;

use super::*;
use crate::{Latency, NewAlert, Severity};

#[tokio::test]
async fn the_figures_are_the_tenants_own() {
    for world in worlds().await {
        let ours = &world.ours;
        world.counted("A", 20).await;
        world.products(&["B"]).await;
        let (one, two) = (world.account("one").await, world.account("two").await);
        world.show(one, &[listing("A", 3), listing("Z", 9)]).await;
        let old = START.minus(Duration::from_secs(25 * 3_600));
        world
            .place(
                one,
                &[order("1", START, &[("A", 2)]), order("2", old, &[("A", 1)])],
            )
            .await;
        world.place(two, &[order("3", START, &[("Q", 1)])]).await;
        let alert = NewAlert {
            kind: "test",
            severity: Severity::Critical,
            dedupe_key: "k".to_owned(),
            account: None,
            subject: None,
            title: "t".to_owned(),
            detail: "d".to_owned(),
        };
        ours.raise_alert(alert).await.unwrap();
        let overview = ours.overview().await.unwrap();
        assert_eq!(
            (overview.orders_24h, overview.orders_open),
            (2, 3),
            "{}",
            world.label
        );
        assert_eq!((overview.orders_with_attention, overview.lines_unmapped), (1, 1));
        assert_eq!((overview.alerts.critical, overview.products_dirty), (1, 1));
        assert_eq!(overview.units_available, 17);
        let of = |account| {
            overview
                .accounts
                .iter()
                .find(|figures| figures.account == account)
                .unwrap()
        };
        assert_eq!((of(one).orders_24h, of(two).orders_24h), (1, 1));
        let listings = of(one).listings.unwrap();
        assert_eq!((listings.total, listings.unmapped), (2, 1));
        assert_eq!(overview.units_exposed, listings.exposed_units);
        assert_eq!(of(two).listings, None);
        assert_eq!(
            (overview.queue.queued, overview.sale_to_push),
            (0, Latency::default())
        );

        let theirs = world.theirs.overview().await.unwrap();
        assert_eq!(
            (theirs.accounts, theirs.orders_open, theirs.lines_unmapped),
            (vec![], 0, 0)
        );
        assert_eq!(
            (
                theirs.alerts.critical,
                theirs.units_available,
                theirs.products_dirty
            ),
            (0, 0, 0)
        );
    }
}

#[tokio::test]
async fn latencies_are_those_of_pushes_that_follow_a_sale() {
    for world in worlds().await {
        let ours = &world.ours;
        world.products(&["A"]).await;
        let account = world.account("in").await;
        world.show(account, &[listing("A", 3)]).await;
        world.later(Duration::from_secs(1));
        let listing = ours
            .listings(&crate::ListingFilter::default(), &PageQuery::default())
            .await
            .unwrap();
        let listing = listing.items[0].id;
        let mut tx = ours.begin().await.unwrap();
        let sql = "INSERT INTO pushes (tenant_id, id, listing_id, account_id, field, value, cause, caused_at, sent_at, \
             outcome, verified_at) VALUES ($1, $2, $3, $4, 'quantity', '1', $5, $6, $7, 'accepted', $8)";
        for (cause, sent_ms, verified_ms) in [
            ("order 1", 100, Some(400)),
            ("order 2", 300, None),
            ("policy", 900, Some(999)),
        ] {
            let at = |ms| START.plus(Duration::from_millis(ms));
            let values = [
                ours.key(),
                ours.env().id::<stockbridge_domain::PushId>().into(),
                listing.into(),
                account.into(),
                cause.into(),
                START.into(),
                at(sent_ms).into(),
                verified_ms.map(at).into(),
            ];
            tx.tx.exec(sql, &values).await.unwrap();
        }
        tx.commit().await.unwrap();
        let overview = ours.overview().await.unwrap();
        let (pushed, verified) = (overview.sale_to_push, overview.sale_to_verified);
        assert_eq!(
            (pushed.count, pushed.p50_ms, pushed.p99_ms),
            (2, Some(100), Some(300)),
            "{}",
            world.label
        );
        assert_eq!(
            (verified.count, verified.p50_ms, verified.p99_ms),
            (1, Some(400), Some(400))
        );
        assert_eq!(world.theirs.overview().await.unwrap().sale_to_push.count, 0);
        world.later(Duration::from_secs(3_700));
        assert_eq!(
            ours.overview().await.unwrap().sale_to_push.count,
            0,
            "an hour later"
        );
    }
}
