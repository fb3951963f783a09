//! Opens a document for the commands that read one: bytes, characters, model; refusals in French.

use std::{io::Write as _, path::Path, process::ExitCode};

use cda::{ClinicalDocument, Limits, QuirkKind, Quirks, ReadError};
use wording::{Catalogue, Language, catalogue};

use crate::input;

/// A document that was opened: its characters, the model read from it.
pub struct Source<'a> {
    /// Characters.
    pub text: &'a str,
    /// As a document.
    pub document: &'a ClinicalDocument<'a>,
    /// What was odd about it, one line each, in French.
    pub quirks: Vec<String>,
}

/// Opens a document for a command; what stops it is told and ends with code 2.
pub fn run(file: &Path, command: impl FnOnce(Source<'_>) -> Result<ExitCode, String>) -> ExitCode {
    open(file, command).unwrap_or_else(|reason| {
        _ = writeln!(std::io::stderr(), "{} : {reason}", file.display());
        ExitCode::from(2)
    })
}

fn open(file: &Path, command: impl FnOnce(Source<'_>) -> Result<ExitCode, String>) -> Result<ExitCode, String> {
    let limits = Limits::default();
    let bytes = input::bytes(file, limits.size_bytes as u64)?;
    let text = xml::decode(&bytes).map_err(|_| refusal(&ReadError::Encoding))?;
    let (document, found) = cda::read(&text, &limits).map_err(|error| refusal(&error))?;
    command(Source { text: &text, document: &document, quirks: quirks(&found) })
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
fn quirks(quirks: &Quirks) -> Vec<String> {
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
