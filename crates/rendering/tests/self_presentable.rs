//! The self-presentable form, opened by libxslt and Saxon, judged by the official schema and schematrons.
//!
//! Needs python3 with `saxonche` and `lxml`, the published examples, and for the rules the oracle folder; says what it
//! skipped otherwise.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use cda::Limits;
use rendering::{document::Sheet, html::Look, self_presentable::wrap, text};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Exit code of a judge when a tool or the oracle is missing.
const MISSING: i32 = 3;

/// Elements that a page may hold.
const ELEMENTS: [&str; 44] = [
    "a",
    "body",
    "br",
    "caption",
    "circle",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "html",
    "img",
    "li",
    "main",
    "meta",
    "ol",
    "p",
    "path",
    "polyline",
    "rect",
    "section",
    "span",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

/// A narrative that means harm.
const HOSTILE: &str = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>T</title><versionNumber value=\"1\"/><component><structuredBody><component><section><title>S</title><text><script>alert(1)</script><h:script xmlns:h=\"http://www.w3.org/1999/xhtml\" src=\"https://evil.example/\">alert(2)</h:script><paragraph onclick=\"x()\" styleCode=\"Bold\">a</paragraph><linkHtml href=\"javascript:alert(3)\">b</linkHtml><linkHtml href=\"https://esante.gouv.fr/\">d</linkHtml><iframe src=\"https://evil.example\"/><renderMultiMedia referencedObject=\"nowhere\"/><xsl:value-of xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" select=\"document('https://evil.example/')\"/><table><tr><td colspan=\"999999999\" style=\"position:fixed\">e</td></tr></table></text></section></component></structuredBody></component></ClinicalDocument>";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("PAILLASSE_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"));
    let venv = cache.join("paillasse/venv/bin/python");
    if venv.is_file() { venv } else { "python3".into() }
}

/// What a judge prints; `None`, said aloud, when it cannot judge here.
fn judged(script: &str, arguments: &[OsString]) -> Option<(bool, String)> {
    let Ok(output) = Command::new(python()).arg(root().join(script)).args(arguments).output() else {
        println!("skipped: python3 is missing, nothing was judged by {script}");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.code() == Some(MISSING) {
        println!("{said}");
        return None;
    }
    Some((output.status.success(), said + &String::from_utf8_lossy(&output.stderr)))
}

/// Published documents in our writing, by name.
fn documents() -> Vec<(String, Vec<u8>)> {
    let folder = examples();
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: the published examples are not at {}", folder.display());
        return Vec::new();
    };
    let mut all: Vec<_> = entries
        .flatten()
        .filter(|it| it.file_name().to_string_lossy().contains("_2024.01"))
        .map(|it| {
            let source = fs::read(it.path()).unwrap();
            let source = xml::decode(&source).unwrap();
            let (document, _) = cda::read(&source, &Limits::default()).unwrap();
            (it.file_name().to_string_lossy().into_owned(), cda::write(&document))
        })
        .collect();
    all.sort();
    all
}

/// Writes the wrapped documents under names of ASCII, which Saxon wants.
fn written(documents: &[(String, Vec<u8>)], folder: &str) -> Vec<OsString> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let paths = documents.iter().enumerate().map(|(n, (_, document))| {
        let path = folder.join(format!("{n}.xml"));
        fs::write(&path, wrap(document, &Look::default()).unwrap()).unwrap();
        path.into_os_string()
    });
    paths.collect()
}

/// Letters and digits alone: punctuation between words is each form's own.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).map(str::to_lowercase).collect()
}

#[test]
fn two_processors_show_what_our_own_page_says_and_nothing_else_happens() {
    let mut documents = documents();
    documents.push(("hostile".to_owned(), HOSTILE.as_bytes().to_owned()));
    let Some((shown, said)) = judged("conformance/self-presentable/judge.py", &written(&documents, "shown")) else {
        return;
    };
    assert!(shown, "{said}");
    let mut n_words = 0;
    for ((name, document), line) in documents.iter().zip(said.lines()) {
        let source = std::str::from_utf8(document).unwrap();
        let (document, _) = cda::read(source, &Limits::default()).unwrap();
        let sheet = Sheet::new(&document);
        // Every word of our text but what it says of files, where a page shows them.
        let own = text::page(&sheet);
        let own: String =
            own.lines().filter(|it| !it.trim_start().starts_with('[')).fold(String::new(), |all, it| all + it + "\n");
        let own = words(&own);
        let pages: Value = serde_json::from_str(line).unwrap();
        for processor in ["libxslt", "saxon"] {
            let page = &pages[processor];
            let theirs = words(page["words"].as_str().unwrap());
            let missing: Vec<_> = own.iter().filter(|it| !theirs.contains(*it) && it.len() > 2).collect();
            // Telephone numbers are printed in pairs here and as received there; `joint` and `ko` are of files.
            assert!(
                missing.iter().all(|it| ["image", "insee", "code"].contains(&it.as_str())),
                "{name}, {processor}: {missing:?}"
            );
            for element in page["elements"].as_array().unwrap() {
                assert!(ELEMENTS.contains(&element.as_str().unwrap()), "{name}: {element}");
            }
            for attribute in page["attributes"].as_array().unwrap() {
                assert!(!attribute.as_str().unwrap().starts_with("on"), "{name}: {attribute}");
            }
            for address in page["addresses"].as_array().unwrap() {
                let address = address.as_str().unwrap();
                assert!(
                    address.starts_with("data:image/")
                        || address.starts_with("data:application/pdf;base64,")
                        || address.starts_with("http"),
                    "{address}"
                );
            }
            n_words += own.len();
        }
    }
    println!("{} documents shown by two processors, {n_words} words compared", documents.len());
}

#[test]
fn the_official_schema_and_common_schematrons_find_nothing() {
    let documents = documents();
    let mut arguments = Vec::new();
    for path in written(&documents, "judged") {
        arguments.extend(["--common".into(), path]);
    }
    if let Some((passed, said)) = judged("conformance/cr-bio/judge.py", &arguments) {
        assert!(passed, "{said}");
    }
}

/// The published examples, in a folder beside the repository or above it.
fn examples() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = here.ancestors().map(|it| it.join("shared/data/ans/cda"));
    folders.find(|it| it.is_dir()).unwrap_or_else(|| here.join("../../../shared/data/ans/cda"))
}
