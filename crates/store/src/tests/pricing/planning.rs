//! From a change to a due price, on time and never by surprise.

use super::*;

fn price_of(preview: &PricePreview) -> Option<Money> {
    preview.priced.as_ref().map(|p: &Priced| p.price)
}

async fn preview(tenant: &Tenant, hypothesis: &Hypothesis) -> Vec<PricePreview> {
    let filter = PriceFilter {
        limit: 50,
        ..PriceFilter::default()
    };
    tenant.preview_prices(&filter, hypothesis).await.unwrap()
}

#[tokio::test]
async fn nobodys_prices_are_touched_before_a_rule_says_so() {
    for world in worlds().await {
        let (account, listings) = shop(&world, &["A"]).await;
        let first = plan(&world.ours).await;
        assert_eq!((first.listings, first.due.len()), (1, 0), "{}", world.label);
        assert_eq!(wanted(&world, listings[0].id).await, None);
        assert_eq!(plan(&world.ours).await.listings, 0, "nothing is marked any more");

        let_pass(&world.ours).await;
        assert_eq!(
            plan(&world.ours).await.listings,
            0,
            "settings mark only what is kept"
        );
        rule(&world.theirs, &Scope::Account(account), keep()).await;
        rule(&world.ours, &Scope::Account(account), keep()).await;
        let planned = plan(&world.ours).await;
        assert_eq!((planned.listings, planned.due.contains(&account)), (1, true));
        assert_eq!(wanted(&world, listings[0].id).await, Some(eur(1_999)));
    }
}

