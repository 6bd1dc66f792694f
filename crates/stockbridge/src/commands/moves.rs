//! `transfer`, `count`, `receive`, `return`: what moves without a channel.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::location::location_id;
use crate::client::{Api, Target, segment};
use crate::failure::usage;
use crate::output;

/// Move goods between locations.
#[derive(Debug, Subcommand)]
pub enum Transfer {
    /// List transfers, newest first.
    #[command(after_help = "Example:\n  stockbridge transfer list --status in_transit")]
    List(Listed),
    /// Write a transfer down; nothing moves yet.
    #[command(after_help = "Example:\n  stockbridge transfer new Main Shop MUG-BLK-0001=4 --reference T-7")]
    New(NewTransfer),
    /// Take a transfer's units from the location they leave.
    #[command(after_help = "Example:\n  stockbridge transfer send trf_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Send(One),
    /// Enter what arrived; everything on its way unless units are given.
    #[command(after_help = "Example:\n  \
        stockbridge transfer receive trf_01jd8z4k3qf0v9m2n7x5c6b8w0 MUG-BLK-0001=3 --lost MUG-BLK-0001=1")]
    Receive(Arrived),
    /// Call a transfer off that was not sent.
    #[command(after_help = "Example:\n  stockbridge transfer cancel trf_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Cancel(One),
}

/// Count a location's shelves.
#[derive(Debug, Subcommand)]
pub enum Count {
    /// List counts, newest first.
    #[command(after_help = "Example:\n  stockbridge count list --status open")]
    List(Listed),
    /// Begin a count of a location's shelves.
    #[command(after_help = "Example:\n  stockbridge count start --at Main")]
    Start(Start),
    /// Note what was counted; the books stay as they are.
    #[command(after_help = "Example:\n  \
        stockbridge count enter cnt_01jd8z4k3qf0v9m2n7x5c6b8w0 MUG-BLK-0001=38 MUG-RED-0001=0")]
    Enter(Enter),
    /// Show a count: what the books say and what was counted.
    #[command(after_help = "Example:\n  stockbridge count show cnt_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Show(One),
    /// Enter the differences of a count into the books.
    #[command(after_help = "Example:\n  stockbridge count post cnt_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Post(One),
    /// Call a count off; nothing is entered.
    #[command(after_help = "Example:\n  stockbridge count cancel cnt_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Cancel(One),
}

