//! A lying, slow or absent peer, and a laboratory cut in the middle: nothing lost, nothing sent twice.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use app::{AppError, delivery::refusal};
use e2e::{Laboratory, Message, Operator, states};
use lab::{
    delivery::DeliveryState::{self, Failed, Received, Retrying},
    id::VersionId,
    routing::Channel,
};
use records::deliveries::{self, Delivery};
use sandbox::{
    dmp::Fault,
    mss::{FaultPlan, FullBox, FullBoxTold, Greylist},
};
use sha2::{Digest, Sha256};

const PATIENCE: Duration = Duration::from_secs(30);
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";

/// Waits until the only delivery of a version that `wanted` chooses is in that state.
async fn reaches(
    laboratory: &Laboratory,
    version: VersionId,
    state: DeliveryState,
    wanted: impl Fn(&Delivery) -> bool,
) -> Result<Delivery> {
    for _ in 0..1500 {
        let found = laboratory.deliveries(version).await?.into_iter().find(|it| wanted(it) && it.state == state);
        if let Some(found) = found {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no such delivery is {}: {:?}", state.code(), states(&laboratory.deliveries(version).await?))
}

fn is_to_prescriber(delivery: &Delivery) -> bool {
    delivery.address.as_ref().is_some_and(|it| it.as_str() == PRESCRIBER_BOX)
}

/// What each answer about a delivery means to people: those to attempts, then those that came back.
async fn meanings(laboratory: &Laboratory, delivery: &Delivery) -> Result<[Vec<Option<&'static str>>; 2]> {
    let id = delivery.id;
    let kept = laboratory.app.store().read(move |tx| {
        let attempts = deliveries::attempts(tx, id)?.into_iter().map(|(.., answer)| refusal(&answer)).collect();
        let answers = deliveries::acknowledgments(tx, id)?.into_iter().map(|(.., detail)| refusal(&detail)).collect();
        Ok::<_, AppError>([attempts, answers])
    });
    Ok(kept.await?)
}

fn mails(operator: &Operator, mailbox: &str) -> usize {
    operator.mss.messages(mailbox, 1000).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_whose_answer_was_lost_is_repeated_and_known_by_the_dmp_as_the_same() -> Result<()> {
    for fault in [Fault::LostAcknowledgment, Fault::DuplicateAnswer] {
        let laboratory = Laboratory::start().await?;
        laboratory.operator.dmp.faults().set(fault, Some(1));
        let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
        let ended = laboratory.ended(version, PATIENCE).await?;
        assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
        assert_eq!(laboratory.operator.dmp.documents().len(), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_acceptance_was_lost_waits_for_its_notification_and_is_not_sent_again() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.mss.faults().set(FaultPlan { lose_acknowledgments: 1, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    assert!(ended.iter().all(|it| it.n_attempts == 1), "a mail of unknown outcome was sent again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_without_acceptance_nor_notification_is_sent_again_as_the_same_bytes_and_message_id() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let plan = FaultPlan { lose_acknowledgments: 1, lose_reports: 1, ..FaultPlan::default() };
    laboratory.operator.mss.faults().set(plan);
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    assert_eq!(ended.iter().filter(|it| it.n_attempts == 2).count(), 1);
    let twice: Vec<_> = laboratory
        .operator
        .mss
        .mailboxes()
        .into_iter()
        .filter(|mailbox| !mailbox.address.starts_with("resultats"))
        .filter_map(|mailbox| {
            let messages = laboratory.operator.mss.messages(&mailbox.address, 10);
            (messages.len() == 2).then_some(messages)
        })
        .collect();
    assert_eq!(twice.len(), 1, "SMTP cannot tell: the operator received it twice");
    let bytes = |at: usize| laboratory.operator.mss.submitted(twice[0][at].id).unwrap();
    assert_eq!(bytes(0), bytes(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_are_down_are_tried_again_until_they_answer() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.dmp.faults().set(Fault::Down, None);
    laboratory.operator.mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    tokio::time::sleep(Duration::from_millis(900)).await;
    let waiting = laboratory.deliveries(version).await?;
    assert!(waiting.iter().all(|it| !it.state.has_ended()), "{:?}", states(&waiting));
    // One mail met the silence of the operator: the others wait for it without an attempt.
    let asked = waiting.iter().filter(|it| it.address.is_some());
    assert!(asked.map(|it| it.n_attempts).sum::<u32>() <= 3, "the operator is asked by a crowd");
    laboratory.operator.dmp.faults().clear();
    laboratory.operator.mss.faults().set(FaultPlan::default());
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_refusal_ends_the_delivery_and_tells_a_person() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let refusal = Fault::Refuse { code: "XDSRegistryMetadataError".into() };
    laboratory.operator.dmp.faults().set(refusal, Some(1));
    laboratory.operator.mss.faults().set(FaultPlan { bounces: 1, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert_eq!(ended.iter().filter(|it| it.state == Failed).count(), 2, "{:?}", states(&ended));
    assert_eq!(laboratory.doubts().await?, ["DELIVERY-FAILED", "DELIVERY-FAILED"]);
    assert_eq!(laboratory.app.watch_once().await?, 2, "the watch raises each failure once");
    assert_eq!(laboratory.app.watch_once().await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_that_comes_twice_changes_nothing() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.mss.faults().set(FaultPlan { duplicate_reports: 3, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    assert!(laboratory.ended(version, PATIENCE).await?.iter().all(|it| it.state == Received));
    assert!(laboratory.doubts().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laboratory_cut_while_it_sends_finds_its_deliveries_again_and_the_dmp_holds_each_report_once() -> Result<()> {
    let operator = Arc::new(Operator::start().await?);
    let folder = std::env::temp_dir().join(format!("paillasse-cut-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite:{}", folder.join("paillasse.db").display());
    const N: usize = 12;
    let mut laboratory = Laboratory::start_over(&url, Arc::clone(&operator)).await?;
    for n in 0..N {
        let message = Message {
            sender: "SGL-C",
            validator: Some("01234567101"),
            control_id: format!("C{n}"),
            number: format!("N{n}"),
            ..Message::chemistry()
        };
        operator.dmp.open_dmp("279035121518989");
        let answer = laboratory.send(&message.encode()).await?;
        assert!(answer.contains("MSA|AA"), "{answer}");
        // The power fails again and again, at moments that differ.
        if n % 3 == 2 {
            tokio::time::sleep(Duration::from_millis(30 * n as u64)).await;
            laboratory.cut().await;
            laboratory = Laboratory::start_over(&url, Arc::clone(&operator)).await?;
        }
    }
    for _ in 0..600 {
        let dossiers = laboratory.dossiers().await?;
        let mut n_whole = 0;
        for dossier in &dossiers {
            let versions = laboratory.versions(dossier.id).await?;
            assert!(versions.len() <= 1, "a report was signed twice");
            if let Some(version) = versions.first() {
                let all = laboratory.deliveries(version.id).await?;
                n_whole += usize::from(!all.is_empty() && all.iter().all(|it| it.state == Received));
            }
        }
        if n_whole == N {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(laboratory.dossiers().await?.len(), N, "an acknowledged message was lost");
    assert_eq!(operator.dmp.documents().len(), N, "the DMP holds each report once");
    assert!(mails(&operator, PRESCRIBER_BOX) >= N, "a mail was lost");
    let messages = operator.mss.messages(PRESCRIBER_BOX, 1000);
    let distinct: std::collections::HashSet<_> = messages.iter().map(|it| it.message_id.clone()).collect();
    assert_eq!(distinct.len(), N, "a report left under two identities");
    laboratory.cut().await;
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greylisted_mail_arrives_when_tried_again_as_the_same_bytes_and_message_id() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mailbox = Some(PRESCRIBER_BOX.to_owned());
    let greylist = Some(Greylist { delay_ms: 1_500, code: 451, mailbox });
    laboratory.operator.mss.faults().set(FaultPlan { greylist, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    // Put off, nobody else is: the hash of what will arrive is known before it does.
    let put_off = reaches(&laboratory, version, Retrying, is_to_prescriber).await?;
    let first = put_off.content_sha256.clone().unwrap();
    assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 0);
    assert_eq!(meanings(&laboratory, &put_off).await?[0].first(), Some(&Some("put_off")));
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
    let arrived = ended.iter().find(|it| is_to_prescriber(it)).unwrap();
    assert!(arrived.n_attempts >= 2, "{}", arrived.n_attempts);
    assert!(ended.iter().filter(|it| !is_to_prescriber(it)).all(|it| it.n_attempts == 1), "nobody else waits");
    let stored = laboratory.operator.mss.messages(PRESCRIBER_BOX, 10);
    assert_eq!(stored.len(), 1);
    let bytes = laboratory.operator.mss.submitted(stored[0].id).unwrap();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, first);
    let message_id = stored[0].message_id.as_deref().unwrap();
    assert!(message_id.starts_with(&format!("{}@", put_off.exchange)), "{message_id}");
    assert!(laboratory.doubts().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_box_ends_the_delivery_with_its_reason_however_the_operator_tells_it() -> Result<()> {
    let for_good = [
        FullBoxTold::Recipient { code: 552 },
        FullBoxTold::Content { code: 552 },
        FullBoxTold::Report { after_ms: 300 },
    ];
    for told in for_good {
        let laboratory = Laboratory::start().await?;
        let full = Some(FullBox { told, times: 9, mailbox: Some(PRESCRIBER_BOX.to_owned()) });
        laboratory.operator.mss.faults().set(FaultPlan { full, ..FaultPlan::default() });
        let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
        let ended = laboratory.ended(version, PATIENCE).await?;
        for delivery in &ended {
            let expected = if is_to_prescriber(delivery) { Failed } else { Received };
            assert_eq!(delivery.state, expected, "{told:?}");
            assert_eq!(delivery.n_attempts, 1, "{told:?}");
        }
        let failed = ended.iter().find(|it| is_to_prescriber(it)).unwrap();
        let [attempts, answers] = meanings(&laboratory, failed).await?;
        if let FullBoxTold::Report { .. } = told {
            assert_eq!((attempts, answers), (vec![None], vec![Some("full_box")]), "{told:?}");
        } else {
            assert_eq!((attempts, answers), (vec![Some("full_box")], vec![]), "{told:?}");
        }
        assert_eq!(laboratory.doubts().await?, ["DELIVERY-FAILED"]);
        assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_full_for_a_while_gets_the_mail_once_it_has_room() -> Result<()> {
    for told in [FullBoxTold::Recipient { code: 452 }, FullBoxTold::Content { code: 452 }] {
        let laboratory = Laboratory::start().await?;
        let full = Some(FullBox { told, times: 2, mailbox: Some(PRESCRIBER_BOX.to_owned()) });
        laboratory.operator.mss.faults().set(FaultPlan { full, ..FaultPlan::default() });
        let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
        let ended = laboratory.ended(version, PATIENCE).await?;
        assert!(ended.iter().all(|it| it.state == Received), "{:?}", states(&ended));
        let arrived = ended.iter().find(|it| is_to_prescriber(it)).unwrap();
        let [attempts, _] = meanings(&laboratory, arrived).await?;
        assert_eq!(attempts, [Some("full_box"), Some("full_box"), None]);
        assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_is_too_slow_or_broken_is_tried_again_and_holds_up_neither_deposits_nor_results() -> Result<()> {
    let plans = [
        FaultPlan { slow_tls_ms: 60_000, ..FaultPlan::default() },
        FaultPlan { cut_tls: u32::MAX, ..FaultPlan::default() },
        FaultPlan { garble_tls: u32::MAX, ..FaultPlan::default() },
    ];
    for plan in plans {
        let limit = Duration::from_millis(700);
        let laboratory = Laboratory::start_changed(|settings| {
            settings.smtp.connect_timeout = limit;
            settings.return_boxes.iter_mut().for_each(|it| it.imap.connect_timeout = limit);
        })
        .await?;
        laboratory.operator.mss.faults().set(plan.clone());
        let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
        reaches(&laboratory, version, Received, |it| it.channel == Channel::Dmp).await?;
        // The first mail has met it, and results still come in and are deposited.
        reaches(&laboratory, version, Retrying, |it| it.channel != Channel::Dmp).await?;
        laboratory.receive(&Message { control_id: "M2".into(), number: "N2".into(), ..Message::chemistry() }).await?;
        let second = laboratory.dossiers().await?.into_iter().find(|it| it.number == "N2").unwrap().id;
        let second = laboratory.sign(second, app::report::Partial::Refused).await?;
        reaches(&laboratory, second, Received, |it| it.channel == Channel::Dmp).await?;
        for version in [version, second] {
            let waiting = laboratory.deliveries(version).await?;
            let mails = waiting.iter().filter(|it| it.channel != Channel::Dmp);
            assert!(mails.clone().all(|it| !it.state.has_ended()), "{plan:?}: {:?}", states(&waiting));
        }
        assert_eq!(laboratory.operator.mss.statistics().n_accepted, 0, "{plan:?}");
        laboratory.operator.mss.faults().clear();
        for version in [version, second] {
            let ended = laboratory.ended(version, PATIENCE).await?;
            assert!(ended.iter().all(|it| it.state == Received), "{plan:?}: {:?}", states(&ended));
        }
        assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 2, "{plan:?}: each report once");
        assert!(laboratory.doubts().await?.is_empty(), "{plan:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_is_only_slow_delays_a_mail_and_repeats_none() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory.operator.mss.faults().set(FaultPlan { slow_tls_ms: 800, ..FaultPlan::default() });
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().all(|it| it.state == Received && it.n_attempts == 1), "{:?}", states(&ended));
    assert_eq!(mails(&laboratory.operator, PRESCRIBER_BOX), 1);
    Ok(())
}
