//! Notifications: destinations and subscriptions as Amazon has them, and a queue to read the messages from that speaks AWS's
//! protocol as far as a reader needs it.
//!
//! Messages are made when somebody reads, from what has changed since the last time, so that the same calls give the same messages.
//! They come in Amazon's two spellings of the envelope, some of them twice.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use rand::RngExt;
use serde_json::{Value, json};

use super::error::{ApiError, json_response};
use super::route::{Call, Operation};
use super::uuid_text;
use crate::time::after_ms;
use crate::world::{Order, OrderStatus, World};

/// One message in so many comes twice.
const TWICE: u32 = 8;
/// Messages handed out at once.
const MOST: usize = 10;

/// Everything the sellers have asked for, and what lies in the queues.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// Names of queues by destination.
    destinations: BTreeMap<String, Value>,
    subscriptions: Vec<Subscription>,
    queues: BTreeMap<String, Vec<Message>>,
}

#[derive(Debug)]
struct Subscription {
    id: String,
    seller_id: String,
    kind: String,
    version: String,
    destination: String,
    /// Changes up to this instant have been told.
    told: Timestamp,
}

#[derive(Debug)]
struct Message {
    id: String,
    body: String,
    visible_at: Timestamp,
    receives: u32,
    receipt: String,
}

impl Post {
    /// The operations of the Notifications API.
    pub(super) fn perform(&mut self, world: &mut World, call: &Call) -> Result<Response<Bytes>, ApiError> {
        let answered = |payload: Value| Ok(json_response(StatusCode::OK, &json!({"payload": payload})));
        match call.operation {
            Operation::GetDestinations => answered(self.destinations.values().cloned().collect()),
            Operation::CreateDestination => {
                let made = self.create_destination(world, call)?;
                answered(made)
            }
            Operation::GetSubscription => {
                let found = self
                    .of(call)
                    .ok_or_else(|| ApiError::not_found("No subscription."))?;
                answered(found.json())
            }
            Operation::CreateSubscription => {
                let made = self.subscribe(world, call)?;
                answered(made)
            }
            Operation::DeleteSubscription => {
                let id = call.path_parameter(1);
                let before = self.subscriptions.len();
                self.subscriptions.retain(|s| s.id != id);
                if before == self.subscriptions.len() {
                    return Err(ApiError::not_found("No subscription."));
                }
                Ok(json_response(StatusCode::OK, &json!({})))
            }
            _ => Err(ApiError::unauthorized("")),
        }
    }

    fn of(&self, call: &Call) -> Option<&Subscription> {
        let kind = call.path_parameter(0);
        let mine = |s: &&Subscription| s.seller_id == call.seller_id && s.kind == kind;
        self.subscriptions.iter().find(mine)
    }

    fn create_destination(&mut self, world: &mut World, call: &Call) -> Result<Value, ApiError> {
        let body = body(call)?;
        let spec = &body["resourceSpecification"];
        let resource = match (spec["sqs"]["arn"].as_str(), &spec["eventBridge"]) {
            (Some(arn), _) if arn.starts_with("arn:aws:sqs:") => json!({"sqs": {"arn": arn}}),
            (None, bridge) if bridge.is_object() => {
                let mut bridge = bridge.clone();
                bridge["name"] = json!("aws.partner/sellingpartnerapi.amazon.com/simulated");
                json!({"eventBridge": bridge})
            }
            _ => {
                return Err(ApiError::invalid(
                    "The resource is not valid.",
                    "resourceSpecification",
                ));
            }
        };
        if self.destinations.values().any(|d| d["resource"] == resource) {
            return Err(ApiError::conflict("The destination exists already."));
        }
        let id = uuid_text(&mut world.rng);
        let made = json!({"destinationId": id, "name": body["name"], "resource": resource});
        self.destinations.insert(id, made.clone());
        Ok(made)
    }

    fn subscribe(&mut self, world: &mut World, call: &Call) -> Result<Value, ApiError> {
        let body = body(call)?;
        let destination = body["destinationId"].as_str().unwrap_or_default();
        if !self.destinations.contains_key(destination) {
            return Err(ApiError::invalid(
                "The destination does not exist.",
                "destinationId",
            ));
        }
        if self.of(call).is_some() {
            return Err(ApiError::conflict("The subscription exists already."));
        }
        let made = Subscription {
            id: uuid_text(&mut world.rng),
            seller_id: call.seller_id.clone(),
            kind: call.path_parameter(0).to_owned(),
            version: body["payloadVersion"].as_str().unwrap_or_default().to_owned(),
            destination: destination.to_owned(),
            told: world.now,
        };
        let shown = made.json();
        self.subscriptions.push(made);
        Ok(shown)
    }

