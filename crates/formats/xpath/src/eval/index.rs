//! Look-ups: whether a document holds a node with these keys, without walking through it each time.

use super::{Context, Focus, Run};
use crate::cast;
use crate::error::{Error, Res};
use crate::expr::{Expr, ExprId, Key, LookupIn, Order, Step};
use crate::index::{BETWEEN, TextSet, is_streamable, stream};
use crate::library::resolve;
use crate::tree::{Document, NodeId};
use crate::types::Type;
use crate::value::{Atomic, Flow, NodeRef};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The index of one look-up in the main document.
pub(super) type Own = TextSet;

/// Names inside the pack by names as written.
type NamesAsWritten = HashMap<Box<str>, Option<Rc<str>>, RandomState>;
/// Ways to take one value of each key of a look-up, beyond which the nodes are gone through.
const COMBINATIONS: usize = 100_000;

/// What was found for each file, or for each folder.
type ByName<T> = Vec<(Rc<str>, T)>;

/// What the library answered in this run.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By folder and name as written; the folder by its place in memory, which stays during a run.
    names: HashMap<usize, NamesAsWritten, RandomState>,
    available: HashMap<Rc<str>, bool, RandomState>,
    /// Indexes of one look-up, by the name of the file.
    indexes: HashMap<ExprId, ByName<Arc<TextSet>>, RandomState>,
    /// Sets by expression and folder.
    sets: HashMap<ExprId, ByName<Option<Arc<TextSet>>>, RandomState>,
}

impl<'d> Run<'d> {
    pub(super) fn lookup(
        &self,
        id: ExprId,
        within: LookupIn,
        steps: &[Step],
        keys: &[(Key, ExprId)],
        plain: ExprId,
        cx: &Context<'_, 'd>,
    ) -> Res<bool> {
        if within == LookupIn::Own && !self.is_on_main(cx) {
            return self.truth(plain, cx);
        }
        let mut wanted: Vec<Vec<Atomic<'d>>> = Vec::with_capacity(keys.len());
        for (_, value) in keys {
            let atoms = self.atoms(*value, cx)?;
            if !atoms.iter().all(is_textual) {
                // Numbers and dates compare by value, not by text.
                return self.truth(plain, cx);
            }
            wanted.push(atoms);
        }
        if wanted.iter().fold(1_usize, |n, values| n.saturating_mul(values.len().max(1))) > COMBINATIONS {
            return self.truth(plain, cx);
        }
        let parts: Vec<Key> = keys.iter().map(|(key, _)| *key).collect();
        match within {
            LookupIn::Own => {
                let known = self.indexes.borrow().get(&id).cloned();
                let index = match known {
                    Some(index) => index,
                    None => {
                        let index = Rc::new(self.index_of(self.main, 0, steps, &parts)?);
                        self.indexes.borrow_mut().insert(id, index.clone());
                        index
                    }
                };
                Ok(self.is_among(&index, &wanted))
            }
            LookupIn::Named(name) => {
                let Some(name) = self.document_name(name, cx)? else { return Ok(false) };
                let known = self.files.borrow().indexes.get(&id).and_then(|all| found(all, &name));
                let index = match known {
                    Some(index) => index,
                    None => {
                        let index = self.library.index(&name, id, || self.index_file(&name, steps, &parts))?;
                        self.files.borrow_mut().indexes.entry(id).or_default().push((name.clone(), index.clone()));
                        index
                    }
                };
                Ok(self.is_among(&index, &wanted))
            }
        }
    }

    fn index_file(&self, name: &str, steps: &[Step], keys: &[Key]) -> Res<TextSet> {
        if self.library.is_large(name) && is_streamable(steps, keys) {
            return stream(self.library.reader(name)?, self.library.names(), steps, keys);
        }
        let document = self.library.parse(name)?;
        self.index_apart(&document, steps, keys)
    }

    /// `doc-available`.
    pub(super) fn is_available(&self, name: &str, cx: &Context<'_, 'd>) -> bool {
        let Some(name) = self.resolved(name, cx) else { return false };
        if let Some(known) = self.files.borrow().available.get(&*name) {
            return *known;
        }
        let found = self.library.is_available(&name);
        self.files.borrow_mut().available.insert(name, found);
        found
    }

    /// A name inside the pack from one as written; none when it leads outside.
    fn resolved(&self, name: &str, cx: &Context<'_, 'd>) -> Option<Rc<str>> {
        let folder = cx.frame.base.as_ptr() as usize;
        if let Some(known) = self.files.borrow().names.get(&folder).and_then(|it| it.get(name)) {
            return known.clone();
        }
        let found: Option<Rc<str>> = resolve(cx.frame.base, name).map(Rc::from);
        self.files.borrow_mut().names.entry(folder).or_default().insert(name.into(), found.clone());
        found
    }

