//! Our engine and Saxon on the same documents, schematrons and machine, in the same run.

use crate::bench::LIMIT;
use crate::conformity::oracle::{self, Oracle};
use crate::{shell, workspace::Workspace};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The documents of the measure: the published examples of this model.
const MODEL: &str = "BIO-CR-BIO_2024.01";
/// Seconds of measure on each side, warm-up excluded.
const SECONDS: &str = "20";

/// Documents per second and core: ours, Saxon's, and how many times more; starts with and without cache.
pub fn measure(workspace: &Workspace, folder: &Path) -> Result<Value> {
    let build = ["build", "--quiet", "--release", "--locked", "--bin", "paillasse"];
    ensure!(shell::shown(&mut workspace.cargo(&build))?, "the server does not build");
    let program = workspace.target.join("release/paillasse");
    let pack = oracle::folder()?.join("ans");
    ensure!(pack.is_dir(), "the official schematrons are not in the oracle folder");
    let documents = examples(workspace)?;
    let mut command = Command::new(&program);
    command.args(["bench", "conformity", "--json", "--seconds", SECONDS, "--pack"]).arg(&pack).args(&documents);
    let ours = json_of(&mut command)?;
    let starts = starts(&program, &pack, documents.first().context("no document")?, folder)?;
    let theirs = saxon(workspace, &pack, &documents)?;
    let rate = |value: &Value, name: &str| value[name].as_f64().unwrap_or_default();
    let peer = rate(&theirs, "documents_per_s_core");
    let ratio = |ours: f64| if peer > 0.0 { ours / peer } else { 0.0 };
    Ok(json!({
        "ratio_to_saxon": ratio(rate(&ours, "schematrons_per_s")),
        "ours": ours,
        "saxon": theirs,
        "start": starts,
    }))
}

fn examples(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut folders = workspace.root.ancestors().map(|it| it.join("shared/data/ans/cda"));
    let folder = folders.find(|it| it.is_dir()).context("the published examples are not beside the repository")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.flatten().map(|it| it.path()).collect();
    files.retain(|it| it.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MODEL)));
    files.sort();
    Ok(files)
}

/// A process that checks one document, from its start to its end: first without a cache, then with the one it made.
fn starts(program: &Path, pack: &Path, document: &Path, folder: &Path) -> Result<Value> {
    let cache = folder.join("rulesets");
    if cache.is_dir() {
        std::fs::remove_dir_all(&cache)?;
    }
    let mut times = Vec::new();
    for _ in 0..6 {
        let started = Instant::now();
        let mut command = Command::new(program);
        command.args(["check", "--json", "--pack"]).arg(pack).arg(document).env("XDG_CACHE_HOME", &cache);
        let (status, printed) = shell::output_within(&mut command, LIMIT)?;
        ensure!(status.success(), "paillasse check ended with {status}: {printed}");
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let without = times.remove(0);
    times.sort_by(f64::total_cmp);
    Ok(json!({"without_cache_ms": without, "with_cache_ms": times[times.len() / 2]}))
}

/// Saxon-HE over SchXslt in a warm virtual machine, parsing included, on one thread.
fn saxon(workspace: &Workspace, pack: &Path, documents: &[PathBuf]) -> Result<Value> {
    let oracle = Oracle::open(workspace, Some(pack))?;
    let mut command = oracle.command();
    command.args(["--pack"]).arg(oracle.pack.as_deref().unwrap_or(pack)).args(["--bench", SECONDS]).args(documents);
    json_of(&mut command)
}

fn json_of(command: &mut Command) -> Result<Value> {
    let (status, printed) = shell::output_within(command, LIMIT)?;
    ensure!(status.success(), "ended with {status}: {printed}");
    let start = printed.find('{').context("no JSON object")?;
    Ok(serde_json::from_str(&printed[start..])?)
}
