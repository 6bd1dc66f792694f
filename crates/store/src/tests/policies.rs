//! Policies: what is set, what is refused, and what contradicts across levels.

use stockbridge_domain::allocation::{BasisPoints, Level, Terms};
use stockbridge_domain::mode::Mode;

use super::*;
use crate::{PolicyDraft, PolicyError, PolicyScope};

/// A policy that says what `change` sets.
pub(super) fn draft(scope: &PolicyScope, change: impl FnOnce(&mut Terms)) -> PolicyDraft {
    let mut terms = Terms::NONE;
    change(&mut terms);
    PolicyDraft {
        scope: scope.clone(),
        terms: Some(terms),
    }
}

/// A policy that gives a share.
fn share(scope: &PolicyScope, points: u32) -> PolicyDraft {
    draft(scope, |t| t.share = Some(BasisPoints(points)))
}

pub(super) fn channel(name: &str) -> PolicyScope {
    PolicyScope {
        channel: Some(ChannelKind::new(name)),
        ..PolicyScope::ALL
    }
}

impl World {
    /// Sets one policy.
    pub(super) async fn set(&self, scope: &PolicyScope, change: impl FnOnce(&mut Terms)) {
        self.ours.change_policies(&[draft(scope, change)]).await.unwrap();
    }
}

