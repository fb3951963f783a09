//! The settings file: TOML, each setting also by environment (`PAILLASSE_DMP__REPOSITORY_URL`…), checked once.
//!
//! Documented in `docs/operating/settings.md`; an unknown name is an error, not a silence.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use app::{
    conformity::Repairs,
    settings::{PackSettings, WithoutPack},
};
use cr_bio::{DocumentSettings, Facility, LocalRoots, PracticeSetting, Software};
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use jiff::{SignedDuration, tz::TimeZone};
use lab::{
    delivery::RetryPolicy,
    id::Oid,
    person::{Address, Finess, Laboratory, Professional, Rpps, Specialty, is_accreditation_number},
};
use serde::Deserialize;

mod directory;
mod mail;

pub use directory::DirectoryConfig;
pub use mail::MssanteConfig;
use mail::{Connections, address};

/// Everything a server is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:FILE` or `postgres://…`.
    pub database: String,
    /// Where pages are served.
    #[serde(default = "web_default")]
    pub web: SocketAddr,
    /// Where MLLP is served.
    #[serde(default = "mllp_default")]
    pub mllp: SocketAddr,
    /// TLS of the MLLP server; none serves in clear, for a loopback or a protected network.
    pub mllp_tls: Option<ServerTls>,
    /// A folder whose new files are read as messages.
    pub watched_folder: Option<PathBuf>,
    /// Largest message, in bytes.
    #[serde(default = "message_default")]
    pub max_message_bytes: usize,
    /// `test` or `production`: which INS may be sent.
    pub environment: Environment,
    /// IANA zone of the laboratory.
    #[serde(default = "zone_default")]
    pub time_zone: String,
    /// Whether cookies are sent over HTTPS only; set it when a TLS proxy serves the pages.
    #[serde(default)]
    pub secure_cookies: bool,
    /// The laboratory.
    pub laboratory: LaboratoryConfig,
    /// Secure mail.
    pub mssante: MssanteConfig,
    /// The DMP.
    pub dmp: DmpConfig,
    /// Delays between attempts.
    #[serde(default)]
    pub retry: RetryConfig,
    /// The official rules.
    #[serde(default)]
    pub conformity: ConformityConfig,
    /// Automatic loading of the Annuaire Santé.
    #[serde(default)]
    pub annuaire: DirectoryConfig,
}

fn web_default() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn mllp_default() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 2575))
}

fn message_default() -> usize {
    32 * 1024 * 1024
}

fn zone_default() -> String {
    "Europe/Paris".to_owned()
}

/// Which INS may be sent.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Invented patients.
    Test,
    /// Real patients.
    Production,
}

/// Certificate and key of a server, PEM files; `client_roots` asks peers for a certificate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTls {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
    /// Roots that peers' certificates must come from.
    pub client_roots: Option<PathBuf>,
}

/// The laboratory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaboratoryConfig {
    /// Name as printed.
    pub name: String,
    /// FINESS géographique.
    pub finess: String,
    /// Street lines.
    pub address: Vec<String>,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// Telephone.
    pub phone: String,
    /// COFRAC number.
    pub accreditation: Option<String>,
    /// The laboratory's own OID arc, under which it numbers patients, dossiers, specimens…
    pub oid: String,
    /// The biologist who answers for it.
    pub director: PersonConfig,
}

/// A professional.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonConfig {
    /// National number.
    pub rpps: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// `DR`, `PR`…
    #[serde(default)]
    pub title: String,
    /// Code of JDV_J01, such as `G15_10/SM03`.
    pub specialty: String,
}

/// The DMP.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DmpConfig {
    /// Address of the repository service.
    pub repository_url: String,
    /// Address of the registry service.
    pub registry_url: String,
    /// Longest wait for an answer, in seconds.
    #[serde(default = "dmp_timeout_default")]
    pub timeout_seconds: u64,
    /// Roots trusted for it, PEM file.
    pub roots: Option<PathBuf>,
    /// A folder that keeps every request and answer, as homologation asks for; it holds patients' data.
    pub evidence: Option<PathBuf>,
}

fn dmp_timeout_default() -> u64 {
    30
}

/// Delays between attempts, in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryConfig {
    /// After the first failure; doubles.
    pub first_seconds: i64,
    /// At most.
    pub longest_seconds: i64,
    /// When to stop, from the first refusal of a recipient.
    pub give_up_seconds: i64,
    /// When to stop while the service itself does not answer, from planning.
    pub unreachable_give_up_seconds: i64,
    /// How long a mail of unknown outcome waits for its notification.
    pub unknown_grace_seconds: i64,
    /// How long the mail of a correction waits for the notification of the mail that it replaces.
    pub order_seconds: i64,
    /// After how long a delivery that has not ended is overdue.
    pub overdue_seconds: i64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        let policy = RetryPolicy::default();
        Self {
            first_seconds: policy.first_delay.as_secs(),
            longest_seconds: policy.longest_delay.as_secs(),
            give_up_seconds: policy.give_up_after.as_secs(),
            unreachable_give_up_seconds: policy.unreachable_give_up_after.as_secs(),
            unknown_grace_seconds: policy.unknown_grace.as_secs(),
            order_seconds: policy.order_patience.as_secs(),
            overdue_seconds: 3600,
        }
    }
}

