//! What can go wrong in the flow, by cause.

use lab::finding::Finding;
use records::RecordError;
use store::StoreError;

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The database refused or failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The actor's role does not allow it.
    #[error("the role of the account does not allow this")]
    NotAllowed,
    /// The data do not allow it; the findings say why.
    #[error("{} findings stand in the way", .0.len())]
    Obstacles(Vec<Finding>),
    /// The dossier changed since it was read: look again.
    #[error("the dossier changed meanwhile")]
    Changed,
    /// A document could not be made.
    #[error("the {0} could not be made")]
    Rendering(&'static str),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::Record(RecordError::Store(error))
    }
}

impl AppError {
    /// Whether trying again soon may work.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Record(RecordError::Store(error)) if error.is_temporary())
    }
}
