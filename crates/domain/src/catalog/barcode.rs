//! Barcodes: GTINs in their four lengths (EAN-8, UPC-A, EAN-13, GTIN-14), with their check digit.
//!
//! The check digit is that of the GS1 General Specifications, section 7.9: weights 3 and 1 from the right.

use std::fmt;

/// A barcode whose check digit is right, as digits without spaces and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Barcode(String);

/// Why a text is no barcode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BarcodeError {
    /// A spreadsheet turned the number into a rounded one.
    #[error(
        "`{0}` is a barcode that a spreadsheet rounded; format the column as text and enter the digits again"
    )]
    Rounded(String),
    /// Something other than digits.
    #[error("a barcode has digits only, `{0}` has others; enter the digits below the bars")]
    NotDigits(String),
    /// Another number of digits.
    #[error(
        "a barcode (EAN, UPC, GTIN) has 8, 12, 13 or 14 digits, `{text}` has {length}; spreadsheets drop leading \
         zeros: format the column as text"
    )]
    Length {
        /// What was given.
        text: String,
        /// How many digits that is.
        length: usize,
    },
    /// The last digit does not follow from the others.
    #[error(
        "the check digit of `{text}` would be {expected}, not {found}; a digit is mistyped or two are swapped, compare it \
         with the package"
    )]
    CheckDigit {
        /// What was given.
        text: String,
        /// What the last digit would be.
        expected: u32,
        /// What it is.
        found: u32,
    },
}

impl Barcode {
    /// Reads a barcode; spaces and hyphens between the digits are left out.
    ///
    /// # Errors
    /// See [`BarcodeError`].
    pub fn parse(text: &str) -> Result<Self, BarcodeError> {
        let shown = || text.trim().chars().take(40).collect::<String>();
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let rounded = |c: char| c.is_ascii_digit() || matches!(c, 'e' | 'E' | '+' | '.' | ',');
        if digits.contains(['e', 'E'])
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(rounded)
        {
            return Err(BarcodeError::Rounded(shown()));
        }
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BarcodeError::NotDigits(shown()));
        }
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(BarcodeError::Length {
                text: shown(),
                length: digits.len(),
            });
        }
        let (body, last) = digits.split_at(digits.len() - 1);
        let (expected, found) = (check_digit(body), u32::from(last.as_bytes()[0] - b'0'));
        if expected != found {
            return Err(BarcodeError::CheckDigit {
                text: shown(),
                expected,
                found,
            });
        }
        Ok(Self(digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digit that follows `body`.
fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

/// The 14 digits by which barcodes are compared: a UPC-A and the EAN-13 with a zero before it are the same thing. Nothing
/// for what is no barcode: a channel may show anything.
pub fn gtin14(text: &str) -> Option<String> {
    Barcode::parse(text)
        .ok()
        .map(|barcode| format!("{:0>14}", barcode.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_of_every_length_are_read() {
        for (text, digits) in [
            ("4006381333931", "4006381333931"),
            (" 0 36000 29145 2 ", "036000291452"),
            ("7351-3537", "73513537"),
            ("00012345600012", "00012345600012"),
            ("97801375862 12", "9780137586212"),
        ] {
            let read = Barcode::parse(text);
            let expected = check_digit(&digits[..digits.len() - 1]).to_string();
            if digits.ends_with(&expected) {
                assert_eq!(read.unwrap().as_str(), digits, "{text}");
            } else {
                assert!(matches!(read, Err(BarcodeError::CheckDigit { .. })), "{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_the_remedy() {
        let told = |text: &str| Barcode::parse(text).unwrap_err().to_string();
        assert!(told("4006381333932").contains("would be 1, not 2"));
        assert!(told("4.00638E+12").contains("format the column as text"));
        assert!(told("36000291452").contains("has 11"));
        assert!(told("B000123456").contains("digits only"));
        assert!(told("").contains("digits only"));
        assert!(told("٤٠٠٦٣٨١٣٣٣٩٣١").contains("digits only"));
    }

    #[test]
    fn a_upc_is_the_ean_with_a_zero_before_it() {
        assert_eq!(gtin14("036000291452"), gtin14("0036000291452"));
        assert_eq!(gtin14("4006381333931").as_deref(), Some("04006381333931"));
        assert_eq!(gtin14("B0CX23V2ZK"), None);
    }

    #[test]
    fn one_mistyped_digit_is_always_found() {
        let good = "4006381333931";
        for at in 0..good.len() {
            for digit in '0'..='9' {
                let mut text: Vec<char> = good.chars().collect();
                if text[at] != digit {
                    text[at] = digit;
                    assert!(Barcode::parse(&text.iter().collect::<String>()).is_err());
                }
            }
        }
    }
}
