//! The patient of a report: as known when signed, with an INS only when the identity is qualified.

use crate::{patient::Patient, redact_debug};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A patient whose INS, when there is one, may leave the laboratory.
///
/// Source: RNIV; Ségur SGL.INS.37 (a matricule is never sent unless the identity is qualified).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Patient", into = "Patient")]
pub struct Subject(Patient);
redact_debug!(Subject);

impl Subject {
    /// The same patient, changed; the INS goes when the identity is no longer qualified.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Patient)) -> Self {
        let mut patient = self.0.clone();
        change(&mut patient);
        patient.into()
    }
}

impl From<Patient> for Subject {
    /// Leaves the INS behind unless the identity is qualified.
    fn from(mut patient: Patient) -> Self {
        if patient.ins_for_sending().is_none() {
            patient.ins = None;
        }
        Self(patient)
    }
}

impl From<Subject> for Patient {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl Deref for Subject {
    type Target = Patient;

    fn deref(&self) -> &Patient {
        &self.0
    }
}
