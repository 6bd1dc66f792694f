//! The hub as a whole, against the simulator.

mod aftersales;
mod bad_input;
mod barcodes;
mod books;
mod bulk;
mod consents;
mod crash;
mod custom;
mod custom_after;
mod explain;
mod finance;
pub mod harness;
mod mailbox;
mod main_job;
mod prices;
mod reports;

impl harness::World {
    pub async fn own_store(&self) -> stockbridge_domain::AccountId {
        let request = stockbridge_engine::ConnectRequest {
            name: "Web shop".to_owned(),
            ..stockbridge_engine::ConnectRequest::default()
        };
        self.joined("own", request).await
    }
}
