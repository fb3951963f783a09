//! The page of mail templates: who may use it, what it refuses and where, its preview, its history.
#![allow(clippy::unwrap_used)]

mod support;

use axum::{Router, http::StatusCode};
use support::{World, browser::Browser};
use web::WebSettings;

const PAGE: &str = "/modeles-messages";
const CORRECTION: &str = "/modeles-messages?pour=professional.correction";
const REQUIRED: &str = "Ce message a été envoyé automatiquement.";

async fn world() -> (World, Router) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    (world, router)
}

fn typed<'a>(act: &'a str, opening: &'a str, closing: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("pour", "professional.correction"), ("act", act), ("opening", opening), ("closing", closing)]
}

/// What the card of the preview holds.
fn preview(page: &str) -> &str {
    page.split("Aperçu, avec un patient inventé").nth(1).unwrap().split("</section>").next().unwrap()
}

#[tokio::test]
async fn administrators_and_biologists_alone_see_and_change_what_mails_say() {
    let (_world, router) = world().await;
    for (login, may) in [("administrateur", true), ("biologiste", true), ("secretaire", false), ("technicien", false)] {
        let mut browser = Browser::sign_in(&router, login).await;
        let seen = browser.get(PAGE).await;
        assert_eq!(seen.status == StatusCode::OK, may, "{login}");
        let saved = browser.post(PAGE, &typed("save", &format!("Bonjour de {login},"), "")).await;
        let back = browser.post("/modeles-messages/origine", &[("pour", "professional.correction")]).await;
        for act in [saved, back] {
            let expected = if may { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
            assert_eq!(act.status, expected, "{login}");
        }
        let own = browser.get("/mon-compte").await.text();
        assert_eq!(own.contains("href=\"/modeles-messages\""), may, "{login}: the menu");
    }
    // A mail that is never sent has no template.
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    assert_eq!(browser.get("/modeles-messages?pour=patient.partial").await.status, StatusCode::NOT_FOUND);
    let fields = [("pour", "patient.partial"), ("act", "save"), ("opening", "a"), ("closing", "")];
    assert_eq!(browser.post(PAGE, &fields).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_mail_may_not_say_is_refused_with_its_line_and_what_to_do() {
    let (_world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let table = [
        ("Bonjour,\n\nvoici {resultat}", "", "choisissez un champ de la liste", "Début du message, ligne 3"),
        ("Bonjour,", "Tout est sur https://labo.exemple", "lien ou une adresse", "Fin du message, ligne 1"),
        ("<b>Bonjour</b>", "", "texte simple", "Début du message, ligne 1"),
        ("Bonjour,", "a\nBcc: b", "en-tête technique", "Fin du message, ligne 2"),
        ("", "Au revoir", "formule d", "Début du message"),
    ];
    for (opening, closing, sentence, place) in table {
        for act in ["save", "preview"] {
            let seen = browser.post(PAGE, &typed(act, opening, closing)).await;
            assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{opening} {closing}");
            let text = seen.text();
            assert!(text.contains(sentence) && text.contains(place), "{sentence}, {place}");
            assert!(preview(&text).contains("Corrigez le texte"), "nothing is shown of what may not leave");
            assert!(!text.contains("<b>Bonjour"), "what was typed is shown as text");
        }
    }
    let text = browser.get(CORRECTION).await.text();
    assert!(text.contains("jamais modifié"), "nothing was kept");
}

#[tokio::test]
async fn a_preview_shows_the_whole_mail_and_keeps_nothing() {
    let (_world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "administrateur").await;
    let before = browser.get(CORRECTION).await.text();
    let shown = preview(&before);
    assert!(shown.contains("Vous trouverez ci-joint") && shown.contains("PAT-TROIS"), "{shown}");
    assert!(shown.contains("[Annule et remplace]") && shown.contains("annule et remplace la version 1"), "{shown}");
    assert!(!shown.contains("non enregistré"));

    let opening = "Chère consœur,\nDossier {number} de {patient}, remplace la version {previous}.";
    let seen = browser.post(PAGE, &typed("preview", opening, "")).await;
    assert_eq!(seen.status, StatusCode::OK);
    let text = seen.text();
    let shown = preview(&text);
    assert!(shown.contains("Chère consœur,\nDossier SPECIMEN de "), "{shown}");
    assert!(shown.contains("non enregistré") && !shown.contains("Vous trouverez ci-joint"), "{shown}");
    assert!(shown.contains("annule et remplace la version 1") && shown.contains(REQUIRED), "{shown}");
    assert!(text.contains("{previous}"), "the form holds what was typed");
    assert!(browser.get(CORRECTION).await.text().contains("Vous trouverez ci-joint"), "nothing was kept");

    // Every occasion has its own preview, each with what is required.
    for (occasion, code) in mssante::OCCASIONS {
        let text = browser.get(&format!("{PAGE}?pour={code}")).await.text();
        let shown = preview(&text);
        assert!(shown.contains(REQUIRED) || shown.contains("Ce message a été envoyé automatiquement et"), "{code}");
        assert_eq!(shown.contains("[Suppression]"), occasion.event == mssante::Event::Withdrawal, "{code}");
        assert_eq!(shown.contains("est partiel"), occasion.event == mssante::Event::Partial, "{code}");
        assert!(!shown.contains(['{', '}']), "{code}: {shown}");
    }
}

#[tokio::test]
async fn each_change_is_kept_with_its_author_and_the_original_text_comes_back() {
    let (_world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let saved = browser.post(PAGE, &typed("save", "Premier texte,", "Fin.")).await;
    assert_eq!(saved.location(), format!("{CORRECTION}&fait=modele"));
    let told = browser.get(saved.location()).await.text();
    assert!(told.contains("Modèle enregistré") && told.contains("<span class=\"tag\">modifié</span>"));
    let mut administrator = Browser::sign_in(&router, "administrateur").await;
    administrator.post(PAGE, &typed("save", "Second texte,", "")).await;

    let text = browser.get(CORRECTION).await.text();
    let history = text.split("Historique").nth(1).unwrap();
    let (second, first) = (history.find("Second texte,").unwrap(), history.find("Premier texte,").unwrap());
    assert!(second < first && history.contains("22/11/2026"), "latest first");
    assert!(history.contains(", biologiste") && history.contains(", administrateur"), "{history}");
    assert!(preview(&text).contains("Second texte,"));

    let back = browser.post("/modeles-messages/origine", &[("pour", "professional.correction")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let text = browser.get(CORRECTION).await.text();
    assert!(preview(&text).contains("Vous trouverez ci-joint"));
    let history = text.split("Historique").nth(1).unwrap();
    assert!(history.contains("Retour au texte d") && history.contains("Premier texte,"), "nothing is forgotten");
    assert!(!text.contains("Revenir au texte d"), "one is there already");
    assert!(!text.contains("<span class=\"tag\">modifié</span>"));
    assert!(browser.get("/journal").await.text().matches("Modèle de message modifié").count() == 3);
}
