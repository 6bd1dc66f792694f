//! The dashboard as a browser without scripts uses it.

use super::*;

/// A browser that signed in by a one-time link.
pub(super) struct Browser<'w> {
    world: &'w World,
    cookies: String,
    csrf: String,
}

impl<'w> Browser<'w> {
    pub(super) async fn new(world: &'w World) -> Self {
        let until = world.hub.env().now().plus(std::time::Duration::from_secs(60));
        let secret = world
            .hub
            .create_signin_link(world.tenant, world.owner, until, 1)
            .await
            .unwrap();
        let got = world.get("", &format!("/signin/{secret}")).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let cookie = got.headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        assert_eq!(
            world.get("", &format!("/signin/{secret}")).await.status,
            401,
            "a link works once"
        );
        let mut browser = Self {
            world,
            cookies: got.cookies(),
            csrf: String::new(),
        };
        let home = browser.open("/").await;
        browser.csrf = home
            .text
            .split("data-csrf=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        browser
    }

    pub(super) async fn open(&self, path: &str) -> Got {
        let request = Request::get(path)
            .header("cookie", &self.cookies)
            .body(Body::empty());
        self.world.send(request.unwrap()).await
    }

    pub(super) async fn submit(&self, path: &str, fields: &str) -> Got {
        self.submit_on("/stock", path, fields).await
    }

    /// Submits a form that stands on a page.
    pub(super) async fn submit_on(&self, page: &str, path: &str, fields: &str) -> Got {
        let back = crate::pages::component(page);
        let request = Request::post(path)
            .header("cookie", &self.cookies)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("csrf={}&back={back}&{fields}", self.csrf)));
        self.world.send(request.unwrap()).await
    }

    /// Submits a form and opens the page it leads to, with what is told there; a form that was refused is that page.
    pub(super) async fn followed(&self, path: &str, fields: &str) -> Got {
        let got = self.submit(path, fields).await;
        if got.status.is_client_error() {
            return got;
        }
        assert_eq!(got.status, 303, "{path}: {}", got.text);
        let place = got.headers["location"].to_str().unwrap().to_owned();
        let request = Request::get(place).header("cookie", format!("{}; {}", self.cookies, got.cookies()));
        self.world.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn every_page_opens_empty_and_filled() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let pages = [
        "/",
        "/orders",
        "/orders/new",
        "/stock",
        "/stock?show=low",
        "/settings/allocation",
        "/locations",
        "/receive?sku=MUG",
        "/transfers",
        "/transfers?status=in_transit",
        "/counts",
        "/listings",
        "/listings?show=unmapped",
        "/channels",
        "/channels/connect/own",
        "/sync",
        "/inbox",
        "/inbox?state=refused&topic=orders",
        "/alerts",
        "/alerts?state=resolved",
        "/prices",
        "/conflicts",
        "/conflicts?state=stopped&field=price",
    ];
    for page in pages {
        assert_eq!(browser.open(page).await.status, 200, "{page}");
    }
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let entered = browser
        .followed(
            "/orders/new",
            &format!("account={store}&reference=R1&lines=TEA%2F250+g+2"),
        )
        .await;
    assert_eq!(entered.status, 200, "{}", entered.text);
    assert!(entered.text.contains("The order is entered"), "{}", entered.text);
    for page in pages {
        assert_eq!(browser.open(page).await.status, 200, "{page}");
    }
    let stock = browser.open("/stock").await.text;
    assert!(
        stock.contains("&lt;script&gt;tea&lt;&#x2f;script&gt;") && !stock.contains("<script>tea"),
        "{stock}"
    );
    let product = browser.open("/stock/TEA%2F250%20g").await;
    assert_eq!(product.status, 200, "{}", product.text);
    assert!(product.text.contains(">8</b>"), "ten less two are available");
}

#[tokio::test]
async fn forms_do_what_they_say_and_tell_it() {
    let world = World::new().await;
    let browser = Browser::new(&world).await;
    let added = browser.followed("/stock", "sku=MUG&title=Mug&on_hand=7").await;
    assert!(
        added.text.contains("The product is added.") && added.text.contains(">7</b>"),
        "{}",
        added.text
    );
    let damaged = browser
        .followed("/stock/MUG/adjust", "kind=damage&units=2&reference=r1")
        .await;
    assert!(damaged.text.contains("Entered: 5 on hand"), "{}", damaged.text);
    browser
        .followed("/stock/MUG/adjust", "kind=damage&units=2&reference=r1")
        .await;
    let stock = world
        .hub
        .tenant(world.tenant)
        .stock(None, None, 10)
        .await
        .unwrap();
    assert_eq!(stock[0].on_hand, 5, "the same form twice counts once");
    let wrong = browser
        .followed("/stock/MUG/adjust", "kind=count&units=many")
        .await;
    assert!(wrong.text.contains("is not a whole number"), "{}", wrong.text);
    let nameless = browser.submit("/channels/connect/own", "name=").await;
    assert_eq!(nameless.status, 422);
    assert!(
        nameless.text.contains("give the store a name") || nameless.text.contains("name"),
        "{}",
        nameless.text
    );
    let connected = browser.followed("/channels/connect/own", "name=Till").await;
    assert!(connected.text.contains("Till is connected"), "{}", connected.text);
}

