//! What policies come to in the plan: modes, inheritance, rebalancing, and the preview of it.

use stockbridge_domain::allocation::{Method, Reason, Terms};
use stockbridge_domain::mode::{Mode, Regime};

use super::super::policies::{channel, draft};
use super::*;
use crate::{PolicyDraft, PolicyError, PolicyScope, PreviewWanted};

fn on(product: ProductId, account: AccountId) -> PolicyScope {
    PolicyScope {
        account: Some(account),
        ..PolicyScope::product(product)
    }
}

#[tokio::test]
async fn the_most_specific_policy_decides_field_by_field() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let (a, b) = (world.counted("A", 100).await, world.counted("B", 100).await);
        let mut listings = Vec::new();
        for (account, text, product) in [(one, "A", a), (two, "A", a), (one, "B", b), (two, "B", b)] {
            listings.push(world.listing(account, text, Some(product), 1, Some(0)).await);
        }
        world.set(&PolicyScope::ALL, |t| t.cap = Some(40)).await;
        world.set(&channel("test"), |t| t.buffer_units = Some(10)).await;
        world.set(&PolicyScope::account(two), |t| t.cap = Some(20)).await;
        world
            .set(&PolicyScope::product(b), |t| t.buffer_units = Some(70))
            .await;
        world.set(&on(b, two), |t| t.cap = Some(12)).await;
        world.plan(&remote(&[one, two])).await;
        let mut desired = Vec::new();
        for listing in &listings {
            desired.push(world.planned(*listing).await.desired.unwrap());
        }
        assert_eq!(desired, [40, 20, 18, 12], "{}", world.label);
    }
}

#[tokio::test]
async fn shared_listings_all_show_the_pool_and_going_strict_takes_it_back() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = remote(&[one, two]);
        let a = world.counted("A", 20).await;
        let first = world.listing(one, "A", Some(a), 1, Some(0)).await;
        let second = world.listing(two, "A", Some(a), 1, Some(18)).await;
        world
            .set(&PolicyScope::product(a), |t| {
                (t.mode, t.buffer_units) = (Some(Mode::Shared), Some(2))
            })
            .await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(first).await,
            planned(18, Some(18), None),
            "{}",
            world.label
        );
        assert_eq!(world.planned(second).await, planned(18, None, None));
        let shared = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND regime = 'shared'";
        assert_eq!(world.number(shared).await, 2);
        let outgoing = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(outgoing[0].level.quantity, 18, "no headroom is asked for");
        world.finish(&outgoing[0], Answer::Accepted).await;
        world.read_back(one, "A", Some(18)).await;

        world
            .set(&PolicyScope::product(a), |t| t.mode = Some(Mode::Strict))
            .await;
        world.plan(&accounts).await;
        assert_eq!(world.number(shared).await, 0);
        let back = [world.planned(first).await.due, world.planned(second).await.due];
        assert!(
            back.contains(&Some(0)),
            "what was shown twice is taken back: {back:?}"
        );
    }
}

#[tokio::test]
async fn hybrid_follows_the_cover() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = remote(&[one, two]);
        let (a, b) = (world.counted("A", 60).await, world.counted("B", 20).await);
        let ample = world.listing(one, "A", Some(a), 1, Some(0)).await;
        world.listing(two, "A", Some(a), 1, Some(0)).await;
        let scarce = world.listing(one, "B", Some(b), 1, Some(0)).await;
        world.listing(two, "B", Some(b), 1, Some(0)).await;
        world
            .set(&PolicyScope::ALL, |t| t.mode = Some(Mode::Hybrid))
            .await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(ample).await.desired,
            Some(60),
            "{}: 30 days at one a day each",
            world.label
        );
        assert_eq!(world.planned(scarce).await.desired, Some(10), "10 days");
        world
            .set(&PolicyScope::ALL, |t| {
                (t.mode, t.cover_days) = (Some(Mode::Hybrid), Some(5))
            })
            .await;
        world.plan(&accounts).await;
        assert_eq!(world.planned(scarce).await.desired, Some(20));
    }
}

#[tokio::test]
async fn units_move_to_the_listing_that_sells() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        let accounts = remote(&[one, two]);
        let a = world.counted("A", 40).await;
        let sleeps = world.listing(one, "A", Some(a), 1, Some(20)).await;
        let sells = world.listing(two, "A", Some(a), 1, Some(20)).await;
        world
            .set(&PolicyScope::ALL, |t| t.method = Some(Method::Velocity))
            .await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(sleeps).await.desired,
            Some(20),
            "{}: nobody sold yet",
            world.label
        );
        let placed = world.later(Duration::from_secs(60));
        world.place(two, &[order("O-1", placed, &[("A", 18)])]).await;
        world.plan(&accounts).await;
        assert_eq!(
            world.planned(sells).await.desired,
            Some(21),
            "twenty-two are left, one stays where nobody buys"
        );
        let drained = world.planned(sleeps).await;
        assert_eq!(
            drained,
            planned(1, Some(0), None),
            "the sleeping listing gives its units up"
        );
    }
}

