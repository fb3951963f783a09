//! Adding expressions to a program: equal ones once, types and dependencies known, cheaper forms where they mean the same.

use crate::expr::*;
use crate::functions::Function;
use crate::types::Type;

/// Comparisons that one index answers together.
const KEYS: usize = 8;
/// Steps of a path that an index stands for.
const LONG_WAY: usize = 100;

impl Program {
    /// The number of an expression, new or known.
    pub(crate) fn add(&mut self, expr: Expr) -> ExprId {
        if let Some(id) = self.ids.get(&expr) {
            return *id;
        }
        let mut facts = self.facts_of(&expr);
        expr.each_part(&mut |part| facts.height = facts.height.max(self.facts(part).height.saturating_add(1)));
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr.clone());
        self.facts.push(facts);
        self.ids.insert(expr, id);
        id
    }

    fn facts_of(&self, expr: &Expr) -> Facts {
        let of = |id: &ExprId| self.facts(*id);
        let kind = |id: &ExprId| self.facts(*id).kind;
        let both = |a: &ExprId, b: &ExprId| of(a).uses.or(of(b).uses);
        let (kind, uses) = match expr {
            Expr::String(_) => (Type::one(Type::STRING), Uses::default()),
            Expr::Integer(_) | Expr::Large(_) => (Type::one(Type::INTEGER), Uses::default()),
            Expr::Decimal(_) => (Type::one(Type::DECIMAL), Uses::default()),
            Expr::Double(_) => (Type::one(Type::DOUBLE), Uses::default()),
            Expr::Sequence(parts) => (
                parts.iter().map(kind).fold(Type::EMPTY, Type::then),
                parts.iter().map(|it| of(it).uses).fold(Uses::default(), Uses::or),
            ),
            Expr::Or(a, b) | Expr::And(a, b) | Expr::General(_, a, b) | Expr::General1(_, a, b) => {
                (Type::one(Type::BOOLEAN), both(a, b))
            }
            Expr::Value(_, a, b) | Expr::Node(_, a, b) => (Type::optional(Type::BOOLEAN), both(a, b)),
            Expr::Range(a, b) => (Type::many(Type::INTEGER), both(a, b)),
            Expr::Arithmetic(operator, a, b) => {
                (Type::optional(arithmetic_items(*operator, kind(a), kind(b))), both(a, b))
            }
            Expr::Arithmetic1(_, a, b) => (Type::one(Type::DOUBLE), both(a, b)),
            Expr::Negate(a) | Expr::Plus(a) => (Type::optional(Type::NUMERIC), of(a).uses),
            Expr::Set(operation, a, b) => {
                let (left, right) = (kind(a), kind(b));
                let most = match operation {
                    SetOperation::Union => left.count.1.saturating_add(right.count.1),
                    SetOperation::Intersect | SetOperation::Except => left.count.1,
                };
                (Type { items: Type::NODE, count: (0, most) }, both(a, b))
            }
            Expr::InstanceOf(a, _) | Expr::Castable(a, ..) => (Type::one(Type::BOOLEAN), of(a).uses),
            Expr::Treat(a, sequence) | Expr::Convert(a, sequence) => (sequence.known(), of(a).uses),
            Expr::Cast(a, atomic, is_optional) => {
                let set = atomic.set();
                (if *is_optional { Type::optional(set) } else { Type::one(set) }, of(a).uses)
            }
            Expr::If(c, t, e) => (kind(t).either(kind(e)), of(c).uses.or(both(t, e))),
            Expr::For { over, body, .. } => (kind(body).for_each(kind(over)), both(over, body)),
            Expr::Let { value, body, .. } => (kind(body), both(value, body)),
            Expr::Quantified { over, satisfies, .. } => (Type::one(Type::BOOLEAN), both(over, satisfies)),
            Expr::Local(_) => (Type::many(Type::ITEM), Uses::LOCALS),
            Expr::Variable(_) => (Type::many(Type::ITEM), Uses::VARIABLES),
            Expr::Context => (Type::one(Type::ITEM), Uses::FOCUS),
            Expr::Root => (Type::one(Type::NODE), Uses::ROOT),
            Expr::Path { start, steps, .. } => {
                let uses = start.map_or(Uses::FOCUS, |start| of(&start).uses);
                let one = start.is_none_or(|start| !kind(&start).is_many());
                let one = one && steps.iter().all(|step| self.takes_one(step));
                let kind = if one { Type::optional(Type::NODE) } else { Type::many(Type::NODE) };
                (kind, steps.iter().map(|step| self.step_uses(step)).fold(uses, Uses::or))
            }
            Expr::Map { base, body, .. } => (kind(body).for_each(kind(base)), of(base).uses.or(inner(of(body).uses))),
            Expr::Filter { base, predicates } => {
                let base_kind = kind(base);
                let one = predicates.iter().any(|it| matches!(it.kind, PredicateKind::Position(_)));
                let most = if one { 1 } else { base_kind.count.1 };
                let uses = predicates.iter().map(|it| inner(self.facts(it.expr).uses)).fold(of(base).uses, Uses::or);
                (Type { items: base_kind.items, count: (0, most) }, uses)
            }
            Expr::Call(function, arguments) => {
                let uses = arguments.iter().map(|it| of(it).uses).fold(function.uses(), Uses::or);
                let kind = match function {
                    Function::Trace | Function::Unordered | Function::Reverse => kind(&arguments[0]),
                    Function::ZeroOrOne | Function::ExactlyOne => {
                        Type { count: function.kind().count, ..kind(&arguments[0]) }
                    }
                    Function::DistinctValues => kind(&arguments[0]).atomized(),
                    _ => function.kind(),
                };
                (kind, uses)
            }
            Expr::Invoke(function, arguments) => {
                let uses = arguments.iter().map(|it| of(it).uses).fold(Uses::ELSE, Uses::or);
                let _ = function;
                (Type::many(Type::ITEM), uses)
            }
            Expr::First(a) => (Type { items: kind(a).items, count: (0, 1) }, of(a).uses),
            Expr::Lookup { plain, .. } | Expr::InSet { plain, .. } => (kind(plain), of(plain).uses),
            Expr::Memo(a) => (kind(a), of(a).uses),
        };
        Facts { kind, uses, height: 1 }
    }

    fn takes_one(&self, step: &Step) -> bool {
        let is_first = step.predicates.iter().any(|it| matches!(it.kind, PredicateKind::Position(_)));
        match step.axis {
            Axis::SelfNode | Axis::Parent => true,
            Axis::Attribute => is_first || matches!(step.test, NodeTest::Name(_) | NodeTest::Attribute(Some(_))),
            _ => is_first,
        }
    }

    fn step_uses(&self, step: &Step) -> Uses {
        step.predicates.iter().map(|it| inner(self.facts(it.expr).uses)).fold(Uses::default(), Uses::or)
    }

    /// A predicate, by what is known of its expression.
    pub(crate) fn predicate(&mut self, expr: ExprId) -> Predicate {
        let facts = self.facts(expr);
        if let Expr::Integer(place) = *self.expr(expr)
            && let Ok(place) = u32::try_from(place)
        {
            return Predicate { expr, kind: PredicateKind::Position(place) };
        }
        let sees_position = facts.uses.has(Uses::POSITION.or(Uses::LAST));
        let is_maybe_number = facts.kind.items & Type::NUMERIC != 0;
        if !sees_position && !is_maybe_number {
            return Predicate { expr: self.truth(expr), kind: PredicateKind::Truth };
        }
        let expr = if is_maybe_number { expr } else { self.truth(expr) };
        Predicate { expr, kind: PredicateKind::Open(facts.uses.has(Uses::LAST)) }
    }

    /// `every $v in path satisfies $v[p]` is `not(path[not(p)])`, and `some` is `path[p]`: no variable to bind.
    pub(crate) fn quantified(&mut self, every: bool, slot: u16, over: ExprId, satisfies: ExprId) -> ExprId {
        let plain = Expr::Quantified { every, slot, over, satisfies };
        let Expr::Path { start, steps, .. } = self.expr(over).clone() else { return self.add(plain) };
        let Expr::Filter { base, predicates } = self.expr(satisfies).clone() else { return self.add(plain) };
        let is_plain = *self.expr(base) == Expr::Local(slot)
            && predicates
                .iter()
                .all(|it| it.kind == PredicateKind::Truth && !self.facts(it.expr).uses.has(Uses::LOCALS))
            && steps.last().is_some_and(|it| it.predicates.iter().all(|it| it.kind == PredicateKind::Truth));
        if !is_plain {
            return self.add(plain);
        }
        let mut wanted = predicates.to_vec();
        if every {
            let mut all = predicates[0].expr;
            for predicate in &predicates[1..] {
                all = self.add(Expr::And(all, predicate.expr));
            }
            let refused = self.call(Function::Not, vec![all]);
            wanted = vec![Predicate { expr: refused, kind: PredicateKind::Truth }];
        }
        let mut steps = steps.to_vec();
        if let Some(last) = steps.last_mut() {
            last.predicates = last.predicates.iter().chain(&wanted).copied().collect();
        }
        let path = self.path(start, steps);
        self.call(if every { Function::Not } else { Function::Exists }, vec![path])
    }

    /// A path; what its steps keep of document order is worked out here.
    pub(crate) fn path(&mut self, start: Option<ExprId>, steps: Vec<Step>) -> ExprId {
        let written = steps.len();
        let mut steps = shorten(steps);
        let is_sorted_nodes = |it: ExprId| {
            let kind = self.facts(it).kind;
            kind.items == Type::NODE && (!kind.is_many() || matches!(self.expr(it), Expr::Set(..)))
        };
        if steps.is_empty() && written > 0 && start.is_some_and(|start| !is_sorted_nodes(start)) {
            // `$x/.` sorts nodes and refuses values.
            steps.push(Step { axis: Axis::SelfNode, test: NodeTest::Any, predicates: [].into() });
        }
        if steps.is_empty() {
            return start.unwrap_or_else(|| self.add(Expr::Context));
        }
        let is_one = start.is_none_or(|start| !self.facts(start).kind.is_many());
        let is_sorted = is_one || start.is_some_and(|start| matches!(self.expr(start), Expr::Set(..)));
        let order = order_of(is_one, is_sorted, &steps);
        self.add(Expr::Path { start, steps: steps.into(), order })
    }

    /// A call; `not(not(x))` and the like are left as written.
    pub(crate) fn call(&mut self, function: Function, mut arguments: Vec<ExprId>) -> ExprId {
        match function {
            Function::Not | Function::Boolean => arguments[0] = self.truth(arguments[0]),
            Function::Exists | Function::Empty => {
                let found = self.existence(arguments[0]);
                // A truth, no longer nodes: one value would be there whatever it says.
                if found != arguments[0] && matches!(self.expr(found), Expr::Or(..)) {
                    let is_wanted = function == Function::Exists;
                    return if is_wanted { found } else { self.add(Expr::Call(Function::Not, [found].into())) };
                }
                arguments[0] = found;
            }
            _ => {}
        }
        let call = self.add(Expr::Call(function, arguments.into()));
        if function == Function::Count { self.kept(call) } else { call }
    }

    /// The same truth, by a cheaper form when there is one.
    pub fn truth(&mut self, expr: ExprId) -> ExprId {
        if let Some((text, is_there)) = self.text_asked(expr) {
            let has_text = self.add(Expr::Call(Function::HasText, [text].into()));
            return if is_there { has_text } else { self.add(Expr::Call(Function::Not, [has_text].into())) };
        }
        match self.expr(expr).clone() {
            Expr::Path { .. } | Expr::Filter { .. } => {
                let found = self.existence(expr);
                self.kept(found)
            }
            Expr::Set(..) => match self.existence(expr) {
                same if same == expr => self.kept(expr),
                cheaper => self.truth(cheaper),
            },
            Expr::General(Comparison::Eq, left, set) => self.in_set(expr, left, set),
            _ => self.kept(expr),
        }
    }

    /// `normalize-space(x) = ''` and its kin: the argument, and whether text is wanted.
    fn text_asked(&self, expr: ExprId) -> Option<(ExprId, bool)> {
        let normalized = |id: ExprId| match self.expr(id) {
            Expr::Call(Function::NormalizeSpace, arguments) => Some(arguments[0]),
            _ => None,
        };
        let length = |id: ExprId| match self.expr(id) {
            Expr::Call(Function::StringLength, arguments) => normalized(arguments[0]),
            _ => None,
        };
        match self.expr(expr) {
            Expr::Call(Function::NormalizeSpace, arguments) => Some((arguments[0], true)),
            Expr::General(op, a, b) | Expr::Value(op, a, b) => match (op, self.expr(*b)) {
                (Comparison::Eq, Expr::String(text)) if text.is_empty() => Some((normalized(*a)?, false)),
                (Comparison::Ne, Expr::String(text)) if text.is_empty() => Some((normalized(*a)?, true)),
                (Comparison::Gt | Comparison::Ne, Expr::Integer(0)) => Some((length(*a)?, true)),
                (Comparison::Ge, Expr::Integer(1)) => Some((length(*a)?, true)),
                (Comparison::Eq, Expr::Integer(0)) => Some((length(*a)?, false)),
                _ => None,
            },
            _ => None,
        }
    }

    fn in_set(&mut self, plain: ExprId, left: ExprId, set: ExprId) -> ExprId {
        let uses = self.facts(set).uses;
        let is_plain_set = uses.has(Uses::DOCUMENTS) && uses.only(Uses::DOCUMENTS);
        if is_plain_set { self.add(Expr::InSet { left, set, plain }) } else { self.kept(plain) }
    }

    /// Whether there is a node: an index answers when the predicates compare attributes or text with what they are given.
    ///
    /// Nodes of which some are there in the same cases, or a truth, [`Expr::Or`].
    fn existence(&mut self, expr: ExprId) -> ExprId {
        match *self.expr(expr) {
            // Some node in either: no set to make.
            Expr::Set(SetOperation::Union, a, b) if self.is_path(a) && self.is_path(b) => {
                let (a, b) = (self.truth(a), self.truth(b));
                return self.add(Expr::Or(a, b));
            }
            Expr::Set(SetOperation::Except, a, b) => {
                return self.except(a, b).map_or(expr, |path| self.existence(path));
            }
            _ => {}
        }
        let Some((within, mut steps)) = self.long_way(expr) else { return expr };
        let Some(last) = steps.pop() else { return expr };
        let mut keys = Vec::new();
        for predicate in &last.predicates {
            if predicate.kind != PredicateKind::Truth || !self.keys_of(predicate.expr, &mut keys) {
                return expr;
            }
        }
        let is_blind = keys.iter().all(|(_, value)| {
            let uses = self.facts(*value).uses;
            !uses.has(Uses::FOCUS.or(Uses::POSITION).or(Uses::LAST).or(Uses::ROOT))
        });
        let steps_uses = steps.iter().map(|step| self.step_uses(step)).fold(Uses::default(), Uses::or);
        // More than one text of a node and many values of each key: there would be more keys than nodes.
        let n_texts = keys.iter().filter(|(key, _)| *key == Key::Text).count();
        if keys.len() > KEYS || n_texts > 1 {
            return expr;
        }
        if keys.is_empty() || !is_blind || steps_uses != Uses::default() || last.axis.is_reverse() {
            return expr;
        }
        steps.push(Step { predicates: [].into(), ..last });
        self.add(Expr::Lookup { within, steps: steps.into(), keys: keys.into(), plain: expr })
    }

    /// Paths, and what truths of paths became.
    fn is_path(&self, expr: ExprId) -> bool {
        match *self.expr(expr) {
            Expr::Path { .. } => true,
            Expr::Set(SetOperation::Union, a, b) => self.is_path(a) && self.is_path(b),
            _ => false,
        }
    }

    /// `@* except (@a|@b[p])` as `@*[not(self::attribute(a) or self::attribute(b)[p])]`, likewise for children.
    fn except(&mut self, all: ExprId, others: ExprId) -> Option<ExprId> {
        let Expr::Path { start: None, steps, .. } = self.expr(all).clone() else { return None };
        let [step] = &*steps else { return None };
        if !step.predicates.iter().all(|it| it.kind == PredicateKind::Truth) {
            return None;
        }
        let mut refused: Option<ExprId> = None;
        let mut waiting = vec![others];
        while let Some(other) = waiting.pop() {
            match self.expr(other).clone() {
                Expr::Set(SetOperation::Union, a, b) => waiting.extend([a, b]),
                Expr::Path { start: None, steps, .. } => {
                    let [other] = &*steps else { return None };
                    let test = match (other.axis, other.test) {
                        (axis, _) if axis != step.axis => return None,
                        (Axis::Attribute, NodeTest::Name(name)) => NodeTest::Attribute(Some(name)),
                        (Axis::Child, NodeTest::Name(name)) => NodeTest::Element(Some(name)),
                        _ => return None,
                    };
                    if !other.predicates.iter().all(|it| it.kind == PredicateKind::Truth) {
                        return None;
                    }
                    let own = Step { axis: Axis::SelfNode, test, predicates: other.predicates.clone() };
                    let own = self.path(None, vec![own]);
                    refused = Some(match refused {
                        Some(refused) => self.add(Expr::Or(refused, own)),
                        None => own,
                    });
                }
                _ => return None,
            }
        }
        let kept = self.call(Function::Not, vec![refused?]);
        let kept = Predicate { expr: kept, kind: PredicateKind::Truth };
        let predicates = step.predicates.iter().copied().chain([kept]).collect();
        Some(self.path(None, vec![Step { predicates, ..step.clone() }]))
    }

    /// Steps from the root of a document, when the expression is such a path with something to gain from an index.
    fn long_way(&self, expr: ExprId) -> Option<(LookupIn, Vec<Step>)> {
        match self.expr(expr) {
            Expr::Path { start: Some(start), steps, .. } => {
                let within = match self.expr(*start) {
                    Expr::Root => LookupIn::Own,
                    Expr::Call(Function::Doc | Function::Document, arguments) => LookupIn::Named(arguments[0]),
                    _ => return None,
                };
                let mut steps = steps.to_vec();
                // `a[b/c[k]]` exists when `a/b/c[k]` does.
                while steps.len() < LONG_WAY
                    && let Some(last) = steps.last_mut()
                    && let [.., predicate] = &*last.predicates
                    && predicate.kind == PredicateKind::Truth
                    && let Expr::Path { start: None, steps: inner, .. } = self.expr(predicate.expr)
                    && inner.len() + usize::from(!inner[inner.len() - 1].predicates.is_empty()) > 1
                {
                    let inner = inner.to_vec();
                    last.predicates = last.predicates[..last.predicates.len() - 1].into();
                    steps.extend(inner);
                }
                Some((within, steps))
            }
            _ => None,
        }
    }

    /// Adds the comparisons of a predicate; false when it says anything else.
    fn keys_of(&self, predicate: ExprId, keys: &mut Vec<(Key, ExprId)>) -> bool {
        match *self.expr(predicate) {
            Expr::And(a, b) => self.keys_of(a, keys) && self.keys_of(b, keys),
            Expr::General(Comparison::Eq, a, b) => {
                if let Some(key) = self.key_of(a) {
                    keys.push((key, b));
                    true
                } else if let Some(key) = self.key_of(b) {
                    keys.push((key, a));
                    true
                } else {
                    false
                }
            }
            _ => false,
        }
    }

    fn key_of(&self, expr: ExprId) -> Option<Key> {
        let Expr::Path { start: None, steps, .. } = self.expr(expr) else { return None };
        match &**steps {
            [Step { axis: Axis::Attribute, test: NodeTest::Name(name), predicates }] if predicates.is_empty() => {
                Some(Key::Attribute(*name))
            }
            [Step { axis: Axis::Child, test: NodeTest::Text, predicates }] if predicates.is_empty() => Some(Key::Text),
            _ => None,
        }
    }

    /// What depends on the document alone is worth keeping, when finding it means a walk.
    fn kept(&mut self, expr: ExprId) -> ExprId {
        let uses = self.facts(expr).uses;
        let is_walk = matches!(
            self.expr(expr),
            Expr::Path { .. }
                | Expr::Filter { .. }
                | Expr::General(..)
                | Expr::Call(..)
                | Expr::Value(..)
                | Expr::Quantified { .. }
        );
        if is_walk && uses.has(Uses::ROOT) && uses.only(Uses::ROOT) { self.add(Expr::Memo(expr)) } else { expr }
    }
}

