//! The page that explains a number, and the section that checks the books.

use stockbridge_domain::channel::ListingSnapshot;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{AccountId, Currency, Money, Sku};
use stockbridge_engine::{Step, Worker, WorkerOptions};

use super::dashboard::Browser;
use super::*;

impl World {
    /// Works all there is to do now.
    async fn work(&self) {
        let options = WorkerOptions {
            workers: 1,
            owner: "test".into(),
        };
        let worker = Worker::new(self.hub.clone(), options);
        while worker.step().await.unwrap() == Step::Worked {}
    }

    /// A listing of the product, as the channel shows it.
    async fn listed(&self, store: &str) {
        self.listed_at(store, &[]).await;
    }

    /// The same with units at locations of the channel.
    pub(super) async fn listed_at(&self, store: &str, places: &[(&str, i64)]) {
        let place = |(location, quantity): &(&str, i64)| PlaceUnits {
            location: (*location).to_owned(),
            quantity: *quantity,
        };
        let account: AccountId = store.parse().unwrap();
        let shown = ListingSnapshot {
            sku: Sku::parse("TEA/250 g").unwrap(),
            channel_ref: None,
            barcode: None,
            title: Some("Tea".into()),
            fulfilled_by: FulfilledBy::Seller,
            quantity: Some(4),
            price: Some(Money::from_decimal("499.00", Currency::parse("INR").unwrap()).unwrap()),
            status: ListingStatus::Suppressed,
            images: None,
            handle: None,
            issues: vec!["A picture is missing".into()],
            places: places.iter().map(place).collect(),
        };
        let mut tx = self.hub.tenant(self.tenant).begin().await.unwrap();
        let now = self.hub.env().now();
        tx.upsert_listings(account, &[shown], now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The first address on a page that begins so, as a browser reads it.
fn link(got: &Got, lead: &str) -> String {
    let at = got
        .text
        .find(&format!("href=\"{lead}"))
        .unwrap_or_else(|| panic!("no {lead} in {}", got.text));
    let rest = &got.text[at + 6..];
    rest[..rest.find('"').unwrap()]
        .replace("&amp;", "&")
        .replace("&#x2f;", "/")
}

#[tokio::test]
async fn every_number_leads_to_its_explanation() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    world.listed(&store).await;
    world.work().await;
    let browser = Browser::new(&world).await;
    let product = browser.open("/stock/TEA%2F250%20g").await;
    assert!(
        product.text.contains("Why is this number 10?"),
        "{}",
        product.text
    );
    let why = browser.open("/stock/TEA%2F250%20g/why").await;
    assert_eq!(why.status, 200);
    for words in [
        "Why is it 10?",
        "10 on hand less 0 reserved for orders leaves 10 available.",
        "count",
        "GET &#x2f;api",
        "2027-01-15 08:00:00",
    ] {
        assert!(why.text.contains(words), "{words}: {}", why.text);
    }
    let listings = browser.open("/listings").await;
    let quantity = link(&listings, "&#x2f;stock&#x2f;TEA%2F250%20g&#x2f;why?listing=");
    for (field, subject, words) in [
        ("quantity", "Quantity at Till", "What led to it"),
        ("price", "Price at Till", "499.00 INR"),
        ("status", "Status at Till", "A picture is missing"),
    ] {
        let asked = quantity.replace("field=quantity", &format!("field={field}"));
        let page = browser.open(&asked).await;
        assert_eq!(page.status, 200, "{asked}: {}", page.text);
        for text in [subject, words] {
            assert!(page.text.contains(text), "{text}: {}", page.text);
        }
    }
    let wrong = browser
        .open(&quantity.replace("field=quantity", "field=colour"))
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("quantity, price or status"), "{}", wrong.text);
    let gone = "/stock/TEA%2F250%20g/why?listing=lst_00000000000000000000000000";
    assert_eq!(browser.open(gone).await.status, 404);
    assert_eq!(browser.open("/stock/NONE/why").await.status, 404);
}

#[tokio::test]
async fn the_books_are_checked_from_the_page() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    assert!(browser.open("/sync").await.text.contains("not checked yet"));
    let asked = browser.submit_on("/sync", "/sync/check", "").await;
    assert_eq!(asked.status, 303);
    assert!(browser.open("/sync").await.text.contains("a check is under way"));
    world.work().await;
    let page = browser.open("/sync").await.text;
    assert!(
        page.contains("the books agree") && page.contains("1 entry, 1 balance"),
        "{page}"
    );
    let listed = world.get(&token, "/api/v1/inventory/checks").await.json();
    assert_eq!(listed["data"][0]["ok"], true, "{listed}");
}
