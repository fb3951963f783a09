//! Other processors judge this one: Saxon the expressions of XPath 2.0, libxml2 those of XPath 1.0 and the documents.
//!
//! The cases are in `tests/cases`, the scripts that ask the judges beside them. Without python or its packages a test
//! says what it skipped and passes.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crate::cast;
use crate::types::AtomicType;
use crate::{
    Atomic, Bounds, Document, Files, Frame, Item, Kind, Library, Limits, Names, NodeId, Opened, Program, Run, Scope,
};
use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

pub(crate) struct NoFiles;

impl Files for NoFiles {
    fn open(&self, _: &str) -> std::io::Result<Option<Box<dyn BufRead + '_>>> {
        Ok(None)
    }

    fn size_bytes(&self, _: &str) -> Option<u64> {
        None
    }
}

const PREFIXES: [(&str, &str); 5] = [
    ("xs", crate::SCHEMA),
    ("fn", crate::FUNCTIONS),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("p", "urn:p"),
    ("q", "urn:q"),
];

pub(super) fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// What a judge prints about files, line by line; `None`, said aloud, when it cannot judge here.
fn judge(script: &str, files: &[PathBuf]) -> Option<Vec<String>> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let own = cache.unwrap_or_default().join("paillasse/venv/bin/python");
    let python = std::env::var_os("PAILLASSE_PYTHON").map(PathBuf::from);
    let python = python.unwrap_or_else(|| if own.is_file() { own } else { "python3".into() });
    let mut command = Command::new(python);
    command.env("TZ", "UTC").arg(tests().join(script)).args(files);
    match command.output() {
        Ok(output) if output.status.success() => {
            Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("ModuleNotFoundError"), "{script} failed: {said}");
            println!("skipped: {script} has no package to judge with");
            None
        }
        Err(_) => {
            println!("skipped: {script} needs python");
            None
        }
    }
}

fn written(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn type_name(atom: &Atomic<'_>) -> &'static str {
    let kind = match atom {
        Atomic::Untyped(_) => return "untypedAtomic",
        Atomic::String(_) => return "string",
        Atomic::Uri(_) => return "anyURI",
        Atomic::Boolean(_) => return "boolean",
        Atomic::Integer(_) | Atomic::Large(_) => return "integer",
        Atomic::Decimal(_) => return "decimal",
        Atomic::Float(_) => return "float",
        Atomic::Double(_) => return "double",
        Atomic::QName(_) => return "QName",
        Atomic::Moment(moment) => moment.kind,
        Atomic::Duration(duration) => duration.kind,
        Atomic::Binary(kind, _) => *kind,
    };
    match kind {
        AtomicType::DateTime => "dateTime",
        AtomicType::Date => "date",
        AtomicType::Time => "time",
        AtomicType::GYear => "gYear",
        AtomicType::GYearMonth => "gYearMonth",
        AtomicType::GMonth => "gMonth",
        AtomicType::GMonthDay => "gMonthDay",
        AtomicType::GDay => "gDay",
        AtomicType::Duration => "duration",
        AtomicType::YearMonthDuration => "yearMonthDuration",
        AtomicType::DayTimeDuration => "dayTimeDuration",
        AtomicType::HexBinary => "hexBinary",
        AtomicType::Base64Binary => "base64Binary",
        _ => "another type",
    }
}

/// The value of an expression at the document node, as the judges write it.
pub(super) fn verdict(expression: &str, source: &[u8], is_xpath1: bool) -> String {
    let namespaces = PREFIXES.iter().map(|(prefix, namespace)| ((*prefix).into(), (*namespace).into())).collect();
    let scope = Scope { namespaces, is_xpath1, ..Scope::default() };
    let (mut program, mut names) = (Program::default(), Names::new());
    let compiled = match program.compile(&mut names, &scope, expression, &[]) {
        Ok(compiled) => compiled,
        Err(error) => return format!("!{}", error.code),
    };
    let names = Arc::new(names);
    let document = Document::parse(source, &names, &Limits::default()).unwrap();
    let library = Library::new(Box::new(NoFiles), names);
    let opened = Opened::default();
    let mut run = Run::new(&program, &library, &document, &opened, &Bounds { steps: 20_000_000, ..Bounds::default() });
    run.set_now("2026-03-04T05:06:07Z").unwrap();
    let value = run.value(compiled, &Frame::plain(NodeId::DOCUMENT, "").context());
    let shown = |item: &Item<'_>| match item {
        Item::Node(node) => format!("node:{}", document.location(node.node)),
        Item::Atomic(Atomic::Uri(text)) if is_xpath1 => format!("xs:string:{text}"),
        Item::Atomic(atom) if is_xpath1 && atom.is_numeric() => match cast::number(atom) {
            number if number.is_finite() => format!("xs:double:{number:?}"),
            _ => format!("xs:double:{}", cast::text(atom)),
        },
        Item::Atomic(atom) => format!("xs:{}:{}", type_name(atom), written(&cast::text(atom))),
    };
    match value {
        Ok(value) => value.items().iter().map(shown).collect::<Vec<_>>().join("|"),
        Err(error) => format!("!{}", error.code),
    }
}

/// Expressions with the document each is evaluated at.
pub(super) fn cases(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut document = b"<none/>".to_vec();
    let mut cases = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        if let Some(name) = line.strip_prefix("(: document: ").and_then(|it| it.strip_suffix(" :)")) {
            document = std::fs::read(path.with_file_name(name)).unwrap();
        } else if !line.is_empty() && !line.starts_with("(:") {
            cases.push((line.to_owned(), document.clone()));
        }
    }
    cases
}

