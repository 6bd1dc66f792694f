//! Signing in at Seller Central: the seller agrees to the application there and comes back with a code, which Login with Amazon
//! exchanges for a refresh token. One agreement holds for all marketplaces of one region.
//!
//! Source: Amazon's "Website Authorization Workflow", "Authorize Public Applications" and "Renew Authorizations".

use std::collections::BTreeMap;
use std::time::Duration;

use stockbridge_domain::channel::{
    AccountDraft, ChannelError, Consent, Consented, Fault, Io, Marketplace, Returned, SecretText, Term,
    Ticket, options,
};
use stockbridge_domain::{AccountId, BoxFut, FieldError};
use subtle::ConstantTimeEq as _;

use super::descriptor::{
    API, APPLICATION_ID, COUNTRY, DESCRIPTOR, DRAFT_APPLICATION, LWA, SANDBOX, SELLER_CENTRAL,
    amazons_own_forms,
};
use super::{Amazon, client, marketplaces};
use crate::amazon::api::Api;
use crate::auth::lwa::{self, Grant};
use crate::auth::session::Sessions;
use crate::check;
use crate::endpoint::Query;

/// What the sign-in brings, and nobody types before it.
const BROUGHT: [&str; 2] = [REFRESH_TOKEN, SELLER_ID];
const REFRESH_TOKEN: &str = "refresh_token";
const SELLER_ID: &str = "seller_id";
/// The consent page of every Seller Central.
const PAGE: &str = "/apps/authorize/consent";

const DAY: Duration = Duration::from_secs(86_400);

/// What Amazon lets end by itself.
pub(super) static TERMS: [Term; 2] = [
    Term {
        name: Term::AUTHORISATION,
        label: "the seller's authorisation",
        credentials: &[REFRESH_TOKEN],
        lasts: Duration::from_secs(365 * DAY.as_secs()),
        warn_days: &[60, 30, 7],
        remedy: "authorise the application again under Channels; orders, listings and stock stay as they are",
        takes_consent: true,
    },
    Term {
        name: "client_secret",
        label: "the application's client secret",
        credentials: &["client_secret"],
        lasts: Duration::from_secs(180 * DAY.as_secs()),
        warn_days: &[60, 30, 7],
        remedy: "rotate it in the Solution Provider Portal and enter the new one under Channels; the old one works for seven more days",
        takes_consent: false,
    },
];

impl Consent for Amazon {
    fn asks(&self) -> &'static [&'static str] {
        &["client_id", "client_secret", APPLICATION_ID]
    }

    fn state_of(&self, returned: &Returned) -> Option<String> {
        returned.param("state").map(str::to_owned)
    }

    fn address(&self, draft: &AccountDraft, ticket: &Ticket) -> Result<String, Vec<FieldError>> {
        let (site, endpoints) = checked(draft)?;
        let own = || format!("https://{}", marketplaces::seller_central(site));
        let base = endpoints.get(SELLER_CENTRAL).cloned().unwrap_or_else(own);
        let mut query = Query::default()
            .with("application_id", credential(draft, APPLICATION_ID).expose())
            .with("state", ticket.state.expose())
            .with("redirect_uri", &ticket.return_to);
        if options::flag(&draft.options, DRAFT_APPLICATION) {
            query = query.with("version", "beta");
        }
        Ok(format!("{base}{PAGE}{}", query.as_str()))
    }

    fn accept<'a>(
        &'a self,
        draft: &'a AccountDraft,
        ticket: &'a Ticket,
        returned: &'a Returned,
        io: &'a Io,
    ) -> BoxFut<'a, Result<Consented, ChannelError>> {
        Box::pin(accept(draft, ticket, returned, io))
    }
}

