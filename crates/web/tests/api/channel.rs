//! Two small channels: one far away whose probe follows its options, and one that lives in the hub.

use std::time::Duration;

use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BucketSpec, Capability, Channel, ChannelError, CheckedAccount, Connection,
    CredentialField, DataKind, Descriptor, Fault, Health, HttpRequest, HttpResponse, Io, Marketplace,
    Schedule, Timing, Transport, TransportError, WriteMode,
};
use stockbridge_domain::{BoxFut, Currency, FieldError, Timestamp};

static BAZAAR: Descriptor = Descriptor {
    kind: "bazaar",
    label: "Bazaar",
    summary: "A channel for tests.",
    capabilities: &[Capability::Orders, Capability::Listings],
    credentials: &[CredentialField {
        name: "key",
        label: "Key",
        help: "Any text.",
        secret: true,
        required: true,
        multiline: false,
    }],
    tokens: &[],
    options: &[],
    marketplaces: &[Marketplace {
        code: "IN",
        id: "IN-1",
        name: "India",
        currency: "INR",
        region: "asia",
        time_zone: "Asia/Kolkata",
    }],
    endpoints: &["api"],
    schedules: &[
        Schedule {
            kind: DataKind::Orders,
            every: Duration::from_secs(60),
        },
        Schedule {
            kind: DataKind::Listings,
            every: Duration::from_secs(600),
        },
        Schedule {
            kind: DataKind::Inventory,
            every: Duration::from_secs(3_600),
        },
    ],
    buckets: &[BucketSpec {
        name: "orders",
        rate_micro: 1_000_000,
        burst: 10,
    }],
    timing: Timing {
        order_visibility: Duration::from_secs(60),
        write_apply: Duration::from_secs(60),
    },
    write_mode: WriteMode::Absolute,
    write_batch: 10,
    read_batch: 10,
    remote: true,
};

static OWN: Descriptor = Descriptor {
    kind: "own",
    label: "Own store",
    summary: "Sales you make yourself.",
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
};

/// The channel far away. Its option `fails` says how a probe ends.
pub struct Bazaar;

/// The channel in the hub.
pub struct Own;

impl Channel for Bazaar {
    fn descriptor(&self) -> &'static Descriptor {
        &BAZAAR
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        let mut problems = Vec::new();
        let Some(key) = draft.credentials.get("key") else {
            problems.push(FieldError::new(
                "credentials/key",
                "the key is missing; copy it from your account",
            ));
            return Err(problems);
        };
        for (i, asked) in draft.marketplaces.iter().enumerate() {
            if BAZAAR.marketplace(asked).is_none() {
                problems.push(FieldError::new(
                    format!("marketplaces/{i}"),
                    format!("there is no marketplace `{asked}`; there is IN"),
                ));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(CheckedAccount {
            external_id: key.expose().to_owned(),
            marketplaces: vec!["IN-1".into()],
            currency: Currency::parse("INR").ok(),
        })
    }

    fn connect(&self, account: AccountConfig, _: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        let fails = account
            .options
            .get("fails")
            .and_then(|f| f.as_str())
            .unwrap_or_default();
        Ok(Box::new(Probe(fails.to_owned())))
    }
}

impl Channel for Own {
    fn descriptor(&self) -> &'static Descriptor {
        &OWN
    }

    fn check(&self, draft: &AccountDraft) -> Result<CheckedAccount, Vec<FieldError>> {
        Ok(CheckedAccount {
            external_id: draft.name.to_lowercase(),
            marketplaces: Vec::new(),
            currency: None,
        })
    }

    fn connect(&self, _: AccountConfig, _: Io) -> Result<Box<dyn Connection>, Vec<FieldError>> {
        Ok(Box::new(Probe(String::new())))
    }
}

struct Probe(String);

impl Connection for Probe {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        let error = |fault, message: &str| ChannelError::new(fault, "probe", message);
        let answer = match self.0.as_str() {
            "" => Ok(Health {
                summary: "Signed in.".into(),
                warnings: vec!["The role for prices is missing; add it.".into()],
            }),
            "throttled" => {
                Err(error(Fault::Throttled, "too many calls").until(Timestamp::from_secs(1_800_000_030)))
            }
            _ => Err(error(Fault::Credentials, "the key was withdrawn; connect again")),
        };
        Box::pin(async move { answer })
    }
}

/// No way out.
pub struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: HttpRequest, _: Duration) -> BoxFut<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async { Err(TransportError::NotSent("there is no network here".into())) })
    }
}
