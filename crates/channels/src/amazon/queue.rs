//! The queue Amazon writes notifications into: which one it is, who may read it, and the port's mailbox on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use stockbridge_domain::channel::{
    ChannelError, Delivered, Fault, Letter, Mailbox, Reading, SecretText, Subscription, options,
};
use stockbridge_domain::{BoxFut, FieldError};
use tokio::sync::OnceCell;

use super::AmazonConnection;
use super::envelope::{self, Message, Wanted};
use super::notifications::{self, OFFERS, SENDER, Subscribed, TOPICS, Target, Way};
use crate::amazon::aws::sign::Keys;
use crate::amazon::aws::sqs::{Queue, QueueAddress, QueueSettings};
use crate::amazon::aws::sts::{Role, TakenRole, check_arn};
use crate::auth::session::{Session, Sessions};

/// Option: the queue's address.
pub(super) const QUEUE_URL: &str = "queue_url";
/// Option: its region, where its address does not say so.
pub(super) const QUEUE_REGION: &str = "queue_region";
/// Option: a role to read it with.
pub(super) const QUEUE_ROLE: &str = "queue_role_arn";
/// Option: the AWS account whose EventBridge takes what Amazon sends nowhere else.
pub(super) const BRIDGE_ACCOUNT: &str = "event_bridge_account";
/// Option: also hear of every change of every offer.
pub(super) const FOLLOW_OFFERS: &str = "follow_offers";
/// Credential: an AWS user's key.
pub(super) const KEY_ID: &str = "aws_access_key_id";
/// Credential: its secret.
pub(super) const KEY_SECRET: &str = "aws_secret_access_key";
/// Endpoints.
pub(super) const SQS: &str = "sqs";
pub(super) const STS: &str = "sts";

/// A queue, and what is found out once while a connection is open.
pub(super) struct Post {
    queue: Queue,
    /// Token for what no seller has to agree to.
    grantless: Arc<Session>,
    settings: OnceCell<QueueSettings>,
    destinations: [OnceCell<String>; 2],
    bridge: Option<String>,
    offers: bool,
}

/// A setting's text, if there is any.
pub(super) fn option<'a>(given: &'a BTreeMap<String, Value>, name: &str) -> Option<&'a str> {
    let text = given.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// Checks what is said of a queue.
pub(super) fn check(
    credentials: &BTreeMap<String, SecretText>,
    given: &BTreeMap<String, Value>,
    problems: &mut Vec<FieldError>,
) {
    let mut refuse = |field: String, message: &str| problems.push(FieldError::new(field, message));
    let has = |name: &str| {
        credentials
            .get(name)
            .is_some_and(|text| !text.expose().is_empty())
    };
    match option(given, QUEUE_URL).map(QueueAddress::parse) {
        None => {}
        Some(Err(message)) => refuse(format!("options/{QUEUE_URL}"), &message),
        Some(Ok(address)) => {
            if address.region.is_none() && option(given, QUEUE_REGION).is_none() {
                refuse(
                    format!("options/{QUEUE_REGION}"),
                    "the queue's address does not name its region; write it, such as eu-west-1",
                );
            }
            for name in [KEY_ID, KEY_SECRET] {
                if !has(name) {
                    refuse(
                        format!("credentials/{name}"),
                        "an AWS user's key is needed to read the queue; make one in IAM, Security credentials",
                    );
                }
            }
        }
    }
    if let Some(Err(message)) = option(given, QUEUE_ROLE).map(check_arn) {
        refuse(format!("options/{QUEUE_ROLE}"), &message);
    }
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if option(given, BRIDGE_ACCOUNT).is_some_and(|account| !digits(account)) {
        refuse(
            format!("options/{BRIDGE_ACCOUNT}"),
            "the number of an AWS account has 12 digits; AWS shows it at the top right",
        );
    }
}

/// Where a connection's own parts come from.
pub(super) struct Parts<'a> {
    pub(super) credentials: &'a BTreeMap<String, SecretText>,
    pub(super) options: &'a BTreeMap<String, Value>,
    pub(super) endpoints: &'a BTreeMap<String, String>,
    pub(super) sessions: &'a Sessions,
    pub(super) account: stockbridge_domain::AccountId,
    pub(super) io: &'a stockbridge_domain::channel::Io,
}

