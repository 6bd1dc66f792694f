//! The overview: is everything in step, how fast are we, and what needs a person?

use serde::Serialize;

use super::{Badge, Tone, When};

/// The overview's context.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OverviewPage {
    /// The answer to the first question.
    pub verdict: Verdict,
    /// Numbers that change.
    pub figures: Vec<Figure>,
    /// From sale to every other channel.
    pub promise: Promise,
    /// What needs a person, worst first.
    pub attention: Vec<Attention>,
    /// One row for each account.
    pub accounts: Vec<AccountRow>,
    /// What to do first, while there is nothing to watch.
    pub steps: Vec<FirstStep>,
}

/// Whether channels show what they should.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    /// How to take it.
    pub tone: Tone,
    /// Whether the two sides are equal: draws = or ≠.
    pub equal: bool,
    /// `In step`.
    pub headline: String,
    /// What that means here and now.
    pub detail: String,
    /// Listings whose channel shows what it should.
    pub verified: i64,
    /// All listings that are watched.
    pub total: i64,
}

/// A number with its name.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// Its name in the live snapshot.
    pub key: &'static str,
    /// What it counts.
    pub label: &'static str,
    /// The number, with thousands apart.
    pub value: String,
    /// What it is to be compared with.
    pub note: String,
    /// How to take it.
    pub tone: Tone,
    /// Where to look closer.
    pub href: &'static str,
}

/// Latencies over the last hour, and their drawing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Promise {
    /// Both ways, sale to told and sale to verified; empty when nothing was pushed.
    pub rows: Vec<PromiseRow>,
    /// Labelled instants on the axis.
    pub ticks: Vec<Tick>,
    /// How many pushes this is made from.
    pub pushes: String,
    /// The same by channel.
    pub channels: Vec<ChannelPromise>,
}

/// One step on one channel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChannelPromise {
    /// The channel.
    pub channel: String,
    /// The step, in a word or two.
    pub step: &'static str,
    /// Half within.
    pub p50: String,
    /// 95 of 100 within.
    pub p95: String,
    /// 99 of 100 within.
    pub p99: String,
}

/// One latency with three percentiles. Positions are thousandths of the axis.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PromiseRow {
    /// `Sale → other channels told`.
    pub label: &'static str,
    /// Half are faster.
    pub p50: String,
    /// 95 of 100 are faster.
    pub p95: String,
    /// 99 of 100 are faster.
    pub p99: String,
    /// Where on the axis.
    pub x50: i64,
    /// Where on the axis.
    pub x95: i64,
    /// Where on the axis.
    pub x99: i64,
}

/// A mark on the time axis.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tick {
    /// Thousandths of the axis.
    pub x: i64,
    /// `10 s`.
    pub text: &'static str,
}

/// Something that needs a person.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attention {
    /// How badly.
    pub tone: Tone,
    /// How many.
    pub count: String,
    /// What they are.
    pub text: String,
    /// What to do, as a link's text.
    pub action: &'static str,
    /// Where to do it.
    pub href: String,
}

/// One account on the overview.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AccountRow {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Its channel.
    pub channel: String,
    /// How it is.
    pub status: Badge,
    /// Orders in the last 24 hours.
    pub orders: String,
    /// Listings that are to be told something new.
    pub due: String,
    /// Listings in step, of all.
    pub listings: String,
    /// Last sign of life.
    pub last_ok: Option<When>,
    /// There is somebody to hear from.
    pub remote: bool,
}

/// A step of setting up.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FirstStep {
    /// Whether it is done.
    pub done: bool,
    /// What to do.
    pub title: &'static str,
    /// Why.
    pub text: &'static str,
    /// Where.
    pub href: &'static str,
}

const AXIS: &[(i64, &str)] = &[
    (1_000, "1 s"),
    (10_000, "10 s"),
    (60_000, "1 min"),
    (600_000, "10 min"),
    (3_600_000, "1 h"),
];

