//! Listings: a product's appearance on one account.

use serde::{Deserialize, Serialize};

/// Gives an enum its name in SQL, JSON and on pages, and reads it back.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)+ }
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The name in SQL, JSON and on pages.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $text,)+ } }
            /// Reads [`Self::name`].
            pub fn parse(name: &str) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.name() == name) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}
pub(crate) use named;

named! {
    /// Who keeps and ships the goods.
    FulfilledBy {
        /// The seller, from stock the hub keeps (FBM, MFN, self-ship).
        Seller = "seller",
        /// The channel, from its own warehouse (FBA): shown, never counted as the seller's stock.
        Channel = "channel",
    }
}

named! {
    /// Whether buyers can buy it.
    ListingStatus {
        /// For sale.
        Active = "active",
        /// Not for sale (no stock, paused, closed).
        Inactive = "inactive",
        /// Taken out by the channel.
        Suppressed = "suppressed",
        /// The channel said something we do not know; see the listing's issues.
        Unknown = "unknown",
    }
}
