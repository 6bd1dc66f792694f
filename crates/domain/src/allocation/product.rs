//! One product shared out: from what policies say of every account to what each listing should show, and why not more.

use serde::{Deserialize, Serialize};

use super::{
    BasisPoints, Claim, Contradiction, Method, Part, Sharer, Stock, Terms, allocate, divide, share, shares,
};
use crate::listing::named;
use crate::mode::{Cover, Mode, Regime, effective_mode};

/// An account that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Participant {
    /// What applies to it.
    pub terms: Terms,
    /// Where its share comes from.
    pub claim: Claim,
}

/// A listing of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its account, as a position among the participants.
    pub participant: usize,
    /// Units of the product in one of it; at least 1.
    pub units: i64,
    /// How fast it sells, in units of the listing.
    pub units_per_day: i64,
    /// The regime it was in.
    pub regime: Regime,
}

named! {
    /// Why units that are available are not offered on a listing.
    Reason {
        /// Locations keep them as safety stock.
        Safety = "safety_stock",
        /// They are the buffer.
        Buffer = "buffer",
        /// A cap or a fixed amount.
        Cap = "cap",
        /// They are for other accounts, or stay in the pool.
        Others = "others",
        /// They are for the account's other listings of the product.
        OwnListings = "own_listings",
        /// They are left to kits, or components, that share something with the product.
        Kits = "kits",
        /// They do not fill a pack.
        Rounding = "rounding",
        /// It lies at locations that feed none of those the channel shows.
        Unfed = "unfed",
    }
}

/// Units that are available and not offered on a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Why.
    pub reason: Reason,
    /// Units of the product.
    pub units: i64,
}

/// What one account is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountShare {
    /// What its mode comes to now.
    pub regime: Regime,
    /// Its part.
    pub part: Part,
}

/// What one listing should show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingShare {
    /// In units of the listing.
    pub quantity: i64,
    /// Units of its account's part that are for the account's other listings.
    pub siblings: i64,
    /// Units of its part that do not fill one more of it.
    pub rounding: i64,
}

/// A product shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How.
    pub method: Method,
    /// How long the stock lasts.
    pub cover: Cover,
    /// What each participant is given, in their order.
    pub accounts: Vec<AccountShare>,
    /// What each listing should show, in their order.
    pub listings: Vec<ListingShare>,
}

/// Shares a product's stock out among accounts, and an account's part among its listings.
pub fn share_out(stock: Stock, participants: &[Participant], listings: &[Listed]) -> Outcome {
    let mut paces: Vec<Option<i64>> = vec![None; participants.len()];
    let mut last = vec![Regime::Strict; participants.len()];
    let mut pace = 0;
    for listed in listings {
        let sold = listed.units_per_day.saturating_mul(listed.units);
        pace += sold;
        *paces[listed.participant].get_or_insert(0) += sold;
        last[listed.participant] = listed.regime;
    }
    let cover = Cover::new(stock.available, pace, listings.len());
    let claims: Vec<Claim> = participants.iter().map(|p| p.claim).collect();
    let weights = shares(&claims);
    let sharers: Vec<Sharer> = (0..participants.len())
        .map(|i| sharer(&participants[i].terms, weights[i], paces[i], cover, last[i]))
        .collect();
    let method = participants.first().map_or(Method::Split, |p| p.terms.method());
    let parts = allocate(stock, method, &sharers);
    let accounts: Vec<AccountShare> = sharers
        .iter()
        .zip(parts)
        .map(|(sharer, part)| AccountShare {
            regime: sharer.regime,
            part,
        })
        .collect();
    Outcome {
        method,
        cover,
        listings: among_listings(method, &accounts, listings),
        accounts,
    }
}

fn sharer(terms: &Terms, share: BasisPoints, pace: Option<i64>, cover: Cover, last: Regime) -> Sharer {
    Sharer {
        share,
        tier: terms.tier.unwrap_or(share::TIER),
        fixed: terms.fixed,
        cap: terms.cap,
        minimum: terms.minimum,
        buffer: terms.buffer(),
        units_per_day: pace,
        regime: effective_mode(terms.mode(), cover, terms.cover_days(), last),
    }
}

