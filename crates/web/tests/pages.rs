//! The pages, asked in process: who may see what, forged forms, traces, and what every page must be.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::atomic::Ordering;

use app::{AppError, settings::PackSettings};
use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode, header},
};
use lab::{id::OrderId, validation::Role};
use records::{journal, orders, patients, work_items};
use support::{
    World,
    browser::{Browser, Seen},
};
use web::{
    WebSettings,
    routes::{Access, Entry},
};

const LOGINS: [(Role, &str); 4] = [
    (Role::Secretary, "secretaire"),
    (Role::Technician, "technicien"),
    (Role::Biologist, "biologiste"),
    (Role::Administrator, "administrateur"),
];

async fn world() -> (World, Router) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    (world, router)
}

/// A path that exists, for a route.
fn path_of(world: &World, entry: &Entry) -> String {
    let id = match entry.path {
        path if path.starts_with("/dossiers") => world.ready_for_technician.to_string(),
        path if path.starts_with("/patients") => world.qualified_patient.to_string(),
        path if path.starts_with("/receptions") => world.message.to_string(),
        path if path.starts_with("/doutes") => world.work_item.clone(),
        _ => String::new(),
    };
    entry
        .path
        .replace("{id}", &id)
        .replace("{version}", &world.first_version.to_string())
        .replace("{delivery}", &world.failed_delivery.to_string())
        .replace("{conversation}", &world.conversation.to_string())
        .replace("{letter}", &world.letter)
        .replace("{n}", "0")
        .replace("{login}", "technicien")
}

async fn n_events(world: &World) -> i64 {
    world.app.store().read(|tx| Ok::<_, AppError>(journal::latest(tx, None, 1)?[0].sequence)).await.unwrap()
}

#[tokio::test]
async fn every_route_lets_through_the_roles_of_its_rule_and_nobody_else() {
    let (world, router) = world().await;
    let mut browsers = Vec::new();
    for (role, login) in LOGINS {
        browsers.push((role, Browser::sign_in(&router, login).await));
    }
    for entry in web::route_list() {
        let path = path_of(&world, &entry);
        let Access::Rule(rule) = entry.access else {
            let seen = Browser::new(&router).get(&path).await;
            let refused = matches!(seen.status, StatusCode::FORBIDDEN | StatusCode::SEE_OTHER);
            assert!(!refused || entry.method == Method::POST, "{path}");
            continue;
        };
        assert!(!rule.roles().is_empty(), "{path}");
        let mut stranger = Browser::new(&router);
        let seen = match entry.method {
            Method::GET => stranger.get(&path).await,
            _ => stranger.post(&path, &[]).await,
        };
        assert_eq!((seen.status, seen.location()), (StatusCode::SEE_OTHER, "/connexion"), "{path}");
        for (role, browser) in &mut browsers {
            let seen = match entry.method {
                Method::GET => browser.get(&path).await,
                _ if path == "/deconnexion" => continue,
                // Without its fields an act is refused for what it lacks, not for who asks.
                _ => browser.post(&path, &[]).await,
            };
            if rule.allows(*role) {
                let expected: &[StatusCode] = match entry.method {
                    Method::GET => &[StatusCode::OK, StatusCode::SEE_OTHER],
                    _ => &[
                        StatusCode::SEE_OTHER,
                        StatusCode::NOT_FOUND,
                        StatusCode::CONFLICT,
                        StatusCode::UNPROCESSABLE_ENTITY,
                    ],
                };
                assert!(expected.contains(&seen.status), "{path} {role:?} {}", seen.status);
            } else {
                assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path} {role:?}");
                assert!(!seen.text().contains("ROUX"), "{path} {role:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_act_without_the_token_of_the_session_is_refused_and_does_nothing() {
    let (world, router) = world().await;
    let mut browsers = Vec::new();
    for (role, login) in LOGINS {
        browsers.push((role, Browser::sign_in(&router, login).await));
    }
    let before = n_events(&world).await;
    for entry in web::route_list().iter().filter(|entry| entry.method == Method::POST) {
        let path = path_of(&world, entry);
        for (role, browser) in &mut browsers {
            if let Access::Rule(rule) = entry.access
                && !rule.allows(*role)
            {
                continue;
            }
            let other = "0".repeat(64);
            for body in [String::new(), "csrf=".to_owned(), format!("csrf={other}")] {
                let seen = browser.post_raw(&path, body).await;
                assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path} {role:?}");
            }
            let csrf = browser.csrf.clone();
            let forged = browser
                .request(Method::POST, &path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "cross-site")
                .body(Body::from(format!("csrf={csrf}")))
                .unwrap();
            assert_eq!(browser.send(forged).await.status, StatusCode::FORBIDDEN, "{path} {role:?}");
        }
    }
    assert_eq!(n_events(&world).await, before);
}

#[tokio::test]
async fn reading_a_patients_file_appends_one_event_and_lists_append_none() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let traced = [
        "/dossiers/{id}",
        "/dossiers/{id}/objet",
        "/patients/{id}",
        "/receptions/{id}",
        "/comptes-rendus/{version}",
        "/comptes-rendus/{version}/lecture",
        "/comptes-rendus/{version}/pdf",
        "/comptes-rendus/{version}/cda",
        "/comptes-rendus/{version}/niveau-3",
        "/comptes-rendus/{version}/niveau-1",
        "/comptes-rendus/{version}/auto-presentable",
        "/comptes-rendus/{version}/annulation",
        "/courrier/{conversation}",
        "/courrier/{conversation}/pieces/{letter}/{n}",
    ];
    for entry in web::route_list().iter().filter(|entry| entry.method == Method::GET) {
        if !matches!(entry.access, Access::Rule(rule) if rule.allows(Role::Biologist)) {
            continue;
        }
        let before = n_events(&world).await;
        browser.get(&path_of(&world, entry)).await;
        let expected = i64::from(traced.contains(&entry.path));
        assert_eq!(n_events(&world).await - before, expected, "{}", entry.path);
        assert!(expected == 1 || !entry.path.contains('{'), "{} is of one record and leaves no trace", entry.path);
    }
    let chain = world.app.store().read(|tx| Ok::<_, AppError>(journal::first_broken_link(tx)?)).await.unwrap();
    assert_eq!(chain, None);
}

#[tokio::test]
async fn every_page_is_whole_accessible_and_needs_nothing_from_elsewhere() {
    let (world, router) = world().await;
    for (role, login) in LOGINS {
        let mut browser = Browser::sign_in(&router, login).await;
        for entry in web::route_list().iter().filter(|entry| entry.method == Method::GET) {
            let seen = browser.get(&path_of(&world, entry)).await;
            let kind = seen.headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
            for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"] {
                assert!(seen.headers.contains_key(name), "{} has no {name}", entry.path);
            }
            // The document as its recipient sees it brings its style; the crate that renders it has its own tests.
            if kind.starts_with("text/html") && !entry.path.ends_with("/niveau-3") {
                check_page(&seen.text(), &format!("{} ({role:?})", entry.path));
            }
        }
    }
    let refused = Browser::new(&router).get("/nulle-part").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    check_page(&refused.text(), "not found");
    let signing_in = Browser::new(&router).get("/connexion").await.text();
    check_page(&signing_in, "sign in");
}

