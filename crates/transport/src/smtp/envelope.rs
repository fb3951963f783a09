//! What is said to the server: an envelope, a message and its extensions in; command lines out.
//!
//! Everything is checked here once, so that no value can carry a second command or end the message.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Envelope, MAX_ENVELOPE_ID_BYTES, Notify, SmtpError};

/// An envelope and a message checked and ready to be written.
pub(super) struct Prepared<'a> {
    pub(super) envelope: Envelope<'a>,
    /// With its transparency dots.
    pub(super) message: Cow<'a, [u8]>,
    /// As given, which is what `SIZE` means.
    pub(super) size: usize,
}

/// What the server offers, from `EHLO`.
#[derive(Default, Clone, Copy)]
pub(super) struct Extensions {
    pub(super) starttls: bool,
    pub(super) auth_plain: bool,
    pub(super) auth_xoauth2: bool,
    pub(super) dsn: bool,
    pub(super) pipelining: bool,
    /// 0: no limit told.
    pub(super) size_limit: Option<usize>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(envelope: &Envelope<'a>, message: &'a [u8]) -> Result<Self, SmtpError> {
        let is_sendable = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
        let is_address = |text: &str| text.len() <= 254 && is_sendable(text);
        let is_id = |id: &str| !id.is_empty() && id.len() <= MAX_ENVELOPE_ID_BYTES && is_sendable(id);
        if envelope.to.is_empty()
            || !is_address(envelope.to)
            || !is_address(envelope.from)
            || !envelope.envelope_id.is_none_or(is_id)
        {
            return Err(SmtpError::Envelope);
        }
        Ok(Self { envelope: *envelope, size: message.len(), message: dot_stuffed(message)? })
    }

    pub(super) fn sender_command(&self, extensions: &Extensions) -> String {
        let mut line = format!("MAIL FROM:<{}>", self.envelope.from);
        // Writing to a `String` can't fail.
        if extensions.size_limit.is_some() {
            let _ = write!(line, " SIZE={}", self.size);
        }
        if extensions.dsn && self.envelope.notify != Notify::Unspecified {
            line.push_str(" RET=HDRS");
            if let Some(id) = self.envelope.envelope_id {
                let _ = write!(line, " ENVID={}", xtext(id));
            }
        }
        line.push_str("\r\n");
        line
    }

    pub(super) fn recipient_command(&self, extensions: &Extensions) -> String {
        let to = self.envelope.to;
        let mut line = format!("RCPT TO:<{to}>");
        if extensions.dsn {
            match self.envelope.notify {
                Notify::Everything => {
                    let _ = write!(line, " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{}", xtext(to));
                }
                Notify::Never => line.push_str(" NOTIFY=NEVER"),
                Notify::Unspecified => {}
            }
        }
        line.push_str("\r\n");
        line
    }
}

impl Extensions {
    /// Reads the lines of the reply, the first of which is a greeting.
    pub(super) fn decode(lines: &[String]) -> Self {
        let mut found = Self::default();
        for line in lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let Some(keyword) = words.next() else {
                continue;
            };
            match keyword.to_ascii_uppercase().as_str() {
                "STARTTLS" => found.starttls = true,
                "DSN" => found.dsn = true,
                "PIPELINING" => found.pipelining = true,
                "SIZE" => {
                    found.size_limit = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                }
                "AUTH" => {
                    for word in words {
                        found.auth_plain |= word.eq_ignore_ascii_case("PLAIN");
                        found.auth_xoauth2 |= word.eq_ignore_ascii_case("XOAUTH2");
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// The message with a dot added to lines that start with one (RFC 5321 §4.5.2).
///
/// Errors: a CR or LF alone, because servers disagree on whether it ends a line, and a dot after
/// one could end the message early.
fn dot_stuffed(message: &[u8]) -> Result<Cow<'_, [u8]>, SmtpError> {
    let mut dots = Vec::new();
    if message.first() == Some(&b'.') {
        dots.push(0);
    }
    let mut n_line_ends = 0;
    let mut at = 0;
    while let Some(len) = message[at..].iter().position(|&b| b == b'\n') {
        let line_end = at + len;
        if line_end == 0 || message[line_end - 1] != b'\r' {
            return Err(SmtpError::BareLineEnd);
        }
        n_line_ends += 1;
        at = line_end + 1;
        if message.get(at) == Some(&b'.') {
            dots.push(at);
        }
    }
    if message.iter().filter(|&&b| b == b'\r').count() != n_line_ends {
        return Err(SmtpError::BareLineEnd);
    }
    if dots.is_empty() {
        return Ok(Cow::Borrowed(message));
    }
    let mut out = Vec::with_capacity(message.len() + dots.len());
    let mut start = 0;
    for dot in dots {
        out.extend_from_slice(&message[start..dot]);
        out.push(b'.');
        start = dot;
    }
    out.extend_from_slice(&message[start..]);
    Ok(Cow::Owned(out))
}

/// RFC 3461 §4: `+`, `=` and what is not printable ASCII is written `+HH`.
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'+' && byte != b'=' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "+{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_line_starts_are_doubled_and_bare_line_ends_are_refused() {
        let stuffed = |message: &'static [u8]| dot_stuffed(message).map(Cow::into_owned).ok();
        assert_eq!(stuffed(b".a\r\n..b\r\nc.\r\n"), Some(b"..a\r\n...b\r\nc.\r\n".to_vec()));
        assert_eq!(stuffed(b"a\r\n"), Some(b"a\r\n".to_vec()));
        assert!(matches!(dot_stuffed(b"a\r\nb"), Ok(Cow::Borrowed(_))));
        for message in [&b"a\n.\r\nMAIL"[..], b"a\r.\r\n", b"\n", b"a\r"] {
            assert_eq!(stuffed(message), None, "{message:?}");
        }
    }

    #[test]
    fn an_envelope_can_not_carry_a_second_command() {
        for to in ["a@b.fr>\r\nDATA", "a@b.fr\r\n", "", "a b@c.fr", "é@b.fr"] {
            let envelope = Envelope { from: "x@y.fr", to, envelope_id: None, notify: Notify::Everything };
            assert!(matches!(Prepared::new(&envelope, b""), Err(SmtpError::Envelope)), "{to:?}");
        }
    }

    #[test]
    fn parameters_follow_what_the_server_offers() {
        let envelope =
            Envelope { from: "sgl@labo.fr", to: "a+b@c.fr", envelope_id: Some("doc=1"), notify: Notify::Everything };
        let prepared = Prepared::new(&envelope, b"x\r\n").unwrap_or_else(|_| unreachable!());
        let all = Extensions { dsn: true, size_limit: Some(0), ..Extensions::default() };
        assert_eq!(prepared.sender_command(&all), "MAIL FROM:<sgl@labo.fr> SIZE=3 RET=HDRS ENVID=doc+3D1\r\n");
        assert_eq!(
            prepared.recipient_command(&all),
            "RCPT TO:<a+b@c.fr> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@c.fr\r\n"
        );
        let none = Extensions::default();
        assert_eq!(prepared.sender_command(&none), "MAIL FROM:<sgl@labo.fr>\r\n");
        assert_eq!(prepared.recipient_command(&none), "RCPT TO:<a+b@c.fr>\r\n");
    }
}
