//! Signatures between xmlsec1, signxml and us, both ways.

use crate::judge::{hex, python, unhex};
use crate::key::{PATH, SAML, key, message, signed, temporary};
use dsig::{
    Algorithm, Canonicalization, DSIG_NS, Error, Limits, Place, Placed, Policy, Reference, Request, Target, c14n,
    sign_apart, sign_element, sign_inside, verify,
};
use std::process::Command;

const ALL: &[Canonicalization] = &[
    Canonicalization::Exclusive,
    Canonicalization::ExclusiveWithComments,
    Canonicalization::Inclusive,
    Canonicalization::InclusiveWithComments,
];

/// Runs xmlsec1; `None`, said aloud, when it is missing.
fn xmlsec1(arguments: &[&str], document: &[u8]) -> Option<(bool, Vec<u8>)> {
    let file = temporary("document.xml", document);
    let said = Command::new("xmlsec1").args(arguments).arg(file).output();
    let Ok(said) = said else {
        println!("skipped: xmlsec1 is missing, it did not judge");
        return None;
    };
    if !said.status.success() {
        println!("{}", String::from_utf8_lossy(&said.stderr));
    }
    Some((said.status.success(), said.stdout))
}

/// Whether xmlsec1 believes a document; yes when it is missing.
fn xmlsec1_believes(document: &[u8]) -> Option<bool> {
    let certificate = temporary("certificate.pem", key().certificate_pem.as_bytes());
    let assertion = format!("{SAML}:Assertion");
    let arguments = [
        "--verify",
        "--ignore-manifests",
        "--id-attr:ID",
        &assertion,
        "--id-attr:Id",
        "http://www.w3.org/2000/09/xmldsig#:Manifest",
        "--id-attr:Id",
        "http://uri.etsi.org/01903/v1.1.1#:SignedProperties",
        "--trusted-pem",
        certificate.to_str().unwrap(),
    ];
    xmlsec1(&arguments, document).map(|(is_valid, _)| is_valid)
}

