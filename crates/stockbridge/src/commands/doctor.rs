//! `doctor`: looks at everything that can be wrong and says for each finding what to do.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use stockbridge_domain::Timestamp;
use stockbridge_store::{
    AccountStatus, AlertFilter, JobFilter, JobState, PageQuery, Severity, Store, StoreError, TenantRecord,
};

use super::Context;
use crate::cli::{Form, Place};
use crate::{failure, output, wiring};

/// A lane that was ready this long ago and is still not worked is stuck, or nobody works.
const STUCK_AFTER: Duration = Duration::from_secs(15 * 60);
/// No clock is right that shows a time before this program was written.
const WRITTEN: Timestamp = Timestamp::from_secs(1_767_225_600);
/// How many findings of one kind are listed one by one.
const LISTED: i64 = 10;

/// Check the installation and say how to repair what is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  stockbridge doctor --data-dir ./data\n\n\
    Exits with 1 when something is wrong. The embedded database is looked at while no server runs.")]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    form: Form,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    /// Whose it is.
    tenant: Option<String>,
    /// Whether it is as it should be.
    ok: bool,
    /// What was seen.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            tenant: None,
            ok: true,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn bad(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            ok: false,
            remedy: Some(remedy.into()),
            ..Self::good(check, detail)
        }
    }
}

impl Doctor {
    pub async fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let settings = context.settings(&self.place)?;
        let mut findings = Vec::new();
        match wiring::store(&settings, wiring::Opening::Existing).await {
            Ok(store) => examine(&store, &mut findings).await?,
            Err(error) => findings.push(cannot_open(&error)),
        }
        let healthy = findings.iter().all(|finding| finding.ok);
        if self.form.json {
            output::json(&serde_json::json!({"ok": healthy, "checks": findings}));
        } else {
            tell(&findings, healthy);
        }
        Ok(if healthy {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(failure::FAILED)
        })
    }
}

/// Opening checks database, schema and master key in one go; the store's message says which it was and what to do.
fn cannot_open(error: &anyhow::Error) -> Finding {
    let check = match error.downcast_ref::<StoreError>() {
        Some(StoreError::Sealed { .. }) => "master key",
        Some(StoreError::Newer { .. }) => "schema",
        _ => "database",
    };
    let text = format!("{error:#}");
    let (detail, remedy) = text.split_once("; ").unwrap_or((&text, "see the server's log"));
    Finding::bad(check, detail, remedy)
}

async fn examine(store: &Store, findings: &mut Vec<Finding>) -> anyhow::Result<()> {
    findings.push(Finding::good("database", format!("{} answers", store.backend())));
    findings.push(Finding::good("schema", "up to date"));
    findings.push(Finding::good("master key", "it opens what is sealed"));
    let tenants = store.system().tenants().await?;
    findings.push(clock(store.env().now(), &tenants));
    if tenants.is_empty() {
        findings.push(Finding::bad(
            "tenants",
            "there is none",
            "create one with `stockbridge init`",
        ));
    }
    for record in &tenants {
        let tenant = store.tenant(record.id);
        let mut found = vec![
            ledger(&tenant).await?,
            lanes(&tenant).await?,
            dead_jobs(&tenant).await?,
            accounts(&tenant).await?,
            alerts(&tenant).await?,
        ];
        for finding in &mut found {
            finding.tenant = Some(record.name.clone());
        }
        findings.append(&mut found);
    }
    Ok(())
}

fn clock(now: Timestamp, tenants: &[TenantRecord]) -> Finding {
    let newest = tenants.iter().map(|t| t.created_at).max();
    match newest {
        _ if now < WRITTEN => Finding::bad(
            "clock",
            format!("it shows {now}"),
            "set this machine's clock, best by NTP",
        ),
        Some(newest) if now < newest => Finding::bad(
            "clock",
            format!("it shows {now}, but a tenant was created at {newest}"),
            "set this machine's clock, best by NTP",
        ),
        _ => Finding::good("clock", now.to_string()),
    }
}

async fn ledger(tenant: &stockbridge_store::Tenant) -> Result<Finding, StoreError> {
    let check = tenant.check_ledger().await?;
    if check.ok() {
        let detail = format!("{} entries agree with {} balances", check.entries, check.balances);
        return Ok(Finding::good("ledger", detail));
    }
    Ok(Finding::bad(
        "ledger",
        check.problems().take(5).collect::<Vec<_>>().join("; "),
        "run `stockbridge check`: it names every entry and what to do",
    ))
}

