//! Start: brings the schema up to date and starts the workers of a process.

use std::sync::Arc;

use records::MIGRATIONS;
use store::{Options, Store};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use transport::mllp;

use crate::{App, AppError, Env};

/// Opens the database of a URL and brings its schema up to date.
pub async fn open_store(url: &str, env: &Env) -> Result<Store, AppError> {
    let store = Store::open(url, &Options::default())?;
    store.migrate(MIGRATIONS, &env.now().to_string()).await?;
    Ok(store)
}

impl App {
    /// Starts everything that works by itself: processing, signing, delivery, return boxes, watch.
    pub fn start_workers(&self, tasks: &mut JoinSet<()>) {
        tasks.spawn(self.clone().run_pack());
        tasks.spawn(self.clone().run_inbound());
        tasks.spawn(self.clone().run_signing());
        tasks.spawn(self.clone().run_deliveries());
        for return_box in &self.settings().return_boxes {
            tasks.spawn(self.clone().run_return_box(return_box.clone()));
        }
        tasks.spawn(self.clone().run_revocation());
        tasks.spawn(self.clone().run_watch());
    }

    /// Serves MLLP on a listener, until told to stop.
    pub fn start_mllp(
        &self,
        listener: TcpListener,
        settings: mllp::ServerSettings,
        tls: Option<tokio_rustls::TlsAcceptor>,
        stop: CancellationToken,
        tasks: &mut JoinSet<()>,
    ) {
        let handler = Arc::new(crate::inbound::MllpReception { app: self.clone() });
        tasks.spawn(mllp::serve(listener, tls, settings, handler, stop));
    }
}
