//! A report is withdrawn on its page, and every page that shows it says so.
#![allow(clippy::unwrap_used)]

mod support;

use axum::http::StatusCode;
use support::browser::Browser;
use web::WebSettings;

#[tokio::test]
async fn a_biologist_withdraws_a_report_and_its_pages_say_so() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let path = format!("/comptes-rendus/{}", world.second_version);
    let act = format!("{path}/annulation");
    assert!(browser.get(&path).await.text().contains(&act), "the page leads there");

    // The first version is replaced: it is not withdrawn alone.
    let replaced = browser.get(&format!("/comptes-rendus/{}/annulation", world.first_version)).await;
    assert!(!replaced.text().contains("<form method=\"post\" action=\"/comptes-rendus"));

    let form = browser.get(&act).await.text();
    // Who may hold the report: the first version was received by its correspondents.
    assert!(form.contains("Qui sera prévenu") && form.contains("Version 1"), "{form}");
    let unsaid = browser.post(&act, &[("reason", "wrong_patient")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.text().contains("confirmez l'annulation") || unsaid.text().contains("confirmez l&#39;annulation"));

    let done = browser.post(&act, &[("reason", "wrong_patient"), ("confirmed", "1")]).await;
    assert_eq!(done.location(), format!("{path}?fait=annule"));
    let again = browser.post(&act, &[("reason", "wrong_patient"), ("confirmed", "1")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    for page in [path.clone(), format!("{path}/lecture"), format!("/comptes-rendus/{}", world.first_version)] {
        let text = browser.get(&page).await.text();
        assert!(text.contains("Compte rendu annulé le 22/11/2026"), "{page}");
        assert!(
            text.contains("Erreur sur l&#39;identité du patient") || text.contains("Erreur sur l'identité"),
            "{page}"
        );
        assert!(!text.contains(&act), "{page}");
    }
    assert!(browser.get("/comptes-rendus").await.text().contains("Annulé"));
    let bench = browser.get("/paillasse?etape=withdrawn").await.text();
    assert!(bench.contains(&format!("/dossiers/{}", world.corrected)), "{bench}");
}
