//! `listing`: what each channel offers, and which product it is.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::account::{account_id, account_names};
use super::{Context, product};
use crate::client::{Target, segment};
use crate::output;

/// See listings and map them to products.
#[derive(Debug, Subcommand)]
pub enum Listing {
    /// List listings: what each should show and shows.
    #[command(after_help = "Examples:\n  stockbridge listing list --unmapped\n  \
        stockbridge listing list --account Till --search MUG")]
    List(List),
    /// Map a listing to a product, or take it off with --none.
    #[command(after_help = "Example:\n  \
        stockbridge listing map lst_01jd8z4k3qf0v9m2n7x5c6b8w0 --sku MUG-BLK-0001 --units 2")]
    Map(MapTo),
    /// List what waits for a product, with the products it may be.
    #[command(after_help = "Example:\n  stockbridge listing unmapped --json")]
    Unmapped(Unmapped),
    /// Map what nobody has to decide: by SKU, else by a barcode that one product alone has.
    #[command(after_help = "Example:\n  stockbridge listing auto-map")]
    AutoMap(AutoMap),
    /// Map a store's listings from a CSV or XLSX file with the columns sku, product_sku and perhaps units.
    #[command(after_help = "Example:\n  stockbridge listing import-map Till mappings.csv --dry-run")]
    ImportMap(ImportMap),
}

#[derive(Debug, Args)]
pub struct Unmapped {
    /// Only those with this in SKU or title, or this barcode.
    #[arg(long)]
    search: Option<String>,
    /// Those that were left alone, instead of those that wait.
    #[arg(long)]
    ignored: bool,
    /// Show at most N listings.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct AutoMap {
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct ImportMap {
    /// The account, by name or id.
    account: String,
    /// The file; - for standard input.
    file: std::path::PathBuf,
    #[command(flatten)]
    how: product::How,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those of this account, by name or id.
    #[arg(long)]
    account: Option<String>,
    /// Only those that belong to no product yet.
    #[arg(long)]
    unmapped: bool,
    /// Only those with this in SKU or title.
    #[arg(long)]
    search: Option<String>,
    /// Show at most N listings.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct MapTo {
    /// The listing's id.
    listing: String,
    /// The product's SKU.
    #[arg(long, required_unless_present = "none", conflicts_with = "none")]
    sku: Option<String>,
    /// How many units of the product one of the listing holds.
    #[arg(long, value_name = "N", default_value_t = 1)]
    units: u32,
    /// It sells none of the products.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    target: Target,
}

impl Listing {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Map(command) => command.run(context).await,
            Self::Unmapped(command) => command.run(context).await,
            Self::AutoMap(command) => command.run(context).await,
            Self::ImportMap(command) => command.run(context).await,
        }
    }
}

impl Unmapped {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let search = self.search.as_deref().map(segment).unwrap_or_default();
        let path = format!("/mappings/unmapped?ignored={}&search={search}", self.ignored);
        let rows = api.list(&path, self.limit).await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let columns = [
            ("LISTING", "/listing"),
            ("SKU", "/sku"),
            ("TITLE", "/title"),
            ("UNITS WAITING", "/units_waiting"),
            ("MAY BE", "/suggestions/0/sku"),
            ("SCORE", "/suggestions/0/score"),
        ];
        output::table(&columns, &rows, "Every listing has its product.");
        Ok(())
    }
}

impl AutoMap {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let answer = api.post("/mappings/auto", &json!({})).await?;
        if self.target.json() {
            output::json(&answer);
            return Ok(());
        }
        let number = |name: &str| answer.get(name).and_then(Value::as_i64).unwrap_or_default();
        let (by_sku, by_barcode) = (number("by_sku"), number("by_barcode"));
        output::line(format_args!("{by_sku} mapped by SKU, {by_barcode} by barcode."));
        Ok(())
    }
}

impl ImportMap {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let file = product::read(&self.file)?;
        let api = self.target.open(context).await?;
        let id = account_id(&api, &self.account).await?;
        let answer = api.get("/stores").await?;
        let stores = answer.get("data").and_then(Value::as_array);
        let channel = stores
            .into_iter()
            .flatten()
            .find(|store| store.get("id").and_then(Value::as_str) == Some(&id))
            .and_then(|store| store.get("channel")?.as_str().map(str::to_owned))
            .ok_or_else(|| anyhow::anyhow!("there is no store `{}`", self.account))?;
        let path = format!("/integrations/{}/stores/{id}/mappings/import", segment(&channel));
        let report = product::send(&api, &path, (self.file.as_path(), file), &self.how).await?;
        product::said(&self.target, &report, (self.file.as_path(), &self.how))
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = Vec::new();
        if let Some(account) = &self.account {
            query.push(format!("account={}", segment(&account_id(&api, account).await?)));
        }
        if self.unmapped {
            query.push("mapped=false".to_owned());
        }
        if let Some(search) = &self.search {
            query.push(format!("search={}", segment(search)));
        }
        let mut rows = api
            .list(&format!("/listings?{}", query.join("&")), self.limit)
            .await?;
        if self.target.json() {
            output::json(&rows);
            return Ok(());
        }
        let names = account_names(&api).await?;
        for row in &mut rows {
            if let Some(name) = row
                .get("account")
                .and_then(Value::as_str)
                .and_then(|id| names.get(id))
            {
                row["account"] = name.clone().into();
            }
            row["at"] = places(row).into();
            row["seen"] = images(row).into();
        }
        let columns = [
            ("ID", "/id"),
            ("ACCOUNT", "/account"),
            ("SKU", "/sku"),
            ("STATUS", "/status"),
            ("PRODUCT", "/product"),
            ("DESIRED", "/desired"),
            ("EXPECTED", "/expected"),
            ("AT", "/at"),
            ("VERIFIED", "/verified"),
            ("IMAGES", "/seen"),
        ];
        output::table(&columns, &rows, "There is no such listing.");
        Ok(())
    }
}

/// What each of the channel's locations shows.
fn places(row: &Value) -> String {
    let places = row.get("places").and_then(Value::as_array);
    let place = |place: &Value| {
        let location = place.get("location").and_then(Value::as_str)?;
        Some(format!("{location} {}", place.get("shown")?))
    };
    let shown: Vec<String> = places.into_iter().flatten().filter_map(place).collect();
    shown.join(", ")
}

/// How many images it has, as far as the channel tells.
fn images(row: &Value) -> String {
    match (row.pointer("/images/count"), row.pointer("/images/main")) {
        (Some(Value::Number(count)), _) => count.to_string(),
        (_, Some(Value::String(_))) => "main".to_owned(),
        (_, Some(Value::Null)) => "none".to_owned(),
        _ => String::new(),
    }
}

impl MapTo {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/listings/{}/map", segment(&self.listing));
        let answer = api
            .post(&path, &json!({"sku": self.sku, "units": self.units}))
            .await?;
        if self.target.json() {
            output::json(&answer);
        }
        let said = if self.none {
            "It sells none of the products now."
        } else {
            "Mapped; offers are computed anew."
        };
        super::done(self.target.json(), said);
        Ok(())
    }
}
