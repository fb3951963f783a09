//! From expanded schemas to a ruleset: every expression compiled once, whatever the number of rules that hold it.

mod function;
mod message;

use crate::expand::{Check, Expanded, Let, LetValue, Rule, expand};
use crate::ruleset::{CompiledCheck, CompiledRule, Part, PatternInfo, Ruleset, SchemaInfo, TextId, Texts};
use crate::source::{Content, Place, Reader};
use crate::{Finding, FindingCode};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use xpath::{ExprId, Files, NameId, Names, Program, Scope};

/// What to compile, and how lenient to be with the pack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A phase of the schemas, `#ALL`, or none for the default phase of each.
    pub phase: Option<String>,
}

/// Compiles schemas of a pack into one ruleset.
///
/// `actual_name` answers the name of a file that differs by letter case only.
/// What is wrong with the pack is in the findings of the ruleset; a schema that cannot be read at all is an error.
pub fn compile(
    files: &dyn Files,
    actual_name: &dyn Fn(&str) -> Option<String>,
    schemas: &[&str],
    options: &Options,
) -> Result<Ruleset, Finding> {
    let mut compiler = Compiler { names: Names::new(), ..Compiler::default() };
    for schema in schemas {
        let mut reader = Reader::new(files, actual_name);
        let source = reader.read(schema)?;
        let expanded = expand(&source, options.phase.as_deref(), &mut reader)?;
        let findings = std::mem::take(&mut reader.findings);
        compiler.schema(schema, &expanded, findings);
    }
    Ok(compiler.finish())
}

#[derive(Default)]
struct Compiler {
    program: Program,
    names: Names,
    texts: Texts,
    schemas: Vec<SchemaInfo>,
    patterns: Vec<PatternInfo>,
    rules: Vec<CompiledRule>,
    checks: Vec<CompiledCheck>,
    /// Expressions compiled for the schema at hand, by their text.
    known: HashMap<String, Result<ExprId, String>>,
}

impl Compiler {
    fn schema(&mut self, file: &str, schema: &Expanded, findings: Vec<Finding>) {
        self.known.clear();
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut info = SchemaInfo {
            file: file.into(),
            title: schema.title.clone(),
            binding: schema.binding.clone(),
            namespaces: schema.namespaces.clone(),
            base: folder.into(),
            globals: Vec::new(),
            findings,
            rules: self.rules.len() as u32..self.rules.len() as u32,
        };
        let scope = Scope {
            namespaces: schema.namespaces.iter().cloned().collect(),
            element_namespace: String::new(),
            is_xpath1: matches!(schema.binding.as_str(), "xslt" | "xpath" | "xslt1" | "xpath1" | "exslt"),
        };
        if !matches!(
            schema.binding.as_str(),
            "xslt" | "xpath" | "xslt1" | "xpath1" | "xslt2" | "xpath2" | "xslt3" | "xpath3" | "xpath31"
        ) {
            let place = Place { file: file.into(), line: 1 };
            let what = format!("the query language {} is not supported", schema.binding);
            info.findings.push(Finding { code: FindingCode::Unsupported, place, what });
        }
        self.functions(schema, &scope, &mut info);
        for it in &schema.lets {
            if let Some(compiled) = self.binding(it, &scope, &mut info) {
                info.globals.push(compiled);
            }
        }
        let globals: HashSet<NameId> = info.globals.iter().map(|(name, _)| *name).collect();
        for pattern in &schema.patterns {
            let number = self.patterns.len() as u32;
            let name = self.texts.add(&pattern.name);
            self.patterns.push(PatternInfo {
                name,
                title: self.texts.add(&pattern.title),
                schema: self.schemas.len() as u32,
            });
            for rule in &pattern.rules {
                self.rule(rule, number, schema, &scope, &globals, &mut info);
            }
        }
        info.rules.end = self.rules.len() as u32;
        self.schemas.push(info);
    }

    fn rule(
        &mut self,
        rule: &Rule,
        pattern: u32,
        schema: &Expanded,
        scope: &Scope,
        globals: &HashSet<NameId>,
        info: &mut SchemaInfo,
    ) {
        let context = self.expression(&rule.context, scope, &rule.place, "context", info);
        let lets: Vec<_> = rule.lets.iter().filter_map(|it| self.binding(it, scope, info)).collect();
        let first_check = self.checks.len() as u32;
        let visible: HashSet<NameId> = globals.iter().copied().chain(lets.iter().map(|(name, _)| *name)).collect();
        for (name, value) in &lets {
            self.refuse_unknown(*value, &visible, &rule.place, info);
            let _ = name;
        }
        for check in &rule.checks {
            let compiled = self.check(check, rule, schema, scope, info);
            for expr in compiled.test.iter() {
                self.refuse_unknown(*expr, &visible, &check.place, info);
            }
            self.checks.push(compiled);
        }
        self.rules.push(CompiledRule {
            pattern,
            context,
            text: self.texts.add(&rule.context),
            id: rule.id.as_deref().map(|it| self.texts.add(it)),
            role: rule.role.as_deref().map(|it| self.texts.add(it)),
            flag: rule.flag.as_deref().map(|it| self.texts.add(it)),
            lets: lets.into(),
            checks: first_check..self.checks.len() as u32,
        });
    }

