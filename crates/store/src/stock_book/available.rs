//! What may be offered of a product: at all locations together, and from one of them.

use stockbridge_domain::kit::makeable;
use stockbridge_domain::stock::Shelf;
use stockbridge_domain::{LocationId, ProductId};

use super::StockBook;

/// What is known of a product's stock at all locations together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sellable {
    /// Units that may be offered; negative when more is promised than there is.
    pub available: i64,
    /// Units beyond these that locations keep as safety stock.
    pub safety: i64,
    /// Somebody said how much there is.
    pub counted: bool,
}

impl StockBook {
    /// What may be offered of a product, all locations together.
    ///
    /// A kit is as available as its scarcest component.
    pub(crate) fn sellable(&self, product: ProductId) -> Sellable {
        if let Some(parts) = self.kits.get(&product) {
            return Sellable {
                available: makeable(parts, |part| self.sellable(part).available),
                safety: 0,
                counted: parts.iter().all(|part| self.sellable(part.product).counted),
            };
        }
        let mut stock = Sellable {
            available: 0,
            safety: 0,
            counted: false,
        };
        for (location, line) in self.lines.get(&product).into_iter().flatten() {
            let shelf = self.shelf(product, *location);
            stock.available += shelf.available();
            stock.safety += Shelf { safety: 0, ..shelf }.available() - shelf.available();
            stock.counted |= line.counted && shelf.sellable;
        }
        stock
    }

    /// Open locations that are sold from, with their names.
    pub(crate) fn selling_places(&self) -> impl Iterator<Item = (LocationId, &str)> {
        let selling = self.places.iter().filter(|place| place.sellable);
        selling.map(|place| (place.id, place.name.as_str()))
    }

    /// What may be offered of a product from one location; of a kit, what can be put together there.
    pub(crate) fn available_at(&self, product: ProductId, location: LocationId) -> i64 {
        match self.kits.get(&product) {
            Some(parts) => makeable(parts, |part| self.available_at(part, location)),
            None => self.shelf(product, location).available(),
        }
    }
}