fn all_allowed(place: Placed<'_>) -> Policy<'_> {
    Policy {
        place,
        algorithms: &[Algorithm::Sha256, Algorithm::Compatibility],
        canonicalizations: ALL,
        limits: Limits::default(),
    }
}

#[test]
fn xmlsec1_believes_our_assertions_and_not_those_that_changed() {
    let signed = signed();
    assert!(verify(signed.as_bytes(), &Policy::enveloped(PATH), key()).is_ok());
    let Some(is_believed) = xmlsec1_believes(signed.as_bytes()) else { return };
    assert!(is_believed);
    let changed = signed.replace("801234567890", "801234567891");
    assert_ne!(changed, signed);
    assert_eq!(xmlsec1_believes(changed.as_bytes()), Some(false));
    assert_eq!(verify(changed.as_bytes(), &Policy::enveloped(PATH), key()).unwrap_err(), Error::Digest);
}

#[test]
fn xmlsec1_believes_every_canonicalization_and_digest() {
    for info in ALL {
        for of_reference in [None, Some(ALL[0]), Some(ALL[1]), Some(ALL[2]), Some(ALL[3])] {
            for digest in [Algorithm::Sha256, Algorithm::Compatibility] {
                let target = Target::Element { id: "_a1", is_enveloped: true, canonicalization: of_reference };
                let request = Request {
                    id: Some("_s1"),
                    canonicalization: *info,
                    algorithm: Algorithm::Sha256,
                    references: &[Reference { target, kind: None, digest }],
                    certificates: &[&key().certificate_der],
                    objects: &[],
                };
                let document = sign_inside(message().as_bytes(), "_a1", Place::Last, &request, key()).unwrap();
                let about = format!("{info:?} {of_reference:?} {digest:?}");
                assert!(verify(&document, &all_allowed(Placed::Inside(PATH)), key()).is_ok(), "{about}");
                assert_ne!(xmlsec1_believes(&document), Some(false), "{about}");
            }
        }
    }
}

#[test]
fn signatures_with_sha1_are_made_for_those_who_ask_and_refused_otherwise() {
    let place = Place::After(SAML, "Issuer");
    let document = sign_element(
        message().as_bytes(),
        "_a1",
        place,
        Algorithm::Compatibility,
        &[&key().certificate_der[..]],
        key(),
    );
    if document == Err(Error::Key) {
        println!("skipped: openssl is missing, nothing signed with SHA-1");
        return;
    }
    let document = document.unwrap();
    assert_ne!(xmlsec1_believes(&document), Some(false));
    assert!(verify(&document, &all_allowed(Placed::Inside(PATH)), key()).is_ok());
    let refused = verify(&document, &Policy::enveloped(PATH), key()).unwrap_err();
    assert_eq!(refused, Error::Algorithm("the signature algorithm"));
}

/// Two references into objects and one to bytes elsewhere, with the canonicalization of the DMP.
fn apart(algorithm: Algorithm, elsewhere: Option<&[u8]>) -> Vec<u8> {
    let manifest = format!(
        "<ds:Manifest Id=\"IHEManifest\"><ds:Reference URI=\"urn:oid:1.2.3\"><ds:DigestMethod Algorithm=\"{}\"/>\
         <ds:DigestValue>AA==</ds:DigestValue></ds:Reference><!-- left out --></ds:Manifest>",
        algorithm.digest_uri()
    );
    let properties = "<QualifyingProperties xmlns=\"http://uri.etsi.org/01903/v1.1.1#\" Target=\"#S0\">\
         <SignedProperties Id=\"S0-SignedProperties\"><SignedSignatureProperties><SigningTime>2026-01-01T00:00:00Z\
         </SigningTime></SignedSignatureProperties></SignedProperties></QualifyingProperties>";
    let inside = |id, kind| Reference {
        target: Target::Element { id, is_enveloped: false, canonicalization: None },
        kind: Some(kind),
        digest: algorithm,
    };
    let mut references = vec![
        inside("IHEManifest", "http://www.w3.org/2000/09/xmldsig#Manifest"),
        inside("S0-SignedProperties", "http://uri.etsi.org/01903/v1.1.1#SignedProperties"),
    ];
    references.extend(elsewhere.map(|bytes| Reference {
        target: Target::Bytes { uri: "urn:oid:1.2.3", bytes },
        kind: None,
        digest: algorithm,
    }));
    let request = Request {
        id: Some("S0"),
        canonicalization: Canonicalization::InclusiveWithComments,
        algorithm,
        references: &references,
        certificates: &[&key().certificate_der],
        objects: &[manifest.as_bytes(), properties.as_bytes()],
    };
    sign_apart(&request, key()).unwrap()
}

#[test]
fn a_signature_apart_covers_its_manifest_and_its_properties() {
    let document = apart(Algorithm::Sha256, None);
    assert_ne!(xmlsec1_believes(&document), Some(false));
    let xades = "http://uri.etsi.org/01903/v1.1.1#";
    let (signature, object) = ((DSIG_NS, "Signature"), (DSIG_NS, "Object"));
    let properties = [signature, object, (xades, "QualifyingProperties"), (xades, "SignedProperties")];
    let manifest = [signature, object, (DSIG_NS, "Manifest")];
    let covered = [&properties[..], &manifest[..]];
    let found = verify(&document, &all_allowed(Placed::At(&[signature], &covered)), key()).unwrap();
    let said: Vec<String> = found.signed.into_iter().map(|it| String::from_utf8(it).unwrap()).collect();
    assert!(
        said[0].starts_with("<SignedProperties xmlns=\"http://uri.etsi.org/01903/v1.1.1#\" xmlns:ds="),
        "{}",
        said[0]
    );
    assert!(said[1].starts_with("<ds:Manifest xmlns:ds=") && !said[1].contains("left out"), "{}", said[1]);
    assert_eq!(found.certificates, [key().certificate_der.clone()]);

    let one = verify(&document, &all_allowed(Placed::At(&[signature], &covered[..1])), key()).unwrap_err();
    assert_eq!(one, Error::Structure("one ds:Reference for each covered element"));
    let text = String::from_utf8(document).unwrap();
    let changed = text.replace("2026-01-01", "2026-01-02");
    let refused = verify(changed.as_bytes(), &all_allowed(Placed::At(&[signature], &covered)), key()).unwrap_err();
    assert_eq!(refused, Error::Digest);
}

#[test]
fn bytes_elsewhere_are_referenced_by_their_plain_digest() {
    let document = apart(Algorithm::Sha256, Some(b"abc"));
    let text = String::from_utf8(document).unwrap();
    // SHA-256 of "abc". Source: FIPS 180-2, B.1.
    let digest = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    assert!(
        text.contains(&format!("<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>")),
        "{text}"
    );
    let (signature, object) = ((DSIG_NS, "Signature"), (DSIG_NS, "Object"));
    let covered = [&[signature, object, (DSIG_NS, "Manifest")][..], &[signature, object], &[signature]];
    let refused = verify(text.as_bytes(), &all_allowed(Placed::At(&[signature], &covered)), key());
    assert!(refused.is_err(), "a reference that leads out is not believed");
}

/// An assertion with the template of a signature that xmlsec1 fills.
fn template(transform: &str, info: &str) -> String {
    let signature = format!(
        "<ds:Signature xmlns:ds='{DSIG_NS}'><ds:SignedInfo>\n<ds:CanonicalizationMethod Algorithm='{info}'/>\
         <ds:SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'/>\n<ds:Reference URI='#_a1'>\
         <ds:Transforms><ds:Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'/>{transform}\
         </ds:Transforms><ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><ds:DigestValue/>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"
    );
    message().replace("</saml:Issuer>", &format!("</saml:Issuer>{signature}"))
}

#[test]
fn we_believe_what_xmlsec1_signs_with_any_list_of_prefixes() {
    let private = temporary("private.pem", key().pair.serialize_pem().as_bytes());
    let certificate = temporary("certificate.pem", key().certificate_pem.as_bytes());
    let keys = format!("{},{}", private.display(), certificate.display());
    let assertion = format!("{SAML}:Assertion");
    let exclusive = Canonicalization::Exclusive.uri();
    let listed = |prefixes: &str| {
        format!(
            "<ds:Transform Algorithm='{exclusive}'><e:InclusiveNamespaces xmlns:e='{exclusive}' PrefixList='{prefixes}'/></ds:Transform>"
        )
    };
    let mut transforms: Vec<String> =
        ["", "xs", "xs unused", "#default", "#default s xs xsi absent"].iter().map(|it| listed(it)).collect();
    transforms.extend(ALL.iter().map(|it| format!("<ds:Transform Algorithm='{}'/>", it.uri())));
    for transform in transforms {
        for info in ALL {
            let document = template(&transform, info.uri());
            let arguments = ["--sign", "--privkey-pem", &keys, "--id-attr:ID", &assertion];
            let Some((is_done, signed)) = xmlsec1(&arguments, document.as_bytes()) else { return };
            assert!(is_done, "{transform}");
            let found = verify(&signed, &all_allowed(Placed::Inside(PATH)), key());
            let found = found.unwrap_or_else(|error| panic!("{error}: {info:?} {transform}"));
            assert_eq!(found.certificates, [key().certificate_der.clone()]);
            let text = String::from_utf8(found.signed[0].clone()).unwrap();
            assert!(text.contains("801234567890") && !text.contains("Signature") && !text.contains("hidden"), "{text}");
        }
    }
}

/// In: what to do, the document in hexadecimal, then the certificate and the key. Out: a verdict or a document.
const SIGNXML: &str = r#"
from lxml import etree
from signxml import XMLSigner, XMLVerifier, methods
for line in sys.stdin:
    what, document, certificate, private = [it if n == 0 else bytes.fromhex(it) for n, it in enumerate(line.split())]
    try:
        if what == "verify":
            found = XMLVerifier().verify(etree.fromstring(document), x509_cert=certificate.decode(), id_attribute="ID")
            print("ok", found.signed_data.hex())
        else:
            signer = XMLSigner(method=methods.enveloped, c14n_algorithm=what)
            root = signer.sign(etree.fromstring(document), key=private, cert=certificate.decode(), reference_uri="_a1", id_attribute="ID")
            print("ok", etree.tostring(root).hex())
    except Exception as error:
        print("no", type(error).__name__, str(error).replace("\n", " "))
"#;

fn signxml(what: &str, document: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let key = key();
    let private = key.pair.serialize_pem();
    let question =
        format!("{what} {} {} {}", hex(document), hex(key.certificate_pem.as_bytes()), hex(private.as_bytes()));
    let answer = python("signxml", SIGNXML, &[question])?.remove(0);
    Some(match answer.strip_prefix("ok ") {
        Some(bytes) => Ok(unhex(bytes)),
        None => Err(answer),
    })
}

/// The assertion alone.
fn assertion() -> String {
    let message = message();
    let (from, to) = (message.find("<saml:Assertion").unwrap(), message.find("</s:Header>").unwrap());
    message[from..to].to_owned()
}

#[test]
fn signxml_believes_our_assertions_and_sees_the_bytes_that_we_signed() {
    let certificates = &[&key().certificate_der[..]];
    let place = Place::After(SAML, "Issuer");
    let document = sign_element(assertion().as_bytes(), "_a1", place, Algorithm::Sha256, certificates, key()).unwrap();
    let ours = verify(&document, &Policy::enveloped(&[(SAML, "Assertion")]), key()).unwrap();
    let Some(seen) = signxml("verify", &document) else { return };
    assert_eq!(String::from_utf8(seen.unwrap()).unwrap(), String::from_utf8(ours.signed[0].clone()).unwrap());
    let changed = String::from_utf8(document).unwrap().replace("801234567890", "801234567891");
    assert!(signxml("verify", changed.as_bytes()).unwrap().is_err());
}

#[test]
fn we_believe_what_signxml_signs() {
    for how in [Canonicalization::Exclusive, Canonicalization::Inclusive] {
        let Some(document) = signxml(how.uri(), assertion().as_bytes()) else { return };
        let document = document.unwrap();
        let found = verify(&document, &all_allowed(Placed::Inside(&[(SAML, "Assertion")])), key()).unwrap();
        let text = assertion();
        let text = c14n::line_ends(&text);
        let tree = roxmltree::Document::parse(&text).unwrap();
        assert_eq!(found.signed[0], c14n::canonicalize(tree.root_element(), None, how, &[]).unwrap());
    }
}
