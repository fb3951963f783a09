//! A dossier for an insurer or an expert: who asked for it reads it; what is kept from the others is said, and undone.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use app::{
    AppError,
    registration::{MeantFor, Opposition},
    report::Partial,
};
use e2e::{Laboratory, Line, Message, Operator, states};
use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::DeliveryState::{Received, Retrying, Withheld},
    id::{DeliveryId, VersionId},
    report::Recipient,
    routing::Channel,
};
use records::{deliverability, deliveries::Delivery, journal, versions};
use sandbox::mss::{FaultPlan, Refusal};
use store::testing::Postgres;

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

fn mails(laboratory: &Laboratory) -> [usize; 3] {
    [PRESCRIBER_BOX, COPY_BOX, PATIENT_BOX].map(|mailbox| laboratory.operator.mss.messages(mailbox, 1000).len())
}

async fn kept(laboratory: &Laboratory, version: VersionId) -> Result<Vec<(Channel, DeliveryId)>> {
    let all = laboratory.deliveries(version).await?;
    let kept = all.iter().filter(|it| it.withheld.as_deref() == Some("expertise"));
    Ok(kept.map(|it| (it.channel, it.id)).collect())
}

async fn to(laboratory: &Laboratory, version: VersionId, mailbox: &str) -> Result<Delivery> {
    let all = laboratory.deliveries(version).await?;
    let found = all.into_iter().find(|it| it.address.as_ref().is_some_and(|it| it.as_str() == mailbox));
    found.context("a delivery")
}