/// The official rules that reports are checked against before they are signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConformityConfig {
    /// The folder of the pack: a copy of TestContenuCDA.
    pub pack: Option<PathBuf>,
    /// A folder that keeps compiled rules from one start to the next.
    pub cache: Option<PathBuf>,
    /// Whether the known defects of the pack are repaired while it is read.
    pub repair: bool,
    /// Whether nothing is signed when the pack cannot be used.
    pub required: bool,
}

impl Default for ConformityConfig {
    fn default() -> Self {
        Self { pack: None, cache: None, repair: true, required: false }
    }
}

impl ConformityConfig {
    fn settings(&self) -> PackSettings {
        PackSettings {
            folder: self.pack.clone(),
            cache: self.cache.clone(),
            repairs: if self.repair { Repairs::Made } else { Repairs::NotMade },
            without: if self.required { WithoutPack::Refused } else { WithoutPack::OwnRules },
        }
    }
}

impl Config {
    /// Reads a file, then the environment over it.
    pub fn read(file: &std::path::Path) -> Result<Self> {
        if !file.is_file() {
            bail!("le fichier de paramètres {} n'existe pas", file.display());
        }
        Figment::new()
            .merge(Toml::file(file))
            .merge(Env::prefixed("PAILLASSE_").filter(|name| is_setting(name.as_str())).split("__"))
            .extract()
            .context("les paramètres ne sont pas corrects")
    }

    /// The settings of the flow.
    pub fn settings(&self) -> Result<app::Settings> {
        let laboratory = self.laboratory.laboratory()?;
        let environment = match self.environment {
            Environment::Test => ins::Environment::Test,
            Environment::Production => ins::Environment::Production,
        };
        let oid = Oid::parse(&self.laboratory.oid).ok_or_else(|| anyhow!("laboratory.oid n'est pas un OID"))?;
        let Connections { smtp, return_boxes, discovery, revocation } = self.mssante.connections()?;
        Ok(app::Settings {
            zone: TimeZone::get(&self.time_zone).context("time_zone")?,
            mail: mssante::Settings {
                source: dmp::metadata::Source {
                    documents: DocumentSettings {
                        roots: LocalRoots::under(&oid).ok_or_else(|| anyhow!("laboratory.oid est trop long"))?,
                        environment,
                        software: Some(Software { name: PRODUCT.to_owned(), version: VERSION.to_owned() }),
                        facility: Facility::MedicalBiologyLaboratory,
                        practice: PracticeSetting::Ambulatory,
                    },
                    system: Oid::parse(&format!("{oid}.9")).ok_or_else(|| anyhow!("laboratory.oid est trop long"))?,
                },
                sender: mssante::Sender { address: address(&self.mssante.sender)?, label: self.mssante.label.clone() },
                reply_to: mssante::ReplyTo {
                    professionals: address(&self.mssante.reply_to_professionals)?,
                    patients: address(&self.mssante.reply_to_patients)?,
                    prescribers: self.mssante.prescribers()?,
                },
                patient_domain: self.mssante.patient_domain.clone(),
                patient_answers: if self.mssante.patients_may_answer {
                    mssante::PatientAnswers::Accepted
                } else {
                    mssante::PatientAnswers::Refused
                },
                product: mssante::Product {
                    name: PRODUCT.to_owned(),
                    version: VERSION.to_owned(),
                    vendor: PRODUCT.to_owned(),
                },
                nil: self.mssante.nil.clone(),
            },
            dmp: app::settings::DmpSettings {
                repository_url: self.dmp.repository_url.clone(),
                registry_url: self.dmp.registry_url.clone(),
                timeout: Duration::from_secs(self.dmp.timeout_seconds),
                roots_pem: self
                    .dmp
                    .roots
                    .as_deref()
                    .map(std::fs::read)
                    .transpose()
                    .context("dmp.roots")?
                    .unwrap_or_default(),
                evidence: self.dmp.evidence.clone(),
            },
            smtp,
            return_boxes,
            discovery,
            revocation,
            retry: RetryPolicy {
                first_delay: SignedDuration::from_secs(self.retry.first_seconds),
                longest_delay: SignedDuration::from_secs(self.retry.longest_seconds),
                give_up_after: SignedDuration::from_secs(self.retry.give_up_seconds),
                unreachable_give_up_after: SignedDuration::from_secs(self.retry.unreachable_give_up_seconds),
                unknown_grace: SignedDuration::from_secs(self.retry.unknown_grace_seconds),
                order_patience: SignedDuration::from_secs(self.retry.order_seconds),
            },
            return_box_interval: Duration::from_secs(10),
            overdue_after: SignedDuration::from_secs(self.retry.overdue_seconds),
            max_deliveries_in_flight: 16,
            max_message_bytes: self.max_message_bytes,
            n_previous: 3,
            screening_collector: self.mssante.collector()?,
            trusted: self.mssante.trusted()?,
            pack: self.conformity.settings(),
            laboratory,
        })
    }
}

