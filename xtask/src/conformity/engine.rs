//! Our side: `paillasse check`, run on many files at a time.

use super::verdict::Verdict;
use super::{Document, progress::Progress};
use crate::{shell, workspace::Workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Files for one process: beyond, the command line may be too long.
const N_FILES: usize = 200;
/// The longest one process may take.
const LIMIT: Duration = Duration::from_secs(1800);

/// Builds the program in release mode; where it is.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let build = ["build", "--quiet", "--release", "--locked", "--bin", "paillasse"];
    ensure!(shell::shown(&mut workspace.cargo(&build))?, "the program does not build");
    Ok(workspace.target.join("release/paillasse"))
}

/// Its verdicts, in the order of the documents.
pub fn judge(program: &Path, pack: Option<&Path>, documents: &[Document]) -> Result<Vec<Verdict>> {
    let mut by_schematrons = BTreeMap::<&[PathBuf], Vec<&Path>>::new();
    for document in documents {
        by_schematrons.entry(&document.schematrons).or_default().push(&document.file);
    }
    let mut verdicts = BTreeMap::new();
    let mut progress = Progress::new("paillasse check", documents.len());
    for (schematrons, files) in by_schematrons {
        for files in files.chunks(N_FILES) {
            for line in run(program, pack, schematrons, files)?.lines() {
                let value: Value = serde_json::from_str(line).context("check printed something else than JSON")?;
                let file = PathBuf::from(value["file"].as_str().unwrap_or_default());
                let verdict = Verdict::read(&value).with_context(|| format!("no verdict on {}", file.display()))?;
                verdicts.insert(file, verdict);
                progress.step();
            }
        }
    }
    let said_nothing = || Verdict::Unreadable("check said nothing of it".to_owned());
    Ok(documents.iter().map(|it| verdicts.remove(&it.file).unwrap_or_else(said_nothing)).collect())
}

/// Exit 0 and 1 are verdicts. 2 is one as well when some file could be read: it printed what it could.
fn run(program: &Path, pack: Option<&Path>, schematrons: &[PathBuf], files: &[&Path]) -> Result<String> {
    let mut command = Command::new(program);
    command.arg("check");
    if let Some(pack) = pack {
        command.arg("--pack").arg(pack);
    }
    for schematron in schematrons {
        command.arg("--schematron").arg(schematron);
    }
    command.arg("--json").args(files);
    let (status, printed) = shell::output_within(&mut command, LIMIT)?;
    let judged = status.code().is_some_and(|code| code <= 1) || (status.code() == Some(2) && !printed.is_empty());
    ensure!(judged, "paillasse check ended with {status}");
    Ok(printed)
}

/// The schematrons that `check` chooses by itself for a document of the pack.
pub fn chosen(program: &Path, pack: &Path, file: &Path) -> Result<Vec<String>> {
    let printed = run(program, Some(pack), &[], &[file])?;
    let value: Value = serde_json::from_str(printed.trim()).context("check printed something else than JSON")?;
    let names = value["schematrons"].as_array().into_iter().flatten();
    Ok(names.map(|it| it["name"].as_str().unwrap_or_default().to_owned()).collect())
}
