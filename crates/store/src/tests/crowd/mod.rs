//! Everything at once: eight tasks import, plan, write, read, count and sell the same products of two model channels.
//!
//! The channels are those of the domain's own proof: they count their sales down, show orders late, apply writes late,
//! never, or although the answer got lost. Here the hub's side is the real store, and what is proved besides is that no
//! two transactions wait for each other and none loses what another wrote.

mod market;

use std::sync::Arc;

use stockbridge_domain::channel::{OrderTime, Timing, WriteMode};
use stockbridge_domain::clock::{Env, Stepped};
use stockbridge_domain::offer::WriteState;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::stock::EntryKind;
use stockbridge_domain::{OrderId, ProductId, Timestamp};
use tokio::task::JoinSet;

use super::sales::own_line;
use super::shop::entry;
use super::*;
use crate::{
    Amount, Answer, CancelError, OfferAccount, OfferAccounts, OwnOrder, Reading, StoreError, WriteAnswer,
};
use market::{Channel, TIMING};

const TASKS: u64 = 8;
const STEPS: u64 = 60;
const PRODUCTS: usize = 20;

/// What all tasks share.
struct Crowd {
    tenant: Tenant,
    clock: Arc<Stepped>,
    accounts: OfferAccounts,
    own: AccountId,
    products: Vec<(ProductId, Sku)>,
    channels: Vec<Channel>,
    /// Held for reading by whatever takes no time, for writing while time passes.
    time: tokio::sync::RwLock<()>,
    truth: std::sync::Mutex<Truth>,
}

/// What there really is, and what was sold of it in the own store.
#[derive(Default)]
struct Truth {
    stock: Vec<i64>,
    sold_here: Vec<i64>,
    orders: Vec<OrderId>,
}

impl Crowd {
    fn now(&self) -> Timestamp {
        self.tenant.env().now()
    }

