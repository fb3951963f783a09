//! How mail arrives, on its page and in its export: counts by operator and recipient, and no patient.
#![allow(clippy::unwrap_used)]

mod support;

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
