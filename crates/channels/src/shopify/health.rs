//! What "test connection" finds: who we are signed in as, and what works less well than it should.

use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::channel::{ChannelError, Health};

use super::api::clean;
use super::wire::Connection;
use super::{SCOPES, ShopConnection, client};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probed {
    shop: ProbedShop,
    current_app_installation: Installation,
    locations: Connection<Location>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProbedShop {
    name: String,
    myshopify_domain: String,
    currency_code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Installation {
    access_scopes: Vec<Scope>,
}

#[derive(Debug, Deserialize)]
struct Scope {
    handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    id: String,
    is_fulfillment_service: bool,
}

impl ShopConnection {
    /// The cheapest signed-in call, and what its answer tells.
    pub(super) async fn ask_health(&self) -> Result<Health, ChannelError> {
        let call = client::call(&client::PROBE, json!({}));
        let answer = self.api.call(&call).await?;
        let probed: Probed = answer.read()?;
        Ok(self.health(&probed, answer.version.as_deref()))
    }

    fn health(&self, probed: &Probed, version: Option<&str>) -> Health {
        let mut warnings = Vec::new();
        let has = |scope: &str| {
            let granted = &probed.current_app_installation.access_scopes;
            // Whoever may write may read.
            let writes = scope.replacen("read_", "write_", 1);
            granted.iter().any(|g| g.handle == scope || g.handle == writes)
        };
        let missing: Vec<_> = SCOPES.into_iter().filter(|scope| !has(scope)).collect();
        if !missing.is_empty() {
            warnings.push(format!(
                "the app lacks the scopes {}; add them to the app and approve it again in the shop's admin",
                missing.join(", ")
            ));
        }
        if self.secrets.is_empty() {
            warnings.push(
                "without the app's client secret webhooks cannot be told from a stranger's, so changes are only polled; enter \
                 the client secret"
                    .to_owned(),
            );
        }
        if let Some(ours) = self.currency.filter(|c| c.code() != probed.shop.currency_code) {
            warnings.push(format!(
                "the shop's currency is {theirs} and the option `currency` says {}; set it to {theirs}",
                ours.code(),
                theirs = clean(&probed.shop.currency_code),
            ));
        }
        let stocked: Vec<_> = probed
            .locations
            .nodes
            .iter()
            .filter(|l| !l.is_fulfillment_service)
            .collect();
        let known = |id: &str| stocked.iter().any(|l| client::number(&l.id) == id);
        if let Some(unknown) = self.places.theirs().find(|id| !known(id)) {
            warnings.push(format!(
                "the shop has no location `{}` of its own, so what is mapped to it is not offered; correct `location_map` or \
                 `default_location`",
                clean(unknown)
            ));
        }
        if let Some(version) = version.filter(|v| *v != client::VERSION) {
            warnings.push(format!(
                "Shopify answered by version {} of its API instead of {}; update the hub",
                clean(version),
                client::VERSION
            ));
        }
        let places = match stocked.len() {
            1 => "one location".to_owned(),
            many => format!("{many} locations"),
        };
        Health {
            summary: format!(
                "Signed in at {} ({}), {places}.",
                clean(&probed.shop.name),
                clean(&probed.shop.myshopify_domain)
            ),
            warnings,
        }
    }
}
