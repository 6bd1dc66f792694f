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
            "scope=tenant&keep=yes&fee_part=15&ending=.99&do=preview",
        )
        .await;
    assert!(
        preview.text.contains("What listings would show"),
        "{}",
        preview.text
    );
    let refused = browser
        .followed("/prices/rule", "scope=tenant&fee_part=100&do=save")
        .await
        .text;
    assert!(refused.contains("95 percent"), "{refused}");
    let saved = browser
        .followed(
            "/prices/rule",
            "scope=tenant&keep=yes&fee_part=15&ending=.99&do=save",
        )
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
    let sale = "name=Winter&scope=tenant&off=20&starts_at=2099-01-02T00:00&ends_at=2099-01-01T00:00";
    assert!(
        browser
            .followed("/prices/sale", sale)
            .await
            .text
            .contains("give a later end")
    );
    let sale = "name=Winter&scope=tenant&off=20&starts_at=2099-01-02T00:00&ends_at=2099-01-03T00:00";
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
    let every = ids.replace("id=", "shown=");
    let asked = browser
        .submit(
            "/conflicts/resolve",
            &format!("strategy=ignore&every=yes&{every}"),
        )
        .await;
    assert!(
        asked.text.contains("Resolve 2 conflicts?") && asked.text.contains("are ignored"),
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

#[tokio::test]
async fn limits_and_rates_are_set_with_what_was_typed_kept() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let page = "/prices/settings";
    let wrong = browser
        .submit_on(page, page, "variance=0&rate_max_days=soon")
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text.contains("`soon` is not a whole number") && wrong.text.contains("value=\"soon\""),
        "{}",
        wrong.text
    );
    let wrong = browser.submit_on(page, page, "variance=0&rate_max_days=5").await;
    assert!(
        wrong.text.contains("variance: between 0.01 and 10000 percent"),
        "{}",
        wrong.text
    );
    browser.followed(page, "variance=12.5&rate_max_days=7").await;
    let shown = browser.open(page).await.text;
    assert!(
        shown.contains("value=\"12.5\"") && shown.contains("value=\"7\""),
        "{shown}"
    );

    let rates = "/prices/rates";
    let wrong = browser
        .submit_on(page, rates, "day=2026-11-20&rates=USD+1.08%0Aeuro")
        .await;
    assert!(
        wrong.text.contains("line 2: `euro` is no currency with its rate")
            && wrong.text.contains("USD 1.08\neuro</textarea>"),
        "{}",
        wrong.text
    );
    let wrong = browser
        .submit_on(page, rates, "day=2099-01-01&rates=USD+1.08")
        .await;
    assert!(wrong.text.contains("has not come yet"), "{}", wrong.text);
    let entered = browser
        .followed(rates, "day=2026-11-20&rates=usd+1.0876%0AINR+97.4")
        .await;
    assert!(entered.text.contains("2 rates taken in"), "{}", entered.text);
    let shown = browser.open(page).await.text;
    assert!(shown.contains("1.0876") && shown.contains("97.4"), "{shown}");
}

#[tokio::test]
async fn a_rule_is_changed_from_what_it_says_and_a_sale_is_tried_out() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    browser
        .followed(
            "/prices/rule",
            "scope=tenant&keep=yes&fee_part=15&fee_fixed=0.30+EUR&do=save",
        )
        .await;
    let shown = browser.open("/prices?scope=tenant").await.text;
    assert!(
        shown.contains("value=\"15\"") && shown.contains("value=\"0.30 EUR\""),
        "{shown}"
    );
    let wrong = browser
        .submit_on(
            "/prices",
            "/prices/rule",
            "scope=tenant&fee_part=96&margin=20&do=save",
        )
        .await;
    assert!(
        wrong.text.contains("aria-invalid") && wrong.text.contains("value=\"96\""),
        "{}",
        wrong.text
    );
    let sale = "name=Winter&scope=tenant&off=20&price=&starts_at=2099-01-02T00:00&ends_at=2099-01-03T00:00";
    let tried = browser
        .submit("/prices/sale", &format!("{sale}&do=preview"))
        .await;
    assert!(
        tried.text.contains("What listings would show") && tried.text.contains("value=\"Winter\""),
        "{}",
        tried.text
    );
    assert!(
        !browser.open("/prices").await.text.contains("20 % off"),
        "a preview writes nothing"
    );
    let both = browser
        .submit_on("/prices", "/prices/sale", &sale.replace("price=", "price=5+EUR"))
        .await;
    assert!(both.text.contains("not both"), "{}", both.text);
    let everything = sale.replace("off=20&price=", "off=&price=5+EUR");
    let everything = browser.submit_on("/prices", "/prices/sale", &everything).await;
    assert!(
        everything
            .text
            .contains("a sale at one price is for a product or a listing"),
        "{}",
        everything.text
    );
}

#[tokio::test]
async fn when_a_field_counts_as_fought_over_is_set_in_hours() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let wrong = browser
        .submit_on("/conflicts", "/conflicts/limit", "repushes=0&window_hours=900")
        .await;
    assert_eq!(wrong.status, 422);
    for told in ["1 to 100 times", "1 to 720 hours", "value=\"900\""] {
        assert!(wrong.text.contains(told), "{told}: {}", wrong.text);
    }
    let set = browser
        .followed("/conflicts/limit", "repushes=5&window_hours=48")
        .await;
    assert!(set.text.contains("Saved; it holds"), "{}", set.text);
    let shown = browser.open("/conflicts").await.text;
    assert!(shown.contains("after 5 times in 2 days"), "{shown}");
    let refused = browser
        .submit_on(
            "/conflicts",
            "/conflicts/strategy",
            "account=&field=data&strategy=hub_wins&priority=7",
        )
        .await;
    assert!(
        refused.text.contains("the hub does not write titles to channels")
            && refused.text.contains("value=\"7\""),
        "{}",
        refused.text
    );
    let token = world.token(Role::Owner).await;
    world.stocked(&token).await;
    let set = browser
        .followed(
            "/conflicts/strategy",
            "channel=own&account=&sku=TEA%2F250+g&field=price&strategy=lowest&priority=",
        )
        .await;
    assert!(
        set.text.contains("TEA&#x2f;250 g on Own store") && set.text.contains("the lower of the two"),
        "{}",
        set.text
    );
    let refused = browser
        .submit_on(
            "/conflicts",
            "/conflicts/strategy",
            "channel=own&account=acc_00000000000000000000000000&sku=NONE&field=price&strategy=lowest&priority=",
        )
        .await;
    for told in ["name one of the two", "no product with the SKU"] {
        assert!(refused.text.contains(told), "{told}: {}", refused.text);
    }
    let none = browser.open("/conflicts/con_00000000000000000000000000").await;
    assert_eq!(none.status, 404);
}
