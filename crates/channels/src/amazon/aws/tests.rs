//! Signatures against AWS's published ones, and queue and roles against a server that speaks AWS's protocols.

mod server;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::json;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Fault, HttpRequest, SecretText};

use super::sign::{Keys, Scope, sign};
use super::sqs::QueueAddress;
use super::sts::check_arn;
use server::Moto;

/// The keys of AWS's published examples.
fn example_keys() -> Keys {
    Keys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret: SecretText::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session_token: None,
    }
}

fn signature(mut request: HttpRequest, scope: Scope<'_>) -> (String, HttpRequest) {
    let now = Timestamp::parse("2015-08-30T12:36:00Z").unwrap();
    sign(&mut request, &example_keys(), scope, now).unwrap();
    let header = request.headers()["authorization"].to_str().unwrap().to_owned();
    let signature = header.rsplit_once("Signature=").unwrap().1.to_owned();
    (signature, request)
}

/// AWS's "Signature Version 4 test suite" and the example of its documentation.
#[test]
fn signatures_are_those_aws_publishes() {
    let service = Scope {
        region: "us-east-1",
        service: "service",
    };
    let at = |method: &str, uri: &str| {
        Request::builder()
            .method(method)
            .uri(format!("https://example.amazonaws.com{uri}"))
            .body(Bytes::new())
            .unwrap()
    };
    for (name, request, expected) in [
        (
            "get-vanilla",
            at("GET", "/"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "get-vanilla-query-order-key-case",
            at("GET", "/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "post-vanilla",
            at("POST", "/"),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
    ] {
        assert_eq!(signature(request, service).0, expected, "{name}");
    }
    let form = Request::post("https://example.amazonaws.com/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from_static(b"Param1=value1"))
        .unwrap();
    assert_eq!(
        signature(form, service).0,
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        "post-x-www-form-urlencoded"
    );
    let users = Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(Bytes::new())
        .unwrap();
    let iam = Scope {
        region: "us-east-1",
        service: "iam",
    };
    let (found, signed) = signature(users, iam);
    assert_eq!(
        found, "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        "the example of the documentation"
    );
    assert_eq!(signed.headers()["x-amz-date"], "20150830T123600Z");
    let authorization = signed.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization
            .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "),
        "{authorization}"
    );
}

#[test]
fn a_session_token_is_signed_as_well_and_no_secret_is_shown() {
    let mut request = Request::get("https://example.amazonaws.com/")
        .body(Bytes::new())
        .unwrap();
    let keys = Keys {
        session_token: Some(SecretText::new("lent-token")),
        ..example_keys()
    };
    let scope = Scope {
        region: "us-east-1",
        service: "service",
    };
    sign(&mut request, &keys, scope, Timestamp::from_secs(1_440_938_160)).unwrap();
    assert_eq!(request.headers()["x-amz-security-token"], "lent-token");
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(
        authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"),
        "{authorization}"
    );
    let shown = format!("{keys:?}");
    assert!(
        !shown.contains("wJalr") && !shown.contains("lent-token"),
        "{shown}"
    );
}

#[test]
fn addresses_of_queues_and_names_of_roles_are_read_with_a_remedy() {
    let good = QueueAddress::parse(" https://sqs.eu-west-1.amazonaws.com/123456789012/hub ").unwrap();
    assert_eq!(
        (good.base.as_str(), good.region.as_deref(), good.url.as_str()),
        (
            "https://sqs.eu-west-1.amazonaws.com",
            Some("eu-west-1"),
            "https://sqs.eu-west-1.amazonaws.com/123456789012/hub"
        )
    );
    let elsewhere = QueueAddress::parse("http://127.0.0.1:4566/000000000000/hub").unwrap();
    assert_eq!(
        (elsewhere.base.as_str(), elsewhere.region),
        ("http://127.0.0.1:4566", None)
    );
    for (bad, hint) in [
        ("hub", "https://sqs.eu-west-1"),
        ("arn:aws:sqs:eu-west-1:123456789012:hub", "https://sqs.eu-west-1"),
        ("https://sqs.eu-west-1.amazonaws.com/hub", "https://sqs.eu-west-1"),
        (
            "https://sqs.eu-west-1.amazonaws.com/123456789012/hub.fifo",
            "standard queue",
        ),
    ] {
        let message = QueueAddress::parse(bad).unwrap_err();
        assert!(message.contains(hint), "{bad}: {message}");
    }
    check_arn("arn:aws:iam::123456789012:role/hub/reader").unwrap();
    for bad in [
        "arn:aws:iam::12345:role/hub",
        "arn:aws:iam::123456789012:user/hub",
        "hub",
    ] {
        assert!(check_arn(bad).unwrap_err().contains("role/name"), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_hands_out_hides_and_gives_up_messages_as_aws_has_it() {
    let Some(moto) = Moto::start() else { return };
    let queue = moto.queue("work", json!({})).await;
    assert!(
        queue
            .receive(Duration::ZERO, Duration::from_secs(30))
            .await
            .unwrap()
            .is_empty(),
        "an empty queue is no error"
    );
    for n in 0..12 {
        moto.send(&queue, &format!("{{\"n\": {n}}}")).await;
    }
    let mut first = queue
        .receive(Duration::from_secs(1), Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(first.len(), 10, "ten at once");
    let rest = queue
        .receive(Duration::from_secs(1), Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(rest.len(), 2, "what is handed out is hidden");
    assert!(first.iter().chain(&rest).all(|letter| letter.receives == 1));
    first.extend(rest);
    queue.delete(&first).await.unwrap();
    queue.delete(&first).await.unwrap();
    assert_eq!(queue.settings().await.unwrap().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_deleted_comes_again_when_its_time_is_up() {
    let Some(moto) = Moto::start() else { return };
    let queue = moto.queue("again", json!({})).await;
    moto.send(&queue, "{}").await;
    let short = queue
        .receive(Duration::from_secs(1), Duration::from_secs(2))
        .await
        .unwrap();
    assert_eq!(short[0].receives, 1);
    // Nothing within its time; the long poll waits for it.
    let again = queue
        .receive(Duration::from_secs(10), Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(
        (again[0].id.as_str(), again[0].receives),
        (short[0].id.as_str(), 2)
    );
    assert_eq!(again[0].body, "{}");
    // Shown again at once, for whoever cannot store it.
    queue.hide(&again, Duration::ZERO).await.unwrap();
    let third = queue
        .receive(Duration::from_secs(5), Duration::from_secs(2))
        .await
        .unwrap();
    assert_eq!(third[0].receives, 3);
    // Hidden longer while it is worked on: it is not there after its first two seconds.
    queue.hide(&third, Duration::from_secs(60)).await.unwrap();
    let gone = queue
        .receive(Duration::from_secs(3), Duration::from_secs(2))
        .await
        .unwrap();
    assert!(gone.is_empty(), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_nobody_deletes_ends_with_the_dead_letters() {
    let Some(moto) = Moto::start() else { return };
    let dead = moto.queue("dead", json!({})).await;
    let arn = dead.settings().await.unwrap().arn;
    let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": "2"}).to_string();
    let queue = moto.queue("poisoned", json!({"RedrivePolicy": redrive})).await;
    assert_eq!(queue.settings().await.unwrap().dead_letters, Some((2, arn)));
    moto.send(&queue, "poison").await;
    for _ in 0..2 {
        let letters = queue
            .receive(Duration::from_secs(2), Duration::from_secs(30))
            .await
            .unwrap();
        assert_eq!(letters.len(), 1);
        queue.hide(&letters, Duration::ZERO).await.unwrap();
    }
    let third = queue
        .receive(Duration::from_secs(1), Duration::from_secs(30))
        .await
        .unwrap();
    assert!(third.is_empty(), "{third:?}");
    let kept = dead
        .receive(Duration::from_secs(2), Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(kept[0].body, "poison");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_a_queue_name_the_remedy_and_park_nobody() {
    let Some(moto) = Moto::start() else { return };
    let mut queue = moto.queue("there", json!({})).await;
    queue.address.url = queue.address.url.replace("there", "not-there");
    let error = queue
        .receive(Duration::ZERO, Duration::from_secs(1))
        .await
        .unwrap_err();
    assert_eq!(error.fault, Fault::Rejected, "{error}");
    assert!(error.message.contains("does not exist"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_lent_once_an_hour_and_its_keys_sign() {
    let Some(moto) = Moto::start() else { return };
    let mut queue = moto.queue("lent", json!({})).await;
    queue.role.taken = Some(moto.role("arn:aws:iam::123456789012:role/reader"));
    moto.send(&queue, "{}").await;
    let first = queue.role.keys(&queue.io, queue.account).await.unwrap();
    let again = queue.role.keys(&queue.io, queue.account).await.unwrap();
    assert_eq!(first.access_key_id, again.access_key_id, "lent once");
    assert!(first.access_key_id.starts_with("ASIA"), "{first:?}");
    assert!(
        first
            .session_token
            .is_some_and(|token| !token.expose().is_empty())
    );
    let letters = queue
        .receive(Duration::from_secs(1), Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(letters.len(), 1);
    moto.pass(Duration::from_secs(3_400));
    let later = queue.role.keys(&queue.io, queue.account).await.unwrap();
    assert_ne!(
        later.access_key_id, again.access_key_id,
        "exchanged before it ends"
    );
}
