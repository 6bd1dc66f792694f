//! Signing in at the marketplace: for a new store, for one that lost its authorisation, and in time for the next year.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{DataKind, Returned, SecretText, Term};
use stockbridge_engine::{ConnectRequest, Refusal, Replaced};
use stockbridge_sim::{BuyOptions, CallOutcome, SellerConfig};
use stockbridge_store::{AccountRecord, AccountStatus, AlertFilter, AlertState, PageQuery};

use super::harness::{GERMANY, INDIA, World, seller};

const PUBLIC: &str = "https://hub.example.com";
const DAY: Duration = Duration::from_secs(86_400);

/// What a person types before signing in: no token, no seller id.
fn typed(world: &World, seller: &SellerConfig, marketplace: &str) -> ConnectRequest {
    let mut request = world.request(seller, marketplace);
    request.credentials.remove("refresh_token");
    request.credentials.remove("seller_id");
    let id = SecretText::new(seller.application_id());
    request.credentials.insert("application_id".into(), id);
    let central = "http://marketplace.test".to_owned();
    request.endpoints.insert("seller_central".into(), central);
    request
}

/// Agrees on the consent page as `seller`; gives what the browser comes back with.
fn agree(world: &World, address: &str, seller: &SellerConfig) -> Returned {
    let there = format!("{address}&seller={}", seller.seller_id);
    let request = http::Request::get(there).body(Bytes::new()).unwrap();
    let CallOutcome::Answer(answer) = world.sim.call(request) else {
        panic!("the consent page answers");
    };
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(
        location.starts_with("https://hub.example.com/api/v1/integrations/amazon/callback?"),
        "{location}"
    );
    let url = reqwest::Url::parse(location).unwrap();
    Returned {
        query: url.query_pairs().into_owned().collect(),
        ..Returned::default()
    }
}

async fn signed_in(world: &World, address: &str, seller: &SellerConfig) -> Result<AccountRecord, Refusal> {
    let back = agree(world, address, seller);
    world.hub.finish_consent("amazon", &back, None).await
}

/// A store connected by a sign-in.
async fn connected(world: &World, seller: &SellerConfig, marketplace: &str) -> AccountId {
    let request = typed(world, seller, marketplace);
    let begun = world.hub.begin_consent(&world.caller, "amazon", &request).await;
    let address = begun.unwrap().consent_url;
    signed_in(world, &address, seller).await.unwrap().id
}

/// Titles of alerts of this kind that are open.
async fn alerts(world: &World, kind: &str) -> Vec<(String, String)> {
    let filter = AlertFilter {
        state: Some(AlertState::Open),
        ..AlertFilter::default()
    };
    let found = world
        .tenant()
        .alerts(&filter, &PageQuery::first(50))
        .await
        .unwrap();
    let of_kind = found.items.into_iter().filter(|alert| alert.kind == kind);
    of_kind.map(|alert| (alert.title, alert.detail)).collect()
}

/// Days go by without any work but the upkeep at their end.
async fn days(world: &World, days: u32) {
    world.clock.advance(DAY * days);
    world.sim.advance(DAY * days);
    world.hub.upkeep().await.unwrap();
    world.work().await;
}

async fn status(world: &World, account: AccountId) -> AccountStatus {
    world.tenant().account(account).await.unwrap().unwrap().status
}

#[tokio::test]
async fn a_seller_signs_in_and_the_store_works() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::at(Some(PUBLIC), vec![india.clone()]).await;
    world.stocked("SKU-1", 10).await;
    connected(&world, &india, INDIA).await;
    world.secs(120).await;
    assert_eq!(world.shown(&india, "SKU-1"), 10);
}

#[tokio::test]
async fn a_revoked_store_waits_with_the_link_that_repairs_it_and_goes_on_where_it_stopped() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::at(Some(PUBLIC), vec![india.clone()]).await;
    world.stocked("SKU-1", 10).await;
    let account = connected(&world, &india, INDIA).await;
    world.secs(120).await;
    let listings = world.tenant().listing_counts().await.unwrap()[0].total;
    world.sim.set_revoked(&india.seller_id, true).unwrap();
    world
        .hub
        .sync_now(&world.caller, account, &[DataKind::Orders])
        .await
        .unwrap();
    world.secs(30).await;
    assert_eq!(status(&world, account).await, AccountStatus::NeedsReauthorisation);
    let told = alerts(&world, "account.reauthorise").await;
    let link = format!("{PUBLIC}/channels/{account}/renew");
    assert!(told.len() == 1 && told[0].1.contains(&link), "{told:?}");

    // The seller agrees anew; somebody buys before that.
    let again = world.hub.begin_reauthorisation(&world.caller, account).await;
    let address = again.unwrap().consent_url;
    world
        .sim
        .buy(&india.seller_id, INDIA, "SKU-1", 1, BuyOptions::default())
        .unwrap();
    let back = signed_in(&world, &address, &india).await.unwrap();
    assert_eq!((back.id, back.status), (account, AccountStatus::Active));
    world.secs(420).await;
    assert_eq!(world.orders().await.len(), 1, "nothing was lost meanwhile");
    assert_eq!(world.tenant().listing_counts().await.unwrap()[0].total, listings);
    assert!(alerts(&world, "account.reauthorise").await.is_empty());
}