async fn scenario(laboratory: Laboratory) -> Result<()> {
    laboratory.receive(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    for login in ["technician", "administrator"] {
        let account = laboratory.account(login).await?;
        let refused = laboratory.app.set_meant_for(order, MeantFor::Expertise, &account).await;
        assert!(matches!(refused, Err(AppError::NotAllowed)), "{login}");
    }
    let secretary = laboratory.account("secretary").await?;
    laboratory.app.set_meant_for(order, MeantFor::Expertise, &secretary).await?;
    let again = laboratory.app.set_meant_for(order, MeantFor::Expertise, &secretary).await;
    assert!(matches!(again, Err(AppError::Changed)), "it is said once");

    let version = laboratory.sign(order, Partial::Refused).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let expected =
        [("dmp", Withheld), ("mssante_patient", Withheld), ("mssante_pro", Received), ("mssante_pro", Withheld)];
    assert_eq!(states(&ended), expected);
    assert_eq!(kept(&laboratory, version).await?.len(), 3, "each says why");
    assert_eq!(mails(&laboratory), [1, 0, 0]);
    assert!(laboratory.operator.dmp.documents().is_empty());
    assert!(laboratory.doubts().await?.is_empty(), "it is a decision, not a doubt");
    let report = laboratory.app.store().read(move |tx| Ok::<_, AppError>(versions::model(tx, version)?)).await?;
    let named: Vec<_> = report
        .recipients
        .iter()
        .map(|it| match it {
            Recipient::Professional(professional) => professional.family.as_str(),
            Recipient::Patient => "the patient",
        })
        .collect();
    assert_eq!(named, ["MOREAU"], "the report names those who read it");
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    let counted =
        laboratory.app.store().read(move |tx| Ok::<_, AppError>(deliverability::withheld(tx, since)?)).await?;
    assert_eq!(counted, [("expertise".to_owned(), 3)]);

    // By hand, to a professional that the dossier names; never to the patient nor to the DMP.
    for (channel, id) in kept(&laboratory, version).await? {
        let released = laboratory.app.release(id, &secretary).await;
        assert_eq!(released.is_ok(), channel == Channel::MssantePro, "{channel:?}");
    }
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(mails(&laboratory), [1, 1, 0]);

    // It was a mistake: what was kept leaves, but for what something else keeps.
    let patient = laboratory.dossier().await?.patient;
    laboratory.app.set_opposition(patient, Channel::MssantePatient, Opposition::Opposed, &secretary).await?;
    laboratory.app.set_meant_for(order, MeantFor::Care, &secretary).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(kept(&laboratory, version).await?.is_empty());
    let opposed: Vec<_> = ended.iter().filter_map(|it| Some((it.channel, it.withheld.as_deref()?))).collect();
    assert_eq!(opposed, [(Channel::MssantePatient, "patient_opposed")]);
    assert_eq!(mails(&laboratory), [1, 1, 0]);
    assert_eq!(laboratory.operator.dmp.documents().len(), 1);

    let events = laboratory.app.store().read(|tx| Ok::<_, AppError>(journal::latest(tx, None, 1000)?)).await?;
    let told = events.iter().filter(|it| it.action == "order.expertise" || it.action == "order.care");
    let told: Vec<_> = told.map(|it| (it.action.as_str(), it.actor.as_str())).collect();
    assert_eq!(told, [("order.care", "secretary"), ("order.expertise", "secretary")]);
    laboratory.cut().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_an_expertise_reaches_who_asked_for_it_until_it_is_for_care_after_all() -> Result<()> {
    scenario(Laboratory::start().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expertise_is_kept_on_postgresql_too() -> Result<()> {
    let started = tokio::task::spawn_blocking(|| {
        let mut server = Postgres::start_or_skip()?;
        let url = server.fresh_database();
        Some((server, url))
    });
    let Some((_server, url)) = started.await? else { return Ok(()) };
    scenario(Laboratory::start_over(&url?, Arc::new(Operator::start().await?)).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_left_stays_when_the_dossier_turns_out_to_be_for_an_expertise() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let refusal = Refusal { code: 451, times: u32::MAX, mailbox: Some(COPY_BOX.into()) };
    laboratory.operator.mss.faults().set(FaultPlan { refuse: Some(refusal), ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    let secretary = laboratory.account("secretary").await?;
    for _ in 0..400 {
        if to(&laboratory, version, COPY_BOX).await?.state == Retrying && mails(&laboratory)[2] == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Between two attempts or in the midst of one: said once, it stays once the attempt has failed.
    laboratory.app.set_meant_for(order, MeantFor::Expertise, &secretary).await?;
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(to(&laboratory, version, COPY_BOX).await?.state, Withheld);
    laboratory.operator.mss.faults().set(FaultPlan::default());
    assert_eq!(mails(&laboratory), [1, 0, 1], "what left is not undone, what had not stays");

    // The correction reaches those who have the report, and nobody else.
    let mut lines = Message::chemistry().lines;
    lines[1] = Line { status: 'C', ..Line::number("K", "5.9", "mmol/L") };
    laboratory.receive(&Message { control_id: "M2".into(), lines, ..Message::chemistry() }).await?;
    let second = laboratory.sign(order, Partial::Refused).await?;
    laboratory.ended(second, PATIENCE).await?;
    assert_eq!(mails(&laboratory), [2, 0, 2]);

    // For care after all: the copy gets the version in force, and the one that was tried is not sent any more.
    laboratory.app.set_meant_for(order, MeantFor::Care, &secretary).await?;
    laboratory.ended(second, PATIENCE).await?;
    assert_eq!(mails(&laboratory), [2, 1, 2]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_kept_between_two_attempts_leaves_with_the_bytes_it_was_first_tried_with() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let refusal = Refusal { code: 451, times: u32::MAX, mailbox: Some(COPY_BOX.into()) };
    laboratory.operator.mss.faults().set(FaultPlan { refuse: Some(refusal), ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    let secretary = laboratory.account("secretary").await?;
    for _ in 0..400 {
        if to(&laboratory, version, COPY_BOX).await?.state == Retrying {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    laboratory.app.set_meant_for(order, MeantFor::Expertise, &secretary).await?;
    laboratory.ended(version, PATIENCE).await?;
    let tried = to(&laboratory, version, COPY_BOX).await?;
    let first = tried.content_sha256;
    assert!(tried.state == Withheld && first.is_some(), "it was tried, then kept");
    laboratory.operator.mss.faults().set(FaultPlan::default());
    // The date of the mail has seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    laboratory.app.set_meant_for(order, MeantFor::Care, &secretary).await?;
    laboratory.ended(version, PATIENCE).await?;
    let delivery = to(&laboratory, version, COPY_BOX).await?;
    assert_eq!((delivery.state, delivery.content_sha256), (Received, first));
    Ok(())
}
