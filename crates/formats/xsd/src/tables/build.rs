//! Filling the tables from a compiled set.

use super::{Content, Move, State, StateId, Symbol, Tables, Type, TypeId, UNSURE, Use, simple};
use std::collections::{HashMap, HashSet};
use xsd_schema::{
    AttributeGroupKey, ComplexTypeKey, ElementKey, NameId, NfaTable, NfaTerm, SchemaSet, SimpleTypeKey, TypeKey,
    XsdVersion,
    arenas::{ComplexTypeDefData, ResolvedAttributeUse},
    compiler::{
        ContentModelMatcher, StateSet, SubstitutionGroupMap, build_substitution_group_map,
        compile_content_model_matcher, epsilon_closure, nfa_term_matches,
    },
    namespace::context::NamespaceContextSnapshot,
    parser::frames::{AttributeUseKind, AttributeUseResult, ComplexContentResult, DerivationMethod},
    schema::model::DerivationSet,
    validation::{
        ContentType, SchemaValidator, ValidationError, ValidationFlags, ValidationRoot, ValidationSink,
        ValidationWarning,
    },
};

/// Longest chain of derivations followed.
pub(super) const DERIVATIONS_MAX: usize = 100;
/// Most states of one content model.
const STATES_MAX: usize = 4096;
/// Most names and namespaces, so that a symbol holds both.
const NAMES_MAX: u32 = (1 << Symbol::LOCAL_BITS) - 1;
const NAMESPACES_MAX: usize = 1 << (32 - Symbol::LOCAL_BITS);

/// The tables of a compiled set.
pub(crate) fn build(set: &SchemaSet) -> Tables {
    let validator = SchemaValidator::new(set, ValidationFlags::empty());
    let mut tables = Tables::default();
    tables.namespaces.push("".into());
    tables.types.push(Type { content: Content::Unsure, uses: 0..0, n_required: 0, base: UNSURE });
    let mut builder = Builder {
        set,
        validator: &validator,
        substituted: build_substitution_group_map(set),
        types: HashMap::new(),
        simples: simple::Simples::default(),
        tables,
        full: false,
    };
    builder.all();
    // Numbers that overlap would say yes to the wrong name.
    if builder.full { Tables::default() } else { builder.tables }
}

struct Builder<'s> {
    set: &'s SchemaSet,
    validator: &'s SchemaValidator<'s>,
    substituted: SubstitutionGroupMap,
    types: HashMap<TypeKey, TypeId>,
    simples: simple::Simples,
    tables: Tables,
    /// There were too many names.
    full: bool,
}

