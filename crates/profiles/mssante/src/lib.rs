//! Secure health mail (MSSanté): a signed report in, an `IHE_XDM.zip` archive and the mails that carry it out.
//!
//! In: a [`lab::report::Report`], the bytes of its CDA and PDF, one planned delivery, the laboratory's settings.
//! Out: the archive, built once for a version ([`archive()`]), and one message per recipient ([`mail()`]); always the same
//! bytes for the same arguments.
//! It deliberately does not know SMTP, certificates, the clock, nor how answers are read (see the `mail` format).
//!
//! Reports of several patients in one message are not written: the norm forbids them.
//!
//! Sources: MSSanté référentiel #2 (clients de messagerie); CI-SIS volet transmission au LPS d'un document CDA provenant
//! d'un courriel MSSanté; IHE XDM (ITI-32).

mod answer;
mod archive;
mod body;
mod domains;
mod error;
mod message;
mod refusal;
mod settings;
mod subject;
mod template;
pub mod texts;

pub use answer::{Answer, answer};
pub use archive::{ARCHIVE_NAME, Content, PAGE_NAME, archive};
pub use domains::{DomainList, DomainListError, MAX_DOMAINS, MAX_LIST_BYTES, domains};
pub use error::MailError;
pub use message::{Audience, Delivery, Documents, Letter, MAX_MESSAGE_BYTES, letter, mail, message_id};
pub use refusal::Refusal;
pub use settings::{PatientAnswers, Product, ReplyTo, Sender, Settings};
pub use subject::{pdf_name, subject};
pub use template::{Event, MAX_TEMPLATE_CHARACTERS, OCCASIONS, Occasion, Template};
