//! The national health identity (INS) on the wire: object identifiers, spellings, mailbox, names.
//!
//! In: the identity of a patient as `lab` keeps it, and the environment one works in.
//! Out: the identifiers that HL7 v2, XDS and secure mail write, the text of the printed symbol; and back from HL7 v2.
//! Every way out goes through [`sendable`]: an INS that is not qualified, or that was attributed for another
//! environment, has no spelling here.
//! It deliberately does not know the téléservice INSi, nor who is allowed to call it.
//!
//! Sources: CI-SIS structuration minimale (object identifiers); Interop'Santé, contraintes sur les types de données
//! HL7 v2.5 (CX); RNIV (traits); MSSanté référentiel #2 (mailbox of a patient).

mod authority;
pub mod cx;
mod datamatrix;
mod mailbox;
mod name;

pub use authority::{Environment, Refusal, authority_of, oid, parse, sendable};
pub use datamatrix::{datamatrix, datamatrix_of_document};
pub use mailbox::{PATIENT_DOMAIN, patient_mailbox};
pub use name::{fold, unaccented};
