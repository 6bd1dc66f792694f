//! Policies in memory: every level's terms, ready to be asked what applies to one product on one account.

use std::collections::{BTreeSet, HashMap};

use stockbridge_domain::allocation::{BasisPoints, Claim, Layers, Level, Method, Participant, Terms};
use stockbridge_domain::channel::ChannelKind;
use stockbridge_domain::mode::Mode;
use stockbridge_domain::{AccountId, ProductId};

use super::PolicyScope;
use crate::columns::Columns as _;
use crate::db::{Row, Tx, Value};
use crate::stock::id_list;
use crate::{StoreError, TenantTx};

/// The columns of [`Terms`], in the order of [`terms_from_row`] and [`terms_values`].
pub(super) const TERMS: &str =
    "mode, cover_days, method, share_bp, tier, fixed, cap, minimum, buffer_units, buffer_bp";

pub(super) fn terms_from_row(row: &Row, first: usize) -> Result<Terms, StoreError> {
    let points = |i: usize| -> Result<Option<BasisPoints>, StoreError> {
        let value = row.opt_int(i)?.map(u32::try_from).transpose();
        Ok(value.map_err(|error| row.unreadable(i, error))?.map(BasisPoints))
    };
    let mode = row
        .opt_text(first)?
        .is_some()
        .then(|| row.named(first, Mode::parse));
    let method = row
        .opt_text(first + 2)?
        .is_some()
        .then(|| row.named(first + 2, Method::parse));
    Ok(Terms {
        mode: mode.transpose()?,
        cover_days: row.opt_int(first + 1)?,
        method: method.transpose()?,
        share: points(first + 3)?,
        tier: row.opt_int(first + 4)?,
        fixed: row.opt_int(first + 5)?,
        cap: row.opt_int(first + 6)?,
        minimum: row.opt_int(first + 7)?,
        buffer_units: row.opt_int(first + 8)?,
        buffer_part: points(first + 9)?,
    })
}

pub(super) fn terms_values(terms: &Terms) -> [Value; 10] {
    [
        terms.mode.map(Mode::name).into(),
        terms.cover_days.into(),
        terms.method.map(Method::name).into(),
        terms.share.map(|s| s.0).into(),
        terms.tier.into(),
        terms.fixed.into(),
        terms.cap.into(),
        terms.minimum.into(),
        terms.buffer_units.into(),
        terms.buffer_part.map(|p| p.0).into(),
    ]
}

/// What is said for everything, for channels and for accounts: of all products, or of one.
#[derive(Debug, Default)]
struct Group {
    all: Option<Terms>,
    channels: HashMap<ChannelKind, Terms>,
    accounts: HashMap<AccountId, Terms>,
}

/// The policies that concern some products.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    general: Group,
    products: HashMap<ProductId, Group>,
    /// Each account's channel; empty while no policy names a channel.
    channels: HashMap<AccountId, (usize, ChannelKind)>,
}

impl Rules {
    /// Loads what concerns `products`, or everything.
    pub(crate) async fn load(
        tx: &mut TenantTx,
        products: Option<&BTreeSet<ProductId>>,
    ) -> Result<Self, StoreError> {
        let mut sql =
            format!("SELECT product_id, channel, account_id, {TERMS} FROM policies WHERE tenant_id = $1");
        let mut params = vec![tx.key()];
        if let Some(products) = products {
            sql.push_str(" AND (product_id = '' OR product_id {in $2})");
            params.push(id_list(products));
        }
        let mut rules = Self::default();
        for row in &tx.tx.query(&sql, &params).await? {
            let scope = scope_from_row(row, 0)?;
            rules.put(&scope, terms_from_row(row, 3)?);
        }
        if rules.names_channels() {
            let key = tx.key();
            rules.channels = channels(&mut tx.tx, key).await?;
        }
        Ok(rules)
    }

    fn put(&mut self, scope: &PolicyScope, terms: Terms) {
        let group = match scope.product {
            Some(product) => self.products.entry(product).or_default(),
            None => &mut self.general,
        };
        match (&scope.channel, scope.account) {
            (_, Some(account)) => {
                group.accounts.insert(account, terms);
            }
            (Some(channel), None) => {
                group.channels.insert(channel.clone(), terms);
            }
            (None, None) => group.all = Some(terms),
        }
    }

