//! What the DMP answered: HTTP status and bytes in, an outcome out. Never fails, whatever the bytes.
//!
//! Three layers may refuse: the transport (HTTP), the message (SOAP fault), the registry (ebRS errors).
//! Only what says "busy" is worth another attempt; a configuration error asks for an operator at once.
//! The full list of `DMP…` codes is not public: an unknown one is kept as it is and shown to an operator.
//!
//! Sources: ITI TF-3 table 4.2.4.1-2; DMP requirement EX_GEN-1145 (a message per code); SOAP 1.2 part 1, 5.4.

use lab::delivery::AttemptOutcome;
use soap::{Fault, FaultCode, Limits};
use xds::{ErrorCode, RegistryResponse, ResponseStatus, Severity, iti18::QueryResponse};

/// Longest text kept of a refusal, in characters.
const TEXT_MAX_CHARS: usize = 2_000;

/// What an answer means.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The documents are registered.
    Deposited,
    /// They were already, with the same content: a success.
    AlreadyThere,
    /// Registry identifiers of the document asked for: none when it is unknown, several when its metadata changed.
    EntryUuid(Vec<String>),
    /// Not done.
    Refused(Refusal),
    /// Neither an answer nor a refusal: what was done is not known.
    Unreadable,
}

/// A refusal. `text` is the peer's and may name the patient: show it, keep it, never log it.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The peer's code: `XDSRegistryBusy`, `DMPInvalidCertificate`, `soap:Sender`, `HTTP 503`. Safe to log.
    pub code: String,
    /// The peer's text, at most 2 000 characters; may be empty.
    pub text: String,
    /// What to do.
    pub class: RefusalClass,
}

/// What helps against a refusal. The order is that of gravity: of several errors, the gravest decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum RefusalClass {
    /// Trying again later.
    Temporary,
    /// Nothing: this document, for this patient, is refused.
    Permanent,
    /// A person correcting settings, certificates or the software.
    NeedsOperator,
}

impl Answer {
    /// What an attempt to deposit becomes. An unreadable answer proves nothing: the same deposit may be repeated.
    #[must_use]
    pub fn outcome(&self) -> AttemptOutcome {
        match self {
            Self::Deposited | Self::AlreadyThere => AttemptOutcome::Received,
            Self::EntryUuid(_) | Self::Unreadable => AttemptOutcome::Unknown,
            Self::Refused(refusal) => match refusal.class {
                RefusalClass::Temporary => AttemptOutcome::Temporary,
                RefusalClass::Permanent => AttemptOutcome::Permanent,
                RefusalClass::NeedsOperator => AttemptOutcome::NeedsOperator,
            },
        }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deposited => f.write_str("Deposited"),
            Self::AlreadyThere => f.write_str("AlreadyThere"),
            Self::EntryUuid(found) => write!(f, "EntryUuid({} found)", found.len()),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unreadable => f.write_str("Unreadable"),
        }
    }
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Refused({:?})", self.class)
    }
}

/// Reads the answer to a deposit or to a search.
///
/// `status` is the HTTP status, `content_type` the header as received (empty when absent).
/// After an attempt of unknown outcome, `XDSReplaceFailed` alone may come from our own first attempt: search for the
/// document ([`crate::find_entry_request`]) before believing it.
/// Bounds: 8 MiB, 16 parts, 100 000 nodes; beyond, [`Answer::Unreadable`].
#[must_use]
pub fn read_answer(status: u16, content_type: &str, bytes: &[u8]) -> Answer {
    let limits = Limits { message_bytes: 8 << 20, n_parts: 16, n_nodes: 100_000, ..Limits::default() };
    let by_status = || refused_by_http(status).map_or(Answer::Unreadable, Answer::Refused);
    let Ok(message) = soap::decode(content_type, bytes, &limits) else {
        return by_status();
    };
    if let Some(fault) = &message.fault {
        return Answer::Refused(refused_by_fault(fault));
    }
    let Ok(document) = message.document() else {
        return by_status();
    };
    let Some(body) = soap::body_element(&document) else {
        return by_status();
    };
    let answer = match body.tag_name().name() {
        "RegistryResponse" => RegistryResponse::decode_node(body).map(|it| registered(&it)),
        "AdhocQueryResponse" => QueryResponse::decode_node(body).map(found),
        _ => return by_status(),
    };
    match answer {
        // A success under an error status contradicts itself.
        Ok(answer @ Answer::Refused(_)) => answer,
        Ok(answer) if (200..300).contains(&status) => answer,
        _ => by_status(),
    }
}

