//! What people look for in a CDA: bytes in; its PDF copies and its text out.
//! It deliberately checks nothing and interprets no coded entry.

use roxmltree::{Document, Node, ParsingOptions};

const HL7: &str = "urn:hl7-org:v3";
/// Nodes of a document read at most.
const MAX_NODES: u32 = 2_000_000;
/// Lines of text kept at most.
const MAX_LINES: usize = 5_000;

/// A section of the text.
pub(super) struct Section {
    pub(super) title: String,
    /// One per paragraph, list item or table row; cells are separated.
    pub(super) lines: Vec<String>,
}

/// What a CDA shows.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) sections: Vec<Section>,
    /// Size of each PDF copy, in order; 0 for one that can't be decoded.
    pub(super) pdf_sizes: Vec<usize>,
}

/// Reads a CDA; `None` when the bytes are not XML within bounds.
pub(super) fn read(bytes: &[u8]) -> Option<Reading> {
    with_document(bytes, |document| {
        let mut n_lines = MAX_LINES;
        let sections = document
            .descendants()
            .filter(|node| node.has_tag_name((HL7, "section")))
            .filter_map(|section| {
                let title = child(section, "title").map(text).unwrap_or_default();
                let lines = child(section, "text").map(lines).unwrap_or_default();
                n_lines = n_lines.checked_sub(lines.len())?;
                (!lines.is_empty()).then_some(Section { title, lines })
            })
            .collect();
        let pdf_sizes = pdf_nodes(document).map(|node| decode(node).map_or(0, |pdf| pdf.len())).collect();
        Some(Reading { sections, pdf_sizes })
    })
}

/// How many PDF copies there are, without decoding them.
pub(super) fn n_pdf(bytes: &[u8]) -> usize {
    // Most documents have none or one, and a list has hundreds: look before parsing.
    if memchr::memmem::find(bytes, b"application/pdf").is_none() {
        return 0;
    }
    with_document(bytes, |document| Some(pdf_nodes(document).count())).unwrap_or(0)
}

/// The PDF copy at that place, from 0.
pub(super) fn pdf(bytes: &[u8], n: usize) -> Option<Vec<u8>> {
    with_document(bytes, |document| pdf_nodes(document).nth(n).and_then(decode))
}

fn with_document<T>(bytes: &[u8], read: impl FnOnce(&Document<'_>) -> Option<T>) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    read(&Document::parse_with_options(text, options).ok()?)
}

/// `observationMedia/value` of a structured document, `nonXMLBody/text` of the others.
fn pdf_nodes<'a>(document: &'a Document<'_>) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(|node| {
        (node.has_tag_name((HL7, "value")) || node.has_tag_name((HL7, "text")))
            && node.attribute("mediaType") == Some("application/pdf")
            && node.attribute("representation") == Some("B64")
    })
}

fn decode(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let characters = node.text()?.bytes().filter(|byte| !byte.is_ascii_whitespace());
    mail::base64::decode(&characters.collect::<Vec<u8>>())
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name((HL7, name)))
}

/// One line per table row, one per other run of text.
fn lines(narrative: Node<'_, '_>) -> Vec<String> {
    let mut lines = Vec::new();
    for node in narrative.descendants() {
        let line = if node.has_tag_name((HL7, "tr")) {
            let cells = node.children().filter(Node::is_element).map(text);
            cells.collect::<Vec<_>>().join("  |  ")
        } else if node.is_text() && !is_in_row(node, narrative) {
            words(node.text().unwrap_or_default())
        } else {
            continue;
        };
        if !line.is_empty() && lines.len() < MAX_LINES {
            lines.push(line);
        }
    }
    lines
}

fn is_in_row(node: Node<'_, '_>, narrative: Node<'_, '_>) -> bool {
    node.ancestors().take_while(|ancestor| *ancestor != narrative).any(|ancestor| ancestor.has_tag_name((HL7, "tr")))
}

/// All the text inside, with single spaces.
fn text(node: Node<'_, '_>) -> String {
    let runs = node.descendants().filter(Node::is_text).filter_map(|run| run.text());
    words(&runs.collect::<Vec<_>>().join(" "))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CDA: &str = r#"<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody>
        <component><section><title>Biochimie</title><text><paragraph>Avant</paragraph>
        <table><thead><tr><th>Examen</th><th>Résultat</th></tr></thead>
        <tbody><tr><td>TSH</td><td><content>2,1</content> mUI/L</td></tr></tbody></table></text>
        <entry><observationMedia><value mediaType="application/pdf" representation="B64">JVBE
        Ri0x</value></observationMedia></entry></section></component>
        <component><section><entry><observationMedia>
        <value mediaType="image/png" representation="B64">AAAA</value></observationMedia></entry>
        </section></component></structuredBody></component></ClinicalDocument>"#;

    #[test]
    fn text_comes_row_by_row_and_pdf_copies_in_order() {
        let reading = read(CDA.as_bytes()).expect("a reading");
        assert_eq!(reading.sections.len(), 1, "the second section has no text");
        let section = &reading.sections[0];
        assert_eq!(section.title, "Biochimie");
        assert_eq!(section.lines, ["Avant", "Examen  |  Résultat", "TSH  |  2,1 mUI/L"]);
        assert_eq!(reading.pdf_sizes, [6]);
        assert_eq!(pdf(CDA.as_bytes(), 0).expect("a PDF"), b"%PDF-1");
        assert!(pdf(CDA.as_bytes(), 1).is_none());
    }

    #[test]
    fn what_is_not_xml_shows_nothing() {
        assert!(read(b"\xFF").is_none());
        assert!(read(b"<a>").is_none());
        assert!(read(b"<a/>").expect("XML").sections.is_empty());
    }

    #[test]
    fn every_published_report_that_holds_a_pdf_gives_it_back() {
        let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = workspace.ancestors().map(|a| a.join("shared/data/ans/cda")).find(|f| f.is_dir());
        let Some(folder) = folder else {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("skipped: no folder of published reports");
            }
            return;
        };
        let mut n_copies = 0;
        for file in std::fs::read_dir(folder).expect("a folder").flatten() {
            let bytes = std::fs::read(file.path()).expect("a file");
            let reading = read(&bytes).expect("XML");
            assert_eq!(n_pdf(&bytes), reading.pdf_sizes.len());
            for (n, &size) in reading.pdf_sizes.iter().enumerate() {
                let copy = pdf(&bytes, n).expect("a PDF");
                assert!(copy.starts_with(b"%PDF-") && copy.len() == size, "{:?}", file.file_name());
                n_copies += 1;
            }
        }
        assert!(n_copies >= 14, "{n_copies} copies");
    }
}
