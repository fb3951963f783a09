//! A laboratory changes the text of its mails: the next ones say it, those that left once are repeated as they were.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use app::{AppError, report::Partial};
use e2e::{Laboratory, Message, Operator};
use lab::{delivery::DeliveryState, id::VersionId};
use mail::Received;
use mssante::Occasion;
use records::{deliveries::Delivery, journal};
use sandbox::mss::{FaultPlan, Refusal};
use store::testing::Postgres;

const PATIENCE: Duration = Duration::from_secs(20);
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";
const OWN: (&str, &str) = ("Cher confrère,\n\nLe dossier {number} est prêt.", "Bien à vous.");

fn to_professional() -> Occasion {
    Occasion::from_code("professional.new").unwrap()
}

async fn sign(laboratory: &Laboratory, n: usize) -> Result<VersionId> {
    let number = format!("N{n}");
    let message = Message { control_id: format!("M{n}"), number: number.clone(), ..Message::chemistry() };
    laboratory.receive(&message).await?;
    let order = laboratory.dossiers().await?.into_iter().find(|it| it.number == number).unwrap().id;
    laboratory.sign(order, Partial::Refused).await
}

async fn to(laboratory: &Laboratory, version: VersionId, mailbox: &str) -> Result<Delivery> {
    let all = laboratory.deliveries(version).await?;
    Ok(all.into_iter().find(|it| it.address.as_ref().is_some_and(|it| it.as_str() == mailbox)).unwrap())
}

/// Signs while the box of the prescriber puts everything off; ends once an attempt has handed bytes over.
async fn sign_put_off(laboratory: &Laboratory, n: usize) -> Result<VersionId> {
    let refusal = Refusal { code: 451, times: u32::MAX, mailbox: Some(PRESCRIBER_BOX.into()) };
    laboratory.operator.mss.faults().set(FaultPlan { refuse: Some(refusal), ..FaultPlan::default() });
    let version = sign(laboratory, n).await?;
    for _ in 0..400 {
        let delivery = to(laboratory, version, PRESCRIBER_BOX).await?;
        if delivery.state == DeliveryState::Retrying && delivery.content_sha256.is_some() {
            return Ok(version);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no attempt was put off")
}

fn last_text(laboratory: &Laboratory, mailbox: &str) -> String {
    let mss = &laboratory.operator.mss;
    let id = mss.messages(mailbox, 1000).iter().map(|it| it.id).max().unwrap();
    Received::decode(&mss.message(id).unwrap()).text
}

async fn scenario(laboratory: Laboratory) -> Result<()> {
    let administrator = laboratory.account("administrator").await?;
    for login in ["technician", "secretary"] {
        let account = laboratory.account(login).await?;
        let refused = laboratory.app.save_mail_template(to_professional(), Some(OWN), &account).await;
        assert!(matches!(refused, Err(AppError::NotAllowed)), "{login}");
    }
    let unknown = laboratory.app.save_mail_template(to_professional(), Some(("{result}", "")), &administrator).await;
    assert!(matches!(unknown, Err(AppError::Obstacles(found)) if found[0].code == "TEMPLATE-MARK"));

    // Attempted with the original text, repeated with it.
    let first = sign_put_off(&laboratory, 1).await?;
    laboratory.app.save_mail_template(to_professional(), Some(OWN), &administrator).await?;
    laboratory.operator.mss.faults().set(FaultPlan::default());
    laboratory.ended(first, PATIENCE).await?;
    let repeated = to(&laboratory, first, PRESCRIBER_BOX).await?;
    ensure!(repeated.state == DeliveryState::Received && repeated.n_attempts > 1, "{:?}", repeated.state);
    assert_eq!(repeated.template, Some(0));
    assert!(last_text(&laboratory, PRESCRIBER_BOX).contains("Vous trouverez ci-joint"));

    // Attempted with the laboratory's own, repeated with it although the laboratory went back to the original text.
    let second = sign_put_off(&laboratory, 2).await?;
    laboratory.app.save_mail_template(to_professional(), None, &administrator).await?;
    laboratory.operator.mss.faults().set(FaultPlan::default());
    laboratory.ended(second, PATIENCE).await?;
    let repeated = to(&laboratory, second, PRESCRIBER_BOX).await?;
    ensure!(repeated.state == DeliveryState::Received && repeated.n_attempts > 1, "{:?}", repeated.state);
    assert_eq!(repeated.template, Some(1));
    for mailbox in [PRESCRIBER_BOX, COPY_BOX] {
        let text = last_text(&laboratory, mailbox);
        assert!(text.contains("Cher confrère,") && text.contains("Le dossier N2 est prêt."), "{text}");
        assert!(text.contains("Bien à vous.") && !text.contains("Vous trouverez ci-joint"), "{text}");
        assert!(text.contains("Ce message a été envoyé automatiquement."), "{text}");
    }

    // The next ones say what is in force.
    let third = sign(&laboratory, 3).await?;
    laboratory.ended(third, PATIENCE).await?;
    assert!(last_text(&laboratory, PRESCRIBER_BOX).contains("Vous trouverez ci-joint"));
    assert_eq!(to(&laboratory, third, PRESCRIBER_BOX).await?.template, Some(2));

    // Each decision is kept, and told once to the journal; one that changes nothing is none.
    laboratory.app.save_mail_template(to_professional(), None, &administrator).await?;
    let history = laboratory.app.mail_template_history(to_professional()).await?;
    let listed: Vec<_> = history.iter().map(|it| (it.number, it.own.is_some(), it.by.as_str())).collect();
    assert_eq!(listed, [(2, false, "administrator"), (1, true, "administrator")]);
    let events = laboratory.app.store().read(|tx| Ok::<_, AppError>(journal::latest(tx, None, 1000)?)).await?;
    let saved: Vec<_> = events.iter().filter(|it| it.action == "mail_template.save").map(|it| &it.subject).collect();
    assert_eq!(saved, ["professional.new 2", "professional.new 1"]);
    let in_force = laboratory.app.mail_templates().await?;
    let decided: Vec<_> = in_force.iter().filter(|(_, it)| it.is_some()).map(|(it, _)| it.code()).collect();
    assert_eq!(decided, [Some("professional.new")]);
    laboratory.cut().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_attempted_once_is_repeated_with_its_template_and_the_next_ones_bear_the_new_one() -> Result<()> {
    scenario(Laboratory::start().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_kept_and_frozen_on_postgresql_too() -> Result<()> {
    let started = tokio::task::spawn_blocking(|| {
        let mut server = Postgres::start_or_skip()?;
        let url = server.fresh_database();
        Some((server, url))
    });
    let Some((_server, url)) = started.await? else { return Ok(()) };
    scenario(Laboratory::start_over(&url?, Arc::new(Operator::start().await?)).await?).await
}