fn registered(response: &RegistryResponse) -> Answer {
    match (response.status, refused_by_registry(response)) {
        (ResponseStatus::Success, _) => Answer::Deposited,
        (_, None) => Answer::AlreadyThere,
        (_, Some(refusal)) => Answer::Refused(refusal),
    }
}

fn found(answer: QueryResponse) -> Answer {
    if answer.response.status == ResponseStatus::Success {
        return Answer::EntryUuid(answer.object_refs);
    }
    match refused_by_registry(&answer.response) {
        Some(refusal) => Answer::Refused(refusal),
        None => Answer::Unreadable,
    }
}

/// The gravest error; `None` when every error says that the document is already there with the same content.
fn refused_by_registry(response: &RegistryResponse) -> Option<Refusal> {
    let errors = || response.errors.iter().filter(|it| it.severity == Severity::Error);
    let is_duplicate = errors().any(|it| it.code == ErrorCode::DuplicateUniqueIdInRegistry);
    let gravest = errors()
        .filter(|it| !(is_duplicate && follows_from_duplicate(&it.code)))
        .rev()
        .max_by_key(|it| class_of(&it.code));
    match gravest {
        Some(error) => {
            Some(Refusal { code: token(error.code.as_str()), text: text(&error.context), class: class_of(&error.code) })
        }
        None if is_duplicate => None,
        // A failure without a reason.
        None => Some(Refusal { code: String::new(), text: String::new(), class: RefusalClass::NeedsOperator }),
    }
}

/// What a registry says of a deposit it has done already: the identifier is known, and the document to replace was
/// replaced then. With another content it says `XDSNonIdenticalHash` too.
fn follows_from_duplicate(code: &ErrorCode) -> bool {
    matches!(code, ErrorCode::DuplicateUniqueIdInRegistry | ErrorCode::ReplaceFailed)
}

fn class_of(code: &ErrorCode) -> RefusalClass {
    use ErrorCode as E;
    match code {
        E::RegistryBusy
        | E::RegistryNotAvailable
        | E::RegistryOutOfResources
        | E::RepositoryBusy
        | E::RepositoryOutOfResources => RefusalClass::Temporary,
        E::NonIdenticalHash
        | E::NonIdenticalSize
        | E::PatientIdDoesNotMatch
        | E::UnknownPatientId
        | E::ReplaceFailed => RefusalClass::Permanent,
        E::Other(other) => class_of_dmp(other),
        _ => RefusalClass::NeedsOperator,
    }
}

/// The `DMP…` codes that are known; the others need someone to read them.
fn class_of_dmp(code: &str) -> RefusalClass {
    match code {
        "DMPClosed" | "DMPNotFound" | "DMPAccessDeniedByRightsService" => RefusalClass::Permanent,
        _ => RefusalClass::NeedsOperator,
    }
}

fn refused_by_fault(fault: &Fault) -> Refusal {
    let class = match (fault.code, fault.subcode.as_deref()) {
        (_, Some("EndpointUnavailable")) => RefusalClass::Temporary,
        (_, Some(code)) if code.starts_with("DMP") => class_of_dmp(code),
        (_, Some(code)) if code.starts_with("XDS") => class_of(&ErrorCode::from_text(code)),
        // The receiver has a problem of its own.
        (FaultCode::Receiver, None) => RefusalClass::Temporary,
        _ => RefusalClass::NeedsOperator,
    };
    let code = match &fault.subcode {
        Some(subcode) => token(subcode),
        None => format!("soap:{}", fault.code.as_str()),
    };
    Refusal { code, text: text(&fault.reason), class }
}

/// An HTTP status that refuses by itself; `None` for a success.
fn refused_by_http(status: u16) -> Option<Refusal> {
    let class = match status {
        200..=299 => return None,
        408 | 429 | 500..=504 => RefusalClass::Temporary,
        413 => RefusalClass::Permanent,
        _ => RefusalClass::NeedsOperator,
    };
    Some(Refusal { code: format!("HTTP {status}"), text: String::new(), class })
}

/// A code as a log may hold it: bounded, made of what codes are made of, and without a number that could be a person's.
fn token(code: &str) -> String {
    let has_number = code.chars().filter(char::is_ascii_digit).count() > 6;
    let is_kept = |c: &char| c.is_ascii_alphabetic() || "-_.:".contains(*c) || (c.is_ascii_digit() && !has_number);
    code.chars().filter(is_kept).take(64).collect()
}

fn text(peer: &str) -> String {
    peer.chars().filter(|c| !c.is_control() || *c == '\n').take(TEXT_MAX_CHARS).collect()
}
