//! `CHANNEL TOOL`: what the channels themselves offer on the command line.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use stockbridge_domain::channel::{
    BucketSpec, Channel, Grant, Io, Learned, Pacer, SecretText, Tool, ToolField, ToolReport, Unkept,
};
use stockbridge_domain::{AccountId, BoxFut, Timestamp};

use crate::cli::Cli;
use crate::env::system_env;
use crate::failure::{FAILED, usage};
use crate::{output, wiring};

/// A tool calls no more often than this: five times in a second.
const BETWEEN_CALLS: Duration = Duration::from_millis(200);

/// Runs `words`: the channel's name, the tool's, and its arguments.
///
/// # Errors
/// Wrong use, and why the tool could not begin.
pub async fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let channels = stockbridge_channels::all();
    let name = words.first().cloned().unwrap_or_default();
    let Some(channel) = channels
        .iter()
        .find(|c| c.descriptor().kind == name && !c.tools().is_empty())
    else {
        let message = format!("there is no command `{name}`; `stockbridge --help` lists them");
        Cli::command().error(ErrorKind::InvalidSubcommand, message).exit();
    };
    let tool = match words.get(1).map(String::as_str) {
        None | Some("--help" | "-h" | "help") => {
            overview(channel.as_ref());
            return Ok(ExitCode::SUCCESS);
        }
        Some(wanted) => channel.tools().iter().find(|t| t.spec().name == wanted),
    };
    let Some(tool) = tool else {
        let known: Vec<_> = channel.tools().iter().map(|t| t.spec().name).collect();
        return Err(usage(format!(
            "`{name}` has no tool `{}`; it has {}",
            words.get(1).map_or("", String::as_str),
            known.join(", ")
        )));
    };
    let rest = words.get(2..).unwrap_or_default();
    if rest.iter().any(|word| word == "--help" || word == "-h") {
        help(&name, *tool);
        return Ok(ExitCode::SUCCESS);
    }
    let (given, json) = arguments(*tool, rest)?;
    let io = Io {
        transport: wiring::to_server()?,
        pacer: std::sync::Arc::new(Patient),
        keeper: std::sync::Arc::new(Unkept),
        env: system_env(),
    };
    let report = tool.run(&given, io).await.map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        usage(told.join("; "))
    })?;
    tell(&report, json);
    Ok(if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

fn overview(channel: &dyn Channel) {
    output::line(format_args!("Tools of {}:", channel.descriptor().label));
    for tool in channel.tools() {
        output::line(format_args!("  {:<16}{}", tool.spec().name, tool.spec().about));
    }
}

fn help(channel: &str, tool: &dyn Tool) {
    let spec = tool.spec();
    output::line(format_args!(
        "{}.\n\nUsage: stockbridge {channel} {} [--NAME VALUE]… [--json]\n",
        spec.about, spec.name
    ));
    for field in spec.fields {
        let flag = if field.secret {
            String::new()
        } else {
            format!("--{}", field.name)
        };
        let from = field.env.map_or_else(String::new, |env| format!(" [env: {env}]"));
        output::line(format_args!("  {flag:<20}{}{from}", field.help));
    }
}

type Given = BTreeMap<String, SecretText>;

/// The arguments, from the words and then from the environment; whether the answer is for a machine.
fn arguments(tool: &dyn Tool, words: &[String]) -> anyhow::Result<(Given, bool)> {
    let (fields, mut given, mut json) = (tool.spec().fields, Given::new(), false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--json" {
            json = true;
            continue;
        }
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let known = |field: &&ToolField| !field.secret && flag.strip_prefix("--") == Some(field.name);
        let Some(field) = fields.iter().find(known) else {
            return Err(usage(format!("there is no argument `{flag}`; see --help")));
        };
        let Some(value) = joined.or_else(|| words.next().cloned()) else {
            return Err(usage(format!("--{}: a value is missing", field.name)));
        };
        given.insert(field.name.to_owned(), SecretText::new(value));
    }
    for field in fields {
        if let (false, Some(value)) = (given.contains_key(field.name), field.env.and_then(variable)) {
            given.insert(field.name.to_owned(), SecretText::new(value));
        }
        if field.required && !given.contains_key(field.name) {
            let place = match field.env {
                Some(env) if field.secret => format!("set {env}"),
                Some(env) => format!("give --{} or set {env}", field.name),
                None => format!("give --{}", field.name),
            };
            return Err(usage(format!(
                "{} is missing: {} ({place})",
                field.name, field.help
            )));
        }
    }
    Ok((given, json))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool's secrets come from the environment alone, by names that only its channel knows"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn tell(report: &ToolReport, json: bool) {
    let rows: Vec<serde_json::Value> = report
        .rows
        .iter()
        .map(|row| {
            let cells = report.columns.iter().zip(row);
            cells
                .map(|(name, cell)| ((*name).to_owned(), serde_json::json!(cell)))
                .collect()
        })
        .collect();
    if json {
        output::json(&serde_json::json!({"ok": report.ok, "rows": rows, "summary": report.summary}));
        return;
    }
    let pointers: Vec<String> = report.columns.iter().map(|name| format!("/{name}")).collect();
    let columns: Vec<(&str, &str)> = report
        .columns
        .iter()
        .zip(&pointers)
        .map(|(name, pointer)| (*name, pointer.as_str()))
        .collect();
    output::table(&columns, &rows, "nothing was done");
    for sentence in &report.summary {
        output::line(sentence);
    }
}

/// Lets every call go, a little apart from the last.
struct Patient;

impl Pacer for Patient {
    fn take<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: i64) -> BoxFut<'a, Grant> {
        Box::pin(async {
            tokio::time::sleep(BETWEEN_CALLS).await;
            Grant::Go
        })
    }

    fn learn<'a>(&'a self, _: AccountId, _: &'a BucketSpec, _: Learned) -> BoxFut<'a, ()> {
        Box::pin(async {})
    }

    fn exhausted<'a>(&'a self, _: AccountId, _: &'a BucketSpec, least: Duration) -> BoxFut<'a, Timestamp> {
        Box::pin(async move { system_env().now().plus(least) })
    }
}
