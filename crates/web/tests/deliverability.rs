//! How mail arrives, on its page and in its export: counts by operator and recipient, and no patient. What a refusal means.
#![allow(clippy::unwrap_used)]

mod support;

use app::AppError;
use lab::{
    delivery::{AttemptOutcome, DeliveryState, NextStep},
    routing::Channel,
};
use records::deliveries;
use support::browser::Browser;
use web::WebSettings;

#[tokio::test]
async fn mail_is_counted_by_operator_and_recipient_without_a_patient() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    // The administrator watches the machines and sees no patient.
    let mut browser = Browser::sign_in(&router, "administrateur").await;
    let page = browser.get("/acheminement").await.text();
    for said in ["medecins.mssante.fr", "dr.faure@medecins.mssante.fr", "patient.mssante.fr", "Patients, tous ensemble"]
    {
        assert!(page.contains(said), "{said} in {page}");
    }
    for secret in [support::QUALIFIED_INS, "CHEVALIER"] {
        assert!(!page.contains(secret), "{secret}");
    }
    let export = browser.get("/acheminement/export?jours=30").await;
    assert_eq!(export.headers["content-type"], "text/csv; charset=utf-8");
    let text = export.text();
    assert!(text.starts_with("\u{feff}destinataire;"), "{text}");
    let faure: Vec<&str> = text.lines().find(|line| line.contains("dr.faure@")).unwrap().split(';').collect();
    // Planned for three reports, received once.
    assert_eq!((faure[2], faure[3], faure[4]), ("\"medecins.mssante.fr\"", "3", "1"), "{faure:?}");
    assert!(!text.contains(support::QUALIFIED_INS) && !text.contains("CHEVALIER"), "{text}");
    // Nothing that old: the page says so.
    assert!(browser.get("/acheminement?jours=nimporte").await.text().contains("7 jours"));
}

#[tokio::test]
async fn a_refusal_is_told_in_words_beside_the_literal_answer_of_the_operator() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 0).await;
    let version = world.second_version;
    let (now, mut ids) = (world.app.env().now(), world.app.env().ids());
    let answer = "552 5.2.2 <b>Mailbox full</b>";
    world
        .app
        .store()
        .write(move |tx| {
            let all = deliveries::of_version(tx, version)?;
            for channel in [Channel::MssantePro, Channel::Dmp] {
                let it = all.iter().find(|it| it.channel == channel).unwrap();
                let attempt = deliveries::begin_attempt(tx, &mut ids, it.id, None, now)?;
                let next = NextStep { state: DeliveryState::Failed, due_at: None };
                deliveries::end_attempt(tx, it.id, &attempt, AttemptOutcome::Permanent, answer, next, now)?;
            }
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let page = browser.get(&format!("/comptes-rendus/{version}")).await.text();
    let told = "refus définitif, la boîte du destinataire est pleine : <q>552 5.2.2 &#60;b&#62;Mailbox full";
    // The codes of mail mean nothing at the DMP.
    assert_eq!((page.matches(told).count(), page.matches("<q>552 5.2.2").count()), (1, 2), "{page}");
}
