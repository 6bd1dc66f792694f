//! Amazon's marketplaces: id, country, currency, endpoint region, name, default language.

/// One marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marketplace {
    pub(super) id: &'static str,
    pub(super) country: &'static str,
    pub(super) currency: &'static str,
    pub(super) region: &'static str,
    pub(super) name: &'static str,
    pub(super) language: &'static str,
}

const fn m(
    id: &'static str,
    country: &'static str,
    currency: &'static str,
    region: &'static str,
    name: &'static str,
    language: &'static str,
) -> Marketplace {
    Marketplace {
        id,
        country,
        currency,
        region,
        name,
        language,
    }
}

/// "Marketplace IDs" of Amazon's documentation.
pub(super) const MARKETPLACES: [Marketplace; 23] = [
    m("A2EUQ1WTGCTBG2", "CA", "CAD", "NA", "Amazon.ca", "en_CA"),
    m("ATVPDKIKX0DER", "US", "USD", "NA", "Amazon.com", "en_US"),
    m("A1AM78C64UM0Y8", "MX", "MXN", "NA", "Amazon.com.mx", "es_MX"),
    m("A2Q3Y263D00KWC", "BR", "BRL", "NA", "Amazon.com.br", "pt_BR"),
    m("A28R8C7NBKEWEA", "IE", "EUR", "EU", "Amazon.ie", "en_IE"),
    m("A1RKKUPIHCS9HS", "ES", "EUR", "EU", "Amazon.es", "es_ES"),
    m("A1F83G8C2ARO7P", "GB", "GBP", "EU", "Amazon.co.uk", "en_GB"),
    m("A13V1IB3VIYZZH", "FR", "EUR", "EU", "Amazon.fr", "fr_FR"),
    m("AMEN7PMS3EDWL", "BE", "EUR", "EU", "Amazon.com.be", "fr_BE"),
    m("A1805IZSGTT6HS", "NL", "EUR", "EU", "Amazon.nl", "nl_NL"),
    m("A1PA6795UKMFR9", "DE", "EUR", "EU", "Amazon.de", "de_DE"),
    m("APJ6JRA9NG5V4", "IT", "EUR", "EU", "Amazon.it", "it_IT"),
    m("A2NODRKZP88ZB9", "SE", "SEK", "EU", "Amazon.se", "sv_SE"),
    m("AE08WJ6YKNBMC", "ZA", "ZAR", "EU", "Amazon.co.za", "en_ZA"),
    m("A1C3SOZRARQ6R3", "PL", "PLN", "EU", "Amazon.pl", "pl_PL"),
    m("ARBP9OOSHTCHU", "EG", "EGP", "EU", "Amazon.eg", "ar_AE"),
    m("A33AVAJ2PDY3EV", "TR", "TRY", "EU", "Amazon.com.tr", "tr_TR"),
    m("A17E79C6D8DWNP", "SA", "SAR", "EU", "Amazon.sa", "ar_AE"),
    m("A2VIGQ35RCS4UG", "AE", "AED", "EU", "Amazon.ae", "en_AE"),
    m("A21TJRUUN4KGV", "IN", "INR", "EU", "Amazon.in", "en_IN"),
    m("A19VAU5U5O7RUS", "SG", "SGD", "FE", "Amazon.sg", "en_SG"),
    m("A39IBJ37TRP1C6", "AU", "AUD", "FE", "Amazon.com.au", "en_AU"),
    m("A1VC38T7YXB528", "JP", "JPY", "FE", "Amazon.co.jp", "ja_JP"),
];

/// The marketplace with this id.
pub(super) fn find(id: &str) -> Option<&'static Marketplace> {
    MARKETPLACES.iter().find(|m| m.id == id)
}

/// Decimal places of a currency's amounts.
pub(super) fn decimals(currency: &str) -> usize {
    if currency == "JPY" { 0 } else { 2 }
}
