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