/// The account's queue, if it has one.
pub(super) fn open(parts: &Parts<'_>) -> Option<Post> {
    let address = QueueAddress::parse(option(parts.options, QUEUE_URL)?).ok()?;
    let region = address
        .region
        .clone()
        .or_else(|| option(parts.options, QUEUE_REGION).map(str::to_owned))?;
    let credential = |name: &str| {
        let value = parts.credentials.get(name).cloned();
        value.unwrap_or_else(|| SecretText::new(""))
    };
    let (key, secret) = (credential(KEY_ID), credential(KEY_SECRET));
    let taken = option(parts.options, QUEUE_ROLE).map(|arn| TakenRole {
        arn: arn.to_owned(),
        base: parts
            .endpoints
            .get(STS)
            .cloned()
            .unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com")),
        region: region.clone(),
        session: parts
            .sessions
            .of(parts.account, &["sts", arn, key.expose(), secret.expose()]),
    });
    let application = ["client_id", "client_secret"].map(credential);
    let grantless = [
        "grantless",
        notifications::SCOPE,
        application[0].expose(),
        application[1].expose(),
    ];
    Some(Post {
        grantless: parts.sessions.of(parts.account, &grantless),
        settings: OnceCell::new(),
        destinations: [OnceCell::new(), OnceCell::new()],
        bridge: option(parts.options, BRIDGE_ACCOUNT).map(str::to_owned),
        offers: options::flag(parts.options, FOLLOW_OFFERS),
        queue: Queue {
            base: parts.endpoints.get(SQS).unwrap_or(&address.base).clone(),
            address,
            region,
            role: Role {
                own: Keys {
                    access_key_id: key.expose().to_owned(),
                    secret,
                    session_token: None,
                },
                taken,
            },
            account: parts.account,
            io: parts.io.clone(),
        },
    })
}

impl Post {
    async fn settings(&self) -> Result<&QueueSettings, ChannelError> {
        self.settings.get_or_try_init(|| self.queue.settings()).await
    }

    async fn target(&self, way: Way) -> Result<Target, ChannelError> {
        match (way, &self.bridge) {
            (Way::Bridge, Some(account)) => Ok(Target::Bridge {
                account: account.clone(),
                region: self.queue.region.clone(),
            }),
            _ => Ok(Target::Queue(self.settings().await?.arn.clone())),
        }
    }
}

impl AmazonConnection {
    fn post(&self) -> Result<&Post, ChannelError> {
        self.post
            .as_ref()
            .ok_or_else(|| ChannelError::new(Fault::Rejected, "sqs", "the account has no queue"))
    }

    /// The id of the destination that leads where a type is delivered; made if it is missing.
    async fn destination(&self, way: Way) -> Result<&str, ChannelError> {
        let post = self.post()?;
        let [queue, bridge] = &post.destinations;
        let cell = match way {
            Way::Queue => queue,
            Way::Bridge => bridge,
        };
        let id = cell
            .get_or_try_init(async || {
                let target = post.target(way).await?;
                if let Some(id) = self.find_destination(&target).await? {
                    return Ok(id);
                }
                let call = notifications::create_destination(&target);
                let made = self
                    .api
                    .ask_grantless(&call, &post.grantless, notifications::SCOPE)
                    .await;
                match made {
                    Ok(answer) => Ok(answer.payload.destination_id),
                    // Somebody made it meanwhile.
                    Err(error) if error.fault == Fault::Conflict => {
                        self.find_destination(&target).await?.ok_or(error)
                    }
                    Err(error) => Err(error),
                }
            })
            .await?;
        Ok(id)
    }

    async fn find_destination(&self, target: &Target) -> Result<Option<String>, ChannelError> {
        let call = notifications::get_destinations();
        let grantless = &self.post()?.grantless;
        let found = self
            .api
            .ask_grantless(&call, grantless, notifications::SCOPE)
            .await?;
        let mut leading = found.payload.into_iter().filter(|d| d.leads_to(target));
        Ok(leading.next().map(|d| d.destination_id))
    }

