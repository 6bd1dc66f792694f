//! `account authorise` and `account credentials`: what a channel wants anew from time to time.

use clap::Args;
use serde_json::{Map, Value, json};

use super::connect::secret;
use super::find;
use crate::client::Target;
use crate::commands::{Context, done};
use crate::failure::usage;
use crate::output;

#[derive(Debug, Args)]
pub struct Authorise {
    /// The account, by name or id.
    account: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Credentials {
    /// The account, by name or id.
    account: String,
    /// A credential; NAME=@FILE reads it from a file.
    #[arg(long, value_name = "NAME=VALUE", required = true)]
    credential: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Authorise {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let address = api.post(&format!("{}/consent", found.path), &json!({})).await?;
        tell(&address, self.target.json());
        Ok(())
    }
}

/// Prints where the seller signs in.
pub(super) fn tell(address: &Value, json: bool) {
    if json {
        output::json(address);
        return;
    }
    let text = |name| address.get(name).and_then(Value::as_str).unwrap_or_default();
    output::line(format_args!(
        "Open this as the seller, before {}:",
        text("expires_at")
    ));
    output::line(text("consent_url"));
}

impl Credentials {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut credentials = Map::new();
        for pair in &self.credential {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                usage(format!(
                    "`{pair}` is not NAME=VALUE; write the credential's name, `=`, and its value"
                ))
            })?;
            credentials.insert(name.to_owned(), secret(value)?);
        }
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let body = json!({"credentials": credentials});
        let path = format!("{}/credentials", found.path);
        let account = api.call("PUT", &path, Some(&body)).await?;
        if self.target.json() {
            output::json(&account);
        }
        let said = format!("`{}` has its new credentials; they are being tried.", found.name);
        done(self.target.json(), said);
        Ok(())
    }
}
