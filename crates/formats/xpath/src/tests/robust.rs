//! Nothing an expression or a document says makes the program panic, use up its stack, its memory or its time.
#![allow(clippy::unwrap_used)]

use super::judges::NoFiles;
use crate::{Bounds, Document, Frame, Library, Limits, Names, NodeId, Opened, Program, Res, Run, Scope};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static NODES: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(cases().join("nodes.xml")).unwrap());

/// Every expression of the cases.
static EXPRESSIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names =
        ["paths", "nodes", "aggregates", "casts", "dates", "regexes", "strings", "pictures", "xpath1", "comparisons"];
    let texts = names.iter().map(|name| std::fs::read_to_string(cases().join(format!("{name}.txt"))).unwrap());
    texts.flat_map(|it| it.lines().filter(|it| !it.starts_with("(:")).map(str::to_owned).collect::<Vec<_>>()).collect()
});

fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

const BOUNDS: Bounds = Bounds { steps: 40_000, calls: 100, items: 1 << 16, text_bytes: 1 << 20, stack_bytes: 1 << 20 };

fn scope(is_xpath1: bool) -> Scope {
    let namespaces = [("p", "urn:p"), ("q", "urn:q"), ("xs", crate::SCHEMA)];
    let namespaces = namespaces.map(|(prefix, namespace)| (prefix.to_owned(), namespace.to_owned()));
    Scope { namespaces: namespaces.into(), is_xpath1, ..Scope::default() }
}

/// How many items an expression gives over the small document; none when it does not compile.
fn evaluate(expression: &str, is_xpath1: bool, bounds: &Bounds) -> Option<Res<usize>> {
    let (mut program, mut names) = (Program::default(), Names::new());
    let compiled = program.compile(&mut names, &scope(is_xpath1), expression, &[]).ok()?;
    let names = Arc::new(names);
    let document = Document::parse(&NODES, &names, &Limits::default()).unwrap();
    let library = Library::new(Box::new(NoFiles), names);
    let opened = Opened::default();
    let run = Run::new(&program, &library, &document, &opened, bounds);
    let root = Frame::plain(NodeId::DOCUMENT, "");
    let truth = run.truth(compiled, &root.context());
    run.refill(bounds);
    let texts = run.texts(compiled, &root.context());
    run.refill(bounds);
    let value = run.value(compiled, &root.context());
    // The same expression has the same items however it is asked.
    if let (Ok(texts), Ok(value)) = (&texts, &value) {
        assert_eq!(texts.len(), value.items().len(), "{expression}");
        assert!(truth.is_err() || truth == Ok(true) || value.items().len() <= 1, "{expression}");
    }
    Some(value.map(|it| it.items().len()))
}

fn is_limit(expression: &str) -> bool {
    matches!(evaluate(expression, false, &BOUNDS), Some(Err(error)) if error.code == "LIMIT")
}

const TOKENS: [&str; 92] = [
    "(",
    ")",
    "[",
    "]",
    "/",
    "//",
    "@",
    "*",
    "|",
    "+",
    "-",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "<<",
    ">>",
    ",",
    ".",
    "..",
    "::",
    "$",
    "$x",
    "$y",
    "?",
    "!",
    ":=",
    "||",
    "for",
    "in",
    "return",
    "some",
    "every",
    "satisfies",
    "if",
    "then",
    "else",
    "let",
    "and",
    "or",
    "to",
    "div",
    "idiv",
    "mod",
    "eq",
    "ne",
    "lt",
    "is",
    "union",
    "intersect",
    "except",
    "instance",
    "of",
    "treat",
    "as",
    "castable",
    "cast",
    "xs:integer",
    "xs:date",
    "xs:QName",
    "item()",
    "node()",
    "text()",
    "element(a)",
    "document-node()",
    "a",
    "b",
    "p:item",
    "*:n",
    "p:*",
    "@id",
    "@n",
    "child::",
    "ancestor::",
    "preceding::",
    "following-sibling::",
    "self::",
    "1",
    "0",
    "2.5",
    "1e3",
    "'a'",
    "\"b\"",
    "count(",
    "string(",
    "position()",
    "last()",
    "replace(",
    "concat(",
    "(: c :)",
];

