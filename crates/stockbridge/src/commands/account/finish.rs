//! `account finish`: a sign-in at a channel, ended by hand where the browser that signed in cannot reach the hub.

use clap::Args;

use crate::client::{Target, segment};
use crate::commands::{Context, done};
use crate::failure::usage;

/// What the channel is told to send people back to ends so.
const CALLBACK: &str = "/callback";

#[derive(Debug, Args)]
pub struct Finish {
    /// Which channel.
    channel: String,
    /// The whole address the browser was sent to after signing in, as it stands in the address bar.
    address: String,
    #[command(flatten)]
    target: Target,
}

impl Finish {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let query = brought(&self.address)?;
        let api = self.target.open(context).await?;
        let path = format!("/integrations/{}{CALLBACK}?{query}", segment(&self.channel));
        api.call("POST", &path, None).await?;
        let said = "Connected; `stockbridge account list` shows it, `stockbridge account test` proves it.";
        done(self.target.json(), said.to_owned());
        Ok(())
    }
}

/// What an address brings back.
fn brought(address: &str) -> anyhow::Result<&str> {
    let address = address.trim();
    let address = address.split('#').next().unwrap_or_default();
    match address.split_once('?') {
        Some((path, query)) if path.ends_with(CALLBACK) && !query.is_empty() => Ok(query),
        Some(_) => Err(usage(format!(
            "this is not where a channel sends people back to: the part before `?` ends with `{CALLBACK}`; \
             copy the address after you agreed, not the one where you sign in"
        ))),
        None => Err(usage(
            "the address brings nothing back: copy all of it, with what follows the `?`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_a_callbacks_question_mark_is_brought() {
        let address = " https://hub.example.com/api/v1/integrations/x/callback?code=a%2Fb&state=s#top ";
        assert_eq!(brought(address).unwrap(), "code=a%2Fb&state=s");
        for (wrong, word) in [
            (
                "https://shop.example.com/oauth/authorize?state=s",
                "after you agreed",
            ),
            (
                "https://hub.example.com/api/v1/integrations/x/callback",
                "copy all of it",
            ),
            (
                "https://hub.example.com/api/v1/integrations/x/callback?",
                "after you agreed",
            ),
        ] {
            let refused = brought(wrong).unwrap_err().to_string();
            assert!(refused.contains(word), "{wrong}: {refused}");
        }
    }
}