#[derive(Debug, Args)]
pub struct Listed {
    /// Only those that stand like this.
    #[arg(long)]
    status: Option<String>,
    /// Show at most N.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct One {
    /// Its id.
    id: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct NewTransfer {
    /// The location they leave, by name or id.
    from: String,
    /// The location they go to, by name or id.
    to: String,
    /// What is moved.
    #[arg(required = true, value_name = "SKU=UNITS")]
    lines: Vec<String>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Arrived {
    /// The transfer's id.
    id: String,
    /// What arrived.
    #[arg(value_name = "SKU=UNITS")]
    lines: Vec<String>,
    /// What was lost on the way; repeat for several.
    #[arg(long, value_name = "SKU=UNITS")]
    lost: Vec<String>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Start {
    /// The location's name or id; the default location when left out.
    #[arg(long)]
    at: Option<String>,
    /// Only these products; all that ever lay there when left out.
    #[arg(value_name = "SKU")]
    skus: Vec<String>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Enter {
    /// The count's id.
    id: String,
    /// What lies there.
    #[arg(required = true, value_name = "SKU=UNITS")]
    lines: Vec<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// The delivery's number: what was entered under it is not entered again.
    delivery: String,
    /// What came in.
    #[arg(required = true, value_name = "SKU=UNITS")]
    lines: Vec<String>,
    /// The location's name or id; the default location when left out.
    #[arg(long)]
    at: Option<String>,
    /// A remark for the ledger.
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Return {
    /// The order's id.
    order: String,
    /// What came back.
    #[arg(required = true, value_name = "LINE=UNITS")]
    lines: Vec<String>,
    /// Not to be sold again: written off, or to the location given, which is not sold from.
    #[arg(long)]
    damaged: bool,
    /// The location's name or id; where it was shipped from when left out.
    #[arg(long)]
    at: Option<String>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
struct Named {
    /// Your name of it: the same one again changes nothing.
    #[arg(long)]
    reference: Option<String>,
    /// A remark.
    #[arg(long)]
    note: Option<String>,
}

impl Named {
    fn add_to(self, body: &mut Value) {
        if let Some(reference) = self.reference {
            body["reference"] = reference.into();
        }
        if let Some(note) = self.note {
            body["note"] = note.into();
        }
    }
}

/// `THING=UNITS`, parted.
fn parted(text: &str) -> anyhow::Result<(&str, i64)> {
    text.rsplit_once('=')
        .and_then(|(thing, units)| Some((thing, units.parse().ok()?)))
        .ok_or_else(|| {
            usage(format!(
                "`{text}`: write what and how many, such as MUG-BLK-0001=4"
            ))
        })
}

pub fn units_of(lines: &[String], field: &str) -> anyhow::Result<Vec<Value>> {
    lines
        .iter()
        .map(|text| parted(text).map(|(sku, units)| json!({"sku": sku, field: units})))
        .collect()
}

const TRANSFERS: &str = "/inventory/transfers";
const COUNTS: &str = "/inventory/count-sessions";

async fn list(
    context: &Context,
    listed: Listed,
    path: &str,
    columns: &[output::Column],
) -> anyhow::Result<()> {
    let api = listed.target.open(context).await?;
    let status = listed
        .status
        .map(|status| format!("?status={}", segment(&status)));
    let rows = api
        .list(&format!("{path}{}", status.unwrap_or_default()), listed.limit)
        .await?;
    if listed.target.json() {
        output::json(&rows);
    } else {
        output::table(columns, &rows, "There is none.");
    }
    Ok(())
}

/// Does one step of a transfer or a count, and shows how it stands then.
async fn step(context: &Context, one: One, path: &str, what: &str) -> anyhow::Result<()> {
    let api = one.target.open(context).await?;
    let at = format!("{path}/{}", segment(&one.id));
    let record = match what {
        "" => api.get(&at).await?,
        what => api.post(&format!("{at}/{what}"), &json!({})).await?,
    };
    show(&one.target, &record);
    Ok(())
}

fn show(target: &Target, record: &Value) {
    if target.json() {
        output::json(record);
    } else {
        output::fields(record);
    }
}

async fn post(api: &Api, target: &Target, path: &str, body: &Value) -> anyhow::Result<()> {
    let record = api.post(path, body).await?;
    show(target, &record);
    Ok(())
}

impl Transfer {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let columns = [
            ("ID", "/id"),
            ("REFERENCE", "/reference"),
            ("STATUS", "/status"),
            ("CREATED", "/created_at"),
            ("SENT", "/sent_at"),
        ];
        match self {
            Self::List(listed) => list(context, listed, TRANSFERS, &columns).await,
            Self::New(command) => command.run(context).await,
            Self::Send(one) => step(context, one, TRANSFERS, "send").await,
            Self::Receive(command) => command.run(context).await,
            Self::Cancel(one) => step(context, one, TRANSFERS, "cancel").await,
        }
    }
}

impl NewTransfer {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let (from, to) = (
            location_id(&api, &self.from).await?,
            location_id(&api, &self.to).await?,
        );
        let mut body = json!({"from": from, "to": to, "lines": units_of(&self.lines, "units")?});
        self.named.add_to(&mut body);
        post(&api, &self.target, TRANSFERS, &body).await
    }
}

impl Arrived {
    async fn run(mut self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut lines = units_of(&self.lines, "received")?;
        for lost in units_of(&self.lost, "lost")? {
            match lines.iter_mut().find(|line| line["sku"] == lost["sku"]) {
                Some(line) => line["lost"] = lost["lost"].clone(),
                None => lines.push(lost),
            }
        }
        let mut body = json!({"lines": lines});
        self.named.note = None;
        self.named.add_to(&mut body);
        let path = format!("{TRANSFERS}/{}/receive", segment(&self.id));
        post(&api, &self.target, &path, &body).await
    }
}

impl Count {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let columns = [
            ("ID", "/id"),
            ("REFERENCE", "/reference"),
            ("STATUS", "/status"),
            ("BEGUN", "/created_at"),
            ("CLOSED", "/closed_at"),
        ];
        match self {
            Self::List(listed) => list(context, listed, COUNTS, &columns).await,
            Self::Start(command) => command.run(context).await,
            Self::Enter(command) => command.run(context).await,
            Self::Show(one) => step(context, one, COUNTS, "").await,
            Self::Post(one) => step(context, one, COUNTS, "post").await,
            Self::Cancel(one) => step(context, one, COUNTS, "cancel").await,
        }
    }
}

impl Start {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut body = json!({});
        if let Some(at) = &self.at {
            body["location"] = location_id(&api, at).await?.into();
        }
        if !self.skus.is_empty() {
            body["skus"] = self.skus.into();
        }
        self.named.add_to(&mut body);
        post(&api, &self.target, COUNTS, &body).await
    }
}

impl Enter {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let body = json!({"lines": units_of(&self.lines, "counted")?});
        let path = format!("{COUNTS}/{}/lines", segment(&self.id));
        post(&api, &self.target, &path, &body).await
    }
}

impl Receive {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut body = json!({"reference": self.delivery, "lines": units_of(&self.lines, "units")?});
        if let Some(at) = &self.at {
            body["location"] = location_id(&api, at).await?.into();
        }
        if let Some(note) = self.note {
            body["note"] = note.into();
        }
        post(&api, &self.target, "/inventory/receipts", &body).await
    }
}

impl Return {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let location = match &self.at {
            Some(at) => Some(location_id(&api, at).await?),
            None => None,
        };
        let condition = if self.damaged { "damaged" } else { "sellable" };
        let mut lines = Vec::new();
        for text in &self.lines {
            let (line, units) = parted(text)?;
            lines.push(json!({
                "line": line, "quantity": units, "condition": condition, "location": location,
            }));
        }
        let mut body = json!({"lines": lines});
        self.named.add_to(&mut body);
        let path = format!("/orders/{}/return", segment(&self.order));
        post(&api, &self.target, &path, &body).await
    }
}
