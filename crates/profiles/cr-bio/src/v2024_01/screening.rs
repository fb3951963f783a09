//! The screening of cervical cancer: its two sections, its conclusion, what it adds to the header and to its results.
//!
//! In: the screening of a report. Out: nothing for any other report.
//! Statements that must have an identifier get arcs under `0` of the document's: fresh with every version, without chance.
//!
//! Source: CR-BIO 2024.01, both DEP-CCU examples; FR-Raison-de-la-recommandation, FR-Vaccinations,
//! FR-Commentaire-non-code; value sets JDV_*CCU_CISIS.

use super::{
    Context,
    body::or,
    element::{Anchor, at, coded, constant, id, loinc, no_time, oid, simple, templates, value},
    narrative::{anchored, lines},
    notice,
    person::plain_name,
};
use crate::{
    PracticeSetting,
    codes::{AGENCY, ICD_10, SNOMED_CT},
};
use cda::{
    Attribute, Cd, Consumable, Data, Device, Element, Entry, EntryRelationship, Ii, IntendedRecipient,
    ManufacturedProduct, Material, Name, Observation, Organization, Participant2, ParticipantRole, Scalar, Section, St,
    SubstanceAdministration, Tel, Time, Value,
};
use lab::{
    quantity::Coded,
    report::{
        ReportedResult,
        screening::{COLLECTOR, HPV_TEST, HpvVaccination, Screening, ScreeningContext, VaccineDose},
    },
};
use terminology::jdv;

/// Invitations of the regional centers of coordination (CRCDC).
const INVITATION_ROOT: &str = "1.2.250.1.161.1.20.1.2";
const REASON: (&str, &str) = ("42349-1", "Raison de la recommandation");
const HISTORY: (&str, &str) = ("11369-6", "Historique des vaccinations");
/// Title of the section that the patient reads.
pub(crate) const CONCLUSION: &str = "Conclusion simplifiée des résultats du dépistage (à destination de la patiente)";
/// Frame of practice, of JDV_J04.
const PRACTICE: &str = "1.2.250.1.213.1.1.4.9";
const VACCINE: &str = "Vaccin contre le papillomavirus";

fn screening(context: Context<'_>) -> Option<&Screening> {
    context.report.screening.as_ref()
}

/// An identifier for a statement that must have one.
fn own_id<'a>(context: Context<'_>, number: usize) -> Vec<Ii<'a>> {
    vec![oid(format!("{}.0.{number}", context.report.ids.document))]
}

/// The number of the invitation, an identifier of the patient.
pub(super) fn invitation(context: Context<'_>) -> Option<Ii<'_>> {
    Some(id(INVITATION_ROOT, screening(context)?.invitation.as_ref()?.as_str()))
}

/// The collector, as one whom the report is meant for.
pub(super) fn collector(context: Context<'_>) -> Option<IntendedRecipient<'_>> {
    let collector = screening(context)?.collector.as_ref()?;
    let mailbox = Tel { value: value(format!("mailto:{}", collector.mailbox.as_str())), ..Tel::default() };
    let organization =
        Organization { name: vec![plain_name(or(&collector.name, COLLECTOR))], ..Organization::default() };
    Some(IntendedRecipient {
        telecom: vec![mailbox],
        received_organization: vec![organization],
        ..IntendedRecipient::default()
    })
}

/// The frame of practice of the laboratory that answers for the report: said when it is screening or a rapid test.
///
/// Source: DEP-CCU examples of CR-BIO 2024.01; examples of BIO-TROD 2024.01.
pub(super) fn practice<'a>(context: Context<'_>) -> Option<Cd<'a>> {
    let is_screening = context.report.screening.is_some() || context.report.rapid_test.is_some();
    is_screening.then(|| constant(crate::codes::practice(PracticeSetting::Screening), PRACTICE))
}

/// Why the examination is done, and against what: `FR-Simple-Observation` and `FR-Probleme`.
pub(super) fn reason<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let (code, label) = context_of(screening(context)?.context);
    let anchor = Anchor::new("context", 1, "");
    let stated = Observation {
        template_id: templates(&["1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48"]),
        id: own_id(context, 2),
        code: vec![loinc(REASON)],
        effective_time: vec![no_time("NI")],
        value: vec![Value::new(
            "CD",
            Data::Coded(Cd { code_system_name: value("TA_ASIP"), ..constant((code, label), AGENCY) }),
        )],
        ..stated_at(anchor)
    };
    let virus = ("B97.7", "Papillovirus, cause de maladies classées dans d'autres chapitres");
    let virus = Cd { code_system_name: value("CIM-10"), original_text: anchor.text(), ..constant(virus, ICD_10) };
    let problem = Observation {
        template_id: templates(&[
            "2.16.840.1.113883.10.20.1.28",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5",
            "1.2.250.1.213.1.1.3.37",
        ]),
        id: own_id(context, 3),
        code: vec![Cd { code_system_name: value("SNOMED CT"), ..constant(("55607006", "problème"), SNOMED_CT) }],
        effective_time: vec![Time { low: vec![no_time("UNK")], ..Time::default() }],
        value: vec![Value::new("CD", Data::Coded(virus))],
        ..stated_at(anchor)
    };
    let words = Element::new("paragraph").child(anchored(anchor, label));
    Some(Section {
        template_id: templates(&[
            "1.3.6.1.4.1.19376.1.5.3.1.3.1",
            "1.3.6.1.4.1.19376.1.5.3.1.3.2",
            "1.2.250.1.213.1.1.2.128",
        ]),
        id: own_id(context, 1),
        code: vec![loinc(REASON)],
        title: title("Contexte de l'examen"),
        text: vec![Element::new("text").child(words)],
        entry: [stated, problem].map(|it| Entry { observation: vec![it], ..Entry::default() }).into(),
        ..Section::default()
    })
}

