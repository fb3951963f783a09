//! A simulated DMP: the repository and the registry a laboratory deposits its reports in.
//!
//! In: SOAP requests over HTTP (ITI-41 deposit or replacement, ITI-18 GetDocuments, ITI-57 status
//! change). Out: the answers the norm prescribes, French texts for people, and a list of what was
//! deposited. Everything stays in memory, within bounds; it can misbehave on request ([`Faults`]).
//! It is a simulation written from the norm: it shares no rule with the sending side, knows no
//! certificate nor assertion, and never leaves this machine by itself.
//!
//! Sources: IHE ITI TF-2 3.18, 3.41, 3.57, TF-3 4.2; CI-SIS Partage de documents de santé.

mod assess;
mod cda;
mod faults;
mod matricule;
mod service;
mod store;

pub use faults::{Fault, FaultRule, Faults};
pub use store::{DocumentRecord, Status, TransactionRecord};

use axum::Router;
use axum::body::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;

/// What this DMP accepts and how much it holds.
#[derive(Debug, Clone)]
pub struct Settings {
    /// OIDs of the identifier domains accepted for the patient: the INS of the environment.
    pub accepted_ins_oids: Vec<String>,
    /// Path of the repository service (deposits); starts with `/`, differs from the next.
    pub repository_path: String,
    /// Path of the registry service (queries, status changes); starts with `/`.
    pub registry_path: String,
    /// Most documents held; further deposits are refused with `XDSRegistryOutOfResources`.
    pub n_documents_max: usize,
    /// Most document bytes held; beyond, the oldest bytes are forgotten, metadata stay.
    pub document_bytes_max: usize,
    /// Largest request accepted, in bytes.
    pub message_bytes_max: usize,
}

impl Default for Settings {
    /// The test INS domain `1.2.250.1.213.1.4.10`, the usual paths, 100 000 documents, 512 MiB of
    /// bytes, 32 MiB a request.
    fn default() -> Self {
        Self {
            accepted_ins_oids: vec!["1.2.250.1.213.1.4.10".into()],
            repository_path: "/si-dmp-server/v2/services/repository".into(),
            registry_path: "/si-dmp-server/v2/services/registry".into(),
            n_documents_max: 100_000,
            document_bytes_max: 512 << 20,
            message_bytes_max: 32 << 20,
        }
    }
}

/// Path of the control of faults: `GET` lists, `POST` adds, `DELETE` removes all.
pub const FAULTS_PATH: &str = "/sandbox/dmp/faults";

/// A simulated DMP. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Dmp {
    settings: Arc<Settings>,
    store: Arc<Mutex<Store>>,
    faults: Faults,
}

impl std::fmt::Debug for Dmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dmp(simulated, {} documents)", self.store().len())
    }
}

impl Dmp {
    /// An empty DMP: no patient has one yet.
    pub fn new(settings: Settings) -> Self {
        let store = Store::new(settings.n_documents_max, settings.document_bytes_max);
        Self { settings: Arc::new(settings), store: Arc::new(Mutex::new(store)), faults: Faults::default() }
    }

    /// The services and the control of faults, to serve on a loopback address.
    pub fn router(&self) -> Router {
        service::router(self.clone())
    }

    /// Opens (or opens again) the DMP of the patient with this 15-character matricule.
    pub fn open_dmp(&self, ins: &str) {
        self.store().set_open(ins, true);
    }

    /// Closes the DMP of a patient: deposits are then refused with `DMPClosed`.
    pub fn close_dmp(&self, ins: &str) {
        self.store().set_open(ins, false);
    }

    /// The handle by which tests and pages make this DMP misbehave.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Every document deposited, oldest first.
    pub fn documents(&self) -> Vec<DocumentRecord> {
        self.store().documents().to_vec()
    }

    /// The bytes of a document; `None` when it is unknown or its bytes were forgotten.
    pub fn document(&self, unique_id: &str) -> Option<Bytes> {
        self.store().bytes(unique_id)
    }

    /// The last transactions, refusals included, oldest first; at most a thousand.
    pub fn transactions(&self) -> Vec<TransactionRecord> {
        self.store().transactions()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