async fn lanes(tenant: &stockbridge_store::Tenant) -> Result<Finding, StoreError> {
    let late = tenant.env().now().minus(STUCK_AFTER);
    let lanes = tenant.lanes().await?;
    let stuck: Vec<String> = lanes
        .iter()
        .filter(|lane| !lane.paused && !lane.leased && lane.queued > 0)
        .filter(|lane| lane.ready_at.is_some_and(|at| at < late))
        .map(|lane| format!("{} ({} waiting)", lane.lane, lane.queued))
        .collect();
    if stuck.is_empty() {
        return Ok(Finding::good("lanes", format!("{}, none stuck", lanes.len())));
    }
    Ok(Finding::bad(
        "lanes",
        format!("not worked for over 15 minutes: {}", stuck.join(", ")),
        "start `stockbridge serve` (role all or worker); if it runs, its log says why",
    ))
}

async fn dead_jobs(tenant: &stockbridge_store::Tenant) -> Result<Finding, StoreError> {
    let filter = JobFilter {
        state: Some(JobState::Dead),
        ..JobFilter::default()
    };
    let dead = tenant.queue_counts().await?.dead;
    if dead == 0 {
        return Ok(Finding::good("jobs", "none given up"));
    }
    let page = tenant.jobs(&filter, &PageQuery::first(LISTED)).await?;
    let listed: Vec<String> = page
        .items
        .iter()
        .map(|job| {
            let why = job.last_error.as_deref().unwrap_or("no reason kept");
            format!("{} {} ({why})", job.kind, job.id)
        })
        .collect();
    Ok(Finding::bad(
        "jobs",
        format!("{dead} given up: {}", listed.join("; ")),
        "repair the cause, then `stockbridge job retry ID`, or drop one with `stockbridge job cancel ID`",
    ))
}

async fn accounts(tenant: &stockbridge_store::Tenant) -> Result<Finding, StoreError> {
    let accounts = tenant.accounts().await?;
    let needing: Vec<String> = accounts
        .iter()
        .filter(|account| account.status == AccountStatus::NeedsReauthorisation)
        .map(|account| {
            let why = account.status_reason.as_deref().unwrap_or("its access ended");
            format!("`{}` ({why})", account.name)
        })
        .collect();
    if needing.is_empty() {
        return Ok(Finding::good(
            "accounts",
            format!("{}, none needs attention", accounts.len()),
        ));
    }
    Ok(Finding::bad(
        "accounts",
        format!("no longer let in: {}", needing.join(", ")),
        "connect again with fresh credentials: `stockbridge account connect`",
    ))
}

async fn alerts(tenant: &stockbridge_store::Tenant) -> Result<Finding, StoreError> {
    let counts = tenant.alert_counts().await?;
    if counts.critical == 0 {
        let detail = format!("{} warnings, none critical", counts.warning);
        return Ok(Finding::good("alerts", detail));
    }
    let filter = AlertFilter {
        severity: Some(Severity::Critical),
        ..AlertFilter::default()
    };
    let page = tenant.alerts(&filter, &PageQuery::first(LISTED)).await?;
    let titles: Vec<&str> = page.items.iter().map(|alert| alert.title.as_str()).collect();
    Ok(Finding::bad(
        "alerts",
        format!("{} critical: {}", counts.critical, titles.join("; ")),
        "open the dashboard's alerts: each says what to do",
    ))
}

fn tell(findings: &[Finding], healthy: bool) {
    for finding in findings {
        let mark = if finding.ok { "ok   " } else { "WRONG" };
        let whose = finding
            .tenant
            .as_ref()
            .map(|t| format!(" of `{t}`"))
            .unwrap_or_default();
        output::line(format_args!(
            "{mark}  {}{whose}: {}",
            finding.check, finding.detail
        ));
        if let Some(remedy) = &finding.remedy {
            output::line(format_args!("       -> {remedy}"));
        }
    }
    output::line(if healthy {
        "All is well."
    } else {
        "Something is wrong, see above."
    });
}
