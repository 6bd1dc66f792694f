//! Login with Amazon, and the headers and paths of every call.

use http::{Method, StatusCode};
use serde_json::Value;
use stockbridge_sim::{SellerConfig, SimConfig};

use crate::bench::{Bench, DE, SELLER, US, answered, config};

const PARTICIPATIONS: &str = "/sellers/v1/marketplaceParticipations";
const BAD_TOKEN: &str = "The access token you provided is revoked, malformed or invalid.";

fn participations(bench: &Bench) -> crate::bench::Answer {
    bench.get("getMarketplaceParticipations", PARTICIPATIONS)
}

#[test]
fn a_refresh_token_gives_an_access_token_and_comes_back_unchanged() {
    let seller = SellerConfig::new(SELLER, "EU", &[DE]);
    let bench = Bench::with(SimConfig {
        sellers: vec![seller.clone()],
        ..SimConfig::default()
    });
    let answer = bench.sign_in(&seller);
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["token_type"], "bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(answer.body["refresh_token"], seller.refresh_token);
    assert!(answer.body["access_token"].as_str().unwrap().starts_with("Atza|"));
}

#[test]
fn each_wrong_grant_has_its_documented_error() {
    let mut config = config();
    config.sellers.push(SellerConfig::new("AOTHER", "NA", &[US]));
    let (bench, good) = (Bench::with(config.clone()), config.sellers[0].clone());
    let other = &config.sellers[1];
    let grant = |grant_type: &str, refresh: &str, secret: &str| {
        let answer = bench.grant(&[
            ("grant_type", grant_type),
            ("refresh_token", refresh),
            ("client_id", &good.client_id),
            ("client_secret", secret),
        ]);
        (
            answer.status.as_u16(),
            answer.body["error"].as_str().unwrap().to_owned(),
        )
    };
    let (secret, refresh) = (good.client_secret.as_str(), good.refresh_token.as_str());
    assert_eq!(
        grant("refresh_token", "Atzr|nobody", secret),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(
        grant("refresh_token", refresh, "wrong"),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(
        grant("password", refresh, secret),
        (400, "unsupported_grant_type".to_owned())
    );
    assert_eq!(
        grant("refresh_token", &other.refresh_token, secret),
        (400, "unauthorized_client".to_owned())
    );
    assert_eq!(grant("", refresh, secret), (400, "invalid_request".to_owned()));
}

#[test]
fn a_token_ends_when_its_time_is_up() {
    let mut config = config();
    config.token_ttl_seconds = 60;
    let bench = Bench::with(config);
    bench.advance(59);
    assert_eq!(participations(&bench).status, StatusCode::OK);
    bench.advance(1);
    let answer = participations(&bench);
    assert_eq!(
        (answer.status, answer.details()),
        (StatusCode::FORBIDDEN, BAD_TOKEN)
    );
    assert_eq!(answer.code(), "Unauthorized");
}

#[test]
fn a_revoked_authorisation_stops_live_tokens_and_refreshes_until_restored() {
    let bench = Bench::new();
    let seller = config().sellers[0].clone();
    bench.sim.set_revoked(SELLER, true).unwrap();
    assert_eq!(participations(&bench).details(), BAD_TOKEN);
    let refused = bench.sign_in(&seller);
    assert_eq!(
        (refused.status.as_u16(), refused.body["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    assert!(
        refused.body["error_description"]
            .as_str()
            .unwrap()
            .contains("revoked")
    );
    bench.sim.set_revoked(SELLER, false).unwrap();
    assert_eq!(bench.sign_in(&seller).status, StatusCode::OK);
    assert!(bench.sim.set_revoked("NOBODY", true).is_err());
}

#[test]
fn required_headers_are_required() {
    let bench = Bench::new();
    let without = |name: &str| {
        let mut request = bench.request(Method::GET, PARTICIPATIONS, &Value::Null);
        request.headers_mut().remove(name);
        answered(bench.sim.call(request))
    };
    let token = without("x-amz-access-token");
    assert_eq!(token.status, StatusCode::FORBIDDEN);
    assert_eq!(token.details(), "Access token is missing in the request header.");
    assert_eq!(without("user-agent").details(), "user-agent");
    assert_eq!(without("x-amz-date").details(), "x-amz-date");
    let mut request = bench.request(Method::GET, PARTICIPATIONS, &Value::Null);
    request
        .headers_mut()
        .insert("user-agent", "x".repeat(501).parse().unwrap());
    assert_eq!(answered(bench.sim.call(request)).status, StatusCode::BAD_REQUEST);
}

#[test]
fn an_unknown_path_is_403_without_details() {
    let bench = Bench::new();
    for (method, path) in [
        (Method::GET, "/orders/v9/orders"),
        (Method::DELETE, PARTICIPATIONS),
    ] {
        let answer = bench.call("none", method, path, &Value::Null);
        assert_eq!((answer.status, answer.details()), (StatusCode::FORBIDDEN, ""));
    }
    assert_eq!(bench.truth().calls["unknown"], 2);
}

#[test]
fn participations_name_the_sellers_marketplaces() {
    let answer = participations(&Bench::new());
    let payload = answer.body["payload"].as_array().unwrap();
    assert_eq!(payload.len(), 2);
    assert_eq!(payload[0]["marketplace"]["id"], DE);
    assert_eq!(payload[0]["marketplace"]["defaultCurrencyCode"], "EUR");
    assert_eq!(payload[0]["marketplace"]["domainName"], "www.amazon.de");
}

#[test]
fn marketplaces_of_another_region_or_of_nobody_are_refused() {
    let bench = Bench::new();
    let search = |id: &str| bench.orders(&format!("createdAfter=2026-02-01T00:00:00Z&marketplaceIds={id}"));
    let abroad = search(US);
    assert_eq!(abroad.status, StatusCode::FORBIDDEN);
    assert_eq!(
        abroad.details(),
        "The marketplaces you provided are not valid for region."
    );
    let not_mine = search("A1F83G8C2ARO7P");
    assert_eq!((not_mine.status, not_mine.details()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(search("XYZ").details(), "marketplaceIds");
    let wrong_host = format!(
        "https://sellingpartnerapi-na.amazon.com/orders/2026-01-01/orders\
         ?createdAfter=2026-02-01T00:00:00Z&marketplaceIds={DE}"
    );
    let answer = bench.get("searchOrders", &wrong_host);
    assert_eq!(
        answer.details(),
        "The marketplaces you provided are not valid for region."
    );
}

#[test]
fn a_seller_agrees_on_the_consent_page_and_the_code_is_good_once() {
    let seller = SellerConfig::new(SELLER, "EU", &[DE]);
    let bench = Bench::with(SimConfig {
        sellers: vec![seller.clone()],
        ..config()
    });
    let open = |query: &str| {
        let path = format!("/apps/authorize/consent?{query}");
        let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
        match bench.sim.call(request) {
            stockbridge_sim::CallOutcome::Answer(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    let application = seller.application_id();
    let back = "https%3A%2F%2Fhub.example.com%2Fback";
    let good = format!("application_id={application}&state=s1&redirect_uri={back}");
    assert_eq!(open("application_id=nobody&state=s1").status(), 400);
    assert_eq!(
        open(&format!("application_id={application}&state=s1")).status(),
        400
    );
    let page = open(&good);
    assert!(String::from_utf8_lossy(page.body()).contains(&format!("seller={SELLER}\"")));
    let agree = || {
        let there = open(&format!("{good}&seller={SELLER}"));
        assert_eq!(there.status(), 302);
        let location = there.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with("https://hub.example.com/back?state=s1&selling_partner_id=ASELLER1&"));
        location.rsplit_once("spapi_oauth_code=").unwrap().1.to_owned()
    };
    let exchange = |code: &str, back: &str| {
        bench.grant(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("client_id", &seller.client_id),
            ("client_secret", &seller.client_secret),
        ])
    };
    let there = "https://hub.example.com/back";
    let code = agree();
    let granted = exchange(&code, there);
    assert_eq!(granted.status, StatusCode::OK, "{:?}", granted.body);
    let refresh = granted.body["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(refresh, seller.refresh_token);
    assert_eq!(exchange(&code, there).body["error"], "invalid_grant", "once");
    assert_eq!(
        exchange(&agree(), "https://elsewhere").body["error"],
        "invalid_grant"
    );
    let late = agree();
    bench.advance(300);
    assert_eq!(exchange(&late, there).body["error"], "invalid_grant", "in time");
}