/// What a predicate or a mapped expression still asks of the outside: it has its own focus.
fn inner(uses: Uses) -> Uses {
    uses.without(Uses::FOCUS.or(Uses::POSITION).or(Uses::LAST))
}

fn arithmetic_items(operator: Arithmetic, a: Type, b: Type) -> u32 {
    let all = a.atomized().items | b.atomized().items;
    if all & !Type::INTEGER == 0 {
        return match operator {
            Arithmetic::Divide => Type::DECIMAL,
            _ => Type::INTEGER,
        };
    }
    if all & !Type::NUMERIC == 0 {
        return Type::NUMERIC;
    }
    Type::NUMERIC | Type::TEMPORAL | Type::DURATION
}

/// `descendant-or-self::node()/child::x` is `descendant::x` when no predicate looks at positions.
fn shorten(steps: Vec<Step>) -> Vec<Step> {
    let mut short: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let blind = step.predicates.iter().all(|it| it.kind == PredicateKind::Truth);
        let after_all = short.last().is_some_and(|last| {
            last.axis == Axis::DescendantOrSelf && last.test == NodeTest::Any && last.predicates.is_empty()
        });
        let axis = match step.axis {
            Axis::Child | Axis::Descendant if after_all && blind => Some(Axis::Descendant),
            Axis::SelfNode | Axis::DescendantOrSelf if after_all && blind => Some(Axis::DescendantOrSelf),
            _ => None,
        };
        if let Some(axis) = axis {
            short.pop();
            short.push(Step { axis, ..step });
        } else if !(step.axis == Axis::SelfNode && step.test == NodeTest::Any && step.predicates.is_empty()) {
            short.push(step);
        }
    }
    short
}

