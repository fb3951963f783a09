//! Conformity: documents checked against a pack of official rules, in process, before they are signed or from the shell.
//!
//! In: the folder of a pack, the bytes of a document. Out: what schema, schematrons and our own checks found.
//! Rulesets and XML schema are compiled once for each set of schemas, shared between threads, and kept on disk.
//! It holds no rule: the schematrons are the pack's, the choice among them is `cda_pack`'s, our own are `cr_bio::lint`.

mod cache;
mod folder;
mod outcome;
mod schema;
mod set;
mod version;

pub use folder::{Folder, Shared};
pub use outcome::{
    Entry, Outcome, PackFinding, SchematronOutcome, Unreadable, Verdict, XsdEntry, XsdOutcome, pack_finding,
};
pub use set::{Loaded, Set, Source};
pub use version::PackVersion;

use crate::Env;
use cache::Cache;
use cda_pack::{Chosen, Header, Repaired};
use jiff::tz::TimeZone;
use lab::finding::Finding;
use schematron::{CheckOptions, Document, Files as _, Limits, Report};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
};

/// The largest document that is checked.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// Whether the known defects of a pack are repaired while it is read. Each repair made is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Repairs {
    /// They are.
    #[default]
    Made,
    /// The pack is taken as it is; what is missing is a finding.
    NotMade,
}

/// How the schemas of a document are walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Grouping {
    /// All in one walk: the fastest when most documents have the same volet.
    #[default]
    Together,
    /// The common schemas and the volet apart: when there are many volets, the common ones are compiled only once.
    Apart,
}

/// Whether a part of the checks is made: the XML schema of the pack, where it has one, or our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Validation {
    /// They are.
    #[default]
    Done,
    /// The rest is.
    LeftOut,
}

/// How to check.
#[derive(Clone, Debug)]
pub struct Options {
    /// Repairs of the pack.
    pub repairs: Repairs,
    /// A phase of the schemas, `#ALL`, or none for the default phase of each.
    pub phase: Option<String>,
    /// Schemas to check every document with, relative to the pack; when empty, the common ones and the volet.
    pub schemas: Vec<String>,
    /// How they are walked through.
    pub grouping: Grouping,
    /// The XML schema.
    pub xsd: Validation,
    /// Our own checks, which who renders a document runs on what it renders.
    pub lint: Validation,
    /// The zone of `current-date()`.
    pub zone: TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            repairs: Repairs::default(),
            phase: None,
            schemas: Vec::new(),
            grouping: Grouping::default(),
            xsd: Validation::default(),
            lint: Validation::default(),
            zone: TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC),
        }
    }
}

/// Why a pack cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConformityError {
    /// There is no such folder.
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// None of the common schemas is in it, and no other was asked for.
    #[error("{} holds none of the common schemas", .0.display())]
    NotThePack(PathBuf),
    /// A schema that was asked for is not in it.
    #[error("{schema} is not in {}", folder.display())]
    NoSchema {
        /// The pack.
        folder: PathBuf,
        /// The schema.
        schema: String,
    },
}

/// Compiled sets by their schemas; each is compiled by the first who asks, while others wait for that one only.
type Sets = HashMap<Vec<String>, Arc<OnceLock<Arc<Set>>>>;

/// A pack, ready to check documents from any thread.
pub struct Conformity {
    folder: Folder,
    files: Arc<Repaired<Folder>>,
    volets: Vec<String>,
    options: Options,
    cache: Option<Cache>,
    env: Env,
    sets: Mutex<Sets>,
    /// The XML schema; none when the pack has none.
    xsd: OnceLock<Option<Result<xsd::Schema, xsd::Error>>>,
}

/// What is known of a pack.
#[derive(Clone, Debug)]
pub struct Status {
    /// Where it is.
    pub folder: PathBuf,
    /// Which one.
    pub version: PackVersion,
    /// What was repaired, in the sets loaded until now.
    pub repaired: Vec<PackFinding>,
    /// What is wrong and was not repaired.
    pub findings: Vec<PackFinding>,
    /// The sets of schemas loaded until now.
    pub loaded: Vec<Loaded>,
}

