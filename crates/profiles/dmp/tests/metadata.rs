//! Metadata against the CDA it describes, the published example and the schema.

mod fixture;

use cr_bio::{Facility, PracticeSetting};
use dmp::metadata::{Mask, Source, document_entry, submission_set};
use dmp::{Deposit, SubmissionError, submission};
use fixture::{MATRICULE, at, cda, next, oid, report, software, source};
use ins::Environment;
use lab::order::{CareSetting, Visibility};
use lab::patient::{IdentityStatus, Sex};
use lab::quantity::{CodeSystem, Coded};
use lab::report::{RapidTest, Report, ReportStatus, rapid_test::TestDevice};
use roxmltree::{Document, Node};
use xds::{Submission, encode_submit_objects_request, missing_attributes, sha1_hex};

const OLD_ENTRY: &str = "urn:uuid:5f2b7a1c-91c2-4f5e-9f0e-2b1d3c4a5e6f";

fn deposit<'a>(report: &'a Report, cda: &'a [u8], set: &'a lab::id::Oid) -> Deposit<'a> {
    Deposit { report, cda, submission_set: set, masks: &[], replaces: None, submitted_at: at("2024-01-04T15:06:00Z") }
}

/// The first element of that path of local names, from the root.
fn first<'a, 'i>(document: &'a Document<'i>, path: &str) -> Option<Node<'a, 'i>> {
    path.split('/').try_fold(document.root_element(), |node, name| {
        node.children().find(|it| it.is_element() && it.tag_name().name() == name)
    })
}

fn attribute<'a>(document: &'a Document<'_>, path: &str, name: &str) -> &'a str {
    first(document, path).and_then(|it| it.attribute(name)).unwrap_or_default()
}

/// A time of the CDA as metadata writes it.
fn utc(hl7: &str) -> String {
    let zoned = jiff::fmt::strtime::parse("%Y%m%d%H%M%S%z", hl7).expect("a time with an offset");
    zoned.to_timestamp().expect("a moment").strftime("%Y%m%d%H%M%S").to_string()
}

