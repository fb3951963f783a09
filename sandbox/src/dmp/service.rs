//! The two web services over HTTP: SOAP in, SOAP out, and the control of faults.
//! What is right or wrong is decided in `assess`; here requests are read, recorded and answered.

use super::faults::{Fault, FaultRule};
use super::store::{DocumentRecord, Status};
use super::{Dmp, FAULTS_PATH, assess};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::time::{Duration, SystemTime};
use xds::iti18::{self, QueryResponse, ReturnType, StoredQuery};
use xds::iti41::{self, Provided};
use xds::iti57;
use xds::{DocumentEntry, ErrorCode, RegistryError, RegistryResponse, sha1_hex};

/// Status URNs the DMP adds to those of the norm.
const DELETED: &str = "urn:asip:ci-sis:2010:StatusType:Deleted";
const ARCHIVED: &str = "urn:asip:ci-sis:2010:StatusType:Archived";

pub(crate) fn router(dmp: Dmp) -> Router {
    let limit = DefaultBodyLimit::max(dmp.settings.message_bytes_max);
    Router::new()
        .route(&dmp.settings.repository_path, post(repository))
        .route(&dmp.settings.registry_path, post(registry))
        .layer(limit)
        .route(FAULTS_PATH, get(list_faults).post(add_fault).delete(clear_faults))
        .with_state(dmp)
}

async fn list_faults(State(dmp): State<Dmp>) -> Json<Vec<FaultRule>> {
    Json(dmp.faults.active())
}

async fn add_fault(State(dmp): State<Dmp>, Json(rule): Json<FaultRule>) -> StatusCode {
    dmp.faults.set(rule.fault, rule.next);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(dmp): State<Dmp>) -> StatusCode {
    dmp.faults.clear();
    StatusCode::NO_CONTENT
}

async fn repository(State(dmp): State<Dmp>, headers: HeaderMap, body: Bytes) -> Response {
    let misbehavior = dmp.faults.take(true);
    wait(misbehavior.wait_ms).await;
    match misbehavior.fault {
        Some(Fault::Down) => down(),
        Some(Fault::Refuse { code }) => answer(&dmp, &headers, &body, |_| {
            let error = RegistryError::new(ErrorCode::from_text(&code), "Refus demandé au simulateur.");
            Ok(Answer::of_registry("ITI-41", iti41::RESPONSE_ACTION, &RegistryResponse::failure(vec![error])))
        }),
        Some(Fault::DuplicateAnswer) => {
            let first = answer(&dmp, &headers, &body, |message| provide(&dmp, message));
            if first.status() != StatusCode::OK {
                return first;
            }
            answer(&dmp, &headers, &body, |message| provide(&dmp, message))
        }
        Some(Fault::LostAcknowledgment) => {
            answer(&dmp, &headers, &body, |message| provide(&dmp, message));
            cut()
        }
        _ => answer(&dmp, &headers, &body, |message| provide(&dmp, message)),
    }
}

async fn registry(State(dmp): State<Dmp>, headers: HeaderMap, body: Bytes) -> Response {
    let misbehavior = dmp.faults.take(false);
    wait(misbehavior.wait_ms).await;
    if misbehavior.fault.is_some() {
        return down();
    }
    answer(&dmp, &headers, &body, |message| match message.addressing.action.as_deref() {
        Some(iti18::ACTION) => query(&dmp, message),
        Some(iti57::ACTION) => change_status(&dmp, message),
        _ => Err(unsupported_action()),
    })
}