/// An observation whose words stand in the narrative.
fn stated_at<'a>(anchor: Anchor) -> Observation<'a> {
    Observation {
        class_code: value("OBS"),
        mood_code: value("EVN"),
        text: anchor.text(),
        status_code: simple("completed"),
        ..Observation::default()
    }
}

fn title(words: &str) -> Vec<St<'_>> {
    vec![St { text: words.into(), ..St::default() }]
}

/// The code and label of a context.
fn context_of(context: ScreeningContext) -> (&'static str, &'static str) {
    let code = context.code();
    (code, jdv::SCREENING_CONTEXT.label(code).unwrap_or(code))
}

/// What is known of the vaccination against HPV: one entry, or one per dose.
///
/// | vaccination | `negationInd` | code                   | date         |
/// |-------------|---------------|------------------------|--------------|
/// | unknown     | `false`       | `no-immunization-info` | `NA`         |
/// | not done    | `true`        | `IMMUNIZ`              | `NA`         |
/// | done        | `false`       | `IMMUNIZ`              | day or `UNK` |
///
/// Source: FR-Vaccination; schematrons `E_immunizations_int`, `E_rangDeLaVaccination_fr`; JDV_AbsentOrUnknownImmunization.
pub(super) fn vaccinations<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let mut text = Element::new("text");
    let mut entry = Vec::new();
    let mut add = |said: &'static str, given: Given, dose: Option<&VaccineDose>| {
        let anchor = Anchor::new("vaccine", entry.len() as u32 + 1, "");
        let mut words = Element::new("paragraph").child(anchored(anchor, VACCINE));
        words.push_text(said);
        if let Some(rank) = dose.and_then(|dose| dose.rank) {
            words.push_text(format!(", dose {rank}"));
        }
        if let Some(day) = dose.and_then(|dose| dose.given_on) {
            words.push_text(format!(", le {}", super::clock::french_date(day).as_str()));
        }
        text.push(words);
        let administration = vec![administration(own_id(context, entry.len() + 5), anchor, given, dose)];
        entry.push(Entry { substance_administration: administration, ..Entry::default() });
    };
    match &screening(context)?.vaccination {
        HpvVaccination::Unknown => add(" : non renseigné", Given::Unknown, None),
        HpvVaccination::NotDone => add(" : non réalisé", Given::No, None),
        HpvVaccination::Done(doses) if doses.is_empty() => add(" : réalisé", Given::Yes, None),
        HpvVaccination::Done(doses) => doses.iter().for_each(|dose| add(" : réalisé", Given::Yes, Some(dose))),
    }
    Some(Section {
        template_id: templates(&[
            "2.16.840.1.113883.10.20.1.6",
            "1.3.6.1.4.1.19376.1.5.3.1.3.23",
            "1.2.250.1.213.1.1.2.147",
        ]),
        id: own_id(context, 4),
        code: vec![loinc(HISTORY)],
        title: title(HISTORY.1),
        text: vec![text],
        entry,
        ..Section::default()
    })
}

/// Whether a dose was given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Yes,
    No,
    Unknown,
}

fn administration<'a>(
    id: Vec<Ii<'a>>,
    anchor: Anchor,
    given: Given,
    dose: Option<&VaccineDose>,
) -> SubstanceAdministration<'a> {
    let code = match given {
        Given::Unknown => {
            constant(("no-immunization-info", "Pas d'information sur les vaccins"), "2.16.840.1.113883.5.1150.1")
        }
        Given::Yes | Given::No => Cd {
            code_system_name: value("ActSubstanceAdministrationImmunizationCode"),
            ..constant(("IMMUNIZ", "Vaccination sans autre précision"), "2.16.840.1.113883.5.4")
        },
    };
    let given_on = dose.and_then(|dose| dose.given_on).map(|day| at(super::clock::hl7_date(day)));
    let rank = dose.and_then(|dose| dose.rank).map(rank);
    SubstanceAdministration {
        class_code: value("SBADM"),
        mood_code: value("EVN"),
        negation_ind: value(if given == Given::No { "true" } else { "false" }),
        template_id: templates(&[
            "2.16.840.1.113883.10.20.1.24",
            "1.3.6.1.4.1.19376.1.5.3.1.4.12",
            "1.2.250.1.213.1.1.3.45",
        ]),
        id,
        code: vec![code],
        text: anchor.text(),
        status_code: simple("completed"),
        effective_time: vec![given_on.unwrap_or_else(|| no_time(if given == Given::Yes { "UNK" } else { "NA" }))],
        consumable: vec![Consumable {
            type_code: value("CSM"),
            manufactured_product: vec![product(anchor, given)],
            ..Consumable::default()
        }],
        entry_relationship: rank.into_iter().collect(),
        ..SubstanceAdministration::default()
    }
}

