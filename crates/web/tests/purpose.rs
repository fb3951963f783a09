//! What a dossier is for: filled on its page, with answers read by eye, and signed as the report it then is.
#![allow(clippy::unwrap_used)]

mod support;

use app::{AppError, registration::PatientChoice, report::Partial};
use axum::http::StatusCode;
use lab::{
    id::{OrderId, VersionId},
    order::{ObservationStage, Purpose},
    report::screening::{HpvVaccination, ScreeningConclusion},
};
use records::{
    observations, orders,
    versions::{self, DocumentKind},
};
use support::{World, browser::Browser};
use web::WebSettings;

async fn opened(codes: &[&str]) -> (World, Browser, OrderId) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let patient = PatientChoice::Known(support::patient_of(&world.app, world.ready_for_biologist).await);
    let order = support::register(&world.app, &world.secretary, 1, patient, codes).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let browser = Browser::sign_in(&router, "technicien").await;
    (world, browser, order)
}

async fn purpose_of(world: &World, order: OrderId) -> Option<Purpose> {
    world.app.store().read(move |tx| Ok::<_, AppError>(orders::get(tx, order)?.0.purpose)).await.unwrap()
}

async fn stages(world: &World, order: OrderId) -> Vec<ObservationStage> {
    let read = world.app.store().read(move |tx| Ok::<_, AppError>(observations::of_order(tx, order)?)).await;
    read.unwrap().into_iter().map(|it| it.observation.stage).collect()
}

async fn signed(world: &World, order: OrderId) -> (VersionId, String) {
    world.app.validate_technically(order, &world.technician).await.unwrap();
    let version = world.app.sign(order, &world.biologist, Partial::Refused).await.unwrap();
    let read = world.app.store().read(move |tx| Ok::<_, AppError>(versions::document(tx, version, DocumentKind::Cda)?));
    (version, String::from_utf8(read.await.unwrap().1).unwrap())
}

#[tokio::test]
async fn a_rapid_test_is_entered_and_signed_as_one() {
    let (world, mut browser, order) = opened(&["COV2_AG"]).await;
    let path = format!("/dossiers/{order}/objet");
    let page = browser.get(&path).await.text();
    assert!(page.contains("id=\"purpose-none\" name=\"purpose\" value=\"none\" checked") && page.contains("Covid-19"));

    let wanted = [
        ("purpose", "rapid_test"),
        ("test", "covid_grippe"),
        ("covid_grippe.COV2_AG", "260385009"),
        ("covid_grippe.GRIPPE_A_AG", "10828004"),
        // Of another test: not this one's answer.
        ("covid.COV2_AG", "10828004"),
        ("maker", "Fabricant d'essai"),
        ("udi", "(01)00850027856605(17)291200(10)B54321"),
    ];
    let refused = browser.post(&path, &wanted).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text();
    assert!(refused.contains("PURPOSE-CONSENT") && refused.contains("value=\"covid_grippe\" checked"));
    assert!(refused.contains("value=\"10828004\" selected"), "what was typed stays");
    assert!(purpose_of(&world, order).await.is_none());

    let wanted: Vec<_> = wanted.into_iter().chain([("consent", "1")]).collect();
    assert_eq!(browser.post(&path, &wanted).await.location(), format!("/dossiers/{order}?fait=objet"));
    let Some(Purpose::RapidTest(test)) = purpose_of(&world, order).await else { unreachable!() };
    assert_eq!((test.conditions().count(), test.device.lot.as_str()), (3, "B54321"));
    assert_eq!(test.device.expires_on, Some(jiff::civil::date(2029, 12, 31)));
    // The third analysis is asked for, and awaited.
    let found = stages(&world, order).await;
    assert_eq!(found.iter().filter(|it| **it == ObservationStage::Received).count(), 2);
    assert_eq!(found.iter().filter(|it| **it == ObservationStage::Awaited).count(), 1);

    let wanted: Vec<_> = wanted.into_iter().chain([("covid_grippe.GRIPPE_B_AG", "260385009")]).collect();
    assert_eq!(browser.post(&path, &wanted).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get(&format!("/dossiers/{order}")).await.text().contains("TROD Covid 19 / Grippe A / Grippe B"));
    let (version, document) = signed(&world, order).await;
    for said in
        ["code=\"96173-0\"", "TROD Covid 19 / Grippe A / Grippe B", "code=\"10828004\"", "code=\"J10\"", "B54321"]
    {
        assert!(document.contains(said), "{said}");
    }
    let shown = browser.get(&format!("/comptes-rendus/{version}/lecture")).await;
    assert_eq!(shown.status, StatusCode::OK);
}