    /// The name of a document inside the pack, from the argument of `doc()`.
    pub(super) fn document_name(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<Rc<str>>> {
        let Some(atom) = self.atom(id, cx)? else { return Ok(None) };
        let name = cast::text(&atom);
        match self.resolved(&name, cx) {
            Some(name) => Ok(Some(name)),
            None => Err(Error::new("FODC0002", "a document outside the pack")),
        }
    }

    fn is_among(&self, index: &TextSet, wanted: &[Vec<Atomic<'d>>]) -> bool {
        let mut scratch = self.scratch.borrow_mut();
        scratch.clear();
        any_key(wanted, &mut scratch, &mut |key| index.contains(key))
    }

    /// An index over a document that is not one of this run.
    fn index_apart(&self, document: &Document, steps: &[Step], keys: &[Key]) -> Res<TextSet> {
        let opened = super::Opened::default();
        let bounds = super::Bounds::default();
        let mut run = Run::new(self.program, self.library, document, &opened, &bounds);
        run.left = super::bounds::Left::within(&bounds, &self.left);
        run.index_of(document, 0, steps, keys)
    }

    fn index_of(&self, document: &Document, number: u32, steps: &[Step], keys: &[Key]) -> Res<TextSet> {
        let root = NodeRef { document: number, node: NodeId::DOCUMENT };
        let frame = super::Frame::plain(NodeId::DOCUMENT, "");
        let cx = Context { focus: Focus::Node(root), ..frame.context() };
        let mut set = TextSet::default();
        self.path(None, steps, Order::Lost, &cx, &mut |node| {
            let values: Vec<Vec<Atomic<'_>>> = keys.iter().map(|key| values_of(document, node.node, *key)).collect();
            let mut n_bytes = 0;
            any_key(&values, &mut String::new(), &mut |key| {
                n_bytes += key.len();
                if self.has_room(n_bytes).is_ok() {
                    set.insert(key);
                }
                false
            });
            self.make_text(n_bytes)?;
            Ok(Flow::Go)
        })?;
        Ok(set.shrink())
    }

    /// `left = set` where the set only depends on files.
    pub(super) fn in_set(&self, left: ExprId, set: ExprId, plain: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        let known = self.files.borrow().sets.get(&set).and_then(|all| found(all, cx.frame.base));
        let known = match known {
            Some(known) => known,
            None => {
                let known = self.library.set(cx.frame.base, set, || self.texts_of(set, cx.frame.base))?;
                self.files.borrow_mut().sets.entry(set).or_default().push((cx.frame.base.into(), known.clone()));
                known
            }
        };
        let Some(known) = known else { return self.truth_of_comparison(plain, cx) };
        let mut found = false;
        let mut is_textual_only = true;
        self.each_atom(left, cx, &mut |atom| {
            is_textual_only &= is_textual(&atom);
            found = is_textual_only && known.contains(&cast::text(&atom));
            Ok(if found || !is_textual_only { Flow::Stop } else { Flow::Go })
        })?;
        if is_textual_only { Ok(found) } else { self.truth_of_comparison(plain, cx) }
    }

    /// The values of an expression that only depends on files; none unless all are texts.
    fn texts_of(&self, set: ExprId, base: &str) -> Res<Option<TextSet>> {
        let opened = super::Opened::default();
        let empty = Arc::new(
            Document::parse(b"<none/>", self.library.names(), &crate::tree::Limits::default())
                .map_err(|error| Error::new("LIMIT", error.to_string()))?,
        );
        let bounds = super::Bounds::default();
        let mut run = Run::new(self.program, self.library, &empty, &opened, &bounds);
        run.left = super::bounds::Left::within(&bounds, &self.left);
        let mut texts = TextSet::default();
        let mut is_textual_only = true;
        run.each_atom(set, &super::Frame::plain(NodeId::DOCUMENT, base).context(), &mut |atom| {
            is_textual_only &= is_textual(&atom);
            let text = cast::text(&atom);
            run.make_text(text.len())?;
            texts.insert(&text);
            Ok(Flow::Go)
        })?;
        Ok(is_textual_only.then(|| texts.shrink()))
    }

    fn truth_of_comparison(&self, plain: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        match self.program.expr(plain) {
            Expr::General(op, a, b) => self.general(*op, *a, *b, cx),
            _ => self.truth(plain, cx),
        }
    }
}

fn found<T: Clone>(all: &[(Rc<str>, T)], name: &str) -> Option<T> {
    all.iter().find(|(it, _)| **it == *name).map(|(_, value)| value.clone())
}

fn is_textual(atom: &Atomic<'_>) -> bool {
    atom.set() & (Type::UNTYPED | Type::STRING | Type::URI) != 0
}

fn values_of<'x>(document: &'x Document, node: NodeId, key: Key) -> Vec<Atomic<'x>> {
    let wanted = |it: &NodeId| match key {
        Key::Attribute(name) => document.node(*it).name == name,
        Key::Text => document.kind(*it) == crate::tree::Kind::Text,
    };
    let untyped = |it: NodeId| Atomic::Untyped(document.string_value(it).into());
    match key {
        Key::Attribute(_) => document.attributes(node).filter(wanted).map(untyped).collect(),
        Key::Text => document.children(node).filter(wanted).map(untyped).collect(),
    }
}

/// Every way to take one value of each key, joined; stops at the first that is accepted.
fn any_key(values: &[Vec<Atomic<'_>>], key: &mut String, accept: &mut dyn FnMut(&str) -> bool) -> bool {
    let [first, rest @ ..] = values else { return accept(key) };
    let length = key.len();
    for value in first {
        key.push_str(&cast::text(value));
        if !rest.is_empty() {
            key.push(BETWEEN);
        }
        if any_key(rest, key, accept) {
            return true;
        }
        key.truncate(length);
    }
    false
}
