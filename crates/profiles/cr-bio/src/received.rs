//! The results of a document that someone else may have made: one flat list, in the order of the document.
//!
//! In: a CDA document, CR-BIO or near it. Out: every observation of its body with where it stands and what it says.
//! Tolerant: what is missing is empty, what contradicts itself is told as it is; nothing is corrected or judged.
//!
//! Source: CR-BIO 2024.01, chapters, batteries, isolates, results, antériorités, comments.

mod value;

pub use value::ReceivedValue;

use cda::{Act, Cd, ClinicalDocument, Component4, Element, EntryRelationship, Node, Observation, Organizer, Section};
use std::collections::HashMap;

/// A code as received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedCode {
    /// Code; empty when there is none.
    pub code: String,
    /// Object identifier of the code system.
    pub system: String,
    /// Label, or else the words of the narrative.
    pub label: String,
    /// The words of the narrative, as the laboratory prints it; empty when nothing refers to them.
    pub printed: String,
}

/// The organizer of an attached file, which holds no result. Source: FR-Document-attache.
const ATTACHED: &str = "1.2.250.1.213.1.1.3.18";

/// One result.
#[derive(Clone, Default, PartialEq)]
pub struct ReceivedResult {
    /// Titles of the sections around it, outermost first.
    pub sections: Vec<String>,
    /// Labels of the batteries and germs around it, outermost first.
    pub groups: Vec<String>,
    /// What was measured.
    pub code: ReceivedCode,
    /// The same in other systems: local codes, waiting codes.
    pub translations: Vec<ReceivedCode>,
    /// `completed`, `aborted`…
    pub status: String,
    /// When, as an HL7 timestamp.
    pub observed_at: String,
    /// Values; nearly always one.
    pub values: Vec<ReceivedValue>,
    /// Codes of HL7 ObservationInterpretation.
    pub interpretations: Vec<String>,
    /// Usual values, as bounds or words.
    pub ranges: Vec<String>,
    /// Technique.
    pub method: Option<ReceivedCode>,
    /// Earlier results: when, and the value.
    pub previous: Vec<(String, ReceivedValue)>,
    /// The laboratory that did it, when it is not that of the header.
    pub performer: String,
    /// Comments on it.
    pub comments: Vec<String>,
}

// A label only: the rest is a patient's.
impl std::fmt::Debug for ReceivedResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReceivedResult({})", self.code.code)
    }
}

/// Every result of the body, in document order.
pub fn results(document: &ClinicalDocument<'_>) -> Vec<ReceivedResult> {
    let mut reader = Reader { words: HashMap::new(), results: Vec::new(), sections: Vec::new(), groups: Vec::new() };
    let bodies = document.component.iter().flat_map(|it| &it.structured_body);
    let sections: Vec<&Section<'_>> = bodies.flat_map(|it| &it.component).flat_map(|it| &it.section).collect();
    sections.iter().for_each(|it| reader.gather(it));
    sections.iter().for_each(|it| reader.section(it));
    reader.results
}

/// Where a walk stands.
struct Reader {
    /// The words of the narrative by `ID`.
    words: HashMap<String, String>,
    results: Vec<ReceivedResult>,
    sections: Vec<String>,
    groups: Vec<String>,
}

impl Reader {
    /// Remembers the words that entries may refer to.
    fn gather(&mut self, section: &Section<'_>) {
        section.text.iter().for_each(|it| self.gather_words(it));
        section.component.iter().flat_map(|it| &it.section).for_each(|it| self.gather(it));
    }

    fn gather_words(&mut self, element: &Element<'_>) {
        if let Some(id) = element.attribute("ID") {
            self.words.insert(id.to_owned(), words(element));
        }
        element.elements().for_each(|it| self.gather_words(it));
    }

    fn section(&mut self, section: &Section<'_>) {
        let title = section.title.iter().map(|it| it.text.trim().to_owned()).next();
        let code = section.code.iter().find_map(|it| it.display_name.as_deref()).map(str::to_owned);
        self.sections.push(title.or(code).unwrap_or_default());
        for entry in &section.entry {
            entry.act.iter().for_each(|it| self.act(it));
            entry.organizer.iter().for_each(|it| self.organizer(it, ""));
            entry.observation.iter().for_each(|it| self.observation(it, ""));
        }
        section.component.iter().flat_map(|it| &it.section).for_each(|it| self.section(it));
        self.sections.pop();
    }

    fn act(&mut self, act: &Act<'_>) {
        let performer = performer(&act.performer);
        for it in act.entry_relationship.iter().filter(|it| it.type_code.as_deref() != Some("SUBJ")) {
            it.organizer.iter().for_each(|it| self.organizer(it, &performer));
            it.observation.iter().for_each(|it| self.observation(it, &performer));
            it.act.iter().for_each(|it| self.act(it));
        }
    }

