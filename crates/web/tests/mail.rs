//! A correspondent writes about a report: the thread, who takes care of it, the answer.
#![allow(clippy::unwrap_used)]

mod support;

use app::AppError;
use axum::http::StatusCode;
use lab::routing::{Act, Channel};
use records::deliveries;
use support::{World, browser::Browser};
use web::WebSettings;

async fn opened(login: &str) -> (World, Browser, String) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let path = format!("/courrier/{}", world.conversation);
    (world, Browser::sign_in(&router, login).await, path)
}

#[tokio::test]
async fn a_letter_is_read_assigned_answered_and_its_files_are_only_saved() {
    let (world, mut browser, path) = opened("secretaire").await;
    let list = browser.get("/courrier").await.text();
    assert!(list.contains("Dr Dominique FAURE") && list.contains("Question &#60;b&#62;sur"), "{list}");
    assert!(browser.get("/courrier?vue=unassigned").await.text().contains(&path));
    assert!(!browser.get("/courrier?vue=mine").await.text().contains(&path));

    let page = browser.get(&path).await.text();
    assert!(page.contains("recontrôler ?") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("ordonnance.html"), "{page}");
    let file = browser.get(&format!("{path}/pieces/{}/0", world.letter)).await;
    assert_eq!(file.headers["content-type"], "application/octet-stream");
    assert_eq!(file.headers["content-disposition"], "attachment");
    assert_eq!(file.body, b"<script>1</script>");
    assert_eq!(browser.get(&format!("{path}/pieces/{}/1", world.letter)).await.status, StatusCode::NOT_FOUND);

    let assigned = browser.post(&format!("{path}/attribution"), &[("to", "secretaire")]).await;
    assert_eq!(assigned.location(), format!("{path}?fait=attribue"));
    assert!(browser.get("/courrier?vue=mine").await.text().contains(&path));
    // A technician takes care of no mail.
    let refused = browser.post(&format!("{path}/attribution"), &[("to", "technicien")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let empty = browser.post(&format!("{path}/reponse"), &[("text", "  ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answered = browser.post(&format!("{path}/reponse"), &[("text", "Oui, prélèvement recontrôlé.")]).await;
    assert_eq!(answered.location(), format!("{path}?fait=repondu"));
    let page = browser.get(&path).await.text();
    assert!(page.contains("Oui, prélèvement recontrôlé.") && page.contains("Traité"), "{page}");
    assert!(page.contains("<h2>Alix NOIR"), "who answered, by name: {page}");
    assert!(browser.get("/courrier?vue=closed").await.text().contains(&path));
    let version = world.second_version;
    let planned =
        world.app.store().read(move |tx| Ok::<_, AppError>(deliveries::of_version(tx, version)?)).await.unwrap();
    let answers: Vec<_> = planned.iter().filter(|it| it.act == Act::Answer).collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].channel, Channel::MssantePro);
    assert_eq!(answers[0].address.as_ref().unwrap().as_str(), "dr.faure@medecins.mssante.fr");
    // The dossier leads to the thread.
    assert!(browser.get(&format!("/dossiers/{}", world.corrected)).await.text().contains(&path));
}

#[tokio::test]
async fn a_technician_reads_mail_and_changes_nothing() {
    let (_world, mut browser, path) = opened("technicien").await;
    let page = browser.get(&path).await.text();
    assert!(page.contains("recontrôler") && !page.contains("/reponse"), "{page}");
    assert_eq!(browser.post(&format!("{path}/reponse"), &[("text", "x")]).await.status, StatusCode::FORBIDDEN);
}
