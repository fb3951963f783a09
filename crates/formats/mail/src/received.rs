//! A received message as a person reads it: bytes in; headers, text and attachments out.
//!
//! Tolerant: whatever the bytes, a value comes out, with what could be understood.
//! It deliberately renders nothing and trusts nothing: texts are as the sender wrote them.

use mail_parser::HeaderValue;

use crate::parts::{self, Part};
use crate::report;

/// What a mail reader shows. `Debug` prints a placeholder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// First `From` address.
    pub from: Option<Correspondent>,
    /// `To` addresses.
    pub to: Vec<Correspondent>,
    /// First `Reply-To` address.
    pub reply_to: Option<Correspondent>,
    /// Decoded and unfolded.
    pub subject: String,
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// `In-Reply-To` identifiers, then `References`, without brackets or repetition.
    pub refers_to: Vec<String>,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub date_s: Option<i64>,
    /// A program wrote it: an absence message, a report (RFC 3834).
    pub is_automatic: bool,
    /// The first text part, as plain text.
    pub text: String,
    /// Files, in order; a nested message counts as one.
    pub attachments: Vec<ReceivedFile>,
    /// Headers whose name starts with `X-`, in order.
    pub extra: Vec<(String, String)>,
}

/// An address and its name, unchecked, as received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Correspondent {
    /// Decoded display name.
    pub display_name: Option<String>,
    /// Address text; not necessarily a valid [`crate::Address`].
    pub address: String,
}

/// A file found in a message.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedFile {
    /// Lower-case `type/subtype`; `text/plain` when not told.
    pub media_type: String,
    /// Decoded file name, as received: do not use as a path.
    pub file_name: Option<String>,
    /// Decoded bytes.
    pub content: Vec<u8>,
}

impl Received {
    /// Reads a message. Never fails: unreadable bytes give an empty value.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let leaves = parts::leaves(bytes);
        let text = parts::first_text(&leaves);
        let attachments = leaves.iter().filter(|part| part.is_attachment()).map(file).collect();
        let Some(headers) = parts::headers(bytes) else {
            return Self { text, attachments, ..Self::default() };
        };
        let mut refers_to = report::identifiers(headers.in_reply_to());
        for id in report::identifiers(headers.references()) {
            if !refers_to.contains(&id) {
                refers_to.push(id);
            }
        }
        let extra = headers
            .headers()
            .iter()
            .filter(|header| header.name().get(..2).is_some_and(|x| x.eq_ignore_ascii_case("x-")))
            .filter_map(|header| match header.value() {
                HeaderValue::Text(value) => Some((header.name().to_owned(), value.trim().to_owned())),
                _ => None,
            })
            .collect();
        let first = |list: Option<&mail_parser::Address<'_>>| list.and_then(|list| list.first()).map(correspondent);
        Self {
            from: first(headers.from()),
            to: headers.to().map(|l| l.iter().map(correspondent).collect()).unwrap_or_default(),
            reply_to: first(headers.reply_to()),
            subject: headers.subject().unwrap_or_default().to_owned(),
            message_id: headers.message_id().map(str::to_owned),
            refers_to,
            is_automatic: parts::is_automatic(&headers),
            date_s: headers.date().map(mail_parser::DateTime::to_timestamp),
            text,
            attachments,
            extra,
        }
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Received({} attachments)", self.attachments.len())
    }
}

impl std::fmt::Debug for Correspondent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Correspondent(…)")
    }
}

impl std::fmt::Debug for ReceivedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReceivedFile({} bytes)", self.content.len())
    }
}

fn correspondent(address: &mail_parser::Addr<'_>) -> Correspondent {
    Correspondent {
        display_name: address.name().map(str::to_owned),
        address: address.address().unwrap_or_default().to_owned(),
    }
}

fn file(part: &Part<'_>) -> ReceivedFile {
    let (kind, subtype) = part.media_type();
    ReceivedFile {
        media_type: format!("{kind}/{subtype}"),
        file_name: part.file_name().map(str::to_owned),
        content: part.content().into_owned(),
    }
}