/// Where a latency lies between 100 ms and one hour on a logarithmic axis, in thousandths.
pub(crate) fn on_axis(millis: i64) -> i64 {
    const LEAST: f64 = 100.0;
    const MOST: f64 = 3_600_000.0;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a drawing: thousandths of its width are exact enough"
    )]
    let place = {
        let value = (millis as f64).clamp(LEAST, MOST);
        ((value / LEAST).ln() / (MOST / LEAST).ln() * 1_000.0).round() as i64
    };
    place
}

/// The axis' marks.
pub(crate) fn ticks() -> Vec<Tick> {
    AXIS.iter()
        .map(|(millis, text)| Tick {
            x: on_axis(*millis),
            text,
        })
        .collect()
}

#[cfg(test)]
mod samples {
    //! An overview with nothing, with a good day and with a very bad one.

    use super::*;
    use crate::view::samples::{HOSTILE, three, when};

    impl OverviewPage {
        /// Empty, typical, extreme.
        pub(crate) fn samples() -> Vec<(&'static str, Self)> {
            three(Self::empty(), Self::typical(), Self::extreme())
        }

        fn empty() -> Self {
            Self {
                verdict: Verdict {
                    tone: Tone::Quiet,
                    equal: true,
                    headline: "Nothing to keep in step yet".into(),
                    detail: "Connect the first account, and its listings and orders appear here.".into(),
                    verified: 0,
                    total: 0,
                },
                figures: vec![],
                promise: Promise {
                    rows: vec![],
                    ticks: ticks(),
                    pushes: "0".into(),
                    channels: vec![],
                },
                attention: vec![],
                accounts: vec![],
                steps: steps(),
            }
        }

        fn typical() -> Self {
            Self {
                verdict: Verdict {
                    tone: Tone::Good,
                    equal: true,
                    headline: "In step".into(),
                    detail: "Every listing shows what it should. Last checked 12 s ago.".into(),
                    verified: 400,
                    total: 400,
                },
                figures: figures(),
                promise: promise(),
                attention: attention(),
                accounts: vec![
                    account(
                        "Nordlicht IN",
                        "Marketplace",
                        Badge::new(Tone::Good, "working"),
                        "200 / 200",
                    ),
                    account(
                        "Nordlicht DE",
                        "Marketplace",
                        Badge::new(Tone::Good, "working"),
                        "200 / 200",
                    ),
                    account("Own shop", "Own store", Badge::new(Tone::Good, "working"), "—"),
                ],
                steps: vec![],
            }
        }

        fn extreme() -> Self {
            let mut extreme = Self::typical();
            extreme.verdict = out_of_step();
            extreme.figures[0].value = "1,234,567".into();
            extreme.figures[1] = figure(
                "orders_open",
                "to ship",
                "98,765",
                "1,234 late",
                Tone::Bad,
                "/orders?status=open",
            );
            extreme.figures[3] = figure(
                "jobs_queued",
                "jobs waiting",
                "1,000,000",
                "17 dead",
                Tone::Bad,
                "/sync",
            );
            extreme.attention.insert(
                0,
                Attention {
                    tone: Tone::Bad,
                    count: "1".into(),
                    text: format!("account refuses us: {HOSTILE} {}", "long text ".repeat(20)),
                    action: "Reconnect",
                    href: "/channels".into(),
                },
            );
            for i in 0..30 {
                extreme.accounts.push(account(
                    &format!("{HOSTILE} account {i}"),
                    "A channel with a long name",
                    Badge::new(Tone::Bad, "needs re-authorisation"),
                    "33,333 / 50,000",
                ));
            }
            extreme.accounts[3].last_ok = None;
            extreme
        }
    }

    fn out_of_step() -> Verdict {
        Verdict {
            tone: Tone::Bad,
            equal: false,
            headline: "Out of step".into(),
            detail: "1 account needs you, and 18,204 listings are not verified; the oldest since 3 days."
                .into(),
            verified: 981_796,
            total: 1_000_000,
        }
    }

