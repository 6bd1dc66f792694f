//! `price rule` and `price preview`: what a level says, set or only supposed.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Context, amount, explain, percent, scope};
use crate::client::Target;
use crate::failure::usage;
use crate::output;

#[derive(Debug, Subcommand)]
pub enum Rule {
    /// List every rule.
    #[command(after_help = "Example:\n  stockbridge price rule list")]
    List(List),
    /// Set what a level says; what is left out, the level above says.
    #[command(
        after_help = "Examples:\n  stockbridge price rule set tenant --keep yes --ending .99\n  \
        stockbridge price rule set \"account:Nordlicht DE\" --fee 15% --fee-fixed \"0.30 EUR\" --margin 20%"
    )]
    Set(Set),
    /// Take a level's rule away.
    #[command(after_help = "Example:\n  stockbridge price rule clear \"account:Nordlicht DE\"")]
    Clear(Clear),
}

/// What a rule says.
#[derive(Debug, Args)]
struct Parts {
    /// Whether the hub computes and sends prices here: yes or no.
    #[arg(long, value_parser = ["yes", "no"])]
    keep: Option<String>,
    /// Part of the price the channel keeps, such as 15%.
    #[arg(long, value_name = "PERCENT")]
    fee: Option<String>,
    /// What the channel keeps of each sale besides, such as "0.30 EUR".
    #[arg(long, value_name = "AMOUNT")]
    fee_fixed: Option<String>,
    /// What must remain over the cost after fees, such as 20%.
    #[arg(long, value_name = "PERCENT")]
    margin: Option<String>,
    /// The least a buyer pays, such as "5.00 EUR".
    #[arg(long, value_name = "AMOUNT")]
    floor: Option<String>,
    /// How prices end: none, .99, 9.99, /0.05; with " nearest" or " down" if they are not to go up.
    #[arg(long)]
    ending: Option<String>,
}

impl Parts {
    fn body(&self, scope: &str) -> anyhow::Result<Map<String, Value>> {
        let mut body = Map::new();
        body.insert("scope".into(), scope.into());
        if let Some(keep) = &self.keep {
            body.insert("keep".into(), (keep == "yes").into());
        }
        for (name, flag, given) in [
            ("fee_part", "--fee", &self.fee),
            ("margin", "--margin", &self.margin),
        ] {
            if let Some(text) = given {
                body.insert(name.into(), percent(flag, text)?);
            }
        }
        for (name, flag, given) in [
            ("fee_fixed", "--fee-fixed", &self.fee_fixed),
            ("floor", "--floor", &self.floor),
        ] {
            if let Some(text) = given {
                body.insert(name.into(), amount(flag, text)?);
            }
        }
        if let Some(ending) = &self.ending {
            body.insert("ending".into(), ending.as_str().into());
        }
        Ok(body)
    }
}

#[derive(Debug, Args)]
pub struct List {
    /// Show at most N rules.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Set {
    /// tenant, channel:NAME, account:NAME or listing:ID.
    scope: String,
    #[command(flatten)]
    parts: Parts,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Clear {
    /// tenant, channel:NAME, account:NAME or listing:ID.
    scope: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Preview {
    /// Only listings of this scope: tenant, channel:NAME, account:NAME, product:SKU or listing:ID.
    #[arg(long, default_value = "tenant")]
    scope: String,
    /// Only SKUs that begin with it.
    #[arg(long)]
    search: Option<String>,
    /// Show at most N listings, up to 200.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    parts: Parts,
    #[command(flatten)]
    target: Target,
}

impl Rule {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Set(command) => command.run(context).await,
            Self::Clear(command) => command.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let rows = api.list("/prices/rules", self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("SCOPE", "/scope"),
            ("KEEP", "/keep"),
            ("FEE BP", "/fee_part"),
            ("FEE", "/fee_fixed"),
            ("MARGIN BP", "/margin"),
            ("FLOOR", "/floor"),
            ("ENDING", "/ending"),
            ("PRICE", "/price"),
        ];
        let none = "There is no rule: the hub keeps nobody's prices. `stockbridge price rule set` makes one.";
        output::table(&columns, &rows, none);
        Ok(())
    }
}

impl Set {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let probe = self.parts.body("tenant")?;
        if probe.len() == 1 {
            return Err(usage(
                "say something: --keep, --fee, --fee-fixed, --margin, --floor or --ending",
            ));
        }
        let api = self.target.open(context).await?;
        let body = self.parts.body(&scope(&api, &self.scope).await?)?;
        let answer = api
            .call("PUT", "/prices/rules", Some(&Value::Object(body)))
            .await?;
        if self.target.json() {
            output::json(&answer);
        }
        super::super::done(
            self.target.json(),
            "Set; the prices it concerns are computed anew.",
        );
        Ok(())
    }
}

impl Clear {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let body = json!({"scope": scope(&api, &self.scope).await?});
        let answer = api.call("PUT", "/prices/rules", Some(&body)).await?;
        if self.target.json() {
            output::json(&answer);
        }
        super::super::done(self.target.json(), "Taken away; the level above decides.");
        Ok(())
    }
}

impl Preview {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let scope = scope(&api, &self.scope).await?;
        let rule = self.parts.body(&scope)?;
        let mut body = json!({"scope": scope, "search": self.search, "limit": self.limit});
        if rule.len() > 1 {
            body["rule"] = Value::Object(rule);
        }
        let answer = api.post("/prices/preview", &body).await?;
        let rows = answer
            .get("data")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        if rows.is_empty() {
            output::line("There is no such listing.");
        }
        for row in &rows {
            explain(row);
        }
        Ok(())
    }
}
