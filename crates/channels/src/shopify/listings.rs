//! Listings: all of them, by page or as one file, and some of them read again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::BoxFut;
use stockbridge_domain::channel::{ChannelError, ListingKey, ListingPage, ListingSnapshot, ListingSource};

use super::ShopConnection;
use super::api::Answer;
use super::bulk::Step;
use super::client::{self, VARIANTS_PAGE};
use super::lines::gone;
use super::variant::{self, Handle, LevelNode, Variant};
use super::wire::{Connection, Raw, ShopCurrency};

/// From so many variants on, a file is quicker than pages: a shop of the standard plan reads some ten variants a second.
const BULK_FROM: i64 = 1_000;
/// Begins the kept place in a walk by pages.
const PAGE: &str = "page:";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    shop: ShopCurrency,
    product_variants: Connection<Raw>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    product_variants_count: Option<Count>,
}

#[derive(Debug, Deserialize)]
struct Count {
    count: i64,
}

#[derive(Debug, Deserialize)]
struct ById {
    shop: ShopCurrency,
    nodes: Vec<Option<Raw>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BySku {
    product_variants: Connection<Bearer>,
}

/// Who bears a SKU.
#[derive(Debug, Deserialize)]
struct Bearer {
    id: String,
    #[serde(default)]
    sku: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneItem {
    inventory_item: Option<WithLevels>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithLevels {
    inventory_levels: Connection<LevelNode>,
}

impl ListingSource for ShopConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            match cursor {
                None => {
                    let call = client::call(&client::VARIANTS_COUNT, json!({}));
                    let counted: Counted = self.api.ask(&call).await?;
                    let count = counted.product_variants_count.map_or(0, |count| count.count);
                    if count >= BULK_FROM {
                        let query = client::plain(client::BULK_VARIANTS);
                        let step = self.begin_bulk(&query).await?;
                        self.listings_of(step).await
                    } else {
                        self.variants_page(None).await
                    }
                }
                Some(place) => match place.strip_prefix(PAGE) {
                    Some(after) => self.variants_page(Some(after).filter(|a| !a.is_empty())).await,
                    None => {
                        let query = client::plain(client::BULK_VARIANTS);
                        let step = self.go_on_in_bulk(place, &query).await?;
                        self.listings_of(step).await
                    }
                },
            }
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let mut ids = Vec::new();
            let mut unknown = Vec::new();
            for key in listings {
                match key.handle.as_deref().and_then(Handle::parse) {
                    Some(handle) => ids.push(handle.variant_gid()),
                    None => unknown.push(key.sku.as_str()),
                }
            }
            if !unknown.is_empty() {
                let bearers = self.bearers(&unknown).await?;
                // Of several bearers none is read: which one is meant cannot be told.
                ids.extend(bearers.into_values().filter(|b| b.len() == 1).flatten());
            }
            let mut found = Vec::new();
            for ids in ids.chunks(VARIANTS_PAGE) {
                found.extend(self.read_ids(ids).await?);
            }
            found.retain(|listing| listings.iter().any(|key| key.sku == listing.sku));
            Ok(found)
        })
    }
}

impl ShopConnection {
    /// What a step in a file comes to.
    async fn listings_of(&self, step: Step) -> Result<ListingPage, ChannelError> {
        let later = |next: String, pause: Duration| ListingPage {
            next: Some(next),
            wait_until: Some(self.api.io.env.now().plus(pause)),
            ..ListingPage::default()
        };
        let part = match step {
            Step::Later(place, pause) => return Ok(later(place, pause)),
            Step::ByPage => return Ok(later(PAGE.to_owned(), Duration::ZERO)),
            Step::Part(part) => part,
        };
        let mut result = ListingPage {
            next: part.next,
            ..ListingPage::default()
        };
        let mut variants = Vec::new();
        for group in part.groups {
            match variant::of_group(&group) {
                Ok(read) => variants.push((group.head, read)),
                Err(reason) => result.unreadable.push(variant::unreadable(&group.head, reason)),
            }
        }
        self.sort_out(variants, &part.currency, &mut result).await?;
        Ok(result)
    }

    async fn variants_page(&self, after: Option<&str>) -> Result<ListingPage, ChannelError> {
        let page: Page = self.api.ask(&client::variants(after)).await?;
        let mut result = ListingPage {
            next: page.product_variants.next().map(|after| format!("{PAGE}{after}")),
            ..ListingPage::default()
        };
        let mut variants = Vec::new();
        for raw in page.product_variants.nodes {
            match variant::parse(&raw) {
                Ok(variant) => variants.push((raw.get().to_owned(), self.levels(variant).await?)),
                Err(reason) => result.unreadable.push(variant::unreadable(raw.get(), reason)),
            }
        }
        self.sort_out(variants, &page.shop.currency_code, &mut result)
            .await?;
        Ok(result)
    }

