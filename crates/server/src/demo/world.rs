//! The demonstration's world: a laboratory, the sandbox of national services, and senders that speak MLLP.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use app::{
    App, Env,
    accounts::{AccountActor, NewAccount, SessionPolicy},
    catalogue,
    purpose::Answered,
    registration::{NewDossier, PatientChoice, Registered},
    settings::{PackSettings, ReturnBox},
    start::open_store,
};
use jiff::SignedDuration;
use lab::{
    id::{ConnectionId, Ids as _},
    inbound::ConnectionKind,
    order::{CareSetting, Priority, Purpose},
    person::{Address, Finess, Laboratory, MssanteAddress, Professional, Rpps, TrustedDomains},
    quantity::Coded,
    report::rapid_test::{RapidTest, TestDevice, Udi},
    routing::Channel,
};
use records::{
    accounts::Account,
    connections::{self, Connection, TrustContract},
    messages, patients,
};
use sandbox::Sandbox;
use terminology::usual::UsualRapidTest;
use transport::{
    credentials::Credentials,
    discovery::{Discovery, Names},
    http,
    imap::ImapSettings,
    mllp::{ClientSettings, MllpClient},
    smtp::SmtpSettings,
    tls,
};
use web::{SandboxLink, WebSettings};

use super::{
    DemoArgs,
    messages::Writer,
    pack,
    people::{self, PERSONAS, PHYSICIANS},
    scenario::{self, SGL, SGL_VALIDATED, Story},
};
use crate::{
    config::{PRODUCT, VERSION},
    running::{self, Running},
};

/// The applicative box of the demonstration's laboratory.
const SENDER: &str = "resultats@labo-demo.mssante.fr";
/// Its OID arc: an example arc that nobody owns.
const LABORATORY_OID: &str = "1.2.250.1.999.1";

/// Whether the senders also tell of results of three months ago.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// They do: for someone who looks at the pages.
    Told,
    /// They do not: each report counts.
    Untold,
}

/// Everything that runs.
pub struct World {
    /// The application.
    pub app: App,
    /// Pages, MLLP, workers.
    pub running: Running,
    /// The other side.
    pub sandbox: Sandbox,
    /// Where SOAP exchanges are kept, when asked for.
    pub evidence: Option<PathBuf>,
    /// Distinguishes the numbers of this run from those of another on the same data.
    run: String,
    scratch: Option<PathBuf>,
}

impl World {
    /// Starts the sandbox, then the laboratory over it.
    pub async fn start(args: &DemoArgs) -> Result<Self> {
        let (data, scratch) = data_folder(args)?;
        let sandbox = Sandbox::start(sandbox::Settings::default()).await.context("le bac à sable n'a pas démarré")?;
        let evidence = match (&args.out, &scratch) {
            (Some(_), _) => {
                let folder = data.join("soap");
                std::fs::create_dir_all(&folder)?;
                Some(folder)
            }
            _ => None,
        };
        let env = Env::system();
        let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{}", data.join("paillasse.db").display()));
        let store = open_store(&url, &env).await.context("la base de données n'a pas pu être ouverte")?;
        let settings = settings(&sandbox, evidence.clone(), pack::settings(args.pack.as_deref(), args.no_pack))?;
        let app = App::open(store, env, settings, catalogue::usual()).await?;
        prepare(&app).await?;
        let web = WebSettings {
            personas: true,
            sandbox_links: Some(vec![SandboxLink {
                label: "Bac à sable".to_owned(), url: sandbox.urls.pages.clone()
            }]),
            language: wording::Language::French,
            secure_cookies: false,
            sessions: SessionPolicy::default(),
        };
        let router = web::router(app.clone(), web);
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // With --exit, free ports: several demonstrations may run side by side.
        let (web_at, mllp_at) = match (args.web, args.exit) {
            (Some(web), _) => (web, loopback(0)),
            (None, true) => (loopback(0), loopback(0)),
            (None, false) => (loopback(8080), loopback(2575)),
        };
        let running = match running::start(&app, router.clone(), web_at, mllp_at, None).await {
            Err(_) if args.web.is_none() => running::start(&app, router, loopback(0), loopback(0), None).await?,
            started => started?,
        };
        let run = app.env().uuid().simple().to_string().to_uppercase();
        Ok(Self { app, running, sandbox, evidence, run: run[26..].to_owned(), scratch })
    }

