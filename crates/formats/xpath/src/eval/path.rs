//! Paths: steps along axes, streamed in the order of the document where the shape of the path allows.

use super::{Context, Run, Single};
use crate::error::{Error, Res};
use crate::expr::*;
use crate::functions::Function;
use crate::names::{NO_NAME, NameId};
use crate::tree::{Document, Kind, NodeId};
use crate::value::{Atomic, Flow, Item, NodeRef, truth_of_value};
use std::borrow::Cow;

type NodeSink<'s> = &'s mut dyn FnMut(NodeRef) -> Res<Flow>;

impl<'d> Run<'d> {
    /// The nodes of a path, in document order, each once.
    pub(super) fn path(
        &self,
        start: Option<ExprId>,
        steps: &[Step],
        order: Order,
        cx: &Context<'_, 'd>,
        sink: NodeSink<'_>,
    ) -> Res<Flow> {
        if order == Order::Kept {
            return self.walk_from(start, steps, cx, sink);
        }
        let mut nodes = Vec::new();
        self.walk_from(start, steps, cx, &mut |node| {
            self.keep(nodes.len())?;
            nodes.push(node);
            Ok(Flow::Go)
        })?;
        self.push_sorted(nodes, &mut |item| match item {
            Item::Node(node) => sink(node),
            Item::Atomic(_) => Ok(Flow::Go),
        })
    }

    /// The nodes of a path as they come.
    pub(super) fn walk_from(
        &self,
        start: Option<ExprId>,
        steps: &[Step],
        cx: &Context<'_, 'd>,
        sink: NodeSink<'_>,
    ) -> Res<Flow> {
        match start {
            None => match cx.focus {
                super::Focus::Node(node) => self.walk(steps, node, cx, sink),
                super::Focus::Atomic(_) => Err(Error::new("XPTY0020", "a step from a value that is no node")),
                super::Focus::None => Err(Error::new("XPDY0002", "there is no context item here")),
            },
            Some(start) => self.each(start, cx, &mut |item| match item {
                Item::Node(node) => self.walk(steps, node, cx, sink),
                Item::Atomic(_) => Err(Error::new("XPTY0019", "a step from a value that is no node")),
            }),
        }
    }

    fn walk(&self, steps: &[Step], from: NodeRef, cx: &Context<'_, 'd>, sink: NodeSink<'_>) -> Res<Flow> {
        match steps {
            [] => sink(from),
            [last] => self.step(last, from, cx, sink),
            [first, rest @ ..] => self.step(first, from, cx, &mut |node| self.walk(rest, node, cx, sink)),
        }
    }

