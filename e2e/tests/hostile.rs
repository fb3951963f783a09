//! What others may send to harm: fields that would become headers, forged answers, bombs in the return box.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{LABORATORY_BOX, Laboratory, Message, states};
use lab::delivery::DeliveryState::{self, Read, Received};
use records::{deliveries::Delivery, messages};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient};

const PATIENCE: Duration = Duration::from_secs(30);
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

/// Puts a message into the return box, as anyone of the espace de confiance can.
async fn put(laboratory: &Laboratory, message: &[u8]) -> Result<()> {
    let client = SmtpClient::new(laboratory.operator.settings()?.smtp);
    let envelope =
        Envelope { from: "x@pirate.mssante.fr", to: LABORATORY_BOX, envelope_id: None, notify: Notify::Never };
    let outcome = client.send(&envelope, message).await;
    ensure!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    Ok(())
}

/// Waits until the return box has been read that far.
async fn kept(laboratory: &Laboratory, n: usize) -> Result<()> {
    for _ in 0..600 {
        let all = laboratory.app.store().read(|tx| Ok::<_, app::AppError>(messages::latest(tx, 1000)?)).await?;
        if all.iter().filter(|it| it.transport == "imap").count() >= n {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{n} messages are not kept")
}

fn mdn(from: &str, message_id: &str, final_recipient: &str) -> Vec<u8> {
    format!(
        "From: <{from}>\r\nTo: <{LABORATORY_BOX}>\r\nMessage-ID: <{}@pirate.mssante.fr>\r\nSubject: Lu\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nLu.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n\
         Final-Recipient: rfc822; {final_recipient}\r\nOriginal-Message-ID: <{message_id}>\r\n\
         Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n",
        uuid::Uuid::now_v7()
    )
    .into_bytes()
}

fn dsn(envelope_id: &str, recipient: &str, action: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@pirate.mssante.fr\r\nTo: <{LABORATORY_BOX}>\r\nMessage-ID: <{}@pirate.mssante.fr>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: {envelope_id}\r\n\r\n\
         Original-Recipient: rfc822;{recipient}\r\nFinal-Recipient: rfc822;{recipient}\r\nAction: {action}\r\n\
         Status: 5.1.1\r\n\r\n--b--\r\n",
        uuid::Uuid::now_v7()
    )
    .into_bytes()
}

fn to<'a>(all: &'a [Delivery], address: &str) -> &'a Delivery {
    all.iter().find(|it| it.address.as_ref().is_some_and(|known| known.as_str() == address)).unwrap()
}

fn message_id(delivery: &Delivery) -> String {
    format!("{}@labo.mssante.fr", delivery.exchange)
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_answers_change_nothing_and_a_person_is_told() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let (prescriber, copy) = (to(&ended, PRESCRIBER_BOX), to(&ended, COPY_BOX));
    let never = "2.25.1@labo.mssante.fr";
    let elsewhere = format!("{}@pirate.mssante.fr", prescriber.exchange);
    for (message, expected) in [
        // Anyone who had the mail knows its Message-ID, and may name the box of another.
        (mdn("x@pirate.mssante.fr", &message_id(prescriber), PRESCRIBER_BOX), "ACKNOWLEDGMENT-DOUBTED"),
        (mdn(COPY_BOX, &message_id(prescriber), COPY_BOX), "ACKNOWLEDGMENT-DOUBTED"),
        (dsn(&prescriber.id.to_string(), COPY_BOX, "failed"), "ACKNOWLEDGMENT-DOUBTED"),
        (dsn(&copy.id.to_string(), "x@pirate.mssante.fr", "delivered"), "ACKNOWLEDGMENT-DOUBTED"),
        // Never sent.
        (mdn(PRESCRIBER_BOX, never, PRESCRIBER_BOX), "ACKNOWLEDGMENT-UNTIED"),
        (mdn(PRESCRIBER_BOX, &elsewhere, PRESCRIBER_BOX), "ACKNOWLEDGMENT-UNTIED"),
        (dsn("0192aaaa-0000-7000-8000-000000000000", PRESCRIBER_BOX, "failed"), "ACKNOWLEDGMENT-UNTIED"),
    ] {
        let (before, n) = (laboratory.doubts().await?, n_kept(&laboratory).await?);
        put(&laboratory, &message).await?;
        kept(&laboratory, n + 1).await?;
        let after = laboratory.doubts().await?;
        let is_told = after.iter().any(|it| it == expected) && after.len() >= before.len();
        assert!(is_told, "{expected}: {after:?}\n{}", String::from_utf8_lossy(&message));
        let now = laboratory.deliveries(version).await?;
        assert!(now.iter().all(|it| it.state == Received), "{:?}\n{}", states(&now), String::from_utf8_lossy(&message));
    }
    // The recipient's own word is believed, whatever was forged before.
    put(&laboratory, &mdn(PRESCRIBER_BOX, &message_id(prescriber), PRESCRIBER_BOX)).await?;
    state_of(&laboratory, version, PRESCRIBER_BOX, Read).await
}