    /// Address of the sandbox's pages.
    pub fn sandbox_url(&self) -> &str {
        &self.sandbox.urls.pages
    }

    /// Opens the DMP of the invented patients, whose state the sandbox forgets at each start.
    pub async fn settle(&self) -> Result<()> {
        let known = self.app.store().read(|tx| Ok::<_, app::AppError>(patients::search(tx, None, "")?)).await?;
        for patient in known {
            if let Some(ins) = &patient.ins {
                self.sandbox.dmp.open_dmp(ins.matricule.as_str());
            }
        }
        Ok(())
    }

    /// Whether an earlier demonstration left its data here.
    pub async fn has_data(&self) -> Result<bool> {
        let counts = self.app.store().read(|tx| Ok::<_, app::AppError>(records::lists::stage_counts(tx)?)).await?;
        Ok(!counts.is_empty())
    }

    /// Lets the senders send everything that comes first, over MLLP; with results of the past when asked for.
    pub async fn tell(&self, n_reports: usize, past: Past) -> Result<Vec<Story>> {
        let mut writer = Writer::new(self.app.env().now(), &self.app.settings().zone, &self.run);
        let stories = scenario::stories(&mut writer, n_reports, &format!("D{}", &self.run[..3]));
        let mut client = self.sender().await?;
        for story in &stories {
            self.sandbox.dmp.open_dmp(&story.patient.matricule);
            let admission = writer.admission(&story.patient, story.identity, story.opposed);
            exchange(&mut client, &admission).await?;
        }
        self.processed().await?;
        if past == Past::Told {
            for message in scenario::history(&mut writer, &stories, &format!("D{}", &self.run[..3])) {
                exchange(&mut client, &message).await?;
            }
            self.processed().await?;
        }
        for story in &stories {
            if story.opposed_to_mail {
                self.oppose_mail(&story.patient.number).await?;
            }
            for message in &story.first {
                exchange(&mut client, message).await?;
            }
            if let Some((test, answer)) = story.rapid_test {
                self.make(&story.patient.number, test, answer).await?;
            }
            if let Some(lines) = &story.analyzer {
                let analyses = lines.iter().map(|line| line.code);
                let registered = self.register(&story.patient.number, analyses).await?;
                let specimen = registered.specimens.into_iter().next().context("aucun échantillon")?;
                exchange(&mut client, &writer.analyzer(&story.patient.number, &specimen, lines)).await?;
            }
        }
        self.processed().await?;
        Ok(stories)
    }

    /// Sends messages that follow, and waits until they are processed.
    pub async fn follow_up(&self, messages: impl Iterator<Item = &Vec<u8>>) -> Result<()> {
        let mut client = self.sender().await?;
        for message in messages {
            exchange(&mut client, message).await?;
        }
        self.processed().await
    }

    async fn sender(&self) -> Result<MllpClient> {
        Ok(MllpClient::connect(self.running.addresses.mllp, None, ClientSettings::default()).await?)
    }

