//! What the absence of a name decides about a test is what its evaluation says.
#![allow(clippy::unwrap_used)]

use super::judges::NoFiles;
use crate::tree::Kind;
use crate::{Bounds, Document, Frame, Library, Limits, Names, NodeId, Opened, Program, Run, Scope};
use std::sync::Arc;

const SOURCE: &[u8] = br#"<r a="1" b="x"><s a=""/><s b="y"><t c="3">text</t></s> <t><s/><s a="2" c="x"/></t><u/>
    <t a="x" b="3"><!-- a --><t/></t><v xmlns="urn:p" a="1"><s/></v><s c="1"><u>1</u><u>x</u></s></r>"#;

/// Whether an absence decides it: for true and for false.
const TESTS: &[(&str, bool, bool)] = &[
    ("not(@a)", true, false),
    ("@a", false, true),
    ("not(@a) or @a = 'x'", true, false),
    ("@a = 'x' or not(@a)", true, false),
    ("not(@a and @b)", true, false),
    ("@a and not(@b)", false, true),
    ("not(s) or s[@a]", true, false),
    ("s/t/@c", false, true),
    ("*", false, true),
    ("text()", false, true),
    ("@*", false, true),
    ("exists(s[t])", false, true),
    ("empty(s) or @c", true, false),
    ("count(s) <= 1", true, false),
    ("count(s) gt 1", false, true),
    ("count(s) >= 0", true, false),
    ("count(*) = 1", false, true),
    ("not(count(s) = 1)", true, false),
    ("@a = 1", false, true),
    ("@a eq 'x'", false, true),
    ("1 = @a", false, true),
    ("not(@a) or @a castable as xs:integer", true, false),
    ("@a castable as xs:integer", false, true),
    ("@a castable as xs:integer?", true, false),
    ("if (@a) then @b else not(@c)", true, false),
    ("if (s) then t else true()", true, false),
    ("normalize-space(@a) != ''", false, true),
    // The left side may have no value, and is evaluated first.
    ("xs:integer(@b) = 1 or not(@a)", false, false),
    ("xs:integer(@b) = 1 and @a", false, false),
    ("not(@a) or xs:integer(@b) = 1", true, false),
    // Nothing that the shape of the element tells.
    ("..", false, false),
    (".//s", false, false),
    ("string(@a) = ''", false, false),
    ("$v/@a", false, false),
    ("/r/s", false, false),
];

#[test]
fn what_an_absence_decides_is_what_evaluation_says_at_every_element() {
    let mut names = Names::new();
    let mut program = Program::default();
    let namespaces = [("xs", crate::SCHEMA), ("p", "urn:p")].map(|(prefix, it)| (prefix.into(), it.into()));
    let scope = Scope { namespaces: namespaces.into(), ..Scope::default() };
    let mut tests = Vec::new();
    for (test, is_true, is_false) in TESTS {
        let compiled = program.compile(&mut names, &scope, test, &[]).unwrap();
        let compiled = program.truth(compiled);
        for (wanted, is_decided) in [(true, *is_true), (false, *is_false)] {
            let absent = program.decided_by_absence(compiled, wanted);
            assert_eq!(absent.is_some(), is_decided, "{test}: {wanted}");
            tests.extend(absent.map(|absent| (*test, compiled, wanted, absent)));
        }
    }
    let names = Arc::new(names);
    let document = Document::parse(SOURCE, &names, &Limits::default()).unwrap();
    let library = Library::new(Box::new(NoFiles), names);
    let opened = Opened::default();
    let run = Run::new(&program, &library, &document, &opened, &Bounds::default());
    let mut n_decided = 0;
    for node in (0..document.n_nodes() as u32).map(NodeId) {
        for (test, compiled, wanted, absent) in &tests {
            if absent.holds(document.shape(node)) {
                n_decided += 1;
                assert!(matches!(document.kind(node), Kind::Element | Kind::Document), "{test}");
                let found = run.truth(*compiled, &Frame::plain(node, "").context());
                assert_eq!(found, Ok(*wanted), "{test} at {}", document.location(node));
            }
        }
    }
    assert!(n_decided > 200, "{n_decided}");
}

#[test]
fn conditions_inside_each_other_are_given_up() {
    let (mut program, mut names) = (Program::default(), Names::new());
    let nested = (0..60).fold("@a".to_owned(), |all, n| {
        if n % 2 == 0 { format!("(xs:integer({n}) and {all})") } else { format!("(xs:integer({n}) or {all})") }
    });
    let scope = Scope { namespaces: [("xs".into(), crate::SCHEMA.into())].into(), ..Scope::default() };
    let compiled = program.compile(&mut names, &scope, &nested, &[]).unwrap();
    assert_eq!(program.decided_by_absence(compiled, true), None);
}
