//! The mail and the archive that tell of a withdrawal.

#![allow(clippy::print_stdout)]

mod support;

use lab::{
    id::WithdrawalId,
    report::{WITHDRAWAL_REASONS, Withdrawal, WithdrawalReason},
};
use mail::Received;
use mssante::{Audience, Content, archive};
use support::{
    fixture::{MATRICULE, assert_valid, at, cda, report},
    mail_of, message_id, settings,
};
use uuid::Uuid;
use xds::xdm;

const PROFESSIONAL: (&str, Audience) = ("eva.bleu@medecin.mssante.fr", Audience::Professional);
const PATIENT: (&str, Audience) = ("279035121518989@patient.mssante.fr", Audience::Patient);

fn withdrawal(reason: WithdrawalReason) -> Withdrawal {
    let id = WithdrawalId(Uuid::from_u128(77));
    Withdrawal { id, at: at("2024-07-02T08:00:00Z"), by: "biologiste".into(), reason }
}

fn archived(page: Option<&[u8]>, withdrawal: Option<&Withdrawal>) -> Vec<u8> {
    let (report, settings) = (report(), settings());
    let cda = cda(&report, &settings.source);
    archive(&report, &Content { cda: &cda, page, masks: &[], withdrawal }, &settings).expect("an archive")
}

#[test]
fn the_archive_names_the_document_to_delete_and_shows_no_result() {
    let withdrawal = withdrawal(WithdrawalReason::WrongPatient);
    let bytes = archived(Some(b"<p>Potassium</p>"), Some(&withdrawal));
    assert!(bytes == archived(None, Some(&withdrawal)), "always the same bytes, without the page of the report");
    let read = xdm::read(&bytes, &xdm::Limits::default()).expect("an archive");
    assert_eq!(read.findings, []);
    let submission = &read.subsets[0].submission;
    let entry = &submission.entries[0];
    assert_eq!(entry.unique_id.as_deref(), Some(report().ids.document.as_str()));
    let slots: Vec<_> = entry.extra_slots.iter().map(|it| (it.name.as_str(), it.values.as_slice())).collect();
    assert_eq!(slots, [("urn:action:extraMetadataSlot", &["D".to_owned()][..])]);
    let sent = xdm::read(&archived(None, None), &xdm::Limits::default()).expect("an archive");
    assert_ne!(submission.set.unique_id, sent.subsets[0].submission.set.unique_id, "it is another submission");

    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("a ZIP");
    let mut text = |name: &str| std::io::read_to_string(zip.by_name(name).expect(name)).expect("UTF-8");
    let index = text("INDEX.HTM");
    assert!(index.contains("Compte rendu annulé") && index.contains("annulée le 02/07/2024"), "{index}");
    assert!(index.contains("erreur sur l'identité du patient") && !index.contains("DOC0001"), "{index}");
    assert!(text("README.TXT").ends_with("doit être supprimé.\r\n"));
    let metadata = text("IHE_XDM/SUBSET01/METADATA.XML");
    assert_valid("xdm-withdrawal", "lcm.xsd", &[metadata.as_bytes()]);
}

#[test]
fn the_mail_says_what_to_delete_and_why_and_answers_the_one_that_brought_it() {
    let brought = message_id(9);
    for (reason, code) in WITHDRAWAL_REASONS {
        for (to, audience) in [PROFESSIONAL, PATIENT] {
            let mail = mail_of(&report(), Some(&withdrawal(reason)), to, audience, Some(&brought), &settings());
            let bytes = mail.expect("a mail");
            let received = Received::decode(&bytes);
            let subject = "XDM/1.0/DDM+[Suppression] CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979";
            assert_eq!(received.subject, subject);
            let head =
                String::from_utf8_lossy(&bytes).split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
            assert!(head.contains("\r\nIn-Reply-To: <2.25.9@labo-charmes.mssante.fr>\r\n"), "{head}");
            assert!(head.contains("\r\nX-MSS-CODECDA: 11502-2\r\n"), "{head}");
            let files: Vec<_> = received.attachments.iter().map(|it| it.file_name.as_deref()).collect();
            assert_eq!(files, [Some("IHE_XDM.zip")], "the PDF is not to be read again");
            for fact in ["PAT-TROIS DOMINIQUE", "202411111123", "version 1", "04/01/2024", "est annulé", "Motif : "] {
                assert!(received.text.contains(fact), "{code}, {audience:?}: {fact} in {}", received.text);
            }
            for secret in [MATRICULE, "Glucose", "5,10", "{", "}"] {
                assert!(!received.text.contains(secret), "{code}, {audience:?}: {secret}");
            }
        }
    }
}

#[test]
fn each_reason_has_its_own_sentence() {
    let texts = &mssante::texts::fr::TEXTS;
    let said: std::collections::HashSet<_> = WITHDRAWAL_REASONS.iter().map(|(it, _)| texts.reason(*it)).collect();
    assert_eq!(said.len(), WITHDRAWAL_REASONS.len());
}
