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

/// The channel of these accounts.
async fn channel(world: &World, account: AccountId) -> ChannelKind {
    let record = world.ours.account(account).await.unwrap().unwrap();
    ChannelKind::new(record.channel.as_str())
}

#[tokio::test]
async fn the_most_specific_level_says_who_wins() {
    for world in worlds().await {
        let one = world.account("one").await;
        let product = world.counted("A", 40).await;
        let channel = Some(channel(&world, one).await);
        let of = |product, channel, account| PolicyScope {
            product,
            channel,
            account,
        };
        let price = async |product| winner(&world, one, product, Field::Price).await;
        assert_eq!(price(None).await, (Strategy::HubWins, None), "{}", world.label);
        let levels = [
            (of(None, None, None), Strategy::Manual, Level::Tenant),
            (of(None, channel.clone(), None), Strategy::Highest, Level::Channel),
            (of(None, None, Some(one)), Strategy::Lowest, Level::Account),
            (
                of(Some(product), None, None),
                Strategy::SourceWins,
                Level::Product,
            ),
            (
                of(Some(product), channel, None),
                Strategy::HubWins,
                Level::ProductOnChannel,
            ),
            (
                of(Some(product), None, Some(one)),
                Strategy::Manual,
                Level::ProductOnAccount,
            ),
        ];
        for (scope, strategy, level) in &levels {
            strategy_of(&world, scope, Field::Price, Some((*strategy, 7))).await;
            assert_eq!(price(Some(product)).await, (*strategy, Some(*level)));
        }
        assert_eq!(price(None).await, (Strategy::Lowest, Some(Level::Account)));
        assert_eq!(
            winner(&world, one, Some(product), Field::Quantity).await,
            (Strategy::HubWins, None),
            "other fields are not touched"
        );
        let two = world.account("two").await;
        assert_eq!(
            winner(&world, two, None, Field::Price).await,
            (Strategy::Highest, Some(Level::Channel)),
            "the other account inherits the channel's"
        );
        let records = world.ours.conflict_strategies().await.unwrap();
        assert_eq!(records.len(), levels.len());
        assert_eq!(records.iter().filter(|r| r.sku.is_some()).count(), 3);
        strategy_of(&world, &levels[5].0, Field::Price, None).await;
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
        let scope = PolicyScope {
            channel: Some(channel(&world, account).await),
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
