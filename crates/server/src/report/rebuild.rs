//! `paillasse report rebuild`: reads a document, writes it again, compares the coded facts of both.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use cda::{Limits, facts};
use clap::Args;

use super::source::{self, Source};

/// Elements deeper than this are not compared; the model keeps fewer.
const DEPTH: usize = 1_000;

/// Options.
#[derive(Args)]
#[command(after_help = "Codes de sortie : 0 aucun fait codé perdu, ajouté ou changé ; 1 au moins un ; \
                        2 le document n'a pas pu être lu ou écrit.")]
pub struct RebuildArgs {
    /// Document CDA ; « - » pour l'entrée standard.
    file: PathBuf,
    /// Où écrire le document.
    #[arg(long, value_name = "FILE.xml")]
    out: PathBuf,
    /// Liste chaque fait perdu, ajouté ou changé, avec sa place et ses valeurs.
    #[arg(long)]
    facts_diff: bool,
}

/// Runs the command.
pub fn run(args: &RebuildArgs) -> ExitCode {
    source::run(&args.file, |source| {
        let is_same = rebuild(args, &source)?;
        Ok(ExitCode::from(u8::from(!is_same)))
    })
}

/// Whether both documents say the same.
fn rebuild(args: &RebuildArgs, source: &Source<'_>) -> Result<bool, String> {
    let written = cda::write_with_capacity(source.document, source.text.len());
    fs::write(&args.out, &written).map_err(|error| format!("écriture de {} : {error}", args.out.display()))?;

    // What was written is read again from its bytes, as another would.
    let again = String::from_utf8(written).map_err(|error| error.to_string())?;
    let tree = |text| cda::parse(text, &Limits::default()).map_err(|error| source::refusal(&error));
    let (first, again) = (tree(source.text)?, tree(&again)?);
    let (before, after) = (facts::facts(&first, DEPTH), facts::facts(&again, DEPTH));
    let differences = facts::differences(&before, &after);
    let mut out = io::stdout().lock();
    let mut say = |line: &str| writeln!(out, "{line}").map_err(|error| error.to_string());
    for line in &source.quirks {
        say(line)?;
    }
    if args.facts_diff {
        for it in &differences {
            let kind = if it.is_narrative { "texte" } else { "fait" };
            match (&it.before, &it.after) {
                (Some(before), None) => say(&format!("- {kind} perdu : {} = « {} »", it.place, short(before)))?,
                (None, Some(after)) => say(&format!("+ {kind} ajouté : {} = « {} »", it.place, short(after)))?,
                (before, after) => {
                    let value = |it: &Option<_>| it.as_deref().map_or_else(String::new, short);
                    say(&format!("~ {kind} changé : {} = « {} » → « {} »", it.place, value(before), value(after)))?;
                }
            }
        }
    }
    let count = |narrative: bool, kept: fn(&facts::Difference<'_>) -> bool| {
        differences.iter().filter(|it| it.is_narrative == narrative && kept(it)).count()
    };
    for (name, all, is_narrative) in
        [("faits codés", before.coded.len(), false), ("éléments de texte", before.narrative.len(), true)]
    {
        say(&format!(
            "{all} {name} : {} perdus, {} ajoutés, {} changés.",
            count(is_narrative, |it| it.after.is_none()),
            count(is_narrative, |it| it.before.is_none()),
            count(is_narrative, |it| it.before.is_some() && it.after.is_some()),
        ))?;
    }
    Ok(differences.is_empty())
}

/// A value on one line, of at most eighty characters.
fn short(value: &str) -> String {
    let mut line: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(80) {
        line.truncate(end);
        line.push('…');
    }
    line
}
