//! Functions on sequences.

use super::super::{Context, Run, Sink};
use crate::compare;
use crate::error::{Error, Res, type_error};
use crate::expr::{Comparison, ExprId};
use crate::functions::Function;
use crate::tree::{Kind, NodeId};
use crate::value::{Atomic, Flow, Item, NodeRef};

impl<'d> Run<'d> {
    pub(super) fn sequence_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        use Function::*;
        match function {
            DistinctValues => return self.distinct_values(arguments, cx, sink),
            IndexOf => {
                self.collation(arguments, 2, cx)?;
                let Some(wanted) = self.atom(arguments[1], cx)? else { return type_error("a value was expected") };
                let mut at = 0;
                return self.each_atom(arguments[0], cx, &mut |atom| {
                    at += 1;
                    // As `eq`: NaN is not itself, and what cannot be compared is not the same.
                    match compare::value(Comparison::Eq, &atom, &wanted).unwrap_or(false) {
                        true => sink(Item::Atomic(Atomic::Integer(at))),
                        false => Ok(Flow::Go),
                    }
                });
            }
            Head => {
                let mut flow = Flow::Go;
                self.each(arguments[0], cx, &mut |item| {
                    flow = sink(item)?;
                    Ok(Flow::Stop)
                })?;
                return Ok(flow);
            }
            _ => {}
        }
        let (value, held) = self.holding(|| self.value(arguments[0], cx))?;
        let flow = self.part_of(function, value.items(), arguments, cx, sink)?;
        self.give_back(held);
        Ok(flow)
    }

    /// Functions that give back items of their first argument.
    fn part_of(
        &self,
        function: Function,
        items: &[Item<'d>],
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        use Function::*;
        match function {
            ZeroOrOne if items.len() > 1 => Err(Error::new("FORG0003", "more than one item")),
            OneOrMore if items.is_empty() => Err(Error::new("FORG0004", "no item")),
            ExactlyOne if items.len() != 1 => Err(Error::new("FORG0005", "not exactly one item")),
            ZeroOrOne | OneOrMore | ExactlyOne => self.push_items(items.iter(), sink),
            Tail => self.push_items(items.iter().skip(1), sink),
            Reverse => self.push_items(items.iter().rev(), sink),
            Remove => {
                let place = self.integer(arguments[1], cx)?.unwrap_or(0);
                let kept = items.iter().enumerate().filter(|(at, _)| *at as i128 + 1 != place);
                self.push_items(kept.map(|(_, item)| item), sink)
            }
            InsertBefore => {
                let place = self.integer(arguments[1], cx)?.unwrap_or(1).clamp(1, items.len() as i128 + 1) as usize - 1;
                let (inserted, held) = self.holding(|| self.value(arguments[2], cx))?;
                let (before, after) = items.split_at(place);
                let flow = self.push_items(before.iter().chain(inserted.items()).chain(after), sink)?;
                self.give_back(held);
                Ok(flow)
            }
            _ => {
                // Subsequence, by the rounding of F&O §15.1.10.
                let round = |it: f64| (it + 0.5).floor();
                let start = round(self.double(arguments[1], cx)?.unwrap_or(f64::NAN));
                let end = match arguments.get(2) {
                    Some(id) => start + round(self.double(*id, cx)?.unwrap_or(f64::NAN)),
                    None => f64::INFINITY,
                };
                let kept = items.iter().enumerate().filter(|(at, _)| {
                    let place = (*at + 1) as f64;
                    place >= start && place < end
                });
                self.push_items(kept.map(|(_, item)| item), sink)
            }
        }
    }

    fn distinct_values(&self, arguments: &[ExprId], cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        self.collation(arguments, 1, cx)?;
        let (atoms, held) = self.holding(|| self.atoms(arguments[0], cx))?;
        let mut flow = Flow::Go;
        for atom in compare::distinct(atoms, &|n_compared| self.spend(n_compared))? {
            flow = sink(Item::Atomic(atom))?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.give_back(held);
        Ok(flow)
    }

    /// `deep-equal` (F&O §15.3.1), without schema types.
    pub(super) fn deep_equal(&self, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Res<bool> {
        self.collation(arguments, 2, cx)?;
        let (a, b) = (self.value(arguments[0], cx)?, self.value(arguments[1], cx)?);
        if a.items().len() != b.items().len() {
            return Ok(false);
        }
        for (a, b) in a.items().iter().zip(b.items()) {
            let same = match (a, b) {
                (Item::Atomic(a), Item::Atomic(b)) => compare::same(a, b),
                (Item::Node(a), Item::Node(b)) => self.same_nodes(*a, *b, 0)?,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn same_nodes(&self, a: NodeRef, b: NodeRef, depth: usize) -> Res<bool> {
        self.enter()?;
        if depth > 500 {
            return Err(Error::new("LIMIT", "nodes too deep to be compared"));
        }
        let (left, right) = (self.doc(a.document), self.doc(b.document));
        if left.kind(a.node) != right.kind(b.node) || left.name(a.node) != right.name(b.node) {
            return Ok(false);
        }
        if !matches!(left.kind(a.node), Kind::Element | Kind::Document) {
            self.read_text(left.string_value(a.node))?;
            return Ok(left.string_value(a.node) == right.string_value(b.node));
        }
        let attributes = |it: NodeRef| self.doc(it.document).attributes(it.node).collect::<Vec<_>>();
        let (mine, theirs) = (attributes(a), attributes(b));
        self.spend((mine.len() as u64).saturating_mul(theirs.len() as u64))?;
        let has = |mine: NodeId| {
            theirs.iter().any(|theirs| {
                left.name(mine) == right.name(*theirs) && left.string_value(mine) == right.string_value(*theirs)
            })
        };
        if mine.len() != theirs.len() || !mine.iter().all(|it| has(*it)) {
            return Ok(false);
        }
        let counted = |it: NodeRef| {
            let document = self.doc(it.document);
            let content = document.children(it.node);
            content
                .filter(|it| !matches!(document.kind(*it), Kind::Comment | Kind::ProcessingInstruction))
                .collect::<Vec<_>>()
        };
        let (mine, theirs) = (counted(a), counted(b));
        if mine.len() != theirs.len() {
            return Ok(false);
        }
        for (mine, theirs) in mine.into_iter().zip(theirs) {
            let mine = NodeRef { document: a.document, node: mine };
            if !self.same_nodes(mine, NodeRef { document: b.document, node: theirs }, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
