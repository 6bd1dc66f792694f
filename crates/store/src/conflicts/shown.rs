//! What a channel shows besides the quantity: price, status, title, compared with what it should; the title also with its
//! product's, and images with those of the product's other listings.

use std::collections::HashMap;

use stockbridge_domain::channel::{ListingSnapshot, Timing};
use stockbridge_domain::conflict::{Action, ConflictState, Field, same_text};
use stockbridge_domain::images::Images;
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::{AccountId, ListingId, Money, ProductId, Timestamp};

use super::images::ShownImages;
use super::noting::{Difference, Live};
use crate::columns::{Columns as _, json_value, money_values};
use crate::db::{Row, Value};
use crate::stock::id_list;
use crate::{StoreError, TenantTx};

/// A listing as the hub knows it.
struct Known {
    id: ListingId,
    product: Option<ProductId>,
    units: i64,
    title: String,
    status: ListingStatus,
    price: Option<Money>,
    wanted: Option<Money>,
    /// The channel has been told the wanted price, and had the time to show it since.
    price_told: bool,
    desired: Option<i64>,
    /// What the product it sells is called.
    product_title: Option<String>,
    /// The title that somebody wants it to have all the same.
    title_accepted: Option<String>,
    images: Option<Images>,
    /// The images, in words, that somebody wants it to have all the same.
    images_accepted: Option<String>,
}

impl Known {
    /// Whether a snapshot tells nothing else.
    fn says(&self, snapshot: &ListingSnapshot) -> bool {
        fn same<T: PartialEq>(told: Option<&T>, known: Option<&T>) -> bool {
            told.is_none() || told == known
        }
        self.status == snapshot.status
            && same(snapshot.title.as_ref(), Some(&self.title))
            && same(snapshot.price.as_ref(), self.price.as_ref())
            && self.images == snapshot.images
    }
}

impl TenantTx {
    /// Compares what a channel shows of listings it is known for with what it should show, notes the differences and does
    /// what their strategies say. `at` is when the answer was in. Keeps price, status and title as shown.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn compare_shown(
        &mut self,
        account: AccountId,
        snapshots: &[ListingSnapshot],
        at: Timestamp,
        timing: Timing,
    ) -> Result<(), StoreError> {
        let known = self.known_shown(account, snapshots, at, timing).await?;
        if known.is_empty() {
            return Ok(());
        }
        let mut live: HashMap<(ListingId, Field), Live> = HashMap::new();
        for one in self.live_conflicts(id_list(known.values().map(|k| k.id))).await? {
            live.insert((one.listing, one.field), one);
        }
        let told = snapshots.iter().filter(|s| s.images.is_some());
        let products = told.filter_map(|s| known.get(s.sku.as_str())?.product).collect();
        let images = self.images_of(&products).await?;
        let (mut found, mut changed) = (Vec::new(), std::collections::BTreeMap::new());
        for snapshot in snapshots {
            let Some(known) = known.get(snapshot.sku.as_str()) else {
                continue;
            };
            if !known.says(snapshot) {
                changed.insert(known.id, self.shown_values(known, snapshot)?);
            }
            for (difference, differs) in compare(account, known, snapshot, &live, &images) {
                let was = live.get(&(known.id, difference.field));
                match (differs, was) {
                    (true, _) => found.push(difference),
                    (false, Some(was)) => self.close(was, &difference, Action::Agreed).await?,
                    (false, None) => {}
                }
            }
        }
        let sql = "UPDATE listings SET title = $3, status = $4, price_minor = $5, price_currency = $6, updated_at = $7, \
             images = $8 WHERE tenant_id = $1 AND id = $2";
        let changed: Vec<_> = changed.into_values().collect();
        self.tx.exec_many(sql, &changed).await?;
        if !found.is_empty() {
            let products: Vec<_> = found.iter().filter_map(|f| f.product).collect();
            let rules = self.conflict_rules(products).await?;
            let (data, rest): (Vec<_>, Vec<_>) = found.iter().partition(|f| f.field.describes());
            for difference in rest {
                self.note_difference(&rules, difference).await?;
            }
            self.note_data(&rules, &live, &data).await?;
        }
        Ok(())
    }

    /// What holds after a snapshot: where the channel does not tell a title or price, what was known before.
    fn shown_values(&self, known: &Known, snapshot: &ListingSnapshot) -> Result<Vec<Value>, StoreError> {
        let [minor, currency] = money_values(snapshot.price.or(known.price));
        Ok(vec![
            self.key(),
            known.id.into(),
            snapshot.title.as_ref().unwrap_or(&known.title).into(),
            snapshot.status.name().into(),
            minor,
            currency,
            self.env.now().into(),
            snapshot.images.as_ref().map_or(Ok(Value::Null), json_value)?,
        ])
    }

    async fn known_shown(
        &mut self,
        account: AccountId,
        snapshots: &[ListingSnapshot],
        at: Timestamp,
        timing: Timing,
    ) -> Result<HashMap<String, Known>, StoreError> {
        let skus = Value::TextList(snapshots.iter().map(|s| s.sku.as_str().to_owned()).collect());
        let told_before = at
            .minus(timing.write_apply)
            .minus(stockbridge_domain::offer::CLOCK_SKEW);
        let sql = "SELECT sku, id, product_id, units, title, status, price_minor, price_currency, price_wanted_minor, \
             price_wanted_currency, CASE WHEN price_due = 0 AND price_hold IS NULL AND price_check_at > $4 \
             AND price_check_at < 9223372036854775807 AND COALESCE(price_sent_at, 0) <= $5 THEN 1 ELSE 0 END, \
             desired_qty, (SELECT p.title FROM products p WHERE p.tenant_id = $1 AND p.id = listings.product_id), \
             title_accepted, images, images_accepted FROM listings WHERE tenant_id = $1 AND account_id = $2 AND sku {in $3} {lock_by id}";
        let values = [self.key(), account.into(), skus, at.into(), told_before.into()];
        let rows = self.tx.query(sql, &values).await?;
        rows.iter().map(|row| Ok((row.string(0)?, known(row)?))).collect()
    }
}

