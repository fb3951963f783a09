//! An RSA key with its certificate, made once in each process, and the assertion that most tests sign.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use dsig::{Algorithm, Error, Path, Place, Signer, Verifier};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize, SigningKey};
use std::{
    path::PathBuf,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Where the assertion stands in [`message`].
pub const PATH: Path<'static> = &[("urn:soap", "Envelope"), ("urn:soap", "Header"), (SAML, "Assertion")];

pub struct Key {
    pub pair: KeyPair,
    pub certificate_der: Vec<u8>,
    pub certificate_pem: String,
}

pub fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let mut params = CertificateParams::new(vec!["labo.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "labo.example");
        let certificate = params.self_signed(&pair).unwrap();
        Key { certificate_der: certificate.der().to_vec(), certificate_pem: certificate.pem(), pair }
    })
}

impl Signer for Key {
    fn sign(&self, algorithm: Algorithm, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        match algorithm {
            Algorithm::Sha256 => SigningKey::sign(&self.pair, bytes).map_err(|_| Error::Key),
            // Our library makes no signature with SHA-1 any more.
            Algorithm::Compatibility => {
                let (data, private) =
                    (temporary("data", bytes), temporary("key", self.pair.serialize_pem().as_bytes()));
                let said = Command::new("openssl").args(["dgst", "-sha1", "-sign"]).arg(private).arg(data).output();
                said.ok().filter(|it| it.status.success()).map(|it| it.stdout).ok_or(Error::Key)
            }
        }
    }
}

impl Verifier for Key {
    fn verify(&self, algorithm: Algorithm, bytes: &[u8], signature: &[u8], _: &[Vec<u8>]) -> Result<(), Error> {
        let how = match algorithm {
            Algorithm::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Compatibility => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        };
        let key = UnparsedPublicKey::new(how, self.pair.der_bytes());
        key.verify(bytes, signature).map_err(|_| Error::Signature)
    }
}

/// A file of this process, for a judge to read.
pub fn temporary(name: &str, bytes: &[u8]) -> PathBuf {
    static RANK: AtomicUsize = AtomicUsize::new(0);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("dsig-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}-{name}", RANK.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&file, bytes).unwrap();
    file
}

/// A message with an assertion that is not signed yet, and everything around it that canonicalization must get right.
pub fn message() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- before -->\r\n\
         <s:Envelope xmlns:s='urn:soap' xmlns:unused='urn:unused' xmlns='urn:default' xml:lang='fr'>\r\n <s:Header>\
         <saml:Assertion xmlns:saml='{SAML}' xmlns:xs='http://www.w3.org/2001/XMLSchema' Version='2.0' ID='_a1'>\r\n\
         <saml:Issuer Format='urn:x'>CN=é &amp; co</saml:Issuer>\
         <saml:Subject><!-- hidden --><saml:NameID>801234567890</saml:NameID></saml:Subject>\
         <saml:AttributeValue xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='xs:string'>a\r\n&#13;&gt;\
         <Role xmlns='urn:hl7-org:v3' code='10' displayName='M\u{e9}decin \"x\"&#9;'/><plain xmlns=''/><inner/>\
         </saml:AttributeValue></saml:Assertion></s:Header><s:Body/></s:Envelope>"
    )
}

/// That message, signed after the issuer.
pub fn signed() -> String {
    let place = Place::After(SAML, "Issuer");
    let certificates = &[&key().certificate_der[..]];
    let bytes = dsig::sign_element(message().as_bytes(), "_a1", place, Algorithm::Sha256, certificates, key());
    String::from_utf8(bytes.unwrap()).unwrap()
}
