//! Calls of the function library: arguments to values, by group of functions.

mod document;
mod name;
mod sequence;
mod text;
mod time;

use super::{Context, Focus, Run, Single, Sink};
use crate::arithmetic;
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::{Expr, ExprId, NodeTest};
use crate::functions::Function;
use crate::types::AtomicType;
use crate::value::{Atomic, Flow, Item, Sequence};
use std::borrow::Cow;

/// The collation of code points, the only one there is.
const CODEPOINTS: &str = "http://www.w3.org/2005/xpath-functions/collation/codepoint";

impl<'d> Run<'d> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        use Function::*;
        match function {
            Data => self.each_atom(arguments[0], cx, &mut |atom| sink(Item::Atomic(atom))),
            Current => match cx.frame.current {
                Some(node) => sink(Item::Node(node)),
                None => Err(Error::new("XTDE1360", "there is no current item here")),
            },
            Trace | Unordered => self.each(arguments[0], cx, sink),
            Tokenize | StringToCodepoints => {
                let (tokens, held) = self.holding(|| self.texts_call(function, arguments, cx))?;
                let flow = self.push(&tokens, sink)?;
                self.give_back(held);
                Ok(flow)
            }
            IndexOf | DistinctValues | InsertBefore | Remove | Reverse | Subsequence | ZeroOrOne | OneOrMore
            | ExactlyOne | Head | Tail => self.sequence_call(function, arguments, cx, sink),
            InScopePrefixes => self.push(&self.in_scope_prefixes(arguments[0], cx)?, sink),
            Nilled | BaseUri | DocumentUri | Lang | RootOf | Id | Doc | DocAvailable | Document | GenerateId
            | StaticBaseUri => self.push(&self.document_call(function, arguments, cx)?, sink),
            _ => match self.call_one(function, arguments, cx)? {
                Some(atom) => self.push_made(atom, sink),
                None => Ok(Flow::Go),
            },
        }
    }

    /// A call of a function of which [`Function::gives_one`].
    pub(super) fn call_one(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Option<Atomic<'d>>> {
        use Function::*;
        Ok(match function {
            True => Some(Atomic::Boolean(true)),
            False => Some(Atomic::Boolean(false)),
            Not => Some(Atomic::Boolean(!self.truth(arguments[0], cx)?)),
            Boolean => Some(Atomic::Boolean(self.truth(arguments[0], cx)?)),
            Exists => Some(Atomic::Boolean(self.exists(arguments[0], cx)?)),
            Empty => Some(Atomic::Boolean(!self.exists(arguments[0], cx)?)),
            Position => match cx.focus {
                Focus::None => return Err(Error::new("XPDY0002", "there is no context item here")),
                _ => Some(Atomic::Integer(i64::from(cx.position))),
            },
            Last => match cx.focus {
                Focus::None => return Err(Error::new("XPDY0002", "there is no context item here")),
                _ => Some(Atomic::Integer(i64::from(cx.size))),
            },
            Count => Some(Atomic::Integer(self.count(arguments[0], cx)?)),
            AsString => Some(Atomic::String(match self.one_item(arguments[0], cx)? {
                None => Cow::Borrowed(""),
                Some(Item::Node(node)) => Cow::Borrowed(self.doc(node.document).string_value(node.node)),
                Some(Item::Atomic(atom)) => cast::text(&atom),
            })),
            Number => Some(Atomic::Double(match self.atom(arguments[0], cx)? {
                Some(atom) => cast::number(&atom),
                None => f64::NAN,
            })),
            Abs | Floor | Ceiling | Round | RoundHalfToEven => self.rounded(function, arguments, cx)?,
            Sum | Avg | Min | Max => self.aggregate(function, arguments, cx)?,
            Raise => return Err(self.raised(arguments, cx)),
            DefaultCollation => Some(Atomic::String(Cow::Borrowed(CODEPOINTS))),
            Concat | StringJoin | Substring | StringLength | NormalizeSpace | NormalizeUnicode | UpperCase
            | LowerCase | Translate | EncodeForUri | IriToUri | EscapeHtmlUri | SubstringBefore | SubstringAfter
            | Replace | Compare | CodepointEqual | CodepointsToString | ResolveUri | FormatNumber => {
                let before = self.holdable();
                let made = self.text_call(function, arguments, cx)?;
                self.drop_since(before);
                made
            }
            Contains | StartsWith | EndsWith | Matches => {
                Some(Atomic::Boolean(self.text_test(function, arguments, cx)?))
            }
            HasText => Some(Atomic::Boolean(self.has_text(arguments[0], cx)?)),
            DeepEqual => Some(Atomic::Boolean(self.deep_equal(arguments, cx)?)),
            NodeName
            | ResolveQName
            | QName
            | PrefixFromQName
            | LocalNameFromQName
            | NamespaceUriFromQName
            | NamespaceUriForPrefix
            | Name
            | LocalName
            | NamespaceUri => self.name_call(function, arguments, cx)?,
            _ => self.time_call(function, arguments, cx)?,
        })
    }

    fn count(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<i64> {
        if let Expr::Variable(name) = self.program.expr(id) {
            return Ok(self.variable(*name, cx)?.items().len() as i64);
        }
        let mut n_items = 0;
        self.each(id, cx, &mut |_| {
            n_items += 1;
            Ok(Flow::Go)
        })?;
        Ok(n_items)
    }

    /// At most one item; more is a type error.
    pub(super) fn one_item(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<Item<'d>>> {
        match self.single(id, cx)? {
            Single::Empty => return Ok(None),
            Single::One(item) => return Ok(Some(item)),
            Single::Unknown => {}
        }
        let mut found = None;
        self.each(id, cx, &mut |item| {
            if found.is_some() {
                return type_error("one item was expected, several were found");
            }
            found = Some(item);
            Ok(Flow::Go)
        })?;
        Ok(found)
    }

    /// At most one text, lent where a variable holds it.
    pub(super) fn lent_text<'r>(&self, id: ExprId, cx: &Context<'r, 'd>) -> Res<Option<Lent<'r, 'd>>> {
        let name = match self.program.expr(id) {
            Expr::String(text) => return Ok(Some(Lent::Made(Cow::Borrowed(text)))),
            Expr::Variable(name) => name,
            _ => return Ok(self.text(id, cx)?.map(Lent::Made)),
        };
        match self.variable(*name, cx)?.items() {
            [] => Ok(None),
            [Item::Node(node)] => Ok(Some(Lent::Made(self.doc(node.document).string_value(node.node).into()))),
            [Item::Atomic(Atomic::String(text) | Atomic::Untyped(text) | Atomic::Uri(text))] => Ok(Some(match text {
                Cow::Borrowed(text) => Lent::Made(Cow::Borrowed(text)),
                Cow::Owned(text) => Lent::Kept(text),
            })),
            [_] => type_error("a text was expected"),
            _ => type_error("one value was expected, several were found"),
        }
    }

    /// A text, empty when there is none.
    pub(super) fn lent_or_empty<'r>(&self, id: ExprId, cx: &Context<'r, 'd>) -> Res<Lent<'r, 'd>> {
        Ok(self.lent_text(id, cx)?.unwrap_or(Lent::Kept("")))
    }

    /// The atoms of an expression, looked at where they are kept.
    pub(super) fn each_lent(
        &self,
        id: ExprId,
        cx: &Context<'_, 'd>,
        sink: &mut dyn FnMut(&Atomic<'d>) -> Res<()>,
    ) -> Res<()> {
        match self.program.expr(id) {
            Expr::Sequence(parts) => {
                self.enter()?;
                parts.iter().try_for_each(|part| self.each_lent(*part, cx, sink))
            }
            Expr::Variable(name) => self.variable(*name, cx)?.items().iter().try_for_each(|item| match item {
                Item::Atomic(atom) => sink(atom),
                Item::Node(node) => sink(&self.atomize_node(*node)),
            }),
            _ => match self.single(id, cx)? {
                Single::Empty => Ok(()),
                Single::One(item) => sink(&self.atomize(&item)),
                Single::Unknown => {
                    self.each_atom(id, cx, &mut |atom| sink(&atom).map(|()| Flow::Go))?;
                    Ok(())
                }
            },
        }
    }

    /// At most one text: untyped values and addresses are taken as such.
    pub(super) fn text(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<Cow<'d, str>>> {
        match self.atom(id, cx)? {
            None => Ok(None),
            Some(Atomic::String(text) | Atomic::Untyped(text) | Atomic::Uri(text)) => Ok(Some(text)),
            Some(_) => type_error("a text was expected"),
        }
    }

    /// A text, empty when there is none.
    pub(super) fn text_or_empty(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Cow<'d, str>> {
        Ok(self.text(id, cx)?.unwrap_or_default())
    }

    /// At most one integer, untyped values converted.
    pub(super) fn integer(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<i128>> {
        match self.atom(id, cx)? {
            None => Ok(None),
            Some(Atomic::Integer(value)) => Ok(Some(i128::from(value))),
            Some(Atomic::Large(value)) => Ok(Some(*value)),
            Some(atom @ Atomic::Untyped(_)) => match cast::cast(&atom, AtomicType::Integer)? {
                Atomic::Integer(value) => Ok(Some(i128::from(value))),
                Atomic::Large(value) => Ok(Some(*value)),
                _ => type_error("an integer was expected"),
            },
            Some(_) => type_error("an integer was expected"),
        }
    }

    /// At most one double, by function conversion.
    pub(super) fn double(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<f64>> {
        match self.atom(id, cx)? {
            None => Ok(None),
            Some(atom @ Atomic::Untyped(_)) => cast::cast(&atom, AtomicType::Double).map(|it| Some(cast::number(&it))),
            Some(atom) if atom.is_numeric() => Ok(Some(cast::number(&atom))),
            Some(_) => type_error("a number was expected"),
        }
    }

    /// Checks that a collation asked for is the one there is.
    pub(super) fn collation(&self, arguments: &[ExprId], place: usize, cx: &Context<'_, 'd>) -> Res<()> {
        match arguments.get(place) {
            None => Ok(()),
            Some(id) if self.text_or_empty(*id, cx)? == CODEPOINTS => Ok(()),
            Some(_) => Err(Error::new("FOCH0002", "the only collation supported is that of code points")),
        }
    }

    fn rounded(&self, function: Function, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Res<Option<Atomic<'d>>> {
        let Some(atom) = self.atom(arguments[0], cx)? else { return Ok(None) };
        let atom = match atom {
            Atomic::Untyped(_) => cast::cast(&atom, AtomicType::Double)?,
            atom if atom.is_numeric() => atom,
            _ => return type_error("a number was expected"),
        };
        Ok(Some(match function {
            Function::Abs => arithmetic::abs(&atom)?,
            Function::Floor => arithmetic::floor(&atom)?,
            Function::Ceiling => arithmetic::ceiling(&atom)?,
            Function::Round => arithmetic::round(&atom)?,
            _ => {
                let precision = match arguments.get(1) {
                    Some(id) => self.integer(*id, cx)?.unwrap_or(0),
                    None => 0,
                };
                arithmetic::round_half_to_even(&atom, precision)?
            }
        }))
    }

    fn aggregate(&self, function: Function, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Res<Option<Atomic<'d>>> {
        let (atoms, held) = self.holding(|| self.atoms(arguments[0], cx))?;
        self.give_back(held);
        match function {
            Function::Sum if atoms.is_empty() => match arguments.get(1) {
                Some(zero) => self.atom(*zero, cx),
                None => Ok(Some(Atomic::Integer(0))),
            },
            Function::Sum => arithmetic::sum(&atoms),
            Function::Avg => arithmetic::avg(&atoms),
            _ => {
                self.collation(arguments, 1, cx)?;
                if function == Function::Min { arithmetic::min(&atoms) } else { arithmetic::max(&atoms) }
            }
        }
    }

    fn raised(&self, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Box<Error> {
        let _ = (arguments, cx);
        Error::new("FOER0000", "the schema raised an error")
    }

    /// A node, or nothing; anything else is a type error.
    pub(super) fn node(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<crate::value::NodeRef>> {
        match self.one_item(id, cx)? {
            None => Ok(None),
            Some(Item::Node(node)) => Ok(Some(node)),
            Some(Item::Atomic(_)) => type_error("a node was expected"),
        }
    }

    /// Kinds of nodes by test, for functions that only take elements.
    pub(super) fn element(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<crate::value::NodeRef> {
        let found = self.node(id, cx)?;
        let is_element = |it: &crate::value::NodeRef| {
            super::path::Test::of_type(self.doc(it.document), NodeTest::Element(None)).holds(it.node)
        };
        match found.filter(is_element) {
            Some(node) => Ok(node),
            None => type_error("an element was expected"),
        }
    }
}

/// A text argument.
pub(super) enum Lent<'r, 'd> {
    /// Of a document, of an expression, or made for this call.
    Made(Cow<'d, str>),
    /// Kept by a variable.
    Kept(&'r str),
}

impl std::ops::Deref for Lent<'_, '_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Self::Made(text) => text,
            Self::Kept(text) => text,
        }
    }
}

/// One value, or none, as a sequence.
fn optional(atom: Option<Atomic<'_>>) -> Sequence<'_> {
    atom.map_or(Sequence::Empty, |atom| Sequence::One(Item::Atomic(atom)))
}
