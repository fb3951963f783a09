//! Evaluation: sequences are pushed item by item, so that what is answered by the first item stops there.

mod bounds;
mod call;
mod compare;
mod convert;
mod index;
mod path;
mod sequence;
mod set;
mod single;

use crate::arithmetic;
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::*;
use crate::functions::Function;
use crate::library::Library;
use crate::names::NameId;
use crate::time::Moment;
use crate::tree::{Document, NodeId};
use crate::value::*;
pub use bounds::Bounds;
use foldhash::fast::RandomState;
use single::Single;
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The documents that expressions open during a run.
#[derive(Debug)]
pub struct Opened {
    slots: Box<[OnceCell<Arc<Document>>]>,
    numbers: RefCell<HashMap<Box<str>, u32, RandomState>>,
}

impl Default for Opened {
    /// Room for 255 documents.
    fn default() -> Self {
        Self { slots: (0..256).map(|_| OnceCell::new()).collect(), numbers: RefCell::default() }
    }
}

/// The variables of a rule or of a schema, each evaluated when first needed.
#[derive(Debug)]
pub struct Lets<'r, 'd> {
    lets: &'r [(NameId, ExprId)],
    /// Made when a variable is first looked at: most checks of a document look at none.
    values: OnceCell<Box<[OnceCell<Res<Sequence<'d>>>]>>,
    focus: NodeRef,
    /// What relative names of documents start from.
    base: &'r str,
    outer: Option<&'r Lets<'r, 'd>>,
}

impl<'r, 'd> Lets<'r, 'd> {
    /// The variables of a schema, evaluated at the document; `base` is the folder of the schema inside the pack.
    pub fn global(lets: &'r [(NameId, ExprId)], base: &'r str) -> Self {
        let focus = NodeRef { document: 0, node: NodeId::DOCUMENT };
        Self { lets, values: OnceCell::new(), focus, base, outer: None }
    }

    /// The variables of a rule, evaluated at a node: each sees those before it, then the outer ones.
    pub fn within(outer: &'r Lets<'r, 'd>, lets: &'r [(NameId, ExprId)], node: NodeId) -> Self {
        let focus = NodeRef { document: 0, node };
        Self { lets, values: OnceCell::new(), focus, base: outer.base, outer: Some(outer) }
    }
}

#[derive(Clone, Copy)]
enum Focus<'r, 'd> {
    None,
    Node(NodeRef),
    Atomic(&'r Atomic<'d>),
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub struct Context<'r, 'd> {
    focus: Focus<'r, 'd>,
    position: u32,
    size: u32,
    frame: &'r Frame<'r, 'd>,
}

/// What stays the same while the focus moves.
#[derive(Clone, Copy)]
pub struct Frame<'r, 'd> {
    /// Variables in scope, and how many of the innermost.
    lets: Option<(&'r Lets<'r, 'd>, usize)>,
    /// First slot of this frame among the locals.
    locals: usize,
    /// What `current()` is.
    current: Option<NodeRef>,
    /// What relative names of documents start from: a folder inside the pack.
    base: &'r str,
}

impl<'r, 'd> Frame<'r, 'd> {
    /// At a node of the main document, with the first `n_lets` of these variables.
    pub fn new(node: NodeId, lets: &'r Lets<'r, 'd>, n_lets: usize) -> Self {
        Self { lets: Some((lets, n_lets)), base: lets.base, ..Self::plain(node, "") }
    }

    /// At a node of the main document, without variables.
    pub fn plain(node: NodeId, base: &'r str) -> Self {
        Self { lets: None, locals: 0, current: Some(NodeRef { document: 0, node }), base }
    }

