//! What happens to an order after it was placed, on the dashboard: it is paid, shipped, and goods come back.

use super::dashboard::Browser;
use super::*;

/// The only order there is.
async fn only_order(world: &World) -> stockbridge_store::OrderRecord {
    let tenant = world.hub.tenant(world.tenant);
    let filter = stockbridge_store::OrderFilter::default();
    let found = tenant
        .orders(&filter, &stockbridge_store::PageQuery::first(2))
        .await
        .unwrap();
    assert_eq!(found.items.len(), 1);
    found.items.into_iter().next().unwrap()
}

/// An own order of three that was entered by the form; gives its page.
async fn ordered(browser: &Browser<'_>, world: &World, store: &str, unpaid: &str) -> String {
    let fields = format!("account={store}&reference=R1&unpaid={unpaid}&lines=TEA%2F250+g+3");
    let entered = browser.followed("/orders/new", &fields).await.text;
    assert!(entered.contains("The order is entered"), "{entered}");
    format!("/orders/{}", only_order(world).await.id)
}

#[tokio::test]
async fn an_order_that_is_not_paid_says_until_when_it_is_kept() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let short = format!("account={store}&reference=R1&unpaid=yes&lines=TEA%2F250+g+11");
    let short = browser.submit_on("/orders/new", "/orders/new", &short).await;
    assert!(
        short
            .text
            .contains("line 1: 10 of TEA&#x2f;250 g are free now, 11 are asked for"),
        "{}",
        short.text
    );
    assert!(short.text.contains("value=\"R1\"") && short.text.contains("value=\"yes\" selected"));
    let page = ordered(&browser, &world, &store, "yes").await;
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("Not paid yet") && shown.contains("called off") && !shown.contains("Carrier"),
        "{shown}"
    );
    let paid = browser.followed(&format!("{page}/pay"), "").await;
    assert!(
        paid.text.contains("Paid: the order can be shipped."),
        "{}",
        paid.text
    );
    let shown = browser.open(&page).await.text;
    assert!(
        !shown.contains("Not paid yet") && shown.contains("Carrier"),
        "{shown}"
    );
    let again = browser.followed(&format!("{page}/pay"), "").await;
    assert_eq!(again.status, 200, "{}", again.text);
}

#[tokio::test]
async fn goods_come_back_as_sellable_or_damaged() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let page = ordered(&browser, &world, &store, "no").await;
    let ship = format!("{page}/ship");
    let nameless = browser.submit_on(&page, &ship, "carrier=&tracking=1Z9").await;
    assert!(
        nameless.status == 422 && nameless.text.contains("value=\"1Z9\""),
        "{}",
        nameless.text
    );
    browser.followed(&ship, "carrier=DHL&tracking=1Z9").await;
    let line = only_order(&world).await.lines[0].id;
    let back = format!("{page}/return");
    let sent = async |fields: String| browser.submit_on(&page, &back, &fields).await;
    let many = sent(format!("condition=sellable&back.{line}=4&note=odd"))
        .await
        .text;
    assert!(
        many.contains("4 units are said to have come back, 3 were shipped") && many.contains("value=\"odd\""),
        "{many}"
    );
    let main = world.hub.tenant(world.tenant).locations().await.unwrap()[0].id;
    let offered = sent(format!("condition=damaged&location={main}&back.{line}=1"))
        .await
        .text;
    assert!(
        offered.contains("damaged goods go to a location that is not sold from"),
        "{offered}"
    );
    let none = sent("condition=sellable".into()).await;
    assert!(
        none.status == 409 && none.text.contains("say how many units"),
        "{}",
        none.text
    );
    let entered = browser
        .followed(&back, &format!("condition=sellable&back.{line}=2&reference=r1"))
        .await;
    assert!(entered.text.contains("2 units are back."), "{}", entered.text);
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("What came back") && shown.contains("sellable"),
        "{shown}"
    );
    let stock = world.hub.tenant(world.tenant).stock(None, None, 1).await.unwrap();
    assert_eq!(stock[0].available, 9, "ten, less three, and two came back");
}

#[tokio::test]
async fn an_order_is_called_off_in_part_or_as_a_whole_with_a_reason() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let page = ordered(&browser, &world, &store, "no").await;
    let line = only_order(&world).await.lines[0].id;
    let cancel = format!("{page}/cancel");
    let many = format!("reason=out_of_stock&note=&off.{line}=4");
    let many = browser.submit_on(&page, &cancel, &many).await;
    assert!(
        many.status == 422 && many.text.contains("4 units are to be called off, 3 are open"),
        "{}",
        many.text
    );
    let odd = browser.submit_on(&page, &cancel, "reason=whim").await;
    assert!(odd.text.contains("choose a reason of the list"), "{}", odd.text);
    let one = format!("reason=out_of_stock&note=broken&off.{line}=1");
    let one = browser.followed(&cancel, &one).await;
    assert!(one.text.contains("its units are free again"), "{}", one.text);
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("Call off 1 × TEA&#x2f;250 g: out of stock") && shown.contains("only so many of 2"),
        "{shown}"
    );
    browser.followed(&cancel, "reason=customer").await;
    let shown = browser.open(&page).await.text;
    assert!(
        shown.contains("Call off the order: the buyer asked for it") && !shown.contains("Cancel this order"),
        "{shown}"
    );
    let stock = world.hub.tenant(world.tenant).stock(None, None, 1).await.unwrap();
    assert_eq!(stock[0].available, 10);
}
