//! `policy`: how stock is shared out among channels, and what a change of that would do.

mod terms;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use stockbridge_domain::allocation::BasisPoints;

use super::{Context, done};
use crate::client::{Api, Target, segment};
use crate::output;
use terms::Terms;

/// See, try out and change how stock is shared out.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show every policy, or those of one product.
    #[command(
        after_help = "Examples:\n  stockbridge policy show\n  stockbridge policy show --sku MUG-BLK-0001"
    )]
    Show(Show),
    /// Set what holds for everything, a channel, a store, a product, or a product on one of them.
    #[command(after_help = "Examples:\n  \
        stockbridge policy set --mode hybrid --buffer 5%\n  \
        stockbridge policy set --channel own --share 30%\n  \
        stockbridge policy set --sku MUG-BLK-0001 --channel own --cap 5\n  \
        stockbridge policy set --sku MUG-BLK-0001 --channel own --clear cap\n\n\
        What was set for the same scope before and is not named stays as it was; --clear leaves a field to more general \
        policies.")]
    Set(Change),
    /// Show what `set` would do to each listing, and change nothing.
    #[command(
        after_help = "Example:\n  stockbridge policy preview --channel own --share 30% --only MUG-BLK-0001"
    )]
    Preview(Preview),
    /// Remove everything that is set for a scope.
    #[command(after_help = "Example:\n  stockbridge policy remove --channel own")]
    Remove(Remove),
}

#[derive(Debug, Args)]
pub struct Show {
    /// Only those of this product.
    #[arg(long)]
    sku: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Preview {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    terms: Terms,
    /// Show this product only.
    #[arg(long, value_name = "SKU")]
    only: Option<String>,
    /// Show at most N products.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: i64,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    target: Target,
}

/// What a policy holds for; everything when nothing is named.
#[derive(Debug, Args)]
struct Scope {
    /// For stores of this channel.
    #[arg(long, conflicts_with = "store")]
    channel: Option<String>,
    /// For this store, by its id.
    #[arg(long, value_name = "ID")]
    store: Option<String>,
    /// For this product.
    #[arg(long)]
    sku: Option<String>,
}

impl Scope {
    fn body(&self) -> Map<String, Value> {
        let named = [
            ("channel", &self.channel),
            ("account", &self.store),
            ("sku", &self.sku),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
        named.collect()
    }

    fn query(&self) -> String {
        let pairs = self.body();
        let pairs = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", segment(value.as_str().unwrap_or_default())));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn is_of(&self, policy: &Value) -> bool {
        let said = |name: &str| policy[name].as_str();
        said("channel") == self.channel.as_deref()
            && said("account") == self.store.as_deref()
            && said("sku") == self.sku.as_deref()
    }
}

/// A change to be tried out: what is set for the scope already, with the terms given on top.
async fn change(api: &Api, scope: &Scope, terms: &Terms) -> anyhow::Result<Value> {
    let path = match &scope.sku {
        Some(sku) => format!("/inventory/policies?sku={}", segment(sku)),
        None => "/inventory/policies".to_owned(),
    };
    let known = api.list(&path, usize::MAX).await?;
    let kept = known.iter().find(|policy| scope.is_of(policy));
    let mut all: Map<String, Value> = kept
        .and_then(|policy| policy["terms"].as_object().cloned())
        .unwrap_or_default();
    all.extend(terms.patch()?);
    all.retain(|_, value| !value.is_null());
    let mut body = scope.body();
    body.insert("terms".to_owned(), all.into());
    Ok(body.into())
}

impl Policy {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Show(command) => command.run(context).await,
            Self::Set(command) => command.run(context).await,
            Self::Preview(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
        }
    }
}

impl Show {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = match &self.sku {
            Some(sku) => format!("/inventory/policies?sku={}", segment(sku)),
            None => "/inventory/policies".to_owned(),
        };
        let rows = api.list(&path, usize::MAX).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("LEVEL", "/level"),
            ("CHANNEL", "/channel"),
            ("STORE", "/account"),
            ("SKU", "/sku"),
            ("SAYS", "/says"),
        ];
        let said: Vec<Value> = rows.into_iter().map(with_words).collect();
        output::table(
            &columns,
            &said,
            "Nothing is set: strict, and equal parts for every store.",
        );
        Ok(())
    }
}

