//! The simulated DMP called over loopback by the project's own HTTP client, with messages built by
//! the format crates alone.

use sandbox::dmp::{Dmp, FAULTS_PATH, Fault, Settings, Status};
use std::sync::Arc;
use std::time::Duration;
use transport::http::{Client, HttpError, Limits, Response};
use xds::iti18::{self, QueryResponse, StoredQuery};
use xds::iti41::{self, Document};
use xds::iti57::{self, StatusChange};
use xds::{
    Author, Code, Cx, DocumentEntry, Dtm, RegistryResponse, ResponseStatus, SourcePatientInfo, Submission,
    SubmissionSet, Xcn, Xon,
};

const INS: &str = "279035121518989";
const INS_OID: &str = "1.2.250.1.213.1.4.10";
const WAIT: Duration = Duration::from_secs(10);

struct Peer {
    dmp: Dmp,
    base: String,
    client: Client,
}

async fn peer() -> Peer {
    peer_with(Settings::default()).await
}

async fn peer_with(settings: Settings) -> Peer {
    let dmp = Dmp::new(settings);
    dmp.open_dmp(INS);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("address"));
    let router = dmp.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::new(tls, Limits::default());
    Peer { dmp, base, client }
}

fn cda(unique_id: &str, ins: &str, replaces: Option<&str>) -> Vec<u8> {
    let related = replaces.map_or(String::new(), |old| {
        format!(
            "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{old}\"/></parentDocument></relatedDocument>"
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
         <id root=\"{unique_id}\"/><code code=\"11502-2\"/><recordTarget><patientRole>\
         <id extension=\"{ins}\" root=\"{INS_OID}\"/></patientRole></recordTarget>{related}</ClinicalDocument>"
    )
    .into_bytes()
}

fn author() -> Author {
    Author {
        person: Some(Xcn {
            id: "801234534765".into(),
            family: "CAMPARINI".into(),
            given: "Marcel".into(),
            authority: "1.2.250.1.71.4.2.1".into(),
            name_type: "D".into(),
            id_type: "IDNPS".into(),
        }),
        institutions: vec![Xon {
            name: "Laboratoire des charmes".into(),
            authority: "1.2.250.1.71.4.2.2".into(),
            id_type: "IDNST".into(),
            id: "1120459876".into(),
        }],
        ..Author::default()
    }
}

fn entry(unique_id: &str, patient: &Cx, bytes: &[u8]) -> DocumentEntry {
    let code = |code: &str| Some(Code::new(code, "1.2.3", "libellé"));
    let time = Dtm::new("20240104150527");
    let mut entry = DocumentEntry {
        id: "Document01".into(),
        authors: vec![author()],
        class_code: code("10"),
        confidentiality_codes: vec![Code::new("N", "2.16.840.1.113883.5.25", "Normal")],
        creation_time: time.clone(),
        format_code: code("urn:ihe:lab:xd-lab:2008"),
        healthcare_facility_type: code("SA25"),
        language_code: Some("fr-FR".into()),
        legal_authenticator: author().person,
        mime_type: "text/xml".into(),
        patient_id: Some(patient.clone()),
        practice_setting: code("AMBULATOIRE"),
        service_start_time: time,
        source_patient_id: Some(Cx::new("1234", "1.2.3.4", "PI")),
        source_patient_info: Some(SourcePatientInfo { sex: Some("F".into()), ..SourcePatientInfo::default() }),
        title: Some("Compte rendu d'examens biologiques".into()),
        type_code: code("11502-2"),
        unique_id: Some(unique_id.into()),
        ..DocumentEntry::default()
    };
    entry.describe_bytes(bytes);
    entry
}

fn set(unique_id: &str, patient: &Cx) -> SubmissionSet {
    SubmissionSet {
        id: "SubmissionSet01".into(),
        authors: vec![author()],
        content_type: Some(Code::new("07", "1.2.250.1.213.2.2", "Consultation")),
        patient_id: Some(patient.clone()),
        source_id: Some("1.2.3.4".into()),
        submission_time: Dtm::new("20240104151000"),
        unique_id: Some(unique_id.into()),
        ..SubmissionSet::default()
    }
}

/// A deposit: what differs from a right one is in the fields.
struct Deposit {
    submission: Submission,
    bytes: Vec<u8>,
}

fn deposit_of(unique_id: &str, replaces: Option<(&str, &str)>) -> Deposit {
    let bytes = cda(unique_id, INS, replaces.map(|(old, _)| old));
    let patient = Cx::new(INS, INS_OID, "NH");
    let set = set(&format!("{unique_id}.99"), &patient);
    let mut submission = Submission::new(set, vec![entry(unique_id, &patient, &bytes)], "FR");
    if let Some((_, uuid)) = replaces {
        submission.replace("Document01", uuid);
    }
    Deposit { submission, bytes }
}

fn deposit(unique_id: &str) -> Deposit {
    deposit_of(unique_id, None)
}

impl Peer {
    fn url(&self, service: &str) -> String {
        format!("{}/si-dmp-server/v2/services/{service}", self.base)
    }

    async fn post(&self, service: &str, message: soap::Encoded) -> Result<Response, HttpError> {
        let headers = [("Content-Type", message.content_type.as_str())];
        let url = self.url(service);
        self.client.post(&url, &headers, message.body, WAIT).await
    }

    fn message(&self, deposit: &Deposit) -> soap::Encoded {
        let addressing = soap::Addressing::request("urn:uuid:1", &self.url("repository"), iti41::ACTION);
        let documents = [Document::new("Document01", &deposit.bytes)];
        iti41::encode_mtom(&deposit.submission, &documents, &addressing, &[], "b0und4ry", "sgl.test")
    }

    async fn send(&self, deposit: &Deposit) -> Result<Response, HttpError> {
        self.post("repository", self.message(deposit)).await
    }

    /// Error codes answered to a deposit; none for a success.
    async fn codes(&self, deposit: &Deposit) -> Vec<String> {
        let answer = self.send(deposit).await.expect("answered");
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").is_some_and(|t| t.starts_with("multipart/related")));
        let response = registry_response(&answer);
        assert_eq!(response.errors.is_empty(), response.status == ResponseStatus::Success);
        response.errors.iter().map(|e| e.code.as_str().to_owned()).collect()
    }

    async fn ask(&self, action: &str, body: &[u8]) -> Response {
        let addressing = soap::Addressing::request("urn:uuid:2", &self.url("registry"), action);
        let message = soap::encode(&soap::Outgoing { addressing: &addressing, headers: &[], body });
        self.post("registry", message).await.expect("answered")
    }

    async fn entry_uuids(&self, unique_ids: &[&str]) -> Vec<String> {
        let query = StoredQuery::get_documents(unique_ids.iter().copied());
        let answer = self.ask(iti18::ACTION, &query.encode()).await;
        with_body(&answer, |node| QueryResponse::decode_node(node).expect("a query response").object_refs)
    }
}

fn with_body<T>(answer: &Response, read: impl FnOnce(roxmltree::Node<'_, '_>) -> T) -> T {
    let content_type = answer.header("content-type").unwrap_or_default();
    let message = soap::decode(content_type, &answer.body, &soap::Limits::default()).expect("SOAP");
    let document = message.document().expect("XML");
    read(soap::body_element(&document).expect("body"))
}

fn registry_response(answer: &Response) -> RegistryResponse {
    with_body(answer, |node| RegistryResponse::decode_node(node).expect("a registry response"))
}

fn fault(answer: &Response) -> soap::Fault {
    let content_type = answer.header("content-type").unwrap_or_default();
    soap::decode(content_type, &answer.body, &soap::Limits::default()).expect("SOAP").fault.expect("a fault")
}

#[tokio::test]
async fn a_right_deposit_is_recorded_and_found_by_its_unique_id() {
    let peer = peer().await;
    let deposit = deposit("1.2.3.1");
    assert!(peer.codes(&deposit).await.is_empty());
    let documents = peer.dmp.documents();
    let document = &documents[0];
    assert_eq!(document.patient_id, INS);
    assert_eq!(document.title, "Compte rendu d'examens biologiques");
    assert_eq!((document.status, document.version), (Status::Approved, 1));
    assert_eq!(document.confidentiality_codes, ["N"]);
    assert_eq!(document.size_bytes, deposit.bytes.len() as u64);
    assert_eq!(peer.dmp.document("1.2.3.1").as_deref(), Some(&deposit.bytes[..]));
    assert_eq!(peer.entry_uuids(&["1.2.3.1", "1.2.3.2"]).await, std::slice::from_ref(&document.entry_uuid));
    assert_eq!(peer.dmp.transactions().len(), 2);
}

#[tokio::test]
async fn a_second_deposit_is_a_duplicate_and_another_content_under_the_same_id_is_worse() {
    let peer = peer().await;
    let mut again = deposit("1.2.3.1");
    assert!(peer.codes(&again).await.is_empty());
    assert_eq!(peer.codes(&again).await, ["XDSDuplicateUniqueIdInRegistry", "XDSDuplicateUniqueIdInRegistry"]);
    again.submission.set.unique_id = Some("1.2.3.98".into());
    again.bytes.push(b'\n');
    again.submission.entries[0].describe_bytes(&again.bytes);
    assert_eq!(peer.codes(&again).await, ["XDSNonIdenticalHash"]);
    assert_eq!(peer.dmp.documents().len(), 1);
}

#[tokio::test]
async fn a_replacement_deprecates_the_old_document_once() {
    let peer = peer().await;
    assert!(peer.codes(&deposit("1.2.3.1")).await.is_empty());
    let uuid = peer.entry_uuids(&["1.2.3.1"]).await.remove(0);
    let unknown = "urn:uuid:00000000-0000-8000-a000-000000000000";
    let codes = peer.codes(&deposit_of("1.2.3.2", Some(("1.2.3.1", unknown)))).await;
    assert_eq!(codes, ["XDSReplaceFailed"]);
    let codes = peer.codes(&deposit_of("1.2.3.2", Some(("1.2.3.7", &uuid)))).await;
    assert_eq!(codes, ["InvalidDocumentContent"]);
    assert!(peer.codes(&deposit_of("1.2.3.2", Some(("1.2.3.1", &uuid)))).await.is_empty());
    let documents = peer.dmp.documents();
    assert_eq!(documents[0].status, Status::Deprecated);
    assert_eq!(documents[0].replaced_by.as_deref(), Some("1.2.3.2"));
    assert_eq!(documents[1].replaces.as_deref(), Some("1.2.3.1"));
    assert_eq!((documents[1].status, documents[1].version), (Status::Approved, 2));
    let codes = peer.codes(&deposit_of("1.2.3.3", Some(("1.2.3.1", &uuid)))).await;
    assert_eq!(codes, ["XDSReplaceFailed"]);
}

#[tokio::test]
async fn a_document_is_deleted_by_a_status_change_from_its_true_status() {
    let peer = peer().await;
    assert!(peer.codes(&deposit("1.2.3.1")).await.is_empty());
    let uuid = peer.entry_uuids(&["1.2.3.1"]).await.remove(0);
    let patient = Cx::new(INS, INS_OID, "NH");
    let change = |original: &str| {
        let change = StatusChange {
            entry_uuid: uuid.clone(),
            original_status: original.into(),
            new_status: "urn:asip:ci-sis:2010:StatusType:Deleted".into(),
        };
        iti57::encode_body(&iti57::status_changes(set("1.2.3.50", &patient), &[change], "FR"))
    };
    let refused = peer.ask(iti57::ACTION, &change(iti57::DEPRECATED)).await;
    assert_eq!(registry_response(&refused).status, ResponseStatus::Failure);
    let done = peer.ask(iti57::ACTION, &change(iti57::APPROVED)).await;
    assert_eq!(registry_response(&done).status, ResponseStatus::Success);
    assert_eq!(peer.dmp.documents()[0].status, Status::Deleted);
    assert!(peer.entry_uuids(&["1.2.3.1"]).await.is_empty());
}

/// Every way to be wrong, with the codes answered.
#[tokio::test]
async fn wrong_deposits_are_refused_by_cause_and_nothing_is_recorded() {
    let peer = peer().await;
    peer.dmp.open_dmp("255069999999934");
    peer.dmp.close_dmp("255069999999934");
    type Edit = fn(&mut Deposit);
    fn patient(deposit: &mut Deposit, id: &str, oid: &str) {
        let patient = Cx::new(id, oid, "NH");
        deposit.submission.set.patient_id = Some(patient.clone());
        deposit.submission.entries[0].patient_id = Some(patient);
        deposit.bytes = cda("1.2.3.1", id, None);
        deposit.submission.entries[0].describe_bytes(&deposit.bytes);
    }
    let cases: [(&str, &[&str], Edit); 18] = [
        ("wrong hash", &["XDSRepositoryMetadataError"], |d| {
            d.submission.entries[0].hash = Some("0".repeat(40));
        }),
        ("wrong size", &["XDSRepositoryMetadataError"], |d| {
            d.submission.entries[0].size_bytes = Some(1);
        }),
        ("wrong key", &["XDSUnknownPatientId"], |d| patient(d, "279035121518988", INS_OID)),
        ("production INS", &["XDSUnknownPatientId", "InvalidDocumentContent"], |d| {
            patient(d, INS, "1.2.250.1.213.1.4.8");
        }),
        ("unknown patient", &["XDSUnknownPatientId"], |d| patient(d, "207058575627097", INS_OID)),
        ("closed DMP", &["DMPClosed"], |d| patient(d, "255069999999934", INS_OID)),
        ("two patients", &["XDSPatientIdDoesNotMatch", "InvalidDocumentContent"], |d| {
            d.submission.entries[0].patient_id = Some(Cx::new("x", INS_OID, "NH"));
        }),
        ("patient type", &["XDSUnknownPatientId"], |d| {
            if let Some(p) = d.submission.set.patient_id.as_mut() {
                p.type_code = "INS".into();
            }
        }),
        ("no type code", &["XDSRegistryMetadataError"], |d| {
            d.submission.entries[0].type_code = None;
        }),
        ("no source", &["XDSRegistryMetadataError"], |d| d.submission.set.source_id = None),
        ("extension in the unique id", &["XDSRegistryMetadataError", "InvalidDocumentContent"], |d| {
            d.submission.entries[0].unique_id = Some("1.2.3.1^4".into());
        }),
        ("long unique id", &["XDSRegistryMetadataError", "InvalidDocumentContent"], |d| {
            d.submission.entries[0].unique_id = Some(format!("1.2.{}", "3".repeat(61)));
        }),
        ("registered id", &["XDSMissingDocument", "XDSMissingDocumentMetadata", "XDSRegistryMetadataError"], |d| {
            d.submission.entries[0].id = "urn:uuid:1".into();
            d.submission.associations[0].target = "urn:uuid:1".into();
        }),
        ("not a member", &["XDSRegistryMetadataError"], |d| d.submission.associations.clear()),
        ("another document", &["InvalidDocumentContent"], |d| {
            d.bytes = cda("1.2.3.2", INS, None);
            d.submission.entries[0].describe_bytes(&d.bytes);
        }),
        ("another patient inside", &["InvalidDocumentContent"], |d| {
            d.bytes = cda("1.2.3.1", "207058575627097", None);
            d.submission.entries[0].describe_bytes(&d.bytes);
        }),
        ("not a CDA", &["InvalidDocumentContent"], |d| {
            d.bytes = b"%PDF-1.4".to_vec();
            d.submission.entries[0].describe_bytes(&d.bytes);
        }),
        ("masked and invisible", &["XDSRegistryMetadataError"], |d| {
            for code in ["MASQUE_PS", "INVISIBLE_PATIENT"] {
                let code = Code::new(code, "1.2.250.1.213.1.1.4.13", "libellé");
                d.submission.entries[0].confidentiality_codes.push(code);
            }
        }),
    ];
    for (name, expected, edit) in cases {
        let mut wrong = deposit("1.2.3.1");
        edit(&mut wrong);
        assert_eq!(peer.codes(&wrong).await, expected, "{name}");
    }
    assert!(peer.dmp.documents().is_empty());
    assert!(peer.codes(&deposit("1.2.3.1")).await.is_empty(), "the right one still enters");
}

#[tokio::test]
async fn messages_that_are_not_what_the_service_asks_get_a_fault() {
    let peer = peer().await;
    let right = deposit("1.2.3.1");
    let documents = [Document::new("Document01", &right.bytes)];
    let mut addressing = soap::Addressing::request("urn:uuid:1", "x", iti41::ACTION);
    addressing.reply_to = None;
    let message = iti41::encode_mtom(&right.submission, &documents, &addressing, &[], "b0und4ry", "sgl.test");
    let answer = peer.post("repository", message).await.expect("answered");
    assert_eq!(answer.status, 400);
    let subcode = fault(&answer).subcode;
    assert_eq!(subcode.as_deref(), Some("MessageAddressingHeaderRequired"));

    let addressing = soap::Addressing::request("urn:uuid:1", "x", iti41::ACTION);
    let body = iti41::encode_body(&right.submission, &documents, "sgl.test");
    let plain = soap::encode(&soap::Outgoing { addressing: &addressing, headers: &[], body: &body });
    let answer = peer.post("repository", plain).await.expect("answered");
    assert_eq!(fault(&answer).subcode.as_deref(), Some("MtomRequired"));

    let old = soap::Encoded {
        content_type: "text/xml".into(),
        body: b"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body/></e:Envelope>".to_vec(),
    };
    let answer = peer.post("repository", old).await.expect("answered");
    assert_eq!(fault(&answer).code, soap::FaultCode::VersionMismatch);

    let answer = peer.ask("urn:other", b"<x/>").await;
    assert_eq!(fault(&answer).subcode.as_deref(), Some("ActionNotSupported"));
    assert!(peer.dmp.documents().is_empty());
}

#[tokio::test]
async fn a_lost_acknowledgment_leaves_the_document_there_to_be_found() {
    let peer = peer().await;
    peer.dmp.faults().set(Fault::LostAcknowledgment, Some(1));
    let error = peer.send(&deposit("1.2.3.1")).await.expect_err("no answer");
    assert!(matches!(error, HttpError::ConnectionLost(_)), "{error:?}");
    assert!(!error.is_definitely_not_sent());
    assert_eq!(peer.dmp.documents().len(), 1);
    assert_eq!(peer.codes(&deposit("1.2.3.1")).await[0], "XDSDuplicateUniqueIdInRegistry");
    assert_eq!(peer.entry_uuids(&["1.2.3.1"]).await.len(), 1);
}

#[tokio::test]
async fn every_other_fault_can_be_asked_for_over_http() {
    let peer = peer().await;
    let control = format!("{}{FAULTS_PATH}", peer.base);
    let json = [("Content-Type", "application/json")];
    let ask = async |body: &'static str| {
        let answer = peer.client.post(&control, &json, body, WAIT).await.expect("answered");
        assert_eq!(answer.status, 204, "{body}");
    };
    ask(r#"{"fault":"down","next":1}"#).await;
    assert_eq!(peer.send(&deposit("1.2.3.1")).await.expect("answered").status, 503);
    ask(r#"{"fault":"refuse","code":"XDSRegistryBusy","next":1}"#).await;
    assert_eq!(peer.codes(&deposit("1.2.3.1")).await, ["XDSRegistryBusy"]);
    assert!(peer.dmp.documents().is_empty());
    ask(r#"{"fault":"slow","ms":50,"next":1}"#).await;
    ask(r#"{"fault":"duplicate_answer","next":1}"#).await;
    let begin = std::time::Instant::now();
    assert_eq!(peer.codes(&deposit("1.2.3.1")).await[0], "XDSDuplicateUniqueIdInRegistry");
    assert!(begin.elapsed() >= Duration::from_millis(50));
    assert_eq!(peer.dmp.documents().len(), 1);
    ask(r#"{"fault":"down"}"#).await;
    let listed = peer.client.get(&control, &[], WAIT).await.expect("answered");
    assert_eq!(&listed.body[..], br#"[{"fault":"down","next":null}]"#);
    peer.dmp.faults().clear();
    assert!(peer.codes(&deposit("1.2.3.2")).await.is_empty());
}

#[tokio::test]
async fn beyond_its_bounds_the_simulator_refuses_or_forgets_bytes() {
    let peer = peer_with(Settings { n_documents_max: 2, document_bytes_max: 400, ..Settings::default() }).await;
    assert!(peer.codes(&deposit("1.2.3.1")).await.is_empty());
    assert!(peer.codes(&deposit("1.2.3.2")).await.is_empty());
    assert_eq!(peer.codes(&deposit("1.2.3.3")).await, ["XDSRegistryOutOfResources"]);
    assert_eq!(peer.dmp.document("1.2.3.1"), None, "the oldest bytes are forgotten");
    assert!(peer.dmp.document("1.2.3.2").is_some());
}