/// The vaccine by its class (ATC); nothing of it when nothing is known.
fn product<'a>(anchor: Anchor, given: Given) -> ManufacturedProduct<'a> {
    const CLASS: (&str, &str) = ("J07BM", "vaccins contre le Papillomavirus");
    let material = if given == Given::Unknown {
        Material {
            code: vec![Cd { null_flavor: value("NA"), ..Cd::default() }],
            name: vec![Name { null_flavor: value("NA"), ..Name::default() }],
            ..Material::default()
        }
    } else {
        let class = Cd { code_system_name: value("ATC"), ..constant(CLASS, "2.16.840.1.113883.6.73") };
        Material {
            code: vec![Cd { original_text: anchor.text(), translation: vec![class], ..Cd::default() }],
            name: vec![plain_name(CLASS.1)],
            ..Material::default()
        }
    };
    ManufacturedProduct {
        template_id: templates(&[
            "2.16.840.1.113883.10.20.1.53",
            "1.3.6.1.4.1.19376.1.5.3.1.4.7.2",
            "1.2.250.1.213.1.1.3.43",
        ]),
        manufactured_material: vec![material],
        ..ManufacturedProduct::default()
    }
}

/// Source: FR-Rang-de-la-vaccination.
fn rank<'a>(rank: u8) -> EntryRelationship<'a> {
    let number = Scalar { value: value(rank.to_string()), ..Scalar::default() };
    let observation = Observation {
        class_code: value("OBS"),
        mood_code: value("EVN"),
        template_id: templates(&["2.16.840.1.113883.10.20.1.46", "1.2.250.1.213.1.1.3.82"]),
        code: vec![loinc(("30973-2", "Rang de la vaccination"))],
        status_code: simple("completed"),
        value: vec![Value::new("INT", Data::Scalar(number))],
        ..Observation::default()
    };
    EntryRelationship { type_code: value("SUBJ"), observation: vec![observation], ..EntryRelationship::default() }
}

/// What the patient is told, in the words of the value set.
pub(super) fn conclusion<'a>(context: Context<'a>) -> Option<Section<'a>> {
    let conclusion = screening(context)?.conclusion?;
    let mut words = Element::new("paragraph");
    lines(&mut words, jdv::SCREENING_CONCLUSION.label(conclusion.code())?);
    Some(notice::section(CONCLUSION, Element::new("text").child(words)))
}

/// Something that the search for HPV was made with.
pub(super) struct Means<'a> {
    it: &'a Coded,
    /// What it is, as printed before its name.
    pub(super) kind: &'static str,
    part: &'static str,
    type_code: &'static str,
    class_code: &'static str,
}

/// The kit and the medium, for the result of the search for HPV; nothing for another.
///
/// Source: DEP-CCU examples, participants `DEV` and `CSM` of the observation.
pub(super) fn means<'a>(context: Context<'a>, result: &ReportedResult) -> impl Iterator<Item = Means<'a>> + use<'a> {
    let is_search = result.loinc.as_ref().is_some_and(|loinc| loinc.code == HPV_TEST);
    let screening = screening(context).filter(|_| is_search);
    let kit = screening.and_then(|it| it.kit.as_ref()).map(|it| Means {
        it,
        kind: "Trousse",
        part: "k",
        type_code: "DEV",
        class_code: "MANU",
    });
    let medium = screening.and_then(|it| it.medium.as_ref()).map(|it| Means {
        it,
        kind: "Milieu",
        part: "c",
        type_code: "CSM",
        class_code: "ADTV",
    });
    kit.into_iter().chain(medium)
}

impl<'a> Means<'a> {
    fn anchor(&self, row: u32) -> Anchor {
        Anchor::new("r", row, self.part)
    }

    /// Its name, where the participant refers to.
    pub(super) fn words(&self, row: u32) -> Element<'a> {
        anchored(self.anchor(row), or(&self.it.label, or(&self.it.code, "non précisé")))
    }

    /// The participant of the observation; without code when it has none.
    pub(super) fn participant(&self, row: u32, local: &'a str) -> Participant2<'a> {
        let original_text = self.anchor(row).text();
        let code = match self.it.code.is_empty() {
            true => Cd { original_text, ..Cd::default() },
            false => Cd { original_text, ..coded(self.it, local) },
        };
        let attribute = |it: &'static str| -> Attribute<'a> { value(it) };
        Participant2 {
            type_code: attribute(self.type_code),
            participant_role: vec![ParticipantRole {
                class_code: attribute(self.class_code),
                playing_device: vec![Device { code: vec![code], ..Device::default() }],
                ..ParticipantRole::default()
            }],
            ..Participant2::default()
        }
    }
}