#[tokio::test]
async fn a_403_alone_parks_nothing() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::at(Some(PUBLIC), vec![india.clone()]).await;
    let mut request = world.request(&india, INDIA);
    // A seller id that is not the token's: every listing is refused with a 403.
    request
        .credentials
        .insert("seller_id".into(), SecretText::new("A1SOMEBODY"));
    let account = world
        .hub
        .connect(&world.caller, "amazon", request)
        .await
        .unwrap()
        .id;
    world.secs(120).await;
    assert_eq!(status(&world, account).await, AccountStatus::Active);
    assert!(alerts(&world, "account.reauthorise").await.is_empty());
    assert!(!alerts(&world, "sync.refused").await.is_empty());
}

#[tokio::test]
async fn an_authorisation_is_renewed_before_its_year_is_over() {
    let india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let world = World::at(Some(PUBLIC), vec![india.clone()]).await;
    let account = connected(&world, &india, INDIA).await;
    world.secs(60).await;
    days(&world, 118).await;
    assert!(alerts(&world, "account.term").await.is_empty(), "it is early");
    // The client secret comes first: 180 days, told 60 days before.
    days(&world, 3).await;
    let told = alerts(&world, "account.term").await;
    assert!(
        told.len() == 1
            && told[0]
                .0
                .contains("the application's client secret ends in 58 days"),
        "{told:?}"
    );
    let same = BTreeMap::from([("client_secret".to_owned(), SecretText::new(&*india.client_secret))]);
    let replaced = Replaced::typed(same);
    world
        .hub
        .replace_credentials(&world.caller, account, replaced)
        .await
        .unwrap();
    days(&world, 1).await;
    assert_eq!(
        alerts(&world, "account.term").await.len(),
        1,
        "the same secret is no new one"
    );

    days(&world, 214).await;
    let told = alerts(&world, "account.term").await;
    let authorisation: Vec<_> = told.iter().filter(|t| t.0.contains("authorisation")).collect();
    assert!(
        authorisation.len() == 1 && authorisation[0].0.contains("ends in 28 days"),
        "one warning, the last that is due: {told:?}"
    );
    let again = world.hub.begin_reauthorisation(&world.caller, account).await;
    signed_in(&world, &again.unwrap().consent_url, &india)
        .await
        .unwrap();
    let told = alerts(&world, "account.term").await;
    assert!(told.iter().all(|t| !t.0.contains("authorisation")), "{told:?}");
    let terms = world.hub.account_terms(&world.caller, account).await.unwrap();
    let authorised = terms.iter().find(|t| t.name == Term::AUTHORISATION).unwrap();
    assert_eq!(authorised.began_at, world.hub.env().now());
}

#[tokio::test]
async fn somebody_elses_sign_in_changes_nothing() {
    let mut india = seller("A1INDIA", INDIA, &[("SKU-1", 0)]);
    let mut other = seller("A2INDIA", INDIA, &[("SKU-1", 0)]);
    for one in [&mut india, &mut other] {
        one.client_id = "amzn1.application-oa2-client.shared".to_owned();
        one.client_secret = "secret".to_owned();
    }
    let world = World::at(Some(PUBLIC), vec![india.clone(), other.clone()]).await;
    let account = connected(&world, &india, INDIA).await;
    let before = world.tenant().credentials(account).await.unwrap();
    let again = world.hub.begin_reauthorisation(&world.caller, account).await;
    let refused = signed_in(&world, &again.unwrap().consent_url, &other)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Refusal::Conflict(m) if m.contains("A2INDIA@EU") && m.contains("nothing was changed")),
        "{refused}"
    );
    assert_eq!(world.tenant().credentials(account).await.unwrap(), before);
    // The other seller's own sign-in is a store of its own, and one region's consent covers its marketplaces.
    let mut request = typed(&world, &other, INDIA);
    request.marketplaces.push(GERMANY.to_owned());
    let begun = world.hub.begin_consent(&world.caller, "amazon", &request).await;
    let second = signed_in(&world, &begun.unwrap().consent_url, &other)
        .await
        .unwrap();
    assert_ne!(second.id, account);
    assert_eq!(second.marketplaces.len(), 2);
}
