//! The parts of Shopify's JSON that are used. Words stay text: an unknown one must not make the rest unreadable.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Raw JSON, so that one unreadable thing does not take the others with it.
pub(super) type Raw = Box<RawValue>;

/// Any answer.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    /// There, if only as null, once the query was run.
    #[serde(default, deserialize_with = "present")]
    pub(super) data: Option<Raw>,
    #[serde(default, deserialize_with = "errors")]
    pub(super) errors: Option<Vec<Said>>,
    #[serde(default)]
    pub(super) extensions: Option<Extensions>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Raw>, D::Error> {
    Raw::deserialize(from).map(Some)
}

/// `errors` is a list, or in some refusals a text.
fn errors<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<Said>>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => None,
        Value::Array(all) if all.is_empty() => None,
        Value::Array(all) => Some(all.into_iter().map(Said).collect()),
        one => Some(vec![Said(one)]),
    })
}

/// One error.
#[derive(Debug)]
pub(super) struct Said(Value);

impl Said {
    pub(super) fn message(&self) -> &str {
        let message = self.0["message"].as_str().or_else(|| self.0.as_str());
        message.unwrap_or("no reason given")
    }

    pub(super) fn code(&self) -> Option<String> {
        self.0["extensions"]["code"].as_str().map(str::to_owned)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Extensions {
    #[serde(default)]
    pub(super) cost: Option<Cost>,
}

/// What a query costs and what is left.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    #[serde(default)]
    requested_query_cost: Option<Decimal>,
    #[serde(default)]
    pub(super) throttle_status: Option<ThrottleStatus>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThrottleStatus {
    pub(super) currently_available: Decimal,
    pub(super) restore_rate: Decimal,
}

impl Cost {
    /// How long until the points the query asks for are there.
    pub(super) fn wait(&self) -> Option<Duration> {
        let asked = self.requested_query_cost.as_ref()?.whole()?;
        let status = self.throttle_status.as_ref()?;
        let missing = asked.saturating_sub(status.currently_available.whole()?).max(0);
        let rate = status.restore_rate.whole().filter(|rate| *rate > 0)?;
        let millis = missing.saturating_mul(1_000).checked_div(rate)?;
        Some(Duration::from_millis(u64::try_from(millis).ok()?))
    }
}

/// A number as it is written, such as `1000` or `998.0`.
#[derive(Debug, Deserialize)]
pub(super) struct Decimal(Raw);

impl Decimal {
    /// Its whole part.
    pub(super) fn whole(&self) -> Option<i64> {
        let text = self.0.get().trim_matches('"');
        text.split('.').next()?.parse().ok()
    }
}

/// A page of a connection.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub(super) nodes: Vec<T>,
    #[serde(default)]
    page_info: Option<PageInfo>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    #[serde(default)]
    end_cursor: Option<String>,
}

impl<T> Connection<T> {
    /// Where the next page starts; `None` on the last.
    pub(super) fn next(&self) -> Option<String> {
        let info = self.page_info.as_ref().filter(|info| info.has_next_page)?;
        info.end_cursor.clone()
    }
}

/// Something of which the id is enough.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct IdOnly {
    pub(super) id: String,
}

/// The id alone, for things of which nothing else can be read.
#[derive(Debug, Deserialize)]
pub(super) struct MaybeId {
    pub(super) id: Option<String>,
}

/// An amount in the shop's currency and the buyer's; only the shop's is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MoneyBag {
    pub(super) shop_money: Amount,
}

/// An amount of money in major units, as text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Amount {
    pub(super) amount: String,
    pub(super) currency_code: String,
}

/// What a mutation says is wrong with its input.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UserError {
    #[serde(default)]
    pub(super) field: Option<Vec<String>>,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) code: Option<String>,
}

/// The shop's currency.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShopCurrency {
    pub(super) currency_code: String,
}