impl Conformity {
    /// A pack over its folder; nothing is compiled yet.
    ///
    /// `cache` is a folder for compiled rulesets and the schema; without it they are compiled at every start.
    pub fn open(folder: &Path, cache: Option<&Path>, env: Env, options: Options) -> Result<Self, ConformityError> {
        let root = folder.canonicalize().ok().filter(|it| it.is_dir());
        let root = root.ok_or_else(|| ConformityError::NoFolder(folder.to_owned()))?;
        let folder = Folder::new(root.clone());
        let has = |name: &str| folder.path(name).is_some_and(|it| it.is_file());
        if let Some(schema) = options.schemas.iter().find(|it| !has(it)) {
            return Err(ConformityError::NoSchema { folder: root, schema: schema.clone() });
        }
        if options.schemas.is_empty() && !cda_pack::COMMON.iter().any(|it| has(it)) {
            return Err(ConformityError::NotThePack(root));
        }
        let mut published = None;
        if options.repairs == Repairs::Made {
            let mut names = folder.names(cda_pack::VALUE_SETS).into_iter();
            published = names.find(|it| cda_pack::is_value_set_of_types(it));
        }
        let published = published.map(|it| format!("{}/{it}", cda_pack::VALUE_SETS));
        Ok(Self {
            files: Arc::new(Repaired::new(folder.clone(), published)),
            volets: folder.names(cda_pack::VOLETS),
            folder,
            options,
            cache: cache.map(|it| Cache::new(it.to_owned())),
            env,
            sets: Mutex::default(),
            xsd: OnceLock::new(),
        })
    }

    /// The folder of the pack.
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// Checks a document.
    ///
    /// Never fails and never panics: what could not be checked is in the outcome.
    pub fn check(&self, document: &[u8]) -> Outcome {
        self.examine(document).outcome()
    }

