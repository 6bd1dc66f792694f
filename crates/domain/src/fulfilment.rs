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

/// Longest tracking number.
const LONGEST: usize = 100;

/// A tracking number as it is told to channels: without blanks, letters and digits and what carriers put between them.
///
/// # Errors
/// One sentence that says what is wrong and what would be right.
pub fn tracking_number(text: &str) -> Result<String, String> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let length = plain.chars().count();
    if length == 0 || length > LONGEST {
        return Err(format!("write 1 to {LONGEST} characters"));
    }
    let odd = |letter: &char| !letter.is_ascii_alphanumeric() && !"-_./#".contains(*letter);
    match plain.chars().find(odd) {
        Some(letter) => Err(format!(
            "`{}` is no part of a tracking number; write the number alone, such as 1Z999AA10123456784",
            letter.escape_default()
        )),
        None => Ok(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_numbers_lose_their_blanks_and_take_nothing_odd() {
        assert_eq!(tracking_number(" 1Z 999 AA1 "), Ok("1Z999AA1".to_owned()));
        assert_eq!(tracking_number("T"), Ok("T".to_owned()));
        for wrong in [
            "",
            "  ",
            "https://track.example/1?x",
            "number: 5",
            "<b>",
            &"7".repeat(101),
        ] {
            assert!(tracking_number(wrong).is_err(), "{wrong}");
        }
    }
}