#[tokio::test]
async fn a_screening_is_completed_after_its_report_and_signed_again() {
    let (world, mut browser, order) = opened(&["HPV_HR"]).await;
    let path = format!("/dossiers/{order}/objet");
    let first = [
        ("purpose", "screening"),
        ("context", "MED-1210"),
        ("invitation", "1234567890121"),
        ("vaccination", "done"),
        ("dose", "2012-05-02"),
        ("dose", ""),
        ("kit", "VHEDCDGUR01LX"),
        ("hpv", "1269497006"),
    ];
    assert_eq!(browser.post(&path, &first).await.status, StatusCode::SEE_OTHER);
    let Some(Purpose::Screening(screening)) = purpose_of(&world, order).await else { unreachable!() };
    assert!(matches!(&screening.vaccination, HpvVaccination::Done(doses) if doses.len() == 1));
    assert_eq!(screening.conclusion, None);
    let (_, document) = signed(&world, order).await;
    assert!(document.contains("MED-1210") && document.contains("1234567890121") && !document.contains("MED-1190"));

    // Nothing changes: nothing is to be validated again.
    assert_eq!(browser.post(&path, &first).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stages(&world, order).await, [ObservationStage::Validated]);
    let shown = browser.get(&path).await.text();
    assert!(shown.contains("value=\"2012-05-02\"") && shown.contains("value=\"VHEDCDGUR01LX\" selected"));

    let told: Vec<_> = first.into_iter().chain([("conclusion", "MED-1190")]).collect();
    assert_eq!(browser.post(&path, &told).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stages(&world, order).await, [ObservationStage::TechnicallyValidated]);
    let (version, document) = signed(&world, order).await;
    assert!(document.contains("Celui-ci a révélé une anomalie"));
    let Some(Purpose::Screening(screening)) = purpose_of(&world, order).await else { unreachable!() };
    assert_eq!(screening.conclusion, Some(ScreeningConclusion::Anomaly));
    let read = world.app.store().read(move |tx| Ok::<_, AppError>(versions::of_order(tx, order)?)).await.unwrap();
    assert_eq!((read.len(), read[0].id, read[0].number), (2, version, 2));

    // What the patient would read denies the results: our own check keeps it from being signed.
    let denied: Vec<_> = first.into_iter().chain([("conclusion", "MED-1189")]).collect();
    assert_eq!(browser.post(&path, &denied).await.status, StatusCode::SEE_OTHER);
    let refused = world.app.sign(order, &world.biologist, Partial::Refused).await;
    let Err(AppError::Obstacles(findings)) = refused else { unreachable!() };
    assert!(findings.iter().any(|it| it.code == "CRBIO-L22"), "{findings:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_who_may_not_is_refused() {
    let (world, mut browser, order) = opened(&["NA"]).await;
    let path = format!("/dossiers/{order}/objet");
    let table: [(&[(&str, &str)], &str); 6] = [
        (&[("purpose", "screening")], "PURPOSE-CONTEXT"),
        (&[("purpose", "screening"), ("context", "MED-1210"), ("invitation", "12 34")], "PURPOSE-INVITATION"),
        (&[("purpose", "screening"), ("context", "MED-1210"), ("vaccination", "done"), ("dose", "x")], "PURPOSE-DAY"),
        (&[("purpose", "rapid_test"), ("maker", "x"), ("consent", "1")], "PURPOSE-TEST"),
        (&[("purpose", "rapid_test"), ("test", "angine"), ("consent", "1")], "PURPOSE-MAKER"),
        (
            &[("purpose", "rapid_test"), ("test", "angine"), ("maker", "x"), ("consent", "1"), ("udi", "12")],
            "PURPOSE-UDI",
        ),
    ];
    for (fields, code) in table {
        let refused = browser.post(&path, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(refused.text().contains(code), "{code}");
    }
    assert!(purpose_of(&world, order).await.is_none());

    // A screening of which nothing was tested is not signed.
    let screening = [("purpose", "screening"), ("context", "MED-1210")];
    assert_eq!(browser.post(&path, &screening).await.status, StatusCode::SEE_OTHER);
    support::results(&world.app, order, 1, 1).await;
    world.app.validate_technically(order, &world.technician).await.unwrap();
    let Err(AppError::Obstacles(findings)) = world.app.sign(order, &world.biologist, Partial::Refused).await else {
        unreachable!()
    };
    assert_eq!(findings.iter().map(|it| it.code).collect::<Vec<_>>(), ["SCREENING-NO-TEST"]);
    assert_eq!(browser.post(&path, &[("purpose", "none")]).await.status, StatusCode::SEE_OTHER);
    world.app.sign(order, &world.biologist, Partial::Refused).await.unwrap();

    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut secretary = Browser::sign_in(&router, "secretaire").await;
    assert_eq!(secretary.get(&path).await.status, StatusCode::FORBIDDEN);
    assert!(!secretary.get(&format!("/dossiers/{order}")).await.text().contains("/objet"));
}
