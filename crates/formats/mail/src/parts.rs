//! The parts of a received message: bytes in, a flat bounded list of leaves out.
//!
//! The library reads headers and undoes encodings; the tree is walked here, because a walk with
//! a bounded depth, and without building a tree, is safe whatever a peer nests. A message inside a
//! message is one leaf: its bytes, not its parts.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders};

/// Bytes of a message read at most; what follows is ignored.
pub const MAX_BYTES: usize = 40 * 1024 * 1024;
/// Bytes of one group of headers read at most.
const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Multiparts inside multiparts.
const MAX_DEPTH: usize = 10;
/// Leaves kept.
const MAX_LEAVES: usize = 200;

/// One leaf of the MIME tree.
pub(crate) struct Part<'a> {
    /// Absent when the part has none.
    headers: Option<Message<'a>>,
    body: &'a [u8],
}

/// Headers of a message or part; absent when no header could be read.
pub(crate) fn headers(bytes: &[u8]) -> Option<Message<'_>> {
    let (headers, _) = split(bytes);
    // The names listed here keep their structure; any other header is decoded text.
    MessageParser::new()
        .with_mime_headers()
        .with_address_headers()
        .with_date_headers()
        .with_message_ids()
        .header_raw("Received")
        .default_header_text()
        .parse_headers(headers)
}

/// Whether a program wrote it. Source: RFC 3834 §5.
pub(crate) fn is_automatic(headers: &Message<'_>) -> bool {
    match headers.header("Auto-Submitted") {
        Some(HeaderValue::Text(value)) => !value.trim().eq_ignore_ascii_case("no"),
        _ => false,
    }
}

/// Leaves of a message, in order; a message that is not multipart is its own leaf.
pub(crate) fn leaves(bytes: &[u8]) -> Vec<Part<'_>> {
    let mut leaves = Vec::new();
    walk(&bytes[..bytes.len().min(MAX_BYTES)], 0, &mut leaves);
    leaves
}

impl<'a> Part<'a> {
    /// Lower-case type and subtype; `text/plain` when not told (RFC 2045 §5.2).
    pub(crate) fn media_type(&self) -> (String, String) {
        match self.headers.as_ref().and_then(|headers| headers.content_type()) {
            Some(kind) => (kind.ctype().to_ascii_lowercase(), kind.subtype().unwrap_or_default().to_ascii_lowercase()),
            None => ("text".to_owned(), "plain".to_owned()),
        }
    }

    /// Decoded file name, from either header.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.headers.as_ref()?.attachment_name()
    }

    /// Whether the part is shown as a file rather than as text.
    pub(crate) fn is_attachment(&self) -> bool {
        let told = self
            .headers
            .as_ref()
            .and_then(|headers| headers.content_disposition())
            .is_some_and(|disposition| disposition.is_attachment());
        told || self.media_type().0 != "text"
    }

    /// Bytes with their transfer encoding undone; as they are when it can't be.
    pub(crate) fn content(&self) -> Cow<'a, [u8]> {
        let encoding = self
            .headers
            .as_ref()
            .and_then(|headers| headers.content_transfer_encoding())
            .map(|encoding| encoding.trim().to_ascii_lowercase());
        let decoded = match encoding.as_deref() {
            Some("base64") => base64_decode(self.body),
            Some("quoted-printable") => quoted_printable_decode(self.body),
            _ => None,
        };
        decoded.map_or(Cow::Borrowed(self.body), Cow::Owned)
    }

    /// Plain text, from any charset, with HTML markup removed.
    pub(crate) fn text(&self) -> String {
        let content = self.content();
        let decoder = self
            .headers
            .as_ref()
            .and_then(|headers| headers.content_type())
            .and_then(|kind| kind.attribute("charset"))
            .and_then(|charset| charset_decoder(charset.as_bytes()));
        let text = match decoder {
            Some(decode) => decode(&content),
            None => String::from_utf8_lossy(&content).into_owned(),
        };
        if self.media_type().1 == "html" { html_to_text(&text) } else { text }
    }
}

