//! Access to what a message holds: segment, field, repetition, component, subcomponent. In: slices of the message. Out: text.
//!
//! Nothing is parsed before it is asked for, nothing is copied unless an escape sequence has to be decoded, and asking for
//! what is not there gives an empty element. Data types (CX, XPN…) are not known here: they are the caller's reading.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memchr_iter};

use crate::{charset::Charset, delimiters::Delimiters, escape, path::SegmentName};

/// What an element says about the value it stands for. Source: HL7 v2.5 §2.5.3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FieldValue<'m> {
    /// Nothing written: the receiver keeps what it knows.
    Absent,
    /// `""`: the receiver deletes what it knows.
    Null,
    /// The value as written, escape sequences included.
    Present(&'m str),
}

/// How the text is to be read: carried by every element, 8 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Syntax {
    pub(crate) delimiters: Delimiters,
    pub(crate) charset: Charset,
}

/// One line of a message.
#[derive(Clone, Copy)]
pub struct Segment<'m> {
    pub(crate) raw: &'m str,
    pub(crate) syntax: Syntax,
    pub(crate) name: SegmentName,
    pub(crate) number: u32,
}

impl<'m> Segment<'m> {
    /// Its three-character name.
    pub fn name(&self) -> SegmentName {
        self.name
    }

    /// Its place among the segments of the message, from 1 (the header).
    pub fn number(&self) -> usize {
        self.number as usize
    }

    /// The line as received, without its terminator.
    pub fn raw(&self) -> &'m str {
        self.raw
    }

    /// The n-th field, numbered as in the standard: in MSH, 1 is the separator and 2 the encoding characters.
    /// Empty beyond the last field and for 0.
    pub fn field(&self, n: usize) -> Field<'m> {
        let separator = self.syntax.delimiters.field;
        if self.name != SegmentName::MSH {
            // Index 0 is the segment name.
            let raw = if n == 0 { "" } else { nth(self.raw, separator, n) };
            return Field { raw, syntax: self.syntax };
        }
        let literal = Syntax { delimiters: Delimiters::NONE, ..self.syntax };
        match n {
            0 => Field { raw: "", syntax: literal },
            1 => Field { raw: &self.raw[3..4], syntax: literal },
            2 => Field { raw: nth(self.raw, separator, 1), syntax: literal },
            _ => Field { raw: nth(self.raw, separator, n - 1), syntax: self.syntax },
        }
    }

    /// Every field in order, from number 1.
    pub fn fields(&self) -> impl Iterator<Item = Field<'m>> + use<'m> {
        let segment = *self;
        (1..=self.n_fields()).map(move |n| segment.field(n))
    }

    /// How many fields the line has, empty ones included.
    pub fn n_fields(&self) -> usize {
        let n_separators = memchr_iter(self.syntax.delimiters.field, self.raw.as_bytes()).count();
        n_separators + usize::from(self.name == SegmentName::MSH)
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({} #{}, {} bytes)", self.name, self.number, self.raw.len())
    }
}

/// What stands between two field separators: one or more repetitions.
#[derive(Clone, Copy)]
pub struct Field<'m> {
    raw: &'m str,
    syntax: Syntax,
}

/// One of the values of a field: one or more components.
#[derive(Clone, Copy)]
pub struct Repetition<'m> {
    raw: &'m str,
    syntax: Syntax,
}

/// One part of a composite value: one or more subcomponents.
#[derive(Clone, Copy)]
pub struct Component<'m> {
    raw: &'m str,
    syntax: Syntax,
}

/// The smallest part.
#[derive(Clone, Copy)]
pub struct Subcomponent<'m> {
    raw: &'m str,
    syntax: Syntax,
}

