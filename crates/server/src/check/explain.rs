//! A rule in words: its context, its variables, its tests and messages, the file it comes from.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};
use schematron::RuleText;

use super::{files, packs::Pack};

/// The most rules that are printed.
const N_RULES: usize = 12;

/// Prints the rules that are meant: by `pattern/context` as findings name them, by pattern, by id, or by a part of
/// their context, tests or messages. With documents, only those that are in force for the first of them.
pub fn run(wanted: &str, packs: &[Pack], documents: &[PathBuf]) -> Result<ExitCode> {
    ensure!(!packs.is_empty(), "--explain demande --pack ou --schematron");
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut n_found = 0;
    for pack in packs {
        let mut all: Vec<(String, RuleText)> = Vec::new();
        for schema in schemas(pack, documents.first().map(PathBuf::as_path))? {
            // A schema that cannot be read has no rule to explain.
            let rules = pack.conformity.rules(&schema).unwrap_or_default();
            all.extend(rules.into_iter().map(|it| (schema.clone(), it)));
        }
        for (schema, rule) in best(wanted, &all) {
            n_found += 1;
            if n_found <= N_RULES {
                write!(out, "{}", explained(schema, rule))?;
            }
        }
    }
    if n_found > N_RULES {
        writeln!(out, "… et {} autres règles : précisez, par exemple avec « motif/contexte ».", n_found - N_RULES)?;
    }
    out.flush()?;
    ensure!(n_found > 0, "aucune règle ne correspond à « {wanted} »");
    Ok(ExitCode::SUCCESS)
}

fn schemas(pack: &Pack, document: Option<&Path>) -> Result<Vec<String>> {
    let Some(document) = document else { return Ok(pack.conformity.schemas()) };
    let bytes = files::read(document, app::conformity::DOCUMENT_BYTES_MAX)
        .map_err(|error| anyhow::anyhow!("{} : {}", document.display(), files::reason(&error)))?;
    Ok(pack.conformity.schemas_for(&bytes))
}

/// The rules that match best: an exact name hides those that only hold the words.
fn best<'r>(wanted: &str, all: &'r [(String, RuleText)]) -> Vec<&'r (String, RuleText)> {
    let lower = wanted.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&lower);
    let ways: [&dyn Fn(&RuleText) -> bool; 4] = [
        &|it| format!("{}/{}", it.pattern, it.context) == wanted,
        &|it| it.id.as_deref() == Some(wanted) || it.checks.iter().any(|check| check.id.as_deref() == Some(wanted)),
        &|it| it.pattern == wanted,
        &|it| holds(&it.context) || it.checks.iter().any(|check| holds(&check.message) || holds(&check.test)),
    ];
    let mut found = ways.iter().map(|is| all.iter().filter(|(_, it)| is(it)).collect::<Vec<_>>());
    found.find(|it| !it.is_empty()).unwrap_or_default()
}

fn explained(schema: &str, rule: &RuleText) -> String {
    let mut lines = vec![format!("Règle {}/{}", rule.pattern, rule.context)];
    if !rule.title.is_empty() {
        lines.push(format!("  titre     {}", rule.title));
    }
    lines.push(format!("  schematron {schema}"));
    lines.push(format!("  source    {}:{}", rule.place.file, rule.place.line));
    lines.push(format!("  s'applique à  {}", rule.context));
    for (name, value) in &rule.lets {
        lines.push(format!("  avec ${name} = {}", one_line(value)));
    }
    for check in &rule.checks {
        let word = if check.is_report { "signale si" } else { "exige" };
        lines.push(format!("  {word}  {}", one_line(&check.test)));
        lines.push(format!("    message : {}", check.message));
        let role = check.role.as_deref().or(rule.role.as_deref()).unwrap_or("aucun, traité comme une erreur");
        lines.push(format!("    rôle : {role} ; source {}:{}", check.place.file, check.place.line));
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

/// Expressions are often laid out over many lines, which a terminal folds better.
fn one_line(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}