/// The text a person would read first: the first plain text that is not a file, else any text.
pub(crate) fn first_text(leaves: &[Part<'_>]) -> String {
    let is_shown = |part: &&Part<'_>| !part.is_attachment();
    leaves
        .iter()
        .filter(is_shown)
        .find(|part| part.media_type().1 == "plain")
        .or_else(|| leaves.iter().find(is_shown))
        .map(Part::text)
        .unwrap_or_default()
}

fn walk<'a>(bytes: &'a [u8], depth: usize, leaves: &mut Vec<Part<'a>>) {
    if leaves.len() >= MAX_LEAVES {
        return;
    }
    let headers = headers(bytes);
    let (_, body) = split(bytes);
    let boundary = headers
        .as_ref()
        .and_then(|headers| headers.content_type())
        .filter(|kind| kind.ctype().eq_ignore_ascii_case("multipart"))
        .and_then(|kind| kind.attribute("boundary"))
        .filter(|boundary| !boundary.is_empty() && depth < MAX_DEPTH)
        .map(str::to_owned);
    match boundary {
        None => leaves.push(Part { headers, body }),
        Some(boundary) => {
            for part in children(body, boundary.as_bytes()) {
                walk(part, depth + 1, leaves);
            }
        }
    }
}

/// Headers and body around the first empty line. Without one, everything is headers.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    let (end, body) = loop {
        let line_len = bytes[at..].iter().position(|&b| b == b'\n');
        match line_len {
            None => break (bytes.len(), bytes.len()),
            Some(len) if len == 0 || (len == 1 && bytes[at] == b'\r') => {
                break (at, at + len + 1);
            }
            Some(len) => at += len + 1,
        }
    };
    (&bytes[..end.min(MAX_HEADER_BYTES)], &bytes[body..])
}

/// Bodies between delimiter lines (RFC 2046 §5.1.1); a missing last delimiter is forgiven.
fn children<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut part_start = None;
    let mut at = 0;
    while at < body.len() && found.len() <= MAX_LEAVES {
        let line_end = body[at..].iter().position(|&b| b == b'\n').map_or(body.len(), |len| at + len + 1);
        let after = body[at..line_end].strip_prefix(b"--").and_then(|l| l.strip_prefix(boundary));
        let rest = after.map(<[u8]>::trim_ascii);
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(b"--")) {
            if let Some(start) = part_start {
                found.push(without_last_line_end(&body[start..at]));
            }
            if !rest.is_empty() {
                return found;
            }
            part_start = Some(line_end);
        }
        at = line_end;
    }
    if let Some(start) = part_start.filter(|&start| start < body.len()) {
        found.push(&body[start..]);
    }
    found
}

/// The line end before a delimiter belongs to the delimiter.
fn without_last_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_gives_its_leaves_in_order() {
        let bytes = b"Content-Type: multipart/mixed; boundary=A\r\n\r\npreamble\r\n--A\r\n\
            Content-Type: multipart/alternative; boundary=AB\r\n\r\n--AB\r\n\r\nun\r\n--AB\r\n\
            Content-Type: text/html\r\n\r\n<b>deux</b>\r\n--AB--\r\n--A\r\n\
            Content-Type: application/zip; name=z\r\nContent-Transfer-Encoding: base64\r\n\r\nUEs=\r\n--A--\r\n";
        let leaves = leaves(bytes);
        let contents: Vec<_> = leaves.iter().map(|part| part.content().into_owned()).collect();
        assert_eq!(contents, [b"un".to_vec(), b"<b>deux</b>".to_vec(), b"PK".to_vec()]);
        assert_eq!(first_text(&leaves), "un");
        assert_eq!(leaves[2].file_name(), Some("z"));
    }

    #[test]
    fn nesting_and_counts_are_bounded() {
        let mut bytes = Vec::new();
        for i in 0..1000 {
            bytes.extend(format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n").bytes());
        }
        assert_eq!(leaves(&bytes).len(), 1);
        let many = format!("Content-Type: multipart/mixed; boundary=B\n\n{}", "--B\n\nx\n".repeat(9000));
        assert_eq!(leaves(many.as_bytes()).len(), MAX_LEAVES);
    }
}
