//! SVRL, the report language of ISO Schematron: what a schema found in, an XML document out.
//!
//! Rules that fired stand in the order of patterns, then of the document, each followed by what failed there.
//! Checks without value have no element of their own in SVRL: they are said in `svrl:text` at the head, so that a
//! report with some is never mistaken for a clean one.
//!
//! Source: ISO/IEC 19757-3:2020, annex D.

use crate::report::{Failure, Report, SchemaReport};
use crate::ruleset::{Ruleset, SchemaInfo};
use std::iter::Peekable;
use std::slice::Iter;
use xml::Writer;
use xpath::Document;

impl Ruleset {
    /// The report of one schema as SVRL.
    ///
    /// `document_name` is what `active-pattern/@documents` says; it may be empty.
    pub fn svrl(&self, schema: usize, document: &Document, report: &Report, document_name: &str) -> Vec<u8> {
        let mut out = Writer::with_capacity(64 << 10);
        out.declaration();
        let empty = SchemaReport::default();
        if let Some(info) = self.schemas.get(schema) {
            let it = report.schemas.get(schema).unwrap_or(&empty);
            self.svrl_output(&mut out, schema, info, document, it, document_name);
        }
        out.finish()
    }

    fn svrl_output(
        &self,
        out: &mut Writer,
        schema: usize,
        info: &SchemaInfo,
        document: &Document,
        report: &SchemaReport,
        document_name: &str,
    ) {
        out.open("svrl:schematron-output").attr("xmlns:svrl", "http://purl.oclc.org/dsdl/svrl");
        out.attr("title", &info.title).attr("schemaVersion", "");
        for (context, reason) in self.without_value(document, report) {
            out.element("svrl:text", &format!("not evaluable: {context}: {reason}"));
        }
        for finding in &info.findings {
            let place = &finding.place;
            out.element("svrl:text", &format!("{}:{}: {}", place.file, place.line, finding.what));
        }
        for (prefix, uri) in &info.namespaces {
            out.open("svrl:ns-prefix-in-attribute-values").attr("prefix", prefix).attr("uri", uri).close();
        }
        let mut fired = report.fired.iter().peekable();
        let mut failed = Findings::new(&report.failed);
        let mut reports = Findings::new(&report.reports);
        for (number, pattern) in self.patterns.iter().enumerate().filter(|(_, it)| it.schema as usize == schema) {
            out.open("svrl:active-pattern");
            let name = self.texts.get(pattern.name);
            let is_id = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            out.attr_opt("id", is_id.then_some(name));
            let title = self.texts.get(pattern.title);
            out.attr_opt("name", (!title.is_empty()).then_some(title));
            out.attr_opt("documents", (!document_name.is_empty()).then_some(document_name)).close();
            while let Some((rule, node)) =
                fired.next_if(|(rule, _)| self.rules[*rule as usize].pattern as usize == number)
            {
                let it = &self.rules[*rule as usize];
                out.open("svrl:fired-rule").attr_opt("id", it.id.map(|id| self.texts.get(id)));
                out.attr("context", self.texts.get(it.text));
                out.attr_opt("role", it.role.map(|id| self.texts.get(id)));
                out.attr_opt("flag", it.flag.map(|id| self.texts.get(id))).close();
                let mut here: Vec<(&Failure, bool)> = failed.of(self, *rule, *node).map(|it| (it, false)).collect();
                here.extend(reports.of(self, *rule, *node).map(|it| (it, true)));
                here.sort_by_key(|(it, _)| it.check);
                for (failure, is_report) in here {
                    self.svrl_finding(out, document, failure, is_report);
                }
            }
        }
        out.close();
    }

    fn svrl_finding(&self, out: &mut Writer, document: &Document, failure: &Failure, is_report: bool) {
        let shown = self.show(document, failure);
        out.open(if is_report { "svrl:successful-report" } else { "svrl:failed-assert" });
        out.attr("test", shown.test).attr("location", &shown.location);
        out.attr_opt("id", shown.id).attr_opt("role", shown.role).attr_opt("flag", shown.flag);
        for (id, text) in &shown.diagnostics {
            out.open("svrl:diagnostic-reference").attr("diagnostic", id).element("svrl:text", text).close();
        }
        out.element("svrl:text", &shown.message).close();
    }

    fn without_value(&self, document: &Document, report: &SchemaReport) -> Vec<(String, String)> {
        let checks = report.not_evaluable.iter().map(|it| {
            let shown = self.show_not_evaluable(document, it);
            (format!("{} at {}: {}", shown.context, shown.location, shown.test), shown.message)
        });
        let contexts = report.contexts_without_value.iter().map(|(rule, node, error)| {
            let context = self.texts.get(self.rules[*rule as usize].text);
            (format!("{context} at {}", document.location(*node)), error.to_string())
        });
        checks.chain(contexts).collect()
    }
}

