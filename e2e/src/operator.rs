//! The national services of a scenario, and the settings that lead a laboratory to them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use app::{
    Settings,
    settings::{DmpSettings, PackSettings, ReturnBox},
};
use jiff::SignedDuration;
use lab::{
    delivery::RetryPolicy,
    id::Oid,
    person::{Address, Finess, Laboratory, MssanteAddress, TrustedDomains},
    report::screening::{self, ScreeningCollector},
};
use sandbox::{
    dmp::Dmp,
    mss::{Mss, MssHandle},
};
use transport::{
    credentials::Credentials,
    discovery::{Discovery, Names},
    http,
    imap::ImapSettings,
    smtp::SmtpSettings,
    tls,
};

use crate::biologist;

/// The applicative box of the laboratory.
pub const LABORATORY_BOX: &str = "resultats@labo.mssante.fr";
/// Boxes that answers come to: receipts, professionals, who write to another domain than ours, patients.
pub const RETURN_BOXES: [&str; 3] = [LABORATORY_BOX, "secretariat@accueil.mssante.fr", "patients@labo.mssante.fr"];

/// The box of the national collector of screening data. Source: DEP-CCU examples.
pub const COLLECTOR_BOX: &str = "collecteur-depistage@institutcancer.mssante.fr";

/// The simulated operator and DMP.
pub struct Operator {
    /// Mailboxes.
    pub mss: MssHandle,
    /// Shared records.
    pub dmp: Dmp,
    dmp_url: String,
    server: tokio::task::AbortHandle,
}

