//! The dashboard in a real browser: a person signs in, looks at every page, counts a shelf and ships a parcel.
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

    browser.set_window_size(390, 844).await.expect("a phone");
    let origin = link.split("/signin/").next().expect("an origin").to_owned();
    for (path, title) in PAGES {
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
