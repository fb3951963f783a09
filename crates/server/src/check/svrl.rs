//! Findings as SVRL: one report as it is, several inside of one element or each in a file of its own.

use std::path::{Path, PathBuf};

use app::conformity::Outcome;
use xml::Writer;

use super::{CheckArgs, json, packs::Pack};

/// What stands before several reports.
pub const HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<reports>\n";
/// What stands after them.
pub const FOOT: &[u8] = b"</reports>\n";

/// A file of the pack and its report.
type Report = (String, Vec<u8>);

/// Whether there is only one report: it is then written as it is, as tools for SVRL read it.
pub fn is_single(args: &CheckArgs, files: &[PathBuf], packs: &[Pack]) -> bool {
    was_single(args, files.len(), packs)
}

/// The same, by the number of files.
pub fn was_single(args: &CheckArgs, n_files: usize, packs: &[Pack]) -> bool {
    n_files == 1 && packs.len() == 1 && args.schematron.len() == 1
}

/// The reports of a document, each inside of an element that says what it is about.
pub fn written(file: &Path, reports: &[Report], is_single: bool, outcomes: &[Outcome]) -> Vec<u8> {
    if let ([(_, report)], true) = (reports, is_single) {
        let mut alone = report.clone();
        alone.push(b'\n');
        return alone;
    }
    if let Some(unreadable) = outcomes.iter().find_map(|it| it.unreadable.as_ref()) {
        return not_read(file, &json::sentence(unreadable));
    }
    let mut out = Vec::new();
    for (schema, report) in reports {
        let mut around = Writer::new();
        around.open("report").attr("file", &file.to_string_lossy()).attr("schematron", schema);
        around.fragment(without_declaration(report)).close();
        out.extend(around.finish());
        out.push(b'\n');
    }
    out
}

/// A file that could not be read.
pub fn not_read(file: &Path, reason: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.open("error").attr("file", &file.to_string_lossy()).text(reason).close();
    let mut out = out.finish();
    out.push(b'\n');
    out
}

/// Writes each report into a file; what is printed says where, or why not.
pub fn save(folder: &Path, file: &Path, reports: &[Report]) -> Vec<u8> {
    let mut said = String::new();
    // Documents of several folders may share their name.
    let document: String =
        file.to_string_lossy().chars().map(|it| if it == '/' || it == '\\' { '_' } else { it }).collect();
    for (schema, report) in reports {
        let schema = schema.rsplit('/').next().unwrap_or(schema).trim_end_matches(".sch");
        let path = folder.join(format!("{}.{schema}.svrl.xml", document.trim_start_matches(['.', '_'])));
        match std::fs::write(&path, report) {
            Ok(()) => said.push_str(&format!("{}\n", path.display())),
            Err(error) => said.push_str(&format!("{} : écriture impossible ({error})\n", path.display())),
        }
    }
    said.into_bytes()
}

fn without_declaration(report: &[u8]) -> &[u8] {
    let end = report.windows(2).position(|it| it == b"?>").filter(|_| report.starts_with(b"<?xml"));
    end.and_then(|it| report.get(it + 2..)).map_or(report, <[u8]>::trim_ascii_start)
}
