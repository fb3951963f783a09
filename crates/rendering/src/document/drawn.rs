//! What is drawn beside the text from the coded part: the symbol of the patient, the courses of results.
//!
//! In: a document. Out: the symbol, when it names an INS with its traits; curves, by the words of the text they belong to.

use crate::{Symbol, Trend};
use cda::{ClinicalDocument, Observation, Organizer};
use ins::Environment;
use jiff::civil::Date;
use lab::patient::{Ins, Sex, Traits};
use std::collections::HashMap;

/// The INS Datamatrix of the identity that the document bears; none without INS, with a wrong key or a missing trait.
///
/// Source: Ségur SGL.DOC.06.
pub(super) fn symbol(document: &ClinicalDocument<'_>) -> Option<Symbol> {
    let role = document.record_target.iter().flat_map(|it| &it.patient_role).next()?;
    let ins = role.id.iter().find_map(|id| {
        let (matricule, oid) = (id.extension.as_deref()?, id.root.as_deref()?);
        let of = |environment| ins::parse(matricule, oid, environment).ok();
        of(Environment::Production).or_else(|| of(Environment::Test))
    })?;
    let patient = role.patient.first()?;
    let name = patient.name.first()?;
    let part = |kind: &str, qualifier: Option<&str>| {
        let found = name.parts.iter().filter(|(it, part)| *it == kind && part.qualifier.as_deref() == qualifier);
        found.map(|(_, part)| part.text.trim()).collect::<Vec<_>>().join(" ")
    };
    let first_given = part("given", Some("BR"));
    let given_names = Some(part("given", None)).filter(|it| !it.is_empty()).unwrap_or_else(|| first_given.clone());
    let birth = patient.birth_time.iter().find_map(|it| it.value.as_deref()?.get(..8));
    let place = patient.birthplace.iter().flat_map(|it| &it.place).flat_map(|it| &it.addr);
    let traits = Traits {
        birth_name: part("family", Some("BR")),
        first_given,
        given_names,
        birth_date: birth.and_then(|it| Date::strptime("%Y%m%d", it).ok()),
        sex: match patient.administrative_gender_code.iter().find_map(|it| it.code.as_deref()) {
            Some("F") => Sex::Female,
            Some("M") => Sex::Male,
            _ => Sex::Unknown,
        },
        birth_place: place.flat_map(|it| it.texts("county")).next().map(|it| it.trim().to_owned()),
        used_name: None,
        used_given: None,
    };
    encoded(&ins, &traits)
}

fn encoded(ins: &Ins, traits: &Traits) -> Option<Symbol> {
    Symbol::encode(&ins::datamatrix_of_document(ins, traits)?)
}

/// The courses of results, by the `ID` of the words that name the result.
pub(super) fn trends(document: &ClinicalDocument<'_>) -> HashMap<String, Trend> {
    let mut trends = HashMap::new();
    let bodies = document.component.iter().flat_map(|it| &it.structured_body);
    for section in bodies.flat_map(|it| &it.component).flat_map(|it| &it.section) {
        of_section(section, &mut trends);
    }
    trends
}

fn of_section(section: &cda::Section<'_>, trends: &mut HashMap<String, Trend>) {
    for entry in &section.entry {
        entry.act.iter().for_each(|it| of_relationships(&it.entry_relationship, trends));
        entry.observation.iter().for_each(|it| of_observation(it, trends));
        entry.organizer.iter().for_each(|it| of_organizer(it, trends));
    }
    section.component.iter().flat_map(|it| &it.section).for_each(|it| of_section(it, trends));
}

fn of_relationships(all: &[cda::EntryRelationship<'_>], trends: &mut HashMap<String, Trend>) {
    for it in all.iter().filter(|it| it.type_code.as_deref() != Some("REFR")) {
        it.act.iter().for_each(|it| of_relationships(&it.entry_relationship, trends));
        it.observation.iter().for_each(|it| of_observation(it, trends));
        it.organizer.iter().for_each(|it| of_organizer(it, trends));
    }
}

fn of_organizer(organizer: &Organizer<'_>, trends: &mut HashMap<String, Trend>) {
    for it in &organizer.component {
        it.act.iter().for_each(|it| of_relationships(&it.entry_relationship, trends));
        it.observation.iter().for_each(|it| of_observation(it, trends));
        it.organizer.iter().for_each(|it| of_organizer(it, trends));
    }
}

fn of_observation(observation: &Observation<'_>, trends: &mut HashMap<String, Trend>) {
    let named = observation.code.iter().flat_map(|it| &it.original_text).chain(&observation.text);
    let words = named.flat_map(|it| &it.reference).find_map(|it| it.value.as_deref()?.strip_prefix('#'));
    if let Some((words, trend)) = words.and_then(|words| Some((words, Trend::of_observation(observation)?))) {
        trends.insert(words.to_owned(), trend);
    }
    of_relationships(&observation.entry_relationship, trends);
}
