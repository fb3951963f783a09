//! The ebRIM form of a submission, read by another parser and compared with the values published
//! for the ANS example report; and what foreign metadata become in the model.
#![allow(clippy::print_stdout)] // what was skipped is said

mod support;

use proptest::prelude::*;
use roxmltree::Node;
use support::{ans_example, entry, patient, set, submission};
use xds::{
    Association, AssociationKind, Code, Cx, DecodeError, Dtm, FindingCode, Slot, Submission, Xcn, Xon, decode,
    encode_submit_objects_request, missing_attributes,
};

const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0";

/// Slot values of the direct slots of an object, by name.
fn slot<'a>(object: Node<'a, '_>, name: &str) -> Vec<&'a str> {
    object
        .children()
        .filter(|n| n.has_tag_name((RIM, "Slot")) && n.attribute("name") == Some(name))
        .flat_map(|n| n.descendants())
        .filter(|n| n.has_tag_name((RIM, "Value")))
        .map(|n| n.text().unwrap_or(""))
        .collect()
}

fn classifications<'a, 'i>(object: Node<'a, 'i>, scheme: &str) -> Vec<Node<'a, 'i>> {
    let scheme = format!("urn:uuid:{scheme}");
    object.children().filter(|n| n.attribute("classificationScheme") == Some(&scheme)).collect()
}

/// `code|scheme|display` of each classification of a scheme.
fn codes(object: Node<'_, '_>, scheme: &str) -> Vec<String> {
    classifications(object, scheme)
        .into_iter()
        .map(|c| {
            let display = c.descendants().find_map(|n| n.attribute("value")).unwrap_or("");
            let code = c.attribute("nodeRepresentation").unwrap_or("");
            format!("{code}|{}|{display}", slot(c, "codingScheme").join(","))
        })
        .collect()
}

fn external<'a>(object: Node<'a, '_>, scheme: &str) -> Option<&'a str> {
    let scheme = format!("urn:uuid:{scheme}");
    object.children().find(|n| n.attribute("identificationScheme") == Some(&scheme)).and_then(|n| n.attribute("value"))
}

fn object<'a, 'i>(document: &'a roxmltree::Document<'i>, name: &str) -> Node<'a, 'i> {
    document.descendants().find(|n| n.has_tag_name((RIM, name))).expect("object")
}

#[test]
fn metadata_of_the_ans_example_have_the_published_values() {
    let Some(cda) = ans_example() else {
        println!("skipped: the ANS example report is not on this machine");
        return;
    };
    let bytes = encode_submit_objects_request(&submission(&cda));
    let text = String::from_utf8(bytes).expect("UTF-8");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let e = object(&document, "ExtrinsicObject");
    assert_eq!(e.attribute("id"), Some("Document01"));
    assert_eq!(e.attribute("mimeType"), Some("text/xml"));
    assert_eq!(e.attribute("objectType"), Some("urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"));
    let slots: [(&str, &[&str]); 10] = [
        ("creationTime", &["20240104150527"]),
        ("hash", &["389240b2b658bca0f385b5ce0853345e36ec565c"]),
        ("languageCode", &["fr-FR"]),
        ("legalAuthenticator", &["801234534765^CAMPARINI^Marcel^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"]),
        ("serviceStartTime", &["20240104082200"]),
        ("serviceStopTime", &["20240104150500"]),
        ("size", &["339040"]),
        ("sourcePatientId", &["1234567890121^^^&1.2.3.4.567.8.9.10&ISO^PI"]),
        (
            "sourcePatientInfo",
            &[
                "PID-5|PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE-LOUISE^^^^L",
                "PID-5|PAT-TROIS^DOMINIQUE^^^^^D",
                "PID-7|19790328",
                "PID-8|F",
            ],
        ),
        ("URI", &["DOC0001.XML"]),
    ];
    for (name, values) in slots {
        assert_eq!(slot(e, name), values, "{name}");
    }
    let author = classifications(e, "93606bcf-9494-43ec-9b4e-a7748d1a838d")[0];
    assert_eq!(slot(author, "authorPerson"), ["801234534765^CAMPARINI^Marcel^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"]);
    assert_eq!(
        slot(author, "authorInstitution"),
        ["Laboratoire des charmes^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1120459876"]
    );
    assert_eq!(slot(author, "authorSpecialty"), ["G15_10/SM03^Médecin - Biologie médicale (SM)^1.2.250.1.213.1.1.4.5"]);
    assert!(slot(author, "authorRole").is_empty());
    let loinc = "2.16.840.1.113883.6.1";
    for (scheme, expected) in [
        ("41a5887f-8865-4c09-adf7-e362475b143a", vec!["10|1.2.250.1.213.1.1.4.1|Compte rendu".to_owned()]),
        ("f4f85eac-e6cb-4883-b524-f2705394840f", vec!["N|2.16.840.1.113883.5.25|Normal".to_owned()]),
        (
            "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
            [("18719-5", "Biochimie"), ("18723-7", "Hématologie"), ("18725-2", "Microbiologie")]
                .map(|(c, d)| format!("{c}|{loinc}|{d}"))
                .to_vec(),
        ),
        (
            "a09d5840-386c-46f2-b5ad-9c3699a4309d",
            vec![
                "urn:ihe:lab:xd-lab:2008|1.3.6.1.4.1.19376.1.2.3|Compte rendu structuré d'examens de biologie médicale"
                    .to_owned(),
            ],
        ),
        (
            "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
            vec!["SA25|1.2.250.1.71.4.2.4|Laboratoire de biologie médicale".to_owned()],
        ),
        ("cccf5598-8b07-4b77-a05e-ae952c785ead", vec!["AMBULATOIRE|1.2.250.1.213.1.1.4.9|Ambulatoire".to_owned()]),
        ("f0306f51-975f-434e-a61c-c59651d33983", vec![format!("11502-2|{loinc}|CR d'examens biologiques")]),
    ] {
        assert_eq!(codes(e, scheme), expected);
    }
    assert_eq!(
        external(e, "58a6f841-87b3-4a3e-92fd-a8ffeff98427"),
        Some("279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH")
    );
    assert_eq!(external(e, "2e82c1f6-a085-4c72-9da3-8640a32e42ab"), Some("1.2.250.1.213.1.1.1.55.2024.5.1"));
    let p = object(&document, "RegistryPackage");
    assert_eq!(codes(p, "aa543740-bdda-424e-8c96-df4873be8500"), ["07|1.2.250.1.213.2.2|Consultation Soins Externes"]);
    assert_eq!(
        external(p, "6b5aea1a-874d-4603-a4bc-96a0a7b38446"),
        external(e, "58a6f841-87b3-4a3e-92fd-a8ffeff98427")
    );
    let a = object(&document, "Association");
    assert_eq!(a.attribute("associationType"), Some("urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"));
    assert_eq!(slot(a, "SubmissionSetStatus"), ["Original"]);
}

