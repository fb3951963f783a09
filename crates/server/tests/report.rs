//! `paillasse report` as the shell runs it, on published examples where they are and on documents that mean harm.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("paillasse-report-{}-{name}", std::process::id()))
}

fn paillasse(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_paillasse"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ans/cda");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: the published examples are not at {}", folder.display());
        return Vec::new();
    };
    entries.flatten().map(|it| it.path()).filter(|it| it.extension().is_some_and(|it| it == "xml")).collect()
}

#[test]
fn published_examples_are_rebuilt_with_every_coded_fact() {
    let out = scratch("rebuilt.xml");
    for example in examples() {
        let arguments =
            ["report", "rebuild", example.to_str().unwrap(), "--out", out.to_str().unwrap(), "--facts-diff"];
        let output = paillasse(&arguments, b"");
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", example.display());
        assert!(said.contains("faits codés : 0 perdus, 0 ajoutés, 0 changés."), "{said}");
        assert!(fs::read(&out).unwrap().len() > 10_000);
    }
    let _ = fs::remove_file(out);
}

/// Every observation of the body that has a value is told with it; an independent walk of the XML counts them.
#[test]
fn published_examples_are_inspected() {
    let mut n_values = 0;
    for example in examples() {
        let output = paillasse(&["report", "inspect", "--json", example.to_str().unwrap()], b"");
        assert_eq!(output.status.code(), Some(0));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = told["results"].as_array().unwrap();
        let source = fs::read(&example).unwrap();
        let source = xml::decode(&source).unwrap();
        let tree = roxmltree::Document::parse(&source).unwrap();
        let observations = tree.descendants().filter(|it| {
            let parent = it.parent_element();
            let is_attachment = it.children().any(|it| it.attribute("code") == Some("69764-9"));
            it.has_tag_name((cda::HL7, "observation"))
                && !is_attachment
                && parent.is_some_and(|it| it.attribute("typeCode") != Some("REFR"))
        });
        let coded: Vec<_> = observations.collect();
        assert_eq!(told.len(), coded.len(), "{}", example.display());
        for (told, coded) in told.iter().zip(coded) {
            let value = coded.children().find(|it| it.has_tag_name((cda::HL7, "value")));
            if let Some(number) = value.and_then(|it| it.attribute("value")) {
                assert_eq!(told["values"][0]["value"], number, "{}", example.display());
                n_values += 1;
            }
            let code = coded.children().find(|it| it.has_tag_name((cda::HL7, "code"))).unwrap();
            assert_eq!(told["code"]["code"], code.attribute("code").unwrap_or_default());
        }
        let table = paillasse(&["report", "inspect", example.to_str().unwrap()], b"");
        assert!(String::from_utf8(table.stdout).unwrap().contains("Matricule INS : "));
    }
    println!("{n_values} numbers compared");
}

#[test]
fn published_examples_are_rendered() {
    for example in examples() {
        let pdf = paillasse(&["render", example.to_str().unwrap(), "--to", "pdf"], b"");
        assert!(pdf.stdout.starts_with(b"%PDF-1.4"), "{}", example.display());
        let page = paillasse(&["render", example.to_str().unwrap(), "--to", "html"], b"");
        let page = String::from_utf8(page.stdout).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "{}", example.display());
        let text = paillasse(&["render", example.to_str().unwrap(), "--to", "text"], b"");
        assert_eq!(text.status.code(), Some(0));
        assert!(String::from_utf8(text.stdout).unwrap().contains("Matricule INS : "), "{}", example.display());
    }
    assert_eq!(paillasse(&["render", "-", "--to", "text"], b"<a>").status.code(), Some(2));
}

#[test]
fn what_cannot_be_read_is_refused_in_french() {
    let out = scratch("refused.xml");
    let latin =
        b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>\xE9</title></ClinicalDocument>";
    let table: [(&[u8], i32, &str); 5] = [
        (b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", 2, "DOCTYPE"),
        (b"<a>", 2, "bien form"),
        (b"<a/>", 2, "ClinicalDocument"),
        (b"<?xml version=\"1.0\" encoding=\"klingon\"?><a/>", 2, "encodage"),
        (latin, 0, ""),
    ];
    for (input, code, word) in table {
        let output = paillasse(&["report", "rebuild", "-", "--out", out.to_str().unwrap()], input);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(word), "{said}");
    }
    assert!(fs::read_to_string(&out).unwrap().contains("<title>é</title>"));
    let _ = fs::remove_file(out);
}
