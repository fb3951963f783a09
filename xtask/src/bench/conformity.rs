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

/// Documents per second and core: ours, Saxon's, and how many times more; starts and peaks of memory.
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

/// The published examples of that model, beside the repository or a folder above it.
pub fn examples(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut folders = workspace.root.ancestors().map(|it| it.join("shared/data/ans/cda"));
    let folder = folders.find(|it| it.is_dir()).context("the published examples are not beside the repository")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.flatten().map(|it| it.path()).collect();
    files.retain(|it| it.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MODEL)));
    files.sort();
    Ok(files)
}

/// A process that checks one document, from its start to its end: time and peak of memory without a cache, with the one
/// it made, without the XML schema, and beside terminologies of the size of LOINC and of SNOMED CT.
fn starts(program: &Path, pack: &Path, document: &Path, folder: &Path) -> Result<Value> {
    let mut starts = serde_json::Map::new();
    let cache = fresh(&folder.join("rulesets"))?;
    let run = |pack: &Path, more: &[&str]| check(program, pack, document, &cache, more, folder);
    starts.insert("first".to_owned(), run(pack, &[])?.shown());
    for (name, more) in [("cached", &[][..]), ("cached_without_xsd", &["--no-xsd"])] {
        let runs = (0..7).map(|_| run(pack, more)).collect::<Result<Vec<Start>>>()?;
        starts.insert(name.to_owned(), Start::median(runs).shown());
    }
    for (name, n_concepts) in [("loinc", 110_000), ("snomed_ct", 370_000)] {
        let grown = fresh(&folder.join(format!("pack-{name}")))?;
        copy(pack, &grown, &["schematrons", "jeuxDeValeurs", "infrastructure"])?;
        let file = grown.join(TERMINOLOGIES).join(format!("{LOINC}.rdf"));
        let bytes = terminology(document, n_concepts)?;
        std::fs::write(&file, &bytes)?;
        // The first run compiles the rules.
        let _ = run(&grown, &[])?;
        let runs = (0..5).map(|_| run(&grown, &[])).collect::<Result<Vec<Start>>>()?;
        let mut shown = Start::median(runs).shown();
        shown["concepts"] = json!(n_concepts);
        shown["file_mb"] = json!(bytes.len() / 1_000_000);
        starts.insert(name.to_owned(), shown);
        std::fs::remove_dir_all(&grown)?;
    }
    Ok(Value::Object(starts))
}

/// Where the pack has its terminologies, and the code system of most results.
const TERMINOLOGIES: &str = "schematrons/profils/terminologies/terminologie";
const LOINC: &str = "2.16.840.1.113883.6.1";

/// One process.
struct Start {
    ms: f64,
    /// None without GNU time.
    peak_mb: Option<f64>,
}

impl Start {
    fn median(mut all: Vec<Self>) -> Self {
        all.sort_by(|a, b| a.ms.total_cmp(&b.ms));
        let middle = all.len() / 2;
        let ms = all[middle].ms;
        all.sort_by(|a, b| a.peak_mb.unwrap_or_default().total_cmp(&b.peak_mb.unwrap_or_default()));
        Self { ms, peak_mb: all[middle].peak_mb }
    }

    fn shown(&self) -> Value {
        json!({"ms": self.ms, "peak_mb": self.peak_mb})
    }
}

fn check(program: &Path, pack: &Path, document: &Path, cache: &Path, more: &[&str], folder: &Path) -> Result<Start> {
    let peak = folder.join("peak");
    let has_time = Path::new("/usr/bin/time").is_file();
    let mut command = Command::new(if has_time { Path::new("/usr/bin/time") } else { program });
    if has_time {
        command.args(["-f", "%M", "-o"]).arg(&peak).arg(program);
    }
    command.args(["check", "--json", "--pack"]).arg(pack).args(more).arg(document).env("XDG_CACHE_HOME", cache);
    let started = Instant::now();
    // Waited for, not looked after every few milliseconds: a start takes less than that.
    let output = command.output()?;
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    let (status, said) = (output.status, String::from_utf8_lossy(&output.stderr));
    ensure!(status.success(), "paillasse check ended with {status}: {said}");
    let peak_kb = std::fs::read_to_string(&peak).ok().filter(|_| has_time).and_then(|it| it.trim().parse::<f64>().ok());
    Ok(Start { ms, peak_mb: peak_kb.map(|it| it / 1000.0) })
}

/// A terminology of so many concepts, in the form of those of the pack, with every code of the document.
fn terminology(document: &Path, n_concepts: usize) -> Result<Vec<u8>> {
    let text = std::fs::read_to_string(document)?;
    let used = text.split("code=\"").skip(1).filter_map(|it| it.split('"').next().map(str::to_owned));
    let made = (0..n_concepts).map(|n| format!("{}-{}", 100_000 + n, n % 10));
    let mut all = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" ",
        "xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\">\n"
    ));
    for code in used.chain(made) {
        all.push_str("  <rdf:Description>\n    <skos:notation>");
        all.push_str(&code);
        all.push_str("</skos:notation>\n    <skos:prefLabel xml:lang=\"fr\">Concept inventé de la taille d'un libellé ordinaire</skos:prefLabel>\n  </rdf:Description>\n");
    }
    all.push_str("</rdf:RDF>\n");
    Ok(all.into_bytes())
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.is_dir() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    let mut command = Command::new("cp");
    command.arg("-r").args(names.iter().map(|it| from.join(it))).arg(to);
    ensure!(shell::shown(&mut command)?, "the pack cannot be copied");
    Ok(())
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
