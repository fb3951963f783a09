//! What a policy refuses, each with its cause.

use crate::key::{PATH, SAML, key, message, signed};
use dsig::{Algorithm, Error, Limits, Place, Policy, sign_element, verify};

fn refusal(document: &str) -> Error {
    verify(document.as_bytes(), &Policy::enveloped(PATH), key()).unwrap_err()
}

#[test]
fn the_signed_bytes_are_the_element_without_signature_nor_comments() {
    let found = verify(signed().as_bytes(), &Policy::enveloped(PATH), key()).unwrap();
    let text = String::from_utf8(found.signed[0].clone()).unwrap();
    assert!(
        text.starts_with("<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_a1\""),
        "{text}"
    );
    assert!(text.contains("<saml:Subject><saml:NameID>801234567890</saml:NameID></saml:Subject>"), "{text}");
    assert!(!text.contains("Signature") && !text.contains("hidden"), "{text}");
    assert_eq!(found.algorithm, Algorithm::Sha256);
    // A comment may cut a text in two for careless readers; what is signed has none.
    let cut = signed().replace("801234567890", "8012<!-- -->34567890");
    assert_eq!(verify(cut.as_bytes(), &Policy::enveloped(PATH), key()).unwrap().signed, found.signed);
}

#[test]
fn everything_around_the_signature_stays_byte_for_byte() {
    let signed = signed();
    let (from, to) = (signed.find("<ds:Signature ").unwrap(), signed.find("</ds:Signature>").unwrap());
    assert!(signed[..from].ends_with("</saml:Issuer>"));
    assert_eq!(format!("{}{}", &signed[..from], &signed[to + "</ds:Signature>".len()..]), message());
}

#[test]
fn each_departure_from_the_policy_has_its_cause() {
    let signed = signed();
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let (from, to) = (signed.find("<ds:Reference ").unwrap(), signed.find("</ds:SignedInfo>").unwrap());
    let reference = &signed[from..to];
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/>");
    let unknown = Error::Algorithm("a canonicalization or transform");
    let table: &[(&str, &str, String, Error)] = &[
        (
            "two references",
            reference,
            reference.repeat(2),
            Error::Structure("one ds:Reference for each covered element"),
        ),
        ("no reference", reference, String::new(), Error::Structure("one ds:Reference for each covered element")),
        ("xslt", exclusive, transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), unknown),
        ("xpath", exclusive, transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), unknown),
        ("xpath filter", exclusive, transform("http://www.w3.org/2002/06/xmldsig-filter2"), unknown),
        ("base64", exclusive, transform("http://www.w3.org/2000/09/xmldsig#base64"), unknown),
        ("canonical 1.1", exclusive, transform("http://www.w3.org/2006/12/xml-c14n11"), unknown),
        ("inclusive", exclusive, transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), unknown),
        ("enveloped twice", exclusive, transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature"), unknown),
        (
            "three transforms",
            exclusive,
            exclusive.repeat(2),
            Error::Structure("no transform after the canonicalization"),
        ),
        (
            "not canonicalized",
            exclusive,
            String::new(),
            Error::Algorithm("the canonicalization of a reference without any"),
        ),
        (
            "xslt parameter",
            exclusive,
            exclusive.replace("/>", "><x/></ds:Transform>"),
            Error::Structure("no parameter of a canonicalization but InclusiveNamespaces"),
        ),
        (
            "not enveloped",
            "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>",
            String::new(),
            Error::Structure("the enveloped-signature transform, when the signature is enveloped only"),
        ),
        ("the whole document", "URI=\"#_a1\"", "URI=\"\"".into(), Error::Reference),
        ("no address", "URI=\"#_a1\"", String::new(), Error::Reference),
        ("a file", "URI=\"#_a1\"", "URI=\"file:///etc/passwd\"".into(), Error::Reference),
        ("the network", "URI=\"#_a1\"", "URI=\"http://127.0.0.1/#_a1\"".into(), Error::Reference),
        ("xpointer", "URI=\"#_a1\"", "URI=\"#xpointer(id('_a1'))\"".into(), Error::UnknownId),
        ("nobody", "URI=\"#_a1\"", "URI=\"#_a2\"".into(), Error::UnknownId),
        ("another element", "<s:Body/>", "<s:Body ID='_a1'/>".into(), Error::DuplicateId),
        ("another spelling", "<s:Body/>", "<s:Body xmlns:w='urn:w' w:Id='_a1'/>".into(), Error::DuplicateId),
        (
            "hmac",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1".into(),
            Error::Algorithm("the signature algorithm"),
        ),
        (
            "rsa-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Algorithm::Compatibility.signature_uri().into(),
            Error::Algorithm("the signature algorithm"),
        ),
        (
            "sha1",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            Algorithm::Compatibility.digest_uri().into(),
            Error::Algorithm("the digest algorithm"),
        ),
        (
            "md5",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "http://www.w3.org/2001/04/xmldsig-more#md5".into(),
            Error::Algorithm("the digest algorithm"),
        ),
        (
            "an object",
            "</ds:Signature>",
            "<ds:Object/></ds:Signature>".into(),
            Error::Structure("nothing else in ds:Signature"),
        ),
        (
            "two signatures",
            "<s:Body/>",
            "<s:Body><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/></s:Body>".into(),
            Error::Place("ds:Signature"),
        ),
        ("text", "<ds:SignedInfo>", "<ds:SignedInfo>x".into(), Error::Structure("elements and no text")),
        ("no base64", "<ds:DigestValue>", "<ds:DigestValue>!".into(), Error::Base64("ds:DigestValue")),
        ("a comment", "<ds:SignatureValue>", "<ds:SignatureValue><!-- -->".into(), Error::Base64("ds:SignatureValue")),
        ("another digest", "CN=é", "CN=e".into(), Error::Digest),
        ("another signature", "<ds:SignatureValue>", "<ds:SignatureValue>AAAA".into(), Error::Signature),
        ("a document type", "<s:Envelope", "<!DOCTYPE a><s:Envelope".into(), Error::NotXml { line: 1, column: 1 }),
    ];
    for (what, from, to, cause) in table {
        let changed = signed.replacen(from, to, 1);
        assert_ne!(changed, signed, "{what}");
        assert_eq!(refusal(&changed), *cause, "{what}");
    }
    assert_eq!(refusal(&message()), Error::Place("ds:Signature"), "not signed");
    let latin = [&signed.as_bytes()[..40], b"\xe9"].concat();
    assert_eq!(verify(&latin, &Policy::enveloped(PATH), key()).unwrap_err(), Error::NotUtf8);
}

