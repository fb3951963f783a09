//! Findings as French text, for people: where, what, which rule, from which file of the pack.

use std::{
    fmt::Write as _,
    io::{Result, Write},
    path::Path,
};

use app::{
    conformity::{Entry, Outcome, PackFinding, PackVersion, SchematronOutcome, Verdict},
    pack::readable,
};
use cda_pack::Chosen;
use schematron::Severity;
use wording::{Language, catalogue};

use super::{Summary, is_output_colored, json, packs::Pack};
use crate::figure::thousands;

/// Places printed of one of our own remarks.
const PLACES: usize = 3;

/// Paint of a terminal.
#[derive(Clone, Copy)]
enum Paint {
    Red,
    Yellow,
    Green,
    Blue,
    Bold,
    Dim,
}

fn paint(paint: Paint, text: &str) -> String {
    if !is_output_colored() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Red => "1;31",
        Paint::Yellow => "33",
        Paint::Green => "32",
        Paint::Blue => "34",
        Paint::Bold => "1",
        Paint::Dim => "2",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// What was found in a document.
pub fn file(file: &Path, packs: &[Pack], outcomes: &[Outcome], verdict: Verdict) -> Vec<u8> {
    let mut out = String::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        let pack = packs.get(at).filter(|_| packs.len() > 1);
        findings(&mut out, outcome, at == 0, pack);
    }
    let name = paint(Paint::Bold, &file.display().to_string());
    format!("{name} : {}\n{out}", sentence(outcomes, verdict)).into_bytes()
}

/// A file that could not be read.
pub fn not_read(file: &Path, reason: &str) -> Vec<u8> {
    let name = paint(Paint::Bold, &file.display().to_string());
    format!("{name} : {}\n", paint(Paint::Red, reason)).into_bytes()
}

