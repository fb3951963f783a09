//! What the simulated DMP holds: patients, documents, bytes, the last transactions.
//! In: deposits already found right. Out: records. It does not know SOAP nor any rule.

use axum::body::Bytes;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::SystemTime;

/// The state of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// In force.
    Approved,
    /// Replaced by another.
    Deprecated,
    /// Put aside.
    Archived,
    /// Removed: queries no longer find it.
    Deleted,
}

/// A deposited document, for pages and tests.
#[derive(Clone)]
pub struct DocumentRecord {
    /// Matricule of the patient.
    pub patient_id: String,
    /// Title.
    pub title: String,
    /// Unique identifier, as deposited.
    pub unique_id: String,
    /// Identifier given by the registry, `urn:uuid:…`.
    pub entry_uuid: String,
    /// Status.
    pub status: Status,
    /// 1 for a first deposit, one more at each replacement.
    pub version: u32,
    /// Unique identifier of the document this one replaced.
    pub replaces: Option<String>,
    /// Unique identifier of the document that replaced this one.
    pub replaced_by: Option<String>,
    /// When it was recorded here.
    pub recorded_at: SystemTime,
    /// When the sender says it was written, UTC digits.
    pub creation_time: String,
    /// Type code.
    pub type_code: String,
    /// MIME type.
    pub mime_type: String,
    /// Confidentiality codes, in order.
    pub confidentiality_codes: Vec<String>,
    /// Institution of the first author, as deposited.
    pub author_institution: String,
    /// SHA-1 of the bytes, hexadecimal.
    pub hash: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

impl std::fmt::Debug for DocumentRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DocumentRecord({}, {:?})", self.entry_uuid, self.status)
    }
}

/// One transaction, accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRecord {
    /// When.
    pub at: SystemTime,
    /// `ITI-41`, `ITI-18` or `ITI-57`.
    pub transaction: &'static str,
    /// Error codes answered; none for a success.
    pub errors: Vec<String>,
}

const N_TRANSACTIONS_MAX: usize = 1_000;

pub(crate) struct Store {
    open_by_patient: HashMap<String, bool>,
    documents: Vec<DocumentRecord>,
    by_unique_id: HashMap<String, usize>,
    by_uuid: HashMap<String, usize>,
    set_ids: HashSet<String>,
    bytes: HashMap<String, Bytes>,
    oldest_bytes: VecDeque<String>,
    n_bytes: usize,
    transactions: VecDeque<TransactionRecord>,
    n_documents_max: usize,
    n_bytes_max: usize,
}

impl Store {
    pub fn new(n_documents_max: usize, n_bytes_max: usize) -> Self {
        Self {
            open_by_patient: HashMap::new(),
            documents: Vec::new(),
            by_unique_id: HashMap::new(),
            by_uuid: HashMap::new(),
            set_ids: HashSet::new(),
            bytes: HashMap::new(),
            oldest_bytes: VecDeque::new(),
            n_bytes: 0,
            transactions: VecDeque::new(),
            n_documents_max,
            n_bytes_max,
        }
    }

    pub fn set_open(&mut self, ins: &str, open: bool) {
        self.open_by_patient.insert(ins.to_owned(), open);
    }

    /// Whether the DMP of a patient is open; `None` when there is none.
    pub fn is_open(&self, ins: &str) -> Option<bool> {
        self.open_by_patient.get(ins).copied()
    }

    pub fn len(&self) -> usize {
        self.documents.len()
    }

    pub fn has_room_for(&self, n_documents: usize) -> bool {
        self.documents.len() + n_documents <= self.n_documents_max
    }

    pub fn documents(&self) -> &[DocumentRecord] {
        &self.documents
    }

    pub fn by_unique_id(&self, unique_id: &str) -> Option<&DocumentRecord> {
        self.by_unique_id.get(unique_id).map(|at| &self.documents[*at])
    }

    pub fn by_uuid(&self, entry_uuid: &str) -> Option<&DocumentRecord> {
        self.by_uuid.get(entry_uuid).map(|at| &self.documents[*at])
    }

    pub fn has_set(&self, unique_id: &str) -> bool {
        self.set_ids.contains(unique_id)
    }

    pub fn insert_set(&mut self, unique_id: &str) {
        self.set_ids.insert(unique_id.to_owned());
    }

    /// Records a document, and deprecates the one it replaces.
    pub fn insert(&mut self, mut record: DocumentRecord, bytes: Bytes) {
        let replaced = record.replaces.as_ref().and_then(|id| self.by_unique_id.get(id).copied());
        if let Some(at) = replaced {
            let old = &mut self.documents[at];
            old.status = Status::Deprecated;
            old.replaced_by = Some(record.unique_id.clone());
            record.version = old.version + 1;
        }
        let at = self.documents.len();
        self.by_unique_id.insert(record.unique_id.clone(), at);
        self.by_uuid.insert(record.entry_uuid.clone(), at);
        self.keep_bytes(record.unique_id.clone(), bytes);
        self.documents.push(record);
    }

    pub fn set_status(&mut self, entry_uuid: &str, status: Status) {
        if let Some(at) = self.by_uuid.get(entry_uuid) {
            self.documents[*at].status = status;
        }
    }

    pub fn bytes(&self, unique_id: &str) -> Option<Bytes> {
        self.bytes.get(unique_id).cloned()
    }

    pub fn trace(&mut self, transaction: &'static str, errors: Vec<String>) {
        if self.transactions.len() == N_TRANSACTIONS_MAX {
            self.transactions.pop_front();
        }
        self.transactions.push_back(TransactionRecord { at: SystemTime::now(), transaction, errors });
    }

    pub fn transactions(&self) -> Vec<TransactionRecord> {
        self.transactions.iter().cloned().collect()
    }

    fn keep_bytes(&mut self, unique_id: String, bytes: Bytes) {
        self.n_bytes += bytes.len();
        self.oldest_bytes.push_back(unique_id.clone());
        self.bytes.insert(unique_id, bytes);
        while self.n_bytes > self.n_bytes_max {
            let Some(oldest) = self.oldest_bytes.pop_front() else {
                break;
            };
            let forgotten = self.bytes.remove(&oldest).map_or(0, |b| b.len());
            self.n_bytes -= forgotten;
        }
    }
}
