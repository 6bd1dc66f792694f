//! `location`: where stock lies, and what is sold from there.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Context, done};
use crate::client::{Api, Target, segment};
use crate::output;

/// Open, list and change locations.
#[derive(Debug, Subcommand)]
pub enum Location {
    /// List locations in the order in which orders are served.
    #[command(after_help = "Example:\n  stockbridge location list")]
    List(List),
    /// Open a location.
    #[command(after_help = "Example:\n  stockbridge location add Repairs --not-sellable --rank 900")]
    Add(Add),
    /// Rename, rank, close or open a location, or stop selling from it.
    #[command(after_help = "Example:\n  stockbridge location change Repairs --sellable yes")]
    Change(Change),
    /// Withhold units of a product at a location from every channel.
    #[command(after_help = "Example:\n  stockbridge location safety MUG-BLK-0001 2 --at Main")]
    Safety(Safety),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Add {
    /// What to call it.
    name: String,
    /// Do not sell from it: what lies there is never offered.
    #[arg(long)]
    not_sellable: bool,
    /// Orders are served from the lowest rank first.
    #[arg(long, default_value_t = 0)]
    rank: i64,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Change {
    /// The location's name or id.
    location: String,
    /// Call it so.
    #[arg(long)]
    name: Option<String>,
    /// Whether orders are served from it.
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    sellable: Option<bool>,
    /// Orders are served from the lowest rank first.
    #[arg(long)]
    rank: Option<i64>,
    /// Whether it takes part at all; it closes only when nothing lies there.
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    open: Option<bool>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Safety {
    /// The product's SKU.
    sku: String,
    /// So many units; 0 withholds nothing.
    #[arg(allow_negative_numbers = true)]
    units: i64,
    /// The location's name or id; the default location when left out.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    target: Target,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("write yes or no, not `{other}`")),
    }
}

impl Location {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::Change(command) => command.run(context).await,
            Self::Safety(command) => command.run(context).await,
        }
    }
}

/// The id of the location meant: an id as it is, or the one called so.
///
/// # Errors
/// When none is called so; the message names those there are.
pub async fn location_id(api: &Api, named: &str) -> anyhow::Result<String> {
    if named.starts_with("loc_") {
        return Ok(named.to_owned());
    }
    let known = api.get("/inventory/locations").await?;
    let locations = known.pointer("/locations").and_then(Value::as_array);
    let text = |location: &Value, field: &str| location[field].as_str().unwrap_or_default().to_owned();
    let found = locations.into_iter().flatten().find(|l| text(l, "name") == named);
    found.map(|l| text(l, "id")).ok_or_else(|| {
        let names: Vec<String> = locations
            .into_iter()
            .flatten()
            .map(|l| format!("`{}`", text(l, "name")))
            .collect();
        crate::failure::usage(format!(
            "there is no location `{named}`; there are {}",
            names.join(", ")
        ))
    })
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let known = api.get("/inventory/locations").await?;
        if self.target.json() {
            output::json(&known);
            return Ok(());
        }
        let rows = |at: &str| {
            known
                .pointer(at)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let columns = [
            ("ID", "/id"),
            ("NAME", "/name"),
            ("RANK", "/rank"),
            ("SOLD FROM", "/sellable"),
            ("DEFAULT", "/is_default"),
            ("CLOSED", "/closed_at"),
        ];
        output::table(&columns, &rows("/locations"), "There is no location.");
        let warehouses = rows("/channel_warehouses");
        if !warehouses.is_empty() {
            output::line("\nIn the channels' own warehouses, not yours to sell:");
            let columns = [("STORE", "/name"), ("LISTINGS", "/listings"), ("UNITS", "/units")];
            output::table(&columns, &warehouses, "");
        }
        Ok(())
    }
}

impl Add {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let body = json!({"name": self.name, "sellable": !self.not_sellable, "rank": self.rank});
        let made = api.post("/inventory/locations", &body).await?;
        if self.target.json() {
            output::json(&made);
        }
        done(self.target.json(), format_args!("{} is open.", self.name));
        Ok(())
    }
}

impl Change {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let id = location_id(&api, &self.location).await?;
        let mut body = Map::new();
        let given = [
            ("name", self.name.map(Value::from)),
            ("sellable", self.sellable.map(Value::from)),
            ("rank", self.rank.map(Value::from)),
            ("open", self.open.map(Value::from)),
        ];
        for (name, value) in given {
            body.extend(value.map(|value| (name.to_owned(), value)));
        }
        let path = format!("/inventory/locations/{}", segment(&id));
        let changed = api.call("PATCH", &path, Some(&body.into())).await?;
        if self.target.json() {
            output::json(&changed);
        } else {
            output::fields(&changed);
        }
        Ok(())
    }
}

impl Safety {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut body = json!({"units": self.units});
        if let Some(at) = &self.at {
            body["location"] = location_id(&api, at).await?.into();
        }
        let path = format!("/inventory/stock/{}/safety", segment(&self.sku));
        let stock = api.call("PUT", &path, Some(&body)).await?;
        if self.target.json() {
            output::json(&stock);
        } else {
            output::fields(&stock);
        }
        Ok(())
    }
}
