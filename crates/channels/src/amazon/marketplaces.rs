//! Amazon's country sites: ids, currencies and the region whose endpoint serves them.
//!
//! Ids and regions: Amazon, "Marketplace IDs" and "SP-API Endpoints". Amazon publishes no time zones; these are the
//! countries' own, with Amazon's day cut in Los Angeles for the United States and Canada.

use stockbridge_domain::FieldError;
use stockbridge_domain::channel::Marketplace;

/// The United Arab Emirates. Lists that circulate on the Internet call this id Egypt.
pub(super) const EMIRATES: &str = "A2VIGQ35RCS4UG";

const fn site(
    code: &'static str,
    id: &'static str,
    name: &'static str,
    currency: &'static str,
    region: &'static str,
    time_zone: &'static str,
) -> Marketplace {
    Marketplace {
        code,
        id,
        name,
        currency,
        region,
        time_zone,
    }
}

/// Every marketplace with an SP-API endpoint.
#[rustfmt::skip]
pub(super) static MARKETPLACES: [Marketplace; 23] = [
    site("CA", "A2EUQ1WTGCTBG2", "Canada", "CAD", "NA", "America/Los_Angeles"),
    site("US", "ATVPDKIKX0DER", "United States", "USD", "NA", "America/Los_Angeles"),
    site("MX", "A1AM78C64UM0Y8", "Mexico", "MXN", "NA", "America/Mexico_City"),
    site("BR", "A2Q3Y263D00KWC", "Brazil", "BRL", "NA", "America/Sao_Paulo"),
    site("IE", "A28R8C7NBKEWEA", "Ireland", "EUR", "EU", "Europe/Dublin"),
    site("ES", "A1RKKUPIHCS9HS", "Spain", "EUR", "EU", "Europe/Madrid"),
    site("UK", "A1F83G8C2ARO7P", "United Kingdom", "GBP", "EU", "Europe/London"),
    site("FR", "A13V1IB3VIYZZH", "France", "EUR", "EU", "Europe/Paris"),
    site("BE", "AMEN7PMS3EDWL", "Belgium", "EUR", "EU", "Europe/Brussels"),
    site("NL", "A1805IZSGTT6HS", "Netherlands", "EUR", "EU", "Europe/Amsterdam"),
    site("DE", "A1PA6795UKMFR9", "Germany", "EUR", "EU", "Europe/Berlin"),
    site("IT", "APJ6JRA9NG5V4", "Italy", "EUR", "EU", "Europe/Rome"),
    site("SE", "A2NODRKZP88ZB9", "Sweden", "SEK", "EU", "Europe/Stockholm"),
    site("ZA", "AE08WJ6YKNBMC", "South Africa", "ZAR", "EU", "Africa/Johannesburg"),
    site("PL", "A1C3SOZRARQ6R3", "Poland", "PLN", "EU", "Europe/Warsaw"),
    site("EG", "ARBP9OOSHTCHU", "Egypt", "EGP", "EU", "Africa/Cairo"),
    site("TR", "A33AVAJ2PDY3EV", "Turkey", "TRY", "EU", "Europe/Istanbul"),
    site("SA", "A17E79C6D8DWNP", "Saudi Arabia", "SAR", "EU", "Asia/Riyadh"),
    site("AE", EMIRATES, "United Arab Emirates", "AED", "EU", "Asia/Dubai"),
    site("IN", "A21TJRUUN4KGV", "India", "INR", "EU", "Asia/Kolkata"),
    site("SG", "A19VAU5U5O7RUS", "Singapore", "SGD", "FE", "Asia/Singapore"),
    site("AU", "A39IBJ37TRP1C6", "Australia", "AUD", "FE", "Australia/Sydney"),
    site("JP", "A1VC38T7YXB528", "Japan", "JPY", "FE", "Asia/Tokyo"),
];

/// A marketplace by id, code or name of the country; `GB` is the United Kingdom too.
pub(super) fn find(text: &str) -> Option<&'static Marketplace> {
    let text = text.trim();
    let text = if text.eq_ignore_ascii_case("GB") {
        "UK"
    } else {
        text
    };
    MARKETPLACES
        .iter()
        .find(|m| m.id == text || m.code.eq_ignore_ascii_case(text) || m.name.eq_ignore_ascii_case(text))
}

/// The endpoint of a region.
pub(super) fn endpoint(region: &str) -> &'static str {
    match region {
        "NA" => "https://sellingpartnerapi-na.amazon.com",
        "FE" => "https://sellingpartnerapi-fe.amazon.com",
        _ => "https://sellingpartnerapi-eu.amazon.com",
    }
}

