//! Participants of the header: author, custodian, recipients, signers, prescriber, médecin traitant.
//!
//! In: the report. Out: the participations, each kind by itself. Does not know the results.
//!
//! Source: CR-BIO 2024.01 header; structuration minimale, closed lists of children.

use super::{
    Context,
    element::{at, constant, id, no_time, simple, templates, until, value},
    person::{
        address, address_of, contacts, custodian_organization, named, optional_id, organization, person, phone_of,
        practicing, professional_name, required_id, specialty, telephone,
    },
    screening,
};
use crate::codes::{STRUCTURE_ROOT, practice};
use cda::{
    AssignedAuthor, AssignedCustodian, AssignedEntity, AssociatedEntity, Authenticator, Author, AuthoringDevice,
    Custodian, InformationRecipient, IntendedRecipient, LegalAuthenticator, Participant1, Participant2,
    ParticipantRole, Person, PlayingEntity, St, Time,
};
use lab::{
    person::Professional,
    report::{Recipient, Validator},
};

/// The signer with the laboratory, then the software when the settings name one.
pub(super) fn authors(context: Context<'_>) -> Vec<Author<'_>> {
    let (report, laboratory) = (context.report, &context.report.laboratory);
    let author = |assigned| Author {
        time: vec![at(context.clock.hl7(report.signed_at))],
        assigned_author: vec![assigned],
        ..Author::default()
    };
    let signer = AssignedAuthor {
        id: vec![required_id(&report.signer)],
        code: specialty(&report.signer).into_iter().collect(),
        addr: vec![address_of(&report.signer, laboratory)],
        telecom: vec![phone_of(&report.signer, laboratory)],
        assigned_person: person(&report.signer),
        represented_organization: vec![organization(laboratory)],
        ..AssignedAuthor::default()
    };
    let software = context.settings.software.as_ref().map(|software| AssignedAuthor {
        id: vec![id(STRUCTURE_ROOT, laboratory.finess.national_id())],
        code: vec![constant(("DISPOSITIF", "Dispositif médical"), "1.2.250.1.213.1.1.4.6")],
        addr: vec![address(Some(&laboratory.address))],
        telecom: vec![telephone(Some(&laboratory.phone), "WP")],
        assigned_authoring_device: vec![AuthoringDevice {
            manufacturer_model_name: vec![text(&software.version)],
            software_name: vec![text(&software.name)],
            ..AuthoringDevice::default()
        }],
        represented_organization: vec![organization(laboratory)],
        ..AssignedAuthor::default()
    });
    [signer].into_iter().chain(software).map(author).collect()
}

fn text(text: &str) -> St<'_> {
    St { text: text.into(), ..St::default() }
}

