//! Listings: products, variations, what is not counted, what is held at the checkout.

use stockbridge_sim::WooManage;

use super::*;

fn variable() -> WooProduct {
    let variation = |sku: &str, stock| WooProduct {
        name: sku.to_lowercase(),
        ..WooProduct::new(sku, stock)
    };
    WooProduct::variable(
        "SHIRT",
        vec![
            variation("SHIRT-S", 3),
            variation("SHIRT-M", 4),
            variation("", 5),
            WooProduct {
                manage: WooManage::Parent,
                ..variation("SHIRT-L", 0)
            },
        ],
    )
}

#[tokio::test]
async fn products_and_variations_are_listings_and_each_without_a_sku_is_told() {
    let bench = selling(vec![
        WooProduct::new("MUG", 9),
        variable(),
        WooProduct::new("", 1),
    ]);
    let page = bench.open().listings().unwrap().page(None).await.unwrap();
    let found: Vec<_> = page
        .listings
        .iter()
        .map(|l| (l.sku.as_str(), l.quantity))
        .collect();
    let expected = [
        ("MUG", Some(9)),
        ("SHIRT-S", Some(3)),
        ("SHIRT-M", Some(4)),
        ("SHIRT-L", None),
    ];
    assert_eq!(found, expected, "the parent itself is not for sale");
    assert_eq!(page.listings[1].title.as_deref(), Some("Thing SHIRT – shirt-s"));
    assert_eq!(
        page.listings[0].price.unwrap().to_string(),
        "12.50 EUR",
        "in the currency the shop says"
    );
    let issue = &page.listings[3].issues[0];
    assert!(
        issue.contains("tick `Manage stock?` at each variation"),
        "{issue}"
    );
    let reasons: Vec<_> = page.unreadable.iter().map(|u| u.reason.as_str()).collect();
    assert!(
        reasons.iter().any(|r| r.contains("no SKU of its own (`SHIRT`")),
        "{reasons:?}"
    );
    assert!(
        reasons.iter().any(|r| r.contains("has no SKU, so")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn what_the_shop_does_not_count_has_no_quantity_and_a_remedy() {
    let bench = selling(vec![WooProduct {
        manage: WooManage::Not,
        sale_price: "9.00".into(),
        ..WooProduct::new("MUG", 9)
    }]);
    let listing = bench.listing("MUG").await;
    assert_eq!(listing.quantity, None);
    assert!(
        listing.issues.iter().any(|i| i.contains("Track stock quantity")),
        "{:?}",
        listing.issues
    );
    assert_eq!(listing.price.unwrap().minor(), 900, "what buyers pay");
    assert!(
        listing.issues.iter().any(|i| i.contains("sale price")),
        "{:?}",
        listing.issues
    );
}

#[tokio::test]
async fn units_held_for_a_buyer_who_is_paying_are_not_for_sale() {
    let bench = selling(vec![WooProduct::new("MUG", 5)]);
    let id = bench.shop.checkout("MUG", 2).unwrap();
    let shown = |bench: &Bench| bench.shop.shown("MUG");
    assert_eq!((shown(&bench), bench.listing("MUG").await.quantity), (5, Some(3)));
    bench.shop.set_status(id, "processing");
    assert_eq!(
        (shown(&bench), bench.listing("MUG").await.quantity),
        (3, Some(3)),
        "paid: nothing moves for us"
    );
    bench.shop.checkout("MUG", 1).unwrap();
    bench.pass(3_700);
    assert_eq!(
        bench.listing("MUG").await.quantity,
        Some(3),
        "not paid in time: it is for sale again"
    );
}

#[tokio::test]
async fn all_products_are_seen_although_some_vanish_meanwhile() {
    let products = (0..250)
        .map(|n| WooProduct::new(&format!("P-{n:03}"), n))
        .collect();
    let bench = selling(products);
    let (connection, mut cursor, mut seen, mut gone) =
        (bench.open(), None, std::collections::BTreeSet::new(), 0);
    loop {
        let page = connection
            .listings()
            .unwrap()
            .page(cursor.as_deref())
            .await
            .unwrap();
        seen.extend(page.listings.iter().map(|l| l.sku.as_str().to_owned()));
        for _ in 0..30 {
            // More than two pages have in common.
            if gone < 60 {
                bench.shop.remove(&format!("P-{gone:03}"));
                gone += 1;
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for n in 60..250 {
        assert!(seen.contains(&format!("P-{n:03}")), "{n}");
    }
}

#[tokio::test]
async fn many_products_with_variations_take_several_pages() {
    let products = (0..25)
        .map(|n| WooProduct::variable(&format!("V-{n}"), vec![WooProduct::new(&format!("V-{n}-A"), 1)]))
        .collect();
    let bench = selling(products);
    assert_eq!(bench.listings().await.len(), 25);
}

#[tokio::test]
async fn listings_are_read_by_sku_and_where_that_fails_by_id() {
    for sku_finds_variations in [true, false] {
        let bench = super::bench(WooConfig {
            sku_finds_variations,
            ..config(vec![
                WooProduct::new("MUG", 9),
                variable(),
                WooProduct::new("A,B", 2),
            ])
        });
        let all = bench.listings().await;
        let handle = |sku: &str| all.iter().find(|l| l.sku.as_str() == sku).unwrap().handle.clone();
        let keys: Vec<_> = ["MUG", "SHIRT-M", "A,B"]
            .iter()
            .map(|sku| key(sku, handle(sku).as_deref()))
            .collect();
        let calls = bench.world.targets().len();
        let read = bench.open().listings().unwrap().read(&keys).await.unwrap();
        let mut found: Vec<_> = read
            .iter()
            .map(|l| (l.sku.as_str(), l.quantity, l.handle.clone()))
            .collect();
        found.sort();
        let expected = [
            ("A,B", Some(2), handle("A,B")),
            ("MUG", Some(9), handle("MUG")),
            ("SHIRT-M", Some(4), handle("SHIRT-M")),
        ];
        assert_eq!(found, expected);
        assert!(bench.world.targets().len() - calls <= 4);
        let unknown = bench
            .open()
            .listings()
            .unwrap()
            .read(&[key("GONE", Some("9999")), key("NEW", None)])
            .await;
        assert!(unknown.unwrap().is_empty());
    }
}
