//! The laboratory's look: decided on one page, borne by every form of its reports.
#![allow(clippy::unwrap_used)]

mod support;

use app::AppError;
use axum::http::StatusCode;
use lab::id::VersionId;
use records::versions::{self, DocumentKind};
use support::{World, browser::Browser};
use web::WebSettings;

const PAGE: [(&str, &str); 5] = [
    ("personal_data", "Vos données : écrire à notre délégué."),
    ("automatic_validation", "Validé par nos règles."),
    ("accreditation", "Examen accrédité."),
    ("scope", "Portée affichée à l'accueil."),
    ("accent", "#0A5A3C"),
];

async fn frozen(world: &World, id: VersionId, kind: DocumentKind) -> Option<Vec<u8>> {
    let read = world.app.store().read(move |tx| Ok::<_, AppError>(versions::opt_document(tx, id, kind)?)).await;
    read.unwrap().map(|(_, bytes)| bytes)
}

#[tokio::test]
async fn the_look_of_the_laboratory_is_on_the_page_and_in_the_form_that_leaves() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let page = browser.get("/page-compte-rendu").await.text();
    assert!(page.contains("forme auto-présentable") && !page.contains("name=\"self_presentable\" value=\"1\" checked"));

    let wanted: Vec<(&str, &str)> = PAGE.into_iter().chain([("self_presentable", "1")]).collect();
    assert_eq!(browser.post("/page-compte-rendu", &wanted).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/page-compte-rendu").await.text();
    assert!(page.contains("name=\"self_presentable\" value=\"1\" checked"));

    let version =
        world.app.sign(world.ready_for_biologist, &world.biologist, app::report::Partial::Refused).await.unwrap();
    let shown = browser.get(&format!("/comptes-rendus/{version}/niveau-3")).await.text();
    assert!(shown.contains("--accent: #0a5a3c") && shown.contains("Vos données : écrire à notre délégué."));
    let plain = frozen(&world, version, DocumentKind::Cda).await.unwrap();
    let wrapped = frozen(&world, version, DocumentKind::SelfPresentable).await.unwrap();
    let inside = plain.splitn(2, |it| *it == b'>').nth(1).unwrap().trim_ascii();
    assert!(wrapped.windows(inside.len()).any(|it| it == inside), "the document is inside, byte for byte");

    // Frozen at signing: a later look changes neither it nor what a version without one was.
    let later: Vec<(&str, &str)> =
        PAGE.into_iter().map(|(name, text)| (name, if name == "accent" { "#4A0A5C" } else { text })).collect();
    assert_eq!(browser.post("/page-compte-rendu", &later).await.status, StatusCode::SEE_OTHER);
    let given = browser.get(&format!("/comptes-rendus/{version}/auto-presentable")).await;
    assert!(given.body == wrapped && given.text().contains("--accent: #0a5a3c"));
    assert!(frozen(&world, world.first_version, DocumentKind::SelfPresentable).await.is_none());
    let made = browser.get(&format!("/comptes-rendus/{}/auto-presentable", world.first_version)).await.text();
    assert!(made.contains("--accent: #4a0a5c"));
}