fn order_of(from_one: bool, from_sorted: bool, steps: &[Step]) -> Order {
    // One node; no node above another; in order; each once.
    let (mut one, mut peers, mut sorted, mut distinct) = (from_one, from_one, from_sorted, from_sorted);
    for step in steps {
        let takes_first = step.predicates.iter().any(|it| matches!(it.kind, PredicateKind::Position(_)));
        match step.axis {
            Axis::SelfNode => {}
            Axis::Child => sorted &= peers,
            Axis::Attribute | Axis::Namespace => peers = true,
            Axis::Descendant | Axis::DescendantOrSelf => {
                sorted &= peers;
                distinct &= peers;
                peers = false;
            }
            Axis::Parent => {
                (sorted, distinct, peers) = (sorted && one, distinct && one, one);
            }
            Axis::FollowingSibling => (sorted, distinct, peers) = (sorted && one, distinct && one, one),
            Axis::PrecedingSibling => (sorted, distinct, peers) = (one && takes_first, distinct && one, one),
            Axis::Ancestor | Axis::AncestorOrSelf => {
                (sorted, distinct, peers) = (one && takes_first, distinct && one, false);
            }
            Axis::Following => (sorted, distinct, peers) = (sorted && one, distinct && one, false),
            Axis::Preceding => (sorted, distinct, peers) = (one && takes_first, distinct && one, false),
        }
        let names_one = matches!(step.axis, Axis::Attribute) && matches!(step.test, NodeTest::Name(_));
        one &= takes_first || names_one || matches!(step.axis, Axis::SelfNode | Axis::Parent);
        peers |= one;
    }
    match (sorted, distinct) {
        (true, true) => Order::Kept,
        (false, true) => Order::Distinct,
        _ => Order::Lost,
    }
}