/// What RGAA and our own rules ask of any page, as far as its text shows.
fn check_page(html: &str, what: &str) {
    assert!(html.contains("<html lang=\"fr\">"), "{what}");
    assert_eq!(html.matches("<h1").count(), 1, "{what}: one main heading");
    assert!(html.contains("<title>") && html.contains("<main id=\"contenu\""), "{what}");
    for external in [
        "src=\"http",
        "href=\"http",
        "src=\"//",
        "href=\"//",
        "url(",
        "@import",
        " style=\"",
        " onclick=",
        "<style",
        "<iframe",
    ] {
        assert!(!html.contains(external), "{what}: {external}");
    }
    assert_eq!(
        html.matches("<script").count(),
        html.matches("<script type=\"module\" src=\"/static/keys.js\">").count(),
        "{what}"
    );
    assert!(!html.contains("Cas non décrit"), "{what}: a text without words");
    for table in html.split("<table").skip(1) {
        let table = table.split("</table>").next().unwrap();
        assert!(table.contains("<caption"), "{what}: a table without caption");
        for cell in table.split("<th").skip(1).filter(|cell| cell.starts_with([' ', '>'])) {
            assert!(cell.split('>').next().unwrap().contains("scope="), "{what}: a heading without scope");
        }
    }
    let labels: Vec<&str> = html.split("<label for=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
    for tag in ["<input", "<select", "<textarea"] {
        for field in html.split(tag).skip(1).map(|it| it.split('>').next().unwrap()) {
            if field.contains("type=\"hidden\"") {
                continue;
            }
            let id = field.split(" id=\"").nth(1).and_then(|it| it.split('"').next());
            assert!(id.is_some_and(|id| labels.contains(&id)), "{what}: a field without label: {field}");
        }
    }
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n, "{what}: an id is there twice");
    balanced(html, what);
}

/// Every element that needs an end has one, in order.
fn balanced(html: &str, what: &str) {
    const VOID: &[&str] = &["meta", "link", "input", "br", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if VOID.contains(&name) {
        } else if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{what}: </{name}>");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{what}: {open:?} left open");
}

#[tokio::test]
async fn every_page_has_its_words_in_english_too() {
    let (world, _) = world().await;
    let settings = WebSettings { personas: true, language: wording::Language::English, ..WebSettings::default() };
    let router = web::router(world.app.clone(), settings);
    for (_, login) in LOGINS {
        let mut browser = Browser::sign_in(&router, login).await;
        for entry in web::route_list().iter().filter(|entry| entry.method == Method::GET) {
            let seen = browser.get(&path_of(&world, entry)).await;
            let text = seen.text();
            if seen.status == StatusCode::OK && text.starts_with("<!doctype") {
                assert!(text.contains("<html lang=\"en\">") && !text.contains("Not described"), "{}", entry.path);
            }
        }
    }
}

