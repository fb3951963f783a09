//! `paillasse check`: documents against the official rules, from the shell, for people and for continuous integration.
//!
//! In: files or folders, a pack. Out: what was found, as text, JSON, SVRL or JUnit; 0 clean, 1 not, 2 could not run.
//! It decides nothing: the rules are the pack's, the checks `app::conformity`'s.

mod explain;
mod files;
mod json;
mod junit;
mod packs;
mod progress;
mod svrl;
mod text;
mod watch;

use std::{
    collections::BTreeMap,
    io::{ErrorKind, IsTerminal as _, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use anyhow::{Context, Result};
use app::conformity::{DOCUMENT_BYTES_MAX, Outcome, Verdict, check_without_pack};
use clap::Args;

use packs::Pack;
pub(crate) use packs::caches;
use progress::Progress;

/// Options of a check.
#[derive(Args)]
#[command(
    after_help = "Codes de sortie : 0 tout est conforme ; 1 au moins une erreur, un avertissement ou un signalement ; \
                        2 un contrôle n'a pas pu être fait."
)]
pub struct CheckArgs {
    /// Documents CDA, ou dossiers dont tous les .xml sont contrôlés ; « - » pour l'entrée standard.
    #[arg(required_unless_present = "explain")]
    files: Vec<PathBuf>,
    /// Dossier des règles officielles (copie de ansforge/TestContenuCDA-3-0) ; peut être répété.
    #[arg(long, value_name = "DIR")]
    pack: Vec<PathBuf>,
    /// Schematron à appliquer au lieu des cinq communs et du volet du document ; peut être répété.
    #[arg(long, value_name = "FILE.sch")]
    schematron: Vec<PathBuf>,
    /// Un objet JSON par ligne et par document.
    #[arg(long, group = "form")]
    json: bool,
    /// Rapports SVRL.
    #[arg(long, group = "form")]
    svrl: bool,
    /// Rapport JUnit, pour l'intégration continue.
    #[arg(long, group = "form")]
    junit: bool,
    /// Écrit les rapports SVRL dans ce dossier, un fichier par document et par schematron.
    #[arg(long, value_name = "DIR", requires = "svrl")]
    out: Option<PathBuf>,
    /// Reste en attente et contrôle de nouveau chaque fichier qui change.
    #[arg(long, conflicts_with_all = ["form", "explain"])]
    watch: bool,
    /// Explique une règle : son contexte, ses tests, ses messages, le fichier d'où elle vient.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Prend les règles telles que publiées, sans réparer leurs défauts connus.
    #[arg(long)]
    no_repair: bool,
    /// Sans le schéma XML : schematrons seulement.
    #[arg(long)]
    no_xsd: bool,
    /// Phase des schematrons (#ALL : toutes les règles).
    #[arg(long)]
    phase: Option<String>,
    /// Nos propres contrôles comptent aussi dans le code de sortie.
    #[arg(long)]
    lint_strict: bool,
    /// Documents contrôlés en même temps (tous les cœurs par défaut).
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Dossier des règles compilées ($XDG_CACHE_HOME/paillasse/rulesets par défaut).
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Compile les règles à chaque fois.
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

/// In which form findings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Svrl,
    Junit,
}

/// What is written for a document, and what it amounts to.
struct Answer {
    /// In its form, ready to be written.
    written: Vec<u8>,
    state: State,
    /// For `--watch` and the text at the end.
    outcomes: Vec<Outcome>,
}

/// What the check of a file amounts to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Checked(Verdict),
    /// The file could not be read.
    NotRead,
}

/// Runs a check.
pub fn run(args: &CheckArgs) -> ExitCode {
    match checked(args) {
        Ok(code) => code,
        Err(error) if is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell people on when this fails.
            let _ = writeln!(std::io::stderr(), "paillasse check : {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The reader of our output went away, as `head` does.
fn is_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|it| it.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == ErrorKind::BrokenPipe))
}

fn checked(args: &CheckArgs) -> Result<ExitCode> {
    if let Some(rule) = &args.explain {
        let packs = packs::open(args, &[])?;
        return explain::run(rule, &packs, &args.files);
    }
    let files = files::collect(&args.files)?;
    let packs = packs::open(args, &files)?;
    if packs.is_empty() && form(args) != Form::Junit {
        writeln!(
            std::io::stderr(),
            "Sans --pack, seuls nos propres contrôles sont faits : ni le schéma XML ni les schematrons officiels."
        )?;
    }
    if args.watch {
        anyhow::ensure!(!args.files.iter().any(|it| watch::is_input(it)), "--watch ne surveille pas l'entrée standard");
        return watch::run(args, packs);
    }
    let mut summary = Summary::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let progress = Progress::new(files.len());
    head(args, &mut out, &files, &packs)?;
    each(args, &packs, &files, |_, answer| {
        progress.clear();
        out.write_all(&answer.written)?;
        if progress.is_shown() {
            out.flush()?;
        }
        summary.add(&answer);
        progress.step(summary.n_files);
        Ok(())
    })?;
    progress.clear();
    foot(args, &mut out, &packs, &summary)?;
    out.flush()?;
    Ok(summary.code())
}

/// How the whole run ended.
#[derive(Default)]
struct Summary {
    n_files: usize,
    n_clean: usize,
    n_not_conform: usize,
    n_not_checked: usize,
    n_not_read: usize,
}

