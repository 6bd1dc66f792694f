//! Stockbridge's memory: the only crate that speaks SQL.
//!
//! `db` hides which database is in use; everything else is written once on top of it.

#[cfg_attr(not(test), expect(dead_code, reason = "the tables' files are its users"))]
mod db;
mod error;
#[cfg_attr(not(test), expect(dead_code, reason = "the store's opening is its user"))]
mod migrate;
#[doc(hidden)]
pub mod testing;

pub use db::{Db, DbConfig};
pub use error::{ConstraintKind, StoreError};
