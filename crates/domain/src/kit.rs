//! Kits: products that are put together from others and have no stock of their own.
//!
//! One of a kit takes so many units of each component. A component may be sold by itself and in several kits, and is
//! counted once: what is allotted to all of them together is never more than there is.

use std::collections::BTreeMap;

use crate::ProductId;
use crate::allocation::divide;

/// Most components of one kit.
pub const MOST_COMPONENTS: usize = 50;
/// Most units of one component in one kit.
pub const MOST_UNITS: i64 = 10_000;

/// One component of a kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The component.
    pub product: ProductId,
    /// Units of it in one kit; at least 1.
    pub units: i64,
}

/// Kits that can be put together of components of which so many units are available; negative when one is owed.
pub fn makeable(parts: &[Part], available: impl Fn(ProductId) -> i64) -> i64 {
    parts
        .iter()
        .map(|part| available(part.product).div_euclid(part.units.max(1)))
        .min()
        .unwrap_or(0)
}

/// What of the components is allotted to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allotment {
    /// Units that each component's own listings may share out.
    pub components: BTreeMap<ProductId, i64>,
    /// Kits that each kit's listings may share out.
    pub kits: BTreeMap<ProductId, i64>,
}

/// Allots components to their own listings and to the kits they are in, equally; what a kit cannot use because another
/// of its components is scarcer goes back to the component's own listings.
///
/// `available` holds every component; `kits` only those that are listed; `listed` says whether a component has listings
/// of its own.
pub fn allot(
    available: &BTreeMap<ProductId, i64>,
    kits: &BTreeMap<ProductId, Vec<Part>>,
    listed: impl Fn(ProductId) -> bool,
) -> Allotment {
    let mut offered: BTreeMap<(ProductId, ProductId), i64> = BTreeMap::new();
    for (component, units) in available {
        let takers: Vec<ProductId> = kits
            .iter()
            .filter(|(_, parts)| parts.iter().any(|part| part.product == *component))
            .map(|(kit, _)| *kit)
            .collect();
        let own = usize::from(listed(*component));
        let shares = divide(*units, &vec![1; takers.len() + own]);
        for (kit, share) in takers.iter().zip(&shares[own..]) {
            offered.insert((*kit, *component), *share);
        }
    }
    let mut allotment = Allotment {
        components: available.clone(),
        kits: BTreeMap::new(),
    };
    for (kit, parts) in kits {
        let share = |product| offered.get(&(*kit, product)).copied().unwrap_or(0);
        let whole = makeable(parts, share).max(0);
        allotment.kits.insert(*kit, whole);
        for part in parts {
            if let Some(left) = allotment.components.get_mut(&part.product) {
                *left -= whole * part.units;
            }
        }
    }
    allotment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id as _;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(n: u128) -> ProductId {
        ProductId::from_uuid(Uuid::from_u128(n))
    }

    fn part(n: u128, units: i64) -> Part {
        Part {
            product: id(n),
            units,
        }
    }

    #[test]
    fn a_kit_is_as_available_as_its_scarcest_component() {
        let parts = [part(1, 2), part(2, 1)];
        let of = |a: i64, b: i64| makeable(&parts, |product| if product == id(1) { a } else { b });
        assert_eq!((of(7, 9), of(7, 2), of(-1, 9)), (3, 2, -1));
        assert_eq!(makeable(&[], |_| 5), 0, "nothing is made of nothing");
    }

    #[test]
    fn a_shared_component_is_counted_once() {
        let available = BTreeMap::from([(id(1), 12), (id(2), 1)]);
        let kits = BTreeMap::from([(id(8), vec![part(1, 2)]), (id(9), vec![part(1, 1), part(2, 1)])]);
        let allotment = allot(&available, &kits, |product| product == id(1));
        assert_eq!(allotment.kits, BTreeMap::from([(id(8), 2), (id(9), 1)]));
        assert_eq!(
            allotment.components,
            BTreeMap::from([(id(1), 7), (id(2), 0)]),
            "what kits cannot use goes back"
        );
    }

    proptest! {
        /// Whatever is in which kit, all that is allotted together is what there is.
        #[test]
        fn no_unit_is_allotted_twice(
            units in prop::collection::vec(-5i64..60, 1..6),
            kits in prop::collection::vec(prop::collection::vec((0u128..6, 1i64..5), 1..4), 0..6),
            listed in prop::collection::vec(any::<bool>(), 6),
        ) {
            let available: BTreeMap<_, _> = units.iter().zip(0..).map(|(n, i)| (id(i), *n)).collect();
            let kits: BTreeMap<ProductId, Vec<Part>> = kits
                .into_iter()
                .zip(100..)
                .map(|(parts, kit)| {
                    let parts: BTreeMap<u128, i64> =
                        parts.into_iter().map(|(n, u)| (n % units.len() as u128, u)).collect();
                    (id(kit), parts.into_iter().map(|(n, units)| part(n, units)).collect())
                })
                .collect();
            let index = |product: ProductId| (0..6).find(|n| id(*n) == product).unwrap_or(0);
            let allotment = allot(&available, &kits, |product| listed[usize::try_from(index(product)).unwrap()]);
            for (component, there) in &available {
                let of = |(kit, parts): (&ProductId, &Vec<Part>)| {
                    let units = parts.iter().find(|p| p.product == *component).map_or(0, |p| p.units);
                    allotment.kits[kit] * units
                };
                let in_kits: i64 = kits.iter().map(of).sum();
                prop_assert!(in_kits <= (*there).max(0));
                prop_assert_eq!(allotment.components[component] + in_kits, *there);
            }
        }
    }
}
