//! IHE document sharing (XDS.b metadata) and document exchange on media (XDM).
//!
//! In: a [`Submission`] (a submission set, its document entries, their associations) and document
//! bytes. Out: ebRIM 3.0 metadata, the bodies of the ITI-41, ITI-18 and ITI-57 transactions, XDM
//! archives; and back, with findings for what a peer left out or got wrong.
//! It deliberately does not know any country: codes, identifier domains and texts are arguments.
//!
//! Sources: IHE ITI TF-3 4.2 (metadata), TF-2 3.18, 3.41, 3.57, 3.32 (transactions),
//! OASIS ebRS and ebRIM 3.0 (schemas).

mod attributes;
mod ebrim;
mod errors;
mod findings;
mod hash;
mod hl7;
mod model;
mod response;

pub mod iti18;
pub mod iti41;
pub mod iti57;
pub mod xdm;

pub use attributes::missing_attributes;
pub use ebrim::{decode, encode_submit_objects_request};
pub use errors::DecodeError;
pub use findings::{Finding, FindingCode};
pub use hash::{is_hash_of, sha1_hex};
pub use hl7::{Cx, Dtm, PersonName, SourcePatientInfo, Xcn, Xon};
pub use model::{Association, AssociationKind, Author, Code, DocumentEntry, Slot, Submission, SubmissionSet};
pub use response::{ErrorCode, RegistryError, RegistryResponse, ResponseStatus, Severity};

pub use ebrim::{decode_node, write_submit_objects_request};
