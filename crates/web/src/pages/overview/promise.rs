//! The sync promise on the first page: all remote stores together, and by channel.

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::latency::{Histogram, PromiseStep};
use stockbridge_engine::PromiseRow as StepOfStore;

use crate::api::promise::STEPS;
use crate::pages::{Frame, channel_label, is_remote};
use crate::view::overview::{ChannelPromise, Promise, PromiseRow, on_axis, ticks};
use crate::view::words::{duration, number};

/// Every step over all stores that somebody else runs: what is sold in the hub itself is in it at once.
pub(super) fn promise(frame: &Frame, measured: &[StepOfStore]) -> Promise {
    let of = |step| {
        let mut histogram = Histogram::default();
        for row in measured.iter().filter(|row| row.step == step) {
            if is_remote(&frame.app, row.channel.as_str()) {
                histogram.merge(&row.histogram);
            }
        }
        histogram
    };
    Promise {
        rows: STEPS
            .iter()
            .filter_map(|(step, label)| promise_row(label, &of(*step)))
            .collect(),
        ticks: ticks(),
        pushes: number(of(PromiseStep::Sent).count),
        channels: by_channel(frame, measured),
    }
}

/// The same by channel, in the order of the steps.
fn by_channel(frame: &Frame, measured: &[StepOfStore]) -> Vec<ChannelPromise> {
    let mut histograms: BTreeMap<(&str, usize), Histogram> = BTreeMap::new();
    for row in measured {
        let kind = row.channel.as_str();
        let place = STEPS.iter().position(|(step, _)| *step == row.step);
        if let Some(place) = place.filter(|_| is_remote(&frame.app, kind)) {
            histograms.entry((kind, place)).or_default().merge(&row.histogram);
        }
    }
    let told = |((kind, place), histogram): (&(&str, usize), &Histogram)| {
        let within = |part| Some(in_words(histogram.quantile_ms(part)?));
        Some(ChannelPromise {
            channel: channel_label(&frame.app, kind),
            step: IN_SHORT[*place],
            p50: within(500)?,
            p95: within(950)?,
            p99: within(990)?,
        })
    };
    histograms.iter().filter_map(told).collect()
}

/// What the steps are called where there is little room.
const IN_SHORT: [&str; STEPS.len()] = ["in the hub", "told", "taken in", "seen"];

fn in_words(ms: i64) -> String {
    duration(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

fn promise_row(label: &'static str, histogram: &Histogram) -> Option<PromiseRow> {
    let (p50, p95, p99) = (
        histogram.quantile_ms(500)?,
        histogram.quantile_ms(950)?,
        histogram.quantile_ms(990)?,
    );
    Some(PromiseRow {
        label,
        p50: in_words(p50),
        p95: in_words(p95),
        p99: in_words(p99),
        x50: on_axis(p50),
        x95: on_axis(p95),
        x99: on_axis(p99),
    })
}
