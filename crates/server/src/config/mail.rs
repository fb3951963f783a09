//! Settings of secure mail: the boxes, the operator, whom to trust, whom to ask.

use std::{io::Read as _, net::SocketAddr, num::NonZeroU32, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use app::{
    directory::parse_every,
    settings::{ReturnBox, RevocationSettings},
};
use lab::{
    person::{MssanteAddress, TrustedDomains},
    report::screening::{self, ScreeningCollector},
};
use serde::Deserialize;
use transport::{
    credentials::{Credentials, Token},
    discovery::{self, Discovery, Names},
    http,
    imap::ImapSettings,
    smtp::SmtpSettings,
    tls,
};

/// Secure mail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MssanteConfig {
    /// The applicative box reports leave from.
    pub sender: String,
    /// Name shown beside it.
    pub label: String,
    /// Where professionals answer.
    pub reply_to_professionals: String,
    /// Where patients answer.
    pub reply_to_patients: String,
    /// Where a large prescriber answers: its address, or its domain, then the box.
    #[serde(default)]
    pub reply_to_prescribers: std::collections::BTreeMap<String, String>,
    /// Domain of patients' boxes.
    #[serde(default = "patient_domain_default")]
    pub patient_domain: String,
    /// The white list of domains, XML or text, read at start: addresses of other domains are refused. Without it, every
    /// domain under `mssante.fr` is written to.
    pub domains: Option<PathBuf>,
    /// Box of the national collector of screening data; reports of screenings do not go there without it.
    pub screening_collector: Option<String>,
    /// Product reference at the national platform.
    #[serde(default)]
    pub nil: String,
    /// Whether patients may answer.
    #[serde(default)]
    pub patients_may_answer: bool,
    /// Operator's submission service.
    pub smtp: Endpoint,
    /// Operator's mailbox service.
    pub imap: Endpoint,
    /// Further boxes whose mail is read, as those people answer to.
    #[serde(default)]
    pub return_boxes: Vec<ReturnBoxConfig>,
    /// How the servers of a mailbox are looked for.
    #[serde(default)]
    pub discovery: DiscoveryConfig,
    /// Roots trusted for the operator, PEM file.
    pub roots: Option<PathBuf>,
    /// Where the authorities of the operator say which certificates they revoked: files, or addresses in `http` or `https`;
    /// revocation is not checked without it.
    #[serde(default)]
    pub revocation_lists: OneOrMore,
    /// From one renewal of these lists to the next: a number and `m`, `h` or `d`.
    #[serde(default = "revocation_every_default")]
    pub revocation_every: String,
    /// Certificate chain presented to the operator, PEM file.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM file.
    pub key: Option<PathBuf>,
    /// Connections to the submission service at a time.
    #[serde(default = "max_connections_default")]
    pub max_connections: usize,
    /// Messages a minute at most, all connections together; 0: as fast as the operator takes them.
    #[serde(default = "max_per_minute_default")]
    pub max_per_minute: u32,
    /// Password of the box; the certificate is what counts for an applicative box.
    #[serde(default)]
    pub password: String,
}

/// A further box: its address, where the operator's certificate opens it, or everything about it.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ReturnBoxConfig {
    /// Opened as the sending box is.
    Address(String),
    /// Told in full.
    Full(FullReturnBox),
}

/// A box that opens in another way, or is elsewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullReturnBox {
    /// Its address.
    pub address: String,
    /// What opens it.
    #[serde(default)]
    pub access: BoxAccess,
    /// Its mailbox service, where it is not that of the sending box.
    pub imap: Option<Endpoint>,
    /// Its submission service, where it is not that of the sending box.
    pub smtp: Option<Endpoint>,
}

impl ReturnBoxConfig {
    fn address(&self) -> &String {
        match self {
            Self::Address(address) => address,
            Self::Full(it) => &it.address,
        }
    }
}

/// What opens a box.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum BoxAccess {
    /// The laboratory's certificate.
    #[default]
    Certificate,
    /// The access token of a person, given while the server runs.
    Token,
}

/// How the servers of a mailbox are looked for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct DiscoveryConfig {
    /// The DNS server asked, `address:port`; those of the machine without it.
    pub name_server: Option<SocketAddr>,
    /// Address of the file of a provider, with `{domain}`.
    pub file: Option<String>,
}

