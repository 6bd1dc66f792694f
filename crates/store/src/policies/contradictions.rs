//! Policies of different levels that cannot all be kept.

use serde::Serialize;
use stockbridge_domain::allocation::{BasisPoints, Participant, claimed};
use stockbridge_domain::{AccountId, ProductId};

use super::percent;
use super::rules::Rules;
use crate::{StoreError, TenantTx};

/// Policies that cannot all be kept, found by combining levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyContradiction {
    /// The product it is about; `None` when it is about all.
    pub product: Option<ProductId>,
    /// The account it is about; `None` when it is about all.
    pub account: Option<AccountId>,
    /// What contradicts what, and what is done.
    pub message: String,
}

impl TenantTx {
    /// What of all policies cannot be kept because levels contradict each other, the general before the particular. At
    /// most `MOST_CONTRADICTIONS`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_contradictions(&mut self) -> Result<Vec<PolicyContradiction>, StoreError> {
        let rules = Rules::load(self, None).await?;
        let accounts = self.sharing_accounts().await?;
        let mut products: Vec<ProductId> = rules.own().collect();
        products.sort_unstable();
        let mut found = Vec::new();
        for product in std::iter::once(None).chain(products.into_iter().map(Some)) {
            let sharing: Vec<Participant> = accounts
                .iter()
                .map(|(account, _)| rules.participant(product, *account))
                .collect();
            for (participant, (account, _)) in sharing.iter().zip(&accounts) {
                for contradiction in participant.terms.contradictions() {
                    tell(&mut found, product, Some(*account), contradiction.to_string());
                }
            }
            let sum = claimed(&sharing.iter().map(|p| p.claim).collect::<Vec<_>>());
            if sum > i64::from(BasisPoints::ALL.0) {
                let sum = percent(sum);
                let message =
                    format!("shares from different levels add up to {sum} percent; all are scaled down");
                tell(&mut found, product, None, message);
            }
            if found.len() >= MOST_CONTRADICTIONS {
                break;
            }
        }
        found.truncate(MOST_CONTRADICTIONS);
        Ok(found)
    }
}

/// Notes a contradiction, unless it holds for all products and is noted already.
fn tell(
    found: &mut Vec<PolicyContradiction>,
    product: Option<ProductId>,
    account: Option<AccountId>,
    message: String,
) {
    let general =
        |f: &PolicyContradiction| f.product.is_none() && f.account == account && f.message == message;
    if !found.iter().any(general) {
        found.push(PolicyContradiction {
            product,
            account,
            message,
        });
    }
}

/// How many contradictions are told at once.
pub const MOST_CONTRADICTIONS: usize = 100;
