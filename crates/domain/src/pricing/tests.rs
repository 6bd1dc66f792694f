//! Prices by example, and what holds of every price.

use super::*;
use crate::ids::Id as _;
use crate::{ListingId, SaleId, Timestamp};
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, currency("EUR"))
}

fn rates() -> Rates {
    let quote = |code, per_euro_micro| Quote {
        day: Day(100),
        currency: currency(code),
        per_euro_micro,
    };
    Rates::new([quote("INR", 90_000_000), quote("JPY", 160_000_000)], Day(101), 5)
}

fn listing() -> Scope {
    Scope::Listing(ListingId::from_uuid(uuid::Uuid::from_u128(7)))
}

fn effective(rule: Rule) -> Effective {
    Effective::of([(&listing(), &rule)])
}

fn sale(change: SaleChange) -> Sale {
    Sale {
        id: SaleId::from_uuid(uuid::Uuid::from_u128(1)),
        name: "Autumn".into(),
        scope: listing(),
        starts_at: Timestamp::EPOCH,
        ends_at: Timestamp::from_secs(100),
        change,
    }
}

fn inputs<'a>(rules: &'a Effective, rates: &'a Rates) -> Inputs<'a> {
    Inputs {
        base: Some(eur(1_000)),
        cost: None,
        product_floor: None,
        units: 1,
        currency: Some(currency("EUR")),
        rules,
        sale: None,
        rates,
    }
}

fn fees() -> Rule {
    Rule {
        fee_part: Some(BasisPoints(1_500)),
        fee_fixed: Some(eur(30)),
        ..Rule::default()
    }
}

#[test]
fn fees_are_added_so_that_the_net_is_kept() {
    let (rules, rates) = (effective(fees()), rates());
    let found = price(&inputs(&rules, &rates)).unwrap();
    // (10.00 + 0.30) / 0.85 = 12.1176…, rounded up.
    assert_eq!(found.price, eur(1_212));
    let kinds: Vec<StepKind> = found.steps.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [StepKind::Base, StepKind::Fee]);
    assert!(
        found.steps[1].because.contains("10.00 EUR remain"),
        "{:?}",
        found.steps
    );
}

#[test]
fn packs_conversion_and_ending_follow_each_other() {
    let rules = effective(Rule {
        ending: Some("99.00".parse().unwrap()),
        ..fees()
    });
    let rates = rates();
    let found = price(&Inputs {
        units: 3,
        currency: Some(currency("INR")),
        ..inputs(&rules, &rates)
    })
    .unwrap();
    // 30.00 EUR = 2700.00 INR; (2700 + 27) / 0.85 = 3208.2353; ends with 99.00.
    assert_eq!(found.price.to_string(), "3299.00 INR");
    assert_eq!(found.steps.len(), 4);
}

#[test]
fn the_margin_is_what_remains_after_fees() {
    let rules = effective(Rule {
        margin: Some(BasisPoints(2_000)),
        ..fees()
    });
    let rates = rates();
    let found = price(&Inputs {
        cost: Some(eur(1_000)),
        ..inputs(&rules, &rates)
    })
    .unwrap();
    // (12.00 + 0.30) / 0.85 = 14.4706.
    assert_eq!((found.price, found.floor), (eur(1_448), Some(eur(1_448))));
    let last = found.steps.last().unwrap();
    assert!(
        last.kind == StepKind::Floor && last.because.contains("20 % margin"),
        "{last:?}"
    );
}

#[test]
fn a_sale_is_taken_off_and_its_end_brings_the_normal_price_back() {
    let rules = effective(Rule {
        ending: Some(".99".parse().unwrap()),
        ..Rule::default()
    });
    let rates = rates();
    let off = sale(SaleChange::Off(BasisPoints(2_000)));
    let on_sale = price(&Inputs {
        sale: Some(&off),
        ..inputs(&rules, &rates)
    })
    .unwrap();
    assert_eq!((on_sale.price, on_sale.normal), (eur(899), eur(1_099)));
    let exact = sale(SaleChange::Price(eur(750)));
    let at_price = price(&Inputs {
        sale: Some(&exact),
        ..inputs(&rules, &rates)
    })
    .unwrap();
    assert_eq!(at_price.price, eur(750), "as somebody chose it");
}

#[test]
fn a_price_of_its_own_is_taken_as_it_stands_but_not_below_the_floor() {
    let own = |floor| {
        effective(Rule {
            price: Some(eur(555)),
            floor: Some(eur(floor)),
            ending: Some(".99".parse().unwrap()),
            ..fees()
        })
    };
    let rates = rates();
    let of = |floor| price(&inputs(&own(floor), &rates)).unwrap().price;
    assert_eq!((of(500), of(600)), (eur(555), eur(600)));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let (rules, rates) = (effective(fees()), rates());
    let reason = |inputs: Inputs<'_>| price(&inputs).unwrap_err().reason;
    let normal = inputs(&rules, &rates);
    assert_eq!(reason(Inputs { base: None, ..normal }), Reason::NoBase);
    assert_eq!(
        reason(Inputs {
            currency: Some(currency("CHF")),
            ..normal
        }),
        Reason::NoRate
    );
    let old = Rates::new(
        [Quote {
            day: Day(1),
            currency: currency("INR"),
            per_euro_micro: 1,
        }],
        Day(101),
        5,
    );
    assert_eq!(
        reason(Inputs {
            currency: Some(currency("INR")),
            rates: &old,
            ..normal
        }),
        Reason::StaleRate
    );
    assert_eq!(
        reason(Inputs {
            base: Some(eur(MOST_MINOR)),
            ..normal
        }),
        Reason::TooLarge
    );
    assert_eq!(
        reason(Inputs {
            base: Some(eur(-5_000)),
            ..normal
        }),
        Reason::TooLarge
    );
    let floor = Some(Money::from_minor(1, currency("CHF")));
    assert_eq!(
        reason(Inputs {
            product_floor: floor,
            ..normal
        }),
        Reason::NoRate,
        "a floor that cannot be known blocks, too"
    );
}

