//! Files in the document. Findings `CRBIO-L13`, `CRBIO-L17`.

use super::{Parts, path};
use lab::finding::Finding;
use roxmltree::Node;

/// Bytes of an image at most: a curve is some tens of kilobytes.
const IMAGE_BYTES: usize = 5 << 20;

/// What files of a type start with.
const STARTS: [(&str, &[u8]); 4] = [
    ("application/pdf", b"%PDF-"),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xFF\xD8\xFF"),
    ("image/gif", b"GIF8"),
];

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for value in &parts.files {
        assess_one(*value, findings);
    }
}

fn assess_one(value: Node<'_, '_>, findings: &mut Vec<Finding>) {
    let kind = value.attribute("mediaType").unwrap_or_default();
    let text = value.text().unwrap_or_default();
    // Line ends inside of base64 are usual and harmless; anything else is not base64.
    let compact: String;
    let encoded = if text.bytes().any(|it| it.is_ascii_whitespace()) {
        compact = text.split_ascii_whitespace().collect();
        compact.as_str()
    } else {
        text
    };
    let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(encoded) else {
        findings.push(Finding::error("CRBIO-L17", path(value)));
        return;
    };
    let start = STARTS.iter().find(|(media_type, _)| *media_type == kind);
    let is_as_said = start.is_some_and(|(_, start)| bytes.starts_with(start));
    if kind == "application/pdf" {
        // The metadata of PDF/A-1 are not compressed, so that anyone finds them. Source: ISO 19005-1, 6.7.
        if !is_as_said || !contains(&bytes, b"pdfaid:part") {
            findings.push(Finding::warning("CRBIO-L13", path(value)));
        }
    } else if !is_as_said || bytes.len() > IMAGE_BYTES {
        findings.push(Finding::error("CRBIO-L17", path(value)));
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
