//! Signing in at the channel instead of typing secrets: a person is sent there, agrees, and comes back with a code.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;

use super::AccountDraft;
use super::fault::ChannelError;
use super::io::{Io, SecretText};
use crate::{BoxFut, FieldError};

/// One attempt to sign in: made by the hub, usable once, known to one person of one tenant.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The unguessable text the channel gives back.
    pub state: SecretText,
    /// Where the channel sends the person, or its own message, back to.
    pub return_to: String,
}

/// What came back from the channel, exactly as it came.
#[derive(Debug, Clone, Default)]
pub struct Returned {
    /// Parameters of the address, in order.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; empty where the person's browser came back rather than the channel's own message.
    pub body: Bytes,
}

impl Returned {
    /// The first parameter of this name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// Secrets brought by a sign-in, and what they tell of the account.
#[derive(Debug, Clone, Default)]
pub struct Consented {
    /// Joined with the draft's credentials, then checked and kept like typed ones.
    pub credentials: BTreeMap<String, SecretText>,
}

/// Signs a person in at the channel.
pub trait Consent: Send + Sync {
    /// Names of the descriptor's credential fields that have to be typed before; the others come with the sign-in.
    fn asks(&self) -> &'static [&'static str];

    /// The channel sends what was agreed to in a message of its own; the person's browser comes back with nothing but itself.
    fn by_message(&self) -> bool {
        false
    }

    /// The text in what came back that carries the ticket's state.
    fn state_of(&self, returned: &Returned) -> Option<String>;

    /// The address to send the person to.
    ///
    /// # Errors
    /// Every problem of the draft, each naming its field.
    fn address(&self, draft: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>>;

    /// Proves that what came back is the channel's answer to this ticket, and exchanges it for lasting secrets.
    ///
    /// Fails with [`Fault::Rejected`](super::Fault::Rejected) for anything that does not prove itself, and for a person who declined.
    fn accept<'a>(
        &'a self,
        draft: &'a AccountDraft,
        ticket: &'a Ticket,
        returned: &'a Returned,
        io: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>>;
}