    /// The context of this frame's own node.
    pub fn context(&'r self) -> Context<'r, 'd> {
        let focus = self.current.map_or(Focus::None, Focus::Node);
        Context { focus, position: 1, size: 1, frame: self }
    }
}

impl<'r, 'd> Context<'r, 'd> {
    #[inline]
    fn on(&self, node: NodeRef, position: u32, size: u32) -> Self {
        Self { focus: Focus::Node(node), position, size, frame: self.frame }
    }
}

/// The evaluation of expressions over one document.
pub struct Run<'d> {
    program: &'d Program,
    library: &'d Library,
    main: &'d Document,
    opened: &'d Opened,
    now: Option<Moment>,
    locals: RefCell<Vec<Sequence<'d>>>,
    /// Variables whose first evaluation is under way: where they are kept, and their place there.
    evaluated: RefCell<Vec<(usize, usize)>>,
    truths: RefCell<HashMap<ExprId, bool, RandomState>>,
    values: RefCell<HashMap<ExprId, Sequence<'d>, RandomState>>,
    indexes: RefCell<HashMap<ExprId, Rc<index::Own>, RandomState>>,
    /// What the library answered, so that it is asked once a run.
    files: RefCell<index::Answers>,
    /// By the place and length of a text that stays during the run, without flags.
    regexes: RefCell<HashMap<(usize, usize), Arc<crate::regex::Weighed>, RandomState>>,
    scratch: RefCell<String>,
    left: bounds::Left,
}

type Sink<'s, 'd> = &'s mut dyn FnMut(Item<'d>) -> Res<Flow>;

impl<'d> Run<'d> {
    /// A run over a document.
    pub fn new(
        program: &'d Program,
        library: &'d Library,
        main: &'d Document,
        opened: &'d Opened,
        bounds: &Bounds,
    ) -> Self {
        Self {
            program,
            library,
            main,
            opened,
            now: None,
            locals: RefCell::default(),
            evaluated: RefCell::default(),
            truths: RefCell::default(),
            values: RefCell::default(),
            indexes: RefCell::default(),
            files: RefCell::default(),
            regexes: RefCell::default(),
            scratch: RefCell::default(),
            left: bounds::Left::new(bounds),
        }
    }

    /// Says what `current-dateTime()` is, as `YYYY-MM-DDThh:mm:ss±hh:mm`; without it the clock is an error.
    pub fn set_now(&mut self, now: &str) -> Res<()> {
        let text = Atomic::String(Cow::Borrowed(now));
        if let Atomic::Moment(moment) = cast::cast(&text, crate::types::AtomicType::DateTime)? {
            self.now = Some(*moment);
        }
        Ok(())
    }

    /// The program evaluated.
    pub fn program(&self) -> &'d Program {
        self.program
    }

