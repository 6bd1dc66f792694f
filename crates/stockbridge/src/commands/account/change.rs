//! `account change`: settings of an account that is connected.

use clap::Args;
use serde_json::{Map, Value, json};

use super::find;
use crate::client::Target;
use crate::commands::{Context, done};
use crate::failure::usage;
use crate::output;

#[derive(Debug, Args)]
pub struct Change {
    /// The account, by name or id.
    account: String,
    /// A setting; the value is JSON, or text.
    #[arg(long, value_name = "NAME=VALUE", required = true)]
    option: Vec<String>,
    #[command(flatten)]
    target: Target,
}

impl Change {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let api = self.target.open(context).await?;
        let found = find(&api, &self.account).await?;
        let account = api.get(&found.path).await?;
        let options = account.get("options").and_then(Value::as_object);
        let options = with_options(options.cloned().unwrap_or_default(), &self.option)?;
        let account = api
            .call("PATCH", &found.path, Some(&json!({"options": options})))
            .await?;
        if self.target.json() {
            output::json(&account);
        }
        let said = format!("`{}` is changed; offers are computed anew.", found.name);
        done(self.target.json(), said);
        Ok(())
    }
}

/// The options with those given put over them; null takes one away.
fn with_options(mut options: Map<String, Value>, given: &[String]) -> anyhow::Result<Map<String, Value>> {
    for pair in given {
        let (name, text) = pair.split_once('=').ok_or_else(|| {
            usage(format!(
                "`{pair}` is not NAME=VALUE; write the option's name, `=`, and its value"
            ))
        })?;
        match serde_json::from_str(text).unwrap_or_else(|_| text.into()) {
            Value::Null => options.remove(name),
            value => options.insert(name.to_owned(), value),
        };
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_put_over_those_that_are_there() {
        let before = json!({"a": 1, "b": 2, "c": 3});
        let given = ["b=null", "c=\"x\"", "d=text", "e={\"Graz\": \"g\"}"].map(str::to_owned);
        let after = with_options(before.as_object().unwrap().clone(), &given).unwrap();
        assert_eq!(
            Value::Object(after),
            json!({"a": 1, "c": "x", "d": "text", "e": {"Graz": "g"}})
        );
        assert!(with_options(Map::new(), &["d".to_owned()]).is_err());
    }
}
