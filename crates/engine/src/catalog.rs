//! Products, and which listings sell them.

use stockbridge_domain::catalog::Product;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, ListingId, Money, ProductId, Sku};
use stockbridge_store::{MapError, NewAudit, NewProduct, ProductError};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;

/// Most products of one request.
const MOST: usize = 1_000;

/// A product as typed in.
#[derive(Debug, Clone)]
pub struct NewProductRequest {
    /// The seller's own SKU.
    pub sku: String,
    /// Title.
    pub title: String,
    /// EAN, UPC or GTIN.
    pub barcode: Option<String>,
    /// Base price.
    pub price: Option<Money>,
}

impl Hub {
    /// Enters products; all or none. Listings that wait for one of these SKUs are mapped by the next pull of listings, and
    /// at once where they are known already.
    ///
    /// # Errors
    /// [`Refusal::Fields`] names each wrong product by its index, [`Refusal::Conflict`] a SKU that is there already.
    pub async fn create_products(
        &self,
        caller: &Caller,
        requests: Vec<NewProductRequest>,
    ) -> Result<Vec<Product>, Refusal> {
        caller.require(Role::Operator)?;
        if requests.is_empty() || requests.len() > MOST {
            return Err(Refusal::field(
                "products",
                format!("send 1 to {MOST} products at once"),
            ));
        }
        let new = check_products(requests)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let created = tx.create_products(new).await.map_err(|error| match error {
            ProductError::Store(error) => Refusal::Store(error),
            taken => Refusal::Conflict(taken.to_string()),
        })?;
        crate::notices::raise(&mut tx, None, &created.adopted.notices).await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.commit().await?;
        Ok(created.products)
    }

    /// Maps a listing to a product, or takes it off; orders that waited for it are reserved at once.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a listing or product that is not there.
    pub async fn map_listing(
        &self,
        caller: &Caller,
        listing: ListingId,
        product: Option<ProductId>,
        units: i64,
    ) -> Result<(), Refusal> {
        caller.require(Role::Operator)?;
        let refuse = |error: MapError| match error {
            MapError::Store(error) => Refusal::Store(error),
            MapError::Units(_) => Refusal::field("units", error.to_string()),
            missing => Refusal::NotFound(missing.to_string()),
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        match product {
            None => tx.unmap_listing(listing).await.map_err(refuse)?,
            Some(product) => {
                let outcome = tx.map_listing(listing, product, units).await.map_err(refuse)?;
                crate::notices::raise(&mut tx, None, &outcome.notices).await?;
            }
        }
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "listing.map",
            subject: &listing.to_string(),
            detail: &format!("{product:?} x{units}"),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn check_products(requests: Vec<NewProductRequest>) -> Result<Vec<NewProduct>, Refusal> {
    let mut problems = Vec::new();
    let mut new = Vec::with_capacity(requests.len());
    for (index, request) in requests.into_iter().enumerate() {
        let title = request.title.trim().to_owned();
        if title.is_empty() || title.chars().count() > 500 {
            problems.push(FieldError::new(
                format!("{index}/title"),
                "a title has 1 to 500 characters",
            ));
        }
        match Sku::parse(&request.sku) {
            Err(error) => problems.push(FieldError::new(format!("{index}/sku"), error.to_string())),
            Ok(sku) => new.push(NewProduct {
                sku,
                title,
                barcode: request.barcode,
                base_price: request.price,
            }),
        }
    }
    if problems.is_empty() {
        Ok(new)
    } else {
        Err(Refusal::Fields(problems))
    }
}
