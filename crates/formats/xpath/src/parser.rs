//! Words to expressions: the grammar of XPath 2.0 (appendix A), straight into a program.
//!
//! Of XPath 3 it also reads `||`, `!` and `let`, which schemas written for XPath 2 processors use.

mod path;
mod types;

pub(crate) use types::sequence_type;

use crate::error::SyntaxError;
use crate::expr::*;
use crate::functions::{self, Function};
use crate::lexer::{Token, words};
use crate::names::{NameId, Names};
use crate::tree::source::is_ncname;
use crate::types::AtomicType;
use std::collections::HashMap;

/// What an expression may refer to, beside itself.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Prefix to namespace.
    pub namespaces: HashMap<String, String>,
    /// Namespace of element names without prefix; empty for none.
    pub element_namespace: String,
    /// The rules of XPath 1.0 where they differ (XPath 2.0 appendix I, with compatibility mode).
    pub is_xpath1: bool,
}

/// The namespace of the function library.
pub const FUNCTIONS: &str = "http://www.w3.org/2005/xpath-functions";
/// The namespace of the types of XML Schema.
pub const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// Expressions inside each other.
const DEPTH: usize = 150;
/// Operators inside each other, as a long chain of `+` makes them.
const HEIGHT: u16 = 1_000;
/// Operands of `or`, `and` and `|` from which they are put together two by two.
const MANY: usize = 16;
/// Steps of one path.
const STEPS: usize = 200;
/// Bytes of one expression.
const LENGTH: usize = 1 << 20;

impl Program {
    /// Compiles an expression.
    ///
    /// Variables are looked for when they are needed, so that one expression serves wherever its text stands.
    /// `locals` are variables of an enclosing function, in the order of their slots.
    pub fn compile(
        &mut self,
        names: &mut Names,
        scope: &Scope,
        source: &str,
        locals: &[NameId],
    ) -> Result<ExprId, SyntaxError> {
        if source.len() > LENGTH {
            return Err(SyntaxError {
                offset: LENGTH,
                code: "XPST0003",
                reason: "an expression too long to read".into(),
            });
        }
        let words = words(source)?;
        let locals = locals.to_vec();
        let mut parser = Parser { program: self, names, scope, words, at: 0, locals, depth: 0, has_taken: false };
        let expr = parser.sequence()?;
        match parser.peek() {
            Token::End => Ok(expr),
            _ => parser.fail("the end of the expression"),
        }
    }
}

struct Parser<'p, 's> {
    program: &'p mut Program,
    names: &'p mut Names,
    scope: &'p Scope,
    words: Vec<(Token<'s>, usize)>,
    at: usize,
    /// Variables bound around here, by slot.
    locals: Vec<NameId>,
    depth: usize,
    /// The last word asked for was there.
    has_taken: bool,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'s> Parser<'_, 's> {
    fn peek(&self) -> &Token<'s> {
        &self.words[self.at].0
    }

