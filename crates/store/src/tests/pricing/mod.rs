//! Prices: rules in, due prices out, with what waits for a person.

mod planning;
mod rules;

use stockbridge_domain::allocation::BasisPoints;
use stockbridge_domain::pricing::{Day, Priced, Quote, Reason, Rule, Sale, SaleChange, Scope};
use stockbridge_domain::{ListingId, SaleId};

use super::*;
use crate::{
    Approved, Hypothesis, ListingFilter, ListingRecord, PriceFilter, PricePlan, PricePreview, PriceSettings,
    ProductCosts, SaleError,
};

/// A world with one account that shows these listings, with products of the same SKUs for a base price of 19.99 EUR.
async fn shop(world: &World, skus: &[&str]) -> (AccountId, Vec<ListingRecord>) {
    world.products(skus).await;
    let account = world.account("one").await;
    let shown: Vec<_> = skus.iter().map(|text| listing(text, 5)).collect();
    world.show(account, &shown).await;
    (account, records(world).await)
}

async fn records(world: &World) -> Vec<ListingRecord> {
    world
        .ours
        .listings(&ListingFilter::default(), &PageQuery::default())
        .await
        .unwrap()
        .items
}

async fn rule(tenant: &Tenant, scope: &Scope, rule: Rule) {
    let mut tx = tenant.begin().await.unwrap();
    tx.set_price_rule(scope, &rule).await.unwrap();
    tx.commit().await.unwrap();
}

async fn plan(tenant: &Tenant) -> PricePlan {
    let mut tx = tenant.begin().await.unwrap();
    let plan = tx.plan_prices(100).await.unwrap();
    tx.commit().await.unwrap();
    plan
}

fn keep() -> Rule {
    Rule {
        keep: Some(true),
        ..Rule::default()
    }
}

/// Ten percent up or down may pass; here nearly everything may.
async fn let_pass(tenant: &Tenant) {
    let mut tx = tenant.begin().await.unwrap();
    let settings = PriceSettings {
        variance: BasisPoints(1_000_000),
        ..PriceSettings::default()
    };
    tx.set_price_settings(&settings).await.unwrap();
    tx.commit().await.unwrap();
}

fn sale(world: &World, scope: Scope, from: Timestamp, to: Timestamp) -> Sale {
    Sale {
        id: world.store.env().id::<SaleId>(),
        name: "Autumn".to_owned(),
        scope,
        starts_at: from,
        ends_at: to,
        change: SaleChange::Off(BasisPoints(5_000)),
    }
}

async fn enter(tenant: &Tenant, sale: &Sale) -> Result<(), SaleError> {
    let mut tx = tenant.begin().await.unwrap();
    tx.create_sale(sale).await?;
    tx.commit().await.unwrap();
    Ok(())
}

async fn wanted(world: &World, id: ListingId) -> Option<Money> {
    world.ours.listing(id).await.unwrap().unwrap().price_wanted
}
