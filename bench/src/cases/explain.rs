//! How long it takes to explain a number: of a usual product, and of the busiest one.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use stockbridge_engine::{ExplainField, Hub, HubSettings};

use crate::amazon;
use crate::env::Stopwatch;
use crate::stage::{Stage, sku};

/// How long explaining took, by what was explained, and by how many statements.
pub async fn run(stage: &Stage, products: usize) -> anyhow::Result<Vec<(String, Vec<Duration>, u64)>> {
    let hub = Hub::new(
        stage.store.clone(),
        stockbridge_channels::all(),
        amazon::no_network(),
        HubSettings::default(),
    );
    let asked = [
        (None, ExplainField::Quantity),
        (Some(()), ExplainField::Quantity),
        (Some(()), ExplainField::Price),
        (Some(()), ExplainField::Status),
    ];
    let mut figures = Vec::new();
    for (which, hot) in [("a usual product", false), ("the busiest product", true)] {
        for (listed, field) in asked {
            let what = match listed {
                None => "available".to_owned(),
                Some(()) => format!("a listing's {}", field.name()),
            };
            let (mut took, mut statements) = (Vec::new(), 0);
            for n in 0..100 {
                let sku = sku(if hot { 0 } else { 1 + n * 17 % (products - 1) })?;
                let product = stage
                    .tenant
                    .product_by_sku(&sku)
                    .await?
                    .context("no such product")?;
                let offers = stage.tenant.offers_of(product.id).await?;
                let listing = offers.first().context("it is not listed")?.listing;
                let before = stage.store.db().statements();
                let watch = Stopwatch::start();
                let chain = hub
                    .chain(stage.tenant.id(), &sku, listed.map(|()| listing), field)
                    .await?;
                took.push(watch.elapsed());
                statements = stage.store.db().statements() - before;
                ensure!(
                    chain.is_some_and(|chain| !chain.links.is_empty()),
                    "nothing is explained"
                );
            }
            figures.push((format!("explained, {which}, {what}"), took, statements));
        }
        let (mut took, mut statements) = (Vec::new(), 0);
        for n in 0..100 {
            let sku = sku(if hot { 0 } else { 1 + n * 17 % (products - 1) })?;
            let before = stage.store.db().statements();
            let watch = Stopwatch::start();
            let why = hub.explain(stage.tenant.id(), &sku).await?;
            took.push(watch.elapsed());
            statements = stage.store.db().statements() - before;
            ensure!(
                why.is_some_and(|why| !why.ledger.is_empty()),
                "nothing is explained"
            );
        }
        figures.push((format!("explained, {which}, its page"), took, statements));
    }
    Ok(figures)
}
