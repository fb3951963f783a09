//! Pack: the official rules in force here, read in the background, run before each signature, read again when asked.
//!
//! In: the folder of a pack, or none; the bytes of a report that is about to be signed. Out: what blocks, what is kept
//! with the version, and what it was checked with.
//! It holds no rule and reads no document: `conformity` does. Without a pack that can be used, our own rules stand
//! alone, and each report says so.

mod finding;

use crate::{
    App, AppError, Env,
    conformity::{Conformity, ConformityError, Options, Outcome, PackVersion, Source, Status, Validation},
    registration::require,
    settings::{PackSettings, WithoutPack},
    validation::audit,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lab::{
    finding::{Finding, Severity},
    id::OrderId,
    validation::Role,
};
use records::{
    accounts::Account,
    orders,
    versions::{Checked, CheckedPack, CheckedRules, CheckedSchema},
};
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

pub use finding::readable;

/// A document that has the schemas of our reports compiled: as short as can be, and never shown to anyone.
const SAMPLE: &[u8] = b"<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
    <templateId root=\"1.2.250.1.213.1.1.1.55\" extension=\"2024.01\"/></ClinicalDocument>";

/// The pack in force, and what it was used for since the start.
pub(crate) struct InForce {
    settings: PackSettings,
    zone: TimeZone,
    env: Env,
    current: Mutex<Arc<Reading>>,
    counts: Mutex<Counts>,
}

/// A pack that is being read, or was.
#[derive(Default)]
struct Reading(OnceLock<Opened>);

/// What became of reading a pack.
enum Opened {
    NotInstalled,
    Unusable { problem: Problem, at: Timestamp },
    Ready(Box<Ready>),
}

struct Ready {
    conformity: Conformity,
    /// As it was when the rules were read: the folder may have changed since.
    version: PackVersion,
    read_at: Timestamp,
    took: SignedDuration,
}

/// Why an installed pack cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such folder.
    NoFolder,
    /// The folder holds none of the common schemas.
    NotThePack,
    /// None of the schemas of our reports can be read.
    Unreadable,
}

impl Problem {
    /// Code in keys and alerts.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoFolder => "no_folder",
            Self::NotThePack => "not_the_pack",
            Self::Unreadable => "unreadable",
        }
    }
}

#[derive(Default)]
struct Counts {
    n_passed: u64,
    n_with_findings: u64,
    blocked: BTreeSet<OrderId>,
    last_at: Option<Timestamp>,
}

/// What people are told of the pack.
#[derive(Clone, Debug)]
pub struct PackView {
    /// Its folder, as set.
    pub folder: Option<PathBuf>,
    /// What becomes of signatures without it.
    pub without: WithoutPack,
    /// Where it is.
    pub state: PackState,
    /// Reports that were checked since the start and could be signed.
    pub n_passed: u64,
    /// Those of them with something to look at.
    pub n_with_findings: u64,
    /// Dossiers that cannot be signed as they are.
    pub n_blocked: usize,
    /// When a report was last checked.
    pub last_at: Option<Timestamp>,
}

/// Where a pack is.
#[derive(Clone, Debug)]
pub enum PackState {
    /// None is installed.
    NotInstalled,
    /// It is being read.
    Reading,
    /// It cannot be used.
    Unusable {
        /// Why.
        problem: Problem,
        /// When this was seen.
        at: Timestamp,
    },
    /// It is in use.
    InUse {
        /// What is known of it, its version as it was read.
        status: Status,
        /// When it was read.
        read_at: Timestamp,
        /// How long that took.
        took: SignedDuration,
        /// Whether all of it came from the cache.
        cached: bool,
    },
}

/// What became of checking a report.
pub(crate) struct Assessed {
    /// Errors first.
    pub findings: Vec<Finding>,
    pub checked: Checked,
}

impl Assessed {
    pub fn is_blocking(&self) -> bool {
        self.findings.iter().any(|it| it.severity == Severity::Error)
    }
}

impl InForce {
    pub fn new(settings: PackSettings, zone: TimeZone, env: Env) -> Self {
        Self { settings, zone, env, current: Mutex::default(), counts: Mutex::default() }
    }

    /// Checks the document of a dossier; waits for the pack when it is still being read.
    pub fn assess(&self, order: OrderId, document: &[u8]) -> Assessed {
        let reading = self.reading();
        let at = self.env.now();
        let (mut findings, rules) = match self.open(&reading) {
            Opened::NotInstalled => (Vec::new(), CheckedRules::Own),
            Opened::Unusable { .. } => (Vec::new(), CheckedRules::OwnPackUnusable),
            Opened::Ready(ready) => match unless_it_panics(|| ready.conformity.check(document)) {
                Some(outcome) => (finding::of(&outcome), CheckedRules::Pack(ready.checked(&outcome))),
                None => (Vec::new(), CheckedRules::OwnPackUnusable),
            },
        };
        if !matches!(rules, CheckedRules::Pack(_)) && self.settings.without == WithoutPack::Refused {
            findings.push(Finding::error("CONFORMITY-NO-PACK", ""));
        }
        findings.sort_by_key(|it| std::cmp::Reverse(it.severity));
        let assessed = Assessed { findings, checked: Checked { at, rules } };
        self.count(order, &assessed);
        assessed
    }

    /// Reads the pack, unless it was read.
    pub fn read(&self) {
        self.open(&self.reading());
    }

    /// Reads the pack again; the one in force stays until that is done.
    fn read_again(&self) {
        let fresh = Arc::new(Reading::default());
        self.open(&fresh);
        *lock(&self.current) = fresh;
    }

    /// Why the pack cannot be used, when that is known.
    pub fn problem(&self) -> Option<Problem> {
        match self.reading().0.get() {
            Some(Opened::Unusable { problem, .. }) => Some(*problem),
            _ => None,
        }
    }