    /// Whether one step from a node finds any.
    pub(super) fn step_exists(&self, step: &Step, from: NodeRef, cx: &Context<'_, 'd>) -> Res<bool> {
        let document = self.doc(from.document);
        let is_plain = step.predicates.iter().all(|it| it.kind == PredicateKind::Truth);
        let passes = |node: NodeId| -> Res<bool> {
            for predicate in &step.predicates {
                if !self.truth(predicate.expr, &cx.on(NodeRef { document: from.document, node }, 1, 1))? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        match (step.axis, step.test) {
            (Axis::Attribute, NodeTest::Name(name)) if is_plain => match document.attribute_named(from.node, name) {
                Some(node) => passes(node),
                None => Ok(false),
            },
            (Axis::SelfNode, _) if is_plain => Ok(Test::new(document, step).holds(from.node) && passes(from.node)?),
            (Axis::Child, NodeTest::Name(name)) if is_plain => {
                let mut found = false;
                let n_seen = children_named(document, from.node, name, |node| {
                    found = passes(node)?;
                    Ok(if found { Flow::Stop } else { Flow::Go })
                })?;
                self.spend(n_seen)?;
                Ok(found)
            }
            _ => {
                let mut found = false;
                self.step(step, from, cx, &mut |_| {
                    found = true;
                    Ok(Flow::Stop)
                })?;
                Ok(found)
            }
        }
    }

    fn step(&self, step: &Step, from: NodeRef, cx: &Context<'_, 'd>, sink: NodeSink<'_>) -> Res<Flow> {
        let document = self.doc(from.document);
        if let (Axis::Attribute, NodeTest::Name(name), []) = (step.axis, step.test, &*step.predicates) {
            return match document.attribute_named(from.node, name) {
                Some(node) => sink(NodeRef { document: from.document, node }),
                None => Ok(Flow::Go),
            };
        }
        let on = |node: NodeId| NodeRef { document: from.document, node };
        if let (Axis::Child, NodeTest::Name(name), []) = (step.axis, step.test, &*step.predicates) {
            let mut flow = Flow::Go;
            let n_seen = children_named(document, from.node, name, |node| {
                flow = sink(on(node))?;
                Ok(flow)
            })?;
            self.spend(n_seen)?;
            return Ok(flow);
        }
        let is_plain = step.predicates.iter().all(|it| it.kind == PredicateKind::Truth);
        let by_name = match (step.axis, step.test) {
            (Axis::Descendant, NodeTest::Name(name)) if is_plain => Some(document.descendants_named(from.node, name)),
            (Axis::Descendant, NodeTest::Local(local)) if is_plain => document.descendants_local(from.node, local),
            _ => None,
        };
        if let Some(nodes) = by_name {
            self.spend(1)?;
            for node in nodes {
                self.spend(1)?;
                if self.all_hold(&step.predicates, on(*node), cx)? && sink(on(*node))? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            return Ok(Flow::Go);
        }
        let test = Test::new(document, step);
        if is_plain {
            return self.step_plainly(step, &test, from, cx, sink);
        }
        let asks_last = step.predicates.iter().any(|it| it.kind == PredicateKind::Open(true));
        if asks_last || step.predicates.len() > 6 {
            return self.step_by_lists(step, from, cx, sink);
        }
        let mut counts = [0u32; 6];
        along(document, from.node, step.axis, |node| {
            self.spend(1)?;
            if !test.holds(node) {
                return Ok(Flow::Go);
            }
            for (place, predicate) in step.predicates.iter().enumerate() {
                counts[place] += 1;
                match predicate.kind {
                    PredicateKind::Position(wanted) if counts[place] < wanted => return Ok(Flow::Go),
                    PredicateKind::Position(wanted) if counts[place] > wanted => return Ok(Flow::Stop),
                    PredicateKind::Position(_) => {}
                    _ => {
                        if !self.passes(predicate, &cx.on(on(node), counts[place], 0))? {
                            return Ok(Flow::Go);
                        }
                    }
                }
            }
            sink(on(node))
        })
        .map(|flow| match flow {
            // A position that is passed ends this step, not the path.
            Flow::Stop if !self.was_stopped(step, &counts) => Flow::Go,
            flow => flow,
        })
    }

    /// A step whose predicates are blind to position.
    fn step_plainly(
        &self,
        step: &Step,
        test: &Test<'_>,
        from: NodeRef,
        cx: &Context<'_, 'd>,
        sink: NodeSink<'_>,
    ) -> Res<Flow> {
        let document = self.doc(from.document);
        let on = |node: NodeId| NodeRef { document: from.document, node };
        if let (Axis::Child, NodeTest::Name(name)) = (step.axis, step.test) {
            let mut flow = Flow::Go;
            let n_seen = children_named(document, from.node, name, |node| {
                if self.all_hold(&step.predicates, on(node), cx)? {
                    flow = sink(on(node))?;
                }
                Ok(flow)
            })?;
            self.spend(n_seen)?;
            return Ok(flow);
        }
        let mut n_seen = 0;
        let flow = match &*step.predicates {
            [] => along(document, from.node, step.axis, |node| {
                n_seen += 1;
                if test.holds(node) { sink(on(node)) } else { Ok(Flow::Go) }
            }),
            [first, rest @ ..] => {
                let asked = self.local_name_asked(first);
                let mut wanted = Wanted::Unknown;
                // Neighbours often have the same name: whether the last one seen is wanted.
                let mut last = (NO_NAME, false);
                along(document, from.node, step.axis, |node| {
                    n_seen += 1;
                    if !test.holds(node) {
                        return Ok(Flow::Go);
                    }
                    if let (Some(asked), Wanted::Unknown) = (asked, &wanted) {
                        wanted = self.local_name_wanted(asked, cx, on(node))?;
                    }
                    let holds = match &wanted {
                        Wanted::Name(wanted) => {
                            let name = document.node(node).name;
                            if name != last.0 || name == NO_NAME {
                                last = (name, document.local(name) == wanted);
                            }
                            last.1
                        }
                        Wanted::None => false,
                        _ => self.truth(first.expr, &cx.on(on(node), 1, 1))?,
                    };
                    if holds && self.all_hold(rest, on(node), cx)? { sink(on(node)) } else { Ok(Flow::Go) }
                })
            }
        };
        self.spend(n_seen)?;
        flow
    }

    /// Whether predicates blind to position keep a node.
    #[inline]
    fn all_hold(&self, predicates: &[Predicate], node: NodeRef, cx: &Context<'_, 'd>) -> Res<bool> {
        for predicate in predicates {
            if !self.truth(predicate.expr, &cx.on(node, 1, 1))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a predicate wants `local-name()` to be, when that is the same for every node of the step.
    fn local_name_asked(&self, predicate: &Predicate) -> Option<ExprId> {
        let Expr::General(Comparison::Eq, a, b) = self.program.expr(predicate.expr) else { return None };
        let is_local_name = |id: ExprId| match self.program.expr(id) {
            Expr::Call(Function::LocalName, arguments) => *self.program.expr(arguments[0]) == Expr::Context,
            _ => false,
        };
        let moves = Uses::FOCUS.or(Uses::POSITION).or(Uses::LAST).or(Uses::ROOT);
        let stays = |id: ExprId| !self.program.facts(id).uses.has(moves);
        match (is_local_name(*a), is_local_name(*b)) {
            (true, false) if stays(*b) => Some(*b),
            (false, true) if stays(*a) => Some(*a),
            _ => None,
        }
    }

    /// The text asked for, at the first node that is asked: nothing is evaluated for a step without nodes.
    fn local_name_wanted(&self, asked: ExprId, cx: &Context<'_, 'd>, node: NodeRef) -> Res<Wanted<'d>> {
        Ok(match self.single(asked, &cx.on(node, 1, 1))? {
            Single::Empty => Wanted::None,
            Single::One(item) => match self.atomize(&item) {
                Atomic::String(text) | Atomic::Untyped(text) => Wanted::Name(text),
                _ => Wanted::Several,
            },
            Single::Unknown => Wanted::Several,
        })
    }

    /// Whether a stop came from the receiver: otherwise some position was passed.
    fn was_stopped(&self, step: &Step, counts: &[u32]) -> bool {
        !step.predicates.iter().zip(counts).any(|(predicate, count)| match predicate.kind {
            PredicateKind::Position(wanted) => *count > wanted,
            _ => false,
        })
    }

    /// With `last()`: each predicate over the whole list.
    fn step_by_lists(&self, step: &Step, from: NodeRef, cx: &Context<'_, 'd>, sink: NodeSink<'_>) -> Res<Flow> {
        let document = self.doc(from.document);
        let test = Test::new(document, step);
        let mut nodes = Vec::new();
        along(document, from.node, step.axis, |node| {
            self.spend(1)?;
            if test.holds(node) {
                self.keep(nodes.len())?;
                nodes.push(node);
            }
            Ok(Flow::Go)
        })?;
        let n_kept = nodes.len();
        for predicate in &step.predicates {
            let size = nodes.len() as u32;
            let mut kept = Vec::with_capacity(nodes.len());
            for (place, node) in nodes.into_iter().enumerate() {
                let node_ref = NodeRef { document: from.document, node };
                if self.passes(predicate, &cx.on(node_ref, place as u32 + 1, size))? {
                    kept.push(node);
                }
            }
            nodes = kept;
        }
        let mut flow = Flow::Go;
        for node in nodes {
            flow = sink(NodeRef { document: from.document, node })?;
            if flow == Flow::Stop {
                break;
            }
        }
        self.unkeep(n_kept);
        Ok(flow)
    }

    /// Whether a predicate keeps the item it looks at: a number is a position, anything else a truth.
    pub(super) fn passes(&self, predicate: &Predicate, cx: &Context<'_, 'd>) -> Res<bool> {
        match predicate.kind {
            PredicateKind::Truth => self.truth(predicate.expr, cx),
            PredicateKind::Position(place) => Ok(cx.position == place),
            PredicateKind::Open(_) => {
                let value = self.value(predicate.expr, cx)?;
                match value.items() {
                    [Item::Atomic(atom)] if atom.is_numeric() => {
                        Ok(crate::cast::number(atom) == f64::from(cx.position))
                    }
                    _ => truth_of_value(&value),
                }
            }
        }
    }

    /// Whether a node is of an axis step's kind and name, for rule contexts.
    pub(crate) fn test_holds(&self, test: NodeTest, is_attribute_axis: bool, node: NodeId) -> bool {
        let principal = if is_attribute_axis { Kind::Attribute } else { Kind::Element };
        Test { document: self.main, test, principal }.holds(node)
    }

    /// Whether all predicates keep a node of the main document, as a pattern of XSLT 2.0 §5.5.3 counts positions.
    pub(crate) fn predicates_hold(&self, step: &Step, node: NodeId, cx: &Context<'_, 'd>) -> Res<bool> {
        let node_ref = NodeRef { document: 0, node };
        if step.predicates.iter().all(|it| it.kind == PredicateKind::Truth) {
            for predicate in &step.predicates {
                if !self.truth(predicate.expr, &cx.on(node_ref, 1, 1))? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let Some(parent) = self.main.parent(node) else { return Ok(false) };
        let axis = if step.axis == Axis::Attribute { Axis::Attribute } else { Axis::Child };
        let mut found = false;
        let siblings = Step { axis, ..step.clone() };
        self.step(&siblings, NodeRef { document: 0, node: parent }, cx, &mut |it| {
            found |= it.node == node;
            Ok(if found { Flow::Stop } else { Flow::Go })
        })?;
        Ok(found)
    }
}

/// The local name that a step asks of its nodes.
enum Wanted<'d> {
    /// Not looked at yet.
    Unknown,
    /// Nothing: no name is equal to it.
    None,
    Name(Cow<'d, str>),
    /// Several, or no text: each node is compared.
    Several,
}

/// Pushes the child elements of one name; how many children were looked at.
#[inline]
fn children_named(
    document: &Document,
    from: NodeId,
    name: NameId,
    mut visit: impl FnMut(NodeId) -> Res<Flow>,
) -> Res<u64> {
    let parent = document.node(from);
    if !matches!(parent.kind, Kind::Element | Kind::Document) {
        return Ok(0);
    }
    let (mut at, mut n_seen) = (parent.content, 0);
    while at < parent.end {
        let it = &document.nodes[at as usize];
        n_seen += 1;
        if it.name == name && it.kind == Kind::Element && visit(NodeId(at))? == Flow::Stop {
            break;
        }
        at = it.end;
    }
    Ok(n_seen)
}

/// A node test against one document.
pub(super) struct Test<'d> {
    document: &'d Document,
    test: NodeTest,
    principal: Kind,
}

impl<'d> Test<'d> {
    fn new(document: &'d Document, step: &Step) -> Self {
        let principal = if step.axis == Axis::Attribute { Kind::Attribute } else { Kind::Element };
        Self { document, test: step.test, principal }
    }

    /// Against the items of a type test, where elements and attributes are told by their kind.
    pub(super) fn of_type(document: &'d Document, test: NodeTest) -> Self {
        Self { document, test, principal: Kind::Element }
    }

    #[inline]
    pub(super) fn holds(&self, node: NodeId) -> bool {
        let it = self.document.node(node);
        match self.test {
            NodeTest::Name(name) => it.name == name && it.kind == self.principal,
            NodeTest::Any => true,
            NodeTest::Named => it.kind == self.principal,
            NodeTest::Namespace(namespace) => it.kind == self.principal && self.document.parts(it.name).0 == namespace,
            NodeTest::Local(local) => it.kind == self.principal && self.document.parts(it.name).1 == local,
            NodeTest::Document => it.kind == Kind::Document,
            NodeTest::DocumentOf(name) => {
                it.kind == Kind::Document
                    && self.document.root_element().is_some_and(|it| self.document.node(it).name == name)
            }
            NodeTest::Element(name) => it.kind == Kind::Element && name.is_none_or(|name| it.name == name),
            NodeTest::Attribute(name) => it.kind == Kind::Attribute && name.is_none_or(|name| it.name == name),
            NodeTest::Text => it.kind == Kind::Text,
            NodeTest::Comment => it.kind == Kind::Comment,
            NodeTest::ProcessingInstruction(target) => {
                it.kind == Kind::ProcessingInstruction
                    && target.is_none_or(|target| it.name != NO_NAME && self.document.parts(it.name).1 == target)
            }
        }
    }
}

/// Every node of an axis, nearest first on the axes that go back.
#[inline]
pub(super) fn along(
    document: &Document,
    from: NodeId,
    axis: Axis,
    mut visit: impl FnMut(NodeId) -> Res<Flow>,
) -> Res<Flow> {
    macro_rules! all {
        ($nodes:expr) => {{
            for node in $nodes {
                if visit(node)? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            Ok(Flow::Go)
        }};
    }
    match axis {
        Axis::Child => all!(document.children(from)),
        Axis::Attribute => all!(document.attributes(from)),
        Axis::SelfNode => visit(from),
        Axis::Parent => document.parent(from).map_or(Ok(Flow::Go), visit),
        Axis::Descendant => all!(document.descendants(from)),
        Axis::DescendantOrSelf => {
            if visit(from)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            all!(document.descendants(from))
        }
        Axis::Ancestor => all!(std::iter::successors(document.parent(from), |at| document.parent(*at))),
        Axis::AncestorOrSelf => all!(std::iter::successors(Some(from), |at| document.parent(*at))),
        Axis::FollowingSibling => all!(document.following_siblings(from)),
        Axis::PrecedingSibling => {
            let n_siblings = document.preceding_siblings(from).count();
            let mut siblings = Vec::with_capacity(n_siblings);
            siblings.extend(document.preceding_siblings(from));
            all!(siblings.into_iter().rev())
        }
        Axis::Following => {
            let is_attribute = document.kind(from) == Kind::Attribute;
            let start = if is_attribute {
                document.parent(from).map_or(0, |it| document.node(it).content)
            } else {
                document.node(from).end
            };
            let nodes = (start..document.n_nodes() as u32).map(NodeId);
            all!(nodes.filter(|node| document.kind(*node) != Kind::Attribute))
        }
        Axis::Preceding => {
            let start =
                if document.kind(from) == Kind::Attribute { document.parent(from).unwrap_or(from) } else { from };
            let is_above = |node: NodeId| document.node(node).end > start.0;
            let nodes = (1..start.0).rev().map(NodeId);
            all!(nodes.filter(|node| document.kind(*node) != Kind::Attribute && !is_above(*node)))
        }
        Axis::Namespace => Ok(Flow::Go),
    }
}
