//! Batches: on their way until the channel has said what became of each item.

use stockbridge_domain::offer::WriteState;

use super::*;
use crate::{BulkStage, StoreError};

const LONG: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_batch_is_on_its_way_until_each_item_is_answered() {
    for world in worlds().await {
        let one = world.account("one").await;
        let accounts = remote(&[one]);
        let mut listings = Vec::new();
        for name in ["E", "C", "A", "D", "B"] {
            listings.push(world.due(one, name, 40, 0).await.1);
            world.later(Duration::from_secs(1));
        }
        assert_eq!(world.ours.due_writes(one).await.unwrap(), 5, "{}", world.label);
        assert_eq!(world.theirs.due_writes(one).await.unwrap(), 0);
        let mut tx = world.ours.begin().await.unwrap();
        let bulk = tx.begin_bulk(one).await.unwrap();
        let sent = tx.fill_bulk(bulk, one, &accounts, (2, 10), LONG).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sent.len(), 3, "the two most urgent are left to others");
        assert_eq!(world.begin_writes(one, &accounts, 9).await.len(), 2);
        let items = world.ours.bulk_items(bulk).await.unwrap();
        let skus: Vec<_> = items.iter().map(|i| i.sku.as_str()).collect();
        assert_eq!(skus, ["A", "B", "D"], "by SKU");
        assert!(world.theirs.bulk_items(bulk).await.unwrap().is_empty());

        // Whoever finds writes without a sender leaves those of a batch alone, and so does time.
        let later = world.later(Duration::from_secs(36_000));
        let mut tx = world.ours.begin().await.unwrap();
        assert_eq!(tx.adopt_orphaned_writes(one, later).await.unwrap(), 2);
        tx.commit().await.unwrap();
        world.read_back(one, "A", Some(0)).await;
        world.later(Duration::from_secs(63));
        world.settle(one).await;
        let write = world.offer(items[0].listing).await.write.unwrap();
        assert_eq!((write.push, write.state), (items[0].push, WriteState::Sent));

        answered(&world, bulk, &items, one).await;
        assert!(world.ours.open_bulk(one).await.unwrap().is_none());
        let states: Vec<_> = [&items[0], &items[1], &items[2]].map(|i| i.listing).to_vec();
        assert_eq!(
            world.offer(states[0]).await.write.unwrap().state,
            WriteState::Accepted
        );
        assert_eq!(world.offer(states[1]).await.write, None, "refused: never applied");
        assert_eq!(
            world.offer(states[2]).await.write.unwrap().state,
            WriteState::Accepted
        );
        let made = world
            .ours
            .bulks(Some(one), &PageQuery::default())
            .await
            .unwrap()
            .items;
        assert_eq!((made[0].items, made[0].accepted, made[0].refused), (3, 2, 1));
        assert!(made[0].sent_at.is_some() && made[0].done_at.is_some());
        assert_eq!(made[0].message.as_deref(), Some("3 messages"));
    }
}

/// Notes a batch's way and closes its items: the second is refused.
async fn answered(
    world: &World,
    bulk: stockbridge_domain::BulkId,
    items: &[crate::BulkItem],
    account: AccountId,
) {
    let note = async |state, ticket, message| {
        let mut tx = world.ours.begin().await.unwrap();
        tx.note_bulk(bulk, state, ticket, message).await.unwrap();
        tx.commit().await.unwrap();
    };
    note(BulkStage::Sending, None, Some("no answer came")).await;
    note(BulkStage::Waiting, Some("feed-1"), None).await;
    let open = world.ours.open_bulk(account).await.unwrap().unwrap();
    assert_eq!(
        (open.id, open.state, open.ticket.as_deref()),
        (bulk, BulkStage::Waiting, Some("feed-1"))
    );
    assert_eq!(world.ours.bulk_tickets(account).await.unwrap(), ["feed-1"]);
    assert!(world.theirs.open_bulk(account).await.unwrap().is_none());
    let answers: Vec<WriteAnswer> = items
        .iter()
        .map(|item| WriteAnswer {
            listing: item.listing,
            push: item.push,
            answer: match item.sku.as_str() {
                "B" => Answer::Refused("no such attribute".to_owned()),
                _ => Answer::Accepted,
            },
        })
        .collect();
    let now = world.store.env().now();
    let mut tx = world.ours.begin().await.unwrap();
    tx.finish_writes(&answers).await.unwrap();
    tx.count_bulk(bulk, 2, 1).await.unwrap();
    let listings: Vec<_> = items.iter().map(|i| i.listing).collect();
    tx.read_listings_at(&listings, now).await.unwrap();
    assert!(tx.listings_to_read(account, 10).await.unwrap().len() >= 3);
    tx.commit().await.unwrap();
    note(BulkStage::Done, None, Some("3 messages")).await;
}

#[tokio::test]
async fn batches_are_listed_page_by_page() {
    for world in worlds().await {
        let (one, two) = (world.account("one").await, world.account("two").await);
        for account in [one, one, two] {
            let mut tx = world.ours.begin().await.unwrap();
            tx.begin_bulk(account).await.unwrap();
            tx.commit().await.unwrap();
            world.later(Duration::from_secs(1));
        }
        let ours = &world.ours;
        let all = walk!(async |query: PageQuery| ours.bulks(None, &query).await);
        assert_eq!(all.len(), 3, "{}", world.label);
        assert_eq!(all[0].account, two, "the last first");
        assert_eq!(
            ours.bulks(Some(one), &PageQuery::default())
                .await
                .unwrap()
                .items
                .len(),
            2
        );
        assert!(
            world
                .theirs
                .bulks(None, &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert!(matches!(
            ours.bulks(None, &bad_cursor()).await,
            Err(StoreError::BadCursor)
        ));
    }
}
