//! A queue of Amazon SQS, by its JSON protocol.
//!
//! Messages are handed out hidden from others for a while and come again unless they are deleted; the queue's own settings say how
//! often before they go to its dead letters.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stockbridge_domain::AccountId;
use stockbridge_domain::channel::{ChannelError, Fault, Io, Letter};

use super::sign::{Keys, Scope, sign};
use super::sts::Role;
use crate::call::{Dialect, Effect, Operation, perform};

/// Most messages handed out or deleted at once; SQS takes no more.
pub const MOST: usize = 10;
/// Longest a call waits for messages; SQS takes no more.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);

const MIB: usize = 1024 * 1024;

const fn operation(name: &'static str, effect: Effect) -> Operation {
    Operation {
        name,
        bucket: None,
        cost: 1,
        // A call that waits for messages is answered after twenty seconds.
        timeout: Duration::from_secs(30),
        effect,
        // Ten messages of 256 KiB, each escaped once more.
        max_body_bytes: 8 * MIB,
    }
}

/// Hands messages out. What is lost on the way comes again.
static RECEIVE: Operation = operation("sqs.ReceiveMessage", Effect::Read);
static DELETE: Operation = operation("sqs.DeleteMessageBatch", Effect::Idempotent);
static HIDE: Operation = operation("sqs.ChangeMessageVisibilityBatch", Effect::Idempotent);
static ATTRIBUTES: Operation = operation("sqs.GetQueueAttributes", Effect::Read);

/// What only tests do: making queues and sending into them.
#[cfg(test)]
pub(super) static SEND: Operation = operation("sqs.SendMessage", Effect::Unsafe);

static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-amzn-requestid"),
};

/// Where a queue is, from its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueAddress {
    /// The address, as AWS gives it.
    pub url: String,
    /// Its host with scheme, where calls go unless the endpoint is replaced.
    pub base: String,
    /// Its region, where the host says so.
    pub region: Option<String>,
}

impl QueueAddress {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// What is wrong with it and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "write it as AWS shows it: https://sqs.eu-west-1.amazonaws.com/123456789012/name";
        let url =
            url::Url::parse(text.trim()).map_err(|e| format!("this is not an address ({e}); {wanted}"))?;
        let host = url
            .host_str()
            .filter(|_| matches!(url.scheme(), "http" | "https"));
        let Some(host) = host.filter(|_| url.path().trim_matches('/').split('/').count() == 2) else {
            return Err(format!("this is not the address of a queue; {wanted}"));
        };
        if url.path().ends_with(".fifo") {
            return Err(
                "Amazon sends to standard queues only, and this one is FIFO; make a standard queue"
                    .to_owned(),
            );
        }
        let parts: Vec<&str> = host.split('.').collect();
        let region = match parts.as_slice() {
            ["sqs", region, "amazonaws", ..] => Some((*region).to_owned()),
            _ => None,
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self {
            base: format!("{}://{host}{port}", url.scheme()),
            url: url.to_string(),
            region,
        })
    }
}

/// How a queue is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its name in all of AWS.
    pub arn: String,
    /// Messages in it, hidden ones left out; about.
    pub waiting: u64,
    /// After how many times it gives a message up, and to which queue.
    pub dead_letters: Option<(u64, String)>,
    /// Who may do what with it, as JSON; empty when nobody but its owner may.
    pub policy: String,
    /// Encrypted with a key of the owner's own.
    pub own_key: bool,
}

