//! Products as people enter and change them. Files of them are taken in by `imports`; which listings sell them is said in
//! `mapping`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use stockbridge_domain::catalog::{Attribute, Dimensions, Product, ProductDetails, title_problem};
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, Money, Sku};
use stockbridge_store::{NewAudit, NewProduct, ProductCosts, ProductError};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::prices::product_problems;

/// Most products of one request.
const MOST: usize = 1_000;

/// A product as typed in.
#[derive(Debug, Clone, Default)]
pub struct NewProductRequest {
    /// The seller's own SKU.
    pub sku: String,
    /// Title.
    pub title: String,
    /// Base price.
    pub price: Option<Money>,
    /// What one unit costs.
    pub cost: Option<Money>,
    /// What else is known of it.
    pub details: ProductDetails,
}

/// What is to change of a product. The outer nothing leaves what is known; the inner takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductChange {
    /// Title.
    pub title: Option<String>,
    /// EANs, UPCs or GTINs.
    pub barcodes: Option<Vec<String>>,
    /// Brand.
    #[serde(deserialize_with = "present")]
    pub brand: Option<Option<String>>,
    /// Category.
    #[serde(deserialize_with = "present")]
    pub category: Option<Option<String>>,
    /// Weight of one, in grams.
    #[serde(deserialize_with = "present")]
    pub weight_g: Option<Option<i64>>,
    /// Its sides.
    #[serde(deserialize_with = "present")]
    pub dimensions_mm: Option<Option<Dimensions>>,
    /// Addresses of images.
    pub images: Option<Vec<String>>,
    /// Anything else, by name.
    pub attributes: Option<BTreeMap<String, Attribute>>,
    /// What groups its variants.
    #[serde(deserialize_with = "present")]
    pub parent: Option<Option<Sku>>,
    /// What tells it from the other variants.
    pub options: Option<BTreeMap<String, String>>,
}

/// Tells a null that was sent from nothing sent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

impl ProductChange {
    /// Puts what is given in place of what is known.
    pub(crate) fn apply(self, product: &mut Product) {
        fn set<T>(place: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *place = given;
            }
        }
        if let Some(title) = self.title {
            title.trim().clone_into(&mut product.title);
        }
        let details = &mut product.details;
        set(&mut details.barcodes, self.barcodes);
        set(&mut details.brand, self.brand);
        set(&mut details.category, self.category);
        set(&mut details.weight_g, self.weight_g);
        set(&mut details.dimensions_mm, self.dimensions_mm);
        set(&mut details.images, self.images);
        set(&mut details.attributes, self.attributes);
        set(&mut details.parent, self.parent);
        set(&mut details.options, self.options);
    }
}

impl Hub {
    /// Enters products; all or none. Listings with one of these SKUs, or with a barcode that one of them alone has, are
    /// mapped to them unless somebody said otherwise.
    ///
    /// # Errors
    /// [`Refusal::Fields`] names each wrong product by its index, [`Refusal::Conflict`] a SKU or variant that is there
    /// already.
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
        let costs: Vec<Option<Money>> = requests.iter().map(|request| request.cost).collect();
        let new = check_products(requests)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let created = tx.create_products(new).await.map_err(refused)?;
        let costs = created.products.iter().zip(costs);
        let costs = costs.filter_map(|(product, cost)| Some((product.id, Some(cost?))));
        tx.set_costs(&costs.collect()).await?;
        crate::notices::raise(&mut tx, None, &created.adopted.notices).await?;
        crate::notices::mapped(&mut tx).await?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.commit().await?;
        if created
            .products
            .iter()
            .any(|product| !product.details.barcodes.is_empty())
        {
            self.auto_map(caller, None).await?;
        }
        Ok(created.products)
    }

    /// Changes what is known of a product.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for what cannot be, [`Refusal::NotFound`] for an unknown SKU, [`Refusal::Conflict`] for a variant
    /// that is there already.
    pub async fn change_product(
        &self,
        caller: &Caller,
        sku: &Sku,
        change: ProductChange,
    ) -> Result<Product, Refusal> {
        caller.require(Role::Operator)?;
        let mut tx = self.tenant(caller.tenant).begin().await?;
        tx.lock_catalogue(vec![sku.to_string()]).await?;
        let known = tx
            .products_with_costs(vec![sku.to_string()])
            .await?
            .remove(sku.as_str());
        let Some((mut product, _)) = known else {
            return Err(Refusal::NotFound(format!(
                "there is no product with the SKU `{sku}`; enter it first"
            )));
        };
        change.apply(&mut product);
        let mut problems: Vec<FieldError> = title_problem(&product.title).into_iter().collect();
        match std::mem::take(&mut product.details).checked(sku) {
            Ok(details) => product.details = details,
            Err(wrong) => problems.extend(wrong),
        }
        if !problems.is_empty() {
            return Err(Refusal::Fields(problems));
        }
        tx.change_products(std::slice::from_ref(&product))
            .await
            .map_err(refused)?;
        tx.enqueue(job::plan_prices(caller.tenant, self.env().now()))
            .await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "product.change",
            subject: &product.id.to_string(),
            detail: &product.title,
        })
        .await?;
        tx.commit().await?;
        self.auto_map(caller, None).await?;
        Ok(product)
    }
}

/// Why products were not written, for people.
pub(crate) fn refused(error: ProductError) -> Refusal {
    match error {
        ProductError::Store(error) => Refusal::Store(error),
        taken => Refusal::Conflict(taken.to_string()),
    }
}

fn check_products(requests: Vec<NewProductRequest>) -> Result<Vec<NewProduct>, Refusal> {
    let mut problems = Vec::new();
    let mut new = Vec::with_capacity(requests.len());
    for (index, request) in requests.into_iter().enumerate() {
        match check_product(request) {
            Ok(product) => new.push(product),
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| {
                let field = match problem.field.as_str() {
                    "base" => "price",
                    field => field,
                };
                FieldError::new(format!("{index}/{field}"), problem.message)
            })),
        }
    }
    if problems.is_empty() {
        Ok(new)
    } else {
        Err(Refusal::Fields(problems))
    }
}

fn check_product(request: NewProductRequest) -> Result<NewProduct, Vec<FieldError>> {
    let costs = ProductCosts {
        cost: request.cost,
        floor: None,
    };
    let mut problems = product_problems(request.price, &costs);
    problems.extend(title_problem(&request.title));
    let sku = Sku::parse(&request.sku);
    if let Err(error) = &sku {
        problems.push(FieldError::new("sku", error.to_string()));
    }
    // A SKU that is none is told once; what else is wrong is told all the same.
    let named = sku.clone().or_else(|_| Sku::parse("?"));
    let details = match named.map(|sku| request.details.checked(&sku)) {
        Ok(Ok(details)) => details,
        Ok(Err(wrong)) => {
            problems.extend(wrong);
            ProductDetails::default()
        }
        Err(_) => ProductDetails::default(),
    };
    match sku {
        Ok(sku) if problems.is_empty() => Ok(NewProduct {
            sku,
            title: request.title.trim().to_owned(),
            base_price: request.price,
            details,
        }),
        _ => Err(problems),
    }
}
