//! TLS settings: PEM bytes in, `rustls` client and server configurations out.
//!
//! The crypto provider (aws-lc-rs) is always named, so nothing depends on a process-wide default.
//! Trust is private: only the roots given here are believed, never those of the operating system.
//! Also the connection that starts in clear and is then protected (STARTTLS), for SMTP and IMAP.
//! It deliberately does not read files or know which authority is the right one.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

mod channel;
mod revocation;

pub(crate) use channel::Channel;
pub use revocation::{ListError, MAX_LIST_BYTES, Revocation, RevocationList};

/// Upper bound on any PEM input.
pub const MAX_PEM_BYTES: usize = 4 * 1024 * 1024;

/// Upper bound on the certificates read from one PEM input.
pub const MAX_PEM_ITEMS: usize = 1024;

/// Protocol versions offered to, or accepted from, the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// TLS 1.2 and TLS 1.3.
    #[default]
    Tls12AndLater,
    /// TLS 1.2 alone, which the first wave of MSSanté requirements asked for (MSS/va1.31).
    Tls12Only,
}

/// Cipher suites offered in TLS 1.2; those of TLS 1.3 are always offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Suites {
    /// Those of the library: ECDHE with AES-GCM or ChaCha20.
    #[default]
    Library,
    /// Those of the MSSanté référentiel that the library has, C030 and C02F: the others of its list are CBC or DHE.
    ///
    /// Source: MSSanté référentiel #2, ECO.1.1.3.
    Mssante,
}

/// A certificate chain, leaf first, and its private key, both in PEM.
///
/// `Debug` prints a placeholder: the key never reaches a log.
#[derive(Clone)]
pub struct Identity {
    /// Leaf certificate, then its intermediates.
    pub certificate_chain_pem: Vec<u8>,
    /// PKCS#8, PKCS#1 or SEC1 key.
    pub private_key_pem: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// What a client trusts and shows.
#[derive(Debug, Clone, Default)]
pub struct ClientTls<'a> {
    /// The only authorities believed; at least one certificate.
    pub roots_pem: &'a [u8],
    /// Shown when the server asks for a client certificate.
    pub identity: Option<&'a Identity>,
    /// Where the lists in force are. `None`: revocation is not checked, and `roots_pem` is believed.
    /// Otherwise the authorities given to [`Revocation::under`] are, and the server's own certificate must be covered by a
    /// list and not be on it.
    pub revocation: Option<&'a Revocation>,
    /// Versions offered.
    pub versions: Versions,
    /// Cipher suites offered.
    pub suites: Suites,
}

/// How a connection that starts in clear is protected.
#[derive(Clone)]
pub enum Security {
    /// STARTTLS, always: a peer that does not offer it is not spoken to.
    StartTls {
        /// See [`client_config`].
        config: Arc<ClientConfig>,
        /// The name the peer's certificate must carry.
        server_name: String,
    },
    /// Clear text, refused at connection when the peer is not this machine.
    PlainLoopback,
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StartTls { server_name, .. } => write!(f, "StartTls({server_name})"),
            Self::PlainLoopback => f.write_str("PlainLoopback"),
        }
    }
}

/// Why a configuration could not be built. Says which input, never its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// An input is not PEM, or holds none of the expected sections.
    #[error("{input}: no usable PEM section of the expected kind")]
    Pem {
        /// Which input.
        input: &'static str,
    },
    /// [`MAX_PEM_BYTES`] or [`MAX_PEM_ITEMS`] was reached.
    #[error("{input}: larger than the accepted limit")]
    TooLarge {
        /// Which input.
        input: &'static str,
    },
    /// A certificate, list or key was refused (wrong format, key not matching its certificate).
    #[error("{input}: refused by the TLS library")]
    Refused {
        /// Which input.
        input: &'static str,
        /// The library's reason.
        #[source]
        source: rustls::Error,
    },
}

/// A configuration that trusts no server: for clients that speak in clear to this machine only.
///
/// Errors: [`TlsError`] when the provider has no TLS version.
pub fn trusting_nobody() -> Result<ClientConfig, TlsError> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions(Versions::default()))
        .map_err(|source| TlsError::Refused { input: "protocol versions", source })?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Builds a client configuration from private roots and, where given, a client identity.
