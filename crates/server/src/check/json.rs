//! Findings as JSON, one object a line and a document.

use std::path::Path;

use app::conformity::{Entry, Outcome, PackFinding, SchematronOutcome, Unreadable, XsdOutcome};
use cda_pack::Chosen;
use serde_json::{Value, json};
use wording::{Language, catalogue};

use super::packs::Pack;

/// The line of a document.
pub fn line(file: &Path, packs: &[Pack], outcomes: &[Outcome]) -> Vec<u8> {
    let is_several = packs.len() > 1;
    let schematrons: Vec<Value> = outcomes
        .iter()
        .enumerate()
        .flat_map(|(at, outcome)| {
            let pack = packs.get(at).filter(|_| is_several);
            outcome.schematrons.iter().map(move |it| schematron(it, pack))
        })
        .collect();
    let first = outcomes.first();
    let lint = first.map(|it| it.lint.iter().map(lint).collect::<Vec<_>>()).unwrap_or_default();
    let mut value = json!({
        "file": file.to_string_lossy(),
        "xsd": outcomes.iter().find_map(|it| it.xsd.as_ref()).map(xsd),
        "schematrons": schematrons,
        "lint": lint,
    });
    let chosen = outcomes.iter().map(|it| &it.volet).find(|it| **it != Chosen::None);
    value["volet"] = chosen.map_or(Value::Null, volet);
    value["pack"] = pack(outcomes);
    if let Some(unreadable) = first.and_then(|it| it.unreadable.as_ref()) {
        value["error"] = json!(sentence(unreadable));
        value["xsd"] = json!({"ok": false, "errors": [error(unreadable)]});
    }
    let mut line = value.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// The line of a file that could not be read.
pub fn not_read(file: &Path, reason: &str) -> Vec<u8> {
    let value = json!({"file": file.to_string_lossy(), "error": reason, "xsd": null, "schematrons": [], "lint": []});
    format!("{value}\n").into_bytes()
}

fn xsd(outcome: &XsdOutcome) -> Value {
    let errors: Vec<Value> = outcome
        .errors
        .iter()
        .map(|it| json!({"line": it.line, "column": it.column, "code": it.code, "sentence": words(it.finding), "message": it.message, "location": it.location}))
        .collect();
    let mut value = json!({"ok": outcome.is_valid(), "errors": errors});
    if let Some(reason) = &outcome.unusable {
        value["uncompilable"] = json!(reason);
    }
    value
}

/// What we say of a finding, in French.
pub fn words(code: &str) -> &'static str {
    catalogue(Language::French).of("finding", code)
}

fn error(it: &Unreadable) -> Value {
    json!({"line": it.line, "column": it.column, "code": it.code, "message": sentence(it), "location": null})
}

/// Why a document could not be read, in French, with its place.
pub fn sentence(it: &Unreadable) -> String {
    let text = words(it.code);
    match it.line {
        0 => format!("{text} ({})", it.reason),
        line => format!("{text} (ligne {line}, colonne {} : {})", it.column, it.reason),
    }
}

fn schematron(it: &SchematronOutcome, pack: Option<&Pack>) -> Value {
    let entries = |all: &[Entry]| all.iter().map(entry).collect::<Vec<_>>();
    let mut value = json!({
        "name": it.name(),
        "fired": it.n_fired,
        "failed": entries(&it.failed),
        "reports": entries(&it.reports),
        "not_evaluable": entries(&it.not_evaluable),
    });
    if let Some(reason) = &it.incomplete {
        value["uncompilable"] = json!(reason);
    }
    if let Some(pack) = pack {
        value["pack"] = json!(pack.name);
    }
    value
}

fn entry(it: &Entry) -> Value {
    json!({
        "rule": it.rule,
        "test": it.test,
        "location": it.location,
        "role": it.role,
        "message": it.message,
        "sentence": it.finding.map(words),
        "id": it.id,
        "flag": it.flag,
        "line": it.line,
        "source": format!("{}:{}", it.file, it.file_line),
    })
}

fn lint(it: &lab::finding::Finding) -> Value {
    json!({"code": it.code, "place": it.place, "message": remark(it.code)})
}

/// What one of our own checks says, without what the laboratory that signs should do about it.
pub fn remark(code: &str) -> &'static str {
    let text = catalogue(Language::French).of("finding", code);
    text.split_once(" : ").map_or(text, |(text, _)| text).trim_end_matches('.')
}

fn volet(chosen: &Chosen) -> Value {
    match chosen {
        Chosen::Volet(it) => json!({"file": it.file, "version": it.version, "chosen": "declared"}),
        Chosen::Likely(it) => json!({"file": it.file, "version": it.version, "chosen": "likely"}),
        Chosen::Absent { model, version } => json!({"model": model, "version": version, "chosen": "absent"}),
        Chosen::None => Value::Null,
    }
}

/// What is wrong with the packs or was repaired in them, for the schemas of this document.
fn pack(outcomes: &[Outcome]) -> Value {
    let mut seen: Vec<&PackFinding> = Vec::new();
    for finding in outcomes.iter().flat_map(|it| &it.pack) {
        if !seen.contains(&finding) {
            seen.push(finding);
        }
    }
    let words = catalogue(Language::French);
    let findings = seen.into_iter().map(|it| {
        json!({
            "code": it.code, "file": it.file, "line": it.line, "what": it.what,
            "repaired": it.is_repaired, "message": words.of("finding", it.code),
        })
    });
    findings.collect()
}
