//! A dossier is marked for an insurer or an expert on its page or when it is registered, and pages say what follows.
#![allow(clippy::unwrap_used)]

mod support;

use app::report::Partial;
use axum::{Router, http::StatusCode};
use support::{World, browser::Browser};
use web::WebSettings;

const MARK: &str = "<span class=\"tag urgent\">Expertise ou assurance</span>";

async fn world() -> (World, Router) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    (world, router)
}

#[tokio::test]
async fn a_secretary_marks_a_dossier_for_an_expertise_and_pages_count_what_it_keeps() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let order = format!("/dossiers/{}", world.ready_for_biologist);
    let act = format!("{order}/expertise");
    assert!(!browser.get(&order).await.text().contains(MARK));
    assert_eq!(browser.post(&act, &[("to", "ailleurs")]).await.status, StatusCode::NOT_FOUND);
    let done = browser.post(&act, &[("to", "expertise")]).await;
    assert_eq!(done.location(), format!("{order}?fait=expertise"));
    let page = browser.get(done.location()).await.text();
    assert!(page.contains(MARK) && page.contains("secretaire, 22/11/2026"), "{page}");
    // Said by someone else meanwhile.
    assert_eq!(browser.post(&act, &[("to", "expertise")]).await.status, StatusCode::CONFLICT);

    let mut technician = Browser::sign_in(&router, "technicien").await;
    assert_eq!(technician.post(&act, &[("to", "care")]).await.status, StatusCode::FORBIDDEN);
    let seen = technician.get(&order).await.text();
    assert!(seen.contains(MARK) && !seen.contains(&act), "the mark is seen, the button is not");

    let version = world.app.sign(world.ready_for_biologist, &world.biologist, Partial::Refused).await.unwrap();
    let report = browser.get(&format!("/comptes-rendus/{version}")).await.text();
    let kept = "seul le demandeur reçoit le compte rendu";
    assert_eq!(report.matches(kept).count(), 4, "two correspondents, the patient and the DMP: {report}");
    // By hand to the correspondent who has an address, not to the patient nor to the DMP.
    assert_eq!(report.matches("/depart\"").count(), 1, "{report}");
    let counted = browser.get("/acheminement?jours=7").await.text();
    let line = counted.lines().find(|line| line.contains(kept)).unwrap();
    assert!(line.contains("<strong>4</strong>"), "{line}");

    let back = browser.post(&act, &[("to", "care")]).await;
    assert_eq!(back.location(), format!("{order}?fait=soins"));
    assert!(!browser.get(&order).await.text().contains(MARK));
    let report = browser.get(&format!("/comptes-rendus/{version}")).await.text();
    assert!(!report.contains(kept) && report.contains("aucune adresse MSSanté connue"), "{report}");
    let doubts = browser.get("/doutes").await.text();
    assert!(doubts.contains("n&#39;a pas d&#39;adresse MSSanté") || doubts.contains("n'a pas d'adresse MSSanté"));
    let mut biologist = Browser::sign_in(&router, "biologiste").await;
    let journal = biologist.get("/journal").await.text();
    assert!(journal.contains("Dossier déclaré pour une expertise") && journal.contains("rendu à sa diffusion"));
}

#[tokio::test]
async fn a_dossier_is_registered_for_an_expertise() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let patient = world.qualified_patient.to_string();
    let fields = [("patient", patient.as_str()), ("prescriber", "10000000000"), ("expertise", "1")];
    // What was checked is not lost when something is missing.
    let refused = browser.post("/enregistrement", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("name=\"expertise\" value=\"1\" checked"));
    let whole: Vec<_> = fields.into_iter().chain([("codes", "K")]).collect();
    let registered = browser.post("/enregistrement", &whole).await;
    assert_eq!(registered.status, StatusCode::SEE_OTHER);
    assert!(browser.get(registered.location()).await.text().contains(MARK));
}
