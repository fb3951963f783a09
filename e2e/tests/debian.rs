//! Real mail servers: what leaves through Postfix, what Dovecot gives back, and whom neither side speaks to.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{
    COLLECTOR_BOX, LABORATORY_BOX, Laboratory, Message,
    debian::{Debian, Door, Who},
    states,
};
use lab::delivery::DeliveryState::{Failed, Received};
use transport::credentials::Token;
use transport::imap::{Cursor, ImapBox, ImapError};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, Stage};

const PATIENCE: Duration = Duration::from_secs(30);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

fn envelope(to: &str) -> Envelope<'_> {
    Envelope { from: LABORATORY_BOX, to, envelope_id: Some("essai-1"), notify: Notify::Everything }
}

async fn sent(debian: &Debian, door: Door, who: Option<Who>, to: &str, message: &[u8]) -> Result<Outcome> {
    let client = SmtpClient::new(debian.smtp_settings(door, who)?);
    Ok(client.send(&envelope(to), message).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_through_postfix_and_its_receipts_come_back_from_dovecot() -> Result<()> {
    let boxes = [LABORATORY_BOX, PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX, COLLECTOR_BOX];
    let Some(debian) = Debian::start(&boxes)? else { return Ok(()) };
    let laboratory = Laboratory::start_at(&debian).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    ensure!(states(&ended).iter().all(|(_, state)| *state == Received), "{:?}\n{}", states(&ended), debian.logs());
    for mailbox in [PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX] {
        let found = debian.messages(mailbox)?;
        assert_eq!(found.len(), 1, "{mailbox}");
        let received = mail::Received::decode(&found[0]);
        assert_eq!(received.attachments.len(), 2, "{mailbox}: an archive and a PDF");
    }
    // One notification per mail, each tied to its delivery: none is left to a person.
    assert_eq!(debian.messages(LABORATORY_BOX)?.len(), 3);
    assert!(laboratory.doubts().await?.is_empty(), "{:?}", laboratory.doubts().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_box_ends_its_delivery_and_the_others_leave() -> Result<()> {
    let Some(debian) = Debian::start(&[LABORATORY_BOX, PATIENT_BOX, PRESCRIBER_BOX])? else { return Ok(()) };
    let laboratory = Laboratory::start_at(&debian).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let failed: Vec<_> = ended.iter().filter(|it| it.state == Failed).filter_map(|it| it.address.as_ref()).collect();
    assert_eq!(failed.iter().map(|it| it.as_str()).collect::<Vec<_>>(), [COPY_BOX], "{}", debian.logs());
    assert_eq!(states(&ended).iter().filter(|(_, state)| *state == Received).count(), 3);
    assert!(laboratory.doubts().await?.iter().any(|it| it.starts_with("DELIVERY-")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_takes_mail_from_a_valid_certificate_only() -> Result<()> {
    let Some(debian) = Debian::start(&[LABORATORY_BOX, PRESCRIBER_BOX])? else { return Ok(()) };
    let message = b"Subject: essai\r\n\r\nTexte.\r\n";
    for who in [None, Some(Who::Foreign), Some(Who::Revoked)] {
        let outcome = sent(&debian, Door::Right, who, PRESCRIBER_BOX, message).await?;
        ensure!(
            matches!(outcome, Outcome::NotSent(_) | Outcome::Refused { stage: Stage::Hello | Stage::Recipient, .. }),
            "{who:?}: {outcome:?}\n{}",
            debian.logs()
        );
    }
    assert!(debian.messages(PRESCRIBER_BOX)?.is_empty());
    let outcome = sent(&debian, Door::Right, Some(Who::Laboratory), PRESCRIBER_BOX, message).await?;
    ensure!(matches!(outcome, Outcome::Accepted { reports_expected: true, .. }), "{outcome:?}\n{}", debian.logs());
    debian.wait_for(PRESCRIBER_BOX, 1, PATIENCE)?;
    let report = debian.wait_for(LABORATORY_BOX, 1, PATIENCE)?;
    let report = String::from_utf8_lossy(&report[0]).into_owned();
    assert!(report.contains("Original-Envelope-Id: essai-1") && report.contains("Action: delivered"), "{report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_persons_opens_with_a_token_of_its_own_that_is_in_force() -> Result<()> {
    const ORGANIZATION_BOX: &str = "secretariat@labo.mssante.fr";
    let Some(debian) = Debian::start(&[LABORATORY_BOX, ORGANIZATION_BOX, PRESCRIBER_BOX])? else { return Ok(()) };
    let envelope = Envelope { from: ORGANIZATION_BOX, ..envelope(PRESCRIBER_BOX) };
    let message = b"Subject: essai\r\n\r\nTexte.\r\n";
    let wrong =
        [debian.token(ORGANIZATION_BOX, -60)?, debian.token(PRESCRIBER_BOX, 60)?, "eyJhbGciOiJub25lIn0.e30.".into()];
    for text in wrong {
        let token = Token::default();
        token.grant(&text, Duration::from_secs(60))?;
        let (smtp, imap) = debian.for_person(ORGANIZATION_BOX, &token)?;
        let outcome = SmtpClient::new(smtp).send(&envelope, message).await;
        let is_refused = matches!(outcome, Outcome::Refused { stage: Stage::Authentication, .. });
        ensure!(is_refused, "{text}: {outcome:?}\n{}", debian.logs());
        let error = ImapBox::connect(imap).await.err();
        let is_refused = matches!(error, Some(ImapError::Refused { stage: "authentication" }));
        ensure!(is_refused, "{text}: {error:?}\n{}", debian.logs());
    }
    assert!(debian.messages(PRESCRIBER_BOX)?.is_empty());
    let token = Token::default();
    token.grant(&debian.token(ORGANIZATION_BOX, 60)?, Duration::from_secs(60))?;
    let (smtp, imap) = debian.for_person(ORGANIZATION_BOX, &token)?;
    let outcome = SmtpClient::new(smtp).send(&envelope, message).await;
    ensure!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}\n{}", debian.logs());
    debian.wait_for(PRESCRIBER_BOX, 1, PATIENCE)?;
    debian.wait_for(ORGANIZATION_BOX, 1, PATIENCE)?;
    let mut opened = ImapBox::connect(imap).await.map_err(|error| anyhow::anyhow!("{error}\n{}", debian.logs()))?;
    let polled = opened.poll(Cursor::default()).await?;
    ensure!(String::from_utf8_lossy(&polled.messages[0].1).contains("Original-Envelope-Id: essai-1"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_as_the_referentiel_wants_it_is_not_spoken_to() -> Result<()> {
    let Some(debian) = Debian::start(&[LABORATORY_BOX, PRESCRIBER_BOX])? else { return Ok(()) };
    for door in Door::WRONG {
        let outcome = sent(&debian, door, Some(Who::Laboratory), PRESCRIBER_BOX, b"Subject: essai\r\n\r\n").await?;
        ensure!(matches!(outcome, Outcome::NotSent(_)), "{door:?}: {outcome:?}\n{}", debian.logs());
    }
    assert!(debian.messages(PRESCRIBER_BOX)?.is_empty());
    for (n, door) in Door::RIGHT.into_iter().enumerate() {
        let outcome = sent(&debian, door, Some(Who::Laboratory), PRESCRIBER_BOX, b"Subject: essai\r\n\r\n").await?;
        ensure!(matches!(outcome, Outcome::Accepted { .. }), "{door:?}: {outcome:?}\n{}", debian.logs());
        debian.wait_for(PRESCRIBER_BOX, n + 1, PATIENCE)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_beyond_the_size_of_the_operator_ends_its_delivery_at_once() -> Result<()> {
    let Some(debian) = Debian::start_taking(&[LABORATORY_BOX, PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX], 20_000)? else {
        return Ok(());
    };
    let laboratory = Laboratory::start_at(&debian).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let mails: Vec<_> = ended.iter().filter(|it| it.address.is_some()).collect();
    ensure!(
        mails.len() == 3 && mails.iter().all(|it| it.state == Failed && it.n_attempts == 1),
        "{:?}",
        states(&ended)
    );
    assert!(debian.messages(PRESCRIBER_BOX)?.is_empty());
    Ok(())
}
