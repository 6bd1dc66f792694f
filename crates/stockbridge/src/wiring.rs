//! Puts the parts together: store, channels, the way out, hub.

use std::sync::Arc;

use anyhow::Context as _;
use stockbridge_channels::http::{HttpOptions, HttpTransport};
use stockbridge_domain::channel::Transport;
use stockbridge_engine::{Hub, HubSettings};
use stockbridge_store::Store;

use crate::config::Settings;
use crate::env::system_env;

/// What a channel's server reads about who calls.
const USER_AGENT: &str = concat!("Stockbridge/", env!("CARGO_PKG_VERSION"), " (Language=Rust)");

/// Whether a database may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// An empty one is made when there is none.
    MayCreate,
    /// There must be one: a mistyped folder is not to look like an empty business.
    Existing,
}

/// Opens the database the settings name.
///
/// # Errors
/// The store's own, and a sentence when there is no database where one must be.
pub async fn store(settings: &Settings, opening: Opening) -> anyhow::Result<Store> {
    if let (Opening::Existing, Some(dir)) = (opening, settings.store.missing()) {
        anyhow::bail!(
            "there is no Stockbridge database in {}; name the right folder with --data-dir, \
             or make one with `stockbridge init`",
            dir.display()
        );
    }
    Ok(Store::open(&settings.store.open_with()?, system_env()).await?)
}

/// The hub on a store: every channel, and the one way out.
///
/// # Errors
/// When TLS cannot be set up.
pub fn hub(settings: &Settings, store: Store) -> anyhow::Result<Hub> {
    let options = HttpOptions {
        user_agent: USER_AGENT.to_owned(),
        max_body_bytes: settings.channels.max_answer_mib * 1024 * 1024,
        // An address somebody typed in leads to private networks only where the operator allowed addresses to be typed in.
        allow_private: settings.channels.endpoint_overrides,
    };
    let transport = HttpTransport::new(options).context("the way out to channels cannot be set up")?;
    let hub_settings = HubSettings {
        endpoint_overrides: settings.channels.endpoint_overrides,
        public_url: settings.server.public_url.clone(),
    };
    Ok(Hub::new(
        store,
        stockbridge_channels::all(),
        transport,
        hub_settings,
    ))
}

/// The way out to a Stockbridge server the operator named, which may well be on a private network.
///
/// # Errors
/// When TLS cannot be set up.
pub fn to_server() -> anyhow::Result<Arc<dyn Transport>> {
    let options = HttpOptions {
        user_agent: USER_AGENT.to_owned(),
        allow_private: true,
        ..HttpOptions::default()
    };
    HttpTransport::new(options).context("HTTPS cannot be set up")
}
