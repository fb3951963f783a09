//! The secure mailbox that every patient with an INS has in Mon espace santé.

use crate::authority::{Environment, sendable};
use lab::{patient::Patient, person::MssanteAddress};

/// The domain of patients' mailboxes.
pub const PATIENT_DOMAIN: &str = "patient.mssante.fr";

/// The patient's own mailbox: `279035121518989@patient.mssante.fr`.
///
/// `domain` is [`PATIENT_DOMAIN`], or the one of a test operator; it must belong to the MSSanté space of trust.
/// `None` unless the identity is qualified and its matricule belongs to the environment; also when `domain` is wrong.
/// A minor's box is the minor's own, never a representative's.
///
/// Source: Ségur MSS/va1.19 (no mail to a patient whose identity is not qualified).
#[must_use]
pub fn patient_mailbox(patient: &Patient, environment: Environment, domain: &str) -> Option<MssanteAddress> {
    let ins = sendable(patient, environment)?;
    MssanteAddress::parse(&format!("{}@{domain}", ins.matricule.as_str()))
}