fn wrong(result: Result<(), PolicyError>) -> Vec<(usize, String)> {
    match result.unwrap_err() {
        PolicyError::Refused(wrong) => wrong.into_iter().map(|(i, e)| (i, e.to_string())).collect(),
        PolicyError::Store(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn shares_add_up_to_all_at_most() {
    for world in worlds().await {
        let ours = &world.ours;
        let one = PolicyScope::account(world.account("one").await);
        let two = PolicyScope::account(world.account("two").await);
        ours.change_policies(&[share(&one, 6_000), share(&two, 4_000)])
            .await
            .unwrap();
        let refused = wrong(ours.change_policies(&[share(&two, 4_001)]).await);
        assert_eq!(refused.len(), 1);
        assert!(refused[0].1.contains("100.01 percent"), "{refused:?}");
        assert_eq!(
            ours.policy(&two).await.unwrap().unwrap().terms.share,
            Some(BasisPoints(4_000))
        );
        ours.change_policies(&[share(&two, 6_000), share(&one, 4_000)])
            .await
            .unwrap();
        ours.change_policies(&[share(&channel("test"), 10_000)])
            .await
            .unwrap();
        let elsewhere = wrong(ours.change_policies(&[share(&channel("elsewhere"), 1)]).await);
        assert!(
            elsewhere[0].1.contains("100.01 percent"),
            "a channel counts without stores: {elsewhere:?}"
        );
        let product = PolicyScope::product(world.products(&["A"]).await[0].id);
        let on_one = PolicyScope {
            account: one.account,
            ..product
        };
        ours.change_policies(&[share(&on_one, 7_000)]).await.unwrap();
        let label = world.label;
        assert!(
            world
                .theirs
                .policies(None, &PageQuery::first(9))
                .await
                .unwrap()
                .items
                .is_empty(),
            "{label}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_of_it_is_kept() {
    for world in worlds().await {
        let ours = &world.ours;
        let one = world.account("one").await;
        let good = draft(&PolicyScope::ALL, |t| t.cap = Some(5));
        let mut both = channel("test");
        both.account = Some(one);
        let bad = draft(&both, |t| (t.minimum, t.cap) = (Some(9), Some(5)));
        let refused = wrong(ours.change_policies(&[good.clone(), bad]).await);
        assert_eq!(
            refused.iter().map(|w| w.0).collect::<Vec<_>>(),
            [1, 1],
            "{}: {refused:?}",
            world.label
        );
        assert!(refused[0].1.starts_with("minimum: "), "{refused:?}");
        assert!(refused[1].1.starts_with("account: "), "{refused:?}");
        assert_eq!(ours.policy(&PolicyScope::ALL).await.unwrap(), None);
        let foreign = draft(&PolicyScope::account(one), |t| t.cap = Some(5));
        let refused = wrong(world.theirs.change_policies(&[foreign]).await);
        assert!(
            refused[0].1.starts_with("account: there is no store"),
            "{refused:?}"
        );
        let product = PolicyScope::product(world.products(&["A"]).await[0].id);
        let foreign = draft(&product, |t| t.cap = Some(5));
        let refused = wrong(world.theirs.change_policies(&[foreign]).await);
        assert!(
            refused[0].1.starts_with("sku: there is no such product"),
            "{refused:?}"
        );
        ours.change_policies(&[good]).await.unwrap();
        assert_eq!(
            ours.policy(&PolicyScope::ALL).await.unwrap().unwrap().terms.cap,
            Some(5)
        );
        assert_eq!(world.theirs.policy(&PolicyScope::ALL).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_change_has_the_offers_concerned_computed_anew() {
    for world in worlds().await {
        let products = world.products(&["A", "B"]).await;
        world.take_dirty(&world.ours).await;
        world.set(&PolicyScope::ALL, |t| t.buffer_units = Some(2)).await;
        assert_eq!(world.take_dirty(&world.ours).await, 2, "{}", world.label);
        let one = PolicyScope::product(products[0].id);
        world.set(&one, |t| t.mode = Some(Mode::Shared)).await;
        assert_eq!(world.take_dirty(&world.ours).await, 1);
        let removal = PolicyDraft {
            scope: one,
            terms: None,
        };
        world.ours.change_policies(&[removal]).await.unwrap();
        assert_eq!(world.take_dirty(&world.ours).await, 1);
        assert_eq!(world.take_dirty(&world.theirs).await, 0);
    }
}

#[tokio::test]
async fn policies_are_listed_with_their_level_the_general_first() {
    for world in worlds().await {
        let one = world.account("one").await;
        let product = world.products(&["A"]).await[0].id;
        let scopes = [
            PolicyScope {
                account: Some(one),
                ..PolicyScope::product(product)
            },
            PolicyScope::product(product),
            PolicyScope::account(one),
            channel("test"),
            PolicyScope::ALL,
        ];
        for scope in &scopes {
            world.set(scope, |t| t.buffer_units = Some(1)).await;
        }
        let ours = &world.ours;
        let rows = walk!(|query: PageQuery| async move { ours.policies(None, &query).await });
        let levels: Vec<Level> = rows.iter().map(|r| r.level).collect();
        let wanted = [
            Level::Tenant,
            Level::Account,
            Level::Channel,
            Level::Product,
            Level::ProductOnAccount,
        ];
        assert_eq!(levels, wanted, "{}", world.label);
        assert_eq!(rows[3].sku, Some(sku("A")));
        let of_product = ours.policies(Some(product), &PageQuery::first(9)).await.unwrap();
        assert_eq!(of_product.items.len(), 2);
        assert!(matches!(
            ours.policies(None, &bad_cursor()).await,
            Err(crate::StoreError::BadCursor)
        ));
    }
}

#[tokio::test]
async fn contradictions_between_levels_are_found_once() {
    for world in worlds().await {
        let one = world.account("one").await;
        world.account("two").await;
        let product = world.products(&["A"]).await[0].id;
        world.set(&PolicyScope::ALL, |t| t.minimum = Some(10)).await;
        world
            .set(&PolicyScope::account(one), |t| {
                (t.cap, t.minimum) = (Some(12), None)
            })
            .await;
        let found = async || {
            let mut tx = world.ours.begin().await.unwrap();
            tx.policy_contradictions().await.unwrap()
        };
        assert_eq!(found().await, [], "{}", world.label);
        world.set(&PolicyScope::account(one), |t| t.cap = Some(5)).await;
        let on_one = PolicyScope {
            account: Some(one),
            ..PolicyScope::product(product)
        };
        world.set(&on_one, |t| t.share = Some(BasisPoints(6_000))).await;
        let told = found().await;
        assert_eq!(
            told.len(),
            1,
            "for all products, and not again for each: {told:?}"
        );
        assert_eq!((told[0].product, told[0].account), (None, Some(one)));
        assert!(
            told[0].message.contains("minimum of 10 is above the cap of 5"),
            "{told:?}"
        );
        let two = PolicyScope::account(world.account("three").await);
        world.ours.change_policies(&[share(&two, 5_000)]).await.unwrap();
        let told = found().await;
        assert_eq!(
            (told.len(), told[1].product, told[1].account),
            (2, Some(product), None)
        );
        assert!(told[1].message.contains("110.00 percent"), "{told:?}");
    }
}