    fn peek_at(&self, ahead: usize) -> &Token<'s> {
        self.words.get(self.at + ahead).map_or(&Token::End, |(token, _)| token)
    }

    fn next(&mut self) -> Token<'s> {
        let token = self.words[self.at].0.clone();
        self.has_taken = token != Token::End;
        self.at += usize::from(self.has_taken);
        token
    }

    /// Stands again before the word just taken; the end of the expression is never passed.
    fn put_back(&mut self) {
        if self.has_taken {
            self.at -= 1;
        }
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        self.refuse("XPST0003", format!("{expected} was expected"))
    }

    fn refuse<T>(&self, code: &'static str, reason: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError { offset: self.words[self.at].1, code, reason: reason.into() })
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(it) if *it == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { self.fail(symbol) }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(None, it) if *it == word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) { Ok(()) } else { self.fail(word) }
    }

    /// `a, b`
    fn sequence(&mut self) -> Parsed<ExprId> {
        let first = self.single()?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take(",") {
            parts.push(self.single()?);
        }
        Ok(self.program.add(Expr::Sequence(parts.into())))
    }

    fn single(&mut self) -> Parsed<ExprId> {
        self.depth += 1;
        if self.depth > DEPTH {
            return self.refuse("XPST0003", "expressions too deep inside each other");
        }
        let is_binding = matches!(self.peek_at(1), Token::Symbol("$"));
        let expr = match self.peek() {
            Token::Name(None, "for") if is_binding => self.for_or_let(true),
            Token::Name(None, "let") if is_binding => self.for_or_let(false),
            Token::Name(None, "some") if is_binding => self.quantified(false),
            Token::Name(None, "every") if is_binding => self.quantified(true),
            Token::Name(None, "if") if matches!(self.peek_at(1), Token::Symbol("(")) => self.conditional(),
            _ => self.or(),
        }?;
        self.depth -= 1;
        self.low(expr)
    }

    /// The same expression, when it is not too high to go through.
    fn low(&self, expr: ExprId) -> Parsed<ExprId> {
        match self.program.facts(expr).height > HEIGHT {
            true => self.refuse("XPST0003", "too many operators inside each other"),
            false => Ok(expr),
        }
    }

    /// Bindings `$x in e, $y in f` or `$x := e`: slots with their expressions; the variables stay in scope.
    fn bindings(&mut self, word: &str) -> Parsed<Vec<(u16, ExprId)>> {
        let mut bindings = Vec::new();
        loop {
            self.expect("$")?;
            let name = self.variable_name()?;
            if word == ":=" {
                self.expect(word)?
            } else {
                self.expect_word(word)?
            }
            let over = self.single()?;
            bindings.push((self.locals.len() as u16, over));
            self.locals.push(name);
            if bindings.len() > DEPTH {
                return self.refuse("XPST0003", "too many variables");
            }
            if !self.take(",") {
                return Ok(bindings);
            }
        }
    }

    fn for_or_let(&mut self, is_for: bool) -> Parsed<ExprId> {
        self.at += 1;
        let outer = self.locals.len();
        let bindings = self.bindings(if is_for { "in" } else { ":=" })?;
        self.expect_word("return")?;
        let mut body = self.single()?;
        self.locals.truncate(outer);
        for (slot, over) in bindings.into_iter().rev() {
            body = self.program.add(match is_for {
                true => Expr::For { slot, over, body },
                false => Expr::Let { slot, value: over, body },
            });
        }
        Ok(body)
    }

    fn quantified(&mut self, every: bool) -> Parsed<ExprId> {
        self.at += 1;
        let outer = self.locals.len();
        let bindings = self.bindings("in")?;
        self.expect_word("satisfies")?;
        let body = self.single()?;
        let mut satisfies = self.program.truth(body);
        self.locals.truncate(outer);
        for (slot, over) in bindings.into_iter().rev() {
            satisfies = self.program.quantified(every, slot, over, satisfies);
        }
        Ok(satisfies)
    }

    fn conditional(&mut self) -> Parsed<ExprId> {
        self.at += 2;
        let condition = self.sequence()?;
        let condition = self.program.truth(condition);
        self.expect(")")?;
        self.expect_word("then")?;
        let then = self.single()?;
        self.expect_word("else")?;
        let otherwise = self.single()?;
        Ok(self.program.add(Expr::If(condition, then, otherwise)))
    }

    fn or(&mut self) -> Parsed<ExprId> {
        let first = self.and()?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let mut operands = vec![self.program.truth(first)];
        while self.take_word("or") {
            let next = self.and()?;
            operands.push(self.program.truth(next));
        }
        Ok(self.chain(&operands, |program, a, b| {
            let (a, b) = (program.truth(a), program.truth(b));
            program.add(Expr::Or(a, b))
        }))
    }

    /// Operands in their order; many of them in halves, so that evaluation goes no deeper than it needs.
    fn chain(&mut self, operands: &[ExprId], join: fn(&mut Program, ExprId, ExprId) -> ExprId) -> ExprId {
        let (a, b) = match operands {
            [] => return self.program.add(Expr::Sequence([].into())),
            [one] => return *one,
            [rest @ .., last] if operands.len() < MANY => (self.chain(rest, join), *last),
            _ => {
                let (left, right) = operands.split_at(operands.len() / 2);
                (self.chain(left, join), self.chain(right, join))
            }
        };
        join(self.program, a, b)
    }

    fn and(&mut self) -> Parsed<ExprId> {
        let first = self.comparison()?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let mut operands = vec![self.program.truth(first)];
        while self.take_word("and") {
            let next = self.comparison()?;
            operands.push(self.program.truth(next));
        }
        Ok(self.chain(&operands, |program, a, b| {
            let (a, b) = (program.truth(a), program.truth(b));
            program.add(Expr::And(a, b))
        }))
    }

    fn comparison(&mut self) -> Parsed<ExprId> {
        use Comparison::*;
        let left = self.joined()?;
        let (general, operator) = match self.peek() {
            Token::Symbol("=") => (true, Eq),
            Token::Symbol("!=") => (true, Ne),
            Token::Symbol("<") => (true, Lt),
            Token::Symbol("<=") => (true, Le),
            Token::Symbol(">") => (true, Gt),
            Token::Symbol(">=") => (true, Ge),
            Token::Name(None, "eq") => (false, Eq),
            Token::Name(None, "ne") => (false, Ne),
            Token::Name(None, "lt") => (false, Lt),
            Token::Name(None, "le") => (false, Le),
            Token::Name(None, "gt") => (false, Gt),
            Token::Name(None, "ge") => (false, Ge),
            Token::Symbol("<<") => return self.node_comparison(left, NodeComparison::Before),
            Token::Symbol(">>") => return self.node_comparison(left, NodeComparison::After),
            Token::Name(None, "is") => return self.node_comparison(left, NodeComparison::Is),
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.joined()?;
        Ok(self.program.add(match (general, self.scope.is_xpath1) {
            (true, false) => Expr::General(operator, left, right),
            (true, true) => Expr::General1(operator, left, right),
            _ => Expr::Value(operator, left, right),
        }))
    }

    fn node_comparison(&mut self, left: ExprId, operator: NodeComparison) -> Parsed<ExprId> {
        self.at += 1;
        let right = self.joined()?;
        Ok(self.program.add(Expr::Node(operator, left, right)))
    }

    /// `a || b` of XPath 3.
    fn joined(&mut self) -> Parsed<ExprId> {
        let mut left = self.range()?;
        while self.take("||") {
            let right = self.range()?;
            left = self.program.call(Function::Concat, vec![left, right]);
            self.low(left)?;
        }
        Ok(left)
    }

    fn range(&mut self) -> Parsed<ExprId> {
        let left = self.additive()?;
        if !self.take_word("to") {
            return Ok(left);
        }
        let right = self.additive()?;
        Ok(self.program.add(Expr::Range(left, right)))
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: ExprId, right: ExprId) -> ExprId {
        self.program.add(match self.scope.is_xpath1 {
            true => Expr::Arithmetic1(operator, left, right),
            false => Expr::Arithmetic(operator, left, right),
        })
    }

    fn additive(&mut self) -> Parsed<ExprId> {
        let mut left = self.multiplicative()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol("+") => Arithmetic::Add,
                Token::Symbol("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.multiplicative()?;
            left = self.arithmetic(operator, left, right);
            self.low(left)?;
        }
    }

    fn multiplicative(&mut self) -> Parsed<ExprId> {
        let mut left = self.union()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol("*") => Arithmetic::Multiply,
                Token::Name(None, "div") => Arithmetic::Divide,
                Token::Name(None, "idiv") => Arithmetic::IntegerDivide,
                Token::Name(None, "mod") => Arithmetic::Modulo,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.union()?;
            left = self.arithmetic(operator, left, right);
            self.low(left)?;
        }
    }

    fn union(&mut self) -> Parsed<ExprId> {
        let mut operands = vec![self.intersect_except()?];
        while self.is_symbol("|") || self.is_word("union") {
            self.at += 1;
            operands.push(self.intersect_except()?);
        }
        Ok(self.chain(&operands, |program, a, b| program.add(Expr::Set(SetOperation::Union, a, b))))
    }

    fn intersect_except(&mut self) -> Parsed<ExprId> {
        let mut left = self.instance_of()?;
        loop {
            let operation = match self.peek() {
                Token::Name(None, "intersect") => SetOperation::Intersect,
                Token::Name(None, "except") => SetOperation::Except,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.instance_of()?;
            left = self.program.add(Expr::Set(operation, left, right));
            self.low(left)?;
        }
    }

    fn two_words(&mut self, first: &str, second: &str) -> bool {
        let found = self.is_word(first) && matches!(self.peek_at(1), Token::Name(None, it) if *it == second);
        self.at += 2 * usize::from(found);
        found
    }

    fn instance_of(&mut self) -> Parsed<ExprId> {
        let value = self.treat()?;
        if !self.two_words("instance", "of") {
            return Ok(value);
        }
        let sequence = self.sequence_type()?;
        Ok(self.program.add(Expr::InstanceOf(value, sequence)))
    }

    fn treat(&mut self) -> Parsed<ExprId> {
        let value = self.castable()?;
        if !self.two_words("treat", "as") {
            return Ok(value);
        }
        let sequence = self.sequence_type()?;
        Ok(self.program.add(Expr::Treat(value, sequence)))
    }

    fn castable(&mut self) -> Parsed<ExprId> {
        let value = self.cast()?;
        if !self.two_words("castable", "as") {
            return Ok(value);
        }
        let (atomic, is_optional) = self.single_type()?;
        match self.program.expr(value).clone() {
            Expr::String(text) if atomic == AtomicType::QName => {
                let at = self.at;
                let function = if self.qname(&text).is_ok() { Function::True } else { Function::False };
                self.at = at;
                Ok(self.program.call(function, Vec::new()))
            }
            _ => Ok(self.program.add(Expr::Castable(value, atomic, is_optional))),
        }
    }

    fn cast(&mut self) -> Parsed<ExprId> {
        let value = self.unary()?;
        if !self.two_words("cast", "as") {
            return Ok(value);
        }
        let (atomic, is_optional) = self.single_type()?;
        match self.program.expr(value).clone() {
            Expr::String(text) if atomic == AtomicType::QName => self.qname(&text),
            _ => Ok(self.program.add(Expr::Cast(value, atomic, is_optional))),
        }
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let mut signs = Vec::new();
        while let Token::Symbol(sign @ ("+" | "-")) = *self.peek() {
            self.at += 1;
            signs.push(sign);
            if signs.len() > DEPTH {
                return self.refuse("XPST0003", "too many signs before a value");
            }
        }
        let mut value = self.mapped()?;
        for sign in signs.into_iter().rev() {
            if self.scope.is_xpath1 {
                value = self.program.add(Expr::First(value));
                value = self.program.call(Function::Number, vec![value]);
            }
            value = self.program.add(if sign == "-" { Expr::Negate(value) } else { Expr::Plus(value) });
        }
        Ok(value)
    }

    /// `a ! b` of XPath 3.
    fn mapped(&mut self) -> Parsed<ExprId> {
        let mut base = self.path()?;
        while self.take("!") {
            let body = self.path()?;
            base = self.program.add(Expr::Map { base, body, is_path: false });
            self.low(base)?;
        }
        Ok(base)
    }

    fn variable_name(&mut self) -> Parsed<NameId> {
        match self.next() {
            Token::Name(None, local) => Ok(self.names.intern("", local)),
            Token::Name(Some(prefix), local) => {
                let namespace = self.namespace(prefix)?;
                Ok(self.names.intern(&namespace, local))
            }
            _ => {
                self.put_back();
                self.fail("the name of a variable")
            }
        }
    }

    fn namespace(&self, prefix: &str) -> Parsed<String> {
        if let Some(namespace) = self.scope.namespaces.get(prefix) {
            return Ok(namespace.clone());
        }
        match prefix {
            "xml" => Ok("http://www.w3.org/XML/1998/namespace".into()),
            "xs" => Ok(SCHEMA.into()),
            "fn" => Ok(FUNCTIONS.into()),
            _ => {
                let offset = self.words[self.at.saturating_sub(1)].1;
                let reason = format!("the prefix {prefix} is not declared");
                Err(SyntaxError { offset, code: "XPST0081", reason })
            }
        }
    }

    fn primary(&mut self) -> Parsed<ExprId> {
        let expr = match self.next() {
            Token::String(text) => Expr::String(text.into()),
            Token::Integer(digits) => match (digits.parse(), digits.parse()) {
                (Ok(small), _) => Expr::Integer(small),
                (_, Ok(large)) => Expr::Large(large),
                _ => return self.refuse("FOAR0002", "an integer beyond 38 digits is not supported"),
            },
            Token::Decimal(digits) => match digits.trim_end_matches('.').parse() {
                Ok(value) => Expr::Decimal(value),
                Err(_) => return self.refuse("FOAR0002", "a decimal beyond 28 digits is not supported"),
            },
            Token::Double(digits) => Expr::Double(digits.parse::<f64>().unwrap_or(f64::NAN).to_bits()),
            Token::Symbol(".") => Expr::Context,
            Token::Symbol("$") => {
                let name = self.variable_name()?;
                match self.locals.iter().rposition(|it| *it == name) {
                    Some(slot) => Expr::Local(slot as u16),
                    None => Expr::Variable(name),
                }
            }
            Token::Symbol("(") => {
                if self.take(")") {
                    return Ok(self.program.add(Expr::Sequence([].into())));
                }
                let inner = self.sequence()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Name(prefix, local) => return self.function_call(prefix, local),
            _ => {
                self.put_back();
                return self.fail("an expression");
            }
        };
        Ok(self.program.add(expr))
    }

    /// `xs:QName('p:a')`, `'p:a' cast as xs:QName`: the namespaces of the expression hold (XPath 2.0 §3.10.2).
    fn qname(&mut self, text: &str) -> Parsed<ExprId> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let namespace = match text.split_once(':') {
            Some((prefix, _)) => match self.namespace(prefix) {
                Ok(namespace) => namespace,
                Err(_) => return self.refuse("FONS0004", "a prefix that is not declared"),
            },
            None => self.scope.element_namespace.clone(),
        };
        let (_, local) = text.split_once(':').unwrap_or(("", text));
        if !is_ncname(local) {
            return self.refuse("FORG0001", "a name was expected");
        }
        let parts = [Expr::String(namespace.into()), Expr::String(text.into())].map(|it| self.program.add(it));
        Ok(self.program.call(Function::QName, parts.to_vec()))
    }

    fn function_call(&mut self, prefix: Option<&str>, local: &str) -> Parsed<ExprId> {
        let named_at = self.at - 1;
        let namespace = match prefix {
            Some(prefix) => self.namespace(prefix)?,
            None => FUNCTIONS.to_owned(),
        };
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.single()?);
        }
        self.call_of(prefix, local, &namespace, arguments, named_at)
    }

    /// Apart from the arguments, which may be calls themselves: what stands here takes no stack from them.
    fn call_of(
        &mut self,
        prefix: Option<&str>,
        local: &str,
        namespace: &str,
        mut arguments: Vec<ExprId>,
        named_at: usize,
    ) -> Parsed<ExprId> {
        let here = |parser: &mut Self, code, reason: String| {
            parser.at = named_at;
            parser.refuse(code, reason)
        };
        let written = prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}:{local}"));
        if namespace == SCHEMA {
            return match (AtomicType::by_name(local), &*arguments) {
                (Some(AtomicType::QName), [value]) if let Expr::String(text) = self.program.expr(*value).clone() => {
                    self.qname(&text)
                }
                (Some(atomic), [value]) => Ok(self.program.add(Expr::Cast(*value, atomic, true))),
                _ => here(self, "XPST0017", format!("{written}() is not a constructor with this many arguments")),
            };
        }
        let id = self.names.intern(namespace, local);
        let n_arguments = arguments.len();
        let own = |it: &UserFunction| it.name == id && usize::from(it.n_parameters) == n_arguments;
        if let Some(place) = self.program.functions.iter().position(own) {
            return Ok(self.program.add(Expr::Invoke(place as u32, arguments.into())));
        }
        let known = Function::by_name(local).filter(|_| namespace == FUNCTIONS);
        let Some(function) = known else {
            return here(self, "XPST0017", format!("the function {written}() is not supported"));
        };
        let (least, most) = function.arity();
        if arguments.len() < least || arguments.len() > most {
            return here(self, "XPST0017", format!("{written}() does not take {} arguments", arguments.len()));
        }
        if arguments.is_empty() && functions::defaults_to_focus(function) {
            arguments.push(self.program.add(Expr::Context));
        }
        if self.scope.is_xpath1 {
            self.convert_as_xpath1(function, &mut arguments);
        }
        Ok(self.program.call(function, arguments))
    }

    /// XPath 2.0 §3.1.5 in compatibility mode: where one item is wanted the first is taken, where a string, its string.
    fn convert_as_xpath1(&mut self, function: Function, arguments: &mut [ExprId]) {
        use Function::*;
        for argument in arguments.iter_mut() {
            let first = self.program.add(Expr::First(*argument));
            match function {
                Sum => {
                    // What is no number makes the sum NaN (XPath 1.0 §4.4).
                    let here = self.program.add(Expr::Context);
                    let body = self.program.call(Number, vec![here]);
                    *argument = self.program.add(Expr::Map { base: *argument, body, is_path: false });
                }
                Count | Not | Boolean | Exists | Empty | Id | Last | Position | Document | Name | LocalName
                | NamespaceUri | AsString | Number | GenerateId | StringJoin | DistinctValues | Data | Current => {}
                Floor | Ceiling | Round => *argument = self.program.call(Number, vec![first]),
                Contains | StartsWith | SubstringBefore | SubstringAfter | Translate | NormalizeSpace
                | StringLength | Concat => *argument = self.program.call(AsString, vec![first]),
                Substring => {}
                _ => *argument = first,
            }
        }
        match (function, arguments) {
            (Name | LocalName | NamespaceUri | AsString | Number | GenerateId, [argument]) => {
                *argument = self.program.add(Expr::First(*argument));
            }
            (Substring, [text, numbers @ ..]) => {
                let first = self.program.add(Expr::First(*text));
                *text = self.program.call(AsString, vec![first]);
                for number in numbers {
                    let first = self.program.add(Expr::First(*number));
                    *number = self.program.call(Number, vec![first]);
                }
            }
            _ => {}
        }
    }
}
