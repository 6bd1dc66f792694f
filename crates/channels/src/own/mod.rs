//! The own store: sales the merchant makes himself, by the hub's own API or dashboard.
//!
//! There is no remote system: such a sale takes stock in the hub's own transaction, so nothing is read, written or late,
//! and every capability is absent on purpose. The channel exists so that own sales have an account, and with it a name,
//! a share of stock and a place in reports.

use std::time::Duration;

use stockbridge_domain::channel::options::{UNPAID_MINUTES, minutes};
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, Channel, ChannelError, CheckedAccount, Connection, Descriptor, Health, Io,
    Timing, WriteMode,
};
use stockbridge_domain::{BoxFut, Currency, FieldError};

use crate::check;

/// Option: the currency of its sales.
const CURRENCY: &str = "currency";
/// The longest an order may stay unpaid, in minutes: thirty days.
const MOST_MINUTES: u64 = 43_200;

pub(crate) static DESCRIPTOR: Descriptor = Descriptor {
    kind: "own",
    label: "Own store",
    summary: "Sales you make yourself: a till, a phone, your own shop by the hub's API.",
    capabilities: &[],
    credentials: &[],
    tokens: &[],
    options: &[],
    marketplaces: &[],
    endpoints: &[],
    schedules: &[],
    buckets: &[],
    timing: Timing {
        order_visibility: Duration::ZERO,
        write_apply: Duration::ZERO,
    },
    write_mode: WriteMode::Absolute,
    write_batch: 1,
    read_batch: 1,
    remote: false,
    reports: &[],
};

/// The own-store channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Own;

impl Channel for Own {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        let name = draft.name.trim();
        if name.is_empty() {
            problems.push(FieldError::new(
                "name",
                "give the store a name: it tells your own stores apart",
            ));
        }
        check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
        check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
        check::account_options(&draft.options, &[CURRENCY, UNPAID_MINUTES], &mut problems);
        let unpaid = minutes(&draft.options, UNPAID_MINUTES).map_or(0, |time| time.as_secs() / 60);
        if draft.options.contains_key(UNPAID_MINUTES) && !(1..=MOST_MINUTES).contains(&unpaid) {
            problems.push(FieldError::new(
                format!("options/{UNPAID_MINUTES}"),
                format!("write a whole number of minutes from 1 to {MOST_MINUTES}"),
            ));
        }
        if !draft.marketplaces.is_empty() {
            problems.push(FieldError::new(
                "marketplaces",
                "an own store has no marketplaces; leave this empty",
            ));
        }
        let currency = draft
            .options
            .get(CURRENCY)
            .map(|c| c.as_str().unwrap_or_default());
        let currency = currency.map(Currency::parse).transpose().unwrap_or_else(|e| {
            problems.push(FieldError::new("options/currency", e.to_string()));
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedAccount {
            external_id: name.to_lowercase(),
            marketplaces: Vec::new(),
            currency,
        })
    }

    fn connect(&self, _: AccountConfig, _: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        Ok(Box::new(OwnConnection))
    }
}

struct OwnConnection;

impl Connection for OwnConnection {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        Box::pin(async {
            Ok(Health {
                summary: "This store lives in the hub itself; there is nothing to sign in to.".to_owned(),
                warnings: Vec::new(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_enough_and_everything_else_is_refused() {
        let mut draft = AccountDraft {
            name: " Till 1 ".into(),
            ..AccountDraft::default()
        };
        assert_eq!(Own.check(&draft).unwrap().external_id, "till 1");
        draft.options.insert(CURRENCY.into(), json!("inr"));
        assert_eq!(Own.check(&draft).unwrap().currency.unwrap().code(), "INR");
        for (wrong, given) in [(true, json!(0)), (true, json!("soon")), (false, json!(90))] {
            draft.options.insert(UNPAID_MINUTES.into(), given);
            assert_eq!(Own.check(&draft).is_err(), wrong, "{draft:?}");
        }
        draft.name.clear();
        draft.marketplaces.push("DE".into());
        draft.endpoints.insert("api".into(), "https://x".into());
        draft.options.insert(CURRENCY.into(), json!("euro"));
        let problems = Own.check(&draft).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            ["name", "endpoints/api", "marketplaces", "options/currency"]
        );
    }
}
