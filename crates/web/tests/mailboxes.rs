//! The laboratory's own mailboxes: a trial, a token given and taken away, the servers of an address.
#![allow(clippy::unwrap_used)]

mod support;

use app::App;
use axum::http::StatusCode;
use support::{TOKEN_BOX, browser::Browser};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use web::WebSettings;

async fn opened(login: &str, file: &str) -> Browser {
    let (env, _) = support::clock("2026-11-22T07:00:00Z");
    let world = support::world(env, 1).await;
    let mut settings = support::settings();
    settings.discovery.file = file.to_owned();
    let app = App::open(world.app.store().clone(), world.app.env().clone(), settings, app::catalogue::usual());
    let router = web::router(app.await.unwrap(), WebSettings { personas: true, ..WebSettings::default() });
    Browser::sign_in(&router, login).await
}

#[tokio::test]
async fn a_token_opens_a_box_for_its_time_and_is_never_shown() {
    let mut browser = opened("secretaire", "").await;
    let path = format!("/boites/{TOKEN_BOX}");
    let page = browser.get("/boites").await.text();
    assert!(page.contains("Attend un jeton") && page.contains("Pas encore ouverte"), "{page}");
    for (token, minutes, reason) in [
        ("a b", "5", "pas un jeton d&#39;accès"),
        ("", "5", "pas un jeton d&#39;accès"),
        ("eyJ.e30.x", "0", "une minute à 24 heures"),
        ("eyJ.e30.x", "1441", "une minute à 24 heures"),
        ("eyJ.e30.x", "beaucoup", "une minute à 24 heures"),
    ] {
        let refused = browser.post(&format!("{path}/jeton"), &[("token", token), ("minutes", minutes)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{token} {minutes}");
        let text = refused.text();
        assert!(text.contains(reason), "{token} {minutes}: {text}");
    }
    let given = browser.post(&format!("{path}/jeton"), &[("token", " eyJhbGciOi.SECRET.x \n"), ("minutes", "5")]).await;
    assert_eq!(given.location(), "/boites?fait=ouverte");
    let page = browser.get("/boites").await.text();
    assert!(page.contains("Jeton valable encore 5 min") && !page.contains("SECRET"), "{page}");
    let taken = browser.post(&format!("{path}/fermeture"), &[]).await;
    assert_eq!(taken.location(), "/boites?fait=fermee");
    assert!(browser.get("/boites").await.text().contains("Attend un jeton"));
    // A box that the certificate opens takes no token, nor does one that is not ours.
    for other in ["labo@tilleuls.mssante.fr", "autre@tilleuls.mssante.fr", "x"] {
        let path = format!("/boites/{other}/jeton");
        let refused = browser.post(&path, &[("token", "eyJ.e30.x"), ("minutes", "5")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn a_trial_says_what_fails_and_what_to_look_at() {
    let mut browser = opened("administrateur", "").await;
    let page = browser.post("/boites/labo@tilleuls.mssante.fr/essai", &[]).await.text();
    assert!(page.contains("Lecture (IMAP) : le serveur ne répond pas."), "{page}");
    assert!(page.contains("Envoi (SMTP) : le serveur ne répond pas."), "{page}");
    let mut technician = opened("technicien", "").await;
    assert_eq!(technician.get("/boites").await.status, StatusCode::FORBIDDEN);
    let refused = technician.post("/boites/labo@tilleuls.mssante.fr/essai", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_servers_of_an_address_are_found_and_told_as_settings() {
    const FILE: &str = r#"<clientConfig version="1.1"><emailProvider id="a"><incomingServer type="imap"><hostname>imap.operateur.test</hostname><port>143</port><socketType>STARTTLS</socketType><authentication>OAuth2</authentication></incomingServer><outgoingServer type="smtp"><hostname>smtp.operateur.test</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer></emailProvider></clientConfig>"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/{{domain}}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 2048];
            let n = stream.read(&mut asked).await.unwrap();
            let is_known = String::from_utf8_lossy(&asked[..n]).starts_with("GET /labo.mssante.fr ");
            let file = if is_known { FILE } else { "" };
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{file}", file.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let mut browser = opened("administrateur", &address).await;
    let page = browser.get("/boites?adresse=Secretariat%40labo.mssante.fr").await.text();
    assert!(page.contains("smtp.operateur.test:587 (fichier de l&#39;opérateur)"), "{page}");
    let lines = page.split("<pre class=\"mono small\">").nth(1).unwrap().split("</pre>").next().unwrap();
    let lines = lines.replace("&#34;", "\"").replace("&quot;", "\"");
    assert!(
        lines.contains("access = \"token\"") && lines.contains("host = \"imap.operateur.test\", port = 143"),
        "{lines}"
    );
    let page = browser.get("/boites?adresse=x%40autre.mssante.fr").await.text();
    assert!(page.contains("introuvable") && page.contains("Demandez à l&#39;opérateur"), "{page}");
    let refused = browser.get("/boites?adresse=pas+une+adresse").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}
