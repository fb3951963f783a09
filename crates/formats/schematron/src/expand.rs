//! From a schema as written to one without abstraction: patterns instantiated, rules extended, phase chosen.

use crate::source::{Content, Element, Place, Reader};
use crate::{Finding, FindingCode};
use std::collections::HashMap;

/// Extensions inside each other.
const DEPTH: usize = 50;
/// Checks of one schema after expansion.
const CHECKS: usize = 1_000_000;
/// Elements of its rules after expansion, those that say nothing included.
const PARTS: usize = 2_000_000;
/// Bytes of its texts after expansion.
const TEXT_BYTES: usize = 512 << 20;
/// Bytes of one text.
const LENGTH: usize = 1 << 20;

/// A schema whose every rule stands for itself.
pub(crate) struct Expanded {
    pub(crate) title: String,
    pub(crate) binding: String,
    pub(crate) namespaces: Vec<(String, String)>,
    /// Variables of the schema, of the phase and of the patterns: one scope, as the XSLT implementations have it.
    pub(crate) lets: Vec<Let>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) diagnostics: HashMap<String, Vec<Content>>,
    pub(crate) functions: Vec<Element>,
}

#[derive(Clone, Debug)]
pub(crate) struct Let {
    pub(crate) name: String,
    pub(crate) value: LetValue,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum LetValue {
    Expression(String),
    Text(String),
}

pub(crate) struct Pattern {
    /// Its id, else its place among the patterns of the schema, from 1.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) rules: Vec<Rule>,
}

pub(crate) struct Rule {
    pub(crate) id: Option<String>,
    pub(crate) context: String,
    pub(crate) role: Option<String>,
    pub(crate) flag: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) lets: Vec<Let>,
    pub(crate) checks: Vec<Check>,
    pub(crate) place: Place,
}

pub(crate) struct Check {
    pub(crate) is_report: bool,
    pub(crate) test: String,
    pub(crate) id: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) flag: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) diagnostics: Vec<String>,
    pub(crate) message: Vec<Content>,
    pub(crate) place: Place,
}

/// Expands a schema; `phase` is one of its phases, `#ALL`, or none for its own choice.
pub(crate) fn expand(schema: &Element, phase: Option<&str>, reader: &mut Reader<'_>) -> Result<Expanded, Finding> {
    let fail = |code, what: &str| Finding { code, place: schema.place.clone(), what: what.into() };
    if !schema.is("schema") {
        return Err(fail(FindingCode::Unreadable, "the root element is not sch:schema"));
    }
    let phase = match phase {
        Some(phase) => phase,
        None => schema.get("defaultPhase").unwrap_or("#ALL"),
    };
    let active = match phase {
        "#ALL" => None,
        _ => match schema.all("phase").find(|it| it.get("id") == Some(phase)) {
            Some(phase) => Some(phase),
            None => return Err(fail(FindingCode::Unreadable, &format!("the phase {phase} is not defined"))),
        },
    };
    let is_active = |id: Option<&str>| match active {
        None => true,
        Some(phase) => phase.all("active").any(|it| it.get("pattern").is_some() && it.get("pattern") == id),
    };
    let mut expansion = Expansion { abstract_rules: HashMap::new(), n_checks: 0, n_parts: 0, n_text_bytes: 0, reader };
    for holder in schema.elements().filter(|it| it.is("pattern") || it.is("rules")) {
        for rule in holder.all("rule").filter(|it| is_abstract(it)) {
            expansion.abstract_rules.entry(rule.get("id").unwrap_or_default()).or_default().push(rule);
        }
    }
    let mut lets = expansion.lets(schema);
    lets.extend(active.map(|phase| expansion.lets(phase)).unwrap_or_default());
    let mut patterns = Vec::new();
    let concrete = schema.all("pattern").filter(|it| !is_abstract(it));
    for (place, pattern) in concrete.enumerate() {
        let name = pattern.get("id").map_or_else(|| (place + 1).to_string(), str::to_owned);
        if is_active(pattern.get("id")) {
            expansion.pattern(schema, pattern, name, &mut patterns, &mut lets)?;
        }
    }
    expansion.unsupported(schema);
    let namespaces = schema.all("ns").filter_map(|it| Some((it.get("prefix")?.to_owned(), it.get("uri")?.to_owned())));
    let diagnostics = schema.all("diagnostics").chain(schema.all("pattern").flat_map(|it| it.all("diagnostics")));
    let diagnostics = diagnostics.flat_map(|it| it.all("diagnostic"));
    Ok(Expanded {
        title: schema.all("title").next().map(|it| normalized(&it.text())).unwrap_or_default(),
        binding: schema.get("queryBinding").unwrap_or("xslt").to_lowercase(),
        namespaces: namespaces.collect(),
        lets,
        patterns,
        diagnostics: diagnostics.filter_map(|it| Some((it.get("id")?.to_owned(), it.content.clone()))).collect(),
        functions: schema
            .elements()
            .filter(|it| &*it.namespace == crate::source::XSLT && &*it.local == "function")
            .cloned()
            .collect(),
    })
}

