//! `paillasse annuaire`: the Annuaire Santé loaded from its extractions or its FHIR API and searched, from the shell.
//!
//! In: files, the API of the settings, or a text. Out: what was read, created, changed, closed and refused; or who was
//! found. No network but that API.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use app::{
    AppError,
    directory::{LoadReport, Match, Progress, Search, Shrink, StructureMatch},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wording::{Catalogue, Language, catalogue};

use crate::{figure::thousands, serve};

/// What to do with the directory.
#[derive(Subcommand)]
pub enum DirectoryCommand {
    /// Charge les extractions publiques ou l'API FHIR : professionnels et boîtes MSSanté.
    Load(LoadArgs),
    /// Cherche un professionnel ou une structure, et ses adresses MSSanté.
    Search(SearchArgs),
}

/// Options of a load.
#[derive(Args)]
#[command(
    after_help = "Codes de sortie : 0 en service ; 1 refusé, l'annuaire précédent reste en service ; 2 rien n'a pu être fait."
)]
pub struct LoadArgs {
    /// Extractions « .txt », ou archives « .zip » qui les contiennent.
    #[arg(required_unless_present = "fhir", conflicts_with = "fhir")]
    files: Vec<PathBuf>,
    /// Demande l'annuaire à l'API FHIR des paramètres (annuaire.fhir) au lieu de lire des fichiers.
    #[arg(long)]
    fhir: bool,
    /// Avec « --fhir » : demande tout, et non les seuls changements.
    #[arg(long, requires = "fhir")]
    full: bool,
    /// Fichier de paramètres (TOML).
    #[arg(long, default_value = "paillasse.toml")]
    config: PathBuf,
    /// Charge même si l'extraction a beaucoup moins de lignes que la précédente.
    #[arg(long)]
    force: bool,
    /// Un objet JSON au lieu d'un texte.
    #[arg(long)]
    json: bool,
}

/// Options of a search.
#[derive(Args)]
#[command(after_help = "Codes de sortie : 0 trouvé ; 1 rien de tel ; 2 rien n'a pu être cherché.")]
pub struct SearchArgs {
    /// Nom (ou son début), numéro RPPS ou adresse MSSanté.
    text: String,
    /// Commune ou code postal, ou leur début.
    #[arg(long, default_value = "")]
    place: String,
    /// Fichier de paramètres (TOML).
    #[arg(long, default_value = "paillasse.toml")]
    config: PathBuf,
    /// Nombre de réponses.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Un objet JSON au lieu d'un texte.
    #[arg(long)]
    json: bool,
}

/// Runs a command.
pub async fn run(command: DirectoryCommand) -> Result<ExitCode> {
    let done = match command {
        DirectoryCommand::Load(args) => load(args).await,
        DirectoryCommand::Search(args) => search(args).await,
    };
    match done {
        Ok(code) => Ok(code),
        Err(error) => {
            writeln!(io::stderr(), "{error:#}")?;
            Ok(ExitCode::from(2))
        }
    }
}

