//! Comparisons: existential ones stop at the first pair that holds.

use super::{Context, Run, Single};
use crate::cast;
use crate::compare;
use crate::error::{Res, type_error};
use crate::expr::{Comparison, Expr, ExprId, NodeComparison};
use crate::value::{Atomic, Flow, Item, Sequence};

impl<'d> Run<'d> {
    /// `a = b` and its kin (XPath 2.0 §3.5.2).
    pub(super) fn general(&self, op: Comparison, a: ExprId, b: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        let mut holds = false;
        if let Expr::String(text) = self.program.expr(b) {
            // The usual case: an attribute against a text.
            match self.single(a, cx)? {
                Single::Empty => return Ok(false),
                Single::One(item) => return self.against_text(op, &item, text),
                Single::Unknown => {}
            }
            self.each(a, cx, &mut |item| {
                holds = self.against_text(op, &item, text)?;
                Ok(if holds { Flow::Stop } else { Flow::Go })
            })?;
            return Ok(holds);
        }
        match self.single(b, cx)? {
            // Nothing compares with nothing; what the left side is does not matter.
            Single::Empty => return Ok(false),
            Single::One(right) => {
                let held = self.hold_for_now(&right)?;
                match self.single(a, cx)? {
                    Single::Empty => {}
                    Single::One(left) => holds = self.pair(op, &left, &right)?,
                    Single::Unknown => {
                        self.each(a, cx, &mut |left| {
                            self.spend(1)?;
                            holds = self.pair(op, &left, &right)?;
                            Ok(if holds { Flow::Stop } else { Flow::Go })
                        })?;
                    }
                }
                self.give_back(held);
                return Ok(holds);
            }
            Single::Unknown => {}
        }
        let (right, held) = self.holding(|| self.value(b, cx))?;
        if right.items().is_empty() {
            return Ok(false);
        }
        self.each(a, cx, &mut |left| {
            for right in right.items() {
                self.spend(1)?;
                holds = self.pair(op, &left, right)?;
                if holds {
                    return Ok(Flow::Stop);
                }
            }
            Ok(Flow::Go)
        })?;
        self.give_back(held);
        Ok(holds)
    }

    #[inline]
    fn against_text(&self, op: Comparison, item: &Item<'d>, text: &str) -> Res<bool> {
        match item {
            Item::Node(node) => {
                let value = self.doc(node.document).string_value(node.node);
                Ok(match op {
                    Comparison::Eq => value == text,
                    Comparison::Ne => value != text,
                    _ => op.holds(Some(value.cmp(text))),
                })
            }
            Item::Atomic(atom) => compare::general(op, atom, &Atomic::String(text.into())),
        }
    }

    #[inline]
    fn pair(&self, op: Comparison, left: &Item<'d>, right: &Item<'d>) -> Res<bool> {
        match (left, right) {
            (Item::Node(left), Item::Node(right)) => {
                compare::general(op, &self.atomize_node(*left), &self.atomize_node(*right))
            }
            (Item::Node(left), Item::Atomic(right)) => compare::general(op, &self.atomize_node(*left), right),
            (Item::Atomic(left), Item::Node(right)) => compare::general(op, left, &self.atomize_node(*right)),
            (Item::Atomic(left), Item::Atomic(right)) => compare::general(op, left, right),
        }
    }

    /// A general comparison by XPath 1.0: a boolean makes the other side one (XPath 2.0 §3.5.2, compatibility mode).
    pub(super) fn general1(&self, op: Comparison, a: ExprId, b: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        let ((left, right), held) = self.holding(|| Ok((self.value(a, cx)?, self.value(b, cx)?)))?;
        let found = self.pairs1(op, a, b, &left, &right, cx);
        self.give_back(held);
        found
    }

    fn pairs1(
        &self,
        op: Comparison,
        a: ExprId,
        b: ExprId,
        left: &Sequence<'d>,
        right: &Sequence<'d>,
        cx: &Context<'_, 'd>,
    ) -> Res<bool> {
        let is_boolean = |value: &Sequence<'_>| matches!(value.items(), [Item::Atomic(Atomic::Boolean(_))]);
        if is_boolean(left) || is_boolean(right) {
            let (a, b) = (Atomic::Boolean(self.truth(a, cx)?), Atomic::Boolean(self.truth(b, cx)?));
            return Ok(compare::general1(op, &a, &b));
        }
        for left in left.items() {
            let left = self.atomize(left);
            for right in right.items() {
                self.spend(1)?;
                if compare::general1(op, &left, &self.atomize(right)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// `a eq b` and its kin: nothing when a side is empty (XPath 2.0 §3.5.1).
    pub(super) fn value_comparison(
        &self,
        op: Comparison,
        a: ExprId,
        b: ExprId,
        cx: &Context<'_, 'd>,
    ) -> Res<Option<bool>> {
        let (Some(a), Some(b)) = (self.atom(a, cx)?, self.atom(b, cx)?) else { return Ok(None) };
        compare::value(op, &a, &b).map(Some)
    }

    /// `a is b`, `a << b`, `a >> b`.
    pub(super) fn node_comparison(
        &self,
        op: NodeComparison,
        a: ExprId,
        b: ExprId,
        cx: &Context<'_, 'd>,
    ) -> Res<Option<bool>> {
        let (a, b) = (self.nodes(a, cx)?, self.nodes(b, cx)?);
        match (&*a, &*b) {
            ([], _) | (_, []) => Ok(None),
            ([a], [b]) => Ok(Some(match op {
                NodeComparison::Is => a == b,
                NodeComparison::Before => a < b,
                NodeComparison::After => a > b,
            })),
            _ => type_error("one node on each side"),
        }
    }

    /// The typed value of an item: without a schema, untyped text, or text for comments and instructions.
    pub(super) fn atomize(&self, item: &Item<'d>) -> Atomic<'d> {
        match item {
            Item::Atomic(atom) => atom.clone(),
            Item::Node(node) => self.atomize_node(*node),
        }
    }

    /// Pushes the atoms of a value.
    pub(super) fn each_atom(
        &self,
        id: ExprId,
        cx: &Context<'_, 'd>,
        sink: &mut dyn FnMut(Atomic<'d>) -> Res<Flow>,
    ) -> Res<Flow> {
        self.each(id, cx, &mut |item| match item {
            Item::Atomic(atom) => sink(atom),
            Item::Node(node) => sink(self.atomize_node(node)),
        })
    }

    pub(super) fn atoms(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Vec<Atomic<'d>>> {
        let mut atoms = Vec::new();
        self.each_atom(id, cx, &mut |atom| {
            self.keep(atoms.len())?;
            self.hold_atom(&atom)?;
            atoms.push(atom);
            Ok(Flow::Go)
        })?;
        Ok(atoms)
    }

    /// At most one atom; more is a type error.
    pub(super) fn atom(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<Atomic<'d>>> {
        match self.single(id, cx)? {
            Single::Empty => return Ok(None),
            Single::One(Item::Atomic(atom)) => return Ok(Some(atom)),
            Single::One(Item::Node(node)) => return Ok(Some(self.atomize_node(node))),
            Single::Unknown => {}
        }
        let mut found = None;
        self.each_atom(id, cx, &mut |atom| {
            if found.is_some() {
                return type_error("one value was expected, several were found");
            }
            found = Some(atom);
            Ok(Flow::Go)
        })?;
        Ok(found)
    }

    /// At most one value, as `number()` reads it; NaN without any.
    pub(super) fn number(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<f64> {
        let mut found = f64::NAN;
        self.each_atom(id, cx, &mut |atom| {
            found = cast::number(&atom);
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }
}