/// A real expression with a few pieces taken out, put in, doubled or changed.
fn mutated() -> impl Strategy<Value = String> {
    let change =
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4, prop::sample::select(&TOKENS[..]));
    (any::<prop::sample::Index>(), prop::collection::vec(change, 1..4)).prop_map(|(nth, changes)| {
        let mut text: Vec<char> = EXPRESSIONS[nth.index(EXPRESSIONS.len())].chars().collect();
        for (at, to, kind, token) in changes {
            let (at, to) = (at.index(text.len() + 1), to.index(text.len() + 1));
            let (at, to) = (at.min(to), at.max(to));
            match kind {
                0 => _ = text.splice(at..at, token.chars()),
                1 => _ = text.drain(at..to.min(at + 6)),
                2 => {
                    let piece = text[at..to].to_vec();
                    text.splice(at..at, piece);
                }
                _ => {
                    let other = &EXPRESSIONS[to % EXPRESSIONS.len()];
                    text.splice(at..at, other.chars());
                }
            }
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_an_expression_or_refused(text in "\\PC{0,60}") {
        let _ = Program::default().compile(&mut Names::new(), &scope(false), &text, &[]);
    }

    #[test]
    fn any_words_are_an_expression_or_refused(words in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..30), tight: bool) {
        let text = words.join(if tight { "" } else { " " });
        evaluate(&text, tight, &BOUNDS);
    }

    #[test]
    fn a_changed_expression_has_a_value_or_an_error(text in mutated(), is_xpath1: bool) {
        evaluate(&text, is_xpath1, &BOUNDS);
    }

    #[test]
    fn any_bytes_are_a_document_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes, &Arc::new(Names::new()), &Limits::default());
    }

    #[test]
    fn a_changed_document_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..3), 1..6),
    ) {
        let mut bytes = NODES.clone();
        for (at, byte, n_removed) in changes {
            let at = at.index(bytes.len());
            bytes.splice(at..(at + n_removed).min(bytes.len()), [byte]);
        }
        if let Ok(document) = Document::parse(&bytes, &Arc::new(Names::new()), &Limits::default()) {
            for node in 0..document.n_nodes() as u32 {
                let _ = (document.location(NodeId(node)), document.position(NodeId(node)));
            }
        }
    }
}

#[test]
fn deep_expressions_are_refused_or_bounded() {
    let n = 100_000;
    for (open, inside, close) in [
        ("(", "1", ")"),
        ("a[", "1", "]"),
        ("not(", "1", ")"),
        ("-", "1", ""),
        ("1+", "1", ""),
        ("1*", "1", ""),
        ("a|", "a", ""),
        ("a intersect ", "a", ""),
        ("a/", "a", ""),
        ("a//", "a", ""),
        ("a[1]/", "a", ""),
        ("(a)/", "a", ""),
        ("1!", "1", ""),
        ("'a'||", "'a'", ""),
        ("1,", "1", ""),
        ("if (1) then ", "1", " else 1"),
        ("if (", "1", ") then 1 else 1"),
        ("for $x in ", "1", " return 1"),
        ("for $x in 1 return ", "1", ""),
        ("some $x in 1 satisfies ", "1", ""),
        ("let $x := 1 return ", "1", ""),
        ("(:", "", ":)"),
        ("1 = ", "1", ""),
        ("a[b[c]/", "1", "]"),
    ] {
        for n in [10, 100, 149, 1_000, n] {
            let text = format!("{}{inside}{}", open.repeat(n), close.repeat(n));
            evaluate(&text, false, &BOUNDS);
            evaluate(&text, true, &BOUNDS);
        }
    }
}

#[test]
fn long_lists_of_alternatives_are_no_depth() {
    let any = (0..5_000).map(|it| format!("//item/@id = 'x{it}'")).collect::<Vec<_>>();
    let all = (0..5_000).map(|it| format!("//item/@id != 'x{it}'")).collect::<Vec<_>>();
    let bounds = Bounds::default();
    assert_eq!(evaluate(&any.join(" or "), false, &bounds), Some(Ok(1)));
    assert_eq!(evaluate(&format!("//v[{}]", all.join(" and ")), false, &bounds), Some(Ok(6)));
    assert_eq!(evaluate(&format!("({})", vec!["1"; 50_000].join(",")), false, &bounds), Some(Ok(50_000)));
}

#[test]
fn time_and_memory_are_bounded() {
    for text in [
        "count(1 to 1000000000)",
        "reverse(1 to 1000000000)[1]",
        "let $x := 1 to 1000000000 return $x[2]",
        "for $x in 1 to 1000000000 return $x",
        "sum(for $x in 1 to 100000, $y in 1 to 100000 return $x)",
        "every $x in 1 to 1000000000 satisfies $x > 0",
        "every $x in 1 to 100000, $y in 1 to 100000 satisfies $x > 0",
        "distinct-values(1 to 1000000000)",
        "string-join(for $x in 1 to 1000000000 return string($x), '')",
        "codepoints-to-string(for $x in 1 to 1000000000 return 65)",
        "//node()[count(ancestor::node()/descendant::node()[count(ancestor::node()/descendant::node()) > 1000000]) > 0]",
        "(1 to 1000000000)[. = 5][2]",
        "(1 to 1000000000)[last()]",
        "max(1 to 1000000000)",
        "insert-before(1 to 1000000000, 1, 1 to 1000000000)",
        "deep-equal(1 to 1000000000, 1 to 1000000000)",
        "(1 to 1000000000) = (0 to 0)",
        "1 to 99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999 to 99999999999999999999999999999999999999",
    ] {
        assert!(is_limit(text), "{text}");
    }
    // Doubled thirty times.
    for step in [
        "concat($x, $x)",
        "($x, $x)",
        "replace($x, '.', '$0$0')",
        "string-join(($x, $x), $x)",
        "translate(concat($x, $x), 'a', 'b')",
    ] {
        let text = format!("let $x := 'ab' return {} count($x)", format!("let $x := {step} return ").repeat(30));
        assert!(is_limit(&text), "{text}");
    }
    let big = "let $x := string-join(for $i in 1 to 1000 return 'abcdefghij', '') return";
    for text in
        ["replace($x, '[a-z]', $x)", "string-join(for $i in 1 to 10000 return $x, '')", "string-join(1 to 10000, $x)"]
    {
        assert!(is_limit(&format!("{big} {text}")), "{text}");
    }
    assert_eq!(evaluate(&format!("{big} replace($x, 'a', 'bb')"), false, &BOUNDS), Some(Ok(1)));
    assert_eq!(evaluate("count(for $x in 1 to 1000, $y in 1 to 10 return $x)", false, &BOUNDS), Some(Ok(1)));
}

