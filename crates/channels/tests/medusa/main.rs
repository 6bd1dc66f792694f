//! The Medusa channel against a store: the simulated one always, a real server when `STOCKBRIDGE_TEST_MEDUSA` names the file
//! that `scripts/medusa` writes about the one it started. The scenarios of [`contract`] are the same for both.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says what it missed, and one that is left out says so"
)]

mod contract;
mod faults;
mod races;
mod schemas;
mod side;
mod subscriber;

use contract::{aftersales, listings, orders, parcels, prices, quantities};
use side::Side;

/// Runs one scenario on the simulated store and, if there is one, on the real server.
macro_rules! on_both {
    ($($name:ident: $scenario:path;)+) => {$(
        #[tokio::test]
        async fn $name() {
            $scenario(&Side::simulated()).await;
            if let Some(real) = Side::real() {
                $scenario(&real).await;
            }
        }
    )+};
}

on_both! {
    the_connection_is_tested_and_a_wrong_key_refused: listings::probed;
    listings_show_what_buyers_can_buy: listings::shown;
    quantities_are_set_and_never_compared: quantities::written;
    a_location_without_a_level_gets_one: quantities::created;
    orders_are_read_by_change_and_by_placing: orders::read;
    a_parcel_is_shipped_once_whatever_is_repeated: parcels::shipped;
    an_order_is_called_off_once: aftersales::cancelled;
    money_goes_back_once_for_a_key: aftersales::refunded;
    prices_of_others_are_kept: prices::kept;
    returns_are_read: aftersales::returned;
}
