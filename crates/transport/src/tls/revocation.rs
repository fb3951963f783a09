//! Revocation lists that can be renewed while connections are made: bytes in, a check of every handshake out.
//!
//! In: the authorities believed, then lists as they are published (DER or PEM). Out: a verifier that refuses a server whose
//! certificate is revoked, covered by no list, or covered by a list that is over. It deliberately does not fetch lists,
//! nor remember them.
//!
//! Source: MSSanté référentiel #2, ECO.1.1.6 and ECO.1.1.7; RFC 5280 §5.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use super::{TlsError, certificates, provider, roots};

/// Upper bound on one list, in bytes.
pub const MAX_LIST_BYTES: usize = 32 * 1024 * 1024;

/// Upper bound on the lists of one PEM input.
pub const MAX_LISTS: usize = 64;

/// A list whose signature is that of an authority we believe.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
    /// When it was made, in seconds since 1970.
    pub this_update: i64,
    /// When the next one is due, in seconds since 1970: it proves nothing from then on.
    pub next_update: i64,
    /// Certificates on it.
    pub n_revoked: usize,
    /// Name of its authority, in DER.
    issuer: Vec<u8>,
}

/// Why bytes are not a list to be believed. Safe to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Larger than [`MAX_LIST_BYTES`], or more than [`MAX_LISTS`].
    #[error("larger than the accepted limit")]
    TooLarge,
    /// Neither DER nor PEM of a list.
    #[error("not a revocation list")]
    NotAList,
    /// It does not say when the next one is due, so that nobody can tell when it is over.
    #[error("does not say when the next list is due")]
    WithoutEnd,
    /// Signed by none of the authorities given, or not as its bytes say.
    #[error("signed by none of the authorities that are believed")]
    NotSigned,
    /// The next one is already due.
    #[error("over: the next list is already due")]
    Over,
    /// Made later than now, by more than what clocks differ.
    #[error("made in the future")]
    Future,
}

/// The lists in force for some servers, shared by everything that connects to them.
///
/// While it holds none, no server is believed: a check that was asked for is never skipped.
#[derive(Clone)]
pub struct Revocation {
    shared: Arc<Shared>,
}

struct Shared {
    roots: Arc<RootCertStore>,
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    verifier: RwLock<Option<Arc<WebPkiServerVerifier>>>,
}

/// What clocks may differ by, in seconds.
const SKEW: i64 = 300;

impl Revocation {
    /// No list yet, under these authorities: those whose certificates are believed, and which sign their lists.
    ///
    /// Errors: [`TlsError`] when there is none.
    pub fn under(authorities_pem: &[u8]) -> Result<Self, TlsError> {
        let input = "roots";
        Ok(Self {
            shared: Arc::new(Shared {
                roots: Arc::new(roots(authorities_pem, input)?),
                authorities: certificates(authorities_pem, input)?,
                provider: provider(),
                verifier: RwLock::new(None),
            }),
        })
    }

    /// Reads one list in DER, or those of a PEM file, and believes them when authorities given here signed them and they
    /// are in force `now`, in seconds since 1970. At least one list.
    ///
    /// Errors: [`ListError`] of the first that cannot be believed.
    pub fn decode(&self, bytes: &[u8], now: i64) -> Result<Vec<RevocationList>, ListError> {
        let lists = ders(bytes)?;
        lists.into_iter().map(|der| decode(der, &self.shared.authorities, now)).collect()
    }

    /// Puts these lists in force, instead of those before; connections that are open stay so.
    ///
    /// Errors: [`TlsError`] when the library refuses one; the lists before then stay in force.
    pub fn replace(&self, lists: &[RevocationList]) -> Result<(), TlsError> {
        let verifier = if lists.is_empty() { None } else { Some(self.shared.verifier(lists)?) };
        *self.shared.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier;
        Ok(())
    }
}

impl RevocationList {
    /// Whether the same authority made this one before the other, which then replaces it.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.this_update < other.this_update
    }
}

impl Shared {
    fn verifier(&self, lists: &[RevocationList]) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
        let lists = lists.iter().map(|it| CertificateRevocationListDer::from(it.der.clone()));
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), Arc::clone(&self.provider))
            .with_crls(lists)
            .only_check_end_entity_revocation()
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| TlsError::Refused {
                input: "revocation lists",
                source: rustls::Error::General(error.to_string()),
            })
    }

    fn in_force(&self) -> Option<Arc<WebPkiServerVerifier>> {
        self.verifier.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The check of every handshake with the lists in force at that moment.
pub(super) fn verifier(revocation: &Revocation) -> Arc<dyn ServerCertVerifier> {
    Arc::new(InForce(Arc::clone(&revocation.shared)))
}

struct InForce(Arc<Shared>);

impl ServerCertVerifier for InForce {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verifier =
            self.0.in_force().ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownRevocationStatus))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn ders(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ListError> {
    if bytes.len() > MAX_LIST_BYTES {
        return Err(ListError::TooLarge);
    }
    if !bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut found = Vec::new();
    for section in CertificateRevocationListDer::pem_slice_iter(bytes).take(MAX_LISTS + 1) {
        found.push(section.map_err(|_| ListError::NotAList)?.as_ref().to_vec());
    }
    match found.len() {
        0 => Err(ListError::NotAList),
        1..=MAX_LISTS => Ok(found),
        _ => Err(ListError::TooLarge),
    }
}

fn decode(der: Vec<u8>, authorities: &[CertificateDer<'_>], now: i64) -> Result<RevocationList, ListError> {
    let (rest, list) = CertificateRevocationList::from_der(&der).map_err(|_| ListError::NotAList)?;
    if !rest.is_empty() {
        return Err(ListError::NotAList);
    }
    let next_update = list.next_update().ok_or(ListError::WithoutEnd)?.timestamp();
    let is_signed = authorities.iter().any(|authority| {
        X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
            authority.subject().as_raw() == list.issuer().as_raw()
                && list.verify_signature(authority.public_key()).is_ok()
        })
    });
    if !is_signed {
        return Err(ListError::NotSigned);
    }
    let this_update = list.last_update().timestamp();
    if this_update > now.saturating_add(SKEW) {
        return Err(ListError::Future);
    }
    if next_update <= now {
        return Err(ListError::Over);
    }
    let (issuer, n_revoked) = (list.issuer().as_raw().to_vec(), list.iter_revoked_certificates().count());
    Ok(RevocationList { this_update, next_update, n_revoked, issuer, der })
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revocation")
    }
}

impl std::fmt::Debug for InForce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InForce")
    }
}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RevocationList({} revoked)", self.n_revoked)
    }
}
