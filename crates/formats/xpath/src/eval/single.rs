//! Expressions that give at most one item by their form: asked for it directly, not item by item.

use super::{Context, Focus, Run};
use crate::error::Res;
use crate::expr::Expr;
use crate::expr::ExprId;
use crate::value::{Atomic, Item, NodeRef};
use std::borrow::Cow;

/// What an expression gives.
pub(super) enum Single<'d> {
    /// No item.
    Empty,
    /// One item.
    One(Item<'d>),
    /// Not told by the form of the expression: nothing was evaluated that is not kept.
    Unknown,
}

impl<'d> Run<'d> {
    /// The item of an expression that gives at most one by its form.
    ///
    /// Conditions are not looked into: whoever is told nothing evaluates them, and would do it twice.
    #[inline]
    pub(super) fn single(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Single<'d>> {
        Ok(match self.program.expr(id) {
            Expr::String(text) => Single::One(Item::Atomic(Atomic::String(Cow::Borrowed(text)))),
            Expr::Integer(value) => Single::One(Item::Atomic(Atomic::Integer(*value))),
            Expr::Context => match cx.focus {
                Focus::Node(node) => Single::One(Item::Node(node)),
                _ => Single::Unknown,
            },
            Expr::Path { start: None, steps, .. } => match (&**steps, cx.focus) {
                ([step], Focus::Node(from)) => match step.plain_attribute() {
                    Some(name) => match self.doc(from.document).attribute_named(from.node, name) {
                        Some(node) => Single::One(Item::Node(NodeRef { document: from.document, node })),
                        None => Single::Empty,
                    },
                    None => Single::Unknown,
                },
                _ => Single::Unknown,
            },
            Expr::Variable(name) => match self.variable(*name, cx)?.items() {
                [] => Single::Empty,
                [Item::Node(node)] => Single::One(Item::Node(*node)),
                [Item::Atomic(atom)] => {
                    self.pass_atom(atom)?;
                    Single::One(Item::Atomic(atom.clone()))
                }
                _ => Single::Unknown,
            },
            Expr::Call(function, arguments) if function.gives_one() => {
                self.enter()?;
                match self.call_one(*function, arguments, cx)? {
                    None => Single::Empty,
                    Some(atom) => {
                        self.pass_atom(&atom)?;
                        Single::One(Item::Atomic(atom))
                    }
                }
            }
            _ => Single::Unknown,
        })
    }
}
