//! The sync promise: each step of an order's way is counted once, where and when it ends.

use stockbridge_domain::latency::PromiseStep;
use stockbridge_domain::order::OrderStatus;

use super::*;
use crate::tests::shop::{at, order};

#[tokio::test]
async fn an_orders_way_is_measured_from_the_channels_own_time() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = remote(&[one, two]);
        let a = world.counted("A", 20).await;
        for account in [one, two] {
            world.listing(account, "A", Some(a), 1, Some(10)).await;
        }
        world.plan(&accounts).await;
        world.clock.advance(at(14).since(world.store.env().now()));
        let sold = order("o-1", OrderStatus::Open, 11, &[("A", 10, 0, 0)]);
        world.import(one, std::slice::from_ref(&sold)).await;
        world.import(one, &[sold]).await;
        let mut before = order("o-2", OrderStatus::Open, 11, &[("A", 1, 0, 0)]);
        before.placed_at = at(-3_600);
        world.import(one, &[before]).await;
        world.plan(&accounts).await;
        world.later(Duration::from_secs(2));
        let sent = world.begin_writes(two, &accounts, 10).await;
        assert_eq!(sent.len(), 1, "{}", world.label);
        world.later(Duration::from_secs(1));
        world.finish(&sent[0], Answer::Accepted).await;
        world.later(Duration::from_secs(3));
        for _ in 0..2 {
            world.read_back(two, "A", Some(sent[0].level.quantity)).await;
            world.later(Duration::from_secs(1));
        }

        let promise = world.ours.promise(Some(at(0))).await.unwrap();
        let told: Vec<_> = promise
            .iter()
            .map(|record| {
                (
                    record.account,
                    record.step,
                    record.histogram.count,
                    record.histogram.sum_ms,
                )
            })
            .collect();
        let mut expected = vec![
            (one, PromiseStep::Imported, 1, 4_000),
            (two, PromiseStep::Sent, 1, 6_000),
            (two, PromiseStep::Acknowledged, 1, 7_000),
            (two, PromiseStep::Verified, 1, 10_000),
        ];
        expected.sort_unstable();
        assert_eq!(told, expected, "{}", world.label);
        let imported = promise
            .iter()
            .find(|record| record.step == PromiseStep::Imported)
            .unwrap();
        assert_eq!(
            imported.histogram.quantile_ms(990),
            Some(4_095),
            "at most a quarter too large"
        );

        world.later(Duration::from_secs(7_200));
        let now = world.store.env().now();
        assert_eq!(world.ours.promise(Some(now)).await.unwrap(), []);
        assert_eq!(world.ours.promise(None).await.unwrap(), promise, "since ever");
        assert_eq!(world.theirs.promise(None).await.unwrap(), []);
    }
}

#[tokio::test]
async fn hours_long_past_are_added_up_to_days_and_days_are_forgotten() {
    const DAY: Duration = Duration::from_secs(86_400);
    for world in worlds().await {
        let one = world.account("one").await;
        let a = world.counted("A", 20).await;
        world.listing(one, "A", Some(a), 1, Some(10)).await;
        for n in 0..3 {
            world.later(Duration::from_secs(3_600));
            let mut sold = order(&format!("o-{n}"), OrderStatus::Open, 0, &[("A", 1, 0, 0)]);
            (sold.placed_at, sold.updated_at) = (world.store.env().now(), world.store.env().now());
            world.import(one, &[sold]).await;
        }
        let begun = world.store.env().now().minus(DAY);
        let (system, before) = (
            world.store.system(),
            world.ours.promise(Some(begun)).await.unwrap(),
        );
        assert_eq!(before[0].histogram.count, 3, "{}", world.label);
        assert_eq!(system.tidy_promise(100).await.unwrap(), 0, "too young");
        world.later(DAY * 40);
        let rows = "SELECT COUNT(*) FROM promise_buckets WHERE tenant_id = $1 AND hour > 0";
        let count = async |world: &World| {
            let mut tx = world.ours.read().await.unwrap();
            tx.query_one(rows, &[world.ours.key()])
                .await
                .unwrap()
                .int(0)
                .unwrap()
        };
        assert_eq!(
            count(&world).await,
            6,
            "three hours, each with a bucket and a sum"
        );
        assert_eq!(system.tidy_promise(2).await.unwrap(), 2, "no more than asked for");
        while system.tidy_promise(2).await.unwrap() > 0 {}
        assert!(count(&world).await <= 4, "{}: at most two days", world.label);
        assert_eq!(world.ours.promise(Some(begun.minus(DAY))).await.unwrap(), before);
        world.later(DAY * 400);
        assert!(system.tidy_promise(100).await.unwrap() > 0);
        assert_eq!(
            (count(&world).await, system.tidy_promise(100).await.unwrap()),
            (0, 0)
        );
        assert_eq!(
            world.ours.promise(None).await.unwrap(),
            before,
            "since ever is kept"
        );
    }
}
