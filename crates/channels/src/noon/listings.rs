//! Listings: which ones there are comes from an export of the catalogue or from the option `listing_skus`; what each shows
//! is looked up one by one.
//!
//! A cursor is `skus N` (typed SKUs from the Nth), `export CODE` (being made) or `rows CODE N` (made; SKUs from the Nth).

use std::time::Duration;

use futures_util::future::join_all;
use stockbridge_domain::channel::{
    ChannelError, Fault, ListingKey, ListingPage, ListingSnapshot, ListingSource, Unreadable,
};
use stockbridge_domain::listing::{FulfilledBy, ListingStatus};
use stockbridge_domain::places::PlaceUnits;
use stockbridge_domain::{BoxFut, Sku};

use super::client::{self, LISTINGS_PAGE, READ_BATCH};
use super::{NoonConnection, table, wire};
use crate::plain;

/// How long until an export is looked for again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Products asked for at once.
const AT_ONCE: usize = 8;

impl ListingSource for NoonConnection {
    fn page<'a>(&'a self, cursor: Option<&'a str>) -> BoxFut<'a, Result<ListingPage, ChannelError>> {
        Box::pin(async move {
            let mut words = cursor.unwrap_or_default().split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some(""), ..) if self.settings.skus.is_empty() => self.begin_export().await,
                (Some(""), ..) => self.some("skus", 0, &self.settings.skus).await,
                (Some("skus"), Some(from), _) => self.some("skus", number(from)?, &self.settings.skus).await,
                (Some("export"), Some(code), _) => self.exported(code, 0).await,
                (Some("rows"), Some(code), Some(from)) => self.exported(code, number(from)?).await,
                _ => Err(lost_place()),
            }
        })
    }

    fn read<'a>(
        &'a self,
        listings: &'a [ListingKey],
    ) -> BoxFut<'a, Result<Vec<ListingSnapshot>, ChannelError>> {
        Box::pin(async move {
            let skus: Vec<String> = listings.iter().map(|key| key.sku.as_str().to_owned()).collect();
            let mut page = ListingPage::default();
            let mut done = 0;
            while done < skus.len() {
                // What is left out would pass for not being there.
                done += self.look_up(&skus[done..], &mut page).await?;
            }
            match page.unreadable.into_iter().find(|unread| !unread.raw.is_empty()) {
                Some(unread) => Err(ChannelError::new(
                    Fault::Contract,
                    client::PRODUCT.name,
                    unread.reason,
                )),
                None => Ok(page.listings),
            }
        })
    }
}

fn lost_place() -> ChannelError {
    ChannelError::new(
        Fault::Rejected,
        client::EXPORT.name,
        "the place in the list cannot be read",
    )
}

fn number(text: &str) -> Result<usize, ChannelError> {
    text.parse().map_err(|_| lost_place())
}

impl NoonConnection {
    async fn begin_export(&self) -> Result<ListingPage, ChannelError> {
        let answer = self
            .api
            .call(&client::export(&self.settings.export_prefix))
            .await
            .map_err(explained)?;
        let export: wire::Export = answer.read(&client::EXPORT)?;
        if export.export_code.is_empty() || export.export_code.contains(char::is_whitespace) {
            return Err(answer.contract(&client::EXPORT, "the export has no code"));
        }
        Ok(self.wait(&export.export_code))
    }

    fn wait(&self, code: &str) -> ListingPage {
        ListingPage {
            next: Some(format!("export {code}")),
            wait_until: Some(self.api.io.env.now().plus(PATIENCE)),
            ..ListingPage::default()
        }
    }

