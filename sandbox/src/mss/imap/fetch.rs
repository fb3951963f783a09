//! `FETCH`: the items asked for in; the data of one message out.

use std::io;

use bytes::Bytes;

use crate::mss::mailboxes::Stored;
use crate::mss::wire::Wire;

/// What a `FETCH` asks for.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Item {
    Uid,
    Flags,
    Size,
    InternalDate,
    /// Bytes, under the name the answer carries; `marks` sets `\Seen`.
    Body {
        name: String,
        part: BodyPart,
        marks: bool,
    },
    Unsupported,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum BodyPart {
    Everything,
    Headers,
    Text,
    Fields(Vec<String>),
}

impl Item {
    pub(super) async fn write(&self, message: &Stored, bytes: &Bytes, wire: &mut Wire) -> io::Result<()> {
        match self {
            Self::Uid => wire.reply(&format!("UID {}", message.uid)),
            Self::Flags => {
                wire.reply(if message.is_seen { "FLAGS (\\Seen)" } else { "FLAGS ()" });
            }
            Self::Size => wire.reply(&format!("RFC822.SIZE {}", bytes.len())),
            Self::InternalDate => {
                wire.reply(&format!("INTERNALDATE \"{}\"", internal_date(message.received_s)));
            }
            Self::Body { name, part, .. } => {
                let body_start = memchr::memmem::find(bytes, b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
                let content = match part {
                    BodyPart::Everything => bytes.clone(),
                    BodyPart::Headers => bytes.slice(..body_start),
                    BodyPart::Text => bytes.slice(body_start..),
                    BodyPart::Fields(names) => fields(&bytes[..body_start], names),
                };
                wire.reply(&format!("{name} {{{}}}\r\n", content.len()));
                wire.write(&content).await?;
            }
            Self::Unsupported => {}
        }
        Ok(())
    }
}

/// Reads the items of a `FETCH`, with or without parentheses.
pub(super) fn items(text: &str) -> Vec<Item> {
    let text = text.trim();
    let mut rest = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text).trim();
    let mut found = Vec::new();
    while !rest.is_empty() && found.len() < 20 {
        // A section holds spaces: it ends at its bracket.
        let space = rest.find(' ').unwrap_or(rest.len());
        let end = match rest.find('[').filter(|&open| open < space) {
            Some(_) => rest.find(']').map_or(rest.len(), |close| close + 1),
            None => space,
        };
        let (word, tail) = rest.split_at(end);
        found.push(item(word));
        rest = tail.trim_start();
    }
    found
}

fn item(word: &str) -> Item {
    let upper = word.to_ascii_uppercase();
    let body = |name: &str, part, marks| Item::Body { name: name.to_owned(), part, marks };
    match upper.as_str() {
        "UID" => Item::Uid,
        "FLAGS" => Item::Flags,
        "RFC822.SIZE" => Item::Size,
        "INTERNALDATE" => Item::InternalDate,
        "RFC822" => body("RFC822", BodyPart::Everything, true),
        "RFC822.HEADER" => body("RFC822.HEADER", BodyPart::Headers, false),
        "BODY[]" => body("BODY[]", BodyPart::Everything, true),
        "BODY.PEEK[]" => body("BODY[]", BodyPart::Everything, false),
        "BODY[HEADER]" => body("BODY[HEADER]", BodyPart::Headers, true),
        "BODY.PEEK[HEADER]" => body("BODY[HEADER]", BodyPart::Headers, false),
        "BODY[TEXT]" => body("BODY[TEXT]", BodyPart::Text, true),
        "BODY.PEEK[TEXT]" => body("BODY[TEXT]", BodyPart::Text, false),
        _ => {
            let fields = upper
                .strip_prefix("BODY.PEEK[HEADER.FIELDS (")
                .or_else(|| upper.strip_prefix("BODY[HEADER.FIELDS ("))
                .and_then(|rest| rest.strip_suffix(")]"));
            match fields {
                Some(names) => Item::Body {
                    name: format!("BODY[HEADER.FIELDS ({names})]"),
                    part: BodyPart::Fields(names.split_ascii_whitespace().map(str::to_owned).collect()),
                    marks: !upper.starts_with("BODY.PEEK"),
                },
                None => Item::Unsupported,
            }
        }
    }
}

/// The named headers, folded as they were, then an empty line.
fn fields(headers: &[u8], names: &[String]) -> Bytes {
    let mut out = Vec::new();
    let mut is_wanted = false;
    for line in headers.split_inclusive(|&b| b == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|&b| b == b':').next().unwrap_or_default();
            is_wanted = names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes()));
        }
        if is_wanted {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(b"\r\n");
    Bytes::from(out)
}

/// `04-Jan-2024 10:20:30 +0000`, from the date of a header.
fn internal_date(seconds: i64) -> String {
    let date = mail::Date { seconds_since_epoch: seconds, offset_minutes: 0 }.encode();
    let mut words = date.split(' ').skip(1);
    let mut word = || words.next().unwrap_or_default();
    format!("{}-{}-{} {} {}", word(), word(), word(), word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_with_spaces_are_one_item() {
        let found = items("(UID BODY.PEEK[HEADER.FIELDS (Subject From)] RFC822.SIZE)");
        assert_eq!(found.len(), 3);
        assert!(matches!(&found[1], Item::Body { part: BodyPart::Fields(f), marks: false, .. } if f.len() == 2));
        assert!(items("(ENVELOPE)").contains(&Item::Unsupported));
    }
}
