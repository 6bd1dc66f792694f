//! Receiving, moving and counting goods and putting kits together, on the dashboard.

use super::dashboard::Browser;
use super::*;

/// A tenant with two locations and ten of each of two products at the first.
struct Shop {
    world: World,
    main: String,
    shop: String,
}

impl Shop {
    async fn new() -> Self {
        let world = World::new().await;
        let browser = Browser::new(&world).await;
        for sku in ["MUG", "TEA/250 g"] {
            let added = browser
                .followed(
                    "/stock",
                    &format!("sku={}&title=One&on_hand=10", crate::pages::component(sku)),
                )
                .await;
            assert!(added.text.contains("The product is added."), "{}", added.text);
        }
        let opened = browser
            .followed("/locations", "name=Shop&rank=10&sellable=yes")
            .await;
        assert!(opened.text.contains("Shop is open."), "{}", opened.text);
        drop(browser);
        let places = world.hub.tenant(world.tenant).locations().await.unwrap();
        let id = |name: &str| places.iter().find(|l| l.name == name).unwrap().id.to_string();
        let (main, shop) = (id("Main"), id("Shop"));
        Self { world, main, shop }
    }

    /// On hand and available.
    async fn stock(&self, sku: &str) -> (i64, i64) {
        let found = self
            .world
            .hub
            .tenant(self.world.tenant)
            .stock(Some(sku), None, 1)
            .await;
        let stock = &found.unwrap()[0];
        (stock.on_hand, stock.available)
    }
}

#[tokio::test]
async fn a_delivery_of_many_products_is_entered_once() {
    let shop = Shop::new().await;
    let browser = Browser::new(&shop.world).await;
    let lines = "reference=DN-1&lines=MUG+4%0D%0ATEA%2F250+g%093";
    let entered = browser.followed("/receive", lines).await.text;
    assert!(
        entered.contains("Delivery DN-1 is entered: 7 units of 2 products."),
        "{entered}"
    );
    browser.followed("/receive", lines).await;
    assert_eq!(
        (shop.stock("MUG").await, shop.stock("TEA").await),
        ((14, 14), (13, 13))
    );

    let typed = "reference=DN-2&note=late&lines=MUG+4%0ANONE+3%0AMUG+many";
    let wrong = browser.submit_on("/receive", "/receive", typed).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text.contains("line 3: `MUG many` does not end with units"),
        "{}",
        wrong.text
    );
    let typed = "reference=DN-2&note=late&lines=MUG+4%0A%0ANONE+3";
    let wrong = browser.submit_on("/receive", "/receive", typed).await;
    assert!(
        wrong
            .text
            .contains("line 3: there is no product with the SKU `NONE`"),
        "{}",
        wrong.text
    );
    for kept in [
        "value=\"DN-2\"",
        "value=\"late\"",
        "MUG 4\n\nNONE 3",
        "aria-invalid",
    ] {
        assert!(wrong.text.contains(kept), "{kept}: {}", wrong.text);
    }
    assert_eq!(shop.stock("MUG").await, (14, 14), "nothing of it was entered");
}

