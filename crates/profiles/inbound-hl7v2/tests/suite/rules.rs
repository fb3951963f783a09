//! Rules that a reviewer of a fixture could miss: identity, refusals, bounds, secrecy.

use hl7v2::{Charset, MessageBuilder};
use inbound_hl7v2::{
    adt::{self, IdentityMessage},
    oru::{self, ResultStatus},
};
use lab::{
    identity::{AnnouncedIns, IdentityTrust, receive},
    patient::IdentityStatus,
    person::TrustedDomains,
};

use super::{codes, decode, fixture, paris};

/// A small message: header of that version, then these lines.
fn message(version: &str, lines: &[&str]) -> hl7v2::Message {
    let header = format!("MSH|^~\\&|A|B|C|D|20260316||ORU^R01|1|P|{version}||||||UNICODE UTF-8");
    let text: String =
        std::iter::once(header.as_str()).chain(lines.iter().copied()).map(|line| format!("{line}\r")).collect();
    decode(text.as_bytes())
}

const PID: &str = "PID|1||1^^^LABO^PI||DUPONT^ANNE^ANNE^^^^L||19700101|F";

#[test]
fn the_laboratory_takes_an_ins_only_with_its_key_and_its_statement() {
    let table = [
        ("sgl_b/chemistry_final.hl7", IdentityStatus::Qualified, &[] as &[&str]),
        ("sgl_b/ins_without_vali.hl7", IdentityStatus::Provisional, &["INS-NOT-VALI"]),
        ("sgl_b/ins_wrong_key.hl7", IdentityStatus::Validated, &["INS-KEY"]),
        ("sgl_b/doubtful_identity.hl7", IdentityStatus::Provisional, &["INS-DOUBTFUL"]),
    ];
    for (name, status, expected) in table {
        let read = oru::read(&fixture(name), &paris()).expect("accepted");
        let decision = receive(None, &read.patient.identity, IdentityTrust::Contract);
        assert_eq!(decision.status, status, "{name}");
        assert_eq!(decision.ins.is_some(), status == IdentityStatus::Qualified, "{name}");
        assert_eq!(codes(&decision.findings), expected, "{name}");
    }
}

#[test]
fn a_removed_ins_is_removed_whatever_else_is_said_of_it() {
    let read = adt::read(&fixture("hospital/adt_a47_ins_removed.hl7"), &paris()).expect("accepted");
    let IdentityMessage::IdentifierChanged(it) = read else { panic!("not a change") };
    assert_eq!(it.patient.identity.ins, AnnouncedIns::Removed);
    assert!(matches!(it.replaced_ins, AnnouncedIns::Present(_)));
    assert!(!it.patient.identity.stated_valid);
}

#[test]
fn a_billing_nir_is_not_an_ins() {
    let pid = "PID|1||1^^^LABO^PI~279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^NH||DUPONT^ANNE^^^^^L";
    let read = oru::read(&message("2.5", &[pid, "OBR|1|||K", "OBX|1|NM|K||4|||||||F"]), &paris()).expect("accepted");
    assert_eq!(read.patient.identity.ins, AnnouncedIns::Absent);
    assert_eq!(read.patient.local_ids.len(), 1);
}

#[test]
fn a_mailbox_outside_the_white_list_is_not_kept_and_is_told() {
    let message = fixture("sgl_b/chemistry_final.hl7");
    let kept = |listed: &str| {
        let trusted = TrustedDomains::listed([listed]);
        let read = oru::read_trusting(&message, &paris(), &trusted).expect("accepted");
        let told = codes(&read.findings).iter().filter(|code| **code == "RECIPIENT-DOMAIN-NOT-LISTED").count();
        let mailboxes = read
            .orders
            .iter()
            .flat_map(|it| it.prescriber.iter().chain(&it.copies))
            .filter(|it| it.mailbox.is_some())
            .count();
        (mailboxes, told)
    };
    let (mailboxes, told) = kept("medecin.test.mssante.fr");
    assert!(mailboxes >= 2 && told == 0, "{mailboxes} {told}");
    let (mailboxes, told) = kept("test.mssante.fr");
    assert!(mailboxes == 0 && told >= 2, "{mailboxes} {told}");
}

#[test]
fn messages_that_could_go_to_the_wrong_patient_are_refused() {
    let obr = "OBR|1|||K";
    let obx = "OBX|1|NM|K||4|||||||F";
    let table: [(&str, &[&str], &str, &str); 9] = [
        ("2.5", &[PID, obr, obx, PID, obr, obx], "INBOUND-TWO-PATIENTS", "PID[2]"),
        ("2.5", &[obr, obx], "INBOUND-PATIENT-MISSING", "OBR"),
        ("2.5", &["PID|1||||DUPONT^ANNE", obr, obx], "INBOUND-PATIENT-ID-MISSING", "PID-3"),
        ("2.5", &["PID|1||1^^^LABO^PI", obr, obx], "INBOUND-PATIENT-NAME-MISSING", "PID-5"),
        ("2.5", &[PID, obx], "INBOUND-ORDER-MISSING", "OBX"),
        ("2.5", &[PID], "INBOUND-ORDER-MISSING", "OBR"),
        ("2.5", &[PID, "OBR|1", obx], "INBOUND-SERVICE-MISSING", "OBR-4"),
        ("2.5", &[PID, obr, obx, "OBX|2|NM|^Sans code||4|||||||F"], "INBOUND-CODE-MISSING", "OBX[2]-3"),
        ("2.8", &[PID, obr, obx], "INBOUND-VERSION-UNSUPPORTED", "MSH-12"),
    ];
    for (version, lines, code, place) in table {
        let findings = oru::read(&message(version, lines), &paris()).expect_err(code);
        assert!(findings.iter().any(|finding| finding.code == code && finding.place == place), "{code}: {findings:?}");
    }
    assert!(oru::read(&message("2.5", &[PID, obr, obx]), &paris()).is_ok());
}

