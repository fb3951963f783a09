//! One result, from its message to its acknowledgments, and every exception on the way.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::time::Duration;

use anyhow::Result;
use app::{
    report::Partial,
    report_page::{LogoChange, NewPage},
};
use e2e::{Laboratory, Line, Message, Patient, states};
use lab::{
    delivery::DeliveryState::{Received, Superseded, Withheld},
    order::Confidentiality,
    report::ReportStatus,
};
use records::{
    orders::OrderStage,
    versions::{self, DocumentKind},
};

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

fn mails(laboratory: &Laboratory, mailbox: &str) -> usize {
    laboratory.operator.mss.messages(mailbox, 1000).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_report_reaches_prescriber_copy_patient_and_dmp_and_each_acknowledgment_comes_back() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let expected =
        [("dmp", Received), ("mssante_patient", Received), ("mssante_pro", Received), ("mssante_pro", Received)];
    assert_eq!(states(&ended), expected);
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        assert_eq!(mails(&laboratory, mailbox), 1, "{mailbox}");
    }
    assert_eq!(laboratory.operator.dmp.documents().len(), 1);
    assert_eq!(laboratory.dossier().await?.stage, OrderStage::Signed);
    assert!(laboratory.doubts().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_self_presentable_form_leaves_as_it_was_frozen_when_the_laboratory_wants_it() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let in_force = laboratory.app.page_in_force();
    let page = NewPage {
        texts: in_force.page.texts.clone(),
        accent: "#0A5A3C".into(),
        accredited: Vec::new(),
        logo: LogoChange::Kept,
        self_presentable: true,
    };
    laboratory.app.save_page(page, &laboratory.account("administrator").await?).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert_eq!(states(&ended).len(), 4);
    assert!(states(&ended).iter().all(|(_, state)| *state == Received), "{:?}", states(&ended));
    let read = laboratory
        .app
        .store()
        .read(move |tx| Ok::<_, app::AppError>(versions::document(tx, version, DocumentKind::SelfPresentable)?));
    let (_, wrapped) = read.await?;
    let read = laboratory
        .app
        .store()
        .read(move |tx| Ok::<_, app::AppError>(versions::document(tx, version, DocumentKind::Page)?));
    let (name, page) = read.await?;
    assert!(name == "CR.HTM" && page.starts_with(b"<!DOCTYPE html>"));
    assert!(!String::from_utf8_lossy(&page).contains("application/pdf"), "its PDF is beside it, in the mail");
    assert!(wrapped.windows(24).any(|it| it == b"<xsl:stylesheet version="));
    let deposited = laboratory.operator.dmp.documents();
    assert_eq!(deposited[0].mime_type, "application/xslt+xml");
    assert_eq!(laboratory.operator.dmp.document(&deposited[0].unique_id).as_deref(), Some(wrapped.as_slice()));
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        let id = laboratory.operator.mss.messages(mailbox, 1000)[0].id;
        let mail = laboratory.operator.mss.message(id).unwrap();
        let received = mail::Received::decode(&mail);
        let files: Vec<Vec<u8>> = received.attachments.iter().flat_map(|part| unzipped(&part.content)).collect();
        assert!(files.contains(&wrapped), "{mailbox}");
        assert!(files.contains(&page), "{mailbox}: the page to read is not in the archive");
        assert!(holds(&mail, "mimeType=\"application/xslt+xml\""), "{mailbox}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_a_biologist_signs() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.receive(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    laboratory.app.validate_technically(order, &laboratory.account("technician").await?).await?;
    for login in ["technician", "secretary", "administrator"] {
        let refused = laboratory.app.sign(order, &laboratory.account(login).await?, Partial::Refused).await;
        assert!(matches!(refused, Err(app::AppError::NotAllowed)), "{login}");
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(laboratory.versions(order).await?.is_empty());
    assert!(laboratory.operator.mss.mailboxes().iter().all(|mailbox| mailbox.n_messages == 0));
    assert!(laboratory.operator.dmp.documents().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_come_validated_leave_without_a_click_in_the_name_of_their_biologist() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let message = Message { sender: "SGL-C", validator: Some("01234567101"), ..Message::chemistry() };
    laboratory.receive(&message).await?;
    let order = laboratory.dossier().await?.id;
    assert!(laboratory.doubts().await?.is_empty(), "{:?}", laboratory.doubts().await?);
    let version = wait_for_version(&laboratory, order, 1).await?;
    assert_eq!(version.signed_by, "SGL-C");
    let ended = laboratory.ended(version.id, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_that_rules_validated_its_results_until_a_biologist_signs_it() -> Result<()> {
    for (sender, is_said) in [("SGL-C", false), ("SGL-D", true)] {
        let laboratory = Laboratory::start().await?;
        let message = Message { sender, validator: Some("01234567101"), ..Message::chemistry() };
        laboratory.receive(&message).await?;
        let order = laboratory.dossier().await?.id;
        let version = wait_for_version(&laboratory, order, 1).await?;
        let mentions = async |id| {
            let model = laboratory.app.store().read(move |tx| Ok::<_, app::AppError>(versions::model(tx, id)?)).await?;
            Ok::<_, app::AppError>(model.mentions)
        };
        let first = mentions(version.id).await?;
        assert_eq!(first.automatic_validation.is_some(), is_said, "{sender}");
        assert!(first.personal_data.is_some());
        // The biologist reads the dossier and signs it again: nothing in it is unseen any more.
        let second = laboratory.sign(order, Partial::Refused).await?;
        assert_eq!(mentions(second).await?.automatic_validation, None, "{sender}");
        assert_eq!(mentions(version.id).await?, first, "a signed version changed");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validated_result_of_an_unknown_biologist_waits_for_one_of_ours() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let message = Message { sender: "SGL-C", validator: Some("01234567999"), ..Message::chemistry() };
    laboratory.receive(&message).await?;
    let dossier = laboratory.dossier().await?;
    assert_eq!(dossier.stage, OrderStage::Received);
    assert_eq!(laboratory.doubts().await?, ["VALIDATOR-UNKNOWN"]);
    assert!(laboratory.versions(dossier.id).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_is_not_qualified_keeps_its_ins_inside() -> Result<()> {
    for patient in
        [Patient::provisional(), Patient { matricule: Some("279035121518988".into()), ..Patient::qualified() }]
    {
        let laboratory = Laboratory::start().await?;
        let matricule = patient.matricule.clone().unwrap();
        let version = laboratory.receive_and_sign(&Message { patient, ..Message::chemistry() }).await?;
        let ended = laboratory.ended(version, PATIENCE).await?;
        let expected =
            [("dmp", Withheld), ("mssante_patient", Withheld), ("mssante_pro", Received), ("mssante_pro", Received)];
        assert_eq!(states(&ended), expected);
        let mailbox = laboratory.operator.mss.messages(PRESCRIBER_BOX, 1);
        let mail = laboratory.operator.mss.message(mailbox[0].id).unwrap();
        assert!(!holds(&mail, &matricule), "an INS left unqualified");
        assert_eq!(laboratory.doubts().await?.len(), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_brings_results_but_no_qualified_identity() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message { sender: "STRANGER", ..Message::chemistry() }).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert_eq!(ended.iter().filter(|it| it.state == Withheld).count(), 2);
    assert_eq!(laboratory.doubts().await?, ["INS-NO-TRUST"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_twice_is_answered_the_same_way_and_processed_once() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let first = laboratory.send(&Message::chemistry().encode()).await?;
    let again = Message { time: "20261102093500+0100".into(), ..Message::chemistry() };
    assert_eq!(laboratory.send(&again.encode()).await?, first);
    laboratory.processed().await?;
    assert_eq!(laboratory.dossiers().await?.len(), 1);

    let other = Message { number: "N2".into(), ..Message::chemistry() };
    assert!(laboratory.send(&other.encode()).await?.contains("MSA|AA"));
    laboratory.processed().await?;
    assert_eq!(laboratory.dossiers().await?.len(), 2, "the same control id with other content is processed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_report_leaves_by_an_explicit_act_and_never_to_the_patient_then_the_whole_one_replaces_it()
-> Result<()> {
    let laboratory = Laboratory::start().await?;
    let pending = Line { status: 'I', value: String::new(), ..Line::number("TSH", "", "") };
    let mut lines = Message::chemistry().lines;
    lines.push(pending);
    let partial = Message { status: 'P', lines, ..Message::chemistry() };
    laboratory.receive(&partial).await?;
    let order = laboratory.dossier().await?.id;
    let refused = laboratory.sign(order, Partial::Refused).await;
    assert!(refused.is_err(), "a partial report was signed without an explicit act");
    let first = laboratory.sign(order, Partial::Accepted).await?;
    let ended = laboratory.ended(first, PATIENCE).await?;
    assert_eq!(ended.iter().filter(|it| it.state == Received).count(), 3);
    assert_eq!(mails(&laboratory, PATIENT_BOX), 0);

    let mut lines = Message::chemistry().lines;
    lines.push(Line::number("TSH", "2.1", "mUI/L"));
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let second = laboratory.sign(order, Partial::Refused).await?;
    let ended = laboratory.ended(second, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received));
    assert_eq!(mails(&laboratory, PATIENT_BOX), 1);
    assert_eq!(mails(&laboratory, PRESCRIBER_BOX), 2);
    let versions = laboratory.versions(order).await?;
    assert_eq!(
        versions.iter().map(|it| (it.number, it.status)).collect::<Vec<_>>(),
        [(2, ReportStatus::Final), (1, ReportStatus::Partial)]
    );
    assert_eq!(versions[0].replaces, Some(versions[1].id));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_replaces_the_document_in_the_dmp_and_reaches_everyone_who_had_the_old_one() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let first = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(first, PATIENCE).await?;
    let mut lines = Message::chemistry().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let order = laboratory.dossier().await?.id;
    let second = laboratory.sign(order, Partial::Refused).await?;
    assert!(laboratory.ended(second, PATIENCE).await?.iter().all(|it| it.state == Received));
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        assert_eq!(mails(&laboratory, mailbox), 2, "{mailbox}");
    }
    let documents = laboratory.operator.dmp.documents();
    let statuses: Vec<String> = documents.iter().map(|it| format!("{:?}", it.status)).collect();
    assert_eq!(statuses.iter().filter(|it| it.contains("Deprecated")).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|it| it.contains("Approved")).count(), 1, "{statuses:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_catalogue_does_not_know_becomes_a_doubt_never_a_guess() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = Message::chemistry();
    message.lines.push(Line::number("QUI-SAIT", "12", "mmol/L"));
    message.lines.push(Line::number("CREA", "80", "patates/L"));
    laboratory.receive(&message).await?;
    assert_eq!(laboratory.doubts().await?, ["ANALYSIS-UNKNOWN", "RESULT-UNIT-UNKNOWN"]);
    let order = laboratory.dossier().await?.id;
    // The creatinine without a known unit stays awaited: only an explicit act signs without it.
    assert!(laboratory.sign(order, Partial::Refused).await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_never_leaves_as_whole_without_a_result_that_nobody_recognized() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = Message { sender: "SGL-C", validator: Some("01234567101"), ..Message::chemistry() };
    message.lines.push(Line::number("QUI-SAIT", "12", "mmol/L"));
    laboratory.receive(&message).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let order = laboratory.dossier().await?.id;
    assert!(laboratory.versions(order).await?.is_empty(), "it left without the unrecognized result");
    let items =
        laboratory.app.store().read(|tx| Ok::<_, app::AppError>(records::work_items::open_items(tx, None)?)).await?;
    let secretary = laboratory.account("secretary").await?;
    let refused = laboratory.app.close_work_item(&items[0].id, "sans objet", &secretary).await;
    assert!(matches!(refused, Err(app::AppError::NotAllowed)));
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.close_work_item(&items[0].id, "analyse abandonnée par le site C", &biologist).await?;
    let version = wait_for_version(&laboratory, order, 1).await?;
    assert_eq!(version.status, ReportStatus::Final);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn values_as_senders_write_them_are_kept_as_they_mean() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = Message::chemistry();
    message.lines = vec![
        Line { kind: "ST", ..Line::number("CRP", ">1000", "mg/L") },
        Line { kind: "ST", ..Line::number("K", "0,5", "mmol/L") },
        Line { kind: "ST", ..Line::number("NA", "++", "") },
    ];
    laboratory.receive(&message).await?;
    let order = laboratory.dossier().await?.id;
    let kept = laboratory
        .app
        .store()
        .read(move |tx| Ok::<_, app::AppError>(records::observations::of_order(tx, order)?))
        .await?;
    let printed: Vec<String> = kept.iter().map(|it| it.observation.value.as_ref().unwrap().printed()).collect();
    assert_eq!(printed, ["> 1000", "0,5", "++"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curve_a_second_unit_and_the_report_of_another_laboratory_leave_inside_the_one_document() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = Message::chemistry();
    let other = b"%PDF-1.4\n% a report of another laboratory\n%%EOF\n";
    let other = base64_simd::STANDARD.encode_to_string(other);
    let line = |code: &str, kind, value: String| Line { kind, ..Line::number(code, &value, "") };
    message.lines.push(Line::number("GLY", "5.0", "mmol/L"));
    message.lines.push(Line::number("EP_G", "10.5", "g/L"));
    message.lines.push(line("EP_PROFIL", "NA", "0^10^900^20^0^250^0".into()));
    message.lines.push(line("GENETIQUE^Génétique", "ED", format!("X^AP^PDF^Base64^{other}")));
    let version = laboratory.receive_and_sign(&message).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(states(&ended).iter().all(|(_, state)| *state == Received), "{:?}", states(&ended));
    assert!(laboratory.doubts().await?.is_empty());
    let deposited = laboratory.operator.dmp.documents();
    assert_eq!(deposited.len(), 1, "the other report never leaves apart");
    let document = laboratory.operator.dmp.document(&deposited[0].unique_id).unwrap();
    let document = String::from_utf8(document.to_vec())?;
    for held in [
        other.as_str(),
        "1.2.250.1.213.1.1.2.60",
        "mediaType=\"image/png\"",
        "<value xsi:type=\"PQ\" value=\"5.0\" unit=\"mmol/L\"/>",
        "<value xsi:type=\"PQ\" value=\"0.90\" unit=\"g/L\"/>",
    ] {
        assert!(document.contains(held), "{held}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_dossier_says_so_in_its_document_and_only_a_biologist_decides_it() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.receive(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    let secretary = laboratory.account("secretary").await?;
    let refused = laboratory.app.set_confidentiality(order, Confidentiality::Restricted, &secretary).await;
    assert!(matches!(refused, Err(app::AppError::NotAllowed)));
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.set_confidentiality(order, Confidentiality::Restricted, &biologist).await?;
    laboratory.app.validate_technically(order, &biologist).await?;
    let version = laboratory.app.sign(order, &biologist, Partial::Refused).await?;
    let cda = laboratory
        .app
        .store()
        .read(move |tx| Ok::<_, app::AppError>(versions::document(tx, version, DocumentKind::Cda)?))
        .await?;
    let document = String::from_utf8(cda.1)?;
    assert!(document.contains("<confidentialityCode code=\"R\""), "{}", &document[..2000]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_cannot_be_understood_are_refused_with_a_reason_and_kept() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let good = String::from_utf8(Message::chemistry().encode())?;
    let table = [
        ("nothing like HL7", "MSA|AE"),
        (&good.replace("UNICODE UTF-8", "EBCDIC"), "MSA|AE"),
        (
            &good.replace("P1^^^DOMAINE^PI~279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", ""),
            "MSA|AE",
        ),
        (&good.replace("PV1|1|O", "PV1|1|O\rPID|2||P2^^^DOMAINE^PI||AUTRE^PERSONNE"), "MSA|AE"),
        (&good.replace("ORU^R01^ORU_R01", "ORM^O01"), "MSA|AR"),
        (&good.replace("SGL-B", "INCONNU"), "MSA|AR"),
    ];
    for (message, expected) in &table {
        let answer = laboratory.send(message.as_bytes()).await?;
        assert!(answer.contains(expected), "{answer}");
        assert!(answer.contains("ERR|"), "{answer}");
    }
    laboratory.processed().await?;
    assert!(laboratory.dossiers().await?.is_empty());
    let kept =
        laboratory.app.store().read(|tx| Ok::<_, app::AppError>(records::messages::latest(tx, 100)?.len())).await?;
    assert_eq!(kept, table.len(), "a refused message was not kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyzer_result_for_an_unknown_order_is_set_aside_for_a_person() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.receive(&Message { sender: "ANALYZER", ..Message::chemistry() }).await?;
    assert!(laboratory.dossiers().await?.is_empty());
    assert_eq!(laboratory.doubts().await?, ["ORDER-UNKNOWN"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_of_an_unknown_report_opens_a_dossier_with_a_doubt() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let lines = Message::chemistry().lines.into_iter().map(|line| Line { status: 'C', ..line }).collect();
    laboratory.receive(&Message { lines, ..Message::chemistry() }).await?;
    assert_eq!(laboratory.doubts().await?, ["RESULT-CORRECTS-UNKNOWN"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_stay_names_everywhere() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let name =
        ("O\\T\\BRIEN\\F\\\\S\\\\R\\\\E\\<b>\"'\\X0D\\\\X0A\\Bcc: x@y.mssante.fr".to_owned(), "DOMINIQUE".to_owned());
    let patient = Patient { name, ..Patient::qualified() };
    let version = laboratory.receive_and_sign(&Message { patient, ..Message::chemistry() }).await?;
    assert!(laboratory.ended(version, PATIENCE).await?.iter().all(|it| it.state == Received));
    let mailboxes = laboratory.operator.mss.mailboxes();
    assert!(mailboxes.iter().all(|mailbox| mailbox.address != "x@y.mssante.fr"), "a header was injected");
    let id = laboratory.operator.mss.messages(PRESCRIBER_BOX, 1)[0].id;
    let raw = laboratory.operator.mss.message(id).unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains("\r\nBcc:"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_version_never_leaves_and_the_next_one_does() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.dmp.faults().set(sandbox::dmp::Fault::Down, None);
    let first = laboratory.receive_and_sign(&Message::chemistry()).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut lines = Message::chemistry().lines;
    lines[0] = Line { status: 'C', ..Line::number("NA", "150", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let order = laboratory.dossier().await?.id;
    let second = laboratory.sign(order, Partial::Refused).await?;
    laboratory.operator.dmp.faults().clear();
    let ended = laboratory.ended(second, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    let first = laboratory.ended(first, PATIENCE).await?;
    assert!(
        states(&first).iter().any(|(channel, state)| *channel == "dmp" && *state == Superseded),
        "{:?}",
        states(&first)
    );
    assert_eq!(laboratory.operator.dmp.documents().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_to_announce_is_invisible_to_the_patient_in_the_dmp_whatever_else_keeps_their_mail() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = Message::chemistry();
    message.lines.push(Line { kind: "ST", ..Line::number("VIH", "Négatif", "") });
    laboratory.receive(&message).await?;
    let dossier = laboratory.dossier().await?;
    let secretary = laboratory.account("secretary").await?;
    let opposed = app::registration::Opposition::Opposed;
    laboratory.app.set_opposition(dossier.patient, lab::routing::Channel::MssantePatient, opposed, &secretary).await?;
    let version = laboratory.sign(dossier.id, Partial::Refused).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(mails(&laboratory, PATIENT_BOX), 0);
    let documents = laboratory.operator.dmp.documents();
    let codes = &documents[0].confidentiality_codes;
    assert!(codes.iter().any(|code| code == "INVISIBLE_PATIENT"), "{codes:?}");
    Ok(())
}

async fn wait_for_version(laboratory: &Laboratory, order: lab::id::OrderId, n: usize) -> Result<versions::VersionLine> {
    for _ in 0..500 {
        let mut versions = laboratory.versions(order).await?;
        if versions.len() >= n {
            return Ok(versions.swap_remove(0));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no version was signed")
}

/// Whether a text stands in a mail, in its attachments or in the files of its archive.
fn holds(mail: &[u8], text: &str) -> bool {
    let find = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let received = mail::Received::decode(mail);
    assert_eq!(received.attachments.len(), 2, "an archive and a PDF");
    find(mail)
        || received
            .attachments
            .iter()
            .any(|part| find(&part.content) || unzipped(&part.content).iter().any(|file| find(file)))
}

fn unzipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { return Vec::new() };
    (0..archive.len())
        .map(|at| {
            let mut file = Vec::new();
            std::io::Read::read_to_end(&mut archive.by_index(at).unwrap(), &mut file).unwrap();
            file
        })
        .collect()
}
