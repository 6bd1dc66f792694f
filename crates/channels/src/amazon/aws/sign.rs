//! Signature version 4.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign as signature,
};
use aws_sigv4::sign::v4;
use stockbridge_domain::Timestamp;
use stockbridge_domain::channel::{HttpRequest, SecretText};

/// What signs: a long-lived pair of keys, or one that was lent together with a session token.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Not secret by itself.
    pub access_key_id: String,
    /// Its secret.
    pub secret: SecretText,
    /// Present with keys that were lent.
    pub session_token: Option<SecretText>,
}

/// For what a signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Such as `eu-west-1`.
    pub region: &'a str,
    /// Such as `sqs`.
    pub service: &'a str,
}

/// Signs a request in its headers: what it says, where it goes and when.
///
/// # Errors
/// What cannot be signed about it; never a secret.
pub fn sign(request: &mut HttpRequest, keys: &Keys, scope: Scope<'_>, now: Timestamp) -> Result<(), String> {
    let token = keys.session_token.as_ref().map(|t| t.expose().to_owned());
    let lent = Credentials::new(
        &keys.access_key_id,
        keys.secret.expose(),
        token,
        None,
        "stockbridge",
    );
    let identity = lent.into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::Headers;
    let micros = u64::try_from(now.micros()).map_err(|_| "the clock stands before 1970".to_owned())?;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)
        .map_err(|error| error.to_string())?;
    let (instructions, _) = signature(signable, &params)
        .map_err(|error| error.to_string())?
        .into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
