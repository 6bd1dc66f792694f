//! Random kits over shared components, planned, sold, counted and planned again: no channel could ever sell more of a
//! component than there is, and the books agree.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stockbridge_domain::kit::Part;
use stockbridge_domain::order::OrderStatus::Open;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{ListingId, ProductId};

use super::offers::{TIMING, remote};
use super::shop::{entry, order};
use super::*;
use crate::testing::sqlite;
use crate::{Amount, Answer, EntryError, Outgoing, Reading, WriteAnswer};

const COMPONENTS: [&str; 4] = ["A", "B", "C", "D"];

/// One step of a shop's day.
#[derive(Debug, Clone)]
enum Step {
    /// Everything marked is planned, and what is due is sent.
    Send,
    /// A buyer takes what a listing could sell, at most so much.
    Sell(usize, i64),
    /// Goods of a component come or go.
    Goods(usize, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Send),
        2 => (0usize..8, 1i64..4).prop_map(|(listing, units)| Step::Sell(listing, units)),
        1 => (0usize..4, 1i64..12).prop_map(|(component, units)| Step::Goods(component, units)),
    ];
    prop::collection::vec(step, 1..14)
}

struct Shop {
    world: World,
    accounts: [AccountId; 2],
    listings: Vec<(ListingId, String)>,
    components: Vec<ProductId>,
    done: usize,
}

impl Shop {
    async fn new(stock: &[i64], kits: &[BTreeMap<usize, i64>]) -> Self {
        let world = world_on(sqlite().unwrap()).await;
        let accounts = [world.account("one").await, world.account("two").await];
        let (mut components, mut listings) = (Vec::new(), Vec::new());
        for (name, units) in COMPONENTS.iter().zip(stock) {
            let id = world.counted(name, *units).await;
            listings.push((
                world.listing(accounts[0], name, Some(id), 1, Some(0)).await,
                (*name).to_owned(),
            ));
            components.push(id);
        }
        for (n, kit) in kits.iter().enumerate() {
            let name = format!("KIT-{n}");
            let id = world.products(&[&name]).await[0].id;
            let parts: Vec<Part> = kit
                .iter()
                .map(|(component, units)| Part {
                    product: components[*component],
                    units: *units,
                })
                .collect();
            let mut tx = world.ours.begin().await.unwrap();
            tx.set_kit(id, &parts).await.unwrap();
            tx.commit().await.unwrap();
            let account = accounts[n % 2];
            let listing = world
                .listing(account, &name, Some(id), 1 + i64::from(n == 2), Some(0))
                .await;
            listings.push((listing, name));
        }
        Self {
            world,
            accounts,
            listings,
            components,
            done: 0,
        }
    }

    /// The channel takes writes in and is read back.
    async fn landed(&self, account: AccountId, outgoing: &[Outgoing]) {
        let world = &self.world;
        let answers: Vec<WriteAnswer> = outgoing
            .iter()
            .map(|write| WriteAnswer {
                listing: write.listing,
                push: write.push,
                answer: Answer::Accepted,
            })
            .collect();
        let readings: Vec<Reading> = outgoing
            .iter()
            .map(|write| Reading {
                sku: write.level.sku.clone(),
                quantity: Some(write.level.quantity),
                places: Vec::new(),
            })
            .collect();
        let mut tx = world.ours.begin().await.unwrap();
        tx.finish_writes(&answers).await.unwrap();
        tx.commit().await.unwrap();
        let now = world.later(Duration::from_secs(600));
        let mut tx = world.ours.begin().await.unwrap();
        tx.apply_readings(account, &readings, now).await.unwrap();
        tx.commit().await.unwrap();
        let now = world.later(Duration::from_secs(600));
        let mut tx = world.ours.begin().await.unwrap();
        tx.settle(
            account,
            now,
            stockbridge_domain::channel::OrderTime::Placed,
            TIMING,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn take(&mut self, step: &Step) {
        self.done += 1;
        let world = &self.world;
        match step {
            Step::Send => {
                let offers = remote(&self.accounts);
                let mut tx = world.ours.begin().await.unwrap();
                tx.plan_dirty(&offers, 100).await.unwrap();
                tx.commit().await.unwrap();
                for account in self.accounts {
                    let mut tx = world.ours.begin().await.unwrap();
                    let outgoing = tx.begin_writes(account, &offers, 100).await.unwrap();
                    tx.commit().await.unwrap();
                    self.landed(account, &outgoing).await;
                }
            }
            Step::Sell(listing, units) => {
                let (id, name) = &self.listings[listing % self.listings.len()];
                let units = world.offer(*id).await.exposure.min(*units);
                if units > 0 {
                    let n = listing % self.listings.len();
                    let account = if n < 4 {
                        self.accounts[0]
                    } else {
                        self.accounts[(n - 4) % 2]
                    };
                    let id = self.done.to_string();
                    let mut sold = order(&id, Open, 20, &[(name, units, 0, 0)]);
                    // Bought now: what was bought before a reading is in that reading.
                    sold.placed_at = world.later(Duration::from_secs(1));
                    sold.updated_at = sold.placed_at;
                    world.import(account, &[sold]).await;
                }
            }
            Step::Goods(component, units) => {
                let goods = entry(
                    self.components[component % self.components.len()],
                    EntryKind::Restock,
                    Amount::Change(*units),
                    &self.done.to_string(),
                );
                let mut tx = world.ours.begin().await.unwrap();
                let entered = tx.enter_stock(&goods).await;
                assert!(matches!(entered, Ok(_) | Err(EntryError::BelowZero { .. })));
                tx.commit().await.unwrap();
            }
        }
    }
}

async fn run(stock: Vec<i64>, kits: Vec<BTreeMap<usize, i64>>, steps: Vec<Step>) {
    let mut shop = Shop::new(&stock, &kits).await;
    for step in steps {
        shop.take(&step).await;
        for name in COMPONENTS {
            let stock = shop.world.stock(name).await;
            assert!(stock.exposure <= stock.available, "after {step:?}: {stock:?}");
        }
        shop.world.books_agree().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_component_is_promised_twice_whatever_kits_share_it(
        stock in prop::collection::vec(0i64..30, 4),
        kits in prop::collection::vec(prop::collection::btree_map(0usize..4, 1i64..4, 1..4), 1..5),
        steps in steps(),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(stock, kits, steps));
    }
}
