//! Findings as JUnit XML: a suite for each document, a case for each schema that is clean and for each finding.

use std::path::Path;

use app::conformity::{Entry, Outcome, SchematronOutcome};
use cda_pack::Chosen;
use xml::Writer;

use super::{json, packs::Pack};

/// What stands before the suites.
pub const HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"paillasse check\">\n";
/// What stands after them.
pub const FOOT: &[u8] = b"</testsuites>\n";

/// How a case ended.
enum End {
    Passed,
    /// What was checked does not hold.
    Failed(&'static str, String),
    /// It could not be checked.
    Error(String),
}

struct Case {
    class: String,
    name: String,
    end: End,
}

/// The suite of a document.
pub fn suite(file: &Path, packs: &[Pack], outcomes: &[Outcome], is_lint_counted: bool) -> Vec<u8> {
    let mut cases = Vec::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        let pack = packs.get(at).filter(|_| packs.len() > 1).map(|it| format!("{}/", it.name)).unwrap_or_default();
        if at == 0 {
            of_document(outcome, is_lint_counted, &mut cases);
        }
        if let Some(xsd) = &outcome.xsd {
            if let Some(reason) = &xsd.unusable {
                let end = End::Error(reason.clone());
                cases.push(Case { class: format!("{pack}xsd"), name: "schéma XML".to_owned(), end });
            }
            if xsd.is_valid() {
                cases.push(Case { class: format!("{pack}xsd"), name: "schéma XML".to_owned(), end: End::Passed });
            }
            for it in &xsd.errors {
                let name = format!("ligne {} : {}", it.line, it.code);
                let end = End::Failed("error", format!("{}\n{} : {}", json::words(it.finding), it.code, it.message));
                cases.push(Case { class: format!("{pack}xsd"), name, end });
            }
        }
        for it in &outcome.schematrons {
            of_schematron(&pack, it, &mut cases);
        }
    }
    written(file, &cases)
}

/// The suite of a file that could not be read.
pub fn not_read(file: &Path, reason: &str) -> Vec<u8> {
    let case = Case { class: "fichier".to_owned(), name: "lecture".to_owned(), end: End::Error(reason.to_owned()) };
    written(file, &[case])
}

fn of_document(outcome: &Outcome, is_lint_counted: bool, cases: &mut Vec<Case>) {
    let case = |class: &str, name: &str, end| Case { class: class.to_owned(), name: name.to_owned(), end };
    if let Some(unreadable) = &outcome.unreadable {
        cases.push(case("document", "lecture", End::Failed("error", json::sentence(unreadable))));
        return;
    }
    if let Chosen::Absent { model, version } = &outcome.volet {
        let reason = format!("aucun schematron pour le modèle {model} {version}");
        cases.push(case("document", "volet", End::Error(reason)));
    }
    if outcome.lint.is_empty() {
        cases.push(case("paillasse", "nos contrôles", End::Passed));
    }
    for it in &outcome.lint {
        let text = format!("{} ({})", json::remark(it.code), it.place);
        let end = if is_lint_counted { End::Failed("warning", text) } else { End::Passed };
        cases.push(case("paillasse", it.code, end));
    }
}

fn of_schematron(pack: &str, it: &SchematronOutcome, cases: &mut Vec<Case>) {
    let class = format!("{pack}{}", it.name());
    let case = |name: &str, end| Case { class: class.clone(), name: name.to_owned(), end };
    if it.is_clean() {
        let title = if it.title.is_empty() { it.name() } else { &it.title };
        cases.push(case(title, End::Passed));
    }
    if let Some(reason) = &it.incomplete {
        cases.push(case("schematron incomplet", End::Error(reason.clone())));
    }
    if it.n_contexts_without_value > 0 {
        let reason = format!("{} contextes sans valeur", it.n_contexts_without_value);
        cases.push(case("contextes", End::Error(reason)));
    }
    let kind = |it: &Entry| match it.severity {
        schematron::Severity::Error => "error",
        schematron::Severity::Warning => "warning",
        schematron::Severity::Information => "information",
    };
    for entry in it.failed.iter().chain(&it.reports) {
        cases.push(case(&name(entry), End::Failed(kind(entry), text(entry))));
    }
    for entry in &it.not_evaluable {
        cases.push(case(&name(entry), End::Error(text(entry))));
    }
}

fn name(entry: &Entry) -> String {
    format!("ligne {} : {}", entry.line, entry.rule)
}

fn text(it: &Entry) -> String {
    let said = it.finding.map(|code| format!("{}\n", json::words(code))).unwrap_or_default();
    format!("{said}{}\n{}\ntest : {}\nsource : {}:{}", it.message, it.location, it.test, it.file, it.file_line)
}

fn written(file: &Path, cases: &[Case]) -> Vec<u8> {
    let count = |is: fn(&End) -> bool| cases.iter().filter(|it| is(&it.end)).count();
    let mut out = Writer::new();
    out.open("testsuite").attr("name", &file.to_string_lossy()).attr_display("tests", cases.len());
    out.attr_display("failures", count(|it| matches!(it, End::Failed(..))));
    out.attr_display("errors", count(|it| matches!(it, End::Error(_)))).attr("skipped", "0");
    for case in cases {
        out.open("testcase").attr("classname", &case.class).attr("name", &printable(&case.name));
        match &case.end {
            End::Passed => {}
            End::Failed(kind, text) => {
                let first = text.lines().next().unwrap_or_default();
                out.open("failure")
                    .attr("type", kind)
                    .attr("message", &printable(first))
                    .text(&printable(text))
                    .close();
            }
            End::Error(text) => {
                let first = text.lines().next().unwrap_or_default();
                out.open("error").attr("type", "not_checked").attr("message", &printable(first));
                out.text(&printable(text)).close();
            }
        }
        out.close();
    }
    out.close();
    let mut suite = out.finish();
    suite.push(b'\n');
    suite
}

/// Without the characters that XML cannot hold.
fn printable(text: &str) -> String {
    text.chars().filter(|it| !it.is_control() || matches!(it, '\n' | '\t')).collect()
}
