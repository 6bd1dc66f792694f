//! The hub: everything the use cases share.

use std::sync::Arc;

use stockbridge_domain::channel::{Channel, Transport};
use stockbridge_domain::{Env, TenantId};
use stockbridge_store::{Store, Tenant};

use crate::intake::Intake;

/// What the operator decided for the whole installation.
#[derive(Debug, Clone, Default)]
pub struct HubSettings {
    /// Whether accounts may replace a channel's addresses: for tests and proxies, off otherwise, because it lets a tenant
    /// point the hub at any host.
    pub endpoint_overrides: bool,
    /// The address people reach the dashboard at.
    pub public_url: Option<String>,
}

/// Store, channels and the way out; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    channels: Vec<Arc<dyn Channel>>,
    transport: Arc<dyn Transport>,
    settings: HubSettings,
    intake: Intake,
}

impl Hub {
    /// Joins the parts.
    pub fn new(
        store: Store,
        channels: Vec<Arc<dyn Channel>>,
        transport: Arc<dyn Transport>,
        settings: HubSettings,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                channels,
                transport,
                settings,
                intake: Intake::default(),
            }),
        }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// One tenant's data.
    pub fn tenant(&self, id: TenantId) -> Tenant {
        self.inner.store.tenant(id)
    }

    /// Clock and entropy.
    pub fn env(&self) -> &Env {
        self.inner.store.env()
    }

    /// What the operator decided.
    pub fn settings(&self) -> &HubSettings {
        &self.inner.settings
    }

    /// Every channel there is.
    pub fn channels(&self) -> &[Arc<dyn Channel>] {
        &self.inner.channels
    }

    /// A channel by its name.
    pub fn channel(&self, kind: &str) -> Option<&Arc<dyn Channel>> {
        self.inner.channels.iter().find(|c| c.descriptor().kind == kind)
    }

    pub(crate) fn intake(&self) -> &Intake {
        &self.inner.intake
    }

    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        self.inner.transport.clone()
    }
}
