//! `init`: the first tenant, and ways in for its owner. It needs no server.

use clap::Args;
use serde_json::json;
use stockbridge_domain::tenant::Role;
use stockbridge_engine::Caller;
use stockbridge_store::TenantError;

use super::Context;
use crate::cli::{Form, Place};
use crate::output;
use crate::wiring::{self, Opening};

/// Create a tenant with its owner and print an API token and a sign-in link.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    stockbridge init --data-dir ./data --tenant Acme --email owner@acme.example\n\n\
    The token is shown this once. The link signs the owner in once, after `stockbridge serve` was started.")]
pub struct Init {
    #[command(flatten)]
    place: Place,
    /// Name of the company.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// Address the owner signs in with.
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[command(flatten)]
    form: Form,
}

impl Init {
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (name, email) = (tenant_name(&self.tenant)?, email_address(&self.email)?);
        let settings = context.settings(&self.place)?;
        let store = wiring::store(&settings, Opening::MayCreate).await?;
        let hub = wiring::hub(&settings, store)?;
        let created = hub.store().system().create_tenant(name, email).await;
        let (tenant, user) = created.map_err(|error| match error {
            TenantError::EmailTaken { .. } => anyhow::anyhow!(
                "--email: {email} signs in already; choose another address, \
                 or make another token with `stockbridge token create`"
            ),
            TenantError::Store(error) => error.into(),
        })?;
        let owner = Caller::operator(tenant);
        let (token, _) = hub.create_token(&owner, "init", Role::Owner, None).await?;
        let until = hub.env().now().plus(settings.security.signin_link());
        let secret = hub.create_signin_link(tenant, user, until, 1).await?;
        let link = format!(
            "{}/signin/{secret}",
            settings.server.base_url(settings.server.port)
        );
        if self.form.json {
            output::json(&json!({
                "tenant": {"id": tenant, "name": name},
                "owner": {"id": user, "email": email},
                "token": token,
                "sign_in_link": link,
                "sign_in_link_expires_at": until,
            }));
            return Ok(());
        }
        output::line(format_args!("Tenant `{name}` ({tenant}) with owner {email}."));
        output::line(format_args!("API token, shown this once:\n  {token}"));
        output::line(format_args!("Sign-in link, good once until {until}:\n  {link}"));
        output::line("Next: `stockbridge serve`, then open the link.");
        Ok(())
    }
}

/// A tenant's name as typed in.
///
/// # Errors
/// When it is empty or too long.
pub fn tenant_name(text: &str) -> anyhow::Result<&str> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(crate::failure::usage("a tenant's name has 1 to 80 characters"));
    }
    Ok(name)
}

/// An address to sign in with. Whether it receives mail shows later; this catches slips.
///
/// # Errors
/// When it is no address.
pub fn email_address(text: &str) -> anyhow::Result<&str> {
    let email = text.trim();
    let plausible = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email
            .split_once('@')
            .is_some_and(|(who, host)| !who.is_empty() && !host.is_empty() && !host.contains('@'));
    if plausible {
        return Ok(email);
    }
    Err(crate::failure::usage(format!(
        "--email: `{email}` is no mail address; write it like owner@acme.example"
    )))
}
