//! Revocation lists as authorities publish them: which are believed, and which bytes are none.
#![allow(clippy::unwrap_used, missing_docs)]

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use transport::tls::{ListError, MAX_LIST_BYTES, Revocation};

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// 1 July 2026.
const NOW: i64 = 1_782_864_000;

fn authority(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn list(issuer: &Issuer, made: i32, over: i32) -> rcgen::CertificateRevocationList {
    let entry = RevokedCertParams {
        serial_number: SerialNumber::from(7u64),
        revocation_time: date_time_ymd(made, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(made, 1, 1),
        next_update: date_time_ymd(over, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![entry],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap()
}

#[test]
fn a_list_of_an_authority_that_is_believed_is_read_in_der_and_in_pem() {
    let organizations = authority("AC ORGANISATIONS");
    let revocation = Revocation::under(organizations.pem().as_bytes()).unwrap();
    let made = list(&organizations, 2026, 2027);
    let der = revocation.decode(made.der(), NOW).unwrap();
    let pem = revocation.decode(made.pem().unwrap().as_bytes(), NOW).unwrap();
    assert_eq!(der, pem);
    assert_eq!((der.len(), der[0].n_revoked, der[0].this_update), (1, 1, 1_767_225_600));
    revocation.replace(&der).unwrap();
    let both = format!("{}{}", made.pem().unwrap(), list(&organizations, 2025, 2027).pem().unwrap());
    let both = revocation.decode(both.as_bytes(), NOW).unwrap();
    assert!(both[1].is_before(&both[0]) && !both[0].is_before(&both[1]));
}

#[test]
fn what_cannot_be_believed_says_why() {
    let (organizations, other) = (authority("AC ORGANISATIONS"), authority("AC ORGANISATIONS"));
    let revocation = Revocation::under(organizations.pem().as_bytes()).unwrap();
    let why = |bytes: &[u8]| revocation.decode(bytes, NOW).unwrap_err();
    assert_eq!(why(list(&other, 2026, 2027).der()), ListError::NotSigned, "the same name, another key");
    assert_eq!(why(list(&organizations, 2025, 2026).der()), ListError::Over);
    assert_eq!(why(list(&organizations, 2027, 2028).der()), ListError::Future);
    assert_eq!(why(b"<html>maintenance</html>"), ListError::NotAList);
    assert_eq!(why(b""), ListError::NotAList);
    assert_eq!(why(organizations.pem().as_bytes()), ListError::NotAList);
    assert_eq!(why(&vec![0; MAX_LIST_BYTES + 1]), ListError::TooLarge);
    let mut longer = list(&organizations, 2026, 2027).der().to_vec();
    longer.push(0);
    assert_eq!(why(&longer), ListError::NotAList);
    // Every cut of a list is refused, none makes it panic.
    let whole = list(&organizations, 2026, 2027).der().to_vec();
    for end in 0..whole.len() {
        assert_eq!(why(&whole[..end]), ListError::NotAList, "{end}");
    }
}
