//! Header lines: any text in, folded ASCII out; no value can start a new header.
//!
//! Control characters never pass: line ends and tabs become a space, the others are dropped, and a
//! run of white space is written as one space. Lines are folded near 76 characters (RFC 5322 §2.2.3)
//! and stay far below the 998 the standard allows.

use crate::address::{Mailbox, MessageId};

const FOLD_AT: usize = 76;
/// A word beyond this length is written as encoded words, which can be folded.
const MAX_RAW_WORD: usize = 200;
/// Characters between `=?UTF-8?B?` and `?=`: 75 in all (RFC 2047 §2).
const MAX_ENCODED_TEXT: usize = 63;
/// Longest file name kept, in bytes: as much as common file systems allow.
const MAX_FILE_NAME_BYTES: usize = 255;

/// Appends `Name: value` for a free text value.
pub(crate) fn unstructured(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut line = Line::start(out, name);
    line.text(&clean(value));
    line.end();
}

/// Appends `Subject`, whose first word always stays readable ASCII on the first line, because
/// receivers route on the raw bytes of that prefix. Its accents are dropped where there are any.
pub(crate) fn subject(out: &mut Vec<u8>, value: &str) {
    let value = clean(value);
    let (first, rest) = value.split_once(' ').unwrap_or((&value, ""));
    let mut line = Line::start(out, "Subject");
    let first = first.replace("=?", "= ?");
    for word in first.split(' ') {
        let word = ascii_word(word);
        let bound = word.len().min(MAX_RAW_WORD);
        line.word(&word[..bound]);
    }
    line.text(rest);
    line.end();
}

/// Appends a header holding mailboxes.
pub(crate) fn mailboxes(out: &mut Vec<u8>, name: &str, mailboxes: &[Mailbox<'_>]) {
    let mut line = Line::start(out, name);
    for (i, mailbox) in mailboxes.iter().enumerate() {
        let comma = if i + 1 < mailboxes.len() { "," } else { "" };
        let address = mailbox.address.as_str();
        match mailbox.display_name.map(clean).filter(|display_name| !display_name.is_empty()) {
            None => line.word(&format!("{address}{comma}")),
            Some(display_name) => {
                line.phrase(&display_name);
                line.word(&format!("<{address}>{comma}"));
            }
        }
    }
    line.end();
}

/// Appends a header holding message identifiers, one per line when there are several.
pub(crate) fn message_ids<'a>(out: &mut Vec<u8>, name: &str, ids: impl IntoIterator<Item = &'a MessageId>) {
    let mut line = Line::start(out, name);
    for id in ids {
        line.word(&format!("<{}>", id.as_str()));
    }
    line.end();
}

/// Appends a header whose value is already a list of ASCII tokens.
pub(crate) fn token(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut line = Line::start(out, name);
    line.word(value);
    line.end();
}

