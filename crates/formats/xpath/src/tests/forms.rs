//! One expression asked in many ways: whatever form the compiler gives a question, the answer is the same.
//!
//! The expressions are those that Saxon judges; their own value is the reference, so that no judge is needed here.
#![allow(clippy::unwrap_used)]

use super::judges::{cases, tests, verdict};

/// Questions about whether something is there; `#` is the expression.
const THERE: &[&str] = &[
    "exists((#))",
    "not(empty((#)))",
    "count((#)) > 0",
    "some $zz in (#) satisfies true()",
    "exists((#, ()))",
    "if (empty((#))) then false() else true()",
    "exists((#)[1])",
    "exists(for $zz in (#) return 1)",
];
/// The same of nodes, beside sets that change nothing.
const THERE_AS_NODES: &[&str] = &[
    "exists((#) | //zz)",
    "exists(//zz | (#))",
    "not(empty(//zz | (#) | //zy))",
    "exists((#) except //zz)",
    "exists((#) intersect (#))",
    "boolean(//zz | (#))",
    "not(not((#) | //zz))",
    "exists((#)/self::node())",
    "(#) and true()",
];
/// Questions about what is true.
const TRUE: &[&str] = &[
    "not(not((#)))",
    "if ((#)) then true() else false()",
    "(#) and true()",
    "false() or (#)",
    "every $zz in 1 satisfies (#)",
    "exists(/.[boolean((#))])",
];

#[test]
fn the_same_question_in_another_form_has_the_same_answer() {
    let mut faults = Vec::new();
    let mut n_asked = 0;
    for name in ["paths.txt", "nodes.txt", "comparisons.txt", "aggregates.txt", "strings.txt"] {
        for (expression, document) in cases(&tests().join("cases").join(name)) {
            let of = |form: &str| verdict(&form.replace('#', &expression), &document, false);
            let value = of("#");
            if value.starts_with('!') {
                continue;
            }
            let mut ask = |form: &&str, expected: &str| {
                n_asked += 1;
                let answer = of(form);
                if answer != expected {
                    faults.push(format!("{name}: {}\n    {answer}, not {expected}", form.replace('#', &expression)));
                }
            };
            let is_there = format!("xs:boolean:{}", !value.is_empty());
            THERE.iter().for_each(|form| ask(form, &is_there));
            if value.is_empty() || value.split('|').all(|it| it.starts_with("node:")) {
                THERE_AS_NODES.iter().for_each(|form| ask(form, &is_there));
            }
            let truth = of("boolean((#))");
            if !truth.starts_with('!') {
                TRUE.iter().for_each(|form| ask(form, &truth));
            }
        }
    }
    assert!(n_asked > 10_000, "{n_asked}");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}
