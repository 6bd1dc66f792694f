//! Access tokens that outlive connections: one for each account and authorisation, fetched once however many ask.
//!
//! Connections are opened per job, so the token is kept in [`Sessions`], which lives in the channel. All callers of one
//! account share one token, and while it is being fetched they wait for that one fetch, whether it ends well or badly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use stockbridge_domain::channel::{ChannelError, Io, SecretText};
use stockbridge_domain::{AccountId, Timestamp};

/// Most accounts whose tokens are kept; beyond it the one that expires first is dropped and fetched anew when needed.
const MAX_SESSIONS: usize = 4096;

/// An access token, or whatever else signs calls in, and the moment from which it is not used any more.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token.
    pub text: SecretText,
    /// From then on another one is fetched.
    pub stale_at: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    failure: Option<ChannelError>,
}

/// What is remembered of one account's authorisation between connections.
#[derive(Debug, Default)]
pub struct Session {
    state: tokio::sync::Mutex<State>,
    /// How many fetches have ended: tells a caller whether one ended while it waited.
    fetches: AtomicU64,
    stale_at: AtomicU64,
    /// What the channel's connector remembers of this authorisation beside its token; zero at first.
    pub note: AtomicU8,
}

impl Session {
    /// The token if it is good and not `refused`, which the channel did not take; otherwise what `fetch` brings.
    ///
    /// # Errors
    /// `fetch`'s own.
    pub async fn token(
        &self,
        io: &Io,
        refused: Option<&SecretText>,
        fetch: impl AsyncFnOnce() -> Result<Token, ChannelError>,
    ) -> Result<SecretText, ChannelError> {
        let seen = self.fetches.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && token.stale_at > io.env.now()
            && refused != Some(&token.text)
        {
            return Ok(token.text.clone());
        }
        if self.fetches.load(Ordering::SeqCst) != seen
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        let fetched = fetch().await;
        self.fetches.fetch_add(1, Ordering::SeqCst);
        match fetched {
            Ok(token) => {
                let text = token.text.clone();
                let stale_at = u64::try_from(token.stale_at.micros()).unwrap_or(0);
                self.stale_at.store(stale_at, Ordering::SeqCst);
                *state = State {
                    token: Some(token),
                    failure: None,
                };
                Ok(text)
            }
            Err(error) => {
                *state = State {
                    token: None,
                    failure: Some(error.clone()),
                };
                Err(error)
            }
        }
    }
}

/// An account and the digest of its credentials.
type SessionKey = (AccountId, [u8; 32]);

/// Sessions by account and authorisation.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<SessionKey, Arc<Session>>>);

impl Sessions {
    /// The session of an account authorised by exactly these texts; other ones are another session.
    pub fn of(&self, account: AccountId, authorisation: &[&str]) -> Arc<Session> {
        let mut digest = Sha256::new();
        for part in authorisation {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        let key = (account, digest.finalize().into());
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MAX_SESSIONS && !sessions.contains_key(&key) {
            let first = sessions
                .iter()
                .min_by_key(|(_, s)| s.stale_at.load(Ordering::SeqCst))
                .map(|(k, _)| *k);
            first.map(|k| sessions.remove(&k));
        }
        sessions.entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        for n in 0..=MAX_SESSIONS {
            sessions.of(account(), &[&n.to_string()]);
        }
        assert_eq!(sessions.0.lock().unwrap().len(), MAX_SESSIONS);
        assert!(!Arc::ptr_eq(
            &sessions.of(account(), &["a", "bc"]),
            &sessions.of(account(), &["ab", "c"])
        ));
    }
}
