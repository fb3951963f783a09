//! Requests as a peer reads them.

mod fixture;

use dmp::{Deposit, Envelope, deposit_request, find_entry_request, submission};
use fixture::{at, cda, next, oid, report, source};
use lab::report::ReportStatus;
use soap::{Limits, body_element};
use uuid::Uuid;
use xds::{iti18, iti41};

const OLD_ENTRY: &str = "urn:uuid:5f2b7a1c-91c2-4f5e-9f0e-2b1d3c4a5e6f";
const VIHF: &[u8] = b"<wsse:Security xmlns:wsse=\"urn:x\"><Assertion>signed  here</Assertion></wsse:Security>";

fn envelope(headers: &[Vec<u8>]) -> Envelope<'_> {
    Envelope {
        message_id: Uuid::from_u128(0x0197_f0a0_0000_7000_8000_0000_0000_0009),
        to: "https://dmp.example/si-dmp-server/v2/services/repository",
        extra_headers: headers,
    }
}

#[test]
fn a_deposit_carries_the_signed_bytes_and_their_metadata() {
    let (report, source, set) = (next(&report(), ReportStatus::Final), source(), oid("2.25.42"));
    let bytes = cda(&report, &source);
    let deposit = Deposit {
        report: &report,
        cda: &bytes,
        submission_set: &set,
        masks: &[],
        replaces: Some(OLD_ENTRY),
        submitted_at: at("2024-01-04T15:06:00Z"),
    };
    let submission = submission(&deposit, &source).expect("a submission");
    let headers = [VIHF.to_vec()];
    let documents = [iti41::Document::new(dmp::metadata::ENTRY_ID, &bytes)];
    let request = deposit_request(&submission, &documents, &envelope(&headers));
    assert_eq!(request, deposit_request(&submission, &documents, &envelope(&headers)));

    let message = soap::decode(&request.content_type, &request.body, &Limits::default()).expect("a SOAP message");
    assert!(message.is_mtom);
    assert_eq!(message.addressing.missing_for_request(), [""; 0]);
    assert_eq!(message.addressing.action.as_deref(), Some(iti41::ACTION));
    let id = "urn:uuid:0197f0a0-0000-7000-8000-000000000009";
    assert_eq!(message.addressing.message_id.as_deref(), Some(id));
    let vihf = std::str::from_utf8(VIHF).expect("UTF-8");
    assert!(message.envelope().contains(vihf), "a signed header travels byte for byte");
    let provided = iti41::decode(&message).expect("a deposit");
    assert_eq!(provided.findings, []);
    assert!(provided.submission == submission);
    assert_eq!(provided.documents.len(), 1);
    assert_eq!(provided.documents[0].bytes, bytes);
}

#[test]
fn a_search_asks_for_the_registered_entry_of_a_document() {
    let headers = [VIHF.to_vec()];
    let request = find_entry_request(&oid("1.2.3.4.55.2024.5.1"), &envelope(&headers));
    let message = soap::decode(&request.content_type, &request.body, &Limits::default()).expect("a SOAP message");
    assert!(!message.is_mtom);
    assert_eq!(message.addressing.missing_for_request(), [""; 0]);
    assert_eq!(message.addressing.action.as_deref(), Some(iti18::ACTION));
    let document = message.document().expect("XML");
    let body = body_element(&document).expect("a body");
    let query = iti18::StoredQuery::decode_node(body).expect("a query");
    assert_eq!(query.id, iti18::GET_DOCUMENTS);
    assert_eq!(query.return_type, iti18::ReturnType::ObjectRef);
    assert_eq!(query.values(iti18::UNIQUE_ID_PARAM), ["1.2.3.4.55.2024.5.1"]);
    let body = &message.envelope()[body.range()];
    fixture::assert_valid("dmp-query", "query.xsd", &[body.as_bytes()]);
}