impl Builder<'_> {
    fn all(&mut self) {
        let arenas = &self.set.arenas;
        let blocks = arenas.elements.values().any(|it| !it.block.is_empty())
            || arenas.complex_types.values().any(|it| !it.block.is_empty())
            || self.set.documents.iter().any(|it| it.block_default != DerivationSet::empty());
        self.tables.unblocked = !blocks;
        // Types first get their numbers, since they refer to each other.
        let complex: Vec<ComplexTypeKey> = arenas.complex_types.keys().collect();
        for key in &complex {
            self.number(TypeKey::Complex(*key));
        }
        for key in complex {
            self.complex(key);
        }
        for (ns, names) in &self.set.namespaces {
            for (name, key) in &names.elements {
                let (symbol, of) = (self.symbol(*ns, *name), self.declared(*key));
                self.tables.elements.insert(symbol, of);
            }
            for name in names.attributes.keys() {
                let symbol = self.symbol(*ns, *name);
                self.tables.attributes.insert(symbol);
            }
            for (name, key) in &names.types {
                let (symbol, of) = (self.symbol(*ns, *name), self.number(*key));
                self.tables.named_types.insert(symbol, of);
            }
        }
        self.tables.simples = std::mem::take(&mut self.simples.all);
    }

    fn symbol(&mut self, ns: Option<NameId>, local: NameId) -> Symbol {
        let names = &self.set.name_table;
        let uri = ns.map(|ns| names.resolve(ns)).unwrap_or_default();
        let ns = self.tables.namespaces.iter().position(|it| **it == *uri).unwrap_or_else(|| {
            self.tables.namespaces.push(uri.into());
            self.tables.namespaces.len() - 1
        });
        let next = u32::try_from(self.tables.locals.len()).unwrap_or(u32::MAX);
        let local = *self.tables.locals.entry(names.resolve(local).into()).or_insert(next);
        self.full |= local >= NAMES_MAX || ns >= NAMESPACES_MAX;
        Symbol::new(u32::try_from(ns).unwrap_or_default(), local)
    }

    /// The number of a type; that of a simple type is filled in at once.
    fn number(&mut self, key: TypeKey) -> TypeId {
        if let Some(id) = self.types.get(&key) {
            return *id;
        }
        let id = TypeId::try_from(self.tables.types.len()).unwrap_or(UNSURE);
        self.types.insert(key, id);
        let (content, base) = match key {
            TypeKey::Complex(_) => (Content::Unsure, UNSURE),
            TypeKey::Simple(key) => (Content::Text(self.simples.of(self.set, key)), UNSURE),
        };
        self.tables.types.push(Type { content, uses: 0..0, n_required: 0, base });
        id
    }

    fn complex(&mut self, key: ComplexTypeKey) {
        let id = self.number(TypeKey::Complex(key));
        let Some(data) = self.set.arenas.complex_types.get(key) else { return };
        let base = match data.resolved_base_type {
            Some(base) if key != self.set.any_type_key() => self.number(base),
            _ => UNSURE,
        };
        let from = self.tables.uses.len();
        let described = self.described(key);
        let uses = self.uses(data);
        let own = sorted(uses.iter().map(|it| (it.ns, it.name, it.required)));
        let mut content = Content::Unsure;
        if let Some((content_type, expected)) = described
            && expected == own
            && !data.is_abstract
            && key != self.set.any_type_key()
        {
            content = self.content(data, content_type);
        }
        let n_required = uses.iter().filter(|it| it.required).count();
        for it in uses {
            let symbol = self.symbol(it.ns, it.name);
            let simple = self.simples.of(self.set, it.of);
            self.tables.uses.push(Use { symbol, simple, required: it.required, fixed: it.fixed });
        }
        let uses = from..self.tables.uses.len();
        if let Some(entry) = self.tables.types.get_mut(id as usize) {
            *entry = Type { content, uses, n_required, base };
        }
    }

    /// What the full validator says of a type: its content, its attributes sorted.
    fn described(&self, key: ComplexTypeKey) -> Option<(ContentType, Vec<Described>)> {
        let mut runtime = self.validator.start_run(Silent);
        runtime.set_validation_root(ValidationRoot::Type(TypeKey::Complex(key)));
        let scope = NamespaceContextSnapshot::default();
        let info = runtime.validate_element_by_id(self.set.name_table.add("root"), None, None, None, &scope);
        let attributes = runtime.get_expected_attributes();
        let attributes = sorted(attributes.iter().map(|it| (it.namespace, it.local_name, it.required)));
        (info.schema_type == Some(TypeKey::Complex(key))).then_some((info.content_type?, attributes))
    }

    fn content(&mut self, data: &ComplexTypeDefData, of: ContentType) -> Content {
        match of {
            ContentType::Empty => Content::Empty,
            ContentType::TextOnly => self.text(data).map_or(Content::Unsure, Content::Text),
            ContentType::ElementOnly | ContentType::Mixed => {
                let Ok(ContentModelMatcher::Nfa(nfa)) = compile_content_model_matcher(self.set, data) else {
                    return Content::Unsure;
                };
                let mixed = of == ContentType::Mixed;
                self.states(&nfa, data.target_namespace)
                    .map_or(Content::Unsure, |start| Content::Elements { start, mixed })
            }
        }
    }

    /// The simple type of a type that only extends one with attributes.
    fn text(&mut self, data: &ComplexTypeDefData) -> Option<u32> {
        let mut level = data;
        for _ in 0..DERIVATIONS_MAX {
            let ComplexContentResult::Simple(content) = &level.content else { return None };
            if content.derivation != DerivationMethod::Extension {
                return None;
            }
            match level.resolved_base_type? {
                TypeKey::Simple(key) => return Some(self.simples.of(self.set, key)),
                TypeKey::Complex(key) => level = self.set.arenas.complex_types.get(key)?,
            }
        }
        None
    }

    /// The states of a content model; the first of them. `None` when it counts or is too large.
    fn states(&mut self, nfa: &NfaTable, target: Option<NameId>) -> Option<StateId> {
        if nfa.has_counters() {
            return None;
        }
        let first = self.tables.states.len();
        let start: Vec<u32> = epsilon_closure(nfa, [nfa.start_state]).iter().collect();
        let mut known = HashMap::from([(start.clone(), 0)]);
        let mut queue = vec![start];
        let mut at = 0;
        while let Some(here) = queue.get(at).cloned() {
            at += 1;
            let from = self.tables.moves.len();
            for (ns, name) in self.names(nfa, &here) {
                let Some((of, to)) = self.after(nfa, &here, target, (ns, name)) else { continue };
                let to: Vec<u32> = to.iter().collect();
                let next = known.len();
                let number = *known.entry(to.clone()).or_insert(next);
                if number == next {
                    queue.push(to);
                }
                let to = StateId::try_from(first + number).ok()?;
                let symbol = self.symbol(ns, name);
                self.tables.moves.push(Move { symbol, to, of });
            }
            if queue.len() > STATES_MAX {
                return None;
            }
            let ends = here.iter().any(|state| nfa.is_accept(*state));
            self.tables.states.push(State { moves: from..self.tables.moves.len(), ends });
        }
        StateId::try_from(first).ok()
    }

    /// The names that states let in, wildcards left aside.
    fn names(&self, nfa: &NfaTable, here: &[u32]) -> Vec<(Option<NameId>, NameId)> {
        let terms = here.iter().filter_map(|state| nfa.get_state(*state)?.term.as_ref());
        let name = |term: &NfaTerm| match term {
            NfaTerm::Element { name, namespace, .. } => Some((*namespace, *name)),
            NfaTerm::Wildcard { .. } => None,
        };
        let mut names = Vec::new();
        for name in terms.filter_map(name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The type of an element and the states after it; `None` where a wildcard or a substitution has a say.
    fn after(
        &mut self,
        nfa: &NfaTable,
        here: &[u32],
        target: Option<NameId>,
        (ns, name): (Option<NameId>, NameId),
    ) -> Option<(TypeId, StateSet)> {
        let mut to = StateSet::new();
        let mut declaration = None;
        for state in here {
            let Some(term) = nfa.get_state(*state).and_then(|it| it.term.as_ref()) else { continue };
            if !nfa_term_matches(term, name, ns, target, None, XsdVersion::V1_0) {
                continue;
            }
            let NfaTerm::Element { element_key: Some(key), .. } = term else { return None };
            if self.substituted.contains_key(key) {
                return None;
            }
            declaration = declaration.or(Some(*key));
            to.union_with(nfa.successor_closure(*state));
        }
        Some((self.declared(declaration?), to))
    }

    /// The type that a declaration gives, when it gives nothing else.
    fn declared(&mut self, key: ElementKey) -> TypeId {
        let elements = &self.set.arenas.elements;
        let Some(data) = elements.get(key) else { return UNSURE };
        let data = data.resolved_ref.and_then(|key| elements.get(key)).unwrap_or(data);
        let plain = !data.is_abstract
            && data.default_value.is_none()
            && data.fixed_value.is_none()
            && data.identity_constraints.is_empty()
            && data.alternatives.is_empty()
            && data.deferred_type_error.is_none();
        data.resolved_type.filter(|_| plain).map_or(UNSURE, |of| self.number(of))
    }

    /// The attributes of a type, its own and those of its bases (part 1, §3.4.2).
    fn uses(&self, data: &ComplexTypeDefData) -> Vec<Found> {
        let mut found = Vec::new();
        let mut settled: HashSet<(Option<NameId>, NameId)> = HashSet::new();
        let mut level = Some(data);
        for _ in 0..DERIVATIONS_MAX {
            let Some(data) = level else { break };
            let mut here = Vec::new();
            self.own(&data.attributes, &data.resolved_attributes, data.target_namespace, &mut here);
            let mut met = HashSet::new();
            for group in &data.resolved_attribute_groups {
                self.group(*group, &mut met, &mut here);
            }
            let is_restriction = data.derivation_method != Some(DerivationMethod::Extension);
            let mut names = Vec::new();
            for (kind, it) in here {
                let name = (it.ns, it.name);
                if kind != AttributeUseKind::Prohibited {
                    names.push(name);
                    if !settled.contains(&name) && !found.iter().any(|other: &Found| (other.ns, other.name) == name) {
                        found.push(it);
                    }
                } else if is_restriction {
                    names.push(name);
                }
            }
            settled.extend(names);
            level = match data.resolved_base_type {
                Some(TypeKey::Complex(base)) if base != self.set.any_type_key() => {
                    self.set.arenas.complex_types.get(base)
                }
                _ => None,
            };
        }
        found
    }

    fn own(
        &self,
        uses: &[AttributeUseResult],
        resolved: &[ResolvedAttributeUse],
        target: Option<NameId>,
        found: &mut Vec<(AttributeUseKind, Found)>,
    ) {
        for (n, it) in uses.iter().enumerate() {
            let resolved = resolved.get(n);
            let global = resolved.and_then(|it| it.resolved_ref).and_then(|key| self.set.arenas.attributes.get(key));
            let (ns, name) = match (global, it.attribute.name) {
                (Some(global), _) => (global.target_namespace, global.name),
                (None, name) => {
                    let own = &it.attribute;
                    let source = own.source.as_ref();
                    let form = own.form.as_deref();
                    (self.set.effective_local_attribute_namespace(own.target_namespace, form, source, target), name)
                }
            };
            let Some(name) = name else { continue };
            let of = resolved.and_then(|it| it.resolved_type).or(global.and_then(|it| it.resolved_type));
            let of = match of {
                Some(TypeKey::Simple(key)) => key,
                _ => self.set.builtin_types().any_simple_type,
            };
            let fixed = it.attribute.fixed_value.as_deref().or(global.and_then(|it| it.fixed_value.as_deref()));
            let required = it.use_kind == AttributeUseKind::Required;
            found.push((it.use_kind, Found { ns, name, of, required, fixed: fixed.map(Into::into) }));
        }
    }

    /// A group's attributes; a prohibited one is no use at all.
    fn group(
        &self,
        key: AttributeGroupKey,
        met: &mut HashSet<AttributeGroupKey>,
        found: &mut Vec<(AttributeUseKind, Found)>,
    ) {
        let Some(group) = self.set.arenas.attribute_groups.get(key).filter(|_| met.insert(key)) else { return };
        let mut own = Vec::new();
        self.own(&group.attributes, &group.resolved_attributes, group.target_namespace, &mut own);
        found.extend(own.into_iter().filter(|(kind, _)| *kind != AttributeUseKind::Prohibited));
        for nested in &group.resolved_attribute_groups {
            self.group(*nested, met, found);
        }
    }
}

/// An attribute as two readings of a type are compared: namespace, name, whether it is required.
type Described = (Option<u32>, u32, bool);

fn sorted(attributes: impl Iterator<Item = (Option<NameId>, NameId, bool)>) -> Vec<Described> {
    let mut all: Vec<_> = attributes.map(|(ns, name, required)| (ns.map(|ns| ns.0), name.0, required)).collect();
    all.sort_unstable();
    all
}

/// An attribute of a type, before it has a symbol.
struct Found {
    ns: Option<NameId>,
    name: NameId,
    of: SimpleTypeKey,
    required: bool,
    fixed: Option<Box<str>>,
}

struct Silent;

impl ValidationSink for Silent {
    fn on_error(&mut self, _: ValidationError) {}
    fn on_warning(&mut self, _: ValidationWarning) {}
}
