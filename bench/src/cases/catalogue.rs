//! The catalogue: what listings may be, by the words of their titles, and a file of products on its way in.

use std::hint::black_box;

use anyhow::Context as _;
use stockbridge_domain::catalog::suggest::Catalogue;
use stockbridge_engine::{Caller, Hub, HubSettings, ImportOptions};

use crate::Options;
use crate::amazon;
use crate::env::{Stopwatch, number};
use crate::report::{Goal, Report};
use crate::stage::{Kind, Stage};

const PRODUCTS: usize = 20_000;
const LISTINGS: usize = 2_000;
/// What suggestions for all listings may take.
const GOAL_SECS: f64 = 2.0;

const NOUNS: &[&str] = &[
    "mug", "kettle", "tea", "lamp", "chair", "shirt", "hose", "bag", "rug", "clock",
];
const KINDS: &[&str] = &[
    "stoneware",
    "electric",
    "assam",
    "desk",
    "oak",
    "linen",
    "rubber",
    "leather",
    "woven",
];
const COLOURS: &[&str] = &["blue", "red", "green", "black", "white", "grey", "yellow"];

/// Titles as sellers write them: a few words that many share, and numbers that tell them apart.
fn title(n: usize) -> String {
    format!(
        "{} {}, {}, model {}, {} ml",
        KINDS[n % KINDS.len()],
        NOUNS[n / 3 % NOUNS.len()],
        COLOURS[n / 7 % COLOURS.len()],
        n / 2,
        n % 40 * 25
    )
}

/// Measures suggestions, without a database.
pub fn suggest(report: &mut Report) {
    let products: Vec<(String, String)> = (0..PRODUCTS).map(|n| (format!("SKU-{n:05}"), title(n))).collect();
    let mut section = report.section("catalogue", "suggestions");
    let watch = Stopwatch::start();
    let catalogue = Catalogue::new(products.iter().map(|(sku, title)| (sku.as_str(), title.as_str())));
    section.add(
        "20,000 products made ready",
        watch.elapsed().as_secs_f64() * 1_000.0,
        "ms",
    );
    let watch = Stopwatch::start();
    let mut right = 0;
    for n in 0..LISTINGS {
        let wanted = n * 10;
        let listing = format!("{} (new)", title(wanted));
        let found = black_box(catalogue.suggest(&format!("LST-{n}"), &listing, 3));
        right += usize::from(found.first().is_some_and(|first| first.index == wanted));
    }
    let seconds = watch.elapsed().as_secs_f64();
    section.goal(
        "2,000 listings among 20,000 products",
        seconds,
        "s",
        Goal::Below(GOAL_SECS),
    );
    section.add("of these the right product first", number(right), "listings");
}

/// Measures a file of products: checked, taken in, taken in again.
pub async fn run(kind: Kind, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(stage) = Stage::new(kind, options.postgres.as_deref()).await? else {
        return Ok(());
    };
    let hub = Hub::new(
        stage.store.clone(),
        stockbridge_channels::all(),
        amazon::no_network(),
        HubSettings::default(),
    );
    let caller = Caller::operator(stage.tenant.id());
    let rows = options.amount(PRODUCTS);
    let mut file = String::from("sku,title,price,currency,cost,weight_g,brand\n");
    for n in 0..rows {
        file.push_str(&format!("SKU-{n:05},\"{}\",4.50,EUR,2.00,310,Nord\n", title(n)));
    }
    let dry = ImportOptions {
        dry_run: true,
        skip_bad: false,
    };
    let mut section = report.section("catalogue", stage.store.backend());
    for (name, how) in [
        ("rows checked only", dry),
        ("new rows taken in", ImportOptions::default()),
        ("the same rows again", ImportOptions::default()),
    ] {
        let watch = Stopwatch::start();
        let done = hub.import_products(&caller, file.clone().into_bytes(), how).await;
        let done = done.context("the file of the benchmark is refused")?;
        anyhow::ensure!(
            done.refused == 0,
            "rows of the benchmark are refused: {:?}",
            done.problems
        );
        section.add(name, number(rows) / watch.elapsed().as_secs_f64(), "rows/s");
    }
    Ok(())
}
