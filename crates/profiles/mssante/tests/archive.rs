//! The archive as readers open it.

#![allow(clippy::print_stdout)]

mod support;

use dmp::metadata::Mask;
use lab::patient::IdentityStatus;
use lab::report::{Report, ReportStatus};
use mssante::{Content, PAGE_NAME, archive};
use support::fixture::{MATRICULE, assert_valid, cda, judge, next, python, report};
use support::{holds, settings};
use xds::{missing_attributes, xdm};

/// What shows the report to people.
const PAGE: &[u8] = b"<!DOCTYPE html><title>CR</title><p>Potassium</p>";

fn built(report: &Report, masks: &[Mask]) -> Vec<u8> {
    let settings = settings();
    let cda = cda(report, &settings.source);
    let content = Content { cda: &cda, page: Some(PAGE), masks, withdrawal: None };
    archive(report, &content, &settings).expect("an archive")
}

#[test]
fn the_index_leads_to_the_page_that_shows_the_report() {
    let read = |page| {
        let (report, settings) = (report(), settings());
        let cda = cda(&report, &settings.source);
        let content = Content { cda: &cda, page, masks: &[], withdrawal: None };
        let bytes = archive(&report, &content, &settings).expect("an archive");
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP");
        ["INDEX.HTM", "README.TXT", PAGE_NAME]
            .map(|name| zip.by_name(name).ok().map(|file| std::io::read_to_string(file).expect("UTF-8")))
    };
    let [index, readme, page] = read(Some(PAGE)).map(Option::unwrap_or_default);
    let links: Vec<&str> = index.split("href=\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert_eq!(links, ["CR.HTM", "IHE_XDM/SUBSET01/DOC0001.XML", "README.TXT"]);
    assert!(readme.ends_with("navigateur\r\n") && page.as_bytes() == PAGE);
    let [index, readme, page] = read(None);
    assert!(page.is_none() && [index, readme].into_iter().flatten().all(|it| !it.contains("CR.HTM")));
}

#[test]
fn an_archive_is_read_back_without_a_finding() {
    let report = report();
    let bytes = built(&report, &[]);
    let read = xdm::read(&bytes, &xdm::Limits::default()).expect("an archive");
    assert_eq!(read.findings, []);
    assert_eq!(read.subsets.len(), 1);
    let subset = &read.subsets[0];
    assert_eq!(subset.name, "SUBSET01");
    assert_eq!(missing_attributes(&subset.submission), []);
    assert_eq!(subset.documents.len(), 1);
    assert_eq!(subset.documents[0].path, "IHE_XDM/SUBSET01/DOC0001.XML");
    assert_eq!(subset.documents[0].bytes, cda(&report, &settings().source));
    let entry = &subset.submission.entries[0];
    assert_eq!(entry.unique_id.as_deref(), Some(report.ids.document.as_str()));
    let patient = entry.patient_id.as_ref().map(xds::Cx::encode);
    assert_eq!(patient.as_deref(), Some("279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"));
    assert!(entry.extra_slots.is_empty());
}

#[test]
fn the_archive_of_a_version_is_always_the_same_bytes() {
    assert!(built(&report(), &[]) == built(&report(), &[]));
    assert!(built(&report(), &[]) != built(&next(&report(), ReportStatus::Final), &[]));
}

#[test]
fn a_version_that_replaces_another_says_so_in_its_metadata() {
    for replaced in [ReportStatus::Partial, ReportStatus::Final] {
        let bytes = built(&next(&report(), replaced), &[Mask::Patient]);
        let read = xdm::read(&bytes, &xdm::Limits::default()).expect("an archive");
        let entry = &read.subsets[0].submission.entries[0];
        let slots: Vec<(&str, &[String])> =
            entry.extra_slots.iter().map(|it| (it.name.as_str(), it.values.as_slice())).collect();
        assert_eq!(slots, [("urn:action:extraMetadataSlot", &["C".to_owned()][..])]);
        assert_eq!(entry.confidentiality_codes[1].code, "INVISIBLE_PATIENT");
    }
}

#[test]
fn no_ins_is_in_the_archive_of_an_identity_that_is_not_qualified() {
    assert!(holds(&built(&report(), &[]), MATRICULE), "the search finds what is there");
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = report();
        report.patient = report.patient.with(|it| it.status = status);
        let bytes = built(&report, &[]);
        assert!(!holds(&bytes, MATRICULE) && !holds(&bytes, &MATRICULE[..13]), "{status:?}");
        assert!(!holds(&bytes, "1.2.250.1.213.1.4."), "{status:?}");
        assert!(holds(&bytes, "1234567890121^^^&amp;1.2.3.4.567.1&amp;ISO^PI"));
    }
}

