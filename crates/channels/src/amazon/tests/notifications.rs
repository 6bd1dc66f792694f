//! Notifications: subscribing as Amazon's model has it, and reading every example of Amazon's schemas.

use std::collections::BTreeSet;

use bytes::Bytes;
use stockbridge_domain::channel::{Letter, Nudge, Reading, Told};

use super::swagger::{judge, matches_path, operations};
use super::*;
use crate::testing::{model, published};

const ARN: &str = "arn:aws:sqs:eu-west-1:123456789012:hub";

fn with_queue(options: Value) -> AccountDraft {
    let mut draft = draft(&["US", "CA"]);
    let url = json!("https://sqs.eu-west-1.amazonaws.com/123456789012/hub");
    draft.options.insert("queue_url".into(), url);
    for (name, value) in options.as_object().unwrap() {
        draft.options.insert(name.clone(), value.clone());
    }
    for name in ["aws_access_key_id", "aws_secret_access_key"] {
        draft.credentials.insert(name.into(), SecretText::new("key"));
    }
    draft
}

/// Amazon and AWS: `there` are the types with a subscription, each leading to destination `d1`.
fn amazon_and_aws(there: &'static [&'static str], settings: Value) -> Arc<World> {
    world(move |request| {
        let path = request.uri().path();
        let found =
            json!({"payload": {"subscriptionId": "s1", "destinationId": "d1", "payloadVersion": "1.0"}});
        match (request.method().as_str(), path) {
            ("POST", "/") => answer(200, json!({"Attributes": settings}).to_string()),
            ("GET", "/notifications/v1/destinations") => {
                let queue = json!({"destinationId": "d1", "name": "n", "resource": {"sqs": {"arn": ARN}}});
                answer(200, json!({"payload": [queue]}).to_string())
            }
            ("POST", "/notifications/v1/destinations") => {
                let made = json!({"destinationId": "d2", "name": "n", "resource": {}});
                answer(200, json!({"payload": made}).to_string())
            }
            ("GET", path) if there.iter().any(|topic| path.ends_with(topic)) => {
                answer(200, found.to_string())
            }
            ("GET", _) => answer(404, r#"{"errors":[{"code":"NotFound","message":"no"}]}"#),
            ("POST", path) if path.ends_with("REPORT_PROCESSING_FINISHED") => answer(
                403,
                r#"{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied."}]}"#,
            ),
            ("POST", _) => {
                let made = json!({"subscriptionId": "s2", "destinationId": "d1", "payloadVersion": "1.0"});
                answer(200, json!({"payload": made}).to_string())
            }
            _ => answer(200, "{}"),
        }
    })
}

fn settings() -> Value {
    json!({"QueueArn": ARN, "Policy": "437568002678",
        "RedrivePolicy": r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":10}"#})
}

#[tokio::test]
async fn subscriptions_are_kept_made_and_led_to_the_queue() {
    let world = amazon_and_aws(&["ORDER_CHANGE", "ANY_OFFER_CHANGED"], settings());
    let draft = with_queue(json!({"event_bridge_account": "123456789012", "follow_offers": true}));
    let connection = open_with(&Amazon::default(), &world, draft);
    let mailbox = connection.mailbox().unwrap();
    assert_eq!(mailbox.topics().len(), 10);
    assert!(mailbox.inspect().await.unwrap().is_empty());
    let kept = mailbox.subscribe("ORDER_CHANGE").await.unwrap();
    assert_eq!((kept.id.as_str(), kept.mended), ("s1", false));
    let made = mailbox.subscribe("FEED_PROCESSING_FINISHED").await.unwrap();
    assert_eq!((made.id.as_str(), made.mended), ("s2", true));
    let bridged = mailbox.subscribe("LISTINGS_ITEM_STATUS_CHANGE").await.unwrap();
    assert!(bridged.mended);
    let missing = mailbox.subscribe("REPORT_PROCESSING_FINISHED").await.unwrap_err();
    assert!(missing.message.contains("role missing"), "{missing}");
    mailbox.unsubscribe("ORDER_CHANGE", "s1").await.unwrap();

    let Some(model) = model("notifications.json") else {
        return;
    };
    let names = [
        "getDestinations",
        "createDestination",
        "getSubscription",
        "createSubscription",
        "deleteSubscriptionById",
    ];
    let documented = operations(&model, &names);
    let mut used = BTreeSet::new();
    for request in world.sent.lock().unwrap().iter() {
        if !request.uri().path().starts_with("/notifications/") {
            continue;
        }
        let (operation, values) = documented
            .iter()
            .filter(|d| d.method.eq_ignore_ascii_case(request.method().as_str()))
            .find_map(|d| Some((d, matches_path(d.path, request.uri().path())?)))
            .unwrap_or_else(|| panic!("{} {} is not documented", request.method(), request.uri()));
        used.insert(operation.path);
        let problems = judge(operation, request, &values);
        assert!(problems.is_empty(), "{} {problems:#?}", request.uri());
    }
    assert_eq!(used.len(), 3, "{used:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_queue_is_told_with_its_remedy() {
    let world = amazon_and_aws(&[], json!({"QueueArn": ARN, "KmsMasterKeyId": "own"}));
    let connection = open_with(&Amazon::default(), &world, with_queue(json!({})));
    let found = connection.mailbox().unwrap().inspect().await.unwrap();
    let all = found.join("\n");
    for part in ["dead-letter queue", "437568002678 sqs:SendMessage", "kms:Decrypt"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let told = |draft: &AccountDraft| {
        let problems = Amazon::default().check(draft).unwrap_err();
        problems.into_iter().map(|p| p.field).collect::<Vec<_>>()
    };
    let mut bare = with_queue(json!({"queue_role_arn": "reader", "event_bridge_account": "12"}));
    bare.credentials.remove("aws_secret_access_key");
    assert_eq!(
        told(&bare),
        [
            "credentials/aws_secret_access_key",
            "options/queue_role_arn",
            "options/event_bridge_account"
        ]
    );
    let elsewhere = with_queue(json!({"queue_url": "http://127.0.0.1:9/1/hub"}));
    assert_eq!(told(&elsewhere), ["options/queue_region"]);
    assert!(open(&world, &["US"]).mailbox().is_none(), "none without a queue");
}

fn letter(body: impl Into<Bytes>) -> Letter {
    Letter {
        id: "m1".into(),
        receipt: "r1".into(),
        body: body.into(),
        receives: 1,
    }
}

/// Reads a message as the seller `A3EXAMPLE1` with the subscription `sub-1`.
fn read(message: &Value) -> Reading {
    let world = amazon_and_aws(&[], settings());
    let connection = open_with(&Amazon::default(), &world, with_queue(json!({})));
    let subscriptions = BTreeSet::from(["sub-1".to_owned()]);
    connection
        .mailbox()
        .unwrap()
        .read(&letter(message.to_string()), &subscriptions)
}

fn order_change(spelling: fn(&str) -> String, seller: &str, marketplace: &str, subscription: &str) -> Value {
    let name = spelling;
    json!({
        name("NotificationType"): "ORDER_CHANGE",
        name("EventTime"): "2026-11-21T03:25:00.000Z",
        name("Payload"): {name("OrderChangeNotification"): {
            name("SellerId"): seller, name("AmazonOrderId"): "903-1",
            name("Summary"): {name("MarketplaceId"): marketplace},
        }},
        name("NotificationMetadata"): {name("NotificationId"): "n1", name("SubscriptionId"): subscription},
    })
}

fn pascal(name: &str) -> String {
    name.to_owned()
}

fn camel(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_lowercase() + rest
}

#[test]
fn both_spellings_and_the_event_bridge_are_read_alike() {
    const US: &str = "ATVPDKIKX0DER";
    let plain = order_change(pascal, "A3EXAMPLE1", US, "x");
    let bridged = json!({"version": "0", "detail-type": "ORDER_CHANGE", "detail": plain});
    for message in [plain, order_change(camel, "A3EXAMPLE1", US, "x"), bridged] {
        let Reading::Ours(delivered) = read(&message) else {
            panic!("{message}");
        };
        let event = delivered.event;
        assert_eq!((event.id.as_str(), event.topic.as_str()), ("n1", "ORDER_CHANGE"));
        assert_eq!(event.nudges, [Nudge::Order("903-1".into())]);
        assert_eq!(event.at, Timestamp::parse("2026-11-21T03:25:00Z").ok());
    }
    let theirs = order_change(pascal, "A3SOMEBODY", US, "x");
    assert_eq!(read(&theirs), Reading::NotOurs);
    let by_subscription = order_change(pascal, "A3SOMEBODY", US, "sub-1");
    assert!(matches!(read(&by_subscription), Reading::Ours(_)));
    let elsewhere = order_change(pascal, "A3EXAMPLE1", "A1VC38T7YXB528", "x");
    let Reading::Ours(delivered) = read(&elsewhere) else {
        panic!("{elsewhere}");
    };
    assert!(
        delivered.event.nudges.is_empty(),
        "not one of the account's marketplaces"
    );
}

#[test]
fn secrets_are_taken_and_not_kept() {
    let message = |client: &str| {
        json!({
            "notificationType": "APPLICATION_OAUTH_CLIENT_NEW_SECRET",
            "payload": {"applicationOAuthClientNewSecret": {"clientId": client, "newClientSecret": "hush",
                "newClientSecretExpiryTime": "2027-05-20T00:00:00Z"}},
            "notificationMetadata": {"notificationId": "n2"},
        })
    };
    let Reading::Ours(delivered) = read(&message("amzn1.application-oa2-client.0123")) else {
        panic!("it is the account's application");
    };
    assert!(!String::from_utf8_lossy(&delivered.body).contains("hush"));
    let [Told::Secrets { credentials, ends }] = delivered.told.as_slice() else {
        panic!("{:?}", delivered.told);
    };
    assert_eq!(credentials["client_secret"].expose(), "hush");
    assert_eq!(ends.unwrap().1, Timestamp::parse("2027-05-20T00:00:00Z").unwrap());
    assert!(!format!("{:?}", delivered.told).contains("hush"));
    assert_eq!(read(&message("amzn1.application-oa2-client.9")), Reading::NotOurs);
    for odd in [json!({"secret": "hush"}), json!([1]), json!({"Payload": {}})] {
        let Reading::Unreadable { body, .. } = read(&odd) else {
            panic!("{odd}");
        };
        assert!(!String::from_utf8_lossy(&body).contains("hush"));
    }
}

#[test]
fn every_example_of_amazons_schemas_is_read() {
    let mut examples = 0;
    for name in [
        "AnyOfferChangedNotification",
        "FBAOutboundShipmentStatusNotification",
        "FeedProcessingFinishedNotification",
        "FulfillmentOrderStatusNotification",
        "ListingsItemIssuesChangeNotification_2023-12-13",
        "ListingsItemMfnQuantityChange",
        "ListingsItemStatusChangeNotification",
        "OrderChangeNotification",
        "ReportProcessingFinishedNotification",
    ] {
        let Some(schema) = published(&format!("sp-api/notifications/{name}.json")) else {
            continue;
        };
        let schema: Value = serde_json::from_slice(&schema).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            examples += 1;
            let mut example = example.clone();
            for (metadata, id) in [
                ("NotificationMetadata", "SubscriptionId"),
                ("notificationMetadata", "subscriptionId"),
            ] {
                if example.get(metadata).is_some() {
                    example[metadata][id] = json!("sub-1");
                }
            }
            assert!(matches!(read(&example), Reading::Ours(_)), "{name}: {example}");
        }
    }
    println!("{examples} examples of Amazon's notifications were read");
}