fn known(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        id: row.parsed(1)?,
        product: row.opt_parsed(2)?,
        units: row.int(3)?.max(1),
        title: row.string(4)?,
        status: row.named(5, ListingStatus::parse)?,
        price: row.opt_money(6)?,
        wanted: row.opt_money(8)?,
        price_told: row.flag(10)?,
        desired: row.opt_int(11)?,
        product_title: row.opt_string(12)?,
        title_accepted: row.opt_string(13)?,
        images: row.opt_text(14)?.is_some().then(|| row.json(14)).transpose()?,
        images_accepted: row.opt_string(15)?,
    })
}

/// Every field that can be compared, and whether it differs.
fn compare(
    account: AccountId,
    known: &Known,
    snapshot: &ListingSnapshot,
    live: &HashMap<(ListingId, Field), Live>,
    images: &ShownImages,
) -> Vec<(Difference, bool)> {
    let difference = |field, expected: String, shown: String| Difference {
        listing: known.id,
        account,
        product: known.product,
        units: known.units,
        field,
        expected,
        shown,
        values: None,
        price: None,
    };
    let mut compared = Vec::new();
    if let (Some(wanted), Some(shown), true) = (known.wanted, snapshot.price, known.price_told) {
        let same_currency = wanted.currency() == shown.currency();
        let price = Difference {
            values: same_currency.then_some((wanted.minor(), shown.minor())),
            price: Some(shown),
            ..difference(Field::Price, wanted.to_string(), shown.to_string())
        };
        compared.push((price, wanted != shown));
    }
    let offered = known.desired.unwrap_or(0) > 0 && snapshot.quantity.unwrap_or(0) > 0;
    if snapshot.fulfilled_by == FulfilledBy::Seller && known.product.is_some() {
        let hidden = offered
            && matches!(
                snapshot.status,
                ListingStatus::Inactive | ListingStatus::Suppressed
            );
        let status = difference(
            Field::Status,
            ListingStatus::Active.name().to_owned(),
            snapshot.status.name().to_owned(),
        );
        compared.push((status, hidden));
    }
    if let Some(title) = &snapshot.title {
        // What it should be is what it was when somebody last agreed.
        let agreed = live
            .get(&(known.id, Field::Title))
            .filter(|l| l.state == ConflictState::Open)
            .map_or(&known.title, |l| &l.expected);
        let differs = agreed != title && !agreed.is_empty();
        compared.push((difference(Field::Title, agreed.clone(), title.clone()), differs));
        let product = known.product_title.clone().unwrap_or_default();
        let accepted = known.title_accepted.as_ref() == Some(title);
        let differs = known.product_title.is_some() && !accepted && !same_text(&product, title);
        compared.push((difference(Field::Data, product, title.clone()), differs));
    }
    let shown = snapshot
        .images
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let told = known.product.zip(snapshot.images.as_ref());
    let more = told.and_then(|(product, own)| images.more_than(product, known.id, own));
    let differs = more.is_some() && known.images_accepted.as_deref() != Some(&shown);
    let expected = more.unwrap_or_else(|| shown.clone());
    compared.push((difference(Field::Images, expected, shown), differs));
    compared
}