fn is_abstract(element: &Element) -> bool {
    element.get("abstract") == Some("true")
}

/// White space as one space between words, as readers see it.
pub(crate) fn normalized(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Expansion<'s, 'r, 'f> {
    abstract_rules: HashMap<&'s str, Vec<&'s Element>>,
    n_checks: usize,
    n_parts: usize,
    n_text_bytes: usize,
    reader: &'r mut Reader<'f>,
}

/// Parameters of an abstract pattern, longest names first, so that none hides in another.
type Parameters<'s> = Vec<(&'s str, &'s str)>;

impl<'s> Expansion<'s, '_, '_> {
    fn pattern(
        &mut self,
        schema: &'s Element,
        pattern: &'s Element,
        name: String,
        patterns: &mut Vec<Pattern>,
        lets: &mut Vec<Let>,
    ) -> Result<(), Finding> {
        let mut parameters: Parameters<'s> = Vec::new();
        let body = match pattern.get("is-a") {
            None => pattern,
            Some(wanted) => {
                parameters.extend(pattern.all("param").filter_map(|it| Some((it.get("name")?, it.get("value")?))));
                parameters.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
                match schema.all("pattern").find(|it| is_abstract(it) && it.get("id") == Some(wanted)) {
                    Some(body) => body,
                    None => {
                        let what = format!("the abstract pattern {wanted} is not defined");
                        self.reader.note(FindingCode::Unsupported, &pattern.place, what);
                        return Ok(());
                    }
                }
            }
        };
        if body.get("documents").or(pattern.get("documents")).is_some() {
            let what = "patterns over other documents (documents=…) are not supported".to_owned();
            self.reader.note(FindingCode::Unsupported, &pattern.place, what);
            return Ok(());
        }
        self.unsupported(body);
        for found in self.lets(body) {
            lets.push(self.substituted_let(found, &parameters)?);
        }
        let mut rules = Vec::new();
        for rule in body.all("rule").filter(|it| !is_abstract(it)) {
            let mut expanded = Rule {
                id: rule.get("id").map(str::to_owned),
                context: self.substituted(rule.get("context").unwrap_or_default(), &parameters, &rule.place)?,
                role: rule.get("role").map(str::to_owned),
                flag: rule.get("flag").map(str::to_owned),
                subject: rule.get("subject").map(str::to_owned),
                lets: Vec::new(),
                checks: Vec::new(),
                place: rule.place.clone(),
            };
            self.fill(rule, &parameters, &mut expanded, 0)?;
            rules.push(expanded);
        }
        let title = pattern.all("title").chain(body.all("title")).next();
        patterns.push(Pattern { name, title: title.map(|it| normalized(&it.text())).unwrap_or_default(), rules });
        Ok(())
    }

    /// Takes the content of a rule, extensions in place.
    fn fill(
        &mut self,
        from: &'s Element,
        parameters: &Parameters<'_>,
        into: &mut Rule,
        depth: usize,
    ) -> Result<(), Finding> {
        let too_much = |what: String| Finding { code: FindingCode::Unreadable, place: from.place.clone(), what };
        if depth > DEPTH {
            return Err(too_much(format!("more than {DEPTH} extensions inside each other")));
        }
        for child in from.elements() {
            self.n_parts += 1;
            if self.n_parts > PARTS {
                return Err(too_much(format!("more than {PARTS} elements of rules")));
            }
            match &*child.local {
                "let" if child.is("let") => {
                    if let Some(it) = self.let_of(child) {
                        into.lets.push(self.substituted_let(it, parameters)?);
                    }
                }
                "assert" | "report" if child.is(&child.local) => {
                    self.n_checks += 1;
                    if self.n_checks > CHECKS {
                        return Err(too_much(format!("more than {CHECKS} checks")));
                    }
                    into.checks.push(self.check(child, parameters)?);
                }
                "extends" if child.is("extends") => {
                    let wanted = child.get("rule").unwrap_or_default();
                    match self.abstract_rules.get(wanted).cloned() {
                        None => {
                            let what = format!("the abstract rule {wanted} is not defined");
                            self.reader.note(FindingCode::Unsupported, &child.place, what);
                        }
                        Some(rules) => {
                            for rule in rules {
                                self.fill(rule, parameters, into, depth + 1)?;
                            }
                        }
                    }
                }
                _ => self.refuse_foreign(child),
            }
        }
        Ok(())
    }