/// Findings taken in the order in which they were made, rule by rule.
struct Findings<'r> {
    rest: Peekable<Iter<'r, Failure>>,
}

impl<'r> Findings<'r> {
    fn new(all: &'r [Failure]) -> Self {
        Self { rest: all.iter().peekable() }
    }

    /// Those of a rule at a node. A check may be about another node than its rule (`subject`): its number tells.
    fn of(&mut self, rules: &Ruleset, rule: u32, node: xpath::NodeId) -> std::vec::IntoIter<&'r Failure> {
        let mut taken: Vec<&Failure> = Vec::new();
        while let Some(next) = self.rest.next_if(|it| {
            let is_here = it.node == node || rules.checks[it.check as usize].subject.is_some();
            it.rule == rule && is_here && taken.last().is_none_or(|last| last.check < it.check)
        }) {
            taken.push(next);
        }
        taken.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::{CheckOptions, Document, Files, compile};
    use std::io::{BufRead, Cursor, Result};

    struct One(&'static str);

    impl Files for One {
        fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
            Ok((name == "s.sch").then(|| Box::new(Cursor::new(self.0)) as Box<dyn BufRead>))
        }

        fn size_bytes(&self, name: &str) -> Option<u64> {
            (name == "s.sch").then_some(self.0.len() as u64)
        }
    }

    const SCHEMA: &str = r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
        <title>Notes</title><ns prefix="n" uri="urn:n"/>
        <pattern id="p"><title>Every note</title>
          <rule context="n:note" id="r"><assert test="@to" role="error" id="a" diagnostics="d">To &lt;whom&gt;?</assert>
            <report test="@from" subject="@from" flag="sender">From <value-of select="@from"/></report>
            <assert test="xs:integer(@n) gt 0">A number</assert></rule></pattern>
        <pattern><rule context="never"><assert test="true()">-</assert></rule></pattern>
        <diagnostics><diagnostic id="d">Say <name/>.</diagnostic></diagnostics></schema>"#;

    #[test]
    fn a_report_names_each_rule_that_fired_with_what_failed_there_and_what_had_no_value() {
        let ruleset = compile(&One(SCHEMA), &|_| None, &["s.sch"], &crate::Options::default()).expect("a schema");
        let source = br#"<x xmlns="urn:n"><note n="1" from="a"/><note n="x" to="b"/></x>"#;
        let document = Document::parse(source, ruleset.names(), &crate::Limits::default()).expect("XML");
        let library = ruleset.library(Box::new(One(SCHEMA)));
        let report = ruleset.check(&document, &library, &CheckOptions::default());
        let svrl = ruleset.svrl(0, &document, &report, "x.xml");
        let svrl = String::from_utf8(svrl).expect("UTF-8");
        let read = roxmltree::Document::parse(&svrl).expect("well-formed");
        let names: Vec<_> = read.root_element().children().map(|it| it.tag_name().name()).collect();
        assert_eq!(
            names,
            [
                "text",
                "ns-prefix-in-attribute-values",
                "active-pattern",
                "fired-rule",
                "failed-assert",
                "successful-report",
                "fired-rule",
                "active-pattern"
            ]
        );
        let find = |name| read.descendants().find(|it| it.has_tag_name(("http://purl.oclc.org/dsdl/svrl", name)));
        let failed = find("failed-assert").expect("a failed assertion");
        assert_eq!(failed.attribute("location"), Some("/Q{urn:n}x[1]/Q{urn:n}note[1]"));
        assert_eq!((failed.attribute("id"), failed.attribute("role")), (Some("a"), Some("error")));
        let texts: Vec<_> = failed
            .children()
            .map(|it| (it.tag_name().name(), it.descendants().filter_map(|it| it.text()).next()))
            .collect();
        assert_eq!(texts, [("diagnostic-reference", Some("Say note.")), ("text", Some("To <whom>?"))]);
        let reported = find("successful-report").expect("a report");
        assert_eq!(
            (reported.attribute("flag"), reported.attribute("location")),
            (Some("sender"), Some("/Q{urn:n}x[1]/Q{urn:n}note[1]/@Q{}from"))
        );
        assert!(
            find("text")
                .and_then(|it| it.text())
                .is_some_and(|it| it.starts_with("not evaluable: n:note at /Q{urn:n}x[1]/Q{urn:n}note[2]"))
        );
    }
}
