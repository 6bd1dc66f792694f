//! Roles: keys that AWS lends for an hour to whoever may take a role on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use stockbridge_domain::channel::{ChannelError, Fault, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

use super::sign::{Keys, Scope, sign};
use crate::auth::session::{Session, Token};
use crate::call::{Dialect, Effect, Operation, perform};

/// How long keys are asked for.
const LIFE: Duration = Duration::from_secs(3_600);
/// Keys are exchanged so long before they end.
const EARLY: Duration = Duration::from_secs(300);

static ASSUME: Operation = Operation {
    name: "sts.AssumeRole",
    bucket: None,
    cost: 1,
    timeout: Duration::from_secs(20),
    effect: Effect::Read,
    max_body_bytes: 64 * 1024,
};

static DIALECT: Dialect = Dialect {
    rate_header: None,
    request_id_header: Some("x-amzn-requestid"),
};

/// Who calls AWS: a user's own keys, or those lent with a role.
#[derive(Clone)]
pub struct Role {
    /// The user's own.
    pub own: Keys,
    /// The role to take on, if any.
    pub taken: Option<TakenRole>,
}

/// A role to be taken on.
#[derive(Clone)]
pub struct TakenRole {
    /// Its name in all of AWS.
    pub arn: String,
    /// Where STS answers.
    pub base: String,
    /// STS's region.
    pub region: String,
    /// Where the lent keys are kept between connections.
    pub session: Arc<Session>,
}

/// Checks the name of a role.
///
/// # Errors
/// What would be right.
pub fn check_arn(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && role.starts_with("role/") =>
        {
            Ok(())
        }
        _ => Err("write the role as AWS shows it: arn:aws:iam::123456789012:role/name".to_owned()),
    }
}

impl Role {
    /// The keys to sign with now; those of a role are lent once an hour, whoever asks.
    ///
    /// # Errors
    /// As STS answered.
    pub async fn keys(&self, io: &Io, account: AccountId) -> Result<Keys, ChannelError> {
        let Some(taken) = &self.taken else {
            return Ok(self.own.clone());
        };
        let lent = taken
            .session
            .token(io, None, async || assume(io, account, taken, &self.own).await)
            .await?;
        let mut parts = lent.expose().splitn(3, '\n').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Ok(Keys {
            access_key_id: next(),
            secret: SecretText::new(next()),
            session_token: Some(SecretText::new(next())),
        })
    }
}

/// The signed request for a role's keys.
fn request(io: &Io, taken: &TakenRole, own: &Keys) -> Result<Request<Bytes>, String> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "AssumeRole")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", &taken.arn)
        .append_pair("RoleSessionName", "stockbridge")
        .append_pair("DurationSeconds", &LIFE.as_secs().to_string());
    let mut request = Request::post(format!("{}/", taken.base))
        .header(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(Bytes::from(form.finish()))
        .map_err(|e| e.to_string())?;
    let scope = Scope {
        region: &taken.region,
        service: "sts",
    };
    sign(&mut request, own, scope, io.env.now())?;
    Ok(request)
}

/// `AssumeRole`. The three parts of the lent keys are kept as one text.
async fn assume(io: &Io, account: AccountId, taken: &TakenRole, own: &Keys) -> Result<Token, ChannelError> {
    let error = |fault, message: String| ChannelError::new(fault, ASSUME.name, message);
    let request = request(io, taken, own)
        .map_err(|why| error(Fault::Contract, format!("the request could not be made: {why}")))?;
    let response = perform(io, account, &DIALECT, &ASSUME, request).await?;
    let text = String::from_utf8_lossy(response.body());
    if response.status() != StatusCode::OK {
        return Err(refused(response.status(), &text));
    }
    let part = |name: &str| element(&text, name).filter(|part| !part.is_empty());
    let (Some(id), Some(secret), Some(token)) =
        (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"))
    else {
        let message = "AWS lent no keys with the role; it is tried again".to_owned();
        return Err(error(Fault::Unavailable, message));
    };
    let ends = part("Expiration").and_then(|at| Timestamp::parse(at).ok());
    let ends = ends.unwrap_or_else(|| io.env.now().plus(LIFE));
    Ok(Token {
        text: SecretText::new(format!("{id}\n{secret}\n{token}")),
        stale_at: ends.minus(EARLY),
    })
}

fn refused(status: StatusCode, text: &str) -> ChannelError {
    let code: String = element(text, "Code")
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    let (fault, message) = match code.as_str() {
        "AccessDenied" => (
            Fault::Rejected,
            "AWS does not let these keys take the role on; allow sts:AssumeRole to the user and name it in the role's \
             trust policy",
        ),
        "InvalidClientTokenId" | "SignatureDoesNotMatch" => (
            Fault::Rejected,
            "AWS refuses the keys of the user; enter the access key and its secret again",
        ),
        "Throttling" | "RequestLimitExceeded" => (
            Fault::Throttled,
            "AWS asks to call less often; it goes on by itself",
        ),
        _ if status.is_server_error() => (Fault::Unavailable, "AWS STS is down; it is tried again"),
        _ => (
            Fault::Rejected,
            "AWS refuses to lend the role's keys; check the role's name",
        ),
    };
    let error = ChannelError::new(fault, ASSUME.name, message);
    match code.is_empty() {
        true => error,
        false => error.with_code(code),
    }
}

/// The text of the first element of this name; what is read here holds no markup and no entities.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}