impl Operator {
    /// Starts both on free loopback ports.
    pub async fn start() -> Result<Self> {
        let mss = Mss::start(sandbox::mss::Settings::default()).await?;
        let dmp = Dmp::new(sandbox::dmp::Settings::default());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let dmp_url = format!("http://{}", listener.local_addr()?);
        let router = dmp.router();
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        })
        .abort_handle();
        Ok(Self { mss, dmp, dmp_url, server })
    }

    /// The settings file of a server that uses them, its database at `url`; certificates are written into `folder`.
    pub fn settings_file(&self, folder: &std::path::Path, url: &str) -> Result<std::path::PathBuf> {
        let (roots, file) = (folder.join("operator.pem"), folder.join("paillasse.toml"));
        std::fs::write(&roots, &self.mss.ca_pem)?;
        let services = sandbox::dmp::Settings::default();
        let text = format!(
            r#"
database = "{url}"
web = "127.0.0.1:0"
mllp = "127.0.0.1:0"
environment = "test"

[laboratory]
name = "Laboratoire des essais"
finess = "440000009"
address = ["1 rue des Essais"]
postal_code = "44000"
city = "NANTES"
phone = "02 00 00 00 00"
oid = "1.2.250.1.999.1"
director = {{ rpps = "01234567201", family = "MOREAU", given = "Hélène", title = "DR", specialty = "G15_10/SM03" }}

[mssante]
sender = "{LABORATORY_BOX}"
label = "Laboratoire des essais"
reply_to_professionals = "secretariat@labo.mssante.fr"
reply_to_patients = "patients@labo.mssante.fr"
smtp = {{ host = "localhost", port = {} }}
imap = {{ host = "localhost", port = {} }}
roots = "{}"

[dmp]
repository_url = "{}{}"
registry_url = "{}{}"

[retry]
first_seconds = 1
longest_seconds = 2
unknown_grace_seconds = 3
"#,
            self.mss.smtp_addr.port(),
            self.mss.imap_addr.port(),
            roots.display(),
            self.dmp_url,
            services.repository_path,
            self.dmp_url,
            services.registry_path,
        );
        std::fs::write(&file, text)?;
        Ok(file)
    }

    /// Settings of a laboratory that uses them.
    pub fn settings(&self) -> Result<Settings> {
        let oid = |text: &str| Oid::parse(text).context("OID");
        let mailbox = |text: &str| MssanteAddress::parse(text).context("mailbox");
        let client =
            tls::client_config(&tls::ClientTls { roots_pem: self.mss.ca_pem.as_bytes(), ..tls::ClientTls::default() })?;
        let security = || tls::Security::StartTls { config: Arc::clone(&client), server_name: "localhost".into() };
        let credentials = || Credentials::Password { login: LABORATORY_BOX.into(), password: String::new() };
        let (smtp, imap) = (self.mss.smtp_addr, self.mss.imap_addr);
        let services = sandbox::dmp::Settings::default();
        Ok(Settings {
            laboratory: Laboratory {
                name: "Laboratoire des essais".into(),
                finess: Finess::parse("440000009").context("FINESS")?,
                address: Address {
                    lines: vec!["1 rue des Essais".into()],
                    postal_code: "44000".into(),
                    city: "NANTES".into(),
                },
                phone: "02 00 00 00 00".into(),
                accreditation: None,
                director: biologist("01234567201"),
            },
            zone: jiff::tz::TimeZone::get("Europe/Paris")?,
            mail: mssante::Settings {
                source: dmp::metadata::Source {
                    documents: cr_bio::DocumentSettings {
                        roots: cr_bio::LocalRoots::under(&oid("1.2.250.1.999.1")?).context("OID")?,
                        environment: ins::Environment::Test,
                        software: None,
                        facility: cr_bio::Facility::MedicalBiologyLaboratory,
                        practice: cr_bio::PracticeSetting::Ambulatory,
                    },
                    system: oid("1.2.250.1.999.1.9")?,
                },
                sender: mssante::Sender { address: mailbox(LABORATORY_BOX)?, label: "Laboratoire des essais".into() },
                reply_to: mssante::ReplyTo {
                    professionals: mailbox(RETURN_BOXES[1])?,
                    patients: mailbox(RETURN_BOXES[2])?,
                    prescribers: Vec::new(),
                },
                patient_domain: ins::PATIENT_DOMAIN.into(),
                patient_answers: mssante::PatientAnswers::Accepted,
                product: mssante::Product { name: "Paillasse".into(), version: "0".into(), vendor: "Paillasse".into() },
                nil: "TEST0001".into(),
            },
            dmp: DmpSettings {
                repository_url: format!("{}{}", self.dmp_url, services.repository_path),
                registry_url: format!("{}{}", self.dmp_url, services.registry_path),
                timeout: Duration::from_secs(10),
                roots_pem: Vec::new(),
                evidence: None,
            },
            smtp: SmtpSettings {
                credentials: Some(credentials()),
                final_timeout: Duration::from_secs(5),
                ..SmtpSettings::new(smtp.ip().to_string(), smtp.port(), security())
            },
            discovery: Discovery {
                names: Names::Nobody,
                file: String::new(),
                http: http::Client::new(tls::trusting_nobody()?, http::Limits::default()),
            },
            revocation: None,
            return_boxes: RETURN_BOXES
                .into_iter()
                .map(|text| {
                    let credentials = Credentials::Password { login: text.into(), password: String::new() };
                    let imap = ImapSettings::new(imap.ip().to_string(), imap.port(), security(), credentials);
                    Ok(ReturnBox { address: mailbox(text)?, imap, smtp: None })
                })
                .collect::<Result<_>>()?,
            retry: RetryPolicy::default(),
            // Longer than any test: what comes back is told by the server.
            return_box_interval: Duration::from_secs(600),
            overdue_after: SignedDuration::from_secs(1),
            max_deliveries_in_flight: 8,
            max_message_bytes: 32 * 1024 * 1024,
            n_previous: 3,
            screening_collector: Some(ScreeningCollector {
                name: screening::COLLECTOR.into(),
                mailbox: mailbox(COLLECTOR_BOX)?,
            }),
            trusted: TrustedDomains::default(),
            pack: PackSettings::default(),
        })
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