#[test]
fn metadata_says_what_the_header_of_the_cda_says() {
    let mut cases: Vec<(&str, Report, Source)> = vec![("plain", report(), source())];
    let mut partial = report();
    partial.status = ReportStatus::Partial;
    cases.push(("partial", partial, source()));
    let mut without_placer = report();
    without_placer.request.placer_number = None;
    cases.push(("no number at the prescriber's", without_placer, source()));
    let mut unnumbered = report();
    unnumbered.patient = unnumbered.patient.with(|it| it.local_id = " ".into());
    unnumbered.patient = unnumbered.patient.with(|it| it.status = IdentityStatus::Provisional);
    cases.push(("neither INS nor number", unnumbered, source()));
    let mut hospital = source();
    hospital.documents.practice = PracticeSetting::Establishment;
    hospital.documents.facility = Facility::AnalysisLaboratory;
    hospital.documents.software = Some(software());
    cases.push(("hospital", next(&report(), ReportStatus::Final), hospital));
    let mut strange = report();
    strange.chapters[0].code.system = CodeSystem::Local;
    strange.chapters[1].sections[0].items.clear();
    strange.laboratory.name = "Labo \"A\" & B ^ C".into();
    cases.push(("strange", strange, source()));
    let mut elsewhere = source();
    elsewhere.documents.environment = Environment::Production;
    cases.push(("a test patient in production", report(), elsewhere));

    for (case, report, source) in cases {
        let bytes = cda(&report, &source);
        let text = std::str::from_utf8(&bytes).expect("UTF-8");
        let cda = Document::parse(text).expect("well-formed");
        let entry = document_entry(&report, &[], &source);
        let get = |path: &str, name: &str| attribute(&cda, path, name).to_owned();
        let code =
            |it: &Option<xds::Code>| it.as_ref().map(|it| (it.code.clone(), it.display.clone())).expect("a code");
        let coded = |path: &str| (get(path, "code"), get(path, "displayName"));

        assert_eq!(entry.unique_id.as_deref(), Some(get("id", "root").as_str()), "{case}");
        assert_eq!(get("id", "extension"), "", "{case}");
        assert_eq!(code(&entry.type_code), coded("code"), "{case}");
        assert_eq!(entry.language_code, Some(get("languageCode", "code")), "{case}");
        assert_eq!(entry.confidentiality_codes[0].code, get("confidentialityCode", "code"));
        assert_eq!(entry.title.as_deref(), first(&cda, "title").and_then(|it| it.text()));
        let creation = entry.creation_time.as_ref().map(|it| it.as_str().to_owned());
        assert_eq!(creation, Some(utc(&get("effectiveTime", "value"))), "{case}");

        let act = "documentationOf/serviceEvent";
        let start = entry.service_start_time.as_ref().map(|it| it.as_str().to_owned());
        assert_eq!(start, Some(utc(&get(&format!("{act}/effectiveTime/low"), "value"))), "{case}");
        let stop = entry.service_stop_time.as_ref().map(|it| it.as_str().to_owned());
        let high = get(&format!("{act}/effectiveTime/high"), "value");
        assert_eq!(stop.unwrap_or_default(), if high.is_empty() { high } else { utc(&high) }, "{case}");
        let acts: Vec<(String, String)> = cda
            .root_element()
            .children()
            .filter(|it| it.has_tag_name(("urn:hl7-org:v3", "documentationOf")))
            .filter_map(|it| it.descendants().find(|it| it.tag_name().name() == "code"))
            .map(|it| {
                let get = |name| it.attribute(name).unwrap_or_default().to_owned();
                (get("code"), get("codeSystem"))
            })
            .collect();
        let events: Vec<(String, String)> =
            entry.event_codes.iter().map(|it| (it.code.clone(), it.scheme.clone())).collect();
        assert_eq!(events, acts, "{case}");

        let organization = format!("{act}/performer/assignedEntity/representedOrganization");
        let practice = format!("{organization}/standardIndustryClassCode");
        assert_eq!(code(&entry.practice_setting), coded(&practice), "{case}");
        let facility = "componentOf/encompassingEncounter/location/healthCareFacility/code";
        assert_eq!(code(&entry.healthcare_facility_type), coded(facility), "{case}");

        let (order, reference) = ("inFulfillmentOf/order/id", &entry.reference_ids[0]);
        assert_eq!(reference.id, get(order, "extension"), "{case}");
        assert_eq!(reference.authority, get(order, "root"), "{case}");

        let signer = entry.legal_authenticator.as_ref().expect("a signer");
        let id = "legalAuthenticator/assignedEntity/id";
        assert_eq!((&signer.id, &signer.authority), (&get(id, "extension"), &get(id, "root")));
        let n_authors = cda.root_element().children().filter(|it| it.tag_name().name() == "author");
        assert_eq!(entry.authors.len(), n_authors.count(), "{case}");
        let author = &entry.authors[0];
        let specialty = coded("author/assignedAuthor/code");
        let scheme = get("author/assignedAuthor/code", "codeSystem");
        assert_eq!(author.specialties, [format!("{}^{}^{scheme}", specialty.0, specialty.1)]);
        let organization = "author/assignedAuthor/representedOrganization";
        assert_eq!(author.institutions[0].id, get(&format!("{organization}/id"), "extension"));
        let name = first(&cda, &format!("{organization}/name")).and_then(|it| it.text());
        assert_eq!(Some(author.institutions[0].name.as_str()), name, "{case}");

        let ids: Vec<(String, String)> = cda
            .descendants()
            .filter(|it| it.tag_name().name() == "id")
            .filter(|it| it.parent().is_some_and(|it| it.tag_name().name() == "patientRole"))
            .map(|it| {
                let get = |name| it.attribute(name).unwrap_or_default().to_owned();
                (get("extension"), get("root"))
            })
            .collect();
        let pair =
            |it: &Option<xds::Cx>| it.as_ref().map(|it| (it.id.clone(), it.authority.clone())).expect("an identifier");
        assert_eq!(pair(&entry.patient_id), ids[0], "{case}");
        assert_eq!(Some(&pair(&entry.source_patient_id)), ids.last(), "{case}");
    }
}