/// Whether a variable of the environment is a setting: others, such as `PAILLASSE_LOG`, are not for this file.
fn is_setting(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "database",
        "web",
        "mllp",
        "mllp_tls",
        "watched_folder",
        "max_message_bytes",
        "environment",
        "time_zone",
        "secure_cookies",
        "laboratory",
        "mssante",
        "dmp",
        "retry",
        "conformity",
        "annuaire",
    ];
    let name = name.to_ascii_lowercase();
    let first = name.split("__").next().unwrap_or_default();
    NAMES.contains(&first)
}

/// Name of the product, as documents and mails say it.
pub const PRODUCT: &str = "Paillasse";
/// Version of the product.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

impl LaboratoryConfig {
    fn laboratory(&self) -> Result<Laboratory> {
        let accreditation = self.accreditation.as_ref();
        if accreditation.is_some_and(|number| !is_accreditation_number(number)) {
            bail!("laboratory.accreditation n'est pas un numéro de la forme 8-1234");
        }
        Ok(Laboratory {
            name: self.name.clone(),
            finess: Finess::parse(&self.finess).ok_or_else(|| anyhow!("laboratory.finess n'est pas un FINESS"))?,
            address: Address {
                lines: self.address.clone(),
                postal_code: self.postal_code.clone(),
                city: self.city.clone(),
            },
            phone: self.phone.clone(),
            accreditation: accreditation.cloned(),
            director: self.director.professional()?,
        })
    }
}

impl PersonConfig {
    /// The professional, its specialty looked up in JDV_J01.
    pub fn professional(&self) -> Result<Professional> {
        let label = terminology::jdv::AUTHOR_SPECIALTY
            .label(&self.specialty)
            .ok_or_else(|| anyhow!("la spécialité {} n'est pas dans JDV_J01", self.specialty))?;
        Ok(Professional {
            rpps: Some(Rpps::parse(&self.rpps).ok_or_else(|| anyhow!("le RPPS n'a pas 11 chiffres"))?),
            family: self.family.clone(),
            given: self.given.clone(),
            title: self.title.clone(),
            specialty: Some(Specialty { code: self.specialty.clone(), label: label.to_owned() }),
            mailbox: None,
            phone: None,
            address: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_are_taken_from_the_environment() {
        for name in ["DATABASE", "dmp__timeout_seconds", "LABORATORY__DIRECTOR__RPPS", "CONFORMITY__PACK"] {
            assert!(is_setting(name), "{name}");
        }
        for name in ["LOG", "ORACLES", "PG_URL", "PACK", "webs"] {
            assert!(!is_setting(name), "{name}");
        }
    }

    #[test]
    fn a_white_list_holds_the_domains_of_our_own_boxes_or_nothing_starts() {
        let file = std::env::temp_dir().join(format!("paillasse-domains-{}.txt", std::process::id()));
        let read = |lines: &str| {
            std::fs::write(&file, lines).expect("a file");
            let text = format!(
                "sender = 'sgl@labo.mssante.fr'\nlabel = 'L'\nreply_to_professionals = 's@labo.mssante.fr'\n\
                 reply_to_patients = 'p@labo.mssante.fr'\nscreening_collector = 'c@inca.mssante.fr'\n\
                 smtp = {{ host = 'h', port = 1 }}\nimap = {{ host = 'h', port = 1 }}\ndomains = '{}'\n",
                file.display()
            );
            let mssante: MssanteConfig = Figment::new().merge(Toml::string(&text)).extract().expect("settings");
            mssante.trusted().map_err(|error| format!("{error:#}"))
        };
        let ours = "labo.mssante.fr\npatient.mssante.fr\ninca.mssante.fr\n";
        let trusted = read(&format!("{ours}chb.mssante.fr\n")).expect("a list");
        assert!(trusted.holds("chb.mssante.fr") && !trusted.holds("autre.mssante.fr"));
        for (lines, said) in [
            ("labo.mssante.fr\npatient.mssante.fr\n", "inca.mssante.fr"),
            ("labo.mssante.fr\ninca.mssante.fr\n", "patient.mssante.fr"),
            ("chb.mssante.fr\npatient.mssante.fr\n", "labo.mssante.fr"),
            ("# rien\n", "mssante.domains: no domain"),
        ] {
            let error = read(lines).expect_err(lines);
            assert!(error.contains(said), "{error}");
        }
        std::fs::remove_file(&file).expect("removed");
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_it() {
        let folder = std::env::temp_dir().join(format!("paillasse-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("settings.toml");
        std::fs::write(&file, "database = 'sqlite:x'\nweb = '127.0.0.1:0'\ndatabse = 'y'\n").expect("a file");
        let error = Config::read(&file).err().map(|error| format!("{error:#}")).unwrap_or_default();
        std::fs::remove_dir_all(&folder).expect("removed");
        assert!(error.contains("databse"), "{error}");
    }
}
