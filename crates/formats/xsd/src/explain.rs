//! The full validator: text in, every error with its rule and its place out.
//!
//! Feeds what our reader reads to `xsd-schema`, so that one definition of well-formed holds everywhere.

use crate::{
    DEPTH_MAX, ERRORS_MAX,
    pack::XSLT,
    uri,
    verdict::{Judged, Places, Verdict, XsdError},
};
use std::{cell::RefCell, ops::Range};
use xml::reader::{Event, NS_XSI, Name, Reader, Refused, is_blank};
use xsd_schema::{
    NameId, SchemaSet, TypeKey,
    namespace::context::NamespaceContextSnapshot,
    validation::{
        self, ContentType, SchemaValidator, ValidationError, ValidationFlags, ValidationRoot, ValidationRuntime,
        ValidationSink, ValidationWarning,
    },
};

/// Attributes that name schemas: hints (part 1, §4.3.2), which we do not follow. The library refuses late ones.
pub(crate) const HINTS: [&str; 2] = ["schemaLocation", "noNamespaceSchemaLocation"];
/// Longest chain of derivations followed.
const DERIVATIONS_MAX: usize = 100;

/// The verdict on `text` against `set`.
pub(crate) fn explain(set: &SchemaSet, text: &str) -> Verdict {
    let found = RefCell::new(Vec::new());
    let validator = SchemaValidator::new(set, ValidationFlags::empty());
    let mut run = Run {
        set,
        text,
        found: &found,
        runtime: validator.start_run(Sink { found: &found }),
        places: Places::new(text),
        errors: Vec::new(),
        truncated: false,
        lax: false,
        open: Vec::new(),
        scope: NamespaceContextSnapshot::default(),
        scoped: usize::MAX,
        embedded: None,
    };
    match run.document() {
        Ok(()) => run.verdict(),
        Err(refused) => Verdict::refused(XsdError::refused(text, refused)),
    }
}

/// Keeps what is reported until its place is known.
struct Sink<'s> {
    found: &'s RefCell<Vec<ValidationError>>,
}

impl ValidationSink for Sink<'_> {
    fn on_error(&mut self, error: ValidationError) {
        self.found.borrow_mut().push(error);
    }

    fn on_warning(&mut self, _: ValidationWarning) {}
}

/// What we keep of an open element.
struct Open {
    holds_text: bool,
    /// Its text so far, when it must be a URI.
    uri: Option<String>,
}

struct Run<'s> {
    set: &'s SchemaSet,
    text: &'s str,
    found: &'s RefCell<Vec<ValidationError>>,
    runtime: ValidationRuntime<'s, Sink<'s>>,
    places: Places<'s>,
    errors: Vec<XsdError>,
    truncated: bool,
    /// The root is a stylesheet: only what has a declaration is validated.
    lax: bool,
    /// Outermost first.
    open: Vec<Open>,
    scope: NamespaceContextSnapshot,
    /// How many bindings `scope` was made of; they only change where that number or a tag does.
    scoped: usize,
    /// The first declared element of a stylesheet: its start, its depth, its end once known.
    embedded: Option<(usize, usize, Option<usize>)>,
}