async fn wait(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn down() -> Response {
    let close = [(header::CONNECTION, "close")];
    (StatusCode::SERVICE_UNAVAILABLE, close).into_response()
}

/// An answer whose body fails before its first byte: the server then drops the connection with
/// nothing written.
fn cut() -> Response {
    let lost = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    let body = futures_util::stream::once(async move { Err::<Bytes, _>(lost) });
    Response::new(Body::from_stream(body))
}

/// The body of an answer, and how the transaction is remembered.
struct Answer {
    transaction: &'static str,
    action: &'static str,
    body: Vec<u8>,
    errors: Vec<String>,
}

impl Answer {
    fn of_registry(transaction: &'static str, action: &'static str, response: &RegistryResponse) -> Self {
        Self { transaction, action, body: response.encode(), errors: codes(response) }
    }
}

fn codes(response: &RegistryResponse) -> Vec<String> {
    response.errors.iter().map(|e| e.code.as_str().to_owned()).collect()
}

fn sender_fault(subcode: &str, reason: &str) -> soap::Fault {
    soap::Fault::new(soap::FaultCode::Sender, Some(subcode), reason)
}

fn unsupported_action() -> soap::Fault {
    sender_fault("ActionNotSupported", "Ce service ne connaît pas l'action demandée.")
}

/// Reads a message, checks its addressing, lets `act` do the work and wraps the answer. Requests
/// with attachments get an answer of the same form, as the norm asks.
fn answer(
    dmp: &Dmp,
    headers: &HeaderMap,
    body: &[u8],
    act: impl FnOnce(&soap::Incoming<'_>) -> Result<Answer, soap::Fault>,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let limits = soap::Limits { message_bytes: dmp.settings.message_bytes_max, ..soap::Limits::default() };
    let message = match soap::decode(content_type, body, &limits) {
        Ok(message) => message,
        Err(soap::DecodeError::VersionMismatch) => {
            let code = soap::FaultCode::VersionMismatch;
            let fault = soap::Fault::new(code, None, "SOAP 1.2 est exigé.");
            return respond(None, false, fault_body(&fault));
        }
        Err(_) => {
            let fault = soap::Fault::new(soap::FaultCode::Sender, None, "Message SOAP illisible.");
            return respond(None, false, fault_body(&fault));
        }
    };
    let relates_to = message.addressing.message_id.as_deref();
    let outcome = if message.addressing.missing_for_request().is_empty() {
        act(&message)
    } else {
        Err(sender_fault(
            "MessageAddressingHeaderRequired",
            "A required header representing a Message Addressing Property is not present",
        ))
    };
    match outcome {
        Ok(answer) => {
            dmp.store().trace(answer.transaction, answer.errors);
            let parts = (StatusCode::OK, answer.action, answer.body);
            respond(relates_to, message.is_mtom, parts)
        }
        Err(fault) => respond(relates_to, message.is_mtom, fault_body(&fault)),
    }
}

/// SOAP 1.2 part 2, table 20: the HTTP status of a fault.
fn fault_body(fault: &soap::Fault) -> (StatusCode, &'static str, Vec<u8>) {
    let status = match fault.code {
        soap::FaultCode::Sender => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    const ACTION: &str = "http://www.w3.org/2005/08/addressing/soap/fault";
    (status, ACTION, fault.to_body())
}

fn respond(
    relates_to: Option<&str>,
    with_attachments: bool,
    (status, action, body): (StatusCode, &str, Vec<u8>),
) -> Response {
    let id = uuid_of(relates_to.unwrap_or_default().as_bytes());
    let addressing = soap::Addressing::reply(&format!("urn:uuid:{id}"), relates_to, action);
    let message = soap::Outgoing { addressing: &addressing, headers: &[], body: &body };
    let encoded = if with_attachments {
        soap::encode_mtom(&message, &[], &format!("uuid-{id}"), "root@dmp.sandbox")
    } else {
        soap::encode(&message)
    };
    let content_type = [(header::CONTENT_TYPE, encoded.content_type)];
    (status, content_type, encoded.body).into_response()
}

/// ITI-41: records the deposit, or says everything that is wrong with it.
fn provide(dmp: &Dmp, message: &soap::Incoming<'_>) -> Result<Answer, soap::Fault> {
    if message.addressing.action.as_deref() != Some(iti41::ACTION) {
        return Err(unsupported_action());
    }
    if !message.is_mtom {
        return Err(sender_fault("MtomRequired", "Le dépôt se fait en MTOM/XOP."));
    }
    let response = match iti41::decode(message) {
        Err(_) => RegistryResponse::failure(vec![RegistryError::new(
            ErrorCode::RepositoryMetadataError,
            "Les métadonnées sont illisibles.",
        )]),
        Ok(provided) => {
            let mut store = dmp.store();
            let errors = assess::assess(&provided, &dmp.settings, &store);
            if errors.is_empty() {
                for (record, bytes) in records(&provided, &store) {
                    store.insert(record, bytes);
                }
                let set_id = provided.submission.set.unique_id.as_deref();
                store.insert_set(set_id.unwrap_or_default());
                RegistryResponse::success()
            } else {
                RegistryResponse::failure(errors)
            }
        }
    };
    let action = iti41::RESPONSE_ACTION;
    Ok(Answer::of_registry("ITI-41", action, &response))
}

fn records(provided: &Provided<'_>, store: &super::store::Store) -> Vec<(DocumentRecord, Bytes)> {
    let submission = &provided.submission;
    submission
        .entries
        .iter()
        .filter_map(|entry| {
            let document = provided.documents.iter().find(|d| d.entry_id == entry.id)?;
            let replaces = submission
                .replacements()
                .find(|(source, _)| *source == entry.id)
                .and_then(|(_, target)| store.by_uuid(target))
                .map(|old| old.unique_id.clone());
            let record = record(entry, replaces, &document.bytes);
            Some((record, Bytes::copy_from_slice(&document.bytes)))
        })
        .collect()
}

fn record(entry: &DocumentEntry, replaces: Option<String>, bytes: &[u8]) -> DocumentRecord {
    let unique_id = entry.unique_id.clone().unwrap_or_default();
    DocumentRecord {
        patient_id: entry.patient_id.as_ref().map(|p| p.id.clone()).unwrap_or_default(),
        title: entry.title.clone().unwrap_or_default(),
        entry_uuid: format!("urn:uuid:{}", uuid_of(unique_id.as_bytes())),
        unique_id,
        status: Status::Approved,
        version: 1,
        replaces,
        replaced_by: None,
        recorded_at: SystemTime::now(),
        creation_time: entry.creation_time.as_ref().map(ToString::to_string).unwrap_or_default(),
        type_code: entry.type_code.as_ref().map(|c| c.code.clone()).unwrap_or_default(),
        mime_type: entry.mime_type.clone(),
        confidentiality_codes: entry.confidentiality_codes.iter().map(|c| c.code.clone()).collect(),
        author_institution: entry
            .authors
            .iter()
            .flat_map(|a| &a.institutions)
            .map(|i| i.name.clone())
            .next()
            .unwrap_or_default(),
        hash: sha1_hex(bytes),
        size_bytes: bytes.len() as u64,
    }
}

/// ITI-18 GetDocuments, identifiers only. Deleted documents are not found.
fn query(dmp: &Dmp, message: &soap::Incoming<'_>) -> Result<Answer, soap::Fault> {
    let refused = |code, text: &str| QueryResponse {
        response: RegistryResponse::failure(vec![RegistryError::new(code, text)]),
        object_refs: Vec::new(),
    };
    let document = message.document().map_err(|_| unreadable())?;
    let request = soap::body_element(&document).ok_or_else(unreadable)?;
    let response = match StoredQuery::decode_node(request) {
        Err(_) => refused(ErrorCode::RegistryError, "Requête illisible."),
        Ok(query) if query.id != iti18::GET_DOCUMENTS => {
            refused(ErrorCode::UnknownStoredQuery, "Seule la requête GetDocuments est simulée.")
        }
        Ok(query) if query.return_type != ReturnType::ObjectRef => {
            refused(ErrorCode::RegistryError, "Seules les références (ObjectRef) sont simulées.")
        }
        Ok(query) => {
            let unique_ids = query.values(iti18::UNIQUE_ID_PARAM);
            let uuids = query.values(iti18::ENTRY_UUID_PARAM);
            if unique_ids.is_empty() == uuids.is_empty() {
                refused(
                    ErrorCode::StoredQueryParamNumber,
                    "GetDocuments attend des uniqueId ou des entryUUID, pas les deux.",
                )
            } else {
                let store = dmp.store();
                let by_unique_id = unique_ids.iter().filter_map(|id| store.by_unique_id(id));
                let by_uuid = uuids.iter().filter_map(|id| store.by_uuid(id));
                QueryResponse {
                    response: RegistryResponse::success(),
                    object_refs: by_unique_id
                        .chain(by_uuid)
                        .filter(|d| d.status != Status::Deleted)
                        .map(|d| d.entry_uuid.clone())
                        .collect(),
                }
            }
        }
    };
    Ok(Answer {
        transaction: "ITI-18",
        action: iti18::RESPONSE_ACTION,
        body: response.encode(),
        errors: codes(&response.response),
    })
}

/// ITI-57 UpdateAvailabilityStatus: deletes, archives or brings back. All changes or none.
fn change_status(dmp: &Dmp, message: &soap::Incoming<'_>) -> Result<Answer, soap::Fault> {
    let document = message.document().map_err(|_| unreadable())?;
    let request = soap::body_element(&document).ok_or_else(unreadable)?;
    let mut errors = Vec::new();
    let mut add = |text: &str| {
        let code = ErrorCode::Other("XDSMetadataUpdateError".into());
        errors.push(RegistryError::new(code, text));
    };
    let changes =
        xds::decode_node(request).map(|(submission, _)| iti57::requested_changes(&submission)).unwrap_or_default();
    if changes.is_empty() {
        add("Aucun changement de statut demandé.");
    }
    let mut store = dmp.store();
    let mut accepted = Vec::new();
    for change in &changes {
        match (store.by_uuid(&change.entry_uuid), status_of(&change.new_status)) {
            (None, _) => add("Document inconnu."),
            (_, None | Some(Status::Deprecated)) => add("Nouveau statut non accepté."),
            (Some(d), _) if status_of(&change.original_status) != Some(d.status) => {
                add("Le statut d'origine n'est pas le statut actuel du document.");
            }
            (Some(d), _) if d.status == Status::Deleted => add("Document déjà supprimé."),
            (Some(d), Some(new)) => accepted.push((d.entry_uuid.clone(), new)),
        }
    }
    let response = if errors.is_empty() {
        for (entry_uuid, new) in accepted {
            store.set_status(&entry_uuid, new);
        }
        RegistryResponse::success()
    } else {
        RegistryResponse::failure(errors)
    };
    drop(store);
    let action = iti57::RESPONSE_ACTION;
    Ok(Answer::of_registry("ITI-57", action, &response))
}

fn unreadable() -> soap::Fault {
    soap::Fault::new(soap::FaultCode::Sender, None, "Corps du message illisible.")
}

fn status_of(urn: &str) -> Option<Status> {
    match urn {
        iti57::APPROVED => Some(Status::Approved),
        iti57::DEPRECATED => Some(Status::Deprecated),
        DELETED => Some(Status::Deleted),
        ARCHIVED => Some(Status::Archived),
        _ => None,
    }
}

/// A UUID (RFC 9562, version 8) that depends on the name only, so that runs can be compared.
fn uuid_of(name: &[u8]) -> String {
    let hex = sha1_hex(&[b"paillasse sandbox dmp ", name].concat());
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}