#[tokio::test]
async fn every_change_marks_the_listings_it_concerns() {
    for world in worlds().await {
        let ours = &world.ours;
        let (_, listings) = shop(&world, &["A", "B"]).await;
        let_pass(ours).await;
        rule(ours, &Scope::Tenant, keep()).await;
        plan(ours).await;
        let (a, product) = (listings[0].id, listings[0].product.unwrap());
        assert!(edit(ours, product, |p| p.base_price = Some(eur(3_000))).await);
        assert_eq!(plan(ours).await.listings, 1, "{}", world.label);
        assert_eq!(wanted(&world, a).await, Some(eur(3_000)));

        let mut tx = ours.begin().await.unwrap();
        let costs = ProductCosts {
            cost: None,
            floor: Some(eur(4_000)),
        };
        tx.set_product_costs(product, &costs).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(plan(ours).await.listings, 1);
        assert_eq!(wanted(&world, a).await, Some(eur(4_000)), "the floor wins");

        ours.map_listing(a, product, 2).await.unwrap();
        assert_eq!(plan(ours).await.listings, 1);
        assert_eq!(wanted(&world, a).await, Some(eur(8_000)));
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.mark_prices(&Scope::Tenant, true).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_sale_begins_and_ends_without_any_event() {
    for world in worlds().await {
        let ours = &world.ours;
        let (_, listings) = shop(&world, &["A"]).await;
        let_pass(ours).await;
        rule(ours, &Scope::Tenant, keep()).await;
        let hour = Duration::from_secs(3_600);
        let (from, to) = (START.plus(hour), START.plus(hour * 2));
        enter(ours, &sale(&world, Scope::Tenant, from, to)).await.unwrap();
        plan(ours).await;
        let a = listings[0].id;
        let next = async || ours.begin().await.unwrap().next_price_change().await.unwrap();
        assert_eq!(
            (wanted(&world, a).await, next().await),
            (Some(eur(1_999)), Some(from)),
            "{}",
            world.label
        );
        world.later(hour - Duration::from_micros(1));
        assert_eq!(plan(ours).await.listings, 0, "an instant before");
        world.later(Duration::from_micros(1));
        assert_eq!(plan(ours).await.listings, 1);
        assert_eq!(
            (wanted(&world, a).await, next().await),
            (Some(eur(1_000)), Some(to))
        );
        world.later(hour);
        plan(ours).await;
        assert_eq!((wanted(&world, a).await, next().await), (Some(eur(1_999)), None));
        assert!(
            ours.held_price_counts().await.unwrap().is_empty(),
            "sales are nobody's surprise"
        );
    }
}

#[tokio::test]
async fn a_price_that_moves_too_far_waits_for_a_person() {
    for world in worlds().await {
        let ours = &world.ours;
        let (account, listings) = shop(&world, &["A", "B"]).await;
        // Shown are 24.99; the rules come to 19.99.
        rule(ours, &Scope::Tenant, keep()).await;
        let planned = plan(ours).await;
        assert!(planned.due.is_empty() && planned.holds_changed, "{}", world.label);
        let held = walk!(async |query| ours.held_prices(Some(account), &query).await);
        assert_eq!(held.len(), 2);
        assert_eq!(
            (held[0].reason, held[0].held),
            (Reason::Variance, Some(eur(1_999)))
        );
        assert_eq!(ours.held_price_counts().await.unwrap()[&account], 2);
        assert!(
            world
                .theirs
                .held_prices(None, &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        let a = listings[0].id;
        let approve = async |tenant: &Tenant, minor| {
            let mut tx = tenant.begin().await.unwrap();
            let approved = tx.approve_price(a, eur(minor)).await.unwrap();
            tx.commit().await.unwrap();
            approved
        };
        assert_eq!(approve(&world.theirs, 1_999).await, Approved::NotHeld);
        assert_eq!(
            approve(ours, 1_500).await,
            Approved::Changed(eur(1_999)),
            "not what was seen"
        );
        assert_eq!(approve(ours, 1_999).await, Approved::Due(account));
        assert_eq!(approve(ours, 1_999).await, Approved::NotHeld, "once");
        let mut tx = ours.begin().await.unwrap();
        let counts = tx.held_counts().await.unwrap();
        assert_eq!(
            (counts.len(), counts[0].listings, counts[0].reason),
            (1, 1, Reason::Variance)
        );
        drop(tx);
        let a = ours.listing(a).await.unwrap().unwrap();
        assert_eq!(a.price_wanted, Some(eur(1_999)));
        // Small steps from what was approved pass by themselves.
        edit(ours, a.product.unwrap(), |p| p.base_price = Some(eur(2_100))).await;
        assert!(!plan(ours).await.due.is_empty());
    }
}

#[tokio::test]
async fn a_price_a_person_sets_passes_and_a_rate_that_grows_old_blocks() {
    for world in worlds().await {
        let ours = &world.ours;
        let (_, listings) = shop(&world, &["A"]).await;
        let (id, product) = (listings[0].id, listings[0].product.unwrap());
        let own = Rule {
            price: Some(eur(99)),
            ..Rule::default()
        };
        let mut tx = ours.begin().await.unwrap();
        tx.set_price_rule(&Scope::Listing(id), &own).await.unwrap();
        assert_eq!(tx.price_listings(&[id], true).await.unwrap().due.len(), 1);
        tx.commit().await.unwrap();
        assert_eq!(wanted(&world, id).await, Some(eur(99)), "{}", world.label);

        rule(ours, &Scope::Listing(id), keep()).await;
        let_pass(ours).await;
        let inr = Currency::parse("INR").unwrap();
        edit(ours, product, |p| {
            p.base_price = Some(Money::from_minor(90_000, inr))
        })
        .await;
        plan(ours).await;
        let held = async || ours.held_prices(None, &PageQuery::default()).await.unwrap().items;
        assert_eq!(held().await[0].reason, Reason::NoRate);
        let today = Quote {
            day: Day::of(START),
            currency: inr,
            per_euro_micro: 90_000_000,
        };
        let mut tx = ours.begin().await.unwrap();
        tx.import_rates(&[today], "file").await.unwrap();
        tx.commit().await.unwrap();
        plan(ours).await;
        assert_eq!(wanted(&world, id).await, Some(eur(1_000)));
        assert!(held().await.is_empty());
        // Six days pass and nobody does anything.
        for _ in 0..6 {
            world.later(Duration::from_secs(86_400));
            assert_eq!(plan(ours).await.listings, 1, "looked at each day");
        }
        assert_eq!(held().await[0].reason, Reason::StaleRate);
        assert_eq!(wanted(&world, id).await, Some(eur(1_000)), "not guessed");
    }
}

#[tokio::test]
async fn a_preview_tells_what_would_be_and_writes_nothing() {
    for world in worlds().await {
        let ours = &world.ours;
        let (account, listings) = shop(&world, &["A", "B"]).await;
        let before = preview(ours, &Hypothesis::default()).await;
        assert!(before.iter().all(|p| !p.kept && p.priced.is_none()));
        let rule = Rule {
            ending: Some(".50".parse().unwrap()),
            ..keep()
        };
        let supposed = Hypothesis {
            rule: Some((Scope::Account(account), rule)),
            product: Some((
                listings[0].product.unwrap(),
                Some(eur(1_000)),
                ProductCosts::default(),
            )),
            sale: Some(sale(
                &world,
                Scope::Listing(listings[1].id),
                START,
                START.plus(Duration::from_secs(9)),
            )),
        };
        let after = preview(ours, &supposed).await;
        let mut prices: Vec<_> = after
            .iter()
            .map(|p| (p.sku.as_str().to_owned(), price_of(p)))
            .collect();
        prices.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            prices,
            [
                ("A".to_owned(), Some(eur(1_050))),
                ("B".to_owned(), Some(eur(1_050)))
            ],
            "{}",
            world.label
        );
        assert!(
            after.iter().all(|p| p.held.is_some()),
            "they are far from what is shown"
        );
        assert!(preview(&world.theirs, &supposed).await.is_empty());
        assert_eq!(preview(ours, &Hypothesis::default()).await, before);
        let one = PriceFilter {
            scope: Some(Scope::Account(account)),
            search: Some("B".to_owned()),
            after: None,
            limit: 5,
        };
        assert_eq!(
            ours.preview_prices(&one, &Hypothesis::default())
                .await
                .unwrap()
                .len(),
            1
        );
    }
}