#[tokio::test]
async fn goods_are_sent_and_arrive_in_parts() {
    let shop = Shop::new().await;
    let browser = Browser::new(&shop.world).await;
    let (main, other) = (&shop.main, &shop.shop);
    let same = format!("from={main}&to={main}&do=send&lines=MUG+4");
    let same = browser.submit_on("/transfers", "/transfers", &same).await;
    assert_eq!(same.status, 422);
    assert!(
        same.text.contains("choose two") && same.text.contains("MUG 4</textarea>"),
        "{}",
        same.text
    );
    let sent = format!("from={main}&to={other}&do=send&reference=T-1&lines=MUG+4");
    let sent = browser.followed("/transfers", &sent).await.text;
    assert!(sent.contains("its units are on their way"), "{sent}");
    assert_eq!(shop.stock("MUG").await, (6, 6));
    assert!(browser.open("/locations").await.text.contains("On their way"));

    let tenant = shop.world.hub.tenant(shop.world.tenant);
    let record = tenant
        .transfers(None, &stockbridge_store::PageQuery::first(1))
        .await
        .unwrap();
    let record = &record.items[0];
    let (page, product) = (format!("/transfers/{}", record.id), record.lines[0].product);
    let receive = format!("{page}/receive");
    let wrong = format!("received.{product}=5&lost.{product}=0");
    let wrong = browser.submit_on(&page, &receive, &wrong).await;
    assert!(
        wrong
            .text
            .contains("MUG: 5 arrived and 0 lost are not within the 4 on their way")
            && wrong.text.contains("value=\"5\""),
        "{}",
        wrong.text
    );
    let part = browser
        .followed(
            &receive,
            &format!("received.{product}=2&lost.{product}=1&receipt=r1"),
        )
        .await;
    assert!(
        part.text.contains("1 unit is still on their way"),
        "{}",
        part.text
    );
    browser
        .followed(
            &receive,
            &format!("received.{product}=1&lost.{product}=0&receipt=r2"),
        )
        .await;
    assert_eq!(shop.stock("MUG").await, (9, 9), "one was lost");
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("arrived") && !shown.contains("Arrives now"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_transfer_of_too_much_stays_written_down_and_is_called_off() {
    let shop = Shop::new().await;
    let browser = Browser::new(&shop.world).await;
    let fields = format!("from={}&to={}&units=11&reference=r", shop.main, shop.shop);
    let short = browser.followed("/stock/MUG/transfer", &fields).await;
    assert!(
        short
            .text
            .contains("Written down, but not sent: MUG: 11 units are to be sent, 10 lie there"),
        "{}",
        short.text
    );
    let tenant = shop.world.hub.tenant(shop.world.tenant);
    let record = tenant
        .transfers(None, &stockbridge_store::PageQuery::first(1))
        .await
        .unwrap();
    let page = format!("/transfers/{}", record.items[0].id);
    let off = browser.followed(&format!("{page}/cancel"), "").await;
    assert!(
        off.text.contains("Called off; nothing has moved."),
        "{}",
        off.text
    );
    assert_eq!(shop.stock("MUG").await, (10, 10));
    let again = browser.submit_on(&page, &format!("{page}/send"), "").await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("cancelled cannot be sent"), "{}", again.text);
}

#[tokio::test]
async fn a_shelf_is_counted_and_the_differences_are_entered_when_it_is_closed() {
    let shop = Shop::new().await;
    let browser = Browser::new(&shop.world).await;
    let wrong = browser
        .submit_on(
            "/counts",
            "/counts",
            &format!("location={}&skus=NONE&reference=C-1", shop.main),
        )
        .await;
    assert!(
        wrong.text.contains("there is no product with the SKU `NONE`")
            && wrong.text.contains("value=\"C-1\""),
        "{}",
        wrong.text
    );
    let begun = browser
        .followed("/counts", &format!("location={}&skus=&reference=C-1", shop.main))
        .await;
    assert!(
        begun.text.contains("2 products are not counted yet"),
        "{}",
        begun.text
    );
    let tenant = shop.world.hub.tenant(shop.world.tenant);
    let record = tenant
        .stock_counts(None, &stockbridge_store::PageQuery::first(1))
        .await
        .unwrap();
    let page = format!("/counts/{}", record.items[0].id);
    let record = tenant.stock_count(record.items[0].id).await.unwrap().unwrap();
    let mug = record
        .lines
        .iter()
        .find(|l| l.sku.as_str() == "MUG")
        .unwrap()
        .product;
    let wrong = browser
        .submit_on(&page, &format!("{page}/enter"), &format!("counted.{mug}=eight"))
        .await;
    assert!(
        wrong.text.contains("`eight` is not a whole number") && wrong.text.contains("value=\"eight\""),
        "{}",
        wrong.text
    );
    let noted = browser
        .followed(&format!("{page}/enter"), &format!("counted.{mug}=8"))
        .await;
    assert!(noted.text.contains("1 number noted"), "{}", noted.text);
    assert_eq!(shop.stock("MUG").await, (10, 10), "the books stay as they are");
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("−2") && shown.contains("1 product is not counted yet, 1 differs"),
        "{shown}"
    );
    browser
        .followed(&format!("{page}/add"), "lines=TEA%2F250+g+10")
        .await;
    let closed = browser.followed(&format!("{page}/post"), "").await;
    assert!(
        closed.text.contains("the books changed for 1 product."),
        "{}",
        closed.text
    );
    assert_eq!(shop.stock("MUG").await, (8, 8));
}

