//! A server's reply: lines in, code and text out (RFC 5321 §4.2, RFC 2034).

use super::{Outcome, Stage};

/// Longest text kept for a person to read.
const MAX_TEXT_BYTES: usize = 1000;

/// A complete reply. No `Debug`: the text may name a mailbox.
pub(super) struct Reply {
    /// 200 to 599.
    pub(super) code: u16,
    /// Text of each line, after the code.
    pub(super) lines: Vec<String>,
}

/// One line of a reply.
pub(super) enum Line {
    /// More lines follow.
    More(String),
    /// The last one.
    Last(u16, String),
}

impl Line {
    /// Reads one line without its line end; `None` when it is not a reply line.
    pub(super) fn decode(line: &[u8]) -> Option<Self> {
        let digits = line.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        let code = digits.iter().fold(0u16, |code, &digit| code * 10 + u16::from(digit - b'0'));
        if !(200..600).contains(&code) {
            return None;
        }
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned();
        match line.get(3) {
            None | Some(b' ') => Some(Self::Last(code, text)),
            Some(b'-') => Some(Self::More(text)),
            Some(_) => None,
        }
    }
}

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    pub(super) fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// Lines joined by a space, without control characters, bounded.
    pub(super) fn text(&self) -> String {
        let mut text: String = self.lines.join(" ").chars().filter(|c| !c.is_control()).collect();
        let mut end = text.len().min(MAX_TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text
    }

    pub(super) fn into_refusal(self, stage: Stage) -> Outcome {
        let text = self.text();
        let (enhanced, text) = match text.split_once(' ') {
            Some((word, rest)) if is_enhanced(word) => (Some(word.to_owned()), rest.to_owned()),
            None if is_enhanced(&text) => (Some(text), String::new()),
            _ => (None, text),
        };
        let permanent = self.code >= 500;
        Outcome::Refused { stage, code: self.code, enhanced, text, permanent }
    }
}

/// `class.subject.detail` (RFC 3463 §2).
fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = matches!(parts.next(), Some("2" | "4" | "5"));
    let mut is_number =
        || parts.next().is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    class && is_number() && is_number() && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_enhanced_code_apart() {
        let reply = Reply { code: 550, lines: vec!["5.1.1 <a@b> unknown".to_owned()] };
        assert!(matches!(
            reply.into_refusal(Stage::Recipient),
            Outcome::Refused { code: 550, enhanced: Some(enhanced), text, permanent: true, .. }
                if enhanced == "5.1.1" && text == "<a@b> unknown"
        ));
    }

    #[test]
    fn lines_that_are_not_replies_are_refused() {
        for line in [&b"2"[..], b"abc hello", b"199 x", b"600 x", b"250_x", b""] {
            assert!(Line::decode(line).is_none(), "{line:?}");
        }
        assert!(matches!(Line::decode(b"250"), Some(Line::Last(250, _))));
    }
}