    fn organizer(&mut self, organizer: &Organizer<'_>, around: &str) {
        if organizer.template_id.iter().any(|it| it.root.as_deref() == Some(ATTACHED)) {
            return;
        }
        let own = performer(&organizer.performer);
        let performer = if own.is_empty() { around } else { own.as_str() };
        let germs = organizer.specimen.iter().flat_map(|it| &it.specimen_role);
        let germ = germs.flat_map(|it| &it.specimen_playing_entity).flat_map(|it| &it.code).next();
        let label = germ.or(organizer.code.first()).map(|it| self.code(it).label).unwrap_or_default();
        self.groups.push(label);
        for Component4 { observation, organizer, .. } in &organizer.component {
            observation.iter().for_each(|it| self.observation(it, performer));
            organizer.iter().for_each(|it| self.organizer(it, performer));
        }
        self.groups.pop();
    }

    fn observation(&mut self, it: &Observation<'_>, around: &str) {
        let own = performer(&it.performer);
        let reader = &*self;
        let relations =
            |kind: &'static str| it.entry_relationship.iter().filter(move |it| it.type_code.as_deref() == Some(kind));
        let previous = relations("REFR").flat_map(|it| &it.observation).flat_map(|it| {
            let at = time(&it.effective_time);
            it.value.iter().map(move |value| (at.clone(), reader.value(value)))
        });
        let usual = it.reference_range.iter().flat_map(|it| &it.observation_range).flat_map(|it| {
            let bounds = it.value.iter().map(|value| self.value(value).printed());
            bounds.chain(it.text.iter().map(|text| text.text.trim().to_owned())).filter(|it| !it.is_empty())
        });
        let result = ReceivedResult {
            sections: self.sections.clone(),
            groups: self.groups.clone(),
            code: it.code.first().map(|it| self.code(it)).unwrap_or_default(),
            translations: it.code.iter().flat_map(|it| &it.translation).map(|it| self.code(it)).collect(),
            status: it.status_code.iter().find_map(|it| it.code.as_deref()).unwrap_or_default().to_owned(),
            observed_at: time(&it.effective_time),
            values: it.value.iter().map(|value| self.value(value)).collect(),
            interpretations: it
                .interpretation_code
                .iter()
                .filter_map(|it| it.code.as_deref())
                .map(str::to_owned)
                .collect(),
            ranges: usual.collect(),
            method: it.method_code.first().map(|it| self.code(it)),
            previous: previous.collect(),
            performer: if own.is_empty() { around.to_owned() } else { own },
            comments: relations("SUBJ").filter_map(|it| self.comment(it)).collect(),
        };
        self.results.push(result);
        for relation in relations("COMP") {
            relation.observation.iter().for_each(|it| self.observation(it, around));
        }
    }

    fn comment(&self, relation: &EntryRelationship<'_>) -> Option<String> {
        let text = relation.act.first()?.text.first()?;
        let said = text.reference.iter().find_map(|it| self.words.get(it.value.as_deref()?.strip_prefix('#')?));
        Some(said.cloned().unwrap_or_else(|| text.text.trim().to_owned())).filter(|it| !it.is_empty())
    }

    /// A code; its wording is the label, else the narrative's, else a translation's.
    fn code(&self, code: &Cd<'_>) -> ReceivedCode {
        let said = code.original_text.iter().find_map(|it| {
            let by_reference =
                it.reference.iter().find_map(|it| self.words.get(it.value.as_deref()?.strip_prefix('#')?));
            by_reference.cloned().or_else(|| Some(it.text.trim().to_owned())).filter(|it| !it.is_empty())
        });
        let translated = || code.translation.iter().find_map(|it| it.display_name.as_deref()).map(str::to_owned);
        ReceivedCode {
            code: code.code.as_deref().unwrap_or_default().to_owned(),
            system: code.code_system.as_deref().unwrap_or_default().to_owned(),
            printed: said.clone().unwrap_or_default(),
            label: code.display_name.as_deref().map(str::to_owned).or(said).or_else(translated).unwrap_or_default(),
        }
    }

    fn value(&self, value: &cda::Value<'_>) -> ReceivedValue {
        ReceivedValue::read(value, |code| self.code(code).label)
    }
}

fn time(times: &[cda::Time<'_>]) -> String {
    let values = times.iter().flat_map(|it| [&it.value].into_iter().chain(it.high.iter().map(|it| &it.value)));
    values.flatten().next().map(|it| it.to_string()).unwrap_or_default()
}

/// The name of the laboratory that did it, or of the person.
fn performer(performers: &[cda::Performer2<'_>]) -> String {
    let entities = || performers.iter().flat_map(|it| &it.assigned_entity);
    let structures = entities().flat_map(|it| &it.represented_organization).flat_map(|it| &it.name);
    let people = entities().flat_map(|it| &it.assigned_person).flat_map(|it| &it.name);
    let mut names = structures.chain(people).map(|name| {
        let parts: Vec<&str> = name.parts.iter().map(|(_, part)| part.text.trim()).collect();
        parts.join(" ")
    });
    names.find(|it| !it.trim().is_empty()).unwrap_or_default()
}

/// The text of an element on one line; what stands in elements of their own is apart.
fn words(element: &Element<'_>) -> String {
    let mut all = String::new();
    push_words(element, &mut all);
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push_words(element: &Element<'_>, all: &mut String) {
    for child in &element.children {
        match child {
            Node::Text(text) => all.push_str(text),
            Node::Element(element) => {
                if element.name == "br" || element.name == "td" {
                    all.push(' ');
                }
                push_words(element, all);
            }
        }
    }
}