#[tokio::test]
async fn the_own_store_sells_the_pool_in_shared_mode_and_what_is_free_otherwise() {
    for world in worlds().await {
        let (one, own) = (world.account("one").await, world.account("own").await);
        let a = world.counted("A", 10).await;
        world.listing(one, "A", Some(a), 1, Some(10)).await;
        let mut accounts = remote(&[one, own]);
        accounts.get_mut(&own).unwrap().remote = false;
        assert_eq!(world.free(own, a).await, 0, "{}", world.label);
        world
            .set(&PolicyScope::ALL, |t| {
                (t.mode, t.buffer_units) = (Some(Mode::Shared), Some(1))
            })
            .await;
        world.plan(&accounts).await;
        assert_eq!(world.free(own, a).await, 9);
        world
            .set(&PolicyScope::account(own), |t| t.mode = Some(Mode::Strict))
            .await;
        assert_eq!(world.free(own, a).await, 0, "the shared listing claims all ten");
    }
}

#[tokio::test]
async fn a_preview_shows_what_would_happen_and_changes_nothing() {
    for world in worlds().await {
        let (one, own) = (world.account("one").await, world.account("own").await);
        let mut accounts = remote(&[one, own]);
        accounts.get_mut(&own).unwrap().remote = false;
        let a = world.counted("A", 21).await;
        let pack = world.listing(one, "A-TWO", Some(a), 2, Some(5)).await;
        world.counted("B", 3).await;
        let drafts = [
            draft(&PolicyScope::ALL, |t| t.buffer_units = Some(5)),
            draft(&PolicyScope::account(one), |t| t.cap = Some(7)),
        ];
        let all = PreviewWanted::After {
            sku: String::new(),
            limit: 10,
        };
        let rows = world
            .ours
            .preview_policies(&accounts, &drafts, &all)
            .await
            .unwrap();
        assert_eq!(
            rows.len(),
            2,
            "{}: the listing and the own store; B is listed nowhere",
            world.label
        );
        let row = rows.iter().find(|r| r.listing == Some(pack)).unwrap();
        assert_eq!(
            (row.before.quantity, row.after.quantity, row.shown),
            (5, 3, Some(5))
        );
        let withheld = |reason| {
            row.after
                .withheld
                .iter()
                .find(|w| w.reason == reason)
                .map(|w| w.units)
        };
        assert_eq!(withheld(Reason::Buffer), Some(5));
        assert_eq!(withheld(Reason::Cap), Some(1));
        assert_eq!(withheld(Reason::Others), Some(8));
        assert_eq!(withheld(Reason::Rounding), Some(1));
        let own_row = rows.iter().find(|r| r.account == own).unwrap();
        assert_eq!((own_row.listing, own_row.after.quantity), (None, 9));
        let only = PreviewWanted::Product(a);
        let unchanged = world.ours.preview_policies(&accounts, &[], &only).await.unwrap();
        assert!(
            unchanged.iter().all(|r| r.before == r.after),
            "nothing was kept of the drafts"
        );
        let bad = [draft(&PolicyScope::ALL, |t| t.cap = Some(-1))];
        let refused = world.ours.preview_policies(&accounts, &bad, &only).await;
        assert!(matches!(refused, Err(PolicyError::Refused(_))));
        let foreign = world
            .theirs
            .preview_policies(&accounts, &[], &only)
            .await
            .unwrap();
        assert_eq!(foreign, []);
    }
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_products_and_policies() {
    for world in worlds().await {
        let accounts = [world.account("one").await, world.account("two").await];
        let mut counts = Vec::new();
        for round in 0..2 {
            let mut drafts: Vec<PolicyDraft> = Vec::new();
            for n in 0..(1 + round * 20) {
                let name = format!("R{round}-{n}");
                let product = world.counted(&name, 50).await;
                for account in accounts {
                    world.listing(account, &name, Some(product), 1, Some(0)).await;
                    drafts.push(draft(&on(product, account), |t: &mut Terms| t.cap = Some(5)));
                }
            }
            drafts.push(draft(&channel("test"), |t| t.buffer_units = Some(1)));
            world.ours.change_policies(&drafts).await.unwrap();
            let before = world.store.db().statements();
            world.plan(&remote(&accounts)).await;
            counts.push(world.store.db().statements() - before);
        }
        assert_eq!(counts[0], counts[1], "{}", world.label);
        let strict = Regime::Strict;
        let others = "SELECT COUNT(*) FROM listings WHERE tenant_id = $1 AND regime <> 'strict'";
        assert_eq!(world.number(others).await, 0, "all are {strict}");
    }
}

impl World {
    /// What an own account could sell of a product now.
    pub(super) async fn free(&self, account: AccountId, product: ProductId) -> i64 {
        let mut tx = self.ours.begin().await.unwrap();
        let products = [product].into();
        let book = crate::stock::StockBook::lock(&mut tx, &products).await.unwrap();
        tx.free_for(account, &products, &book).await.unwrap()[&product]
    }
}
