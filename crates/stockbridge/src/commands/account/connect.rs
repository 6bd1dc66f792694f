//! `account connect`: an account from flags, a file, or both.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::client::{Target, segment};
use crate::commands::Context;
use crate::failure::usage;
use crate::output;

#[derive(Debug, Args)]
pub struct Connect {
    /// Which channel.
    channel: String,
    /// Read the account from FILE (JSON); - for standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// What to call it.
    #[arg(long)]
    name: Option<String>,
    /// A marketplace, by code or id; repeat for several.
    #[arg(long, value_name = "CODE")]
    marketplace: Vec<String>,
    /// A credential; NAME=@FILE reads it from a file.
    #[arg(long, value_name = "NAME=VALUE")]
    credential: Vec<String>,
    /// An address that replaces the channel's own.
    #[arg(long, value_name = "NAME=URL")]
    endpoint: Vec<String>,
    /// A setting of the account; the value is JSON, or text.
    #[arg(long, value_name = "NAME=VALUE")]
    option: Vec<String>,
    /// Print the address where the seller signs in, instead of typing the secrets that come with it.
    #[arg(long)]
    sign_in: bool,
    #[command(flatten)]
    target: Target,
}

impl Connect {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let body = self.body()?;
        let api = self.target.open(context).await?;
        if self.sign_in {
            let path = format!("/integrations/{}/consent", segment(&self.channel));
            let address = api.post(&path, &body).await?;
            super::authorise::tell(&address, self.target.json());
            return Ok(());
        }
        let path = format!("/integrations/{}/connect", segment(&self.channel));
        let account = api.post(&path, &body).await?;
        if self.target.json() {
            output::json(&account);
            return Ok(());
        }
        let text = |name| account.get(name).and_then(Value::as_str).unwrap_or_default();
        output::line(format_args!("Connected `{}` ({}).", text("name"), text("id")));
        output::line(
            "Next: `stockbridge account test` proves the credentials; `stockbridge serve` does the work.",
        );
        Ok(())
    }

    /// The request: the file's, with flags on top.
    pub(super) fn body(&self) -> anyhow::Result<Value> {
        let mut body = match &self.file {
            None => Map::new(),
            Some(file) => from_file(file)?,
        };
        // The simulator's files say which channel they are for.
        if let Some(channel) = body.remove("channel").filter(|channel| *channel != self.channel) {
            return Err(usage(format!(
                "the file is for the channel {channel}, not for `{}`",
                self.channel
            )));
        }
        if let Some(name) = &self.name {
            body.insert("name".into(), name.clone().into());
        }
        if !self.marketplace.is_empty() {
            body.insert("marketplaces".into(), json!(self.marketplace));
        }
        let mut add = |section: &str, given: &[String], read: fn(&str) -> anyhow::Result<Value>| {
            for pair in given {
                let (name, value) = pair.split_once('=').ok_or_else(|| {
                    usage(format!(
                        "`{pair}` is not NAME=VALUE; write the field's name, `=`, and its value"
                    ))
                })?;
                let fields = body.entry(section).or_insert_with(|| json!({}));
                let fields = fields.as_object_mut();
                let fields = fields.ok_or_else(|| usage(format!("the file's `{section}` is no object")))?;
                fields.insert(name.to_owned(), read(value)?);
            }
            anyhow::Ok(())
        };
        add("credentials", &self.credential, secret)?;
        add("endpoints", &self.endpoint, |text| Ok(text.into()))?;
        add("options", &self.option, |text| {
            Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
        })?;
        if !body.contains_key("name") {
            return Err(usage("the account needs a name: give one with --name"));
        }
        Ok(Value::Object(body))
    }
}

fn from_file(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input cannot be read")?;
    } else {
        text = std::fs::read_to_string(path)
            .with_context(|| format!("--file: {} cannot be read", path.display()))?;
    }
    serde_json::from_str(&text).map_err(|error| {
        anyhow::anyhow!(
            "--file: {} is no JSON object ({error}); correct it there",
            path.display()
        )
    })
}

/// A secret as given, or from the file after `@`.
pub(super) fn secret(text: &str) -> anyhow::Result<Value> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(text.into());
    };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("--credential: {path} cannot be read"))?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}
