//! From the operator's URL to a configuration with limits and encryption.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// How long a connection attempt may take unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Limits the server enforces, in milliseconds; set before the URL's own options, which therefore win.
const SERVER_LIMITS: &str =
    "-c statement_timeout=60000 -c lock_timeout=30000 -c idle_in_transaction_session_timeout=60000";
/// The configuration and whether the connection is to be encrypted.
///
/// `sslmode=verify-ca` and `verify-full` are libpq's words for what we always do when encrypting: check the
/// certificate and the name.
pub(super) fn read_url(url: &str) -> Result<(Config, bool), StoreError> {
    let plain = url
        .replace("sslmode=verify-full", "sslmode=require")
        .replace("sslmode=verify-ca", "sslmode=require");
    let mut config = Config::from_str(&plain).map_err(|error| StoreError::Connection {
        detail: format!(
            "the database URL cannot be read ({error}); write postgresql://user:password@host:5432/name"
        ),
    })?;
    let tls = config.get_ssl_mode() == SslMode::Require;
    if !tls {
        config.ssl_mode(SslMode::Disable);
        let remote = config.get_hosts().iter().any(|host| match host {
            Host::Tcp(name) => !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
            #[cfg(unix)]
            Host::Unix(_) => false,
        });
        if remote {
            tracing::warn!(
                "the connection to the database is not encrypted; add sslmode=verify-full to its URL"
            );
        }
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("stockbridge");
    }
    let options = format!("{SERVER_LIMITS} {}", config.get_options().unwrap_or_default());
    config.options(options.trim_end());
    Ok((config, tls))
}

/// Checks certificates against Mozilla's roots.
pub(super) fn verified_tls() -> Result<MakeRustlsConnect, StoreError> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(StoreError::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_decides_on_encryption_and_limits_are_sent() {
        let (config, tls) = read_url("postgresql://a:b@db.example/x?sslmode=verify-full").unwrap();
        assert!(tls);
        assert!(config.get_options().unwrap().contains("statement_timeout=60000"));
        assert_eq!(config.get_application_name(), Some("stockbridge"));
        assert!(!read_url("postgresql://a:b@127.0.0.1/x").unwrap().1);
        assert!(
            read_url("postgresql://a:b@127.0.0.1/x?sslmode=require")
                .unwrap()
                .1
        );
    }

    #[test]
    fn an_unreadable_url_is_refused_with_its_remedy() {
        let error = read_url("mysql://x").unwrap_err().to_string();
        assert!(error.contains("postgresql://user:password@host"), "{error}");
    }
}