/// The outcome in one sentence.
fn sentence(outcomes: &[Outcome], verdict: Verdict) -> String {
    if let Some(unreadable) = outcomes.iter().find_map(|it| it.unreadable.as_ref()) {
        return paint(Paint::Red, &json::sentence(unreadable));
    }
    let schematrons = || outcomes.iter().flat_map(|it| &it.schematrons);
    let (n_schematrons, n_fired) = (schematrons().count(), schematrons().map(|it| it.n_fired).sum::<usize>());
    let mut parts = Vec::new();
    let mut count = |n: usize, one: &str, many: &str| {
        if n > 0 {
            parts.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    };
    count(
        outcomes.iter().filter_map(|it| it.xsd.as_ref()).map(|it| it.errors.len()).sum(),
        "erreur de schéma",
        "erreurs de schéma",
    );
    let of = |wanted: Severity| schematrons().flat_map(|it| &it.failed).filter(|it| it.severity == wanted).count();
    count(of(Severity::Error), "erreur", "erreurs");
    count(of(Severity::Warning), "avertissement", "avertissements");
    count(of(Severity::Information), "information", "informations");
    count(schematrons().map(|it| it.reports.len()).sum(), "signalement", "signalements");
    count(
        schematrons().map(|it| it.not_evaluable.len() + it.n_contexts_without_value).sum(),
        "règle non évaluable",
        "règles non évaluables",
    );
    count(schematrons().filter(|it| it.incomplete.is_some()).count(), "schematron incomplet", "schematrons incomplets");
    count(outcomes.first().map_or(0, |it| it.lint.len()), "remarque de Paillasse", "remarques de Paillasse");
    let found = parts.join(", ");
    let checked = match n_schematrons {
        0 => "nos contrôles seulement".to_owned(),
        n => format!("{n} schematrons, {} règles appliquées", thousands(n_fired as u64)),
    };
    let found = if found.is_empty() { String::new() } else { format!(" : {found}") };
    match verdict {
        Verdict::Clean => format!("{}{found} ({checked})", paint(Paint::Green, "conforme")),
        Verdict::NotConform => format!("{}{found}", paint(Paint::Red, "non conforme")),
        Verdict::NotChecked => format!("{}{found}", paint(Paint::Yellow, "contrôle incomplet")),
    }
}

fn findings(out: &mut String, outcome: &Outcome, is_first: bool, pack: Option<&Pack>) {
    if let Some(pack) = pack {
        line(out, &paint(Paint::Bold, &format!("  [{}]", pack.name)));
    }
    match &outcome.volet {
        Chosen::Likely(it) => line(
            out,
            &format!(
                "  {} la version du modèle n'est pas déclarée, volet probable : {}",
                paint(Paint::Blue, "note"),
                it.file
            ),
        ),
        Chosen::Absent { model, version } => line(
            out,
            &format!("  {} aucun schematron pour le modèle {model} {version}", paint(Paint::Yellow, "non contrôlé")),
        ),
        Chosen::None if pack.is_none() && outcome.schematrons.len() == cda_pack::COMMON.len() => {
            line(
                out,
                &format!("  {} aucun volet pour ce modèle : schematrons communs seulement", paint(Paint::Blue, "note")),
            );
        }
        Chosen::Volet(_) | Chosen::None => {}
    }
    for it in outcome.xsd.iter().flat_map(|it| &it.errors) {
        let place = it.location.as_deref().map(readable).unwrap_or_default();
        line(out, &format!("  {}  ligne {}  {place}", paint(Paint::Red, "schéma XML"), it.line));
        line(out, &format!("    {}", json::words(it.finding)));
        line(out, &paint(Paint::Dim, &format!("    {} : {}", it.code, it.message)));
    }
    for schematron in &outcome.schematrons {
        of_schematron(out, schematron);
    }
    if let Some(reason) = outcome.xsd.as_ref().and_then(|it| it.unusable.as_ref()) {
        line(out, &format!("  {}  schéma XML inutilisable : {reason}", paint(Paint::Yellow, "non contrôlé")));
    }
    let mut remarks: Vec<(&str, Vec<&str>)> = Vec::new();
    for it in outcome.lint.iter().filter(|_| is_first) {
        match remarks.iter_mut().find(|(code, _)| *code == it.code) {
            Some((_, places)) => places.push(&it.place),
            None => remarks.push((it.code, vec![&it.place])),
        }
    }
    for (code, places) in remarks {
        line(out, &format!("  {}  {code}  {}", paint(Paint::Blue, "remarque"), json::remark(code)));
        for place in places.iter().take(PLACES) {
            line(out, &paint(Paint::Dim, &format!("    {}", place.trim_start_matches('/'))));
        }
        if places.len() > PLACES {
            line(out, &paint(Paint::Dim, &format!("    … et {} autres endroits", places.len() - PLACES)));
        }
    }
}

fn of_schematron(out: &mut String, schematron: &SchematronOutcome) {
    for it in &schematron.failed {
        let (color, word) = match it.severity {
            Severity::Error => (Paint::Red, "erreur"),
            Severity::Warning => (Paint::Yellow, "avertissement"),
            Severity::Information => (Paint::Blue, "information"),
        };
        entry(out, &paint(color, word), schematron, it);
    }
    for it in &schematron.reports {
        entry(out, &paint(Paint::Yellow, "signalement"), schematron, it);
    }
    for it in &schematron.not_evaluable {
        entry(out, &paint(Paint::Yellow, "non évaluable"), schematron, it);
    }
    if schematron.n_contexts_without_value > 0 {
        let n = schematron.n_contexts_without_value;
        line(
            out,
            &format!("  {}  {} : {n} contextes sans valeur", paint(Paint::Yellow, "non évaluable"), schematron.name()),
        );
    }
    if let Some(reason) = &schematron.incomplete {
        line(out, &format!("  {}  {}", paint(Paint::Yellow, "schematron incomplet"), schematron.name()));
        line(out, &format!("    {reason}"));
    }
}

fn entry(out: &mut String, word: &str, schematron: &SchematronOutcome, it: &Entry) {
    line(out, &format!("  {word}  ligne {}  {}", it.line, readable(&it.location)));
    match it.finding {
        None => line(out, &format!("    {}", it.message)),
        Some(code) => {
            line(out, &format!("    {}", json::words(code)));
            line(out, &paint(Paint::Dim, &format!("    {}", it.message)));
        }
    }
    for (_, text) in &it.diagnostics {
        line(out, &format!("    {text}"));
    }
    let id = it.id.as_deref().map(|id| format!(" [{id}]")).unwrap_or_default();
    let rule = format!("règle {}{id} ({})", it.rule, schematron.name());
    let source = format!("source {}:{}", it.file, it.file_line);
    line(out, &paint(Paint::Dim, &format!("    {rule}")));
    line(out, &paint(Paint::Dim, &format!("    {source}")));
}

fn line(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

/// What is said once, after the documents: the packs, their repairs and defects, the count.
pub fn end(out: &mut impl Write, packs: &[Pack], summary: &Summary) -> Result<()> {
    let words = catalogue(Language::French);
    for pack in packs {
        let status = pack.conformity.status();
        let version = match &status.version {
            PackVersion::Commit(commit) => format!(", version {}", commit.get(..12).unwrap_or(commit)),
            PackVersion::Date(date) => format!(", du {}", date.strftime("%d/%m/%Y")),
            PackVersion::Unknown => String::new(),
        };
        let mut said: Vec<(&'static str, Vec<&PackFinding>)> = Vec::new();
        for finding in status.repaired.iter().chain(&status.findings) {
            match said.iter_mut().find(|(code, _)| *code == finding.code) {
                Some((_, all)) => all.push(finding),
                None => said.push((finding.code, vec![finding])),
            }
        }
        if said.is_empty() && summary.n_files == 1 {
            continue;
        }
        writeln!(out, "{}", paint(Paint::Dim, &format!("Règles : {}{version}", pack.conformity.folder().display())))?;
        for (code, all) in said {
            let word = if all.iter().all(|it| it.is_repaired) { "réparé" } else { "défaut" };
            writeln!(out, "{}", paint(Paint::Dim, &format!("  {word} : {}", words.of("finding", code))))?;
            for it in all {
                writeln!(out, "{}", paint(Paint::Dim, &format!("    {it}")))?;
            }
        }
    }
    if summary.n_files > 1 {
        let mut parts = vec![format!("{} documents", summary.n_files), format!("{} conformes", summary.n_clean)];
        for (n, word) in [
            (summary.n_not_conform, "non conformes"),
            (summary.n_not_checked, "incomplètement contrôlés"),
            (summary.n_not_read, "illisibles"),
        ] {
            if n > 0 {
                parts.push(format!("{n} {word}"));
            }
        }
        writeln!(out, "{}", paint(Paint::Bold, &parts.join(", ")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_without_namespaces_and_first_places() {
        let location = "/Q{urn:hl7-org:v3}ClinicalDocument[1]/Q{urn:hl7-org:v3}id[2]/@Q{}root";
        assert_eq!(readable(location), "ClinicalDocument/id[2]/@root");
        assert_eq!(readable("/"), "");
        assert_eq!(readable("/Q{broken"), "");
    }

    #[test]
    fn large_numbers_are_read_by_threes() {
        assert_eq!(
            [thousands(7), thousands(1234), thousands(1_234_567)],
            ["7", "1\u{202f}234", "1\u{202f}234\u{202f}567"]
        );
    }
}