impl Summary {
    fn add(&mut self, answer: &Answer) {
        self.n_files += 1;
        match answer.state {
            State::Checked(Verdict::Clean) => self.n_clean += 1,
            State::Checked(Verdict::NotConform) => self.n_not_conform += 1,
            State::Checked(Verdict::NotChecked) => self.n_not_checked += 1,
            State::NotRead => self.n_not_read += 1,
        }
    }

    fn code(&self) -> ExitCode {
        match self {
            Self { n_not_read: 1.., .. } => ExitCode::from(2),
            Self { n_not_conform: 1.., .. } => ExitCode::from(1),
            Self { n_not_checked: 1.., .. } => ExitCode::from(2),
            _ => ExitCode::SUCCESS,
        }
    }
}

fn form(args: &CheckArgs) -> Form {
    match (args.json, args.svrl, args.junit) {
        (true, ..) => Form::Json,
        (_, true, _) => Form::Svrl,
        (.., true) => Form::Junit,
        _ => Form::Text,
    }
}

fn head(args: &CheckArgs, out: &mut impl Write, files: &[PathBuf], packs: &[Pack]) -> Result<()> {
    match form(args) {
        Form::Junit => out.write_all(junit::HEAD)?,
        Form::Svrl if args.out.is_none() && !svrl::is_single(args, files, packs) => out.write_all(svrl::HEAD)?,
        Form::Svrl => {
            if let Some(folder) = &args.out {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("{} : dossier impossible", folder.display()))?;
            }
        }
        Form::Text | Form::Json => {}
    }
    Ok(())
}

fn foot(args: &CheckArgs, out: &mut impl Write, packs: &[Pack], summary: &Summary) -> Result<()> {
    match form(args) {
        Form::Junit => out.write_all(junit::FOOT)?,
        Form::Svrl if args.out.is_none() && !svrl::was_single(args, summary.n_files, packs) => {
            out.write_all(svrl::FOOT)?
        }
        Form::Svrl | Form::Json => {}
        Form::Text => text::end(out, packs, summary)?,
    }
    Ok(())
}

/// Checks files in parallel and hands the answers over in the order of the files.
fn each(
    args: &CheckArgs,
    packs: &[Pack],
    files: &[PathBuf],
    mut take: impl FnMut(&Path, Answer) -> Result<()>,
) -> Result<()> {
    let n_cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let n_jobs = args.jobs.unwrap_or(n_cores).clamp(1, files.len().max(1));
    let is_many = files.len() > 1;
    if n_jobs == 1 {
        return files.iter().try_for_each(|file| take(file, answer(args, packs, file, is_many)));
    }
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    // Bounded: a slow reader of our output holds the workers up rather than filling the memory.
    let (send, receive) = mpsc::sync_channel::<(usize, Answer)>(4 * n_jobs);
    thread::scope(|scope| {
        for _ in 0..n_jobs {
            let send = send.clone();
            let (next, is_over) = (&next, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(at) else { return };
                    if send.send((at, answer(args, packs, file, is_many))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early: BTreeMap<usize, Answer> = BTreeMap::new();
        let mut due = 0;
        let mut outcome = Ok(());
        for (at, answer) in receive {
            early.insert(at, answer);
            while let Some(answer) = early.remove(&due) {
                if outcome.is_ok() {
                    outcome = take(&files[due], answer);
                }
                due += 1;
            }
            if outcome.is_err() {
                is_over.store(true, Ordering::Relaxed);
            }
        }
        outcome
    })
}

/// Checks one file with every pack.
fn answer(args: &CheckArgs, packs: &[Pack], file: &Path, is_many: bool) -> Answer {
    let form = form(args);
    let bytes = match files::read(file, DOCUMENT_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => {
            let reason = files::reason(&error);
            let written = match form {
                Form::Text => text::not_read(file, &reason),
                Form::Json => json::not_read(file, &reason),
                Form::Svrl => svrl::not_read(file, &reason),
                Form::Junit => junit::not_read(file, &reason),
            };
            return Answer { written, state: State::NotRead, outcomes: Vec::new() };
        }
    };
    let mut reports = Vec::new();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for pack in packs {
        let examined = pack.conformity.examine(&bytes);
        if form == Form::Svrl {
            reports.extend(examined.svrl(&file.display().to_string()));
        }
        outcomes.push(examined.outcome());
    }
    if packs.is_empty() {
        outcomes.push(check_without_pack(&bytes));
    }
    let mut verdict = outcomes.iter().map(Outcome::verdict).max().unwrap_or(Verdict::Clean);
    if args.lint_strict && outcomes.iter().any(|it| !it.lint.is_empty()) {
        verdict = Verdict::NotConform;
    }
    let written = match form {
        Form::Text => text::file(file, packs, &outcomes, verdict),
        Form::Json => json::line(file, packs, &outcomes),
        Form::Junit => junit::suite(file, packs, &outcomes, args.lint_strict),
        Form::Svrl => match &args.out {
            Some(folder) => svrl::save(folder, file, &reports),
            None => {
                let is_single = svrl::was_single(args, if is_many { 2 } else { 1 }, packs);
                svrl::written(file, &reports, is_single, &outcomes)
            }
        },
    };
    Answer { written, state: State::Checked(verdict), outcomes }
}

/// Whether people look at this stream, and want colors on it.
fn is_colored(stream: &impl std::io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Whether the standard output is colored.
fn is_output_colored() -> bool {
    static IS: std::sync::LazyLock<bool> = std::sync::LazyLock::new(|| is_colored(&std::io::stdout()));
    *IS
}

/// Whether progress can be shown.
fn is_progress_wanted(n_files: usize) -> bool {
    n_files > 8 && std::io::stderr().is_terminal()
}
