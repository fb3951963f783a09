//! A message with attachments: values in, RFC 5322 and MIME bytes out, always the same ones.
//!
//! The text part is UTF-8; attachments are base64. Everything that varies (date, identifiers,
//! boundary) is an argument. It deliberately checks no size: the caller knows its peer's limit,
//! and [`Message::encoded_len_hint`] gives the length before the bytes are made.

use crate::address::{Address, Mailbox, MessageId};
use crate::date::Date;
use crate::{base64, header, text};

/// A message to write. Borrowed: building one copies nothing.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// `Date`.
    pub date: Date,
    /// `Message-ID`.
    pub message_id: &'a MessageId,
    /// `From`.
    pub from: Mailbox<'a>,
    /// `To`, at least one.
    pub to: &'a [Mailbox<'a>],
    /// `Reply-To`.
    pub reply_to: Option<Mailbox<'a>>,
    /// `Subject`; its first word is written in ASCII (accents dropped), never encoded.
    pub subject: &'a str,
    /// `In-Reply-To`.
    pub in_reply_to: Option<&'a MessageId>,
    /// `References`, oldest first.
    pub references: &'a [MessageId],
    /// `Disposition-Notification-To` (RFC 8098 §2.1).
    pub disposition_notification_to: Option<&'a Address>,
    /// `Return-Receipt-To`, not in any standard, asked for by name by some requirements.
    pub return_receipt_to: Option<&'a Address>,
    /// Further headers, in order; names start with `X-`, or are `Auto-Submitted` (RFC 3834).
    pub extra: &'a [(&'a str, &'a str)],
    /// The text part. Line ends of any kind become CRLF.
    pub text: &'a str,
    /// Parts after the text; without any the message has one part only.
    pub attachments: &'a [Attachment<'a>],
    /// Separates the parts: 1 to 60 ASCII letters, digits, `-`, `_`, `.` or `=`.
    pub boundary: &'a str,
}

/// A file joined to a message.
#[derive(Clone, Copy)]
pub struct Attachment<'a> {
    /// `type/subtype`, without parameters.
    pub media_type: &'a str,
    /// Base name; separators and control characters are replaced when written.
    pub file_name: &'a str,
    /// The bytes.
    pub content: &'a [u8],
}

/// What we misused when a message can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// `to` is empty.
    #[error("a message needs a recipient")]
    NoRecipient,
    /// `boundary` is empty, too long, or holds another character.
    #[error("boundary: expected 1 to 60 letters, digits, hyphens, underscores, dots or equal signs")]
    Boundary,
    /// A further header is neither `X-…` nor `Auto-Submitted`.
    #[error("further header {index}: expected a name starting with X-, or Auto-Submitted")]
    ExtraHeader {
        /// Place in `extra`, from 0.
        index: usize,
    },
    /// A media type is not `type/subtype`.
    #[error("attachment {index}: expected a media type without parameters")]
    MediaType {
        /// Place in `attachments`, from 0.
        index: usize,
    },
}

impl Message<'_> {
    /// Writes the message: lines end in CRLF, every byte is ASCII.
    ///
    /// Errors: [`EncodeError`], only for what the caller got wrong; no text value can fail.
    ///
    /// Source: RFC 5322 §3.6, RFC 2045, RFC 2046 §5.1.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        self.assess()?;
        let mut out = Vec::with_capacity(self.encoded_len_hint());
        self.headers(&mut out);
        let (encoding, body) = text::encode(self.text, self.boundary);
        let text_headers = |out: &mut Vec<u8>| {
            header::token(out, "Content-Type", "text/plain; charset=UTF-8");
            header::token(out, "Content-Transfer-Encoding", encoding.name());
            out.extend_from_slice(b"\r\n");
        };
        if self.attachments.is_empty() {
            text_headers(&mut out);
            out.extend_from_slice(&body);
            return Ok(out);
        }
        let content_type = format!("multipart/mixed; boundary=\"{}\"", self.boundary);
        header::token(&mut out, "Content-Type", &content_type);
        out.extend_from_slice(b"\r\n");
        self.delimiter(&mut out, "");
        text_headers(&mut out);
        out.extend_from_slice(&body);
        for attachment in self.attachments {
            self.delimiter(&mut out, "");
            attachment.encode(&mut out);
        }
        self.delimiter(&mut out, "--");
        Ok(out)
    }

    /// About how many bytes [`Message::encode`] gives: never less than the attachments take,
    /// at most a few kilobytes and the size of the text away.
    #[must_use]
    pub fn encoded_len_hint(&self) -> usize {
        let attachments: usize =
            self.attachments.iter().map(|a| base64::encoded_lines_len(a.content.len()) + 1024).sum();
        4096 + self.text.len() * 3 / 2 + attachments
    }

    fn assess(&self) -> Result<(), EncodeError> {
        if self.to.is_empty() {
            return Err(EncodeError::NoRecipient);
        }
        let is_boundary = |b: u8| b.is_ascii_alphanumeric() || b"-_.=".contains(&b);
        if !(1..=60).contains(&self.boundary.len()) || !self.boundary.bytes().all(is_boundary) {
            return Err(EncodeError::Boundary);
        }
        for (index, (name, _)) in self.extra.iter().enumerate() {
            let is_allowed = name.eq_ignore_ascii_case("Auto-Submitted")
                || (name.len() > 2 && name.len() <= 60 && name[..2].eq_ignore_ascii_case("X-"));
            if !is_allowed || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(EncodeError::ExtraHeader { index });
            }
        }
        for (index, attachment) in self.attachments.iter().enumerate() {
            let is_type = attachment
                .media_type
                .split_once('/')
                .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
            if !is_type {
                return Err(EncodeError::MediaType { index });
            }
        }
        Ok(())
    }

    fn headers(&self, out: &mut Vec<u8>) {
        header::token(out, "Date", &self.date.encode());
        header::message_ids(out, "Message-ID", [self.message_id]);
        header::mailboxes(out, "From", &[self.from]);
        header::mailboxes(out, "To", self.to);
        if let Some(reply_to) = self.reply_to {
            header::mailboxes(out, "Reply-To", &[reply_to]);
        }
        if let Some(id) = self.in_reply_to {
            header::message_ids(out, "In-Reply-To", [id]);
        }
        if !self.references.is_empty() {
            header::message_ids(out, "References", self.references);
        }
        header::subject(out, self.subject);
        if let Some(address) = self.return_receipt_to {
            header::mailboxes(out, "Return-Receipt-To", &[Mailbox::bare(address)]);
        }
        if let Some(address) = self.disposition_notification_to {
            header::mailboxes(out, "Disposition-Notification-To", &[Mailbox::bare(address)]);
        }
        for (name, value) in self.extra {
            header::unstructured(out, name, value);
        }
        header::token(out, "MIME-Version", "1.0");
    }

    fn delimiter(&self, out: &mut Vec<u8>, end: &str) {
        // The line end before a delimiter belongs to it; every part already ends with one,
        // so the empty line keeps the last line end of the part.
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(self.boundary.as_bytes());
        out.extend_from_slice(end.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

impl Attachment<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        header::with_file_name(out, "Content-Type", self.media_type, "name", self.file_name);
        header::token(out, "Content-Transfer-Encoding", "base64");
        header::with_file_name(out, "Content-Disposition", "attachment", "filename", self.file_name);
        out.extend_from_slice(b"\r\n");
        base64::encode_lines(self.content, out);
    }
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} attachments)", self.attachments.len())
    }
}

impl std::fmt::Debug for Attachment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.media_type, self.content.len())
    }
}

fn is_token(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
}
