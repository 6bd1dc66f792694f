//! `inbox`: what channels sent by themselves.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use crate::client::{Target, segment};
use crate::output;

/// See what channels sent, and have it worked again.
#[derive(Debug, Subcommand)]
pub enum Inbox {
    /// List messages; those that failed with --state dead.
    #[command(after_help = "Example:\n  stockbridge inbox list --state dead")]
    List(List),
    /// Show a message, what it asked for and what came of it.
    #[command(after_help = "Example:\n  stockbridge inbox show inb_01jd8z4k3qf0v9m2n7x5c6b8w0 --body")]
    Show(Show),
    /// Have a message worked again.
    #[command(after_help = "Example:\n  stockbridge inbox replay inb_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Replay(One),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those that stand like this: new, done, refused or dead.
    #[arg(long)]
    state: Option<String>,
    /// Only those of this store, by id.
    #[arg(long)]
    account: Option<String>,
    /// Only those of this topic, in the channel's words.
    #[arg(long)]
    topic: Option<String>,
    /// Show at most N messages.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Show what it said, too; that you looked is written to the audit log.
    #[arg(long)]
    body: bool,
    #[command(flatten)]
    one: One,
}

#[derive(Debug, Args)]
pub struct One {
    /// The message's id.
    message: String,
    #[command(flatten)]
    target: Target,
}

impl Inbox {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.run(context).await,
            Self::Replay(command) => command.replay(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = Vec::new();
        for (name, value) in [
            ("state", &self.state),
            ("account", &self.account),
            ("topic", &self.topic),
        ] {
            if let Some(value) = value {
                query.push(format!("{name}={}", segment(value)));
            }
        }
        let messages: Vec<Value> = api
            .list(&format!("/inbox?{}", query.join("&")), self.limit)
            .await?;
        if self.target.json() {
            output::json(&messages);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("CAME", "/received_at"),
            ("TOPIC", "/topic"),
            ("STATE", "/state"),
            ("OUTCOME", "/outcome"),
        ];
        output::table(&columns, &messages, "There is no such message.");
        Ok(())
    }
}

impl Show {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let One { message, target } = self.one;
        let api = target.open(context).await?;
        let path = format!("/inbox/{}", segment(&message));
        let mut shown = api.get(&path).await?;
        if self.body {
            shown["body"] = api.get(&format!("{path}/body")).await?;
        }
        if target.json() {
            output::json(&shown);
        } else {
            output::fields(&shown);
        }
        Ok(())
    }
}

impl One {
    async fn replay(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let path = format!("/inbox/{}/replay", segment(&self.message));
        let message = api.post(&path, &json!({})).await?;
        if self.target.json() {
            output::json(&message);
        }
        super::done(self.target.json(), "It is worked again.");
        Ok(())
    }
}
