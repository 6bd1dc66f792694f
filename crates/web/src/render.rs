//! Templates: compiled in, rendered strictly (a name a context does not have is an error, not a blank).

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::assets;
use crate::view::words;

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../templates/", $name)))),+];
    };
}

templates![
    "document.html",
    "base.html",
    "components/ui.html",
    "components/after_sales.html",
    "components/moves.html",
    "components/prices.html",
    "components/product_forms.html",
    "pages/alerts.html",
    "pages/channel_locations.html",
    "pages/channels.html",
    "pages/conflict.html",
    "pages/conflicts.html",
    "pages/connect.html",
    "pages/consent.html",
    "pages/count.html",
    "pages/counts.html",
    "pages/docs.html",
    "pages/explain.html",
    "pages/import.html",
    "pages/inbox.html",
    "pages/finance.html",
    "pages/reports.html",
    "pages/report.html",
    "pages/settlements.html",
    "pages/warehouses.html",
    "pages/listings.html",
    "pages/mappings.html",
    "pages/allocation.html",
    "pages/locations.html",
    "pages/message.html",
    "pages/order.html",
    "pages/order_new.html",
    "pages/orders.html",
    "pages/overview.html",
    "pages/price_settings.html",
    "pages/prices.html",
    "pages/problem.html",
    "pages/product.html",
    "pages/product_prices.html",
    "pages/receive.html",
    "pages/renew.html",
    "pages/returns.html",
    "pages/signin.html",
    "pages/stock.html",
    "pages/sync.html",
    "pages/transfer.html",
    "pages/transfers.html",
];

