//! Webhooks: proved by the app's secret over the raw body, read as hints, and kept subscribed.
//!
//! Shopify ends a subscription whose messages fail for hours, says nothing of it, and promises neither order nor that a
//! message comes once. Messages come with one of two families of headers. Source: shopify.dev, "Webhooks: HTTPS".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use stockbridge_domain::channel::{
    ChannelError, Event, EventSource, Fault, Inbound, InboundRefusal, Nudge, Registered,
};
use stockbridge_domain::{BoxFut, Timestamp};

use super::ShopConnection;
use super::api::clean;
use super::client::{self, Call, WEBHOOK_CREATE, WEBHOOK_DELETE, WEBHOOK_UPDATE, number};
use super::wire::{Connection, UserError};

/// Fields that are sent of an order's message: enough to look it up, and nothing of the buyer.
const ORDER: &[&str] = &["id", "admin_graphql_api_id", "updated_at"];
/// The same of what belongs to an order.
const OF_ORDER: &[&str] = &["id", "order_id"];
/// The same of a product.
const PRODUCT: &[&str] = &["id"];
/// All there is, where that is little.
const ALL: &[&str] = &[];

/// What is subscribed to, with the fields that are sent.
const TOPICS: [(&str, &[&str]); 21] = [
    ("ORDERS_CREATE", ORDER),
    ("ORDERS_UPDATED", ORDER),
    ("ORDERS_CANCELLED", ORDER),
    ("ORDERS_EDITED", ALL),
    ("ORDERS_PAID", ORDER),
    ("FULFILLMENTS_CREATE", OF_ORDER),
    ("FULFILLMENTS_UPDATE", OF_ORDER),
    ("REFUNDS_CREATE", OF_ORDER),
    ("RETURNS_REQUEST", ALL),
    ("RETURNS_APPROVE", ALL),
    ("RETURNS_CANCEL", ALL),
    ("RETURNS_CLOSE", ALL),
    ("RETURNS_UPDATE", ALL),
    ("INVENTORY_LEVELS_CONNECT", ALL),
    ("INVENTORY_LEVELS_DISCONNECT", ALL),
    ("INVENTORY_LEVELS_UPDATE", ALL),
    ("PRODUCTS_CREATE", PRODUCT),
    ("PRODUCTS_UPDATE", PRODUCT),
    ("PRODUCTS_DELETE", PRODUCT),
    ("APP_UNINSTALLED", PRODUCT),
    ("APP_SCOPES_UPDATE", ALL),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    webhook_subscriptions: Connection<Subscription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    id: String,
    topic: String,
    uri: String,
    format: String,
    #[serde(default)]
    filter: Option<String>,
    #[serde(default)]
    include_fields: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Answered {
    #[serde(
        alias = "webhookSubscriptionCreate",
        alias = "webhookSubscriptionUpdate",
        alias = "webhookSubscriptionDelete"
    )]
    payload: Option<Payload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

impl Subscription {
    /// Whether it sends what we ask for.
    fn in_order(&self, fields: &[&str]) -> bool {
        let plain = self.filter.as_deref().unwrap_or_default().is_empty();
        self.format == "JSON" && plain && self.include_fields == fields
    }
}

impl EventSource for ShopConnection {
    fn receive(&self, inbound: &Inbound, _now: Timestamp) -> Result<Event, InboundRefusal> {
        let header = |name: &str| header(&inbound.headers, name);
        let unauthentic = |message: &str| InboundRefusal::Unauthentic(message.to_owned());
        let given = header("hmac-sha256").ok_or_else(|| unauthentic("the message bears no signature"))?;
        let given = STANDARD
            .decode(given)
            .map_err(|_| unauthentic("the signature cannot be read"))?;
        if self.secrets.is_empty() {
            return Err(unauthentic(
                "the account has no client secret, so nobody can tell who sent this",
            ));
        }
        let signed = |secret: &stockbridge_domain::channel::SecretText| {
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).is_ok_and(|mut mac| {
                mac.update(&inbound.body);
                mac.verify_slice(&given).is_ok()
            })
        };
        if !self.secrets.iter().any(signed) {
            return Err(unauthentic("the signature is not by the app's client secret"));
        }
        // One app's secret signs for all its shops.
        if header("shop-domain").is_none_or(|shop| !shop.eq_ignore_ascii_case(&self.shop)) {
            return Err(unauthentic("the message is about another shop"));
        }
        let unreadable = |message: &str| InboundRefusal::Unreadable(message.to_owned());
        let id =
            header("webhook-id").ok_or_else(|| unreadable("`webhook-id` is missing from the headers"))?;
        let topic = header("topic").ok_or_else(|| unreadable("`topic` is missing from the headers"))?;
        let topic = match header("action") {
            Some(action) if !topic.contains('/') => format!("{topic}/{action}"),
            _ => topic.to_owned(),
        };
        let body: Value =
            serde_json::from_slice(&inbound.body).map_err(|_| unreadable("the body is not JSON"))?;
        Ok(Event {
            id: id.to_owned(),
            at: header("triggered-at").and_then(|at| Timestamp::parse(at).ok()),
            nudges: nudges(&topic, &body),
            topic,
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        Box::pin(async move {
            let mut done = Registered::default();
            if self.secrets.is_empty() {
                done.by_hand.push(
                    "enter the app's client secret on the store's page: without it no message can be told from a stranger's"
                        .to_owned(),
                );
                return Ok(done);
            }
            if !url.starts_with("https://") {
                done.by_hand.push(
                    "Shopify sends to https:// addresses alone; give the hub one in `server.public_url`"
                        .to_owned(),
                );
                return Ok(done);
            }
            let mut ours = self.subscriptions(url).await?;
            for (topic, fields) in TOPICS {
                let address = address(url, topic);
                let found = ours.iter().position(|s| s.topic == topic && s.uri == address);
                let wanted = json!({"uri": address, "format": "JSON", "filter": "", "includeFields": fields});
                let call = match found.map(|at| ours.swap_remove(at)) {
                    Some(there) if there.in_order(fields) => {
                        done.kept += 1;
                        continue;
                    }
                    Some(there) => {
                        client::call(&WEBHOOK_UPDATE, json!({"id": there.id, "subscription": wanted}))
                    }
                    None => client::call(&WEBHOOK_CREATE, json!({"topic": topic, "subscription": wanted})),
                };
                self.subscribe(&call, topic, &mut done).await?;
            }
            // What is left is of a topic no longer used, or doubled.
            for stray in ours {
                self.end(&stray).await?;
                done.mended += 1;
            }
            Ok(done)
        })
    }

    fn unregister<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move {
            for subscription in self.subscriptions(url).await? {
                self.end(&subscription).await?;
            }
            Ok(())
        })
    }
}

