//! The pure domain of Stockbridge: what stock, orders, listings and offers are, and what must always be true of them.
//!
//! Nothing here knows an async runtime, SQL, HTTP servers, the system clock or a source of randomness: time, ids and
//! entropy come in through [`clock`]. Start at [`exposure`] for the reason the product exists, at [`order`] for how an
//! order changes stock, and at [`channel`] for what a sales channel has to provide.

pub mod aftersales;
pub mod allocation;
pub mod catalog;
pub mod channel;
pub mod clock;
pub mod conflict;
pub mod exposure;
pub mod fulfilment;
pub mod guards;
pub mod ids;
pub mod images;
pub mod job;
pub mod kit;
pub mod latency;
pub mod listing;
pub mod mode;
pub mod money;
pub mod moves;
pub mod offer;
pub mod order;
pub mod pace;
pub mod places;
pub mod pricing;
pub mod report;
pub mod sku;
pub mod stock;
pub mod tenant;

pub use clock::{Clock, Entropy, Env, Timestamp};
pub use ids::*;
pub use money::{Currency, Money, MoneyError};
pub use sku::{Quantity, QuantityError, Sku, SkuError};

/// A boxed future, the shape in which port traits answer so that they stay usable as `dyn`.
pub type BoxFut<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One problem with one field of something a person or a program typed in.
///
/// `field` is a JSON pointer without the leading slash (`credentials/refresh_token`); `message` says what is wrong and
/// what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// Which field, as a path separated by `/`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub message: String,
}

impl FieldError {
    /// Names a field and says what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
