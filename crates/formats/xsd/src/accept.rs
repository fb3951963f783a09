//! The quick look: text and tables in; « certainly valid », or nothing, out.
//!
//! Says nothing as soon as anything is not plain; the full validator then reads the document. It never says yes to
//! what the full validator refuses: every spoilt example of the tests is tried on both.

use crate::{
    DEPTH_MAX,
    explain::HINTS,
    pack::XSLT,
    tables::{Check, Content, Simple, SimpleId, StateId, Symbol, Tables, TypeId},
    verdict::Judged,
};
use std::{borrow::Cow, collections::HashSet, ops::Range};
use xml::reader::{Event, NONE, NS_XSI, Name, Ns, Reader, is_blank, is_nc_name};

/// Which part of `text` is certainly valid; `None` when we are not sure.
pub(crate) fn accept(tables: &Tables, text: &str) -> Option<Judged> {
    let mut reader = Reader::of_utf8(text, DEPTH_MAX).ok()?;
    let mut run = Run {
        tables,
        namespaces: Vec::new(),
        frames: Vec::with_capacity(64),
        skipped: 0,
        lax: false,
        ids: HashSet::new(),
        idrefs: Vec::new(),
        embedded: None,
        embedded_from: 0,
    };
    loop {
        match reader.event().ok()? {
            Event::Start => run.start(&reader)?,
            Event::Text(text) => run.text(text)?,
            Event::End => run.end(&reader)?,
            Event::Done => return run.done(),
        }
    }
}

/// An open element.
struct Frame<'d> {
    content: Content,
    state: StateId,
    text: Cow<'d, str>,
}

struct Run<'t, 'd> {
    tables: &'t Tables,
    /// The schema's number of each namespace of the document; `None` when it has none.
    namespaces: Vec<Option<u32>>,
    frames: Vec<Frame<'d>>,
    /// Open elements of a stylesheet around what is validated.
    skipped: usize,
    lax: bool,
    ids: HashSet<Box<str>>,
    idrefs: Vec<Box<str>>,
    embedded: Option<Range<usize>>,
    embedded_from: usize,
}

