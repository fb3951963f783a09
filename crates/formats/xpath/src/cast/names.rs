//! The types derived from `xs:string`, and names.

use super::lexical::{collapse, is_name_char, is_name_start, is_space};
use crate::error::{Error, Res};
use crate::types::AtomicType;
use crate::value::{Atomic, QName};
use std::borrow::Cow;
use std::rc::Rc;

/// A value of a type derived from `xs:string`; here it is an `xs:string`. Source: XML Schema part 2 §3.3.1 to §3.3.7.
pub(super) fn restricted(text: Cow<'_, str>, to: AtomicType) -> Res<Atomic<'_>> {
    if to == AtomicType::NormalizedString {
        let text =
            if text.contains(['\t', '\n', '\r']) { Cow::Owned(text.replace(['\t', '\n', '\r'], " ")) } else { text };
        return Ok(Atomic::String(text));
    }
    let text = collapse(text);
    let fits = match to {
        AtomicType::Language => is_language(&text),
        AtomicType::NmToken => !text.is_empty() && text.chars().all(is_name_char),
        AtomicType::Name => is_name(&text),
        AtomicType::NcName => is_ncname(&text),
        _ => true,
    };
    if fits { Ok(Atomic::String(text)) } else { Err(Error::new("FORG0001", "the lexical form of a name or language")) }
}

fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_char)
}

fn is_ncname(text: &str) -> bool {
    is_name(text) && !text.contains(':')
}

/// `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let first = parts.next().is_some_and(|part| fits(part) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    first && parts.all(fits)
}

/// A name from its lexical form. `resolve` gives the namespace of a prefix; the empty prefix asks for the default one.
///
/// `FORG0001` when it is no name, `FONS0004` when the prefix is not declared. Source: F&O §17.1.7 and §11.1.
pub(crate) fn cast_qname(text: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Res<Atomic<'static>> {
    let text = text.trim_matches(is_space);
    let (prefix, local) = text.split_once(':').unwrap_or(("", text));
    if !is_ncname(local) || (text.contains(':') && !is_ncname(prefix)) {
        return Err(Error::new("FORG0001", "the lexical form of xs:QName"));
    }
    let namespace = match resolve(prefix) {
        Some(namespace) => namespace,
        None if prefix.is_empty() => String::new(),
        None => return Err(Error::new("FONS0004", "a prefix with a namespace")),
    };
    let name = QName { prefix: prefix.into(), namespace: namespace.into(), local: local.into() };
    Ok(Atomic::QName(Rc::new(name)))
}