async fn load(args: LoadArgs) -> Result<ExitCode> {
    let (app, directory) = serve::open_with_directory(&args.config).await?;
    let shrink = match (args.force, args.fhir) {
        (true, _) => Shrink::Accepted,
        (false, true) => directory.shrink()?,
        (false, false) => Shrink::default(),
    };
    let shown = Terminal::default();
    let show = move |it: &Progress| shown.show(it);
    let loaded = if args.fhir {
        let api = directory.api()?.ok_or_else(|| anyhow!("annuaire.fhir.url n'est pas dans les paramètres"))?;
        app.load_directory_api(api, args.full, shrink, "operator", show).await
    } else {
        app.load_directory(args.files, shrink, "operator", show).await
    };
    let words = catalogue(Language::French);
    let report = match loaded {
        Ok(report) => report,
        Err(AppError::Obstacles(findings)) => {
            for finding in findings {
                writeln!(io::stderr(), "{}", words.of("finding", finding.code))?;
            }
            return Ok(ExitCode::from(2));
        }
        Err(error) => return Err(error.into()),
    };
    let text = if args.json { serde_json::to_string_pretty(&report)? + "\n" } else { summary(&report, words) };
    io::stdout().write_all(text.as_bytes())?;
    Ok(if report.in_force { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Progress on a terminal, rewritten on one line; nothing elsewhere.
#[derive(Default)]
struct Terminal(Mutex<Option<Instant>>);

impl Terminal {
    fn show(&self, progress: &Progress) {
        let Ok(mut last) = self.0.lock() else { return };
        let mut out = io::stderr();
        if !out.is_terminal() || last.is_some_and(|at| at.elapsed() < Duration::from_millis(200)) {
            return;
        }
        *last = Some(Instant::now());
        // A terminal that went away is no reason to stop.
        let _ = write!(out, "\r{} : {} lignes lues…\x1b[K\r", progress.file, thousands(progress.lines));
    }
}

fn summary(report: &LoadReport, words: &Catalogue) -> String {
    let mut out = String::new();
    if let Some(since) = &report.since {
        out.push_str(&format!("Changements depuis le {since}\n"));
    }
    for file in &report.files {
        let published = file.published.as_ref().map(|at| format!(", publiée le {at}")).unwrap_or_default();
        out.push_str(&format!("{} : {}{published}\n", file.name, words.of("directory_kind", &file.kind)));
        let mut line = |label: &str, n: u64| out.push_str(&format!("  {label:<26} {:>12}\n", thousands(n)));
        line("lignes lues", file.lines);
        line("créés", file.created);
        line("modifiés", file.changed);
        line("fermés", file.closed);
        if file.without_rpps > 0 {
            line("sans RPPS, non gardés", file.without_rpps);
        }
        line("lignes refusées", file.n_refused());
        for refused in &file.refused {
            let lines: Vec<String> = refused.lines.iter().map(u64::to_string).collect();
            let more = if refused.n > refused.lines.len() as u64 { "…" } else { "" };
            let sentence = words.of("finding", &refused.code);
            out.push_str(&format!("    {} : {sentence} (lignes {}{more})\n", thousands(refused.n), lines.join(", ")));
        }
    }
    for finding in &report.findings {
        let place = if finding.place.is_empty() { String::new() } else { format!("{} : ", finding.place) };
        out.push_str(&format!("! {place}{}\n", words.of("finding", &finding.code)));
    }
    if report.in_force {
        out.push_str(&format!(
            "En service, en {:.1} s. Correspondants mis à jour : {} ; utilisateurs : {} ; correspondants à revoir : {}.\n",
            report.duration_ms as f64 / 1000.0,
            report.correspondents_updated,
            report.users_updated,
            report.flagged
        ));
    } else {
        out.push_str("Refusé : l'annuaire précédent reste en service.\n");
    }
    out
}

async fn search(args: SearchArgs) -> Result<ExitCode> {
    let app = serve::open_from(&args.config).await?;
    let structures = app.search_structures(args.text.clone()).await?;
    let found = app.search_directory(Search { text: args.text, place: args.place, limit: args.limit }).await?;
    let structures: Vec<_> = structures.into_iter().filter(|it| !it.boxes.is_empty()).take(args.limit).collect();
    let words = catalogue(Language::French);
    let shown = if args.json {
        let people: Vec<Value> = found.matches.iter().map(as_json).collect();
        let structures: Vec<Value> = structures.iter().map(structure_json).collect();
        format!("{:#}\n", json!({ "professionals": people, "structures": structures, "more": found.more }))
    } else if !found.loaded {
        "Aucun annuaire n'est en service : chargez-en un avec « paillasse annuaire load ».\n".to_owned()
    } else {
        let mut out: String = found.matches.iter().map(|it| as_text(it, words)).collect();
        out.extend(structures.iter().map(structure_text));
        if found.more {
            out.push_str("… et d'autres : précisez le nom ou la commune.\n");
        }
        if out.is_empty() { "Rien de tel dans l'annuaire.\n".to_owned() } else { out }
    };
    // A reader that stops reading, such as `head`, is no fault.
    _ = io::stdout().write_all(shown.as_bytes());
    let empty = found.matches.is_empty() && structures.is_empty();
    Ok(if empty { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn as_text(it: &Match, words: &Catalogue) -> String {
    let who = &it.practitioner;
    let mut out = format!("{} {} {} : {}\n", who.rpps.as_str(), who.family, who.given, who.label);
    for place in &it.places {
        out.push_str(&format!("  {}, {} {} {}\n", place.name, place.street, place.postal_code, place.town));
    }
    for (rank, candidate) in &it.boxes {
        let paper = if candidate.paperless { "" } else { ", préfère le papier" };
        out.push_str(&format!(
            "  {} ({}{paper})\n",
            candidate.address.as_str(),
            words.of("directory_rank", rank.code())
        ));
    }
    out
}

fn structure_text(it: &StructureMatch) -> String {
    let structure = &it.structure;
    let mut out = format!("{} {}, {} {}\n", structure.number, structure.name, structure.postal_code, structure.town);
    for mailbox in &it.boxes {
        out.push_str(&format!("  {} ({} {})\n", mailbox.address.as_str(), mailbox.kind, mailbox.service));
    }
    out
}

fn as_json(it: &Match) -> Value {
    let who = &it.practitioner;
    let places = it.places.iter().map(|place| {
        json!({ "number": place.number, "name": place.name, "postal_code": place.postal_code, "town": place.town })
    });
    let boxes = it.boxes.iter().map(|(rank, candidate)| {
        json!({
            "address": candidate.address.as_str(),
            "rank": rank.code(),
            "structure": candidate.structure,
            "service": candidate.service,
            "paperless": candidate.paperless,
        })
    });
    json!({
        "rpps": who.rpps.as_str(),
        "title": who.title,
        "family": who.family,
        "given": who.given,
        "label": who.label,
        "is_correspondent": it.correspondent.is_some(),
        "places": places.collect::<Vec<_>>(),
        "mailboxes": boxes.collect::<Vec<_>>(),
    })
}

fn structure_json(it: &StructureMatch) -> Value {
    let boxes = it.boxes.iter().map(
        |mailbox| json!({ "address": mailbox.address.as_str(), "kind": mailbox.kind, "service": mailbox.service }),
    );
    json!({
        "number": it.structure.number,
        "name": it.structure.name,
        "postal_code": it.structure.postal_code,
        "town": it.structure.town,
        "mailboxes": boxes.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::directory::{FileReport, Refusals};

    #[test]
    fn a_summary_says_what_was_read_and_refused_and_why_nothing_changed() {
        let file = FileReport {
            name: "Extraction_Correspondance_MSSante_202608261013.txt".into(),
            kind: "mailboxes".into(),
            published: Some("2026-08-26 10:13".into()),
            lines: 535_928,
            refused: vec![Refusals { code: "DIRECTORY-LINE-SHORT".into(), n: 7, lines: vec![3, 9] }],
            ..FileReport::default()
        };
        let finding = app::directory::LoadFinding { code: "DIRECTORY-SHRUNK".into(), place: "f : 100 → 2".into() };
        let report = LoadReport { files: vec![file], findings: vec![finding], ..LoadReport::default() };
        let text = summary(&report, catalogue(Language::French));
        for part in ["535\u{202f}928", "lignes 3, 9…", "publiée le 2026-08-26", "100 → 2", "reste en service"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!((thousands(0), thousands(1_234_567)), ("0".into(), "1\u{202f}234\u{202f}567".into()));
    }
}
