//! Rules as texts, for people who ask what a rule says: nothing is compiled.

use crate::Finding;
use crate::expand::{Check, LetValue, expand, normalized};
use crate::source::{Content, Place, Reader};
use xpath::Files;

/// A rule in force, abstraction resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Name or number of its pattern.
    pub pattern: String,
    /// Title of the pattern, empty when it has none.
    pub title: String,
    /// Its id.
    pub id: Option<String>,
    /// Its context.
    pub context: String,
    /// As written.
    pub role: Option<String>,
    /// Variables and their values.
    pub lets: Vec<(String, String)>,
    /// Its assertions and reports, in order.
    pub checks: Vec<CheckText>,
    /// Where it stands.
    pub place: Place,
}

/// An assertion or a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckText {
    /// A report says what is found, an assertion what must be.
    pub is_report: bool,
    /// The expression.
    pub test: String,
    /// The message; values of the document are `{expression}`.
    pub message: String,
    /// Its id.
    pub id: Option<String>,
    /// As written.
    pub role: Option<String>,
    /// Where it stands: in an abstract rule, that rule's file.
    pub place: Place,
}

/// The rules of a schema, in order; `actual_name` and the phase as in [`crate::compile`].
pub fn rules(
    files: &dyn Files,
    actual_name: &dyn Fn(&str) -> Option<String>,
    schema: &str,
    phase: Option<&str>,
) -> Result<Vec<RuleText>, Finding> {
    let mut reader = Reader::new(files, actual_name);
    let source = reader.read(schema)?;
    let expanded = expand(&source, phase, &mut reader)?;
    let rules = expanded.patterns.into_iter().flat_map(|pattern| {
        let (name, title) = (pattern.name, pattern.title);
        pattern.rules.into_iter().map(move |rule| RuleText {
            pattern: name.clone(),
            title: title.clone(),
            id: rule.id,
            context: rule.context,
            role: rule.role,
            lets: rule.lets.into_iter().map(|it| (it.name, value(it.value))).collect(),
            checks: rule.checks.iter().map(check).collect(),
            place: rule.place,
        })
    });
    Ok(rules.collect())
}

fn value(value: LetValue) -> String {
    match value {
        LetValue::Expression(text) | LetValue::Text(text) => text,
    }
}

fn check(check: &Check) -> CheckText {
    CheckText {
        is_report: check.is_report,
        test: check.test.clone(),
        message: normalized(&message(&check.message)),
        id: check.id.clone(),
        role: check.role.clone(),
        place: check.place.clone(),
    }
}

fn message(content: &[Content]) -> String {
    content.iter().fold(String::new(), |mut all, it| {
        match it {
            Content::Text(text) => all.push_str(text),
            Content::Element(element) if element.is("value-of") || element.is("name") => {
                let expression = element.get("select").or(element.get("path")).unwrap_or("name()");
                all.push_str(&format!("{{{expression}}}"));
            }
            Content::Element(element) => all.push_str(&message(&element.content)),
        }
        all
    })
}