macro_rules! element {
    ($name:ident) => {
        impl<'m> $name<'m> {
            /// As received: delimiters of lower levels and escape sequences included.
            pub fn raw(&self) -> &'m str {
                self.raw
            }

            /// The whole element as text, escape sequences decoded.
            ///
            /// Delimiters of lower levels stay in the text: a sender that forgot to escape the `&` of a name loses
            /// nothing here. Ask for a lower level to have one part only. Null reads as `""`.
            pub fn text(&self) -> Cow<'m, str> {
                escape::decode(self.raw, self.syntax.delimiters, self.syntax.charset)
            }

            /// Absent, null or present.
            pub fn value(&self) -> FieldValue<'m> {
                match self.raw {
                    "" => FieldValue::Absent,
                    "\"\"" => FieldValue::Null,
                    raw => FieldValue::Present(raw),
                }
            }

            /// Nothing written.
            pub fn is_absent(&self) -> bool {
                self.raw.is_empty()
            }

            /// `""`: delete what you know.
            pub fn is_null(&self) -> bool {
                self.raw == "\"\""
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.raw.len())
            }
        }
    };
}

element!(Field);
element!(Repetition);
element!(Component);
element!(Subcomponent);

impl<'m> Field<'m> {
    /// Every repetition in order; none when the field is absent.
    pub fn repetitions(&self) -> impl Iterator<Item = Repetition<'m>> + use<'m> {
        let syntax = self.syntax;
        Split::new(self.raw, syntax.delimiters.repetition).map(move |raw| Repetition { raw, syntax })
    }

    /// The n-th repetition, from 1.
    pub fn repetition(&self, n: usize) -> Repetition<'m> {
        Repetition { raw: part(self.raw, self.syntax.delimiters.repetition, n), syntax: self.syntax }
    }

    /// The n-th component of the first repetition, from 1.
    pub fn component(&self, n: usize) -> Component<'m> {
        self.repetition(1).component(n)
    }
}

impl<'m> Repetition<'m> {
    /// Every component in order.
    pub fn components(&self) -> impl Iterator<Item = Component<'m>> + use<'m> {
        let syntax = self.syntax;
        Split::new(self.raw, syntax.delimiters.component).map(move |raw| Component { raw, syntax })
    }

    /// The n-th component, from 1.
    pub fn component(&self, n: usize) -> Component<'m> {
        Component { raw: part(self.raw, self.syntax.delimiters.component, n), syntax: self.syntax }
    }
}

impl<'m> Component<'m> {
    /// Every subcomponent in order.
    pub fn subcomponents(&self) -> impl Iterator<Item = Subcomponent<'m>> + use<'m> {
        let syntax = self.syntax;
        Split::new(self.raw, syntax.delimiters.subcomponent).map(move |raw| Subcomponent { raw, syntax })
    }

    /// The n-th subcomponent, from 1.
    pub fn subcomponent(&self, n: usize) -> Subcomponent<'m> {
        Subcomponent { raw: part(self.raw, self.syntax.delimiters.subcomponent, n), syntax: self.syntax }
    }
}

/// The n-th part from 1; the whole text when the separator is 0 (MSH-1, MSH-2).
fn part(text: &str, separator: u8, n: usize) -> &str {
    match (n, separator) {
        (0, _) => "",
        (1, 0) => text,
        (_, 0) => "",
        _ => nth(text, separator, n - 1),
    }
}

/// The part at `index` (from 0) of `text` cut at an ASCII separator; empty when there is none.
fn nth(text: &str, separator: u8, index: usize) -> &str {
    let bytes = text.as_bytes();
    let mut separators = memchr_iter(separator, bytes);
    let start = match index {
        0 => 0,
        _ => match separators.nth(index - 1) {
            Some(at) => at + 1,
            None => return "",
        },
    };
    let end = separators.next().unwrap_or(bytes.len());
    &text[start..end]
}

/// The parts of a text; none for an empty text.
struct Split<'m> {
    rest: Option<&'m str>,
    separator: u8,
}

impl<'m> Split<'m> {
    fn new(text: &'m str, separator: u8) -> Self {
        Self { rest: (!text.is_empty()).then_some(text), separator }
    }
}

impl<'m> Iterator for Split<'m> {
    type Item = &'m str;

    fn next(&mut self) -> Option<&'m str> {
        let text = self.rest?;
        match memchr(self.separator, text.as_bytes()) {
            Some(at) if self.separator != 0 => {
                self.rest = Some(&text[at + 1..]);
                Some(&text[..at])
            }
            _ => self.rest.take(),
        }
    }
}
