//! `rs:RegistryResponse`: what a registry or repository answers to a submission.
//! It does not know what to do about an error: the caller decides by its code.
//!
//! Source: ITI TF-3 4.2.4 (success and error reporting).

use crate::ebrim::{RS_NS, child, children};
use crate::errors::parse;
use crate::{DecodeError, hl7};
use roxmltree::Node;
use std::fmt;
use xml::Writer;

const SUCCESS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success";
const FAILURE: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure";
const PARTIAL: &str = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess";
const ERROR: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error";
const WARNING: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning";

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseStatus {
    /// Everything was done.
    Success,
    /// Nothing was done.
    Failure,
    /// A part was done (queries and retrievals only).
    PartialSuccess,
}

impl ResponseStatus {
    pub(crate) fn as_urn(self) -> &'static str {
        match self {
            Self::Success => SUCCESS,
            Self::Failure => FAILURE,
            Self::PartialSuccess => PARTIAL,
        }
    }

    /// By the last word of the URN: several prefixes are in use.
    pub(crate) fn from_urn(urn: &str) -> Option<Self> {
        match urn.trim().rsplit(':').next() {
            Some("Success") => Some(Self::Success),
            Some("Failure") => Some(Self::Failure),
            Some("PartialSuccess") => Some(Self::PartialSuccess),
            _ => None,
        }
    }
}

/// How serious an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The transaction failed because of it.
    Error,
    /// The transaction went on in spite of it.
    Warning,
}

macro_rules! error_codes {
    ($($variant:ident = $code:literal,)*) => {
        /// Error codes of the norm, and any other a service adds.
        ///
        /// Source: ITI TF-3 table 4.2.4.1-2.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $code, "`.")] $variant,)*
            /// A code that is not in the norm, as received.
            Other(String),
        }

        impl ErrorCode {
            /// The code as written on the wire.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $code,)* Self::Other(code) => code }
            }

            /// The code a text names; a prefix (`urn:…:`) is ignored.
            pub fn from_text(text: &str) -> Self {
                let text = text.trim();
                match text.rsplit(':').next().unwrap_or(text) {
                    $($code => Self::$variant,)*
                    _ => Self::Other(text.to_owned()),
                }
            }
        }
    };
}

error_codes! {
    DuplicateUniqueIdInRegistry = "XDSDuplicateUniqueIdInRegistry",
    DuplicateUniqueIdInMessage = "XDSDuplicateUniqueIdInMessage",
    DocumentUniqueIdError = "XDSDocumentUniqueIdError",
    ExtraMetadataNotSaved = "XDSExtraMetadataNotSaved",
    InvalidDocumentContent = "InvalidDocumentContent",
    InvalidRequestException = "XDSInvalidRequestException",
    MissingDocument = "XDSMissingDocument",
    MissingDocumentMetadata = "XDSMissingDocumentMetadata",
    NonIdenticalHash = "XDSNonIdenticalHash",
    NonIdenticalSize = "XDSNonIdenticalSize",
    PatientIdDoesNotMatch = "XDSPatientIdDoesNotMatch",
    RegistryBusy = "XDSRegistryBusy",
    RegistryDuplicateUniqueIdInMessage = "XDSRegistryDuplicateUniqueIdInMessage",
    RegistryError = "XDSRegistryError",
    RegistryMetadataError = "XDSRegistryMetadataError",
    RegistryNotAvailable = "XDSRegistryNotAvailable",
    RegistryOutOfResources = "XDSRegistryOutOfResources",
    ReplaceFailed = "XDSReplaceFailed",
    RepositoryBusy = "XDSRepositoryBusy",
    RepositoryDuplicateUniqueIdInMessage = "XDSRepositoryDuplicateUniqueIdInMessage",
    RepositoryError = "XDSRepositoryError",
    RepositoryMetadataError = "XDSRepositoryMetadataError",
    RepositoryOutOfResources = "XDSRepositoryOutOfResources",
    ResultNotSinglePatient = "XDSResultNotSinglePatient",
    StoredQueryMissingParam = "XDSStoredQueryMissingParam",
    StoredQueryParamNumber = "XDSStoredQueryParamNumber",
    TooManyResults = "XDSTooManyResults",
    UnknownPatientId = "XDSUnknownPatientId",
    UnknownRepositoryId = "XDSUnknownRepositoryId",
    UnknownStoredQuery = "XDSUnknownStoredQuery",
}