#[test]
fn a_type_that_is_not_a_result_is_refused_and_an_unknown_event_ignored() {
    let adt = fixture("hospital/adt_a01_admission.hl7");
    assert_eq!(codes(&oru::read(&adt, &paris()).expect_err("an ADT")), ["INBOUND-TYPE-UNSUPPORTED"]);
    let oru = fixture("sgl_b/chemistry_final.hl7");
    assert_eq!(codes(&adt::read(&oru, &paris()).expect_err("an ORU")), ["INBOUND-TYPE-UNSUPPORTED"]);
    let ignored = adt::read(&fixture("hospital/adt_a02_transfer_ignored.hl7"), &paris()).expect("accepted");
    assert!(matches!(ignored, IdentityMessage::Ignored { trigger } if trigger == "A02"));
}

#[test]
fn times_without_offset_are_of_the_laboratory_and_change_with_the_season() {
    let at = |time: &str| {
        let obr = format!("OBR|1|||K|||{time}");
        let read = oru::read(&message("2.5", &[PID, &obr]), &paris()).expect("accepted");
        read.orders[0].collected_at.map(|time| time.to_string())
    };
    assert_eq!(at("202601150800").as_deref(), Some("2026-01-15T07:00:00Z"));
    assert_eq!(at("202607150800").as_deref(), Some("2026-07-15T06:00:00Z"));
    assert_eq!(at("202607150800+0000").as_deref(), Some("2026-07-15T08:00:00Z"));
    assert_eq!(at("202607"), None);
}

#[test]
fn a_result_without_status_is_never_final() {
    let read = oru::read(&fixture("analyzer_a/chemistry.hl7"), &paris()).expect("accepted");
    assert!(read.observations().all(|it| it.status == ResultStatus::Entered));
}

#[test]
fn a_name_or_text_beyond_its_bound_refuses_the_message() {
    let long_name = format!("PID|1||1^^^LABO^PI||{}^ANNE", "É".repeat(251));
    let findings = oru::read(&message("2.5", &[&long_name, "OBR|1|||K"]), &paris()).expect_err("too long");
    assert_eq!(codes(&findings), ["FIELD-TOO-LONG"]);
    let long_text = format!("OBX|1|TX|C||{}||||||F", "x".repeat(65_537));
    let findings = oru::read(&message("2.5", &[PID, "OBR|1|||K", &long_text]), &paris()).expect_err("too long");
    assert_eq!((codes(&findings), findings[0].place.as_str()), (vec!["FIELD-TOO-LONG"], "OBX-5"));
}

#[test]
fn a_text_cannot_bring_a_second_segment_or_a_control_character() {
    let read = oru::read(&fixture("sgl_b/hostile_names.hl7"), &paris()).expect("accepted");
    let traits = &read.patient.identity.traits;
    assert_eq!(traits.birth_name, "SCRIPT ALERT SCRIPT D ARC PID");
    for name in [&traits.birth_name, &traits.first_given, &traits.given_names] {
        assert!(!name.chars().any(char::is_control));
    }
    assert!(read.orders[0].prescriber.as_ref().expect("OBR-16").mailbox.is_none());
    for note in read.observations().flat_map(|it| &it.comments) {
        assert!(!note.chars().any(|c| c.is_control() && c != '\n'));
    }
}

#[test]
fn debug_output_and_findings_hold_nothing_of_the_patient() {
    let read = oru::read(&fixture("sgl_b/ins_wrong_key.hl7"), &paris()).expect("accepted");
    let order = &read.orders[0];
    let shown = format!(
        "{read:?} {:?} {order:?} {:?} {:?} {:?}",
        read.patient, order.observations, order.specimens, read.patient.local_ids
    );
    for secret in ["GARCIA", "LUCAS", "P100008", "1.90", "BORDEAUX", "101133306308"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_message_of_many_isolates_is_refused_and_not_slow() {
    let mut builder = MessageBuilder::new(Charset::Utf8);
    builder.header().text(3, "A").components(9, &["ORU", "R01"]).text(10, "1").text(11, "P").text(12, "2.5");
    builder.segment("PID").components(3, &["1", "", "", "LABO", "PI"]).components(5, &["DUPONT", "ANNE"]);
    for number in 0..20_000 {
        builder.segment("OBR").text(4, "ATB").components(26, &["CULT", &number.to_string()]);
    }
    let message = decode(&builder.encode().expect("a message"));
    let findings = oru::read(&message, &paris()).expect_err("too many");
    assert_eq!((codes(&findings), findings[0].place.as_str()), (vec!["INBOUND-TOO-MANY-ISOLATES"], "OBR[201]"));
}
