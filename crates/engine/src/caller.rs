//! Who asks, and why they are refused.

use stockbridge_domain::channel::ChannelError;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, TenantId};
use stockbridge_store::StoreError;

/// Somebody who was let in, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose data they see.
    pub tenant: TenantId,
    /// Who they are in ledger and audit: `user:…`, `token:…` or `cli`.
    pub actor: String,
    /// What they may do.
    pub role: Role,
    /// What a form has to send back; only for people signed in with a cookie.
    pub csrf: Option<String>,
    /// What people call them.
    pub name: String,
}

impl Caller {
    /// The operator at the command line, who may do everything in `tenant`.
    pub fn operator(tenant: TenantId) -> Self {
        Self {
            tenant,
            actor: "cli".into(),
            role: Role::Owner,
            csrf: None,
            name: "Command line".into(),
        }
    }

    /// Refuses unless the caller's role includes `needed`.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] names the role that is needed.
    pub fn require(&self, needed: Role) -> Result<(), Refusal> {
        if self.role.includes(needed) {
            return Ok(());
        }
        Err(Refusal::Forbidden(format!(
            "this needs the role {needed}, yours is {}; ask an owner of the tenant",
            self.role
        )))
    }
}

/// Why something was not done. Nothing is half done then.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Fields that are wrong, each with its remedy.
    #[error("{}", joined(.0))]
    Fields(Vec<FieldError>),
    /// There is no such thing for this caller.
    #[error("{0}")]
    NotFound(String),
    /// It contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// The caller's role does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// There is not enough stock; each entry names the line and what is left.
    #[error("{}", joined(.0))]
    Shortage(Vec<FieldError>),
    /// The channel answered with a fault.
    #[error("{0}")]
    Channel(ChannelError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// One wrong field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Fields(vec![FieldError::new(field, message)])
    }
}

fn joined(fields: &[FieldError]) -> String {
    fields
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
