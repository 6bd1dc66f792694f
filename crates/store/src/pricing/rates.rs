//! Exchange rates of each day, as they were imported.

use serde::Serialize;
use stockbridge_domain::pricing::rates::RATE_SCALE;
use stockbridge_domain::pricing::{Day, Quote, Rates, Scope};
use stockbridge_domain::{Currency, Timestamp};

use crate::columns::Columns as _;
use crate::db::{Kind, Row, Tx, Value};
use crate::filter::Filter;
use crate::{Page, PageQuery, StoreError, Tenant, TenantTx};

/// A rate of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RateRecord {
    /// The day.
    pub day: Day,
    /// The currency.
    pub currency: Currency,
    /// Units of it for one euro.
    pub per_euro: String,
    /// Where it came from.
    pub source: String,
    /// When.
    pub imported_at: Timestamp,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("tenant_id", Kind::Text),
    ("currency", Kind::Text),
    ("day", Kind::Int),
    ("per_euro_micro", Kind::Int),
    ("source", Kind::Text),
    ("imported_at", Kind::Int),
];

fn currency(row: &Row, i: usize) -> Result<Currency, StoreError> {
    Currency::parse(row.text(i)?).map_err(|error| row.unreadable(i, error))
}

fn record(row: &Row) -> Result<RateRecord, StoreError> {
    let micro = row.int(2)?;
    Ok(RateRecord {
        day: Day(row.int(0)?),
        currency: currency(row, 1)?,
        per_euro: format!("{}.{:06}", micro / RATE_SCALE, micro % RATE_SCALE),
        source: row.string(3)?,
        imported_at: row.time(4)?,
    })
}

impl TenantTx {
    /// Takes rates in; a rate known already is replaced. Every price the hub keeps is computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn import_rates(&mut self, quotes: &[Quote], source: &str) -> Result<usize, StoreError> {
        let now = self.env.now();
        // The last word of each day and currency: one statement may not write a row twice.
        let latest: std::collections::BTreeMap<(Currency, Day), &Quote> =
            quotes.iter().map(|q| ((q.currency, q.day), q)).collect();
        let rows: Vec<_> = latest
            .values()
            .map(|quote| {
                vec![
                    self.key(),
                    quote.currency.code().into(),
                    quote.day.0.into(),
                    quote.per_euro_micro.into(),
                    source.into(),
                    now.into(),
                ]
            })
            .collect();
        let imported = rows.len();
        let tail = "ON CONFLICT (tenant_id, currency, day) DO UPDATE SET per_euro_micro = excluded.per_euro_micro, \
             source = excluded.source, imported_at = excluded.imported_at";
        self.tx.insert_many("exchange_rates", COLUMNS, tail, rows).await?;
        self.mark_prices(&Scope::Tenant, false).await?;
        Ok(imported)
    }
}

impl Tenant {
    /// Rates, the latest day first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn exchange_rates(
        &self,
        day: Option<Day>,
        query: &PageQuery,
    ) -> Result<Page<RateRecord>, StoreError> {
        let mut filter = Filter::of_tenant("tenant_id = $1", self.key());
        filter.and_some("day = ?", day.map(|d| d.0));
        if let Some([day, code]) = query.after("rates")? {
            let (day, code) = (filter.param(crate::page::cursor_int(&day)?), filter.param(code));
            filter.and(&format!("(day < ${day} OR day = ${day} AND currency > ${code})"));
        }
        let limit = filter.param(query.fetch());
        let sql = format!(
            "SELECT day, currency, per_euro_micro, source, imported_at FROM exchange_rates WHERE {} \
             ORDER BY day DESC, currency LIMIT ${limit}",
            filter.text()
        );
        let rows = self.read().await?.query(&sql, filter.params()).await?;
        let items = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page("rates", items, |last| {
            [last.day.0.to_string(), last.currency.code().to_owned()]
        }))
    }
}

/// The rates that may be used at an instant.
pub(super) async fn load(
    tx: &mut Tx,
    tenant: Value,
    now: Timestamp,
    max_age_days: i64,
) -> Result<Rates, StoreError> {
    let today = Day::of(now);
    let sql = "SELECT r.currency, r.day, r.per_euro_micro FROM exchange_rates r JOIN (SELECT currency, MAX(day) AS day \
         FROM exchange_rates WHERE tenant_id = $1 AND day <= $2 GROUP BY currency) latest \
         ON latest.currency = r.currency AND latest.day = r.day WHERE r.tenant_id = $1";
    let rows = tx.query(sql, &[tenant, today.0.into()]).await?;
    let quotes = rows
        .iter()
        .map(|row| {
            Ok(Quote {
                currency: currency(row, 0)?,
                day: Day(row.int(1)?),
                per_euro_micro: row.int(2)?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Rates::new(quotes, today, max_age_days))
}