    /// Puts a message of Amazon's into every queue there is, as for the application as a whole.
    pub(super) fn announce(&mut self, world: &mut World, notification: &Value) {
        let names: Vec<String> = self.queues.keys().cloned().collect();
        for name in names {
            self.put(world, &name, notification);
        }
    }

    /// A request in the queue's protocol.
    pub(super) fn queue(&mut self, world: &mut World, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request
            .headers()
            .get("x-amz-target")
            .and_then(|t| t.to_str().ok());
        let action = target
            .and_then(|t| t.strip_prefix("AmazonSQS."))
            .unwrap_or_default()
            .to_owned();
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let url = body["QueueUrl"].as_str().unwrap_or_default();
        let Some(name) = url
            .rsplit('/')
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
        else {
            let refused =
                json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "No such queue."});
            return json_response(StatusCode::BAD_REQUEST, &refused);
        };
        self.queues.entry(name.clone()).or_default();
        self.write(world);
        let answer = match action.as_str() {
            "ReceiveMessage" => self.receive(world, &name, &body),
            "DeleteMessageBatch" => self.delete(&name, &body),
            "ChangeMessageVisibilityBatch" => self.hide(world, &name, &body),
            "GetQueueAttributes" => self.attributes(&name),
            _ => {
                let refused =
                    json!({"__type": "com.amazonaws.sqs#UnsupportedOperation", "message": "Not simulated."});
                return json_response(StatusCode::BAD_REQUEST, &refused);
            }
        };
        json_response(StatusCode::OK, &answer)
    }

    /// Writes a message for every change since the last time.
    fn write(&mut self, world: &mut World) {
        let mut written = Vec::new();
        for subscription in &mut self.subscriptions {
            let since = subscription.told;
            subscription.told = world.now;
            if subscription.kind != "ORDER_CHANGE" {
                continue;
            }
            let changed = world.orders.values().filter(|order| {
                order.seller_id == subscription.seller_id
                    && order.updated_at > since
                    && order.updated_at <= world.now
            });
            for order in changed {
                let destination = self.destinations.get(&subscription.destination);
                let arn = destination.and_then(|d| d["resource"]["sqs"]["arn"].as_str());
                let queue = arn.and_then(|arn| arn.rsplit(':').next()).unwrap_or_default();
                written.push((queue.to_owned(), order_change(subscription, order)));
            }
        }
        for (queue, notification) in written {
            self.put(world, &queue, &notification);
            if world.rng.random_ratio(1, TWICE) {
                let same = self
                    .queues
                    .get(&queue)
                    .and_then(|q| q.last())
                    .map(|m| m.body.clone());
                if let Some(body) = same {
                    self.put_text(world, &queue, body);
                }
            }
        }
    }

    fn put(&mut self, world: &mut World, queue: &str, notification: &Value) {
        let mut notification = notification.clone();
        let camel = notification.get("notificationMetadata").is_some();
        let (metadata, id, published) = match camel {
            true => ("notificationMetadata", "notificationId", "publishTime"),
            false => ("NotificationMetadata", "NotificationId", "PublishTime"),
        };
        notification[metadata][id] = json!(uuid_text(&mut world.rng));
        notification[metadata][published] = json!(world.now.to_string());
        self.put_text(world, queue, notification.to_string());
    }

    fn put_text(&mut self, world: &mut World, queue: &str, body: String) {
        let message = Message {
            id: uuid_text(&mut world.rng),
            body,
            visible_at: world.now,
            receives: 0,
            receipt: String::new(),
        };
        self.queues.entry(queue.to_owned()).or_default().push(message);
    }

    fn receive(&mut self, world: &mut World, name: &str, body: &Value) -> Value {
        let hidden = body["VisibilityTimeout"].as_u64().unwrap_or(30);
        let most = body["MaxNumberOfMessages"]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(1);
        let until = after_ms(world.now, hidden.saturating_mul(1_000));
        let (now, mut handed) = (world.now, Vec::new());
        for message in self.queues.entry(name.to_owned()).or_default() {
            if message.visible_at > now || handed.len() >= most.min(MOST) {
                continue;
            }
            message.receives += 1;
            message.visible_at = until;
            message.receipt = format!("{}-{}", message.id, message.receives);
            handed.push(json!({
                "MessageId": message.id,
                "ReceiptHandle": message.receipt,
                "Body": message.body,
                "Attributes": {"ApproximateReceiveCount": message.receives.to_string()},
            }));
        }
        match handed.is_empty() {
            true => json!({}),
            false => json!({"Messages": handed}),
        }
    }

    fn delete(&mut self, name: &str, body: &Value) -> Value {
        let receipts = receipts(body);
        let queue = self.queues.entry(name.to_owned()).or_default();
        queue.retain(|m| !receipts.iter().any(|(_, receipt, _)| *receipt == m.receipt));
        let done: Vec<Value> = receipts.iter().map(|(id, ..)| json!({"Id": id})).collect();
        json!({"Successful": done, "Failed": []})
    }

    fn hide(&mut self, world: &World, name: &str, body: &Value) -> Value {
        let receipts = receipts(body);
        for message in self.queues.entry(name.to_owned()).or_default() {
            if let Some((.., secs)) = receipts
                .iter()
                .find(|(_, receipt, _)| *receipt == message.receipt)
            {
                message.visible_at = after_ms(world.now, secs.saturating_mul(1_000));
            }
        }
        let done: Vec<Value> = receipts.iter().map(|(id, ..)| json!({"Id": id})).collect();
        json!({"Successful": done, "Failed": []})
    }

    fn attributes(&self, name: &str) -> Value {
        let waiting = self.queues.get(name).map_or(0, Vec::len);
        let dead = json!({"deadLetterTargetArn": format!("arn:aws:sqs:eu-west-1:000000000000:{name}-dead"), "maxReceiveCount": 10});
        json!({"Attributes": {
            "QueueArn": format!("arn:aws:sqs:eu-west-1:000000000000:{name}"),
            "ApproximateNumberOfMessages": waiting.to_string(),
            "RedrivePolicy": dead.to_string(),
            "Policy": json!({"Statement": [{"Principal": {"AWS": "arn:aws:iam::437568002678:root"}}]}).to_string(),
        }})
    }
}