#[tokio::test]
async fn an_administrator_sees_no_patient_and_no_result_on_any_page() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "administrateur").await;
    for entry in web::route_list().iter().filter(|entry| entry.method == Method::GET) {
        let text = browser.get(&path_of(&world, entry)).await.text();
        for name in ["ROUX", "CHEVALIER", "DA SILVA", support::QUALIFIED_INS, "class=\"results"] {
            assert!(!text.contains(name), "{} shows {name}", entry.path);
        }
        // The page of reports lists the catalogue.
        assert!(entry.path == "/page-compte-rendu" || !text.contains("Potassium"), "{}", entry.path);
    }
}

#[tokio::test]
async fn an_ins_is_shown_only_when_the_identity_is_qualified() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let spaced = "2\u{202f}79\u{202f}03\u{202f}51\u{202f}215\u{202f}189\u{202f}89";
    let path = format!("/patients/{}", world.qualified_patient);
    assert!(browser.get(&path).await.text().contains(spaced));
    let id = world.qualified_patient;
    world
        .app
        .store()
        .write(move |tx| {
            let mut patient = patients::get(tx, id)?;
            patient.status = lab::patient::IdentityStatus::Validated;
            patients::update(tx, &patient)?;
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
    let text = browser.get(&path).await.text();
    assert!(!text.contains(spaced) && !text.contains(support::QUALIFIED_INS));
}

#[tokio::test]
async fn hostile_texts_are_escaped_everywhere() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let hostile = "<script>alert(1)</script>\"'";
    let (order, patient) = (world.ready_for_biologist, world.qualified_patient);
    world
        .app
        .store()
        .write(move |tx| {
            let mut known = patients::get(tx, patient)?;
            known.traits.birth_name = hostile.into();
            known.traits.used_name = Some(hostile.into());
            patients::update(tx, &known)?;
            let (mut known, _) = orders::get(tx, order)?;
            known.copies[0].family = hostile.into();
            orders::update_routing(tx, &known)?;
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
    let paths = [
        format!("/dossiers/{order}"),
        format!("/dossiers/{}", world.ready_for_technician),
        format!("/patients/{patient}"),
        "/paillasse?etape=technical".to_owned(),
        "/paillasse?q=%3Cscript%3E".to_owned(),
        "/comptes-rendus".to_owned(),
        format!("/comptes-rendus/{}", world.first_version),
        format!("/receptions/{}", world.message),
        "/doutes".to_owned(),
        "/patients?nom=%3Cscript%3E&naissance=%22%3E%3Cscript%3E".to_owned(),
    ];
    for path in paths {
        let text = browser.get(&path).await.text();
        assert!(!text.contains("<script>"), "{path}");
        check_page(&text, &path);
    }
}

#[tokio::test]
async fn a_biologist_signs_what_they_read_and_goes_on_to_the_next() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let order = world.ready_for_biologist;
    let path = format!("/dossiers/{order}");
    let page = browser.get(&path).await.text();
    assert!(page.contains("data-key=\"v\"") && page.contains("Haut critique"));
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();

    // Something arrives while they read.
    let refused = browser.post(&format!("{path}/signature"), &[("seen", "0000000000000000")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(support::latest_version(&world.app, order).await, None);

    let signed = browser.post(&format!("{path}/signature"), &[("seen", &seen), ("next", "1")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text());
    assert!(signed.location().starts_with("/dossiers/") && !signed.location().contains(&order.to_string()));
    assert!(support::latest_version(&world.app, order).await.is_some());
    assert!(browser.get(signed.location()).await.text().contains("Compte rendu signé"));
}

#[tokio::test]
async fn a_partial_report_is_signed_only_when_confirmed() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let (order, path) = (world.incomplete, format!("/dossiers/{}", world.incomplete));
    let page = browser.get(&path).await.text();
    assert!(!page.contains("data-key=\"v\""));
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for fields in [vec![("seen", seen.as_str())], vec![("seen", seen.as_str()), ("partial", "1")]] {
        let refused = browser.post(&format!("{path}/signature"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains("REPORT-NOT-WHOLE"));
    }
    assert_eq!(support::latest_version(&world.app, order).await, None);
    let signed =
        browser.post(&format!("{path}/signature"), &[("seen", &seen), ("partial", "1"), ("confirmed", "1")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text());
    assert!(support::latest_version(&world.app, order).await.is_some());
}

#[tokio::test]
async fn a_technician_validates_aborts_and_comments() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "technicien").await;
    let path = format!("/dossiers/{}", world.ready_for_technician);
    let page = browser.get(&path).await.text();
    let observation = page.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let empty = browser.post(&format!("{path}/interrompre"), &[("observation", &observation), ("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("observation", observation.as_str()), ("reason", "Échantillon hémolysé")];
    assert_eq!(browser.post(&format!("{path}/interrompre"), &fields).await.status, StatusCode::SEE_OTHER);
    browser.post(&format!("{path}/commentaire"), &[("text", "Prélèvement difficile & long")]).await;
    let page = browser.get(&path).await.text();
    assert!(page.contains("Échantillon hémolysé") && page.contains("Prélèvement difficile &#38; long"));
    assert!(page.contains("Non rendu") && page.contains("Valeur remplacée"));
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let done = browser.post(&format!("{path}/validation-technique"), &[("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(done.location().contains("?fait=technique&suivant="), "the page still knows what comes next");
    let page = browser.get(done.location()).await.text();
    assert!(page.contains("Résultats validés techniquement") && page.contains("rel=\"next\""));
    let order = world.ready_for_technician;
    let stage = world.app.store().read(move |tx| Ok::<_, AppError>(orders::get(tx, order)?.1.stage)).await.unwrap();
    assert_eq!(stage, orders::OrderStage::Technical);
}

#[tokio::test]
async fn a_secretary_registers_a_dossier_and_a_namesake_must_be_confirmed() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    browser.get("/enregistrement").await;
    let fields = [
        ("birth_name", "Éluard-d'Île"),
        ("given_names", "Zoé Marie"),
        ("birth_date", "1980-02-29"),
        ("sex", "F"),
        ("prescriber", "10000000002 Dr Sacha GIRARD"),
        ("codes", "k na"),
        ("analysis", "TSH"),
        ("copy", "10000000001"),
        ("collected_at", "2026-11-22T07:30"),
    ];
    let wrong = browser.post("/enregistrement", &fields[..4]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = wrong.text();
    assert!(text.contains("REGISTRATION-NO-ANALYSIS") && text.contains("value=\"Éluard-d&#39;Île\""), "{text}");
    check_page(&text, "registration refused");

    let done = browser.post("/enregistrement", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = browser.get(done.location()).await.text();
    assert!(page.contains("ELUARD-D&#39;ILE ZOE") && page.contains("provisoire") && page.contains("GIRARD"));
    assert!(page.contains("22/11/2026 07:30"), "the time is that of the laboratory's zone");
    let id = done.location().trim_start_matches("/dossiers/").split('?').next().unwrap().to_owned();
    let order = OrderId::parse(&id).unwrap();
    let (number, specimens) = world
        .app
        .store()
        .read(move |tx| Ok::<_, AppError>((orders::get(tx, order)?.0.number, orders::specimens(tx, order)?)))
        .await
        .unwrap();
    assert!(number.starts_with("261122-") && specimens[0].number.starts_with(&number.replace('-', "")));

    let again = browser.post("/enregistrement", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("name=\"namesake\""));
    let mut sure = fields.to_vec();
    sure.push(("namesake", "1"));
    assert_eq!(browser.post("/enregistrement", &sure).await.status, StatusCode::SEE_OTHER);

    // The label on the tube opens the dossier.
    let scanned = browser.get(&format!("/paillasse?q={}", specimens[0].number)).await;
    assert_eq!(scanned.location(), format!("/dossiers/{order}"));
}

#[tokio::test]
async fn exceptions_are_dated_authored_and_reversible() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let patient = format!("/patients/{}", world.qualified_patient);
    browser.post(&format!("{patient}/opposition"), &[("channel", "dmp"), ("to", "opposed")]).await;
    let page = browser.get(&patient).await.text();
    assert!(page.contains("DMP : opposé") && page.contains("biologiste"), "{page}");
    browser.post(&format!("{patient}/opposition"), &[("channel", "dmp"), ("to", "none")]).await;
    assert!(browser.get(&patient).await.text().contains("DMP : opposition levée"));

    let order = format!("/dossiers/{}", world.ready_for_biologist);
    browser.post(&format!("{order}/visibilite"), &[("to", "hidden")]).await;
    browser.post(&format!("{order}/dmp"), &[("to", "blocked")]).await;
    let page = browser.get(&order).await.text();
    assert!(page.contains("Masqué au patient") && page.contains("Alimentation du DMP bloquée"));
    browser.post(&format!("{order}/visibilite"), &[("to", "visible")]).await;
    browser.post(&format!("{order}/dmp"), &[("to", "automatic")]).await;
    let page = browser.get(&order).await.text();
    assert!(page.contains("Visible par le patient") && page.contains("Alimentation du DMP automatique"));
    let actions = world
        .app
        .store()
        .read(|tx| {
            Ok::<_, AppError>(journal::latest(tx, None, 50)?.into_iter().map(|it| it.action).collect::<Vec<_>>())
        })
        .await
        .unwrap();
    for action in ["patient.opposition", "order.hide", "order.show", "order.block_dmp", "order.unblock_dmp"] {
        assert!(actions.iter().any(|known| known == action), "{action}");
    }
}

#[tokio::test]
async fn a_report_tells_who_got_it_and_whether_they_got_the_correction() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let page = browser.get(&format!("/comptes-rendus/{}", world.first_version)).await.text();
    for expected in [
        "Une version plus récente la remplace",
        "dr.berger@medecins.mssante.fr",
        "&#60;b&#62;4XyZ",
        "aucune adresse MSSanté connue",
        "5 reçu(s) dont 1 lu(s)",
        "0 ont reçu la version 2",
        "Validé par Dr Camille MOREAU",
        "XAdES",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    let reading = browser.get(&format!("/comptes-rendus/{}/lecture", world.second_version)).await.text();
    assert!(reading.contains("Annule et remplace la version 1") && reading.contains("Résultat corrigé"));
    let pdf = browser.get(&format!("/comptes-rendus/{}/pdf", world.first_version)).await;
    assert!(pdf.body.starts_with(b"%PDF-"));
    assert_eq!(pdf.headers["content-type"], "application/pdf");
    let cda = browser.get(&format!("/comptes-rendus/{}/cda", world.first_version)).await;
    assert!(cda.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"DOC0001.XML\""));
    assert!(cda.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    let level_3 = browser.get(&format!("/comptes-rendus/{}/niveau-3", world.first_version)).await;
    assert!(level_3.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let (page, source) = (level_3.text(), cda.text());
    assert!(page.contains("Potassium") && page.contains("application/pdf;base64,"));
    let level_1 = browser.get(&format!("/comptes-rendus/{}/niveau-1", world.first_version)).await.text();
    assert!(level_1.contains("<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBER"));
    let alone = browser.get(&format!("/comptes-rendus/{}/auto-presentable", world.first_version)).await.text();
    let document = source.split_once("?>").unwrap().1.trim();
    assert!(alone.contains(document) && alone.contains("<xsl:stylesheet version=\"1.0\""));
}

#[tokio::test]
async fn a_failed_delivery_is_retried_and_a_doubt_is_closed_once() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let path = format!("/veille/{}/relance", world.failed_delivery);
    assert!(browser.get("/veille").await.text().contains(&path));
    assert_eq!(browser.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post(&path, &[]).await.status, StatusCode::CONFLICT);
    let path = format!("/doutes/{}/cloture", world.work_item);
    assert_eq!(browser.post(&path, &[("resolution", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Whether a report may do without a result is not for the secretary.
    assert_eq!(browser.post(&path, &[("resolution", "Code ajouté")]).await.status, StatusCode::FORBIDDEN);
    let mut technician = Browser::sign_in(&router, "technicien").await;
    assert_eq!(technician.post(&path, &[("resolution", "Code ajouté")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(technician.post(&path, &[("resolution", "Code ajouté")]).await.status, StatusCode::CONFLICT);
    let order = world.ready_for_technician;
    let open =
        world.app.store().read(move |tx| Ok::<_, AppError>(work_items::open_items(tx, Some(order))?.len())).await;
    assert_eq!(open.unwrap(), 0);
}

#[tokio::test]
async fn passwords_sessions_and_their_end() {
    let (env, now) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 0).await;
    let router = web::router(world.app.clone(), WebSettings { secure_cookies: true, ..WebSettings::default() });
    let mut browser = Browser::new(&router);
    let form = browser.get("/connexion").await;
    assert!(!form.text().contains("/connexion/persona"), "personas are off");
    let persona = browser.post("/connexion/persona", &[("login", "biologiste")]).await;
    assert_eq!(persona.status, StatusCode::NOT_FOUND);

    let wrong = browser.post("/connexion", &[("login", "biologiste"), ("password", "pas le bon mot")]).await;
    let unknown = browser.post("/connexion", &[("login", "personne"), ("password", "pas le bon mot")]).await;
    for seen in [&wrong, &unknown] {
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.text().contains("Identifiant ou mot de passe incorrect"));
    }
    let signed = browser.post("/connexion", &[("login", " Biologiste "), ("password", support::PASSWORD)]).await;
    assert_eq!(signed.location(), "/");
    let cookie = signed.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-paillasse=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(browser.get("/paillasse").await.status, StatusCode::OK);

    // Seven hours without a request, then one, then seven again: still signed in; nine: not any more.
    let hour = 3_600_000_000;
    for _ in 0..2 {
        now.fetch_add(7 * hour, Ordering::SeqCst);
        assert_eq!(browser.get("/paillasse").await.status, StatusCode::OK);
    }
    now.fetch_add(9 * hour, Ordering::SeqCst);
    assert_eq!(browser.get("/paillasse").await.location(), "/connexion");

    // Signing out ends the session itself, not only the cookie.
    let mut browser = Browser::new(&router);
    browser.get("/connexion").await;
    browser.post("/connexion", &[("login", "biologiste"), ("password", support::PASSWORD)]).await;
    browser.get("/mon-compte").await;
    let kept = browser.cookies.clone();
    assert_eq!(browser.post("/deconnexion", &[]).await.location(), "/connexion");
    browser.cookies = kept;
    assert_eq!(browser.get("/paillasse").await.location(), "/connexion");

    // A new password needs the current one.
    let mut browser = Browser::new(&router);
    browser.get("/connexion").await;
    browser.post("/connexion", &[("login", "secretaire"), ("password", support::PASSWORD)]).await;
    browser.get("/mon-compte").await;
    let new = "un nouveau mot de passe";
    let refused = browser.post("/mon-compte", &[("current", "faux"), ("password", new)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("current", support::PASSWORD), ("password", new)];
    assert_eq!(browser.post("/mon-compte", &fields).await.location(), "/mon-compte?fait=mot-de-passe");
    let mut again = Browser::new(&router);
    again.get("/connexion").await;
    assert_eq!(again.post("/connexion", &[("login", "secretaire"), ("password", new)]).await.location(), "/");

    // Too many failures make the login wait, whatever the password.
    for _ in 0..6 {
        browser.post("/connexion", &[("login", "technicien"), ("password", "pas le bon mot")]).await;
        browser.get("/connexion").await;
    }
    let seen = browser.post("/connexion", &[("login", "technicien"), ("password", support::PASSWORD)]).await;
    assert!(seen.text().contains("Trop d&#39;essais"), "{}", seen.text());
    let events = world
        .app
        .store()
        .read(|tx| {
            Ok::<_, AppError>(
                journal::latest(tx, None, 100)?.into_iter().map(|it| (it.action, it.subject)).collect::<Vec<_>>(),
            )
        })
        .await
        .unwrap();
    let has = |action: &str, subject: &str| events.iter().any(|(known, on)| known == action && on == subject);
    assert!(
        has("session.refuse", "biologiste") && has("session.refuse", "unknown") && has("session.close", "biologiste")
    );
    assert!(!events.iter().any(|(_, subject)| subject == "personne"), "an unknown login may be a password");
}

#[tokio::test]
async fn an_administrator_manages_accounts_and_connections() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "administrateur").await;
    let short = browser
        .post("/comptes", &[("login", "nouveau"), ("name", "Nouveau"), ("role", "technician"), ("password", "court")])
        .await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields =
        [("login", "nouveau"), ("name", "Nouveau"), ("role", "technician"), ("password", "assez long pour tous")];
    assert_eq!(browser.post("/comptes", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.post("/comptes", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the login is taken");
    browser.post("/comptes/nouveau/activite", &[("to", "inactive")]).await;
    let page = browser.get("/comptes").await.text();
    assert!(page.contains("nouveau") && page.contains("Activer"));
    let own = browser.post("/comptes/administrateur/activite", &[("to", "inactive")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody locks themselves out");

    let fields = [
        ("label", "Automate B"),
        ("kind", "analyzer"),
        ("application", "AUTB"),
        ("trust", ""),
        ("active", "1"),
        ("own_domain", "1"),
    ];
    assert_eq!(browser.post("/connexions-declarees", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(world.app.connections().iter().any(|it| it.application == "AUTB" && it.own_domain && it.active));
    assert!(browser.get("/connexions-declarees").await.text().contains("Convention du 3 mars 2026"));
    assert!(browser.get("/journal?verifier=1").await.text().contains("La chaîne est intacte"));
}

/// A form with a file, as browsers send it.
fn with_file(fields: &[(&str, &str)], logo: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--limite\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    body.extend_from_slice(b"--limite\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\n");
    body.extend_from_slice(b"Content-Type: image/png\r\n\r\n");
    body.extend_from_slice(logo);
    body.extend_from_slice(b"\r\n--limite--\r\n");
    body
}

async fn post_file(browser: &mut Browser, fields: &[(&str, &str)], logo: &[u8]) -> Seen {
    let csrf = browser.csrf.clone();
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    let request = browser
        .request(Method::POST, "/page-compte-rendu")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limite")
        .body(Body::from(with_file(&fields, logo)))
        .unwrap();
    browser.send(request).await
}

fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 40, 20);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[10, 90, 60].repeat(800)).unwrap();
    writer.finish().unwrap();
    bytes
}

const PAGE: [(&str, &str); 5] = [
    ("personal_data", "Vos données : écrire à notre délégué."),
    ("automatic_validation", "Validé par nos règles."),
    ("accreditation", "Examen accrédité."),
    ("scope", "Portée affichée à l'accueil."),
    ("accent", "#0A5A3C"),
];

async fn model(world: &World, id: lab::id::VersionId) -> lab::report::Report {
    world.app.store().read(move |tx| Ok::<_, AppError>(records::versions::model(tx, id)?)).await.unwrap()
}

#[tokio::test]
async fn the_page_of_reports_is_decided_here_and_holds_for_the_next_signature_only() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "biologiste").await;
    let before = model(&world, world.first_version).await.mentions;
    assert!(browser.get("/page-compte-rendu").await.text().contains("CNIL"));
    let codes: Vec<String> = world.app.catalogue().analyses().iter().map(|it| it.code.clone()).collect();
    let fields: Vec<(&str, &str)> =
        PAGE.into_iter().chain(codes.iter().map(|code| ("accredited", code.as_str()))).collect();
    let saved = post_file(&mut browser, &fields, &png()).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/page-compte-rendu?fait=page"));
    let page = browser.get("/page-compte-rendu?fait=page").await.text();
    for wanted in ["écrire à notre délégué", "Portée affichée à l&#39;accueil.", "#0A5A3C", "Retirer le logo"] {
        assert!(page.to_lowercase().contains(&wanted.to_lowercase()), "{wanted}");
    }
    let specimen = browser.get("/page-compte-rendu/specimen").await;
    assert!(specimen.body.starts_with(b"%PDF-1.4") && specimen.body.windows(6).any(|it| it == b"/Image"));

    let account = world.biologist.clone();
    let version = world.app.sign(world.ready_for_biologist, &account, app::report::Partial::Refused).await.unwrap();
    let mentions = model(&world, version).await.mentions;
    assert_eq!(mentions.personal_data.as_deref(), Some("Vos données : écrire à notre délégué."));
    assert_eq!(mentions.automatic_validation, None, "a biologist signed");
    let accreditation = mentions.accreditation.unwrap();
    assert_eq!((accreditation.number.as_str(), accreditation.sentence.as_str()), ("8-0000", "Examen accrédité."));
    let reading = browser.get(&format!("/comptes-rendus/{version}/lecture")).await.text();
    assert!(reading.contains("* Examen accrédité.") && reading.contains("Portée affichée"));
    let mut n_symbols = 0;
    for version in [version, world.first_version] {
        let reading = browser.get(&format!("/comptes-rendus/{version}/lecture")).await.text();
        let is_qualified = model(&world, version).await.patient.ins_for_sending().is_some();
        assert_eq!(reading.contains("INS à scanner"), is_qualified);
        n_symbols += usize::from(is_qualified);
    }
    assert!(n_symbols > 0, "no report of a qualified identity was looked at");
    assert_eq!(model(&world, world.first_version).await.mentions, before);

    // Without a file the logo stays; asked for, it goes.
    assert_eq!(browser.post("/page-compte-rendu", &PAGE).await.status, StatusCode::SEE_OTHER);
    assert!(world.app.page_in_force().page.logo.is_some());
    let removing: Vec<(&str, &str)> = PAGE.into_iter().chain([("remove_logo", "1")]).collect();
    assert_eq!(browser.post("/page-compte-rendu", &removing).await.status, StatusCode::SEE_OTHER);
    let in_force = world.app.page_in_force();
    assert!(in_force.page.logo.is_none() && in_force.page.accredited.is_empty() && in_force.number == 3);
    assert!(browser.get("/journal").await.text().contains("Page du compte rendu modifiée"));
}

#[tokio::test]
async fn a_page_of_reports_that_could_not_be_printed_is_refused_with_its_reasons() {
    let (world, router) = world().await;
    let mut browser = Browser::sign_in(&router, "administrateur").await;
    browser.get("/page-compte-rendu").await;
    let pale: Vec<(&str, &str)> = PAGE
        .into_iter()
        .map(|(name, text)| (name, if name == "accent" { "#FFE000" } else { text }))
        .map(|(name, text)| (name, if name == "scope" { " " } else { text }))
        .collect();
    let refused = post_file(&mut browser, &pale, b"<svg/>").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for wanted in ["PAGE-ACCENT", "PAGE-TEXT", "PAGE-LOGO-KIND", "écrire à notre délégué"] {
        assert!(refused.text().contains(wanted), "{wanted}");
    }
    check_page(&refused.text(), "refused page of reports");
    let huge = vec![0; web::routes::MAX_UPLOAD_BYTES];
    assert_eq!(post_file(&mut browser, &PAGE, &huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    browser.csrf = "0".repeat(64);
    assert_eq!(post_file(&mut browser, &PAGE, &png()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.app.page_in_force().number, 0);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused() {
    let (_, router) = world().await;
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    let csrf = browser.csrf.clone();
    let body = format!("csrf={csrf}&codes={}", "K".repeat(web::routes::MAX_FORM_BYTES));
    assert_eq!(browser.post_raw("/enregistrement", body).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many = format!("csrf={csrf}{}", "&copy=1".repeat(2000));
    assert_eq!(browser.post_raw("/enregistrement", many).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn health_and_assets_are_public_and_hold_no_data() {
    let (_, router) = world().await;
    let seen = Browser::new(&router).get("/sante").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.text().starts_with("{\"state\":\"ok\""));
    for (path, kind) in
        [("/static/style.css", "text/css"), ("/static/keys.js", "text/javascript"), ("/static/icon.svg", "image/svg")]
    {
        let seen = Browser::new(&router).get(path).await;
        assert!(seen.headers["content-type"].to_str().unwrap().starts_with(kind));
        assert!(!seen.text().replace("http://www.w3.org/2000/svg", "").contains("http"), "{path}");
    }
}

/// A pack with one schema, whose rule a file of the test decides.
fn pack_folder(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("paillasse-pages-{name}-{}", std::process::id()))
}

fn write_pack(folder: &std::path::Path, check: &str) {
    let file = folder.join("schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = format!(
        r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><title>Essai</title>
<ns prefix="cda" uri="urn:hl7-org:v3"/><pattern id="essai"><rule context="cda:ClinicalDocument">{check}</rule></pattern></schema>"#
    );
    std::fs::write(file, text).unwrap();
}

#[tokio::test]
async fn the_reason_of_an_official_rule_stands_on_the_page_and_is_gone_once_the_pack_is_read_again() {
    let folder = pack_folder("blocked");
    write_pack(&folder, r#"<assert test="cda:title" role="warning">Un titre est recommandé</assert>"#);
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let pack = PackSettings { folder: Some(folder.clone()), ..PackSettings::default() };
    let world = support::world_with(env, 1, pack).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut biologist = Browser::sign_in(&router, "biologiste").await;
    let mut administrator = Browser::sign_in(&router, "administrateur").await;

    write_pack(&folder, r#"<assert test="cda:absent">L'élément &lt;absent&gt; est exigé</assert>"#);
    let read = administrator.post("/conformite/lecture", &[]).await;
    assert_eq!(read.location(), "/conformite?fait=pack-lu");
    let path = format!("/dossiers/{}", world.ready_for_biologist);
    let page = biologist.get(&path).await.text();
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let refused = biologist.post(&format!("{path}/signature"), &[("seen", &seen)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text();
    for expected in
        ["ne respecte pas une règle officielle", "L&#39;élément &#60;absent&#62; est exigé", "(ClinicalDocument)"]
    {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    check_page(&page, "a blocked dossier");
    let conformity = administrator.get("/conformite").await.text();
    check_page(&conformity, "conformity");
    assert!(conformity.contains("en service, incomplet") && conformity.contains("IHE.sch"), "{conformity}");
    assert!(conformity.contains("Dossiers bloqués par une erreur"), "{conformity}");
    let events = n_events(&world).await;
    assert!(!biologist.get("/conformite").await.text().contains("Relire le pack"));
    assert_eq!(biologist.post("/conformite/lecture", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(n_events(&world).await, events);

    write_pack(&folder, r#"<assert test="cda:absent" role="warning">« absent » est recommandé</assert>"#);
    administrator.post("/conformite/lecture", &[]).await;
    assert_eq!(n_events(&world).await, events + 1);
    let signed = biologist.post(&format!("{path}/signature"), &[("seen", &seen)]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    let version = support::latest_version(&world.app, world.ready_for_biologist).await.unwrap();
    let report = biologist.get(&format!("/comptes-rendus/{version}")).await.text();
    for expected in
        ["tout n&#39;a pas pu être vérifié (1 schematrons entiers sur", "« absent » est recommandé", "IHE.sch"]
    {
        assert!(report.contains(expected), "{expected} is not in {report}");
    }
    check_page(&report, "a report with warnings");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn without_a_pack_the_report_and_the_page_say_so() {
    let (world, router) = world().await;
    let mut biologist = Browser::sign_in(&router, "biologiste").await;
    let report = biologist.get(&format!("/comptes-rendus/{}", world.first_version)).await.text();
    assert!(report.contains("Vérifié par nos seules règles : aucun pack officiel n&#39;est installé."), "{report}");
    let conformity = biologist.get("/conformite").await.text();
    assert!(conformity.contains("aucun pack") && !conformity.contains("Relire le pack"), "{conformity}");
}

#[tokio::test]
async fn an_unusable_pack_is_an_alert_that_says_what_to_do() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let pack = PackSettings { folder: Some(pack_folder("nowhere")), ..PackSettings::default() };
    let world = support::world_with(env, 1, pack).await;
    world.app.watch_once().await.unwrap();
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let mut administrator = Browser::sign_in(&router, "administrateur").await;
    let watch = administrator.get("/veille").await.text();
    assert!(watch.contains("Vérifiez conformity.pack") && watch.contains("/conformite"), "{watch}");
    check_page(&watch, "the watch");
    let conformity = administrator.get("/conformite").await.text();
    assert!(conformity.contains("inutilisable") && conformity.contains("Relire le pack"), "{conformity}");
    let report =
        Browser::sign_in(&router, "biologiste").await.get(&format!("/comptes-rendus/{}", world.first_version)).await;
    assert!(report.text().contains("le pack officiel installé était inutilisable"));
}