#[test]
fn attributes_are_spelled_as_in_the_published_example() {
    let report = report();
    let source = source();
    let entry = document_entry(&report, &[], &source);
    let line = |it: &Option<xds::Cx>| it.as_ref().map(xds::Cx::encode).unwrap_or_default();
    assert_eq!(line(&entry.patient_id), "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH");
    assert_eq!(line(&entry.source_patient_id), "1234567890121^^^&1.2.3.4.567.1&ISO^PI");
    let signer = "801234534765^CAMPARINI^Marcel^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS";
    assert_eq!(entry.legal_authenticator.as_ref().map(xds::Xcn::encode).as_deref(), Some(signer));
    assert_eq!(
        entry.authors[0].institutions[0].encode(),
        "Laboratoire des charmes^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1120459876"
    );
    assert_eq!(entry.authors[0].specialties, ["G15_10/SM03^Médecin - Biologie médicale (SM)^1.2.250.1.213.1.1.4.5"]);
    assert_eq!(
        entry.source_patient_info.as_ref().expect("demographics").encode(),
        ["PID-5|PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE-LOUISE^^^^L", "PID-7|19790328", "PID-8|F"]
    );
    let time = |it: &Option<xds::Dtm>| it.as_ref().map(|it| it.as_str().to_owned());
    assert_eq!(time(&entry.creation_time).as_deref(), Some("20240104150527"));
    assert_eq!(time(&entry.service_start_time).as_deref(), Some("20240104082200"));
    assert_eq!(entry.reference_ids[0].encode(), "2024123456789^^^&1.2.3.4.567.2&ISO^urn:ihe:iti:xds:2013:order");
    let code = |it: &Option<xds::Code>| it.as_ref().map(|it| format!("{} {}", it.code, it.scheme));
    let codes = [&entry.class_code, &entry.type_code, &entry.format_code].map(code);
    assert_eq!(
        codes.each_ref().map(|it| it.as_deref().unwrap_or_default()),
        [
            "10 1.2.250.1.213.1.1.4.1",
            "11502-2 2.16.840.1.113883.6.1",
            "urn:ihe:lab:xd-lab:2008 1.3.6.1.4.1.19376.1.2.3"
        ]
    );
}

#[test]
fn a_rapid_test_is_filed_under_its_own_type_and_conditions() {
    let condition =
        |code: &str, label: &str| Coded { system: CodeSystem::Icd10, code: code.into(), label: label.into() };
    let mut report = report();
    report.rapid_test = Some(RapidTest {
        name: "Covid 19 / Grippe A".into(),
        condition: condition("U07.1", "COVID-19"),
        also: vec![condition("J10", "Grippe")],
        device: TestDevice {
            udi: None,
            maker: "Invented".into(),
            reference: "1".into(),
            lot: "2".into(),
            expires_on: None,
        },
    });
    let source = source();
    let entry = document_entry(&report, &[], &source);
    let document = cr_bio::trod::render(&report, &source.documents).expect("a rapid test");
    let document = String::from_utf8(document).expect("UTF-8");
    let document = Document::parse(&document).expect("XML");
    let acts = document.descendants().filter(|it| it.tag_name().name() == "serviceEvent");
    let acts = acts.filter_map(|it| it.children().find(|it| it.tag_name().name() == "code"));
    let of = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let acts: Vec<_> = acts.map(|it| (of(it, "code"), of(it, "codeSystem"))).collect();
    let codes: Vec<_> = entry.event_codes.iter().map(|it| (it.code.clone(), it.scheme.clone())).collect();
    assert_eq!((codes.len(), codes), (2, acts));
    let code = |it: &Option<xds::Code>| it.as_ref().map(|it| it.code.clone()).unwrap_or_default();
    assert_eq!(code(&entry.type_code), attribute(&document, "code", "code"));
    assert_eq!(code(&entry.practice_setting), "DEPISTAGE");
    assert_eq!(code(&entry.format_code), "urn:ans:ci-sis:trod:2024");
    assert_eq!(entry.title.as_deref(), first(&document, "title").and_then(|it| it.text()));
}

