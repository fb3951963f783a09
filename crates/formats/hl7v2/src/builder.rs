//! Writing a message: values in, ER7 bytes out. Whatever a value holds, it stays inside its element.
//!
//! Every value is escaped: separators, the escape character, CR, LF and all other control characters, so that no text can
//! start a segment or end a frame. Raw ER7 goes in by [`SegmentBuilder::raw`] only. The builder knows no data type and no
//! message structure.

use std::collections::BTreeMap;
use std::fmt;

use crate::{
    charset::Charset,
    delimiters::Delimiters,
    escape::{self, LineEnds},
    path::{FieldPath, SegmentName},
};

/// Highest field, component and subcomponent number.
const MAX_INDEX: u16 = 999;
/// Highest repetition number.
const MAX_REPETITION: u16 = 9_999;

/// Where a value goes in a segment: field, then repetition, component, subcomponent, all from 1 and 1 unless said.
///
/// A bare field number is a cell too: `segment.text(8, "F")`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cell {
    field: u16,
    repetition: u16,
    component: u16,
    subcomponent: u16,
}

impl Cell {
    /// The first component of the first repetition of a field.
    pub const fn field(field: u16) -> Self {
        Self { field, repetition: 1, component: 1, subcomponent: 1 }
    }

    /// Another repetition.
    #[must_use]
    pub const fn repetition(self, repetition: u16) -> Self {
        Self { repetition, ..self }
    }

    /// Another component.
    #[must_use]
    pub const fn component(self, component: u16) -> Self {
        Self { component, ..self }
    }

    /// Another subcomponent.
    #[must_use]
    pub const fn subcomponent(self, subcomponent: u16) -> Self {
        Self { subcomponent, ..self }
    }

    fn is_possible(self) -> bool {
        let index = 1..=MAX_INDEX;
        index.contains(&self.field)
            && index.contains(&self.component)
            && index.contains(&self.subcomponent)
            && (1..=MAX_REPETITION).contains(&self.repetition)
    }

    fn path(self, segment: SegmentName) -> FieldPath {
        let Self { field, repetition, component, subcomponent } = self;
        FieldPath { segment, occurrence: 1, field, repetition, component, subcomponent }
    }
}

impl From<u16> for Cell {
    fn from(field: u16) -> Self {
        Self::field(field)
    }
}

/// Why a message cannot be written. Positions only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Not three capitals or digits, or a second MSH.
    #[error("not a name for segment {segment}")]
    SegmentName {
        /// Place of the segment in the message, from 1.
        segment: usize,
    },
    /// A number that is 0 or too high, or MSH-1 or MSH-2, which the builder writes.
    #[error("no cell {at}")]
    Cell {
        /// Where.
        at: FieldPath,
    },
    /// Raw text with a field separator or a control character.
    #[error("raw text would leave its field at {at}")]
    RawText {
        /// Where.
        at: FieldPath,
    },
    /// A character that the character set does not have.
    #[error("character outside of the character set in segment {segment}")]
    Unmappable {
        /// Place of the segment in the message, from 1.
        segment: usize,
    },
}

/// A message being written. It starts with an MSH whose MSH-1, MSH-2 and MSH-18 are filled.
pub struct MessageBuilder {
    delimiters: Delimiters,
    charset: Charset,
    segments: Vec<SegmentBuilder>,
    error: Option<BuildError>,
}

impl MessageBuilder {
    /// With the recommended separators.
    pub fn new(charset: Charset) -> Self {
        Self::with_delimiters(charset, Delimiters::default())
    }

    /// With other separators, for an answer in the sender's own.
    pub fn with_delimiters(charset: Charset, delimiters: Delimiters) -> Self {
        let mut header = SegmentBuilder::new(SegmentName::MSH, delimiters);
        header.text(18, charset.msh18());
        Self { delimiters, charset, segments: vec![header], error: None }
    }

    /// The header.
    pub fn header(&mut self) -> &mut SegmentBuilder {
        &mut self.segments[0]
    }

