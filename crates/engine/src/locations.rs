//! Locations as people handle them: opening, renaming and closing them, what is sold from them and what is withheld.

use std::collections::BTreeMap;

use stockbridge_domain::channel::options;
use stockbridge_domain::places::PlaceMap;
use stockbridge_domain::tenant::Role;
use stockbridge_domain::{FieldError, LocationId, Quantity, Sku};
use stockbridge_store::{LocationError, LocationPatch, LocationRecord, NewAudit, NewLocation, StockRecord};

use crate::caller::{Caller, Refusal};
use crate::hub::Hub;
use crate::job;
use crate::stock::entry_refusal;

/// The largest rank; beyond it a typing error is likelier than an order of preference.
const MAX_RANK: i64 = 1_000;

/// A location as typed in.
#[derive(Debug, Clone)]
pub struct LocationRequest {
    /// What people call it.
    pub name: String,
    /// Whether orders are served from it; yes when absent.
    pub sellable: Option<bool>,
    /// Orders are served from the lowest rank first; 0 when absent.
    pub rank: Option<i64>,
}

/// What changes of a location; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct LocationChange {
    /// What people call it.
    pub name: Option<String>,
    /// Whether orders are served from it.
    pub sellable: Option<bool>,
    /// Orders are served from the lowest rank first.
    pub rank: Option<i64>,
    /// Whether it takes part at all.
    pub open: Option<bool>,
}

impl Hub {
    /// What `location_map` calls a location of the hub and is none.
    pub(crate) async fn unknown_locations(
        &self,
        caller: &Caller,
        given: &BTreeMap<String, serde_json::Value>,
    ) -> Result<Vec<FieldError>, Refusal> {
        let map = PlaceMap::of_options(given);
        if map.ours().next().is_none() {
            return Ok(Vec::new());
        }
        let locations = self.tenant(caller.tenant).locations().await?;
        let known = |named: &str| {
            locations
                .iter()
                .any(|l| l.id.to_string() == named || l.name == named)
        };
        let names: Vec<&str> = locations.iter().map(|l| l.name.as_str()).collect();
        let problem = |named: &str| {
            let message = format!("there is no location `{named}`; yours are {}", names.join(", "));
            FieldError::new(format!("options/{}", options::LOCATION_MAP), message)
        };
        Ok(map.ours().filter(|named| !known(named)).map(problem).collect())
    }

    /// Opens a location.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a name or rank that cannot be used, [`Refusal::Conflict`] for a name that is taken.
    pub async fn create_location(
        &self,
        caller: &Caller,
        request: LocationRequest,
    ) -> Result<LocationRecord, Refusal> {
        caller.require(Role::Admin)?;
        let new = NewLocation {
            name: checked_name(&request.name)?,
            sellable: request.sellable.unwrap_or(true),
            rank: checked_rank(request.rank.unwrap_or(0))?,
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let made = tx.create_location(&new).await.map_err(refusal)?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "location.open",
            subject: &made.id.to_string(),
            detail: &made.name,
        })
        .await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Changes a location. Where that changes what may be sold, every offer is computed anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`], [`Refusal::NotFound`]; [`Refusal::Conflict`] when it is in use or the default one and is to
    /// be closed.
    pub async fn change_location(
        &self,
        caller: &Caller,
        id: LocationId,
        change: LocationChange,
    ) -> Result<LocationRecord, Refusal> {
        caller.require(Role::Admin)?;
        let patch = LocationPatch {
            name: change.name.as_deref().map(checked_name).transpose()?,
            sellable: change.sellable,
            rank: change.rank.map(checked_rank).transpose()?,
            open: change.open,
        };
        let mut tx = self.tenant(caller.tenant).begin().await?;
        let changed = tx.update_location(id, &patch).await.map_err(refusal)?;
        if patch.sellable.is_some() || patch.open.is_some() {
            tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        }
        let detail = format!(
            "{}: sellable {}, rank {}, open {}",
            changed.name,
            changed.sellable,
            changed.rank,
            changed.closed_at.is_none()
        );
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "location.change",
            subject: &id.to_string(),
            detail: &detail,
        })
        .await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Withholds so many units of a product at a location from every channel, and has its offers computed anew.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown SKU, [`Refusal::Fields`] for an unknown or closed location or a number that is
    /// not a quantity.
    pub async fn set_safety_stock(
        &self,
        caller: &Caller,
        sku: &Sku,
        location: Option<LocationId>,
        units: i64,
    ) -> Result<StockRecord, Refusal> {
        caller.require(Role::Operator)?;
        let tenant = self.tenant(caller.tenant);
        let unknown = || Refusal::NotFound(format!("there is no product with the SKU `{sku}`"));
        let product = tenant.product_by_sku(sku).await?.ok_or_else(unknown)?;
        let units = Quantity::new(units)
            .map_err(|e| Refusal::field("units", e.to_string()))?
            .units();
        let mut tx = tenant.begin().await?;
        let default = tx.default_location().await?;
        let location = location.or(default).ok_or_else(unknown)?;
        tx.set_safety_stock(product.id, location, units)
            .await
            .map_err(entry_refusal)?;
        tx.enqueue(job::plan(caller.tenant, self.env().now())).await?;
        tx.audit(&NewAudit {
            actor: &caller.actor,
            action: "stock.safety",
            subject: sku.as_str(),
            detail: &format!("{units} at {location}"),
        })
        .await?;
        tx.commit().await?;
        tenant.stock_of(sku).await?.ok_or_else(unknown)
    }
}

fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Refusal::field(
            "name",
            "a name has 1 to 60 characters on one line, such as `Warehouse Pune`",
        ));
    }
    Ok(name.to_owned())
}

fn checked_rank(rank: i64) -> Result<i64, Refusal> {
    if (0..=MAX_RANK).contains(&rank) {
        return Ok(rank);
    }
    Err(Refusal::field(
        "rank",
        format!("a rank is a whole number from 0 (served first) to {MAX_RANK}"),
    ))
}

fn refusal(error: LocationError) -> Refusal {
    match error {
        LocationError::Store(error) => Refusal::Store(error),
        LocationError::NotFound(_) => Refusal::NotFound(error.to_string()),
        wrong => {
            let text = wrong.to_string();
            let (_, message) = text.split_once(": ").unwrap_or(("", &text));
            Refusal::Conflict(message.to_owned())
        }
    }
}
