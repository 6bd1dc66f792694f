//! Sales: a lower price for a while.

use serde::{Deserialize, Serialize};

use super::Scope;
use super::rule::too_much;
use crate::allocation::BasisPoints;
use crate::{FieldError, Money, SaleId, Timestamp};

/// The most a sale takes off.
pub const MOST_OFF: BasisPoints = BasisPoints(9_500);

/// What a sale does to a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleChange {
    /// This price, as it stands.
    Price(Money),
    /// A part taken off; the ending applies to what is left.
    Off(BasisPoints),
}

/// A sale. It holds from its first instant to just before its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Its id.
    pub id: SaleId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The first instant of it.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
    /// What it does.
    pub change: SaleChange,
}

impl Sale {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }

    /// Whether two sales are for the same thing at the same time: nobody could say which of them counts.
    pub fn contradicts(&self, other: &Self) -> bool {
        self.scope == other.scope && self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// What is wrong with it, if anything.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, message: String| problems.push(FieldError::new(field, message));
        if self.ends_at <= self.starts_at {
            wrong(
                "ends_at",
                format!(
                    "it ends at {}, not after its start at {}; give a later end",
                    self.ends_at, self.starts_at
                ),
            );
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            wrong("name", "a name has 1 to 100 characters".to_owned());
        }
        match self.change {
            SaleChange::Price(price) => {
                if let Some(message) = too_much(price, true) {
                    wrong("price", message);
                }
                if !matches!(self.scope, Scope::Listing(_) | Scope::Product(_)) {
                    wrong(
                        "scope",
                        "a sale at one price is for a product or a listing; elsewhere take a part off"
                            .to_owned(),
                    );
                }
            }
            SaleChange::Off(part) if part.0 == 0 || part > MOST_OFF => {
                wrong(
                    "off",
                    "a sale takes off more than 0 and at most 95 percent (9500)".to_owned(),
                );
            }
            SaleChange::Off(_) => {}
        }
        problems
    }
}

/// The sale that counts at an instant: the most special that holds, of equals the one that began last.
pub fn current(sales: &[Sale], at: Timestamp) -> Option<&Sale> {
    sales
        .iter()
        .filter(|sale| sale.holds(at))
        .max_by_key(|sale| (sale.scope.rank(), sale.starts_at, sale.id))
}

/// When the next sale begins or ends.
pub fn next_change(sales: &[Sale], after: Timestamp) -> Option<Timestamp> {
    sales
        .iter()
        .flat_map(|sale| [sale.starts_at, sale.ends_at])
        .filter(|at| *at > after)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use crate::ids::Id as _;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn sale(n: u128, scope: Scope, from: i64, to: i64) -> Sale {
        Sale {
            id: SaleId::from_uuid(uuid::Uuid::from_u128(n)),
            name: "Autumn".into(),
            scope,
            starts_at: at(from),
            ends_at: at(to),
            change: SaleChange::Off(BasisPoints(2_000)),
        }
    }

    #[test]
    fn a_sale_holds_from_its_first_instant_to_just_before_its_last() {
        let one = sale(1, Scope::Tenant, 10, 20);
        assert!(!one.holds(at(9)) && one.holds(at(10)) && one.holds(at(19)) && !one.holds(at(20)));
        let next = sale(2, Scope::Tenant, 20, 30);
        assert!(!one.contradicts(&next) && one.contradicts(&sale(3, Scope::Tenant, 19, 30)));
        assert_eq!(next_change(&[one.clone(), next], at(10)), Some(at(20)));
        assert_eq!(next_change(&[one], at(20)), None);
    }

    #[test]
    fn the_most_special_one_counts() {
        let product = Scope::Product(crate::ProductId::from_uuid(uuid::Uuid::from_u128(1)));
        let sales = [sale(1, product.clone(), 0, 50), sale(2, Scope::Tenant, 10, 20)];
        assert_eq!(current(&sales, at(15)).map(|s| &s.scope), Some(&product));
        assert_eq!(current(&sales, at(60)), None);
    }

    #[test]
    fn what_cannot_be_is_refused_field_by_field() {
        let mut bad = sale(1, Scope::Tenant, 20, 10);
        bad.name = " ".into();
        bad.change = SaleChange::Price(Money::from_minor(0, Currency::parse("EUR").unwrap()));
        let fields: Vec<String> = bad.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["ends_at", "name", "price", "scope"]);
        bad.change = SaleChange::Off(BasisPoints(10_000));
        assert!(bad.problems().iter().any(|p| p.field == "off"));
        assert_eq!(sale(1, Scope::Tenant, 10, 20).problems(), []);
    }
}
