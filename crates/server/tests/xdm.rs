//! `paillasse xdm inspect`, run as people run it, on archives of ours and of others.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output},
};

use xds::{
    Code, DocumentEntry, Dtm, Submission, SubmissionSet,
    xdm::{Stamp, Subset, XdmContent, XdmFile, archive},
};

struct Bench(PathBuf);

impl Bench {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("paillasse-xdm-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn inspect(&self, bytes: &[u8], options: &[&str]) -> Output {
        let file = self.0.join("IHE_XDM.zip");
        std::fs::File::create(&file).unwrap().write_all(bytes).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_paillasse"));
        command.args(["xdm", "inspect"]).arg(&file).args(options).output().unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn made(change: impl FnOnce(&mut DocumentEntry)) -> Vec<u8> {
    let bytes = b"<ClinicalDocument/>";
    let mut entry = DocumentEntry {
        id: "Document01".into(),
        title: Some("Compte rendu d'examens biologiques".into()),
        type_code: Some(Code::new("11502-2", "2.16.840.1.113883.6.1", "CR d'examens biologiques")),
        creation_time: Dtm::new("20260101120000"),
        mime_type: "text/xml".into(),
        unique_id: Some("1.2.3.4".into()),
        ..DocumentEntry::default()
    };
    entry.describe_file("DOC0001.XML", bytes);
    change(&mut entry);
    let set = SubmissionSet { id: "SubmissionSet01".into(), unique_id: Some("1.2.3.5".into()), ..Default::default() };
    let submission = Submission::new(set, vec![entry], "FR");
    archive(&XdmContent {
        index_html: "<html></html>",
        readme: "Lisez-moi",
        pages: &[],
        subsets: &[Subset { submission: &submission, files: &[XdmFile { name: "DOC0001.XML", bytes }] }],
        modified: Stamp { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    })
    .unwrap()
}

#[test]
fn what_an_archive_holds_and_lacks_is_told() {
    let bench = Bench::new();
    let shown = bench.inspect(&made(|_| ()), &[]);
    let text = String::from_utf8(shown.stdout).unwrap();
    for said in [
        "SUBSET01 : lot 1.2.3.5",
        "DOC0001.XML (19 octets)",
        "type : CR d'examens biologiques (11502-2, ",
        "créé : 20260101120000",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    // No author, patient or format: the archive is read, and says so.
    assert_eq!(shown.status.code(), Some(1));
    assert!(text.contains("! XDS-META-01, subset[1].") && text.contains("une métadonnée obligatoire manque."));
    assert!(!text.contains("XDS-DOC"));

    let shown = bench.inspect(&made(|entry| entry.hash = Some("0".repeat(40))), &["--json"]);
    let found: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(found["subsets"][0]["documents"][0]["path"], "IHE_XDM/SUBSET01/DOC0001.XML");
    let codes: Vec<&str> = found["findings"].as_array().unwrap().iter().filter_map(|it| it["code"].as_str()).collect();
    assert!(codes.contains(&"XDS-DOC-03"), "{codes:?}");
}

#[test]
fn what_is_no_archive_is_refused_with_a_reason() {
    let bench = Bench::new();
    for bytes in [&b""[..], b"PK\x03\x04 not a zip", b"%PDF-1.4"] {
        let shown = bench.inspect(bytes, &[]);
        assert_eq!(shown.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&shown.stderr).contains("ce n'est pas une archive ZIP"));
    }
}
