//! The dashboard in a real browser: a person signs in, looks at every page, counts a shelf, ships a parcel, and receives,
//! moves and prices goods.
//!
//! Needs `chromedriver` and Chromium; where they are missing a line says that this is left out.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use stockbridge_sim::BuyOptions;
use stockbridge_web::WebOptions;
use tokio::net::TcpListener;

use crate::hub::harness::{GERMANY, INDIA, World, seller};

/// A chromedriver that ends with the test.
struct Driver {
    process: Child,
    address: String,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Driver {
    /// Starts chromedriver on a free port; `None` where there is none.
    fn start() -> Option<Self> {
        let started = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut process) = started else {
            println!(
                "chromedriver is not installed: the walk through the dashboard in a browser is left out"
            );
            return None;
        };
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let rest = line.split("started successfully on port ").nth(1)?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        let address = format!("http://127.0.0.1:{}", port.expect("chromedriver says its port"));
        Some(Self { process, address })
    }

    async fn browser(&self, profile: &std::path::Path) -> Client {
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
        ];
        let mut args: Vec<String> = args.iter().map(ToString::to_string).collect();
        args.push(format!("--user-data-dir={}", profile.display()));
        let Value::Object(wanted) = json!({ "goog:chromeOptions": { "args": args } }) else {
            unreachable!("an object")
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted);
        builder.connect(&self.address).await.expect("a browser")
    }
}

/// A hub in which something has happened, and the address of its dashboard with a sign-in link.
async fn lived_in() -> (World, String, tokio::task::JoinHandle<()>) {
    let listings = [
        ("SKU-1", 0),
        ("SKU-2", 0),
        ("LONG-SKU-WITH-MANY-CHARACTERS-0123456789", 0),
        ("UNMAPPED", 3),
    ];
    let (india, germany) = (
        seller("A1INDIA", INDIA, &listings),
        seller("A1GERMANY", GERMANY, &listings),
    );
    // On a file: pages, their live figures and the person's own work read at the same time.
    let world = World::each(&[india.clone(), germany.clone()])
        .await
        .swap_remove(0);
    for (sku, units) in [("SKU-1", 30), ("SKU-2", 4), (listings[2].0, 11)] {
        world.stocked(sku, units).await;
    }
    world.connect(&india, INDIA).await;
    world.connect(&germany, GERMANY).await;
    world.own_store().await;
    world.secs(40).await;
    for units in 1..4 {
        world
            .sim
            .buy(&india.seller_id, INDIA, "SKU-1", units, BuyOptions::default())
            .expect("in stock");
    }
    world.secs(240).await;
    let user = world.tenant().users().await.expect("people")[0].id;
    let until = world.hub.env().now().plus(Duration::from_secs(3_600));
    let secret = world
        .hub
        .create_signin_link(world.tenant_id(), user, until, 1)
        .await
        .expect("a link");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let app = stockbridge_web::app(world.hub.clone(), WebOptions::default());
    let served = async move {
        stockbridge_web::serve(listener, app, std::future::pending())
            .await
            .expect("served")
    };
    #[expect(clippy::disallowed_methods, reason = "the server of one test ends with it")]
    let server = tokio::spawn(served);
    (world, format!("{address}/signin/{secret}"), server)
}

/// Waits for the page with this heading.
async fn headed(browser: &Client, title: &str) {
    until_there(browser, &format!("//h1[normalize-space()='{title}']")).await;
}

async fn click(browser: &Client, css: &str) {
    browser
        .find(Locator::Css(css))
        .await
        .unwrap_or_else(|e| panic!("{css}: {e}"))
        .click()
        .await
        .expect("a click");
}

async fn fill(browser: &Client, css: &str, text: &str) {
    browser
        .find(Locator::Css(css))
        .await
        .unwrap_or_else(|e| panic!("{css}: {e}"))
        .send_keys(text)
        .await
        .expect("keys");
}

/// Waits for what an answer brings: a click returns before the next page is there.
async fn until_there(browser: &Client, path: &str) {
    let wait = browser.wait().at_most(Duration::from_secs(20));
    wait.for_element(Locator::XPath(path))
        .await
        .unwrap_or_else(|e| panic!("{path}: {e}"));
}

