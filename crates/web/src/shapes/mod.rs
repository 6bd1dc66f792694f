//! The shapes of what the API takes and gives, as data: names, kinds and meanings of fields.
//!
//! Answers are the store's and the engine's own records; a test walks real answers and compares them with these shapes,
//! so that a field nobody described, or described and gone, is found.

mod aftersales;
mod common;
mod conflicts;
mod finance;
mod goods;
mod inbox;
mod mapping;
mod offers;
mod places;
mod prices;
mod proof;
mod reports;
mod sharing;
mod stores;
mod trade;
mod warehouses;

use std::sync::LazyLock;

/// What a thing consists of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Its name in the document.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// It is sent to us; unknown fields are refused then.
    pub input: bool,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// Its name.
    pub name: &'static str,
    /// `text`, `int`, `count`, `decimal`, `bool`, `instant`, `any`, `map`, `id:PREFIX`, `word:SET`, a shape's name, `[kind]`;
    /// `kind?` where it may be missing.
    pub kind: &'static str,
    /// What it means.
    pub about: &'static str,
}

impl Field {
    const fn new(name: &'static str, kind: &'static str, about: &'static str) -> Self {
        Self { name, kind, about }
    }
}

/// Every shape.
pub(crate) static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    [
        aftersales::AFTER_SALES,
        common::COMMON,
        conflicts::CONFLICTS,
        finance::FINANCE,
        reports::REPORTS,
        inbox::INBOX,
        warehouses::WAREHOUSES,
        stores::STORES,
        goods::GOODS,
        mapping::MAPPING,
        offers::OFFERS,
        proof::PROOF,
        prices::PRICES,
        places::PLACES,
        sharing::SHARING,
        trade::TRADE,
    ]
    .concat()
});