async fn n_kept(laboratory: &Laboratory) -> Result<usize> {
    let all = laboratory.app.store().read(|tx| Ok::<_, app::AppError>(messages::latest(tx, 1000)?)).await?;
    Ok(all.iter().filter(|it| it.transport == "imap").count())
}

async fn state_of(
    laboratory: &Laboratory,
    version: lab::id::VersionId,
    address: &str,
    state: DeliveryState,
) -> Result<()> {
    for _ in 0..200 {
        if to(&laboratory.deliveries(version).await?, address).state == state {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{address} is not {state:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_in_the_return_box_are_kept_and_the_next_answer_is_read() -> Result<()> {
    let bound = 12 << 20;
    let laboratory =
        Laboratory::start_changed(|settings| settings.return_boxes[0].imap.max_message_bytes = bound).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let mut deep = String::from("From: x@pirate.mssante.fr\r\n");
    for n in 0..5000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));
    }
    let wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned() + &"--b\r\n\r\nx\r\n".repeat(50_000);
    let long = format!("From: x@pirate.mssante.fr\r\nSubject: {}\r\n\r\nx\r\n", "a ".repeat(5 << 20));
    let control =
        "From: x@pirate.mssante.fr\r\nMessage-ID: <\u{0}\u{1b}@x>\r\nSubject: \u{0}\r\n\r\n\u{0}\r\n".to_owned();
    let nothing = "\r\n".to_owned();
    let bombs = [deep, wide, long, control, nothing];
    let n = n_kept(&laboratory).await?;
    for bomb in &bombs {
        put(&laboratory, bomb.as_bytes()).await?;
    }
    put(&laboratory, &[b"x".repeat(998), b"\r\n".to_vec()].concat().repeat(bound / 1000 + 10)).await?;
    kept(&laboratory, n + bombs.len()).await?;
    put(&laboratory, &mdn(PRESCRIBER_BOX, &message_id(to(&ended, PRESCRIBER_BOX)), PRESCRIBER_BOX)).await?;
    state_of(&laboratory, version, PRESCRIBER_BOX, Read).await?;
    assert!(laboratory.doubts().await?.iter().any(|it| it == "RETURN-BOX-OVERSIZED"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_a_message_becomes_a_header_or_a_second_command() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let injected = r"\X0D0A\Bcc: pirate@ailleurs.fr\X0D0A\\X0D0A\corps";
    let mut message = Message::chemistry();
    message.patient.name = (format!("PAT{injected}"), format!("DOMINIQUE{injected}"));
    message.number = format!("N1{injected}");
    let bytes = String::from_utf8(message.encode())?
        .replace("MOREAU^Claire", &format!("MOREAU{injected}^Claire{injected}"))
        .replace("Bilan", &format!("Bilan{injected}"));
    let answer = laboratory.send(bytes.as_bytes()).await?;
    assert!(answer.contains("MSA|A"), "{answer}");
    laboratory.processed().await?;
    let dossiers = laboratory.dossiers().await?;
    let version = laboratory.sign(dossiers[0].id, app::report::Partial::Refused).await?;
    laboratory.ended(version, PATIENCE).await?;
    let mss = &laboratory.operator.mss;
    let boxes: Vec<String> = mss.mailboxes().into_iter().map(|it| it.address).collect();
    assert!(boxes.iter().all(|it| !it.contains("pirate")), "{boxes:?}");
    let mut n_read = 0;
    for address in boxes.iter().filter(|it| it.as_str() != LABORATORY_BOX) {
        for found in mss.messages(address, 100) {
            let bytes = mss.submitted(found.id).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let head = text.split("\r\n\r\n").next().unwrap();
            let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let known = |line: &str| {
                let name = line.split(':').next().unwrap_or_default();
                !name.eq_ignore_ascii_case("Bcc") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            };
            assert!(names.into_iter().all(known), "{head}");
            n_read += 1;
        }
    }
    assert!(n_read > 0, "nothing left");
    Ok(())
}
