//! People and systems answer the mails of reports: each answer finds its dossier, and its reader.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use app::AppError;
use e2e::{Laboratory, Message, RETURN_BOXES};
use lab::{
    delivery::DeliveryState::Received,
    id::{ConversationId, VersionId},
    routing::Act,
};
use mail::{Address, Date, Mailbox, MessageId};
use records::conversations::{self, Conversation, ConversationFilter, Letter};
use sandbox::mss::{Grammar, Reading};
use transport::credentials::Credentials;
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpSettings};

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";

/// Writes to the laboratory as anyone would.
async fn write(laboratory: &Laboratory, id: &str, from: &str, about: Option<&str>, subject: &str) -> Result<()> {
    write_as(laboratory, id, from, about, subject, &[]).await
}

async fn write_as(
    laboratory: &Laboratory,
    id: &str,
    from: &str,
    about: Option<&str>,
    subject: &str,
    extra: &[(&str, &str)],
) -> Result<()> {
    // Where the report says that answers go.
    let to = if from.ends_with("@patient.mssante.fr") { RETURN_BOXES[2] } else { RETURN_BOXES[1] };
    let (sender, recipient) = (Address::parse(from)?, Address::parse(to)?);
    let about = about.map(MessageId::parse).transpose()?;
    let message = mail::Message {
        date: Date { seconds_since_epoch: 1_795_000_000, offset_minutes: 60 },
        message_id: &MessageId::parse(id)?,
        from: Mailbox { display_name: Some("Claire Moreau"), address: &sender },
        to: &[Mailbox::bare(&recipient)],
        reply_to: None,
        subject,
        in_reply_to: about.as_ref(),
        references: about.as_slice(),
        disposition_notification_to: None,
        return_receipt_to: None,
        extra,
        text: "Bonjour, que pensez-vous de ce résultat ?",
        attachments: &[],
        boundary: "x",
    };
    let login = Credentials::Password { login: from.to_owned(), password: String::new() };
    let settings = SmtpSettings { credentials: Some(login), ..laboratory.app.settings().smtp.clone() };
    let envelope = Envelope { from, to, envelope_id: None, notify: Notify::Never };
    let outcome = SmtpClient::new(settings).send(&envelope, &message.encode()?).await;
    ensure!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    Ok(())
}

async fn open(laboratory: &Laboratory) -> Result<Vec<Conversation>> {
    let store = laboratory.app.store();
    Ok(store.read(|tx| Ok::<_, AppError>(conversations::list(tx, ConversationFilter::Open, 100)?)).await?)
}

async fn letters(laboratory: &Laboratory, id: ConversationId) -> Result<Vec<Letter>> {
    Ok(laboratory.app.store().read(move |tx| Ok::<_, AppError>(conversations::letters(tx, id)?)).await?)
}

