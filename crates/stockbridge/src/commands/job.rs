//! `job`: the work queue.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use crate::client::{Target, segment};
use crate::output;

/// See the work queue, retry and cancel jobs.
#[derive(Debug, Subcommand)]
pub enum Job {
    /// List jobs; those given up with --state dead.
    #[command(after_help = "Example:\n  stockbridge job list --state dead")]
    List(List),
    /// Show a job: what it is, how often it was tried, why it failed.
    #[command(after_help = "Example:\n  stockbridge job show job_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Show(One),
    /// Try a job again that was given up.
    #[command(after_help = "Example:\n  stockbridge job retry job_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Retry(One),
    /// Cancel a job that waits or was given up.
    #[command(after_help = "Example:\n  stockbridge job cancel job_01jd8z4k3qf0v9m2n7x5c6b8w0")]
    Cancel(One),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those that stand like this: queued, running, done or dead.
    #[arg(long)]
    state: Option<String>,
    /// Only those of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Show at most N jobs.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct One {
    /// The job's id.
    job: String,
    #[command(flatten)]
    target: Target,
}

impl Job {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Show(command) => command.show(context).await,
            Self::Retry(command) => command.act(context, "retry", "It is tried again.").await,
            Self::Cancel(command) => command.act(context, "cancel", "Cancelled.").await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let mut query = Vec::new();
        for (name, value) in [("state", &self.state), ("kind", &self.kind)] {
            if let Some(value) = value {
                query.push(format!("{name}={}", segment(value)));
            }
        }
        let jobs: Vec<Value> = api
            .list(&format!("/jobs?{}", query.join("&")), self.limit)
            .await?;
        if self.target.json() {
            output::json(&jobs);
            return Ok(());
        }
        let columns = [
            ("ID", "/id"),
            ("KIND", "/kind"),
            ("STATE", "/state"),
            ("LANE", "/lane"),
            ("RUN AT", "/run_at"),
            ("ATTEMPTS", "/attempts"),
            ("WHY", "/last_error"),
        ];
        output::table(&columns, &jobs, "There is no such job.");
        Ok(())
    }
}

impl One {
    async fn show(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let job = api.get(&format!("/jobs/{}", segment(&self.job))).await?;
        if self.target.json() {
            output::json(&job);
        } else {
            output::fields(&job);
        }
        Ok(())
    }

    async fn act(self, context: &Context, verb: &str, said: &str) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let job = api
            .post(&format!("/jobs/{}/{verb}", segment(&self.job)), &json!({}))
            .await?;
        if self.target.json() {
            output::json(&job);
        }
        super::done(self.target.json(), said);
        Ok(())
    }
}
