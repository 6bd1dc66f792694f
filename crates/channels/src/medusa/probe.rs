//! What "test connection" looks at: the key, the currency, and whether the stock locations are where buyers buy from.

use stockbridge_domain::channel::{ChannelError, Health};

use super::api::clean;
use super::wire;
use super::{MedusaConnection, client};

impl MedusaConnection {
    pub(super) async fn health(&self) -> Result<Health, ChannelError> {
        let stores: wire::Stores = self.api.get(&client::stores()).await?;
        let locations: wire::Locations = self.api.get(&client::locations()).await?;
        let locations = locations.stock_locations;
        let mut warnings = self.about_locations(&locations);
        let store = stores.stores.first();
        warnings.extend(store.and_then(|store| self.about_currency(store)));
        let name = store
            .map(|store| clean(&store.name))
            .filter(|name| !name.is_empty());
        let places = match locations.len() {
            1 => "one stock location".to_owned(),
            several => format!("{several} stock locations"),
        };
        Ok(Health {
            summary: format!(
                "Signed in at {}, {places}.",
                name.as_deref().unwrap_or("a Medusa store")
            ),
            warnings,
        })
    }

    fn about_locations(&self, locations: &[wire::Location]) -> Vec<String> {
        let mut warnings = Vec::new();
        let sells = |location: &wire::Location| match &self.sales_channel {
            Some(id) => location.sales_channels.iter().any(|channel| channel.id == *id),
            None => !location.sales_channels.is_empty(),
        };
        if locations.is_empty() {
            warnings.push(
                "the shop has no stock location, so nothing can be in stock; add one in Medusa".to_owned(),
            );
        }
        let label =
            |location: &wire::Location| format!("`{}` ({})", clean(&location.name), clean(&location.id));
        for location in locations.iter().filter(|location| !sells(location)) {
            warnings.push(format!(
                "stock location {} is not linked to {}, so buyers do not see its units and they are not counted; link it in \
                 Medusa if they should",
                label(location),
                match &self.sales_channel {
                    Some(id) => format!("the sales channel {id}"),
                    None => "any sales channel".to_owned(),
                }
            ));
        }
        let off = |location: &&wire::Location| {
            !location.sales_channels.is_empty()
                && location.sales_channels.iter().all(|channel| channel.is_disabled)
        };
        for location in locations.iter().filter(off) {
            warnings.push(format!(
                "every sales channel of stock location {} is disabled, so buyers cannot buy from it",
                label(location)
            ));
        }
        for theirs in self.places.theirs() {
            if !locations.iter().any(|location| location.id == theirs) {
                warnings.push(format!(
                    "the shop has no stock location `{theirs}`, so what is mapped to it is not offered; correct \
                     `location_map` or `default_location`"
                ));
            }
        }
        warnings
    }

    fn about_currency(&self, store: &wire::Store) -> Option<String> {
        let theirs = || {
            store
                .supported_currencies
                .iter()
                .map(|currency| currency.currency_code.as_str())
        };
        match self.currency {
            None => Some("no currency is chosen, so no prices are set; set the option `currency`".to_owned()),
            Some(ours) if theirs().any(|code| code.eq_ignore_ascii_case(ours.code())) => None,
            Some(ours) => Some(format!(
                "the shop does not sell in {ours}, only in {}; change the option `currency` or add it in Medusa",
                theirs().collect::<Vec<_>>().join(", ").to_uppercase()
            )),
        }
    }
}