    fn truth(&self) -> std::sync::MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }

    async fn step(&self, dice: &Env) -> Result<(), StoreError> {
        let channel = &self.channels[usize::try_from(dice.below(2)).unwrap()];
        let product = usize::try_from(dice.below(PRODUCTS as u64)).unwrap();
        let what = dice.below(24);
        if what < 4 {
            self.pass(1 + dice.below(5)).await;
            return Ok(());
        }
        let _now = self.time.read().await;
        let units = i64::try_from(1 + dice.below(3)).unwrap();
        match what {
            4..8 => channel.buy(product, units, dice.below(12), self.now()),
            8 => channel.cancel(dice, self.now()),
            9 => self.buy_here(product, units).await?,
            10..13 => self.pull(channel).await?,
            13 => self.nudge(channel, dice).await?,
            14..17 => self.read(channel).await?,
            17..21 => self.push(channel, dice).await?,
            21 => self.restock(product, units, dice).await?,
            22 => self.full_pass(channel, dice).await?,
            _ => self.ship(dice).await?,
        }
        Ok(())
    }

    /// Time passes; late things happen. Nothing else does meanwhile, so the books of the world can be checked.
    async fn pass(&self, secs: u64) {
        let _alone = self.time.write().await;
        for _ in 0..secs {
            self.clock.advance(Duration::from_secs(1));
            for channel in &self.channels {
                channel.land(self.now());
            }
        }
        self.nothing_is_oversold();
    }

    fn nothing_is_oversold(&self) {
        let truth = self.truth();
        for product in 0..PRODUCTS {
            let there: i64 = self.channels.iter().map(|c| c.sold(product)).sum();
            let sold = there + truth.sold_here[product];
            assert!(
                sold <= truth.stock[product],
                "{sold} sold of {} of product {product}, {} of them here",
                truth.stock[product],
                truth.sold_here[product]
            );
        }
    }

    async fn buy_here(&self, product: usize, units: i64) -> Result<(), StoreError> {
        let (id, name) = &self.products[product];
        let mut tx = self.tenant.begin().await?;
        let reference = tx.env().id::<OrderId>().to_string();
        let account = World::connected(self.own);
        let lines = [own_line(*id, name.as_str(), units)];
        let order = tx
            .create_own_order(&account, &reference, &lines, "{}".into())
            .await?;
        if let OwnOrder::Created(order, _) = order {
            tx.commit().await?;
            let mut truth = self.truth();
            truth.sold_here[product] += units;
            truth.orders.push(order);
        }
        Ok(())
    }

    /// Imports all that is visible and settles, as the one worker of the account's lane does.
    async fn pull(&self, channel: &Channel) -> Result<(), StoreError> {
        let _lane = channel.pulling.lock().await;
        let now = self.now();
        let page = channel.visible(now, |_| true);
        let mut tx = self.tenant.begin().await?;
        tx.import_orders(&World::connected(channel.account), &page)
            .await?;
        tx.settle(channel.account, now, OrderTime::Placed, TIMING).await?;
        tx.commit().await
    }

    /// Imports some orders out of turn, as notifications do.
    async fn nudge(&self, channel: &Channel, dice: &Env) -> Result<(), StoreError> {
        let page = channel.visible(self.now(), |_| dice.below(3) == 0);
        let mut tx = self.tenant.begin().await?;
        tx.import_orders(&World::connected(channel.account), &page)
            .await?;
        tx.commit().await
    }

    async fn read(&self, channel: &Channel) -> Result<(), StoreError> {
        let now = self.now();
        let shown = channel.shown();
        let readings: Vec<Reading> = self
            .products
            .iter()
            .zip(shown)
            .map(|((_, name), quantity)| Reading {
                sku: name.clone(),
                quantity: Some(quantity),
                places: Vec::new(),
            })
            .collect();
        let mut tx = self.tenant.begin().await?;
        tx.apply_readings(channel.account, &readings, now).await?;
        tx.commit().await
    }

    async fn push(&self, channel: &Channel, dice: &Env) -> Result<(), StoreError> {
        let mut tx = self.tenant.begin().await?;
        tx.plan_dirty(&self.accounts, 7).await?;
        tx.commit().await?;
        let _lane = channel.pushing.lock().await;
        let mut tx = self.tenant.begin().await?;
        let outgoing = tx.begin_writes(channel.account, &self.accounts, 6).await?;
        tx.commit().await?;
        let mut answers = Vec::new();
        for out in outgoing {
            let product = self
                .products
                .iter()
                .position(|(_, name)| *name == out.level.sku)
                .unwrap();
            let fate = dice.below(8);
            if fate > 2 {
                channel.write(product, out.level.quantity, self.now(), dice.below(9));
            }
            let answer = match fate {
                0 => Answer::Later("429".into()),
                1 => Answer::Refused("no".into()),
                2 | 3 => Answer::Unknown("silence".into()),
                _ => Answer::Accepted,
            };
            answers.push(WriteAnswer {
                listing: out.listing,
                push: out.push,
                answer,
            });
        }
        let mut tx = self.tenant.begin().await?;
        tx.finish_writes(&answers).await?;
        tx.commit().await
    }

    async fn restock(&self, product: usize, units: i64, dice: &Env) -> Result<(), StoreError> {
        self.truth().stock[product] += units;
        let reference = dice.id::<OrderId>().to_string();
        let goods = entry(
            self.products[product].0,
            EntryKind::Restock,
            Amount::Change(units),
            &reference,
        );
        for _ in 0..2 {
            let mut tx = self.tenant.begin().await?;
            tx.enter_stock(&goods).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn full_pass(&self, channel: &Channel, dice: &Env) -> Result<(), StoreError> {
        let mut tx = self.tenant.begin().await?;
        match dice.below(3) {
            0 => {
                tx.read_all_again(channel.account).await?;
                tx.mark_all_dirty(Some(channel.account), "full pass").await?;
            }
            1 => drop(tx.mark_all_dirty(None, "policy").await?),
            _ => {
                let long_ago = self.now().minus(Duration::from_secs(5));
                tx.adopt_orphaned_writes(channel.account, long_ago).await?;
            }
        }
        tx.commit().await
    }

    async fn ship(&self, dice: &Env) -> Result<(), StoreError> {
        let order = {
            let mut truth = self.truth();
            let many = truth.orders.len() as u64;
            if many == 0 {
                return Ok(());
            }
            truth
                .orders
                .swap_remove(usize::try_from(dice.below(many)).unwrap())
        };
        let mut tx = self.tenant.begin().await?;
        if dice.below(2) == 0 {
            tx.ship_lines(order, &[], true).await?.unwrap();
        } else {
            tx.ship_lines(order, &[], true).await?.unwrap();
            let late = tx.cancel_own(&super::sales::whole(order, &[])).await;
            assert!(matches!(late, Err(CancelError::NotNow(_))), "it is shipped");
        }
        tx.commit().await
    }
}

async fn crowd(world: &World) -> Crowd {
    let own = world.account("own").await;
    let mut channels = Vec::new();
    let mut accounts = OfferAccounts::new();
    for name in ["one", "two"] {
        let account = world.account(name).await;
        channels.push(Channel::new(name, account, PRODUCTS));
        accounts.insert(
            account,
            OfferAccount {
                timing: TIMING,
                mode: WriteMode::Absolute,
                places: PlaceMap::default(),
                writable: true,
                remote: true,
            },
        );
    }
    accounts.insert(
        own,
        OfferAccount {
            mode: WriteMode::Absolute,
            places: PlaceMap::default(),
            timing: Timing {
                order_visibility: Duration::ZERO,
                write_apply: Duration::ZERO,
            },
            writable: false,
            remote: false,
        },
    );
    let mut products = Vec::new();
    let mut stock = Vec::new();
    for n in 0..PRODUCTS {
        let name = format!("P{n}");
        let units = i64::try_from(n % 14).unwrap();
        let id = world.counted(&name, units).await;
        for channel in &channels {
            world.listing(channel.account, &name, Some(id), 1, Some(0)).await;
        }
        stock.push(units);
        products.push((id, sku(&name)));
    }
    Crowd {
        tenant: world.ours.clone(),
        clock: Arc::clone(&world.clock),
        accounts,
        own,
        products,
        channels,
        time: tokio::sync::RwLock::default(),
        truth: std::sync::Mutex::new(Truth {
            stock,
            sold_here: vec![0; PRODUCTS],
            orders: Vec::new(),
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_at_once_no_more_is_sold_than_there_is() {
    for world in worlds().await {
        let crowd = Arc::new(crowd(&world).await);
        let mut tasks = JoinSet::new();
        for seed in 0..TASKS {
            let crowd = Arc::clone(&crowd);
            tasks.spawn(async move {
                let dice = Stepped::new(START, 1_000 + seed).env();
                for _ in 0..STEPS {
                    crowd.step(&dice).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        crowd.pass(30).await;
        for channel in &crowd.channels {
            crowd.pull(channel).await.unwrap();
        }
        world.books_agree().await;
        crowd.nothing_is_oversold();
        let mut sold = 0;
        for (product, (id, _)) in crowd.products.iter().enumerate() {
            let there: i64 = crowd.channels.iter().map(|c| c.sold(product)).sum();
            let left = {
                let truth = crowd.truth();
                truth.stock[product] - there - truth.sold_here[product]
            };
            sold += there;
            assert_eq!(
                world.balance(*id).await.available(),
                left,
                "{}: product {product}: every sale is in the books once",
                world.label
            );
        }
        assert!(sold > 0, "{}: nothing was sold at all", world.label);
        let orphans = format!(
            "SELECT COUNT(*) FROM pushes WHERE tenant_id = $1 AND outcome = '{}'",
            WriteState::Sent
        );
        assert_eq!(world.number(&orphans).await, 0, "every write got its answer");
    }
}
