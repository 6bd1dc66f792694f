//! Notifications (v1): what the hub wants to hear of, and asking Amazon to send it.

use std::marker::PhantomData;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::channel::BucketSpec;

use super::client::Call;
use super::operations::{Endpoint, MIB, Nothing, Row, reads, rows};
use crate::call::{Effect, Operation};
use crate::endpoint::Query;

/// Scope of the grantless token these operations take, where they are not the seller's.
pub(super) const SCOPE: &str = "sellingpartnerapi::notifications";
/// The AWS account Amazon sends from; the queue's policy has to let it in.
pub(super) const SENDER: &str = "437568002678";

/// How a type is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight into the queue.
    Queue,
    /// To EventBridge alone, from where a rule leads to the queue.
    Bridge,
}

/// What the hub wants to hear of: type, version of its payload, and how it is delivered.
pub(super) const TOPICS: [(&str, &str, Way); 9] = [
    ("ORDER_CHANGE", "1.0", Way::Queue),
    ("FBA_INVENTORY_AVAILABILITY_CHANGES", "1.0", Way::Queue),
    ("FBA_OUTBOUND_SHIPMENT_STATUS", "1.0", Way::Queue),
    ("ACCOUNT_STATUS_CHANGED", "2021-01-01", Way::Queue),
    ("FEED_PROCESSING_FINISHED", "2020-09-04", Way::Queue),
    ("REPORT_PROCESSING_FINISHED", "2020-09-04", Way::Queue),
    ("LISTINGS_ITEM_STATUS_CHANGE", "1.0", Way::Bridge),
    ("LISTINGS_ITEM_ISSUES_CHANGE", "2023-12-13", Way::Bridge),
    ("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", "1.0", Way::Bridge),
];
/// Only on request: it comes with every move of every competitor.
pub(super) const OFFERS: (&str, &str, Way) = ("ANY_OFFER_CHANGED", "1.0", Way::Queue);

rows! {
    /// All destinations of the application.
    DESTINATIONS: Enveloped<Vec<Destination>> = GET "/notifications/v1/destinations",
        "getDestinations" in "notifications.json", plan(1_000_000, 5), Read, 30 s, 1 MiB;
    /// Makes one; one that is there is refused with 409.
    CREATE_DESTINATION: Enveloped<Destination> = POST "/notifications/v1/destinations",
        "createDestination" in "notifications.json", plan(1_000_000, 5), Idempotent, 30 s, 1 MiB;
    /// The seller's subscription to one type.
    SUBSCRIPTION: Enveloped<Subscribed> = GET "/notifications/v1/subscriptions/{notificationType}",
        "getSubscription" in "notifications.json", plan(1_000_000, 5), Read, 30 s, 1 MiB;
    /// Makes one; one that is there is refused with 409.
    SUBSCRIBE: Enveloped<Subscribed> = POST "/notifications/v1/subscriptions/{notificationType}",
        "createSubscription" in "notifications.json", plan(1_000_000, 5), Idempotent, 30 s, 1 MiB;
    /// Ends one.
    UNSUBSCRIBE: Nothing = DELETE "/notifications/v1/subscriptions/{notificationType}/{subscriptionId}",
        "deleteSubscriptionById" in "notifications.json", plan(1_000_000, 5), Idempotent, 30 s, 1 MiB;
}

/// `getDestinations`.
pub(super) fn get_destinations() -> Call<Enveloped<Vec<Destination>>> {
    Call::to(&DESTINATIONS, &[])
}

/// Where messages are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A queue, by its name in all of AWS.
    Queue(String),
    /// EventBridge of an AWS account, in a region.
    Bridge {
        /// Twelve digits.
        account: String,
        /// Such as `eu-west-1`.
        region: String,
    },
}

/// `createDestination`.
pub(super) fn create_destination(target: &Target) -> Call<Enveloped<Destination>> {
    let (name, resource) = match target {
        Target::Queue(arn) => ("Stockbridge queue", json!({"sqs": {"arn": arn}})),
        Target::Bridge { account, region } => (
            "Stockbridge event bridge",
            json!({"eventBridge": {"accountId": account, "region": region}}),
        ),
    };
    let body = json!({"name": name, "resourceSpecification": resource});
    Call::to(&CREATE_DESTINATION, &[]).body(body.to_string())
}

/// `getSubscription`.
pub(super) fn get_subscription(topic: &str, version: &str) -> Call<Enveloped<Subscribed>> {
    Call::to(&SUBSCRIPTION, &[topic]).query(&Query::default().with("payloadVersion", version))
}

/// `createSubscription`. Without a filter, so that a marketplace that joins the account later is not missed; offers are gathered for
/// five minutes, because they change all the time.
pub(super) fn create_subscription(
    topic: &str,
    version: &str,
    destination: &str,
) -> Call<Enveloped<Subscribed>> {
    let mut body = json!({"payloadVersion": version, "destinationId": destination});
    if topic == OFFERS.0 {
        body["processingDirective"] = json!({"eventFilter": {
            "eventFilterType": topic,
            "aggregationSettings": {"aggregationTimePeriod": "FiveMinutes"},
        }});
    }
    Call::to(&SUBSCRIBE, &[topic]).body(body.to_string())
}

/// `deleteSubscriptionById`.
pub(super) fn delete_subscription(topic: &str, id: &str) -> Call<Nothing> {
    Call::to(&UNSUBSCRIBE, &[topic, id])
}

/// Answer with a payload.
#[derive(Debug, Deserialize)]
pub(super) struct Enveloped<T> {
    pub(super) payload: T,
}

/// A destination, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Destination {
    pub(super) destination_id: String,
    #[serde(default)]
    resource: Resource,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    sqs: Option<Sqs>,
    event_bridge: Option<Bridge>,
}

#[derive(Debug, Deserialize)]
struct Sqs {
    arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bridge {
    account_id: String,
    region: String,
}

impl Destination {
    /// Whether it leads to `target`.
    pub(super) fn leads_to(&self, target: &Target) -> bool {
        match target {
            Target::Queue(arn) => self.resource.sqs.as_ref().is_some_and(|sqs| sqs.arn == *arn),
            Target::Bridge { account, region } => self
                .resource
                .event_bridge
                .as_ref()
                .is_some_and(|bridge| bridge.account_id == *account && bridge.region == *region),
        }
    }
}

/// A subscription, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscribed {
    pub(super) subscription_id: String,
    pub(super) destination_id: String,
}
