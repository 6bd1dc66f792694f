//! What the demo found, for machines and for people.

use serde::Serialize;

/// Milliseconds at three percentiles; absent when nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half were quicker.
    pub p50: Option<i64>,
    /// Nineteen of twenty were quicker.
    pub p95: Option<i64>,
    /// Ninety-nine of a hundred were quicker.
    pub p99: Option<i64>,
}

impl Percentiles {
    /// Of these values, in any order.
    pub fn of(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        let at = |percent: usize| {
            let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
            values.get(index).copied()
        };
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}

/// One channel account.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChannelReport {
    /// Its tenant's name.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Its channel.
    pub channel: String,
    /// Orders its buyers placed.
    pub orders_placed: u64,
    /// Of these, known to the hub.
    pub orders_imported: u64,
    /// Units its buyers bought and did not cancel.
    pub units_sold: i64,
    /// Quantities the hub sent.
    pub pushes: u64,
    /// Listings whose quantity is not proved by a reading.
    pub listings_unverified: u64,
    /// From a sale anywhere to the push here.
    pub sale_to_push_ms: Percentiles,
    /// From a sale anywhere to the reading here that proves the push.
    pub sale_to_verified_ms: Percentiles,
}

/// The whole demo.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Whether every invariant held.
    pub ok: bool,
    /// Which did not, each one sentence.
    pub broken: Vec<String>,
    /// Orders placed on all channels.
    pub orders_placed: u64,
    /// Of these, known to the hub.
    pub orders_imported: u64,
    /// Of these, unknown to the hub.
    pub orders_missing: u64,
    /// Orders the hub has twice, or that nobody placed.
    pub orders_duplicated: u64,
    /// Units sold that were not there.
    pub oversold_units: i64,
    /// Units sold and not cancelled.
    pub units_sold: i64,
    /// Units there were at the start.
    pub units_stocked: i64,
    /// Buyers who were told that too little is left.
    pub buyers_turned_away: u64,
    /// Quantities sent to channels.
    pub pushes: u64,
    /// Of these, proved by a reading.
    pub pushes_verified: u64,
    /// Listings whose quantity is not proved by a reading.
    pub listings_unverified: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Faults the marketplace was made to have.
    pub faults_injected: u64,
    /// Orders whose parcel the channel does not know.
    pub parcels_unknown: u64,
    /// Parcels sent.
    pub parcels: u64,
    /// From a sale anywhere to the push it caused elsewhere.
    pub sale_to_push_ms: Percentiles,
    /// From a sale anywhere to the reading that proves the push.
    pub sale_to_verified_ms: Percentiles,
    /// Whether balances, ledger and reservations agree.
    pub ledger_ok: bool,
    /// Whether no seller can reach the other's data.
    pub tenants_isolated: bool,
    /// Whether everything settled in time after the buyers stopped.
    pub settled: bool,
    /// By account.
    pub channels: Vec<ChannelReport>,
}

impl Report {
    /// The summary for people.
    pub fn lines(&self) -> Vec<String> {
        let ms = |v: Option<i64>| v.map_or("-".to_owned(), |ms| format!("{:.1} s", seconds(ms)));
        let mut lines = vec![
            String::new(),
            format!(
                "Orders: {} placed, {} imported, {} missing, {} duplicated; {} parcels sent",
                self.orders_placed,
                self.orders_imported,
                self.orders_missing,
                self.orders_duplicated,
                self.parcels
            ),
            format!(
                "Units:  {} in stock, {} sold, {} oversold; {} buyers found too little left",
                self.units_stocked, self.units_sold, self.oversold_units, self.buyers_turned_away
            ),
            format!(
                "Pushes: {} sent, {} verified, {} listings unverified; throttled {} times, {} faults injected",
                self.pushes,
                self.pushes_verified,
                self.listings_unverified,
                self.throttled,
                self.faults_injected
            ),
            format!(
                "Sale to push: p50 {}, p95 {}, p99 {}; to verified: p50 {}, p95 {}",
                ms(self.sale_to_push_ms.p50),
                ms(self.sale_to_push_ms.p95),
                ms(self.sale_to_push_ms.p99),
                ms(self.sale_to_verified_ms.p50),
                ms(self.sale_to_verified_ms.p95)
            ),
        ];
        for channel in &self.channels {
            lines.push(format!(
                "  {:<22} {:<16} {:>5} orders, {:>5} units, {:>5} pushes, p95 {}",
                channel.tenant,
                channel.name,
                channel.orders_placed,
                channel.units_sold,
                channel.pushes,
                ms(channel.sale_to_push_ms.p95)
            ));
        }
        lines.push(format!(
            "Ledger {}; tenants {}",
            if self.ledger_ok { "agrees" } else { "DISAGREES" },
            if self.tenants_isolated {
                "isolated"
            } else {
                "NOT ISOLATED"
            }
        ));
        lines.extend(self.broken.iter().map(|b| format!("BROKEN: {b}")));
        lines.push(if self.ok {
            "Every invariant held.".into()
        } else {
            "An invariant is broken.".into()
        });
        lines
    }
}

/// Milliseconds as seconds, for people only.
fn seconds(ms: i64) -> f64 {
    f64::from(i32::try_from(ms).unwrap_or(i32::MAX)) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::Percentiles;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let of = Percentiles::of((1..=100).rev().collect());
        assert_eq!(
            of,
            Percentiles {
                p50: Some(50),
                p95: Some(95),
                p99: Some(99)
            }
        );
        assert_eq!(
            Percentiles::of(vec![7]),
            Percentiles {
                p50: Some(7),
                p95: Some(7),
                p99: Some(7)
            }
        );
        assert_eq!(Percentiles::of(vec![]), Percentiles::default());
    }
}
