//! A simulated MSSanté operator: settings in; an SMTP and an IMAP server on loopback out.
//!
//! It accepts mail for the `.mssante.fr` domains only, keeps it in memory, answers with delivery
//! reports, sends read or integration receipts on request, and misbehaves on request.
//! It is clearly a simulation: it trusts any password and relays nothing anywhere.
//! It deliberately knows nothing of the product under test: it is written from the RFCs and from
//! the behavior of Postfix and Dovecot, and shares no reader or writer of reports with it.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use transport::tls::{Identity, Versions, server_config};

mod control;
mod faults;
mod imap;
mod mailboxes;
mod report;
mod smtp;
mod wire;

pub use control::AUTOCONFIG_PATH;
pub use faults::{BounceForm, FaultPlan, Faults, FullBox, FullBoxTold, Greylist, Refusal};
pub use mailboxes::{MailboxSummary, MessageSummary, Statistics};
pub use report::{Grammar, Reading};

use mailboxes::Mailboxes;
use wire::Wire;

/// Connections served at the same time, per protocol; later ones wait.
pub const MAX_CONNECTIONS: usize = 256;

/// What the operator is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where SMTP listens; port 0 picks a free one.
    pub smtp_bind: SocketAddr,
    /// Where IMAP listens; port 0 picks a free one.
    pub imap_bind: SocketAddr,
    /// The operator's own domain: reports come from it, mail to it is `delivered`, mail to other
    /// MSSanté domains is `relayed`.
    pub operator_domain: String,
    /// Names put in the server certificate.
    pub server_names: Vec<String>,
    /// Which boxes exist.
    pub registration: Registration,
    /// Largest message taken, announced by `SIZE`.
    pub max_message_bytes: usize,
    /// Bodies kept in memory; beyond, the oldest are dropped and only their headers stay.
    pub max_body_bytes: u64,
    /// With roots, a client certificate issued under them is required (applicative boxes).
    pub client_roots_pem: Option<Vec<u8>>,
    /// Whether mail and mailboxes are closed to connections in clear.
    pub protection: Protection,
}

/// Which boxes exist.
#[derive(Debug, Clone, Default)]
pub enum Registration {
    /// Every address of a `.mssante.fr` domain, as soon as it is written to.
    #[default]
    Open,
    /// Only these; others are refused with `550 5.1.1`.
    Known {
        /// Lower-case addresses.
        boxes: BTreeSet<String>,
        /// Lower-case domains all of whose addresses exist.
        domains: BTreeSet<String>,
    },
}

/// What a connection must do before it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protection {
    /// STARTTLS, then a login, as the référentiel asks.
    #[default]
    Required,
    /// Clear text and mail without a login are served too, for simple tools on loopback.
    Optional,
}

/// Why the operator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A port can't be listened to.
    #[error("listening to {at}")]
    Listen {
        /// Where.
        at: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificates can't be made.
    #[error("making the certificates")]
    Certificate(#[from] rcgen::Error),
    /// The TLS settings are refused.
    #[error("TLS settings")]
    Tls(#[from] transport::tls::TlsError),
}

/// The operator.
pub struct Mss;

/// A running operator. Dropping it stops the servers; the mailboxes go with it.
pub struct MssHandle {
    /// Where SMTP listens.
    pub smtp_addr: SocketAddr,
    /// Where IMAP listens.
    pub imap_addr: SocketAddr,
    /// The authority that signed the server certificate, for the client's private trust store.
    pub ca_pem: String,
    shared: Arc<Shared>,
    tasks: Vec<AbortHandle>,
}

/// What every connection sees.
struct Shared {
    settings: Settings,
    acceptor: TlsAcceptor,
    mailboxes: Mailboxes,
    faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            smtp_bind: any_port,
            imap_bind: any_port,
            operator_domain: "bac-a-sable.mssante.fr".to_owned(),
            server_names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            registration: Registration::Open,
            max_message_bytes: 25 * 1024 * 1024,
            max_body_bytes: 2 * 1024 * 1024 * 1024,
            client_roots_pem: None,
            protection: Protection::Required,
        }
    }
}

impl Mss {
    /// Makes certificates, listens, and serves until the handle is dropped or shut down.
    ///
    /// Errors: [`StartError`]. Must be called within a tokio runtime.
    pub async fn start(settings: Settings) -> Result<MssHandle, StartError> {
        let (ca_pem, identity) = certificates(&settings.server_names)?;
        let tls = server_config(&identity, settings.client_roots_pem.as_deref(), Versions::Tls12AndLater)?;
        let (smtp, smtp_addr) = listen(settings.smtp_bind).await?;
        let (imap, imap_addr) = listen(settings.imap_bind).await?;
        let shared = Arc::new(Shared {
            mailboxes: Mailboxes::new(settings.max_body_bytes),
            faults: Faults::default(),
            acceptor: TlsAcceptor::from(tls),
            settings,
        });
        let tasks = vec![
            tokio::spawn(serve(smtp, shared.clone(), Protocol::Smtp)).abort_handle(),
            tokio::spawn(serve(imap, shared.clone(), Protocol::Imap)).abort_handle(),
        ];
        Ok(MssHandle { smtp_addr, imap_addr, ca_pem, shared, tasks })
    }
}