async fn keep_picture(browser: &Client, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    std::fs::create_dir_all(&folder).expect("a folder");
    let picture = browser.screenshot().await.expect("a picture");
    std::fs::write(folder.join(format!("{name}.png")), picture).expect("kept");
}

const PAGES: [(&str, &str); 7] = [
    ("/", "Overview"),
    ("/orders", "Orders"),
    ("/stock", "Stock"),
    ("/listings", "Listings"),
    ("/channels", "Channels"),
    ("/sync", "Sync"),
    ("/alerts", "Alerts"),
];

/// Pages that are no section of their own.
const MORE: [(&str, &str); 7] = [
    ("/prices", "Prices"),
    ("/conflicts", "Conflicts"),
    ("/receive", "Receive goods"),
    ("/transfers", "Transfers"),
    ("/counts", "Counts"),
    ("/locations", "Locations"),
    ("/prices/settings", "Limits and exchange rates"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_person_walks_through_the_dashboard() {
    let Some(driver) = Driver::start() else { return };
    let (world, link, server) = lived_in().await;
    let profile = tempfile::tempdir().expect("a folder");
    let browser = driver.browser(profile.path()).await;
    browser.goto(&link).await.expect("the link");
    headed(&browser, "Overview").await;

    for (path, title) in PAGES {
        click(&browser, &format!("nav.sections a[href='{path}']")).await;
        headed(&browser, title).await;
        keep_picture(&browser, &format!("desktop-{}", title.to_lowercase())).await;
    }
    count_a_shelf(&browser, &world).await;
    ship_a_parcel(&browser, &world).await;
    let origin = link.split("/signin/").next().expect("an origin").to_owned();
    receive_what_was_mistyped_first(&browser, &world, &origin).await;
    move_goods(&browser, &world, &origin).await;
    count_a_location(&browser, &world, &origin).await;
    try_a_price(&browser, &origin).await;

    browser.set_window_size(390, 844).await.expect("a phone");
    for (path, title) in PAGES.into_iter().chain(MORE) {
        browser.goto(&format!("{origin}{path}")).await.expect("a page");
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let over = browser.execute(wide, vec![]).await.expect("a width");
        assert_eq!(over, json!(0), "{title} does not scroll sideways on a phone");
        keep_picture(&browser, &format!("phone-{}", title.to_lowercase())).await;
    }
    browser.close().await.expect("closed");
    server.abort();
}

async fn count_a_shelf(browser: &Client, world: &World) {
    click(browser, "nav.sections a[href='/stock']").await;
    click(browser, "a[href='/stock/SKU-2']").await;
    headed(browser, "SKU-2").await;
    let kind = browser.find(Locator::Css("#kind")).await.expect("a list");
    kind.select_by_value("count").await.expect("count");
    fill(browser, "#units", "9").await;
    click(browser, "form[action='/stock/SKU-2/adjust'] button").await;
    until_there(browser, "//*[contains(@class, 'notice')]").await;
    headed(browser, "SKU-2").await;
    assert_eq!(world.available("SKU-2").await, 9);
    keep_picture(browser, "desktop-product").await;
}

async fn ship_a_parcel(browser: &Client, world: &World) {
    click(browser, "nav.sections a[href='/orders']").await;
    click(browser, "td.main a").await;
    fill(browser, "#carrier", "DHL").await;
    fill(browser, "#tracking", "JD014600001").await;
    click(browser, "form[action$='/ship'] button").await;
    until_there(browser, "//main//*[contains(text(), 'JD014600001')]").await;
    keep_picture(browser, "desktop-order").await;
    let shipped = world
        .orders()
        .await
        .iter()
        .flat_map(|o| &o.lines)
        .map(|l| l.ordered)
        .sum::<i64>();
    assert_eq!(shipped, 6, "the orders are as they were bought");
}

async fn open(browser: &Client, origin: &str, path: &str, title: &str) {
    browser.goto(&format!("{origin}{path}")).await.expect("a page");
    headed(browser, title).await;
}

/// Sends a form and waits for what it says.
async fn send(browser: &Client, css: &str, told: &str) {
    click(browser, css).await;
    until_there(
        browser,
        &format!("//*[contains(@class, 'notice')]//*[contains(normalize-space(), '{told}')]"),
    )
    .await;
}

async fn receive_what_was_mistyped_first(browser: &Client, world: &World, origin: &str) {
    open(browser, origin, "/receive", "Receive goods").await;
    fill(browser, "#reference", "DN-4711").await;
    fill(browser, "#lines", "SKU-2 five").await;
    let button = "form[action='/receive'] > button";
    send(browser, button, "line 1: `SKU-2 five` does not end with units").await;
    keep_picture(browser, "desktop-refused").await;
    let typed = async |css: &str| {
        let field = browser.find(Locator::Css(css)).await.expect("a field");
        field.prop("value").await.expect("a value").unwrap_or_default()
    };
    assert_eq!(
        (typed("#reference").await, typed("#lines").await),
        ("DN-4711".into(), "SKU-2 five".into())
    );
    let lines = browser.find(Locator::Css("#lines")).await.expect("the lines");
    lines.clear().await.expect("cleared");
    fill(browser, "#lines", "SKU-2 5").await;
    send(
        browser,
        button,
        "Delivery DN-4711 is entered: 5 units of 1 product.",
    )
    .await;
    assert_eq!(world.available("SKU-2").await, 14);
}

async fn move_goods(browser: &Client, world: &World, origin: &str) {
    open(browser, origin, "/locations", "Locations").await;
    fill(browser, "#new-name", "Shop").await;
    send(browser, "form[action='/locations'] > button", "Shop is open.").await;
    open(browser, origin, "/stock/SKU-2", "SKU-2").await;
    until_there(browser, "//summary[contains(., 'Move to another location')]").await;
    click(browser, "details:has(#move-to) > summary").await;
    let to = browser.find(Locator::Css("#move-to")).await.expect("a list");
    to.select_by_label("Shop").await.expect("the shop");
    fill(browser, "#move-units", "4").await;
    send(
        browser,
        "form[action='/stock/SKU-2/transfer'] > button",
        "its units are on their way",
    )
    .await;
    assert_eq!(world.available("SKU-2").await, 10, "nobody's to sell on the way");
    keep_picture(browser, "desktop-transfer").await;
    send(
        browser,
        "form[action$='/receive'] > button",
        "Everything has arrived",
    )
    .await;
    assert_eq!(world.available("SKU-2").await, 14);
}

async fn count_a_location(browser: &Client, world: &World, origin: &str) {
    open(browser, origin, "/counts", "Counts").await;
    let place = browser.find(Locator::Css("#location")).await.expect("a list");
    place.select_by_label("Shop").await.expect("the shop");
    send(browser, "form[action='/counts'] > button", "The count has begun").await;
    headed(browser, "Count at Shop").await;
    fill(browser, "td .cell input", "3").await;
    send(browser, "form[action$='/enter'] > button", "1 number noted").await;
    assert_eq!(
        world.available("SKU-2").await,
        14,
        "the books stay until it is closed"
    );
    keep_picture(browser, "desktop-count").await;
    click(browser, "details.confirm > summary").await;
    send(
        browser,
        "form[action$='/post'] > button",
        "the books changed for 1 product",
    )
    .await;
    assert_eq!(world.available("SKU-2").await, 13);
}

async fn try_a_price(browser: &Client, origin: &str) {
    open(browser, origin, "/stock/SKU-1/prices", "Prices of SKU-1").await;
    let base = browser.find(Locator::Css("#base")).await.expect("a field");
    base.clear().await.expect("cleared");
    fill(browser, "#base", "17.40 EUR").await;
    click(browser, "form.panel button[value='preview']").await;
    until_there(browser, "//h2[normalize-space()='What it would show']").await;
    keep_picture(browser, "desktop-price-tried").await;
    send(browser, "form.panel button[value='save']", "computed anew").await;
}
