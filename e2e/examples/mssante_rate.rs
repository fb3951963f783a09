//! Mails a minute through one Postfix: the delivery worker of the product beside Python's `smtplib`, same bytes, same server.
#![allow(clippy::print_stdout, reason = "a command-line tool")]

use std::{
    hint::black_box,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use app::{App, AppError, Env, catalogue, start::open_store};
use dmp::metadata::Mask;
use e2e::{
    COLLECTOR_BOX, LABORATORY_BOX, Line, Message, Operator, Patient,
    debian::{Debian, Door, Who},
    prepare,
};
use lab::{delivery::DeliveryState, id::Oid, order::Visibility, person::MssanteAddress};
use records::{
    deliveries, lists,
    versions::{self, DocumentKind},
};
use serde_json::{Value, json};
use store::params;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use transport::mllp::{ClientSettings, MllpClient, ServerSettings};

const BOXES: [&str; 2] = ["claire.moreau@medecin.test.mssante.fr", "antoine.rossi@medecin.test.mssante.fr"];
/// Results of one report: code, value, unit.
const RESULTS: [(&str, &str, &str); 24] = [
    ("NA", "140", "mmol/L"),
    ("K", "4.2", "mmol/L"),
    ("CL", "101", "mmol/L"),
    ("BIC", "25", "mmol/L"),
    ("PROT", "71", "g/L"),
    ("UREE", "5.1", "mmol/L"),
    ("CREA", "74", "µmol/L"),
    ("DFG", "88", "mL/min/1,73m²"),
    ("CRP", "2.3", "mg/L"),
    ("GLY", "4.9", "mmol/L"),
    ("GB", "6.1", "10*9/L"),
    ("GR", "4.52", "10*12/L"),
    ("HB", "13.4", "g/dL"),
    ("HT", "41.2", "%"),
    ("VGM", "88.0", "fL"),
    ("PLQ", "248", "G/L"),
    ("PNN", "3.42", "G/L"),
    ("LYM", "2.05", "G/L"),
    ("CHOL", "4.91", "mmol/L"),
    ("TG", "1.02", "mmol/L"),
    ("HDL", "1.41", "mmol/L"),
    ("LDL", "3.04", "mmol/L"),
    ("TSH", "1.74", "mUI/L"),
    ("T4L", "14.2", "pmol/L"),
];
const LIMIT: Duration = Duration::from_secs(600);
/// Connections of both sides, as the product opens by default.
const N_CONNECTIONS: usize = 8;

/// Arguments: the script of the peer, the number of reports (two mails each), the results of each (24 at most).
#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let script = PathBuf::from(arguments.next().context("the script of the peer")?);
    let n_reports: usize = arguments.next().as_deref().unwrap_or("500").parse()?;
    let n_results: usize = arguments.next().as_deref().unwrap_or("24").parse()?;
    let boxes: Vec<&str> = BOXES.into_iter().chain([LABORATORY_BOX, COLLECTOR_BOX]).collect();
    let debian = tokio::task::spawn_blocking(move || Debian::start(&boxes)).await??;
    let debian = debian.context("Postfix and Dovecot are needed, and root")?;
    let folder = std::env::temp_dir().join(format!("paillasse-rate-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&debian, &folder, &script, n_reports, n_results).await;
    std::fs::remove_dir_all(&folder)?;
    println!("{}", measured.with_context(|| debian.logs())?);
    Ok(())
}

async fn measure(
    debian: &Debian,
    folder: &std::path::Path,
    script: &std::path::Path,
    n_reports: usize,
    n_results: usize,
) -> Result<Value> {
    let operator = Operator::start().await?;
    let url = format!("sqlite:{}", folder.join("paillasse.db").display());
    let mut settings = operator.settings()?;
    settings.smtp = debian.smtp_settings(Door::Right, Some(Who::Laboratory))?;
    settings.smtp.max_connections = N_CONNECTIONS;
    settings.max_deliveries_in_flight = 16;
    settings.return_boxes.truncate(1);
    settings.return_boxes[0].imap = debian.imap_settings()?;
    let env = Env::system();
    let app = App::open(open_store(&url, &env).await?, env, settings, catalogue::usual()).await?;
    prepare(&app).await?;
    sign(&app, n_reports, n_results).await?;
    let composed = compose(&app).await?;
    let mail = folder.join("mail.eml");
    std::fs::write(&mail, &composed.mail)?;

    let n_mails = n_reports * BOXES.len();
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    tasks.spawn(app.clone().run_deliveries());
    tasks.spawn(app.clone().run_return_box(app.settings().return_boxes[0].clone()));
    let handed_over =
        until(&app, n_mails, started, |state| matches!(state, DeliveryState::Accepted | DeliveryState::Received))
            .await?;
    let received = until(&app, n_mails, started, |state| state == DeliveryState::Received).await?;
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}

    let peer = smtplib(debian, folder, script, &mail, n_mails)?;
    let a_minute = |time: Duration| (n_mails as f64 * 60.0 / time.as_secs_f64()).round();
    let ours = a_minute(handed_over);
    let theirs = peer["messages_per_minute"].as_f64().context("the peer printed no rate")?;
    Ok(json!({
        "mails": n_mails,
        "mail_bytes": composed.mail.len(),
        "connections": N_CONNECTIONS,
        "handed_over_per_minute": ours,
        "until_their_notification_per_minute": a_minute(received),
        "compose_archive_ms": composed.archive_ms,
        "compose_mail_ms": composed.mail_ms,
        "peer": peer,
        "ratio": (ours / theirs * 100.0).round() / 100.0,
    }))
}

/// Receives and signs the reports, while nothing is delivered.
async fn sign(app: &App, n_reports: usize, n_results: usize) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let (at, mut tasks, stop) = (listener.local_addr()?, JoinSet::new(), CancellationToken::new());
    app.start_mllp(listener, ServerSettings::default(), None, stop.clone(), &mut tasks);
    tasks.spawn(app.clone().run_inbound());
    tasks.spawn(app.clone().run_signing());
    let mut client = MllpClient::connect(at, None, ClientSettings::default()).await?;
    for n in 0..n_reports {
        let results = RESULTS.iter().take(n_results);
        let lines = results.map(|(code, value, unit)| Line::number(code, value, unit)).collect();
        let message = Message {
            sender: "SGL-C",
            validator: Some("01234567101"),
            control_id: format!("R{n}"),
            number: format!("R{n}"),
            patient: Patient {
                number: format!("Q{n}"),
                name: (format!("ESSAI{n}"), "CAMILLE".into()),
                matricule: None,
                reliability: "PROV",
            },
            lines,
            ..Message::chemistry()
        };
        let answer = client.send(&message.encode()).await?;
        ensure!(answer.windows(6).any(|it| it == b"MSA|AA"), "{}", String::from_utf8_lossy(&answer));
    }
    let started = Instant::now();
    loop {
        let signed = app.store().read(|tx| Ok::<_, AppError>(lists::count_reports(tx)?)).await?;
        if usize::try_from(signed)? >= n_reports {
            break;
        }
        ensure!(started.elapsed() < LIMIT, "{signed} of {n_reports} reports signed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    Ok(())
}

struct Composed {
    mail: Vec<u8>,
    archive_ms: f64,
    mail_ms: f64,
}

/// Composes the mail of one report again and again: its archive, then the message around it.
async fn compose(app: &App) -> Result<Composed> {
    let (report, cda, page, pdf) = app
        .store()
        .read(|tx| {
            let row = tx.query_opt("SELECT id FROM report_version ORDER BY id LIMIT 1", params![])?;
            let id = row.and_then(|it| it.string("id").ok()).and_then(|id| lab::id::VersionId::parse(&id));
            let id = id.ok_or(AppError::Rendering("a version"))?;
            let page = versions::opt_document(tx, id, DocumentKind::Page)?.map(|(_, bytes)| bytes);
            let (_, pdf) = versions::document(tx, id, DocumentKind::Pdf)?;
            Ok::<_, AppError>((versions::model(tx, id)?, versions::sent_document(tx, id)?, page, pdf))
        })
        .await?;
    let settings = Arc::new(app.settings().mail.clone());
    let address = MssanteAddress::parse(BOXES[0]).context("an address")?;
    let exchange = Oid::parse("1.2.250.1.999.1.1").context("an OID")?;
    let message_id = mssante::message_id(&exchange, &settings.sender.address)?;
    let masks = Mask::of(Visibility::Visible);
    let content = mssante::Content { cda: &cda, page: page.as_deref(), masks, withdrawal: None };
    let archive = || mssante::archive(&report, &content, &settings);
    let (archive_ms, bytes) = timed(archive)?;
    let delivery = mssante::Delivery {
        address: &address,
        name: "DR MOREAU Claire",
        audience: mssante::Audience::Professional,
        message_id: &message_id,
        about: None,
        withdrawal: None,
        template: None,
        sent_at: app.env().now(),
    };
    let documents = mssante::Documents { archive: &bytes, pdf: &pdf };
    let (mail_ms, mail) = timed(|| mssante::mail(&report, &delivery, &documents, &settings))?;
    Ok(Composed { mail, archive_ms, mail_ms })
}

/// The mean of a hundred times, in milliseconds, and the last result.
fn timed<T, E: std::error::Error + Send + Sync + 'static>(make: impl Fn() -> Result<T, E>) -> Result<(f64, T)> {
    const N: u32 = 100;
    let mut last = make()?;
    let started = Instant::now();
    for _ in 0..N {
        last = black_box(make()?);
    }
    let ms = started.elapsed().as_secs_f64() * 1000.0 / f64::from(N);
    Ok(((ms * 1000.0).round() / 1000.0, last))
}

/// How long it took until so many mails are in a state.
async fn until(app: &App, n: usize, started: Instant, is_there: impl Fn(DeliveryState) -> bool) -> Result<Duration> {
    loop {
        let counts = app.store().read(|tx| Ok::<_, AppError>(deliveries::counts(tx)?)).await?;
        let there: i64 = counts.iter().filter(|(_, state, _)| is_there(*state)).map(|(_, _, n)| n).sum();
        if usize::try_from(there)? >= n {
            return Ok(started.elapsed());
        }
        ensure!(started.elapsed() < LIMIT, "{there} of {n} mails: {counts:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn smtplib(
    debian: &Debian,
    folder: &std::path::Path,
    script: &std::path::Path,
    mail: &std::path::Path,
    n_mails: usize,
) -> Result<Value> {
    let identity = debian.pki.client(Who::Laboratory).context("a certificate")?;
    let (roots, certificate, key) = (folder.join("roots.pem"), folder.join("client.pem"), folder.join("client.key"));
    std::fs::write(&roots, &debian.pki.root)?;
    std::fs::write(&certificate, &identity.certificate_chain_pem)?;
    std::fs::write(&key, &identity.private_key_pem)?;
    let port = debian.smtp_port(Door::Right).context("a door")?;
    let mut command = Command::new("python3");
    command.arg(script).arg(port.to_string()).args([&roots, &certificate, &key]).arg(mail);
    command.args([&n_mails.to_string(), &N_CONNECTIONS.to_string(), LABORATORY_BOX]).args(BOXES);
    let output = command.output()?;
    ensure!(output.status.success(), "the peer: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the peer printed no JSON")
}