/// Appends `Name: value;` and a file name parameter: quoted when ASCII, otherwise in the extended
/// form of RFC 2231 (`filename*=UTF-8''…`). Path separators become `_`.
pub(crate) fn with_file_name(out: &mut Vec<u8>, name: &str, value: &str, parameter: &str, file_name: &str) {
    let file_name = clean_file_name(file_name);
    let mut line = Line::start(out, name);
    line.word(&format!("{value};"));
    if file_name.is_ascii() {
        let mut quoted = String::with_capacity(file_name.len() + 16);
        for c in file_name.chars() {
            if c == '"' || c == '\\' {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        line.word(&format!("{parameter}=\"{quoted}\""));
    } else {
        let mut encoded = format!("{parameter}*=UTF-8''");
        for byte in file_name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`{}~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
        line.word(&encoded);
    }
    line.end();
}

/// One header being written, with the column reached.
struct Line<'o> {
    out: &'o mut Vec<u8>,
    column: usize,
    is_empty: bool,
}

impl<'o> Line<'o> {
    fn start(out: &'o mut Vec<u8>, name: &str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self { out, column: name.len() + 1, is_empty: true }
    }

    /// Appends one unbreakable ASCII word, after a space or a fold.
    /// The first word is never folded: a line of white space only would be an error.
    fn word(&mut self, word: &str) {
        if !self.is_empty && self.column + 1 + word.len() > FOLD_AT {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(word.as_bytes());
        self.column += 1 + word.len();
        self.is_empty = false;
    }

    /// Appends free text: words that need it are encoded together, the others stay as they are.
    fn text(&mut self, text: &str) {
        let mut pending = String::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if needs_encoding(word) {
                if !pending.is_empty() {
                    pending.push(' ');
                }
                pending.push_str(word);
            } else {
                self.encoded(&std::mem::take(&mut pending));
                self.word(word);
            }
        }
        self.encoded(&pending);
    }

    /// Appends a display name: a quoted string when ASCII, encoded words otherwise.
    fn phrase(&mut self, text: &str) {
        if !text.is_ascii() || text.len() > MAX_RAW_WORD || text.contains("=?") {
            return self.encoded(text);
        }
        let mut quoted = String::with_capacity(text.len() + 8);
        quoted.push('"');
        for c in text.chars() {
            if c == '"' || c == '\\' {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('"');
        self.word(&quoted);
    }

    /// Appends encoded words (RFC 2047): `Q`, which people can read, unless `B` is much shorter.
    fn encoded(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let q_len: usize = text.chars().map(q_width).sum();
        let is_q = q_len * 2 <= text.len().div_ceil(3) * 4 * 3;
        let mut rest = text;
        while !rest.is_empty() {
            let end = if is_q { q_end(rest) } else { b_end(rest) };
            let (chunk, tail) = rest.split_at(end);
            let word = if is_q {
                format!("=?UTF-8?Q?{}?=", q_encode(chunk))
            } else {
                format!("=?UTF-8?B?{}?=", crate::base64::encode(chunk.as_bytes()))
            };
            self.word(&word);
            rest = tail;
        }
    }

    fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Drops control characters, turns runs of white space into one space, trims.
fn clean(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if c == ' ' || c == '\r' || c == '\n' || c == '\t' {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !c.is_control() {
            out.push(c);
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// A base name: no separator, not hidden, bounded, never empty.
fn clean_file_name(value: &str) -> String {
    let mut name: String = clean(value).chars().map(|c| if c == '/' || c == '\\' { '_' } else { c }).collect();
    let mut end = name.len().min(MAX_FILE_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    if name.is_empty() { "attachment".to_owned() } else { name }
}

fn needs_encoding(word: &str) -> bool {
    !word.is_ascii() || word.len() > MAX_RAW_WORD || word.contains("=?")
}

/// Width in the `Q` encoding restricted to what a phrase allows (RFC 2047 §5, rule 3).
fn q_width(c: char) -> usize {
    if is_q_literal(c) { 1 } else { 3 * c.len_utf8() }
}

fn is_q_literal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '!' | '*' | '+' | '-' | '/')
}

fn q_encode(text: &str) -> String {
    let mut out = String::with_capacity(MAX_ENCODED_TEXT);
    for c in text.chars() {
        if c == ' ' {
            out.push('_');
        } else if is_q_literal(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str(&format!("={byte:02X}"));
            }
        }
    }
    out
}

/// Where the first `Q` word must end: a character is never cut.
fn q_end(text: &str) -> usize {
    let mut width = 0;
    for (i, c) in text.char_indices() {
        width += q_width(c);
        if width > MAX_ENCODED_TEXT {
            return i;
        }
    }
    text.len()
}

/// Where the first `B` word must end: 45 bytes make 60 characters.
fn b_end(text: &str) -> usize {
    let mut end = text.len().min(45);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Latin letters without their accents; any other non-ASCII character becomes `_`.
fn ascii_word(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            'À'..='Å' => out.push('A'),
            'Æ' => out.push_str("AE"),
            'Ç' => out.push('C'),
            'È'..='Ë' => out.push('E'),
            'Ì'..='Ï' => out.push('I'),
            'Ñ' => out.push('N'),
            'Ò'..='Ö' | 'Ø' => out.push('O'),
            'Ù'..='Ü' => out.push('U'),
            'Ý' | 'Ÿ' => out.push('Y'),
            'à'..='å' => out.push('a'),
            'æ' => out.push_str("ae"),
            'ç' => out.push('c'),
            'è'..='ë' => out.push('e'),
            'ì'..='ï' => out.push('i'),
            'ñ' => out.push('n'),
            'ò'..='ö' | 'ø' => out.push('o'),
            'ù'..='ü' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'Œ' => out.push_str("OE"),
            'œ' => out.push_str("oe"),
            'ß' => out.push_str("ss"),
            '‘' | '’' => out.push('\''),
            '‐'..='―' => out.push('-'),
            _ => out.push('_'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn an_ascii_subject_is_written_as_it_is() {
        assert_eq!(
            written(|out| subject(out, "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE ANNE 28/03/1979")),
            "Subject: XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE ANNE\r\n 28/03/1979\r\n"
        );
    }

    #[test]
    fn the_first_word_of_a_subject_stays_ascii_while_later_words_are_encoded() {
        let line = written(|out| subject(out, "XDM/1.0/DDM+Électrophorèse des protéines NOM"));
        assert!(line.starts_with("Subject: XDM/1.0/DDM+Electrophorese des =?UTF-8?Q?"), "{line}");
        assert!(line.ends_with(" NOM\r\n"), "{line}");
    }

    #[test]
    fn no_value_can_start_another_header() {
        for value in ["a\r\nBcc: x@y.fr", "a\nBcc: x@y.fr", "a\rBcc: x@y.fr", "a\u{b}\u{0}b"] {
            for line in [
                written(|out| subject(out, value)),
                written(|out| unstructured(out, "X-A", value)),
                written(|out| with_file_name(out, "X-A", "attachment", "filename", value)),
            ] {
                let unfolded = line.trim_end_matches("\r\n").replace("\r\n ", " ");
                assert!(!unfolded.contains(['\r', '\n', '\0', '\u{b}']), "{line:?}");
            }
        }
    }

    #[test]
    fn names_are_quoted_when_ascii_and_encoded_otherwise() {
        let address = Address::parse("bio@labo.mssante.fr").expect("address");
        let name = |display_name| {
            let mailbox = Mailbox { display_name: Some(display_name), address: &address };
            written(|out| mailboxes(out, "From", &[mailbox]))
        };
        assert_eq!(name("Labo \"C\", <x>"), "From: \"Labo \\\"C\\\", <x>\" <bio@labo.mssante.fr>\r\n");
        assert_eq!(
            name("Hôpital C – Biologie"),
            "From: =?UTF-8?Q?H=C3=B4pital_C_=E2=80=93_Biologie?= <bio@labo.mssante.fr>\r\n"
        );
    }

    #[test]
    fn file_names_with_accents_use_the_extended_form() {
        assert_eq!(
            written(|out| with_file_name(out, "Content-Disposition", "attachment", "filename", "é d'a.pdf")),
            "Content-Disposition: attachment; filename*=UTF-8''%C3%A9%20d%27a.pdf\r\n"
        );
        assert_eq!(
            written(|out| with_file_name(out, "Content-Disposition", "attachment", "filename", "../a \"b\".pdf")),
            "Content-Disposition: attachment; filename=\".._a \\\"b\\\".pdf\"\r\n"
        );
    }

    #[test]
    fn every_line_stays_below_the_limit_of_the_standard() {
        let long = "é".repeat(3000) + &"a".repeat(3000) + " " + &"mot ".repeat(900);
        for line in [
            written(|out| subject(out, &long)),
            written(|out| unstructured(out, "X-A", &long)),
            written(|out| with_file_name(out, "X-A", "attachment", "filename", &long)),
        ] {
            assert!(line.split("\r\n").all(|l| l.len() < 998 && l.is_ascii()));
            assert!(!line.contains("\r\n\r\n"));
        }
    }
}