#[tokio::test]
async fn a_product_page_receives_withholds_and_makes_kits() {
    let shop = Shop::new().await;
    let browser = Browser::new(&shop.world).await;
    let page = "/stock/MUG";
    let entered = browser
        .followed(
            "/stock/MUG/receive",
            &format!("reference=DN-7&location={}&units=5", shop.shop),
        )
        .await;
    assert!(
        entered.text.contains("Entered: 5 on hand there."),
        "{}",
        entered.text
    );
    let wrong = browser
        .submit_on(page, "/stock/MUG/receive", "reference=DN-8&units=0")
        .await;
    assert!(
        wrong.text.contains("at least 1 unit") && wrong.text.contains("value=\"DN-8\""),
        "{}",
        wrong.text
    );
    let negative = browser.submit_on(page, "/stock/MUG/safety", "units=-3").await;
    assert_eq!(negative.status, 422, "{}", negative.text);
    let below = browser
        .submit_on(page, "/stock/MUG/adjust", "kind=damage&units=99&note=flood")
        .await;
    assert!(
        below.text.contains("value=\"flood\"") && below.text.contains("value=\"99\""),
        "{}",
        below.text
    );

    browser.followed("/stock", "sku=SET&title=Set&on_hand=").await;
    let itself = browser
        .submit_on("/stock/SET", "/stock/SET/kit", "components=MUG+2%0ASET+1")
        .await;
    assert_eq!(itself.status, 422);
    assert!(
        itself.text.contains("MUG 2\nSET 1</textarea>") && itself.text.contains("itself"),
        "{}",
        itself.text
    );
    let unknown = browser
        .submit_on("/stock/SET", "/stock/SET/kit", "components=MUG+2%0ANONE+1")
        .await;
    assert!(
        unknown
            .text
            .contains("line 2: there is no product with the SKU `NONE`"),
        "{}",
        unknown.text
    );
    let made = browser
        .followed("/stock/SET/kit", "components=MUG+2%0ATEA%2F250+g+1")
        .await;
    assert!(made.text.contains("A kit of 2 components now"), "{}", made.text);
    let shown = browser.open("/stock/SET").await.text;
    assert!(shown.contains("MUG 2\nTEA&#x2f;250 g 1"), "{shown}");
    let plain = browser.followed("/stock/SET/kit", "components=").await;
    assert!(plain.text.contains("An ordinary product again"), "{}", plain.text);
}

#[tokio::test]
async fn which_of_our_locations_feeds_which_of_the_channels_is_set_in_a_form() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let page = format!("/channels/{store}/locations");
    let none = browser.open(&page).await.text;
    assert!(none.contains("One shelf"), "{none}");
    let main = world.get(&token, "/api/v1/inventory/locations").await.json();
    let main = main["locations"][0]["id"].as_str().unwrap().to_owned();
    world.listed_at(&store, &[("berlin", 3), ("graz", 1)]).await;
    let shown = browser.open(&page).await.text;
    assert!(shown.contains("berlin") && shown.contains("graz"), "{shown}");
    let wrong = browser
        .submit_on(&page, &page, &format!("feeds.{main}=linz&default="))
        .await;
    assert!(wrong.text.contains("no location `linz`"), "{}", wrong.text);
    let set = browser
        .followed(&page, &format!("feeds.{main}=graz&default=berlin"))
        .await;
    assert!(set.text.contains("its quantities follow"), "{}", set.text);
    let path = format!("/api/v1/integrations/own/stores/{store}");
    let options = world.get(&token, &path).await.json()["options"].clone();
    assert_eq!(options["location_map"][&main], "graz");
    assert_eq!(options["default_location"], "berlin");
    let told = world.get(&token, &format!("{path}/locations")).await.json();
    assert_eq!(told["data"][0]["location"], "berlin");
    assert_eq!(told["data"][0]["fed_by"], serde_json::json!([]));
    assert_eq!(told["data"][1]["fed_by"].as_array().unwrap().len(), 1);
    let back = browser.followed(&page, &format!("feeds.{main}=&default=")).await;
    assert!(back.text.contains("its quantities follow"), "{}", back.text);
    let options = world.get(&token, &path).await.json()["options"].clone();
    assert_eq!(options, serde_json::json!({}), "nothing is said any more");
}
