//! What every handler can reach.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use stockbridge_domain::{TenantId, Timestamp};
use stockbridge_engine::Hub;
use stockbridge_store::Tenant;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::api::events::Snapshot;
use crate::problem::Problem;
use crate::render::Templates;

/// How the interface is served.
#[derive(Debug, Clone, Default)]
pub struct WebOptions {
    /// Cookies are sent over HTTPS only; set it wherever the hub is reached through TLS.
    pub cookie_secure: bool,
    /// Turns true when the server stops: live streams end then, so that it can.
    pub shutdown: Option<watch::Receiver<bool>>,
    /// The largest webhook taken, in bytes; 1 MiB where it is not said.
    pub max_webhook_bytes: Option<usize>,
}

impl WebOptions {
    /// The largest webhook taken, in bytes.
    pub(crate) fn webhook_bytes(&self) -> usize {
        self.max_webhook_bytes.unwrap_or(1024 * 1024)
    }
}

/// Webhooks that are read and stored at the same time; with their largest size this bounds what strangers can make the
/// server keep in memory.
const WEBHOOKS: usize = 128;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    inner: Arc<Inner>,
}

struct Inner {
    hub: Hub,
    options: WebOptions,
    templates: Templates,
    snapshots: Mutex<HashMap<TenantId, (Timestamp, Arc<Snapshot>)>>,
    webhooks: Semaphore,
}

impl App {
    /// Puts it together.
    pub(crate) fn new(hub: Hub, options: WebOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                hub,
                options,
                templates: Templates::new(),
                snapshots: Mutex::default(),
                webhooks: Semaphore::new(WEBHOOKS),
            }),
        }
    }

    /// Room for one more webhook; nothing when too many are under way.
    pub(crate) fn webhook_room(&self) -> Option<SemaphorePermit<'_>> {
        self.inner.webhooks.try_acquire().ok()
    }

    /// The engine.
    pub(crate) fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// How it is served.
    pub(crate) fn options(&self) -> &WebOptions {
        &self.inner.options
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.hub.env().now()
    }

    /// A tenant's data, for reading.
    pub(crate) fn tenant(&self, id: TenantId) -> Tenant {
        self.inner.hub.tenant(id)
    }

    /// Renders a page.
    ///
    /// # Errors
    /// 500 when a context lacks what its template shows; tests render every page, so a bug in them.
    pub(crate) fn render(&self, name: &str, context: impl serde::Serialize) -> Result<String, Problem> {
        self.inner.templates.page(name, context).map_err(|error| {
            tracing::error!(page = name, error = %error, "a page could not be rendered");
            Problem::internal()
        })
    }

    /// The last snapshot of a tenant, if it is younger than a second.
    pub(crate) fn recent_snapshot(&self, tenant: TenantId) -> Option<Arc<Snapshot>> {
        let snapshots = self
            .inner
            .snapshots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (at, snapshot) = snapshots.get(&tenant)?;
        (self.now().since(*at).as_millis() < 1_000).then(|| snapshot.clone())
    }

    /// Keeps a snapshot for everyone else who watches the tenant.
    pub(crate) fn keep_snapshot(&self, tenant: TenantId, snapshot: Arc<Snapshot>) {
        let mut snapshots = self
            .inner
            .snapshots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        snapshots.insert(tenant, (self.now(), snapshot));
    }
}
