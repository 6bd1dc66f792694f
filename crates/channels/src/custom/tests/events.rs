//! What the other side sends: who is believed, and what is made of it.

use std::time::Duration;

use bytes::Bytes;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Event, Inbound, InboundRefusal, Nudge};

use super::*;

const URL: &str = "https://hub.example.com/api/v1/webhooks/custom/acc_00000000000000000000000007/changes";
const NONCE: &str = "00112233445566778899aabbccddeeff";
const BODY: &str = r#"{"id":"evt-17","at":"2026-11-21T03:24:58Z","orders":["C-000017"],"listings":["MUG-BLUE"],"changed":["returns"],"more":1}"#;

fn signed(body: &str, at: Timestamp) -> Inbound {
    let stamp = (at.micros() / 1_000_000).to_string();
    let target = URL.strip_prefix("https://hub.example.com").unwrap();
    let parts = Signed {
        timestamp: &stamp,
        nonce: NONCE,
        method: "POST",
        target,
        body: body.as_bytes(),
    };
    let proof = signature(&SecretText::new("correct-horse-battery-staple"), parts).unwrap();
    let mut headers = http::HeaderMap::new();
    headers.insert("stockbridge-key", "key-1".parse().unwrap());
    headers.insert("stockbridge-timestamp", stamp.parse().unwrap());
    headers.insert("stockbridge-nonce", NONCE.parse().unwrap());
    headers.insert("stockbridge-signature", proof.parse().unwrap());
    Inbound {
        topic: "changes".into(),
        url: URL.into(),
        method: "POST".into(),
        headers,
        body: Bytes::from(body.to_owned()),
        key: None,
    }
}

fn receive(inbound: &Inbound) -> Result<Event, InboundRefusal> {
    let (_, connection) = world(|_| answer(500, ""));
    connection.events().unwrap().receive(inbound, now())
}

#[test]
fn a_signed_message_names_what_to_look_at() {
    let event = receive(&signed(BODY, now())).unwrap();
    assert_eq!((event.id.as_str(), event.topic.as_str()), ("evt-17", "changes"));
    assert_eq!(event.at, Some(Timestamp::parse("2026-11-21T03:24:58Z").unwrap()));
    let wanted = [
        Nudge::Order("C-000017".into()),
        Nudge::Listing("MUG-BLUE".into()),
        Nudge::Returns,
    ];
    assert_eq!(event.nudges, wanted);
    let ping = receive(&signed("{}", now())).unwrap();
    assert_eq!((ping.id.as_str(), ping.nudges), (NONCE, vec![]));
}

#[test]
fn a_message_without_the_right_signature_is_not_believed() {
    #[expect(clippy::type_complexity, reason = "a list of this test's own")]
    let spoilt: Vec<(&str, Box<dyn Fn(&mut Inbound)>)> = vec![
        (
            "a changed byte",
            Box::new(|i| i.body = Bytes::from(BODY.replace("17", "18"))),
        ),
        (
            "another address",
            Box::new(|i| i.url = URL.replace("changes", "orders")),
        ),
        ("another method", Box::new(|i| i.method = "PUT".into())),
        ("no key", Box::new(|i| drop(i.headers.remove("stockbridge-key")))),
        (
            "no signature",
            Box::new(|i| drop(i.headers.remove("stockbridge-signature"))),
        ),
        (
            "no time",
            Box::new(|i| drop(i.headers.remove("stockbridge-timestamp"))),
        ),
        (
            "no nonce",
            Box::new(|i| drop(i.headers.remove("stockbridge-nonce"))),
        ),
        (
            "a wrong signature",
            Box::new(|i| {
                let wrong = format!("v1={}", "0".repeat(64));
                i.headers.insert("stockbridge-signature", wrong.parse().unwrap());
            }),
        ),
    ];
    for (what, spoil) in spoilt {
        let mut inbound = signed(BODY, now());
        spoil(&mut inbound);
        let refusal = receive(&inbound).unwrap_err();
        assert!(
            matches!(refusal, InboundRefusal::Unauthentic(_)),
            "{what}: {refusal:?}"
        );
        assert!(!refusal.to_string().contains("correct-horse"), "{what}");
    }
}

#[test]
fn an_old_message_is_stale_and_a_strange_one_unreadable() {
    for (by, fresh) in [(299, true), (301, false)] {
        let by = Duration::from_secs(by);
        for at in [now().minus(by), now().plus(by)] {
            let taken = receive(&signed(BODY, at));
            assert_eq!(taken.is_ok(), fresh, "{taken:?}");
            assert!(fresh || matches!(taken, Err(InboundRefusal::Stale(_))));
        }
    }
    let bomb = "[".repeat(500_000);
    for body in [
        "",
        "{",
        "[]",
        r#"{"orders":"C-1"}"#,
        r#"{"changed":["weather"]}"#,
        bomb.as_str(),
    ] {
        let taken = receive(&signed(body, now()));
        assert!(matches!(taken, Err(InboundRefusal::Unreadable(_))), "{taken:?}");
    }
}

/// The example of the guide, so that it stays right.
#[test]
fn the_guides_example_of_a_message_is_right() {
    let parts = Signed {
        timestamp: "1795231500",
        nonce: NONCE,
        method: "POST",
        target: "/api/v1/webhooks/custom/acc_00000000000000000000000007/changes",
        body: br#"{"id":"evt-000123","orders":["C-000017"],"listings":["MUG-BLUE"]}"#,
    };
    let proof = signature(&SecretText::new("correct-horse-battery-staple"), parts).unwrap();
    let guide = include_str!("../../../../../docs/channels/custom.md");
    assert!(guide.contains(&proof), "{proof}");
}
