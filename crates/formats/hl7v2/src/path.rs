//! Where something is in a message: segment names and field paths. In: numbers. Out: `PID-3.1` for people, `ERL` for ERR-2.
//!
//! A path holds positions only, never what is written there, so it is safe in a log.

use std::fmt;

/// The three characters that name a segment: a capital letter, then two capitals or digits (`PID`, `PV1`, `ZFA`).
///
/// Source: HL7 v2.5 §2.5.2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentName([u8; 3]);

impl SegmentName {
    /// The header, `MSH`.
    pub const MSH: Self = Self(*b"MSH");

    /// Reads a name; `None` unless it is exactly three characters of the allowed set.
    pub const fn new(name: &str) -> Option<Self> {
        Self::from_bytes(name.as_bytes())
    }

    pub(crate) const fn from_bytes(name: &[u8]) -> Option<Self> {
        match name {
            [a, b, c]
                if a.is_ascii_uppercase()
                    && (b.is_ascii_uppercase() || b.is_ascii_digit())
                    && (c.is_ascii_uppercase() || c.is_ascii_digit()) =>
            {
                Some(Self([*a, *b, *c]))
            }
            _ => None,
        }
    }

    /// The three characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("???")
    }

    /// True for a locally defined segment (`Z..`).
    pub fn is_local(self) -> bool {
        self.0[0] == b'Z'
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<str> for SegmentName {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for SegmentName {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other.as_bytes()
    }
}

/// The position of an element. Numbers start at 1 as in the standard; 0 means "not said".
///
/// Displayed as `OBX[2]-5(1).2.1`, leaving out what is not said and an occurrence or repetition of 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FieldPath {
    /// Which kind of segment.
    pub segment: SegmentName,
    /// Which one among the segments of that name.
    pub occurrence: u16,
    /// Field number, numbered as in the standard (MSH-1 is the separator).
    pub field: u16,
    /// Repetition number.
    pub repetition: u16,
    /// Component number.
    pub component: u16,
    /// Subcomponent number.
    pub subcomponent: u16,
}

impl FieldPath {
    /// The first segment of that name, as a whole.
    pub const fn segment(segment: SegmentName) -> Self {
        Self { segment, occurrence: 1, field: 0, repetition: 0, component: 0, subcomponent: 0 }
    }

    /// A field of the first segment of that name.
    pub const fn field(segment: SegmentName, field: u16) -> Self {
        Self { field, ..Self::segment(segment) }
    }

    /// A field of the header.
    pub const fn msh(field: u16) -> Self {
        Self::field(SegmentName::MSH, field)
    }

    /// The same place in the n-th segment of that name.
    #[must_use]
    pub const fn occurrence(self, occurrence: u16) -> Self {
        Self { occurrence, ..self }
    }

    /// The same field, a component of it (first repetition unless said otherwise).
    #[must_use]
    pub const fn component(self, component: u16) -> Self {
        let repetition = if self.repetition == 0 { 1 } else { self.repetition };
        Self { repetition, component, ..self }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.segment)?;
        if self.occurrence > 1 {
            write!(f, "[{}]", self.occurrence)?;
        }
        if self.field > 0 {
            write!(f, "-{}", self.field)?;
        }
        if self.repetition > 1 {
            write!(f, "({})", self.repetition)?;
        }
        if self.component > 0 {
            write!(f, ".{}", self.component)?;
        }
        if self.subcomponent > 0 {
            write!(f, ".{}", self.subcomponent)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_standard_writes_it() {
        let obx = SegmentName::new("OBX").expect("a name");
        assert_eq!(FieldPath::msh(18).to_string(), "MSH-18");
        assert_eq!(FieldPath::field(obx, 5).occurrence(2).component(4).to_string(), "OBX[2]-5.4");
        let whole = FieldPath { repetition: 2, component: 1, subcomponent: 3, ..FieldPath::field(obx, 5) };
        assert_eq!(whole.to_string(), "OBX-5(2).1.3");
    }

    #[test]
    fn names_are_three_capitals_or_digits() {
        for bad in ["", "PI", "PIDX", "pid", "1AB", "P D", "PÉ"] {
            assert!(SegmentName::new(bad).is_none(), "{bad}");
        }
        assert!(SegmentName::new("ZFA").expect("a name").is_local());
    }
}
