//! The upkeep and the checks of the books: asked for by a person or once a day, made by the worker, kept for people.

use std::time::Duration;

use stockbridge_domain::tenant::Role;
use stockbridge_engine::{Caller, Refusal, Upkeep};
use stockbridge_sim::BuyOptions;

use super::harness::{INDIA, World, seller};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn books_are_checked_when_somebody_asks_and_once_a_day() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    for world in World::each(std::slice::from_ref(&india)).await {
        world.stocked("SKU-1", 30).await;
        world.connect(&india, INDIA).await;
        world.secs(30).await;
        world
            .sim
            .buy("A1INDIA", INDIA, "SKU-1", 2, BuyOptions::default())
            .unwrap();
        world.secs(200).await;
        let viewer = Caller {
            role: Role::Viewer,
            ..world.caller.clone()
        };
        let refused = world.hub.ask_books_check(&viewer).await;
        assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{refused:?}");
        for _ in 0..2 {
            world.hub.ask_books_check(&world.caller).await.unwrap();
        }
        let state = world.hub.books_state(world.tenant_id()).await.unwrap();
        assert!(state.under_way && state.last.is_none(), "{state:?}");
        world.work().await;
        let state = world.hub.books_state(world.tenant_id()).await.unwrap();
        let last = state.last.unwrap();
        assert!(!state.under_way && last.check.ok(), "{last:?}");
        assert!(last.check.entries >= 2 && last.check.pushes > 0, "{last:?}");
        let made = world.tenant().ledger_checks(9).await.unwrap();
        assert_eq!(made.len(), 1, "asked for twice at once, made once");

        assert_eq!(
            world.hub.upkeep().await.unwrap().checks,
            0,
            "it was checked today"
        );
        world.clock.advance(DAY);
        assert_eq!(world.hub.upkeep().await.unwrap().checks, 1);
        world.work().await;
        let made = world.tenant().ledger_checks(9).await.unwrap();
        assert_eq!((made.len(), made[0].asked_by.as_str()), (2, "upkeep"));
    }
}

#[tokio::test]
async fn what_nobody_needs_any_more_is_forgotten() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::new(vec![india.clone()]).await;
    world.stocked("SKU-1", 30).await;
    world.connect(&india, INDIA).await;
    world.secs(60).await;
    assert_eq!(
        world.tenant().begin_request("key", "hash").await.unwrap(),
        stockbridge_store::Idempotency::Fresh
    );
    assert_eq!(world.hub.upkeep().await.unwrap(), Upkeep::default(), "too young");
    world.clock.advance(DAY * 31);
    let done = world.hub.upkeep().await.unwrap();
    assert!(
        done.jobs > 0 && done.requests == 1 && done.checks == 1,
        "{done:?}"
    );
    let again = world.hub.upkeep().await.unwrap();
    assert_eq!((again.jobs, again.requests), (0, 0));
}
