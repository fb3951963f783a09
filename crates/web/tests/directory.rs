//! The Annuaire Santé on pages: search, an address chosen, an address typed with where it comes from, closed ones flagged.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use app::directory::{ApiSettings, DirectorySettings, DirectorySource, Shrink};
use axum::http::StatusCode;
use lab::person::{Rpps, TrustedDomains};
use records::professionals;
use support::{World, browser::Browser};
use transport::{
    http::{Client, Limits},
    tls,
};
use web::WebSettings;

const PRACTICES: &str = "Identification nationale PP|Code civilité d'exercice|Nom d'exercice|Prénom d'exercice|\
    Code profession|Libellé profession|Numéro FINESS site|Identifiant technique de la structure|Raison sociale site|\
    Code postal (coord. structure)|Libellé commune (coord. structure)\n\
    800000000012|DR|TILLEUL|Zoé|10|Médecin|990000001|F990000001|CABINET DES <CHARMES>|12000|VILLE-AUX-CHARMES\n\
    800000000020|DR|TILLEUL|Hugo|10|Médecin|990000002|F990000002|CLINIQUE|29200|KERVENEC\n";
const MAILBOXES: &str = "Type de BAL|Adresse BAL|Identification nationale PP|Identification Structure|\
    Service de rattachement|Dématérialisation|Raison Sociale structure BAL\n\
    PER|zoe.tilleul@medecin.mssante.fr|800000000012|||O|\n\
    PER|zoe.ailleurs@medecin.mssante.fr|800000000012|||N|\n\
    PER|hugo.tilleul@medecin.mssante.fr|800000000020|||O|\n";

async fn load(world: &World, practices: &str, mailboxes: &str) {
    let folder = std::env::temp_dir().join(format!("paillasse-web-directory-{:p}", world));
    std::fs::create_dir_all(&folder).unwrap();
    let files = [("practices.txt", practices), ("mailboxes.txt", mailboxes)].map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let report = world.app.load_directory(files.to_vec(), Shrink::Accepted, "test", |_| {}).await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(report.in_force, "{:?}", report.findings);
}

async fn mailbox_of(world: &World, rpps: &str) -> Option<String> {
    let rpps = Rpps::parse(rpps).unwrap();
    let read = world.app.store().read(move |tx| Ok::<_, app::AppError>(professionals::by_rpps(tx, &rpps)?));
    read.await.unwrap().and_then(|it| it.mailbox).map(|it| it.as_str().to_owned())
}

async fn secretary() -> (World, Browser) {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let router = web::router(world.app.clone(), WebSettings { personas: true, ..WebSettings::default() });
    let browser = Browser::sign_in(&router, "secretaire").await;
    (world, browser)
}

