//! Ranges, mapped and filtered sequences, and calls of user functions.

use super::{Context, Focus, Frame, Run, Sink};
use crate::error::{Error, Res};
use crate::expr::{ExprId, Predicate, PredicateKind};
use crate::value::{Atomic, Flow, Item, NodeRef, Sequence};

impl<'d> Run<'d> {
    pub(super) fn range(&self, a: ExprId, b: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let (Some(from), Some(to)) = (self.integer(a, cx)?, self.integer(b, cx)?) else { return Ok(Flow::Go) };
        for value in from..=to {
            self.spend(1)?;
            if sink(Item::Atomic(Atomic::integer(value)))? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Go)
    }

    /// `for $x in over return body`
    pub(super) fn for_each(
        &self,
        slot: u16,
        over: ExprId,
        body: ExprId,
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        let (over, held_over) = self.holding(|| self.value(over, cx))?;
        let mut flow = Flow::Go;
        for item in over.items() {
            // As a whole: whoever receives it may bind variables in the same slots.
            let (value, held) = self.holding(|| {
                self.hold(item)?;
                self.bound(slot, Sequence::One(item.clone()), cx, || self.value(body, cx))
            })?;
            flow = self.push(&value, sink)?;
            self.give_back(held);
            if flow == Flow::Stop {
                break;
            }
        }
        self.give_back(held_over);
        Ok(flow)
    }

    /// `base!body`: each item in turn, nodes in the order they come.
    pub(super) fn map_each(&self, base: ExprId, body: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let (base, held) = self.holding(|| self.value(base, cx))?;
        let size = base.items().len() as u32;
        let mut flow = Flow::Go;
        for (place, item) in base.items().iter().enumerate() {
            let focus = match item {
                Item::Node(node) => Focus::Node(*node),
                Item::Atomic(atom) => Focus::Atomic(atom),
            };
            let cx = Context { focus, position: place as u32 + 1, size, frame: cx.frame };
            flow = self.each(body, &cx, sink)?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.give_back(held);
        Ok(flow)
    }

    /// `base/body` where the body is no axis step.
    pub(super) fn map(&self, base: ExprId, body: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let (base, held) = self.holding(|| self.value(base, cx))?;
        let size = base.items().len() as u32;
        let mut nodes = Vec::new();
        let mut has_atoms = false;
        for (place, item) in base.items().iter().enumerate() {
            let Item::Node(node) = item else {
                return Err(Error::new("XPTY0019", "a step from a value that is no node"));
            };
            let cx = Context { focus: Focus::Node(*node), position: place as u32 + 1, size, frame: cx.frame };
            let flow = self.each(body, &cx, &mut |item| match item {
                Item::Node(node) => {
                    self.keep(nodes.len())?;
                    nodes.push(node);
                    Ok(Flow::Go)
                }
                item => {
                    has_atoms = true;
                    sink(item)
                }
            })?;
            if has_atoms && !nodes.is_empty() {
                return Err(Error::new("XPTY0018", "a path to nodes and values together"));
            }
            if flow == Flow::Stop {
                self.give_back(held);
                return Ok(Flow::Stop);
            }
        }
        let flow = self.push_sorted(nodes, sink)?;
        self.give_back(held);
        Ok(flow)
    }

    /// Pushes nodes that were kept one by one, in the order of the document, each once.
    pub(super) fn push_sorted(&self, mut nodes: Vec<NodeRef>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let n_kept = nodes.len();
        nodes.sort_unstable();
        nodes.dedup();
        let mut flow = Flow::Go;
        for node in nodes {
            flow = sink(Item::Node(node))?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.unkeep(n_kept);
        Ok(flow)
    }

    pub(super) fn filter(
        &self,
        base: ExprId,
        predicates: &[Predicate],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        if let [Predicate { kind: PredicateKind::Position(place), .. }] = predicates {
            let (mut at, mut flow) = (0, Flow::Go);
            self.each(base, cx, &mut |item| {
                at += 1;
                if at < *place {
                    return Ok(Flow::Go);
                }
                if at == *place {
                    flow = sink(item)?;
                }
                Ok(Flow::Stop)
            })?;
            return Ok(flow);
        }
        if predicates.iter().all(|it| it.kind == PredicateKind::Truth) {
            return self.each(base, cx, &mut |item| {
                let focus = match &item {
                    Item::Node(node) => Focus::Node(*node),
                    Item::Atomic(atom) => Focus::Atomic(atom),
                };
                let inner = Context { focus, position: 1, size: 1, frame: cx.frame };
                for predicate in predicates {
                    if !self.truth(predicate.expr, &inner)? {
                        return Ok(Flow::Go);
                    }
                }
                sink(item)
            });
        }
        let (mut items, held) = self.holding(|| {
            let base = self.value(base, cx)?;
            base.items().iter().try_for_each(|it| self.hold(it))?;
            Ok(base.items().to_vec())
        })?;
        for predicate in predicates {
            let size = items.len() as u32;
            let mut kept = Vec::with_capacity(items.len());
            for (place, item) in items.into_iter().enumerate() {
                let focus = match &item {
                    Item::Node(node) => Focus::Node(*node),
                    Item::Atomic(atom) => Focus::Atomic(atom),
                };
                let inner = Context { focus, position: place as u32 + 1, size, frame: cx.frame };
                if self.passes(predicate, &inner)? {
                    kept.push(item);
                }
            }
            items = kept;
        }
        let mut flow = Flow::Go;
        for item in items {
            flow = sink(item)?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.give_back(held);
        Ok(flow)
    }

    pub(super) fn invoke(
        &self,
        function: u32,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        let left = self.left.calls.get();
        if left == 0 {
            return Err(Error::new("LIMIT", "too many calls inside each other"));
        }
        let values = arguments.iter().map(|it| self.value(*it, cx)).collect::<Res<Vec<_>>>()?;
        let first = self.locals.borrow().len().max(cx.frame.locals);
        {
            let mut locals = self.locals.borrow_mut();
            locals.resize(first, Sequence::Empty);
            locals.extend(values);
        }
        self.left.calls.set(left - 1);
        let lets = cx.frame.lets.map(|(lets, _)| {
            let outermost = std::iter::successors(Some(lets), |it| it.outer).last().unwrap_or(lets);
            (outermost, outermost.lets.len())
        });
        let frame = Frame { lets, locals: first, current: None, base: cx.frame.base };
        let body = self.program.functions[function as usize].body;
        let value = self.value(body, &frame.context());
        self.left.calls.set(left);
        self.locals.borrow_mut().truncate(first);
        self.push(&value?, sink)
    }
}