/// One error of a response. `context` and `location` are the peer's text and may name the patient:
/// show them, keep them, never log them.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// Which error.
    pub code: ErrorCode,
    /// Text for people.
    pub context: String,
    /// How serious.
    pub severity: Severity,
    /// Where the peer found it; often empty.
    pub location: String,
}

impl fmt::Debug for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryError({}, {:?})", self.code.as_str(), self.severity)
    }
}

impl RegistryError {
    /// An error without location.
    pub fn new(code: ErrorCode, context: &str) -> Self {
        Self { code, context: context.into(), severity: Severity::Error, location: String::new() }
    }
}

/// What a registry or repository answers.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryResponse {
    /// How the transaction ended.
    pub status: ResponseStatus,
    /// Errors and warnings.
    pub errors: Vec<RegistryError>,
}

hl7::opaque_debug!(RegistryResponse);

impl RegistryResponse {
    /// A success without warnings.
    pub fn success() -> Self {
        Self { status: ResponseStatus::Success, errors: Vec::new() }
    }

    /// A failure for these reasons.
    pub fn failure(errors: Vec<RegistryError>) -> Self {
        Self { status: ResponseStatus::Failure, errors }
    }

    /// Whether an error (not a warning) has this code.
    pub fn has_error(&self, code: &ErrorCode) -> bool {
        self.errors.iter().any(|e| e.severity == Severity::Error && e.code == *code)
    }

    /// The `rs:RegistryResponse` element, without XML declaration: a SOAP body.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(512);
        w.open("rs:RegistryResponse").attr("xmlns:rs", RS_NS);
        w.attr("status", self.status.as_urn());
        self.write_errors(&mut w);
        w.close();
        w.finish()
    }

    pub(crate) fn write_errors(&self, w: &mut Writer) {
        if self.errors.is_empty() {
            return;
        }
        w.open("rs:RegistryErrorList");
        for error in &self.errors {
            w.open("rs:RegistryError");
            w.attr("codeContext", &error.context);
            w.attr("errorCode", error.code.as_str());
            let severity = match error.severity {
                Severity::Error => ERROR,
                Severity::Warning => WARNING,
            };
            w.attr("severity", severity);
            if !error.location.is_empty() {
                w.attr("location", &error.location);
            }
            w.close();
        }
        w.close();
    }

    /// Reads a `RegistryResponse` from bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_node(parse(bytes)?.root_element())
    }

    /// Reads a parsed element with a `status` and perhaps a `RegistryErrorList`
    /// (`RegistryResponse`, `AdhocQueryResponse`).
    pub fn decode_node(node: Node<'_, '_>) -> Result<Self, DecodeError> {
        let status = node.attribute("status").and_then(ResponseStatus::from_urn).ok_or(DecodeError::Malformed {
            at: "RegistryResponse",
            expected: "a status of Success, Failure or PartialSuccess",
        })?;
        let errors = child(node, "RegistryErrorList")
            .into_iter()
            .flat_map(|list| children(list, "RegistryError"))
            .map(|e| RegistryError {
                code: ErrorCode::from_text(e.attribute("errorCode").unwrap_or_default()),
                context: e.attribute("codeContext").unwrap_or_default().to_owned(),
                severity: match e.attribute("severity") {
                    Some(s) if s.ends_with("Warning") => Severity::Warning,
                    _ => Severity::Error,
                },
                location: e.attribute("location").unwrap_or_default().to_owned(),
            })
            .collect();
        Ok(Self { status, errors })
    }
}
