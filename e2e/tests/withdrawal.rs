//! A report is withdrawn: those who may hold it are told, nobody else is, and nothing of it leaves any more.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::Result;
use app::{AppError, registration::Opposition, report::Partial};
use e2e::{Laboratory, Line, Message};
use lab::{
    delivery::DeliveryState::{Received, Withheld},
    id::OrderId,
    report::WithdrawalReason,
    routing::{Act, Channel},
};
use records::{orders::OrderStage, versions};
use sandbox::{
    dmp::Fault,
    mss::{FaultPlan, Refusal},
};

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

/// Subjects in a mailbox, oldest first.
fn subjects(laboratory: &Laboratory, mailbox: &str) -> Vec<String> {
    let mss = &laboratory.operator.mss;
    let mut ids: Vec<_> = mss.messages(mailbox, 1000).iter().map(|it| it.id).collect();
    ids.sort();
    ids.into_iter().map(|id| mail::Received::decode(&mss.message(id).unwrap()).subject).collect()
}

/// The last message of a mailbox.
fn last(laboratory: &Laboratory, mailbox: &str) -> Vec<u8> {
    let mss = &laboratory.operator.mss;
    let id = mss.messages(mailbox, 1000).iter().map(|it| it.id).max().unwrap();
    mss.message(id).unwrap().to_vec()
}

async fn is_withdrawn(laboratory: &Laboratory, order: OrderId) -> Result<Vec<bool>> {
    Ok(laboratory.versions(order).await?.iter().map(|it| it.withdrawal.is_some()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_had_a_withdrawn_report_is_told_which_document_to_delete() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(version, PATIENCE).await?;
    let order = laboratory.dossier().await?.id;
    for login in ["technician", "secretary", "administrator"] {
        let account = laboratory.account(login).await?;
        let refused = laboratory.app.withdraw(version, WithdrawalReason::WrongPatient, &account).await;
        assert!(matches!(refused, Err(AppError::NotAllowed)), "{login}");
    }
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.withdraw(version, WithdrawalReason::WrongPatient, &biologist).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let told: Vec<_> = ended.iter().filter(|it| it.act == Act::Withdraw).map(|it| (it.channel, it.state)).collect();
    let mails = [(Channel::MssantePro, Received), (Channel::MssantePro, Received), (Channel::MssantePatient, Received)];
    assert_eq!(told, mails);
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        let subjects = subjects(&laboratory, mailbox);
        assert_eq!(subjects.len(), 2, "{mailbox}: {subjects:?}");
        assert!(subjects[1].starts_with("XDM/1.0/DDM+[Suppression] CR d'examens biologiques"), "{subjects:?}");
        let received = mail::Received::decode(&last(&laboratory, mailbox));
        assert!(received.text.contains("erreur sur l'identité du patient"), "{}", received.text);
        let archive = &received.attachments[0].content;
        let read = xds::xdm::read(archive, &xds::xdm::Limits::default())?;
        let entry = &read.subsets[0].submission.entries[0];
        assert_eq!(entry.extra_slots[0].values, ["D"]);
        let document = laboratory.versions(order).await?[0].document.clone();
        assert_eq!(entry.unique_id.as_deref(), Some(document.as_str()));
    }
    // The DMP is told by a person.
    assert_eq!(laboratory.doubts().await?, ["WITHDRAWAL-DMP"]);
    assert_eq!(laboratory.dossier().await?.stage, OrderStage::Withdrawn);
    // It is withdrawn once.
    let again = laboratory.app.withdraw(version, WithdrawalReason::WrongPatient, &biologist).await;
    assert!(matches!(again, Err(AppError::Changed)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_signed_after_a_withdrawal_is_a_new_one_and_replaces_nothing() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let first = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(first, PATIENCE).await?;
    let order = laboratory.dossier().await?.id;
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.withdraw(first, WithdrawalReason::IssuedByMistake, &biologist).await?;
    laboratory.ended(first, PATIENCE).await?;
    // Its results are no longer earlier results of anything.
    let second = laboratory.app.sign(order, &biologist, Partial::Refused).await?;
    laboratory.ended(second, PATIENCE).await?;
    let known = laboratory.versions(order).await?;
    assert_eq!(known.iter().map(|it| (it.number, it.replaces)).collect::<Vec<_>>(), [(1, None), (1, None)]);
    assert_ne!(known[0].set, known[1].set);
    assert_eq!(is_withdrawn(&laboratory, order).await?, [false, true]);
    assert_eq!(laboratory.dossier().await?.stage, OrderStage::Signed);
    let subjects = subjects(&laboratory, PRESCRIBER_BOX);
    assert_eq!(subjects.len(), 3);
    assert!(!subjects[2].contains('['), "{subjects:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_holder_is_told_of_the_version_they_hold_and_those_who_have_none_of_nothing() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    // The copy's mailbox refuses for good: it has nothing.
    let refusal = Refusal { code: 550, times: 9, mailbox: Some(COPY_BOX.into()) };
    laboratory.operator.mss.faults().set(FaultPlan { refuse: Some(refusal), ..FaultPlan::default() });
    let first = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(first, PATIENCE).await?;
    let order = laboratory.dossier().await?.id;
    // The correction never reaches the patient, who opposes mail meanwhile.
    let biologist = laboratory.account("biologist").await?;
    let (patient, opposed) = (laboratory.dossier().await?.patient, Opposition::Opposed);
    let secretary = laboratory.account("secretary").await?;
    laboratory.app.set_opposition(patient, Channel::MssantePatient, opposed, &secretary).await?;
    let mut lines = Message::chemistry().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let second = laboratory.sign(order, Partial::Refused).await?;
    laboratory.ended(second, PATIENCE).await?;
    laboratory.app.withdraw(second, WithdrawalReason::WrongResult, &biologist).await?;
    let (of_first, of_second) = (laboratory.ended(first, PATIENCE).await?, laboratory.ended(second, PATIENCE).await?);
    let told = |all: &[records::deliveries::Delivery]| {
        all.iter().filter(|it| it.act == Act::Withdraw).map(|it| (it.channel, it.state)).collect::<Vec<_>>()
    };
    assert_eq!(told(&of_first), [(Channel::MssantePatient, Withheld)], "told otherwise: a person does it");
    assert_eq!(told(&of_second), [(Channel::MssantePro, Received)]);
    assert_eq!(is_withdrawn(&laboratory, order).await?, [true, true]);
    assert!(laboratory.doubts().await?.contains(&"WITHDRAWAL-TELL-OTHERWISE".to_owned()));
    assert_eq!(subjects(&laboratory, COPY_BOX).len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_left_when_a_report_is_withdrawn_never_does() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
    laboratory.operator.dmp.faults().set(Fault::Down, None);
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let biologist = laboratory.account("biologist").await?;
    laboratory.app.withdraw(version, WithdrawalReason::WrongSpecimen, &biologist).await?;
    laboratory.operator.mss.faults().clear();
    laboratory.operator.dmp.faults().clear();
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.act == Act::Send && it.state != Received), "nobody held it");
    tokio::time::sleep(Duration::from_secs(2)).await;
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        assert!(subjects(&laboratory, mailbox).is_empty(), "{mailbox}");
    }
    let order = laboratory.dossier().await?.id;
    let kept = laboratory.app.store().read(move |tx| Ok::<_, AppError>(versions::of_order(tx, order)?.len())).await?;
    assert_eq!(kept, 1, "the version stays");
    Ok(())
}