    /// Waits until every received message is processed.
    pub async fn processed(&self) -> Result<()> {
        loop {
            let waiting = self.app.store().read(|tx| Ok::<_, app::AppError>(messages::n_waiting(tx, 1)?)).await?;
            if waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A rapid test whose answers, all the same, are entered by the technician.
    async fn make(&self, patient: &str, test: &UsualRapidTest, answer: &str) -> Result<()> {
        let order = self.register(patient, test.analyses.iter().copied()).await?.order;
        let answer = terminology::jdv::RAPID_TEST_RESULT.find(answer).map(Coded::concept);
        let answered = |code: &&str| Answered { analysis: (*code).to_owned(), answer: answer.clone() };
        let udi = Udi::parse("(01)00850027856605(17)291231(10)B54321");
        let device = TestDevice {
            maker: "Dispositifs de démonstration".to_owned(),
            reference: "8029".to_owned(),
            lot: "B54321".to_owned(),
            expires_on: udi.as_ref().and_then(Udi::expires_on),
            udi,
        };
        let purpose = Purpose::RapidTest(RapidTest::usual(test, device));
        let technician = self.account("technicien").await?;
        Ok(self
            .app
            .set_purpose(order, Some(purpose), test.analyses.iter().map(answered).collect(), &technician)
            .await?)
    }

    async fn register(&self, patient: &str, analyses: impl Iterator<Item = &str>) -> Result<Registered> {
        let (number, env) = (patient.to_owned(), self.app.env());
        let known = self
            .app
            .store()
            .read(move |tx| Ok::<_, app::AppError>(patients::by_identifier(tx, "DEMO-IPP", &number)?))
            .await?
            .context("le patient de la démonstration n'est pas connu")?;
        let (secretary, now) = (self.account("secretaire").await?, env.now());
        let registered = self
            .app
            .register(
                NewDossier {
                    patient: PatientChoice::Known(known.id),
                    priority: Priority::Routine,
                    setting: CareSetting::Ambulatory,
                    prescribed_at: Some(now - SignedDuration::from_hours(24)),
                    collected_at: Some(now - SignedDuration::from_hours(2)),
                    prescriber: Some(physician(PHYSICIANS[0])),
                    treating_physician: Some(physician(PHYSICIANS[4])),
                    copies: Vec::new(),
                    analyses: analyses.map(str::to_owned).collect(),
                    meant_for: app::registration::MeantFor::Care,
                },
                &secretary,
            )
            .await?;
        Ok(registered)
    }

    async fn oppose_mail(&self, patient: &str) -> Result<()> {
        let number = patient.to_owned();
        let known = self
            .app
            .store()
            .read(move |tx| Ok::<_, app::AppError>(patients::by_identifier(tx, "DEMO-IPP", &number)?))
            .await?
            .context("le patient de la démonstration n'est pas connu")?;
        let secretary = self.account("secretaire").await?;
        let opposed = app::registration::Opposition::Opposed;
        Ok(self.app.set_opposition(known.id, Channel::MssantePatient, opposed, &secretary).await?)
    }

    /// A persona's account.
    pub async fn account(&self, login: &'static str) -> Result<Account> {
        self.app
            .store()
            .read(move |tx| Ok::<_, app::AppError>(records::accounts::by_login(tx, login)?))
            .await?
            .map(|(account, _)| account)
            .context("le compte de la démonstration n'existe pas")
    }

    /// Stops everything; a scratch folder is removed.
    pub async fn stop(self) {
        self.running.stop().await;
        self.sandbox.shutdown();
        if let Some(scratch) = self.scratch {
            let _ = std::fs::remove_dir_all(scratch);
        }
    }
}

/// The data folder, and whether it is a scratch one. `--auto --exit` leaves nothing behind unless told where.
fn data_folder(args: &DemoArgs) -> Result<(PathBuf, Option<PathBuf>)> {
    let (folder, scratch) = match (&args.data, args.exit) {
        (Some(folder), _) => (folder.clone(), None),
        (None, false) => (PathBuf::from("paillasse-data"), None),
        (None, true) => {
            let folder = std::env::temp_dir().join(format!("paillasse-demo-{}", std::process::id()));
            (folder.clone(), Some(folder))
        }
    };
    if args.fresh && folder.exists() {
        forget(&folder)?;
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("le dossier {} n'a pas pu être créé", folder.display()))?;
    Ok((folder, scratch))
}

/// Removes the demonstration's own files from its folder, and nothing else.
fn forget(folder: &Path) -> Result<()> {
    for name in ["paillasse.db", "paillasse.db-wal", "paillasse.db-shm"] {
        let file = folder.join(name);
        if file.exists() {
            std::fs::remove_file(&file).with_context(|| format!("{} n'a pas pu être supprimé", file.display()))?;
        }
    }
    let soap = folder.join("soap");
    if soap.exists() {
        std::fs::remove_dir_all(soap)?;
    }
    Ok(())
}

async fn exchange(client: &mut MllpClient, message: &[u8]) -> Result<()> {
    let answer = client.send(message).await?;
    if !String::from_utf8_lossy(&answer).contains("MSA|AA") {
        bail!(
            "un message de la démonstration a été refusé : {}",
            String::from_utf8_lossy(&answer).replace('\r', " / ")
        );
    }
    Ok(())
}

/// The sandbox tells where its servers are; nobody else is asked.
fn discovery(sandbox: &Sandbox) -> Result<Discovery> {
    Ok(Discovery {
        names: Names::Nobody,
        file: sandbox.urls.mss_autoconfig.clone(),
        http: http::Client::new(tls::trusting_nobody()?, http::Limits::default()),
    })
}

fn settings(sandbox: &Sandbox, evidence: Option<PathBuf>, pack: PackSettings) -> Result<app::Settings> {
    let director = people::biologist("01234567201", "MOREAU", "Hélène");
    let oid = |text: &str| lab::id::Oid::parse(text).context("OID");
    let mailbox = |text: &str| MssanteAddress::parse(text).context("adresse MSSanté");
    let client =
        tls::client_config(&tls::ClientTls { roots_pem: sandbox.mss.ca_pem.as_bytes(), ..tls::ClientTls::default() })?;
    let security = || tls::Security::StartTls { config: Arc::clone(&client), server_name: "localhost".to_owned() };
    let credentials = || Credentials::Password { login: SENDER.to_owned(), password: String::new() };
    let (smtp, imap) = (sandbox.mss.smtp_addr, sandbox.mss.imap_addr);
    Ok(app::Settings {
        laboratory: Laboratory {
            name: "Laboratoire de démonstration".to_owned(),
            finess: Finess::parse("440000009").context("FINESS")?,
            address: Address {
                lines: vec!["1 place de la Paillasse".to_owned()],
                postal_code: "44000".to_owned(),
                city: "NANTES".to_owned(),
            },
            phone: "02 00 00 00 00".to_owned(),
            accreditation: Some("8-9999".to_owned()),
            director,
        },
        zone: jiff::tz::TimeZone::get("Europe/Paris")?,
        mail: mssante::Settings {
            source: dmp::metadata::Source {
                documents: cr_bio::DocumentSettings {
                    roots: cr_bio::LocalRoots::under(&oid(LABORATORY_OID)?).context("OID")?,
                    environment: ins::Environment::Test,
                    software: Some(cr_bio::Software { name: PRODUCT.to_owned(), version: VERSION.to_owned() }),
                    facility: cr_bio::Facility::MedicalBiologyLaboratory,
                    practice: cr_bio::PracticeSetting::Ambulatory,
                },
                system: oid(&format!("{LABORATORY_OID}.9"))?,
            },
            sender: mssante::Sender { address: mailbox(SENDER)?, label: "Laboratoire de démonstration".to_owned() },
            reply_to: mssante::ReplyTo {
                professionals: mailbox(RETURN_BOXES[1])?,
                patients: mailbox(RETURN_BOXES[2])?,
                prescribers: Vec::new(),
            },
            patient_domain: ins::PATIENT_DOMAIN.to_owned(),
            patient_answers: mssante::PatientAnswers::Accepted,
            product: mssante::Product {
                name: PRODUCT.to_owned(),
                version: VERSION.to_owned(),
                vendor: PRODUCT.to_owned(),
            },
            nil: "DEMO0001".to_owned(),
        },
        dmp: app::settings::DmpSettings {
            repository_url: sandbox.urls.dmp_repository.clone(),
            registry_url: sandbox.urls.dmp_registry.clone(),
            timeout: Duration::from_secs(30),
            roots_pem: Vec::new(),
            evidence,
        },
        smtp: SmtpSettings {
            credentials: Some(credentials()),
            max_connections: 8,
            ..SmtpSettings::new(smtp.ip().to_string(), smtp.port(), security())
        },
        discovery: discovery(sandbox)?,
        revocation: None,
        return_boxes: RETURN_BOXES
            .into_iter()
            .map(|text| {
                let credentials = Credentials::Password { login: text.to_owned(), password: String::new() };
                let imap = ImapSettings::new(imap.ip().to_string(), imap.port(), security(), credentials);
                Ok(ReturnBox { address: mailbox(text)?, imap, smtp: None })
            })
            .collect::<Result<_>>()?,
        retry: lab::delivery::RetryPolicy {
            first_delay: SignedDuration::from_secs(2),
            unknown_grace: SignedDuration::from_secs(30),
            ..lab::delivery::RetryPolicy::default()
        },
        return_box_interval: Duration::from_secs(5),
        overdue_after: SignedDuration::from_mins(5),
        max_deliveries_in_flight: 16,
        max_message_bytes: 32 * 1024 * 1024,
        n_previous: 3,
        screening_collector: None,
        trusted: TrustedDomains::default(),
        pack,
    })
}

/// Boxes that answers come to: receipts, professionals, patients.
const RETURN_BOXES: [&str; 3] = [SENDER, "secretariat@labo-demo.mssante.fr", "patients@labo-demo.mssante.fr"];

/// Analyses that the accreditation of the demonstration covers.
const ACCREDITED: [&str; 4] = ["NA", "K", "CREA", "TSH"];

/// Accounts, declared senders, correspondents and accredited analyses, once.
async fn prepare(app: &App) -> Result<()> {
    let known = app.store().read(|tx| Ok::<_, app::AppError>(records::accounts::all(tx)?)).await?;
    for persona in PERSONAS.iter().filter(|persona| !known.iter().any(|it| it.login == persona.login)) {
        let account = NewAccount {
            login: persona.login.to_owned(),
            name: persona.name.to_owned(),
            role: persona.role,
            password: format!("paillasse-{}", persona.login),
            professional: persona.rpps.map(|(rpps, family, given)| people::biologist(rpps, family, given)),
        };
        app.create_account(account, AccountActor::Operator).await?;
    }
    let now = app.env().now();
    let mut ids = app.env().ids();
    let in_force = app.page_in_force();
    let mut page = in_force.page.clone();
    page.accredited = ACCREDITED.map(str::to_owned).to_vec();
    let is_undecided = in_force.number == 0;
    app.store()
        .write(move |tx| {
            let mut declare = |label: &str,
                               kind,
                               (application, facility): (&str, &str),
                               own_domain,
                               trust: Option<&str>| {
                let trust =
                    trust.map(|text| TrustContract { text: text.to_owned(), by: "administrateur".to_owned(), at: now });
                let connection = Connection {
                    id: ConnectionId(ids.uuid()),
                    label: label.to_owned(),
                    kind,
                    application: application.to_owned(),
                    facility: facility.to_owned(),
                    own_domain,
                    trust,
                    active: true,
                };
                connections::declare(tx, &connection, "administrateur", now)
            };
            declare("Identités du site", ConnectionKind::Analyzer, ("GAM", "CHU-DEMO"), true, None)?;
            declare("Automate de chimie", ConnectionKind::Analyzer, ("AUTOMATE-A", "PLATEAU"), false, None)?;
            let contract = Some("Contrat de confiance du 2 novembre 2026 entre les deux laboratoires (démonstration).");
            declare("SGL du site B", ConnectionKind::Sgl, SGL, false, contract)?;
            declare("SGL du site C (résultats validés)", ConnectionKind::SglValidated, SGL_VALIDATED, false, contract)?;
            if is_undecided {
                records::report_page::insert(tx, &page, "administrateur", now)?;
            }
            for known in PHYSICIANS {
                records::professionals::upsert(tx, &physician(known))?;
            }
            Ok::<_, app::AppError>(())
        })
        .await?;
    app.reload_connections().await?;
    Ok(())
}

fn physician(known: people::Physician) -> Professional {
    Professional {
        rpps: Rpps::parse(known.0),
        family: known.1.to_owned(),
        given: known.2.to_owned(),
        title: "DR".to_owned(),
        specialty: None,
        mailbox: MssanteAddress::parse(&people::mailbox(known)),
        phone: None,
        address: None,
    }
}
