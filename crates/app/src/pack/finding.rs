//! What a check found, as findings of ours: what blocks a signature, what is only kept with the version.

use crate::conformity::{Entry, Outcome, SchematronOutcome};
use cda_pack::Chosen;
use lab::finding::{Finding, Severity};

/// Findings of one kind that are told; how many more there are is a finding of its own.
const TOLD: usize = 30;
/// Longest text of a rule that is kept, in characters.
const DETAIL: usize = 600;

/// The findings of an outcome. Our own checks are not among them: who renders runs them on what it renders.
pub(super) fn of(outcome: &Outcome) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(it) = &outcome.unreadable {
        findings.push(Finding::error("CONFORMITY-UNREADABLE", format!("{}:{}", it.line, it.column)).saying(&it.reason));
        return findings;
    }
    let errors = outcome.xsd.iter().flat_map(|it| &it.errors).map(|it| {
        let place = it.location.as_deref().map_or_else(|| format!("{}:{}", it.line, it.column), readable);
        Finding::error(it.finding, place).saying(shortened(&it.message))
    });
    bounded(&mut findings, errors);
    if let Some(reason) = outcome.xsd.as_ref().and_then(|it| it.unusable.as_ref()) {
        findings.push(Finding::warning("CONFORMITY-NOT-WHOLE", cda_pack::XSD).saying(shortened(reason)));
    }
    for schematron in &outcome.schematrons {
        of_schematron(schematron, &mut findings);
    }
    if let Chosen::Absent { model, version } = &outcome.volet {
        findings.push(Finding::warning("CONFORMITY-NO-VOLET", format!("{model} {version}")));
    }
    findings
}

fn of_schematron(schematron: &SchematronOutcome, findings: &mut Vec<Finding>) {
    for wanted in [Severity::Error, Severity::Warning, Severity::Information] {
        let entries = schematron.failed.iter().chain(&schematron.reports).filter(|it| severity(it) == wanted);
        bounded(findings, entries.map(of_entry));
    }
    let without_value = schematron.not_evaluable.iter().map(|it| {
        Finding::warning("CONFORMITY-NOT-EVALUABLE", readable(&it.location))
            .saying(shortened(&format!("{} : {}", it.rule, it.message)))
    });
    bounded(findings, without_value);
    if schematron.n_contexts_without_value > 0 {
        let n = schematron.n_contexts_without_value;
        findings.push(Finding::warning("CONFORMITY-NOT-EVALUABLE", format!("{} ({n})", schematron.name())));
    }
    if let Some(reason) = &schematron.incomplete {
        findings.push(Finding::warning("CONFORMITY-NOT-WHOLE", schematron.name()).saying(shortened(reason)));
    }
}

fn of_entry(entry: &Entry) -> Finding {
    let mut said = entry.message.clone();
    for (_, text) in &entry.diagnostics {
        said.push(' ');
        said.push_str(text);
    }
    let found = match severity(entry) {
        Severity::Error => Finding::error("CONFORMITY-RULE", readable(&entry.location)),
        Severity::Warning => Finding::warning("CONFORMITY-RULE", readable(&entry.location)),
        Severity::Information => Finding::information("CONFORMITY-RULE", readable(&entry.location)),
    };
    found.saying(shortened(&said))
}

/// Keeps a bounded number of findings, and says when there are more.
fn bounded(findings: &mut Vec<Finding>, mut more: impl Iterator<Item = Finding>) {
    findings.extend(more.by_ref().take(TOLD));
    let Some(next) = more.next() else { return };
    let n = 1 + more.count();
    findings.push(Finding { code: "CONFORMITY-MORE", place: format!("+ {n}"), detail: String::new(), ..next });
}

fn severity(entry: &Entry) -> Severity {
    match entry.severity {
        schematron::Severity::Error => Severity::Error,
        schematron::Severity::Warning => Severity::Warning,
        schematron::Severity::Information => Severity::Information,
    }
}

/// Whether an assertion that failed, or a report that holds, blocks a signature: by its role, and without a role too.
pub(super) fn is_error(entry: &Entry) -> bool {
    severity(entry) == Severity::Error
}

/// Whether nothing of a schema could be read.
pub(super) fn is_unusable(schematron: &SchematronOutcome) -> bool {
    // One that was read says at least its title; one that was not has its one finding and nothing else.
    schematron.incomplete.is_some() && schematron.title.is_empty() && schematron.n_fired == 0
}

/// `/Q{ns}a[1]/Q{ns}b[2]/@Q{}c` as people read it: `a/b[2]/@c`.
pub fn readable(location: &str) -> String {
    let mut out = String::new();
    let mut rest = location;
    while let Some((before, after)) = rest.split_once("Q{") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace("[1]", "").trim_start_matches('/').to_owned()
}

fn shortened(text: &str) -> String {
    let mut out: String = text.chars().take(DETAIL).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(severity: schematron::Severity) -> Entry {
        Entry {
            rule: "r/a".to_owned(),
            id: None,
            test: "false()".to_owned(),
            location: "/Q{urn:hl7-org:v3}ClinicalDocument[1]/Q{urn:hl7-org:v3}id[2]".to_owned(),
            line: 3,
            column: 4,
            role: None,
            flag: None,
            severity,
            message: "règle".to_owned(),
            finding: None,
            diagnostics: Vec::new(),
            file: "a.sch".to_owned(),
            file_line: 7,
        }
    }

    fn outcome(schematron: SchematronOutcome) -> Outcome {
        Outcome {
            unreadable: None,
            xsd: None,
            volet: Chosen::None,
            schematrons: vec![schematron],
            lint: Vec::new(),
            pack: Vec::new(),
        }
    }

    #[test]
    fn a_report_that_holds_blocks_as_an_assertion_that_fails() {
        let found = |schematron| of(&outcome(schematron)).pop().map(|it| (it.code, it.severity, it.place));
        let of_errors = vec![entry(schematron::Severity::Error)];
        let failed = SchematronOutcome { failed: of_errors.clone(), ..SchematronOutcome::default() };
        let reports = SchematronOutcome { reports: of_errors, ..SchematronOutcome::default() };
        let expected = Some(("CONFORMITY-RULE", Severity::Error, "ClinicalDocument/id[2]".to_owned()));
        assert_eq!(found(failed), expected);
        assert_eq!(found(reports), expected);
    }

    #[test]
    fn what_was_not_checked_is_a_warning_each_time() {
        let schematron = SchematronOutcome {
            not_evaluable: vec![entry(schematron::Severity::Error)],
            n_contexts_without_value: 2,
            incomplete: Some("a.sch:1: no such function".to_owned()),
            ..SchematronOutcome::default()
        };
        let found: Vec<_> = of(&outcome(schematron)).into_iter().map(|it| (it.code, it.severity)).collect();
        let warning = |code| (code, Severity::Warning);
        assert_eq!(
            found,
            [warning("CONFORMITY-NOT-EVALUABLE"), warning("CONFORMITY-NOT-EVALUABLE"), warning("CONFORMITY-NOT-WHOLE")]
        );
    }

    #[test]
    fn a_thousand_findings_are_told_in_a_page() {
        let failed = vec![entry(schematron::Severity::Error); 1000];
        let found = of(&outcome(SchematronOutcome { failed, ..SchematronOutcome::default() }));
        assert_eq!(found.len(), TOLD + 1);
        assert_eq!(found.last().map(|it| it.place.as_str()), Some("+ 970"));
    }
}
