//! Ranges, mapped and filtered sequences, and calls of user functions.

use super::{Context, Focus, Frame, Run, Sink, push};
use crate::error::{Error, Res};
use crate::expr::{ExprId, Predicate, PredicateKind};
use crate::value::{Atomic, Flow, Item, Sequence};

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

    /// `base!body`: each item in turn, nodes in the order they come.
    pub(super) fn map_each(&self, base: ExprId, body: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let base = self.value(base, cx)?;
        let size = base.items().len() as u32;
        for (place, item) in base.items().iter().enumerate() {
            let focus = match item {
                Item::Node(node) => Focus::Node(*node),
                Item::Atomic(atom) => Focus::Atomic(atom),
            };
            let cx = Context { focus, position: place as u32 + 1, size, frame: cx.frame };
            if self.each(body, &cx, sink)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Go)
    }

    /// `base/body` where the body is no axis step.
    pub(super) fn map(&self, base: ExprId, body: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        let base = self.value(base, cx)?;
        let size = base.items().len() as u32;
        let mut nodes = Vec::new();
        let mut n_atoms = 0u32;
        for (place, item) in base.items().iter().enumerate() {
            let Item::Node(node) = item else {
                return Err(Error::new("XPTY0019", "a step from a value that is no node"));
            };
            let cx = Context { focus: Focus::Node(*node), position: place as u32 + 1, size, frame: cx.frame };
            let flow = self.each(body, &cx, &mut |item| match item {
                Item::Node(node) => {
                    nodes.push(node);
                    Ok(Flow::Go)
                }
                item => {
                    n_atoms += 1;
                    sink(item)
                }
            })?;
            if n_atoms > 0 && !nodes.is_empty() {
                return Err(Error::new("XPTY0018", "a path to nodes and values together"));
            }
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
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
        let mut items = self.value(base, cx)?.items().to_vec();
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
        push(&Sequence::from_vec(items), sink)
    }

    pub(super) fn invoke(
        &self,
        function: u32,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
        sink: Sink<'_, 'd>,
    ) -> Res<Flow> {
        let left = self.calls_left.get();
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
        self.calls_left.set(left - 1);
        let lets = cx.frame.lets.map(|(lets, _)| {
            let outermost = std::iter::successors(Some(lets), |it| it.outer).last().unwrap_or(lets);
            (outermost, outermost.lets.len())
        });
        let frame = Frame { lets, locals: first, current: None, base: cx.frame.base };
        let body = self.program.functions[function as usize].body;
        let value = self.value(body, &frame.context());
        self.calls_left.set(left);
        self.locals.borrow_mut().truncate(first);
        push(&value?, sink)
    }
}