/// A strict account's part is divided among its listings, by pace if that is the method; a shared one's listings all show
/// the whole part.
fn among_listings(method: Method, accounts: &[AccountShare], listings: &[Listed]) -> Vec<ListingShare> {
    let mut given = vec![
        ListingShare {
            quantity: 0,
            siblings: 0,
            rounding: 0
        };
        listings.len()
    ];
    for (index, account) in accounts.iter().enumerate() {
        let own: Vec<usize> = (0..listings.len())
            .filter(|i| listings[*i].participant == index)
            .collect();
        let whole = account.part.units;
        let parts = match (account.regime, own.len()) {
            (_, 0) => continue,
            (Regime::Shared, count) => vec![whole; count],
            (Regime::Strict, 1) => vec![whole],
            (Regime::Strict, _) => divide(whole, &weights_of(method, &own, listings)),
        };
        for (i, part) in own.into_iter().zip(parts) {
            let units = listings[i].units.max(1);
            given[i] = ListingShare {
                quantity: part / units,
                siblings: whole - part,
                rounding: part % units,
            };
        }
    }
    given
}

fn weights_of(method: Method, own: &[usize], listings: &[Listed]) -> Vec<i64> {
    match method {
        Method::Velocity => share::paced(
            own.iter()
                .map(|i| Some(listings[*i].units_per_day * listings[*i].units)),
        ),
        Method::Split | Method::Priority => vec![1; own.len()],
    }
}

/// Where the available units went that are not offered, largest first; `listing` is left out for an account that sells
/// without one.
pub fn withheld(part: &Part, listing: Option<&ListingShare>) -> Vec<Withheld> {
    let mut withheld: Vec<Withheld> = [
        (Reason::Safety, part.safety),
        (Reason::Buffer, part.buffer),
        (Reason::Cap, part.over_cap),
        (Reason::Others, part.elsewhere),
        (Reason::OwnListings, listing.map_or(0, |l| l.siblings)),
        (Reason::Rounding, listing.map_or(0, |l| l.rounding)),
    ]
    .into_iter()
    .filter(|(_, units)| *units > 0)
    .map(|(reason, units)| Withheld { reason, units })
    .collect();
    withheld.sort_by_key(|w| std::cmp::Reverse(w.units));
    withheld
}