impl Subscription {
    fn json(&self) -> Value {
        json!({"subscriptionId": self.id, "payloadVersion": self.version, "destinationId": self.destination})
    }
}

fn body(call: &Call) -> Result<Value, ApiError> {
    let read = serde_json::from_slice::<Value>(&call.body).ok();
    read.filter(Value::is_object)
        .ok_or_else(|| ApiError::invalid("The body is no JSON object.", "body"))
}

/// Id, receipt and seconds of each entry of a batch.
fn receipts(body: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = body["Entries"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|e| {
            (
                text(&e["Id"]),
                text(&e["ReceiptHandle"]),
                e["VisibilityTimeout"].as_u64().unwrap_or(0),
            )
        })
        .collect()
}

/// `ORDER_CHANGE` in the spelling it comes in; the status is in the words of orders v0.
fn order_change(subscription: &Subscription, order: &Order) -> Value {
    let status = match order.status {
        OrderStatus::Pending => "Pending",
        OrderStatus::Unshipped => "Unshipped",
        OrderStatus::PartiallyShipped => "PartiallyShipped",
        OrderStatus::Shipped => "Shipped",
        OrderStatus::Cancelled => "Canceled",
    };
    let at = order.updated_at.to_string();
    json!({
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": at,
        "Payload": {"OrderChangeNotification": {
            "NotificationLevel": "OrderLevel",
            "SellerId": order.seller_id,
            "AmazonOrderId": order.id,
            "OrderChangeType": "OrderStatusChange",
            "OrderChangeTrigger": {"TimeOfOrderChange": at, "ChangeReason": "StatusChange"},
            "Summary": {"MarketplaceId": order.marketplace_id, "OrderStatus": status},
        }},
        "NotificationMetadata": {
            "ApplicationId": "amzn1.sellerapps.app.simulated",
            "SubscriptionId": subscription.id,
        },
    })
}