    /// Tells readable variants from those without a SKU of their own.
    pub(super) async fn sort_out(
        &self,
        variants: Vec<(String, (Variant, Vec<LevelNode>))>,
        currency: &str,
        result: &mut ListingPage,
    ) -> Result<(), ChannelError> {
        let shared = self.shared(&variants).await?;
        for (raw, (variant, levels)) in variants {
            let is_shared = variant.sku.as_ref().is_some_and(|sku| shared.contains(sku));
            let read = match variant::sku_problem(&variant, is_shared) {
                Some(problem) => Err(problem),
                None => variant::listing(&variant, &levels, currency),
            };
            match read {
                Ok(listing) => result.listings.push(listing),
                Err(reason) => result.unreadable.push(variant::unreadable(&raw, reason)),
            }
        }
        Ok(())
    }

    /// SKUs that several variants bear. Shopify hints at them; whether its hint counts the variant itself is not documented,
    /// so who bears the SKU is looked up.
    async fn shared(
        &self,
        variants: &[(String, (Variant, Vec<LevelNode>))],
    ) -> Result<BTreeSet<String>, ChannelError> {
        let hinted: Vec<&str> = variants
            .iter()
            .map(|(_, (variant, _))| variant)
            .filter(|v| v.inventory_item.duplicate_sku_count > 0)
            .filter_map(|v| v.sku.as_deref().filter(|sku| !sku.trim().is_empty()))
            .collect();
        let mut shared = BTreeSet::new();
        for skus in hinted.chunks(VARIANTS_PAGE) {
            let bearers = self.bearers(skus).await?;
            shared.extend(
                bearers
                    .into_iter()
                    .filter(|(_, b)| b.len() > 1)
                    .map(|(sku, _)| sku),
            );
        }
        Ok(shared)
    }

    /// Ids of the variants that bear exactly these SKUs.
    async fn bearers(&self, skus: &[&str]) -> Result<BTreeMap<String, BTreeSet<String>>, ChannelError> {
        let mut bearers = BTreeMap::<String, BTreeSet<String>>::new();
        let mut next = None::<String>;
        loop {
            let found: BySku = self
                .api
                .ask(&client::variants_by_sku(skus, next.as_deref()))
                .await?;
            next = found.product_variants.next();
            for bearer in found.product_variants.nodes {
                if let Some(sku) = bearer.sku.filter(|sku| skus.contains(&sku.as_str())) {
                    bearers.entry(sku).or_default().insert(bearer.id);
                }
            }
            if next.is_none() {
                return Ok(bearers);
            }
        }
    }

    /// Variants by id, at most a page of them; what is gone or unreadable is absent, as nothing is known of it.
    async fn read_ids(&self, ids: &[String]) -> Result<Vec<ListingSnapshot>, ChannelError> {
        let answer: Answer = self
            .api
            .call(&client::call(&client::VARIANTS_BY_ID, json!({"ids": ids})))
            .await?;
        let by_id: ById = answer.read()?;
        let mut found = Vec::new();
        for raw in by_id.nodes.into_iter().flatten() {
            let variant = variant::parse(&raw).map_err(|reason| answer.contract(&reason))?;
            if variant::sku_problem(&variant, false).is_some() {
                continue;
            }
            let (variant, levels) = self.levels(variant).await?;
            let listing = variant::listing(&variant, &levels, &by_id.shop.currency_code);
            found.push(listing.map_err(|reason| answer.contract(&reason))?);
        }
        Ok(found)
    }

    /// All levels of a variant, of which its own answer holds the first page.
    async fn levels(&self, mut variant: Variant) -> Result<(Variant, Vec<LevelNode>), ChannelError> {
        let Some(first) = variant.inventory_item.inventory_levels.take() else {
            return Ok((variant, Vec::new()));
        };
        let mut next = first.next();
        let mut levels = first.nodes;
        while let Some(after) = next {
            let call = client::of(
                &client::INVENTORY_LEVELS,
                &variant.inventory_item.id,
                Some(&after),
            );
            let page: OneItem = self.api.ask(&call).await?;
            let page = page
                .inventory_item
                .ok_or_else(|| gone(call.document))?
                .inventory_levels;
            next = page.next();
            levels.extend(page.nodes);
        }
        Ok((variant, levels))
    }
}
