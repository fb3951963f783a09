//! The header in French: patient, laboratory, request, recipients, signatures, document.
//!
//! Source: structuration minimale; CR-BIO 2024.01, en-tête. Other documents are shown as far as they say the same.

use super::{
    Group,
    phrase::{address, date, entity, identifier, name, organization, person, telecoms, time},
};
use cda::{AssignedEntity, ClinicalDocument, Participant1, PatientRole};
use lab::patient::InsAuthority;
use std::borrow::Cow;

/// Accreditation numbers. Source: CR-BIO 2024.01.
const COFRAC: &str = "1.2.250.1.213.6.3.1";
/// Structures and people by national number; the first digit says which register. Source: annexe sources des données.
const STRUCTURES: &str = "1.2.250.1.71.4.2.2";
const PEOPLE: &str = "1.2.250.1.71.4.2.1";

/// Title of the group on the patient.
pub(super) const PATIENT: &str = "Patient";

/// What stands under the title.
pub(super) fn subtitle(document: &ClinicalDocument<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        document.custodian.iter().flat_map(|it| &it.assigned_custodian).flat_map(|it| {
            it.represented_custodian_organization.iter().flat_map(|it| it.name.iter().take(1)).map(name)
        }),
    );
    let mut line = Vec::new();
    line.extend(document.effective_time.iter().filter_map(time).map(|it| format!("Établi le {it}")));
    line.extend(document.version_number.iter().filter_map(|it| Some(format!("version {}", it.value.as_deref()?))));
    let events = document.documentation_of.iter().flat_map(|it| &it.service_event);
    let status = events.flat_map(|it| &it.status_code).find_map(|it| it.code.as_deref());
    line.extend(status.map(|it| match it {
        "completed" => "résultats complets".to_owned(),
        "active" => "résultats partiels".to_owned(),
        other => other.to_owned(),
    }));
    lines.push(line.join(", "));
    lines.retain(|line| !line.is_empty());
    lines
}

/// The root of the identifier, with its extension when it has one.
pub(super) fn document_identifier(document: &ClinicalDocument<'_>) -> String {
    let Some(id) = document.id.first() else { return String::new() };
    let parts = [id.root.as_deref(), id.extension.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// Lines being gathered under one title; those without a value are left out.
struct Lines<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Lines<'a> {
    fn add(&mut self, label: &'static str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.0.push((label, value));
        }
    }
}

/// Fills one group.
type Fill<'a> = fn(&'a ClinicalDocument<'a>, &mut Lines<'a>);

/// The groups that say something.
pub(super) fn groups<'a>(document: &'a ClinicalDocument<'a>) -> Vec<Group<'a>> {
    let groups: [(&'static str, bool, Fill<'a>); 6] = [
        (PATIENT, true, patient),
        ("Laboratoire", true, laboratory),
        ("Demande", true, request),
        ("Destinataires", false, recipients),
        ("Signature", false, signatures),
        ("Document", false, about),
    ];
    let filled = groups.into_iter().map(|(title, is_leading, fill)| {
        let mut lines = Lines(Vec::new());
        fill(document, &mut lines);
        Group { title, is_leading, lines: lines.0 }
    });
    filled.filter(|group| !group.lines.is_empty()).collect()
}

fn patient<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    for role in document.record_target.iter().flat_map(|it| &it.patient_role) {
        for patient in &role.patient {
            patient.name.iter().for_each(|it| patient_name(it, lines));
            for code in &patient.administrative_gender_code {
                let sex = match code.code.as_deref() {
                    Some("F") => "féminin",
                    Some("M") => "masculin",
                    _ => "inconnu",
                };
                lines.add("Sexe", sex);
            }
            for birth in patient.birth_time.iter().filter_map(|it| it.value.as_deref()) {
                lines.add("Né(e) le", date(birth));
            }
            for place in patient.birthplace.iter().flat_map(|it| &it.place) {
                let county = place.addr.iter().flat_map(|it| it.texts("county"));
                let town = place.addr.iter().flat_map(|it| it.texts("city"));
                let words: Vec<&str> = town.chain(county).collect();
                lines.add("Lieu de naissance", words.join(", code INSEE "));
            }
            for guardian in &patient.guardian {
                let who = person(&guardian.guardian_person);
                let structure = guardian.guardian_organization.iter().map(organization);
                let parts = [who].into_iter().chain(structure).chain([telecoms(&guardian.telecom)]);
                lines.add("Représentant", parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", "));
            }
        }
        identifiers(role, lines);
        lines.add("Adresse", role.addr.iter().map(address).collect::<Vec<_>>().join(" ; "));
        lines.add("Contact", telecoms(&role.telecom));
    }
}

/// Birth name and given names of the civil status, then the names in use.
fn patient_name<'a>(name: &'a cda::Name<'a>, lines: &mut Lines<'a>) {
    let with = |part: &'static str, qualifier: Option<&str>| {
        let found = name.parts.iter().filter(|(kind, it)| *kind == part && it.qualifier.as_deref() == qualifier);
        found.map(|(_, it)| it.text.as_ref()).collect::<Vec<_>>().join(" ")
    };
    lines.add("Nom de naissance", with("family", Some("BR")));
    lines.add("Premier prénom", with("given", Some("BR")));
    lines.add("Prénoms", with("given", None));
    lines.add("Nom utilisé", with("family", Some("CL")));
    lines.add("Prénom utilisé", with("given", Some("CL")));
    lines.add("Nom", with("family", None));
}

