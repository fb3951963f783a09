//! The official samples, read where they are beside the repository. Absent: said aloud, never passed silently.

use std::path::{Path, PathBuf};

use inbound_hl7v2::{
    Quirk,
    adt::{self, Announcement, Consultation, DmpStatus, Feeding, IdentityEvent, IdentityMessage},
    oru,
};
use lab::{
    identity::{AnnouncedIns, IdentityTrust, receive},
    matching::SentValue,
    order::CareSetting,
    patient::{IdentityStatus, InsAuthority, Sex},
};

use super::{decode, paris};

fn folder() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/ans/hl7v2"))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: 1 check needs the official HL7 v2 samples");
    }
    found
}

fn announced(path: &Path) -> Box<Announcement> {
    let message = decode(&std::fs::read(path).expect("a sample"));
    match adt::read(&message, &paris()).expect("accepted") {
        IdentityMessage::Announced(announcement) => announcement,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_admission_of_the_sgl_referential_opens_feeding_of_the_dmp() {
    let Some(folder) = folder() else { return };
    let it = announced(&folder.join("SGL/admission.er7"));
    assert_eq!(it.event, IdentityEvent::Admitted);
    assert_eq!(it.occurred_at.expect("EVN-6").to_string(), "2024-03-06T10:11:54Z");
    assert_eq!(it.patient.local_ids[0].value, "000003");
    assert_eq!(it.patient.local_ids[0].kind, "PI");
    let AnnouncedIns::Present(ins) = &it.patient.identity.ins else { panic!("no INS") };
    assert_eq!((ins.matricule.as_str(), ins.authority), ("279035121518989", InsAuthority::NirTest));
    let traits = &it.patient.identity.traits;
    assert_eq!((traits.birth_name.as_str(), traits.first_given.as_str()), ("PAT-TROIS", "DOMINIQUE"));
    assert_eq!(traits.birth_date, Some(jiff::civil::date(1979, 3, 28)));
    assert_eq!((traits.sex, traits.birth_place.as_deref()), (Sex::Female, Some("63220")));
    assert_eq!(it.patient.account.as_ref().expect("PID-18").value, "24000006");
    let visit = it.visit.as_ref().expect("PV1");
    assert_eq!(visit.setting, Some(CareSetting::Inpatient));
    assert_eq!(visit.number.as_ref().expect("PV1-19").value, "000897406");
    let dmp = it.dmp.expect("ZFA");
    assert_eq!((dmp.status, dmp.feeding), (Some(DmpStatus::Active), Some(Feeding::NotOpposed)));
    assert_eq!(dmp.consultation, Some(Consultation::Consents));
    assert!(it.findings.is_empty());
    assert_eq!(it.quirks, [Quirk::InsValidityDate]);
    // And what the laboratory makes of it.
    let decision = receive(None, &it.patient.identity, IdentityTrust::OwnDomain);
    assert_eq!(decision.status, IdentityStatus::Qualified);
}

#[test]
fn the_discharge_of_the_sgl_referential_is_read_in_spite_of_its_shifted_movement() {
    let Some(folder) = folder() else { return };
    let it = announced(&folder.join("SGL/sortie.er7"));
    assert_eq!(it.event, IdentityEvent::Discharged);
    assert!(it.dmp.is_none());
    assert_eq!(it.quirks, [Quirk::InsValidityDate, Quirk::MovementEndFilled]);
    assert!(it.findings.is_empty());
}

#[test]
fn the_consent_samples_say_what_their_names_say() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("consentement_DMP_PAMFR");
    let table = [
        ("ConsentementConsultation_NonOppositionAlimentation", Feeding::NotOpposed, Consultation::Consents),
        ("NonConsentementConsultation_NonOppositionAlimentation", Feeding::NotOpposed, Consultation::Refuses),
        ("NonConsentementConsultation_OppositionAlimentation", Feeding::Opposed, Consultation::Refuses),
        (
            "NonRecueillieConsentementConsultation_NonOppositionAlimentation",
            Feeding::NotOpposed,
            Consultation::NotAsked,
        ),
        (
            "NonRecueillieConsentementConsultation_NonRecueillieOppositionAlimentation",
            Feeding::NotAsked,
            Consultation::NotAsked,
        ),
    ];
    for (name, feeding, consultation) in table {
        let it = announced(&folder.join(name).with_extension("er7"));
        let dmp = it.dmp.expect("ZFA");
        assert_eq!((dmp.feeding, dmp.consultation), (Some(feeding), Some(consultation)), "{name}");
        let physician = it.patient.treating_physician.as_ref().expect("ROL");
        assert_eq!(physician.rpps.as_ref().expect("RPPS").as_str(), "10000023084", "{name}");
        assert_eq!((physician.family.as_str(), physician.given.as_str()), ("AGNES", "Isabelle"));
        assert_eq!(physician.phone.as_deref(), Some("0546442221"));
        assert_eq!(physician.address.as_ref().expect("ROL-11").city, "La Rochelle");
        assert!(it.findings.is_empty(), "{name}: {:?}", it.findings);
    }
}

#[test]
fn an_oru_that_carries_a_document_is_read_and_its_document_is_no_result() {
    let Some(folder) = folder() else { return };
    let path = folder.join("ORU_V2.1_acks_metier/message_ORU_CR_Bio_INIT_N1_N3.hl7");
    let message = decode(&std::fs::read(path).expect("a sample"));
    let read = oru::read(&message, &paris()).expect("accepted");
    assert_eq!(read.orders.len(), 1);
    let order = &read.orders[0];
    assert_eq!(order.service.loinc, "11502-2");
    assert_eq!(order.placer_number.as_deref(), Some("98765431"));
    let prescriber = order.prescriber.as_ref().expect("OBR-16");
    assert_eq!((prescriber.family.as_str(), prescriber.rpps.is_some()), ("BLUE", false));
    let (interpreter, at) = order.interpreter.as_ref().expect("OBR-32");
    assert_eq!((interpreter.family.as_str(), at.is_none()), ("LABBIO", true));
    // The copy to the patient (PRT of an INS) is no professional.
    let copies: Vec<&str> = order.copies.iter().map(|copy| copy.family.as_str()).collect();
    assert_eq!(copies, ["HODA"]);
    assert_eq!(order.copies[0].mailbox.as_ref().expect("PRT-15").as_str(), "adam.hoda@test-ci-sis.mssante.fr");
    let known = ["RESULT-TYPE-UNSUPPORTED", "RESULT-FILE-KIND", "RESULT-FILE-UNREADABLE"];
    assert!(read.findings.iter().all(|finding| known.contains(&finding.code)), "{:?}", read.findings);
    let kept = order.observations.iter().filter(|it| matches!(it.value, SentValue::Pdf(_) | SentValue::Image(_)));
    assert_eq!(kept.count(), 0);
}
