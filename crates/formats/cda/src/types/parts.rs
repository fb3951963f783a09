//! Names and addresses: parts in order, of which the same may come several times.

use super::Time;
use crate::{
    class::{Attribute, Content, class},
    element::{Element, Others},
    namespace::Namespace,
    read::Source,
};
use roxmltree::Node;
use std::borrow::Cow;
use xml::Writer;

class! {
    /// One part of a name or an address.
    Part {
        @qualifier = "qualifier",
        @part_type = "partType",
        #text text,
    }
}

/// The name of a part, as the schema spells it; empty for free text between parts.
pub type PartName = &'static str;

/// Parts of names.
const NAME_PARTS: [PartName; 5] = ["delimiter", "family", "given", "prefix", "suffix"];

/// Parts of addresses.
const ADDRESS_PARTS: [PartName; 27] = [
    "delimiter",
    "country",
    "state",
    "county",
    "city",
    "postalCode",
    "streetAddressLine",
    "houseNumber",
    "houseNumberNumeric",
    "direction",
    "streetName",
    "streetNameBase",
    "streetNameType",
    "additionalLocator",
    "unitID",
    "unitType",
    "careOf",
    "censusTract",
    "deliveryAddressLine",
    "deliveryInstallationType",
    "deliveryInstallationArea",
    "deliveryInstallationQualifier",
    "deliveryMode",
    "deliveryModeIdentifier",
    "buildingNumberSuffix",
    "postBox",
    "precinct",
];

/// A type whose parts keep their order: names with their parts, then what else it has.
macro_rules! parted {
    ($(#[$meta:meta])* $name:ident from $parts:ident, then $period:literal) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name<'a> {
            /// `@nullFlavor`
            pub null_flavor: Attribute<'a>,
            /// `@use`
            pub use_: Attribute<'a>,
            /// Parts in order.
            pub parts: Vec<(PartName, Part<'a>)>,
            /// When it holds.
            pub period: Vec<Time<'a>>,
            /// What the standard does not know here.
            pub others: Others<'a>,
        }

        // A name only: the content is a person's.
        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl<'a> $name<'a> {
            /// The texts of the parts of that name.
            pub fn texts(&self, part: &str) -> impl Iterator<Item = &str> {
                self.parts.iter().filter(move |(name, _)| *name == part).map(|(_, it)| it.text.as_ref())
            }

            pub(crate) fn write_content(&self, w: &mut Writer) {
                w.attr_opt("nullFlavor", self.null_flavor.as_deref()).attr_opt("use", self.use_.as_deref());
                self.others.write_attributes(w);
                for (name, part) in &self.parts {
                    if name.is_empty() { _ = w.text(&part.text) } else { part.write(w, name) }
                }
                for it in &self.period {
                    it.write(w, $period);
                }
                self.others.write_elements(w);
            }
        }

        impl<'a> Content<'a> for $name<'a> {
            fn read(source: &mut Source<'a>, node: Node<'a, 'a>) -> Self {
                let mut it = Self::default();
                for attribute in node.attributes() {
                    let namespace = Namespace::of(attribute.namespace());
                    let place = match (&namespace, attribute.name()) {
                        (Namespace::None, "nullFlavor") => &mut it.null_flavor,
                        (Namespace::None, "use") => &mut it.use_,
                        _ => {
                            source.other_attribute(node, &namespace);
                            let value = source.attribute_value(node, &namespace, attribute.name(), attribute.value());
                            let name = Cow::Borrowed(attribute.name());
                            it.others.get().attributes.push((namespace, name, value));
                            continue;
                        }
                    };
                    *place = Some(Cow::Borrowed(attribute.value()));
                }
                if !source.enter(node) {
                    return it;
                }
                for child in node.children() {
                    if let Some(text) = child.text().filter(|text| child.is_text() && !text.trim().is_empty()) {
                        it.parts.push(("", Part { text: Cow::Borrowed(text), ..Part::default() }));
                    } else if child.is_element() {
                        let tag = child.tag_name();
                        let is_ours = tag.namespace() == Some(crate::HL7);
                        match $parts.iter().find(|known| is_ours && **known == tag.name()) {
                            Some(name) => {
                                let part = Part::read(source, child);
                                it.parts.push((name, part));
                            }
                            None if is_ours && tag.name() == $period => {
                                let period = Time::read(source, child);
                                it.period.push(period);
                            }
                            None => {
                                source.other_element(child);
                                let other = Element::read(source, child);
                                it.others.get().elements.push(other);
                            }
                        }
                    }
                }
                source.leave();
                it
            }

            fn write(&self, w: &mut Writer, name: &'static str) {
                w.open(name);
                self.write_content(w);
                w.close();
            }
        }
    };
}

parted! {
    /// EN, PN, ON, TN: a name.
    Name from NAME_PARTS, then "validTime"
}

parted! {
    /// AD: a postal address.
    Address from ADDRESS_PARTS, then "useablePeriod"
}

impl<'a> Part<'a> {
    /// A part with that text.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
