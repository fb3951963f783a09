//! The flow: one file per station, each *load, decide, commit*. Decisions are in `lab` and `profiles`.
//!
//! In: bytes from peers, acts of people. Out: records in the store, messages through `transport`.
//! It knows no page and no command line, and holds nothing that the store does not: a process may die between any
//! two lines.

// What every station needs.
pub mod env;
pub mod error;
pub mod settings;
// The stations, in flow order.
pub mod acknowledgment;
pub mod conversation;
pub mod delivery;
pub mod identity;
pub mod inbound;
pub mod matching;
pub mod release;
pub mod report;
pub mod validation;
// Beside the flow.
pub mod accounts;
pub mod catalogue;
pub mod conformity;
pub mod directory;
mod forms;
pub mod mail_templates;
pub mod mailboxes;
pub mod pack;
pub mod purpose;
pub mod registration;
pub mod report_page;
pub mod revocation;
pub mod start;
pub mod watch;
pub mod withdrawal;

use std::sync::{Arc, RwLock, atomic::AtomicI64};

use lab::catalogue::Catalogue;
use records::connections::Connection;
use store::Store;
use tokio::sync::Notify;

pub use env::Env;
pub use error::AppError;
pub use settings::Settings;

/// The application: cheap to clone, shared by pages, servers and workers.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    env: Env,
    settings: Settings,
    catalogue: Catalogue,
    page: RwLock<Arc<report_page::PageInForce>>,
    pack: pack::InForce,
    directory: directory::Automatic,
    mailboxes: mailboxes::Seen,
    revocation: revocation::Looked,
    connections: RwLock<Arc<Vec<Connection>>>,
    /// When a message was last received, in milliseconds since 1970.
    received_at_ms: AtomicI64,
    /// When the return box was last read to its end, in microseconds since 1970; 0: never by this process.
    return_box_read_us: AtomicI64,
    /// Rung when a message waits to be processed.
    inbound_bell: Notify,
    /// Rung when a dossier came validated and waits for its signature.
    signing_bell: Notify,
    /// Rung when a delivery is planned.
    delivery_bell: Notify,
    /// Rung when a mail of unknown outcome waits for what the return box may hold.
    return_box_bell: Notify,
}

impl App {
    /// The application over a migrated store.
    pub async fn open(store: Store, env: Env, settings: Settings, catalogue: Catalogue) -> Result<Self, AppError> {
        let app = Self {
            inner: Arc::new(Inner {
                pack: pack::InForce::new(settings.pack.clone(), settings.zone.clone(), env.clone()),
                store,
                env,
                settings,
                page: RwLock::new(Arc::new(report_page::PageInForce::starting(&catalogue))),
                catalogue,
                directory: directory::Automatic::default(),
                mailboxes: mailboxes::Seen::default(),
                revocation: revocation::Looked::default(),
                connections: RwLock::new(Arc::new(Vec::new())),
                received_at_ms: AtomicI64::new(0),
                return_box_read_us: AtomicI64::new(0),
                inbound_bell: Notify::new(),
                signing_bell: Notify::new(),
                delivery_bell: Notify::new(),
                return_box_bell: Notify::new(),
            }),
        };
        app.reload_connections().await?;
        app.reload_page().await?;
        app.restore_revocation().await?;
        Ok(app)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Clock and identifiers.
    pub fn env(&self) -> &Env {
        &self.inner.env
    }

    /// Settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// The declared senders, as last read.
    pub fn connections(&self) -> Arc<Vec<Connection>> {
        match self.inner.connections.read() {
            Ok(connections) => Arc::clone(&connections),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Reads the declared senders again, after one was declared.
    pub async fn reload_connections(&self) -> Result<(), AppError> {
        let fresh = self.store().read(|tx| records::connections::all(tx).map_err(AppError::from)).await?;
        match self.inner.connections.write() {
            Ok(mut connections) => *connections = Arc::new(fresh),
            Err(poisoned) => *poisoned.into_inner() = Arc::new(fresh),
        }
        Ok(())
    }
}