#[test]
fn bounds_are_those_of_the_policy() {
    let signed = signed();
    let whole = Limits::default();
    let table = [
        (Limits { n_bytes: signed.len() - 1, ..whole }, "bytes"),
        (Limits { n_nodes: 20, ..whole }, "nodes"),
        (Limits { n_declarations: 5, ..whole }, "namespace declarations"),
    ];
    for (limits, expected) in table {
        let policy = Policy { limits, ..Policy::enveloped(PATH) };
        match verify(signed.as_bytes(), &policy, key()) {
            Err(Error::TooLarge { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let policy = Policy { limits: Limits { n_bytes: signed.len(), ..whole }, ..Policy::enveloped(PATH) };
    assert!(verify(signed.as_bytes(), &policy, key()).is_ok());
}

#[test]
fn what_cannot_be_signed_has_its_cause() {
    let sign = |document: &str, id: &str, place| {
        sign_element(document.as_bytes(), id, place, Algorithm::Sha256, &[], key()).unwrap_err()
    };
    let after = Place::After(SAML, "Issuer");
    assert_eq!(sign(&message(), "_a2", after), Error::UnknownId);
    assert_eq!(
        sign(&message(), "_a1", Place::After("urn:other", "Issuer")),
        Error::Place("the element that the signature follows")
    );
    assert_eq!(sign("<a ID='_1'><b Id='_1'/></a>", "_1", Place::Last), Error::DuplicateId);
    assert!(matches!(sign("<a ID='_1'><b></a>", "_1", Place::Last), Error::NotXml { .. }));
    assert_eq!(sign("<a ID='_1' xmlns:p='relative' p:b=''>x</a>", "_1", Place::Last), Error::Namespace);
}