#[tokio::test]
async fn a_write_without_the_sessions_token_is_refused() {
    let world = World::new().await;
    let mut browser = Browser::new(&world).await;
    browser.csrf = "guessed".into();
    let got = browser.submit("/stock", "sku=MUG&title=Mug").await;
    assert_eq!(got.status, 403, "{}", got.text);
    assert!(got.text.contains("reload the page"), "{}", got.text);
    let request = Request::post("/api/v1/products")
        .header("cookie", &browser.cookies)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"sku":"MUG","title":"Mug"}"#));
    assert_eq!(world.send(request.unwrap()).await.status, 403);
    assert!(
        world
            .hub
            .tenant(world.tenant)
            .stock(None, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let foreign = Request::post("/signin")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("email=a&password=b"));
    assert_eq!(world.send(foreign.unwrap()).await.status, 403);
}

#[tokio::test]
async fn the_door_opens_by_password_and_closes() {
    let world = World::new().await;
    let hash = world.hub.hash_password("a long enough sentence").unwrap();
    world
        .hub
        .tenant(world.tenant)
        .set_password(world.owner, &hash)
        .await
        .unwrap();
    let try_with = async |password: &str| {
        let body = format!("email=asha%40example.com&password={password}&next=%2F%2Fevil.example");
        let request = Request::post("/signin").header("content-type", "application/x-www-form-urlencoded");
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    assert_eq!(try_with("wrong").await.status, 401);
    let entered = try_with("a+long+enough+sentence").await;
    assert_eq!(
        (entered.status.as_u16(), &entered.headers["location"]),
        (303, &"/".parse().unwrap())
    );
    let browser = Browser::new(&world).await;
    assert_eq!(browser.open("/orders").await.status, 200);
    assert_eq!(browser.submit("/signout", "").await.status, 303);
    assert_eq!(browser.open("/orders").await.status, 303, "the session is over");
}

#[tokio::test]
async fn policies_are_tried_out_before_they_are_applied() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    let store = world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let page = "/settings/allocation";
    let typed = format!("all.mode=shared&channel-own.share=37%2C5&store-{store}.cap=9");
    let tried = browser.submit(page, &format!("do=preview&{typed}")).await;
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert!(
        tried.text.contains("value=\"37,5\""),
        "what was typed is still there"
    );
    assert!(tried.text.contains("value=\"apply\""));
    let kept = world.get(&token, "/api/v1/inventory/policies").await.json();
    assert_eq!(kept["data"], serde_json::json!([]), "a preview changes nothing");

    let applied = browser.followed(page, &format!("do=apply&{typed}")).await;
    assert!(applied.text.contains("value=\"37.5\""), "{}", applied.text);
    let kept = world.get(&token, "/api/v1/inventory/policies").await.json();
    assert_eq!(kept["data"].as_array().unwrap().len(), 3);

    let wrong = browser
        .submit(page, "do=apply&all.cap=many&channel-own.share=101")
        .await;
    assert!(
        wrong.text.contains("`many` is not a whole number"),
        "{}",
        wrong.text
    );
    let wrong = browser.submit(page, "do=apply&channel-own.share=101").await;
    assert!(
        wrong.text.contains("Own store, share: more than 100 percent"),
        "{}",
        wrong.text
    );

    let cleared = browser.followed(page, "do=apply").await;
    assert!(cleared.text.contains("Saved"), "{}", cleared.text);
    let kept = world.get(&token, "/api/v1/inventory/policies").await.json();
    assert_eq!(kept["data"], serde_json::json!([]), "an emptied level is removed");
}

#[tokio::test]
async fn one_product_has_policies_of_its_own() {
    let world = World::new().await;
    let token = world.token(Role::Owner).await;
    world.stocked(&token).await;
    let browser = Browser::new(&world).await;
    let page = "/settings/allocation?sku=TEA%2F250%20g";
    assert_eq!(browser.open(page).await.status, 200);
    let sku = "sku=TEA%2F250%20g";
    let applied = browser
        .submit(
            "/settings/allocation",
            &format!("do=apply&{sku}&all.buffer_units=2"),
        )
        .await;
    assert_eq!(applied.headers["location"], page);
    let general = browser.open("/settings/allocation").await;
    assert!(general.text.contains("buffer units 2"), "{}", general.text);
    assert_eq!(browser.open("/settings/allocation?sku=NONE").await.status, 404);
}