    /// Adds a segment after the others. A wrong name is reported by [`Self::encode`].
    pub fn segment(&mut self, name: &str) -> &mut SegmentBuilder {
        let number = self.segments.len();
        let name = SegmentName::new(name).filter(|name| *name != SegmentName::MSH).unwrap_or_else(|| {
            self.error.get_or_insert(BuildError::SegmentName { segment: number + 1 });
            SegmentName::MSH
        });
        self.segments.push(SegmentBuilder::new(name, self.delimiters));
        &mut self.segments[number]
    }

    /// The message as bytes, every segment ended by CR, empty fields at the end of a segment left out.
    ///
    /// # Errors
    /// The first mistake made while building, or a character outside of the character set.
    pub fn encode(&self) -> Result<Vec<u8>, BuildError> {
        if let Some(error) = self.error.or_else(|| self.segments.iter().find_map(|s| s.error)) {
            return Err(error);
        }
        let mut bytes = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            let line = segment.render();
            let unmappable = |_| BuildError::Unmappable { segment: index + 1 };
            bytes.extend_from_slice(&self.charset.encode(&line).map_err(unmappable)?);
        }
        Ok(bytes)
    }

    /// For acknowledgments, which must always be possible: mistakes are left out, unmappable characters become `?`.
    pub(crate) fn encode_lossy(&self) -> Vec<u8> {
        self.segments.iter().flat_map(|segment| self.charset.encode_lossy(&segment.render())).collect()
    }
}

impl fmt::Debug for MessageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageBuilder({} segments)", self.segments.len())
    }
}

/// A segment being written. Mistakes are kept and reported by [`MessageBuilder::encode`].
pub struct SegmentBuilder {
    name: SegmentName,
    delimiters: Delimiters,
    /// Written as they are; already escaped.
    cells: BTreeMap<Cell, String>,
    error: Option<BuildError>,
}

impl SegmentBuilder {
    fn new(name: SegmentName, delimiters: Delimiters) -> Self {
        Self { name, delimiters, cells: BTreeMap::new(), error: None }
    }

    /// Writes a text, escaped. An empty text leaves the cell absent.
    pub fn text(&mut self, cell: impl Into<Cell>, text: &str) -> &mut Self {
        self.escaped(cell.into(), text, LineEnds::Data)
    }

    /// Writes formatted text (type FT): escaped, line ends as `\.br\`.
    pub fn lines(&mut self, cell: impl Into<Cell>, text: &str) -> &mut Self {
        self.escaped(cell.into(), text, LineEnds::Break)
    }

    /// Writes consecutive components from the given cell on, each escaped.
    pub fn components(&mut self, cell: impl Into<Cell>, components: &[&str]) -> &mut Self {
        let first = cell.into();
        for (component, text) in (first.component..).zip(components) {
            self.text(first.component(component), text);
        }
        self
    }

    /// Writes the null value `""`: the receiver deletes what it knows.
    pub fn null(&mut self, cell: impl Into<Cell>) -> &mut Self {
        self.set(cell.into(), "\"\"".to_owned())
    }

    /// Writes ER7 as it is: components, repetitions and escape sequences are the caller's.
    /// Field separators and control characters are refused.
    pub fn raw(&mut self, cell: impl Into<Cell>, er7: &str) -> &mut Self {
        let cell = cell.into();
        if er7.bytes().any(|byte| byte == self.delimiters.field || byte.is_ascii_control()) {
            self.error.get_or_insert(BuildError::RawText { at: cell.path(self.name) });
            return self;
        }
        self.set(cell, er7.to_owned())
    }

    fn escaped(&mut self, cell: Cell, text: &str, line_ends: LineEnds) -> &mut Self {
        let mut value = String::with_capacity(text.len());
        escape::encode(text, self.delimiters, line_ends, &mut value);
        self.set(cell, value)
    }

    fn set(&mut self, cell: Cell, value: String) -> &mut Self {
        if !cell.is_possible() || (self.name == SegmentName::MSH && cell.field < 3) {
            self.error.get_or_insert(BuildError::Cell { at: cell.path(self.name) });
        } else if value.is_empty() {
            self.cells.remove(&cell);
        } else {
            self.cells.insert(cell, value);
        }
        self
    }

