//! What a policy says, as typed in: fields that are set, and fields that are left to more general policies.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use stockbridge_domain::allocation::BasisPoints;

/// What a policy says.
#[derive(Debug, Args)]
pub(super) struct Terms {
    /// strict, shared or hybrid.
    #[arg(long)]
    mode: Option<String>,
    /// Days of stock below which hybrid is strict.
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    cover_days: Option<i64>,
    /// split (percentages), priority (tiers) or velocity (how fast each sells).
    #[arg(long)]
    method: Option<String>,
    /// Share of a channel or store, such as 35%.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    share: Option<u32>,
    /// For priority: 1 is filled first.
    #[arg(long, allow_negative_numbers = true)]
    tier: Option<i64>,
    /// So many units, whatever the method.
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    fixed: Option<i64>,
    /// No more units than that.
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    cap: Option<i64>,
    /// No fewer units than that while there are enough.
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    minimum: Option<i64>,
    /// Kept back: units, or with a percent sign a part of what is available.
    #[arg(long, value_name = "UNITS|PERCENT", value_parser = buffer)]
    buffer: Vec<(&'static str, i64)>,
    /// Leave this field to more general policies; several with commas.
    #[arg(long, value_name = "FIELD", value_enum, value_delimiter = ',')]
    clear: Vec<Clearable>,
}

/// A field that can be left to more general policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Clearable {
    Mode,
    CoverDays,
    Method,
    Share,
    Tier,
    Fixed,
    Cap,
    Minimum,
    /// Units and part.
    Buffer,
    BufferUnits,
    BufferPart,
}

impl Clearable {
    /// What the API calls it.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Mode => &["mode"],
            Self::CoverDays => &["cover_days"],
            Self::Method => &["method"],
            Self::Share => &["share"],
            Self::Tier => &["tier"],
            Self::Fixed => &["fixed"],
            Self::Cap => &["cap"],
            Self::Minimum => &["minimum"],
            Self::Buffer => &["buffer_units", "buffer_part"],
            Self::BufferUnits => &["buffer_units"],
            Self::BufferPart => &["buffer_part"],
        }
    }
}

fn percent(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a percentage; write a number from 0 to 100, such as 35% or 7.5");
    BasisPoints::parse_percent(text)
        .map(|points| points.0)
        .ok_or_else(wrong)
}

fn buffer(text: &str) -> Result<(&'static str, i64), String> {
    if text.ends_with('%') {
        return Ok(("buffer_part", percent(text)?.into()));
    }
    let units = text
        .parse()
        .map_err(|_| format!("`{text}` is neither units, such as 2, nor a percentage, such as 5%"));
    Ok(("buffer_units", units?))
}

impl Terms {
    /// What changes, as the API takes it: null for what is cleared.
    pub(super) fn patch(&self) -> anyhow::Result<Map<String, Value>> {
        let mut all = self.body();
        for field in self.clear.iter().flat_map(|clear| clear.fields()) {
            if all
                .insert((*field).to_owned(), Value::Null)
                .is_some_and(|v| !v.is_null())
            {
                anyhow::bail!("`{field}` is set and cleared at once; name it in one of the two");
            }
        }
        Ok(all)
    }

    fn body(&self) -> Map<String, Value> {
        let given = [
            ("mode", self.mode.as_ref().map(|v| json!(v))),
            ("cover_days", self.cover_days.map(Value::from)),
            ("method", self.method.as_ref().map(|v| json!(v))),
            ("share", self.share.map(Value::from)),
            ("tier", self.tier.map(Value::from)),
            ("fixed", self.fixed.map(Value::from)),
            ("cap", self.cap.map(Value::from)),
            ("minimum", self.minimum.map(Value::from)),
        ];
        let given = given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let kept_back = self
            .buffer
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)));
        given.chain(kept_back).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_units_or_a_part() {
        assert_eq!(buffer("2").unwrap(), ("buffer_units", 2));
        assert_eq!(buffer("7.5%").unwrap(), ("buffer_part", 750));
        assert!(buffer("some").unwrap_err().contains("such as 5%"));
        assert!(percent("-1").unwrap_err().contains("0 to 100"));
    }
}
