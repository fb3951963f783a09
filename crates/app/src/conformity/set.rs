//! Schemas compiled together, with the files that their expressions open, and where they came from.

use super::{
    Repairs,
    cache::{Cache, Key},
    folder::{Folder, Recording, Shared},
    outcome::{Entry, PackFinding, SchematronOutcome, pack_finding},
};
use cda_pack::Repaired;
use jiff::Timestamp;
use schematron::{Document, Library, Report, Ruleset};
use std::sync::Arc;

/// Schemas compiled together.
pub struct Set {
    pub(super) ruleset: Ruleset,
    pub(super) library: Library,
    /// Schemas that cannot be read at all, with the reason.
    unusable: Vec<(String, PackFinding)>,
    findings: Vec<PackFinding>,
    loaded: Loaded,
}

/// Where a set came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was compiled from the pack.
    Compiled,
    /// It was read from the cache.
    Cached,
}

/// When a set was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its schemas.
    pub schemas: Vec<String>,
    /// From where.
    pub source: Source,
    /// When.
    pub at: Timestamp,
}

/// What a set is loaded from.
pub(super) struct Pack<'p> {
    pub(super) folder: &'p Folder,
    pub(super) files: &'p Arc<Repaired<Folder>>,
    pub(super) actual_name: &'p dyn Fn(&str) -> Option<String>,
    pub(super) cache: Option<&'p Cache>,
}

impl Set {
    /// From the cache, else compiled and stored.
    pub(super) fn load(
        pack: &Pack<'_>,
        schemas: &[String],
        phase: Option<&str>,
        repairs: Repairs,
        at: Timestamp,
    ) -> Self {
        let key = Key::new(pack.folder, schemas, &format!("{phase:?} {repairs:?}"));
        let mut unusable = Vec::new();
        let (ruleset, source) =
            match pack.cache.and_then(|it| it.load(&key, pack.folder, |bytes| Ruleset::from_bytes(bytes).ok())) {
                Some(ruleset) => (ruleset, Source::Cached),
                None => {
                    let recording = Recording::new(Arc::clone(pack.files));
                    let options = schematron::Options { phase: phase.map(str::to_owned) };
                    let compile =
                        |schemas: &[&str]| schematron::compile(&recording, pack.actual_name, schemas, &options);
                    let all: Vec<&str> = schemas.iter().map(String::as_str).collect();
                    let ruleset = match compile(&all) {
                        Ok(ruleset) => ruleset,
                        Err(_) => {
                            let mut usable = Vec::new();
                            for schema in all {
                                match compile(&[schema]) {
                                    Ok(_) => usable.push(schema),
                                    Err(finding) => unusable.push((schema.to_owned(), pack_finding(&finding))),
                                }
                            }
                            // Each of them was just compiled by itself; without any, the ruleset is empty.
                            compile(&usable).or_else(|_| compile(&[])).unwrap_or_else(|_| empty())
                        }
                    };
                    if let Some(cache) = pack.cache.filter(|_| unusable.is_empty())
                        && let Ok(bytes) = ruleset.to_bytes()
                    {
                        cache.store(&key, pack.folder, &recording.names(), &bytes);
                    }
                    (ruleset, Source::Compiled)
                }
            };
        let mut findings: Vec<PackFinding> = unusable.iter().map(|(_, it)| it.clone()).collect();
        findings.extend((0..ruleset.schemas().count()).flat_map(|it| ruleset.findings(it)).map(pack_finding));
        let opens_types = schemas.iter().any(|it| it == cda_pack::COMMON[0]);
        if let Some(from) = pack.files.rebuilt_from().filter(|_| opens_types) {
            findings.push(PackFinding {
                code: cda_pack::REBUILT,
                file: cda_pack::TYPE_CODES.to_owned(),
                line: 1,
                what: from.to_owned(),
                is_repaired: true,
            });
        }
        findings.dedup();
        let library = ruleset.library(Box::new(Shared(Arc::clone(pack.files))));
        let loaded = Loaded { schemas: schemas.to_vec(), source, at };
        Self { ruleset, library, unusable, findings, loaded }
    }

    /// Repairs and findings of the pack.
    pub fn findings(&self) -> &[PackFinding] {
        &self.findings
    }

    /// When and from where.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// What each schema said; without report (the engine failed) none of them can be trusted.
    pub(super) fn outcomes(&self, document: &Document, report: Option<&Report>) -> Vec<SchematronOutcome> {
        let mut outcomes = Vec::new();
        for (number, file) in self.ruleset.schemas().enumerate() {
            let found = report.and_then(|it| it.schemas.get(number));
            let findings: Vec<PackFinding> = self.ruleset.findings(number).iter().map(pack_finding).collect();
            let incomplete = findings.iter().find(|it| !it.is_repaired).map(PackFinding::to_string);
            let failed = || "the engine failed on this document".to_owned();
            let show = |it| Entry::new(self.ruleset.show(document, it));
            outcomes.push(SchematronOutcome {
                file: file.to_owned(),
                title: self.ruleset.title(number).to_owned(),
                n_fired: found.map_or(0, |it| it.n_fired()),
                failed: found.iter().flat_map(|it| &it.failed).map(show).collect(),
                reports: found.iter().flat_map(|it| &it.reports).map(show).collect(),
                not_evaluable: found
                    .iter()
                    .flat_map(|it| &it.not_evaluable)
                    .map(|it| Entry::not_evaluable(self.ruleset.show_not_evaluable(document, it), it))
                    .collect(),
                n_contexts_without_value: found.map_or(0, |it| it.contexts_without_value.len()),
                incomplete: found.map_or_else(|| Some(failed()), |_| incomplete),
                findings,
            });
        }
        let unusable = self.unusable.iter().map(|(file, finding)| SchematronOutcome {
            file: file.clone(),
            incomplete: Some(finding.to_string()),
            findings: vec![finding.clone()],
            ..SchematronOutcome::default()
        });
        outcomes.extend(unusable);
        // In the order in which they were asked for.
        outcomes.sort_by_key(|it| self.loaded.schemas.iter().position(|schema| *schema == it.file));
        outcomes
    }
}

fn empty() -> Ruleset {
    struct Nothing;
    impl schematron::Files for Nothing {
        fn open(&self, _: &str) -> std::io::Result<Option<Box<dyn std::io::BufRead + '_>>> {
            Ok(None)
        }

        fn size_bytes(&self, _: &str) -> Option<u64> {
            None
        }
    }
    schematron::compile(&Nothing, &|_| None, &[], &schematron::Options::default())
        .expect("because nothing is read, and an empty list of schemas always compiles")
}