/// Compares with a judge; what is known to differ is in a file, with our own result behind each expression.
fn compare(script: &str, names: &[&str], differs: &str, is_xpath1: bool) {
    let files: Vec<PathBuf> = names.iter().chain([&differs]).map(|name| tests().join("cases").join(name)).collect();
    let Some(judged) = judge(script, &files) else { return };
    let known: HashMap<String, String> = cases(&files[files.len() - 1])
        .into_iter()
        .filter_map(|(line, _)| line.strip_suffix(" :)")?.split_once(" (: ours ").map(|(a, b)| (a.into(), b.into())))
        .collect();
    let mut judged = judged.into_iter();
    let (mut n_equal, mut n_known, mut n_codes, mut faults) = (0, 0, 0, Vec::new());
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (expression, document) in cases(file) {
            let expected = judged.next().unwrap();
            let expression = expression.split(" (: ours ").next().unwrap();
            let ours = verdict(expression, &document, is_xpath1);
            if let Some(known) = known.get(expression) {
                if expected == ours {
                    faults.push(format!("{name}: {expression}\n    no longer differs"));
                } else if ours == *known {
                    n_known += 1;
                } else {
                    faults.push(format!("{name}: {expression}\n    noted {known}\n    ours  {ours}"));
                }
            } else if expected == ours {
                n_equal += 1;
            } else if expected.starts_with('!') && ours.starts_with('!') {
                n_codes += 1;
                println!("another code: {expression} {expected} {ours}");
            } else {
                faults.push(format!("{name}: {expression}\n    judge {expected}\n    ours  {ours}"));
            }
        }
    }
    assert_eq!(judged.next(), None, "the judge answers each case once");
    println!("{script}: {n_equal} equal, {n_codes} with another error code, {n_known} known to differ");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn saxon_agrees_on_values() {
    let names =
        ["aggregates", "arithmetic", "casts", "comparisons", "dates", "numbers", "pictures", "regexes", "strings"];
    let names: Vec<String> = names.iter().map(|it| format!("{it}.txt")).collect();
    compare("saxon.py", &names.iter().map(String::as_str).collect::<Vec<_>>(), "differs.txt", false);
}

#[test]
fn saxon_agrees_on_nodes() {
    compare("saxon.py", &["paths.txt", "nodes.txt"], "differs_nodes.txt", false);
}

#[test]
fn libxml2_agrees_on_xpath_1() {
    compare("libxml2.py", &["xpath1.txt"], "differs1.txt", true);
}

