//! ITI-41, ITI-18 and ITI-57 written and read back through SOAP.

mod support;

use soap::Addressing;
use support::{set, submission};
use xds::iti18::{QueryResponse, ReturnType, StoredQuery};
use xds::iti41::{self, Document};
use xds::iti57::{self, StatusChange};
use xds::{ErrorCode, RegistryError, RegistryResponse, ResponseStatus, Severity, Submission};

const CDA: &[u8] = "<?xml version=\"1.0\"?>\r\n<ClinicalDocument>é</ClinicalDocument>\r\n".as_bytes();

fn provide(submission: &Submission, documents: &[Document<'_>]) -> soap::Encoded {
    let addressing = Addressing::request("urn:uuid:1", "https://dmp.test/repository", iti41::ACTION);
    let security = b"<s:Security xmlns:s=\"urn:s\"/>";
    iti41::encode_mtom(submission, documents, &addressing, &[security], "b0und4ry", "sgl.test")
}

fn codes_after(edit: impl Fn(&mut Submission), documents: &[Document<'_>]) -> Vec<String> {
    let mut s = submission(CDA);
    edit(&mut s);
    let encoded = provide(&s, documents);
    let message = soap::decode(&encoded.content_type, &encoded.body, &soap::Limits::default()).expect("SOAP");
    let provided = iti41::decode(&message).expect("readable");
    provided.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_submission_and_its_documents_arrive_byte_for_byte() {
    let encoded = provide(&submission(CDA), &[Document::new("Document01", CDA)]);
    let message = soap::decode(&encoded.content_type, &encoded.body, &soap::Limits::default()).expect("SOAP");
    assert!(message.is_mtom);
    assert_eq!(message.addressing.action.as_deref(), Some(iti41::ACTION));
    assert_eq!(message.parts[0].content_type, "text/xml");
    let provided = iti41::decode(&message).expect("readable");
    assert_eq!(provided.findings, []);
    assert!(provided.submission == submission(CDA));
    assert_eq!(provided.documents[0].bytes, CDA);
    assert_eq!(provide(&submission(CDA), &[Document::new("Document01", CDA)]), encoded);
}

#[test]
fn documents_that_do_not_match_their_entries_are_found() {
    let good = [Document::new("Document01", CDA)];
    assert_eq!(codes_after(|_| {}, &good), Vec::<String>::new());
    assert_eq!(codes_after(|s| s.entries[0].hash = Some("00".into()), &good), ["XDS-DOC-03 at DocumentEntry[1].hash"]);
    assert_eq!(codes_after(|s| s.entries[0].size_bytes = Some(1), &good), ["XDS-DOC-04 at DocumentEntry[1].size"]);
    assert_eq!(codes_after(|_| {}, &[]), ["XDS-DOC-01 at DocumentEntry[1]"]);
    assert_eq!(
        codes_after(|_| {}, &[Document::new("Other", CDA)]),
        ["XDS-DOC-01 at DocumentEntry[1]", "XDS-DOC-02 at Document[1]"]
    );
}

#[test]
fn responses_keep_status_codes_severities_and_unknown_codes() {
    let mut warning = RegistryError::new(ErrorCode::ExtraMetadataNotSaved, "Champ ignoré");
    warning.severity = Severity::Warning;
    warning.location = "DocumentEntry".into();
    let response =
        RegistryResponse::failure(vec![RegistryError::new(ErrorCode::Other("DMPClosed".into()), "DMP fermé"), warning]);
    let read = RegistryResponse::decode(&response.encode()).expect("readable");
    assert!(read == response);
    assert!(read.has_error(&ErrorCode::Other("DMPClosed".into())));
    assert!(!read.has_error(&ErrorCode::ExtraMetadataNotSaved), "a warning is not an error");
    assert!(!format!("{read:?} {:?}", read.errors).contains("fermé"));
    let success = RegistryResponse::decode(&RegistryResponse::success().encode()).expect("readable");
    assert_eq!(success.status, ResponseStatus::Success);
    let partial = b"<r status=\"urn:ihe:iti:2007:ResponseStatusType:PartialSuccess\"/>";
    assert_eq!(RegistryResponse::decode(partial).expect("readable").status, ResponseStatus::PartialSuccess);
    assert!(RegistryResponse::decode(b"<r/>").is_err());
    assert_eq!(ErrorCode::from_text("urn:ihe:iti:2007:XDSRegistryBusy"), ErrorCode::RegistryBusy);
}

#[test]
fn an_entry_uuid_is_asked_for_by_unique_id() {
    let query = StoredQuery::get_documents(["1.2.3", "it's"]);
    let bytes = query.encode();
    let text = String::from_utf8(bytes).expect("UTF-8");
    assert!(text.contains("<Value>('1.2.3')</Value>"));
    assert!(text.contains("returnType=\"ObjectRef\""));
    let document = roxmltree::Document::parse(&text).expect("XML");
    let read = StoredQuery::decode_node(document.root_element()).expect("readable");
    assert!(read == query);
    let other = text.replace("<Value>('1.2.3')</Value>", "<Value>( '1.2.3' , '1.2.4')</Value>");
    let document = roxmltree::Document::parse(&other).expect("XML");
    let read = StoredQuery::decode_node(document.root_element()).expect("readable");
    assert_eq!(read.return_type, ReturnType::ObjectRef);
    assert_eq!(read.values(xds::iti18::UNIQUE_ID_PARAM), ["1.2.3", "1.2.4", "it's"]);

    let answer = QueryResponse { response: RegistryResponse::success(), object_refs: vec!["urn:uuid:1".into()] };
    assert_eq!(QueryResponse::decode(&answer.encode()).expect("readable"), answer);
}

#[test]
fn a_deletion_is_a_status_change_of_the_registered_entry() {
    let change = StatusChange {
        entry_uuid: "urn:uuid:1".into(),
        original_status: iti57::APPROVED.into(),
        new_status: "urn:asip:ci-sis:2010:StatusType:Deleted".into(),
    };
    let submission = iti57::status_changes(set(), std::slice::from_ref(&change), "FR");
    let (read, findings) = xds::decode(&iti57::encode_body(&submission)).expect("readable");
    assert_eq!(findings, []);
    assert_eq!(iti57::requested_changes(&read), [change]);
}
