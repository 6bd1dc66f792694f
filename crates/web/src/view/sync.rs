//! Sync: lanes and what they wait for, budgets, runs, and jobs that gave up.

use serde::Serialize;

use super::{Badge, Choice, Pager, When};

/// The work behind the scenes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SyncPage {
    /// Jobs waiting, running and dead.
    pub queued: String,
    /// Running now.
    pub running: String,
    /// Gave up.
    pub dead: String,
    /// Whether any gave up.
    pub any_dead: bool,
    /// Lanes.
    pub lanes: Vec<LaneRow>,
    /// Budgets.
    pub budgets: Vec<BudgetRow>,
    /// Runs, newest first.
    pub runs: Vec<RunRow>,
    /// More runs.
    pub runs_pager: Pager,
    /// Jobs that gave up.
    pub dead_jobs: Vec<DeadRow>,
    /// Accounts to sync now.
    pub accounts: Vec<Choice>,
    /// What is known of the books.
    pub books: BooksRow,
}

/// What checks of the books say.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BooksRow {
    /// Whether they agree.
    pub state: Badge,
    /// A check waits or is being made.
    pub under_way: bool,
    /// When the last one was made; nothing before the first.
    pub at: Option<When>,
    /// What it looked at, and how long that took.
    pub looked_at: String,
    /// What it found, the worst first.
    pub findings: Vec<FindingRow>,
}

/// Something that does not hold.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FindingRow {
    /// Rows contradict each other; otherwise it passes by itself.
    pub broken: bool,
    /// One sentence.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// One lane.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LaneRow {
    /// The account, or the hub itself.
    pub owner: String,
    /// What goes through it.
    pub name: String,
    /// What it does now.
    pub state: Badge,
    /// Why it waits.
    pub reason: Option<String>,
    /// Until when.
    pub next: Option<When>,
    /// Jobs waiting.
    pub queued: String,
    /// Jobs that gave up.
    pub dead: String,
}

/// One budget: how many calls the channel still allows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BudgetRow {
    /// The account.
    pub account: String,
    /// The channel's operation.
    pub bucket: String,
    /// Calls left.
    pub left: i64,
    /// Most there can be.
    pub burst: i64,
    /// How fast it fills, in words.
    pub rate: String,
    /// When the next call is free, while none is.
    pub next: Option<When>,
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunRow {
    /// The account.
    pub account: String,
    /// What was read.
    pub kind: String,
    /// What started it.
    pub trigger: String,
    /// How it went.
    pub state: Badge,
    /// When it began.
    pub started: When,
    /// How long it took.
    pub took: String,
    /// Things read.
    pub seen: String,
    /// Of these changed.
    pub changed: String,
    /// Of these failed.
    pub failed: String,
    /// What it said.
    pub message: Option<String>,
}

/// One job that gave up.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DeadRow {
    /// Our id, for forms.
    pub id: String,
    /// What it does.
    pub kind: String,
    /// For which account.
    pub account: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it gave up.
    pub at: When,
    /// What went wrong last.
    pub error: String,
}

#[cfg(test)]
mod samples {
    //! Nothing to do, a usual day, and everything stuck at once.

    use super::*;
    use crate::view::Tone;
    use crate::view::samples::{HOSTILE, choices, three, when};

