//! Rule contexts: all of them matched in one walk over the document, shared beginnings tested once.
//!
//! A context is a pattern (XSLT 2.0 §5.5): steps from the root or from anywhere, with predicates.
//! The patterns form a tree of states; a node carries the states it matches, and its children start from there.

use crate::error::Error;
use crate::eval::{Frame, Lets, Run};
use crate::expr::*;
use crate::names::{NO_NAME, NameId};
use crate::tree::{Document, Kind, NodeId};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A rule, as its owner numbers it.
pub type RuleId = u32;

#[derive(Debug, Default)]
struct Edges {
    by_name: HashMap<NameId, Vec<u32>, RandomState>,
    any: Vec<u32>,
    /// States whose first predicate compares an attribute of a child with a text.
    keyed: Vec<Keyed>,
}

/// `*[child/@attribute = 'text']`
#[derive(Debug)]
struct Keyed {
    child: NameId,
    attribute: NameId,
    states: HashMap<Box<str>, Vec<u32>, RandomState>,
}

#[derive(Debug)]
struct State {
    step: Step,
    rules: Vec<RuleId>,
    /// Whose variables its predicates see.
    owner: u32,
    children: Edges,
    descendants: Edges,
}

/// The contexts of all rules.
#[derive(Debug)]
pub struct Matcher {
    states: Vec<State>,
    /// Equal beginnings are one state: from, deep, step, owner.
    ids: HashMap<(u32, bool, Step, u32), u32, RandomState>,
    /// Some context may match an attribute, or text and its kin.
    wants_attributes: bool,
    wants_leaves: bool,
}

/// A context whose predicate had no value: the rule did not match there.
#[derive(Debug)]
pub struct ContextError {
    /// Where.
    pub node: NodeId,
    /// One of the rules concerned.
    pub rule: RuleId,
    /// Why.
    pub error: Box<Error>,
}

const START: u32 = 0;
/// Paths of one context: parentheses multiply them.
const WAYS: usize = 10_000;

impl Default for Matcher {
    fn default() -> Self {
        let step = Step { axis: Axis::SelfNode, test: NodeTest::Document, predicates: [].into() };
        let start =
            State { step, rules: Vec::new(), owner: 0, children: Edges::default(), descendants: Edges::default() };
        Self { states: vec![start], ids: HashMap::default(), wants_attributes: false, wants_leaves: false }
    }
}

impl Matcher {
    /// Adds the context of a rule; `owner` tells whose variables it sees. The reason when it is no pattern.
    pub fn add(&mut self, program: &Program, context: ExprId, rule: RuleId, owner: u32) -> Result<(), String> {
        for path in alternatives(program, context)? {
            match (path.from_root, &*path.steps) {
                (true, []) => self.states[START as usize].rules.push(rule),
                (false, []) => return Err("a context that is no pattern".into()),
                (from_root, steps) => self.add_steps(program, from_root, steps, rule, owner)?,
            }
        }
        Ok(())
    }

    fn add_steps(
        &mut self,
        program: &Program,
        from_root: bool,
        steps: &[Step],
        rule: RuleId,
        owner: u32,
    ) -> Result<(), String> {
        let mut at = START;
        let mut is_deep = !from_root;
        for (place, step) in steps.iter().enumerate() {
            let is_everything =
                step.axis == Axis::DescendantOrSelf && step.test == NodeTest::Any && step.predicates.is_empty();
            match step.axis {
                Axis::DescendantOrSelf if is_everything && place + 1 < steps.len() => {
                    is_deep = true;
                    continue;
                }
                Axis::Child | Axis::Attribute => {}
                Axis::Descendant => is_deep = true,
                Axis::DescendantOrSelf if at == START && step.test != NodeTest::Any => is_deep = true,
                Axis::SelfNode if at == START && place == 0 => {}
                _ => return Err("a context that goes along another axis than child, attribute or descendant".into()),
            }
            let axis = if step.axis == Axis::Attribute { Axis::Attribute } else { Axis::Child };
            at = self.state(program, at, is_deep, Step { axis, ..step.clone() }, owner);
            is_deep = false;
        }
        self.states[at as usize].rules.push(rule);
        Ok(())
    }

