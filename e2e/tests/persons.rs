//! Boxes of persons at real mail servers: read while there is a token, and what their persons answer leaves from them.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use app::{AppError, mailboxes::Opened, settings::ReturnBox};
use e2e::{
    COLLECTOR_BOX, LABORATORY_BOX, Laboratory, Message,
    debian::{Debian, Door, Who},
};
use lab::{delivery::DeliveryState::Received, person::MssanteAddress, routing::Act};
use records::conversations::{self, Conversation, ConversationFilter};
use transport::{
    credentials::Token,
    smtp::{Envelope, Notify, Outcome, SmtpClient},
};

const PATIENCE: Duration = Duration::from_secs(30);
const ORGANIZATION_BOX: &str = "secretariat@labo.mssante.fr";
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

/// A laboratory with its own box, and one that a person's token opens.
async fn start(debian: &Debian, address: &MssanteAddress) -> Result<Laboratory> {
    let (smtp, imap) = debian.for_person(ORGANIZATION_BOX, &Token::default())?;
    let (own_smtp, own_imap) = (debian.smtp_settings(Door::Right, Some(Who::Laboratory))?, debian.imap_settings()?);
    Laboratory::start_changed(|settings| {
        settings.smtp = own_smtp;
        settings.return_boxes.truncate(1);
        settings.return_boxes[0].imap = own_imap;
        settings.return_boxes.push(ReturnBox { address: address.clone(), imap, smtp: Some(smtp) });
    })
    .await
}

/// Someone writes to the box of persons, in answer to a mail or not.
async fn write(debian: &Debian, n: usize, from: &str, about: Option<&str>) -> Result<()> {
    let about = about.map(|id| format!("In-Reply-To: <{id}>\r\n")).unwrap_or_default();
    let text = format!(
        "From: {from}\r\nTo: {ORGANIZATION_BOX}\r\nSubject: Question {n}\r\nMessage-ID: <q{n}@x>\r\n{about}\r\nBonjour.\r\n"
    );
    let client = SmtpClient::new(debian.smtp_settings(Door::Right, Some(Who::Laboratory))?);
    let envelope = Envelope { from: LABORATORY_BOX, to: ORGANIZATION_BOX, envelope_id: None, notify: Notify::Never };
    let outcome = client.send(&envelope, text.as_bytes()).await;
    ensure!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}\n{}", debian.logs());
    Ok(())
}