    /// Some listings of an export, if it is made.
    async fn exported(&self, code: &str, from: usize) -> Result<ListingPage, ChannelError> {
        let operation = &client::EXPORT_STATUS;
        let answer = self
            .api
            .call(&client::export_status(&self.settings.export_prefix, code))
            .await
            .map_err(explained)?;
        let export: wire::ExportStatus = answer.read(operation)?;
        let url = match (export.status.as_str(), export.download_url) {
            ("PENDING" | "QUEUE" | "RUNNING", _) => return Ok(self.wait(code)),
            ("COMPLETE", Some(url)) => url,
            ("COMPLETE", None) => {
                return Err(answer.contract(operation, "the export is complete, but has no address"));
            }
            ("ERROR", _) => {
                let message = "Noon could not export the catalogue; it is tried again. The option `listing_skus` does without exports";
                return Err(answer.blame(ChannelError::new(Fault::Unavailable, operation.name, message)));
            }
            (other, _) => {
                let message = format!("the state `{}` of an export is not known", plain::line(other));
                return Err(answer.contract(operation, &message));
            }
        };
        let table = self.api.download(&url).await?;
        let rows = table::rows(&table.text());
        let Some((header, rows)) = rows.split_first() else {
            return Err(table.contract(&client::DOWNLOAD, "the exported table is empty"));
        };
        let column = table::sku_column(header).ok_or_else(|| {
            let names = plain::line(&header.join(", "));
            let message =
                format!("the exported table has no column of SKUs (partner_sku); its columns are: {names}");
            table.contract(&client::DOWNLOAD, &message)
        })?;
        let skus = table::distinct(
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|sku| sku.trim()),
        );
        self.some(&format!("rows {code}"), from, &skus).await
    }

    /// A page of known SKUs, which ends early where a call fails: each product is a call of its own, and what was read is
    /// not to be read again because of a later one.
    async fn some(&self, cursor: &str, from: usize, skus: &[String]) -> Result<ListingPage, ChannelError> {
        let until = (from + LISTINGS_PAGE).min(skus.len());
        let (mut page, mut done) = (ListingPage::default(), from);
        for some in skus.get(from..until).unwrap_or_default().chunks(READ_BATCH) {
            let read = match self.look_up(some, &mut page).await {
                Ok(read) => read,
                Err(error) if done == from => return Err(error),
                Err(_) => break,
            };
            done += read;
            if read < some.len() {
                break;
            }
        }
        page.next = (done < skus.len()).then(|| format!("{cursor} {done}"));
        Ok(page)
    }

    /// Adds what Noon shows for these SKUs, up to the first that could not be asked for; answers how many were. What Noon does
    /// not know is set aside without raw text.
    async fn look_up(&self, skus: &[String], page: &mut ListingPage) -> Result<usize, ChannelError> {
        let (mut products, mut unknown, mut failed) = (Vec::new(), Vec::new(), None);
        'all: for some in skus.chunks(AT_ONCE) {
            let calls: Vec<_> = some.iter().map(|sku| client::product(sku)).collect();
            let answers = join_all(calls.iter().map(|call| self.api.call(call))).await;
            for (sku, answer) in some.iter().zip(answers) {
                match answer {
                    Ok(answer) => products.push(answer.read::<wire::Product>(&client::PRODUCT)?),
                    Err(e) if e.fault == Fault::NotFound => unknown.push(Unreadable {
                        id: Some(sku.clone()),
                        reason: "Noon does not know the SKU".to_owned(),
                        raw: String::new(),
                    }),
                    Err(e) => {
                        failed = Some(e);
                        break 'all;
                    }
                }
            }
        }
        let read = products.len() + unknown.len();
        if let Some(error) = failed.filter(|_| read == 0) {
            return Err(error);
        }
        let known: Vec<&str> = products
            .iter()
            .map(|product| product.partner_sku.as_str())
            .collect();
        let stock = self.stock_of(&known).await?;
        for product in &products {
            match self.snapshot(product, &stock) {
                Ok(listing) => page.listings.push(listing),
                Err(reason) => page.unreadable.push(Unreadable {
                    id: Some(product.partner_sku.clone()),
                    reason,
                    raw: format!("{product:?}"),
                }),
            }
        }
        page.unreadable.append(&mut unknown);
        Ok(read)
    }

    async fn stock_of(&self, skus: &[&str]) -> Result<Vec<wire::StockLine>, ChannelError> {
        if skus.is_empty() || self.settings.warehouses.is_empty() {
            return Ok(Vec::new());
        }
        let call = client::stock_list(&self.settings.warehouses, skus);
        let answer = self.api.call(&call).await?;
        let list: wire::StockList = answer.read(&client::STOCK_LIST)?;
        Ok(list.items)
    }

    fn snapshot(
        &self,
        product: &wire::Product,
        stock: &[wire::StockLine],
    ) -> Result<ListingSnapshot, String> {
        let sku = Sku::parse(&product.partner_sku).map_err(|e| format!("`partner_sku`: {e}"))?;
        let mut issues = Vec::new();
        let country = self.settings.countries.first().map_or("", |country| country.code);
        let offer = product
            .offers
            .iter()
            .find(|offer| offer.country_code.eq_ignore_ascii_case(country));
        if offer.is_none() {
            issues.push(format!("the product is not offered in {country}"));
        }
        let model = offer
            .and_then(|offer| offer.business_model.as_deref())
            .unwrap_or_default();
        let fulfilled_by = match model.to_ascii_lowercase().as_str() {
            "fbn" => FulfilledBy::Channel,
            _ => FulfilledBy::Seller,
        };
        let places = match fulfilled_by {
            FulfilledBy::Channel => None,
            FulfilledBy::Seller => self.places(&product.partner_sku, stock, &mut issues),
        };
        let quantity = places
            .as_ref()
            .map(|places| places.iter().map(|place| place.quantity).sum());
        // One warehouse is no choice between places.
        let places = places.filter(|places| places.len() > 1).unwrap_or_default();
        Ok(ListingSnapshot {
            channel_ref: product.sku.clone(),
            title: product.title.as_deref().and_then(plain::told),
            fulfilled_by,
            quantity,
            places,
            price: offer.and_then(|offer| offer.price.as_ref()).and_then(|price| {
                let amount = plain::decimal(&price.amount);
                plain::money(amount, &price.currency, "price", &mut issues)
            }),
            status: status(offer, &mut issues),
            images: None,
            barcode: None,
            handle: None,
            issues,
            sku,
        })
    }

    /// Units at each of the account's warehouses; `None` when no warehouse is named or one does not say.
    fn places(
        &self,
        sku: &str,
        stock: &[wire::StockLine],
        issues: &mut Vec<String>,
    ) -> Option<Vec<PlaceUnits>> {
        let mut places = Vec::new();
        for code in &self.settings.warehouses {
            let line = stock
                .iter()
                .find(|line| line.partner_sku == sku && line.warehouse_code == *code);
            // What was never stocked at a warehouse is not listed there.
            let quantity = line.map_or(Some(0), |line| line.qty);
            let Some(quantity) = quantity.filter(|quantity| *quantity >= 0) else {
                issues.push(format!("the warehouse `{code}` does not say how many it has"));
                return None;
            };
            places.push(PlaceUnits {
                location: code.clone(),
                quantity,
            });
        }
        (!places.is_empty()).then_some(places)
    }
}