    fn state(&mut self, program: &Program, from: u32, is_deep: bool, step: Step, owner: u32) -> u32 {
        let is_own = step
            .predicates
            .iter()
            .any(|it| program.facts(it.expr).uses.has(Uses::VARIABLES.or(Uses::DOCUMENTS).or(Uses::ELSE)));
        let key = (from, is_deep, step.clone(), if is_own { owner } else { u32::MAX });
        if let Some(known) = self.ids.get(&key) {
            return *known;
        }
        let id = self.states.len() as u32;
        self.ids.insert(key, id);
        match (step.axis, step.test) {
            (Axis::Attribute, _) => self.wants_attributes = true,
            (
                _,
                NodeTest::Named
                | NodeTest::Name(_)
                | NodeTest::Namespace(_)
                | NodeTest::Local(_)
                | NodeTest::Element(_),
            ) => {}
            (_, NodeTest::Attribute(_)) => self.wants_attributes = true,
            _ => self.wants_leaves = true,
        }
        let state = &mut self.states[from as usize];
        let edges = if is_deep { &mut state.descendants } else { &mut state.children };
        match (key_of(program, &step), step.test) {
            (Some((child, attribute, texts)), _) => {
                let known = edges.keyed.iter().position(|it| it.child == child && it.attribute == attribute);
                let place = known.unwrap_or_else(|| {
                    edges.keyed.push(Keyed { child, attribute, states: HashMap::default() });
                    edges.keyed.len() - 1
                });
                for text in texts {
                    edges.keyed[place].states.entry(text).or_default().push(id);
                }
            }
            (None, NodeTest::Name(name) | NodeTest::Element(Some(name))) => {
                edges.by_name.entry(name).or_default().push(id);
            }
            (None, _) => edges.any.push(id),
        }
        self.states.push(State {
            step,
            rules: Vec::new(),
            owner,
            children: Edges::default(),
            descendants: Edges::default(),
        });
        id
    }

    /// How many states there are.
    pub fn n_states(&self) -> usize {
        self.states.len()
    }

    /// Walks through the document; tells each rule and node that match, node by node.
    ///
    /// `globals` are the variables of each owner.
    pub fn walk<'d>(
        &self,
        run: &Run<'d>,
        globals: &[Lets<'_, 'd>],
        n_globals: &[usize],
        mut matched: impl FnMut(RuleId, NodeId),
        errors: &mut Vec<ContextError>,
    ) {
        let document = run.document();
        let mut walk = Walk {
            matcher: self,
            document,
            active: Vec::new(),
            deep: Vec::new(),
            seen: vec![u32::MAX; self.states.len()],
            candidates: Vec::new(),
        };
        let mut frames: Vec<Open> = Vec::new();
        let mut node = 0;
        while node < document.nodes.len() as u32 {
            while let Some(frame) = frames.last().filter(|frame| frame.end <= node) {
                walk.active.truncate(frame.active);
                walk.deep.truncate(frame.deep);
                frames.pop();
            }
            let it = &document.nodes[node as usize];
            let is_wanted = match it.kind {
                Kind::Element | Kind::Document => true,
                Kind::Attribute => self.wants_attributes,
                _ => self.wants_leaves,
            };
            if !is_wanted {
                node += 1;
                continue;
            }
            let parent_active = frames.last().map_or(0, |frame| frame.active);
            let start = walk.active.len();
            let deep = walk.deep.len();
            if node == 0 {
                walk.enter(START, &mut matched, NodeId(0));
            } else {
                walk.gather(parent_active..start, NodeId(node));
                let candidates = std::mem::take(&mut walk.candidates);
                for state in &candidates {
                    let step = &self.states[*state as usize].step;
                    if !run.test_holds(step.test, step.axis == Axis::Attribute, NodeId(node)) {
                        continue;
                    }
                    let owner = self.states[*state as usize].owner as usize;
                    let frame = Frame::new(NodeId(node), &globals[owner], n_globals[owner]);
                    match run.predicates_hold(step, NodeId(node), &frame.context()) {
                        Ok(true) => walk.enter(*state, &mut matched, NodeId(node)),
                        Ok(false) => {}
                        Err(error) => {
                            let rule = self.some_rule(*state);
                            errors.push(ContextError { node: NodeId(node), rule, error });
                        }
                    }
                }
                walk.candidates = candidates;
                walk.candidates.clear();
            }
            if it.end > node + 1 {
                frames.push(Open { end: it.end, active: start, deep });
                node = if self.wants_attributes { node + 1 } else { it.content };
            } else {
                walk.active.truncate(start);
                walk.deep.truncate(deep);
                node += 1;
            }
        }
    }

    fn some_rule(&self, state: u32) -> RuleId {
        let mut waiting = vec![state];
        while let Some(state) = waiting.pop() {
            let state = &self.states[state as usize];
            if let Some(rule) = state.rules.first() {
                return *rule;
            }
            for edges in [&state.children, &state.descendants] {
                waiting.extend(edges.any.iter().chain(edges.by_name.values().flatten()));
                waiting.extend(edges.keyed.iter().flat_map(|it| it.states.values().flatten()));
            }
        }
        0
    }
}

