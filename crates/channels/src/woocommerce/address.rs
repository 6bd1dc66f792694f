//! The shop's address as a merchant types it, and the addresses of its API.

use stockbridge_domain::FieldError;

use super::SHOP_URL;
use crate::endpoint;

/// What merchants copy along with the address of their shop.
const SURPLUS: [&str; 3] = ["/wp-json", "/wp-admin", "/wp-login.php"];

/// Checks the shop's address and takes off what does not belong to it. A shop may live in a folder of its host.
///
/// Keys travel with every request, so there is no plain HTTP.
pub(super) fn shop(text: &str, problems: &mut Vec<FieldError>) -> String {
    let at = || format!("credentials/{SHOP_URL}");
    if text.is_empty() {
        return String::new();
    }
    match endpoint::base(text) {
        Ok(base) if base.starts_with("https://") => {
            let end = SURPLUS.iter().filter_map(|surplus| base.find(surplus)).min();
            base[..end.unwrap_or(base.len())].trim_end_matches('/').to_owned()
        }
        Ok(_) => {
            let message = "the address has to start with https://, because the keys travel with every request; switch the shop to https first";
            problems.push(FieldError::new(at(), message));
            String::new()
        }
        Err(message) => {
            problems.push(FieldError::new(at(), message));
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shop_is_found_in_what_was_copied() {
        for (text, shop_is) in [
            ("https://Shop.example/", "https://shop.example"),
            (
                "https://shop.example/store/wp-json/wc/v3",
                "https://shop.example/store",
            ),
            ("https://shop.example/wp-admin/admin.php", "https://shop.example"),
        ] {
            let mut problems = Vec::new();
            assert_eq!(shop(text, &mut problems), shop_is);
            assert!(problems.is_empty(), "{problems:?}");
        }
        for (text, hint) in [
            ("http://shop.example", "https://"),
            ("shop", "not an address"),
            ("https://a:b@c", "user name"),
        ] {
            let mut problems = Vec::new();
            shop(text, &mut problems);
            assert!(problems[0].message.contains(hint), "{text}: {problems:?}");
            assert_eq!(problems[0].field, "credentials/shop_url");
        }
    }
}