///
/// Errors: [`TlsError`] when an input is unusable; roots that hold no certificate are an error,
/// because such a client could reach nobody.
pub fn client_config(tls: &ClientTls<'_>) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(offering(tls.suites))
        .with_protocol_versions(versions(tls.versions))
        .map_err(|source| TlsError::Refused { input: "versions", source })?;
    let builder = match tls.revocation {
        None => builder.with_root_certificates(roots(tls.roots_pem, "roots")?),
        Some(revocation) => builder.dangerous().with_custom_certificate_verifier(revocation::verifier(revocation)),
    };
    let mut config = match tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = identity_parts(identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|source| TlsError::Refused { input: "identity", source })?
        }
    };
    if tls.revocation.is_some() {
        // A session that is resumed shows no certificate: it would outlive a renewal of the lists.
        config.resumption = Resumption::disabled();
    }
    Ok(Arc::new(config))
}

/// Builds a server configuration; with `client_roots_pem`, a client certificate issued under one
/// of those roots is required (mutual TLS).
///
/// Errors: [`TlsError`] when an input is unusable.
pub fn server_config(
    identity: &Identity,
    client_roots_pem: Option<&[u8]>,
    accepted: Versions,
) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions(accepted))
        .map_err(|source| TlsError::Refused { input: "versions", source })?;
    let builder = match client_roots_pem {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let roots = Arc::new(roots(pem, "client roots")?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build().map_err(|error| {
                TlsError::Refused { input: "client roots", source: rustls::Error::General(error.to_string()) }
            })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let (chain, key) = identity_parts(identity)?;
    let config =
        builder.with_single_cert(chain, key).map_err(|source| TlsError::Refused { input: "identity", source })?;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn offering(suites: Suites) -> Arc<CryptoProvider> {
    const MSSANTE: [CipherSuite; 2] =
        [CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    let mut provider = aws_lc_rs::default_provider();
    if suites == Suites::Mssante {
        provider.cipher_suites.retain(|it| it.tls13().is_some() || MSSANTE.contains(&it.suite()));
    }
    Arc::new(provider)
}

fn versions(versions: Versions) -> &'static [&'static SupportedProtocolVersion] {
    static AND_LATER: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    static ONLY: [&SupportedProtocolVersion; 1] = [&TLS12];
    match versions {
        Versions::Tls12AndLater => &AND_LATER,
        Versions::Tls12Only => &ONLY,
    }
}

fn roots(pem: &[u8], input: &'static str) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem, input)? {
        store.add(certificate).map_err(|source| TlsError::Refused { input, source })?;
    }
    Ok(store)
}

fn identity_parts(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = certificates(&identity.certificate_chain_pem, "certificate chain")?;
    let input = "private key";
    if identity.private_key_pem.len() > MAX_PEM_BYTES {
        return Err(TlsError::TooLarge { input });
    }
    let key = PrivateKeyDer::from_pem_slice(&identity.private_key_pem).map_err(|_| TlsError::Pem { input })?;
    Ok((chain, key))
}

fn certificates(pem: &[u8], input: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = sections::<CertificateDer<'static>>(pem, input)?;
    if found.is_empty() { Err(TlsError::Pem { input }) } else { Ok(found) }
}

fn sections<T: PemObject>(pem: &[u8], input: &'static str) -> Result<Vec<T>, TlsError> {
    if pem.len() > MAX_PEM_BYTES {
        return Err(TlsError::TooLarge { input });
    }
    let mut found = Vec::new();
    for section in T::pem_slice_iter(pem) {
        if found.len() == MAX_PEM_ITEMS {
            return Err(TlsError::TooLarge { input });
        }
        found.push(section.map_err(|_| TlsError::Pem { input })?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_without_a_certificate_are_refused() {
        let tls = ClientTls { roots_pem: b"not pem at all", ..ClientTls::default() };
        assert!(matches!(client_config(&tls), Err(TlsError::Pem { input: "roots" })));
    }

    #[test]
    fn an_identity_never_prints_its_key() {
        let identity = Identity { certificate_chain_pem: b"chain".to_vec(), private_key_pem: b"secret-key".to_vec() };
        assert!(!format!("{identity:?}").contains("secret"));
    }

    #[test]
    fn an_oversized_input_is_refused_before_it_is_read() {
        let pem = vec![b'-'; MAX_PEM_BYTES + 1];
        let tls = ClientTls { roots_pem: &pem, ..ClientTls::default() };
        assert!(matches!(client_config(&tls), Err(TlsError::TooLarge { input: "roots" })));
    }
}
