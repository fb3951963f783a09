//! `paillasse xdm`: archives of documents (`IHE_XDM.zip`), ours or any vendor's, from the shell.
//!
//! In: an archive. Out: its documents, what their metadata says, and what is not as the norm wants it.
//! It decides nothing: the rules are those of the crate `xds`.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wording::{Catalogue, Language, catalogue};
use xds::{
    Code, DocumentEntry, Finding,
    xdm::{self, Archive, Limits, ReadSubset, XdmError},
};

use crate::input;

/// What to do with an archive.
#[derive(Subcommand)]
pub enum XdmCommand {
    /// Montre ce qu'une archive contient : documents, métadonnées, écarts à la norme.
    Inspect(InspectArgs),
}

/// Options.
#[derive(Args)]
#[command(
    after_help = "Codes de sortie : 0 lue, conforme ; 1 lue, avec des écarts ; 2 l'archive n'a pas pu être lue.\n\
                  Les métadonnées nomment le patient : la sortie aussi."
)]
pub struct InspectArgs {
    /// Archive ; « - » pour l'entrée standard.
    file: PathBuf,
    /// Un objet JSON au lieu d'un texte.
    #[arg(long)]
    json: bool,
}

/// Runs a command.
pub fn run(command: &XdmCommand) -> ExitCode {
    let XdmCommand::Inspect(args) = command;
    match open(&args.file) {
        Ok(archive) => {
            let words = catalogue(Language::French);
            let shown = if args.json { format!("{:#}\n", as_json(&archive, words)) } else { as_text(&archive, words) };
            // A reader that stops reading, such as `head`, is no fault.
            _ = io::stdout().write_all(shown.as_bytes());
            if archive.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(reason) => {
            _ = writeln!(io::stderr(), "{} : {reason}", args.file.display());
            ExitCode::from(2)
        }
    }
}

/// The archive with the attributes that every entry must have counted among its findings.
fn open(file: &Path) -> Result<Archive, String> {
    let limits = Limits::default();
    let bytes = input::bytes(file, limits.archive_bytes)?;
    let mut archive = xdm::read(&bytes, &limits).map_err(|error| match error {
        XdmError::TooLarge { limit, .. } => format!("l'archive dépasse ce qui est lu ({limit})."),
        _ => "ce n'est pas une archive ZIP, ou elle est abîmée : demandez-la de nouveau à son expéditeur.".to_owned(),
    })?;
    for (n, subset) in archive.subsets.iter().enumerate() {
        let missing = xds::missing_attributes(&subset.submission);
        let at = |it: Finding| Finding { at: format!("subset[{}].{}", n + 1, it.at), ..it };
        archive.findings.extend(missing.into_iter().map(at));
    }
    Ok(archive)
}

fn as_text(archive: &Archive, words: &Catalogue) -> String {
    let mut out = String::new();
    for subset in &archive.subsets {
        let set = &subset.submission.set;
        out.push_str(&format!("{} : lot {}\n", subset.name, set.unique_id.as_deref().unwrap_or("sans identifiant")));
        for (label, value) in set_lines(subset) {
            out.push_str(&format!("  {label} : {value}\n"));
        }
        for (n, entry) in subset.submission.entries.iter().enumerate() {
            let document = subset.documents.iter().find(|it| it.entry == n);
            let path = document.map_or("document absent", |it| it.path.as_str());
            let size = document.map_or(0, |it| it.bytes.len());
            out.push_str(&format!("\n  {path} ({size} octets)\n"));
            for (label, value) in entry_lines(entry) {
                out.push_str(&format!("    {label} : {value}\n"));
            }
        }
        out.push('\n');
    }
    for finding in &archive.findings {
        let code = finding.code.as_str();
        out.push_str(&format!("! {code}, {} : {}\n", finding.at, words.of("xds", code)));
    }
    if archive.findings.is_empty() {
        out.push_str("Aucun écart.\n");
    }
    out
}

fn set_lines(subset: &ReadSubset) -> Vec<(&'static str, String)> {
    let set = &subset.submission.set;
    let mut lines = Vec::new();
    let mut put = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
    put("titre", set.title.clone());
    put("envoyé", set.submission_time.as_ref().map(ToString::to_string));
    put("source", set.source_id.clone());
    put("patient", set.patient_id.as_ref().map(xds::Cx::encode));
    for author in &set.authors {
        put("auteur", author.person.as_ref().map(xds::Xcn::encode));
    }
    lines
}

fn entry_lines(entry: &DocumentEntry) -> Vec<(&'static str, String)> {
    let code = |it: &Code| format!("{} ({}, {})", it.display, it.code, it.scheme);
    let mut lines = Vec::new();
    let mut put = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
    put("titre", entry.title.clone());
    put("identifiant", entry.unique_id.clone());
    put("classe", entry.class_code.as_ref().map(code));
    put("type", entry.type_code.as_ref().map(code));
    put("format", entry.format_code.as_ref().map(code));
    put("type MIME", Some(entry.mime_type.clone()).filter(|it| !it.is_empty()));
    put("créé", entry.creation_time.as_ref().map(ToString::to_string));
    put("début de l'acte", entry.service_start_time.as_ref().map(ToString::to_string));
    put("patient", entry.patient_id.as_ref().map(xds::Cx::encode));
    put("patient à la source", entry.source_patient_id.as_ref().map(xds::Cx::encode));
    for author in &entry.authors {
        put("auteur", author.person.as_ref().map(xds::Xcn::encode));
    }
    for confidentiality in &entry.confidentiality_codes {
        put("confidentialité", Some(code(confidentiality)));
    }
    for act in &entry.event_codes {
        put("acte", Some(code(act)));
    }
    for slot in &entry.extra_slots {
        put("autre", Some(format!("{} = {}", slot.name, slot.values.join(", "))));
    }
    lines
}

fn as_json(archive: &Archive, words: &Catalogue) -> Value {
    let lines = |lines: Vec<(&'static str, String)>| -> Vec<Value> {
        lines.into_iter().map(|(label, value)| json!({ "label": label, "value": value })).collect()
    };
    let subsets = archive.subsets.iter().map(|subset| {
        let documents = subset.submission.entries.iter().enumerate().map(|(n, entry)| {
            let document = subset.documents.iter().find(|it| it.entry == n);
            json!({
                "path": document.map(|it| &it.path),
                "size_bytes": document.map(|it| it.bytes.len()),
                "unique_id": entry.unique_id,
                "mime_type": entry.mime_type,
                "type": entry.type_code.as_ref().map(|it| &it.code),
                "format": entry.format_code.as_ref().map(|it| &it.code),
                "metadata": lines(entry_lines(entry)),
            })
        });
        json!({
            "name": subset.name,
            "unique_id": subset.submission.set.unique_id,
            "metadata": lines(set_lines(subset)),
            "documents": documents.collect::<Vec<_>>(),
        })
    });
    let findings = archive.findings.iter().map(|it| {
        let code = it.code.as_str();
        json!({ "code": code, "at": it.at, "sentence": words.of("xds", code) })
    });
    json!({ "subsets": subsets.collect::<Vec<_>>(), "findings": findings.collect::<Vec<_>>() })
}
