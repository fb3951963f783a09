//! Types at run time: casts, tests, and the conversions of user functions.

use super::{Context, Focus, Run, Single, path::Test};
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::ExprId;
use crate::types::{AtomicType, ItemType, Occurrence, SequenceType, Type};
use crate::value::{Atomic, Flow, Item, Sequence};

impl<'d> Run<'d> {
    /// A cast; names take their prefixes from the focus, the only namespaces a schema leaves at run time.
    pub(super) fn cast(&self, atom: &Atomic<'d>, to: AtomicType, cx: &Context<'_, 'd>) -> Res<Atomic<'d>> {
        match (to, atom) {
            (AtomicType::QName, Atomic::String(text) | Atomic::Untyped(text)) => {
                cast::cast_qname(text, &|prefix| match cx.focus {
                    Focus::Node(node) => self.doc(node.document).namespace_of(node.node, prefix).map(str::to_owned),
                    _ => None,
                })
            }
            _ => {
                if let Atomic::String(text) | Atomic::Untyped(text) = atom {
                    // Also what a binary value of it holds.
                    self.make_text(text.len())?;
                }
                cast::cast(atom, to)
            }
        }
    }

    pub(super) fn castable(&self, id: ExprId, to: AtomicType, is_optional: bool, cx: &Context<'_, 'd>) -> Res<bool> {
        let (mut first, mut is_several) = (None, false);
        match self.single(id, cx)? {
            Single::Empty => return Ok(is_optional),
            Single::One(item) => {
                let atom = self.atomize(&item);
                return Ok(match to {
                    AtomicType::QName => self.cast(&atom, to, cx).is_ok(),
                    _ => cast::castable(&atom, to),
                });
            }
            Single::Unknown => {}
        }
        self.each_atom(id, cx, &mut |atom| {
            is_several = first.is_some();
            first.get_or_insert(atom);
            Ok(if is_several { Flow::Stop } else { Flow::Go })
        })?;
        Ok(match first {
            None => is_optional,
            Some(_) if is_several => false,
            Some(atom) if to == AtomicType::QName => self.cast(&atom, to, cx).is_ok(),
            Some(atom) => cast::castable(&atom, to),
        })
    }

    pub(super) fn instance_of(&self, id: ExprId, sequence: SequenceType, cx: &Context<'_, 'd>) -> Res<bool> {
        Ok(self.matches_type(&self.value(id, cx)?, sequence))
    }

    pub(super) fn matches_type(&self, value: &Sequence<'d>, sequence: SequenceType) -> bool {
        let items = value.items();
        match sequence {
            SequenceType::Empty => items.is_empty(),
            SequenceType::Items(item, occurrence) => {
                fits(items.len(), occurrence) && items.iter().all(|it| self.is_of(it, item))
            }
        }
    }

    fn is_of(&self, item: &Item<'d>, kind: ItemType) -> bool {
        match (kind, item) {
            (ItemType::Item, _) => true,
            (ItemType::Node(test), Item::Node(node)) => Test::of_type(self.doc(node.document), test).holds(node.node),
            (ItemType::Atomic(atomic), Item::Atomic(atom)) => is_atomic(atom, atomic),
            _ => false,
        }
    }

    /// Function conversion rules (XPath 2.0 §3.1.5).
    pub(super) fn convert(&self, id: ExprId, sequence: SequenceType, cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        let value = self.value(id, cx)?;
        let SequenceType::Items(item, occurrence) = sequence else {
            return match value.items() {
                [] => Ok(value),
                _ => type_error("no item was expected"),
            };
        };
        let value = match item {
            ItemType::Atomic(wanted) => {
                let converted = value.items().iter().map(|it| {
                    let atom = self.atomize(it);
                    self.hold_atom(&atom)?;
                    promote(atom, wanted).map(Item::Atomic)
                });
                Sequence::from_vec(converted.collect::<Res<_>>()?)
            }
            _ => value,
        };
        match fits(value.items().len(), occurrence) && value.items().iter().all(|it| self.is_of(it, item)) {
            true => Ok(value),
            false => type_error("a value of another type than the function takes or gives"),
        }
    }
}

fn fits(n_items: usize, occurrence: Occurrence) -> bool {
    match occurrence {
        Occurrence::One => n_items == 1,
        Occurrence::Optional => n_items <= 1,
        Occurrence::Many => true,
        Occurrence::AtLeastOne => n_items > 0,
    }
}

fn promote(atom: Atomic<'_>, wanted: AtomicType) -> Res<Atomic<'_>> {
    match (&atom, wanted) {
        _ if is_atomic(&atom, wanted) => Ok(atom),
        (Atomic::Untyped(_), _) => cast::cast(&atom, wanted),
        (Atomic::Integer(_) | Atomic::Large(_) | Atomic::Decimal(_) | Atomic::Float(_), AtomicType::Double)
        | (Atomic::Integer(_) | Atomic::Large(_) | Atomic::Decimal(_), AtomicType::Float)
        | (Atomic::Uri(_), AtomicType::String) => cast::cast(&atom, wanted),
        _ => Err(Error::new("XPTY0004", "a value of another type than the function takes or gives")),
    }
}

fn is_atomic(atom: &Atomic<'_>, wanted: AtomicType) -> bool {
    match (atom, wanted) {
        (Atomic::Moment(moment), _) => wanted == AtomicType::Any || moment.kind == wanted,
        (Atomic::Duration(duration), _) => {
            matches!(wanted, AtomicType::Any | AtomicType::Duration) || duration.kind == wanted
        }
        (Atomic::Binary(kind, _), _) => wanted == AtomicType::Any || *kind == wanted,
        // Values keep no derived type: an integer is one of a derived type when it lies within its bounds.
        (_, AtomicType::Bounded(_)) => atom.set() == Type::INTEGER && cast::castable(atom, wanted),
        (
            _,
            AtomicType::NormalizedString
            | AtomicType::Token
            | AtomicType::Language
            | AtomicType::NmToken
            | AtomicType::Name
            | AtomicType::NcName,
        ) => atom.set() == Type::STRING && cast::castable(atom, wanted),
        _ => atom.set() & wanted.set() != 0,
    }
}
