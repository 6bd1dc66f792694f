//! Kits as people put them together.

use stockbridge_domain::kit::Part;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, Sku};
use stockbridge_store::{KitError, KitPart, NewAudit};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::moves::UnitsOf;

impl Hub {
    /// Says what a product is made of; no lines make it an ordinary product again. Offers of everything that shares a
    /// component with it are computed anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for components that cannot be, among them the kit itself and other kits,
    /// [`Refusal::Conflict`] for a product that has stock of its own or is a component.
    pub async fn set_kit(
        &self,
        caller: &Caller,
        sku: &Sku,
        lines: Vec<UnitsOf>,
    ) -> Result<Vec<KitPart>, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let unknown = || Refusal::NotFound(format!("there is no product with the SKU `{sku}`"));
        let kit = tenant.product_by_sku(sku).await?.ok_or_else(unknown)?.id;
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for (index, line) in lines.iter().enumerate() {
            let found = match Sku::parse(&line.sku) {
                Ok(sku) => tenant.product_by_sku(&sku).await?,
                Err(_) => None,
            };
            match found {
                Some(product) => parts.push(Part {
                    product: product.id,
                    units: line.units,
                }),
                None => problems.push(FieldError::new(
                    format!("components/{index}/sku"),
                    format!("there is no product with the SKU `{}`", line.sku),
                )),
            }
        }
        if !problems.is_empty() {
            return Err(Refusal::Fields(problems));
        }
        let mut tx = tenant.begin().await?;
        tx.set_kit(kit, &parts)
            .await
            .map_err(|error| refusal(error, &parts))?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        let detail: Vec<String> = lines.iter().map(|l| format!("{}={}", l.sku, l.units)).collect();
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "kit.change",
            subject: sku.as_str(),
            detail: &detail.join(" "),
        })
        .await?;
        tx.commit().await?;
        Ok(tenant.kit(kit).await?)
    }
}

/// Says at which component a kit is wrong.
fn refusal(error: KitError, parts: &[Part]) -> Refusal {
    let at = |wrong: &dyn Fn(&Part) -> bool, field: &str| {
        let index = parts.iter().position(wrong).unwrap_or(0);
        format!("components/{index}/{field}")
    };
    let text = error.to_string();
    match error {
        KitError::Store(error) => Refusal::Store(error),
        KitError::NoProduct(_) => Refusal::NotFound(text),
        KitError::IsComponent(_) | KitError::HasStock => Refusal::Conflict(text),
        KitError::Itself | KitError::TooMany => Refusal::field("components", text),
        KitError::KitInKit(inner) | KitError::Twice(inner) => {
            Refusal::field(at(&|part| part.product == inner, "sku"), text)
        }
        KitError::Units(units) => Refusal::field(at(&|part| part.units == units, "units"), text),
    }
}
