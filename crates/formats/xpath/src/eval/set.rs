//! `union`, `intersect`, `except`: sets of nodes, in document order.

use super::{Context, Run, Sink};
use crate::error::{Res, type_error};
use crate::expr::{ExprId, SetOperation};
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
        let mut nodes = self.nodes(a, cx)?;
        let others = self.nodes(b, cx)?;
        match operation {
            SetOperation::Union => nodes.extend(others),
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
        for node in nodes {
            if sink(Item::Node(node))? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Go)
    }

    pub(super) fn nodes(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Vec<NodeRef>> {
        let mut nodes = Vec::new();
        self.each(id, cx, &mut |item| match item {
            Item::Node(node) => {
                nodes.push(node);
                Ok(Flow::Go)
            }
            Item::Atomic(_) => type_error("a node was expected, a value was found"),
        })?;
        Ok(nodes)
    }
}
