//! XDM archives: read back by ourselves, by Python's `zipfile`, and as real senders spoil them.
#![allow(clippy::print_stdout)] // what was skipped is said

mod support;

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};
use support::{ans_example, entry, set, submission};
use xds::xdm::{Archive, Limits, Stamp, Subset, XdmContent, XdmError, XdmFile, archive, read};
use xds::{FindingCode, Submission, encode_submit_objects_request};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const STAMP: Stamp = Stamp { year: 2024, month: 1, day: 4, hour: 16, minute: 5, second: 28 };

fn cda() -> Vec<u8> {
    b"<ClinicalDocument>".repeat(100)
}

fn build(submission: &Submission, bytes: &[u8]) -> Vec<u8> {
    let files = [XdmFile { name: "DOC0001.XML", bytes }];
    let subsets = [Subset { submission, files: &files }];
    archive(&XdmContent {
        index_html: "<html></html>",
        readme: "Lisez-moi",
        pages: &[],
        subsets: &subsets,
        modified: STAMP,
    })
    .expect("written")
}

/// An archive of these entries, as another tool would write it.
fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).expect("directory");
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).expect("file");
            zip.write_all(bytes).expect("bytes");
        }
    }
    zip.finish().expect("zip").into_inner()
}

fn codes(archive: &Archive) -> Vec<FindingCode> {
    archive.findings.iter().map(|f| f.code).collect()
}

#[test]
fn an_archive_of_ours_is_read_back_without_findings_and_is_reproducible() {
    let bytes = build(&submission(&cda()), &cda());
    assert_eq!(bytes, build(&submission(&cda()), &cda()));
    let read = read(&bytes, &Limits::default()).expect("readable");
    assert_eq!(read.findings, []);
    assert_eq!(read.subsets.len(), 1);
    let subset = &read.subsets[0];
    assert_eq!(subset.name, "SUBSET01");
    assert!(subset.submission == submission(&cda()));
    assert_eq!(subset.documents[0].bytes, cda());
    assert_eq!(subset.documents[0].path, "IHE_XDM/SUBSET01/DOC0001.XML");
}

/// The five rules of the NIST reference decoder, checked by Python alone.
const NIST_RULES: &str = r#"
import hashlib, io, re, sys, zipfile
import xml.etree.ElementTree as ET
z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert z.testzip() is None
names = z.namelist()
assert names[:4] == ["INDEX.HTM", "README.TXT", "IHE_XDM/", "IHE_XDM/SUBSET01/"], names
assert all(i.date_time == (2024, 1, 4, 16, 5, 28) for i in z.infolist())
rim = "{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}"
root = ET.fromstring(z.read("IHE_XDM/SUBSET01/METADATA.XML"))
for e in root.iter(rim + "ExtrinsicObject"):
    slot = {s.get("name"): s.find(".//" + rim + "Value").text for s in e.findall(rim + "Slot")}
    doc = z.read("IHE_XDM/SUBSET01/" + slot["URI"])
    assert hashlib.sha1(doc).hexdigest() == slot["hash"].lower()
    assert len(doc) == int(slot["size"])
    assert re.fullmatch(r"[A-Z0-9_]{1,8}\.[A-Z0-9_]{1,3}", slot["URI"])
print(len(names))
"#;

#[test]
fn python_reads_our_archives_and_the_five_nist_rules_hold() {
    let python = Command::new("python3").args(["-c", NIST_RULES]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        println!("skipped: no python3 on this machine");
        return;
    };
    let document = ans_example().unwrap_or_else(cda);
    let bytes = build(&submission(&document), &document);
    let mut stdin = python.stdin.take().expect("stdin");
    stdin.write_all(&bytes).expect("written");
    drop(stdin);
    let output = python.wait_with_output().expect("python ran");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "6");
}

#[test]
fn archives_of_real_senders_are_read_with_findings() {
    let mut s = submission(b"doc");
    s.entries[0].uri = None;
    let metadata = [b"\xEF\xBB\xBF", &encode_submit_objects_request(&s)[..]].concat();
    let bytes = zip_of(&[
        ("index.htm", b""),
        ("__MACOSX/IHE_XDM/._METADATA.XML", b"junk"),
        ("ihe_xdm\\LUCY_0\\Metadata.xml", &metadata),
        ("ihe_xdm/LUCY_0/clinical-document.xml", b"doc"),
        ("IHE_XDM/CCD1/OTHER.XML", b""),
    ]);
    let read = read(&bytes, &Limits::default()).expect("readable");
    assert_eq!(
        codes(&read),
        [
            FindingCode::WrongCase,
            FindingCode::MissingReadme,
            FindingCode::MissingDirectoryEntry,
            FindingCode::NotIso9660,
            FindingCode::NotIso9660,
            FindingCode::MissingUri,
            FindingCode::MissingDirectoryEntry,
            FindingCode::MissingMetadata,
        ]
    );
    assert_eq!(read.subsets.len(), 1);
    assert_eq!(read.subsets[0].documents[0].bytes, b"doc");
    assert!(read.findings.iter().all(|f| !f.at.contains("LUCY")), "places are positions");
}

#[test]
fn documents_that_do_not_match_their_metadata_are_found() {
    let check = |edit: fn(&mut Submission), file: &[u8]| {
        let mut s = submission(b"doc");
        edit(&mut s);
        codes(&read(&build(&s, file), &Limits::default()).expect("readable"))
    };
    assert_eq!(check(|_| {}, b"doc"), []);
    assert_eq!(check(|_| {}, b"changed"), [FindingCode::WrongHash, FindingCode::WrongSize]);
    assert_eq!(
        check(
            |s| {
                s.entries[0].uri = Some("DOC0002.XML".into());
                s.entries[0].hash = Some("00".into());
                let mut second = entry(b"x");
                second.id = "Document02".into();
                *s = Submission::new(set(), vec![s.entries[0].clone(), second], "FR");
            },
            b"x"
        ),
        [FindingCode::MissingDocument]
    );
    assert_eq!(check(|s| s.entries[0].uri = Some("doc0001.xml".into()), b"doc"), [FindingCode::WrongCase]);
}

#[test]
fn bombs_and_damaged_archives_are_refused_within_bounds() {
    let limits = Limits { file_bytes: 1 << 20, total_bytes: 3 << 19, n_entries: 8, ..Limits::default() };
    let zeros = vec![0; (1 << 20) + 1];
    let too_large = |bytes: &[u8]| match read(bytes, &limits) {
        Err(XdmError::TooLarge { what, .. }) => what,
        _ => "",
    };
    assert_eq!(too_large(&zip_of(&[("A", &zeros)])), "file bytes");
    let mega = &zeros[..1 << 20];
    assert_eq!(too_large(&zip_of(&[("A", mega), ("B", mega)])), "total bytes");
    let names: Vec<String> = (0..9).map(|n| format!("F{n}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b""[..])).collect();
    assert_eq!(too_large(&zip_of(&many)), "entries");
    assert!(matches!(read(b"PK not", &limits), Err(XdmError::NotZip)));
    let good = build(&submission(&cda()), &cda());
    for at in (0..good.len()).step_by(7) {
        let mut damaged = good.clone();
        damaged[at] ^= 0x55;
        let _ = read(&damaged, &limits);
        let _ = read(&good[..at], &limits);
    }
}