struct Open {
    end: u32,
    /// Lengths of the two stacks before this node.
    active: usize,
    deep: usize,
}

struct Walk<'m> {
    matcher: &'m Matcher,
    document: &'m Document,
    /// States matched by the open elements, innermost last.
    active: Vec<u32>,
    /// Those of them that look for descendants.
    deep: Vec<u32>,
    /// The node for which a state was last a candidate.
    seen: Vec<u32>,
    candidates: Vec<u32>,
}

impl Walk<'_> {
    fn enter(&mut self, state: u32, matched: &mut impl FnMut(RuleId, NodeId), node: NodeId) {
        let it = &self.matcher.states[state as usize];
        for rule in &it.rules {
            matched(*rule, node);
        }
        self.active.push(state);
        let edges = &it.descendants;
        if !(edges.by_name.is_empty() && edges.any.is_empty() && edges.keyed.is_empty()) {
            self.deep.push(state);
        }
    }

    /// The states that a node may match, each once.
    fn gather(&mut self, parents: std::ops::Range<usize>, node: NodeId) {
        for place in parents {
            let state = self.active[place];
            self.gather_edges(&self.matcher.states[state as usize].children, node);
        }
        for place in 0..self.deep.len() {
            let state = self.deep[place];
            self.gather_edges(&self.matcher.states[state as usize].descendants, node);
        }
    }

    fn gather_edges(&mut self, edges: &Edges, node: NodeId) {
        let it = self.document.node(node);
        if it.name != NO_NAME
            && let Some(states) = edges.by_name.get(&it.name)
        {
            self.add(states, node);
        }
        self.add(&edges.any, node);
        for keyed in &edges.keyed {
            for child in self.document.children(node) {
                if self.document.node(child).name != keyed.child {
                    continue;
                }
                for attribute in self.document.attributes(child) {
                    if self.document.node(attribute).name == keyed.attribute
                        && let Some(states) = keyed.states.get(self.document.string_value(attribute))
                    {
                        self.add(states, node);
                    }
                }
            }
        }
    }

    fn add(&mut self, states: &[u32], node: NodeId) {
        for state in states {
            if std::mem::replace(&mut self.seen[*state as usize], node.0) != node.0 {
                self.candidates.push(*state);
            }
        }
    }
}

/// One way to match a pattern.
#[derive(Clone, Default)]
struct Way {
    from_root: bool,
    steps: Vec<Step>,
}

