//! Calls of the function library: arguments to values, by group of functions.

mod document;
mod name;
mod sequence;
mod text;
mod time;

use super::{Context, Focus, Run, Sink};
use crate::arithmetic;
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::{ExprId, NodeTest};
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
        let one = match function {
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
            Data => return self.each_atom(arguments[0], cx, &mut |atom| sink(Item::Atomic(atom))),
            Raise => return Err(self.raised(arguments, cx)),
            Current => match cx.frame.current {
                Some(node) => return sink(Item::Node(node)),
                None => return Err(Error::new("XTDE1360", "there is no current item here")),
            },
            DefaultCollation => Some(Atomic::String(Cow::Borrowed(CODEPOINTS))),
            Trace | Unordered => return self.each(arguments[0], cx, sink),
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
            Tokenize | StringToCodepoints => {
                let (tokens, held) = self.holding(|| self.texts_call(function, arguments, cx))?;
                let flow = self.push(&tokens, sink)?;
                self.give_back(held);
                return Ok(flow);
            }
            IndexOf | DistinctValues | InsertBefore | Remove | Reverse | Subsequence | ZeroOrOne | OneOrMore
            | ExactlyOne | Head | Tail => return self.sequence_call(function, arguments, cx, sink),
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
            InScopePrefixes => return self.push(&self.in_scope_prefixes(arguments[0], cx)?, sink),
            Nilled | BaseUri | DocumentUri | Lang | RootOf | Id | Doc | DocAvailable | Document | GenerateId
            | StaticBaseUri => return self.push(&self.document_call(function, arguments, cx)?, sink),
            _ => self.time_call(function, arguments, cx)?,
        };
        match one {
            Some(atom) => self.push_made(atom, sink),
            None => Ok(Flow::Go),
        }
    }

    fn count(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<i64> {
        if let crate::expr::Expr::Variable(_) = self.program.expr(id) {
            return Ok(self.value(id, cx)?.items().len() as i64);
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

/// One value, or none, as a sequence.
fn optional(atom: Option<Atomic<'_>>) -> Sequence<'_> {
    atom.map_or(Sequence::Empty, |atom| Sequence::One(Item::Atomic(atom)))
}