    /// The document under examination.
    pub fn document(&self) -> &'d Document {
        self.main
    }

    /// The same bounds for the next piece of work: what one expression spends is not taken from another.
    pub fn refill(&self, bounds: &Bounds) {
        self.left.refill(bounds);
    }

    #[inline]
    fn doc(&self, number: u32) -> &'d Document {
        match number {
            0 => self.main,
            // A node of a document is only made once its slot is filled.
            _ => self.opened.slots[number as usize].get().map_or(self.main, |document| document),
        }
    }

    /// The value of an expression.
    pub fn value(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        match self.program.expr(id) {
            Expr::Local(slot) => return self.local(*slot, cx),
            Expr::Variable(name) => return self.copied_value(self.variable(*name, cx)?),
            Expr::If(c, t, e) => {
                self.enter()?;
                return self.value(if self.truth(*c, cx)? { *t } else { *e }, cx);
            }
            _ => {}
        }
        match self.single(id, cx)? {
            Single::Empty => return Ok(Sequence::Empty),
            Single::One(item) => {
                self.hold(&item)?;
                return Ok(Sequence::One(item));
            }
            Single::Unknown => {}
        }
        let mut first = None;
        let mut items = Vec::new();
        self.each(id, cx, &mut |item| {
            self.keep(items.len())?;
            self.hold(&item)?;
            // One item needs no list.
            if items.is_empty() && first.is_none() {
                first = Some(item);
            } else {
                items.extend(first.take());
                items.push(item);
            }
            Ok(Flow::Go)
        })?;
        Ok(first.map_or_else(|| Sequence::from_vec(items), Sequence::One))
    }

    /// The items of a value as texts, as `value-of` shows them.
    pub fn texts(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Vec<String>> {
        let mut texts = Vec::new();
        self.each_atom(id, cx, &mut |atom| {
            let text = cast::text(&atom).into_owned();
            self.make_text(text.len())?;
            self.keep(texts.len())?;
            texts.push(text);
            Ok(Flow::Go)
        })?;
        Ok(texts)
    }

    /// The nodes of the main document that an expression finds, such as the subject of a finding.
    pub fn first_node(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Option<NodeId>> {
        let mut found = None;
        self.each(id, cx, &mut |item| {
            if let Item::Node(node) = item
                && node.is_main()
            {
                found = Some(node.node);
            }
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }

    fn local(&self, slot: u16, cx: &Context<'_, 'd>) -> Res<Sequence<'d>> {
        let locals = self.locals.borrow();
        match locals.get(cx.frame.locals + usize::from(slot)) {
            Some(value) => self.copied_value(value),
            None => Err(Error::new("XPDY0002", "a variable without value")),
        }
    }

    /// Where the value of a variable is kept, evaluated when first asked for.
    fn variable<'r>(&self, name: NameId, cx: &Context<'r, 'd>) -> Res<&'r Sequence<'d>> {
        let mut at = cx.frame.lets;
        while let Some((lets, n_lets)) = at {
            if let Some(place) = lets.lets[..n_lets].iter().rposition(|(it, _)| *it == name) {
                let values = lets.values.get_or_init(|| lets.lets.iter().map(|_| OnceCell::new()).collect());
                if let Some(value) = values[place].get() {
                    return value.as_ref().map_err(Clone::clone);
                }
                // A function may look for the variable whose value calls it.
                let key = (std::ptr::from_ref(lets).addr(), place);
                if self.evaluated.borrow().contains(&key) {
                    return Err(Error::new("XTDE0640", "a variable whose value asks for itself"));
                }
                self.evaluated.borrow_mut().push(key);
                let locals = self.locals.borrow().len();
                let current = Some(lets.focus);
                let frame = Frame { lets: Some((lets, place)), locals, current, base: lets.base };
                let value = self.value(lets.lets[place].1, &frame.context());
                self.locals.borrow_mut().truncate(locals);
                self.evaluated.borrow_mut().pop();
                return values[place].get_or_init(|| value).as_ref().map_err(Clone::clone);
            }
            at = lets.outer.map(|outer| (outer, outer.lets.len()));
        }
        Err(Error::new("XPST0008", "a variable that is not declared here"))
    }

    /// Evaluates with a variable bound for the time of it.
    fn bound<T>(&self, slot: u16, value: Sequence<'d>, cx: &Context<'_, 'd>, run: impl FnOnce() -> Res<T>) -> Res<T> {
        let place = cx.frame.locals + usize::from(slot);
        {
            let mut locals = self.locals.borrow_mut();
            if locals.len() <= place {
                locals.resize(place + 1, Sequence::Empty);
            }
            locals[place] = value;
        }
        run()
    }

    /// The effective boolean value of an expression.
    ///
    /// The commonest forms only, so that they need little stack: the others are apart.
    pub fn truth(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        self.enter()?;
        match self.program.expr(id) {
            Expr::Or(a, b) => Ok(self.truth(*a, cx)? || self.truth(*b, cx)?),
            Expr::And(a, b) => Ok(self.truth(*a, cx)? && self.truth(*b, cx)?),
            Expr::Call(Function::Not, arguments) => Ok(!self.truth(arguments[0], cx)?),
            Expr::Path { start: None, steps, .. } if let ([step], Focus::Node(node)) = (&**steps, cx.focus) => {
                match step.plain_attribute() {
                    Some(name) => Ok(self.doc(node.document).attribute_named(node.node, name).is_some()),
                    None => self.step_exists(step, node, cx),
                }
            }
            Expr::General(op, a, b) => self.general(*op, *a, *b, cx),
            expr => self.truth_of_other(id, expr, cx),
        }
    }

    #[inline(never)]
    fn truth_of_other(&self, id: ExprId, expr: &Expr, cx: &Context<'_, 'd>) -> Res<bool> {
        match expr {
            Expr::General1(op, a, b) => self.general1(*op, *a, *b, cx),
            Expr::Value(op, a, b) => Ok(self.value_comparison(*op, *a, *b, cx)? == Some(true)),
            Expr::If(c, t, e) => self.truth(if self.truth(*c, cx)? { *t } else { *e }, cx),
            Expr::Quantified { every, slot, over, satisfies } => self.quantified(*every, *slot, *over, *satisfies, cx),
            Expr::Path { start, steps, .. } => {
                let mut found = false;
                self.walk_from(*start, steps, cx, &mut |_| {
                    found = true;
                    Ok(Flow::Stop)
                })?;
                Ok(found)
            }
            Expr::Variable(name) => truth_of_value(self.variable(*name, cx)?),
            Expr::Lookup { within, steps, keys, plain } => self.lookup(id, *within, steps, keys, *plain, cx),
            Expr::InSet { left, set, plain } => self.in_set(*left, *set, *plain, cx),
            Expr::Memo(inner) if self.is_on_main(cx) => {
                if let Some(known) = self.truths.borrow().get(&id) {
                    return Ok(*known);
                }
                let found = self.truth(*inner, cx)?;
                self.truths.borrow_mut().insert(id, found);
                Ok(found)
            }
            Expr::Memo(inner) => self.truth(*inner, cx),
            Expr::Call(function, arguments) => match function {
                Function::Boolean => self.truth(arguments[0], cx),
                Function::Exists => self.exists(arguments[0], cx),
                Function::Empty => Ok(!self.exists(arguments[0], cx)?),
                Function::True => Ok(true),
                Function::False => Ok(false),
                Function::HasText => self.has_text(arguments[0], cx),
                Function::Contains | Function::StartsWith | Function::EndsWith | Function::Matches => {
                    self.text_test(*function, arguments, cx)
                }
                _ => self.truth_of_items(id, cx),
            },
            Expr::Filter { base, predicates } => {
                let mut found = None;
                let flow = self.filter(*base, predicates, cx, &mut |item| match (item, &found) {
                    (Item::Node(_), None) => Ok(Flow::Stop),
                    (Item::Atomic(atom), None) => {
                        found = Some(atom);
                        Ok(Flow::Go)
                    }
                    _ => Err(Error::new("FORG0006", "several values that are neither true nor false together")),
                })?;
                match found {
                    Some(atom) => truth_of(&atom),
                    None => Ok(flow == Flow::Stop),
                }
            }
            Expr::Castable(value, atomic, is_optional) => self.castable(*value, *atomic, *is_optional, cx),
            Expr::InstanceOf(value, sequence) => self.instance_of(*value, *sequence, cx),
            _ => self.truth_of_items(id, cx),
        }
    }

    fn truth_of_items(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        let mut found: Option<Atomic<'d>> = None;
        let mut is_node = false;
        self.each(id, cx, &mut |item| match (item, &found) {
            (Item::Node(_), None) => {
                is_node = true;
                Ok(Flow::Stop)
            }
            (Item::Atomic(atom), None) => {
                found = Some(atom);
                Ok(Flow::Go)
            }
            _ => Err(Error::new("FORG0006", "several values that are neither true nor false together")),
        })?;
        match found {
            Some(atom) => truth_of(&atom),
            None => Ok(is_node),
        }
    }

    fn exists(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        match self.program.expr(id) {
            Expr::Path { .. } | Expr::Lookup { .. } => return self.truth(id, cx),
            Expr::Variable(name) => return Ok(!self.variable(*name, cx)?.items().is_empty()),
            _ => {}
        }
        let mut found = false;
        self.each(id, cx, &mut |_| {
            found = true;
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }

    fn is_on_main(&self, cx: &Context<'_, 'd>) -> bool {
        matches!(cx.focus, Focus::Node(node) if node.is_main())
    }

    fn quantified(&self, every: bool, slot: u16, over: ExprId, satisfies: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        if !self.program.facts(over).uses.has(Uses::LOCALS) {
            // Item by item: what is bound here is not looked at there.
            let mut found = every;
            self.each(over, cx, &mut |item| {
                found = self.bound(slot, Sequence::One(item), cx, || self.truth(satisfies, cx))?;
                Ok(if found == every { Flow::Go } else { Flow::Stop })
            })?;
            return Ok(found);
        }
        // The sequence first: its own variables use the same slots.
        let mut items = Vec::new();
        self.each(over, cx, &mut |item| {
            self.keep(items.len())?;
            self.hold(&item)?;
            items.push(item);
            Ok(Flow::Go)
        })?;
        for item in items {
            let holds = self.bound(slot, Sequence::One(item), cx, || self.truth(satisfies, cx))?;
            if holds != every {
                return Ok(!every);
            }
        }
        Ok(every)
    }

    /// Pushes the items of a value.
    fn each(&self, id: ExprId, cx: &Context<'_, 'd>, sink: Sink<'_, 'd>) -> Res<Flow> {
        self.enter()?;
        let atomic = match self.program.expr(id) {
            Expr::String(text) => Atomic::String(Cow::Borrowed(text)),
            Expr::Integer(value) => Atomic::Integer(*value),
            Expr::Large(value) => Atomic::Large(Box::new(*value)),
            Expr::Decimal(value) => Atomic::Decimal(*value),
            Expr::Double(bits) => Atomic::Double(f64::from_bits(*bits)),
            Expr::Sequence(parts) => {
                for part in parts {
                    if self.each(*part, cx, sink)? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                return Ok(Flow::Go);
            }
            Expr::Or(..)
            | Expr::And(..)
            | Expr::General(..)
            | Expr::General1(..)
            | Expr::Quantified { .. }
            | Expr::InSet { .. }
            | Expr::Castable(..)
            | Expr::InstanceOf(..) => Atomic::Boolean(self.truth(id, cx)?),
            Expr::Value(op, a, b) => match self.value_comparison(*op, *a, *b, cx)? {
                Some(holds) => Atomic::Boolean(holds),
                None => return Ok(Flow::Go),
            },
            Expr::Node(op, a, b) => match self.node_comparison(*op, *a, *b, cx)? {
                Some(holds) => Atomic::Boolean(holds),
                None => return Ok(Flow::Go),
            },
            Expr::Range(a, b) => return self.range(*a, *b, cx, sink),
            Expr::Arithmetic(op, a, b) => {
                let (Some(a), Some(b)) = (self.atom(*a, cx)?, self.atom(*b, cx)?) else { return Ok(Flow::Go) };
                arithmetic::arithmetic(*op, &a, &b)?
            }
            Expr::Arithmetic1(op, a, b) => {
                let (a, b) = (self.number(*a, cx)?, self.number(*b, cx)?);
                arithmetic::arithmetic(*op, &Atomic::Double(a), &Atomic::Double(b))?
            }
            Expr::Negate(a) => match self.atom(*a, cx)? {
                Some(atom) => arithmetic::negate(&atom)?,
                None => return Ok(Flow::Go),
            },
            Expr::Plus(a) => match self.atom(*a, cx)? {
                Some(atom) => arithmetic::plus(&atom)?,
                None => return Ok(Flow::Go),
            },
            Expr::Set(operation, a, b) => return self.set(*operation, *a, *b, cx, sink),
            Expr::Treat(value, sequence) => {
                let value = self.value(*value, cx)?;
                if !self.matches_type(&value, *sequence) {
                    return Err(Error::new("XPDY0050", "a value of another type than it is treated as"));
                }
                return self.push(&value, sink);
            }
            Expr::Convert(value, sequence) => return self.push(&self.convert(*value, *sequence, cx)?, sink),
            Expr::Cast(value, atomic, is_optional) => match self.atom(*value, cx)? {
                Some(atom) => self.cast(&atom, *atomic, cx)?,
                None if *is_optional => return Ok(Flow::Go),
                None => return type_error("nothing cannot be cast"),
            },
            Expr::If(c, t, e) => return self.each(if self.truth(*c, cx)? { *t } else { *e }, cx, sink),
            Expr::For { slot, over, body } => return self.for_each(*slot, *over, *body, cx, sink),
            Expr::Let { slot, value, body } => {
                let (value, held) = self.holding(|| {
                    let value = self.value(*value, cx)?;
                    self.bound(*slot, value, cx, || self.value(*body, cx))
                })?;
                let flow = self.push(&value, sink)?;
                self.give_back(held);
                return Ok(flow);
            }
            Expr::Variable(name) => return self.push(self.variable(*name, cx)?, sink),
            Expr::Local(_) => {
                let (value, held) = self.holding(|| self.value(id, cx))?;
                let flow = self.push(&value, sink)?;
                self.give_back(held);
                return Ok(flow);
            }
            Expr::Context => {
                return match cx.focus {
                    Focus::Node(node) => sink(Item::Node(node)),
                    Focus::Atomic(atom) => self.push_made(atom.clone(), sink),
                    Focus::None => Err(Error::new("XPDY0002", "there is no context item here")),
                };
            }
            Expr::Root => {
                let Focus::Node(node) = cx.focus else {
                    return Err(Error::new("XPDY0002", "there is no document to start from"));
                };
                return sink(Item::Node(NodeRef { document: node.document, node: NodeId::DOCUMENT }));
            }
            Expr::Path { start, steps, order } => {
                return self.path(*start, steps, *order, cx, &mut |node| sink(Item::Node(node)));
            }
            Expr::Map { base, body, is_path: true } => return self.map(*base, *body, cx, sink),
            Expr::Map { base, body, is_path: false } => return self.map_each(*base, *body, cx, sink),
            Expr::Filter { base, predicates } => return self.filter(*base, predicates, cx, sink),
            Expr::Call(function, arguments) => return self.call(*function, arguments, cx, sink),
            Expr::Invoke(function, arguments) => return self.invoke(*function, arguments, cx, sink),
            Expr::First(inner) => {
                let mut flow = Flow::Go;
                self.each(*inner, cx, &mut |item| {
                    flow = sink(item)?;
                    Ok(Flow::Stop)
                })?;
                return Ok(flow);
            }
            Expr::Lookup { plain, .. } => return self.each(*plain, cx, sink),
            Expr::Memo(inner) => {
                if !self.is_on_main(cx) {
                    return self.each(*inner, cx, sink);
                }
                let known = self.values.borrow().get(&id).cloned();
                let value = match known {
                    Some(known) => known,
                    None => {
                        let value = self.value(*inner, cx)?;
                        self.values.borrow_mut().insert(id, value.clone());
                        value
                    }
                };
                return self.push(&value, sink);
            }
        };
        sink(Item::Atomic(atomic))
    }
}
