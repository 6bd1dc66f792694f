//! What people enter comes back, for their tenant alone.

use super::*;

#[tokio::test]
async fn rules_come_back_as_they_were_set_and_an_empty_one_is_gone() {
    for world in worlds().await {
        let ours = &world.ours;
        let (account, _) = shop(&world, &["A"]).await;
        let full = Rule {
            keep: Some(true),
            fee_part: Some(BasisPoints(1_500)),
            fee_fixed: Some(eur(30)),
            margin: Some(BasisPoints(2_000)),
            floor: Some(eur(500)),
            ending: Some(".99 nearest".parse().unwrap()),
            price: None,
        };
        for scope in [
            Scope::Tenant,
            Scope::Account(account),
            Scope::Channel(ChannelKind::new("test")),
        ] {
            rule(ours, &scope, full).await;
            assert_eq!(
                ours.price_rule(&scope).await.unwrap().unwrap().rule,
                full,
                "{}",
                world.label
            );
        }
        let all = walk!(async |query| ours.price_rules(&query).await);
        assert_eq!(all.len(), 3);
        assert!(ours.price_rules(&bad_cursor()).await.is_err());
        assert_eq!(world.theirs.price_rule(&Scope::Tenant).await.unwrap(), None);
        rule(ours, &Scope::Tenant, Rule::default()).await;
        assert_eq!(ours.price_rule(&Scope::Tenant).await.unwrap(), None);
        let mut tx = ours.begin().await.unwrap();
        assert!(tx.price_rule(&Scope::Tenant).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn costs_and_settings_come_back_and_have_their_defaults() {
    for world in worlds().await {
        let ours = &world.ours;
        let product = world.products(&["A"]).await.remove(0).id;
        assert_eq!(
            ours.product_costs(product).await.unwrap(),
            ProductCosts::default()
        );
        assert_eq!(ours.price_settings().await.unwrap(), PriceSettings::default());
        let costs = ProductCosts {
            cost: Some(eur(800)),
            floor: Some(eur(900)),
        };
        let settings = PriceSettings {
            variance: BasisPoints(700),
            rate_max_days: 3,
        };
        let mut tx = ours.begin().await.unwrap();
        tx.set_product_costs(product, &costs).await.unwrap();
        tx.set_price_settings(&settings).await.unwrap();
        assert_eq!(tx.product_costs(product).await.unwrap(), costs);
        assert_eq!(tx.price_settings().await.unwrap(), settings);
        tx.commit().await.unwrap();
        assert_eq!(
            ours.product_costs(product).await.unwrap(),
            costs,
            "{}",
            world.label
        );
        assert_eq!(ours.price_settings().await.unwrap(), settings);
        assert_eq!(
            world.theirs.product_costs(product).await.unwrap(),
            ProductCosts::default()
        );
        assert_eq!(
            world.theirs.price_settings().await.unwrap(),
            PriceSettings::default()
        );
        let mut tx = world.theirs.begin().await.unwrap();
        assert!(
            tx.set_product_costs(product, &costs).await.is_err(),
            "it is not their product"
        );
        let wrong = PriceSettings {
            variance: BasisPoints(0),
            rate_max_days: 0,
        };
        assert_eq!(wrong.problems().len(), 2);
    }
}

#[tokio::test]
async fn two_sales_for_the_same_thing_at_the_same_time_are_refused() {
    for world in worlds().await {
        let ours = &world.ours;
        let hour = Duration::from_secs(3_600);
        let first = sale(&world, Scope::Tenant, START.plus(hour), START.plus(hour * 2));
        enter(ours, &first).await.unwrap();
        let second = sale(&world, Scope::Tenant, START.plus(hour * 2), START.plus(hour * 3));
        enter(ours, &second).await.unwrap();
        let between = sale(
            &world,
            Scope::Tenant,
            START.plus(hour * 3 / 2),
            START.plus(hour * 5),
        );
        let refused = enter(ours, &between).await.unwrap_err().to_string();
        assert!(
            refused.contains("Autumn") && refused.contains("end that one first"),
            "{refused}"
        );
        let account = world.account("one").await;
        enter(
            ours,
            &sale(&world, Scope::Account(account), START, START.plus(hour * 5)),
        )
        .await
        .unwrap();
        enter(&world.theirs, &between).await.unwrap();
        let listed = walk!(async |query| ours.price_sales(&query).await);
        assert_eq!(listed.len(), 3, "{}", world.label);
        assert_eq!(listed[2], first);
        let mut tx = world.theirs.begin().await.unwrap();
        assert_eq!(tx.delete_sale(first.id).await.unwrap(), None);
        drop(tx);
        let mut tx = ours.begin().await.unwrap();
        assert_eq!(tx.delete_sale(first.id).await.unwrap(), Some(first));
        tx.commit().await.unwrap();
        assert_eq!(
            ours.price_sales(&PageQuery::default()).await.unwrap().items.len(),
            2
        );
    }
}

#[tokio::test]
async fn the_last_word_about_a_day_counts() {
    for world in worlds().await {
        let ours = &world.ours;
        let quote = |day, per_euro_micro| Quote {
            day: Day(day),
            currency: Currency::parse("INR").unwrap(),
            per_euro_micro,
        };
        let mut tx = ours.begin().await.unwrap();
        let imported = tx
            .import_rates(&[quote(1, 5), quote(2, 7), quote(2, 8)], "file")
            .await
            .unwrap();
        assert_eq!(imported, 2);
        tx.import_rates(&[quote(1, 91_250_000)], "again").await.unwrap();
        tx.commit().await.unwrap();
        let rates = walk!(async |query| ours.exchange_rates(None, &query).await);
        let told: Vec<_> = rates
            .iter()
            .map(|r| (r.day.0, r.per_euro.as_str(), r.source.as_str()))
            .collect();
        assert_eq!(
            told,
            [(2, "0.000008", "file"), (1, "91.250000", "again")],
            "{}",
            world.label
        );
        assert_eq!(
            ours.exchange_rates(Some(Day(1)), &PageQuery::default())
                .await
                .unwrap()
                .items
                .len(),
            1
        );
        assert!(
            world
                .theirs
                .exchange_rates(None, &PageQuery::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
    }
}