#[tokio::test]
async fn a_correspondent_comes_from_the_directory_with_the_address_that_was_chosen() {
    let (world, mut browser) = secretary().await;
    let before = browser.get("/annuaire?q=tilleul").await.text();
    assert!(before.contains("Aucun annuaire n'est chargé") || before.contains("Aucun annuaire n&#39;est chargé"));
    load(&world, PRACTICES, MAILBOXES).await;

    let page = browser.get("/annuaire?q=tilleul").await.text();
    assert!(page.contains("TILLEUL Zoé") && page.contains("TILLEUL Hugo"));
    assert!(!page.contains("<CHARMES>"), "names of structures are escaped");
    assert!(page.contains("préfère le papier"));
    let page = browser.get("/annuaire?q=tilleul&lieu=kerv").await.text();
    assert!(page.contains("TILLEUL Hugo") && !page.contains("TILLEUL Zoé"));

    let foreign = [("rpps", "00000000012"), ("address", "hugo.tilleul@medecin.mssante.fr")];
    assert_eq!(browser.post("/annuaire/correspondant", &foreign).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let chosen = [("rpps", "00000000012"), ("address", "zoe.tilleul@medecin.mssante.fr")];
    let done = browser.post("/annuaire/correspondant", &chosen).await;
    assert_eq!(done.location(), "/correspondants?fait=correspondant");
    assert_eq!(mailbox_of(&world, "00000000012").await.as_deref(), Some("zoe.tilleul@medecin.mssante.fr"));

    let proposals = browser.get("/annuaire/propositions?q=tilleul").await.text();
    assert!(proposals.contains("00000000020 DR TILLEUL Hugo hugo.tilleul@medecin.mssante.fr"), "{proposals}");
}

#[tokio::test]
async fn a_folder_is_loaded_when_its_interval_is_over() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 6).await;
    let folder = std::env::temp_dir().join(format!("paillasse-web-folder-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let every = Duration::from_secs(24 * 3600);
    let settings =
        DirectorySettings { source: DirectorySource::Folder(folder.clone()), every, shrink: Shrink::default() };
    assert!(world.app.directory_due(every).await.unwrap() <= world.app.env().now(), "due at once");
    assert_eq!(world.app.load_directory_source(&settings).await.unwrap(), None, "an empty folder is no load");
    let path = folder.join("PS_LibreAcces_Personne_activite_202608260000.txt");
    std::fs::write(&path, PRACTICES).unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(60);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let report = world.app.load_directory_source(&settings).await.unwrap().unwrap();
    assert!(report.in_force);
    assert_eq!(report.files[0].published.as_deref(), Some("2026-08-26 00:00"));
    let due = world.app.directory_due(every).await.unwrap();
    let hours = due.duration_since(world.app.env().now()).as_hours();
    assert!((23..=24).contains(&hours), "one interval later, not {hours} hours");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_page_says_where_the_directory_comes_from_and_why_the_api_gave_nothing() {
    let (world, mut browser) = secretary().await;
    load(&world, PRACTICES, MAILBOXES).await;
    let page = browser.get("/annuaire").await.text();
    assert!(page.contains("<dt>Source</dt><dd>extractions publiques</dd><dt>Dernier chargement</dt>"), "{page}");
    let api = ApiSettings {
        // The discard port of this machine: nobody answers.
        url: "http://127.0.0.1:9/fhir/v2".into(),
        key_file: None,
        count: 50,
        per_second: 17,
        first_wait: Duration::from_millis(1),
        client: Client::new(tls::trusting_nobody().unwrap(), Limits::default()),
    };
    let source = DirectorySource::Api(Box::new(api));
    let settings = DirectorySettings { source, every: Duration::from_secs(3600), shrink: Shrink::default() };
    let report = world.app.load_directory_source(&settings).await.unwrap().unwrap();
    assert_eq!((report.in_force, report.source.as_str()), (false, "fhir"));
    let page = browser.get("/annuaire").await.text();
    assert!(page.contains("API FHIR") && page.contains("Organization, page 1"), "{page}");
    assert!(page.contains("<dd>extractions publiques</dd>"), "the former directory stays: {page}");
}

#[tokio::test]
async fn registration_searches_the_directory_and_loses_nothing_that_was_typed() {
    let (world, mut browser) = secretary().await;
    load(&world, PRACTICES, MAILBOXES).await;
    browser.get("/enregistrement").await;
    let typed = [("birth_name", "Fontaine"), ("directory_q", "tilleul hugo"), ("directory_search", "1")];
    let seen = browser.post("/enregistrement", &typed).await;
    assert_eq!(seen.status, StatusCode::OK);
    let proposal = "00000000020 DR TILLEUL Hugo hugo.tilleul@medecin.mssante.fr";
    let page = seen.text();
    assert!(page.contains(&format!("value=\"prescriber:{proposal}\"")) && page.contains("value=\"Fontaine\""));
    let picked = format!("prescriber:{proposal}");
    let page = browser.post("/enregistrement", &[("birth_name", "Fontaine"), ("directory_pick", &picked)]).await.text();
    assert!(page.contains(&format!("value=\"{proposal}\"")) && page.contains("value=\"Fontaine\""));

    let code = world.app.catalogue().analyses()[0].code.clone();
    let fields = [
        ("birth_name", "Fontaine"),
        ("given_names", "Rose"),
        ("birth_date", "1980-02-29"),
        ("sex", "F"),
        ("prescriber", proposal),
        ("codes", code.as_str()),
    ];
    let done = browser.post("/enregistrement", &fields).await;
    assert!(done.location().starts_with("/dossiers/"), "{}", done.text());
    assert_eq!(mailbox_of(&world, "00000000020").await.as_deref(), Some("hugo.tilleul@medecin.mssante.fr"));
}

#[tokio::test]
async fn an_address_typed_by_hand_shows_its_provenance_and_a_closed_box_is_flagged() {
    let (world, mut browser) = secretary().await;
    load(&world, PRACTICES, MAILBOXES).await;
    browser.get("/annuaire").await;
    for (rpps, address) in
        [("00000000012", "zoe.tilleul@medecin.mssante.fr"), ("00000000020", "hugo.tilleul@medecin.mssante.fr")]
    {
        browser.post("/annuaire/correspondant", &[("rpps", rpps), ("address", address)]).await;
    }
    let typed =
        [("rpps", "00000000012"), ("mailbox", "liste.rouge@medecin.mssante.fr"), ("note", "donnée au téléphone")];
    let done = browser.post("/correspondants/adresse", &typed).await;
    assert_eq!(done.location(), "/correspondants?fait=adresse");
    let page = browser.get("/correspondants").await.text();
    assert!(page.contains("liste.rouge@medecin.mssante.fr") && page.contains("donnée au téléphone"));
    assert!(!page.contains("boîte fermée"));

    let without_hugo: String =
        MAILBOXES.lines().filter(|it| !it.contains("hugo")).fold(String::new(), |all, it| all + it + "\n");
    load(&world, PRACTICES, &without_hugo).await;
    let page = browser.get("/correspondants").await.text();
    assert!(page.contains("boîte fermée"), "the box that is gone is flagged");
    assert_eq!(mailbox_of(&world, "00000000012").await.as_deref(), Some("liste.rouge@medecin.mssante.fr"));
    assert_eq!(mailbox_of(&world, "00000000020").await.as_deref(), Some("hugo.tilleul@medecin.mssante.fr"));
    let doubts = browser.get("/doutes").await.text();
    assert!(doubts.contains("Hugo TILLEUL"), "and the secretary is told");
    let state = browser.get("/annuaire").await.text();
    assert!(state.contains("mailboxes.txt") && state.contains("en service"));
}

#[tokio::test]
async fn an_address_outside_the_white_list_is_refused_wherever_it_is_typed_or_chosen() {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 0).await;
    let elsewhere = "PER|zoe@autre.mssante.fr|800000000012|||O|\nPER|zoe@medecin.mssante.fr|800000000012|||O|\n";
    load(&world, PRACTICES, &format!("{MAILBOXES}{elsewhere}")).await;
    // The same laboratory, once it has a list.
    let settings = app::Settings { trusted: TrustedDomains::listed(["medecin.mssante.fr"]), ..support::settings() };
    let (store, env) = (world.app.store().clone(), world.app.env().clone());
    let app = app::App::open(store, env, settings, app::catalogue::usual()).await.unwrap();
    let router = web::router(app, WebSettings { personas: true, ..WebSettings::default() });
    let mut browser = Browser::sign_in(&router, "secretaire").await;
    browser.get("/annuaire").await;
    let chosen = |address| [("rpps", "00000000012"), ("address", address)];
    let typed = |address| [("rpps", "00000000012"), ("mailbox", address), ("family", "TILLEUL")];

    let done = browser.post("/annuaire/correspondant", &chosen("zoe@medecin.mssante.fr")).await;
    assert_eq!(done.location(), "/correspondants?fait=correspondant");
    for (path, fields) in [
        ("/annuaire/correspondant", &chosen("zoe@autre.mssante.fr")[..]),
        ("/correspondants/adresse", &typed("zoe@autre.mssante.fr")[..]),
        ("/correspondants", &typed("zoe@autre.mssante.fr")[..]),
        ("/enregistrement", &[("prescriber", "00000000012 DR TILLEUL Zoé zoe@autre.mssante.fr")][..]),
    ] {
        let refused = browser.post(path, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let page = refused.text();
        assert!(page.contains("liste blanche MSSanté du laboratoire"), "{path}: {page}");
    }
    let outside = browser.post("/correspondants/adresse", &typed("zoe@gmail.com")).await.text();
    assert!(outside.contains("espace de confiance MSSanté"), "{outside}");
    assert_eq!(mailbox_of(&world, "00000000012").await.as_deref(), Some("zoe@medecin.mssante.fr"));
    let done = browser.post("/correspondants/adresse", &typed("liste.rouge@medecin.mssante.fr")).await;
    assert_eq!(done.location(), "/correspondants?fait=adresse");
}
