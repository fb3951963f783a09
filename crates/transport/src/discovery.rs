//! Discovery of the servers of a mailbox from its address: DNS records first, then the file of its provider.
//!
//! In: the domain of an address. Out: where mail is sent and read, both protected by STARTTLS, and who said so. It
//! deliberately connects to none of them: what was found proves nothing before a connection is tested.
//!
//! Source: RFC 6186 and RFC 2782 (SRV, MSSanté référentiel ECO.1.1.9), `clientConfig` (CONF.04). The address of the file is
//! the one that CONF.04 gives; it can be set otherwise.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use mail::autoconfig::{self, ClientConfig, Server};
use tokio::time::timeout;

use crate::http;

/// Where the file of a provider is, unless it is set otherwise; `{domain}` is the domain of the address.
pub const FILE: &str = "https://autoconfig.{domain}/mail/config-v1.1.xml";

/// Longest wait for all DNS answers together, and for the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// The DNS servers asked.
    pub names: Names,
    /// Address of the file, with `{domain}`.
    pub file: String,
    /// What fetches the file.
    pub http: http::Client,
}

/// Which DNS servers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Those of this machine.
    #[default]
    System,
    /// This one.
    Server(SocketAddr),
    /// None: the file alone tells.
    Nobody,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Where mail is sent, and who said so.
    pub smtp: Option<(Server, Origin)>,
    /// Where mail is read, and who said so.
    pub imap: Option<(Server, Origin)>,
}

/// Who said where a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A DNS record of the domain.
    Srv,
    /// The file of its provider.
    File,
}

impl Discovery {
    /// Looks for the servers of a domain; what nobody tells is `None`.
    pub async fn discover(&self, domain: &str) -> Found {
        let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        if !autoconfig::is_host(&domain) {
            return Found::default();
        }
        let (smtp, imap) = self.records(&domain).await;
        let with = |origin: Origin| move |server: Server| (server, origin);
        let mut found = Found { smtp: smtp.map(with(Origin::Srv)), imap: imap.map(with(Origin::Srv)) };
        if found.smtp.is_none() || found.imap.is_none() {
            let file = self.file(&domain).await.unwrap_or_default();
            found.smtp = found.smtp.or(file.smtp.map(with(Origin::File)));
            found.imap = found.imap.or(file.imap.map(with(Origin::File)));
        }
        found
    }

    async fn records(&self, domain: &str) -> (Option<Server>, Option<Server>) {
        let Some(resolver) = self.resolver() else { return (None, None) };
        let both = async {
            tokio::join!(
                record(&resolver, format!("_submission._tcp.{domain}.")),
                record(&resolver, format!("_imap._tcp.{domain}."))
            )
        };
        timeout(PATIENCE, both).await.unwrap_or_default()
    }

    fn resolver(&self) -> Option<TokioResolver> {
        let builder = match self.names {
            Names::Nobody => return None,
            Names::System => TokioResolver::builder_tokio().ok()?,
            Names::Server(address) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                    connection.port = address.port();
                    connection
                });
                let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        builder.build().ok()
    }

    async fn file(&self, domain: &str) -> Option<ClientConfig> {
        let response = self.http.get(&self.file.replace("{domain}", domain), &[], PATIENCE).await.ok()?;
        if response.status != 200 {
            return None;
        }
        autoconfig::decode(&response.body).ok()
    }
}

/// The server that a record names: of the lowest priority, then of the greatest weight. A target of `.` says that there is none.
async fn record(resolver: &TokioResolver, name: String) -> Option<Server> {
    let answer = resolver.srv_lookup(name).await.ok()?;
    let records = answer.answers().iter().filter_map(|it| match &it.data {
        RData::SRV(srv) if !srv.target.is_root() && srv.port != 0 => Some(srv),
        _ => None,
    });
    let best = records.min_by_key(|it| (it.priority, u16::MAX - it.weight))?;
    let host = best.target.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    Some(Server { host, port: best.port, takes_token: false })
}
