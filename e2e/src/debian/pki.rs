//! Certificates of the shape of the IGC-Santé: a root, the authority of organizations under it, leaves of both sides.
//!
//! In: nothing. Out: PEM files, made anew in each process; RSA keys as the health authority gives. Only the names are invented.
//!
//! Source: IGC-Santé, gamme Élémentaire, domaine Organisations (root, intermediate, `ORG AUTH_CLI`, `ORG AUTH_SRV`).

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RevokedCertParams,
    RsaKeySize, SerialNumber, date_time_ymd,
};
use sha2::{Digest, Sha256};
use transport::tls::Identity;

/// Who shows a certificate to the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The laboratory.
    Laboratory,
    /// The laboratory, with a certificate that was revoked.
    Revoked,
    /// Someone under another authority.
    Foreign,
}

/// Everything made for one operator.
pub struct Pki {
    /// The authority of organizations, PEM: the only one that clients believe. Source: ECO.1.1.10.
    pub organizations: String,
    /// The root above it, PEM, for programs that want a whole chain.
    pub root: String,
    /// Its revocation list, PEM.
    pub list: String,
    /// That of the root, PEM: nothing is revoked.
    root_list: String,
    issuer: Issuer,
    clients: [(Who, Identity); 3],
    servers: Vec<(&'static str, Identity)>,
    /// SHA-256 of the certificate of [`Who::Revoked`], as Postfix writes it.
    refused: String,
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// Serial numbers of the certificates that the revocation list names, and of the one of the right doors.
const REVOKED_CLIENT: u64 = 13;
const REVOKED_SERVER: u64 = 23;
/// Serial number of the certificate of the right doors.
pub const SERVER: u64 = 20;

/// A list of an authority, PEM: made in the first month of a year, the next one due in the same month of another.
fn list(issuer: &Issuer, revoked: &[u64], made: i32, over: i32) -> Result<String> {
    let entry = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(made, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(made, 1, 1),
        next_update: date_time_ymd(over, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked.iter().map(entry).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(issuer)?.pem()?)
}

fn key() -> Result<KeyPair> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?)
}

fn authority(name: &str, parent: Option<&Issuer>) -> Result<Issuer> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::OrganizationName, "Essais");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = parent.is_some();
    Ok(match parent {
        None => CertifiedIssuer::self_signed(params, key()?)?,
        Some(parent) => CertifiedIssuer::signed_by(params, key()?, parent)?,
    })
}

/// A leaf with its intermediate, and the SHA-256 of the leaf as Postfix writes it (`AA:BB:…`).
fn leaf(
    name: &str,
    usage: ExtendedKeyUsagePurpose,
    serial: u64,
    is_over: bool,
    issuer: &Issuer,
) -> Result<(Identity, String)> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![usage];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.serial_number = Some(SerialNumber::from(serial));
    params.use_authority_key_identifier_extension = true;
    if is_over {
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2025, 1, 1));
    }
    let key = key()?;
    let certificate = params.signed_by(&key, issuer)?;
    let digest = Sha256::digest(certificate.der());
    let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let chain = format!("{}{}", certificate.pem(), issuer.pem()).into_bytes();
    Ok((Identity { certificate_chain_pem: chain, private_key_pem: key.serialize_pem().into_bytes() }, fingerprint))
}

impl Pki {
    /// Those of this process: RSA keys take a second each to make.
    pub(super) fn shared() -> Result<Arc<Self>> {
        static MADE: Mutex<Option<Arc<Pki>>> = Mutex::new(None);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some(made) => Ok(Arc::clone(made)),
            None => Ok(Arc::clone(made.insert(Arc::new(Self::make()?)))),
        }
    }

    fn make() -> Result<Self> {
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
        let root = authority("AC RACINE ELEMENTAIRE (essais)", None)?;
        let organizations = authority("AC ELEMENTAIRE ORGANISATIONS (essais)", Some(&root))?;
        let persons = authority("AC ELEMENTAIRE PERSONNES (essais)", Some(&root))?;
        let foreign = authority("AC ETRANGERE (essais)", None)?;
        let (revoked, refused) = leaf("revoque.labo.test", ClientAuth, REVOKED_CLIENT, false, &organizations)?;
        let server = |name, serial, is_over, issuer| leaf(name, ServerAuth, serial, is_over, issuer).map(|(it, _)| it);
        let client = |serial, issuer| leaf("labo.test", ClientAuth, serial, false, issuer).map(|(it, _)| it);
        let servers = vec![
            ("server", server("localhost", SERVER, false, &organizations)?),
            ("expired", server("localhost", 21, true, &organizations)?),
            ("other-host", server("ailleurs.test", 22, false, &organizations)?),
            ("revoked", server("localhost", REVOKED_SERVER, false, &organizations)?),
            ("foreign", server("localhost", 24, false, &foreign)?),
            ("other-domain", server("localhost", 25, false, &persons)?),
        ];
        Ok(Self {
            refused,
            list: list(&organizations, &[REVOKED_CLIENT, REVOKED_SERVER], 2026, 2096)?,
            root_list: list(&root, &[], 2026, 2096)?,
            clients: [
                (Who::Laboratory, client(12, &organizations)?),
                (Who::Revoked, revoked),
                (Who::Foreign, client(14, &foreign)?),
            ],
            servers,
            organizations: organizations.pem(),
            issuer: organizations,
            root: root.pem(),
        })
    }

    /// A list of the authority of organizations, PEM, that names these serial numbers: made in the first month of a year,
    /// the next one due in the same month of another.
    pub fn list_of(&self, revoked: &[u64], made: i32, over: i32) -> Result<String> {
        list(&self.issuer, revoked, made, over)
    }

    /// Certificate and key of someone who speaks to the operator.
    pub fn client(&self, who: Who) -> Option<&Identity> {
        self.clients.iter().find(|(known, _)| *known == who).map(|(_, identity)| identity)
    }

    /// Writes what the servers read.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        for (name, identity) in &self.servers {
            std::fs::write(folder.join(format!("{name}.pem")), &identity.certificate_chain_pem)?;
            std::fs::write(folder.join(format!("{name}.key")), &identity.private_key_pem)?;
        }
        let authorities = format!("{}{}", self.organizations, self.root);
        std::fs::write(folder.join("authorities.pem"), &authorities)?;
        std::fs::write(
            folder.join("authorities-and-list.pem"),
            format!("{authorities}{}{}", self.list, self.root_list),
        )?;
        Ok(std::fs::write(folder.join("refused"), format!("{} REJECT certificat revoque\n", self.refused))?)
    }
}