/// The laboratory keeps the document.
pub(super) fn custodian(context: Context<'_>) -> Custodian<'_> {
    let represented_custodian_organization = vec![custodian_organization(&context.report.laboratory)];
    Custodian {
        assigned_custodian: vec![AssignedCustodian {
            represented_custodian_organization,
            ..AssignedCustodian::default()
        }],
        ..Custodian::default()
    }
}

/// Everyone the report is meant for; no person twice. The collector of screening data comes last.
pub(super) fn recipients(context: Context<'_>) -> Vec<InformationRecipient<'_>> {
    let recipients = &context.report.recipients;
    let first_times = recipients.iter().enumerate().filter(|(n, it)| !recipients[..*n].contains(it));
    let intended = first_times.map(|(_, recipient)| match recipient {
        Recipient::Professional(professional) => IntendedRecipient {
            id: optional_id(professional).into_iter().collect(),
            addr: vec![address(professional.address.as_ref())],
            telecom: contacts(professional),
            information_recipient: person(professional),
            ..IntendedRecipient::default()
        },
        Recipient::Patient => {
            let traits = &context.report.patient.traits;
            let given = traits.used_given.as_deref().unwrap_or(&traits.first_given);
            let family = traits.used_name.as_deref().unwrap_or(&traits.birth_name);
            let person = Person { name: vec![named(given, family, "")], ..Person::default() };
            IntendedRecipient { information_recipient: vec![person], ..IntendedRecipient::default() }
        }
    });
    intended
        .chain(screening::collector(context))
        .map(|it| InformationRecipient {
            intended_recipient: vec![IntendedRecipient {
                template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.4"]),
                ..it
            }],
            ..InformationRecipient::default()
        })
        .collect()
}

/// Who signs, by law.
pub(super) fn legal_authenticator(context: Context<'_>) -> LegalAuthenticator<'_> {
    LegalAuthenticator {
        time: vec![at(context.clock.hl7(context.report.signed_at))],
        signature_code: simple("S"),
        assigned_entity: vec![of_laboratory(context, &context.report.signer)],
        ..LegalAuthenticator::default()
    }
}

/// Everyone who validated results.
pub(super) fn authenticators(context: Context<'_>) -> Vec<Authenticator<'_>> {
    let validators = context.report.validators().into_iter();
    validators
        .map(|(professional, validated_at)| Authenticator {
            template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.5"]),
            time: vec![at(context.clock.hl7(validated_at))],
            signature_code: simple("S"),
            assigned_entity: vec![of_laboratory(context, professional)],
            ..Authenticator::default()
        })
        .collect()
}

/// The biologist who validated what holds it. Source: FR-Participant, `AUTHEN`.
pub(super) fn validator<'a>(context: Context<'a>, it: &'a Validator) -> Participant2<'a> {
    let laboratory = &context.report.laboratory;
    let entity = PlayingEntity { name: vec![professional_name(&it.professional)], ..PlayingEntity::default() };
    Participant2 {
        type_code: value("AUTHEN"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.5", "1.2.250.1.213.1.1.3.109"]),
        time: vec![until(context.clock.hl7(it.at))],
        participant_role: vec![ParticipantRole {
            id: vec![required_id(&it.professional)],
            addr: vec![address_of(&it.professional, laboratory)],
            telecom: vec![phone_of(&it.professional, laboratory)],
            playing_entity: vec![entity],
            ..ParticipantRole::default()
        }],
        ..Participant2::default()
    }
}

/// Someone who acts for the laboratory.
pub(super) fn of_laboratory<'a>(context: Context<'a>, professional: &'a Professional) -> AssignedEntity<'a> {
    let laboratory = &context.report.laboratory;
    AssignedEntity {
        id: vec![required_id(professional)],
        code: specialty(professional).into_iter().collect(),
        addr: vec![address_of(professional, laboratory)],
        telecom: vec![phone_of(professional, laboratory)],
        assigned_person: person(professional),
        represented_organization: vec![practicing(laboratory, practice(context.settings.practice))],
        ..AssignedEntity::default()
    }
}

/// Prescriber, collectors, médecin traitant.
pub(super) fn others(context: Context<'_>) -> Vec<Participant1<'_>> {
    let request = &context.report.request;
    let prescribed = request.prescribed_at.map_or_else(|| no_time("UNK"), |at| typed_until(context, at));
    let prescriber = request.prescriber.as_ref().map(|prescriber| Participant1 {
        type_code: value("REF"),
        template_id: templates(&["1.3.6.1.4.1.19376.1.3.3.1.6"]),
        time: vec![prescribed],
        associated_entity: vec![associated(prescriber)],
        ..Participant1::default()
    });
    let physician = request.treating_physician.as_ref().map(|physician| Participant1 {
        type_code: value("INF"),
        function_code: vec![constant(("PCP", "Médecin traitant"), "2.16.840.1.113883.5.88")],
        time: vec![no_time("NA")],
        associated_entity: vec![associated(physician)],
        ..Participant1::default()
    });
    prescriber.into_iter().chain(collectors(context)).chain(physician).collect()
}

/// Everyone who took specimens, each once, with the time of their first one.
fn collectors(context: Context<'_>) -> Vec<Participant1<'_>> {
    let sections = context.report.chapters.iter().flat_map(|chapter| &chapter.sections);
    let mut taken: Vec<(&Professional, Option<jiff::Timestamp>)> = Vec::new();
    for specimen in sections.filter_map(|section| section.specimen.as_ref()) {
        let Some(collector) = &specimen.collector else { continue };
        match taken.iter_mut().find(|(known, _)| *known == collector) {
            Some((_, at)) => *at = [*at, specimen.collected_at].into_iter().flatten().min(),
            None => taken.push((collector, specimen.collected_at)),
        }
    }
    let entity = |(collector, at): (_, Option<_>)| Participant1 {
        type_code: value("PRF"),
        function_code: vec![constant(("PRELV", "Préleveur"), "1.2.250.1.213.1.1.4.2.280")],
        time: vec![at.map_or_else(|| no_time("UNK"), |at| typed_until(context, at))],
        associated_entity: vec![associated(collector)],
        ..Participant1::default()
    };
    taken.into_iter().map(entity).collect()
}

/// A time that says that it is an interval, as the header wants it.
fn typed_until<'a>(context: Context<'_>, end: jiff::Timestamp) -> Time<'a> {
    Time { xsi_type: value("IVL_TS"), ..until(context.clock.hl7(end)) }
}

fn associated(professional: &Professional) -> AssociatedEntity<'_> {
    AssociatedEntity {
        class_code: value("PROV"),
        id: optional_id(professional).into_iter().collect(),
        code: specialty(professional).into_iter().collect(),
        addr: vec![address(professional.address.as_ref())],
        telecom: contacts(professional),
        associated_person: person(professional),
        ..AssociatedEntity::default()
    }
}
