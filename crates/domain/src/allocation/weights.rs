//! Percentages as people set them: on a channel, on one of its accounts, or not at all.

use super::{BasisPoints, divide};

/// What is said about one account's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claim {
    /// A share of its own.
    pub own: Option<BasisPoints>,
    /// Its channel, as any number that tells channels apart.
    pub channel: usize,
    /// The share of its whole channel.
    pub of_channel: Option<BasisPoints>,
}

/// The share of each: its own; else an equal part of what its channel's share leaves; else an equal part of what all
/// shares leave.
pub fn shares(claims: &[Claim]) -> Vec<BasisPoints> {
    let mut shares = vec![None; claims.len()];
    for (share, claim) in shares.iter_mut().zip(claims) {
        *share = claim.own.map(|own| i64::from(own.0));
    }
    for first in 0..claims.len() {
        let (Some(whole), None) = (claims[first].of_channel, shares[first]) else {
            continue;
        };
        let here = |i: &usize| claims[*i].channel == claims[first].channel;
        let own: i64 = (0..claims.len()).filter(here).filter_map(|i| shares[i]).sum();
        let open: Vec<usize> = (0..claims.len())
            .filter(here)
            .filter(|i| shares[*i].is_none())
            .collect();
        hand_out(i64::from(whole.0) - own, &open, &mut shares);
    }
    let set: i64 = shares.iter().flatten().sum();
    let open: Vec<usize> = (0..claims.len()).filter(|i| shares[*i].is_none()).collect();
    hand_out(i64::from(BasisPoints::ALL.0) - set, &open, &mut shares);
    let points = |share: Option<i64>| BasisPoints(u32::try_from(share.unwrap_or(0)).unwrap_or(0));
    shares.into_iter().map(points).collect()
}

fn hand_out(points: i64, to: &[usize], shares: &mut [Option<i64>]) {
    for (i, part) in to.iter().zip(divide(points, &vec![1; to.len()])) {
        shares[*i] = Some(part);
    }
}

/// What the claims add up to, in hundredths of a percent: more than 10,000 contradicts itself. A channel counts with its
/// own share or with those of its accounts, whichever is more.
pub fn claimed(claims: &[Claim]) -> i64 {
    let points = |share: Option<BasisPoints>| share.map_or(0, |s| i64::from(s.0));
    let first = |i: &usize| claims[..*i].iter().all(|c| c.channel != claims[*i].channel);
    (0..claims.len())
        .filter(first)
        .map(|i| {
            let here = || claims.iter().filter(|c| c.channel == claims[i].channel);
            let own: i64 = here().map(|c| points(c.own)).sum();
            own.max(here().map(|c| points(c.of_channel)).max().unwrap_or(0))
        })
        .sum()
}

/// The example for a start: 30 % for the hub's own store, and the rest in equal parts for the other channels. `remote`
/// says of each channel whether it is another's. With two of them that is 30, 35 and 35.
pub fn example(remote: &[bool]) -> Vec<BasisPoints> {
    const OWN: BasisPoints = BasisPoints(3_000);
    let count = |wanted: bool| remote.iter().filter(|r| **r == wanted).count();
    let claim = |remote: &bool| match (*remote, count(true)) {
        (true, _) | (false, 0) => Claim::default(),
        (false, _) => Claim {
            channel: 1,
            of_channel: Some(OWN),
            own: None,
        },
    };
    shares(&remote.iter().map(claim).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(own: Option<u32>, channel: usize, of_channel: Option<u32>) -> Claim {
        Claim {
            own: own.map(BasisPoints),
            channel,
            of_channel: of_channel.map(BasisPoints),
        }
    }

    fn points(claims: &[Claim]) -> Vec<u32> {
        shares(claims).into_iter().map(|s| s.0).collect()
    }

    #[test]
    fn the_example_is_thirty_and_equal_parts_of_the_rest() {
        let example = |remote: &[bool]| example(remote).into_iter().map(|s| s.0).collect::<Vec<_>>();
        assert_eq!(example(&[false, true, true]), [3_000, 3_500, 3_500]);
        assert_eq!(example(&[true, false]), [7_000, 3_000]);
        assert_eq!(example(&[false]), [10_000], "nobody to leave the rest to");
    }

    #[test]
    fn who_has_no_share_gets_an_equal_part_of_the_rest() {
        assert_eq!(
            points(&[claim(None, 1, None), claim(None, 2, None)]),
            [5_000, 5_000]
        );
        assert_eq!(
            points(&[
                claim(Some(2_000), 1, None),
                claim(None, 2, None),
                claim(None, 3, None)
            ]),
            [2_000, 4_000, 4_000]
        );
        assert_eq!(
            points(&[claim(Some(2_000), 1, None)]),
            [2_000],
            "the rest stays in the pool"
        );
    }

    #[test]
    fn a_channels_share_is_divided_among_its_accounts() {
        let two = [
            claim(None, 1, Some(3_500)),
            claim(None, 2, None),
            claim(None, 1, Some(3_500)),
        ];
        assert_eq!(points(&two), [1_750, 6_500, 1_750]);
        let one_of_its_own = [claim(Some(3_000), 1, Some(3_500)), claim(None, 1, Some(3_500))];
        assert_eq!(points(&one_of_its_own), [3_000, 500]);
    }

    #[test]
    fn a_channel_claims_its_share_or_its_accounts_shares() {
        let claims = [
            claim(Some(2_000), 1, None),
            claim(Some(2_500), 1, None),
            claim(None, 2, Some(3_000)),
            claim(None, 2, Some(3_000)),
            claim(Some(4_000), 3, None),
            claim(None, 3, Some(3_000)),
            claim(None, 4, None),
        ];
        assert_eq!(claimed(&claims), 4_500 + 3_000 + 4_000);
    }

    proptest! {
        #[test]
        fn shares_that_fit_stay_within_all(claims in prop::collection::vec((prop::option::of(0u32..1_500), 0usize..3), 1..6)) {
            let channels = [Some(2_000), None, Some(500)];
            let claims: Vec<Claim> = claims.into_iter().map(|(own, channel)| claim(own, channel, channels[channel])).collect();
            let shares = shares(&claims);
            prop_assert!(shares.iter().map(|s| s.0).sum::<u32>() <= BasisPoints::ALL.0);
            for (share, claim) in shares.iter().zip(&claims) {
                prop_assert!(claim.own.is_none_or(|own| own == *share));
            }
        }
    }
}
