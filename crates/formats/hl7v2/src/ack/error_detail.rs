//! One ERR segment: what is wrong, where, how much, and how to say it to a person.

use crate::path::FieldPath;

/// ERR-3, table 0357.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorCondition {
    /// Segments out of order or missing.
    SegmentSequence,
    /// A required field is empty.
    RequiredFieldMissing,
    /// A field is not of its data type.
    DataType,
    /// A code is not in its table.
    TableValueNotFound,
    /// A value is too long.
    ValueTooLong,
    /// MSH-9.1 is not supported.
    UnsupportedMessageType,
    /// MSH-9.2 is not supported.
    UnsupportedEvent,
    /// MSH-11 is not supported.
    UnsupportedProcessingId,
    /// MSH-12 is not supported.
    UnsupportedVersion,
    /// A patient, an order… that the receiver does not know.
    UnknownKey,
    /// A patient, an order… that already exists.
    DuplicateKey,
    /// The receiver cannot write now.
    RecordLocked,
    /// Anything else; ERR-5 says more.
    ApplicationError,
}

impl ErrorCondition {
    /// Every condition, its code and its text, in the order of the table.
    const TABLE: [(Self, &'static str, &'static str); 13] = [
        (Self::SegmentSequence, "100", "Segment sequence error"),
        (Self::RequiredFieldMissing, "101", "Required field missing"),
        (Self::DataType, "102", "Data type error"),
        (Self::TableValueNotFound, "103", "Table value not found"),
        (Self::ValueTooLong, "104", "Value too long"),
        (Self::UnsupportedMessageType, "200", "Unsupported message type"),
        (Self::UnsupportedEvent, "201", "Unsupported event code"),
        (Self::UnsupportedProcessingId, "202", "Unsupported processing id"),
        (Self::UnsupportedVersion, "203", "Unsupported version id"),
        (Self::UnknownKey, "204", "Unknown key identifier"),
        (Self::DuplicateKey, "205", "Duplicate key identifier"),
        (Self::RecordLocked, "206", "Application record locked"),
        (Self::ApplicationError, "207", "Application internal error"),
    ];

    /// The three digits.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The text of the table, in English.
    pub fn text(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        let found = Self::TABLE.into_iter().find(|(condition, ..)| *condition == self);
        found.unwrap_or((self, "207", "Application internal error"))
    }

    /// Reads a code of the table.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::TABLE.into_iter().find(|(_, known, _)| *known == code).map(|(condition, ..)| condition)
    }
}

/// ERR-4, table 0516.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Severity {
    /// `E`.
    Error,
    /// `W`.
    Warning,
    /// `I`.
    Information,
}

impl Severity {
    /// The letter.
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "E",
            Self::Warning => "W",
            Self::Information => "I",
        }
    }

    /// Reads the letter; `F` (fatal, later versions) reads as an error.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "E" | "F" => Some(Self::Error),
            "W" => Some(Self::Warning),
            "I" => Some(Self::Information),
            _ => None,
        }
    }
}

/// One error of an acknowledgment.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorDetail {
    /// ERR-2: the element at fault. When read: the first location only.
    pub location: Option<FieldPath>,
    /// ERR-3. When read: `ApplicationError` for a code outside of the table.
    pub condition: ErrorCondition,
    /// ERR-4. When read: `Error` if missing.
    pub severity: Severity,
    /// ERR-5: the application's own code, text and coding system; empty strings are not written.
    pub application: Option<(String, String, String)>,
    /// ERR-7: for the sender's technicians. Must not hold patient data.
    pub diagnostic: String,
    /// ERR-8: for the sender's users.
    pub user_message: String,
}

impl ErrorDetail {
    /// An error of severity `E` without location, code nor text.
    pub fn new(condition: ErrorCondition) -> Self {
        Self {
            location: None,
            condition,
            severity: Severity::Error,
            application: None,
            diagnostic: String::new(),
            user_message: String::new(),
        }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(self, location: FieldPath) -> Self {
        Self { location: Some(location), ..self }
    }
}

impl std::fmt::Debug for ErrorDetail {
    /// Without the texts: a peer may have quoted a patient in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ErrorDetail({} {}", self.condition.code(), self.severity.code())?;
        if let Some(location) = self.location {
            write!(f, " at {location}")?;
        }
        f.write_str(")")
    }
}
