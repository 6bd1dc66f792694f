//! Signing in at Shopify, and tokens that end.

use stockbridge_domain::channel::{Channel as _, Fault, Returned, Ticket};
use stockbridge_sim::Fault as Trouble;

use super::*;

fn ticket() -> Ticket {
    Ticket {
        state: SecretText::new("state-1"),
        return_to: "https://hub.example.com/oauth/back".into(),
    }
}

fn came_back(address: &str) -> Returned {
    let url = url::Url::parse(address).unwrap();
    Returned {
        query: url.query_pairs().into_owned().collect(),
        ..Returned::default()
    }
}

impl Stage {
    /// Signs in and keeps what that brings.
    async fn sign_in(&self) {
        let consent = self.channel.consent().unwrap();
        let address = consent.address(&self.draft, &ticket()).unwrap();
        let back = came_back(&self.shop.approve(&address).unwrap());
        assert_eq!(consent.state_of(&back).as_deref(), Some("state-1"));
        let consented = consent
            .accept(&self.draft, &ticket(), &back, &self.world.io())
            .await
            .unwrap();
        self.world.kept.lock().unwrap().extend(consented.credentials);
    }

    fn token(&self) -> String {
        self.world.kept.lock().unwrap()["offline_token"]
            .expose()
            .to_owned()
    }
}

#[tokio::test]
async fn a_sign_in_is_taken_once_and_only_if_shopify_signed_it() {
    let stage = Stage::new(ShopifyConfig::default());
    let consent = stage.channel.consent().unwrap();
    let address = consent.address(&stage.draft, &ticket()).unwrap();
    assert!(
        address.starts_with("https://simulated.myshopify.com/admin/oauth/authorize?"),
        "{address}"
    );
    let back = came_back(&stage.shop.approve(&address).unwrap());
    let accept = async |draft: &AccountDraft, ticket: &Ticket, back: &Returned| {
        consent.accept(draft, ticket, back, &stage.world.io()).await
    };
    let other_state = Ticket {
        state: SecretText::new("state-2"),
        ..ticket()
    };
    let mut other_shop = stage.draft.clone();
    other_shop
        .credentials
        .insert("shop".into(), SecretText::new("other.myshopify.com"));
    let mut forged = back.clone();
    forged.query.iter_mut().find(|(n, _)| n == "code").unwrap().1 = "another".into();
    for (what, refused) in [
        ("state", accept(&stage.draft, &other_state, &back).await),
        ("shop", accept(&other_shop, &ticket(), &back).await),
        ("signature", accept(&stage.draft, &ticket(), &forged).await),
    ] {
        assert_eq!(refused.unwrap_err().fault, Fault::Rejected, "{what}");
    }
    stage.world.clock.advance(Duration::from_secs(91));
    let late = accept(&stage.draft, &ticket(), &back).await.unwrap_err();
    assert!(late.message.contains("90 seconds"), "{late}");
    assert!(
        stage.world.sent.lock().unwrap().is_empty(),
        "nothing unproved is exchanged"
    );
    let stage = Stage::new(ShopifyConfig::default());
    stage.sign_in().await;
    stage.connect().probe().await.unwrap();
}

#[tokio::test]
async fn a_token_is_renewed_early_and_by_one() {
    let stage = Stage::new(ShopifyConfig::default());
    stage.sign_in().await;
    let first = stage.token();
    stage.connect().probe().await.unwrap();
    assert_eq!(stage.token(), first, "good for an hour");
    stage.pass(50 * 60);
    stage.connect().probe().await.unwrap();
    let second = stage.token();
    assert_ne!(second, first, "renewed before it ends");
    // Another process, whose copy of the secrets is old, takes what is kept.
    let calls = stage.asked("refresh_token");
    let old = stage.world.kept.lock().unwrap().clone();
    stage.pass(3_700);
    stage.connect().probe().await.unwrap();
    assert_eq!(stage.asked("refresh_token"), calls + 1);
    let mut config = stage.draft.credentials.clone();
    config.extend(old);
    let other = Shopify::default();
    let config = AccountConfig {
        account: account(),
        checked: other.check(&stage.draft).unwrap(),
        credentials: config,
        endpoints: BTreeMap::new(),
        options: BTreeMap::new(),
        webhook_key: SecretText::new("k"),
    };
    other
        .connect(config, stage.world.io())
        .unwrap()
        .probe()
        .await
        .unwrap();
    assert_eq!(
        stage.asked("refresh_token"),
        calls + 1,
        "nobody renews what is new"
    );
}

#[tokio::test]
async fn a_lost_renewal_does_not_lose_the_authorisation() {
    let stage = Stage::new(ShopifyConfig::default());
    stage.sign_in().await;
    stage.pass(50 * 60);
    stage.shop.fail_next("access_token", Trouble::TimeoutAfter, 1);
    stage
        .connect()
        .probe()
        .await
        .expect("the old token works for a while yet");
    stage.pass(61);
    stage
        .connect()
        .probe()
        .await
        .expect("the kept refresh token is tried again");
    stage.pass(3_000);
    stage
        .connect()
        .probe()
        .await
        .expect("and what came of it goes on");
}

#[tokio::test]
async fn an_uninstalled_app_asks_for_a_person() {
    let stage = Stage::new(ShopifyConfig::default());
    stage.sign_in().await;
    stage.shop.uninstall();
    let error = stage.connect().probe().await.unwrap_err();
    assert_eq!(error.fault, Fault::Credentials);
    assert!(error.message.contains("sign in"), "{error}");
}

#[test]
fn what_was_typed_is_checked_field_by_field() {
    let checked = |shop: &str| {
        let mut draft = draft(&ShopifyConfig::default());
        draft.credentials.insert("shop".into(), SecretText::new(shop));
        Shopify::default().check(&draft)
    };
    for shop in [
        "my-shop",
        "my-shop.myshopify.com",
        "https://my-shop.myshopify.com/",
    ] {
        assert_eq!(
            checked(shop).unwrap().external_id,
            "my-shop.myshopify.com",
            "{shop}"
        );
    }
    for shop in [
        "shop.example.com",
        "my_shop.myshopify.com",
        "a.myshopify.com.evil.example",
        "-x",
        "x/../y",
    ] {
        let problems = checked(shop).unwrap_err();
        assert_eq!(problems[0].field, "credentials/shop", "{shop}");
    }
    let mut nothing = draft(&ShopifyConfig::default());
    nothing.credentials.remove("client_secret");
    let problems = Shopify::default().check(&nothing).unwrap_err();
    assert_eq!(problems[0].field, "credentials/client_secret");
    nothing
        .credentials
        .insert("access_token".into(), SecretText::new("shpat_1"));
    assert!(
        Shopify::default().check(&nothing).is_ok(),
        "a token alone will do"
    );
}