/// ebRIM 3.0, `RegistryObjectType`: the sequence of children.
#[test]
fn children_stand_in_the_order_of_the_schema() {
    const ORDER: [&str; 6] = ["Slot", "Name", "Description", "VersionInfo", "Classification", "ExternalIdentifier"];
    let mut s = submission(b"x");
    s.entries[0].comments = Some("Commentaire".into());
    s.entries[0].extra_slots = vec![Slot::new("urn:action:extraMetadataSlot", "C")];
    let text = String::from_utf8(encode_submit_objects_request(&s)).expect("UTF-8");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let mut ids = Vec::new();
    for node in document.descendants().filter(|n| n.attribute("id").is_some()) {
        ids.push(node.attribute("id"));
        let ranks: Vec<usize> = node
            .children()
            .map(|c| ORDER.iter().position(|name| *name == c.tag_name().name()).expect("a child of the schema"))
            .collect();
        assert!(ranks.is_sorted(), "{:?}: {ranks:?}", node.tag_name());
    }
    let n_ids = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n_ids, "identifiers are unique");
}

#[test]
fn decode_gives_back_what_was_encoded() {
    let mut s = submission(b"x");
    s.replace("Document01", "urn:uuid:0e5a2a2e-6d7c-4b8b-9f0e-000000000001");
    let e = &mut s.entries[0];
    e.confidentiality_codes.push(Code::new("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué"));
    e.comments = Some("a < b & \"c\"".into());
    e.reference_ids = vec![Cx::new("24-1", "1.2.3", "urn:ihe:iti:xds:2013:order")];
    e.extra_slots = vec![Slot::new("urn:action:extraMetadataSlot", "C")];
    e.authors[0].roles = vec!["Biologiste".into()];
    s.set.intended_recipients = vec!["|801^A^B".into()];
    s.set.comments = Some("essai".into());
    let bytes = encode_submit_objects_request(&s);
    let (read, findings) = decode(&bytes).expect("readable");
    assert_eq!(findings, []);
    assert!(read == s, "the model survives");
    assert_eq!(encode_submit_objects_request(&read), bytes);
    assert_eq!(missing_attributes(&read), []);
    assert_eq!(
        read.replacements().collect::<Vec<_>>(),
        [("Document01", "urn:uuid:0e5a2a2e-6d7c-4b8b-9f0e-000000000001")]
    );
}

#[test]
fn classifications_beside_their_object_are_understood() {
    let text = String::from_utf8(encode_submit_objects_request(&submission(b"x"))).expect("UTF-8");
    // Another prefix, and every classification of the package moved to the top level.
    let start = text.find("<RegistryPackage").expect("package");
    let end = text.find("</RegistryPackage>").expect("package");
    let first = start + text[start..].find("<Classification").expect("classification");
    let last = text[..end].find("<ExternalIdentifier").expect("identifier");
    let moved = &text[first..last];
    let mut outside = text.replace(moved, "");
    let at = outside.find("<Association").expect("association");
    outside.insert_str(at, moved);
    let prefixed = outside
        .replace("xmlns=\"", "xmlns:rim=\"")
        .replace("</", "</rim:")
        .replace('<', "<rim:")
        .replace("<rim:/rim:", "</rim:")
        .replace("<rim:?xml", "<?xml")
        .replace("rim:lcm:", "lcm:");
    let (read, findings) = decode(prefixed.as_bytes()).expect("readable");
    assert_eq!(findings, []);
    assert!(read == submission(b"x"));
}

