//! Tenants and the people in them.

use crate::listing::named;
use serde::{Deserialize, Serialize};

named! {
    /// What a person or token may do in a tenant; each role may do all that the ones after it may.
    Role {
        /// Everything, including other owners.
        Owner = "owner",
        /// Connect accounts, people, policies.
        Admin = "admin",
        /// Daily work: stock, orders, sync.
        Operator = "operator",
        /// Look.
        Viewer = "viewer",
    }
}

impl Role {
    /// Whether this role includes `needed`.
    pub fn includes(self, needed: Self) -> bool {
        self <= needed
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn roles_nest() {
        for (i, high) in Role::ALL.iter().enumerate() {
            for (j, low) in Role::ALL.iter().enumerate() {
                assert_eq!(high.includes(*low), i <= j);
            }
        }
    }
}
