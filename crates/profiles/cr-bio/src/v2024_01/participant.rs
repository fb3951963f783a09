//! Participants of the header: author, custodian, recipients, signers, prescriber, médecin traitant.
//!
//! In: the report. Out: header elements in schema order. Does not know the results.
//!
//! Source: CR-BIO 2024.01 header; structuration minimale, closed lists of children.

use super::{
    Context,
    element::{constant_code, id, time},
    person::{
        self, Organization, contacts, optional_id, organization, professional_name, required_id, specialty, staff,
    },
};
use crate::codes::{STRUCTURE_ROOT, practice};
use jiff::Timestamp;
use lab::{person::Professional, report::Recipient};
use xml::Writer;

/// The signer with the laboratory, then the software when the settings name one.
pub(super) fn authors(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    w.open("author");
    time(w, "time", context.clock.hl7(report.signed_at));
    w.open("assignedAuthor");
    required_id(w, &report.signer);
    specialty(w, &report.signer);
    staff(w, &report.signer, &report.laboratory);
    w.open("assignedPerson");
    professional_name(w, &report.signer);
    w.close();
    organization(w, "representedOrganization", &report.laboratory, Organization::PLAIN);
    w.close().close();

    let Some(software) = &context.settings.software else {
        return;
    };
    w.open("author");
    time(w, "time", context.clock.hl7(report.signed_at));
    w.open("assignedAuthor");
    id(w, STRUCTURE_ROOT, &report.laboratory.finess.national_id());
    constant_code(w, "code", ("DISPOSITIF", "Dispositif médical"), "1.2.250.1.213.1.1.4.6");
    person::address(w, Some(&report.laboratory.address));
    person::telephone(w, Some(&report.laboratory.phone), "WP");
    w.open("assignedAuthoringDevice");
    w.element("manufacturerModelName", &software.version).element("softwareName", &software.name);
    w.close();
    organization(w, "representedOrganization", &report.laboratory, Organization::PLAIN);
    w.close().close();
}

/// The laboratory keeps the document.
pub(super) fn custodian(w: &mut Writer, context: Context<'_>) {
    w.open("custodian").open("assignedCustodian");
    organization(w, "representedCustodianOrganization", &context.report.laboratory, Organization::PLAIN);
    w.close().close();
}

/// Everyone the report is meant for; no person twice.
pub(super) fn recipients(w: &mut Writer, context: Context<'_>) {
    let recipients = &context.report.recipients;
    for (at, recipient) in recipients.iter().enumerate() {
        if recipients[..at].contains(recipient) {
            continue;
        }
        w.open("informationRecipient").open("intendedRecipient");
        w.constant("<templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.4\"/>");
        match recipient {
            Recipient::Professional(professional) => {
                optional_id(w, professional);
                person::address(w, professional.address.as_ref());
                contacts(w, professional);
                w.open("informationRecipient");
                professional_name(w, professional);
                w.close();
            }
            Recipient::Patient => {
                let traits = &context.report.patient.traits;
                let mut patient = nobody();
                patient.family.push_str(traits.used_name.as_deref().unwrap_or(&traits.birth_name));
                patient.given.push_str(traits.used_given.as_deref().unwrap_or(&traits.first_given));
                w.open("informationRecipient");
                professional_name(w, &patient);
                w.close();
            }
        }
        w.close().close();
    }
}

/// A name without anything else, for the patient among the recipients.
fn nobody() -> Professional {
    Professional {
        rpps: None,
        family: String::new(),
        given: String::new(),
        title: String::new(),
        specialty: None,
        mailbox: None,
        phone: None,
        address: None,
    }
}

/// The signer, then everyone who validated results.
pub(super) fn signers(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    w.open("legalAuthenticator");
    signature(w, context, report.signed_at);
    w.open("assignedEntity");
    required_id(w, &report.signer);
    specialty(w, &report.signer);
    signer_of_laboratory(w, context, &report.signer);
    w.close().close();
    for validator in &report.validators {
        w.open("authenticator");
        w.constant("<templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.5\"/>");
        signature(w, context, validator.at);
        w.open("assignedEntity");
        required_id(w, &validator.professional);
        specialty(w, &validator.professional);
        signer_of_laboratory(w, context, &validator.professional);
        w.close().close();
    }
}

fn signature(w: &mut Writer, context: Context<'_>, at: Timestamp) {
    time(w, "time", context.clock.hl7(at));
    w.constant("<signatureCode code=\"S\"/>");
}

fn signer_of_laboratory(w: &mut Writer, context: Context<'_>, professional: &Professional) {
    let laboratory = &context.report.laboratory;
    staff(w, professional, laboratory);
    w.open("assignedPerson");
    professional_name(w, professional);
    w.close();
    let form = Organization { practice: Some(practice(context.settings.practice)), accreditation: false };
    organization(w, "representedOrganization", laboratory, form);
}

/// Prescriber and médecin traitant.
pub(super) fn others(w: &mut Writer, context: Context<'_>) {
    let request = &context.report.request;
    if let Some(prescriber) = &request.prescriber {
        w.open("participant").attr("typeCode", "REF");
        w.constant("<templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.6\"/>");
        match request.prescribed_at {
            Some(at) => {
                w.open("time").attr("xsi:type", "IVL_TS");
                time(w, "high", context.clock.hl7(at));
                w.close();
            }
            None => _ = w.constant("<time nullFlavor=\"UNK\"/>"),
        }
        associated(w, prescriber);
        w.close();
    }
    if let Some(physician) = &request.treating_physician {
        w.open("participant").attr("typeCode", "INF");
        constant_code(w, "functionCode", ("PCP", "Médecin traitant"), "2.16.840.1.113883.5.88");
        w.constant("<time nullFlavor=\"NA\"/>");
        associated(w, physician);
        w.close();
    }
}

fn associated(w: &mut Writer, professional: &Professional) {
    w.open("associatedEntity").attr("classCode", "PROV");
    optional_id(w, professional);
    specialty(w, professional);
    person::address(w, professional.address.as_ref());
    contacts(w, professional);
    w.open("associatedPerson");
    professional_name(w, professional);
    w.close().close();
}