/// The paths of which a node must end one: `(a | b[p])/c` is `a/c | b[p]/c`, as patterns of XSLT 3.0 §5.5 have it too.
///
/// Predicates behind parentheses must not look at positions; a variable there is taken for a truth or for nodes.
fn alternatives(program: &Program, context: ExprId) -> Result<Vec<Way>, String> {
    let is_blind = |it: &Predicate| match it.kind {
        PredicateKind::Truth => true,
        PredicateKind::Open(_) => matches!(program.expr(it.expr), Expr::Variable(_)),
        PredicateKind::Position(_) => false,
    };
    let mut ways = match program.expr(context) {
        Expr::Set(SetOperation::Union, a, b) => {
            let mut ways = alternatives(program, *a)?;
            ways.extend(alternatives(program, *b)?);
            ways
        }
        Expr::Root => vec![Way { from_root: true, steps: Vec::new() }],
        Expr::Path { start, steps, .. } => {
            let mut ways = match start {
                None => vec![Way::default()],
                Some(start) => alternatives(program, *start)?,
            };
            ways.iter_mut().for_each(|way| way.steps.extend(steps.iter().cloned()));
            ways
        }
        Expr::Filter { base, predicates } if predicates.iter().all(is_blind) => {
            let mut ways = alternatives(program, *base)?;
            for way in &mut ways {
                let last = way.steps.last_mut().ok_or("a context that filters the document")?;
                last.predicates = last.predicates.iter().chain(predicates).copied().collect();
            }
            ways
        }
        _ => return Err("a context that is no pattern".into()),
    };
    if ways.len() > WAYS {
        return Err("a context of too many alternatives".into());
    }
    ways.shrink_to_fit();
    Ok(ways)
}

/// The texts of which the first predicate asks an attribute of a child to have one: without any of them no node matches.
///
/// `child/@attribute = 'text'` or `child[@attribute = 'text']`, alone, among what must hold as well, or several joined by
/// `or` that look at the same attribute.
fn key_of(program: &Program, step: &Step) -> Option<(NameId, NameId, Vec<Box<str>>)> {
    let first = step.predicates.first().filter(|it| it.kind == PredicateKind::Truth)?;
    let mut texts = Vec::new();
    let (child, attribute) = key_of_condition(program, first.expr, &mut texts)?;
    Some((child, attribute, texts))
}

fn key_of_condition(program: &Program, condition: ExprId, texts: &mut Vec<Box<str>>) -> Option<(NameId, NameId)> {
    let named = |step: &Step, axis: Axis| match step.test {
        NodeTest::Name(name) if step.axis == axis => Some(name),
        _ => None,
    };
    match program.expr(condition) {
        Expr::And(a, b) => {
            let n_texts = texts.len();
            key_of_condition(program, *a, texts).or_else(|| {
                texts.truncate(n_texts);
                key_of_condition(program, *b, texts)
            })
        }
        Expr::Or(a, b) => {
            let key = key_of_condition(program, *a, texts)?;
            key_of_condition(program, *b, texts).filter(|it| *it == key)
        }
        Expr::General(Comparison::Eq, ..) => {
            let (path, text) = compared(program, condition)?;
            match path {
                [child, attribute] if child.predicates.is_empty() && attribute.predicates.is_empty() => {
                    texts.push(text.into());
                    Some((named(child, Axis::Child)?, named(attribute, Axis::Attribute)?))
                }
                _ => None,
            }
        }
        Expr::Path { start: None, steps, .. } => {
            let [child] = &**steps else { return None };
            let [predicate] = &*child.predicates else { return None };
            match compared(program, predicate.expr)? {
                ([attribute], text) if attribute.predicates.is_empty() => {
                    texts.push(text.into());
                    Some((named(child, Axis::Child)?, named(attribute, Axis::Attribute)?))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A path from the node at hand, and the text it is compared with.
fn compared(program: &Program, condition: ExprId) -> Option<(&[Step], &str)> {
    let Expr::General(Comparison::Eq, left, right) = program.expr(condition) else { return None };
    match (program.expr(*left), program.expr(*right)) {
        (Expr::Path { start: None, steps, .. }, Expr::String(text))
        | (Expr::String(text), Expr::Path { start: None, steps, .. }) => Some((steps, text)),
        _ => None,
    }
}