impl Run<'_> {
    fn document(&mut self) -> Result<(), Refused> {
        let mut reader = Reader::of_utf8(self.text, DEPTH_MAX)?;
        loop {
            match reader.event()? {
                Event::Start => self.start(&reader),
                Event::Text(text) => {
                    self.characters(&text);
                    self.place(reader.event_at());
                }
                Event::End => self.end(&reader),
                Event::Done => break,
            }
        }
        if let Err(error) = self.runtime.end_validation() {
            self.found.borrow_mut().push(error);
        }
        self.place(reader.at());
        Ok(())
    }

    fn start(&mut self, reader: &Reader<'_>) {
        if self.open.is_empty() && reader.uri(reader.name().ns) == XSLT {
            self.lax = true;
            self.runtime.set_validation_root(ValidationRoot::Lax);
        }
        let (local, ns) = self.name(reader, reader.name());
        if self.lax && self.embedded.is_none() && self.set.lookup_element(ns, local).is_some() {
            self.embedded = Some((reader.event_at(), self.open.len(), None));
        }
        self.enter(reader);
        let of_xsi = |local: &str| {
            let mut own = reader.attributes().iter().filter(|it| it.name.ns == NS_XSI && it.name.local == local);
            own.next().map(|it| it.value.as_ref())
        };
        let (xsi_type, xsi_nil) = (of_xsi("type"), of_xsi("nil"));
        let info = self.runtime.validate_element_by_id(local, ns, xsi_type, xsi_nil, &self.scope);
        let holds_text = !matches!(info.content_type, Some(ContentType::ElementOnly | ContentType::Empty));
        let is_uri = info.content_type == Some(ContentType::TextOnly) && self.is_uri(info.schema_type);
        self.open.push(Open { holds_text, uri: is_uri.then(String::new) });
        self.place(reader.event_at());
        for attribute in reader.attributes() {
            if attribute.name.ns == NS_XSI && HINTS.contains(&attribute.name.local) {
                continue;
            }
            let (local, ns) = self.name(reader, attribute.name);
            let info = self.runtime.validate_attribute_by_id(local, ns, &attribute.value);
            if self.is_uri(info.schema_type) {
                self.uri(&attribute.value);
            }
            self.place(attribute.at);
        }
        self.runtime.validate_end_of_attributes_novalue();
        self.place(reader.event_at());
    }

    fn characters(&mut self, text: &str) {
        if let Some(Open { uri: Some(uri), .. }) = self.open.last_mut() {
            uri.push_str(text);
        }
        if text.bytes().all(is_blank) {
            self.runtime.validate_whitespace(text);
        } else if text.trim().is_empty() && self.open.last().is_some_and(|open| !open.holds_text) {
            // The library takes a no-break space for white space; XML does not.
            self.runtime.validate_text("\u{fffd}");
        } else {
            self.runtime.validate_text(text);
        }
    }

    fn end(&mut self, reader: &Reader<'_>) {
        self.runtime.validate_end_element_novalue();
        if let Some(Open { uri: Some(uri), .. }) = self.open.pop() {
            self.uri(&uri);
        }
        self.place(reader.event_at());
        if let Some((_, depth, end @ None)) = &mut self.embedded
            && *depth == self.open.len()
        {
            *end = Some(reader.at());
        }
    }

    /// Whether a type is `xs:anyURI` or derived from it; members of lists and unions are not looked at.
    fn is_uri(&self, of: Option<TypeKey>) -> bool {
        let mut current = of;
        for _ in 0..DERIVATIONS_MAX {
            current = match current {
                Some(TypeKey::Simple(key)) if key == self.set.builtin_types().any_uri => return true,
                Some(TypeKey::Simple(key)) => self.set.arenas.get_simple_type(key).and_then(|it| it.resolved_base_type),
                Some(TypeKey::Complex(key)) => {
                    self.set.arenas.get_complex_type(key).and_then(|it| it.resolved_base_type)
                }
                None => return false,
            };
        }
        false
    }

    fn uri(&mut self, value: &str) {
        if !uri::is_reference(value) {
            let error = validation::error("cvc-datatype-valid.1.2.1", format!("Value '{value}' is not a URI"), None);
            self.found.borrow_mut().push(error);
        }
    }

    fn name(&self, reader: &Reader<'_>, name: Name<'_>) -> (NameId, Option<NameId>) {
        let uri = reader.uri(name.ns);
        let ns = (!uri.is_empty()).then(|| self.set.name_table.add(uri));
        (self.set.name_table.add(name.local), ns)
    }

    /// Brings the bindings of prefixes up to date.
    fn enter(&mut self, reader: &Reader<'_>) {
        if self.scoped == reader.generation() {
            return;
        }
        self.scoped = reader.generation();
        let names = &self.set.name_table;
        let mut bindings: Vec<(NameId, NameId)> = Vec::new();
        // The library takes the first binding of a prefix.
        for (prefix, ns) in reader.bindings().iter().rev().filter(|(prefix, _)| !prefix.is_empty()) {
            bindings.push((names.add(prefix), names.add(reader.uri(*ns))));
        }
        let default = reader.lookup("").map(|ns| reader.uri(ns)).filter(|uri| !uri.is_empty());
        self.scope = NamespaceContextSnapshot { default_ns: default.map(|uri| names.add(uri)), bindings };
    }

    /// Gives what was reported since the last event its place.
    fn place(&mut self, offset: usize) {
        for error in self.found.borrow_mut().drain(..) {
            if self.errors.len() >= ERRORS_MAX {
                self.truncated = true;
                return;
            }
            let path = error.instance_path().map(ToString::to_string);
            let placed = XsdError::new(error.constraint, error.message).at(&mut self.places, offset);
            self.errors.push(XsdError { path, ..placed });
        }
    }

    fn verdict(mut self) -> Verdict {
        let judged = match self.embedded {
            _ if !self.lax => Judged::Whole,
            Some((from, _, to)) => Judged::Embedded(Range { start: from, end: to.unwrap_or(from) }),
            None => {
                self.errors.push(XsdError::undeclared());
                Judged::Nothing
            }
        };
        Verdict { errors: self.errors, truncated: self.truncated, judged }
    }
}