    fn check(
        &mut self,
        check: &Check,
        rule: &Rule,
        schema: &Expanded,
        scope: &Scope,
        info: &mut SchemaInfo,
    ) -> CompiledCheck {
        let test = self.expression(&check.test, scope, &check.place, "test", info).map(|it| self.program.truth(it));
        let subject = check.subject.as_deref().or(rule.subject.as_deref());
        let subject = subject.and_then(|it| self.expression(it, scope, &check.place, "subject", info));
        let mut diagnostics = Vec::new();
        for id in &check.diagnostics {
            match schema.diagnostics.get(id) {
                Some(content) => {
                    let parts = self.message(content, scope, &check.place, info);
                    diagnostics.push((self.texts.add(id), parts));
                }
                None => {
                    let what = format!("the diagnostic {id} is not defined");
                    info.findings.push(Finding { code: FindingCode::Missing, place: check.place.clone(), what });
                }
            }
        }
        CompiledCheck {
            is_report: check.is_report,
            test,
            text: self.texts.add(&check.test),
            id: check.id.as_deref().map(|it| self.texts.add(it)),
            role: check.role.as_deref().map(|it| self.texts.add(it)),
            flag: check.flag.as_deref().map(|it| self.texts.add(it)),
            subject,
            message: self.message(&check.message, scope, &check.place, info),
            diagnostics: diagnostics.into(),
            file: self.file(&check.place.file),
            line: check.place.line,
        }
    }

    fn file(&mut self, file: &Arc<str>) -> TextId {
        self.texts.add(file)
    }

    fn binding(&mut self, it: &Let, scope: &Scope, info: &mut SchemaInfo) -> Option<(NameId, ExprId)> {
        // A published schema writes a space after a name; XSLT processors trim it.
        let name = match it.name.trim().split_once(':') {
            None => self.names.intern("", it.name.trim()),
            Some((prefix, local)) => {
                let namespace = scope.namespaces.get(prefix).map_or("", String::as_str).to_owned();
                self.names.intern(&namespace, local)
            }
        };
        let source = match &it.value {
            LetValue::Expression(source) => source.clone(),
            LetValue::Text(text) => format!("'{}'", text.replace('\'', "''")),
        };
        // A variable without value stays declared: what uses it has no value either.
        let value = self.expression(&source, scope, &it.place, "value", info);
        let value = value.or_else(|| self.program.compile(&mut self.names, scope, "error()", &[]).ok())?;
        Some((name, value))
    }

    /// Compiles an expression; one that does not compile is a finding, and none.
    fn expression(
        &mut self,
        source: &str,
        scope: &Scope,
        place: &Place,
        role: &str,
        info: &mut SchemaInfo,
    ) -> Option<ExprId> {
        let known = match self.known.get(source) {
            Some(known) => known.clone(),
            None => {
                let compiled =
                    self.program.compile(&mut self.names, scope, source, &[]).map_err(|error| error.to_string());
                self.known.insert(source.to_owned(), compiled.clone());
                compiled
            }
        };
        match known {
            Ok(expr) => Some(expr),
            Err(reason) => {
                let what = format!("{role} \"{source}\": {reason}");
                info.findings.push(Finding { code: FindingCode::Expression, place: place.clone(), what });
                None
            }
        }
    }

    fn refuse_unknown(&mut self, expr: ExprId, visible: &HashSet<NameId>, place: &Place, info: &mut SchemaInfo) {
        for name in self.program.variables(expr) {
            if !visible.contains(&name) {
                let what = format!("the variable ${} is not declared", self.names.name(name).1);
                info.findings.push(Finding { code: FindingCode::Expression, place: place.clone(), what });
            }
        }
    }

    fn message(&mut self, content: &[Content], scope: &Scope, place: &Place, info: &mut SchemaInfo) -> Box<[Part]> {
        let mut parts = Vec::new();
        self.message_parts(content, scope, place, info, &mut parts);
        parts.into()
    }

    fn finish(self) -> Ruleset {
        Ruleset::new(self.program, self.names, self.texts, self.schemas, self.patterns, self.rules, self.checks)
    }
}
