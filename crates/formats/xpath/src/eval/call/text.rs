//! Functions on texts.

use super::super::{Context, Run};
use super::Lent;
use crate::cast;
use crate::error::{Error, Res, type_error};
use crate::expr::{Expr, ExprId};
use crate::functions::{Function, text};
use crate::library::resolve;
use crate::regex::Weighed;
use crate::value::{Atomic, Item, Sequence};
use std::borrow::Cow;
use std::sync::Arc;

/// Room for what most joined texts come to.
const SHORT_BYTES: usize = 48;

impl<'d> Run<'d> {
    /// `contains`, `starts-with`, `ends-with`, `matches`.
    pub(in crate::eval) fn text_test(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<bool> {
        let value = self.lent_or_empty(arguments[0], cx)?;
        self.read_text(&value)?;
        if function == Function::Matches {
            let regex = self.regex(arguments, 1, 2, cx)?;
            self.spend(regex.search_steps(value.len()))?;
            return Ok(text::matches(&value, &regex));
        }
        self.collation(arguments, 2, cx)?;
        let part = self.lent_or_empty(arguments[1], cx)?;
        Ok(match function {
            Function::Contains => value.contains(&*part),
            Function::StartsWith => value.starts_with(&*part),
            _ => value.ends_with(&*part),
        })
    }

    /// Whether a text has anything but white space: `normalize-space(x) != ''` without the copy.
    pub(in crate::eval) fn has_text(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<bool> {
        let value = self.lent_or_empty(id, cx)?;
        self.read_text(&value)?;
        Ok(!text::is_blank(&value))
    }

    fn regex(&self, arguments: &[ExprId], pattern: usize, flags: usize, cx: &Context<'_, 'd>) -> Res<Arc<Weighed>> {
        let flags = match arguments.get(flags) {
            Some(id) => self.required_text(*id, cx)?,
            None => Cow::Borrowed(""),
        };
        let Some(pattern) = self.lent_text(arguments[pattern], cx)? else {
            return type_error("a text was expected, nothing was found");
        };
        let Lent::Made(Cow::Borrowed(text)) = pattern else {
            return self.program.regexes.get(&pattern, &flags, &|steps| self.spend(steps));
        };
        // Of an expression or of a document: it stays where it is as long as the run.
        let key = (text.as_ptr().addr(), text.len());
        if flags.is_empty()
            && let Some(known) = self.regexes.borrow().get(&key)
        {
            return Ok(known.clone());
        }
        let regex = self.program.regexes.get(text, &flags, &|steps| self.spend(steps))?;
        if flags.is_empty() {
            self.regexes.borrow_mut().insert(key, regex.clone());
        }
        Ok(regex)
    }

    /// Start and length of `substring`, when they are written as whole numbers.
    fn whole_bounds(&self, arguments: &[ExprId]) -> Option<(i32, Option<i32>)> {
        let whole = |id: ExprId| match self.program.expr(id) {
            Expr::Integer(value) => i32::try_from(*value).ok(),
            _ => None,
        };
        match arguments {
            [_, start] => Some((whole(*start)?, None)),
            [_, start, length] => Some((whole(*start)?, Some(whole(*length)?))),
            _ => None,
        }
    }

    fn required_text(&self, id: ExprId, cx: &Context<'_, 'd>) -> Res<Cow<'d, str>> {
        match self.text(id, cx)? {
            Some(text) => Ok(text),
            None => type_error("a text was expected, nothing was found"),
        }
    }

    pub(super) fn text_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Option<Atomic<'d>>> {
        use Function::*;
        let first = |run: &Self| {
            let text = run.lent_or_empty(arguments[0], cx)?;
            run.read_text(&text)?;
            Ok::<_, Box<Error>>(text)
        };
        let first_with_room = |run: &Self, n_times: usize| {
            let text = first(run)?;
            run.has_room(text.len().saturating_mul(n_times))?;
            Ok::<_, Box<Error>>(text)
        };
        let found: Cow<'d, str> = match function {
            Concat => {
                let mut all = String::with_capacity(SHORT_BYTES);
                for argument in arguments {
                    let mut is_there = false;
                    self.each_lent(*argument, cx, &mut |atom| {
                        if std::mem::replace(&mut is_there, true) {
                            return type_error("one value was expected, several were found");
                        }
                        let text = shown(atom);
                        self.make_text(text.len())?;
                        all.push_str(&text);
                        Ok(())
                    })?;
                }
                all.into()
            }
            StringJoin => {
                let between = match arguments.get(1) {
                    Some(id) => self.required_text(*id, cx)?,
                    None => Cow::Borrowed(""),
                };
                let mut all = String::with_capacity(SHORT_BYTES);
                let mut is_first = true;
                self.each_lent(arguments[0], cx, &mut |atom| {
                    if !std::mem::take(&mut is_first) {
                        all.push_str(&between);
                    }
                    // Any value, as XPath 3.1 and Saxon have it also for expressions of XPath 2.0.
                    let text = shown(atom);
                    self.make_text(between.len() + text.len())?;
                    all.push_str(&text);
                    Ok(())
                })?;
                all.into()
            }
            Substring => {
                let value = first(self)?;
                if let Some((start, length)) = self.whole_bounds(arguments) {
                    let part = within(value, |it| text::substring_of_whole(it, start, length).into());
                    return Ok(Some(Atomic::String(part)));
                }
                let Some(start) = self.double(arguments[1], cx)? else { return type_error("a number was expected") };
                let length = match arguments.get(2) {
                    Some(id) => match self.double(*id, cx)? {
                        Some(length) => length,
                        None => return type_error("a number was expected"),
                    },
                    None => f64::INFINITY,
                };
                within(value, |it| text::substring(it, start, length).into())
            }
            StringLength => {
                let value = first(self)?;
                return Ok(Some(Atomic::Integer(text::length(&value) as i64)));
            }
            NormalizeSpace => within(first(self)?, text::normalize_space),
            NormalizeUnicode => {
                let form = match arguments.get(1) {
                    Some(id) => self.required_text(*id, cx)?,
                    None => Cow::Borrowed("NFC"),
                };
                // NFKD of U+FDFA has eleven times its bytes.
                text::normalize_unicode(&first_with_room(self, 11)?, &form)?.into_owned().into()
            }
            UpperCase => text::upper_case(&first_with_room(self, 3)?).into(),
            LowerCase => text::lower_case(&first_with_room(self, 3)?).into(),
            Translate => {
                let (from, to) = (self.required_text(arguments[1], cx)?, self.required_text(arguments[2], cx)?);
                let value = first_with_room(self, 4)?;
                if !(value.is_ascii() && from.is_ascii() && to.is_ascii()) {
                    self.spend((value.len() as u64).saturating_mul((from.len() + to.len()) as u64) / 16)?;
                }
                text::translate(&value, &from, &to).into_owned().into()
            }
            EncodeForUri => text::encode_for_uri(&first_with_room(self, 3)?).into_owned().into(),
            IriToUri => text::iri_to_uri(&first_with_room(self, 3)?).into_owned().into(),
            EscapeHtmlUri => text::escape_html_uri(&first_with_room(self, 3)?).into_owned().into(),
            SubstringBefore | SubstringAfter => {
                self.collation(arguments, 2, cx)?;
                let part = self.text_or_empty(arguments[1], cx)?;
                match function {
                    SubstringBefore => within(first(self)?, |it| text::substring_before(it, &part).into()),
                    _ => within(first(self)?, |it| text::substring_after(it, &part).into()),
                }
            }
            Replace => {
                let regex = self.regex(arguments, 1, 3, cx)?;
                let replacement = self.required_text(arguments[2], cx)?;
                let flags = match arguments.get(3) {
                    Some(id) => self.required_text(*id, cx)?,
                    None => Cow::Borrowed(""),
                };
                let value = first(self)?;
                self.spend(regex.search_steps(value.len()))?;
                text::replace(&value, &regex, &replacement, &flags, self.room_bytes())?.into_owned().into()
            }
            Compare => {
                self.collation(arguments, 2, cx)?;
                let (Some(a), Some(b)) = (self.text(arguments[0], cx)?, self.text(arguments[1], cx)?) else {
                    return Ok(None);
                };
                return Ok(Some(Atomic::Integer(text::compare(&a, &b))));
            }
            CodepointEqual => {
                let (Some(a), Some(b)) = (self.text(arguments[0], cx)?, self.text(arguments[1], cx)?) else {
                    return Ok(None);
                };
                return Ok(Some(Atomic::Boolean(a == b)));
            }
            CodepointsToString => {
                let mut codes = Vec::new();
                for atom in self.atoms(arguments[0], cx)? {
                    codes.push(match cast::cast(&atom, crate::types::AtomicType::Integer)? {
                        Atomic::Integer(code) => code,
                        _ => -1,
                    });
                }
                text::from_codepoints(codes)?.into()
            }
            ResolveUri => {
                let Some(relative) = self.text(arguments[0], cx)? else { return Ok(None) };
                let base = match arguments.get(1) {
                    Some(id) => self.text_or_empty(*id, cx)?,
                    None => Cow::Owned(cx.frame.base.to_owned()),
                };
                let found = match relative.contains(':') {
                    true => relative.clone().into_owned(),
                    false => resolve(base.rsplit_once('/').map_or("", |(folder, _)| folder), &relative)
                        .ok_or_else(|| Error::new("FORG0002", "a name that leads outside the pack"))?,
                };
                return Ok(Some(Atomic::Uri(found.into())));
            }
            _ => {
                let number = match self.atom(arguments[0], cx)? {
                    None => Atomic::Double(f64::NAN),
                    Some(atom @ Atomic::Untyped(_)) => cast::cast(&atom, crate::types::AtomicType::Double)?,
                    Some(atom) => atom,
                };
                text::format_number(&number, &self.required_text(arguments[1], cx)?)?.into()
            }
        };
        Ok(Some(Atomic::String(found)))
    }

    /// `tokenize`, `string-to-codepoints`.
    pub(super) fn texts_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Sequence<'d>> {
        let value = self.text_or_empty(arguments[0], cx)?;
        self.read_text(&value)?;
        let mut items = Vec::new();
        let mut add = |atom: Atomic<'d>| {
            self.keep(items.len())?;
            self.hold_atom(&atom)?;
            items.push(Item::Atomic(atom));
            Ok::<_, Box<Error>>(())
        };
        let token = |it: &str| Atomic::String(it.to_owned().into());
        match (function, arguments) {
            (Function::Tokenize, [_]) => value.split_ascii_whitespace().try_for_each(|it| add(token(it)))?,
            (Function::Tokenize, _) => {
                let regex = self.regex(arguments, 1, 2, cx)?;
                self.spend(regex.search_steps(value.len()))?;
                text::tokenize(&value, &regex)?.try_for_each(|it| add(token(it)))?;
            }
            _ => text::to_codepoints(&value).try_for_each(|it| add(Atomic::Integer(it)))?,
        }
        Ok(Sequence::from_vec(items))
    }
}

/// The text of an atom, without a copy of what is one.
fn shown<'a>(atom: &'a Atomic<'_>) -> Cow<'a, str> {
    match atom {
        Atomic::String(text) | Atomic::Untyped(text) | Atomic::Uri(text) => Cow::Borrowed(text),
        _ => cast::text(atom),
    }
}

/// A function that may give back a part of its text, without copying what is borrowed.
fn within<'d>(text: Lent<'_, 'd>, part: impl for<'t> FnOnce(&'t str) -> Cow<'t, str>) -> Cow<'d, str> {
    match text {
        Lent::Made(Cow::Borrowed(text)) => part(text),
        Lent::Made(Cow::Owned(text)) => part(&text).into_owned().into(),
        Lent::Kept(text) => part(text).into_owned().into(),
    }
}