    impl SyncPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                queued: "0".into(),
                running: "0".into(),
                dead: "0".into(),
                any_dead: false,
                lanes: vec![],
                budgets: vec![],
                runs: vec![],
                runs_pager: Pager::default(),
                dead_jobs: vec![],
                accounts: vec![],
                books: BooksRow {
                    state: Badge::new(Tone::Quiet, "not checked yet"),
                    under_way: false,
                    at: None,
                    looked_at: String::new(),
                    findings: vec![],
                },
            }
        }

        fn typical() -> Self {
            Self {
                queued: "37".into(),
                running: "2".into(),
                dead: "1".into(),
                any_dead: true,
                lanes: lanes(),
                budgets: budgets(),
                runs: vec![
                    run("orders", Badge::new(Tone::Info, "running")),
                    run("listings", Badge::new(Tone::Good, "done")),
                    run("inventory", Badge::new(Tone::Bad, "failed")),
                ],
                runs_pager: Pager {
                    next: Some("/sync?cursor=x".into()),
                    first: None,
                },
                dead_jobs: vec![dead("The channel refused the shipment: the order is cancelled.")],
                accounts: choices(&["Nordlicht IN", "Nordlicht DE"]),
                books: BooksRow {
                    state: Badge::new(Tone::Good, "the books agree"),
                    under_way: true,
                    at: Some(when("3 h ago")),
                    looked_at: "1,002,000 entries, 2,000 balances, 500,000 order lines and 2,000 listings compared in 2.1 s"
                        .into(),
                    findings: vec![],
                },
            }
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.queued = "1,000,000".into();
            extreme.books.state = Badge::new(Tone::Bad, "the books do not agree");
            extreme.books.under_way = false;
            for broken in [true, false] {
                extreme.books.findings.push(FindingRow {
                    broken,
                    what: format!("SKU {HOSTILE}: {}", "words ".repeat(60)),
                    remedy: "stop the server, keep a copy of the database and report this".into(),
                });
            }
            for _ in 0..60 {
                extreme.lanes.push(lane(
                    HOSTILE,
                    "listings",
                    Badge::new(Tone::Warn, "waiting"),
                    Some(&format!("{HOSTILE} {}", "words ".repeat(40))),
                ));
                extreme
                    .dead_jobs
                    .push(dead(&format!("{HOSTILE} {}", "words ".repeat(80))));
                let mut one = run("orders", Badge::new(Tone::Bad, "failed"));
                one.message = Some(HOSTILE.repeat(6));
                one.seen = "12,345,678".into();
                extreme.runs.push(one);
            }
            extreme
        }
    }

    fn lanes() -> Vec<LaneRow> {
        vec![
            lane(
                "Nordlicht IN",
                "orders",
                Badge::new(Tone::Warn, "waiting"),
                Some("the channel allows one search in 3 minutes"),
            ),
            lane(
                "Nordlicht IN",
                "listings",
                Badge::new(Tone::Good, "working"),
                None,
            ),
            lane(
                "Nordlicht DE",
                "orders",
                Badge::new(Tone::Bad, "paused"),
                Some("the account needs to be authorised again"),
            ),
            lane("This hub", "plan", Badge::new(Tone::Quiet, "idle"), None),
        ]
    }

    fn budgets() -> Vec<BudgetRow> {
        vec![
            BudgetRow {
                account: "Nordlicht IN".into(),
                bucket: "searchOrders".into(),
                left: 0,
                burst: 20,
                rate: "1 in 3 min".into(),
                next: Some(when("in 41 s")),
            },
            BudgetRow {
                account: "Nordlicht IN".into(),
                bucket: "patchListingsItem".into(),
                left: 9,
                burst: 10,
                rate: "5 a second".into(),
                next: None,
            },
        ]
    }

    fn lane(owner: &str, name: &str, state: Badge, reason: Option<&str>) -> LaneRow {
        LaneRow {
            owner: owner.into(),
            name: name.into(),
            state,
            reason: reason.map(Into::into),
            next: reason.map(|_| when("in 41 s")),
            queued: "12".into(),
            dead: "0".into(),
        }
    }

    fn run(kind: &str, state: Badge) -> RunRow {
        RunRow {
            account: "Nordlicht IN".into(),
            kind: kind.into(),
            trigger: "schedule".into(),
            state,
            started: when("2 min ago"),
            took: "1.4 s".into(),
            seen: "86".into(),
            changed: "12".into(),
            failed: "0".into(),
            message: None,
        }
    }

    fn dead(error: &str) -> DeadRow {
        DeadRow {
            id: "job_1".into(),
            kind: "shipment.confirm".into(),
            account: "Nordlicht DE".into(),
            attempts: 10,
            at: when("1 h ago"),
            error: error.into(),
        }
    }
}