impl ShopConnection {
    /// The subscriptions that send to `url`.
    async fn subscriptions(&self, url: &str) -> Result<Vec<Subscription>, ChannelError> {
        let (mut ours, mut next) = (Vec::new(), None::<String>);
        loop {
            let call = client::call(&client::WEBHOOKS, json!({"after": next}));
            let page = self.api.ask::<Listed>(&call).await?.webhook_subscriptions;
            next = page.next();
            let to_us = |s: &Subscription| s.uri.strip_prefix(url).is_some_and(|rest| rest.starts_with('/'));
            ours.extend(page.nodes.into_iter().filter(to_us));
            if next.is_none() {
                return Ok(ours);
            }
        }
    }

    async fn subscribe(&self, call: &Call, topic: &str, done: &mut Registered) -> Result<(), ChannelError> {
        match self.change(call).await {
            Ok(None) => done.mended += 1,
            // Somebody else made it in this moment.
            Ok(Some(said)) if said.contains("already been taken") => done.kept += 1,
            Ok(Some(said)) => done
                .by_hand
                .push(format!("Shopify does not send {topic}: {said}")),
            Err(e) if e.fault == Fault::Forbidden => {
                done.by_hand
                    .push(format!("Shopify does not send {topic}: {}", e.message));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    async fn end(&self, subscription: &Subscription) -> Result<(), ChannelError> {
        let call = client::call(&WEBHOOK_DELETE, json!({"id": subscription.id}));
        // One that is gone already is what was asked for.
        self.change(&call).await.map(|_| ())
    }

    /// Makes a change of subscriptions; what Shopify says against it is given back.
    async fn change(&self, call: &Call) -> Result<Option<String>, ChannelError> {
        let answer = self.api.call(call).await?;
        let payload = answer.read::<Answered>()?.payload;
        let payload = payload.ok_or_else(|| answer.contract("the mutation's answer is null"))?;
        Ok(payload.user_errors.first().map(|error| clean(&error.message)))
    }
}

/// Where a topic's messages go.
fn address(url: &str, topic: &str) -> String {
    format!("{url}/{}", topic.to_ascii_lowercase())
}

/// A header of either family.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let families = [format!("x-shopify-{name}"), format!("shopify-{name}")];
    let found = families.iter().find_map(|name| headers.get(name.as_str()));
    found
        .and_then(|value| value.to_str().ok())
        .filter(|text| !text.is_empty())
}

/// What a message asks us to look at.
fn nudges(topic: &str, body: &Value) -> Vec<Nudge> {
    let id = |value: &Value| match value {
        Value::Number(n) => Some(n.to_string()),
        Value::String(text) => Some(number(text).to_owned()),
        _ => None,
    };
    let order = |found: Option<String>| vec![found.map_or(Nudge::Orders, Nudge::Order)];
    let about = topic.split('/').next().unwrap_or_default().to_ascii_lowercase();
    match about.as_str() {
        "orders" | "order" => {
            let edited = id(&body["order_edit"]["order_id"]);
            order(
                id(&body["admin_graphql_api_id"])
                    .or_else(|| id(&body["id"]))
                    .or(edited),
            )
        }
        "refunds" | "fulfillments" => order(id(&body["order_id"])),
        "fulfillment_orders" => vec![Nudge::Orders],
        "returns" => {
            let mut nudges = vec![Nudge::Returns];
            nudges.extend(
                id(&body["order"]["id"])
                    .or_else(|| id(&body["order_id"]))
                    .map(Nudge::Order),
            );
            nudges
        }
        "inventory_levels" | "inventory_items" => {
            let item = id(&body["inventory_item_id"]).or_else(|| id(&body["id"]));
            vec![item.map_or(Nudge::Listings, |item| {
                Nudge::Listing(format!("InventoryItem/{item}"))
            })]
        }
        "products" if topic.ends_with("/update") => match id(&body["id"]) {
            Some(product) => vec![Nudge::Listing(format!("Product/{product}"))],
            None => vec![Nudge::Listings],
        },
        "products" | "locations" => vec![Nudge::Listings],
        "app" => vec![Nudge::Access],
        _ => Vec::new(),
    }
}