/// What else a person should know of an account's part, in sentences.
pub fn remarks(terms: &Terms, share: &AccountShare, cover: Cover) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    let part = &share.part;
    match (terms.mode(), share.regime) {
        (Mode::Hybrid, regime) => remarks.push(format!(
            "Hybrid is {regime} now: the stock covers {} days, the threshold is {}.",
            cover.days(),
            terms.cover_days()
        )),
        (_, Regime::Shared) => remarks.push("Shared: everybody is shown the same units.".to_owned()),
        (_, Regime::Strict) => {}
    }
    if part.missing > 0 {
        let what = if terms.fixed.is_some() {
            "fixed amount"
        } else {
            "minimum"
        };
        remarks.push(format!("{} units are missing to its {what}.", part.missing));
    }
    if part.raised > 0 {
        remarks.push(format!("{} units only because of its minimum.", part.raised));
    }
    let contradictions = terms.contradictions().into_iter();
    remarks.extend(contradictions.map(|c: Contradiction| format!("Policies contradict each other: {c}.")));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn participant(terms: Terms) -> Participant {
        Participant {
            terms,
            claim: Claim::default(),
        }
    }

    fn listed(participant: usize, units: i64, units_per_day: i64) -> Listed {
        Listed {
            participant,
            units,
            units_per_day,
            regime: Regime::Strict,
        }
    }

    fn quantities(outcome: &Outcome) -> Vec<i64> {
        outcome.listings.iter().map(|l| l.quantity).collect()
    }

    fn stock(available: i64) -> Stock {
        Stock { available, safety: 0 }
    }

    #[test]
    fn an_accounts_part_is_divided_among_its_listings_and_packs_round_down() {
        let two = [participant(Terms::NONE), participant(Terms::NONE)];
        let outcome = share_out(
            stock(22),
            &two,
            &[listed(0, 1, 0), listed(0, 4, 0), listed(1, 4, 0)],
        );
        assert_eq!(quantities(&outcome), [6, 1, 2]);
        assert_eq!(
            outcome.listings[1],
            ListingShare {
                quantity: 1,
                siblings: 6,
                rounding: 1
            }
        );
        let reasons: Vec<_> = withheld(&outcome.accounts[0].part, Some(&outcome.listings[1]));
        let units = |reason| reasons.iter().find(|w| w.reason == reason).map(|w| w.units);
        assert_eq!(units(Reason::Others), Some(11));
        assert_eq!(units(Reason::OwnListings), Some(6));
        assert_eq!(units(Reason::Rounding), Some(1));
        assert_eq!(units(Reason::Buffer), None);
    }

    #[test]
    fn hybrid_shares_while_there_is_plenty() {
        let hybrid = Terms {
            mode: Some(Mode::Hybrid),
            buffer_units: Some(5),
            ..Terms::NONE
        };
        let two = [participant(hybrid), participant(hybrid)];
        let sells = [listed(0, 1, 10), listed(1, 1, 0)];
        assert_eq!(quantities(&share_out(stock(200), &two, &sells)), [195, 195]);
        let scarce = share_out(stock(100), &two, &sells);
        assert_eq!(quantities(&scarce), [48, 47]);
        let remarks = remarks(&hybrid, &scarce.accounts[0], scarce.cover);
        assert_eq!(
            remarks,
            ["Hybrid is strict now: the stock covers 10 days, the threshold is 14."]
        );
    }

    #[test]
    fn velocity_moves_units_to_the_listing_that_sells() {
        let by_pace = Terms {
            method: Some(Method::Velocity),
            ..Terms::NONE
        };
        let one = [participant(by_pace), participant(by_pace)];
        let sells = [listed(0, 1, 9), listed(0, 1, 1), listed(1, 1, 10)];
        assert_eq!(quantities(&share_out(stock(100), &one, &sells)), [45, 5, 50]);
    }

    #[test]
    fn contradictions_are_told() {
        let terms = Terms {
            minimum: Some(10),
            cap: Some(5),
            ..Terms::NONE
        };
        let outcome = share_out(stock(100), &[participant(terms)], &[listed(0, 1, 0)]);
        assert_eq!(quantities(&outcome), [5], "the cap is kept");
        let remarks = remarks(&terms, &outcome.accounts[0], outcome.cover);
        assert!(
            remarks[0].contains("minimum of 10 is above the cap of 5"),
            "{remarks:?}"
        );
    }

    proptest! {
        #[test]
        fn every_unit_is_offered_or_withheld_for_a_reason(
            available in 0i64..500,
            terms in prop::collection::vec((prop::option::of(0i64..90), prop::option::of(0i64..9), any::<bool>()), 1..5),
            listings in prop::collection::vec((0usize..4, 1i64..5, 0i64..30), 0..9),
        ) {
            let participants: Vec<Participant> = terms.iter().map(|(cap, buffer_units, shared)| participant(Terms {
                cap: *cap,
                buffer_units: *buffer_units,
                mode: Some(if *shared { Mode::Shared } else { Mode::Strict }),
                ..Terms::NONE
            })).collect();
            let listings: Vec<Listed> = listings.iter().map(|(p, units, pace)| listed(p % terms.len(), *units, *pace)).collect();
            let outcome = share_out(stock(available), &participants, &listings);
            let mut strict = 0;
            for (listed, share) in listings.iter().zip(&outcome.listings) {
                let account = &outcome.accounts[listed.participant];
                let kept: i64 = withheld(&account.part, Some(share)).iter().map(|w| w.units).sum();
                prop_assert_eq!(kept + share.quantity * listed.units, available);
                strict += if account.regime == Regime::Strict { share.quantity * listed.units } else { 0 };
            }
            prop_assert!(strict <= available);
        }
    }
}
