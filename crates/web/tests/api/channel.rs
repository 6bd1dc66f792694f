//! Two small channels: one far away whose probe follows its options, and one that lives in the hub.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use stockbridge_domain::channel::{
    AccountConfig, AccountDraft, BucketSpec, Capability, Channel, ChannelError, CheckedAccount, Connection,
    Consent, Consented, CredentialField, DataKind, Descriptor, Event, EventSource, Fault, Health,
    HttpRequest, HttpResponse, Inbound, InboundRefusal, Io, Marketplace, Nudge, OrderPage, OrderQuery,
    OrderSource, Registered, ReportKind, Returned, Schedule, SecretText, Term, Ticket, Timing, Transport,
    TransportError, WriteMode,
};
use stockbridge_domain::listing::FulfilledBy;
use stockbridge_domain::order::{OrderSnapshot, OrderStatus};
use stockbridge_domain::report::{ColumnKind, ReportColumn};
use stockbridge_domain::{BoxFut, Currency, FieldError, Timestamp};
use subtle::ConstantTimeEq;

static BAZAAR: Descriptor = Descriptor {
    kind: "bazaar",
    label: "Bazaar",
    summary: "A channel for tests.",
    capabilities: &[
        Capability::Orders,
        Capability::Listings,
        Capability::Events,
        Capability::Reports,
    ],
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
    reports: &[ReportKind {
        name: "STALLS",
        title: "All stalls",
        span: None,
        columns: &[ReportColumn {
            name: "sku",
            headers: &["stall"],
            kind: ColumnKind::Text,
            required: true,
        }],
    }],
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
    reports: &[],
};

static TERMS: [Term; 1] = [Term {
    name: Term::AUTHORISATION,
    label: "the agreement",
    credentials: &["key"],
    lasts: Duration::from_secs(365 * 86_400),
    warn_days: &[30],
    remedy: "agree again",
    takes_consent: true,
}];

/// The channel far away. Its option `fails` says how a probe ends.
#[derive(Default)]
pub struct Bazaar {
    /// What it was asked, in order.
    pub asked: Asked,
}

/// What a channel was asked.
pub type Asked = Arc<Mutex<Vec<String>>>;

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
        Ok(Box::new(Probe {
            fails: fails.to_owned(),
            key: account.webhook_key.clone(),
            asked: Arc::clone(&self.asked),
        }))
    }

    fn consent(&self) -> Option<&dyn Consent> {
        Some(self)
    }

    fn terms(&self) -> &'static [Term] {
        &TERMS
    }
}

/// Whoever agrees comes back with the code `agreed`, which is good for the key `k-signed-in`.
impl Consent for Bazaar {
    fn asks(&self) -> &'static [&'static str] {
        &[]
    }

    fn state_of(&self, returned: &Returned) -> Option<String> {
        returned.param("state").map(str::to_owned)
    }

    fn address(&self, _: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>> {
        let (state, back) = (ticket.state.expose(), &ticket.return_to);
        Ok(format!("https://bazaar.example/agree?state={state}&back={back}"))
    }

    fn accept<'a>(
        &'a self,
        _: &'a AccountDraft,
        _: &'a Ticket,
        returned: &'a Returned,
        _: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>> {
        Box::pin(async {
            if returned.param("code") != Some("agreed") {
                let message = "you did not agree; begin again";
                return Err(ChannelError::new(Fault::Rejected, "agree", message));
            }
            let key = ("key".to_owned(), SecretText::new("k-signed-in"));
            Ok(Consented {
                credentials: [key].into(),
            })
        })
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
        Ok(Box::new(Till))
    }
}

struct Till;

impl Connection for Till {
    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        let health = Health {
            summary: "It lives here.".into(),
            warnings: Vec::new(),
        };
        Box::pin(async move { Ok(health) })
    }
}

struct Probe {
    fails: String,
    key: SecretText,
    asked: Asked,
}

