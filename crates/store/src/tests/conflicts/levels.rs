//! Who wins, level by level: everything, channel, account, product, product on one of them.

use stockbridge_domain::allocation::Level;
use stockbridge_domain::channel::ChannelKind;

use super::*;

/// Who wins a field on an account, and which level says so.
async fn winner(
    world: &World,
    account: AccountId,
    product: Option<ProductId>,
    field: Field,
) -> (Strategy, Option<Level>) {
    let winners = world.ours.conflict_winners(Some(account), product).await;
    let found = winners.unwrap().into_iter().find(|w| w.field == field).unwrap();
    (found.strategy, found.level)
}

#[tokio::test]
async fn the_most_specific_level_says_who_wins() {
    for world in worlds().await {
        let one = world.account("one").await;
        let two = world.account("two").await;
        let product = world.counted("A", 40).await;
        let channel = Some(ChannelKind::new(
            world.ours.account(one).await.unwrap().unwrap().channel.as_str(),
        ));
        let on_channel = PolicyScope {
            channel: channel.clone(),
            ..PolicyScope::ALL
        };
        let product_on_channel = PolicyScope {
            channel,
            ..PolicyScope::product(product)
        };
        let product_on_one = PolicyScope {
            account: Some(one),
            ..PolicyScope::product(product)
        };
        let price = async |product| winner(&world, one, product, Field::Price).await;
        assert_eq!(price(None).await, (Strategy::HubWins, None), "{}", world.label);
        let set =
            async |scope: &PolicyScope, to| strategy_of(&world, scope, Field::Price, Some((to, 7))).await;
        set(&PolicyScope::ALL, Strategy::Manual).await;
        assert_eq!(price(None).await, (Strategy::Manual, Some(Level::Tenant)));
        set(&on_channel, Strategy::Highest).await;
        assert_eq!(price(None).await, (Strategy::Highest, Some(Level::Channel)));
        set(&PolicyScope::account(one), Strategy::Lowest).await;
        assert_eq!(price(None).await, (Strategy::Lowest, Some(Level::Account)));
        assert_eq!(
            winner(&world, two, None, Field::Price).await,
            (Strategy::Highest, Some(Level::Channel)),
            "the other account inherits the channel's"
        );
        set(&PolicyScope::product(product), Strategy::SourceWins).await;
        assert_eq!(
            price(Some(product)).await,
            (Strategy::SourceWins, Some(Level::Product))
        );
        assert_eq!(price(None).await, (Strategy::Lowest, Some(Level::Account)));
        set(&product_on_channel, Strategy::HubWins).await;
        assert_eq!(
            price(Some(product)).await,
            (Strategy::HubWins, Some(Level::ProductOnChannel))
        );
        set(&product_on_one, Strategy::Manual).await;
        assert_eq!(
            price(Some(product)).await,
            (Strategy::Manual, Some(Level::ProductOnAccount))
        );
        let records = world.ours.conflict_strategies().await.unwrap();
        assert_eq!(records.len(), 6);
        assert!(records.iter().filter(|r| r.sku.is_some()).count() == 3);
        assert_eq!(
            winner(&world, one, Some(product), Field::Quantity).await,
            (Strategy::HubWins, None),
            "other fields are not touched"
        );
        strategy_of(&world, &product_on_one, Field::Price, None).await;
        assert_eq!(
            price(Some(product)).await,
            (Strategy::HubWins, Some(Level::ProductOnChannel)),
            "taken back, the next level holds"
        );
        let theirs = world
            .theirs
            .conflict_winners(Some(one), Some(product))
            .await
            .unwrap();
        assert!(
            theirs.iter().all(|w| w.level.is_none()),
            "another tenant's say nothing"
        );
    }
}

#[tokio::test]
async fn a_channels_strategy_decides_its_accounts_differences() {
    for world in worlds().await {
        let (account, _, product) = shop(&world).await;
        let channel = world.ours.account(account).await.unwrap().unwrap().channel;
        let scope = PolicyScope {
            channel: Some(ChannelKind::new(channel.as_str())),
            ..PolicyScope::ALL
        };
        strategy_of(&world, &scope, Field::Quantity, Some((Strategy::SourceWins, 1))).await;
        read(&world, account, 9).await;
        settle(&world, account).await;
        assert_eq!(world.ours.stock_of(&sku("A")).await.unwrap().unwrap().on_hand, 44);
        // A product of its own mind.
        let scope = PolicyScope::product(product);
        strategy_of(&world, &scope, Field::Quantity, Some((Strategy::Manual, 1))).await;
        world.later(Duration::from_secs(900));
        read(&world, account, 4).await;
        settle(&world, account).await;
        let found = live(&world).await;
        assert_eq!(
            (found.len(), found[0].state, found[0].strategy),
            (1, ConflictState::Open, Strategy::Manual),
            "{}",
            world.label
        );
    }
}