    /// Checks a document, and keeps what reports in other forms are made of.
    pub fn examine(&self, document: &[u8]) -> Examined {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Examined::unreadable(Unreadable::too_large());
        }
        let header = Header::read(document);
        let volet = match &header {
            Some(header) if self.options.schemas.is_empty() => self.choose(header, document),
            _ => Chosen::None,
        };
        let parts = match self.with_schema_ready(|| self.parts(&volet, document)) {
            Ok(parts) => parts,
            Err(unreadable) => return Examined::unreadable(unreadable),
        };
        let xsd = self.xsd().map(|it| XsdOutcome::new(it, document));
        let lint = match self.options.lint {
            Validation::Done => lint(header.as_ref(), document),
            Validation::LeftOut => Vec::new(),
        };
        Examined { unreadable: None, xsd, volet, parts, lint }
    }

    /// Does something, and makes the XML schema ready meanwhile when that is still to do: compiled, it takes longer
    /// than the rest.
    fn with_schema_ready<T>(&self, act: impl FnOnce() -> T) -> T {
        if self.xsd.get().is_some() {
            return act();
        }
        thread::scope(|scope| {
            // Without a thread to spare, the schema is made ready when it is asked for.
            let early = thread::Builder::new().spawn_scoped(scope, || _ = self.xsd());
            let done = act();
            // A defect of the compiler shows again, and is handled, when the schema is asked for.
            let _ = early.map(thread::ScopedJoinHandle::join);
            done
        })
    }

    fn parts(&self, volet: &Chosen, document: &[u8]) -> Result<Vec<Part>, Unreadable> {
        self.plan(volet).iter().map(|schemas| self.examine_with(self.set(schemas), document)).collect()
    }

    fn examine_with(&self, set: Arc<Set>, document: &[u8]) -> Result<Part, Unreadable> {
        let limits = Limits { size_bytes: DOCUMENT_BYTES_MAX, ..Limits::default() };
        let document = Document::parse(document, set.ruleset.names(), &limits).map_err(Unreadable::not_xml)?;
        let now = self.env.now().to_zoned(self.options.zone.clone());
        let options =
            CheckOptions { now: Some(now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()), ..CheckOptions::default() };
        let check = AssertUnwindSafe(|| set.ruleset.check(&document, &set.library, &options));
        // A defect of the engine must not take a laboratory down; it is never a pass either.
        let report = catch_unwind(check).ok();
        Ok(Part { set, document, report })
    }

    /// The volet that a document is checked with, by its header.
    pub fn chosen(&self, document: &[u8]) -> Chosen {
        match Header::read(document) {
            Some(header) if self.options.schemas.is_empty() => self.choose(&header, document),
            _ => Chosen::None,
        }
    }

    fn choose(&self, header: &Header, document: &[u8]) -> Chosen {
        let actual = |name: &str| self.actual_name(name);
        let pack = cda_pack::Pack { files: &*self.files, volets: &self.volets, actual_name: &actual };
        cda_pack::choose(header, document, &pack)
    }

    fn actual_name(&self, name: &str) -> Option<String> {
        match self.options.repairs {
            Repairs::Made => cda_pack::actual_name(name, &|folder| self.folder.names(folder)),
            Repairs::NotMade => None,
        }
    }

    /// The sets of schemas of a document, in the order in which they are said.
    fn plan(&self, volet: &Chosen) -> Vec<Vec<String>> {
        if !self.options.schemas.is_empty() {
            return vec![self.options.schemas.clone()];
        }
        let mut common: Vec<String> = cda_pack::COMMON.iter().map(|it| (*it).to_owned()).collect();
        match (volet.volet(), self.options.grouping) {
            (None, _) => vec![common],
            (Some(volet), Grouping::Together) => {
                common.push(volet.file.clone());
                vec![common]
            }
            (Some(volet), Grouping::Apart) => vec![common, vec![volet.file.clone()]],
        }
    }

    fn set(&self, schemas: &[String]) -> Arc<Set> {
        let cell = Arc::clone(lock(&self.sets).entry(schemas.to_vec()).or_default());
        // Outside the lock: others go on meanwhile.
        Arc::clone(cell.get_or_init(|| {
            let pack = set::Pack {
                folder: &self.folder,
                files: &self.files,
                actual_name: &|name| self.actual_name(name),
                cache: self.cache.as_ref(),
            };
            let repairs = self.options.repairs;
            Arc::new(Set::load(&pack, schemas, self.options.phase.as_deref(), repairs, self.env.now()))
        }))
    }

    fn xsd(&self) -> Option<&Result<xsd::Schema, xsd::Error>> {
        let has = self.options.xsd == Validation::Done && self.files.size_bytes(cda_pack::XSD).is_some();
        let (repairs, cache) = (self.options.repairs, self.cache.as_ref());
        let load = || schema::load(&self.folder, &self.files, cda_pack::XSD, repairs, cache);
        self.xsd.get_or_init(|| has.then(load)).as_ref()
    }

    /// The rules of the schemas in force for a document model, as texts: the common ones and, when named, a volet.
    pub fn rules(&self, schema: &str) -> Result<Vec<schematron::RuleText>, schematron::Finding> {
        let actual = |name: &str| self.actual_name(name);
        schematron::rules(&*self.files, &actual, schema, self.options.phase.as_deref())
    }

    /// The schemas of the pack: those asked for, else the common ones and every volet.
    pub fn schemas(&self) -> Vec<String> {
        if !self.options.schemas.is_empty() {
            return self.options.schemas.clone();
        }
        let common = cda_pack::COMMON.iter().map(|it| (*it).to_owned());
        let volets = self.volets.iter().filter(|it| it.ends_with(".sch"));
        common.chain(volets.map(|it| format!("{}/{it}", cda_pack::VOLETS))).collect()
    }

    /// The schemas that a document is checked with.
    pub fn schemas_for(&self, document: &[u8]) -> Vec<String> {
        self.plan(&self.chosen(document)).concat()
    }

    /// What is known of the pack until now.
    pub fn status(&self) -> Status {
        let sets: Vec<Arc<Set>> = lock(&self.sets).values().filter_map(|it| it.get().cloned()).collect();
        let mut repaired: Vec<PackFinding> = Vec::new();
        let mut findings: Vec<PackFinding> = Vec::new();
        for finding in sets.iter().flat_map(|it| it.findings()) {
            let into = if finding.is_repaired { &mut repaired } else { &mut findings };
            if !into.contains(finding) {
                into.push(finding.clone());
            }
        }
        let by_place = |a: &PackFinding, b: &PackFinding| (&a.file, a.line).cmp(&(&b.file, b.line));
        repaired.sort_by(by_place);
        findings.sort_by(by_place);
        let loaded = sets.iter().map(|it| it.loaded().clone()).collect();
        Status {
            folder: self.folder.root().to_owned(),
            version: PackVersion::read(&self.folder),
            repaired,
            findings,
            loaded,
        }
    }
}