/// The endpoint of a region's sandbox.
pub(super) fn sandbox(region: &str) -> &'static str {
    match region {
        "NA" => "https://sandbox.sellingpartnerapi-na.amazon.com",
        "FE" => "https://sandbox.sellingpartnerapi-fe.amazon.com",
        _ => "https://sandbox.sellingpartnerapi-eu.amazon.com",
    }
}

/// The host of Seller Central for a marketplace, whose page sellers agree on. Europe's older sites share one; those of Ireland
/// and South Africa are not in Amazon's own list.
pub(super) fn seller_central(site: &Marketplace) -> &'static str {
    match site.code {
        "CA" => "sellercentral.amazon.ca",
        "US" => "sellercentral.amazon.com",
        "MX" => "sellercentral.amazon.com.mx",
        "BR" => "sellercentral.amazon.com.br",
        "IE" => "sellercentral.amazon.ie",
        "BE" => "sellercentral.amazon.com.be",
        "NL" => "sellercentral.amazon.nl",
        "SE" => "sellercentral.amazon.se",
        "ZA" => "sellercentral.amazon.co.za",
        "PL" => "sellercentral.amazon.pl",
        "EG" => "sellercentral.amazon.eg",
        "TR" => "sellercentral.amazon.com.tr",
        "SA" => "sellercentral.amazon.sa",
        "AE" => "sellercentral.amazon.ae",
        "IN" => "sellercentral.amazon.in",
        "SG" => "sellercentral.amazon.sg",
        "AU" => "sellercentral.amazon.com.au",
        "JP" => "sellercentral.amazon.co.jp",
        _ => "sellercentral-europe.amazon.com",
    }
}

/// Reads what a person typed: codes, ids or `CODE:ID`. Repeats are dropped, order is kept: the first is the account's
/// main one.
pub(super) fn choose(
    typed: &[String],
    country: Option<&str>,
    problems: &mut Vec<FieldError>,
) -> Vec<&'static Marketplace> {
    let mut chosen: Vec<&'static Marketplace> = Vec::new();
    for (index, entry) in typed.iter().enumerate() {
        match one(entry) {
            Ok(site) if chosen.iter().any(|m| m.id == site.id) => {}
            Ok(site) => chosen.push(site),
            Err(message) => problems.push(FieldError::new(format!("marketplaces/{index}"), message)),
        }
    }
    if typed.is_empty() {
        problems.push(FieldError::new(
            "marketplaces",
            format!("name at least one marketplace: {}", codes()),
        ));
    }
    if let Some(country) = country
        && let Err(message) = agrees(country, &chosen)
    {
        problems.push(FieldError::new("options/country", message));
    }
    if let Some(first) = chosen.first()
        && let Some(other) = chosen.iter().find(|m| m.region != first.region)
    {
        let message = format!(
            "{} belongs to region {} and {} to region {}; Amazon authorises each region by itself, so connect one \
             account per region",
            first.code, first.region, other.code, other.region
        );
        problems.push(FieldError::new("marketplaces", message));
    }
    chosen
}

fn one(entry: &str) -> Result<&'static Marketplace, String> {
    let unknown = |text: &str| {
        let shown: String = text.trim().chars().take(40).collect();
        format!(
            "`{shown}` is not an Amazon marketplace; write one of {} or its id",
            codes()
        )
    };
    let Some((code, id)) = entry.split_once(':') else {
        return find(entry).ok_or_else(|| unknown(entry));
    };
    let by_id = find(id).ok_or_else(|| unknown(id))?;
    let by_code = find(code).ok_or_else(|| unknown(code))?;
    if by_id.id == by_code.id {
        Ok(by_id)
    } else {
        Err(mismatch(by_code, by_id))
    }
}

fn agrees(country: &str, chosen: &[&'static Marketplace]) -> Result<(), String> {
    let named = find(country).ok_or_else(|| {
        let shown: String = country.chars().take(40).collect();
        format!(
            "`{shown}` is not a country Amazon sells in; write one of {}",
            codes()
        )
    })?;
    match chosen.first() {
        Some(first) if !chosen.iter().any(|m| m.id == named.id) => {
            let emirates = chosen.iter().find(|m| m.id == EMIRATES);
            Err(mismatch(named, emirates.unwrap_or(first)))
        }
        _ => Ok(()),
    }
}

fn mismatch(named: &Marketplace, found: &Marketplace) -> String {
    format!(
        "the marketplace id {} is {} ({}), not {}; the id of {} ({}) is {}",
        found.id, found.name, found.code, named.name, named.name, named.code, named.id
    )
}

fn codes() -> String {
    let codes: Vec<_> = MARKETPLACES.iter().map(|m| m.code).collect();
    codes.join(", ")
}