/// All templates, ready to render.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Reads every template. They are compiled in and a test renders each, so one that cannot be read does not get as far
    /// as a release; if it did, its page would say so and all else would work.
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_filter("thousands", |number: i64| words::number(number));
        environment.add_global("assets_version", Value::from(assets::version()));
        for (name, source) in TEMPLATES {
            if let Err(error) = environment.add_template(name, source) {
                tracing::error!(template = name, %error, "a template cannot be read");
            }
        }
        Self { environment }
    }

    /// Renders `pages/{name}.html`.
    ///
    /// # Errors
    /// A context that lacks something the template shows.
    pub(crate) fn page(&self, name: &str, context: impl Serialize) -> Result<String, minijinja::Error> {
        self.environment
            .get_template(&format!("pages/{name}.html"))?
            .render(Serde(context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::allocation::AllocationPage;
    use crate::view::channel_locations::ChannelLocationsPage;
    use crate::view::conflicts::ConflictsPage;
    use crate::view::prices::{PriceSettingsPage, ProductPricesPage};
    use crate::view::warehouses::WarehousesPage;
    use crate::view::{self, Framed, samples};

    /// Every page with every sample, as `(name, HTML)`.
    fn gallery() -> Vec<(String, String)> {
        let templates = Templates::new();
        let mut pages = framed(&templates);
        pages.extend(unframed(&templates));
        pages
    }

    fn framed(templates: &Templates) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        macro_rules! framed {
            ($template:literal, $title:literal, $section:literal, $page:ty) => {
                for (sample, page) in <$page>::samples() {
                    let chrome = match sample {
                        "extreme" => samples::extreme_chrome($title, $section),
                        _ => samples::chrome($title, $section),
                    };
                    let html = templates.page(
                        $template,
                        Framed {
                            chrome: &chrome,
                            page: &page,
                        },
                    );
                    pages.push((format!("{}-{sample}", $template), html.unwrap()));
                }
            };
        }
        framed!("overview", "Overview", "overview", view::overview::OverviewPage);
        framed!("orders", "Orders", "orders", view::orders::OrdersPage);
        framed!("order", "Order", "orders", view::orders::OrderPage);
        framed!("returns", "Returns", "orders", view::awaited::AwaitedPage);
        framed!("order_new", "New order", "orders", view::orders::NewOrderPage);
        framed!("stock", "Stock", "stock", view::stock::StockPage);
        framed!("allocation", "Allocation", "stock", AllocationPage);
        framed!("locations", "Locations", "stock", view::locations::LocationsPage);
        framed!("receive", "Receive goods", "stock", view::moves::ReceivePage);
        framed!("transfers", "Transfers", "stock", view::moves::TransfersPage);
        framed!("transfer", "Transfer", "stock", view::moves::TransferPage);
        framed!("counts", "Counts", "stock", view::moves::CountsPage);
        framed!("count", "Count", "stock", view::moves::CountPage);
        framed!("product", "Product", "stock", view::product::ProductPage);
        framed!("explain", "Why", "stock", view::explain::ExplainPage);
        framed!("channel_locations", "Locations", "channels", ChannelLocationsPage);
        framed!("renew", "Credentials", "channels", view::renew::RenewPage);
        framed!("listings", "Listings", "listings", view::listings::ListingsPage);
        framed!("mappings", "Mapping", "listings", view::mapping::MappingPage);
        framed!("import", "Import products", "stock", view::mapping::ImportPage);
        framed!(
            "price_settings",
            "Limits and exchange rates",
            "prices",
            PriceSettingsPage
        );
        framed!("prices", "Prices", "prices", view::prices::PricesPage);
        framed!("product_prices", "Prices", "stock", ProductPricesPage);
        framed!("conflicts", "Conflicts", "conflicts", ConflictsPage);
        framed!("conflict", "Conflict", "conflicts", view::conflicts::ConflictPage);
        framed!("channels", "Channels", "channels", view::channels::ChannelsPage);
        framed!("connect", "Connect", "channels", view::channels::ConnectPage);
        framed!("consent", "Sign in", "channels", view::channels::ConsentPage);
        framed!("inbox", "Inbox", "inbox", view::inbox::InboxPage);
        framed!(
            "settlements",
            "Settlements",
            "orders",
            view::finance::SettlementsPage
        );
        framed!("finance", "Money", "orders", view::finance::FinancePage);
        framed!("reports", "Reports", "sync", view::reports::ReportsPage);
        framed!("report", "Report", "sync", view::reports::ReportPage);
        framed!("warehouses", "Channels' warehouses", "stock", WarehousesPage);
        framed!("message", "Message", "inbox", view::inbox::MessagePage);
        framed!("sync", "Sync", "sync", view::sync::SyncPage);
        framed!("alerts", "Alerts", "alerts", view::alerts::AlertsPage);
        pages
    }

    fn unframed(templates: &Templates) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        for (sample, page) in view::signin::SigninPage::samples() {
            let html = templates
                .page("signin", serde_json::json!({ "page": page }))
                .unwrap();
            pages.push((format!("signin-{sample}"), html));
        }
        for (sample, page) in view::signin::ProblemPage::samples() {
            let html = templates
                .page("problem", serde_json::json!({ "page": page }))
                .unwrap();
            pages.push((format!("problem-{sample}"), html));
        }
        pages
    }

    /// Elements that have no end.
    const VOID: &[&str] = &[
        "meta", "link", "input", "br", "hr", "img", "rect", "path", "circle", "use",
    ];

    /// Checks that every element that is opened is closed, in order; gives back the first that is not.
    fn imbalance(html: &str) -> Option<String> {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            rest = &rest[start + 1..];
            let end = rest.find('>')?;
            let tag = &rest[..end];
            rest = &rest[end + 1..];
            if tag.starts_with('!') {
                continue;
            }
            let name = tag
                .trim_start_matches('/')
                .split(|c: char| !c.is_alphanumeric())
                .next()?;
            if tag.starts_with('/') {
                let last = open.pop();
                if last != Some(name) && !VOID.contains(&name) {
                    return Some(format!(
                        "</{name}> closes {last:?}, near {}",
                        rest.chars().take(60).collect::<String>()
                    ));
                }
                if VOID.contains(&name) {
                    open.extend(last);
                }
            } else if !tag.ends_with('/') && !VOID.contains(&name) {
                open.push(name);
            }
        }
        open.pop().map(|name| format!("<{name}> is never closed"))
    }

    #[test]
    fn every_template_renders_every_sample() {
        let pages = gallery();
        assert!(pages.len() >= 54);
        // Kept beside the build, to be looked at with a browser.
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        for (name, html) in &pages {
            std::fs::write(
                folder.join(format!("{name}.html")),
                html.replace("/assets/", "assets/"),
            )
            .unwrap();
        }
        for (name, text) in assets::texts() {
            std::fs::write(folder.join("assets").join(name), text).unwrap();
        }
    }

    #[test]
    fn html_is_balanced_and_markup_in_data_stays_text() {
        for (name, html) in gallery() {
            assert_eq!(imbalance(&html), None, "{name}");
            assert!(!html.contains("<script>"), "{name}: markup of data came through");
            assert!(
                !html.contains("style=\"") && !html.contains("onclick"),
                "{name}: inline style or script"
            );
            assert!(html.matches("<script").count() == 1, "{name}: one module script");
        }
    }

    #[test]
    fn hostile_titles_are_shown_as_written() {
        let (_, html) = gallery().into_iter().find(|(n, _)| n == "stock-extreme").unwrap();
        assert!(html.contains("&lt;script&gt;alert("), "{}", &html[..200]);
    }

    #[test]
    fn every_post_form_carries_the_csrf_token() {
        for (name, html) in gallery() {
            for form in html.split("<form").skip(1) {
                let form = form.split("</form>").next().unwrap();
                if form.contains("method=\"post\"") && !form.contains("action=\"/signin\"") {
                    assert!(form.contains("name=\"csrf\""), "{name}: {form}");
                }
            }
        }
    }

    #[test]
    fn every_field_has_a_label() {
        for (name, html) in gallery() {
            for input in ["<input", "<select", "<textarea"]
                .iter()
                .flat_map(|tag| html.split(tag).skip(1))
            {
                let tag = input.split('>').next().unwrap();
                if tag.contains("hidden") || tag.contains("checkbox") || tag.contains("class=\"hidden") {
                    continue;
                }
                let id = tag
                    .split("id=\"")
                    .nth(1)
                    .and_then(|t| t.split('"').next())
                    .unwrap_or_default();
                assert!(
                    html.contains(&format!("for=\"{id}\"")),
                    "{name}: no label for <input{tag}>"
                );
            }
        }
    }

    #[test]
    fn an_imbalance_is_found() {
        assert!(imbalance("<div><p>x</div>").is_some());
        assert!(imbalance("<div>").is_some());
        assert_eq!(
            imbalance("<!doctype html><div><input><svg><use/></svg></div>"),
            None
        );
    }
}