impl MssHandle {
    /// Ways to make the operator misbehave.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// HTTP control: `GET` and `POST /sandbox/mss/faults`, `GET /sandbox/mss/received?message_id=…`,
    /// `GET /sandbox/mss/statistics`, `POST /sandbox/mss/messages/{id}/read`; and the file of autoconfiguration,
    /// [`AUTOCONFIG_PATH`].
    pub fn router(&self) -> axum::Router {
        control::router(self.shared.clone(), self.smtp_addr, self.imap_addr)
    }

    /// Every box, by address.
    #[must_use]
    pub fn mailboxes(&self) -> Vec<MailboxSummary> {
        self.shared.mailboxes.summaries()
    }

    /// The newest messages of a box, newest first, `limit` at most. Empty for an unknown box.
    #[must_use]
    pub fn messages(&self, address: &str, limit: usize) -> Vec<MessageSummary> {
        self.shared.mailboxes.messages(address, limit)
    }

    /// Bytes of a message as its owner reads it; when its body was dropped, its headers and a note.
    #[must_use]
    pub fn message(&self, id: u64) -> Option<Bytes> {
        self.shared.mailboxes.message(id).map(|stored| stored.readable())
    }

    /// Bytes of a message exactly as submitted; absent for an unknown or dropped one.
    #[must_use]
    pub fn submitted(&self, id: u64) -> Option<Bytes> {
        self.shared.mailboxes.message(id)?.submitted()
    }

    /// How many times a message with that `Message-ID` (no brackets) was stored: 2 is a duplicate.
    #[must_use]
    pub fn received(&self, message_id: &str) -> usize {
        self.shared.mailboxes.received(message_id)
    }

    /// Counters since the start.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.shared.mailboxes.statistics()
    }

    /// Answers a message for its recipient: read receipt, or what a hospital system did with it.
    ///
    /// Returns whether something was sent: without a `Disposition-Notification-To`, only an
    /// integration failure is told, by an ordinary mail. `false` too for an unknown message.
    pub fn read(&self, id: u64, reading: &Reading) -> bool {
        report::answer(&self.shared, id, reading)
    }

    /// Changes the `UIDVALIDITY` of a box, as a rebuilt server would.
    pub fn renumber(&self, address: &str) {
        self.shared.mailboxes.renumber(address);
    }

    /// Waits until a box holds `n` messages, or for `limit`; says whether it does.
    pub async fn wait_for(&self, address: &str, n: usize, limit: Duration) -> bool {
        let mut changes = self.shared.mailboxes.changes();
        let reached = async {
            while self.shared.mailboxes.len(address) < n {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(limit, reached).await.is_ok()
    }

    /// Stops listening and closes every connection at once.
    pub fn shutdown(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for MssHandle {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl std::fmt::Debug for MssHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MssHandle(smtp {}, imap {})", self.smtp_addr, self.imap_addr)
    }
}

impl Shared {
    /// Whether the box exists, and if not, the reply a sender gets.
    fn accept_recipient(&self, address: &str) -> Result<(), &'static str> {
        let address = address.to_ascii_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        if !domain.ends_with(".mssante.fr") {
            return Err("550 5.1.2 Domain outside the MSSante trusted space (simulation)\r\n");
        }
        match &self.settings.registration {
            Registration::Open => Ok(()),
            Registration::Known { boxes, domains } => {
                if boxes.contains(&address) || domains.contains(domain) {
                    Ok(())
                } else {
                    Err("550 5.1.1 Unknown mailbox (simulation)\r\n")
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Protocol {
    Smtp,
    Imap,
}

async fn listen(at: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(at).await.map_err(|source| StartError::Listen { at, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { at, source })?;
    Ok((listener, address))
}

/// Accepts connections; aborting this task drops the set, which aborts every connection.
async fn serve(listener: TcpListener, shared: Arc<Shared>, protocol: Protocol) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        let tcp = match listener.accept().await {
            Ok((tcp, _)) => tcp,
            Err(error) => {
                tracing::warn!(%error, "a simulated MSSanté connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if shared.faults.is_down() {
            continue;
        }
        shared.mailboxes.count(|statistics| statistics.n_connections += 1);
        let shared = shared.clone();
        connections.spawn(async move {
            let Ok(wire) = Wire::new(tcp) else { return };
            // A connection that breaks is the peer's business; it is not a failure here.
            let _ = match protocol {
                Protocol::Smtp => smtp::serve(wire, &shared).await,
                Protocol::Imap => imap::serve(wire, &shared).await,
            };
        });
    }
}

/// A new authority and a server certificate under it, made at each start and never written.
fn certificates(names: &[String]) -> Result<(String, Identity), rcgen::Error> {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
        KeyUsagePurpose,
    };
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "Autorité du bac à sable (simulation)");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut server = CertificateParams::new(names.to_vec())?;
    server.distinguished_name.push(DnType::CommonName, "Opérateur MSSanté simulé");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;
    let identity = Identity {
        certificate_chain_pem: certificate.pem().into_bytes(),
        private_key_pem: key.serialize_pem().into_bytes(),
    };
    Ok((authority.pem(), identity))
}
