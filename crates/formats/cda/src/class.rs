//! How a class of the standard is written down here: one table of its attributes and children, in the order of the
//! schema, from which reading and writing both follow.
//!
//! Every child may stand any number of times: what a document says twice is kept twice, and the schema judges it.
//! What the table does not name is kept in [`Others`], so that nothing is lost, and is reported as a quirk.

use crate::{
    element::{Element, Others},
    namespace::Namespace,
    read::{Source, Step},
};
use std::borrow::Cow;
use xml::Writer;

/// The value of an attribute, as it stands in the document.
pub type Attribute<'a> = Option<Cow<'a, str>>;

/// Something that an element holds: read from it, written as it.
pub(crate) trait Content<'a>: Sized {
    /// Reads the element that the source has opened, its attributes and all below.
    fn read(source: &mut Source<'a>) -> Self;

    /// The same, behind others of its kind.
    fn read_behind(others: &mut Vec<Self>, source: &mut Source<'a>) {
        let it = Self::read(source);
        push(others, it);
    }

    /// Writes an element of that name.
    fn write(&self, w: &mut Writer, name: &'static str);
}

/// A class of the standard: attributes, children in the order of the schema, perhaps text.
pub(crate) trait Class<'a>: Default {
    /// The place of an attribute; none when the class has no such one.
    fn attribute(&mut self, namespace: &Namespace<'_>, name: &str) -> Option<&mut Attribute<'a>>;

    /// Reads the child that the source has opened into its place; false when the class has no such one.
    fn child(&mut self, source: &mut Source<'a>) -> bool;

    /// The place of text that says something; none when the class has no text.
    fn text(&mut self) -> Option<&mut Cow<'a, str>> {
        None
    }

    /// Where all else goes.
    fn others(&mut self) -> &mut Others<'a>;

    /// Writes attributes, text and children into the element that is open.
    fn write_content(&self, w: &mut Writer);
}

impl<'a, T: Class<'a>> Content<'a> for T {
    fn read(source: &mut Source<'a>) -> Self {
        read_class(source, false)
    }

    fn read_behind(others: &mut Vec<Self>, source: &mut Source<'a>) {
        // Where it stays: classes are large, and would be moved at each level of nesting.
        push(others, Self::default());
        if let Some(it) = others.last_mut() {
            fill(it, source, false);
        }
    }

    fn write(&self, w: &mut Writer, name: &'static str) {
        w.open(name);
        self.write_content(w);
        w.close();
    }
}

/// Reads an element as a class; `is_typed` when whoever asks has read its `xsi:type` already.
pub(crate) fn read_class<'a, T: Class<'a>>(source: &mut Source<'a>, is_typed: bool) -> T {
    let mut it = T::default();
    fill(&mut it, source, is_typed);
    it
}

fn fill<'a, T: Class<'a>>(it: &mut T, source: &mut Source<'a>, is_typed: bool) {
    let place = source.place();
    let mut n = 0;
    while let Some((namespace, name, value)) = source.attribute(n) {
        n += 1;
        if is_typed && is_type(namespace, name) {
            continue;
        }
        if let Some(place) = it.attribute(namespace, name) {
            *place = Some(value);
        } else {
            it.others().get().attributes.push((namespace.clone(), Cow::Borrowed(name), value));
            source.other_attribute(n - 1, place);
        }
    }
    if !source.enter(place) {
        return;
    }
    loop {
        match source.next_said() {
            Step::Element => {
                if !it.child(source) {
                    source.other_element();
                    let other = Element::read(source);
                    it.others().get().elements.push(other);
                }
            }
            Step::Text(text) => match it.text() {
                Some(place) => append(place, text),
                None => {
                    source.other_text(place);
                    append(&mut it.others().get().text, text);
                }
            },
            Step::End => break,
        }
    }
    source.leave();
}

/// Adds a child; most stand alone, and the first takes no more room than it needs.
pub(crate) fn push<T>(children: &mut Vec<T>, it: T) {
    if children.is_empty() {
        children.reserve_exact(1);
    }
    children.push(it);
}

/// Adds a text to what stands there.
pub(crate) fn append<'a>(place: &mut Cow<'a, str>, text: Cow<'a, str>) {
    if place.is_empty() { *place = text } else { place.to_mut().push_str(&text) }
}

/// The value of `xsi:type`, for those who choose by it.
pub(crate) fn is_type(namespace: &Namespace<'_>, name: &str) -> bool {
    *namespace == Namespace::Xsi && name == "type"
}