#[test]
fn strange_names_stay_inside_their_place() {
    let mut report = report();
    report.laboratory.name = "<script>&\"x\"\r\nBcc: y".into();
    report.laboratory.address.lines = vec!["1\r\nrue".into()];
    let bytes = built(&report, &[]);
    let read = xdm::read(&bytes, &xdm::Limits::default()).expect("an archive");
    assert_eq!(read.findings, []);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("a ZIP");
    let mut text = |name: &str| std::io::read_to_string(zip.by_name(name).expect("a file")).expect("UTF-8");
    assert!(!text("INDEX.HTM").contains("<script>"));
    let readme = text("README.TXT");
    assert!(readme.lines().all(|line| !line.starts_with("Bcc") && !line.contains('\r')));
    assert!(readme.contains("<script>&\"x\"  Bcc: y\r\n"));
}

#[test]
fn the_metadata_is_valid_for_the_schema_of_ebrs_3() {
    let mut provisional = report();
    provisional.patient = provisional.patient.with(|it| it.status = IdentityStatus::Provisional);
    let all = [report(), next(&report(), ReportStatus::Final), provisional];
    let metadata: Vec<Vec<u8>> = all
        .iter()
        .map(|report| {
            let bytes = built(report, &[Mask::Patient]);
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP");
            let file = zip.by_name("IHE_XDM/SUBSET01/METADATA.XML").expect("metadata");
            std::io::read_to_string(file).expect("UTF-8").into_bytes()
        })
        .collect();
    let files: Vec<&[u8]> = metadata.iter().map(Vec::as_slice).collect();
    assert_valid("xdm-metadata", "lcm.xsd", &files);
}

/// The five rules of the reference decoder of NIST, written anew over Python's own ZIP reader.
const FIVE_RULES: &str = r#"
import sys, os, re, zipfile, hashlib
import xml.etree.ElementTree as E
z = zipfile.ZipFile(os.path.join(sys.argv[1], '0'))
assert z.testzip() is None
names = z.namelist()
assert 'INDEX.HTM' in names and 'README.TXT' in names
assert 'IHE_XDM/' in names and 'IHE_XDM/SUBSET01/' in names
subsets = [n for n in names if re.fullmatch(r'IHE_XDM/[^/]+/', n)]
rim = '{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}'
for subset in subsets:
    root = E.fromstring(z.read(subset + 'METADATA.XML'))
    for entry in root.iter(rim + 'ExtrinsicObject'):
        slots = {s.get('name'): [v.text for v in s.iter(rim + 'Value')] for s in entry.findall(rim + 'Slot')}
        uri = slots['URI'][0]
        data = z.read(subset + uri)
        assert hashlib.sha1(data).hexdigest() == slots['hash'][0].lower()
        assert len(data) == int(slots['size'][0])
        E.fromstring(data)
        print(uri, entry.get('mimeType'))
for name in names:
    for level in name.strip('/').split('/'):
        assert re.fullmatch(r'[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?', level), name
"#;

#[test]
fn another_reader_finds_the_document_and_the_five_rules_kept() {
    let Some(python) = python("zipfile") else {
        println!("skipped: the archive read by Python, there is none");
        return;
    };
    let said = judge(&python, "xdm-rules", FIVE_RULES, &[&built(&report(), &[])]);
    assert_eq!(said.trim(), "DOC0001.XML text/xml");
}
