//! Stock: manual entries, the ledger, and the check of the books.

use stockbridge_domain::stock::{Balance, EntryKind};
use stockbridge_domain::{LedgerEntryId, ProductId};

use super::shop::entry;
use super::*;
use crate::{Amount, EntryError};

async fn enter(
    world: &World,
    product: ProductId,
    kind: EntryKind,
    amount: Amount,
    reference: &str,
) -> (crate::LedgerRecord, bool) {
    let mut tx = world.ours.begin().await.unwrap();
    let done = tx
        .enter_stock(&entry(product, kind, amount, reference))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    done
}

#[tokio::test]
async fn an_entry_is_made_once_whatever_its_document_says_later() {
    for world in worlds().await {
        let product = world.products(&["A"]).await[0].id;
        let (first, fresh) = enter(&world, product, EntryKind::Restock, Amount::Change(5), "d1").await;
        assert!(fresh, "{}", world.label);
        assert_eq!(
            first.after,
            Balance {
                on_hand: 5,
                reserved: 0
            }
        );
        assert_eq!(world.marks().await, [(product, "restock d1".to_owned())]);
        world.forget_marks().await;
        let (again, fresh) = enter(&world, product, EntryKind::Damage, Amount::Change(-9), "d1").await;
        assert!(!fresh);
        assert_eq!(again, first, "the earlier entry is answered");
        assert_eq!(world.marks().await, []);
        assert_eq!(world.rows("stock_ledger").await, 1);
        let other = world.products(&["B"]).await[0].id;
        let (_, fresh) = enter(&world, other, EntryKind::Restock, Amount::Change(1), "d1").await;
        assert!(fresh, "one document may hold several products");
        world.books_agree().await;
    }
}

#[tokio::test]
async fn a_count_enters_the_difference_to_the_books() {
    for world in worlds().await {
        let product = world.counted("A", 7).await;
        let (entry, _) = enter(&world, product, EntryKind::Count, Amount::Counted(4), "c2").await;
        assert_eq!((entry.change.on_hand, entry.after.on_hand), (-3, 4));
        let (entry, fresh) = enter(&world, product, EntryKind::Count, Amount::Counted(4), "c3").await;
        assert_eq!(
            (entry.change.on_hand, fresh),
            (0, true),
            "that it was right is worth an entry"
        );
        let stock = world.ours.stock_of(&sku("A")).await.unwrap().unwrap();
        assert_eq!((stock.on_hand, stock.available, stock.counted), (4, 4, true));
        let uncounted = world.products(&["B"]).await[0].id;
        let stock = world.ours.stock_of(&sku("B")).await.unwrap().unwrap();
        assert_eq!((stock.product, stock.counted), (uncounted, false));
        world.books_agree().await;
    }
}

#[tokio::test]
async fn the_ledger_is_read_newest_first_and_page_by_page() {
    for world in worlds().await {
        let product = world.counted("A", 1).await;
        for n in 0..4 {
            world.later(Duration::from_millis(5));
            enter(
                &world,
                product,
                EntryKind::Restock,
                Amount::Change(1),
                &n.to_string(),
            )
            .await;
        }
        let mut seen: Vec<i64> = Vec::new();
        let mut before: Option<LedgerEntryId> = None;
        loop {
            let page = world.ours.ledger(product, before, 2).await.unwrap();
            seen.extend(page.iter().map(|e| e.after.on_hand));
            match page.last() {
                Some(last) => before = Some(last.id),
                None => break,
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1], "{}", world.label);
        assert_eq!(world.theirs.ledger(product, None, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn stock_is_listed_by_sku_and_found_by_words() {
    for world in worlds().await {
        for (name, units) in [("B-2", 2), ("A-1", 1), ("B-1", 3)] {
            world.counted(name, units).await;
        }
        let skus = |stock: Vec<crate::StockRecord>| {
            stock
                .into_iter()
                .map(|s| (s.sku.to_string(), s.on_hand))
                .collect::<Vec<_>>()
        };
        let page = world.ours.stock(None, None, 2).await.unwrap();
        assert_eq!(skus(page), [("A-1".to_owned(), 1), ("B-1".to_owned(), 3)]);
        let rest = world.ours.stock(None, Some("B-1"), 2).await.unwrap();
        assert_eq!(skus(rest), [("B-2".to_owned(), 2)]);
        let found = world.ours.stock(Some("title of b"), None, 9).await.unwrap();
        assert_eq!(skus(found), [("B-1".to_owned(), 3), ("B-2".to_owned(), 2)]);
        assert_eq!(world.theirs.stock(None, None, 9).await.unwrap(), []);
        assert_eq!(world.theirs.stock_of(&sku("A-1")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn stock_of_a_product_that_is_not_there_cannot_be_entered() {
    for world in worlds().await {
        let product = world.counted("A", 3).await;
        let before = world.rows("stock_ledger").await;
        let mut tx = world.theirs.begin().await.unwrap();
        let refused = tx
            .enter_stock(&entry(product, EntryKind::Count, Amount::Counted(99), "x"))
            .await;
        assert!(
            matches!(&refused, Err(EntryError::NoProduct(missing)) if *missing == product),
            "{refused:?}"
        );
        tx.commit().await.unwrap();
        assert_eq!(world.rows("stock_ledger").await, before);
        assert_eq!(world.balance(product).await.on_hand, 3);
        assert_eq!(world.theirs.check_ledger().await.unwrap().balances, 0);
    }
}
