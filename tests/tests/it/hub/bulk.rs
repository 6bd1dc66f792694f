//! Very many quantities as one batch: handed in once, answered item by item, and never lost whatever happens on the way.

use std::time::Duration;

use stockbridge_domain::AccountId;
use stockbridge_sim::{BuyOptions, Fault, SellerConfig};
use stockbridge_store::{BulkRecord, BulkStage, PageQuery};

use super::harness::{GERMANY, World, seller};

/// A store of which many quantities are due at once, and that makes a batch of `from` or more.
async fn crowded(count: usize, from: u64) -> (World, SellerConfig, AccountId, Vec<String>) {
    let skus: Vec<String> = (0..count).map(|n| format!("SKU-{n:03}")).collect();
    let listings: Vec<(&str, u32)> = skus.iter().map(|sku| (sku.as_str(), 0)).collect();
    let germany = seller("A1GERMANY", GERMANY, &listings);
    let world = World::new(vec![germany.clone()]).await;
    for sku in &skus {
        world.stocked(sku, 0).await;
    }
    let mut request = world.request(&germany, GERMANY);
    request
        .options
        .insert("bulk_from".to_owned(), serde_json::json!(from));
    let account = world
        .hub
        .connect(&world.caller, "amazon", request)
        .await
        .expect("connected")
        .id;
    world.secs(60).await;
    for (n, sku) in skus.iter().enumerate() {
        world.counted(sku, i64::try_from(n).expect("few") % 7 + 30).await;
    }
    (world, germany, account, skus)
}

async fn batches(world: &World, account: AccountId) -> Vec<BulkRecord> {
    world
        .tenant()
        .bulks(Some(account), &PageQuery::default())
        .await
        .expect("batches")
        .items
}

fn all_are_right(world: &World, germany: &SellerConfig, skus: &[String], case: &str) {
    for (n, sku) in skus.iter().enumerate() {
        let wanted = i64::try_from(n).expect("few") % 7 + 30;
        assert_eq!(world.shown(germany, sku), wanted, "{case}: {sku}");
    }
}

#[tokio::test]
async fn what_would_wait_long_goes_as_a_batch_and_the_most_urgent_singly() {
    let (world, germany, account, skus) = crowded(40, 20).await;
    world.secs(400).await;
    all_are_right(&world, &germany, &skus, "calm");
    let truth = world.sim.truth();
    assert_eq!(truth.calls["createFeed"], 1, "{:?}", truth.calls);
    let singly = truth.calls["patchListingsItem"];
    assert!((5..40).contains(&singly), "{singly} were written singly");
    let batch = batches(&world, account).await.remove(0);
    assert_eq!(batch.state, BulkStage::Done, "{batch:?}");
    assert!(
        batch.items >= 20 && batch.accepted == batch.items && batch.refused == 0,
        "{batch:?}"
    );
    assert!(batch.ticket.is_some() && batch.message.expect("a summary").contains("accepted"));
    // A sale afterwards goes the quick way again.
    world
        .sim
        .buy(&germany.seller_id, GERMANY, &skus[3], 2, BuyOptions::default())
        .expect("in stock");
    world.secs(220).await;
    assert_eq!(world.shown(&germany, &skus[3]), world.available(&skus[3]).await);
    assert_eq!(world.sim.truth().calls["createFeed"], 1);
    assert!(world.tenant().check_ledger().await.expect("checked").ok());
}

#[tokio::test]
async fn an_answer_that_got_lost_is_looked_for_and_nothing_is_handed_in_twice() {
    for (fault, feeds) in [
        (Fault::TimeoutAfter, 1),
        (Fault::TimeoutBefore, 2),
        (Fault::Throttle, 1),
    ] {
        let (world, germany, account, skus) = crowded(12, 4).await;
        world.sim.fail_next("createFeed", fault, 1);
        world.secs(1_600).await;
        let case = format!("{fault:?}");
        all_are_right(&world, &germany, &skus, &case);
        let made = batches(&world, account).await;
        assert!(
            made.iter().all(|b| b.state == BulkStage::Done),
            "{case}: {made:?}"
        );
        let tickets = made.iter().filter(|b| b.ticket.is_some()).count();
        assert!(tickets <= feeds, "{case}: {made:?}");
        if matches!(fault, Fault::TimeoutAfter) {
            assert_eq!(world.sim.truth().calls["createFeed"], 1, "{case}: it was found");
            assert_eq!(tickets, 1, "{case}: {made:?}");
        }
    }
}

#[tokio::test]
async fn a_worker_may_die_at_any_call_of_a_batch() {
    for at_call in 0..9 {
        for applied in [false, true] {
            let (mut world, germany, account, skus) = crowded(9, 4).await;
            let case = format!("call {at_call}, applied {applied}");
            world
                .kill_at_call(at_call, applied, Duration::from_secs(90))
                .await;
            world.secs(1_700).await;
            all_are_right(&world, &germany, &skus, &case);
            let made = batches(&world, account).await;
            assert!(
                made.iter().all(|b| b.state == BulkStage::Done),
                "{case}: {made:?}"
            );
            assert!(
                world.tenant().check_ledger().await.expect("checked").ok(),
                "{case}"
            );
        }
    }
}
