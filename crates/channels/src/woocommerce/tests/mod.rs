//! Tests of the shop.
