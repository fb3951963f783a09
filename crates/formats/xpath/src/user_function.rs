//! Functions declared beside the expressions: declared first, then defined, so that they may call each other.

use crate::error::SyntaxError;
use crate::expr::{Expr, ExprId, Program, UserFunction, Uses};
use crate::names::{NameId, Names};
use crate::parser::{Scope, sequence_type};
use std::collections::HashSet;

/// A function as source: names as written, types as written, the body as one expression.
#[derive(Clone, Debug)]
pub struct FunctionSource {
    /// `prefix:local`
    pub name: String,
    /// Name and type of each parameter.
    pub parameters: Vec<(String, Option<String>)>,
    /// The type of the result.
    pub result: Option<String>,
    /// An expression over the parameters.
    pub body: String,
}

/// Functions of one program.
const FUNCTIONS: usize = 10_000;
/// Parameters of one function.
const PARAMETERS: usize = 255;

impl Program {
    /// Makes a function known by its name and number of parameters.
    pub fn declare(&mut self, names: &mut Names, scope: &Scope, source: &FunctionSource) -> Result<(), SyntaxError> {
        let name = function_name(names, scope, &source.name)?;
        let n_parameters = source.parameters.len() as u16;
        if source.parameters.len() > PARAMETERS {
            return Err(refused(format!("{} has more than {PARAMETERS} parameters", source.name)));
        }
        if self.functions.len() >= FUNCTIONS {
            return Err(refused(format!("more than {FUNCTIONS} functions")));
        }
        if self.functions.iter().any(|it| it.name == name && it.n_parameters == n_parameters) {
            return Err(refused(format!("{} is declared twice", source.name)));
        }
        let body = self.add(Expr::Sequence([].into()));
        self.functions.push(UserFunction { name, n_parameters, body });
        Ok(())
    }

    /// Gives a declared function its body.
    pub fn define(&mut self, names: &mut Names, scope: &Scope, source: &FunctionSource) -> Result<(), SyntaxError> {
        let name = function_name(names, scope, &source.name)?;
        let locals: Vec<NameId> = source.parameters.iter().map(|(name, _)| names.intern("", name)).collect();
        let mut body = self.compile(names, scope, &source.body, &locals)?;
        if let Some(result) = &source.result {
            let wanted = sequence_type(self, names, scope, result)?;
            body = self.add(Expr::Convert(body, wanted));
        }
        for (slot, (_, wanted)) in source.parameters.iter().enumerate().rev() {
            if let Some(wanted) = wanted {
                let wanted = sequence_type(self, names, scope, wanted)?;
                let local = self.add(Expr::Local(slot as u16));
                let value = self.add(Expr::Convert(local, wanted));
                body = self.add(Expr::Let { slot: slot as u16, value, body });
            }
        }
        let n_parameters = locals.len() as u16;
        let declared = self.functions.iter_mut().find(|it| it.name == name && it.n_parameters == n_parameters);
        match declared {
            Some(function) => {
                function.body = body;
                Ok(())
            }
            None => Err(refused(format!("{} is not declared", source.name))),
        }
    }

    /// The variables that an expression looks for outside itself.
    pub fn variables(&self, expr: ExprId) -> Vec<NameId> {
        let mut found = Vec::new();
        let (mut seen, mut known) = (HashSet::new(), HashSet::new());
        let mut waiting = vec![expr];
        while let Some(id) = waiting.pop() {
            if !self.facts(id).uses.has(Uses::VARIABLES) || !seen.insert(id) {
                continue;
            }
            match self.expr(id) {
                Expr::Variable(name) => {
                    if known.insert(*name) {
                        found.push(*name);
                    }
                }
                other => other.each_part(&mut |part| waiting.push(part)),
            }
        }
        found
    }
}

fn refused(reason: String) -> SyntaxError {
    SyntaxError { offset: 0, code: "XTSE0010", reason }
}

fn function_name(names: &mut Names, scope: &Scope, written: &str) -> Result<NameId, SyntaxError> {
    let (prefix, local) = written.split_once(':').ok_or_else(|| refused("a function name without prefix".into()))?;
    let namespace =
        scope.namespaces.get(prefix).ok_or_else(|| refused(format!("the prefix {prefix} is not declared")))?;
    Ok(names.intern(namespace, local))
}

impl Expr {
    /// The expressions right inside.
    pub(crate) fn each_part(&self, visit: &mut dyn FnMut(ExprId)) {
        match self {
            Self::String(_) | Self::Integer(_) | Self::Large(_) | Self::Decimal(_) | Self::Double(_) => {}
            Self::Local(_) | Self::Variable(_) | Self::Context | Self::Root => {}
            Self::Sequence(parts) | Self::Call(_, parts) | Self::Invoke(_, parts) => {
                parts.iter().copied().for_each(visit)
            }
            Self::Or(a, b)
            | Self::And(a, b)
            | Self::General(_, a, b)
            | Self::General1(_, a, b)
            | Self::Value(_, a, b)
            | Self::Node(_, a, b)
            | Self::Range(a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Arithmetic1(_, a, b)
            | Self::Set(_, a, b) => [*a, *b].into_iter().for_each(visit),
            Self::Negate(a)
            | Self::Plus(a)
            | Self::InstanceOf(a, _)
            | Self::Treat(a, _)
            | Self::Convert(a, _)
            | Self::Castable(a, ..)
            | Self::Cast(a, ..)
            | Self::First(a)
            | Self::Memo(a) => visit(*a),
            Self::If(a, b, c) => [*a, *b, *c].into_iter().for_each(visit),
            Self::For { over, body, .. } => [*over, *body].into_iter().for_each(visit),
            Self::Let { value, body, .. } => [*value, *body].into_iter().for_each(visit),
            Self::Quantified { over, satisfies, .. } => [*over, *satisfies].into_iter().for_each(visit),
            Self::Path { start, steps, .. } => {
                start.iter().copied().for_each(&mut *visit);
                steps.iter().flat_map(|it| it.predicates.iter()).for_each(|it| visit(it.expr));
            }
            Self::Map { base, body, .. } => [*base, *body].into_iter().for_each(visit),
            Self::Filter { base, predicates } => {
                visit(*base);
                predicates.iter().for_each(|it| visit(it.expr));
            }
            Self::Lookup { plain, .. } | Self::InSet { plain, .. } => visit(*plain),
        }
    }
}