    fn render(&self) -> String {
        let [field, repetition, component, subcomponent] = [
            self.delimiters.field,
            self.delimiters.repetition,
            self.delimiters.component,
            self.delimiters.subcomponent,
        ]
        .map(char::from);
        let length: usize = self.cells.values().map(|value| value.len() + 8).sum();
        let mut line = String::with_capacity(length + 16);
        line.push_str(self.name.as_str());
        // Before the first field stands the name; in MSH, also fields 1 and 2.
        let mut at = Cell::field(0);
        if self.name == SegmentName::MSH {
            line.push(field);
            line.push_str(&self.delimiters.encoding_characters());
            at.field = 2;
        }
        let repeat = |line: &mut String, separator: char, from: u16, to: u16| {
            line.extend(std::iter::repeat_n(separator, usize::from(to.saturating_sub(from))));
        };
        for (cell, value) in &self.cells {
            if cell.field > at.field {
                repeat(&mut line, field, at.field, cell.field);
                at = Cell::field(cell.field);
            }
            if cell.repetition > at.repetition {
                repeat(&mut line, repetition, at.repetition, cell.repetition);
                at = Cell::field(cell.field).repetition(cell.repetition);
            }
            if cell.component > at.component {
                repeat(&mut line, component, at.component, cell.component);
                at.subcomponent = 1;
            }
            repeat(&mut line, subcomponent, at.subcomponent, cell.subcomponent);
            at = *cell;
            line.push_str(value);
        }
        line.push('\r');
        line
    }
}

impl fmt::Debug for SegmentBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentBuilder({}, {} cells)", self.name, self.cells.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(build: impl Fn(&mut SegmentBuilder)) -> Result<String, BuildError> {
        let mut message = MessageBuilder::new(Charset::Utf8);
        build(message.segment("PID"));
        let text = String::from_utf8(message.encode()?).expect("UTF-8");
        Ok(text.split('\r').nth(1).expect("a second segment").to_owned())
    }

    #[test]
    fn cells_land_where_they_are_asked_whatever_the_order() {
        let pid = line(|pid| {
            pid.text(8, "F").components(5, &["PAT-TROIS", "DOMINIQUE", "", "", "", "", "L"]);
            pid.components(Cell::field(3).repetition(2), &["279035121518989", "", "", "ASIP"]);
            pid.text(Cell::field(3).repetition(2).component(4).subcomponent(3), "ISO").text(Cell::field(3), "42");
            pid.null(10);
        });
        assert_eq!(
            pid.expect("a segment"),
            "PID|||42~279035121518989^^^ASIP&&ISO||PAT-TROIS^DOMINIQUE^^^^^L|||F||\"\""
        );
    }

    #[test]
    fn hostile_text_stays_in_its_field() {
        let pid = line(|pid| {
            pid.text(5, "A|B^C~D\\E&F\rOBX|1\u{1c}\r");
        });
        assert_eq!(pid.expect("a segment"), r"PID|||||A\F\B\S\C\R\D\E\E\T\F\X0D\OBX\F\1\X1C0D\");
    }

    #[test]
    fn mistakes_are_reported_at_the_end() {
        for raw in ["a|b", "a\rb", "a\nb", "\u{1c}"] {
            let error = line(|pid| {
                pid.raw(3, raw);
            });
            assert!(matches!(error, Err(BuildError::RawText { .. })), "{raw:?}");
        }
        for cell in [Cell::field(0), Cell::field(1000), Cell::field(3).component(0), Cell::field(3).repetition(10_000)]
        {
            let error = line(|pid| {
                pid.text(cell, "x");
            });
            assert!(matches!(error, Err(BuildError::Cell { .. })), "{cell:?}");
        }
        let mut message = MessageBuilder::new(Charset::Latin1);
        message.segment("pid");
        assert_eq!(message.encode(), Err(BuildError::SegmentName { segment: 2 }));
        let mut message = MessageBuilder::new(Charset::Latin1);
        message.segment("NTE").text(3, "€");
        assert_eq!(message.encode(), Err(BuildError::Unmappable { segment: 2 }));
        let mut message = MessageBuilder::new(Charset::Latin1);
        message.header().text(2, "x");
        assert!(message.encode().is_err());
    }

    #[test]
    fn the_header_names_the_character_set() {
        let bytes = MessageBuilder::new(Charset::Latin9).encode().expect("a header");
        assert_eq!(bytes, b"MSH|^~\\&||||||||||||||||8859/15\r");
    }
}
