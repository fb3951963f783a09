//! Saxon's side: where its parts are, a long-lived process of `Judge.java`, and verdicts kept from one run to the next.

use super::verdict::Verdict;
use super::{Document, progress::Progress};
use crate::{shell, workspace::Workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

/// Saxon and the three compilers in one place.
pub struct Oracle {
    jar: PathBuf,
    classes: PathBuf,
    verdicts: PathBuf,
    salt: String,
    /// The repaired pack, when there is one: both sides read it.
    pub pack: Option<PathBuf>,
    skeleton: bool,
}

/// The oracle folder: `$PAILLASSE_ORACLES`, else in the cache.
pub fn folder() -> Result<PathBuf> {
    match std::env::var_os("PAILLASSE_ORACLES") {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        _ => Ok(shell::cache()?.join("oracles")),
    }
}

impl Oracle {
    /// Compiles the judge, and repairs a copy of the pack when one is given.
    pub fn open(workspace: &Workspace, pack: Option<&Path>) -> Result<Self> {
        let jar = PathBuf::from("/usr/share/java/Saxon-HE.jar");
        ensure!(jar.is_file(), "Saxon-HE is missing (Debian package libsaxonhe-java)");
        ensure!(folder()?.join("schxslt").is_dir(), "SchXslt is missing from the oracle folder");
        let source = workspace.root.join("conformance/schematron/Judge.java");
        let program = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        let home = shell::cache()?.join("conformance");
        let classes = home.join(format!("judge-{}", &hex(&[program.as_bytes()])[..16]));
        let salt =
            program.lines().find(|it| it.contains("int VERDICTS =")).context("the judge has no number")?.to_owned();
        if !classes.join("Judge.class").is_file() {
            let mut javac = Command::new("javac");
            shell::output(javac.arg("-cp").arg(&jar).arg("-d").arg(&classes).arg(&source))?;
        }
        let mut oracle = Self { jar, classes, verdicts: home.join("verdicts"), salt, pack: None, skeleton: false };
        if let Some(pack) = pack {
            let told = shell::output(oracle.command().arg("--pack").arg(pack).arg("--prepare"))?;
            let told: Value = serde_json::from_str(&told).context("the judge did not say where the pack is")?;
            oracle.pack = told["pack"].as_str().map(PathBuf::from);
            for repair in told["repairs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                println!("repaired: {repair}");
            }
        }
        Ok(oracle)
    }

    /// The same, through the ISO skeleton: the second opinion.
    pub fn through_skeleton(&self) -> Self {
        Self {
            jar: self.jar.clone(),
            classes: self.classes.clone(),
            verdicts: self.verdicts.clone(),
            salt: format!("{} skeleton", self.salt),
            pack: self.pack.clone(),
            skeleton: true,
        }
    }

    /// A Java process ready for arguments; it says what it says in UTF-8.
    pub fn command(&self) -> Command {
        let mut classpath = self.jar.clone().into_os_string();
        classpath.push(":");
        classpath.push(&self.classes);
        let mut command = Command::new("java");
        command
            .args(["-Xmx4g", "-Xss64m", "-XX:+UseParallelGC", "-cp"])
            .arg(classpath)
            .arg("Judge")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Saxon's verdicts, in the order of the documents; those known are not asked for again.
    pub fn judge(&self, documents: &[Document]) -> Result<Vec<Verdict>> {
        let keys: Vec<PathBuf> = documents.iter().map(|it| self.key(it)).collect::<Result<_>>()?;
        let unknown: Vec<usize> =
            (0..documents.len()).filter(|it| keys.get(*it).is_some_and(|key| !key.is_file())).collect();
        if !unknown.is_empty() {
            println!("Saxon judges {} documents, {} are known", unknown.len(), documents.len() - unknown.len());
            let asked = unknown.iter().filter_map(|it| Some((documents.get(*it)?, keys.get(*it)?.as_path())));
            self.ask(&asked.collect::<Vec<_>>())?;
        }
        keys.iter().map(|key| read(key)).collect()
    }

    /// Whether a verdict is kept from before.
    pub fn knows(&self, document: &Document) -> Result<bool> {
        Ok(self.key(document)?.is_file())
    }

    /// The same bytes, schematrons, pack and judge give the same verdict.
    fn key(&self, document: &Document) -> Result<PathBuf> {
        let bytes = fs::read(&document.file).with_context(|| document.file.display().to_string())?;
        let mut parts = vec![self.salt.as_bytes().to_vec(), bytes];
        for schematron in &document.schematrons {
            parts.push(schematron.to_string_lossy().into_owned().into_bytes());
            if self.pack.is_none() {
                parts.push(fs::read(schematron).with_context(|| schematron.display().to_string())?);
            }
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let name = hex(&parts);
        Ok(self.verdicts.join(&name[..2]).join(format!("{}.json", &name[2..40])))
    }

    fn ask(&self, documents: &[(&Document, &Path)]) -> Result<()> {
        let mut command = self.command();
        command.args(["--threads", "2"]);
        if let Some(pack) = &self.pack {
            command.arg("--pack").arg(pack);
        }
        if self.skeleton {
            command.arg("--skeleton");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot run java")?;
        let answered = exchange(&mut child, documents);
        let status = child.wait()?;
        let n_answers = answered?;
        ensure!(status.success(), "the judge ended with {status}");
        ensure!(n_answers == documents.len(), "the judge answered for {n_answers} of {} documents", documents.len());
        Ok(())
    }
}

/// Writes the questions from a thread of their own, keeps each answer where its key says.
fn exchange(child: &mut Child, documents: &[(&Document, &Path)]) -> Result<usize> {
    let keys: BTreeMap<&Path, &Path> = documents.iter().map(|(it, key)| (it.file.as_path(), *key)).collect();
    let mut questions = child.stdin.take().context("a pipe was asked for")?;
    let answers = BufReader::new(child.stdout.take().context("a pipe was asked for")?);
    thread::scope(|scope| {
        scope.spawn(move || {
            for (document, _) in documents {
                let mut line = document.file.display().to_string();
                for schematron in &document.schematrons {
                    line.push('\t');
                    line.push_str(&schematron.display().to_string());
                }
                if writeln!(questions, "{line}").is_err() {
                    break; // The judge is gone: its status says so.
                }
            }
        });
        let mut progress = Progress::new("Saxon", documents.len());
        for line in answers.lines() {
            let line = line?;
            let answer: Value = serde_json::from_str(&line).context("the judge printed something else than JSON")?;
            let file = PathBuf::from(answer["file"].as_str().unwrap_or_default());
            let Some(key) = keys.get(file.as_path()) else { bail!("the judge answered for {}", file.display()) };
            if let Some(parent) = key.parent() {
                fs::create_dir_all(parent)?;
            }
            let making = key.with_extension("making");
            fs::write(&making, &line)?;
            fs::rename(&making, key)?;
            progress.step();
        }
        Ok(progress.done())
    })
}

fn read(key: &Path) -> Result<Verdict> {
    let value: Value = serde_json::from_slice(&fs::read(key)?).with_context(|| key.display().to_string())?;
    Verdict::read(&value).with_context(|| format!("no verdict in {}", key.display()))
}

/// A fingerprint of several parts, in hexadecimal.
pub fn hex(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|it| format!("{it:02x}")).collect()
}
