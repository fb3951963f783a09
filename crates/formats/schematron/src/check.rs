//! Checking a document: one walk finds the rules that fire, then their checks are evaluated.

use crate::report::{Failure, NotEvaluable, Report, SchemaReport};
use crate::ruleset::{Part, Ruleset};
use xpath::{Bounds, Context, Document, Frame, Lets, Library, NodeId, Opened, Run};

/// Bounds and clock of a check.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// What `current-dateTime()` is, as `YYYY-MM-DDThh:mm:ss±hh:mm`; without it the clock has no value.
    pub now: Option<String>,
    /// Steps that one rule on one node may take.
    pub bounds: Bounds,
    /// Which schemas, by number; all of them when empty.
    pub schemas: Vec<usize>,
}

impl Ruleset {
    /// Checks a document parsed with [`Ruleset::names`].
    ///
    /// Never fails: what has no value is in the report, apart.
    pub fn check(&self, document: &Document, library: &Library, options: &CheckOptions) -> Report {
        let opened = Opened::default();
        let mut run = Run::new(&self.program, library, document, &opened, &options.bounds);
        if let Some(now) = &options.now {
            // A clock that cannot be read leaves the clock without value.
            let _ = run.set_now(now);
        }
        let globals: Vec<Lets<'_, '_>> = self.schemas.iter().map(|it| Lets::global(&it.globals, &it.base)).collect();
        let mut report = Report { schemas: self.schemas.iter().map(|_| SchemaReport::default()).collect() };
        let fired = self.fired(&run, &globals, options, &mut report);
        for (rule, node) in fired {
            self.fire(&run, &globals, rule, node, options, &mut report);
        }
        report
    }

    /// The rules that fire: for each pattern and node, the first that matches.
    fn fired<'d>(
        &self,
        run: &Run<'d>,
        globals: &[Lets<'_, 'd>],
        options: &CheckOptions,
        report: &mut Report,
    ) -> Vec<(u32, NodeId)> {
        // Pattern, node and rule: in the order in which they are told.
        let mut fired: Vec<(u32, NodeId, u32)> = Vec::new();
        // Matches of the node at hand: few, in no order.
        let mut here: Vec<(u32, u32)> = Vec::new();
        let mut at = NodeId::DOCUMENT;
        let mut errors = Vec::new();
        let is_wanted = |rule: u32| {
            let schema = self.schema_of(rule);
            options.schemas.is_empty() || options.schemas.contains(&schema)
        };
        let close = |here: &mut Vec<(u32, u32)>, node: NodeId, fired: &mut Vec<(u32, NodeId, u32)>| {
            here.sort_unstable();
            here.dedup_by_key(|(pattern, _)| *pattern);
            fired.extend(here.drain(..).map(|(pattern, rule)| (pattern, node, rule)));
        };
        self.matcher.walk(
            run,
            globals,
            &self.n_globals,
            |rule, node| {
                if node != at {
                    close(&mut here, at, &mut fired);
                    at = node;
                }
                if is_wanted(rule) {
                    here.push((self.rules[rule as usize].pattern, rule));
                }
            },
            &mut errors,
        );
        close(&mut here, at, &mut fired);
        for it in errors {
            let schema = &mut report.schemas[self.schema_of(it.rule)];
            schema.contexts_without_value.push((it.rule, it.node, it.error));
        }
        fired.sort_unstable();
        fired.into_iter().map(|(_, node, rule)| (rule, node)).collect()
    }

    pub(crate) fn schema_of(&self, rule: u32) -> usize {
        self.patterns[self.rules[rule as usize].pattern as usize].schema as usize
    }

    fn fire<'d>(
        &self,
        run: &Run<'d>,
        globals: &[Lets<'_, 'd>],
        rule: u32,
        node: NodeId,
        options: &CheckOptions,
        report: &mut Report,
    ) {
        run.refill(&options.bounds);
        let schema = self.schema_of(rule);
        let it = &self.rules[rule as usize];
        let report = &mut report.schemas[schema];
        report.fired.push((rule, node));
        let lets = Lets::within(&globals[schema], &it.lets, node);
        let frame = Frame::new(node, &lets, it.lets.len());
        let cx = frame.context();
        let shape = run.document().shape(node);
        for number in it.checks.clone() {
            let asked = &self.asked[number as usize];
            if asked.absent.holds(shape) {
                continue;
            }
            let Some(test) = asked.test else {
                report.not_evaluable.push(NotEvaluable { rule, check: number, node, error: None });
                continue;
            };
            match run.truth(test, &cx) {
                Ok(holds) if holds != asked.is_report => {}
                Ok(_) => {
                    let failure = self.failure(run, &cx, rule, number, node);
                    if asked.is_report { report.reports.push(failure) } else { report.failed.push(failure) }
                }
                Err(error) => {
                    report.not_evaluable.push(NotEvaluable { rule, check: number, node, error: Some(error) });
                }
            }
        }
    }

    fn failure<'d>(&self, run: &Run<'d>, cx: &Context<'_, 'd>, rule: u32, number: u32, node: NodeId) -> Failure {
        let check = &self.checks[number as usize];
        let subject = check.subject.and_then(|it| run.first_node(it, cx).ok().flatten()).unwrap_or(node);
        let diagnostics = check.diagnostics.iter();
        Failure {
            rule,
            check: number,
            node: subject,
            message: self.message(run, cx, &check.message),
            diagnostics: diagnostics
                .map(|(id, parts)| (self.texts.get(*id).to_owned(), self.message(run, cx, parts)))
                .collect(),
        }
    }

    fn message<'d>(&self, run: &Run<'d>, cx: &Context<'_, 'd>, parts: &[Part]) -> String {
        parts.iter().fold(String::new(), |mut all, part| {
            match part {
                Part::Text(text) => all.push_str(self.texts.get(*text)),
                Part::Value(expr) => match run.texts(*expr, cx) {
                    Ok(texts) => all.push_str(&texts.join(" ")),
                    Err(_) => all.push('?'),
                },
            }
            all
        })
    }
}