#[test]
fn a_used_name_has_a_line_of_its_own() {
    let mut report = report();
    report.patient = report.patient.with(|it| it.traits.used_name = Some("D'ARC".into()));
    report.patient = report.patient.with(|it| it.traits.sex = Sex::Unknown);
    report.patient = report.patient.with(|it| it.traits.birth_date = None);
    let info = document_entry(&report, &[], &source()).source_patient_info.expect("demographics");
    assert_eq!(
        info.encode(),
        ["PID-5|PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE-LOUISE^^^^L", "PID-5|D'ARC^DOMINIQUE^^^^^D", "PID-8|U"]
    );
}

#[test]
fn the_activity_follows_the_care_setting() {
    for (setting, expected) in
        [(CareSetting::Ambulatory, "07"), (CareSetting::Emergency, "07"), (CareSetting::Inpatient, "03")]
    {
        let mut report = report();
        report.request.setting = setting;
        let set = submission_set(&report, &oid("2.25.7"), report.signed_at, &source());
        let code = set.content_type.expect("an activity");
        assert_eq!((code.code.as_str(), code.scheme.as_str()), (expected, "1.2.250.1.213.2.2"));
    }
}

#[test]
fn masks_follow_the_normal_confidentiality_each_once() {
    assert_eq!(Mask::of(Visibility::Visible), []);
    assert_eq!(Mask::of(Visibility::HiddenFromPatient), [Mask::Patient]);
    let masks = [Mask::LegalRepresentatives, Mask::Patient, Mask::Patient];
    let entry = document_entry(&report(), &masks, &source());
    let codes: Vec<&str> = entry.confidentiality_codes.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["N", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"]);
    assert_eq!(entry.confidentiality_codes[0].scheme, "2.16.840.1.113883.5.25");
    assert_eq!(entry.confidentiality_codes[1].scheme, "1.2.250.1.213.1.1.4.13");
}

#[test]
fn a_submission_is_complete_and_tells_the_hash_and_size_of_the_bytes() {
    let (report, source, set) = (report(), source(), oid("2.25.42"));
    let bytes = cda(&report, &source);
    let submission = submission(&deposit(&report, &bytes, &set), &source).expect("a submission");
    assert_eq!(missing_attributes(&submission), []);
    let entry = &submission.entries[0];
    assert_eq!(entry.hash, Some(sha1_hex(&bytes)));
    assert_eq!(entry.size_bytes, Some(bytes.len() as u64));
    assert_eq!(entry.uri, None, "a repository is given no file name");
    assert_eq!(submission.set.unique_id.as_deref(), Some("2.25.42"));
    assert_eq!(submission.set.source_id.as_deref(), Some("1.2.3.4"));
    assert_eq!(submission.replacements().count(), 0);
}

#[test]
fn a_replacement_names_the_registered_entry() {
    let (report, source, set) = (next(&report(), ReportStatus::Final), source(), oid("2.25.42"));
    let bytes = cda(&report, &source);
    let mut deposit = deposit(&report, &bytes, &set);
    deposit.replaces = Some(OLD_ENTRY);
    let submission = submission(&deposit, &source).expect("a submission");
    assert_eq!(submission.replacements().collect::<Vec<_>>(), [("Document01", OLD_ENTRY)]);
}

#[test]
fn what_the_dmp_would_refuse_is_not_submitted() {
    let set = oid("2.25.42");
    let refused = |report: &Report, masks: &[Mask], replaces: Option<&str>, source: &Source| {
        let deposit = Deposit { masks, replaces, ..deposit(report, b"cda", &set) };
        submission(&deposit, source).err()
    };
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = report();
        report.patient = report.patient.with(|it| it.status = status);
        assert_eq!(refused(&report, &[], None, &source()), Some(SubmissionError::NoIns));
    }
    let mut production = source();
    production.documents.environment = Environment::Production;
    assert_eq!(refused(&report(), &[], None, &production), Some(SubmissionError::NoIns));
    let mut unsigned = report();
    unsigned.signer.rpps = None;
    assert_eq!(refused(&unsigned, &[], None, &source()), Some(SubmissionError::NoSignerId));
    let everyone = [Mask::Patient, Mask::Professionals];
    let error = Some(SubmissionError::MaskedToEveryone);
    assert_eq!(refused(&report(), &everyone, None, &source()), error);
    for wrong in ["1.2.3", "urn:uuid:", "urn:uuid:x", "Document01"] {
        let error = Some(SubmissionError::EntryUuid);
        assert_eq!(refused(&report(), &[], Some(wrong), &source()), error, "{wrong}");
    }
    assert_eq!(refused(&report(), &[Mask::Patient], Some(OLD_ENTRY), &source()), None);
}

