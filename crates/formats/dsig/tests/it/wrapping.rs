//! The eight signature wrapping attacks: a forged assertion where one is read, the signed one where only a reference finds it.
//!
//! Source: Somorovsky et al., On Breaking SAML (2012); variants numbered as SAML Raider does.

use crate::key::{SAML, key};
use dsig::{Algorithm, Error, Path, Place, Policy, sign_element, verify};

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const RESPONSE: Path<'static> = &[(PROTOCOL, "Response")];
const ASSERTION: Path<'static> = &[(PROTOCOL, "Response"), (SAML, "Assertion")];

fn assertion(id: &str, who: &str) -> String {
    format!(
        "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{id}\"><saml:Issuer>i</saml:Issuer>\
         <saml:Subject>{who}</saml:Subject></saml:Assertion>"
    )
}

fn response(id: &str, inside: &str) -> String {
    format!(
        "<p:Response xmlns:p=\"{PROTOCOL}\" ID=\"{id}\"><saml:Issuer xmlns:saml=\"{SAML}\">r</saml:Issuer>{inside}</p:Response>"
    )
}

fn signed(document: &str, id: &str) -> String {
    let place = Place::After(SAML, "Issuer");
    let bytes = sign_element(document.as_bytes(), id, place, Algorithm::Sha256, &[], key());
    String::from_utf8(bytes.unwrap()).unwrap()
}

/// The signature of a document, and the document without it.
fn split(document: &str) -> (String, String) {
    let (from, to) = (document.find("<ds:Signature").unwrap(), document.find("</ds:Signature>").unwrap() + 15);
    (document[from..to].to_owned(), format!("{}{}", &document[..from], &document[to..]))
}

fn after_issuer(document: &str, what: &str) -> String {
    document.replacen("</saml:Issuer>", &format!("</saml:Issuer>{what}"), 1)
}

fn in_signature(signature: &str, what: &str) -> String {
    signature.replace("</ds:Signature>", &format!("{what}</ds:Signature>"))
}

/// Every variant, with the path whose element a careless reader would read.
fn variants(forged_response_id: &str, forged_id: &str) -> Vec<(&'static str, String, Path<'static>)> {
    let whole = signed(&response("_r", &assertion("_a", "right")), "_r");
    let (of_response, bare_response) = split(&whole);
    let forged_response = response(forged_response_id, &assertion("_forged", "forged"));

    let good = signed(&assertion("_a", "right"), "_a");
    let (of_assertion, bare) = split(&good);
    let forged = assertion(forged_id, "forged");
    let object = |what: &str| format!("<ds:Object>{what}</ds:Object>");
    let into = |outer: &str, what: &str| outer.replace("</saml:Assertion>", &format!("{what}</saml:Assertion>"));
    vec![
        ("1", after_issuer(&forged_response, &in_signature(&of_response, &bare_response)), RESPONSE),
        (
            "1, in an object",
            after_issuer(&forged_response, &in_signature(&of_response, &object(&bare_response))),
            RESPONSE,
        ),
        ("2", after_issuer(&forged_response, &format!("{bare_response}{of_response}")), RESPONSE),
        ("3", response("_r", &format!("{forged}{good}")), ASSERTION),
        ("4", response("_r", &into(&forged, &good)), ASSERTION),
        ("5", response("_r", &format!("{}{bare}", after_issuer(&forged, &of_assertion))), ASSERTION),
        ("6", response("_r", &after_issuer(&forged, &in_signature(&of_assertion, &bare))), ASSERTION),
        ("7", response("_r", &format!("<p:Extensions>{forged}</p:Extensions>{good}")), ASSERTION),
        ("8", response("_r", &after_issuer(&forged, &in_signature(&of_assertion, &object(&bare)))), ASSERTION),
    ]
}

#[test]
fn what_is_not_wrapped_is_believed() {
    let found = |document: &str, path| {
        let verified = verify(document.as_bytes(), &Policy::enveloped(path), key()).unwrap();
        String::from_utf8(verified.signed[0].clone()).unwrap()
    };
    assert_eq!(
        found(&signed(&response("_r", &assertion("_a", "right")), "_r"), RESPONSE),
        response("_r", &assertion("_a", "right"))
    );
    assert_eq!(found(&response("_r", &signed(&assertion("_a", "right"), "_a")), ASSERTION), assertion("_a", "right"));
}

#[test]
fn the_eight_wrappings_are_refused_or_show_the_signed_element_only() {
    // With the identifier of what was signed, with another, and with none that counts.
    for (response_id, id) in [("_r", "_a"), ("_other", "_b"), ("", " ")] {
        for (name, document, path) in variants(response_id, id) {
            let about = format!("variant {name}, forged identifiers {response_id:?} and {id:?}");
            assert!(document.contains("forged") && document.contains("right"), "{about}");
            match verify(document.as_bytes(), &Policy::enveloped(path), key()) {
                Err(Error::NotXml { .. } | Error::NotUtf8) => panic!("{about}: the attack is not even XML"),
                Err(Error::Digest | Error::Signature) => panic!("{about}: refused by chance, its structure passed"),
                Err(_) => {}
                // A forged element beside, where nobody is led to, harms no one who reads what was signed.
                Ok(found) => {
                    assert_eq!(name, "7", "{about}");
                    assert_eq!(found.signed, [assertion("_a", "right").into_bytes()], "{about}");
                }
            }
        }
    }
}
