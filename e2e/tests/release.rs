//! What waits for a person: mail of a hospitalized patient, results that a physician announces first.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::{Context, Result};
use app::{
    AppError,
    directory::{Shrink, load_files},
    registration::Opposition,
    report::Partial,
};
use e2e::{Laboratory, Line, Message, states};
use lab::{
    delivery::DeliveryState::{Received, Withheld},
    id::{DeliveryId, VersionId},
    order::Visibility,
    routing::Channel,
};

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

fn mails(laboratory: &Laboratory, mailbox: &str) -> usize {
    laboratory.operator.mss.messages(mailbox, 1000).len()
}

/// The delivery of a version to a box, or to the patient.
async fn to(laboratory: &Laboratory, version: VersionId, mailbox: Option<&str>) -> Result<DeliveryId> {
    let all = laboratory.deliveries(version).await?;
    let found = all.iter().find(|it| match mailbox {
        Some(mailbox) => it.address.as_ref().is_some_and(|address| address.as_str() == mailbox),
        None => it.channel == Channel::MssantePatient,
    });
    Ok(found.context("a delivery")?.id)
}

/// A patient whose virology is announced by a physician.
fn to_announce() -> Message {
    let mut message = Message::chemistry();
    message.lines.push(Line { kind: "ST", ..Line::number("VIH", "Négatif", "") });
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_stay_the_dmp_is_fed_and_each_mail_waits_for_a_choice() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message { class: 'I', ..Message::chemistry() }).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let expected =
        [("dmp", Received), ("mssante_patient", Withheld), ("mssante_pro", Withheld), ("mssante_pro", Withheld)];
    assert_eq!(states(&ended), expected);
    assert!(laboratory.doubts().await?.is_empty(), "it is the rule, not a doubt");

    let chosen = to(&laboratory, version, Some(PRESCRIBER_BOX)).await?;
    let technician = laboratory.account("technician").await?;
    assert!(matches!(laboratory.app.release(chosen, &technician).await, Err(AppError::NotAllowed)));
    let secretary = laboratory.account("secretary").await?;
    laboratory.app.release(chosen, &secretary).await?;
    laboratory.app.release(to(&laboratory, version, None).await?, &secretary).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert_eq!(states(&ended).iter().filter(|(_, state)| *state == Received).count(), 3);
    for (mailbox, n) in [(PRESCRIBER_BOX, 1), (PATIENT_BOX, 1), (COPY_BOX, 0)] {
        assert_eq!(mails(&laboratory, mailbox), n, "{mailbox}");
    }
    // Once.
    assert!(matches!(laboratory.app.release(chosen, &secretary).await, Err(AppError::Changed)));

    // A correction reaches those who have it without a choice, and nobody else.
    let mut lines = Message::chemistry().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    let corrected = Message { control_id: "M2".into(), class: 'I', lines, ..Message::chemistry() };
    laboratory.receive(&corrected).await?;
    let second = laboratory.sign(laboratory.dossier().await?.id, Partial::Refused).await?;
    laboratory.ended(second, PATIENCE).await?;
    for (mailbox, n) in [(PRESCRIBER_BOX, 2), (PATIENT_BOX, 2), (COPY_BOX, 0)] {
        assert_eq!(mails(&laboratory, mailbox), n, "{mailbox}");
    }
    // The old version is not sent any more.
    let late = laboratory.app.release(to(&laboratory, version, Some(COPY_BOX)).await?, &secretary).await;
    assert!(matches!(late, Err(AppError::Changed)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_result_leaves_for_the_patient_once_and_its_corrections_follow() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&to_announce()).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!((mails(&laboratory, PATIENT_BOX), mails(&laboratory, PRESCRIBER_BOX)), (0, 1));
    let waiting = to(&laboratory, version, None).await?;
    let secretary = laboratory.account("secretary").await?;
    assert!(matches!(laboratory.app.release(waiting, &secretary).await, Err(AppError::NotAllowed)));
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.release(waiting, &biologist).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(mails(&laboratory, PATIENT_BOX), 1);
    let id = laboratory.operator.mss.messages(PATIENT_BOX, 10)[0].id;
    let received = mail::Received::decode(&laboratory.operator.mss.message(id).unwrap());
    let read = xds::xdm::read(&received.attachments[0].content, &xds::xdm::Limits::default())?;
    let codes = &read.subsets[0].submission.entries[0].confidentiality_codes;
    assert!(codes.iter().all(|code| code.code != "INVISIBLE_PATIENT"), "what the patient is sent is not hidden");

    let mut lines = to_announce().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..to_announce() }).await?;
    let second = laboratory.sign(laboratory.dossier().await?.id, Partial::Refused).await?;
    laboratory.ended(second, PATIENCE).await?;
    assert_eq!(mails(&laboratory, PATIENT_BOX), 2, "who knows is told of the correction");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn showing_a_hidden_dossier_sends_its_report_and_an_opposition_still_keeps_it() -> Result<()> {
    for opposed in [false, true] {
        let laboratory = Laboratory::start().await?;
        laboratory.receive(&Message::chemistry()).await?;
        let dossier = laboratory.dossier().await?;
        let biologist = laboratory.account("biologist").await?;
        laboratory.app.set_visibility(dossier.id, Visibility::HiddenFromPatient, &biologist).await?;
        let version = laboratory.sign(dossier.id, Partial::Refused).await?;
        laboratory.ended(version, PATIENCE).await?;
        if opposed {
            let secretary = laboratory.account("secretary").await?;
            let channel = Channel::MssantePatient;
            laboratory.app.set_opposition(dossier.patient, channel, Opposition::Opposed, &secretary).await?;
            let waiting = to(&laboratory, version, None).await?;
            assert!(matches!(laboratory.app.release(waiting, &biologist).await, Err(AppError::Obstacles(_))));
        }
        laboratory.app.set_visibility(dossier.id, Visibility::Visible, &biologist).await?;
        laboratory.ended(version, PATIENCE).await?;
        assert_eq!(mails(&laboratory, PATIENT_BOX), usize::from(!opposed));
        // Hidden and shown again: it left once.
        for visibility in [Visibility::HiddenFromPatient, Visibility::Visible] {
            laboratory.app.set_visibility(dossier.id, visibility, &biologist).await?;
        }
        laboratory.ended(version, PATIENCE).await?;
        assert_eq!(mails(&laboratory, PATIENT_BOX), usize::from(!opposed));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_paper_in_the_directory_is_written_to_by_choice_only() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let folder = std::env::temp_dir().join(format!("paillasse-paper-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("Extraction_Correspondance_MSSante_202608261013.txt");
    let header = "Type de BAL|Adresse BAL|Identification nationale PP|Identification Structure|\
        Service de rattachement|Dématérialisation|Raison Sociale structure BAL";
    std::fs::write(&file, format!("{header}\nPER|{PRESCRIBER_BOX}|801234567001|||N|\n"))?;
    let (store, env) = (laboratory.app.store().clone(), laboratory.app.env().clone());
    let loaded =
        tokio::task::spawn_blocking(move || load_files(&store, &env, &[file], Shrink::default(), "test", |_| {}));
    assert!(loaded.await??.in_force);
    std::fs::remove_dir_all(&folder)?;

    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!((mails(&laboratory, PRESCRIBER_BOX), mails(&laboratory, COPY_BOX)), (0, 1));
    let secretary = laboratory.account("secretary").await?;
    laboratory.app.release(to(&laboratory, version, Some(PRESCRIBER_BOX)).await?, &secretary).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(mails(&laboratory, PRESCRIBER_BOX), 1);
    Ok(())
}