/// Whether buyers can buy it. The words of `live_status` are not published beyond `live`.
fn status(offer: Option<&wire::Offer>, issues: &mut Vec<String>) -> ListingStatus {
    let Some(offer) = offer else {
        return ListingStatus::Inactive;
    };
    for issue in &offer.offer_issues {
        let texts = [issue.reason.as_deref(), issue.description.as_deref()];
        let texts: Vec<String> = texts.into_iter().flatten().map(plain::line).collect();
        issues.push(texts.join(": "));
    }
    let live = offer.live_status.as_deref().unwrap_or_default();
    match live.to_ascii_lowercase().as_str() {
        _ if !offer.is_active => ListingStatus::Inactive,
        "" | "live" | "active" => ListingStatus::Active,
        "not_live" | "not live" | "inactive" => ListingStatus::Inactive,
        _ => {
            issues.push(format!("the live status `{}` is not known", plain::line(live)));
            ListingStatus::Unknown
        }
    }
}

/// What to do where exports are not found at the address we know.
fn explained(error: ChannelError) -> ChannelError {
    if error.fault != Fault::NotFound {
        return error;
    }
    let message = "Noon does not answer exports at this address, which it does not publish; enter your SKUs in the option \
                   `listing_skus`, or the right service in `export_prefix`";
    ChannelError {
        fault: Fault::Rejected,
        message: message.to_owned(),
        ..error
    }
}