    async fn find_subscription(
        &self,
        topic: &str,
        version: &str,
    ) -> Result<Option<Subscribed>, ChannelError> {
        match self
            .api
            .ask(&notifications::get_subscription(topic, version))
            .await
        {
            Ok(found) => Ok(Some(found.payload)),
            Err(error) if error.fault == Fault::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put_in_order(&self, topic: &str) -> Result<Subscription, ChannelError> {
        let Some((topic, version, way)) = TOPICS
            .into_iter()
            .chain([OFFERS])
            .find(|(name, ..)| *name == topic)
        else {
            return Err(ChannelError::new(
                Fault::Rejected,
                "createSubscription",
                "the hub does not know this type",
            ));
        };
        let destination = self.destination(way).await?;
        if let Some(found) = self.find_subscription(topic, version).await? {
            if found.destination_id == destination {
                return Ok(Subscription {
                    id: found.subscription_id,
                    mended: false,
                });
            }
            self.end(topic, &found.subscription_id).await?;
        }
        let call = notifications::create_subscription(topic, version, destination);
        let id = match self.api.ask(&call).await {
            Ok(made) => made.payload.subscription_id,
            Err(error) if error.fault == Fault::Conflict => {
                let found = self.find_subscription(topic, version).await?;
                found.ok_or(error)?.subscription_id
            }
            Err(error) => return Err(error),
        };
        Ok(Subscription { id, mended: true })
    }

    async fn end(&self, topic: &str, id: &str) -> Result<(), ChannelError> {
        let call = notifications::delete_subscription(topic, id);
        let ended = self
            .api
            .call_grantless(&call, &self.post()?.grantless, notifications::SCOPE)
            .await;
        match ended {
            Err(error) if error.fault != Fault::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Mailbox for AmazonConnection {
    fn address(&self) -> &str {
        self.post.as_ref().map_or("", |post| &post.queue.address.url)
    }

    fn collect(&self, wait: Duration, hide: Duration) -> BoxFut<'_, Result<Vec<Letter>, ChannelError>> {
        Box::pin(async move { self.post()?.queue.receive(wait, hide).await })
    }

    fn remove<'a>(&'a self, letters: &'a [Letter]) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move { self.post()?.queue.delete(letters).await })
    }

    fn hide<'a>(&'a self, letters: &'a [Letter], hide: Duration) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(async move { self.post()?.queue.hide(letters, hide).await })
    }

    fn read(&self, letter: &Letter, subscriptions: &BTreeSet<String>) -> Reading {
        let wanted = Wanted {
            seller_id: &self.seller_id,
            client_id: self.api.grant.client_id.expose(),
            marketplaces: &self.marketplaces,
        };
        match envelope::read(&letter.body, &wanted, |id| subscriptions.contains(id)) {
            Message::Ours { event, told, body } => Reading::Ours(Box::new(Delivered { event, told, body })),
            Message::NotOurs => Reading::NotOurs,
            Message::Unreadable(why) => Reading::Unreadable {
                why: why.to_owned(),
                body: envelope::keepable(&letter.body),
            },
        }
    }

    fn topics(&self) -> Vec<&'static str> {
        let post = self.post.as_ref();
        let bridge = post.is_some_and(|post| post.bridge.is_some());
        let offers = post.is_some_and(|post| post.offers).then_some(OFFERS);
        TOPICS
            .into_iter()
            .chain(offers)
            .filter(|(_, _, way)| bridge || *way == Way::Queue)
            .map(|(topic, ..)| topic)
            .collect()
    }

    fn inspect(&self) -> BoxFut<'_, Result<Vec<String>, ChannelError>> {
        Box::pin(async move { Ok(findings(self.post()?.settings().await?)) })
    }

    fn subscribe<'a>(&'a self, topic: &'a str) -> BoxFut<'a, Result<Subscription, ChannelError>> {
        Box::pin(self.put_in_order(topic))
    }

    fn unsubscribe<'a>(&'a self, topic: &'a str, id: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        Box::pin(self.end(topic, id))
    }
}

/// What is not as it should be with a queue.
fn findings(settings: &QueueSettings) -> Vec<String> {
    let mut found = Vec::new();
    if settings.dead_letters.is_none() {
        found.push(
            "the queue has no dead-letter queue, so a message that cannot be stored would come again for days; add one in SQS \
             (Dead-letter queue, maximum receives 10)"
                .to_owned(),
        );
    } else if settings
        .dead_letters
        .as_ref()
        .is_some_and(|(times, _)| *times < 5)
    {
        found.push(
            "the queue gives messages up after fewer than 5 receives, which a restart at the wrong time can use up; set 10"
                .to_owned(),
        );
    }
    if !settings.policy.contains(SENDER) {
        found.push(format!(
            "the queue's access policy does not let Amazon in; allow the AWS account {SENDER} sqs:SendMessage and \
             sqs:GetQueueAttributes"
        ));
    }
    if settings.own_key {
        found.push(format!(
            "the queue is encrypted with a key of your own: its policy has to allow the AWS account {SENDER} \
             kms:GenerateDataKey and kms:Decrypt (SQS's own encryption needs nothing more)"
        ));
    }
    found
}
