//! Request signatures of AWS, which Amazon asked for until October 2023 and has accepted and ignored since. Off unless an account
//! asks for them, for installations whose proxies or audits still look for them.

use std::collections::BTreeMap;

use serde_json::Value;
use stockbridge_domain::channel::{ChannelError, Fault, HttpRequest, Io, SecretText, options};
use stockbridge_domain::{AccountId, FieldError};

use super::queue::{KEY_ID, KEY_SECRET, Parts, STS, option};
use crate::amazon::aws::sign::{Keys, Scope, sign};
use crate::amazon::aws::sts::{Role, TakenRole, check_arn};

/// Option: sign.
pub(super) const SIGN: &str = "legacy_signing";
/// Option: with this role.
pub(super) const ROLE: &str = "signing_role_arn";
/// What the Selling Partner API is called in signatures.
const SERVICE: &str = "execute-api";

/// Signs an account's requests.
pub(super) struct Signer {
    role: Role,
    region: &'static str,
}

/// Checks what is said of signatures.
pub(super) fn check(
    credentials: &BTreeMap<String, SecretText>,
    given: &BTreeMap<String, Value>,
    problems: &mut Vec<FieldError>,
) {
    if let Some(Err(message)) = option(given, ROLE).map(check_arn) {
        problems.push(FieldError::new(format!("options/{ROLE}"), message));
    }
    let has = |name: &str| {
        credentials
            .get(name)
            .is_some_and(|text| !text.expose().is_empty())
    };
    for name in [KEY_ID, KEY_SECRET] {
        let asked = options::flag(given, SIGN) && !has(name);
        let told = problems.iter().any(|p| p.field == format!("credentials/{name}"));
        if asked && !told {
            let message = format!(
                "an AWS user's key is needed to sign; Amazon needs no signature, so `{SIGN}` can be false"
            );
            problems.push(FieldError::new(format!("credentials/{name}"), message));
        }
    }
}

/// The AWS region of one of Amazon's.
fn region_of(region: &str) -> &'static str {
    match region {
        "NA" => "us-east-1",
        "FE" => "us-west-2",
        _ => "eu-west-1",
    }
}

/// What signs an account's requests, if it asks for that.
pub(super) fn open(parts: &Parts<'_>, region: &str) -> Option<Signer> {
    if !options::flag(parts.options, SIGN) {
        return None;
    }
    let region = region_of(region);
    let credential = |name: &str| {
        let value = parts.credentials.get(name).cloned();
        value.unwrap_or_else(|| SecretText::new(""))
    };
    let (key, secret) = (credential(KEY_ID), credential(KEY_SECRET));
    let taken = option(parts.options, ROLE).map(|arn| TakenRole {
        arn: arn.to_owned(),
        base: parts
            .endpoints
            .get(STS)
            .cloned()
            .unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com")),
        region: region.to_owned(),
        session: parts
            .sessions
            .of(parts.account, &["sts", arn, key.expose(), secret.expose()]),
    });
    Some(Signer {
        role: Role {
            own: Keys {
                access_key_id: key.expose().to_owned(),
                secret,
                session_token: None,
            },
            taken,
        },
        region,
    })
}

impl Signer {
    /// Signs a request that is complete but for this.
    pub(super) async fn sign(
        &self,
        request: &mut HttpRequest,
        io: &Io,
        account: AccountId,
        operation: &'static str,
    ) -> Result<(), ChannelError> {
        let keys = self.role.keys(io, account).await?;
        let scope = Scope {
            region: self.region,
            service: SERVICE,
        };
        // The signature brings its own, from the same instant.
        request.headers_mut().remove("x-amz-date");
        sign(request, &keys, scope, io.env.now()).map_err(|why| {
            ChannelError::new(
                Fault::Contract,
                operation,
                format!("the request could not be signed: {why}"),
            )
        })
    }
}