#[test]
fn what_is_wrong_in_metadata_becomes_findings_with_a_place_and_no_content() {
    let mut s = submission(b"x");
    s.entries[0].id = "DUPONT".into();
    s.entries[0].patient_id = Some(Cx::new("other", "1.2", "PI"));
    s.entries.push(entry(b"y"));
    s.entries[1].type_code = None;
    s.set.source_id = None;
    s.associations.push(Association::new(AssociationKind::Signs, "Document01", "nowhere"));
    let text = String::from_utf8(encode_submit_objects_request(&s))
        .expect("UTF-8")
        .replace("20240104082200", "2024-01-04")
        .replacen("<Association", "<Folder id=\"DUPONT\"/><Association", 1);
    let (read, mut findings) = decode(text.as_bytes()).expect("readable");
    findings.extend(missing_attributes(&read));
    let seen: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        seen,
        [
            "XDS-META-02 at DocumentEntry[1].serviceStartTime",
            "XDS-META-02 at DocumentEntry[2].serviceStartTime",
            "XDS-META-05 at RegistryObjectList[4]",
            "XDS-META-04 at DocumentEntry[1]",
            "XDS-META-04 at Association[2]",
            "XDS-META-01 at SubmissionSet.sourceId",
            "XDS-META-01 at DocumentEntry[1].serviceStartTime",
            "XDS-META-01 at DocumentEntry[2].serviceStartTime",
            "XDS-META-01 at DocumentEntry[2].typeCode",
            "XDS-META-06 at DocumentEntry[1].patientId",
        ]
    );
    assert_eq!(format!("{read:?}"), "Submission(…)");
    let empty = "<x><RegistryObjectList/></x>";
    let (_, findings) = decode(empty.as_bytes()).expect("readable");
    assert_eq!(findings[0].code, FindingCode::NotOneSubmissionSet);
}

#[test]
fn unreadable_metadata_are_errors_by_cause() {
    assert!(matches!(decode(b"<a>"), Err(DecodeError::NotXml { .. })));
    assert!(matches!(decode(b"\xFF"), Err(DecodeError::Malformed { .. })));
    assert!(matches!(decode(b"<a/>"), Err(DecodeError::Malformed { .. })));
    assert!(matches!(decode(&vec![b' '; 17 << 20]), Err(DecodeError::TooLarge { .. })));
}

#[test]
fn hl7_strings_of_other_senders_are_understood() {
    let dated = Cx::decode("207058575627097^^^&1.2.250.1.213.1.4.10&ISO^NH^^20100907");
    assert_eq!(dated, Cx::new("207058575627097", "1.2.250.1.213.1.4.10", "NH"));
    assert_eq!(Cx::decode("1^^^1.2.3^PI").authority, "1.2.3");
    assert_eq!(Cx::decode(""), Cx::default());
    let device = "1.2^SGL^Modèle^^^^^^&1.2.3&ISO^U^^^RI";
    assert_eq!(Xcn::decode(device).encode(), device);
    assert_eq!(Xon::decode("Labo seul").encode(), "Labo seul");
    assert_eq!(patient().encode(), "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH");
    for bad in ["", "2024-01-04", "20241301", "20240100", "202", "2024010425", "20240104160527+0100"] {
        assert_eq!(Dtm::new(bad), None, "{bad}");
    }
    for good in ["2024", "202401", "20240104", "2024010416", "202401041605", "20240104160527"] {
        assert!(Dtm::new(good).is_some(), "{good}");
    }
}

fn hl7_text() -> impl Strategy<Value = String> {
    "[a-zé ^&|~\\\\FSTRE]{0,12}".prop_map(|s| s.trim().to_owned())
}

proptest! {
    #[test]
    fn hl7_strings_survive_delimiters_in_their_values(
        a in hl7_text(), b in hl7_text(), c in hl7_text(), d in hl7_text(), oid in "1(\\.[1-9]{1,4}){1,4}",
    ) {
        let xcn = Xcn {
            id: a.clone(), family: b.clone(), given: c.clone(), authority: oid.clone(),
            name_type: "D".into(), id_type: d.clone(),
        };
        prop_assert!(Xcn::decode(&xcn.encode()) == xcn);
        let xon = Xon { name: a.clone(), authority: oid.clone(), id_type: b, id: c };
        prop_assert!(Xon::decode(&xon.encode()) == xon);
        let cx = Cx { id: a, authority: oid, type_code: d };
        prop_assert!(Cx::decode(&cx.encode()) == cx);
    }

    #[test]
    fn titles_survive_any_characters(title in "\\PC{0,30}") {
        let mut s = Submission::new(set(), vec![entry(b"x")], "FR");
        s.entries[0].title = Some(title);
        let (read, _) = decode(&encode_submit_objects_request(&s)).expect("readable");
        prop_assert!(read == s);
    }
}