#[test]
fn no_ins_is_in_the_metadata_of_an_identity_that_is_not_qualified() {
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = report();
        report.patient = report.patient.with(|it| it.status = status);
        let source = source();
        let set = submission_set(&report, &oid("2.25.1"), report.signed_at, &source);
        let submission = Submission::new(set, vec![document_entry(&report, &[], &source)], "FR");
        let bytes = encode_submit_objects_request(&submission);
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(!text.contains(MATRICULE) && !text.contains("1.2.250.1.213.1.4."), "{status:?}");
        assert!(text.contains("1234567890121^^^&amp;1.2.3.4.567.1&amp;ISO^PI"));
    }
}

#[test]
fn metadata_is_valid_for_the_schema_of_ebrs_3() {
    let (source, set) = (source(), oid("2.25.42"));
    let first = report();
    let mut strange = next(&report(), ReportStatus::Partial);
    strange.patient = strange.patient.with(|it| it.traits.birth_name = "<O'B\r\n&^|~\\\u{1}>".into());
    strange.status = ReportStatus::Partial;
    let mut files = Vec::new();
    for report in [&first, &strange] {
        let mut deposit = deposit(report, b"cda", &set);
        deposit.masks = &[Mask::Patient, Mask::LegalRepresentatives];
        deposit.replaces = Some(OLD_ENTRY);
        let submission = submission(&deposit, &source).expect("a submission");
        files.push(encode_submit_objects_request(&submission));
    }
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    fixture::assert_valid("dmp-metadata", "lcm.xsd", &files);
}

#[test]
fn a_document_inside_its_stylesheet_says_so() {
    let table: [(&[u8], &str); 4] = [
        (
            b"<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"#\"?>\n<xsl:stylesheet version=\"1.0\">",
            "application/xslt+xml",
        ),
        (b"<?xml version=\"1.0\"?>\n<ClinicalDocument><!-- <xsl:stylesheet --></ClinicalDocument>", "text/xml"),
        (b"<?unended", "text/xml"),
        (b"", "text/xml"),
    ];
    for (document, wanted) in table {
        assert_eq!(dmp::metadata::media_type(document), wanted);
    }
    let (report, set) = (report(), oid("1.2.3"));
    let submission = submission(&deposit(&report, table[0].0, &set), &source()).expect("a submission");
    assert_eq!(submission.entries[0].mime_type, "application/xslt+xml");
}
