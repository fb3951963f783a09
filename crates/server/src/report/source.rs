//! Opens a document for the commands that read one: bytes, characters, tree; refusals in French.

use std::{borrow::Cow, io::Read as _, path::Path};

use cda::{Limits, QuirkKind, Quirks, ReadError};
use wording::{Catalogue, Language, catalogue};

/// The bytes of a file, or of the standard input for `-`.
pub fn bytes(file: &Path, limits: &Limits) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // One byte more than the bound shows that a file is larger.
    let bound = limits.size_bytes as u64 + 1;
    let outcome = if file == Path::new("-") {
        std::io::stdin().take(bound).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(bound).read_to_end(&mut bytes))
    };
    outcome.map(|_| bytes).map_err(|error| format!("lecture impossible : {error}"))
}

/// The characters of a document.
pub fn text(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    xml::decode(bytes).map_err(|_| ReadError::Encoding)
}

/// Why a document is refused, in French.
pub fn refusal(error: &ReadError) -> String {
    let texts = texts();
    match error {
        ReadError::TooLarge { limit_bytes } => {
            format!("{} ({} Mo).", texts.get("cda.too-large"), limit_bytes >> 20)
        }
        ReadError::TooManyNodes { limit } => format!("{} ({limit}).", texts.get("cda.too-many-nodes")),
        ReadError::Encoding => texts.get("cda.encoding").to_owned(),
        ReadError::DocumentType => texts.get("cda.document-type").to_owned(),
        ReadError::Malformed { line, column } => {
            format!("{} : ligne {line}, colonne {column}.", texts.get("cda.malformed"))
        }
        _ => texts.get("cda.no-document").to_owned(),
    }
}

/// What was odd about a document, one line each, in French.
pub fn quirks(quirks: &Quirks) -> Vec<String> {
    let texts = texts();
    let mut lines: Vec<String> = quirks
        .first
        .iter()
        .map(|quirk| {
            let key = match quirk.kind {
                QuirkKind::Attribute => "cda.quirk.attribute",
                QuirkKind::Element => "cda.quirk.element",
                QuirkKind::Text => "cda.quirk.text",
                QuirkKind::TooDeep => "cda.quirk.too-deep",
            };
            format!("ligne {}, {} : {}", quirk.line, quirk.path, texts.get(key))
        })
        .collect();
    if quirks.count > quirks.first.len() {
        lines.push(format!("… et {} autres.", quirks.count - quirks.first.len()));
    }
    lines
}

fn texts() -> &'static Catalogue {
    catalogue(Language::French)
}
