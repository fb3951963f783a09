//! Names and addresses: parts in order, of which the same may come several times.

use super::Time;
use crate::{
    class::{Attribute, Class, Content, class},
    element::Others,
    namespace::Namespace,
    read::Source,
};
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
        }

        impl<'a> Class<'a> for $name<'a> {
            fn attribute(&mut self, namespace: &Namespace<'_>, name: &str) -> Option<&mut Attribute<'a>> {
                match (namespace, name) {
                    (Namespace::None, "nullFlavor") => Some(&mut self.null_flavor),
                    (Namespace::None, "use") => Some(&mut self.use_),
                    _ => None,
                }
            }

            fn child(&mut self, source: &mut Source<'a>) -> bool {
                let (Namespace::Hl7, tag) = source.name() else { return false };
                if let Some(name) = $parts.iter().find(|known| **known == tag) {
                    self.parts.push((name, Part::read(source)));
                } else if tag == $period {
                    self.period.push(Time::read(source));
                } else {
                    return false;
                }
                true
            }

            fn text(&mut self) -> Option<&mut Cow<'a, str>> {
                self.parts.push(("", Part::default()));
                self.parts.last_mut().map(|(_, part)| &mut part.text)
            }

            fn others(&mut self) -> &mut Others<'a> {
                &mut self.others
            }

            fn write_content(&self, w: &mut Writer) {
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
