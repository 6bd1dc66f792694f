//! Listings at channels that keep several quantities, one at each of their locations.

use serde_json::json;
use stockbridge_domain::LocationId;
use stockbridge_domain::allocation::{Reason, Terms};
use stockbridge_domain::channel::{Change, LevelPart, WriteMode};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::stock::EntryKind;

use super::*;
use crate::tests::shop::entry;
use crate::{Amount, PolicyDraft, PolicyScope, PreviewWanted};

fn place(location: &str, quantity: i64) -> PlaceUnits {
    PlaceUnits {
        location: location.to_owned(),
        quantity,
    }
}

fn part(location: &str, shown: i64, quantity: i64) -> LevelPart {
    LevelPart {
        location: location.to_owned(),
        shown,
        quantity,
    }
}

fn mapped(account: AccountId, mode: WriteMode, map: serde_json::Value) -> OfferAccounts {
    let mut accounts = remote(&[account]);
    for account in accounts.values_mut() {
        account.mode = mode;
        account.places = PlaceMap::of_options(&serde_json::from_value(map.clone()).unwrap());
    }
    accounts
}

impl World {
    async fn entered_at(&self, product: ProductId, location: LocationId, units: i64) {
        let stock = crate::ManualEntry {
            location: Some(location),
            ..entry(
                product,
                EntryKind::Adjustment,
                Amount::Change(units),
                &format!("{location}:{units}"),
            )
        };
        let mut tx = self.ours.begin().await.unwrap();
        tx.enter_stock(&stock).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn read_places(&self, account: AccountId, name: &str, places: &[PlaceUnits]) {
        let reading = Reading {
            sku: sku(name),
            quantity: Some(places.iter().map(|place| place.quantity).sum()),
            places: places.to_vec(),
        };
        let now = self.store.env().now();
        let mut tx = self.ours.begin().await.unwrap();
        tx.apply_readings(account, &[reading], now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn each_location_is_sent_what_lies_where_it_is_fed_from() {
    for world in worlds().await {
        let one = world.account("one").await;
        let graz = world.location("Graz", true, 5).await;
        let accounts = mapped(
            one,
            WriteMode::CompareAndSet,
            json!({"location_map": {"Graz": "g"}}),
        );
        let a = world.counted("A", 8).await;
        world.entered_at(a, graz, 4).await;
        let listing = world.listing(one, "A", Some(a), 1, Some(0)).await;
        world.later(Duration::from_secs(1));
        world.read_places(one, "A", &[place("b", 0), place("g", 0)]).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent[0].level.change, Change::From(0), "{}", world.label);
        assert_eq!(sent[0].level.parts, [part("b", 0, 8), part("g", 0, 4)]);
        let history = world
            .ours
            .pushes_of_listing(listing, "quantity", 1)
            .await
            .unwrap();
        assert_eq!(history[0].places, sent[0].level.parts);
        world.finish(&sent[0], Answer::Applied).await;
        world.later(Duration::from_secs(3));
        world.read_places(one, "A", &[place("b", 8), place("g", 4)]).await;
        let record = world.ours.listing(listing).await.unwrap().unwrap();
        let places: Vec<_> = record
            .places
            .iter()
            .map(|p| (p.location.as_str(), p.shown, p.sent))
            .collect();
        assert_eq!(places, [("b", 8, Some(8)), ("g", 4, Some(4))]);

        assert_eq!(world.ours.channel_locations(one).await.unwrap(), ["b", "g"]);
        assert!(world.theirs.channel_locations(one).await.unwrap().is_empty());

        // The same twelve lie elsewhere now: sent anew, without a change of the bound.
        world.entered_at(a, graz, 6).await;
        world
            .entered_at(a, world.ours.default_location().await.unwrap().unwrap(), -6)
            .await;
        world.plan(&accounts).await;
        let moved = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(moved[0].level.parts, [part("b", 8, 2), part("g", 4, 10)]);
        assert_eq!(world.offer(listing).await.exposure, 12);
        let differs = Answer::Differs {
            shown: Some(11),
            places: vec![place("b", 7), place("g", 4)],
            message: "sold meanwhile".into(),
        };
        world.finish(&moved[0], differs).await;
        world.plan(&accounts).await;
        let again = world.begin_writes(one, &accounts, 10).await;
        let compared: Vec<_> = again[0].level.parts.iter().map(|p| p.shown).collect();
        assert_eq!(compared, [7, 4], "from what the refusal showed");
    }
}

#[tokio::test]
async fn changes_of_locations_add_up_to_the_change_of_the_listing() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = mapped(one, WriteMode::Relative, json!({}));
        let a = world.counted("A", 9).await;
        world.listing(one, "A", Some(a), 1, Some(3)).await;
        world.later(Duration::from_secs(1));
        world.read_places(one, "A", &[place("b", 1), place("g", 2)]).await;
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent[0].level.change, Change::By(6), "{}", world.label);
        assert_eq!(
            sent[0].level.parts,
            [part("b", 1, 9), part("g", 2, 0)],
            "everything feeds the channel's first location"
        );
    }
}

#[tokio::test]
async fn a_preview_shows_each_location_before_and_after() {
    for world in worlds().await {
        let one = world.account("one").await;
        let graz = world.location("Graz", true, 5).await;
        let map = json!({"location_map": {"Graz": "g"}, "default_location": "b"});
        let accounts = mapped(one, WriteMode::CompareAndSet, map);
        let a = world.counted("A", 8).await;
        world.entered_at(a, graz, 4).await;
        world.listing(one, "A", Some(a), 1, Some(0)).await;
        world.later(Duration::from_secs(1));
        world.read_places(one, "A", &[place("b", 0), place("g", 0)]).await;
        let draft = |cap| PolicyDraft {
            scope: PolicyScope::account(one),
            terms: Some(Terms {
                cap: Some(cap),
                ..Terms::NONE
            }),
        };
        let wanted = PreviewWanted::Product(a);
        let rows = world
            .ours
            .preview_policies(&accounts, &[draft(6)], &wanted)
            .await
            .unwrap();
        assert_eq!(
            rows[0].before.places,
            [place("b", 8), place("g", 4)],
            "{}",
            world.label
        );
        assert_eq!(rows[0].after.places, [place("b", 4), place("g", 2)]);
        assert_eq!((rows[0].before.quantity, rows[0].after.quantity), (12, 6));

        // What feeds no location that the channel shows is not offered, and that is said.
        let map = json!({"location_map": {"Graz": "linz"}, "default_location": "b"});
        let accounts = mapped(one, WriteMode::CompareAndSet, map);
        let rows = world
            .ours
            .preview_policies(&accounts, &[], &wanted)
            .await
            .unwrap();
        assert_eq!(rows[0].after.places, [place("b", 8), place("g", 0)]);
        let unfed = rows[0].after.withheld.iter().find(|w| w.reason == Reason::Unfed);
        assert_eq!((rows[0].after.quantity, unfed.map(|w| w.units)), (8, Some(4)));
        world.plan(&accounts).await;
        let sent = world.begin_writes(one, &accounts, 10).await;
        assert_eq!(sent[0].level.quantity, 8, "the planner says the same");
    }
}
