//! A ruleset: schemas compiled together, ready to check documents; it can be kept in a file and shared between threads.

use crate::Finding;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use xpath::{Absent, ExprId, Files, Library, Matcher, NameId, Names, Program};

/// A text of the ruleset; equal texts are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextId(u32);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Texts {
    texts: Vec<Box<str>>,
    #[serde(skip)]
    ids: HashMap<Box<str>, u32>,
}

impl Texts {
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        if let Some(id) = self.ids.get(text) {
            return TextId(*id);
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        TextId(id)
    }

    pub(crate) fn get(&self, id: TextId) -> &str {
        &self.texts[id.0 as usize]
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SchemaInfo {
    pub(crate) file: String,
    pub(crate) title: String,
    pub(crate) binding: String,
    pub(crate) namespaces: Vec<(String, String)>,
    /// Its folder inside the pack.
    pub(crate) base: String,
    pub(crate) globals: Vec<(NameId, ExprId)>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) rules: Range<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PatternInfo {
    pub(crate) name: TextId,
    pub(crate) title: TextId,
    pub(crate) schema: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CompiledRule {
    pub(crate) pattern: u32,
    /// None when it did not compile: the schema says so.
    pub(crate) context: Option<ExprId>,
    pub(crate) text: TextId,
    pub(crate) id: Option<TextId>,
    pub(crate) role: Option<TextId>,
    pub(crate) flag: Option<TextId>,
    pub(crate) lets: Box<[(NameId, ExprId)]>,
    pub(crate) checks: Range<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CompiledCheck {
    pub(crate) is_report: bool,
    /// None when it did not compile: it can never be evaluated.
    pub(crate) test: Option<ExprId>,
    pub(crate) text: TextId,
    pub(crate) id: Option<TextId>,
    pub(crate) role: Option<TextId>,
    pub(crate) flag: Option<TextId>,
    pub(crate) subject: Option<ExprId>,
    pub(crate) message: Box<[Part]>,
    pub(crate) diagnostics: Box<[(TextId, Box<[Part]>)]>,
    pub(crate) file: TextId,
    pub(crate) line: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Part {
    Text(TextId),
    Value(ExprId),
}

/// Schemas compiled together.
#[derive(Debug)]
pub struct Ruleset {
    pub(crate) program: Program,
    pub(crate) names: Arc<Names>,
    pub(crate) texts: Texts,
    pub(crate) schemas: Vec<SchemaInfo>,
    pub(crate) patterns: Vec<PatternInfo>,
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) checks: Vec<CompiledCheck>,
    pub(crate) matcher: Matcher,
    pub(crate) n_globals: Vec<usize>,
    /// For each check, what is looked at each time a rule fires.
    pub(crate) asked: Vec<Asked>,
}

/// What a check asks, apart from what it says: thousands are gone through for each document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// What an element lacks when the check surely finds nothing.
    pub(crate) absent: Absent,
    /// None when it did not compile.
    pub(crate) test: Option<ExprId>,
    pub(crate) is_report: bool,
}

/// Equal tests are looked at once: most checks are of a rule that many others extend.
fn asked(program: &Program, checks: &[CompiledCheck]) -> Vec<Asked> {
    let mut known: HashMap<(ExprId, bool), Absent> = HashMap::new();
    let mut absent = |test: ExprId, is_report: bool| {
        let decided = || program.decided_by_absence(test, !is_report).unwrap_or(Absent::NEVER);
        *known.entry((test, is_report)).or_insert_with(decided)
    };
    let of = |it: &CompiledCheck| Asked {
        absent: it.test.map_or(Absent::NEVER, |test| absent(test, it.is_report)),
        test: it.test,
        is_report: it.is_report,
    };
    checks.iter().map(of).collect()
}

/// A ruleset as a file keeps it.
#[derive(Serialize, Deserialize)]
struct Stored {
    program: Program,
    names: Names,
    texts: Texts,
    schemas: Vec<SchemaInfo>,
    patterns: Vec<PatternInfo>,
    rules: Vec<CompiledRule>,
    checks: Vec<CompiledCheck>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// Patterns that are active.
    pub n_patterns: usize,
    /// Their rules.
    pub n_rules: usize,
    /// Their assertions and reports, extensions counted in each rule.
    pub n_checks: usize,
    /// Different expressions.
    pub n_exprs: usize,
    /// Steps of contexts that are different.
    pub n_states: usize,
}

impl Ruleset {
    #[allow(clippy::too_many_arguments, reason = "the parts of what is built, each once")]
    pub(crate) fn new(
        program: Program,
        names: Names,
        texts: Texts,
        mut schemas: Vec<SchemaInfo>,
        patterns: Vec<PatternInfo>,
        rules: Vec<CompiledRule>,
        checks: Vec<CompiledCheck>,
    ) -> Self {
        let mut matcher = Matcher::default();
        for (number, rule) in rules.iter().enumerate() {
            let schema = patterns[rule.pattern as usize].schema;
            if let Some(context) = rule.context
                && let Err(reason) = matcher.add(&program, context, number as u32, schema)
            {
                let file = Arc::from(schemas[schema as usize].file.as_str());
                let what = format!("context \"{}\": {reason}", texts.get(rule.text));
                let place = crate::Place { file, line: 1 };
                let finding = Finding { code: crate::FindingCode::Unsupported, place, what };
                if !schemas[schema as usize].findings.contains(&finding) {
                    schemas[schema as usize].findings.push(finding);
                }
            }
        }
        let n_globals = schemas.iter().map(|it| it.globals.len()).collect();
        let asked = asked(&program, &checks);
        Self { program, names: Arc::new(names), texts, schemas, patterns, rules, checks, matcher, n_globals, asked }
    }

    /// The bytes a cache keeps; [`Ruleset::from_bytes`] reads them back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        // By reference, field by field, in the order of `Stored`.
        let stored =
            (&self.program, &*self.names, &self.texts, &self.schemas, &self.patterns, &self.rules, &self.checks);
        postcard::to_allocvec(&stored).map_err(|error| error.to_string())
    }

    /// A ruleset from a cache. Only bytes of [`Ruleset::to_bytes`] of the same version give one that means the same.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let it: Stored = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
        Ok(Self::new(it.program, it.names, it.texts, it.schemas, it.patterns, it.rules, it.checks))
    }

    /// A library over the files that its expressions open.
    pub fn library(&self, files: Box<dyn Files>) -> Library {
        Library::new(files, self.names.clone())
    }

    /// The names that documents to check share with it.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// The files of its schemas, in order.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|it| it.file.as_str())
    }

    /// The title of a schema.
    pub fn title(&self, schema: usize) -> &str {
        &self.schemas[schema].title
    }

    /// What was found wrong in a schema or its files.
    pub fn findings(&self, schema: usize) -> &[Finding] {
        &self.schemas[schema].findings
    }

    /// How large it is.
    pub fn inventory(&self) -> Inventory {
        let checks = self.rules.iter().map(|it| it.checks.len());
        Inventory {
            n_patterns: self.patterns.len(),
            n_rules: self.rules.len(),
            n_checks: checks.sum(),
            n_exprs: self.program.n_exprs(),
            n_states: self.matcher.n_states(),
        }
    }
}