#[test]
fn functions_that_call_each_other_are_bounded() {
    let scope = Scope { namespaces: [("f".to_owned(), "urn:f".to_owned())].into(), ..Scope::default() };
    let deep = format!("f:f($n + 1){}", " + 1".repeat(900));
    for body in [
        "f:f($n)",
        "f:f($n + 1) + f:f($n + 2)",
        "f:f(($n, $n))",
        "(((((f:f($n))))))",
        "if (f:f($n)) then 1 else 2",
        &*deep,
    ] {
        let (mut program, mut names) = (Program::default(), Names::new());
        let source = crate::FunctionSource {
            name: "f:f".into(),
            parameters: vec![("n".into(), None)],
            result: None,
            body: body.to_owned(),
        };
        program.declare(&mut names, &scope, &source).unwrap();
        program.define(&mut names, &scope, &source).unwrap();
        let called = program.compile(&mut names, &scope, "f:f(1)", &[]).unwrap();
        let names = Arc::new(names);
        let document = Document::parse(b"<a/>", &names, &Limits::default()).unwrap();
        let library = Library::new(Box::new(NoFiles), names);
        let opened = Opened::default();
        for calls in [100, u32::MAX] {
            let run = Run::new(&program, &library, &document, &opened, &Bounds { calls, ..BOUNDS });
            let found = run.value(called, &Frame::plain(NodeId::DOCUMENT, "").context());
            assert!(found.is_err_and(|error| error.code == "LIMIT"), "{body}");
        }
    }
}

#[test]
fn deep_documents_are_refused() {
    let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    let parse = |text: &str| Document::parse(text.as_bytes(), &Arc::new(Names::new()), &Limits::default());
    assert!(parse(&nested(1_000)).is_ok());
    assert!(parse(&nested(1_001)).is_err());
    assert!(parse(&nested(1_000_000)).is_err());
    assert!(parse(&"<a>".repeat(1_000_000)).is_err());
}

#[test]
fn a_variable_whose_value_asks_for_itself_is_an_error() {
    let scope = Scope { namespaces: [("f".to_owned(), "urn:f".to_owned())].into(), ..Scope::default() };
    let (mut program, mut names) = (Program::default(), Names::new());
    let source =
        crate::FunctionSource { name: "f:f".into(), parameters: Vec::new(), result: None, body: "($a, $a)".to_owned() };
    program.declare(&mut names, &scope, &source).unwrap();
    program.define(&mut names, &scope, &source).unwrap();
    let value = program.compile(&mut names, &scope, "f:f()", &[]).unwrap();
    let asked = program.compile(&mut names, &scope, "$a", &[]).unwrap();
    let lets = [(names.intern("", "a"), value)];
    let names = Arc::new(names);
    let document = Document::parse(b"<a/>", &names, &Limits::default()).unwrap();
    let library = Library::new(Box::new(NoFiles), names);
    let opened = Opened::default();
    let run = Run::new(&program, &library, &document, &opened, &BOUNDS);
    let lets = crate::Lets::global(&lets, "");
    let found = run.value(asked, &Frame::new(NodeId::DOCUMENT, &lets, 1).context());
    assert!(found.is_err_and(|error| error.code == "XTDE0640"));
}

#[test]
fn wide_documents_are_refused() {
    let parse = |text: &str, limits: &Limits| Document::parse(text.as_bytes(), &Arc::new(Names::new()), limits);
    let attributes = |n: usize| (0..n).map(|it| format!(" a{it}=''")).collect::<String>();
    let namespaces = |n: usize| (0..n).map(|it| format!(" xmlns:a{it}='urn:a'")).collect::<String>();
    let limits = Limits::default();
    assert!(parse(&format!("<a{}/>", attributes(1_000)), &limits).is_ok());
    assert!(parse(&format!("<a{}/>", attributes(1_001)), &limits).is_err());
    assert!(parse(&format!("<a{}/>", namespaces(1_000)), &limits).is_ok());
    assert!(parse(&format!("<a{}/>", namespaces(1_001)), &limits).is_err());
    let siblings = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n));
    let few = Limits { nodes: 100, ..limits };
    assert!(parse(&siblings(90), &few).is_ok());
    assert!(parse(&siblings(110), &few).is_err());
}
