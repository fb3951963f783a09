//! Waiting for changes: files that change are checked again, all of them when a pack changes, and what became of their
//! findings is said.

use std::{
    collections::{BTreeMap, HashSet},
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use app::{conformity::Outcome, pack::readable};
use jiff::Zoned;

use super::{
    Answer, CheckArgs, State, answer, files,
    packs::{Pack, open},
};

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(300);

/// A file as it was when it was checked last.
struct Seen {
    changed: Option<SystemTime>,
    /// Its findings, as compared with the next ones.
    findings: HashSet<String>,
}

/// Files of a pack that are looked at for changes; beyond, it is not one.
const PACK_FILES: usize = 50_000;

/// Never ends by itself: the person interrupts it.
pub fn run(args: &CheckArgs, mut packs: Vec<Pack>) -> Result<ExitCode> {
    let mut seen: BTreeMap<PathBuf, Seen> = BTreeMap::new();
    let mut is_first = true;
    let mut rules = BTreeMap::new();
    loop {
        // A folder may be empty for a moment.
        let now = files::collect(&args.files).unwrap_or_default();
        let rules_now = rules_of(&packs, &now);
        if rules_now != rules && !is_first {
            writeln!(std::io::stdout(), "\n{} les règles ont changé", clock())?;
            // Half saved, they are read again at their next change.
            match open(args, &now) {
                Ok(read) => packs = read,
                Err(error) => writeln!(std::io::stdout(), "{error:#}")?,
            }
            seen.values_mut().for_each(|it| it.changed = None);
        }
        rules = rules_now;
        for file in &now {
            let changed = std::fs::metadata(file).and_then(|it| it.modified()).ok();
            match seen.get(file) {
                Some(it) if it.changed == changed => continue,
                _ => {}
            }
            let answer = answer(args, &packs, file, true);
            let findings = findings(&answer);
            let before = seen.insert(file.clone(), Seen { changed, findings: findings.clone() });
            let mut out = std::io::stdout().lock();
            if let Some(before) = before {
                writeln!(out, "\n{} {} : {}", clock(), file.display(), difference(&before.findings, &findings))?;
            } else if !is_first {
                writeln!(out, "\n{} nouveau fichier {}", clock(), file.display())?;
            }
            out.write_all(&answer.written)?;
            out.flush()?;
        }
        for gone in seen.keys().filter(|it| !now.contains(it)).cloned().collect::<Vec<_>>() {
            seen.remove(&gone);
            writeln!(std::io::stdout(), "\n{} {} a disparu", clock(), gone.display())?;
        }
        if is_first {
            let n = seen.len();
            let files = if n == 1 { "1 fichier".to_owned() } else { format!("{n} fichiers") };
            writeln!(std::io::stderr(), "En attente de changements ({files}) ; Ctrl+C pour arrêter.")?;
            is_first = false;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The schemas and value sets of the packs and when each was changed, without the documents that are checked.
fn rules_of(packs: &[Pack], documents: &[PathBuf]) -> BTreeMap<PathBuf, Option<SystemTime>> {
    let documents: HashSet<PathBuf> = documents.iter().filter_map(|it| it.canonicalize().ok()).collect();
    let mut folders: Vec<PathBuf> = packs.iter().map(|it| it.conformity.folder().to_owned()).collect();
    let mut rules = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let Ok(kind) = entry.file_type() else { continue };
            let is_rule = path.extension().is_some_and(|it| ["sch", "xml", "xsd"].iter().any(|known| it == *known));
            if kind.is_dir() && !is_hidden {
                folders.push(path);
            } else if kind.is_file() && is_rule && rules.len() < PACK_FILES && !documents.contains(&path) {
                rules.insert(path, entry.metadata().and_then(|it| it.modified()).ok());
            }
        }
    }
    rules
}

fn clock() -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
    Zoned::now().with_time_zone(zone).strftime("%H:%M:%S").to_string()
}

/// What identifies findings while lines move: schema, rule, test and place.
fn findings(answer: &Answer) -> HashSet<String> {
    let mut all = HashSet::new();
    if answer.state == State::NotRead {
        all.insert("illisible".to_owned());
    }
    for outcome in &answer.outcomes {
        of_outcome(outcome, &mut all);
    }
    all
}

fn of_outcome(outcome: &Outcome, all: &mut HashSet<String>) {
    all.extend(outcome.unreadable.iter().map(|it| it.code.to_owned()));
    let xsd = outcome.xsd.iter().flat_map(|it| &it.errors);
    all.extend(xsd.map(|it| format!("{} {}", it.location.as_deref().unwrap_or_default(), it.code)));
    for schematron in &outcome.schematrons {
        for it in schematron.failed.iter().chain(&schematron.reports).chain(&schematron.not_evaluable) {
            all.insert(format!("{} {} {} {}", schematron.file, it.rule, it.test, readable(&it.location)));
        }
    }
    all.extend(outcome.lint.iter().map(|it| format!("{} {}", it.code, it.place)));
}

fn difference(before: &HashSet<String>, now: &HashSet<String>) -> String {
    let (n_gone, n_new) = (before.difference(now).count(), now.difference(before).count());
    match (n_gone, n_new, now.len()) {
        (0, 0, 0) => "toujours rien à signaler".to_owned(),
        (0, 0, n) => format!("les mêmes {n} constats"),
        (gone, new, n) => format!("{gone} corrigés, {new} nouveaux, {n} en tout"),
    }
}

/// Whether a name is the standard input, which cannot be watched.
pub fn is_input(name: &Path) -> bool {
    name == Path::new("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_in_numbers() {
        let set = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<HashSet<_>>();
        assert_eq!(difference(&set(&["a", "b"]), &set(&["b", "c"])), "1 corrigés, 1 nouveaux, 2 en tout");
        assert_eq!(difference(&set(&["a"]), &set(&["a"])), "les mêmes 1 constats");
        assert_eq!(difference(&set(&[]), &set(&[])), "toujours rien à signaler");
    }
}
