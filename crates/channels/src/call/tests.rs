//! The outcome of a call, by operation and accident.

use super::*;
use crate::testing::{World, account, answer, now};

static BUCKET: BucketSpec = BucketSpec {
    name: "op",
    rate_micro: 5_600,
    burst: 1,
};
static DIALECT: Dialect = Dialect {
    rate_header: Some("x-rate"),
    request_id_header: Some("x-amzn-requestid"),
};

const fn operation(effect: Effect) -> Operation {
    Operation {
        name: "op",
        bucket: Some(&BUCKET),
        cost: 1,
        timeout: Duration::from_secs(1),
        effect,
        max_body_bytes: 10,
    }
}
static READ: Operation = operation(Effect::Read);
static WRITE: Operation = operation(Effect::Idempotent);

async fn run(
    world: &std::sync::Arc<World>,
    operation: &'static Operation,
) -> Result<HttpResponse, ChannelError> {
    let request = http::Request::get("https://x.example/")
        .body(bytes::Bytes::new())
        .unwrap();
    perform(&world.io(), account(), &DIALECT, operation, request).await
}

#[tokio::test]
async fn accidents_are_judged_by_what_the_operation_does() {
    let accidents = [
        (
            TransportError::NotSent("x".into()),
            Fault::Unavailable,
            Fault::Unavailable,
        ),
        (
            TransportError::NoAnswer("x".into()),
            Fault::Unavailable,
            Fault::Ambiguous,
        ),
        (
            TransportError::TooLarge { limit_bytes: 1 },
            Fault::Contract,
            Fault::Ambiguous,
        ),
    ];
    for (error, read, write) in accidents {
        let world = World::new(move |_| Err(error.clone()));
        assert_eq!(run(&world, &READ).await.unwrap_err().fault, read);
        assert_eq!(run(&world, &WRITE).await.unwrap_err().fault, write);
    }
    let world = World::new(|_| answer(200, "more than ten"));
    assert_eq!(run(&world, &READ).await.unwrap_err().fault, Fault::Contract);
    assert_eq!(run(&world, &WRITE).await.unwrap_err().fault, Fault::Ambiguous);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let world = World::new(|_| answer(200, ""));
    let until = now().plus(Duration::from_secs(9));
    *world.wait.lock().unwrap() = Some(until);
    let error = run(&world, &WRITE).await.unwrap_err();
    assert_eq!((error.fault, error.retry_at), (Fault::Throttled, Some(until)));
    assert!(world.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_empties_the_budget_until_the_next_token() {
    for (rate, retry_after, secs) in [
        (None, None, 178),
        (Some("0.5"), None, 2),
        (Some("0.5"), Some("60"), 60),
        (None, Some("99999"), 3600),
    ] {
        let world = World::new(move |_| {
            let mut response = answer(429, "{}")?;
            let headers = response.headers_mut();
            rate.map(|r| headers.insert("x-rate", r.parse().unwrap()));
            retry_after.map(|r| headers.insert("retry-after", r.parse().unwrap()));
            Ok(response)
        });
        let error = run(&world, &READ).await.unwrap_err();
        assert_eq!(error.fault, Fault::Throttled);
        assert_eq!(
            error.retry_at.unwrap().since(now()).as_secs(),
            secs,
            "{rate:?} {retry_after:?}"
        );
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(world.told.lock().unwrap().contains(&"exhausted op".to_owned()));
    }
}

#[tokio::test]
async fn rates_are_learned_from_answers() {
    let world = World::new(|_| {
        let mut response = answer(200, "")?;
        response.headers_mut().insert("x-rate", "0.0167".parse().unwrap());
        Ok(response)
    });
    run(&world, &READ).await.unwrap();
    assert_eq!(*world.told.lock().unwrap(), ["learn op 16700"]);
}

#[test]
fn rates_are_read_without_floats() {
    for (text, micro) in [
        ("5.0", 5_000_000),
        ("0.0056", 5_600),
        (" 100 ", 100_000_000),
        ("0.01666666667", 16_666),
    ] {
        assert_eq!(per_second_to_micro(text), Some(micro), "{text}");
    }
    for text in [
        "",
        "0",
        "0.0",
        "-1",
        "1e3",
        ".5",
        "abc",
        "0.0000001",
        "99999999999999999999",
    ] {
        assert_eq!(per_second_to_micro(text), None, "{text}");
    }
}

#[test]
fn instants_have_whole_seconds_or_milliseconds() {
    let at = Timestamp::parse("2026-11-21T03:25:00.987654Z").unwrap();
    assert_eq!(instant(at), "2026-11-21T03:25:00Z");
    assert_eq!(instant_millis(at), "2026-11-21T03:25:00.987Z");
}
