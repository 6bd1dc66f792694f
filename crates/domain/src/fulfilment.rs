//! Parcels and what channels were told about them.

use crate::listing::named;
use serde::{Deserialize, Serialize};

named! {
    /// Whether the channel knows of a parcel.
    ShipmentStatus {
        /// Recorded here, to be confirmed on the channel.
        Pending = "pending",
        /// The channel took the confirmation.
        Confirmed = "confirmed",
        /// The channel refused it; the message says why.
        Refused = "refused",
        /// The channel needs no confirmation.
        Local = "local",
    }
}