/// One text, or a list of them.
#[derive(Deserialize, Default)]
#[serde(from = "Texts")]
pub struct OneOrMore(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    More(Vec<String>),
}

impl From<Texts> for OneOrMore {
    fn from(texts: Texts) -> Self {
        match texts {
            Texts::One(text) => Self(vec![text]),
            Texts::More(texts) => Self(texts),
        }
    }
}

fn revocation_every_default() -> String {
    "6h".to_owned()
}

fn max_connections_default() -> usize {
    8
}

fn max_per_minute_default() -> u32 {
    1200
}

fn patient_domain_default() -> String {
    ins::PATIENT_DOMAIN.to_owned()
}

/// A host and port.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Host name, the one its certificate bears.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// What the flow is given of these settings, to speak to the operator.
pub(super) struct Connections {
    pub smtp: SmtpSettings,
    pub return_boxes: Vec<ReturnBox>,
    pub discovery: Discovery,
    pub revocation: Option<RevocationSettings>,
}

impl MssanteConfig {
    /// How mail leaves and comes back, and whom to ask about servers and certificates.
    pub(super) fn connections(&self) -> Result<Connections> {
        let revocation = self.revocation()?;
        let lists = revocation.as_ref().map(|it| &it.lists);
        let config = self.tls(self.identity()?.as_ref(), lists)?;
        // A person's program shows no certificate of the laboratory.
        let of_persons = self.tls(None, lists)?;
        let return_boxes = self.return_boxes(&config, &of_persons)?;
        Ok(Connections { smtp: self.smtp(config), return_boxes, discovery: self.discovery()?, revocation })
    }

    fn discovery(&self) -> Result<Discovery> {
        let config = self.tls(None, None)?;
        Ok(Discovery {
            names: self.discovery.name_server.map_or(Names::System, Names::Server),
            file: self.discovery.file.clone().unwrap_or_else(|| discovery::FILE.to_owned()),
            http: http::Client::new((*config).clone(), http::Limits { response_bytes: 1 << 20, ..Default::default() }),
        })
    }

    fn roots_pem(&self) -> Result<Vec<u8>> {
        let roots = self.roots.as_deref().ok_or_else(|| anyhow!("mssante.roots est nécessaire"))?;
        std::fs::read(roots).context("mssante.roots")
    }

    fn revocation(&self) -> Result<Option<RevocationSettings>> {
        let sources = self.revocation_lists.0.clone();
        if sources.is_empty() {
            return Ok(None);
        }
        let every = parse_every(&self.revocation_every)
            .ok_or_else(|| anyhow!("mssante.revocation_every n'est pas un délai, comme « 6h »"))?;
        let roots_pem = self.roots_pem()?;
        let lists = tls::Revocation::under(&roots_pem).context("mssante.roots")?;
        Ok(Some(RevocationSettings { lists, roots_pem, sources, every }))
    }

