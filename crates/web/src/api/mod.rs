//! The HTTP API under `/api/v1`: one table of routes, one file for each part.

mod aftersales;
pub(crate) mod alerts;
mod bulk;
pub(crate) mod catalog;
mod channel_returns;
mod channels;
mod checks;
pub(crate) mod conflicts;
mod consents;
pub(crate) mod events;
mod explain;
mod finance;
pub(crate) mod imports;
mod inbox;
pub(crate) mod inventory;
mod kits;
mod locations;
mod mapping_queue;
mod mappings;
mod moves;
pub(crate) mod orders;
pub(crate) mod papers;
pub(crate) mod people;
mod policies;
pub(crate) mod prices;
mod product_prices;
pub(crate) mod promise;
mod renewals;
pub(crate) mod reports;
mod resync;
pub(crate) mod sales;
pub(crate) mod stores;
pub(crate) mod system;
mod warehouses;
mod webhooks;
pub(crate) mod work;

use crate::route::{Param, Route};

/// Parameters of every list.
macro_rules! paged {
    ($($name:literal: $about:literal),* $(,)?) => {
        &[
            $($crate::route::Param { name: $name, about: $about },)*
            $crate::api::LIMIT,
            $crate::api::CURSOR,
        ]
    };
}
pub(crate) use paged;

/// How many.
pub(crate) const LIMIT: Param = Param {
    name: "limit",
    about: "How many at most, 1 to 200; 50 unless given",
};
/// Where to go on.
pub(crate) const CURSOR: Param = Param {
    name: "cursor",
    about: "`next_cursor` of the page before, as it came",
};

/// Every route of the API.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = channels::routes();
    routes.extend(stores::routes());
    routes.extend(consents::routes());
    routes.extend(renewals::routes());
    routes.extend(mappings::routes());
    routes.extend(mapping_queue::routes());
    routes.extend(imports::routes());
    routes.extend(inventory::routes());
    routes.extend(checks::routes());
    routes.extend(locations::routes());
    routes.extend(policies::routes());
    routes.extend(kits::routes());
    routes.extend(moves::routes());
    routes.extend(resync::routes());
    routes.extend(bulk::routes());
    routes.extend(catalog::routes());
    routes.extend(prices::routes());
    routes.extend(sales::routes());
    routes.extend(product_prices::routes());
    routes.extend(conflicts::routes());
    routes.extend(orders::routes());
    routes.extend(aftersales::routes());
    routes.extend(papers::routes());
    routes.extend(channel_returns::routes());
    routes.extend(work::routes());
    routes.extend(alerts::routes());
    routes.extend(people::routes());
    routes.extend(events::routes());
    routes.extend(explain::routes());
    routes.extend(promise::routes());
    routes.extend(webhooks::routes());
    routes.extend(inbox::routes());
    routes.extend(finance::routes());
    routes.extend(reports::routes());
    routes.extend(warehouses::routes());
    routes.extend(system::routes());
    routes
}