impl<'d> Run<'_, 'd> {
    fn start(&mut self, reader: &Reader<'d>) -> Option<()> {
        while self.namespaces.len() < reader.uris().len() {
            let ns = Ns::try_from(self.namespaces.len()).ok()?;
            self.namespaces.push(self.tables.namespace(reader.uri(ns)));
        }
        let symbol = self.symbol(reader.name());
        let of = match self.frames.last_mut() {
            Some(frame) => {
                let Content::Elements { .. } = frame.content else { return None };
                let step = self.tables.step(frame.state, symbol?)?;
                frame.state = step.to;
                step.of
            }
            None => {
                self.lax |= self.skipped == 0 && self.embedded.is_none() && reader.uri(reader.name().ns) == XSLT;
                match symbol.and_then(|symbol| self.tables.elements.get(&symbol)) {
                    Some(of) => {
                        self.embedded_from = reader.event_at();
                        *of
                    }
                    None => return self.skip(reader),
                }
            }
        };
        self.open(reader, of)
    }

    /// An element of a stylesheet that has no declaration.
    fn skip(&mut self, reader: &Reader<'d>) -> Option<()> {
        for attribute in reader.attributes() {
            let sure = if attribute.name.ns == NS_XSI {
                HINTS.contains(&attribute.name.local)
            } else {
                !self.symbol(attribute.name).is_some_and(|it| self.tables.attributes.contains(&it))
            };
            if !sure {
                return None;
            }
        }
        self.skipped += 1;
        self.lax.then_some(())
    }

    fn open(&mut self, reader: &Reader<'d>, declared: TypeId) -> Option<()> {
        let tables = self.tables;
        let mut id = declared;
        if reader.attributes().iter().any(|it| it.name.ns == NS_XSI) {
            for attribute in reader.attributes().iter().filter(|it| it.name.ns == NS_XSI) {
                match attribute.name.local {
                    "type" => id = self.named_type(reader, &attribute.value)?,
                    local if HINTS.contains(&local) => {}
                    _ => return None,
                }
            }
            if id != declared && !(tables.unblocked && tables.derives(id, declared)) {
                return None;
            }
        }
        let of = tables.of(id)?;
        let state = match of.content {
            Content::Unsure => return None,
            Content::Elements { start, .. } => start,
            Content::Empty | Content::Text(_) => 0,
        };
        let mut n_required = 0;
        for attribute in reader.attributes().iter().filter(|it| it.name.ns != NS_XSI) {
            let used = tables.attribute_use(of, self.symbol(attribute.name)?)?;
            n_required += usize::from(used.required);
            let simple = tables.simple(used.simple)?;
            let value = simple.read(&attribute.value);
            if let Some(fixed) = &used.fixed
                && *value != *simple.read(fixed)
            {
                return None;
            }
            self.value(simple, &value)?;
        }
        if n_required != of.n_required {
            return None;
        }
        self.frames.push(Frame { content: of.content, state, text: Cow::Borrowed("") });
        Some(())
    }

    fn named_type(&self, reader: &Reader<'d>, value: &str) -> Option<TypeId> {
        let (prefix, local) = value.split_once(':').unwrap_or(("", value));
        let ns = self.namespaces.get(usize::from(reader.lookup(prefix)?)).copied().flatten()?;
        self.tables.named_types.get(&Symbol::new(ns, self.tables.local(local)?)).copied()
    }

    /// The number of a name that the schema knows.
    fn symbol(&self, name: Name<'_>) -> Option<Symbol> {
        let ns = if name.ns == NONE { 0 } else { self.namespaces.get(usize::from(name.ns)).copied().flatten()? };
        Some(Symbol::new(ns, self.tables.local(name.local)?))
    }

    /// A value, its white space read.
    fn value(&mut self, simple: &Simple, value: &str) -> Option<()> {
        match &simple.check {
            Check::Id => (is_nc_name(value) && self.ids.insert(value.into())).then_some(()),
            Check::Idref => {
                self.idrefs.push(value.into());
                is_nc_name(value).then_some(())
            }
            Check::List(item, least) => {
                let item = self.tables.simple(*item)?;
                let mut n = 0;
                for part in value.split(' ').filter(|part| !part.is_empty()) {
                    n += 1;
                    self.value(item, part)?;
                }
                (n >= *least).then_some(())
            }
            Check::Union(members) => {
                let fits = |id: &SimpleId| self.tables.simple(*id).is_some_and(|it| it.fits(&it.read(value)));
                members.iter().any(fits).then_some(())
            }
            _ => simple.fits(value).then_some(()),
        }
    }

    fn text(&mut self, text: Cow<'d, str>) -> Option<()> {
        let Some(frame) = self.frames.last_mut() else { return self.lax.then_some(()) };
        match frame.content {
            Content::Elements { mixed: true, .. } => Some(()),
            Content::Elements { .. } => text.bytes().all(is_blank).then_some(()),
            Content::Text(_) => {
                if frame.text.is_empty() {
                    frame.text = text;
                } else {
                    frame.text.to_mut().push_str(&text);
                }
                Some(())
            }
            Content::Empty | Content::Unsure => text.is_empty().then_some(()),
        }
    }

    fn end(&mut self, reader: &Reader<'d>) -> Option<()> {
        let Some(frame) = self.frames.pop() else {
            self.skipped -= 1;
            return Some(());
        };
        match frame.content {
            Content::Elements { .. } => {
                if !self.tables.state(frame.state)?.ends {
                    return None;
                }
            }
            Content::Text(simple) => {
                let simple = self.tables.simple(simple)?;
                self.value(simple, &simple.read(&frame.text))?;
            }
            Content::Empty => {}
            Content::Unsure => return None,
        }
        if self.frames.is_empty() && self.embedded.is_none() {
            self.embedded = Some(self.embedded_from..reader.at());
        }
        Some(())
    }

    fn done(self) -> Option<Judged> {
        if !self.idrefs.iter().all(|it| self.ids.contains(it)) {
            return None;
        }
        let range = self.embedded?;
        Some(if self.lax { Judged::Embedded(range) } else { Judged::Whole })
    }
}