fn identifiers<'a>(role: &'a PatientRole<'a>, lines: &mut Lines<'a>) {
    for id in &role.id {
        let kind = id.root.as_deref().and_then(ins::authority_of).map(|authority| match authority {
            InsAuthority::Nir => "NIR",
            InsAuthority::Nia => "NIA",
            InsAuthority::NirTest => "NIR de test",
            InsAuthority::NirDemo => "NIR de démonstration",
        });
        match (kind, id.extension.as_deref()) {
            (Some(kind), Some(matricule)) => lines.add("Matricule INS", format!("{matricule} ({kind})")),
            _ => lines.add("Identifiant local", identifier(id)),
        }
    }
}

fn laboratory<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    let events = document.documentation_of.iter().flat_map(|it| &it.service_event);
    let performers = events.flat_map(|it| &it.performer).flat_map(|it| &it.assigned_entity);
    let mut shown: Vec<&AssignedEntity<'_>> = Vec::new();
    for performer in performers {
        // One act per condition or chapter, all by the same people: they are named once.
        if shown.iter().any(|it| it.id == performer.id && !it.id.is_empty()) {
            continue;
        }
        shown.push(performer);
        for structure in &performer.represented_organization {
            lines.add("Laboratoire exécutant", organization(structure));
            lines.add("FINESS", registered(&structure.id, STRUCTURES, '1'));
        }
        lines.add("Responsable", person(&performer.assigned_person));
    }
    let encounters = document.component_of.iter().flat_map(|it| &it.encompassing_encounter);
    for responsible in encounters.flat_map(|it| &it.responsible_party).flat_map(|it| &it.assigned_entity) {
        let ids = responsible.represented_organization.iter().flat_map(|it| &it.id);
        for id in ids.filter(|id| id.root.as_deref() == Some(COFRAC)) {
            lines.add("Accréditation COFRAC", identifier(id));
        }
    }
}

/// The number of a national register, without the digit that names the register.
fn registered<'a>(ids: &'a [cda::Ii<'_>], root: &str, register: char) -> &'a str {
    let of_root = ids.iter().filter(|id| id.root.as_deref() == Some(root)).filter_map(|id| id.extension.as_deref());
    of_root.filter_map(|it| it.strip_prefix(register)).next().unwrap_or_default()
}

fn request<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    for participant in &document.participant {
        let function = participant.function_code.iter().find_map(|it| it.code.as_deref());
        let label = match (participant.type_code.as_deref(), function) {
            (Some("REF" | "REFB"), _) => "Prescripteur",
            (_, Some("PCP")) => "Médecin traitant",
            (_, Some("PRELV")) => "Préleveur",
            _ => "Participant",
        };
        lines.add(label, associated(participant));
        for entity in &participant.associated_entity {
            lines.add("RPPS", registered(&entity.id, PEOPLE, '8'));
        }
    }
    for id in document.in_fulfillment_of.iter().flat_map(|it| &it.order).flat_map(|it| &it.id) {
        lines.add("Numéro de prescription", identifier(id));
    }
    let events = document.documentation_of.iter().flat_map(|it| &it.service_event);
    for id in events.flat_map(|it| &it.id) {
        lines.add("Numéro de dossier", identifier(id));
    }
}

fn associated(participant: &Participant1<'_>) -> String {
    let mut parts = Vec::new();
    for entity in &participant.associated_entity {
        parts.push(person(&entity.associated_person));
        parts.extend(entity.scoping_organization.iter().flat_map(|it| it.name.iter().take(1)).map(name));
        parts.push(telecoms(&entity.telecom));
    }
    parts.extend(participant.time.iter().filter_map(time).map(|it| format!("le {it}")));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

fn recipients<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    for recipient in document.information_recipient.iter().flat_map(|it| &it.intended_recipient) {
        let who = person(&recipient.information_recipient);
        let structures = recipient.received_organization.iter().flat_map(|it| it.name.iter().take(1)).map(name);
        let parts = [who].into_iter().chain(structures).chain([telecoms(&recipient.telecom)]);
        lines.add("Destinataire", parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", "));
    }
}

fn signatures<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    let signed = |lines: &mut Lines<'a>, label, who: String, at: Option<String>| {
        let parts = [who, at.map(|it| format!("le {it}")).unwrap_or_default()];
        lines.add(label, parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", "));
    };
    for it in &document.legal_authenticator {
        let who = it.assigned_entity.iter().map(entity).collect::<Vec<_>>().join(" ; ");
        signed(lines, "Signé par", who, it.time.iter().find_map(time));
        for entity in &it.assigned_entity {
            lines.add("RPPS", registered(&entity.id, PEOPLE, '8'));
        }
    }
    for it in &document.authenticator {
        let who = it.assigned_entity.iter().map(entity).collect::<Vec<_>>().join(" ; ");
        signed(lines, "Validé par", who, it.time.iter().find_map(time));
    }
    for author in document.author.iter().flat_map(|it| &it.assigned_author) {
        let software = author.assigned_authoring_device.iter().flat_map(|it| &it.software_name);
        let who = match person(&author.assigned_person) {
            who if who.is_empty() => software.map(|it| it.text.trim()).collect::<Vec<_>>().join(", "),
            who => who,
        };
        signed(lines, "Auteur", who, None);
    }
}

fn about<'a>(document: &'a ClinicalDocument<'a>, lines: &mut Lines<'a>) {
    lines.add("Type", document.code.iter().find_map(|it| it.display_name.as_deref()).unwrap_or_default());
    lines.add("Identifiant", document.id.iter().map(identifier).collect::<Vec<_>>().join(", "));
    for parent in document.related_document.iter().flat_map(|it| &it.parent_document) {
        lines.add("Remplace", parent.id.iter().map(identifier).collect::<Vec<_>>().join(", "));
    }
    for code in document.confidentiality_code.iter().filter(|it| it.code.as_deref() != Some("N")) {
        lines.add("Confidentialité", code.display_name.as_deref().or(code.code.as_deref()).unwrap_or_default());
    }
}
