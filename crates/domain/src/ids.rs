//! Typed ids: a UUID version 7 that knows what it names.
//!
//! As text an id is a short prefix and 26 characters of Crockford base32 (`ord_01jd…`), which sorts like the UUID. A
//! function that takes an [`AccountId`] cannot be handed an order.

use std::fmt;

use uuid::Uuid;

/// What every typed id can do.
pub trait Id: Copy + Sized {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// Wraps a UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of this kind; it looks like `{prefix}_` and 26 letters and digits")]
pub struct IdError {
    text: String,
    prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(uuid: Uuid) -> [u8; 26] {
    let mut value = uuid.as_u128();
    let mut text = [b'0'; 26];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[usize::try_from(value & 31).unwrap_or(0)];
        value >>= 5;
    }
    text
}

/// What is no digit of an id.
const NO_DIGIT: u8 = u8::MAX;

/// The digit each byte stands for.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 32 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

fn decode(text: &str) -> Option<Uuid> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes[0] > b'7' {
        return None;
    }
    let mut value = 0u128;
    for byte in bytes {
        let digit = DIGITS[usize::from(*byte)];
        if digit == NO_DIGIT {
            return None;
        }
        value = (value << 5) | u128::from(digit);
    }
    Some(Uuid::from_u128(value))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = encode(self.0);
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self)
                    .ok_or_else(|| IdError { text: text.chars().take(60).collect(), prefix: $prefix })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

ids! {
    /// A company whose data is kept apart from every other's.
    TenantId = "ten";
    /// A person who signs in.
    UserId = "usr";
    /// A dashboard session.
    SessionId = "ses";
    /// An API token.
    TokenId = "tok";
    /// A seller's account on a channel (the API calls it a store).
    AccountId = "acc";
    /// A product: the thing that is in stock.
    ProductId = "prd";
    /// A place where stock lies.
    LocationId = "loc";
    /// A product's appearance on one account.
    ListingId = "lst";
    /// An order.
    OrderId = "ord";
    /// A line of an order.
    OrderLineId = "oln";
    /// An entry of the stock ledger.
    LedgerEntryId = "led";
    /// One attempt to change what a channel shows.
    PushId = "psh";
    /// Many quantities written at once.
    BulkId = "blk";
    /// A parcel.
    ShipmentId = "shp";
    /// A unit of durable work.
    JobId = "job";
    /// One run of a synchronisation, as people see it.
    RunId = "run";
    /// Something that needs a person's attention.
    AlertId = "alr";
    /// An entry of the audit log.
    AuditId = "aud";
    /// Something a channel sent that could not be read.
    QuarantineId = "qua";
    /// A sale: a lower price for a while.
    SaleId = "sal";
    /// A difference between what a channel shows and what it should.
    ConflictId = "con";
    /// An entry of the history of such differences.
    ConflictEventId = "cev";
    /// Goods on their way from one location to another.
    TransferId = "trf";
    /// A walk along the shelves of one location.
    CountId = "cnt";
    /// Goods a buyer sent back.
    ReturnId = "ret";
    /// A check of the books.
    CheckId = "chk";
    /// A message a channel sent by itself.
    InboxId = "inb";
    /// An order, or units of it, that a person wants called off.
    CancellationId = "ccl";
    /// Money that goes back to a buyer.
    RefundId = "rfd";
    /// A return as a channel announces it.
    ChannelReturnId = "crt";
    /// A parcel whose papers a channel makes.
    ParcelId = "pcl";
    /// A document of a parcel.
    PaperId = "ppr";
    /// A report asked of a channel.
    ReportId = "rpt";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_keeps_kinds_apart() {
        let id = OrderId::from_uuid(Uuid::from_u128(0x0190_1234_5678_7abc_8def_0123_4567_89ab));
        let text = id.to_string();
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse::<OrderId>().unwrap(), id);
        assert!(
            text.parse::<AccountId>()
                .unwrap_err()
                .to_string()
                .contains("acc_")
        );
        assert!(
            "ord_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<OrderId>().is_err(),
            "more than 128 bits"
        );
    }

    proptest::proptest! {
        #[test]
        fn every_uuid_round_trips_and_order_is_kept(a: u128, b: u128) {
            let (x, y) = (OrderId(Uuid::from_u128(a)), OrderId(Uuid::from_u128(b)));
            proptest::prop_assert_eq!(x.to_string().parse::<OrderId>().unwrap(), x);
            proptest::prop_assert_eq!(a.cmp(&b), x.to_string().cmp(&y.to_string()));
        }
    }
}
