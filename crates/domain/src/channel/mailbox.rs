//! Messages that wait in a mailbox until the hub fetches them, such as a queue the channel writes to.
//!
//! A mailbox hands a letter out, hides it for a while, and hands it out again unless it is removed. So a letter is removed after
//! what it says is stored, never before; until then nothing is lost, and what comes twice is known by its event's id.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;

use super::event::Event;
use super::fault::ChannelError;
use super::io::SecretText;
use crate::{BoxFut, Timestamp};

/// A letter as it was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The mailbox's own name for it.
    pub id: String,
    /// What the mailbox wants to see to remove it or hide it longer.
    pub receipt: String,
    /// What it says.
    pub body: Bytes,
    /// How often it was handed out, this time included.
    pub receives: u32,
}

/// What a letter tells beyond what to look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Secrets that take the place of those kept; what they are of ends at this instant.
    Secrets {
        /// By the names of the channel's fields.
        credentials: BTreeMap<String, SecretText>,
        /// The term they begin, and when it ends.
        ends: Option<(&'static str, Timestamp)>,
    },
    /// Something the channel was preparing is ready: work that waits for it goes on.
    Prepared,
    /// When a term ends.
    Ends {
        /// Which.
        term: &'static str,
        /// When.
        at: Timestamp,
    },
    /// Something people have to know about the account.
    Notice {
        /// The same for the same thing happening again.
        key: &'static str,
        /// Stock, orders or money are at risk; otherwise a warning. None once it is over.
        critical: Option<bool>,
        /// One line.
        title: String,
        /// What happened and what to do.
        detail: String,
    },
}

/// A letter, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is for this account.
    Ours(Box<Delivered>),
    /// It is for another account, or for nobody.
    NotOurs,
    /// It cannot be read.
    Unreadable {
        /// Why.
        why: String,
        /// Its text as it may be kept: without secrets.
        body: Bytes,
    },
}

/// What a letter brings an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What to look at, and how it is known when it comes again.
    pub event: Event,
    /// What it tells besides.
    pub told: Vec<Told>,
    /// Its text as it may be kept: without secrets.
    pub body: Bytes,
}

/// One of an account's subscriptions, as the channel has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The channel's id of it.
    pub id: String,
    /// It was missing or led elsewhere, and was made or repaired now.
    pub mended: bool,
}

/// A mailbox the channel writes to.
pub trait Mailbox: Send + Sync {
    /// What tells it from every other mailbox. Accounts that share one are served by one reader.
    fn address(&self) -> &str;

    /// Hands letters out, hidden from other readers for `hide`; waits up to `wait` for the first.
    fn collect(&self, wait: Duration, hide: Duration) -> BoxFut<'_, Result<Vec<Letter>, ChannelError>>;

    /// Removes letters for good.
    fn remove<'a>(&'a self, letters: &'a [Letter]) -> BoxFut<'a, Result<(), ChannelError>>;

    /// Keeps letters hidden for `hide` from now on.
    fn hide<'a>(&'a self, letters: &'a [Letter], hide: Duration) -> BoxFut<'a, Result<(), ChannelError>>;

    /// Reads a letter for this account, whose subscriptions have these ids. No network.
    fn read(&self, letter: &Letter, subscriptions: &BTreeSet<String>) -> Reading;

    /// What the hub wants to hear of, in the channel's words.
    fn topics(&self) -> Vec<&'static str>;

    /// Looks at the mailbox itself: what is not set up as it should be, each a sentence with its remedy.
    fn inspect(&self) -> BoxFut<'_, Result<Vec<String>, ChannelError>>;

    /// Makes the channel write into the mailbox about a topic, or leaves alone what is in order. Safe to repeat.
    fn subscribe<'a>(&'a self, topic: &'a str) -> BoxFut<'a, Result<Subscription, ChannelError>>;

    /// Ends a subscription.
    fn unsubscribe<'a>(&'a self, topic: &'a str, id: &'a str) -> BoxFut<'a, Result<(), ChannelError>>;
}