/// The namespace that a table names, as a pattern.
macro_rules! namespace {
    () => {
        $crate::namespace::Namespace::Hl7
    };
    ($namespace:ident) => {
        $crate::namespace::Namespace::$namespace
    };
}

/// The namespace of an attribute, as a pattern.
macro_rules! attribute_namespace {
    () => {
        $crate::namespace::Namespace::None
    };
    ($namespace:ident) => {
        $crate::namespace::Namespace::$namespace
    };
}

/// The name with its prefix, as written.
macro_rules! qualified {
    ($name:literal) => {
        $name
    };
    (Lab $name:literal) => {
        concat!("lab:", $name)
    };
    (Sdtc $name:literal) => {
        concat!("sdtc:", $name)
    };
    (Pharm $name:literal) => {
        concat!("pharm:", $name)
    };
    (Xsi $name:literal) => {
        concat!("xsi:", $name)
    };
    (Dicom $name:literal) => {
        concat!("ps3-20:", $name)
    };
}

/// A class from its table.
///
/// `@field = "attribute"` lines, then perhaps `#text text`, then `field: Type = "child"` lines in the order of the schema;
/// what an extension adds has its namespace before its name.
macro_rules! class {
    (
        $(#[$meta:meta])*
        $name:ident {
            $(@$attribute:ident = $($ans:ident)? $attribute_name:literal,)*
            $(#text $text:ident,)?
            $($child:ident: $Type:ident = $($ns:ident)? $child_name:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name<'a> {
            /// `@nullFlavor`: why there is no value.
            pub null_flavor: $crate::class::Attribute<'a>,
            $(
                #[doc = concat!("`@", $attribute_name, "`")]
                pub $attribute: $crate::class::Attribute<'a>,
            )*
            $(
                /// The text of the element; empty when there is none.
                pub $text: std::borrow::Cow<'a, str>,
            )?
            $(
                #[doc = concat!("`", $(stringify!($ns), " ",)? $child_name, "`")]
                pub $child: Vec<$Type<'a>>,
            )*
            /// What the standard does not know here.
            pub others: $crate::element::Others<'a>,
        }

        // A name only: the content may be a patient's.
        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl<'a> $crate::class::Class<'a> for $name<'a> {
            fn attribute(
                &mut self,
                namespace: &$crate::namespace::Namespace<'_>,
                name: &str,
            ) -> Option<&mut $crate::class::Attribute<'a>> {
                match (namespace, name) {
                    ($crate::namespace::Namespace::None, "nullFlavor") => Some(&mut self.null_flavor),
                    $(($crate::class::attribute_namespace!($($ans)?), $attribute_name) => Some(&mut self.$attribute),)*
                    _ => None,
                }
            }

            #[allow(unused_variables, reason = "some classes have no child")]
            fn child(&mut self, source: &mut $crate::read::Source<'a>) -> bool {
                match source.name() {
                    $(($crate::class::namespace!($($ns)?), $child_name) => {
                        $crate::class::Content::read_behind(&mut self.$child, source);
                        true
                    })*
                    _ => false,
                }
            }

            $(
                fn text(&mut self) -> Option<&mut std::borrow::Cow<'a, str>> {
                    Some(&mut self.$text)
                }
            )?

            fn others(&mut self) -> &mut $crate::element::Others<'a> {
                &mut self.others
            }

            fn write_content(&self, w: &mut xml::Writer) {
                w.attr_opt("nullFlavor", self.null_flavor.as_deref());
                $(w.attr_opt($crate::class::qualified!($($ans)? $attribute_name), self.$attribute.as_deref());)*
                self.others.write_attributes(w);
                $(w.text(&self.$text);)?
                $(
                    for it in &self.$child {
                        $crate::class::Content::write(it, w, $crate::class::qualified!($($ns)? $child_name));
                    }
                )*
                self.others.write_elements(w);
            }
        }
    };
}

/// A class of the reference information model: a [`class!`] that starts with realm, type and templates.
macro_rules! rim {
    (
        $(#[$meta:meta])*
        $name:ident {
            $(@$attribute:ident = $($ans:ident)? $attribute_name:literal,)*
            $($child:ident: $Type:ident = $($ns:ident)? $child_name:literal,)*
        }
    ) => {
        $crate::class::class! {
            $(#[$meta])*
            $name {
                $(@$attribute = $($ans)? $attribute_name,)*
                realm_code: Cd = "realmCode",
                type_id: Ii = "typeId",
                template_id: Ii = "templateId",
                $($child: $Type = $($ns)? $child_name,)*
            }
        }
    };
}

pub(crate) use {attribute_namespace, class, namespace, qualified, rim};
