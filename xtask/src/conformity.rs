//! `cargo xtask conformity`: our schematron engine against Saxon, on official examples and on mutants of them.
//!
//! In: a pack or a foreign set, a seed, a count. Out: every difference, and whether there was none.
//! Official files stay in the oracle folder; mutants go to the target folder and are named after their example.

mod compare;
mod engine;
mod mutants;
pub mod oracle;
mod progress;
mod sets;
mod verdict;

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use clap::Args;
use compare::Comparison;
use mutants::Draw;
use oracle::Oracle;
use std::fs;
use std::path::{Path, PathBuf};

/// Mutants when nothing else is asked.
const N_MUTANTS: usize = 300;
/// Mutants with `--full`.
const N_MUTANTS_FULL: usize = 10_500;

/// What to compare.
#[derive(Args)]
pub struct Options {
    /// More than ten thousand mutants instead of three hundred.
    #[arg(long)]
    full: bool,
    /// This many mutants.
    #[arg(long)]
    sample: Option<usize>,
    /// Where chance starts: the same seed gives the same mutants.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pack, instead of the one in the oracle folder.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// A foreign set of `conformance/schematron/sets.toml`, instead of the pack.
    #[arg(long, conflicts_with = "pack")]
    set: Option<String>,
    /// The program to judge, instead of the one of this workspace.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Compares SchXslt with the ISO skeleton, and our engine not at all.
    #[arg(long, conflicts_with = "program")]
    second_opinion: bool,
    /// Only what Saxon has judged before, so that nothing waits for it.
    #[arg(long, conflicts_with = "oracle_only")]
    known: bool,
    /// Asks Saxon only, and keeps its verdicts for later runs.
    #[arg(long, conflicts_with_all = ["program", "second_opinion"])]
    oracle_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            full: false,
            sample: None,
            seed: 1,
            pack: None,
            set: None,
            program: None,
            second_opinion: false,
            known: false,
            oracle_only: false,
        }
    }
}

/// A file and what it is judged by.
#[derive(Clone)]
pub struct Document {
    file: PathBuf,
    schematrons: Vec<PathBuf>,
}

/// The comparison of the gate: the examples and three hundred mutants; skipped, and said so, without Saxon or the pack.
pub fn check(workspace: &Workspace) -> Result<bool> {
    let has_pack = oracle::folder()?.join("ans").is_dir() && oracle::folder()?.join("schxslt").is_dir();
    if !has_pack || !Path::new("/usr/share/java/Saxon-HE.jar").is_file() {
        println!("skipped: no comparison with Saxon, the pack, SchXslt or Saxon-HE is missing");
        return Ok(true);
    }
    run(workspace, &Options::default())
}

/// Whether both judges agree on everything.
pub fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    let pack = match (&options.set, &options.pack) {
        (Some(_), _) => None,
        (None, Some(pack)) => Some(pack.clone()),
        (None, None) => Some(oracle::folder()?.join("ans")),
    };
    let oracle = Oracle::open(workspace, pack.as_deref())?;
    let mut documents = match (&options.set, &oracle.pack) {
        (Some(set), _) => sets::foreign(workspace, set)?,
        (None, Some(pack)) => sets::examples(workspace, pack)?,
        (None, None) => anyhow::bail!("the judge did not say where the pack is"),
    };
    let n_examples = documents.len();
    let n_mutants = options.sample.unwrap_or(if options.full { N_MUTANTS_FULL } else { N_MUTANTS });
    let home = workspace.scratch()?.join("conformity");
    let set = options.set.as_deref().unwrap_or("ans");
    let folder = home.join(format!("{set}-{n_mutants}-from-{}", options.seed));
    documents.extend(written_mutants(&documents, n_mutants, options.seed, &folder)?);
    println!("{n_examples} examples, {} mutants, seed {}", documents.len() - n_examples, options.seed);
    if options.known {
        let n_all = documents.len();
        let is_known = documents.iter().map(|it| oracle.knows(it)).collect::<Result<Vec<bool>>>()?;
        let mut is_known = is_known.into_iter();
        documents.retain(|_| is_known.next().unwrap_or_default());
        println!("skipped: {} of {n_all} documents that Saxon has not judged yet", n_all - documents.len());
    }
    let n_examples = n_examples.min(documents.len());

    let theirs = oracle.judge(&documents)?;
    if options.oracle_only {
        return Ok(true);
    }
    let mut volets_agree = true;
    let ours = if options.second_opinion {
        oracle.through_skeleton().judge(&documents)?
    } else {
        let program = options.program.clone().map_or_else(|| engine::build(workspace), Ok)?;
        // As it is published: in the copy that Saxon can read, a volet seems whole without the files it lacks.
        if let Some(pack) = &pack {
            volets_agree = same_volets(&program, pack, documents.get(..n_examples).unwrap_or_default())?;
        }
        engine::judge(&program, oracle.pack.as_deref(), &documents)?
    };
    let mut comparison = Comparison::default();
    for ((document, theirs), ours) in documents.iter().zip(&theirs).zip(&ours) {
        comparison.add(&document.file, theirs, ours);
    }
    keep_examples(&comparison, &home.join("different"))?;
    comparison.lines().iter().for_each(|line| println!("{line}"));
    Ok(comparison.is_clean() && volets_agree)
}

/// The program chooses, by its templates, the volet that each example itself names for those who edit it.
fn same_volets(program: &Path, pack: &Path, examples: &[Document]) -> Result<bool> {
    let mut agree = true;
    for example in examples {
        let expected = sets::named_volet(&example.file)?;
        let mut chosen = engine::chosen(program, pack, &example.file)?;
        chosen.retain(|it| !sets::is_common(it));
        if expected.as_slice() != chosen {
            agree = false;
            println!("{}: it names {expected:?}, check chose {chosen:?}", example.file.display());
        }
    }
    Ok(agree)
}

/// Mutants in equal numbers of each example, in files of their own.
fn written_mutants(examples: &[Document], n_asked: usize, seed: u64, folder: &Path) -> Result<Vec<Document>> {
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let (mut written, mut draw) = (Vec::new(), Draw::new(seed));
    for (position, example) in examples.iter().enumerate() {
        let text = fs::read_to_string(&example.file).with_context(|| example.file.display().to_string())?;
        let n = (n_asked - written.len()).div_ceil(examples.len() - position);
        let stem = example.file.file_stem().unwrap_or_default().to_string_lossy();
        let stem: String =
            stem.chars().map(|it| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '-' }).collect();
        for mutant in mutants::sample(&text, n, &mut draw) {
            let name = &oracle::hex(&[mutant.text.as_bytes()])[..12];
            let file = folder.join(format!("{stem}~{}~{name}.xml", mutant.operator));
            fs::write(&file, mutant.text)?;
            written.push(Document { file, schematrons: example.schematrons.clone() });
        }
    }
    Ok(written)
}

/// One file for each difference survives the next run.
fn keep_examples(comparison: &Comparison, kept: &Path) -> Result<()> {
    fs::create_dir_all(kept)?;
    for example in comparison.examples() {
        fs::copy(example, kept.join(example.file_name().unwrap_or_default()))?;
    }
    Ok(())
}