/// Our own checks, which need no pack: for documents that say they are CR-BIO, and are not inside of a stylesheet.
pub fn lint(header: Option<&Header>, document: &[u8]) -> Vec<Finding> {
    /// IHE XD-LAB and CR-BIO.
    const TEMPLATES: [&str; 2] = ["1.3.6.1.4.1.19376.1.3.3", "1.2.250.1.213.1.1.1.55"];
    match header {
        Some(it) if !it.is_embedded && TEMPLATES.iter().any(|template| it.has(template)) => {
            cr_bio::lint::examine(document)
        }
        _ => Vec::new(),
    }
}

/// Checks a document with our own rules alone, where there is no pack.
pub fn check_without_pack(document: &[u8]) -> Outcome {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Examined::unreadable(Unreadable::too_large()).outcome();
    }
    let limits = Limits { size_bytes: DOCUMENT_BYTES_MAX, ..Limits::default() };
    if let Err(error) = Document::parse(document, &Arc::new(schematron::Names::new()), &limits) {
        return Examined::unreadable(Unreadable::not_xml(error)).outcome();
    }
    let lint = lint(Header::read(document).as_ref(), document);
    Examined { unreadable: None, xsd: None, volet: Chosen::None, parts: Vec::new(), lint }.outcome()
}

/// A document that was checked, with what its reports are made of.
pub struct Examined {
    unreadable: Option<Unreadable>,
    xsd: Option<XsdOutcome>,
    volet: Chosen,
    parts: Vec<Part>,
    lint: Vec<Finding>,
}

/// What one set of schemas said.
struct Part {
    set: Arc<Set>,
    document: Document,
    /// None when the engine failed.
    report: Option<Report>,
}

impl Examined {
    fn unreadable(unreadable: Unreadable) -> Self {
        Self { unreadable: Some(unreadable), xsd: None, volet: Chosen::None, parts: Vec::new(), lint: Vec::new() }
    }

    /// What was found.
    pub fn outcome(self) -> Outcome {
        let schematrons = self.parts.iter().flat_map(|it| it.set.outcomes(&it.document, it.report.as_ref())).collect();
        let pack = self.parts.iter().flat_map(|it| it.set.findings()).cloned().collect();
        Outcome { unreadable: self.unreadable, xsd: self.xsd, volet: self.volet, schematrons, lint: self.lint, pack }
    }

    /// The report of each schema as SVRL, with its file.
    pub fn svrl(&self, document_name: &str) -> Vec<(String, Vec<u8>)> {
        let each = self.parts.iter().filter_map(|it| Some((it, it.report.as_ref()?))).flat_map(|(it, report)| {
            let schemas = it.set.ruleset.schemas().enumerate();
            schemas.map(move |(number, file)| {
                (file.to_owned(), it.set.ruleset.svrl(number, &it.document, report, document_name))
            })
        });
        each.collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