/// The bytes of a document, as `libxml2.py` reads them.
fn bytes_of(line: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), line);
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [b'x', a, b, after @ ..]) => {
                let digits = [*a, *b];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                after
            }
            (b'\\', [escape, after @ ..]) => {
                bytes.push(match escape {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    bytes
}

/// Every node of a document, as `libxml2.py` writes it.
fn dump(source: &[u8]) -> String {
    let Ok(document) = Document::parse(source, &Arc::new(Names::new()), &Limits::default()) else { return "!".into() };
    let written = |it: &str| written(it).replace('\t', "\\t");
    let shown = |at: u32| {
        let node = NodeId(at);
        let (namespace, local) = document.name(node);
        let value = written(document.string_value(node));
        match document.kind(node) {
            Kind::Element => format!("element:Q{{{namespace}}}{local}:{}", document.position(node).0),
            Kind::Attribute => format!("attribute:Q{{{namespace}}}{local}:{value}"),
            Kind::Text => format!("text::{value}"),
            Kind::Comment => format!("comment::{value}"),
            Kind::ProcessingInstruction => format!("pi:{local}:{value}"),
            Kind::Document => String::new(),
        }
    };
    (1..document.n_nodes() as u32).map(shown).collect::<Vec<_>>().join("|")
}

#[test]
fn libxml2_agrees_on_documents() {
    let files = ["documents.txt", "differs_documents.txt"].map(|name| tests().join("cases").join(name));
    let lines = files.iter().flat_map(|file| {
        let all = std::fs::read(file).unwrap();
        all.split(|it| *it == b'\n')
            .filter(|it| !it.is_empty() && !it.starts_with(b"(:"))
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    });
    let Some(judged) = judge("libxml2.py", &[&[PathBuf::from("--documents")], &files[..]].concat()) else { return };
    let (mut n_equal, mut n_known, mut faults) = (0, 0, Vec::new());
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), judged.len());
    for (line, expected) in lines.iter().zip(judged) {
        let line = String::from_utf8(line.clone()).unwrap();
        let (source, noted) = match line.split_once(" (: ours ") {
            Some((source, noted)) => (source, noted.strip_suffix(" :)")),
            None => (&*line, None),
        };
        let ours = dump(&bytes_of(source.as_bytes()));
        match noted {
            None if ours == expected => n_equal += 1,
            Some(noted) if ours == noted && ours != expected => n_known += 1,
            _ => faults.push(format!("{source}\n    judge {expected}\n    ours  {ours}")),
        }
    }
    println!("documents: {n_equal} equal, {n_known} known to differ");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// Documents with bytes changed, by a generator of its own so that a failure can be shown again.
#[test]
fn libxml2_agrees_on_mutants_of_documents() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut below = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let pieces: [&[u8]; 40] = [
        b"<",
        b">",
        b"/",
        b"&",
        b";",
        b"\"",
        b"'",
        b"=",
        b" ",
        b"\n",
        b"\r",
        b"\t",
        b"!",
        b"--",
        b"]]>",
        b"<![CDATA[",
        b"]]",
        b"<!--",
        b"-->",
        b"<?",
        b"?>",
        b"&lt;",
        b"&#65;",
        b"&#x0;",
        b"xmlns",
        b"xmlns:p=\"urn:p\"",
        b"xmlns:z=\"\"",
        b":",
        b"p:",
        b"xml:",
        b"a",
        b"1",
        b".",
        b"\x01",
        b"\xC3\xA9",
        b"\xC2\xB7",
        b"<a/>",
        b"</a>",
        b" id=\"x\"",
        b"<?xml version=\"1.0\"?>",
    ];
    let whole = std::fs::read(tests().join("cases/nodes.xml")).unwrap();
    let list = std::fs::read(tests().join("cases/documents.txt")).unwrap();
    let short: Vec<Vec<u8>> = list
        .split(|it| *it == b'\n')
        .filter(|it| !it.is_empty() && !it.starts_with(b"(:") && !it.windows(2).any(|it| it == b"<!"))
        .map(bytes_of)
        .collect();
    let mutants: Vec<Vec<u8>> = (0..6_000)
        .map(|nth| {
            let mut bytes = if nth % 6 == 0 { whole.clone() } else { short[below(short.len())].clone() };
            for _ in 0..=below(2) {
                let at = below(bytes.len() + 1);
                let n_removed = if below(3) == 0 { below(4).min(bytes.len() - at) } else { 0 };
                let piece: &[u8] = if below(4) == 0 { b"" } else { pieces[below(pieces.len())] };
                bytes.splice(at..at + n_removed, piece.iter().copied());
            }
            bytes
        })
        // Document types are read past, and `1.` is a version for libxml2.
        .filter(|it| !it.windows(9).any(|it| it.eq_ignore_ascii_case(b"<!doctype")))
        .filter(|it| !it.windows(3).any(|it| it == b"1.\""))
        .collect();
    let folder = std::env::temp_dir().join(format!("paillasse-mutants-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("mutants.txt");
    let lines: Vec<String> = mutants
        .iter()
        .map(|it| {
            it.iter()
                .map(|it| {
                    if *it == b'\\' || !(b' '..=b'~').contains(it) {
                        format!("\\x{it:02X}")
                    } else {
                        (*it as char).into()
                    }
                })
                .collect()
        })
        .map(|it: String| if it.is_empty() { "\\n".into() } else { it })
        .collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let judged = judge("libxml2.py", &["--documents".into(), file]);
    std::fs::remove_dir_all(&folder).unwrap();
    let Some(judged) = judged else { return };
    assert_eq!(judged.len(), mutants.len());
    let without_lines = |it: &str| {
        let strip = |part: &str| match part.strip_prefix("element:").and_then(|it| it.rsplit_once(':')) {
            Some((name, _)) => format!("element:{name}"),
            None => part.to_owned(),
        };
        it.split('|').map(strip).collect::<Vec<_>>().join("|")
    };
    let (mut n_equal, mut n_read, mut n_names, mut faults) = (0, 0, 0, Vec::new());
    for ((line, bytes), expected) in lines.iter().zip(&mutants).zip(judged) {
        let ours = dump(bytes);
        if expected == "!URI" && ours != "!" {
            // Namespaces in XML asks no processor to look at that.
            n_names += 1;
        } else if without_lines(&ours) == without_lines(&expected) {
            n_equal += 1;
            n_read += usize::from(ours != "!");
        } else {
            let short = |it: &str| it.chars().take(300).collect::<String>();
            faults.push(format!("{}\n    judge {}\n    ours  {}", short(line), short(&expected), short(&ours)));
        }
    }
    println!(
        "mutants: {n_equal} equal, {n_read} of them well-formed; {n_names} left aside for the name of a namespace"
    );
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}
