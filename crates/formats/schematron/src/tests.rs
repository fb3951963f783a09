//! Schemas that would grow without end are refused; contexts that only later versions of XSLT call patterns fire.
#![allow(clippy::unwrap_used)]

use crate::{CheckOptions, Files, FindingCode, Options, compile};
use std::fmt::Write;
use std::io::BufRead;

struct One(String);

impl Files for One {
    fn open(&self, name: &str) -> std::io::Result<Option<Box<dyn BufRead + '_>>> {
        Ok((name == "0.sch").then(|| Box::new(self.0.as_bytes()) as Box<dyn BufRead>))
    }

    fn size_bytes(&self, name: &str) -> Option<u64> {
        (name == "0.sch").then_some(self.0.len() as u64)
    }
}

/// How a schema with this content is refused, or the findings about it.
fn compiled(content: &str) -> Result<Vec<FindingCode>, FindingCode> {
    let schema = format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' \
         queryBinding='xslt2'><ns prefix='f' uri='urn:f'/>{content}</schema>"
    );
    let ruleset = compile(&One(schema), &|_| None, &["0.sch"], &Options::default()).map_err(|it| it.code)?;
    Ok(ruleset.findings(0).iter().map(|it| it.code).collect())
}

#[test]
fn rules_that_extend_each_other_twice_are_refused() {
    let rules = (0..40).fold(String::new(), |mut all, n| {
        let next = n + 1;
        let _ =
            write!(all, "<rule abstract='true' id='r{n}'><extends rule='r{next}'/><extends rule='r{next}'/></rule>");
        all
    });
    let pattern = format!("<pattern>{rules}<rule context='a'><extends rule='r0'/></rule></pattern>");
    assert_eq!(compiled(&pattern), Err(FindingCode::Unreadable));
}

#[test]
fn a_schema_that_includes_itself_twice_ends() {
    let include = "<include href='0.sch'/>".repeat(2);
    let findings = compiled(&include).unwrap();
    assert!(findings.contains(&FindingCode::Missing), "{} findings", findings.len());
}

#[test]
fn parameters_that_double_each_other_are_refused() {
    let parameters = (10..60).fold(String::new(), |mut all, n| {
        let _ = write!(all, "<param name='p{n}' value='$p{next}$p{next}'/>", next = n + 1);
        all
    });
    let patterns = format!(
        "<pattern abstract='true' id='p'><rule context='a'><assert test='$p10'/></rule></pattern>\
         <pattern is-a='p'>{parameters}</pattern>"
    );
    assert_eq!(compiled(&patterns), Err(FindingCode::Unreadable));
}

#[test]
fn functions_of_too_many_variables_are_not_supported() {
    let function =
        |content: &str| format!("<xsl:function name='f:f'>{content}<xsl:sequence select='1'/></xsl:function>");
    let variables = |n: usize| "<xsl:variable name='v' select='1'/>".repeat(n);
    let branches = |n: usize| "<xsl:when test='1'><xsl:sequence select='1'/></xsl:when>".repeat(n);
    assert_eq!(compiled(&function(&variables(20))), Ok(vec![]));
    assert_eq!(compiled(&function(&variables(50_000))), Ok(vec![FindingCode::Unsupported]));
    assert_eq!(compiled(&function(&format!("<xsl:choose>{}</xsl:choose>", branches(20)))), Ok(vec![]));
    let many = function(&format!("<xsl:choose>{}</xsl:choose>", branches(50_000)));
    assert_eq!(compiled(&many), Ok(vec![FindingCode::Unsupported]));
}

#[test]
fn a_test_past_its_bounds_is_not_evaluable() {
    let twice = "let $x := concat($x, $x) return ".repeat(40);
    let schema = format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron' queryBinding='xslt2'><pattern><rule context='a'>\
         <assert test=\"let $x := 'abcdefgh' return {twice} $x = ''\">1</assert><assert test='false()'>2</assert>\
         </rule></pattern></schema>"
    );
    let files = One(schema);
    let ruleset = compile(&files, &|_| None, &["0.sch"], &Options::default()).unwrap();
    let document = crate::Document::parse(b"<a/>", ruleset.names(), &crate::Limits::default()).unwrap();
    let library = ruleset.library(Box::new(One(String::new())));
    let report = ruleset.check(&document, &library, &CheckOptions::default());
    let found = &report.schemas[0];
    assert_eq!((found.failed.len(), found.not_evaluable.len()), (1, 1));
    assert!(found.not_evaluable[0].error.as_ref().is_some_and(|it| it.code == "LIMIT"));
}

#[test]
fn a_context_in_parentheses_stands_for_each_of_its_paths() {
    let rule = |context: &str| {
        format!(
            "<pattern><let name='wanted' value='true()'/><rule context='{context}'><report test='true()'/></rule></pattern>"
        )
    };
    let fired = |context: &str| {
        let schema = format!(
            "<schema xmlns='http://purl.oclc.org/dsdl/schematron' queryBinding='xslt2'>{}</schema>",
            rule(context)
        );
        let ruleset = compile(&One(schema), &|_| None, &["0.sch"], &Options::default()).unwrap();
        assert!(ruleset.findings(0).is_empty(), "{context}");
        let document = b"<r><a><c/><c n='1'/></a><b><c/></b><d><c/></d></r>";
        let document = crate::Document::parse(document, ruleset.names(), &crate::Limits::default()).unwrap();
        let library = ruleset.library(Box::new(One(String::new())));
        let report = ruleset.check(&document, &library, &CheckOptions::default());
        report.schemas[0].reports.iter().map(|it| document.position(it.node).1).collect::<Vec<_>>()
    };
    assert_eq!(fired("a/c | b/c"), fired("(a | b)/c"));
    assert_eq!(fired("(a | b)/c").len(), 3);
    assert_eq!(fired("(/r/a | /r/b)[$wanted]/c").len(), 3);
    assert_eq!(fired("(a/c | b/c)[@n]").len(), 1);
    assert_eq!(fired("((a | b)/c | d)[not(@n)]").len(), 3);
    assert_eq!(fired("(a | b)[not($wanted)]/c").len(), 0);
}
