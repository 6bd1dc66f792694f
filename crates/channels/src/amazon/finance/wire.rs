//! A transaction's JSON, only the fields used.

use serde::{Deserialize, Deserializer};

use super::super::decimal::Decimal;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    #[serde(default)]
    pub(super) selling_partner_metadata: Option<Site>,
    #[serde(default)]
    pub(super) related_identifiers: Option<Vec<Related>>,
    pub(super) transaction_type: Option<String>,
    pub(super) transaction_id: Option<String>,
    pub(super) transaction_status: Option<String>,
    pub(super) description: Option<String>,
    pub(super) posted_date: Option<String>,
    pub(super) total_amount: Option<Amount>,
    #[serde(default)]
    pub(super) marketplace_details: Option<Site>,
    #[serde(default)]
    pub(super) items: Option<Vec<Item>>,
    #[serde(default, deserialize_with = "breakdowns")]
    pub(super) breakdowns: Vec<Breakdown>,
}

impl Transaction {
    /// The identifier of this name.
    pub(super) fn related(&self, name: &str) -> Option<&str> {
        let all = self.related_identifiers.iter().flatten();
        all.filter(|r| r.related_identifier_name.as_deref() == Some(name))
            .find_map(|r| r.related_identifier_value.as_deref())
            .filter(|value| !value.is_empty())
    }

    /// Where it happened.
    pub(super) fn marketplace(&self) -> Option<&str> {
        let sites = [&self.marketplace_details, &self.selling_partner_metadata];
        sites
            .into_iter()
            .flatten()
            .find_map(|site| site.marketplace_id.as_deref())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Site {
    pub(super) marketplace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Related {
    pub(super) related_identifier_name: Option<String>,
    pub(super) related_identifier_value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Amount {
    pub(super) currency_code: Option<String>,
    pub(super) currency_amount: Option<Decimal>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) total_amount: Option<Amount>,
    #[serde(default, deserialize_with = "breakdowns")]
    pub(super) breakdowns: Vec<Breakdown>,
    #[serde(default)]
    pub(super) contexts: Option<Vec<Context>>,
}

impl Item {
    /// The SKU of it.
    pub(super) fn sku(&self) -> Option<&str> {
        self.contexts.iter().flatten().find_map(|c| c.sku.as_deref())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Context {
    pub(super) sku: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Breakdown {
    pub(super) breakdown_type: Option<String>,
    pub(super) breakdown_amount: Option<Amount>,
    #[serde(default, deserialize_with = "breakdowns")]
    pub(super) breakdowns: Vec<Breakdown>,
}

/// An object that holds breakdowns.
#[derive(Debug, Deserialize)]
struct Holder {
    #[serde(default, deserialize_with = "breakdowns")]
    breakdowns: Vec<Breakdown>,
}

/// The model says a list; its example has an object that holds one. Both are taken, and nothing for null.
fn breakdowns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Breakdown>, D::Error> {
    // Through raw JSON, so that amounts are read from their own characters.
    let raw = Option::<Box<serde_json::value::RawValue>>::deserialize(deserializer)?;
    let Some(raw) = raw.filter(|r| r.get() != "null") else {
        return Ok(Vec::new());
    };
    let text = raw.get();
    let read = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<Breakdown>>(text)
    } else {
        serde_json::from_str::<Holder>(text).map(|held| held.breakdowns)
    };
    read.map_err(serde::de::Error::custom)
}