/// Waits until so many conversations are open.
async fn wait_open(laboratory: &Laboratory, n: usize) -> Result<Vec<Conversation>> {
    for _ in 0..400 {
        let all = open(laboratory).await?;
        if all.len() == n {
            return Ok(all);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{} conversations instead of {n}", open(laboratory).await?.len())
}

/// `Message-ID` of the last mail of a box.
fn last(laboratory: &Laboratory, mailbox: &str) -> mail::Received {
    let mss = &laboratory.operator.mss;
    let id = mss.messages(mailbox, 1000).iter().map(|it| it.id).max().unwrap();
    mail::Received::decode(&mss.message(id).unwrap())
}

async fn reported() -> Result<(Laboratory, VersionId)> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(version, PATIENCE).await?;
    Ok((laboratory, version))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correspondent_and_the_laboratory_write_to_each_other_in_one_conversation() -> Result<()> {
    let (laboratory, version) = reported().await?;
    let report = last(&laboratory, PRESCRIBER_BOX).message_id.context("an identifier")?;
    write(&laboratory, "q1@cabinet", PRESCRIBER_BOX, Some(&report), "Re: résultats").await?;
    let known = wait_open(&laboratory, 1).await?.swap_remove(0);
    assert_eq!((known.order, known.peer.as_str()), (Some(laboratory.dossier().await?.id), PRESCRIBER_BOX));
    assert!(known.name.contains("MOREAU"), "the name of the correspondent: {}", known.name);
    assert!(laboratory.doubts().await?.is_empty());

    let secretary = laboratory.account("secretary").await?;
    let technician = laboratory.account("technician").await?;
    let refused = laboratory.app.answer_conversation(known.id, "Oui.", &technician).await;
    assert!(matches!(refused, Err(AppError::NotAllowed)));
    laboratory.app.answer_conversation(known.id, "Contrôlé ce matin.", &secretary).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(ended.iter().any(|it| it.act == Act::Answer && it.state == Received));
    assert!(open(&laboratory).await?.is_empty(), "answered: it is dealt with");
    let answer = last(&laboratory, PRESCRIBER_BOX);
    assert_eq!(answer.subject, "Re: résultats");
    assert_eq!(answer.refers_to, ["q1@cabinet"]);
    assert!(answer.text.starts_with("Contrôlé ce matin.") && answer.attachments.is_empty(), "{}", answer.text);
    assert!(answer.extra.iter().all(|(name, _)| name != "X-MSS-CODECDA" && name != "X-MSS-INS"));

    // They write again, in answer to the answer: the same conversation, open again.
    let id = answer.message_id.context("an identifier")?;
    write(&laboratory, "q2@cabinet", PRESCRIBER_BOX, Some(&id), "Re: Re: résultats").await?;
    let again = wait_open(&laboratory, 1).await?.swap_remove(0);
    assert_eq!(again.id, known.id);
    assert_eq!(letters(&laboratory, known.id).await?.len(), 3);
    // An absence message joins it and asks for nothing.
    laboratory.app.close_conversation(known.id, &secretary).await?;
    let absent = [("Auto-Submitted", "auto-replied")];
    write_as(&laboratory, "q3@cabinet", PRESCRIBER_BOX, Some(&id), "Absence", &absent).await?;
    for _ in 0..200 {
        if letters(&laboratory, known.id).await?.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(letters(&laboratory, known.id).await?.len(), 4);
    assert!(open(&laboratory).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_says_no_dossier_waits_until_a_person_reads_which() -> Result<()> {
    let (laboratory, _) = reported().await?;
    write(&laboratory, "q9@cabinet", PRESCRIBER_BOX, None, "Une question").await?;
    let known = wait_open(&laboratory, 1).await?.swap_remove(0);
    assert_eq!(known.order, None);
    let secretary = laboratory.account("secretary").await?;
    let refused = laboratory.app.answer_conversation(known.id, "Oui.", &secretary).await;
    assert!(matches!(refused, Err(AppError::Obstacles(_))));
    assert!(laboratory.app.tie_conversation(known.id, "NULLE PART", &secretary).await.is_err());
    laboratory.app.tie_conversation(known.id, &laboratory.dossier().await?.number, &secretary).await?;
    laboratory.app.answer_conversation(known.id, "Oui.", &secretary).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_patient_of_the_dossier_is_answered_in_a_patients_box() -> Result<()> {
    let (laboratory, version) = reported().await?;
    let report = last(&laboratory, PATIENT_BOX).message_id.context("an identifier")?;
    let stranger = "207058575627097@patient.mssante.fr";
    for (n, from) in [PATIENT_BOX, stranger].into_iter().enumerate() {
        write(&laboratory, &format!("p{n}@patient"), from, Some(&report), "Re: mes résultats").await?;
    }
    let secretary = laboratory.account("secretary").await?;
    for conversation in wait_open(&laboratory, 2).await? {
        let answered = laboratory.app.answer_conversation(conversation.id, "Voyez votre médecin.", &secretary).await;
        assert_eq!(answered.is_ok(), conversation.peer == PATIENT_BOX, "{answered:?}");
    }
    laboratory.ended(version, PATIENCE).await?;
    assert_eq!(last(&laboratory, PATIENT_BOX).subject, "Re: mes résultats");
    assert!(laboratory.operator.mss.messages(stranger, 10).is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_could_not_file_a_report_tells_who_must_act() -> Result<()> {
    for (code, expected) in [
        (900, "NOT-FILED-VERSION"),
        (901, "NOT-FILED-VERSION"),
        (902, "NOT-FILED-IDENTITY"),
        (905, "NOT-FILED-IDENTITY"),
        (906, "NOT-FILED"),
    ] {
        for grammar in [Grammar::V1_1_2, Grammar::V1_1_3] {
            let (laboratory, version) = reported().await?;
            let id = laboratory.operator.mss.messages(PRESCRIBER_BOX, 10)[0].id;
            let reading = Reading::NotIntegrated { code, text: "Refusé".into(), grammar };
            assert!(laboratory.operator.mss.read(id, &reading));
            for _ in 0..400 {
                if !laboratory.doubts().await?.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(laboratory.doubts().await?, [expected], "{code} {grammar:?}");
            // It arrived all the same.
            assert!(laboratory.deliveries(version).await?.iter().all(|it| it.state == Received));
        }
    }
    Ok(())
}