    fn figures() -> Vec<Figure> {
        vec![
            figure(
                "orders_24h",
                "orders in 24 h",
                "1,204",
                "86 in the last hour",
                Tone::Quiet,
                "/orders",
            ),
            figure(
                "orders_open",
                "to ship",
                "142",
                "none late",
                Tone::Quiet,
                "/orders?status=open",
            ),
            figure(
                "units_available",
                "units available",
                "18,930",
                "of 20,112 on hand",
                Tone::Quiet,
                "/stock",
            ),
            figure("jobs_queued", "jobs waiting", "3", "0 dead", Tone::Quiet, "/sync"),
        ]
    }

    fn promise() -> Promise {
        Promise {
            rows: vec![
                row(
                    "Sale until the other channels are told",
                    [("0.8 s", 800), ("2.4 s", 2_400), ("6.1 s", 6_100)],
                ),
                row(
                    "Sale until they are seen to show it",
                    [("41 s", 41_000), ("1 min 55 s", 115_000), ("3 min 10 s", 190_000)],
                ),
            ],
            ticks: ticks(),
            pushes: "1,930".into(),
            channels: ["in the hub", "told", "taken in", "seen"]
                .map(|step| ChannelPromise {
                    channel: "Marketplace".into(),
                    step,
                    p50: "0.8 s".into(),
                    p95: "2.4 s".into(),
                    p99: "6.1 s".into(),
                })
                .into(),
        }
    }

    fn attention() -> Vec<Attention> {
        vec![
            Attention {
                tone: Tone::Warn,
                count: "4".into(),
                text: "listings match no product, so their stock is not kept".into(),
                action: "Map them",
                href: "/listings?show=unmapped".into(),
            },
            Attention {
                tone: Tone::Info,
                count: "2".into(),
                text: "products have fewer than 5 units left".into(),
                action: "See them",
                href: "/stock?show=low".into(),
            },
        ]
    }

    fn steps() -> Vec<FirstStep> {
        vec![
            FirstStep {
                done: false,
                title: "Connect an account",
                text: "Its listings and orders are read in.",
                href: "/channels",
            },
            FirstStep {
                done: false,
                title: "Count your stock",
                text: "Enter what lies on the shelf.",
                href: "/stock",
            },
            FirstStep {
                done: false,
                title: "Map what is left",
                text: "Listings that no product matches by SKU.",
                href: "/listings?show=unmapped",
            },
        ]
    }

    fn figure(
        key: &'static str,
        label: &'static str,
        value: &str,
        note: &str,
        tone: Tone,
        href: &'static str,
    ) -> Figure {
        Figure {
            key,
            label,
            value: value.into(),
            note: note.into(),
            tone,
            href,
        }
    }

    fn row(label: &'static str, times: [(&str, i64); 3]) -> PromiseRow {
        PromiseRow {
            label,
            p50: times[0].0.into(),
            p95: times[1].0.into(),
            p99: times[2].0.into(),
            x50: on_axis(times[0].1),
            x95: on_axis(times[1].1),
            x99: on_axis(times[2].1),
        }
    }

    fn account(name: &str, channel: &str, status: Badge, listings: &str) -> AccountRow {
        AccountRow {
            href: "/channels".into(),
            name: name.into(),
            channel: channel.into(),
            status,
            orders: "412".into(),
            due: "2".into(),
            listings: listings.into(),
            last_ok: Some(when("12 s ago")),
            remote: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_grows_and_is_bounded() {
        assert_eq!((on_axis(0), on_axis(100), on_axis(i64::MAX)), (0, 0, 1_000));
        let marks: Vec<i64> = ticks().iter().map(|t| t.x).collect();
        assert!(marks.is_sorted_by(|a, b| a < b), "{marks:?}");
    }
}
