//! Functions written in XSLT beside the rules: parameters, variables, choices and values, as one expression each.

use super::Compiler;
use crate::expand::Expanded;
use crate::ruleset::SchemaInfo;
use crate::source::{Content, Element, XSLT};
use crate::{Finding, FindingCode};
use xpath::{FunctionSource, Scope};

/// Instructions and variables inside each other.
const DEPTH: usize = 150;
/// Bytes of one expression.
const LENGTH: usize = 1 << 20;

impl Compiler {
    /// Declares every function first, so that they may call each other.
    pub(super) fn functions(&mut self, schema: &Expanded, scope: &Scope, info: &mut SchemaInfo) {
        let mut sources = Vec::new();
        for function in &schema.functions {
            match source_of(function) {
                Ok(source) => sources.push((source, function)),
                Err(what) => refuse(function, what, info),
            }
        }
        for (source, function) in &sources {
            if let Err(error) = self.program.declare(&mut self.names, scope, source) {
                refuse(function, error.to_string(), info);
            }
        }
        for (source, function) in &sources {
            if let Err(error) = self.program.define(&mut self.names, scope, source) {
                refuse(function, error.to_string(), info);
            }
        }
    }
}

fn refuse(function: &Element, what: String, info: &mut SchemaInfo) {
    let name = function.get("name").unwrap_or_default();
    let what = format!("the function {name}: {what}");
    info.findings.push(Finding { code: FindingCode::Unsupported, place: function.place.clone(), what });
}

fn source_of(function: &Element) -> Result<FunctionSource, String> {
    let mut parameters = Vec::new();
    for parameter in function.elements().filter(|it| is(it, "param")) {
        let name = parameter.get("name").ok_or("a parameter without name")?;
        parameters.push((name.to_owned(), parameter.get("as").map(str::to_owned)));
    }
    Ok(FunctionSource {
        name: function.get("name").ok_or("no name")?.to_owned(),
        parameters,
        result: function.get("as").map(str::to_owned),
        body: body_of(&function.content, 0)?,
    })
}

fn is(element: &Element, local: &str) -> bool {
    &*element.namespace == XSLT && &*element.local == local
}

/// A sequence constructor as an expression: variables bind what follows them, the rest is a sequence.
fn body_of(content: &[Content], depth: usize) -> Result<String, String> {
    if depth > DEPTH {
        return Err(format!("more than {DEPTH} instructions and variables inside each other"));
    }
    let mut parts: Vec<String> = Vec::new();
    for (place, it) in content.iter().enumerate() {
        let element = match it {
            Content::Text(text) if text.trim().is_empty() => continue,
            Content::Text(text) => {
                parts.push(text_node(text));
                continue;
            }
            Content::Element(element) => element,
        };
        if is(element, "param") {
            continue;
        }
        if is(element, "variable") {
            let name = element.get("name").ok_or("a variable without name")?;
            let value = value_of(element, depth)?;
            let rest = body_of(&content[place + 1..], depth + 1)?;
            parts.push(short(format!("(let ${name} := ({value}) return ({rest}))"))?);
            return Ok(parts.join(", "));
        }
        parts.push(instruction(element, depth)?);
    }
    short(parts.join(", "))
}

fn short(source: String) -> Result<String, String> {
    if source.len() > LENGTH { Err("an expression too long to read".into()) } else { Ok(source) }
}

fn instruction(element: &Element, depth: usize) -> Result<String, String> {
    if is(element, "sequence") {
        return Ok(format!("({})", element.get("select").ok_or("xsl:sequence without select")?));
    }
    if is(element, "value-of") {
        let between = literal(element.get("separator").unwrap_or(" "));
        // A text node, which atomizes to an untyped value.
        let joined =
            format!("string-join(for $x.y in data(({})) return string($x.y), {between})", value_of(element, depth)?);
        return Ok(format!("xs:untypedAtomic({joined})"));
    }
    if is(element, "text") {
        return Ok(text_node(&element.text()));
    }
    if is(element, "if") {
        let test = element.get("test").ok_or("xsl:if without test")?;
        return Ok(format!("(if ({test}) then ({}) else ())", body_of(&element.content, depth + 1)?));
    }
    if is(element, "choose") {
        if element.elements().count() > DEPTH {
            return Err(format!("a choice of more than {DEPTH} branches"));
        }
        let mut source = "()".to_owned();
        for branch in element.elements().collect::<Vec<_>>().into_iter().rev() {
            let body = body_of(&branch.content, depth + 1)?;
            source = short(match branch.get("test") {
                Some(test) => format!("(if ({test}) then ({body}) else ({source}))"),
                None => format!("({body})"),
            })?;
        }
        return Ok(source);
    }
    Err(format!("xsl:{} is not supported", element.local))
}

fn value_of(element: &Element, depth: usize) -> Result<String, String> {
    match element.get("select") {
        Some(select) => Ok(select.to_owned()),
        None => body_of(&element.content, depth + 1),
    }
}

fn text_node(text: &str) -> String {
    format!("xs:untypedAtomic({})", literal(text))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
