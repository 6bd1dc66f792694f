//! The one HTTP transport of the product: pooled, bounded in time and size, never redirected.
//!
//! Adapters build requests and read answers; this alone opens sockets. What it must get right is the question "may the
//! request have been applied?": everything that fails before a connection stands is [`TransportError::NotSent`],
//! everything after it [`TransportError::NoAnswer`], however likely it is that nothing happened.

mod address;

pub(crate) use address::is_private;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ::http::Response;
use bytes::BytesMut;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{HttpRequest, HttpResponse, Transport, TransportError};

/// How long a connection may take to stand, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Settings of the transport.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Sent where a request brings no `User-Agent` of its own.
    pub user_agent: String,
    /// Largest answer taken in, after decompression; a request may ask for less with [`MaxBody`].
    pub max_body_bytes: usize,
    /// Whether loopback, link-local and private addresses may be called. Off, a name that leads there is refused, so
    /// that nobody can point an endpoint at the operator's own network.
    pub allow_private: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            user_agent: concat!("Stockbridge/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_body_bytes: 32 * 1024 * 1024,
            allow_private: false,
        }
    }
}

/// A request's own bound on the answer's size in bytes, as an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct MaxBody(pub usize);

/// The transport could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// TLS could not be configured.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The client could not be built; the user agent is the only setting that can cause it.
    #[error("the HTTP client cannot be set up; check that the user agent is plain text: {0}")]
    Client(#[from] reqwest::Error),
}

/// The transport; one per process, shared by all accounts.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    max_body_bytes: usize,
    allow_private: bool,
}

impl HttpTransport {
    /// Sets the transport up: TLS by rustls with ring and Mozilla's roots, no proxy, no redirects, no cookies.
    ///
    /// # Errors
    /// [`HttpSetupError`] when TLS or the client cannot be configured.
    #[expect(
        clippy::new_ret_no_self,
        reason = "everyone takes it as the port's trait object"
    )]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the transport everyone else sends through"
    )]
    pub fn new(options: HttpOptions) -> Result<Arc<dyn Transport>, HttpSetupError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .user_agent(options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if !options.allow_private {
            builder = builder.dns_resolver(address::PublicOnly);
        }
        Ok(Arc::new(Self {
            client: builder.build()?,
            max_body_bytes: options.max_body_bytes,
            allow_private: options.allow_private,
        }))
    }

    async fn exchange(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> Result<HttpResponse, TransportError> {
        if !self.allow_private {
            address::refuse_private_literal(request.uri())?;
        }
        let limit_bytes = request
            .extensions()
            .get::<MaxBody>()
            .map_or(self.max_body_bytes, |max| max.0.min(self.max_body_bytes));
        let (parts, body) = request.into_parts();
        let mut outgoing = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .timeout(timeout);
        // An empty body is no body: a GET must not announce a length.
        if !body.is_empty() {
            outgoing = outgoing.body(body);
        }
        let mut answer = outgoing.send().await.map_err(|e| failed(&e))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| no_answer(&e))? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(TransportError::TooLarge { limit_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(self.exchange(request, timeout))
    }
}

fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A failure before the answer's head: only a connection that never stood proves that nothing was sent.
fn failed(error: &reqwest::Error) -> TransportError {
    if error.is_connect() || error.is_builder() {
        TransportError::NotSent(reason(error))
    } else {
        no_answer(error)
    }
}

fn no_answer(error: &reqwest::Error) -> TransportError {
    if error.is_timeout() {
        TransportError::NoAnswer("the time limit passed".to_owned())
    } else {
        TransportError::NoAnswer(reason(error))
    }
}

/// The innermost cause: the outer ones repeat the address, whose query may hold what must not be logged.
fn reason(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "the request could not be built or sent".to_owned())
}

#[cfg(test)]
mod tests;
