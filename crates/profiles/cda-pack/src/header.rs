//! The header of a CDA document, as far as the choice of its rules needs it: bytes in, templates and type code out.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// Elements read before a document without header is given up.
const ELEMENTS: usize = 200_000;

/// What a document says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Its templates, root and extension, in order.
    pub templates: Vec<(String, Option<String>)>,
    /// Its type, `ClinicalDocument/code/@code`.
    pub code: Option<String>,
    /// Whether the document stands inside of another one, a stylesheet.
    pub is_embedded: bool,
}

impl Header {
    /// Reads the header, also of a document inside of a stylesheet (the self-presentable form).
    ///
    /// Reading stops at the body. None when there is no `ClinicalDocument`, or when it is not XML up to there.
    pub fn read(document: &[u8]) -> Option<Self> {
        let text = text(document)?;
        let mut reader = Reader::from_str(&text);
        let mut header = None;
        let (mut depth, mut is_embedded) = (0_usize, false);
        for _ in 0..ELEMENTS {
            let (start, is_empty) = match reader.read_event().ok()? {
                Event::Start(start) => (start, false),
                Event::Empty(start) => (start, true),
                Event::End(_) if header.is_some() && depth == 0 => return header,
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    continue;
                }
                Event::Eof => return header,
                _ => continue,
            };
            match &mut header {
                None if start.local_name().as_ref() == "ClinicalDocument" => {
                    header = Some(Self { is_embedded, ..Self::default() });
                    depth = 0;
                    if is_empty {
                        return header;
                    }
                    continue;
                }
                Some(header) if depth == 0 => match start.local_name().as_ref() {
                    "templateId" => header.templates.extend(identifier(&start)),
                    "code" => header.code = header.code.take().or_else(|| attribute(&start, "code")),
                    "component" => return Some(header.clone()),
                    _ => {}
                },
                _ => {}
            }
            is_embedded = true;
            depth += usize::from(!is_empty);
        }
        header
    }

    /// Whether it names a template.
    pub fn has(&self, root: &str) -> bool {
        self.templates.iter().any(|(it, _)| it == root)
    }

    /// The templates of the whole document.
    pub(crate) fn all_templates(document: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let Some(text) = text(document) else { return found };
        let mut reader = Reader::from_str(&text);
        loop {
            match reader.read_event() {
                Ok(Event::Start(start) | Event::Empty(start)) if start.local_name().as_ref() == "templateId" => {
                    found.extend(identifier(&start).map(|(root, _)| root));
                }
                Ok(Event::Eof) | Err(_) => return found,
                Ok(_) => {}
            }
        }
    }
}

/// UTF-8 as it is; other encodings only as far as their ASCII, which is all that identifiers need.
fn text(document: &[u8]) -> Option<Cow<'_, str>> {
    let unit: Option<fn([u8; 2]) -> u16> = match document {
        [0xFE, 0xFF, ..] => Some(u16::from_be_bytes),
        [0xFF, 0xFE, ..] => Some(u16::from_le_bytes),
        _ => None,
    };
    match unit {
        Some(unit) => {
            let units = document.get(2..)?.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
            Some(Cow::Owned(char::decode_utf16(units).map(|it| it.unwrap_or('?')).collect()))
        }
        None => Some(String::from_utf8_lossy(document)),
    }
}

fn identifier(start: &BytesStart<'_>) -> Option<(String, Option<String>)> {
    Some((attribute(start, "root")?, attribute(start, "extension")))
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|it| it.key.as_ref() == name)?;
    Some(found.value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_with_any_prefix_inside_a_stylesheet_and_no_further_than_the_body() {
        let document = r#"<?xml version="1.0"?><xsl:stylesheet xmlns:xsl="x"><d:C xmlns:d="y"><!-- <c:templateId root="0"/> -->
            <c:ClinicalDocument xmlns:c="urn:hl7-org:v3"><c:templateId root="1.2"/><c:templateId root='1.3' extension="2024.01"></c:templateId>
            <c:code code="11502-2"><c:translation code="no"/></c:code><c:recordTarget><c:templateId root="9"/></c:recordTarget>
            <c:component><c:templateId root="8"/></c:component></c:ClinicalDocument></d:C></xsl:stylesheet>"#;
        let header = Header::read(document.as_bytes()).expect("a header");
        assert_eq!(header.templates, [("1.2".into(), None), ("1.3".into(), Some("2024.01".into()))]);
        assert_eq!((header.code.as_deref(), header.is_embedded), (Some("11502-2"), true));
    }

    #[test]
    fn what_is_not_a_clinical_document_has_no_header() {
        for source in ["", "<a/>", "not XML", "<a><b></a>", "\u{feff}", "<ClinicalDocument"] {
            assert_eq!(Header::read(source.as_bytes()), None, "{source}");
        }
        assert_eq!(Header::read(b"<ClinicalDocument/>"), Some(Header::default()));
        assert_eq!(Header::read(b"<ClinicalDocument><id/>"), Some(Header::default()));
    }
}