    fn reading(&self) -> Arc<Reading> {
        Arc::clone(&lock(&self.current))
    }

    fn open<'r>(&self, reading: &'r Reading) -> &'r Opened {
        reading.0.get_or_init(|| {
            let opened = unless_it_panics(|| self.open_now())
                .unwrap_or_else(|| Opened::Unusable { problem: Problem::Unreadable, at: self.env.now() });
            if let Opened::Unusable { problem, .. } = &opened {
                let folder = self.settings.folder.as_deref().unwrap_or_else(|| std::path::Path::new(""));
                tracing::error!(
                    pack.folder = %folder.display(),
                    pack.problem = problem.code(),
                    "the pack of official rules cannot be used: see the page Conformité, or docs/operating/conformity.md"
                );
            }
            opened
        })
    }

    fn open_now(&self) -> Opened {
        let Some(folder) = &self.settings.folder else { return Opened::NotInstalled };
        let at = self.env.now();
        let (repairs, zone) = (self.settings.repairs, self.zone.clone());
        let options = Options { repairs, zone, lint: Validation::LeftOut, ..Options::default() };
        let unusable = |problem| Opened::Unusable { problem, at };
        let conformity = match Conformity::open(folder, self.settings.cache.as_deref(), self.env.clone(), options) {
            Ok(conformity) => conformity,
            Err(ConformityError::NoFolder(_)) => return unusable(Problem::NoFolder),
            Err(_) => return unusable(Problem::NotThePack),
        };
        // Before the rules are read: a change meanwhile must not pass for them.
        let version = conformity.status().version;
        let outcome = conformity.check(SAMPLE);
        if outcome.schematrons.iter().all(finding::is_unusable) {
            return unusable(Problem::Unreadable);
        }
        let took = self.env.now().duration_since(at);
        Opened::Ready(Box::new(Ready { conformity, version, read_at: at, took }))
    }

    fn count(&self, order: OrderId, assessed: &Assessed) {
        let mut counts = lock(&self.counts);
        counts.last_at = Some(assessed.checked.at);
        if assessed.is_blocking() {
            counts.blocked.insert(order);
            return;
        }
        counts.blocked.remove(&order);
        counts.n_passed += 1;
        counts.n_with_findings += u64::from(!assessed.findings.is_empty());
    }

    fn view(&self) -> PackView {
        let state = match self.reading().0.get() {
            None if self.settings.folder.is_none() => PackState::NotInstalled,
            None => PackState::Reading,
            Some(Opened::NotInstalled) => PackState::NotInstalled,
            Some(Opened::Unusable { problem, at }) => PackState::Unusable { problem: *problem, at: *at },
            Some(Opened::Ready(ready)) => {
                let status = Status { version: ready.version.clone(), ..ready.conformity.status() };
                let cached = status.loaded.iter().all(|it| it.source == Source::Cached);
                PackState::InUse { status, read_at: ready.read_at, took: ready.took, cached }
            }
        };
        let counts = lock(&self.counts);
        PackView {
            folder: self.settings.folder.clone(),
            without: self.settings.without,
            state,
            n_passed: counts.n_passed,
            n_with_findings: counts.n_with_findings,
            n_blocked: counts.blocked.len(),
            last_at: counts.last_at,
        }
    }
}

impl Ready {
    /// What a report was checked with.
    fn checked(&self, outcome: &Outcome) -> CheckedPack {
        let (commit, date) = match &self.version {
            PackVersion::Commit(commit) => (Some(commit.clone()), None),
            PackVersion::Date(date) => (None, Some(*date)),
            PackVersion::Unknown => (None, None),
        };
        let schemas = outcome.schematrons.iter().map(|it| {
            let n_errors = it.failed.iter().chain(&it.reports).filter(|it| finding::is_error(it)).count();
            CheckedSchema {
                file: it.file.clone(),
                n_fired: it.n_fired,
                n_errors,
                n_warnings: it.failed.len() + it.reports.len() - n_errors,
                n_not_evaluable: it.not_evaluable.len() + it.n_contexts_without_value,
                is_whole: it.incomplete.is_none(),
            }
        });
        let xsd = outcome.xsd.as_ref().map(|it| it.unusable.is_none());
        CheckedPack { commit, date, xsd, schemas: schemas.collect() }
    }
}

impl App {
    /// What is known of the pack and of its use since the start.
    pub async fn pack(&self) -> Result<PackView, AppError> {
        let app = self.clone();
        // Looks into its folder.
        tokio::task::spawn_blocking(move || app.inner.pack.view()).await.map_err(|_| AppError::Rendering("page"))
    }

    /// Reads the pack, so that the first signature need not wait. A reader that fails leaves our own rules in force.
    pub async fn run_pack(self) {
        let read = tokio::task::spawn_blocking(move || self.inner.pack.read()).await;
        if read.is_err() {
            tracing::error!("the pack of official rules could not be read");
        }
    }

    /// Reads the pack again, after its folder was changed; the rules in force stay until that is done.
    pub async fn read_pack_again(&self, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Administrator])?;
        let app = self.clone();
        tokio::task::spawn_blocking(move || app.inner.pack.read_again())
            .await
            .map_err(|_| AppError::Rendering("pack"))?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                // Dossiers that came validated and were blocked may pass now.
                orders::sign_again(tx, None)?;
                audit(tx, &login, "pack.read", "pack", None, now)
            })
            .await?;
        self.inner.signing_bell.notify_one();
        self.watch_once().await?;
        Ok(())
    }
}

/// A defect in the reader of a pack must not take a laboratory down; it is never a pass either.
fn unless_it_panics<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
