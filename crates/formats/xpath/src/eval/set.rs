//! `union`, `intersect`, `except`: sets of nodes, in document order.

use super::{Context, Run, Sink};
use crate::error::{Res, type_error};
use crate::expr::{Expr, ExprId, SetOperation};
use crate::value::{Flow, Item, NodeRef};
use std::collections::HashSet;

impl<'d> Run<'d> {
    pub(super) fn set(
        &self,
        operation: SetOperation,
        a: ExprId,
        b: ExprId,
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        let ((mut nodes, others), held) = self.holding(|| {
            let (mut nodes, mut others) = (Vec::new(), Vec::new());
            self.members(a, cx, &mut nodes)?;
            let second = if operation == SetOperation::Union { &mut nodes } else { &mut others };
            self.members(b, cx, second)?;
            Ok((nodes, others))
        })?;
        match operation {
            SetOperation::Union => {}
            _ if others.len() < 8 => {
                let wanted = operation == SetOperation::Intersect;
                nodes.retain(|node| others.contains(node) == wanted);
            }
            _ => {
                let others: HashSet<NodeRef, foldhash::fast::RandomState> = others.into_iter().collect();
                let wanted = operation == SetOperation::Intersect;
                nodes.retain(|node| others.contains(node) == wanted);
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        let mut flow = Flow::Go;
        for node in nodes {
            flow = sink(Item::Node(node))?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.give_back(held);
        Ok(flow)
    }

    /// Adds the nodes of a side of a set, in any order and any number of times: the set puts them in order.
    fn members(&self, id: ExprId, cx: &Context<'_, 'd>, nodes: &mut Vec<NodeRef>) -> Res<()> {
        match self.program.expr(id) {
            Expr::Set(SetOperation::Union, a, b) => {
                self.enter()?;
                self.members(*a, cx, nodes)?;
                self.members(*b, cx, nodes)
            }
            Expr::Path { start, steps, .. } => {
                self.walk_from(*start, steps, cx, &mut |node| {
                    self.keep(nodes.len())?;
                    nodes.push(node);
                    Ok(Flow::Go)
                })?;
                Ok(())
            }
            _ => {
                nodes.extend(self.nodes(id, cx)?);
                Ok(())
            }
        }
    }

    pub(super) fn nodes(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Vec<NodeRef>> {
        let mut nodes = Vec::new();
        self.each(id, cx, &mut |item| match item {
            Item::Node(node) => {
                self.keep(nodes.len())?;
                nodes.push(node);
                Ok(Flow::Go)
            }
            Item::Atomic(_) => type_error("a node was expected, a value was found"),
        })?;
        Ok(nodes)
    }
}
