//! Reading what Amazon sent by itself.
//!
//! Two spellings of the envelope are in use, and EventBridge wraps it once more; names are read without regard to case. Delivery is
//! at least once and in no order. No message is signed: trust comes from the queue's policy, so a message is never more than a
//! reason to look.

use bytes::Bytes;
use serde_json::{Value, json};
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{Event, Nudge, SecretText, Told};

/// The term of the application's secret.
const CLIENT_SECRET: &str = "client_secret";

/// Whose messages are wanted.
pub(super) struct Wanted<'a> {
    pub(super) seller_id: &'a str,
    pub(super) client_id: &'a str,
    pub(super) marketplaces: &'a [String],
}

/// A message, read.
#[derive(Debug)]
pub(super) enum Message {
    /// For the account.
    Ours {
        /// What to look at.
        event: Event,
        /// What it tells besides.
        told: Vec<Told>,
        /// Without secrets.
        body: Bytes,
    },
    /// For somebody else.
    NotOurs,
    /// It cannot be read.
    Unreadable(&'static str),
}

/// Reads a message for an account with subscriptions for which `subscribed` answers yes.
pub(super) fn read(body: &Bytes, wanted: &Wanted<'_>, subscribed: impl Fn(&str) -> bool) -> Message {
    let Ok(mut whole) = serde_json::from_slice::<Value>(body) else {
        return Message::Unreadable("it is no JSON");
    };
    if let Some(detail) = whole.get("detail").filter(|detail| detail.is_object()) {
        whole = detail.clone();
    }
    let metadata = get(&whole, "notificationMetadata").cloned().unwrap_or_default();
    let topic = text(&whole, "notificationType").unwrap_or_default().to_owned();
    let id = text(&metadata, "notificationId").unwrap_or_default().to_owned();
    let payload = get(&whole, "payload").cloned().unwrap_or_default();
    if topic.is_empty() || id.is_empty() || payload.is_null() {
        return Message::Unreadable("it has no notification type, no id or no payload");
    }
    if topic.starts_with("APPLICATION_OAUTH_CLIENT_") {
        return of_application(&topic, id, &whole, &payload, wanted);
    }
    let seller = deep(&payload, "sellerId");
    let by_subscription = text(&metadata, "subscriptionId").is_some_and(subscribed);
    if !by_subscription && seller != Some(wanted.seller_id) {
        return Message::NotOurs;
    }
    let (nudges, told) = asked(&topic, &payload, wanted);
    Message::Ours {
        event: Event {
            id,
            at: when(&whole, "eventTime"),
            topic,
            nudges,
        },
        told,
        body: body.clone(),
    }
}

/// What a message asks to look at, and what it tells.
fn asked(topic: &str, payload: &Value, wanted: &Wanted<'_>) -> (Vec<Nudge>, Vec<Told>) {
    let one = |name: &str| deep(payload, name).map(str::to_owned);
    let elsewhere = one("marketplaceId").is_some_and(|id| !wanted.marketplaces.contains(&id));
    let nudges = |nudge: Option<Nudge>| nudge.into_iter().filter(|_| !elsewhere).collect();
    match topic {
        "ORDER_CHANGE" | "FBA_OUTBOUND_SHIPMENT_STATUS" => {
            (nudges(one("amazonOrderId").map(Nudge::Order)), Vec::new())
        }
        "LISTINGS_ITEM_STATUS_CHANGE"
        | "LISTINGS_ITEM_ISSUES_CHANGE"
        | "LISTINGS_ITEM_MFN_QUANTITY_CHANGE" => (nudges(one("sku").map(Nudge::Listing)), Vec::new()),
        "FBA_INVENTORY_AVAILABILITY_CHANGES" => {
            (one("sku").map(Nudge::Listing).into_iter().collect(), Vec::new())
        }
        "ANY_OFFER_CHANGED" => (nudges(one("asin").map(Nudge::Listing)), Vec::new()),
        "FEED_PROCESSING_FINISHED"
        | "REPORT_PROCESSING_FINISHED"
        | "DATA_KIOSK_QUERY_PROCESSING_FINISHED" => (Vec::new(), vec![Told::Prepared]),
        "ACCOUNT_STATUS_CHANGED" => account_status(one("currentAccountStatus").as_deref()),
        _ => (Vec::new(), Vec::new()),
    }
}

/// The health of the seller's account. It says nothing about the authorisation, so that is looked at.
fn account_status(status: Option<&str>) -> (Vec<Nudge>, Vec<Told>) {
    let (critical, title, detail) = match status {
        Some("NORMAL") => (None, "The seller's account is healthy again", String::new()),
        Some("AT_RISK") => (
            Some(false),
            "Amazon may deactivate the seller's account",
            "Amazon calls the account's health at risk. See Seller Central, Account Health.".to_owned(),
        ),
        Some("DEACTIVATED") => (
            Some(true),
            "Amazon has deactivated the seller's account",
            "Nothing is sold there until Amazon activates it again. See Seller Central, Account Health."
                .to_owned(),
        ),
        other => (
            Some(false),
            "Amazon says something new of the seller's account",
            format!(
                "Its status is `{}`, which is not known here. See Seller Central, Account Health.",
                other.unwrap_or_default().chars().take(60).collect::<String>()
            ),
        ),
    };
    let told = Told::Notice {
        key: "status",
        critical,
        title: title.to_owned(),
        detail,
    };
    (vec![Nudge::Access], vec![told])
}

/// What concerns the application: whoever uses it in this tenant.
fn of_application(topic: &str, id: String, whole: &Value, payload: &Value, wanted: &Wanted<'_>) -> Message {
    if deep(payload, "clientId") != Some(wanted.client_id) {
        return Message::NotOurs;
    }
    let event = Event {
        id,
        at: when(whole, "eventTime"),
        topic: topic.to_owned(),
        nudges: Vec::new(),
    };
    let (told, body) = match topic {
        "APPLICATION_OAUTH_CLIENT_NEW_SECRET" => {
            let secret = deep(payload, "newClientSecret").filter(|secret| !secret.is_empty());
            let Some(secret) = secret else {
                return Message::Unreadable("it announces a new client secret and holds none");
            };
            let ends = found(payload, "newClientSecretExpiryTime");
            let told = Told::Secrets {
                credentials: [(CLIENT_SECRET.to_owned(), SecretText::new(secret))].into(),
                ends: ends.map(|at| (CLIENT_SECRET, at)),
            };
            (vec![told], without_secrets(whole))
        }
        "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY" => {
            let told = found(payload, "clientSecretExpiryTime").map(|at| Told::Ends {
                term: CLIENT_SECRET,
                at,
            });
            (told.into_iter().collect(), without_secrets(whole))
        }
        _ => (Vec::new(), without_secrets(whole)),
    };
    Message::Ours { event, told, body }
}

/// The message as it may be kept: values of fields that are called a secret are gone.
fn without_secrets(whole: &Value) -> Bytes {
    fn hide(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = name.to_ascii_lowercase();
                    if name.contains("secret") && value.is_string() && !name.contains("expiry") {
                        *value = json!("***");
                    } else {
                        hide(value);
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(hide),
            _ => {}
        }
    }
    let mut shown = whole.clone();
    hide(&mut shown);
    Bytes::from(shown.to_string())
}

/// What may be kept of a message that cannot be read: all of it, unless it may hold a secret.
pub(super) fn keepable(body: &Bytes) -> Bytes {
    match serde_json::from_slice::<Value>(body) {
        Ok(whole) => without_secrets(&whole),
        Err(_)
            if String::from_utf8_lossy(body)
                .to_ascii_lowercase()
                .contains("secret") =>
        {
            Bytes::from_static(b"not kept: it may hold a secret")
        }
        Err(_) => body.clone(),
    }
}

/// A field by its name in any spelling.
fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    let mut found = fields
        .iter()
        .filter(|(field, _)| field.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    get(value, name)?.as_str()
}

/// The text of this name that lies least deep.
fn deep<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    /// Deeper than any of Amazon's payloads.
    const DEEPEST: usize = 4;
    let mut level = vec![value];
    for _ in 0..DEEPEST {
        if let Some(found) = level.iter().find_map(|value| text(value, name)) {
            return Some(found);
        }
        level = level
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|fields| fields.values())
            .collect();
    }
    None
}

fn when(value: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::parse(text(value, name)?).ok()
}

fn found(payload: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::parse(deep(payload, name)?).ok()
}
