//! Revocation lists against real mail servers: fetched, kept while their source is away, believed only when signed.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use app::{App, AppError, Env, catalogue, revocation::SourceState, settings::RevocationSettings, start::open_store};
use axum::{Router, http::StatusCode, routing::get};
use e2e::{
    COLLECTOR_BOX, LABORATORY_BOX, Laboratory, Message,
    debian::{Debian, Door, SERVER, Who},
};
use lab::delivery::DeliveryState::Received;
use records::journal;
use transport::{smtp::SmtpClient, tls::Revocation};

const PATIENCE: Duration = Duration::from_secs(30);
const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
const COPY_BOX: &str = "antoine.rossi@medecin.test.mssante.fr";

/// Where an authority publishes its list, in clear as they do; nothing there: it does not answer.
#[derive(Clone, Default)]
struct Published(Arc<Mutex<Option<Vec<u8>>>>);

impl Published {
    fn put(&self, list: Option<&[u8]>) {
        *self.0.lock().unwrap() = list.map(<[u8]>::to_vec);
    }

    async fn serve(&self) -> Result<String> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}/organisations.crl", listener.local_addr()?);
        let published = self.clone();
        let answer = move || async move {
            let list = published.0.lock().unwrap().clone();
            list.map_or((StatusCode::SERVICE_UNAVAILABLE, Vec::new()), |list| (StatusCode::OK, list))
        };
        let router = Router::new().route("/organisations.crl", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }
}

fn settings(debian: &Debian, address: &str) -> Result<RevocationSettings> {
    let authorities = debian.pki.organizations.as_bytes();
    Ok(RevocationSettings {
        lists: Revocation::under(authorities)?,
        roots_pem: authorities.to_vec(),
        sources: vec![address.to_owned()],
        every: Duration::from_millis(200),
    })
}

async fn wait_for(app: &App, what: &str, is_so: impl Fn(&SourceState) -> bool) -> Result<SourceState> {
    let until = Instant::now() + PATIENCE;
    loop {
        let state = app.revocation_states().pop().context("one source")?;
        if is_so(&state) {
            return Ok(state);
        }
        ensure!(Instant::now() < until, "{what}: {} {:?}", state.failure, state.list);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn n_alerts(laboratory: &Laboratory) -> Result<usize> {
    laboratory.app.watch_once().await?;
    let alerts = laboratory.app.store().read(|tx| Ok::<_, AppError>(journal::open_alerts(tx)?)).await?;
    Ok(alerts.iter().filter(|it| it.kind == "revocation_list").count())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_fetched_kept_while_their_source_is_away_and_believed_only_when_signed() -> Result<()> {
    let boxes = [LABORATORY_BOX, PATIENT_BOX, PRESCRIBER_BOX, COPY_BOX, COLLECTOR_BOX];
    let Some(debian) = Debian::start(&boxes)? else { return Ok(()) };
    let (published, current) = (Published::default(), settings(&debian, "")?);
    let address = published.serve().await?;
    let lists = RevocationSettings { sources: vec![address.clone()], ..current };
    let (smtp, imap) = (debian.smtp_settings(Door::Right, Some(Who::Laboratory))?, debian.imap_settings()?);
    let security = debian.security_by(Some(Who::Laboratory), &lists.lists)?;
    let laboratory = Laboratory::start_changed(|settings| {
        settings.smtp = transport::smtp::SmtpSettings { security: security.clone(), ..smtp.clone() };
        settings.return_boxes.truncate(1);
        settings.return_boxes[0].imap = transport::imap::ImapSettings { security: security.clone(), ..imap };
        settings.revocation = Some(lists);
    })
    .await?;

    // No list was ever had: nothing is said to a server that may have been revoked, and a person is told.
    wait_for(&laboratory.app, "the source is away", |it| it.failure == "refused").await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(debian.messages(PRESCRIBER_BOX)?.is_empty());
    assert_eq!(n_alerts(&laboratory).await?, 1);

    // The list comes: what waited leaves, and the alert ends.
    let good = debian.pki.list.clone().into_bytes();
    published.put(Some(&good));
    let ended = laboratory.ended(version, PATIENCE).await?;
    ensure!(ended.iter().all(|it| it.state == Received), "{:?}\n{}", e2e::states(&ended), debian.logs());
    assert_eq!(n_alerts(&laboratory).await?, 0);
    let first = wait_for(&laboratory.app, "a list", |it| it.list.is_some()).await?;
    assert_eq!(first.list.context("a list")?.2, 2);

    // What nobody should believe is refused by its reason; the list that was had stays.
    let older = debian.pki.list_of(&[], 2025, 2096)?.into_bytes();
    let over = debian.pki.list_of(&[], 2025, 2026)?.into_bytes();
    let future = debian.pki.list_of(&[], 2090, 2096)?.into_bytes();
    let mut forged = good.clone();
    // One character of the signature.
    let at = forged.len() - 60;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let wrong: [(&str, &[u8]); 5] = [
        ("not_a_list", b"<html>maintenance</html>"),
        ("older", &older),
        ("over", &over),
        ("future", &future),
        ("not_signed", &forged),
    ];
    for (failure, list) in wrong {
        published.put(Some(list));
        let state = wait_for(&laboratory.app, failure, |it| it.failure == failure).await?;
        assert_eq!(state.list.context(failure)?.2, 2);
    }

    // Another process, with the source away: the list that was kept serves.
    published.put(None);
    let settings_of_before = laboratory.operator.settings()?;
    let folder = laboratory.cut().await.context("a folder")?;
    let url = format!("sqlite:{}", folder.join("paillasse.db").display());
    let lists = settings(&debian, &address)?;
    let smtp =
        transport::smtp::SmtpSettings { security: debian.security_by(Some(Who::Laboratory), &lists.lists)?, ..smtp };
    let settings = app::Settings { smtp: smtp.clone(), revocation: Some(lists), ..settings_of_before };
    let env = Env::system();
    let app = App::open(open_store(&url, &env).await?, env, settings, catalogue::usual()).await?;
    SmtpClient::new(smtp.clone()).probe().await.map_err(|outcome| anyhow::anyhow!("{outcome:?}"))?;

    // The server is revoked in a later list: from then on it is not spoken to.
    published.put(Some(debian.pki.list_of(&[SERVER], 2026, 2096)?.as_bytes()));
    let mut tasks = tokio::task::JoinSet::new();
    app.start_workers(&mut tasks);
    wait_for(&app, "the later list", |it| it.list.is_some_and(|(.., n)| n == 1)).await?;
    assert!(SmtpClient::new(smtp).probe().await.is_err());
    tasks.shutdown().await;
    Ok(std::fs::remove_dir_all(folder)?)
}