/// A policy with what it says in one line.
fn with_words(mut policy: Value) -> Value {
    let word = |(name, value): (&String, &Value)| match (name.as_str(), value.as_u64()) {
        (_, _) if value.is_null() => None,
        ("share" | "buffer_part", Some(points)) => {
            let points = BasisPoints(u32::try_from(points).unwrap_or(u32::MAX));
            Some(format!("{} {}%", name.replace("_part", ""), points.percent()))
        }
        _ => Some(format!(
            "{} {}",
            name.replace('_', " "),
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        )),
    };
    let words: Vec<String> = policy["terms"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(word)
        .collect();
    policy["says"] = words.join(", ").into();
    policy
}

impl Change {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let terms = self.terms.patch()?;
        if terms.is_empty() {
            anyhow::bail!("nothing is to be changed; name a field, such as --cap 5, or --clear cap");
        }
        let mut change = self.scope.body();
        change.insert("terms".to_owned(), terms.into());
        let api = self.target.open(context).await?;
        let outcome = api
            .call(
                "PATCH",
                "/inventory/policies",
                Some(&json!({"changes": [change]})),
            )
            .await?;
        tell(
            &outcome,
            &self.target,
            "Set. Every offer concerned is being computed anew.",
        );
        Ok(())
    }
}

impl Remove {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/inventory/policies?{}", self.scope.query());
        let outcome = api.call("DELETE", path.trim_end_matches('?'), None).await?;
        tell(
            &outcome,
            &self.target,
            "Removed. Every offer concerned is being computed anew.",
        );
        Ok(())
    }
}

/// What changing came to, with what contradicts itself now.
fn tell(outcome: &Value, target: &Target, text: &str) {
    if target.json() {
        output::json(outcome);
    }
    done(target.json(), text);
    for contradiction in outcome["contradictions"].as_array().into_iter().flatten() {
        let message = contradiction["message"].as_str().unwrap_or_default();
        output::remark(format_args!("policies contradict each other: {message}"));
    }
}

impl Preview {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let change = change(&api, &self.scope, &self.terms).await?;
        let mut body = json!({"changes": [change], "limit": self.limit});
        if let Some(sku) = self.only {
            body["sku"] = sku.into();
        }
        let preview = api.post("/inventory/policies/preview", &body).await?;
        if self.target.json() {
            output::json(&preview);
            return Ok(());
        }
        let rows = preview["rows"].as_array().into_iter().flatten().cloned();
        let rows: Vec<Value> = rows.map(with_reasons).collect();
        let columns = [
            ("SKU", "/sku"),
            ("STORE", "/account"),
            ("LISTING", "/listing_sku"),
            ("AVAILABLE", "/available"),
            ("NOW", "/before/quantity"),
            ("THEN", "/after/quantity"),
            ("AT ITS LOCATIONS", "/at"),
            ("NOT OFFERED THERE", "/why"),
        ];
        output::table(&columns, &rows, "No product with a listing is concerned.");
        Ok(())
    }
}

/// A row with its withheld units in one line.
fn with_reasons(mut row: Value) -> Value {
    let withheld = row.pointer("/after/withheld").and_then(Value::as_array);
    let said = |w: &Value| {
        format!(
            "{} {}",
            w["units"],
            w["reason"].as_str().unwrap_or_default().replace('_', " ")
        )
    };
    let why: Vec<String> = withheld.into_iter().flatten().map(said).collect();
    row["why"] = why.join(", ").into();
    let places = |pointer: &str| row.pointer(pointer).and_then(Value::as_array).cloned();
    let (before, after) = (places("/before/places"), places("/after/places"));
    let at = before.into_iter().flatten().zip(after.into_iter().flatten());
    let at = at.map(|(before, after)| {
        let location = after["location"].as_str().unwrap_or_default();
        format!("{location} {} → {}", before["quantity"], after["quantity"])
    });
    let at: Vec<String> = at.collect();
    row["at"] = at.join(", ").into();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_is_told_before_and_after() {
        let places =
            |b, g| json!({"places": [{"location": "b", "quantity": b}, {"location": "g", "quantity": g}]});
        let row = with_reasons(json!({"before": places(5, 3), "after": places(8, 0)}));
        assert_eq!(row["at"], "b 5 → 8, g 3 → 0");
        assert_eq!(with_reasons(json!({}))["at"], "");
    }

    #[test]
    fn what_is_said_is_said_in_one_line() {
        let policy = json!({"terms": {"mode": "hybrid", "share": 3_550, "cap": 5, "tier": null}});
        let said = with_words(policy)["says"].as_str().unwrap().to_owned();
        for word in ["mode hybrid", "share 35.5%", "cap 5"] {
            assert!(said.contains(word), "{said}");
        }
        assert!(!said.contains("tier"), "{said}");
    }
}
