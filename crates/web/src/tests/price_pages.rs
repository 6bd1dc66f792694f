//! Prices and conflicts on the dashboard.

use super::dashboard::Browser;
use super::*;

#[tokio::test]
async fn a_products_prices_are_previewed_and_saved() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let token = world.token(Role::Owner).await;
    world.stocked(&token).await;
    let page = browser.open("/stock/TEA%2F250%20g/prices").await;
    assert!(
        page.status == 200 && page.text.contains("Never below"),
        "{}",
        page.text
    );
    let path = "/stock/TEA%2F250%20g/prices";
    let preview = browser
        .submit(path, "do=preview&base=13.40+EUR&cost=&floor=")
        .await;
    assert!(preview.text.contains("What it would show") && preview.text.contains("13.40 EUR"));
    let untouched = browser.open(path).await.text;
    assert!(!untouched.contains("13.40 EUR"), "a preview writes nothing");
    let wrong = browser
        .followed(path, "do=save&base=13.40&cost=&floor=")
        .await
        .text;
    assert!(wrong.contains("is no amount"), "{wrong}");
    let above = browser
        .followed(path, "do=save&base=13.40+EUR&cost=&floor=14+EUR")
        .await
        .text;
    assert!(above.contains("above the base price"), "{above}");
    let saved = browser
        .followed(path, "do=save&base=13.40+EUR&cost=6+EUR&floor=9+EUR")
        .await
        .text;
    assert!(saved.contains("Saved") && saved.contains("13.40 EUR"), "{saved}");
}

#[tokio::test]
async fn a_price_rule_is_previewed_and_a_sale_entered() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let preview = browser
        .submit(
            "/prices/rule",
            "scope=tenant&keep=yes&fee=15&ending=.99&do=preview",
        )
        .await;
    assert!(
        preview.text.contains("What listings would show"),
        "{}",
        preview.text
    );
    let refused = browser
        .followed("/prices/rule", "scope=tenant&fee=100&do=save")
        .await
        .text;
    assert!(refused.contains("95 percent"), "{refused}");
    let saved = browser
        .followed("/prices/rule", "scope=tenant&keep=yes&fee=15&ending=.99&do=save")
        .await
        .text;
    assert!(saved.contains("Saved"), "{saved}");
    assert!(
        browser
            .open("/prices")
            .await
            .text
            .contains("kept by the hub; 15 % fee; ends with .99")
    );
    let sale = "name=Winter&scope=tenant&off=20&from=2099-01-02T00:00&to=2099-01-01T00:00";
    assert!(
        browser
            .followed("/prices/sale", sale)
            .await
            .text
            .contains("give a later end")
    );
    let sale = "name=Winter&scope=tenant&off=20&from=2099-01-02T00:00&to=2099-01-03T00:00";
    assert!(
        browser
            .followed("/prices/sale", sale)
            .await
            .text
            .contains("Winter is entered")
    );
    let cleared = browser
        .followed("/prices/rule", "scope=tenant&clear=yes")
        .await
        .text;
    assert!(cleared.contains("the level above decides"), "{cleared}");
}

#[tokio::test]
async fn many_conflicts_are_resolved_only_after_a_second_look() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let ids = "id=con_01jd0000000000000000000000&id=con_01jd0000000000000000000001";
    let none = browser
        .followed("/conflicts/resolve", "strategy=hub_wins")
        .await
        .text;
    assert!(none.contains("choose at least one"), "{none}");
    let asked = browser
        .submit("/conflicts/resolve", &format!("strategy=hub_wins&{ids}"))
        .await;
    assert!(
        asked.status == 200 && asked.text.contains("Resolve 2 conflicts?"),
        "{}",
        asked.text
    );
    let done = browser
        .followed(
            "/conflicts/resolve",
            &format!("confirmed=yes&strategy=hub_wins&{ids}"),
        )
        .await;
    assert!(done.text.contains("0 conflicts resolved. 2 not"), "{}", done.text);
    let set = browser
        .followed(
            "/conflicts/strategy",
            "account=&field=price&strategy=highest&priority=",
        )
        .await;
    assert!(set.text.contains("Saved: price"), "{}", set.text);
    assert!(
        browser
            .open("/conflicts")
            .await
            .text
            .contains("the higher of the two")
    );
}