    fn names_channels(&self) -> bool {
        let mut groups = std::iter::once(&self.general).chain(self.products.values());
        groups.any(|group| !group.channels.is_empty())
    }

    /// What the levels say of a product on an account; without a product, what holds for those nothing was set for.
    pub(crate) fn layers(&self, product: Option<ProductId>, account: AccountId) -> Layers<'_> {
        let channel = self.channels.get(&account).map(|(_, channel)| channel);
        let general = &self.general;
        let mut layers = Layers::default()
            .with(Level::Tenant, general.all.as_ref())
            .with(Level::Channel, channel.and_then(|c| general.channels.get(c)))
            .with(Level::Account, general.accounts.get(&account));
        if let Some(own) = product.and_then(|p| self.products.get(&p)) {
            layers = layers
                .with(Level::Product, own.all.as_ref())
                .with(Level::ProductOnChannel, channel.and_then(|c| own.channels.get(c)))
                .with(Level::ProductOnAccount, own.accounts.get(&account));
        }
        layers
    }

    /// An account as it takes part in sharing a product out.
    pub(crate) fn participant(&self, product: Option<ProductId>, account: AccountId) -> Participant {
        let layers = self.layers(product, account);
        let channel = self.channels.get(&account).map_or(0, |(number, _)| *number);
        Participant {
            terms: layers.resolve(),
            claim: layers.claim(channel),
        }
    }

    /// Products with policies of their own.
    pub(super) fn own(&self) -> impl Iterator<Item = ProductId> {
        self.products.keys().copied()
    }

    /// The shares set on one level: in general, or for one product. Channels without an account count, too.
    pub(super) fn claims_of(
        &self,
        product: Option<ProductId>,
        accounts: &[(AccountId, ChannelKind)],
    ) -> Vec<Claim> {
        let none = Group::default();
        let group = match product {
            None => &self.general,
            Some(product) => self.products.get(&product).unwrap_or(&none),
        };
        let mut names: Vec<&ChannelKind> = accounts.iter().map(|(_, channel)| channel).collect();
        names.extend(group.channels.keys());
        names.sort_unstable();
        names.dedup();
        let number = |channel: &ChannelKind| names.binary_search(&channel).unwrap_or(0);
        let of_accounts = accounts.iter().map(|(account, channel)| Claim {
            own: group.accounts.get(account).and_then(|t| t.share),
            channel: number(channel),
            of_channel: None,
        });
        let of_channels = group.channels.iter().map(|(channel, terms)| Claim {
            own: None,
            channel: number(channel),
            of_channel: terms.share,
        });
        of_accounts.chain(of_channels).collect()
    }
}

/// Reads a scope from product, channel and account, in this order.
pub(crate) fn scope_from_row(row: &Row, first: usize) -> Result<PolicyScope, StoreError> {
    let product = !row.text(first)?.is_empty();
    let account = !row.text(first + 2)?.is_empty();
    let channel = row.text(first + 1)?;
    Ok(PolicyScope {
        channel: (!channel.is_empty()).then(|| ChannelKind::new(channel)),
        account: account.then(|| row.parsed(first + 2)).transpose()?,
        product: product.then(|| row.parsed(first)).transpose()?,
    })
}

/// Each account's channel, channels numbered in the order of their names.
pub(crate) async fn channels(
    tx: &mut Tx,
    tenant: Value,
) -> Result<HashMap<AccountId, (usize, ChannelKind)>, StoreError> {
    let rows = tx
        .query(
            "SELECT id, channel FROM accounts WHERE tenant_id = $1 ORDER BY channel",
            &[tenant],
        )
        .await?;
    let mut found: HashMap<AccountId, (usize, ChannelKind)> = HashMap::with_capacity(rows.len());
    let (mut number, mut last) = (0, String::new());
    for row in &rows {
        if row.text(1)? != last {
            (number, last) = (number + 1, row.string(1)?);
        }
        found.insert(row.parsed(0)?, (number, ChannelKind::new(last.clone())));
    }
    Ok(found)
}