async fn open(laboratory: &Laboratory) -> Result<Vec<Conversation>> {
    let store = laboratory.app.store();
    Ok(store.read(|tx| Ok::<_, AppError>(conversations::list(tx, ConversationFilter::Open, 100)?)).await?)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let end = std::time::Instant::now() + PATIENCE;
    while !is_so().await? {
        ensure!(std::time::Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_persons_is_read_while_there_is_a_token_and_opened_again_without_the_person() -> Result<()> {
    let Some(debian) = Debian::start(&[LABORATORY_BOX, ORGANIZATION_BOX])? else { return Ok(()) };
    let address = MssanteAddress::parse(ORGANIZATION_BOX).unwrap();
    let laboratory = start(&debian, &address).await?;
    let (app, secretary) = (&laboratory.app, laboratory.account("secretary").await?);
    let state = || app.mailboxes().into_iter().find(|it| it.address == address).map(|it| it.opened);
    let writer = |n: usize| format!("medecin{n}@medecin.test.mssante.fr");

    // Nobody is signed in: the box waits, and the others do not.
    write(&debian, 1, &writer(1), None).await?;
    debian.wait_for(ORGANIZATION_BOX, 1, PATIENCE)?;
    assert_eq!(state(), Some(Opened::WithoutToken));
    assert_eq!(app.try_mailbox(&address).await?.imap, Err("no_token"));
    assert!(open(&laboratory).await?.is_empty());

    // A token comes: what waited is read at once, and sending works too.
    app.grant_token(&address, &debian.token(ORGANIZATION_BOX, 300)?, 5, &secretary).await?;
    until("the first letter", async || Ok(open(&laboratory).await?.len() == 1)).await?;
    assert!(matches!(state(), Some(Opened::Since(_))));
    let trial = app.try_mailbox(&address).await?;
    assert_eq!((trial.imap, trial.smtp), (Ok(()), Some(Ok(()))), "{}", debian.logs());

    // The operator closes the session: it is opened again without the person (CONF.11).
    debian.kill_imap()?;
    debian.restart_imap()?;
    write(&debian, 2, &writer(2), None).await?;
    until("the second letter", async || Ok(open(&laboratory).await?.len() == 2)).await?;

    // The person signs out: the box is closed, and what comes then waits (CONF.10).
    app.withdraw_token(&address, &secretary).await?;
    write(&debian, 3, &writer(3), None).await?;
    debian.wait_for(ORGANIZATION_BOX, 3, PATIENCE)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(open(&laboratory).await?.len(), 2);
    assert_eq!(state(), Some(Opened::WithoutToken));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_leaves_from_the_box_that_was_written_to_and_waits_for_its_token() -> Result<()> {
    let boxes = [LABORATORY_BOX, ORGANIZATION_BOX, PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX, COLLECTOR_BOX];
    let Some(debian) = Debian::start(&boxes)? else { return Ok(()) };
    let address = MssanteAddress::parse(ORGANIZATION_BOX).unwrap();
    let laboratory = start(&debian, &address).await?;
    let (app, secretary) = (&laboratory.app, laboratory.account("secretary").await?);
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    laboratory.ended(version, PATIENCE).await?;
    let report = mail::Received::decode(&debian.messages(PRESCRIBER_BOX)?[0]).message_id.context("an identifier")?;
    let token = || debian.token(ORGANIZATION_BOX, 300);
    let answers = async || -> Result<Vec<_>> {
        let all = laboratory.deliveries(version).await?;
        Ok(all.into_iter().filter(|it| it.act == Act::Answer).collect())
    };

    app.grant_token(&address, &token()?, 5, &secretary).await?;
    write(&debian, 1, PRESCRIBER_BOX, Some(&report)).await?;
    until("the question", async || Ok(open(&laboratory).await?.len() == 1)).await?;
    let conversation = open(&laboratory).await?.swap_remove(0);
    app.answer_conversation(conversation.id, "Contrôlé ce matin.", &secretary).await?;
    let ended = async || Ok(answers().await?.iter().all(|it| it.state == Received));
    until("the first answer is received", ended).await?;
    let answer = debian.wait_for(PRESCRIBER_BOX, 2, PATIENCE)?;
    let received = mail::Received::decode(answer.last().context("an answer")?);
    assert_eq!(received.from.as_ref().map(|it| it.address.as_str()), Some(ORGANIZATION_BOX));
    assert_eq!(received.refers_to, ["q1@x"]);

    // Written while nothing answers, then the person signs out: it waits for a token, and leaves from the same box.
    debian.kill_smtp()?;
    app.answer_conversation(conversation.id, "Et recontrôlé ce soir.", &secretary).await?;
    app.withdraw_token(&address, &secretary).await?;
    debian.restart_smtp()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(debian.messages(PRESCRIBER_BOX)?.len(), 2);
    app.grant_token(&address, &token()?, 5, &secretary).await?;
    let answer = debian.wait_for(PRESCRIBER_BOX, 3, PATIENCE)?;
    let received = mail::Received::decode(answer.last().context("an answer")?);
    assert_eq!(received.from.as_ref().map(|it| it.address.as_str()), Some(ORGANIZATION_BOX));
    assert!(received.text.starts_with("Et recontrôlé"), "{}", received.text);
    until("the second answer is received", ended).await?;

    // Without a token when it is written, an answer leaves from the applicative box, as before.
    app.withdraw_token(&address, &secretary).await?;
    app.answer_conversation(conversation.id, "Sans jeton.", &secretary).await?;
    let answer = debian.wait_for(PRESCRIBER_BOX, 4, PATIENCE)?;
    let received = mail::Received::decode(answer.last().context("an answer")?);
    assert_eq!(received.from.as_ref().map(|it| it.address.as_str()), Some(LABORATORY_BOX));
    assert!(laboratory.doubts().await?.is_empty(), "{:?}", laboratory.doubts().await?);
    Ok(())
}
