//! What came back about a message: bytes in; delivery status, disposition, bounce or other out.
//!
//! Tolerant, because operators, hospital gateways and patient mail services each write their own:
//! whatever the bytes, a [`Decoded`] comes out and nothing panics. It deliberately does not know
//! which message is meant: it gives every identifier by which the caller may find it.

use mail_parser::HeaderValue;

use crate::parts::{self, Part};

mod bounce;
mod delivery;
mod disposition;
mod fields;
mod integration;

pub use bounce::Bounce;
pub use delivery::{Action, DeliveryStatus, RecipientStatus};
pub use disposition::{Disposition, DispositionKind};
pub use integration::IntegrationFailure;

/// Longest field kept, in bytes.
pub const MAX_FIELD_BYTES: usize = 2000;
/// Identifiers kept per header.
pub const MAX_IDENTIFIERS: usize = 50;

/// The kind of answer a message is.
#[derive(Clone, PartialEq, Eq)]
pub enum Report {
    /// A delivery status notification (RFC 3464).
    Delivery(DeliveryStatus),
    /// A disposition notification (RFC 8098): read, integrated, refused…
    Disposition(Disposition),
    /// A non-delivery told in plain words only.
    Bounce(Bounce),
    /// Anything else: an ordinary mail, perhaps an answer by a person.
    Other,
}

/// A report, and everything that may tell which message it is about.
///
/// `Debug` prints the kind alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// What the message says.
    pub report: Report,
    /// Its own `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// Address of its first author, as written; who says so is not proved by it.
    pub from: Option<String>,
    /// Its subject, decoded and unfolded.
    pub subject: String,
    /// `Message-ID` of the returned message or headers, without brackets.
    pub returned_message_id: Option<String>,
    /// `In-Reply-To` identifiers.
    pub in_reply_to: Vec<String>,
    /// `References` identifiers, oldest first.
    pub references: Vec<String>,
    /// The receiving system could not integrate the document: told by the subject, whatever the
    /// kind of the message (a plain mail when no notification was asked for).
    pub integration_failure: Option<IntegrationFailure>,
}

impl Decoded {
    /// Identifiers of the message this one is about, the surest first, without repetition:
    /// `Original-Message-ID`, the returned headers, `In-Reply-To`, then `References` from the last.
    #[must_use]
    pub fn about(&self) -> Vec<&str> {
        let told = match &self.report {
            Report::Disposition(disposition) => disposition.original_message_id.as_deref(),
            _ => None,
        };
        let all = told
            .into_iter()
            .chain(self.returned_message_id.as_deref())
            .chain(self.in_reply_to.iter().map(String::as_str))
            .chain(self.references.iter().rev().map(String::as_str));
        let mut ids: Vec<&str> = Vec::new();
        for id in all {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }
}

/// Reads a message found in a return box. Never fails.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let Some(headers) = parts::headers(bytes) else {
        return Decoded {
            report: Report::Other,
            message_id: None,
            from: None,
            subject: String::new(),
            returned_message_id: None,
            in_reply_to: Vec::new(),
            references: Vec::new(),
            integration_failure: None,
        };
    };
    let leaves = parts::leaves(bytes);
    let text = parts::first_text(&leaves);
    let subject = fields::bounded(headers.subject().unwrap_or_default());
    let report = structured(&leaves)
        .or_else(|| bounce::assess(&headers, &subject, &text).map(Report::Bounce))
        .unwrap_or(Report::Other);
    Decoded {
        report,
        message_id: headers.message_id().map(identifier),
        from: headers.from().and_then(|from| from.first()).and_then(|from| from.address()).map(fields::bounded),
        returned_message_id: returned_message_id(&leaves, &text),
        in_reply_to: identifiers(headers.in_reply_to()),
        references: identifiers(headers.references()),
        integration_failure: integration::from_subject(&subject),
        subject,
    }
}

/// The first part that is a report a program wrote.
fn structured(leaves: &[Part<'_>]) -> Option<Report> {
    leaves.iter().find_map(|part| {
        let (kind, subtype) = part.media_type();
        match (kind.as_str(), subtype.as_str()) {
            ("message", "delivery-status" | "global-delivery-status") => {
                delivery::decode(&part.content()).map(Report::Delivery)
            }
            ("message", "disposition-notification" | "global-disposition-notification") => {
                disposition::decode(&part.content()).map(Report::Disposition)
            }
            _ => None,
        }
    })
}

/// `Message-ID` of the message or headers that came back as a part, or copied in the text.
fn returned_message_id(leaves: &[Part<'_>], text: &str) -> Option<String> {
    let returned = leaves.iter().filter(|part| {
        let (kind, subtype) = part.media_type();
        let is_message = kind == "message" && (subtype == "rfc822" || subtype == "global");
        let is_headers = subtype == "rfc822-headers" || subtype == "global-headers";
        let is_file = part.file_name().is_some_and(|name| name.to_ascii_lowercase().ends_with(".eml"));
        is_message || is_headers || is_file
    });
    returned
        .filter_map(|part| fields::message_id_in(&part.content()))
        .next()
        .or_else(|| fields::message_id_in(text.as_bytes()))
}

/// Identifiers of a header, bounded, without brackets.
pub(crate) fn identifiers(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![identifier(id)],
        HeaderValue::TextList(ids) => ids.iter().take(MAX_IDENTIFIERS).map(|id| identifier(id)).collect(),
        _ => Vec::new(),
    }
}

fn identifier(text: &str) -> String {
    fields::bounded(text.trim().trim_start_matches('<').trim_end_matches('>'))
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Delivery(_) => "Delivery(…)",
            Self::Disposition(_) => "Disposition(…)",
            Self::Bounce(_) => "Bounce(…)",
            Self::Other => "Other",
        })
    }
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decoded({:?})", self.report)
    }
}
