//! A channel's own locations: which there are, which of the hub's feed them, and saying so.

use serde::Serialize;
use serde_json::Value;
use stockbridge_domain::channel::options;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::{AccountId, LocationId};
use stockbridge_store::{AccountRecord, LocationRecord};

use crate::accounts::AccountPatch;
use crate::caller::{Caller, Refusal};
use crate::hub::Hub;

/// One of a channel's locations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelLocation {
    /// The channel's id of it.
    pub location: String,
    /// Whether the account's listings show it. Units mapped to one that they do not show are not offered.
    pub shown: bool,
    /// Whether everything feeds it that is mapped to no other.
    pub default: bool,
    /// Names of the hub's locations that feed it.
    pub fed_by: Vec<String>,
}

/// Which of the channel's locations each of the hub's is to feed.
#[derive(Debug, Clone, Default)]
pub struct LocationFeeds {
    /// The hub's locations, each with one of the channel's; those not named feed the default.
    pub feeds: Vec<(LocationId, String)>,
    /// The channel's default location; its first one when none is named.
    pub default: Option<String>,
}

impl Hub {
    /// The channel's locations of an account, as its listings show them and its options name them; empty where the channel
    /// shows one quantity alone.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such account.
    pub async fn channel_locations(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<ChannelLocation>, Refusal> {
        let tenant = self.tenant(caller.tenant);
        let record = self.existing(caller, account).await?;
        let shown = tenant.channel_locations(account).await?;
        Ok(locations(&record, &shown, &tenant.locations().await?))
    }

    /// Says which of the channel's locations each of the hub's feeds, in place of what was said before, and has every offer
    /// of the account computed anew.
    ///
    /// # Errors
    /// As [`Hub::update_account`].
    pub async fn feed_locations(
        &self,
        caller: &Caller,
        account: AccountId,
        feeds: LocationFeeds,
    ) -> Result<AccountRecord, Refusal> {
        let mut given = self.existing(caller, account).await?.options;
        let map = feeds.feeds.into_iter();
        let map: serde_json::Map<String, Value> = map
            .map(|(ours, theirs)| (ours.to_string(), theirs.into()))
            .collect();
        let map = Some(Value::Object(map)).filter(|map| map.as_object().is_some_and(|m| !m.is_empty()));
        for (name, value) in [
            (options::LOCATION_MAP, map),
            (options::DEFAULT_LOCATION, feeds.default.map(Value::from)),
        ] {
            match value {
                Some(value) => given.insert(name.to_owned(), value),
                None => given.remove(name),
            };
        }
        let patch = AccountPatch {
            options: Some(given),
            ..AccountPatch::default()
        };
        self.update_account(caller, account, patch).await
    }
}

/// The channel's locations, those its listings show first.
fn locations(account: &AccountRecord, shown: &[String], ours: &[LocationRecord]) -> Vec<ChannelLocation> {
    let map = PlaceMap::of_options(&account.options);
    let mut all: Vec<String> = shown.to_vec();
    for named in map.theirs() {
        if !all.iter().any(|known| known == named) {
            all.push(named.to_owned());
        }
    }
    let default = map
        .default_named()
        .map(str::to_owned)
        .or_else(|| shown.first().cloned());
    let open = |l: &&LocationRecord| l.closed_at.is_none();
    let feeds = |l: &LocationRecord| map.named(&l.id.to_string(), &l.name).map(str::to_owned);
    let one = |location: String| {
        let fed = ours.iter().filter(open);
        let fed = fed.filter(|l| feeds(l).or_else(|| default.clone()).as_ref() == Some(&location));
        ChannelLocation {
            shown: shown.contains(&location),
            default: default.as_ref() == Some(&location),
            fed_by: fed.map(|l| l.name.clone()).collect(),
            location,
        }
    };
    all.into_iter().map(one).collect()
}