    fn lets(&mut self, holder: &Element) -> Vec<Let> {
        holder.all("let").filter_map(|it| self.let_of(it)).collect()
    }

    fn let_of(&mut self, element: &Element) -> Option<Let> {
        let name = element.get("name")?.to_owned();
        let value = match element.get("value") {
            Some(value) => LetValue::Expression(value.to_owned()),
            None if element.elements().next().is_none() => LetValue::Text(element.text()),
            None => {
                let what = format!("the variable {name} holds elements, which is not supported");
                self.reader.note(FindingCode::Unsupported, &element.place, what);
                return None;
            }
        };
        Some(Let { name, value, place: element.place.clone() })
    }

    /// Foreign elements that change what a schema means are said; others (documentation) are passed over.
    fn unsupported(&mut self, holder: &Element) {
        for child in holder.elements() {
            self.refuse_foreign(child);
        }
    }

    fn refuse_foreign(&mut self, element: &Element) {
        let is_function = &*element.local == "function";
        if &*element.namespace == crate::source::XSLT && !is_function {
            let what = format!("xsl:{} is not supported", element.local);
            self.reader.note(FindingCode::Unsupported, &element.place, what);
        }
    }

    fn check(&mut self, element: &Element, parameters: &Parameters<'_>) -> Result<Check, Finding> {
        Ok(Check {
            is_report: element.is("report"),
            test: self.substituted(element.get("test").unwrap_or_default(), parameters, &element.place)?,
            id: element.get("id").map(str::to_owned),
            role: element.get("role").map(str::to_owned),
            flag: element.get("flag").map(str::to_owned),
            subject: element.get("subject").map(str::to_owned),
            diagnostics: element.get("diagnostics").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            message: self.substituted_content(&element.content, parameters, &element.place)?,
            place: element.place.clone(),
        })
    }

    /// A text with the parameters put in place; too long a text, or too much of it, is refused.
    fn substituted(&mut self, text: &str, parameters: &Parameters<'_>, place: &Place) -> Result<String, Finding> {
        let too_much = |what: String| Finding { code: FindingCode::Unreadable, place: place.clone(), what };
        let mut all = text.to_owned();
        for (name, value) in parameters {
            if !all.contains('$') {
                break;
            }
            let written = format!("${name}");
            let n_places = all.matches(&written).count();
            if n_places > 0 && all.len().saturating_add(n_places.saturating_mul(value.len())) > LENGTH {
                return Err(too_much(format!("an expression longer than {LENGTH} bytes with its parameters in place")));
            }
            all = all.replace(&written, value);
        }
        self.n_text_bytes += all.len();
        if self.n_text_bytes > TEXT_BYTES {
            return Err(too_much(format!("more than {TEXT_BYTES} bytes of rules")));
        }
        Ok(all)
    }

    fn substituted_let(&mut self, mut it: Let, parameters: &Parameters<'_>) -> Result<Let, Finding> {
        match &mut it.value {
            LetValue::Expression(value) => *value = self.substituted(value, parameters, &it.place)?,
            LetValue::Text(text) => _ = self.substituted(text, &Vec::new(), &it.place)?,
        }
        Ok(it)
    }

    fn substituted_content(
        &mut self,
        content: &[Content],
        parameters: &Parameters<'_>,
        place: &Place,
    ) -> Result<Vec<Content>, Finding> {
        let each = content.iter().map(|it| match it {
            Content::Text(text) => self.substituted(text, &Vec::new(), place).map(Content::Text),
            Content::Element(element) => {
                let mut element = Element {
                    content: self.substituted_content(&element.content, parameters, place)?,
                    namespace: element.namespace.clone(),
                    local: element.local.clone(),
                    attributes: element.attributes.clone(),
                    place: element.place.clone(),
                };
                for (name, value) in &mut element.attributes {
                    if matches!(&**name, "select" | "path") {
                        *value = self.substituted(value, parameters, place)?;
                    }
                }
                Ok(Content::Element(element))
            }
        });
        each.collect()
    }
}