impl Probe {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

/// The proof that goes with a body.
pub fn proof(key: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update(body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl EventSource for Probe {
    /// Bodies are JSON: `id`, `secs` (when), and lists of `orders` and `listings`. Proved by a header, or by the address.
    fn receive(&self, inbound: &Inbound, now: Timestamp) -> Result<Event, InboundRefusal> {
        let given = inbound.headers.get("x-proof").and_then(|v| v.to_str().ok());
        let wanted = proof(self.key.expose(), &inbound.body);
        let by_header = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(wanted.as_bytes())));
        let by_key = inbound.key.as_ref() == Some(&self.key);
        if !by_header && !by_key {
            return Err(InboundRefusal::Unauthentic(
                "`x-proof` is missing or wrong".into(),
            ));
        }
        let value: serde_json::Value = serde_json::from_slice(&inbound.body)
            .map_err(|error| InboundRefusal::Unreadable(format!("no JSON: {error}")))?;
        let at = value["secs"].as_i64().map(Timestamp::from_secs);
        if at.is_some_and(|at| now.since(at) > Duration::from_secs(300)) {
            return Err(InboundRefusal::Stale(
                "`secs` is more than five minutes ago".into(),
            ));
        }
        let texts = |name: &str| {
            let list = value[name].as_array().cloned().unwrap_or_default();
            list.into_iter().filter_map(|one| one.as_str().map(str::to_owned))
        };
        let nudges = texts("orders")
            .map(Nudge::Order)
            .chain(texts("listings").map(Nudge::Listing))
            .collect();
        Ok(Event {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            topic: inbound.topic.clone(),
            at,
            nudges,
        })
    }

    fn register<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<Registered, ChannelError>> {
        self.note(format!("register {url}"));
        Box::pin(async {
            Ok(Registered {
                mended: 1,
                ..Registered::default()
            })
        })
    }

    fn unregister<'a>(&'a self, url: &'a str) -> BoxFut<'a, Result<(), ChannelError>> {
        self.note(format!("unregister {url}"));
        Box::pin(async { Err(ChannelError::new(Fault::Unavailable, "unregister", "it is down")) })
    }
}

impl OrderSource for Probe {
    fn page<'a>(&'a self, _: &'a OrderQuery) -> BoxFut<'a, Result<OrderPage, ChannelError>> {
        self.note("page".into());
        let down = self.fails == "down";
        Box::pin(async move {
            if down {
                return Err(ChannelError::new(Fault::Unavailable, "page", "it is down"));
            }
            Ok(OrderPage::default())
        })
    }

    fn get<'a>(&'a self, id: &'a str) -> BoxFut<'a, Result<OrderSnapshot, ChannelError>> {
        self.note(format!("get {id}"));
        let down = self.fails == "down";
        Box::pin(async move {
            if down {
                return Err(ChannelError::new(Fault::Unavailable, "get", "it is down"));
            }
            if id == "unknown" {
                return Err(ChannelError::new(Fault::NotFound, "get", "no such order"));
            }
            Ok(OrderSnapshot {
                channel_order_id: id.to_owned(),
                channel_status: "paid".into(),
                status: Some(OrderStatus::Open),
                fulfilled_by: FulfilledBy::Seller,
                marketplace: None,
                placed_at: crate::world::START,
                updated_at: crate::world::START,
                ship_by: None,
                total: None,
                lines: Vec::new(),
                oddities: Vec::new(),
                payload: "{}".into(),
            })
        })
    }
}

impl Connection for Probe {
    fn events(&self) -> Option<&dyn EventSource> {
        Some(self)
    }

    fn orders(&self) -> Option<&dyn OrderSource> {
        Some(self)
    }

    fn probe(&self) -> BoxFut<'_, Result<Health, ChannelError>> {
        let error = |fault, message: &str| ChannelError::new(fault, "probe", message);
        let answer = match self.fails.as_str() {
            "" => Ok(Health {
                summary: "Signed in.".into(),
                warnings: vec!["The role for prices is missing; add it.".into()],
            }),
            "throttled" => {
                Err(error(Fault::Throttled, "too many calls").until(Timestamp::from_secs(1_800_000_030)))
            }
            "down" => Err(error(Fault::Unavailable, "it is down")),
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