async fn accept(
    draft: &AccountDraft,
    ticket: &Ticket,
    returned: &Returned,
    io: &Io,
) -> Result<Consented, ChannelError> {
    let rejected = |message: &str| ChannelError::new(Fault::Rejected, lwa::TOKEN.name, message);
    let state = returned.param("state").unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(ticket.state.expose().as_bytes())) {
        return Err(rejected(
            "the answer does not belong to this sign-in; begin again",
        ));
    }
    let given = |name: &str| returned.param(name).filter(|text| !text.is_empty());
    if given("error").is_some() {
        return Err(rejected(
            "the sign-in at Seller Central was declined; begin again and confirm it there",
        ));
    }
    let (Some(code), Some(seller)) = (given("spapi_oauth_code"), given("selling_partner_id")) else {
        return Err(rejected("Amazon sent nobody's agreement back; begin again"));
    };
    let (site, endpoints) = checked(draft).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        rejected(&all.join("; "))
    })?;
    let address = |name: &str, own: &str| endpoints.get(name).map_or(own, String::as_str).to_owned();
    let mut grant = Grant {
        base: address(LWA, lwa::DEFAULT_BASE),
        client_id: credential(draft, "client_id"),
        client_secret: credential(draft, "client_secret"),
        refresh_token: SecretText::new(""),
    };
    // No account exists yet.
    let nobody: AccountId = io.env.id();
    grant.refresh_token = lwa::exchange(&grant, io, nobody, code, &ticket.return_to).await?;
    let api = Api {
        session: grant.session(&Sessions::default(), nobody),
        base: address(
            API,
            match options::flag(&draft.options, SANDBOX) {
                true => marketplaces::sandbox(site.region),
                false => marketplaces::endpoint(site.region),
            },
        ),
        account: nobody,
        signer: None,
        io: io.clone(),
        grant: grant.clone(),
    };
    same_seller(&api, seller, site).await?;
    Ok(Consented {
        credentials: BTreeMap::from([
            (REFRESH_TOKEN.to_owned(), grant.refresh_token.clone()),
            (SELLER_ID.to_owned(), SecretText::new(seller)),
        ]),
    })
}

/// The seller id came through a browser, where it can be exchanged for another: Amazon shows listings to their own seller only.
/// What cannot be found out now is found out by the first reading of the listings.
async fn same_seller(api: &Api, seller: &str, site: &Marketplace) -> Result<(), ChannelError> {
    let call = client::search_listings(seller, &[site.id.to_owned()], None, None);
    match api.call(&call).await {
        Err(error) if matches!(error.fault, Fault::Forbidden | Fault::NotFound | Fault::Rejected) => {
            let message = format!(
                "Amazon shows no listings to the seller who came back ({}); sign in as a seller of {} whose application has \
                 the role Product Listing, and begin again",
                error.message, site.name
            );
            Err(
                ChannelError::new(Fault::Rejected, call.row().operation.name, message)
                    .with_request_id(error.request_id),
            )
        }
        _ => Ok(()),
    }
}

/// Everything of a draft that is not brought by the sign-in.
fn checked(
    draft: &AccountDraft,
) -> Result<(&'static Marketplace, BTreeMap<String, String>), Vec<FieldError>> {
    let mut problems = Vec::new();
    check::credentials(&DESCRIPTOR, &draft.credentials, &mut problems);
    let asked = |problem: &FieldError| {
        !BROUGHT
            .iter()
            .any(|name| problem.field == format!("credentials/{name}"))
    };
    problems.retain(asked);
    if credential(draft, APPLICATION_ID).expose().is_empty() {
        let message = "the application id is missing; it stands in the Solution Provider Portal beside your application and \
                       starts with `amzn1.sellerapps.app.`";
        problems.push(FieldError::new(format!("credentials/{APPLICATION_ID}"), message));
    }
    if draft.endpoints.is_empty() {
        let mut forms = Vec::new();
        amazons_own_forms(&draft.credentials, &mut forms);
        problems.extend(forms.into_iter().filter(asked));
    }
    let endpoints = check::endpoints(&DESCRIPTOR, &draft.endpoints, &mut problems);
    check::options(&DESCRIPTOR, &draft.options, &[COUNTRY], &mut problems);
    let country = draft.options.get(COUNTRY).map(|c| c.as_str().unwrap_or_default());
    let sites = marketplaces::choose(&draft.marketplaces, country, &mut problems);
    match sites.first() {
        Some(site) if problems.is_empty() => Ok((*site, endpoints)),
        _ => Err(problems),
    }
}

fn credential(draft: &AccountDraft, name: &str) -> SecretText {
    let value = draft.credentials.get(name).cloned();
    value.unwrap_or_else(|| SecretText::new(""))
}