#[test]
fn the_distance_of_two_prices_is_told_in_parts_of_the_present_one() {
    assert_eq!(variance(eur(1_000), eur(1_050)), Some(500));
    assert_eq!(variance(eur(1_000), eur(900)), Some(1_000));
    assert_eq!(variance(eur(3), eur(4)), Some(3_334), "rounded up");
    assert_eq!(variance(eur(0), eur(1)), None);
    assert_eq!(variance(eur(100), Money::from_minor(100, currency("INR"))), None);
}

fn amounts() -> impl Strategy<Value = Money> {
    (1i64..5_000_000, prop::sample::select(vec!["EUR", "INR", "JPY"]))
        .prop_map(|(minor, code)| Money::from_minor(minor, currency(code)))
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let ending = prop::sample::select(vec![
        "none",
        ".99",
        ".99 down",
        "9.99 nearest",
        "/0.05",
        "/1 down",
        "99",
    ]);
    (
        prop::option::of(0u32..=9_500),
        prop::option::of(amounts()),
        prop::option::of(0u32..=100_000),
        prop::option::of(amounts()),
        prop::option::of(ending),
        prop::option::of(amounts()),
    )
        .prop_map(|(fee, fixed, margin, floor, ending, price)| Rule {
            keep: Some(true),
            fee_part: fee.map(BasisPoints),
            fee_fixed: fixed,
            margin: margin.map(BasisPoints),
            floor,
            ending: ending.map(|e| e.parse().unwrap()),
            price,
        })
}

fn any_sale() -> impl Strategy<Value = Option<Sale>> {
    prop::option::of(prop_oneof![
        (1u32..=9_500).prop_map(|off| sale(SaleChange::Off(BasisPoints(off)))),
        amounts().prop_map(|price| sale(SaleChange::Price(price))),
    ])
}

proptest! {
    #[test]
    fn never_below_the_floor_whatever_the_inputs(
        rule in any_rule(),
        base in prop::option::of(amounts()),
        cost in prop::option::of(amounts()),
        product_floor in prop::option::of(amounts()),
        units in 1i64..100,
        code in prop::sample::select(vec!["EUR", "INR", "JPY"]),
        sale in any_sale(),
    ) {
        let (rules, rates) = (effective(rule), rates());
        let found = price(&Inputs {
            base, cost, product_floor, units,
            currency: Some(currency(code)), rules: &rules, sale: sale.as_ref(), rates: &rates,
        });
        if let Ok(found) = found {
            prop_assert_eq!(found.price.currency(), currency(code));
            prop_assert!(found.price.minor() > 0);
            prop_assert_eq!(found.steps.last().map(|s| s.amount), Some(found.price), "the last step is the result");
            let floors = found.floor.map_or(0, Money::minor);
            prop_assert!(found.price.minor() >= floors && found.normal.minor() >= floors);
            let of_product = product_floor.map(|f| Money::from_minor(f.minor() * units, f.currency()));
            for floor in [rule.floor, of_product].into_iter().flatten() {
                // By hand, not by the code under test: in millionths of a euro, allowing for the division.
                let euros = |m: Money| {
                    let rate = match m.currency().code() { "INR" => 90, "JPY" => 160, _ => 1 };
                    i128::from(m.minor()) * 1_000_000 / i128::from(10_i64.pow(m.currency().digits())) / rate
                };
                prop_assert!(euros(found.price) + 1 >= euros(floor), "{:?} {:?}", found.price, floor);
            }
        }
    }

    #[test]
    fn the_net_is_kept_to_the_minor_unit(base in 1i64..50_000_000, part in 0u32..=9_500, fixed in 0i64..10_000) {
        let rules = effective(Rule {
            fee_part: Some(BasisPoints(part)),
            fee_fixed: Some(eur(fixed)),
            ..Rule::default()
        });
        let rates = rates();
        let found = price(&Inputs { base: Some(eur(base)), ..inputs(&rules, &rates) }).unwrap().price.minor();
        let net = |price: i64| i128::from(price) * i128::from(10_000 - part) - i128::from(fixed) * 10_000;
        prop_assert!(net(found) >= i128::from(base) * 10_000);
        prop_assert!(net(found - 1) < i128::from(base) * 10_000, "and not a unit more than that");
    }
}
