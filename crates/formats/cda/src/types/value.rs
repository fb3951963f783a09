//! ANY: a value that says its own type.

use super::{Cd, Ed, Ii, Interval, Name, Ratio, Scalar, Tel, Time};
use crate::{
    class::{Class, Content, is_type, read_class},
    element::Element,
    read::Source,
};
use std::borrow::Cow;
use xml::Writer;

/// A value with the type it was given; the type may lie, what does not fit it is kept aside.
#[derive(Clone, PartialEq)]
pub struct Value<'a> {
    /// `xsi:type`, without the prefix of CDA: `PQ`, `IVL_PQ`, `CD`… Empty when not given.
    pub kind: Cow<'a, str>,
    /// What it holds.
    pub data: Data<'a>,
}

/// What a value holds.
#[derive(Clone, PartialEq)]
pub enum Data<'a> {
    /// `BL`, `INT`, `REAL`, `MO`, `PQ`.
    Scalar(Scalar<'a>),
    /// `IVL_PQ`, `IVL_INT`, `IVL_REAL`, `IVL_MO`.
    Interval(Interval<'a>),
    /// `RTO` and its kinds.
    Ratio(Ratio<'a>),
    /// `CD`, `CE`, `CV`, `CS`, `CO`.
    Coded(Cd<'a>),
    /// `ST`, `ED`.
    Text(Ed<'a>),
    /// `TS`, `IVL_TS` and the other times.
    Time(Time<'a>),
    /// `II`
    Id(Ii<'a>),
    /// `TEL`
    Telecom(Tel<'a>),
    /// `EN`, `PN`, `ON`.
    Name(Name<'a>),
    /// Any other type, or none.
    Other(Element<'a>),
}

// The type only: the value is a patient's.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({})", self.kind)
    }
}

impl<'a> Value<'a> {
    /// A value of that type.
    pub fn new(kind: &'static str, data: Data<'a>) -> Self {
        Self { kind: Cow::Borrowed(kind), data }
    }
}

impl<'a> Content<'a> for Value<'a> {
    fn read(source: &mut Source<'a>) -> Self {
        let kind = source.type_name();
        let data = match kind.as_ref() {
            "BL" | "INT" | "REAL" | "MO" | "PQ" => Data::Scalar(read_class(source, true)),
            "IVL_PQ" | "IVL_INT" | "IVL_REAL" | "IVL_MO" => Data::Interval(read_class(source, true)),
            "RTO" | "RTO_PQ_PQ" | "RTO_QTY_QTY" | "RTO_MO_PQ" => Data::Ratio(read_class(source, true)),
            "CD" | "CE" | "CV" | "CS" | "CO" => Data::Coded(read_class(source, true)),
            "ST" | "ED" => Data::Text(read_class(source, true)),
            "TS" | "IVL_TS" | "PIVL_TS" | "EIVL_TS" | "SXPR_TS" => Data::Time(read_class(source, true)),
            "II" => Data::Id(read_class(source, true)),
            "TEL" => Data::Telecom(read_class(source, true)),
            "EN" | "PN" | "ON" => Data::Name(read_class(source, true)),
            _ => {
                let mut it = Element::read(source);
                it.attributes.retain(|(namespace, name, _)| !is_type(namespace, name));
                Data::Other(it)
            }
        };
        Self { kind, data }
    }

    fn write(&self, w: &mut Writer, name: &'static str) {
        w.open(name);
        if !self.kind.is_empty() {
            w.attr("xsi:type", &self.kind);
        }
        match &self.data {
            Data::Scalar(it) => it.write_content(w),
            Data::Interval(it) => it.write_content(w),
            Data::Ratio(it) => it.write_content(w),
            Data::Coded(it) => it.write_content(w),
            Data::Text(it) => it.write_content(w),
            Data::Time(it) => it.write_content(w),
            Data::Id(it) => it.write_content(w),
            Data::Telecom(it) => it.write_content(w),
            Data::Name(it) => it.write_content(w),
            Data::Other(it) => it.write_content(w),
        }
        w.close();
    }
}
