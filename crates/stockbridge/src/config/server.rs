//! Where to listen, and how to stop.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The `server` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address to listen on.
    pub host: String,
    /// TCP port; 0 for any free one.
    pub port: u16,
    /// Where people reach the dashboard.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Largest webhook taken, in KiB.
    pub max_webhook_kib: usize,
    /// How long a stop waits for work under way, in seconds.
    pub shutdown_timeout_secs: u64,
}

impl Server {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(url) = &self.public_url {
            let rest = url
                .strip_prefix("https://")
                .or_else(|| url.strip_prefix("http://"))
                .unwrap_or_default();
            if rest.is_empty() || rest.contains(['?', '#', ' ']) {
                return Err(format!(
                    "setting `server.public_url`: `{url}` is no address; write it like https://hub.example.com"
                ));
            }
        }
        if !(1..=16 * 1024).contains(&self.max_webhook_kib) {
            return Err("setting `server.max_webhook_kib`: 1 to 16384".into());
        }
        if self.shutdown_timeout_secs > 3_600 {
            return Err("setting `server.shutdown_timeout_secs`: at most 3600".into());
        }
        Ok(())
    }

    /// Whether people reach the dashboard through TLS.
    pub fn is_https(&self) -> bool {
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// How long a stop waits for work under way.
    pub fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout_secs)
    }

    /// The dashboard's address for a server that listens on `port`, without a slash at the end.
    pub fn base_url(&self, port: u16) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let host = match self.host.as_str() {
            "0.0.0.0" | "::" | "[::]" => "localhost",
            host => host,
        };
        if host.contains(':') && !host.starts_with('[') {
            return format!("http://[{host}]:{port}");
        }
        format!("http://{host}:{port}")
    }
}