/// One queue and the keys to it.
pub struct Queue {
    /// Which.
    pub address: QueueAddress,
    /// Where calls go.
    pub base: String,
    /// Its region.
    pub region: String,
    /// Who asks.
    pub role: Role,
    /// For which account.
    pub account: AccountId,
    /// The way out.
    pub io: Io,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Received {
    #[serde(rename = "Messages")]
    messages: Option<Vec<Message>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Batch {
    failed: Vec<Failed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Attributes {
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Redrive {
    dead_letter_target_arn: String,
    max_receive_count: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    #[serde(rename = "__type")]
    kind: String,
    message: String,
    /// The same as some servers spell it, or spell it besides.
    #[serde(rename = "Message")]
    capital: String,
}

impl Queue {
    /// Hands out what is there, hidden from others for `hide`; waits up to `wait` for the first message.
    ///
    /// # Errors
    /// As AWS answered.
    pub async fn receive(&self, wait: Duration, hide: Duration) -> Result<Vec<Letter>, ChannelError> {
        let body = json!({
            "QueueUrl": self.address.url,
            "MaxNumberOfMessages": MOST,
            "WaitTimeSeconds": wait.min(LONGEST_WAIT).as_secs(),
            "VisibilityTimeout": hide.as_secs(),
            "AttributeNames": ["ApproximateReceiveCount"],
        });
        let received: Received = self.call(&RECEIVE, "ReceiveMessage", &body).await?;
        let letter = |message: Message| Letter {
            receives: message
                .attributes
                .get("ApproximateReceiveCount")
                .and_then(|count| count.parse().ok())
                .unwrap_or(1),
            id: message.message_id,
            receipt: message.receipt_handle,
            body: Bytes::from(message.body),
        };
        Ok(received
            .messages
            .unwrap_or_default()
            .into_iter()
            .map(letter)
            .collect())
    }

    /// Deletes messages that are not needed any more. One that was deleted before, or handed out to somebody else since, is no
    /// error: it comes again and is known then.
    ///
    /// # Errors
    /// As AWS answered.
    pub async fn delete(&self, letters: &[Letter]) -> Result<(), ChannelError> {
        for some in letters.chunks(MOST) {
            let entry =
                |(n, letter): (usize, &Letter)| json!({"Id": n.to_string(), "ReceiptHandle": letter.receipt});
            let body = json!({
                "QueueUrl": self.address.url,
                "Entries": some.iter().enumerate().map(entry).collect::<Vec<_>>(),
            });
            let done: Batch = self.call(&DELETE, "DeleteMessageBatch", &body).await?;
            tell(&DELETE, &done);
        }
        Ok(())
    }

    /// Keeps messages hidden for `hide` from now on; none at all shows them again at once.
    ///
    /// # Errors
    /// As AWS answered.
    pub async fn hide(&self, letters: &[Letter], hide: Duration) -> Result<(), ChannelError> {
        for some in letters.chunks(MOST) {
            let entry = |(n, letter): (usize, &Letter)| json!({"Id": n.to_string(), "ReceiptHandle": letter.receipt, "VisibilityTimeout": hide.as_secs()});
            let body = json!({
                "QueueUrl": self.address.url,
                "Entries": some.iter().enumerate().map(entry).collect::<Vec<_>>(),
            });
            let done: Batch = self.call(&HIDE, "ChangeMessageVisibilityBatch", &body).await?;
            tell(&HIDE, &done);
        }
        Ok(())
    }

    /// How it is set up.
    ///
    /// # Errors
    /// As AWS answered.
    pub async fn settings(&self) -> Result<QueueSettings, ChannelError> {
        let body = json!({"QueueUrl": self.address.url, "AttributeNames": ["All"]});
        let found: Attributes = self.call(&ATTRIBUTES, "GetQueueAttributes", &body).await?;
        let one = |name: &str| found.attributes.get(name).cloned().unwrap_or_default();
        let redrive = serde_json::from_str::<Redrive>(&one("RedrivePolicy")).unwrap_or_default();
        let times = match &redrive.max_receive_count {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        Ok(QueueSettings {
            arn: one("QueueArn"),
            waiting: one("ApproximateNumberOfMessages").parse().unwrap_or(0),
            dead_letters: times
                .filter(|_| !redrive.dead_letter_target_arn.is_empty())
                .map(|times| (times, redrive.dead_letter_target_arn)),
            policy: one("Policy"),
            own_key: !one("KmsMasterKeyId").is_empty(),
        })
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: &'static Operation,
        action: &str,
        body: &Value,
    ) -> Result<T, ChannelError> {
        let keys = self.role.keys(&self.io, self.account).await?;
        let request = self.request(operation, action, body, &keys)?;
        let response = perform(&self.io, self.account, &DIALECT, operation, request).await?;
        let request_id = DIALECT.request_id(response.headers());
        if response.status().is_success() {
            return serde_json::from_slice(response.body()).map_err(|_| {
                let message =
                    "the queue's answer was cut off or is not as AWS documents it; it is tried again";
                ChannelError::new(Fault::Unavailable, operation.name, message).with_request_id(request_id)
            });
        }
        Err(judge(operation, response.status(), response.body()).with_request_id(request_id))
    }

    fn request(
        &self,
        operation: &Operation,
        action: &str,
        body: &Value,
        keys: &Keys,
    ) -> Result<http::Request<Bytes>, ChannelError> {
        let failed = |why: String| {
            ChannelError::new(
                Fault::Contract,
                operation.name,
                format!("the request could not be made: {why}"),
            )
        };
        let mut request = Request::post(format!("{}/", self.base))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .body(Bytes::from(body.to_string()))
            .map_err(|error| failed(error.to_string()))?;
        let scope = Scope {
            region: &self.region,
            service: "sqs",
        };
        sign(&mut request, keys, scope, self.io.env.now()).map_err(failed)?;
        Ok(request)
    }
}

/// Single messages of a batch that could not be served are no reason to stop: they come again.
fn tell(operation: &Operation, done: &Batch) {
    if let Some(first) = done.failed.first() {
        tracing::warn!(
            operation = operation.name,
            failed = done.failed.len(),
            code = first.code,
            "the queue did not take all of a batch"
        );
    }
}

/// AWS's refusals as faults. None of them is about a seller's authorisation, so none parks an account.
fn judge(operation: &Operation, status: StatusCode, body: &[u8]) -> ChannelError {
    let refused = serde_json::from_slice::<Refused>(body).unwrap_or_default();
    let kind = refused.kind.rsplit('#').next().unwrap_or_default().to_owned();
    let said = [refused.message, refused.capital]
        .into_iter()
        .find(|text| !text.is_empty());
    let said: String = said.unwrap_or_default().chars().take(300).collect();
    let (fault, message) = match kind.as_str() {
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => (
            Fault::Rejected,
            "the queue does not exist; check its address, region and AWS account".to_owned(),
        ),
        "AccessDenied" | "AccessDeniedException" => (
            Fault::Rejected,
            format!(
                "AWS does not let these keys read the queue ({said}); allow sqs:ReceiveMessage, sqs:DeleteMessage, \
                 sqs:ChangeMessageVisibility and sqs:GetQueueAttributes"
            ),
        ),
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidSecurity" => (
            Fault::Rejected,
            format!("AWS refuses the keys to the queue ({kind}); enter the access key and its secret again"),
        ),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => (
            Fault::Unavailable,
            format!(
                "AWS finds the request too old ({kind}); if it stays, let this machine keep its time by NTP"
            ),
        ),
        "RequestThrottled" | "ThrottlingException" | "OverLimit" | "KmsThrottled" => (
            Fault::Throttled,
            "AWS asks to call less often; it goes on by itself".to_owned(),
        ),
        _ if status.is_server_error() => (
            Fault::Unavailable,
            "the queue is down; it is tried again".to_owned(),
        ),
        _ => (
            Fault::Rejected,
            format!("AWS refused it: {kind} {said}").trim().to_owned(),
        ),
    };
    let error = ChannelError::new(fault, operation.name, message);
    match kind.is_empty() {
        true => error,
        false => error.with_code(kind),
    }
}
