//! What a laboratory sets once for all its mails.

use crate::Audience;
use dmp::metadata::Source;
use lab::person::MssanteAddress;

/// Settings of the mails of a laboratory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The installation, as metadata says it.
    pub source: Source,
    /// The box mails leave from.
    pub sender: Sender,
    /// The boxes answers go to, read by people.
    pub reply_to: ReplyTo,
    /// Domain of patients' boxes: [`ins::PATIENT_DOMAIN`], or that of a test operator.
    pub patient_domain: String,
    /// Whether patients may answer.
    pub patient_answers: PatientAnswers,
    /// The software, named in the archive.
    pub product: Product,
    /// Reference of the product at the national platform (`X-MSS-NIL`), an opaque text, on every mail.
    pub nil: String,
}

/// The applicative box of the laboratory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// Its address; also the one receipts are sent to.
    pub address: MssanteAddress,
    /// Name shown beside it: the functional entity, such as `Hôpital C – Biologie`.
    pub label: String,
}

/// Boxes that reach a human, one per audience; they may be the same.
///
/// Compulsory when sending from an applicative box. Source: Ségur MSS/va1.09 (ECO.2.2.5), MSS/va1.18.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyTo {
    /// For professionals.
    pub professionals: MssanteAddress,
    /// For patients: it joins the contacts they may write to.
    pub patients: MssanteAddress,
}

impl ReplyTo {
    /// The box that an audience answers to.
    pub fn of(&self, audience: Audience) -> &MssanteAddress {
        match audience {
            Audience::Professional => &self.professionals,
            Audience::Patient => &self.patients,
        }
    }
}

/// Whether a patient may answer the mail of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatientAnswers {
    /// Yes, to the return box.
    Accepted,
    /// No: `X-MSS-MES: FIN`. Source: ECO.2.2.8.
    Refused,
}

/// The software.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Who makes it.
    pub vendor: String,
}
