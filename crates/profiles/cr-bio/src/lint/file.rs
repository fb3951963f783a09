//! Files in the document. Findings `CRBIO-L13`, `CRBIO-L17`.

use super::{Parts, path};
use cda::{FileKind, base64_on_one_line};
use lab::finding::Finding;
use roxmltree::Node;

/// Bytes of an image at most: a curve is some tens of kilobytes.
const IMAGE_BYTES: usize = 5 << 20;

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for value in &parts.files {
        assess_one(*value, findings);
    }
}

fn assess_one(value: Node<'_, '_>, findings: &mut Vec<Finding>) {
    let kind = value.attribute("mediaType").unwrap_or_default();
    let encoded = base64_on_one_line(value.text().unwrap_or_default());
    let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(encoded.as_bytes()) else {
        findings.push(Finding::error("CRBIO-L17", path(value)));
        return;
    };
    let is_as_said = FileKind::found(kind, &bytes).is_some();
    if kind == FileKind::Pdf.media_type() {
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