    /// The certificate shown to the operator; `None` when there is none.
    fn identity(&self) -> Result<Option<tls::Identity>> {
        Ok(match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some(tls::Identity {
                certificate_chain_pem: std::fs::read(certificate).context("mssante.certificate")?,
                private_key_pem: std::fs::read(key).context("mssante.key")?,
            }),
            (None, None) => None,
            _ => bail!("mssante.certificate et mssante.key vont ensemble"),
        })
    }

    fn tls(
        &self,
        identity: Option<&tls::Identity>,
        revocation: Option<&tls::Revocation>,
    ) -> Result<Arc<rustls::ClientConfig>> {
        let roots_pem = self.roots_pem()?;
        let client = tls::ClientTls {
            roots_pem: &roots_pem,
            identity,
            revocation,
            suites: tls::Suites::Mssante,
            ..tls::ClientTls::default()
        };
        tls::client_config(&client).context("TLS de mssante")
    }

    fn credentials(&self, login: &str) -> Credentials {
        Credentials::Password { login: login.to_owned(), password: self.password.clone() }
    }

    fn smtp(&self, config: Arc<rustls::ClientConfig>) -> SmtpSettings {
        let security = tls::Security::StartTls { config, server_name: self.smtp.host.clone() };
        SmtpSettings {
            credentials: Some(self.credentials(&self.sender)),
            max_connections: self.max_connections,
            max_per_minute: NonZeroU32::new(self.max_per_minute),
            ..SmtpSettings::new(self.smtp.host.clone(), self.smtp.port, security)
        }
    }

    /// The sending box first, each once.
    fn return_boxes(
        &self,
        config: &Arc<rustls::ClientConfig>,
        of_persons: &Arc<rustls::ClientConfig>,
    ) -> Result<Vec<ReturnBox>> {
        let mut boxes: Vec<ReturnBox> = Vec::new();
        let further = self.return_boxes.iter().map(|it| match it {
            ReturnBoxConfig::Address(address) => (address, BoxAccess::Certificate, None, None),
            ReturnBoxConfig::Full(it) => (&it.address, it.access, it.imap.as_ref(), it.smtp.as_ref()),
        });
        for (text, access, imap, smtp) in
            std::iter::once((&self.sender, BoxAccess::Certificate, None, None)).chain(further)
        {
            let address = address(text)?;
            if boxes.iter().any(|known| known.address == address) {
                continue;
            }
            let (imap, smtp) = (imap.unwrap_or(&self.imap), smtp.unwrap_or(&self.smtp));
            let config = if access == BoxAccess::Token { of_persons } else { config };
            let security =
                |host: &str| tls::Security::StartTls { config: Arc::clone(config), server_name: host.to_owned() };
            let credentials = match access {
                BoxAccess::Certificate => self.credentials(address.as_str()),
                BoxAccess::Token => {
                    Credentials::Token { mailbox: address.as_str().to_owned(), token: Token::default() }
                }
            };
            let smtp = (access == BoxAccess::Token).then(|| SmtpSettings {
                credentials: Some(credentials.clone()),
                ..SmtpSettings::new(smtp.host.clone(), smtp.port, security(&smtp.host))
            });
            let imap = ImapSettings::new(imap.host.clone(), imap.port, security(&imap.host), credentials);
            boxes.push(ReturnBox { address, imap, smtp });
        }
        Ok(boxes)
    }

    pub(super) fn prescribers(&self) -> Result<Vec<(String, MssanteAddress)>> {
        let lower = |text: &String| text.trim().to_ascii_lowercase();
        self.reply_to_prescribers.iter().map(|(told_by, text)| Ok((lower(told_by), address(text)?))).collect()
    }

    /// The domains that may be written to; those of our own addresses must be among them.
    pub(super) fn trusted(&self) -> Result<TrustedDomains> {
        let Some(file) = &self.domains else { return Ok(TrustedDomains::default()) };
        let mut bytes = Vec::new();
        let bounded = |file: std::fs::File| file.take(mssante::MAX_LIST_BYTES as u64 + 1).read_to_end(&mut bytes);
        std::fs::File::open(file).and_then(bounded).context("mssante.domains")?;
        let list = mssante::domains(&bytes).context("mssante.domains")?;
        tracing::info!(n_domains = list.n_domains, n_ignored = list.n_ignored, "the white list of domains was read");
        let own = [&self.sender, &self.reply_to_professionals, &self.reply_to_patients].into_iter();
        let own = own
            .chain(self.return_boxes.iter().map(ReturnBoxConfig::address))
            .chain(self.reply_to_prescribers.values())
            .chain(&self.screening_collector);
        let own = own.map(|text| address(text).map(|it| it.domain().to_owned())).collect::<Result<Vec<_>>>()?;
        match own.iter().chain([&self.patient_domain]).find(|domain| !list.trusted.holds(domain)) {
            Some(domain) => bail!("le domaine {domain} de ces paramètres n'est pas dans mssante.domains"),
            None => Ok(list.trusted),
        }
    }

    pub(super) fn collector(&self) -> Result<Option<ScreeningCollector>> {
        let collector = |mailbox| ScreeningCollector { name: screening::COLLECTOR.to_owned(), mailbox };
        Ok(self.screening_collector.as_deref().map(address).transpose()?.map(collector))
    }
}

pub(super) fn address(text: &str) -> Result<MssanteAddress> {
    MssanteAddress::parse(text).ok_or_else(|| anyhow!("{text} n'est pas une adresse MSSanté"))
}
